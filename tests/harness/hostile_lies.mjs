// SPDX-License-Identifier: MPL-2.0
// The lies of a server that have nothing to do with what its words mean: too much, too slow, too early, cut off, in the wrong form, of another protocol.
// One row is one lie; `at` are the stages at which it is told, `protocols` whom it concerns (all three if not said). Each is one case for each protocol and stage.
//   tell      what the server does there (a text is sent with a line end, a Buffer as it is)
//   waits     only a deadline ends it; anything else ends by itself
//   refuses   a well-formed refusal is part of it, so that at the stage auth a verdict about the password is right (at logout it always is)
//   offered   what the server offers, where that is not what it offers else
//   failure   what the evidence must call it
// Belongs here: octets and order. Does not belong here: words (hostile_words.mjs), TLS and certificates (hostile_tls.mjs).

import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { plainRefusal } from './hostile_server.mjs';

const everywhere = ['greeting', 'capabilities', 'starttls', 'after-tls', 'challenge', 'auth'];
const inside = ['greeting', 'after-tls', 'auth'];
const all = { imap: 1, pop3: 1, smtp: 1 };
const only = (...names) => Object.fromEntries(names.map((name) => [name, 1]));
const million = 1024 * 1024;

const flood = (name, piece, more = {}) => ({
  name,
  heavy: true,
  at: everywhere,
  tell: (peer) => void peer.flood((at) => piece(peer, at)),
  ...more,
});
/** The honest answer in other octets. */
const spelled = (name, spell, more = {}) => ({
  name,
  at: ['greeting', 'capabilities', 'auth'],
  tell: (peer) => spell(answerOf(peer)),
  ...more,
});
const answerOf = (peer) => `${peer.stage === 'auth' ? peer.refusal(plainRefusal[peer.protocol]) : peer.honest()}\r\n`;
const utf16 = (text, big) => {
  const little = Buffer.from(text, 'utf16le');
  return big ? Buffer.concat([Buffer.from([0xfe, 0xff]), little.swap16()]) : little;
};

const tooMuch = [
  flood('a line without end', () => 'x'.repeat(16_384)),
  flood('lines of one reply without end', (peer) => `${peer.more('x')}\r\n`.repeat(512)),
  flood('long lines of one reply without end', (peer) => `${peer.more('x'.repeat(60_000))}\r\n`, { at: inside }),
  flood('empty lines without end', () => '\r\n'.repeat(4096)),
  flood('NULs without end', () => '\0'.repeat(16_384), { at: inside }),
  flood('line feeds alone without end', () => '\n'.repeat(16_384), { at: inside }),
  flood('random octets without end', () => randomBytes(16_384), { at: inside }),
  flood('continuations without end', ({ protocol }) => (protocol === 'smtp' ? '334 \r\n' : '+ \r\n').repeat(512), {
    at: ['challenge', 'auth'],
  }),
  {
    name: '10 MB of one line, and then the answer',
    at: everywhere,
    tell: async (peer) => {
      for (let sent = 0; sent < 10; sent += 1) peer.write('y'.repeat(million));
      peer.write(`\r\n${peer.honest()}\r\n`);
    },
  },
  {
    name: '10 MB of lines, and then the answer',
    at: everywhere,
    tell: (peer) => {
      for (let sent = 0; sent < 10; sent += 1) peer.write(`${peer.more('z'.repeat(1000))}\r\n`.repeat(1000));
      peer.write(`${peer.honest()}\r\n`);
    },
  },
  {
    name: '10 MB of base64 as a challenge',
    at: ['challenge', 'auth'],
    tell: (peer) => `${peer.protocol === 'smtp' ? '334' : '+'} ${'QUFB'.repeat((10 * million) / 4)}`,
  },
  {
    name: '60 KB of base64 as a challenge',
    at: ['challenge'],
    tell: (peer) => `${peer.protocol === 'smtp' ? '334' : '+'} ${'QUFB'.repeat(15_000)}`,
    waits: true,
  },
  {
    name: 'a challenge that is no base64',
    at: ['challenge', 'auth'],
    tell: (peer) => `${peer.protocol === 'smtp' ? '334' : '+'} ==\\//!\x80\xff`,
    waits: true,
  },
  {
    name: 'thousands of capabilities',
    at: ['capabilities', 'after-tls'],
    tell: ({ protocol, tag, offered }) => {
      const many = Array.from({ length: 6000 }, (_, at) => `X${at}`);
      return {
        imap: () => `* CAPABILITY ${many.join(' ')} ${offered.join(' ')}\r\n${tag} OK done`,
        pop3: () => ['+OK', ...many, ...offered, '.'].join('\r\n'),
        smtp: () => [...many.map((word) => `250-${word}`), ...offered.map((word) => `250-${word}`), '250 X'].join('\r\n'),
      }[protocol]();
    },
  },
  {
    name: 'a thousand mechanisms with names of a thousand letters',
    at: ['after-tls'],
    tell: ({ protocol, tag }) => {
      const names = Array.from({ length: 50 }, (_, at) => `${'M'.repeat(1000)}${at}`);
      return {
        imap: () => `* CAPABILITY IMAP4rev1 ${names.map((each) => `AUTH=${each}`).join(' ')} LOGINDISABLED\r\n${tag} OK done`,
        pop3: () => `+OK\r\nSASL ${names.join(' ')}\r\n.`,
        smtp: () => `250-hello\r\n250 AUTH ${names.join(' ')}`,
      }[protocol]();
    },
  },
];

const tooSlow = [
  { name: 'nothing', at: ['connect', ...everywhere], tell: () => {}, waits: true },
  { name: 'an octet now and then', at: ['connect', ...everywhere], tell: (peer) => peer.drip(() => 'x', 500), waits: true },
  // A deadline belongs to a reply: whole lines gain no time either. (SMTP's last row ends by itself at 1 MiB, never here.)
  {
    name: 'a line now and then, and never the answer',
    at: everywhere,
    tell: (peer) => peer.drip(() => `${peer.more('x')}\r\n`, 300),
    waits: true,
  },
  {
    name: 'the honest answer, an octet at a time, without its end',
    at: inside,
    tell: (peer) => peer.drip((at) => peer.honest()[at] ?? '', 40),
    waits: true,
  },
  { name: 'half a line', at: everywhere, tell: (peer) => void peer.write(peer.honest().slice(0, 4)), waits: true },
];

const cutOff = [
  { name: 'FIN', at: ['connect', ...everywhere, 'logout'], tell: (peer) => void peer.fin() },
  { name: 'RST', at: ['connect', ...everywhere, 'logout'], tell: (peer) => void peer.rst() },
  { name: 'half a line and FIN', at: everywhere, tell: (peer) => (peer.write(peer.honest().slice(0, 4)), void peer.fin()) },
  {
    name: 'half a line and RST',
    at: everywhere,
    tell: (peer) => (peer.write(peer.honest().slice(0, 4)), void setTimeout(() => peer.rst(), 20)),
  },
  { name: 'the end of the connection under TLS, without its own end', at: inside, tell: (peer) => void peer.socket.destroy() },
  {
    name: 'octets that are no TLS, under TLS',
    at: inside,
    tell: (peer) => void peer.writeRaw('* OK in clear\r\n+OK in clear\r\n220 in clear\r\n'),
  },
  {
    name: 'a TLS record with a wrong checksum',
    at: inside,
    tell: (peer) => void peer.writeRaw(Buffer.concat([Buffer.from([23, 3, 3, 0, 40]), randomBytes(40)])),
  },
  { name: 'a half-closed connection', at: ['connect', 'greeting', 'auth'], tell: (peer) => void peer.socket.end() },
  { name: 'the answer and, at once, RST', at: everywhere, tell: (peer) => (peer.write(`${peer.honest()}\r\n`), void peer.rst()) },
  {
    name: 'a thousand lines behind the answer',
    at: ['logout'],
    tell: (peer) => void peer.flood((at) => (at < 20 ? '* BYE x\r\n-ERR x\r\n421 x\r\n'.repeat(50) : '')),
    refuses: true,
  },
  {
    name: 'lines without end behind the answer',
    at: ['logout'],
    tell: (peer) => void peer.flood(() => '* BYE x\r\n421 x\r\n'.repeat(500)),
    refuses: true,
  },
  {
    name: 'an acceptance behind the refusal',
    at: ['logout'],
    tell: ({ protocol, tag }) => ({ imap: `${tag} OK in`, pop3: '+OK in', smtp: '235 2.7.0 in' })[protocol],
    refuses: true,
  },
];

const spelling = [
  spelled('line feeds alone', (text) => Buffer.from(text.replaceAll('\r\n', '\n')), { refuses: true }),
  spelled('carriage returns alone', (text) => Buffer.from(text.replaceAll('\r\n', '\r')), { waits: true }),
  spelled('three carriage returns', (text) => Buffer.from(text.replaceAll('\r\n', '\r\r\r\n')), { refuses: true, mayWait: true }),
  spelled('UTF-16', (text) => utf16(text, false), { mayWait: true }),
  spelled('UTF-16, the other way round, with a mark', (text) => utf16(text, true), { mayWait: true }),
  spelled('UTF-8 with a byte order mark', (text) => Buffer.from(`\ufeff${text}`), { mayWait: true }),
  spelled('compressed by gzip', (text) => Buffer.concat([gzipSync(text), Buffer.from('\r\n')]), { mayWait: true }),
  spelled('a NUL behind every octet', (text) => Buffer.from([...text].join('\0')), { mayWait: true }),
  spelled('a NUL before the end of the line', (text) => Buffer.from(text.replaceAll('\r\n', '\0\r\n')), {
    refuses: true,
    mayWait: true,
  }),
  spelled('tabs for blanks', (text) => Buffer.from(text.replaceAll(' ', '\t')), { mayWait: true }),
  spelled('a blank before everything', (text) => Buffer.from(` ${text}`), { mayWait: true }),
  spelled(
    'the eighth bit set',
    (text) => Buffer.from([...text].map((c) => (c > ' ' ? c.charCodeAt(0) | 0x80 : c.charCodeAt(0)))),
    { mayWait: true },
  ),
];

/** What other programs say. At a stage where an answer is awaited a run may wait in vain for its own. */
const strangers = [
  ['HTTP', 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 39\r\n\r\n<html><script>alert(1)</script></html>\r\n'],
  ['SSH', 'SSH-2.0-OpenSSH_9.2p1 Debian-2'],
  ['FTP', '220 ProFTPD Server ready.\r\n530 Login incorrect.'],
  [
    'a telnet negotiation',
    Buffer.from([0xff, 0xfd, 0x18, 0xff, 0xfd, 0x20, 0xff, 0xfb, 0x01, 0x6c, 0x6f, 0x67, 0x69, 0x6e, 0x3a, 0x20]),
  ],
  ['a TLS alert', Buffer.from([21, 3, 3, 0, 2, 2, 40])],
  ['a TLS handshake', Buffer.concat([Buffer.from([22, 3, 3, 2, 0, 2, 0, 1, 252, 3, 3]), Buffer.alloc(500, 7)])],
  ['NNTP', '481 Authentication failed/rejected'],
  ['XMPP', "<?xml version='1.0'?><stream:stream xmlns='jabber:client'><stream:error><not-authorized/></stream:error>"],
  ['an SMB header', Buffer.from([0, 0, 0, 0x45, 0xff, 0x53, 0x4d, 0x42, 0x72, 0, 0, 0, 0, 10, 13, 10])],
].map(([name, words]) => ({
  name: `what ${name} says`,
  at: ['connect', 'greeting', 'capabilities', 'auth'],
  tell: () => words,
  mayWait: true,
}));

const foreign = {
  imap: '-ERR [AUTH] Authentication failed.\r\n535 5.7.8 Authentication failed',
  pop3: '* NO [AUTHENTICATIONFAILED] no\r\n535 5.7.8 no',
  smtp: '* NO [AUTHENTICATIONFAILED] no\r\n-ERR [AUTH] Authentication failed.',
};
strangers.push({
  name: 'the refusals of the other two protocols',
  at: everywhere,
  tell: ({ protocol }) => foreign[protocol],
  mayWait: true,
});

/** Answers that are somebody else's, nobody's, or come before they are asked for. */
const outOfTurn = [
  {
    name: 'the refusal of the password before anything was asked',
    at: ['greeting'],
    tell: (peer) =>
      `${peer.honest()}\r\n${{ imap: 'a1 NO [AUTHENTICATIONFAILED] no\r\na2 NO [AUTHENTICATIONFAILED] no', pop3: '-ERR [AUTH] no\r\n-ERR [AUTH] no', smtp: '535 5.7.8 no\r\n535 5.7.8 no' }[peer.protocol]}`,
    mayWait: true,
  },
  {
    name: 'the refusal of the password together with the capabilities',
    at: ['after-tls'],
    tell: (peer) =>
      `${peer.honest()}\r\n${{ imap: 'a3 NO [AUTHENTICATIONFAILED] no\r\na4 NO [AUTHENTICATIONFAILED] no', pop3: '-ERR [AUTH] no', smtp: '535 5.7.8 no' }[peer.protocol]}`,
  },
  {
    name: 'the refusal of the password together with the challenge',
    at: ['challenge'],
    tell: (peer) => `${peer.honest()}\r\n${peer.refusal(plainRefusal[peer.protocol])}`,
    // The credential is held back or its answer is not this one: IMAP's tag is the right one, so it is a refusal of the command, before the password.
    mayWait: true,
  },
  {
    name: 'the acceptance together with the challenge',
    at: ['challenge'],
    tell: (peer) => `${peer.honest()}\r\n${{ imap: `${peer.tag} OK in`, pop3: '+OK in', smtp: '235 in' }[peer.protocol]}`,
    mayWait: true,
  },
  { name: 'a refusal instead of the challenge', at: ['challenge'], tell: (peer) => peer.refusal(plainRefusal[peer.protocol]) },
  {
    name: 'an acceptance instead of the challenge',
    at: ['challenge'],
    tell: ({ protocol, tag }) => ({ imap: `${tag} OK in`, pop3: '+OK in', smtp: '235 in' })[protocol],
  },
  {
    name: 'nine more challenges at once',
    at: ['auth'],
    tell: ({ protocol }) => (protocol === 'smtp' ? '334 UGFzc3dvcmQ6\r\n' : '+ UGFzc3dvcmQ6\r\n').repeat(9).trimEnd(),
    mayWait: true,
  },
  {
    name: 'a tag that is not ours',
    at: ['capabilities', 'starttls', 'after-tls', 'auth'],
    protocols: only('imap'),
    tell: () => 'b7 NO [AUTHENTICATIONFAILED] no',
    waits: true,
  },
  {
    name: 'the tag of another command',
    at: ['auth'],
    protocols: only('imap'),
    tell: () => 'a1 NO [AUTHENTICATIONFAILED] no',
    waits: true,
  },
  {
    name: 'the tag of the next command',
    at: ['capabilities', 'after-tls'],
    protocols: only('imap'),
    tell: (peer) => `${peer.honest()}\r\na3 NO [AUTHENTICATIONFAILED] no\r\na4 NO [AUTHENTICATIONFAILED] no`,
    mayWait: true,
  },
  {
    name: 'our tag twice, with opposite answers',
    at: ['auth'],
    protocols: only('imap'),
    tell: ({ tag }) => `${tag} OK in\r\n${tag} NO [AUTHENTICATIONFAILED] no`,
  },
  {
    name: 'a refusal without a tag',
    at: ['auth', 'after-tls'],
    protocols: only('imap'),
    tell: () => '* NO [AUTHENTICATIONFAILED] Authentication failed.',
    waits: true,
  },
  {
    name: 'a good-bye that refuses, without an answer',
    at: ['auth'],
    protocols: only('imap'),
    tell: (peer) => (peer.write('* BYE [AUTHENTICATIONFAILED] Authentication failed.\r\n'), void peer.fin()),
  },
  {
    name: 'two capability answers that disagree',
    at: ['after-tls'],
    protocols: only('imap'),
    tell: ({ tag }) => `* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n${tag} OK done`,
  },
  {
    name: 'a greeting that is signed in already',
    at: ['greeting'],
    protocols: only('imap'),
    tell: () => '* PREAUTH welcome, alice',
  },
  { name: 'a greeting twice', at: ['greeting'], tell: (peer) => `${peer.honest()}\r\n${peer.honest()}` },
  {
    name: 'STARTTLS offered behind TLS',
    at: ['after-tls'],
    tell: (peer) =>
      peer
        .honest()
        .replace(/AUTH=PLAIN|SASL PLAIN|AUTH PLAIN/, { imap: 'STARTTLS', pop3: 'STLS', smtp: 'STARTTLS' }[peer.protocol]),
  },
  {
    name: 'other mechanisms behind TLS than before',
    at: ['after-tls'],
    tell: (peer) => peer.honest().replace(/PLAIN/, 'ANONYMOUS'),
  },
  {
    name: 'an answer without capabilities',
    at: ['capabilities', 'after-tls'],
    tell: ({ protocol, tag }) => ({ imap: `${tag} OK done`, pop3: '+OK\r\n.', smtp: '250 hello' })[protocol],
  },
];

/** RFC 3207 section 6, RFC 2595 section 2.1 and the attacks of 2011 and 2021 (NO STARTTLS): what stands behind the consent in clear. */
const injected = {
  'a refusal of the password': { imap: 'a3 NO [AUTHENTICATIONFAILED] no', pop3: '-ERR [AUTH] no', smtp: '535 5.7.8 no' },
  capabilities: {
    imap: '* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na3 OK done',
    pop3: '+OK\r\nUSER\r\nSASL PLAIN\r\n.',
    smtp: '250-hello\r\n250 AUTH PLAIN',
  },
  'a greeting': { imap: '* OK ready', pop3: '+OK ready', smtp: '220 ready' },
  'a single octet': { imap: 'x', pop3: 'x', smtp: 'x' },
  'a line end': { imap: '', pop3: '', smtp: '' },
  'a TLS record': { imap: '\x16\x03\x03\x00\x00', pop3: '\x16\x03\x03\x00\x00', smtp: '\x16\x03\x03\x00\x00' },
};
const injection = Object.entries(injected).map(([what, words]) => ({
  name: `${what} in the same segment as the consent`,
  at: ['starttls'],
  tell: (peer) => (peer.write(`${peer.honest()}\r\n${words[peer.protocol]}\r\n`), void peer.upgrade()),
  failure: 'starttls_injection',
}));

const literals = [
  '{999999999}',
  '{4294967296}',
  '{18446744073709551616}',
  '{-1}',
  '{0}',
  '{}',
  '{99999999999999999999999999}',
  '{10+}',
  '{a}',
  '{3}\r\n{3}\r\n{3}\r\n{3}',
  '{2147483647}\r\n{2147483647}',
].map((size) => ({
  name: `a literal ${size.replaceAll('\r\n', ' ')}`,
  at: ['greeting', 'after-tls', 'auth'],
  protocols: only('imap'),
  tell: (peer) =>
    ({
      greeting: `* OK ${size}`,
      'after-tls': `* CAPABILITY ${size}\r\nIMAP4rev1 AUTH=PLAIN`,
      auth: `${peer.tag} NO [AUTHENTICATIONFAILED] ${size}`,
    })[peer.stage],
  refuses: true,
  mayWait: true,
}));

const codes = [
  '000 x',
  '099 x',
  '100 x',
  '199-x',
  '600 x',
  '999 x',
  '2500 x',
  '-50 x',
  '250',
  '250x',
  '25 x',
  '٢٥٠ x',
  '535-5.7.8 no\r\n454 4.7.0 later',
  '535-5.7.8 no\r\n235 2.7.0 yes',
  '235-2.7.0 yes\r\n535 5.7.8 no',
  '334-\r\n535 5.7.8 no',
  '354 go ahead',
  '251 x',
  '421-\r\n421 x',
  '5.7.8 no',
].map((code) => ({
  name: `the code ${code.replaceAll('\r\n', ' and ')}`,
  at: ['greeting', 'after-tls', 'auth'],
  protocols: only('smtp'),
  tell: () => Buffer.from(`${code}\r\n`),
  mayWait: true,
}));

const indicators = [
  '+OKAY',
  '-ERRR',
  '+OK-',
  '-ERR-',
  '+ ',
  '+',
  '-',
  '.',
  '..',
  '+ok',
  '-err',
  '+OK\t',
  '=OK',
  '-OK',
  '+ERR',
  'OK',
  'ERR',
  '+OK\x7f',
].map((word) => ({
  name: `the indicator ${JSON.stringify(word)}`,
  at: ['greeting', 'after-tls', 'auth'],
  protocols: only('pop3'),
  tell: (peer) => (peer.stage === 'after-tls' ? `${word}\r\nSASL PLAIN\r\n.` : `${word} [AUTH] words`),
  refuses: word.toLowerCase() === '-err',
  mayWait: true,
}));
indicators.push({
  name: 'a list of stuffed dots without end',
  at: ['after-tls'],
  protocols: only('pop3'),
  tell: (peer) => (peer.write('+OK\r\n'), void peer.flood(() => '..\r\n'.repeat(4000))),
});

/** Every row with its defaults. */
export const lies = [
  ...tooMuch,
  ...tooSlow,
  ...cutOff,
  ...spelling,
  ...strangers,
  ...outOfTurn,
  ...injection,
  ...literals,
  ...codes,
  ...indicators,
].map((row) => ({ protocols: all, ...row }));
