// SPDX-License-Identifier: MPL-2.0
// A network of its own: a namespace with a loopback device that carries a private, non-loopback address too. What counts as
// "another machine" can be tried there without leaving this one. Needs root.

import { findProgram, runOnce, start, waitUntil } from './processes.mjs';

/**
 * A network namespace, kept alive until it is stopped; with files in the place of others, a mount namespace too.
 * @param {object} options
 * @param {Record<string, string>} [options.replaced] place -> the file that is seen there inside
 * @param {string[]} options.lines what `ip` is told inside, in order
 * @returns {Promise<{wrap: string[], stop: () => Promise<void>}>} `wrap`: put it before a command to run that one inside
 */
export async function holdNetwork({ replaced = {}, lines }) {
  if (process.getuid() !== 0) throw new Error('a network namespace needs root: run the tests as root or with sudo');
  const mounts = Object.entries(replaced).map(([place, file]) => `mount --bind ${file} ${place} && `);
  const kinds = mounts.length ? ['--net', '--mount'] : ['--net'];
  const apart = mounts.length ? ['--propagation', 'private'] : [];
  const begin = `${mounts.join('')}echo ready && exec sleep infinity`;
  const holder = start(findProgram('unshare'), [...kinds, ...apart, 'sh', '-c', begin]);
  await waitUntil(() => {
    if (!holder.alive()) throw new Error(`no network namespace: ${holder.output()}`);
    return holder.output().includes('ready');
  });
  const wrap = [findProgram('nsenter'), '--target', String(holder.pid), ...kinds, '--'];
  const ip = findProgram('ip');
  for (const line of lines) runOnce(wrap[0], [...wrap.slice(1), ip, ...line.split(' ')]);
  return { wrap, stop: () => holder.stop('SIGKILL') };
}

/**
 * @param {string} address an IPv4 address for it
 * @returns {Promise<{address: string, wrap: string[], stop: () => Promise<void>}>} as holdNetwork
 */
export async function makeNetwork(address = '10.11.12.13') {
  return { address, ...(await holdNetwork({ lines: ['link set lo up', `address add ${address}/32 dev lo`] })) };
}
