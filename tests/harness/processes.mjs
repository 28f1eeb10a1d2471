// SPDX-License-Identifier: MPL-2.0
// Child processes of the tests: started, watched, and ended by their own pid; nothing survives the test that started it.
// Belongs here: spawn, wait, stop, "wait until". Does not belong here: what a particular server needs (dovecot.mjs, …).

import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const running = new Set();
const folders = new Set();

/** Whatever the test forgot to stop ends with the test process. */
process.on('exit', () => {
  for (const child of running) signalGroup(child.pid, 'SIGKILL');
  if (!process.env.REPROMPT_KEEP_FOLDERS) for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => process.exit(1));

/**
 * A fresh folder that ends with the test process (REPROMPT_KEEP_FOLDERS=1 keeps it for a look).
 * Readable along the path, because servers started as root work as other users inside it.
 * @param {string} name a word that says whose it is
 */
export function makeFolder(name = 'test') {
  const folder = mkdtempSync(join(tmpdir(), `reprompt-${name}-`));
  chmodSync(folder, 0o755);
  folders.add(folder);
  return folder;
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // Already gone.
  }
}

/**
 * Starts a program in its own process group.
 * @param {string} file
 * @param {string[]} args
 * @param {{env?: object, cwd?: string, stdio?: any}} [options]
 * @returns {{child: import('node:child_process').ChildProcess, pid: number, output: () => string, ended: Promise<{status: number|null, signal: string|null}>,
 *   alive: () => boolean, stop: (signal?: string, graceMs?: number) => Promise<void>}}
 */
export function start(file, args, options = {}) {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options, detached: true });
  let output = '';
  child.stdout?.on('data', (bytes) => (output += bytes));
  child.stderr?.on('data', (bytes) => (output += bytes));
  let over = false;
  const ended = new Promise((resolve) => {
    child.once('error', (error) => {
      output += `${error}\n`;
      over = true;
      running.delete(child);
      resolve({ status: 127, signal: null });
    });
    child.once('exit', (status, signal) => {
      over = true;
      running.delete(child);
      resolve({ status, signal });
    });
  });
  if (child.pid) running.add(child);
  return {
    child,
    pid: child.pid,
    output: () => output,
    ended,
    alive: () => !over,
    async stop(signal = 'SIGTERM', graceMs = 5000) {
      if (!over) {
        child.kill(signal);
        const timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), graceMs);
        await ended;
        clearTimeout(timer);
      }
      if (child.pid) signalGroup(child.pid, 'SIGKILL');
    },
  };
}

/** Runs a program to its end; throws with its output unless it succeeds. */
export function runOnce(file, args, options = {}) {
  const result = spawnSync(file, args, { encoding: 'utf8', ...options });
  if (result.error) throw new Error(`${file}: ${result.error.message}`);
  if (result.status !== 0)
    throw new Error(`${file} ${args.join(' ')}: exit status ${result.status}\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

/** Finds a program on PATH or in the sbin folders, which an ordinary user's PATH lacks on Debian. */
export function findProgram(name) {
  for (const folder of [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/local/sbin']) {
    if (folder && existsSync(join(folder, name))) return join(folder, name);
  }
  throw new Error(`${name} is not installed; tests/run installs what the tests need (packaging/requirements-test)`);
}

/**
 * Waits until `condition` gives something true and returns it.
 * @template T
 * @param {() => T | Promise<T>} condition
 * @param {{timeoutMs?: number, what?: string | (() => string)}} [options]
 */
export async function waitUntil(condition, { timeoutMs = 60_000, what = 'a condition' } = {}) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for ${typeof what === 'function' ? what() : what}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

/** A file's text, or nothing if it is not there yet. */
export function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
