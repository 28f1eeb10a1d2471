// SPDX-License-Identifier: MPL-2.0
// Many IMAP servers on addresses of this computer (127.x.y.z, no encryption), for runs over many accounts: each counts which credentials it
// got and how many of them waited for its answer at once. Does not belong here: servers that misbehave (scripted_server.mjs).

import { createServer } from 'node:net';

import { freePort } from './ports.mjs';

/**
 * @param {object} options
 * @param {number} options.count how many
 * @param {number} [options.net] the second octet of their addresses, so that two such groups have no host in common
 * @param {(user: string, password: string) => boolean} [options.accepts]
 * @param {(host: string) => number} [options.delayMs] before the answer to a credential
 * @param {(user: string, host: string) => void} [options.asked] a credential arrived and is not answered yet
 */
export async function startManyServers({ count, net = 0, accepts = () => false, delayMs = () => 0, asked = () => {} }) {
  const port = await freePort('127.0.0.1');
  const sockets = new Set();
  const tally = { waiting: 0, mostWaiting: 0 };
  /** user -> how many credentials arrived */
  const credentials = new Map();

  const hosts = await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const name = `127.${net}.${1 + Math.floor(at / 200)}.${1 + (at % 200)}`;
      const host = { name, waiting: 0, mostWaiting: 0 };
      const server = createServer((socket) => {
        sockets.add(socket);
        socket.setNoDelay();
        socket.on('error', () => {});
        socket.on('close', () => sockets.delete(socket));
        let rest = '';
        socket.on('data', (bytes) => {
          rest += bytes.toString('latin1');
          for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
            const [tag, verb = '', , initial = ''] = rest.slice(0, end).trim().split(' ');
            rest = rest.slice(end + 1);
            if (verb.toUpperCase() !== 'AUTHENTICATE') {
              socket.end(`* BYE\r\n${tag} OK bye\r\n`);
              continue;
            }
            const [, user, password] = Buffer.from(initial, 'base64').toString().split('\0');
            credentials.set(user, (credentials.get(user) ?? 0) + 1);
            asked(user, name);
            for (const each of [host, tally]) {
              each.waiting += 1;
              each.mostWaiting = Math.max(each.mostWaiting, each.waiting);
            }
            setTimeout(() => {
              host.waiting -= 1;
              tally.waiting -= 1;
              socket.write(
                `${tag} ${accepts(user, password) ? 'OK welcome' : 'NO [AUTHENTICATIONFAILED] Authentication failed.'}\r\n`,
              );
            }, delayMs(name));
          }
        });
        socket.write('* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n');
      });
      await new Promise((resolve, reject) => server.once('error', reject).listen(port, name, resolve));
      return { ...host, host, server };
    }),
  );

  return {
    port,
    hosts: hosts.map(({ host }) => host),
    credentials,
    /** The most credentials at once that waited for an answer, over all hosts. */
    mostWaiting: () => tally.mostWaiting,
    url: (at) => `imap://${hosts[at % count].name}:${port}`,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(hosts.map(({ server }) => new Promise((resolve) => server.close(resolve))));
    },
  };
}
