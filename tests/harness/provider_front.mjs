// SPDX-License-Identifier: MPL-2.0
// A provider's own front before a real server: TLS here, the talk passed on line by line, and the server's answers put into the provider's words
// (greeting, refusals). Real mail behind real words. Belongs here: TLS, passing on, replacing lines. Not here: the server behind (dovecot.mjs),
// servers without mail (line_server.mjs).
import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { freePort } from './ports.mjs';

/**
 * @param {{certificate: {certFile: string, keyFile: string}, behind: number, says: (line: string, first: boolean) => string, port?: number}} what
 *   `behind`: the server's port without TLS; `says` gives what the client gets for a line of the server; `first`: the greeting
 * @returns {Promise<{port: number, connections: () => number, stop: () => Promise<void>}>}
 */
export async function startProviderFront({ certificate, behind, says, port: wanted }) {
  const open = new Set();
  let connections = 0;
  const server = tls.createServer(
    { cert: readFileSync(certificate.certFile), key: readFileSync(certificate.keyFile) },
    (client) => {
      connections += 1;
      const upstream = net.connect(behind, '127.0.0.1');
      let first = true;
      let pending = '';
      upstream.setEncoding('latin1');
      upstream.on('data', (chunk) => {
        pending += chunk;
        for (let end; (end = pending.indexOf('\n')) >= 0; first = false) {
          const line = pending.slice(0, end).replace(/\r$/, '');
          pending = pending.slice(end + 1);
          client.write(`${says(line, first)}\r\n`, 'latin1');
        }
      });
      client.pipe(upstream);
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ]) {
        open.add(one);
        one.on('error', () => {});
        one.on('close', () => {
          open.delete(one);
          other.destroy();
        });
      }
    },
  );
  server.on('tlsClientError', () => {});
  const port = wanted ?? (await freePort());
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    port,
    connections: () => connections,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

const refusals = {
  imap: /^(\S+) NO \[AUTHENTICATIONFAILED\].*$/,
  pop3: /^-ERR \[AUTH\].*$/,
};
const greetings = {
  imap: (line) => line.replace(/[^\]]*$/, ' Gimap ready for requests'),
  pop3: () => '+OK Gpop ready for requests',
};

/** Gmail's greeting, by which it is known where no rule names the host. @param {'imap'|'pop3'} type @param {() => string|null} refusal its words for a refused login, from after the tag; null: the server's own */
export const gmailWords = (type, refusal) => (line, first) => {
  if (first) return greetings[type](line);
  const words = refusals[type].test(line) ? refusal() : null;
  if (words === null) return line;
  return type === 'imap' ? line.replace(refusals.imap, `$1 NO ${words}`) : `-ERR ${words}`;
};
