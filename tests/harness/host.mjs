// SPDX-License-Identifier: MPL-2.0
// Runs the host program as a help desk would (command line) or as Thunderbird does (native messages), with a private home.
// Belongs here: start, password descriptor, frames. Does not belong here: expectations (tests/servers).

import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { makeFolder, start, waitUntil } from './processes.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The program under test: REPROMPT_BIN, or what packaging/build made. */
export const program = resolve(process.env.REPROMPT_BIN ?? join(root, 'dist/reprompt'));
if (!existsSync(program)) throw new Error(`${program} is missing; packaging/build makes it`);

/**
 * A home of its own: ledger, settings and manifests go there, the keyring stays the session's (with_keyring.sh).
 * @returns {{folder: string, env: object}}
 */
export function makeHome() {
  const folder = makeFolder('home');
  const env = {
    ...process.env,
    HOME: folder,
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_DATA_HOME: join(folder, 'data'),
  };
  for (const each of [env.XDG_STATE_HOME, env.XDG_CONFIG_HOME, env.XDG_DATA_HOME]) mkdirSync(each, { mode: 0o700 });
  // The machine's own certificates must not decide a test.
  delete env.SSL_CERT_FILE;
  delete env.SSL_CERT_DIR;
  return { folder, env };
}

/** As makeHome, but without any way to a Secret Service. */
export function makeHomeWithoutKeyring() {
  const home = makeHome();
  home.env.DBUS_SESSION_BUS_ADDRESS = 'unix:path=/nonexistent';
  home.env.XDG_RUNTIME_DIR = home.folder;
  return home;
}

/**
 * Runs the program to its end.
 * @param {string[]} args `--password-fd 3` is added when there is a password
 * @param {{home?: {env: object}, password?: string, env?: object, stdin?: string, wrap?: string[], timeoutMs?: number}} [options]
 *   `wrap`: a command to run it under, e.g. in another network namespace
 * @returns {Promise<{status: number|null, signal: string|null, stdout: string, stderr: string, ms: number, json: any}>}
 */
export async function runReprompt(
  args,
  { home = makeHome(), password, env = {}, stdin = '', wrap = [], timeoutMs = 60_000 } = {},
) {
  const all = [...wrap, program, ...args, ...(password === undefined ? [] : ['--password-fd', '3'])];
  const begin = Date.now();
  const running = start(all[0], all.slice(1), {
    env: { ...home.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe', ...(password === undefined ? [] : ['pipe'])],
  });
  let stdout = '';
  let stderr = '';
  running.child.stdout.on('data', (bytes) => (stdout += bytes));
  running.child.stderr.on('data', (bytes) => (stderr += bytes));
  const closed = new Promise((done) => running.child.once('close', done));
  for (const [at, text] of [
    [0, stdin],
    [3, password],
  ]) {
    running.child.stdio[at]?.on('error', () => {});
    running.child.stdio[at]?.end(text);
  }
  const timer = setTimeout(() => void running.stop('SIGKILL'), timeoutMs);
  const { status, signal } = await running.ended;
  await closed;
  clearTimeout(timer);
  let json;
  try {
    json = JSON.parse(stdout);
  } catch {
    json = undefined;
  }
  return { status, signal, stdout, stderr, ms: Date.now() - begin, json };
}

/**
 * Starts the program as Thunderbird does: `reprompt /path/of/manifest.json add-on-id`, frames on stdin and stdout.
 * @param {{home?: {env: object}, wrap?: string[]}} [options]
 */
export function startNative({ home = makeHome(), wrap = [] } = {}) {
  const all = [...wrap, program, '/usr/lib/mozilla/native-messaging-hosts/reprompt.json', 'reprompt@reprompt.example'];
  const running = start(all[0], all.slice(1), { env: home.env, stdio: ['pipe', 'pipe', 'pipe'] });
  const messages = [];
  let bytes = Buffer.alloc(0);
  let stderr = '';
  running.child.stdin.on('error', () => {});
  const closed = new Promise((done) => running.child.once('close', done));
  running.child.stderr.on('data', (more) => (stderr += more));
  running.child.stdout.on('data', (more) => {
    bytes = Buffer.concat([bytes, more]);
    while (bytes.length >= 4) {
      const size = bytes.readUInt32LE(0);
      if (bytes.length < 4 + size) break;
      messages.push(JSON.parse(bytes.subarray(4, 4 + size).toString('utf8')));
      bytes = bytes.subarray(4 + size);
    }
  });
  let count = 0;

  const host = {
    /** Every message so far. */
    messages,
    pid: running.pid,
    ended: running.ended,
    /** It ended, and everything that it ever wrote is in `messages`. */
    closed,
    stderr: () => stderr,
    /** Octets after the last complete frame: something else than frames reached stdout. */
    leftover: () => bytes,
    sendOctets: (octets) => running.child.stdin.write(octets),
    sendText(text) {
      const body = Buffer.from(text);
      const head = Buffer.alloc(4);
      head.writeUInt32LE(body.length);
      running.child.stdin.write(Buffer.concat([head, body]));
    },
    /** Sends a request and gives its id. */
    send(type, fields = {}) {
      count += 1;
      const id = `${type}-${count}`;
      host.sendText(JSON.stringify({ v: 1, id, type, ...fields }));
      return id;
    },
    /** Waits for a message that `matches`; gives it. */
    next(matches, timeoutMs = 30_000) {
      return waitUntil(
        () => {
          const found = messages.find(matches);
          if (!found && !running.alive()) throw new Error(`the host ended; it said ${JSON.stringify(messages)} ${stderr}`);
          return found;
        },
        { timeoutMs, what: () => `a message; so far ${JSON.stringify(messages)} ${stderr}` },
      );
    },
    /** Sends a request and waits for its final answer (not `progress`, not `chain`). */
    ask(type, fields = {}, timeoutMs = 30_000) {
      const id = host.send(type, fields);
      return host.answerTo(id, timeoutMs);
    },
    answerTo: (id, timeoutMs = 30_000) =>
      host.next((message) => message.id === id && !['progress', 'chain'].includes(message.type), timeoutMs),
    /** Closes stdin, as Thunderbird does, and waits for the end. */
    async close() {
      running.child.stdin.end();
      return running.ended;
    },
    stop: () => running.stop(),
  };
  return host;
}
