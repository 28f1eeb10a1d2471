// SPDX-License-Identifier: MPL-2.0
// A small internet in a namespace of its own: addresses that are not private (RFC 5737) and some that are, names, and the web pages of domains.
// Needs root. Belongs here: addresses, DNS, https pages. Does not belong here: mail servers (they are run inside with `wrap`).

import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';

import { holdNetwork } from './namespaces.mjs';
import { makeFolder, start, textOf, waitUntil } from './processes.mjs';

/** Run inside the namespace, `node public_network.mjs serve FILE`: names and pages as FILE says at the moment of each question. */
async function serve(file) {
  const { startDnsServer } = await import('./dns_server.mjs');
  const octets = (key, value) => (value?.type === 'Buffer' ? Buffer.from(value.data) : value);
  const world = () => JSON.parse(readFileSync(file, 'utf8'), octets);
  const log = (line) => appendFileSync(`${file}.log`, `${JSON.stringify(line)}\n`);
  const names = await startDnsServer(({ name, type }) => {
    log({ dns: `${name} ${type}` });
    const { zone } = world();
    if (`${name} ${type}` in zone) return { records: zone[`${name} ${type}`] };
    return Object.keys(zone).some((each) => each.startsWith(`${name} `)) ? { records: [] } : { rcode: 'NXDOMAIN' };
  });
  const { web } = world();
  if (web) {
    const pair = { cert: readFileSync(web.certFile), key: readFileSync(web.keyFile) };
    const server = https.createServer(pair, (request, response) => {
      log({ page: `${request.headers.host}${request.url}`, headers: request.headers });
      const { status = 200, headers = {}, body = '' } = world().pages[`${request.headers.host}${request.url}`] ?? { status: 404 };
      response.writeHead(status, headers).end(body);
    });
    await new Promise((done, failed) => server.once('error', failed).listen(443, web.address, done));
  }
  process.stdout.write(`${JSON.stringify({ address: names.address })}\n`);
}
if (process.argv[1] === new URL(import.meta.url).pathname && process.argv[2] === 'serve') await serve(process.argv[3]);

/** A record for `zone`: `{'imap.example.test A': [a('203.0.113.1')]}` */
export const a = (address) => ({ type: 'A', data: Buffer.from(address.split('.').map(Number)) });
/** `{'_imaps._tcp.example.test SRV': [service('imap.example.test', 993)]}` */
export const service = (host, port) => ({ type: 'SRV', data: [0, 1, port, host] });

/**
 * @param {object} options
 * @param {string[]} options.addresses IPv4, all of this one machine
 * @param {{address: string, certFile: string, keyFile: string}} [options.web] the one web server, port 443
 */
export async function makePublicNetwork({ addresses, web }) {
  const folder = makeFolder('internet');
  const resolv = join(folder, 'resolv.conf');
  const file = join(folder, 'world.json');
  // In one step: a late question of an earlier probe may come at any moment, and half a file would end the name server.
  const write = (zone, pages) => {
    writeFileSync(`${file}.next`, JSON.stringify({ zone, pages, web }));
    renameSync(`${file}.next`, file);
  };
  writeFileSync(resolv, '');
  write({}, {});
  // What is nobody's address leads nowhere.
  const lines = ['link set lo up', ...addresses.map((each) => `address add ${each}/32 dev lo`), 'route add unreachable default'];
  const { wrap, stop } = await holdNetwork({ replaced: { '/etc/resolv.conf': resolv }, lines });

  const server = start(wrap[0], [...wrap.slice(1), process.execPath, new URL(import.meta.url).pathname, 'serve', file]);
  const said = await waitUntil(() => {
    if (!server.alive()) throw new Error(`no names: ${server.output()}`);
    return server.output().includes('\n') && server.output();
  });
  writeFileSync(resolv, `nameserver ${JSON.parse(said).address}\n`);
  return {
    wrap,
    /** From now on these names and pages exist and no others; what was asked before is forgotten. */
    set(zone, pages = {}) {
      write(zone, pages);
      writeFileSync(`${file}.log`, '');
    },
    /** What was asked since: `{dns: 'name TYPE'}` and `{page: 'host/path', headers}`. */
    asked: () =>
      textOf(`${file}.log`)
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    async stop() {
      await server.stop('SIGKILL');
      await stop();
    },
  };
}
