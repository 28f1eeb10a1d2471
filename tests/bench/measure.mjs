// SPDX-License-Identifier: MPL-2.0
// Runs a command under launch.c and computes with what it cost. Belongs here: numbers of one run and of several. Does not belong here: which commands.

import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { start } from '../harness/processes.mjs';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const launcher = join(root, 'build/bench/launch');

/** @typedef {{wallMs: number, cpuMs: number, peakKib: number, status: number, replyMs: number}} Cost */

/** @param {string} file what launch.c wrote @returns {Cost} */
export function readCost(file) {
  const [wallMs, user, system, peakKib, status, replyMs] = readFileSync(file, 'utf8').trim().split(' ').map(Number);
  return { wallMs, cpuMs: user + system, peakKib, status, replyMs };
}

/** Files of one measurement. @param {string} folder an empty one */
export function makeMeter(folder) {
  let count = 0;
  const name = (kind) => join(folder, `${kind}-${(count += 1)}`);

  /**
   * @param {string[]} command
   * @param {{stdin?: string, stdinFile?: string, firstReply?: Buffer, expected?: number, env?: object, limitMs?: number}} [options]
   *   `expected`: its exit status; anything else is an error, because a run that did something else measures nothing
   * @returns {Promise<Cost & {stdout: string}>}
   */
  async function cost(command, { stdin = '', stdinFile, firstReply, expected = 0, env = {}, limitMs = 120_000 } = {}) {
    const result = name('cost');
    const output = name('out');
    const input = stdinFile ?? name('in');
    if (!stdinFile) writeFileSync(input, stdin, { mode: 0o600 });
    const more = firstReply ? ['--first-reply', name('request')] : [];
    if (firstReply) writeFileSync(more[1], firstReply);
    const streams = [openSync(input, 'r'), openSync(output, 'w'), openSync(name('err'), 'w')];
    const running = start(launcher, [result, ...more, ...command], { stdio: streams, env: { ...process.env, ...env } });
    streams.forEach(closeSync);
    const timer = setTimeout(() => void running.stop('SIGKILL'), limitMs);
    const { status } = await running.ended;
    clearTimeout(timer);
    const stdout = readFileSync(output, 'utf8');
    if (status !== expected)
      throw new Error(`${command.join(' ')}: exit status ${status} instead of ${expected}\n${stdout.slice(-2000)}`);
    return { ...readCost(result), stdout };
  }
  return { cost, name };
}

export const least = (numbers) => Math.min(...numbers);

/** The middle one; between the middle two of an even number. @param {number[]} numbers */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Native messages: a length in the machine's byte order, then JSON. */
export function frame(message) {
  const body = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
}
