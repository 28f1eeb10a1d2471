// SPDX-License-Identifier: MPL-2.0
// Builds dist/reprompt.xpi, or with --basic dist/reprompt-basic.xpi (no Experiment): only what is used, bit for bit the same from the same sources
// (manifest first, then sorted names, mode 0644, times from SOURCE_DATE_EPOCH; Info-ZIP, which has a deflate of its own and the last release in 2008).
// Usage: node packaging/build_xpi.mjs [--basic] [--stored] [output]
//   --stored   nothing is deflated, for the Debian package: there xz packs all files at once, to two thirds
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { filesOf } from './xpi_files.mjs';

const earliest = 315532800; // 1980-01-01, where zip's clock begins (APPNOTE.TXT section 4.4.6)
const words = process.argv.slice(2);
const isBasic = words.includes('--basic');
const [named] = words.filter((word) => !word.startsWith('--'));
const usual = fileURLToPath(new URL(`../dist/reprompt${isBasic ? '-basic' : ''}.xpi`, import.meta.url));
const output = path.resolve(named ?? usual);

const files = await filesOf(isBasic ? 'basic' : 'full');
const time = Math.max(Number(process.env.SOURCE_DATE_EPOCH) || 0, earliest);
await mkdir(path.dirname(output), { recursive: true });
const folder = await mkdtemp(`${output}-`);
try {
  for (const { name, content } of files) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
    await chmod(file, 0o644); // whatever the umask
    await utimes(file, time, time);
  }
  const packed = 'packed.zip';
  const zipped = promisify(execFile)('zip', ['-q', '-X', words.includes('--stored') ? '-0' : '-9', packed, '-@'], {
    cwd: folder,
    env: { ...process.env, TZ: 'UTC' },
  });
  zipped.child.stdin?.end(files.map(({ name }) => `${name}\n`).join(''));
  await zipped;
  await chmod(path.join(folder, packed), 0o644);
  await rename(path.join(folder, packed), output);
} finally {
  await rm(folder, { recursive: true });
}
console.log(`${output}: ${files.length} files`);
