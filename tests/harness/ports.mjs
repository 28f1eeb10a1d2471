// SPDX-License-Identifier: MPL-2.0
// Free loopback ports. Chosen below the range the kernel gives to outgoing connections, so that none of those takes
// the port between our look and the server's bind.

import { createConnection, createServer } from 'node:net';

const given = new Set();

function canBind(port, host) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** @returns {Promise<number>} a port nobody listens on, never the same twice in one process */
export async function freePort(host = '127.0.0.1') {
  for (let tries = 0; tries < 500; tries += 1) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    if (given.has(port)) continue;
    if (await canBind(port, host)) {
      given.add(port);
      return port;
    }
  }
  throw new Error('no free port');
}

/** @returns {Promise<boolean>} whether somebody accepts connections there */
export function accepts(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
