// SPDX-License-Identifier: MPL-2.0
// What an .xpi holds: its manifest, every file that is reached from there, the messages that those files use, and the licence. So nothing ships that
// is not used, and both builds are made of one source tree. Belongs here: which files. Does not belong here: packing (build_xpi.mjs).
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const source = path.join(root, 'extension');
/** The manifest of each build, in the extension's folder. */
const manifests = { full: 'manifest.json', basic: 'basic/manifest.json' };
const readable = /\.(mjs|js|html|json)$/;
/** A file's name as a string says it: in an import, a list, an attribute, an address with a query. */
const named = /["'`]([\w./-]+\.(?:mjs|js|html|css|svg|json))(?=["'`?])/g;

/** Comments name files and keys that are not used. @param {string} text */
const withoutComments = (text) => text.replace(/\/\*[^]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');

/**
 * A script or style sheet without the comments that fill lines of their own, which are a quarter of the file and for its readers. The lines stay, empty, so that
 * a message of Thunderbird's names a place in the sources too, and so does the first one, the licence.
 * @param {string} text @param {boolean} isScript in a style sheet // begins no comment
 */
export function withoutCommentLines(text, isScript) {
  const [first, ...rest] = text.split('\n');
  const bare = rest.join('\n').replace(/^[ \t]*\/\*(?:(?!\*\/)[^])*\*\/[ \t]*$/gm, (comment) => comment.replace(/[^\n]+/g, ''));
  return `${first}\n${isScript ? bare.replace(/^[ \t]*\/\/.*$/gm, '') : bare}`;
}

/** What is packed of a file of the sources. @param {string} name @param {Buffer} content */
function packed(name, content) {
  if (/\.(mjs|js|css)$/.test(name)) return Buffer.from(withoutCommentLines(content.toString('utf8'), !name.endsWith('.css')));
  return name.endsWith('.json') ? Buffer.from(`${JSON.stringify(JSON.parse(content.toString('utf8')))}\n`) : content;
}

/** @param {string} name @param {string} text @returns {string[]} the files that it names, from the root */
function filesNamedIn(name, text) {
  return [...text.matchAll(named)].flatMap(([, other]) => {
    const places = [path.posix.join(path.posix.dirname(name), other), other].map((place) => path.posix.normalize(place));
    return places.filter((place) => !place.startsWith('..') && existsSync(path.join(source, place))).slice(0, 1);
  });
}

/** @param {string} manifest @returns {Promise<Map<string, string>>} name -> text without comments, of all that is reached */
async function reachedFrom(manifest) {
  const texts = new Map();
  const waiting = ['manifest.json'];
  for (let name; (name = waiting.shift()) !== undefined;) {
    if (texts.has(name)) continue;
    const file = name === 'manifest.json' ? manifest : name;
    const text = readable.test(file) ? withoutComments(await readFile(path.join(source, file), 'utf8')) : '';
    texts.set(name, text);
    waiting.push(...filesNamedIn(name, text).filter((other) => other !== 'manifest.json'));
  }
  return texts;
}

/** The keys of messages that a text may use: whole strings, and strings with something put in. @param {string[]} texts @returns {RegExp} */
function keysUsedIn(texts) {
  const keys = new Set();
  for (const text of texts) {
    for (const [, key] of text.matchAll(/["'`](\w+)["'`]/g)) keys.add(key);
    for (const [, key] of text.matchAll(/__MSG_(\w+)__/g)) keys.add(key);
    for (const [, key] of text.matchAll(/`([a-z]\w+\$\{[^`]+)`/g)) keys.add(key.replace(/\$\{[^}]*\}/g, '\\w*'));
  }
  return new RegExp(`^(${[...keys].filter((key) => /^[\w\\*]+$/.test(key)).join('|')})$`);
}

/** @param {string} language @param {RegExp} used */
async function messagesOf(language, used) {
  const all = JSON.parse(await readFile(path.join(source, '_locales', language, 'messages.json'), 'utf8'));
  return JSON.stringify(Object.fromEntries(Object.entries(all).filter(([key]) => used.test(key))));
}

/**
 * @param {'full'|'basic'} build
 * @returns {Promise<{name: string, content: Buffer}[]>} the manifest first (with the project's version), then by name
 */
export async function filesOf(build) {
  const manifest = manifests[build];
  const texts = await reachedFrom(manifest);
  const used = keysUsedIn([...texts.values()]);
  const version = (await readFile(path.join(root, 'packaging', 'VERSION'), 'utf8')).trim();
  const made = new Map([
    ['manifest.json', `${JSON.stringify({ ...JSON.parse(texts.get('manifest.json')), version }, null, 2)}\n`],
    ['LICENSE', await readFile(path.join(root, 'LICENSE'), 'utf8')],
  ]);
  for (const language of await readdir(path.join(source, '_locales')))
    made.set(`_locales/${language}/messages.json`, `${await messagesOf(language, used)}\n`);
  const others = [...new Set([...texts.keys(), ...made.keys()])].filter((name) => name !== 'manifest.json').sort();
  return Promise.all(
    ['manifest.json', ...others].map(async (name) => ({
      name,
      content: made.has(name) ? Buffer.from(made.get(name)) : packed(name, await readFile(path.join(source, name))),
    })),
  );
}
