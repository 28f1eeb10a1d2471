// SPDX-License-Identifier: MPL-2.0
// A TLS server that answers line by line with a function, for servers no real software plays (a provider's own words). Belongs here: the
// listening and the lines. Not here: step-by-step scripts for the host's sessions (scripted_server.mjs).
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { freePort } from './ports.mjs';

/**
 * @param {{certificate: {certFile: string, keyFile: string}, greeting: string, answer: (line: string, state: Record<string, any>) => string|null}} what
 *   `answer` gives the reply (CRLF is added; null: nothing) to a line; `state` lives as long as the connection
 * @returns {Promise<{port: number, lines: string[], connections: () => number, open: () => number, closeListener: () => void, stop: () => Promise<void>}>} `lines` is all that clients said
 */
export async function startLineServer({ certificate, greeting, answer }) {
  const lines = [];
  const open = new Set();
  let connections = 0;
  const server = tls.createServer(
    { cert: readFileSync(certificate.certFile), key: readFileSync(certificate.keyFile) },
    (socket) => {
      connections += 1;
      open.add(socket);
      const state = {};
      let pending = '';
      socket.setEncoding('latin1');
      socket.on('error', () => {});
      socket.on('close', () => open.delete(socket));
      socket.on('data', (chunk) => {
        pending += chunk;
        for (let end; (end = pending.indexOf('\n')) >= 0;) {
          const line = pending.slice(0, end).replace(/\r$/, '');
          pending = pending.slice(end + 1);
          lines.push(line);
          const reply = answer(line, state);
          if (reply !== null) socket.write(`${reply}\r\n`);
        }
      });
      socket.write(`${greeting}\r\n`);
    },
  );
  server.on('tlsClientError', () => {});
  const port = await freePort();
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    port,
    lines,
    connections: () => connections,
    open: () => open.size,
    /** Takes no new connection any more; open ones live on. */
    closeListener: () => server.close(),
    stop: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve()); // an error says that the listener is closed already
      }),
  };
}

/**
 * An IMAP server that refuses every login with `refusal` (what follows the tag).
 * @param {string} refusal such as "NO [ALERT] Application-specific password required"
 */
export function refusingImap(refusal) {
  return (line, state) => {
    if (state.continues) {
      const tag = state.continues;
      if (state.login && state.login-- > 1) return '+ UGFzc3dvcmQ6';
      state.continues = null;
      return `${tag} ${refusal}`;
    }
    const [tag, verb = '', mechanism = '', initial] = line.split(' ');
    switch (verb.toUpperCase()) {
      case 'CAPABILITY':
        return `* CAPABILITY IMAP4rev1 ID SASL-IR AUTH=PLAIN AUTH=LOGIN\r\n${tag} OK done`;
      case 'AUTHENTICATE':
        if (initial !== undefined) return `${tag} ${refusal}`;
        state.continues = tag;
        state.login = mechanism.toUpperCase() === 'LOGIN' ? 2 : 0;
        return state.login ? '+ VXNlcm5hbWU6' : '+ ';
      case 'LOGIN':
        return `${tag} ${refusal}`;
      case 'LOGOUT':
        return `* BYE\r\n${tag} OK bye`;
      default:
        return `${tag} OK done`;
    }
  };
}

/**
 * An IMAP server that refuses the logins of one connection (Thunderbird's first) and keeps every other one waiting for its answer until release().
 * @param {string} refusal as for refusingImap
 * @returns {{answer: (line: string, state: Record<string, any>) => string|null, reached: () => boolean, release: () => void}} `reached`: somebody waits
 */
export function hangingLater(refusal) {
  const refuse = refusingImap(refusal);
  let first = null;
  let waits = false;
  let released = false;
  return {
    answer(line, state) {
      if (/^\S+ (AUTHENTICATE|LOGIN) /i.test(line)) first ??= state;
      if (released || !first || state === first || !/^\S+ (AUTHENTICATE|LOGIN) /i.test(line)) return refuse(line, state);
      waits = true;
      return null;
    },
    reached: () => waits,
    release: () => {
      released = true;
    },
  };
}

/** An SMTP server that offers GSSAPI only and begins the exchange, which a client without a Kerberos ticket cannot go on with. */
export function gssapiSmtp() {
  return (line) => {
    const verb = line.split(' ')[0].toUpperCase();
    if (verb === 'EHLO') return '250-localhost\r\n250-8BITMIME\r\n250 AUTH GSSAPI';
    if (verb === 'AUTH') return '334 ';
    if (verb === 'QUIT') return '221 bye';
    return '500 no';
  };
}

/** A news server that refuses every password (RFC 4643 section 2.3.1). */
export function refusingNntp() {
  return (line) => {
    const words = line.toUpperCase().split(' ');
    if (words[0] === 'AUTHINFO') return words[1] === 'USER' ? '381 password, please' : '481 Authentication failed';
    if (words[0] === 'MODE') return '200 posting allowed';
    if (words[0] === 'QUIT') return '205 bye';
    return '480 Authentication required';
  };
}
