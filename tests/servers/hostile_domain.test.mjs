// SPDX-License-Identifier: MPL-2.0
// Domains that lie about their servers (tests/harness/hostile_domain.mjs), while settings that work are looked for: nothing is proposed that is not the domain's own
// server on a mail port at a public address, nobody else is asked for pages, no credential leaves, and the search ends in time. In a network of its own. Needs root.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';

import { makeAuthority } from '../harness/certificates.mjs';
import { startDnsServer } from '../harness/dns_server.mjs';
import { domainLies, goodPage } from '../harness/hostile_domain.mjs';
import {
  counted,
  expectInTime,
  expectNoPassword,
  Hosts,
  plainProgram,
  summary,
  watchfulProgram,
} from '../harness/hostile_run.mjs';
import { startHostileServer } from '../harness/hostile_server.mjs';
import { enterOwnNetwork, trustAuthority, useNameServer } from '../harness/own_network.mjs';
import { makeFolder } from '../harness/processes.mjs';

const at = { mail: '203.0.113.2', web: '203.0.113.4', inside: '10.7.7.7' };
enterOwnNetwork(import.meta.url, Object.values(at));

const honest = { name: 'an honest domain', page: goodPage, finds: true };
const rows = [honest, ...domainLies];
const domainOf = (row) => `d${rows.indexOf(row)}.test`;
const rowOf = (name) => rows[Number(/(?:^|\.|-)d(\d+)\.test$/.exec(name)?.[1] ?? NaN)];

const authority = makeAuthority(join(makeFolder('hostile-ca'), 'known'));
const certificate = authority.issue({
  names: [
    'mail.hostile.test',
    'localhost',
    ...Object.values(at),
    '127.0.0.1',
    '::1',
    ...rows.flatMap((row) => [domainOf(row), `*.${domainOf(row)}`]),
  ],
});
const evil = authority.issue({ names: ['evil.test', '*.evil.test'] });
const octets = (address) => Buffer.from(address.split('.').map(Number));
const dns = await startDnsServer((query) => {
  const row = rowOf(query.name);
  const told = row?.dns?.(query, domainOf(row));
  if (told !== undefined) return told;
  const first = query.name.split('.')[0];
  const address =
    { autoconfig: at.web, mail: at.mail, private: at.inside, here: '127.0.0.1' }[first] ??
    (/(^|\.|-)evil|^evil/.test(query.name) ? at.web : undefined);
  if (!address || (first === 'autoconfig' && row && !row.page && !row.dns)) return { rcode: 'NXDOMAIN' };
  return { records: query.type === 'A' ? [{ type: 'A', data: octets(address) }] : [] };
});
useNameServer(dns);
trustAuthority(authority);

/** What was asked of any web server here: `{host, path}`. */
const pages = [];
const webs = [];
const mails = [];
const hosts = new Hosts(watchfulProgram, 2);
const plain = new Hosts(plainProgram, 1);
let serial = 0;

function web(socket) {
  let head = '';
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    head += bytes.toString('latin1');
    if (!head.includes('\r\n\r\n')) return;
    const path = head.split(' ')[1];
    const host = (/^host: *(\S*)/im.exec(head)?.[1] ?? '').toLowerCase();
    head = '';
    pages.push({ host, path, place: `${socket.localAddress}:${socket.localPort}` });
    const row = rowOf(host);
    if (!row?.page) return void socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    const domain = domainOf(row);
    let answer = row.page(domain);
    if (typeof answer === 'function') answer = answer(socket, { path, host, domain });
    if (Buffer.isBuffer(answer)) socket.end(answer);
  });
}

before(async () => {
  await hosts.begin();
  await plain.begin();
  const pair = { cert: readFileSync(certificate.certFile), key: readFileSync(certificate.keyFile) };
  for (const [address, port] of [
    [at.web, 443],
    [at.web, 8443],
    [at.web, 25],
    [at.inside, 443],
    ['127.0.0.1', 443],
  ]) {
    const server = tls.createServer(pair, web);
    server.on('tlsClientError', () => {});
    await new Promise((done, failed) => server.once('error', failed).listen(port, address, done));
    webs.push(server);
  }
  // Mail servers wherever a lie leads: what is not proposed is not proposed because it must not be.
  for (const [listen, port] of [
    [at.mail, 993],
    [at.mail, 9993],
    [at.mail, 22],
    [at.mail, 25],
    [at.inside, 993],
    ['127.0.0.1', 993],
    [at.web, 993],
  ])
    mails.push(
      await startHostileServer({
        protocol: 'imap',
        tls: 'implicit',
        certificate: listen === at.web ? evil : certificate,
        lies: {},
        listen,
        port,
      }),
    );
});
after(async () => {
  try {
    for (const end of await Promise.allSettled([hosts.end('the watchful programs'), plain.end('the program as it is shipped')]))
      if (end.reason) throw end.reason;
  } finally {
    for (const each of webs) each.close();
    for (const server of mails) await server.stop();
    await dns.stop();
    process.stdout.write(`# ${summary()}\n`);
  }
});

const limitMs = 8000;
async function search(programs, name, row) {
  const domain = domainOf(row);
  const [user, password] = [`alice.local-part-${(serial += 1)}@${domain}`, `planted-domain-${serial}-pw`];
  const { answer, ms } = await programs.with(async (program) => {
    const begin = performance.now();
    const answer = await program.ask({
      id: `s${serial}`,
      type: 'probe',
      account: { protocol: 'imap', host: `old.${domain}`, port: 993, tls: 'implicit', user, auth: 'password' },
      credential: { kind: 'password', secret: password },
      limit_ms: limitMs,
    });
    return { answer, ms: performance.now() - begin };
  });
  const all = `${name} (${domain})\n${JSON.stringify(answer).slice(0, 3000)}`;
  expectInTime(name, ms, limitMs);
  assert.deepEqual([answer.type, answer.attempts, answer.may_clear], ['verdict', 0, 'never'], all);
  assert.ok(['server_unreachable', 'offline', 'temporary_failure'].includes(answer.verdict), all);
  expectNoPassword(JSON.stringify(answer), { user, password }, name);
  for (const server of mails)
    assert.ok(
      server.credentials() === 0 && !server.heardProtected(password) && !server.heardInClear(password),
      `a credential left: ${all}`,
    );
  const asked = pages.filter(({ host }) => host === 'evil.test' || rowOf(host) === row);
  for (const { host, path, place } of asked) {
    assert.ok(!/alice|local-part/.test(path), all);
    assert.ok(
      place === `${at.web}:443` && (host === `autoconfig.${domain}` || host === domain),
      `asked ${host}${path} at ${place}: ${all}`,
    );
  }
  if (answer.settings && row.finds) {
    const { host, port, tls: encryption } = answer.settings;
    assert.deepEqual([host, port, encryption], [`mail.${domain}`, 993, 'implicit'], all);
  } else assert.equal(answer.settings, undefined, all);
  return { answer, all, asked };
}
const hostileCase = (name, tell) => test(name, () => counted(() => tell(name)));

test('an honest domain: its page is read and its server found', async () => {
  const { answer, asked, all } = await search(hosts, honest.name, honest);
  assert.deepEqual(
    [answer.settings?.host, answer.settings?.source, asked.length],
    [`mail.${domainOf(honest)}`, 'autoconfig', 1],
    all,
  );
});

describe('domains that lie', { concurrency: 16 }, () => {
  for (const row of domainLies) {
    hostileCase(row.name, async (name) => {
      const { asked, all } = await search(hosts, name, row);
      if (row.page) assert.ok(asked.length > 0, `nobody asked for the page: ${all}`);
      if (/without end|MB|bomb|thousand|2000|1500/.test(name)) await search(plain, name, row);
    });
  }
});
