// SPDX-License-Identifier: MPL-2.0
// Certificates that no honest server shows, and servers whose TLS is the lie. Needs openssl. Belongs here: what happens until the greeting, and the certificate.
// Does not belong here: what is said inside (hostile_lies.mjs, hostile_words.mjs), what needs OpenSSL's own hands (tls_pest.c).

import { createPrivateKey, generatePrimeSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { makeFolder, runOnce } from './processes.mjs';

const folder = makeFolder('hostile-certificates');
let serial = 0;

/** DER: tag, length, contents. */
function der(tag, contents) {
  const body = Buffer.from(contents);
  const size = [];
  for (let rest = body.length; rest > 0; rest = Math.floor(rest / 256)) size.unshift(rest % 256);
  const length = body.length < 128 ? [body.length] : [0x80 | size.length, ...size];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
/** An extension subjectAltName of these names, in which any octets may be. @param {(string|Buffer)[]} names */
const alternatives = (names) =>
  `subjectAltName=DER:${der(0x30, Buffer.concat(names.map((name) => der(0x82, Buffer.from(name))))).toString('hex')}`;

/** A key of 16384 bits in a second: both factors are products of small primes, which nobody notices who only uses it. */
function hugeKey() {
  const inverse = (value, modulus) => {
    let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
    while (a > 1n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x];
    return ((x % modulus) + modulus) % modulus;
  };
  const e = 65537n;
  const factor = () => {
    const primes = Array.from({ length: 8 }, () => generatePrimeSync(1024, { bigint: true }));
    const order = primes.reduce((all, each) => all * (each - 1n), 1n);
    return { value: primes.reduce((all, each) => all * each, 1n), order };
  };
  const [p, q] = [factor(), factor()];
  const base64url = (value) => {
    const hex = value.toString(16);
    return Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex').toString('base64url');
  };
  const inverseOf = ({ order }) => powerInverse(e, order);
  const powerInverse = (value, order) => {
    // Extended Euclid with the large number first, so that no step is skipped.
    let [a, b, x, y] = [order, value, 0n, 1n];
    while (b > 0n) {
      const quotient = a / b;
      [a, b, x, y] = [b, a - quotient * b, y, x - quotient * y];
    }
    return ((x % order) + order) % order;
  };
  const [dp, dq] = [inverseOf(p), inverseOf(q)];
  const n = p.value * q.value;
  const d = powerInverse(e, p.order * q.order);
  const key = { n, e, d, p: p.value, q: q.value, dp, dq, qi: inverse(q.value, p.value) };
  const jwk = { kty: 'RSA', ...Object.fromEntries(Object.entries(key).map(([name, value]) => [name, base64url(value)])) };
  const file = join(folder, 'huge.key');
  writeFileSync(file, createPrivateKey({ key: jwk, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' }));
  return file;
}

/**
 * @param {{caFile: string, caKeyFile: string}} authority
 * @param {{subject?: string, names?: (string|Buffer)[], extensions?: string[], key?: string, options?: string[], own?: boolean, keyKind?: string[]}} wish
 *   `own`: signed by its own key
 */
function made(
  authority,
  {
    subject = '/CN=mail.hostile.test',
    names = ['mail.hostile.test'],
    extensions = [],
    key,
    options = ['-days', '30'],
    own = false,
    keyKind = ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  },
) {
  const base = join(folder, `each-${(serial += 1)}`);
  const keyFile = key ?? `${base}.key`;
  if (!key) runOnce('openssl', ['genpkey', '-algorithm', ...keyKind, '-out', keyFile]);
  const lines = ['basicConstraints=critical,CA:FALSE', ...(names.length ? [alternatives(names)] : []), ...extensions];
  writeFileSync(
    `${base}.cnf`,
    `[req]\ndistinguished_name=dn\nprompt=no\nutf8=yes\nstring_mask=utf8only\n[dn]\n[ext]\n${lines.join('\n')}\n`,
  );
  runOnce('openssl', [
    'req',
    '-new',
    '-utf8',
    '-config',
    `${base}.cnf`,
    '-key',
    keyFile,
    '-out',
    `${base}.csr`,
    '-subj',
    subject,
  ]);
  const signer = own ? ['-key', keyFile] : ['-CA', authority.caFile, '-CAkey', authority.caKeyFile];
  const number = ['-set_serial', String(1000 + serial)];
  runOnce('openssl', [
    'x509',
    '-req',
    '-in',
    `${base}.csr`,
    ...signer,
    ...number,
    '-extfile',
    `${base}.cnf`,
    '-extensions',
    'ext',
    '-out',
    `${base}.pem`,
    ...options,
  ]);
  return { certFile: `${base}.pem`, keyFile };
}

/** As a certificate, with others behind it in the chain. */
function followedBy({ certFile, keyFile }, others) {
  const file = join(folder, `chain-${(serial += 1)}.pem`);
  runOnce('sh', ['-c', 'cat "$@" > "$0"', file, certFile, ...others]);
  return { certFile: file, keyFile };
}

/**
 * name -> how it is made; `good`: the host must find it valid all the same, so that the lie is only in how it looks.
 * @param {{caFile: string, caKeyFile: string, issue: Function}} authority the one that the host trusts
 * @param {{caFile: string, caKeyFile: string}} stranger one that it does not
 */
export function oddCertificates(authority, stranger) {
  const own = 'mail.hostile.test';
  const make = (wish) => () => made(authority, wish);
  const leaf = () => made(authority, {});
  const many = (count, name) => Array.from({ length: count }, (_, at) => name(at));
  return {
    'no common name': { make: make({ subject: '/O=Nobody' }), good: true },
    'no name at all': { make: make({ subject: '/', names: [] }) },
    'a common name alone': { make: make({ names: [] }) },
    'a name with a NUL in it': { make: make({ names: [Buffer.from(`${own}\0.evil.example`)] }) },
    'a NUL before the name': { make: make({ names: [Buffer.from(`\0${own}`)] }) },
    'a name with a line end': { make: make({ names: [Buffer.from(`${own}\r\n`)] }) },
    'a name with blanks around it': { make: make({ names: [` ${own} `] }) },
    'a name with a dot behind it': { make: make({ names: [`${own}.`] }) },
    'a name as UTF-8': { make: make({ names: [Buffer.from('måil.hostile.test')] }) },
    'an international name': { make: make({ names: ['xn--mil-ula.hostile.test', own] }), good: true },
    'a name in other letters': { make: make({ subject: '/CN=mаil.hostile.test', names: [Buffer.from('mаil.hostile.test')] }) },
    'a name with bidirectional characters': {
      make: make({
        subject: '/CN=\u202etset.elitsoh.liam\u202c/O=<script>alert(1)<\\/script>',
        names: [Buffer.from('\u202etset.elitsoh.liam')],
      }),
    },
    'hostile words in a valid one': {
      make: make({ subject: '/CN=\u202eevil\u202c \u001b[31m/O=<script>alert(1)<\\/script>\u200b/OU=a\u0007b' }),
      good: true,
    },
    'a wildcard for everything': { make: make({ names: ['*', '*.test', '*.*.test', '*.*'] }) },
    'a wildcard inside a label': { make: make({ names: ['ma*.hostile.test', 'm*l.hostile.test'] }) },
    'the name of another server': { make: make({ names: ['imap.gmail.com'], subject: '/CN=imap.gmail.com' }) },
    'an empty name': { make: make({ names: ['', '.'] }) },
    'thousands of names': {
      make: make({ names: many(3000, (at) => `a${at}.example`) }),
      mayBe: ['tls_handshake', 'certificate_name'],
    },
    'hundreds of names, the right one last': { make: make({ names: [...many(400, (at) => `a${at}.example`), own] }), good: true },
    'a name of 60 KB': { make: make({ names: ['x'.repeat(60_000), own] }), mayBe: ['none', 'tls_handshake', 'certificate_name'] },
    'an extension of 60 KB': {
      make: make({ extensions: [`1.2.3.4.5=DER:${der(0x04, Buffer.alloc(60_000, 1)).toString('hex')}`] }),
      good: true,
    },
    'an extension of 200 KB': {
      make: make({ extensions: [`1.2.3.4.5=DER:${der(0x04, Buffer.alloc(200_000, 1)).toString('hex')}`] }),
      mayBe: ['none', 'tls_handshake'],
    },
    'a critical extension that nobody knows': { make: make({ extensions: ['1.2.3.4.5=critical,DER:0500'] }) },
    'an end before its beginning': { make: make({ options: ['-days', '-1'] }) },
    'an end long ago': { make: () => authority.issue({ names: [own], expired: true }) },
    'a beginning far ahead': { make: () => authority.issue({ names: [own], notYetValid: true }) },
    'a use for clients only': { make: make({ extensions: ['extendedKeyUsage=clientAuth'] }) },
    'its own signature': { make: make({ own: true }) },
    'a signature of a stranger': { make: () => made(stranger, {}) },
    "the authority's own certificate": { make: () => ({ certFile: authority.caFile, keyFile: authority.caKeyFile }) },
    'a signature by SHA-1': {
      make: () => ({ ...made(authority, { options: ['-days', '30', '-sha1'] }), tlsOptions: { ciphers: 'DEFAULT:@SECLEVEL=0' } }),
      mayBe: ['certificate_other', 'certificate_issuer', 'tls_handshake'],
    },
    'a key of 16384 bits': { make: () => made(authority, { key: hugeKey() }), good: true },
    'a chain of a hundred of its own': {
      make: () => ((each) => followedBy(each, Array(100).fill(each.certFile)))(leaf()),
      good: true,
    },
    'a chain of a thousand strangers': {
      make: () => followedBy(leaf(), Array(1000).fill(stranger.caFile)),
      mayBe: ['none', 'tls_handshake'],
    },
    'a chain in a circle': { make: () => circle(stranger) },
    'a chain of ten authorities that nobody knows': { make: () => ladder(10) },
    'a demand for a certificate of the client': { make: () => ({ ...leaf(), asksClient: true }), good: true },
    'TLS 1.0 and nothing else': {
      make: () => ({ ...leaf(), tlsOptions: { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' } }),
      mayBe: ['tls_version', 'connection_closed'],
    },
    'a cipher without encryption': {
      make: () => ({ ...leaf(), tlsOptions: { maxVersion: 'TLSv1.2', ciphers: 'eNULL:@SECLEVEL=0' } }),
      mayBe: ['tls_cipher', 'connection_closed'],
    },
    'a cipher without a certificate': {
      make: () => ({ ...leaf(), tlsOptions: { maxVersion: 'TLSv1.2', ciphers: 'aNULL:@SECLEVEL=0' } }),
      mayBe: ['tls_cipher', 'connection_closed'],
    },
  };
}

/** Two authorities that signed each other; the leaf is from one of them. */
function circle() {
  const authorityOf = (name) => {
    const base = join(folder, `circle-${name}`);
    runOnce('openssl', [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      `${base}.key`,
      '-out',
      `${base}.pem`,
      '-days',
      '30',
      '-subj',
      `/CN=Circle ${name}`,
      '-addext',
      'basicConstraints=critical,CA:TRUE',
    ]);
    return { caFile: `${base}.pem`, caKeyFile: `${base}.key` };
  };
  const [a, b] = [authorityOf('A'), authorityOf('B')];
  const crossed = (of, by) => {
    const out = `${of.caFile}.crossed`;
    runOnce('openssl', [
      'x509',
      '-in',
      of.caFile,
      '-CA',
      by.caFile,
      '-CAkey',
      by.caKeyFile,
      '-set_serial',
      String((serial += 1)),
      '-days',
      '30',
      '-out',
      out,
    ]);
    return out;
  };
  return followedBy(made(a, {}), [crossed(a, b), crossed(b, a)]);
}

/** Authorities that each signed the next one, the last signed the leaf; the first is not shown. */
function ladder(steps) {
  let above = null;
  const shown = [];
  for (let step = 0; step <= steps; step += 1) {
    const base = join(folder, `ladder-${step}`);
    runOnce('openssl', [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      `${base}.key`,
      '-out',
      `${base}.pem`,
      '-days',
      '30',
      '-subj',
      `/CN=Step ${step}`,
      '-addext',
      'basicConstraints=critical,CA:TRUE',
    ]);
    if (above)
      runOnce('openssl', [
        'x509',
        '-in',
        `${base}.pem`,
        '-CA',
        above.caFile,
        '-CAkey',
        above.caKeyFile,
        '-set_serial',
        String((serial += 1)),
        '-days',
        '30',
        '-out',
        `${base}.signed`,
      ]);
    if (above) shown.unshift(`${base}.signed`);
    above = { caFile: `${base}.pem`, caKeyFile: `${base}.key` };
  }
  return followedBy(made(above, {}), shown);
}

const record = (type, body, version = 0x0303) =>
  Buffer.concat([Buffer.from([type, version >> 8, version & 255, body.length >> 8, body.length & 255]), Buffer.from(body)]);
const handshake = (type, body, claimed = body.length) =>
  Buffer.concat([Buffer.from([type, (claimed >> 16) & 255, (claimed >> 8) & 255, claimed & 255]), Buffer.from(body)]);
const hello = (body) => record(22, handshake(2, body));
/** A ServerHello up to its cipher and compression, with these extensions. */
const helloWith = (version, cipher, extensions, session = 0) =>
  hello(
    Buffer.concat([
      Buffer.from([version >> 8, version & 255]),
      Buffer.alloc(32, 9),
      Buffer.from([session]),
      Buffer.alloc(session, 1),
      Buffer.from([cipher >> 8, cipher & 255, 0]),
      Buffer.from([extensions.length >> 8, extensions.length & 255]),
      extensions,
    ]),
  );

/** Lies below TLS, at the stage `connect`, in the form of hostile_lies.mjs. */
export const handshakeLies = [
  ...[0, 10, 20, 22, 40, 42, 48, 70, 71, 80, 86, 90, 109, 112, 116, 120, 255].map((code) => ({
    name: `the TLS alert ${code}`,
    tell: () => record(21, [2, code]),
  })),
  { name: 'a warning and nothing more', tell: () => record(21, [1, 112]), waits: true },
  { name: 'warnings without end', tell: (peer) => void peer.flood(() => Buffer.concat(Array(500).fill(record(21, [1, 112])))) },
  { name: 'half an alert', tell: () => Buffer.from([21, 3, 3, 0, 2, 2]), waits: true },
  {
    name: 'records without content, without end',
    tell: (peer) => void peer.flood(() => Buffer.concat(Array(500).fill(record(22, [])))),
  },
  {
    name: 'a record that claims 65535 octets',
    tell: (peer) => (peer.write(Buffer.from([22, 3, 3, 255, 255])), void peer.flood(() => Buffer.alloc(16_384))),
  },
  {
    name: 'a handshake message that claims 16 MB',
    tell: (peer) => (
      peer.write(record(22, handshake(2, [3, 3], 0xffffff))),
      void peer.flood(() => record(22, Buffer.alloc(16_000)))
    ),
  },
  {
    name: 'a certificate that claims 16 MB',
    tell: (peer) => (
      peer.write(helloWith(0x0303, 0xc02b, Buffer.alloc(0))),
      peer.write(record(22, handshake(11, [255, 255, 255], 0xffffff))),
      void peer.flood(() => record(22, Buffer.alloc(16_000)))
    ),
  },
  {
    name: 'a handshake message an octet at a time',
    tell: (peer) => peer.drip((at) => record(22, [at === 0 ? 2 : 0]), 300),
    waits: true,
  },
  { name: 'a record of a type that there is not', tell: () => record(99, [1, 2, 3]) },
  {
    name: 'application data before a handshake',
    tell: () => record(23, Buffer.from('* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n')),
  },
  { name: 'SSL 2', tell: () => Buffer.from([0x80, 0x2e, 4, 0, 1, 0, 2, 0, 0, 0, 0x10]), mayWait: true },
  {
    name: 'SSL 3',
    tell: () =>
      record(22, handshake(2, Buffer.concat([Buffer.from([3, 0]), Buffer.alloc(32), Buffer.from([0, 0, 5, 0])])), 0x0300),
  },
  { name: 'a ServerHello of TLS 1.3 with a cipher that was not offered', tell: () => helloWith(0x0303, 0x0000, Buffer.alloc(0)) },
  { name: 'a ServerHello that is too short', tell: () => hello([3, 3, 1]) },
  { name: 'a ServerHello with a session name of 255 octets', tell: () => helloWith(0x0303, 0x1301, Buffer.alloc(0), 255) },
  { name: 'a ServerHello with extensions of 60000 octets', tell: () => helloWith(0x0303, 0x1301, Buffer.alloc(16_000, 255)) },
  {
    name: 'a demand to begin again, twice',
    tell: (peer) => {
      const again = record(
        22,
        handshake(
          2,
          Buffer.concat([
            Buffer.from([3, 3]),
            Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex'),
            Buffer.from([0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4]),
          ]),
        ),
      );
      return Buffer.concat([again, again]);
    },
    mayWait: true,
  },
  {
    name: 'its own ClientHello',
    tell: () =>
      record(22, handshake(1, Buffer.concat([Buffer.from([3, 3]), Buffer.alloc(32), Buffer.from([0, 0, 2, 0x13, 1, 1, 0])]))),
  },
  { name: 'the ClientHello sent back', tell: (peer) => void peer.socket.on('data', (bytes) => peer.write(bytes)) },
  { name: 'a hundred MB of random octets', tell: (peer) => void peer.flood(() => Buffer.alloc(65_536, 0x16)) },
].map((row) => ({ at: ['connect'], protocols: { imap: 1 }, ...row }));
