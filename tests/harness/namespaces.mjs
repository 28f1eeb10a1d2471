// SPDX-License-Identifier: MPL-2.0
// A network of its own: a namespace with a loopback device that carries a private, non-loopback address too. What counts as
// "another machine" can be tried there without leaving this one. Needs root.

import { findProgram, runOnce, start, waitUntil } from './processes.mjs';

/**
 * @param {string} address an IPv4 address for it
 * @returns {Promise<{address: string, wrap: string[], stop: () => Promise<void>}>} `wrap`: put it before a command to run that one inside
 */
export async function makeNetwork(address = '10.11.12.13') {
  if (process.getuid() !== 0) throw new Error('a network namespace needs root: run the tests as root or with sudo');
  // The holder keeps the namespace alive until it is stopped.
  const holder = start(findProgram('unshare'), ['--net', 'sh', '-c', 'echo ready; exec sleep infinity']);
  await waitUntil(() => {
    if (!holder.alive()) throw new Error(`no network namespace: ${holder.output()}`);
    return holder.output().includes('ready');
  });
  const wrap = [findProgram('nsenter'), '--target', String(holder.pid), '--net', '--'];
  const ip = findProgram('ip');
  for (const args of [
    ['link', 'set', 'lo', 'up'],
    ['address', 'add', `${address}/32`, 'dev', 'lo'],
  ])
    runOnce(wrap[0], [...wrap.slice(1), ip, ...args]);
  return { address, wrap, stop: () => holder.stop('SIGKILL') };
}
