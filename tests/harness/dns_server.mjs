// SPDX-License-Identifier: MPL-2.0
// A name server of the tests (UDP and TCP) on a loopback address of its own, and the wrapping that makes a program ask it. Belongs here: DNS
// messages (RFC 1035 section 4) as octets, well-formed or not on purpose. Does not belong here: what a mail domain's records mean.
// Needs root: port 53, and a mount namespace in which /etc/resolv.conf is another file.

import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { findProgram, makeFolder } from './processes.mjs';

const TYPES = { A: 1, CNAME: 5, SOA: 6, MX: 15, AAAA: 28, SRV: 33 };
const RCODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 };

const nameOctets = (name) =>
  Buffer.concat([
    ...name
      .split('.')
      .filter((label) => label)
      .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ]);
const number16 = (...values) => {
  const octets = Buffer.alloc(2 * values.length);
  values.forEach((value, at) => octets.writeUInt16BE(value, 2 * at));
  return octets;
};

/** The data of a record: `[10, 'mx.example']` for MX, `[0, 1, 993, 'imap.example']` for SRV, `['alias.example']` for CNAME, a Buffer as it is. */
function dataOctets(data) {
  if (Buffer.isBuffer(data)) return data;
  return Buffer.concat(data.map((part) => (typeof part === 'number' ? number16(part) : nameOctets(part))));
}

function recordOctets({ name, type, data }) {
  const rest = dataOctets(data);
  return Buffer.concat([nameOctets(name), number16(TYPES[type], 1, 0, 60, rest.length), rest]);
}

/** What one query asks: its id, name (lower case), type and the octets of its question section. */
function readQuery(octets) {
  const labels = [];
  let at = 12;
  while (octets[at]) {
    labels.push(octets.subarray(at + 1, at + 1 + octets[at]).toString('latin1'));
    at += 1 + octets[at];
  }
  const code = octets.readUInt16BE(at + 1);
  return {
    id: octets.readUInt16BE(0),
    name: labels.join('.').toLowerCase(),
    type: Object.keys(TYPES).find((each) => TYPES[each] === code) ?? String(code),
    question: octets.subarray(12, at + 5),
  };
}

/**
 * @param {ReturnType<typeof readQuery>} query
 * @param {{rcode?: keyof RCODES, records?: {name?: string, type: keyof TYPES, data: any[]|Buffer}[], truncated?: boolean, question?: Buffer}} answer
 */
function answerOctets(query, { rcode = 'NOERROR', records = [], truncated = false, question = query.question }) {
  const flags = 0x8180 | (truncated ? 0x0200 : 0) | RCODES[rcode];
  const answers = truncated ? [] : records.map((each) => recordOctets({ name: query.name, ...each }));
  return Buffer.concat([number16(query.id, flags, 1, answers.length, 0, 0), question, ...answers]);
}

let addresses = 0;

/**
 * @param {(query: {name: string, type: string, question: Buffer}, over: 'udp'|'tcp') => object|Buffer|null|Promise<object|Buffer|null>} answer
 *   what answerOctets takes, octets to send after the query's id, or null for silence
 * @returns {Promise<{address: string, queries: {name: string, type: string, over: string, edns: boolean}[], resolvConf: string, wrap: string[], stop: () => Promise<void>}>}
 *   `wrap`: put it before a command so that it asks this server
 */
export async function startDnsServer(answer) {
  if (process.getuid() !== 0) throw new Error('a name server on port 53 needs root: run the tests as root or with sudo');
  addresses += 1;
  // Unique on this machine while the process lives; nobody else's port 53 is touched.
  const address = `127.${53 + (addresses >> 8)}.${process.pid & 0xff}.${1 + (((process.pid >> 8) + 7 * addresses) % 250)}`;
  const queries = [];
  const respond = async (octets, over) => {
    const query = readQuery(octets);
    queries.push({ name: query.name, type: query.type, over, edns: octets.readUInt16BE(10) > 0 });
    const reply = await answer(query, over);
    if (reply === null) return null;
    return Buffer.isBuffer(reply) ? Buffer.concat([number16(query.id), reply]) : answerOctets(query, reply);
  };

  const udp = createSocket('udp4');
  udp.on('message', async (octets, from) => {
    const reply = await respond(octets, 'udp');
    if (reply && !closed) udp.send(reply, from.port, from.address);
  });
  let closed = false;
  await new Promise((done, failed) => udp.once('error', failed).bind(53, address, done));

  const open = new Set();
  const tcp = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => {});
    let pending = Buffer.alloc(0);
    socket.on('data', async (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const octets = pending.subarray(2, 2 + pending.readUInt16BE(0));
        pending = pending.subarray(2 + octets.length);
        const reply = await respond(octets, 'tcp');
        if (reply && !socket.destroyed) socket.write(Buffer.concat([number16(reply.length), reply]));
      }
    });
  });
  await new Promise((done, failed) => tcp.once('error', failed).listen(53, address, done));

  const folder = makeFolder('dns');
  const file = join(folder, 'resolv.conf');
  writeFileSync(file, `nameserver ${address}\n`);
  const script = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"';
  return {
    address,
    queries,
    resolvConf: file,
    wrap: [findProgram('unshare'), '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', file],
    async stop() {
      closed = true;
      for (const socket of open) socket.destroy();
      await Promise.all([new Promise((done) => udp.close(done)), new Promise((done) => tcp.close(done))]);
    },
  };
}

/** An answering function: `zone` maps "name TYPE" to an answer; everything else does not exist. */
export function zone(records) {
  return (query) => records[`${query.name} ${query.type}`] ?? { rcode: 'NXDOMAIN' };
}

/** An answer of MX records, most preferred first. */
export const mx = (...hosts) => ({ records: hosts.map((host, at) => ({ type: 'MX', data: [10 * (at + 1), host] })) });
/** An answer of one SRV record. */
export const srv = (host, port) => ({ records: [{ type: 'SRV', data: [0, 1, port, host] }] });
/** An answer that nothing of the kind exists. */
export const nothing = { records: [] };
