// SPDX-License-Identifier: MPL-2.0
// Small SOCKS5 (RFC 1928) and HTTP CONNECT (RFC 9110 section 9.3.6) proxies on loopback: correct, and wrong in the ways that real ones are.
// Belongs here: the proxies and what they were asked for. Does not belong here: mail servers.

import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';

import { freePort } from './ports.mjs';

const SOCKS_REPLY = { ok: 0, failure: 1, rules: 2, network: 3, host: 4, refused: 5 };

/** Reads a stream in the sizes that are asked for; what is not asked for stays in it. */
const reader = (socket) => async (size) => {
  for (;;) {
    const bytes = socket.read(size);
    if (bytes !== null) return bytes;
    if (socket.destroyed || socket.readableEnded) throw new Error('the client has gone');
    const over = new AbortController();
    const { signal } = over;
    await Promise.race(['readable', 'end', 'close'].map((event) => once(socket, event, { signal }))).finally(() => over.abort());
  }
};

/**
 * @param {object} options
 * @param {'socks5'|'http'} options.kind
 * @param {'correct'|'refusing'|'garbage'|'hanging'|'closing'|'login'|'mail'} [options.manner] `login`: serves nobody without one; `mail`: refuses with
 *   words that a mail server would use about a password
 * @param {Record<string, string>} [options.names] name -> address that this proxy knows; any other name is looked up by the system
 * @param {string} [options.listen]
 * @param {Buffer} [options.early] sent in one piece with the consent, in front of what the server says
 * @returns {Promise<{port: number, url: string, asked: {host: string, port: number, name: boolean}[], tunnelled: () => string, connections: () => number, stop: () => Promise<void>}>}
 *   `asked`: every destination, `name`: it came as a name and not as an address; `tunnelled`: all that clients said to the servers behind
 */
export async function startProxy({ kind, manner = 'correct', names = {}, listen = '127.0.0.1', early = Buffer.alloc(0) }) {
  const asked = [];
  const tunnelled = [];
  const open = new Set();

  const connect = (host, port) =>
    new Promise((resolve, reject) => {
      const server = createConnection({ host: names[host] ?? host, port });
      open.add(server);
      server.on('close', () => open.delete(server));
      server.once('error', reject);
      server.once('connect', () => resolve(server));
    });

  function tunnel(client, server) {
    client.on('data', (bytes) => tunnelled.push(bytes));
    client.pipe(server);
    server.pipe(client);
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
    server.on('error', () => client.destroy());
  }

  const reply = (code) => Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]);

  async function socks5(client, read) {
    const [version, methods] = await read(2);
    const offered = [...(await read(methods))];
    if (version !== 5) return client.destroy();
    if (manner === 'login') return client.end(Buffer.from([5, offered.includes(2) ? 2 : 0xff]));
    client.write(Buffer.from([5, 0]));
    const [, , , type] = await read(4);
    const size = { 1: 4, 3: type === 3 ? (await read(1))[0] : 0, 4: 16 }[type];
    const address = await read(size);
    const port = (await read(2)).readUInt16BE();
    const host =
      type === 3
        ? address.toString('latin1')
        : type === 1
          ? [...address].join('.')
          : address.toString('hex').match(/.{4}/g).join(':');
    asked.push({ host, port, name: type === 3 });
    if (manner === 'refusing' || manner === 'mail') return client.end(reply(SOCKS_REPLY.rules));
    let server;
    try {
      server = await connect(host, port);
    } catch {
      return client.end(reply(SOCKS_REPLY.refused));
    }
    client.write(Buffer.concat([reply(SOCKS_REPLY.ok), early]));
    return tunnel(client, server);
  }

  async function http(client, read) {
    let head = '';
    while (!head.endsWith('\r\n\r\n')) head += (await read(1)).toString('latin1');
    const [, host, port] = /^CONNECT \[?([^\]\s]+?)\]?:(\d+) HTTP\/1\.1\r\n/.exec(head) ?? [];
    if (!host) return client.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    asked.push({ host, port: Number(port), name: true });
    if (manner === 'login')
      return client.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 5\r\n\r\nlogin',
      );
    if (manner === 'refusing') return client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    if (manner === 'mail')
      return client.end('HTTP/1.1 502 [AUTHENTICATIONFAILED] Invalid credentials, wrong password\r\nContent-Length: 0\r\n\r\n');
    let server;
    try {
      server = await connect(host, Number(port));
    } catch {
      return client.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n');
    }
    client.write(Buffer.concat([Buffer.from('HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n'), early]));
    return tunnel(client, server);
  }

  const listener = createServer((client) => {
    open.add(client);
    client.on('close', () => open.delete(client));
    client.on('error', () => {});
    if (manner === 'garbage') return client.end('SSH-2.0-OpenSSH_9.2\r\n');
    if (manner === 'closing') return client.destroy();
    if (manner === 'hanging') return client.resume();
    return void (kind === 'socks5' ? socks5 : http)(client, reader(client)).catch(() => client.destroy());
  });
  const port = await freePort(listen);
  await new Promise((resolve, reject) => listener.once('error', reject).listen(port, listen, resolve));
  return {
    port,
    url: `${kind}://${listen.includes(':') ? `[${listen}]` : listen}:${port}`,
    asked,
    tunnelled: () => Buffer.concat(tunnelled).toString('latin1'),
    connections: () => open.size,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        listener.close(() => resolve());
      }),
  };
}
