// SPDX-License-Identifier: MPL-2.0
// The memory of a running process, as root can read it. Belongs here: /proc/PID/smaps and /proc/PID/mem. Does not belong here: what is looked for.

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const largestRead = 16 * 1024 * 1024;
const pageSize = 4096;
const zeros = Buffer.alloc(pageSize);
/** The kernel's own pages: no memory of the process. */
const unreadable = /^\[(vvar|vvar_vclock|vsyscall)\]$/;

/**
 * The mappings that have pages in memory and are not merely parts of files. Not an atomic picture: ask for it while the process waits.
 * @param {number} pid
 * @returns {{place: string, name: string, locked: boolean, leftOutOfCores: boolean, bytes: Buffer}[]}
 */
export function memoryOf(pid) {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    return readFileSync(`/proc/${pid}/smaps`, 'utf8')
      .split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/)
      .map((text) => describe(text))
      .filter(({ readable, resident }) => readable && resident)
      .map(({ begin, size, ...mapping }) => ({ ...mapping, bytes: read(memory, begin, size) }));
  } finally {
    closeSync(memory);
  }
}

function describe(text) {
  const [, first, last, permissions, name] = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)/.exec(text);
  const flags = (/^VmFlags: (.*)$/m.exec(text)?.[1] ?? '').split(' ');
  const begin = Number.parseInt(first, 16);
  return {
    place: `${first} ${permissions} ${name || 'anonymous'}`,
    name,
    begin,
    size: Number.parseInt(last, 16) - begin,
    readable: permissions.startsWith('r') && !unreadable.test(name) && (permissions[1] === 'w' || !name.startsWith('/')),
    resident: !/^Rss: +0 kB$/m.test(text),
    locked: flags.includes('lo'),
    leftOutOfCores: flags.includes('dd'),
  };
}

/** Without the pages in which there is nothing but zeros: most of every thread's stack. */
function read(memory, begin, size) {
  const pages = [];
  for (let at = 0; at < size;) {
    const bytes = Buffer.alloc(Math.min(size - at, largestRead));
    const count = readOrGone(memory, bytes, begin + at);
    if (count === 0) break;
    for (let page = 0; page < count; page += pageSize) {
      const one = bytes.subarray(page, Math.min(page + pageSize, count));
      if (zeros.compare(one, 0, one.length, 0, one.length) !== 0) pages.push(one);
    }
    at += count;
  }
  return Buffer.concat(pages);
}

/** 0 if the mapping has ended since the list was read. */
function readOrGone(memory, bytes, at) {
  try {
    return readSync(memory, bytes, 0, bytes.length, at);
  } catch (error) {
    if (error.code === 'EIO') return 0;
    throw error;
  }
}
