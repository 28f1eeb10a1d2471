// SPDX-License-Identifier: MPL-2.0
// What the measurements run against: one certificate authority, refusing servers, delayed ways to them. Belongs here: starting and ending it. Does not belong here: measuring.

import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';

import { makeAuthority } from '../harness/certificates.mjs';
import { startDovecot } from '../harness/dovecot.mjs';
import { makeFolder } from '../harness/processes.mjs';
import { startDelayProxy } from './delay_proxy.mjs';
import { least, median } from './measure.mjs';
import { startRefusingServers } from './refusing_servers.mjs';

export async function setStage() {
  const folder = makeFolder('bench');
  const authority = makeAuthority(join(folder, 'ca'));
  const pair = authority.issue();
  const servers = startRefusingServers(pair);
  const proxy = startDelayProxy();
  const targets = new Map();
  const ways = new Map();
  let users = 0;
  let dovecot;

  const stage = {
    folder,
    authority,
    caFile: authority.caFile,
    servers,

    /** What runs after this finds an empty ledger, as on a new user's computer. */
    newLedger() {
      process.env.XDG_STATE_HOME = makeFolder('bench-state');
    },

    /** A user of its own for every attempt, because a refused password is never sent twice. */
    nextUser: () => `user-${(users += 1)}`,

    /** The port of a server by its name. @param {{name: string, protocol: any, tls: any, delayMs?: number}} server */
    async portOf(server) {
      if (!targets.has(server.name)) targets.set(server.name, await servers.start(server));
      return targets.get(server.name);
    },

    /** A port that leads to the server over a link with this RTT; RTT 0 is the server's own. */
    async way(server, rtt) {
      return stage.delayed(await stage.portOf(server), rtt);
    },

    async delayed(port, rtt) {
      if (rtt === 0) return port;
      const key = `${port} ${rtt}`;
      if (!ways.has(key)) ways.set(key, await proxy.open({ host: '127.0.0.1', port }, rtt));
      return ways.get(key);
    },

    /** The same on another address of this computer; RTT 0 goes through the proxy, too. */
    delayedAt: (listen, port, rtt) => proxy.open({ host: '127.0.0.1', port }, rtt, listen),

    /** Ports of a real Dovecot that refuses at once (imap, imaps, pop3, pop3s); null if Dovecot is not installed. */
    async realServer() {
      if (!existsSync('/usr/sbin/dovecot')) return null;
      dovecot ??= await startDovecot({ dir: join(folder, 'dovecot'), authority });
      return dovecot.ports;
    },

    /**
     * What `work` gives, after a look at whether the servers got as many passwords as it should have sent: what never signed in is fast.
     * @template T @param {number} passwords @param {() => Promise<T>} work @returns {Promise<T>}
     */
    async counted(passwords, work) {
      const received = async () => Object.values(await servers.credentials()).reduce((sum, each) => sum + each, 0);
      const before = await received();
      const result = await work();
      const sent = (await received()) - before;
      if (sent !== passwords) throw new Error(`the servers got ${sent} passwords instead of ${passwords}`);
      return result;
    },

    async stop() {
      await dovecot?.stop();
      servers.stop();
      proxy.stop();
    },
  };
  return stage;
}

/** One octet there and back, `times` times on one connection, and the time from connect to its first answer. Milliseconds. */
function roundTrips(port, times) {
  return new Promise((resolve, reject) => {
    const out = [];
    let sent = performance.now();
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true }, () => socket.write('x'));
    socket.on('error', reject);
    socket.on('data', () => {
      const now = performance.now();
      out.push(now - sent);
      if (out.length > times) {
        socket.end();
        resolve({ first: out[0], trips: out.slice(1) });
      } else {
        sent = now;
        socket.write('x');
      }
    });
  });
}

/**
 * The control of all measurements: what the proxy really does to an octet. An echo costs 1 RTT, the first one on a connection 2 (handshake and echo).
 * @returns {Promise<{rtt: number, least: number, median: number, most: number, first: number}[]>} milliseconds
 */
export async function measureProxy(stage, rtts, times) {
  const echo = await stage.servers.echo();
  const out = [];
  for (const rtt of rtts) {
    const port = await stage.delayed(echo, rtt);
    await roundTrips(port, 1);
    const { first, trips } = await roundTrips(port, times);
    out.push({ rtt, least: least(trips), median: median(trips), most: Math.max(...trips), first });
  }
  return out;
}
