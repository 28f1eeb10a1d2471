// SPDX-License-Identifier: MPL-2.0
// What every end-to-end test stands on: private servers, a keyring, one Thunderbird, and an orderly end with pictures when something fails.
// Belongs here: the stage. Not here: what happens on it (the *.test.mjs files).
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { settledMailboxes } from '../harness/account_life.mjs';
import { makeAuthority } from '../harness/certificates.mjs';
import { startDovecot } from '../harness/dovecot.mjs';
import { startKeyring } from '../harness/keyring.mjs';
import { startLineServer } from '../harness/line_server.mjs';
import { startPostfix } from '../harness/postfix.mjs';
import { makeFolder } from '../harness/processes.mjs';
import { startThunderbird } from '../harness/thunderbird.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const limitMs = 240_000;

/** The programs under test; REPROMPT_BIN, REPROMPT_XPI and REPROMPT_BASIC_XPI name others. */
export const hostBinary = process.env.REPROMPT_BIN ?? path.join(root, 'dist/reprompt');
export const addonFile = process.env.REPROMPT_XPI ?? path.join(root, 'dist/reprompt.xpi');
export const basicFile = process.env.REPROMPT_BASIC_XPI ?? path.join(root, 'dist/reprompt-basic.xpi');
/** Where failures leave what was seen, and tables are kept. */
export const artifacts = process.env.REPROMPT_ARTIFACTS ?? path.join(root, 'build/e2e');

/**
 * One story in a world of its own.
 * @param {string} sentence the test's name
 * @param {(world: World) => Promise<void>} tell
 *
 * @typedef {object} World
 * @property {string} dir
 * @property {ReturnType<typeof makeAuthority>} authority
 * @property {(options?: object) => Promise<any>} dovecot @property {(dovecot: any, options?: object) => Promise<any>} postfix
 * @property {(what: object) => Promise<any>} lineServer
 * @property {(wish?: object) => Promise<any>} thunderbird with add-on and host; `addon: false` for stock Thunderbird, `active: false` if it will not become active, `host: null` for none, `keyring` for one that is there
 * @property {any} keyring set after thunderbird()
 * @property {(name: string) => Promise<any>} picture
 * @property {(line: string) => void} say beside the result @property {(end: () => Promise<any>) => void} afterwards done when the story is over
 */
export function story(sentence, tell) {
  test(sentence, { timeout: limitMs }, async (t) => {
    const name = sentence.replace(/[^a-z0-9]+/gi, '-').slice(0, 120);
    const endings = [];
    const dir = makeFolder('e2e');
    const authority = makeAuthority(path.join(dir, 'ca'));
    let serial = 0;
    const running = [];
    const servers = [];
    const world = {
      dir,
      authority,
      keyring: null,
      async dovecot(options = {}) {
        const server = await startDovecot({
          dir: path.join(dir, `dovecot-${++serial}`),
          authority,
          extra: settledMailboxes,
          ...options,
        });
        servers.push(server);
        endings.push(() => server.stop());
        return server;
      },
      async postfix(dovecot, options = {}) {
        const server = await startPostfix({ dir: path.join(dir, `postfix-${++serial}`), authority, dovecot, ...options });
        servers.push(server);
        endings.push(() => server.stop());
        return server;
      },
      async lineServer(what) {
        const server = await startLineServer({ certificate: authority.issue(), ...what });
        endings.push(() => server.stop());
        return server;
      },
      async thunderbird({ addon = true, active = addon, host = hostBinary, keyring = null, ...wish } = {}) {
        if (addon && !existsSync(addonFile))
          throw new Error(`no add-on at ${addonFile}: run packaging/build, or set REPROMPT_XPI`);
        if (addon && host && !existsSync(host)) throw new Error(`no host at ${host}: run packaging/build, or set REPROMPT_BIN`);
        world.keyring = keyring ?? (await startKeyring({ dir: path.join(dir, `keyring-${++serial}`) }));
        if (!keyring) endings.push(world.keyring.stop);
        const thunderbird = await startThunderbird({
          dir: path.join(dir, `thunderbird-${++serial}`),
          caFile: authority.caFile,
          xpi: addon ? addonFile : null,
          host: addon || wish.basicXpi ? host : null,
          env: world.keyring.env,
          ...wish,
        });
        running.push(thunderbird);
        endings.push(thunderbird.quit);
        if (active) await thunderbird.waitForAddon();
        return thunderbird;
      },
      picture: (label) => running.at(-1).screenshot(path.join(artifacts, `${name}-${label}.png`)),
      say: (line) => t.diagnostic(line),
      afterwards: (end) => endings.push(end),
    };
    try {
      await tell(world);
    } catch (error) {
      await mkdir(artifacts, { recursive: true });
      const parts = [String(error?.stack ?? error)];
      for (const thunderbird of running) {
        await thunderbird.screenshot(path.join(artifacts, `${name}-failed-${running.indexOf(thunderbird)}.png`)).catch(() => {});
        parts.push(
          JSON.stringify(
            {
              dialogs: await thunderbird.dialogs().catch(String),
              history: await thunderbird.dialogHistory().catch(String),
              counters: await thunderbird.counters().catch(String),
              console: await thunderbird.consoleLines().catch(String),
            },
            null,
            1,
          ),
        );
      }
      for (const server of servers) parts.push(server.logText().slice(-6000));
      await writeFile(path.join(artifacts, `${name}-failed.txt`), parts.join('\n\n'));
      t.diagnostic(`what was seen: ${path.join(artifacts, `${name}-failed.txt`)}`);
      throw error;
    } finally {
      for (const end of endings.reverse()) await end().catch((error) => t.diagnostic(`while ending: ${error.message}`));
    }
  });
}

/** The vault's entries for a port, as the keyring holds them (no secrets). */
export const vaultEntries = async (world, port) =>
  (await world.keyring.items()).filter(
    ({ attributes }) => attributes['xdg:schema'] === 'org.reprompt.Vault' && attributes.port === String(port),
  );

/** An IMAP account that works (user bob, password pw-bob) and sends as alice@example.org. */
export const workingBob = (dovecot) => ({
  type: 'imap',
  host: 'localhost',
  port: dovecot.ports.imaps,
  user: 'bob',
  password: 'pw-bob',
  address: 'alice@example.org',
});

/** What a dialog shows, without what changes from run to run. */
export const looks = ({ kind, title, text, shown, buttons, checkbox }) => ({
  kind,
  title,
  text,
  shown,
  buttons: buttons.map(({ name, label }) => ({ name, label })),
  checkbox,
});
