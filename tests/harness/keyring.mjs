// SPDX-License-Identifier: MPL-2.0
// A session bus with an unlocked keyring of its own for one Thunderbird, in its own home. Belongs here: starting it and looking at what
// lies in it. Not here: what the host stores there.
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { findProgram, start, waitUntil } from './processes.mjs';

const run = promisify(execFile);

/**
 * @param {{dir: string}} where
 * @returns {Promise<{env: Record<string, string>, dir: string, lock: () => Promise<void>, freeze: () => void, thaw: () => void, items: () => Promise<{label: string, attributes: Record<string, string>}[]>, stop: () => Promise<void>}>}
 *   `env` is what a program needs to find the keyring; `items` never holds a secret
 */
export async function startKeyring({ dir }) {
  const home = path.join(dir, 'home');
  const runtime = path.join(dir, 'runtime');
  for (const each of [home, runtime]) await mkdir(each, { recursive: true, mode: 0o700 });
  const base = { ...process.env, HOME: home, XDG_RUNTIME_DIR: runtime };
  for (const name of [
    'XDG_CONFIG_HOME',
    'XDG_STATE_HOME',
    'XDG_DATA_HOME',
    'XDG_CACHE_HOME',
    'DISPLAY',
    'WAYLAND_DISPLAY',
    'DBUS_SESSION_BUS_ADDRESS',
  ])
    delete base[name];
  const bus = start(
    findProgram('dbus-daemon'),
    ['--session', '--nofork', '--nopidfile', `--address=unix:path=${path.join(runtime, 'bus')}`, '--print-address'],
    { env: base },
  );
  const address = await waitUntil(
    () => {
      if (!bus.alive()) throw new Error(`dbus-daemon ended: ${bus.output()}`);
      return bus
        .output()
        .split('\n')
        .find((line) => line.startsWith('unix:'));
    },
    { what: 'the session bus' },
  );
  const env = { DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: runtime };
  const daemon = start(
    findProgram('gnome-keyring-daemon'),
    ['--unlock', '--components=secrets', '--foreground', '--control-directory', path.join(runtime, 'keyring')],
    { env: { ...base, ...env }, stdio: ['pipe', 'pipe', 'pipe'] },
  );
  daemon.child.stdin.end('\n');
  const send = (...args) =>
    run('dbus-send', ['--session', '--print-reply', ...args], { env: { ...base, ...env } }).then(({ stdout }) => stdout);
  await waitUntil(
    async () => {
      if (!daemon.alive()) throw new Error(`gnome-keyring-daemon ended: ${daemon.output()}`);
      const answer = await send(
        '--dest=org.freedesktop.DBus',
        '/',
        'org.freedesktop.DBus.NameHasOwner',
        'string:org.freedesktop.secrets',
      );
      return answer.includes('boolean true');
    },
    { what: 'the keyring' },
  );

  const property = (item, name) =>
    send(
      '--dest=org.freedesktop.secrets',
      item,
      'org.freedesktop.DBus.Properties.Get',
      'string:org.freedesktop.Secret.Item',
      `string:${name}`,
    );
  const strings = (text) => [...text.matchAll(/string "((?:[^"\\]|\\.)*)"/g)].map(([, value]) => value);

  return {
    env,
    /** Where the daemon keeps its files. */
    dir,
    /** Locks the default keyring, as a screen locker or a user's hand does. */
    async lock() {
      const alias = await send(
        '--dest=org.freedesktop.secrets',
        '/org/freedesktop/secrets',
        'org.freedesktop.Secret.Service.ReadAlias',
        'string:default',
      );
      const [, collection] = alias.match(/object path "([^"]+)"/);
      await send(
        '--dest=org.freedesktop.secrets',
        '/org/freedesktop/secrets',
        'org.freedesktop.Secret.Service.Lock',
        `array:objpath:${collection}`,
      );
    },
    /** Lets the daemon hang (it answers nothing), and go on. */
    freeze: () => daemon.child.kill('SIGSTOP'),
    thaw: () => daemon.child.kill('SIGCONT'),
    async items() {
      const collection = await send(
        '--dest=org.freedesktop.secrets',
        '/org/freedesktop/secrets/aliases/default',
        'org.freedesktop.DBus.Properties.Get',
        'string:org.freedesktop.Secret.Collection',
        'string:Items',
      ).catch(() => '');
      const paths = [...collection.matchAll(/object path "([^"]+)"/g)].map(([, value]) => value);
      return Promise.all(
        paths.map(async (item) => {
          const pairs = strings(await property(item, 'Attributes'));
          const attributes = {};
          for (let i = 0; i + 1 < pairs.length; i += 2) attributes[pairs[i]] = pairs[i + 1];
          return { label: strings(await property(item, 'Label'))[0] ?? '', attributes };
        }),
      );
    },
    async stop() {
      daemon.child.kill('SIGCONT');
      await daemon.stop();
      await bus.stop();
    },
  };
}
