// SPDX-License-Identifier: MPL-2.0
// Builds dist/reprompt.xpi: only what ships, bit for bit the same from the same sources (manifest first, then sorted names, mode 0644, times from
// SOURCE_DATE_EPOCH). Files are stored, not deflated, so that the result does not depend on the version of zlib; the add-on is small.
// Usage: node packaging/build_xpi.mjs [output]
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from './crc32.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const source = path.join(root, 'extension');
const output = path.resolve(process.argv[2] ?? path.join(root, 'dist', 'reprompt.xpi'));
const shippedFolders = ['_locales', 'api', 'card', 'first_run', 'icons', 'options', 'popup'];
const notShipped = new Set(['eslint.config.mjs']);
const earliest = 315532800; // 1980-01-01, where zip's clock begins (APPNOTE.TXT section 4.4.6)
const regularFile0644 = 0o100644 * 0x10000;
const utf8Names = 0x0800;

/** @param {string} folder relative to the extension @returns {Promise<string[]>} */
async function filesIn(folder) {
  const entries = await readdir(path.join(source, folder), { withFileTypes: true });
  const found = await Promise.all(
    entries.map((entry) => {
      const name = path.posix.join(folder, entry.name);
      return entry.isDirectory() ? filesIn(name) : [name];
    }),
  );
  return found.flat();
}

async function shippedNames() {
  const top = (await readdir(source)).filter((name) => /\.(mjs|css)$/.test(name) && !notShipped.has(name));
  const nested = (await Promise.all(shippedFolders.map(filesIn))).flat();
  return ['manifest.json', ...[...top, ...nested].sort()];
}

/** The manifest carries the project's version. @param {string} name */
async function contentOf(name) {
  const content = await readFile(path.join(source, name));
  if (name !== 'manifest.json') return content;
  const version = (await readFile(path.join(root, 'packaging', 'VERSION'), 'utf8')).trim();
  return Buffer.from(`${JSON.stringify({ ...JSON.parse(content.toString()), version }, null, 2)}\n`);
}

function dosTime() {
  const date = new Date(Math.max(Number(process.env.SOURCE_DATE_EPOCH ?? 0) || 0, earliest) * 1000);
  const time = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1);
  const day = ((date.getUTCFullYear() - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate();
  return { time, day };
}

/** The fields that the local header and the central directory share (APPNOTE.TXT sections 4.3.7 and 4.3.12). */
function shared(name, content) {
  const { time, day } = dosTime();
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0); // version needed
  fields.writeUInt16LE(utf8Names, 2);
  fields.writeUInt16LE(0, 4); // stored
  fields.writeUInt16LE(time, 6);
  fields.writeUInt16LE(day, 8);
  fields.writeUInt32LE(crc32(content), 10);
  fields.writeUInt32LE(content.length, 14);
  fields.writeUInt32LE(content.length, 18);
  fields.writeUInt16LE(Buffer.byteLength(name), 22);
  return fields;
}

/** @param {{name: string, content: Buffer}[]} files */
function zip(files) {
  const locals = [];
  const central = [];
  let offset = 0;
  for (const { name, content } of files) {
    const fields = shared(name, content);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), content]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(regularFile0644, 6);
    rest.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), fields, rest, Buffer.from(name)])); // 3: made on Unix
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

const names = await shippedNames();
const files = await Promise.all(names.map(async (name) => ({ name, content: await contentOf(name) })));
await mkdir(path.dirname(output), { recursive: true });
await writeFile(output, zip(files), { mode: 0o644 });
console.log(`${output}: ${files.length} files`);
