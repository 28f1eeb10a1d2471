// SPDX-License-Identifier: MPL-2.0
// A network with everything that can be wrong between an account and its server, in a namespace of its own: addresses that drop, refuse or do
// not exist, IPv6 that leads nowhere, name servers that fail. Needs root. Belongs here: routes and names. Does not belong here: servers.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { holdNetwork } from './namespaces.mjs';
import { makeFolder, start, waitUntil } from './processes.mjs';

/** Run inside the namespace, `node faulty_network.mjs names`: a name server in which each name fails in its own way. */
async function serveNames() {
  const { startDnsServer } = await import('./dns_server.mjs');
  const server = await startDnsServer(({ name }) => {
    if (name.startsWith('empty.')) return { records: [] };
    if (name.startsWith('broken.')) return { rcode: 'SERVFAIL' };
    if (name.startsWith('silent.')) return null;
    return { rcode: 'NXDOMAIN' };
  });
  process.stdout.write(`${JSON.stringify({ address: server.address })}\n`);
}
if (process.argv[1] === new URL(import.meta.url).pathname && process.argv[2] === 'names') await serveNames();

/**
 * `here` is an address of the namespace; nobody answers packets to `dropping` and `droppingSix`; `absent` is in the same street, but no such house;
 * `unreachable` is beyond a router that says so. `dual` has two addresses, IPv6 `droppingSix` and `here`; `refusing` has `hereSix` (no listeners)
 * and `here`.
 */
export async function makeFaultyNetwork() {
  const folder = makeFolder('network');
  const at = {
    here: '10.11.12.13',
    hereSix: 'fd00:11::13',
    dropping: '10.20.0.2',
    droppingSix: 'fd00:20::2',
    absent: '10.20.0.3',
    unreachable: '10.8.0.1',
    dual: 'dual.example.test',
    refusing: 'refusing.example.test',
  };
  const hosts = join(folder, 'hosts');
  const resolv = join(folder, 'resolv.conf');
  writeFileSync(
    hosts,
    [
      '127.0.0.1 localhost',
      `${at.droppingSix} ${at.dual}`,
      `${at.here} ${at.dual}`,
      `${at.hereSix} ${at.refusing}`,
      `${at.here} ${at.refusing}`,
      '',
    ].join('\n'),
  );
  writeFileSync(resolv, '');
  const lines = [
    'link set lo up',
    `address add ${at.here}/32 dev lo`,
    `address add ${at.hereSix}/128 dev lo`,
    // A cable whose other end belongs to nobody who listens.
    'link add street type veth peer name end',
    'address add 10.20.0.1/24 dev street',
    'address add fd00:20::1/64 dev street nodad',
    'link set street up',
    'link set end up',
    `neighbour add ${at.dropping} lladdr 02:00:00:00:00:99 dev street nud permanent`,
    `neighbour add ${at.droppingSix} lladdr 02:00:00:00:00:99 dev street nud permanent`,
    `route add default via ${at.dropping}`,
    'route add unreachable 10.8.0.0/16',
  ];
  const { wrap, stop } = await holdNetwork({ replaced: { '/etc/hosts': hosts, '/etc/resolv.conf': resolv }, lines });

  const names = start(wrap[0], [...wrap.slice(1), process.execPath, new URL(import.meta.url).pathname, 'names']);
  const said = await waitUntil(() => {
    if (!names.alive()) throw new Error(`no name server: ${names.output()}`);
    return names.output().includes('\n') && names.output();
  });
  // The C library would give up after 5 seconds and ask again: a race with our own limit of 10.
  writeFileSync(resolv, `nameserver ${JSON.parse(said).address}\noptions timeout:30 attempts:1\n`);
  return {
    ...at,
    wrap,
    async stop() {
      await names.stop('SIGKILL');
      await stop();
    },
  };
}
