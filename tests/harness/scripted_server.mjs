// SPDX-License-Identifier: MPL-2.0
// A mail server that says what the test wants: for words and misbehaviour that Dovecot and Postfix do not give. Speaks as much IMAP,
// POP3 and SMTP submission as a login needs, plain or over TLS, and records every octet it received.
// Belongs here: canned answers. Does not belong here: correct servers (dovecot.mjs, postfix.mjs).

import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

import { freePort } from './ports.mjs';
import { waitUntil } from './processes.mjs';

/** Put in place of a reply. */
export const SILENT = Symbol('says nothing');
export const CLOSE = Symbol('closes the connection');

const GREETING = { imap: '* OK ready', pop3: '+OK ready', smtp: '220 localhost ESMTP ready' };
const REFUSAL = {
  imap: (tag) => `${tag} NO [AUTHENTICATIONFAILED] Authentication failed.`,
  pop3: () => '-ERR [AUTH] Authentication failed.',
  smtp: () => '535 5.7.8 Error: authentication failed',
};
const OFFERED = { imap: ['IMAP4rev1', 'SASL-IR', 'AUTH=PLAIN'], pop3: ['USER', 'SASL PLAIN'], smtp: ['AUTH PLAIN LOGIN'] };

/**
 * @param {object} options
 * @param {'imap'|'pop3'|'smtp'} options.protocol
 * @param {'none'|'starttls'|'implicit'} [options.tls] the last two need `certificate`
 * @param {{certFile: string, keyFile: string}} [options.certificate]
 * @param {object} [options.tlsOptions] more for Node's createSecureContext, such as obsolete versions
 * @param {string | symbol} [options.greeting] a line, or SILENT, or CLOSE
 * @param {string[]} [options.offered] capabilities after TLS (STARTTLS/STLS before TLS is added by itself)
 * @param {string[]} [options.offeredBefore] capabilities before STARTTLS; as `offered` if not given
 * @param {string | symbol | ((tag: string, user: string, password: string) => string | symbol)} [options.auth] the final answer to a
 *   credential; for IMAP a text gets the tag in front. SILENT and CLOSE misbehave instead.
 * @param {(line: string, tag: string) => string | symbol | undefined} [options.answer] asked first for every command line; undefined = as usual
 * @param {number} [options.port]
 * @param {string} [options.listen]
 */
export async function startScriptedServer({
  protocol,
  tls = 'none',
  certificate = undefined,
  tlsOptions = {},
  greeting = GREETING[protocol],
  offered = OFFERED[protocol],
  offeredBefore = offered,
  auth = REFUSAL[protocol],
  answer = () => undefined,
  port: wantedPort = 0,
  listen = '127.0.0.1',
}) {
  const context = certificate
    ? createSecureContext({ cert: readFileSync(certificate.certFile), key: readFileSync(certificate.keyFile), ...tlsOptions })
    : undefined;
  const sockets = new Set();
  /** Everything that arrived, in order: {connection, secure, text}. */
  const lines = [];
  const raw = [];
  let connections = 0;
  let credentials = 0;
  let closed = 0;

  const server = createServer((socket) => {
    connections += 1;
    const connection = connections;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      closed += 1;
      sockets.delete(socket);
    });
    socket.on('data', (bytes) => raw.push(bytes));
    if (tls === 'implicit') talk(secured(socket), connection, true);
    else talk(socket, connection, false);
  });

  function secured(socket) {
    const over = new TLSSocket(socket, { isServer: true, secureContext: context });
    over.on('error', () => {});
    return over;
  }

  function talk(channel, connection, secure, greet = true) {
    let rest = '';
    /** A credential in several lines: what is still expected. */
    let awaiting = null;
    const said = { user: '', password: '' };
    const say = (reply) => {
      if (reply === CLOSE) channel.destroy();
      else if (reply !== SILENT) channel.write(`${reply}\r\n`);
    };
    if (greet) say(greeting);

    function judge(tag) {
      credentials += 1;
      const verdict = typeof auth === 'function' ? auth(tag, said.user, said.password) : auth;
      say(typeof verdict === 'string' && protocol === 'imap' && typeof auth === 'string' ? `${tag} ${verdict}` : verdict);
    }

    function plain(tag, base64) {
      [, said.user, said.password] = Buffer.from(base64, 'base64').toString().split('\0');
      judge(tag);
    }

    const prompt = (text) => say(protocol === 'smtp' ? `334 ${text}` : `+ ${text}`);

    /** SASL PLAIN and LOGIN, with and without an initial response. */
    function authenticate(tag, mechanism, initial) {
      if (mechanism === 'PLAIN') {
        if (initial) return plain(tag, initial);
        awaiting = (line) => plain(tag, line);
        return prompt('');
      }
      if (mechanism === 'LOGIN') {
        const password = (line) => {
          said.password = Buffer.from(line, 'base64').toString();
          judge(tag);
        };
        const user = (line) => {
          said.user = Buffer.from(line, 'base64').toString();
          awaiting = password;
          prompt('UGFzc3dvcmQ6');
        };
        if (initial) return user(initial);
        awaiting = user;
        return prompt('VXNlcm5hbWU6');
      }
      return say({ imap: `${tag} NO unsupported`, pop3: '-ERR unsupported', smtp: '504 5.5.4 unsupported' }[protocol]);
    }

    function upgrade(reply) {
      say(reply);
      channel.removeAllListeners('data');
      talk(secured(channel), connection, true, false);
    }

    const now = () =>
      secure ? offered : [...offeredBefore, ...(tls === 'starttls' ? [protocol === 'pop3' ? 'STLS' : 'STARTTLS'] : [])];

    function imap(line) {
      const [tag, verb = '', ...words] = line.split(' ');
      const own = answer(line, tag);
      if (own !== undefined) return say(own);
      switch (verb.toUpperCase()) {
        case 'CAPABILITY':
          return say(`* CAPABILITY ${now().join(' ')}\r\n${tag} OK done`);
        case 'STARTTLS':
          return tls === 'starttls' && !secure ? upgrade(`${tag} OK begin`) : say(`${tag} BAD no`);
        case 'LOGIN':
          [said.user, said.password] = words.map((word) => word.replaceAll('"', ''));
          return judge(tag);
        case 'AUTHENTICATE':
          return authenticate(tag, (words[0] ?? '').toUpperCase(), words[1]);
        case 'LOGOUT':
          say(`* BYE\r\n${tag} OK bye`);
          return channel.end();
        default:
          return say(`${tag} BAD unknown`);
      }
    }

    function pop3(line) {
      const own = answer(line, '');
      if (own !== undefined) return say(own);
      const [verb, ...words] = line.split(' ');
      switch (verb.toUpperCase()) {
        case 'CAPA':
          return say(['+OK', ...now(), '.'].join('\r\n'));
        case 'STLS':
          return tls === 'starttls' && !secure ? upgrade('+OK begin') : say('-ERR no');
        case 'USER':
          said.user = words.join(' ');
          return say('+OK');
        case 'PASS':
          said.password = words.join(' ');
          return judge('');
        case 'AUTH':
          return authenticate('', (words[0] ?? '').toUpperCase(), words[1]);
        case 'QUIT':
          say('+OK bye');
          return channel.end();
        default:
          return say('-ERR unknown');
      }
    }

    function smtp(line) {
      const own = answer(line, '');
      if (own !== undefined) return say(own);
      const [verb, ...words] = line.split(' ');
      switch (verb.toUpperCase()) {
        case 'EHLO':
          return say(
            ['localhost', ...now()].map((word, at, all) => `250${at === all.length - 1 ? ' ' : '-'}${word}`).join('\r\n'),
          );
        case 'HELO':
          return say('250 localhost');
        case 'STARTTLS':
          return tls === 'starttls' && !secure ? upgrade('220 begin') : say('502 5.5.1 no');
        case 'AUTH':
          return authenticate('', (words[0] ?? '').toUpperCase(), words[1]);
        case 'QUIT':
          say('221 bye');
          return channel.end();
        default:
          return say('502 5.5.1 unknown');
      }
    }

    channel.on('data', (bytes) => {
      rest += bytes.toString('latin1');
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
        const line = rest.slice(0, end).replace(/\r$/, '');
        rest = rest.slice(end + 1);
        lines.push({ connection, secure, text: line });
        const next = awaiting;
        awaiting = null;
        if (next) next(line);
        else ({ imap, pop3, smtp })[protocol](line);
      }
    });
  }

  const port = wantedPort || (await freePort(listen));
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, listen, resolve);
  });

  return {
    port,
    lines,
    /** Connections accepted, and those closed again. */
    connections: () => connections,
    closed: () => closed,
    /** Complete credentials received. */
    credentials: () => credentials,
    /** Whether these words arrived, readable on the wire or in a line of ours, as they are or in base64. */
    saw(words) {
      const wire = Buffer.concat(raw).toString('latin1');
      return [wire, ...lines.map((line) => line.text)].some(
        (text) =>
          text.includes(words) ||
          text.split(/\s+/).some((word) => Buffer.from(word, 'base64').toString('latin1').includes(words)),
      );
    },
    waitForConnection: (timeoutMs = 60_000) => waitUntil(() => connections > 0, { timeoutMs, what: 'a connection' }),
    waitForLine: (pattern, timeoutMs = 60_000) =>
      waitUntil(() => lines.find((line) => pattern.test(line.text)), { timeoutMs, what: `${pattern}` }),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
