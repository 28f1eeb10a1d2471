// SPDX-License-Identifier: MPL-2.0
// Pulling plugs: kill -9 of a Thunderbird and of its host, and reading what lies on the disk afterwards. Belongs here: what a crash, a power cut and
// a curious reader do. Not here: when they do it (tests/e2e).
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { textOf, waitUntil } from './processes.mjs';
import { addonId } from './profile.mjs';

/** The processes that Thunderbird started as native hosts for the add-on, and their children. @returns {number[]} */
export function hostsOf({ pid }) {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [
        Number(name),
        Number(
          textOf(`/proc/${name}/stat`)
            .replace(/^.*\) \S /s, '')
            .split(' ')[0],
        ),
      ]),
  );
  const childrenOf = (one) => [...parents].filter(([, parent]) => parent === one).map(([child]) => child);
  const withDescendants = (one) => [one, ...childrenOf(one).flatMap(withDescendants)];
  return childrenOf(pid)
    .filter((child) => textOf(`/proc/${child}/cmdline`).split('\0').includes(addonId))
    .flatMap(withDescendants);
}

const signal = (pid, name) => {
  try {
    process.kill(pid, name);
  } catch {
    // has ended already
  }
};

/** kill -9 for every host of this Thunderbird; waits until there is none. @returns {Promise<number>} how many there were */
export async function killHosts(thunderbird, how = 'SIGKILL') {
  const hosts = hostsOf(thunderbird);
  for (const host of hosts) signal(host, how);
  await waitUntil(() => !hostsOf(thunderbird).some((pid) => hosts.includes(pid)), { what: 'the end of the hosts' });
  return hosts.length;
}

/**
 * kill -9 for Thunderbird, and for its hosts too unless they shall see the end of their input.
 * @returns {Promise<void>} when all of them have ended
 */
export async function killThunderbird(thunderbird, { hosts: withHosts = true } = {}) {
  const hosts = hostsOf(thunderbird);
  signal(thunderbird.pid, 'SIGKILL');
  if (withHosts) for (const host of hosts) signal(host, 'SIGKILL');
  await thunderbird.ended;
  const alive = () => hosts.filter((pid) => textOf(`/proc/${pid}/cmdline`).includes(addonId));
  await waitUntil(() => !alive().length, { what: () => `the end of the hosts ${alive()}` });
  await thunderbird.quit(); // the display and the connection
}

/** Everything a secret looks like in a file: as it is, in base64 at each of the three offsets, in UTF-16. */
function shapesOf(secret) {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // The first and last characters depend on the neighbours too.
    return text.slice(offset ? 4 : 0, -4);
  });
  return [bytes, ...base64.map((text) => Buffer.from(text)), Buffer.from(secret, 'utf16le'), Buffer.from(bytes.toString('hex'))];
}

/** @param {string} folder @returns {string[]} */
function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(file);
    return entry.isFile() ? [file] : [];
  });
}

/**
 * Looks for secrets in every file below the folders.
 * @param {string[]} folders @param {string[]} secrets
 * @returns {{files: number, octets: number, hits: string[]}} `hits`: "file: secret"
 */
export function searchFor(folders, secrets) {
  const shapes = secrets.map((secret) => [secret, shapesOf(secret)]);
  const found = { files: 0, octets: 0, hits: [] };
  for (const file of folders.flatMap(filesBelow)) {
    const content = readFileSync(file);
    found.files += 1;
    found.octets += content.length;
    for (const [secret, looks] of shapes) if (looks.some((look) => content.includes(look))) found.hits.push(`${file}: ${secret}`);
  }
  return found;
}
