// SPDX-License-Identifier: MPL-2.0
// Messages that no add-on of ours sends. Three tables: every field of every request with every value that its schema (manifests/protocol/v1) forbids; frames and
// JSON texts that are broken in themselves; well-formed requests with content that somebody means badly.
// Belongs here: the messages. Does not belong here: what has to come back (servers/hostile_messages.test.mjs).

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../manifests/protocol/v1/', import.meta.url));
const schema = JSON.parse(readFileSync(join(folder, 'requests.schema.json'), 'utf8'));
const resolved = (part) => (part.$ref ? resolved(schema.$defs[part.$ref.split('/').pop()]) : part);

/** A valid request of each type that has every member which the schema knows: golden ones laid over each other. @type {Record<string, any>} */
export const goodRequests = {};
const together = (left, right) =>
  left && right && !Array.isArray(left) && typeof left === 'object' && typeof right === 'object'
    ? Object.fromEntries(
        [...new Set([...Object.keys(left), ...Object.keys(right)])].map((name) => [
          name,
          name in right && name in left ? together(left[name], right[name]) : (right[name] ?? left[name]),
        ]),
      )
    : right;
for (const file of readdirSync(join(folder, 'golden')).filter((name) => name.startsWith('request.'))) {
  const message = JSON.parse(readFileSync(join(folder, 'golden', file), 'utf8'));
  goodRequests[message.type] = goodRequests[message.type] ? together(goodRequests[message.type], message) : message;
}

/** Values that a schema does not allow. */
function forbidden(wanted) {
  const types = [wanted.type ?? (wanted.enum ? 'string' : 'object')].flat();
  const all = {
    string: ['x', ''],
    integer: [7],
    boolean: [true],
    array: [[], ['x']],
    object: [{}, { x: 1 }],
    null: [null],
    number: [1.5, 1e99, -1e99],
  };
  const values = Object.entries(all).flatMap(([type, each]) => (types.includes(type) ? [] : each));
  const long = (size) => 'ä'.repeat(size);
  if (wanted.enum)
    values.push('IMAP ', 'imap\0', '', long(9000), ...(typeof wanted.enum[0] === 'string' ? [wanted.enum[0].toUpperCase()] : []));
  if (wanted.minLength) values.push('');
  if (wanted.maxLength) values.push(long(wanted.maxLength + 1));
  if (wanted.pattern) values.push('', 'AAAA', `${'A'.repeat(42)}==`, `${'A'.repeat(43)}=\n`, long(43));
  if (wanted.minimum !== undefined) values.push(wanted.minimum - 1, -1e15, '993', [993]);
  if (wanted.maximum !== undefined) values.push(wanted.maximum + 1, 2 ** 53, 1e300);
  if (wanted.maxItems !== undefined) values.push(Array(wanted.maxItems + 1).fill('x'));
  if (types.includes('array') && wanted.items)
    values.push(
      [null],
      [7],
      [[]],
      [{}].filter(() => !resolved(wanted.items).properties || resolved(wanted.items).required),
    );
  return values.filter((value) => !(Array.isArray(value) && value.length === 0 && types.includes('array')));
}

/** Where fields are and what they may be: `[['account', 'port'], {type: 'integer', …}, required]`. Inside lists the first item is meant. */
function* fieldsOf(part, path = []) {
  for (const [name, reference] of Object.entries(part.properties ?? {})) {
    const wanted = resolved(reference);
    if (wanted.const !== undefined) continue;
    yield { path: [...path, name], wanted, required: part.required?.includes(name) ?? false };
    // What `explain` takes is judged by its own reader.
    if (name !== 'line')
      yield* fieldsOf(
        wanted.type === 'array' && wanted.items ? resolved(wanted.items) : wanted,
        wanted.type === 'array' ? [...path, name, 0] : [...path, name],
      );
  }
}

/** A copy of a message with another value at a place; `undefined` takes the member away. */
function changed(message, path, value) {
  const copy = structuredClone(message);
  const inside = path.slice(0, -1).reduce((at, name) => at?.[name], copy);
  if (inside === undefined || inside === null) return null;
  if (value === undefined) delete inside[path.at(-1)];
  else inside[path.at(-1)] = value;
  return copy;
}

/** Words that were heard are read as `reprompt explain` reads them: what is missing or null says nothing, one line is as good as a list of one. */
function isLeniency(path, value) {
  if (path[0] !== 'heard') return false;
  const nothing = value === null || value === undefined;
  if (path.length === 1)
    return (
      Array.isArray(value) &&
      value.some((each) => Object.keys(each ?? { x: 1 }).length === 0 && !Array.isArray(each) && typeof each === 'object')
    );
  return nothing || (path.at(-1) === 'lines' && typeof value === 'string');
}

/** Each field of each request, with all messages in which only this field is wrong. `where`: what an error has to name. */
export const wrongFields = Object.entries(goodRequests).flatMap(([type, message]) =>
  [...fieldsOf(schema.$defs[type])]
    .map(({ path, wanted, required }) => ({
      type,
      where: `/${path.join('/')}`,
      messages: [...forbidden(wanted), ...(required ? [undefined] : [])]
        .filter((value) => !isLeniency(path, value))
        .map((value) => changed(message, path, value))
        .filter(Boolean),
    }))
    .filter(({ messages }) => messages.length > 0),
);

const frame = (size, body = Buffer.alloc(0)) => {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(size);
  return Buffer.concat([head, body]);
};
const largest = 64 * 1024;

/** Frames that end the program: the status it has to end with. */
export const endingFrames = {
  'a length of 4 GiB less one': [frame(0xffffffff), 65],
  'a length of 2 GiB': [frame(0x80000000), 65],
  'a length of -1 000 000': [frame(-1_000_000 >>> 0), 65],
  'a length of one octet too many': [frame(largest + 1), 65],
  'a length of 1 MiB, and all of it': [frame(1 << 20, Buffer.alloc(1 << 20, 0x20)), 65],
  'half a length and the end': [Buffer.from([1, 0]), 0],
  'a length without a message, and the end': [frame(100), 0],
  'half a message and the end': [frame(100, Buffer.from('{"v":1,"id":"x"')), 0],
  'a message without its last octet': [frame(17, Buffer.from('{"v":1,"id":"x"}')), 0],
  'nothing at all': [Buffer.alloc(0), 0],
};

const request = '{"v":1,"id":"x","type":"vault_list"';
/** JSON that is none, or that two readers read differently. One error with the id null each; nothing else happens. */
export const brokenJson = {
  'an empty frame': '',
  blanks: ' '.repeat(1000),
  NULs: '\0'.repeat(1000),
  '32000 open lists': '['.repeat(32_000),
  '30000 lists in each other': `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
  '10000 objects in each other': `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
  '33 levels in a member that nobody knows': `${request},"x":${'['.repeat(33)}${']'.repeat(33)}}`,
  'a member twice': `${request},"id":"y"}`,
  'a member twice, once with an escape': `${request},"\\u0069d":"y"}`,
  'a member twice deep inside': `${request},"a":{"b":{"c":1,"c":2}}}`,
  'a secret twice': '{"v":1,"id":"x","type":"probe","credential":{"kind":"password","secret":"a","secret":"b"}}',
  'two messages in one frame': `${request}}${request}}`,
  'words behind the message': `${request}} x`,
  'a comma too many': `${request},}`,
  'a comment': `${request}/*x*/}`,
  'single quotes': "{'v':1,'id':'x','type':'vault_list'}",
  'no quotes': '{v:1,id:"x",type:"vault_list"}',
  NaN: `${request},"x":NaN}`,
  Infinity: `${request},"x":-Infinity}`,
  'a number that is too large': `${request},"x":1e999}`,
  'a number with a zero before it': `${request},"x":007}`,
  'a number in hexadecimal': `${request},"x":0x10}`,
  'half an escape': `${request},"x":"\\u12"}`,
  'half a pair of surrogates': `${request},"x":"\\ud83d"}`,
  'a line end inside a text': `${request},"x":"a\nb"}`,
  'a NUL inside a text': `${request},"x":"a\0b"}`,
  'a text without its end': `${request},"x":"`,
  'a secret without its end': '{"v":1,"id":"x","type":"vault_store","secret":"abc',
  'UTF-8 cut off': Buffer.concat([Buffer.from(`${request},"x":"`), Buffer.from([0xe3, 0x81]), Buffer.from('"}')]),
  'overlong UTF-8': Buffer.concat([Buffer.from(`${request},"x":"`), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
  'a surrogate in UTF-8': Buffer.concat([Buffer.from(`${request},"x":"`), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
  'UTF-16': Buffer.from(`${request}}`, 'utf16le'),
  'a list': '[1,2,3]',
  'a text': '"vault_list"',
  null: 'null',
  'a message without v': '{"id":null,"type":"vault_list"}',
  'a number as id': '{"v":1,"id":7,"type":"vault_list"}',
  'an empty id': '{"v":1,"id":"","type":"vault_list"}',
  'an id of 129 characters': `{"v":1,"id":"${'x'.repeat(129)}","type":"vault_list"}`,
  '60000 octets of id': `{"v":1,"id":"${'x'.repeat(60_000)}","type":"vault_list"}`,
};

/** Names that are no host names, or that somebody hopes are read as something else. */
export const oddHosts = [
  'a b',
  ' ',
  'a\0b',
  'a\r\nb',
  'a\tb',
  '\u001b[31m',
  '..',
  '.',
  '-',
  '../../etc/passwd',
  '/',
  'a/b',
  'alice@host',
  'host:993',
  '[::1',
  '::1]',
  '%00',
  'a%20b',
  'http://host',
  'host#x',
  'host?x',
  '\\\\host\\share',
  `${'a'.repeat(64)}.test`,
  'a.'.repeat(127),
  'x'.repeat(255),
  'xn--',
  'xn--\u0000',
  'xn--99999999',
  '\u202etset',
  'h\u200bost',
  'müller.test',
  '日本語.test',
  '1e9',
  '0',
  '0x7f.1',
  '127.1',
  '999.999.999.999',
  '1.2.3.4.5',
  'localhost.',
  '*',
  '$(id)',
  '`id`',
  "';--",
  '<b>',
  'fe80::1%lo',
  'fe80::1%../../x',
  '::ffff:0:0:0:0:0',
];
export const oddUsers = [
  '',
  'a\0b',
  'a\r\na1 LOGOUT',
  'a\nb',
  '\u0085',
  '\u001b',
  'x'.repeat(1024),
  '"\\',
  'alice"@x',
  'a@b@c',
  '@',
  'alice@\u202eb',
  'ünï',
  '\u{1f600}',
  '{5+}',
  '(',
  '*',
  '%',
  ' alice ',
  '..',
];
export const oddPasswords = [
  '',
  'a\0b',
  'a\r\nb',
  '\n',
  '\u001b]0;x\u0007',
  'x'.repeat(30_000),
  'ü'.repeat(15_000),
  '"\\"\\',
  '{10+}',
  ' ',
  '%s%n',
  '\u202e',
  '\u{10ffff}',
  '\u0001',
  '*',
  '+',
];
