// SPDX-License-Identifier: MPL-2.0
// A TCP proxy that behaves as a link with a given round-trip time (RTT), without privileges and without a kernel's netem:
//   accept           the handshake on loopback costs nothing, so it is charged afterwards:
//   accept + 1 RTT   the client would know now that it is connected; nothing it sent leaves earlier
//   accept + 1.5 RTT the server would see the connection now; it is opened
//   then             every chunk, and the end of each direction, arrives RTT/2 later
// A process of its own (startDelayProxy forks it), so that the work of servers and runner delays no octet. Every delivery is late by 0 to 1 ms, because Node's timers count
// milliseconds; the same at every RTT, so it is not in a slope, and bench.mjs measures it (measureProxy). No loss, no bandwidth, no back pressure: sign-ins are a few KiB.
// Does not belong here: what is measured through it.

import { fork } from 'node:child_process';
import { createConnection, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

/** Actions in their order, none before its time (milliseconds of performance.now()). */
class Line {
  #due = [];
  #timer = false;

  at(time, action) {
    this.#due.push({ time, action });
    if (!this.#timer) this.#wait();
  }

  #wait() {
    this.#timer = true;
    setTimeout(() => this.#run(), Math.max(0, this.#due[0].time - performance.now()));
  }

  #run() {
    this.#timer = false;
    while (this.#due.length > 0 && this.#due[0].time <= performance.now()) this.#due.shift().action();
    if (this.#due.length > 0) this.#wait();
  }
}

/** @param {import('node:net').Socket} client just accepted @param {{host: string, port: number}} target @param {number} rtt milliseconds */
function carry(client, target, rtt) {
  const accepted = performance.now();
  const there = new Line();
  const back = new Line();
  const sendable = () => Math.max(performance.now(), accepted + rtt) + rtt / 2;
  let server;
  client.setNoDelay(true);
  there.at(accepted + 1.5 * rtt, () => {
    server = createConnection({ ...target, allowHalfOpen: true, noDelay: true });
    const answer = (action) => back.at(performance.now() + rtt / 2, action);
    server.on('data', (octets) => answer(() => client.write(octets)));
    server.on('end', () => answer(() => client.end()));
    server.on('error', () => answer(() => client.destroy()));
  });
  client.on('data', (octets) => there.at(sendable(), () => server.write(octets)));
  client.on('end', () => there.at(sendable(), () => server.end()));
  client.on('error', () => there.at(sendable(), () => server.destroy()));
}

/** In the process of its own: each message {id, target, rtt, listen} opens a port and is answered with {id, port}. */
function serve() {
  process.on('message', ({ id, target, rtt, listen }) => {
    const listener = createServer({ allowHalfOpen: true }, (client) => carry(client, target, rtt));
    listener.listen({ port: 0, host: listen, backlog: 1024 }, () => process.send({ id, port: listener.address().port }));
  });
  process.on('disconnect', () => process.exit(0));
}

/**
 * @returns {{open: (target: {host: string, port: number}, rtt: number, listen?: string) => Promise<number>, stop: () => void}} `open` gives a loopback port that leads to the target;
 *   the process ends with stop(), or with the one that started it
 */
export function startDelayProxy() {
  const child = fork(fileURLToPath(import.meta.url), ['--serve']);
  const waiting = new Map();
  let count = 0;
  child.on('message', ({ id, port }) => waiting.get(id)(port));
  return {
    open: (target, rtt, listen = '127.0.0.1') =>
      new Promise((resolve) => {
        count += 1;
        waiting.set(count, resolve);
        child.send({ id: count, target, rtt, listen });
      }),
    stop: () => child.disconnect(),
  };
}

if (process.argv[2] === '--serve' && process.argv[1] === fileURLToPath(import.meta.url)) serve();
