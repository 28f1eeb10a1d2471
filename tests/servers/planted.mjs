// SPDX-License-Identifier: MPL-2.0
// Looks for planted secrets in files, texts and memory. Belongs here: the forms in which a secret may lie about. Does not belong here: who planted them.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** All ordinary files below a folder; none if there is no such folder. */
export function filesBelow(place) {
  if (!existsSync(place)) return [];
  return readdirSync(place, { withFileTypes: true }).flatMap((each) => {
    const path = join(place, each.name);
    return each.isDirectory() ? filesBelow(path) : each.isFile() ? [path] : [];
  });
}

/** The characters of base64 that this text alone decides, at each of the three places where it may begin in what was encoded (a SASL PLAIN message, say). */
const insideBase64 = (text) =>
  [0, 1, 2].map((before) => {
    const octets = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
    const letters = octets.toString('base64').replace(/=+$/, '');
    return letters.slice(Math.ceil((before * 8) / 6), Math.floor((octets.length * 8) / 6));
  });
const octetwise = (text, spell) =>
  [...Buffer.from(text)].map((octet) => spell(octet.toString(16).padStart(2, '0'), String.fromCharCode(octet))).join('');

/** How a piece of text may be spelled, each as a latin1 string of octets. @type {Record<string, (text: string) => string[]>} */
const spellings = {
  'as it is': (text) => [Buffer.from(text).toString('latin1')],
  backwards: (text) => [Buffer.from(text).reverse().toString('latin1')],
  'UTF-16': (text) => {
    const wide = Buffer.from(text, 'utf16le');
    return [wide.toString('latin1'), Buffer.from(wide).swap16().toString('latin1')];
  },
  hexadecimal: (text) =>
    ['hex'].flatMap((how) => [Buffer.from(text).toString(how), Buffer.from(text).toString(how).toUpperCase()]),
  'percent signs': (text) => [
    encodeURIComponent(text),
    octetwise(text, (hex) => `%${hex}`),
    octetwise(text, (hex) => `%${hex.toUpperCase()}`),
  ],
  'quoted-printable': (text) => [
    octetwise(text, (hex, letter) => (/[!-<>-~]/.test(letter) ? letter : `=${hex.toUpperCase()}`)),
    octetwise(text, (hex) => `=${hex.toUpperCase()}`),
  ],
  JSON: (text) => [Buffer.from(JSON.stringify(text).slice(1, -1)).toString('latin1')],
  HTML: (text) => [
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    [...text].map((letter) => `&#${letter.codePointAt(0)};`).join(''),
  ],
};
const base64Spellings = (text) =>
  insideBase64(text).flatMap((letters) => [
    letters,
    letters.replaceAll('+', '-').replaceAll('/', '_'),
    letters.replaceAll('/', ','),
  ]);

/** All pieces of `size` characters; the whole if it is not longer. */
function piecesOf(text, size) {
  if (text.length <= size) return [text];
  return Array.from({ length: text.length - size + 1 }, (_, at) => text.slice(at, at + size));
}

/**
 * What to look for.
 * @param {Record<string, string>} planted name -> secret
 * @param {{piece?: number}} [how] `piece`: that many characters in a row count as a find (two more in base64, whose letters say less); the whole
 *   secret if it is not given. Take secrets of random characters then: pieces of words lie everywhere.
 * @returns {{name: string, form: string, octets: Buffer}[]}
 */
export function tracesOf(planted, { piece = Infinity } = {}) {
  return Object.entries(planted).flatMap(([name, secret]) => {
    const found = new Map();
    for (const [form, spell] of Object.entries(spellings))
      for (const part of piecesOf(secret, piece))
        for (const octets of spell(part)) if (!found.has(octets)) found.set(octets, form);
    for (const part of piecesOf(secret, piece + 2))
      for (const octets of base64Spellings(part)) if (!found.has(octets)) found.set(octets, 'base64');
    return [...found].map(([octets, form]) => ({ name, form, octets: Buffer.from(octets, 'latin1') }));
  });
}

/** The traces by their first two octets: one walk over the octets finds all of them. @type {WeakMap<object, any[][]>} */
const indexes = new WeakMap();
function indexOf(traces) {
  const known = indexes.get(traces);
  if (known) return known;
  const index = Array.from({ length: 65_536 });
  for (const trace of traces) (index[trace.octets.readUInt16BE(0)] ??= []).push(trace);
  indexes.set(traces, index);
  return index;
}
function isAt(bytes, at, { octets }) {
  for (let i = 2; i < octets.length; i += 1) if (bytes[at + i] !== octets[i]) return false;
  return true;
}

/** What is found in a text or in octets, in words, without repeating it: "the password, base64". @param {string|Buffer} where @returns {string[]} */
export function tracesIn(where, traces) {
  const bytes = typeof where === 'string' ? Buffer.from(where) : where;
  const index = indexOf(traces);
  const found = new Set();
  for (let at = 0; at + 1 < bytes.length; at += 1) {
    const begun = index[(bytes[at] << 8) | bytes[at + 1]];
    if (begun) for (const trace of begun) if (isAt(bytes, at, trace)) found.add(`${trace.name}, ${trace.form}`);
  }
  return [...found];
}

/** The same for all files below some folders: "file: the password, base64". */
export const tracesInFiles = (places, traces) =>
  places.flatMap(filesBelow).flatMap((file) => tracesIn(readFileSync(file), traces).map((found) => `${file}: ${found}`));

/** The files below these folders in which one of the secrets stands, in any form. */
export function filesWithSecrets(places, secrets) {
  const traces = tracesOf(Object.fromEntries(secrets.map((secret) => [secret, secret])));
  return places.flatMap(filesBelow).filter((file) => tracesIn(readFileSync(file), traces).length > 0);
}
