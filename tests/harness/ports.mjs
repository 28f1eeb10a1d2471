// SPDX-License-Identifier: MPL-2.0
// Free loopback ports. Chosen below the range the kernel gives to outgoing connections, so that none of those takes the port between our look and
// the server's bind, and marked by a file, so that no other test process does.

import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const marks = path.join(tmpdir(), `reprompt-ports-${process.getuid?.() ?? 0}`);
const given = new Set();
process.on('exit', () => {
  for (const port of given) rmSync(path.join(marks, String(port)), { force: true });
});

/** False if another process has it. A mark left behind by a process that was killed costs one port of twenty thousand. */
function mark(port) {
  try {
    mkdirSync(marks, { recursive: true, mode: 0o700 });
    closeSync(openSync(path.join(marks, String(port)), 'wx'));
    given.add(port);
    return true;
  } catch {
    return false;
  }
}

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
    if (mark(port) && (await canBind(port, host))) return port;
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
