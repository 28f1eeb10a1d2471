// SPDX-License-Identifier: MPL-2.0
// Mail servers that refuse every credential at once, or after a fixed delay, in a process of their own. They speak what the tools compared here say on the way to a sign-in, IMAP
// (RFC 3501, 4959), POP3 (RFC 1939, 2449, 5034) and SMTP (RFC 5321, 4954), and count the credentials, so that a tool that is fast because it never signed in is found out.
// Does not belong here: oddities (tests/harness/scripted_server.mjs), real software (dovecot.mjs).

import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';

/** What a line is answered with; `secret` marks the last line of a credential. */
const speak = {
  imap: {
    greeting: (secure) => `* OK [CAPABILITY ${imapCapabilities(secure)}] ready`,
    line(line, secure) {
      const [tag, verb = '', , initial] = line.split(' ');
      const refused = `${tag} NO [AUTHENTICATIONFAILED] Authentication failed.`;
      switch (verb.toUpperCase()) {
        case 'CAPABILITY':
          return { say: `* CAPABILITY ${imapCapabilities(secure)}\r\n${tag} OK done` };
        case 'STARTTLS':
          return { say: `${tag} OK begin`, upgrade: true };
        case 'LOGIN':
          return { say: refused, secret: true };
        case 'AUTHENTICATE':
          return initial ? { say: refused, secret: true } : { say: '+ ', next: { say: refused, secret: true } };
        case 'LOGOUT':
          return { say: `* BYE\r\n${tag} OK bye`, end: true };
        default:
          return { say: `${tag} BAD unknown` };
      }
    },
  },
  pop3: {
    greeting: () => '+OK ready',
    line(line, secure) {
      const [verb, , initial] = line.split(' ');
      const refused = { say: '-ERR [AUTH] Authentication failed.', secret: true };
      switch (verb.toUpperCase()) {
        case 'CAPA':
          return { say: ['+OK', 'USER', 'SASL PLAIN', 'RESP-CODES', ...(secure ? [] : ['STLS']), '.'].join('\r\n') };
        case 'STLS':
          return { say: '+OK begin', upgrade: true };
        case 'USER':
          return { say: '+OK' };
        case 'PASS':
          return refused;
        case 'AUTH':
          return initial ? refused : { say: '+ ', next: refused };
        case 'QUIT':
          return { say: '+OK bye', end: true };
        default:
          return { say: '-ERR unknown' };
      }
    },
  },
  smtp: {
    greeting: () => '220 localhost ESMTP ready',
    line(line, secure) {
      const [verb, , initial] = line.split(' ');
      const refused = { say: '535 5.7.8 Error: authentication failed', secret: true };
      switch (verb.toUpperCase()) {
        case 'EHLO':
          return { say: ['250-localhost', ...(secure ? [] : ['250-STARTTLS']), '250-8BITMIME', '250 AUTH PLAIN'].join('\r\n') };
        case 'STARTTLS':
          return { say: '220 begin', upgrade: true };
        case 'AUTH':
          return initial ? refused : { say: '334 ', next: refused };
        case 'QUIT':
          return { say: '221 bye', end: true };
        case 'RSET':
          return { say: '250 ok' };
        default:
          return { say: '502 5.5.1 unknown' };
      }
    },
  },
};
const imapCapabilities = (secure) => `IMAP4rev1 SASL-IR AUTH=PLAIN${secure ? '' : ' STARTTLS'}`;

function talk(socket, { protocol, context, delayMs, count }, secure, greet = true) {
  const { greeting, line: reply } = speak[protocol];
  let rest = '';
  let expected = null;
  const say = (text) => socket.writable && socket.write(`${text}\r\n`);
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end());
  socket.on('data', (octets) => {
    rest += octets.toString('latin1');
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = rest.slice(0, end).replace(/\r$/, '');
      rest = rest.slice(end + 1);
      const answer = expected ?? reply(line, secure);
      expected = answer.next ?? null;
      if (answer.secret) count();
      if (answer.secret && delayMs) setTimeout(say, delayMs, answer.say);
      else say(answer.say);
      if (answer.end) socket.end();
      if (answer.upgrade) {
        socket.removeAllListeners('data');
        socket.removeAllListeners('end');
        const over = new TLSSocket(socket, { isServer: true, secureContext: context });
        talk(over, { protocol, context, delayMs, count }, true, false);
        return;
      }
    }
  });
  if (greet) say(greeting(secure));
}

/** In the process of its own. */
function serve() {
  const counts = new Map();
  process.on('message', ({ id, ask, name, protocol, tls, pair, delayMs, listen }) => {
    if (ask === 'credentials') {
      process.send({ id, value: Object.fromEntries(counts) });
      return;
    }
    const context = createSecureContext({ cert: readFileSync(pair.certFile), key: readFileSync(pair.keyFile) });
    counts.set(name, 0);
    const how = { protocol, context, delayMs, count: () => counts.set(name, counts.get(name) + 1) };
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => socket.destroy());
      if (ask === 'echo') socket.pipe(socket);
      else if (tls === 'implicit') talk(new TLSSocket(socket, { isServer: true, secureContext: context }), how, true);
      else talk(socket, how, false);
    });
    server.listen({ port: 0, host: listen, backlog: 1024 }, () => process.send({ id, value: server.address().port }));
  });
  process.on('disconnect', () => process.exit(0));
}

/**
 * @param {{certFile: string, keyFile: string}} pair
 * @returns {{start: (server: {name: string, protocol: 'imap'|'pop3'|'smtp', tls: 'implicit'|'starttls', delayMs?: number, listen?: string}) => Promise<number>,
 *   echo: () => Promise<number>, credentials: () => Promise<Record<string, number>>, stop: () => void}} ports on 127.0.0.1 (`listen`), and how many credentials each name has got
 */
export function startRefusingServers(pair) {
  const child = fork(fileURLToPath(import.meta.url), ['--serve']);
  const waiting = new Map();
  let count = 0;
  child.on('message', ({ id, value }) => waiting.get(id)(value));
  const send = (message) =>
    new Promise((resolve) => {
      count += 1;
      waiting.set(count, resolve);
      child.send({ id: count, listen: '127.0.0.1', pair, ...message });
    });
  return {
    start: (server) => send({ ask: 'start', ...server }),
    echo: () => send({ ask: 'echo', name: 'echo' }),
    credentials: () => send({ ask: 'credentials' }),
    stop: () => child.disconnect(),
  };
}

if (process.argv[2] === '--serve' && process.argv[1] === fileURLToPath(import.meta.url)) serve();
