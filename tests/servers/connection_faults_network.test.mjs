// SPDX-License-Identifier: MPL-2.0
// Names that cannot be found, addresses that nobody answers, IPv6 that leads nowhere, no network at all. In network namespaces; needs root.

import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { join } from 'node:path';

import { makeAuthority } from '../harness/certificates.mjs';
import { startDovecot } from '../harness/dovecot.mjs';
import { makeFaultyNetwork } from '../harness/faulty_network.mjs';
import { makeNetwork } from '../harness/namespaces.mjs';
import { makeFolder } from '../harness/processes.mjs';
import { faultTest, probeWithPassword, writeTable } from './fault_cases.mjs';

const authority = makeAuthority(makeFolder('faults-ca'));
let network;
let island;
let dovecot;
before(async () => {
  network = await makeFaultyNetwork();
  island = await makeNetwork();
  dovecot = await startDovecot({
    dir: join(makeFolder('faults'), 'dovecot'),
    authority,
    listen: network.here,
    names: [network.dual, network.refusing],
    wrap: network.wrap,
  });
});
after(async () => {
  await dovecot?.stop();
  await network?.stop();
  await island?.stop();
});
writeTable('connection_faults_network');

const probeThere = (host, { port = 993, scheme = 'imaps', args = [] } = {}) =>
  probeWithPassword(`${scheme}://${host}:${port}`, args, { wrap: network.wrap });

describe('what lies between', { concurrency: 6 }, () => {
  const unreachable = { verdict: 'server_unreachable' };
  faultTest(
    'name that does not exist',
    { ...unreachable, stage: 'resolve', failure: 'dns_not_found', words: /^the name nowhere[.]example does not exist/ },
    () => probeThere('nowhere.example'),
  );
  faultTest(
    'name without an address',
    {
      ...unreachable,
      stage: 'resolve',
      failure: 'dns_no_address',
      words: /^the name empty[.]example exists, but no server has it/,
    },
    () => probeThere('empty.example'),
  );
  faultTest(
    'name server that fails',
    {
      ...unreachable,
      stage: 'resolve',
      failure: 'dns_temporary',
      advice: 'check_network',
      words: /^the name servers could not say where broken[.]example is/,
    },
    () => probeThere('broken.example'),
  );
  faultTest(
    'name server that does not answer',
    { ...unreachable, stage: 'resolve', failure: 'timeout', words: /^the name server gives no answer about silent[.]example$/ },
    () => probeThere('silent.example'),
  );
  faultTest(
    'port where nobody listens',
    {
      ...unreachable,
      stage: 'connect',
      failure: 'connection_refused',
      advice: 'check_settings',
      words: /^10[.]11[.]12[.]13 refuses connections to port 9/,
    },
    () => probeThere(network.here, { port: 9 }),
  );
  faultTest(
    'packets dropped by a firewall',
    {
      ...unreachable,
      stage: 'connect',
      failure: 'timeout',
      words: /^nothing answers at port 993 of 10[.]20[.]0[.]2: the server is down, or a firewall drops/,
    },
    () => probeThere(network.dropping),
  );
  faultTest(
    'router that knows no way',
    {
      ...unreachable,
      stage: 'connect',
      failure: 'host_unreachable',
      words: /^there is no way to 10[.]8[.]0[.]1 from here, although this computer has a network/,
    },
    () => probeThere(network.unreachable),
  );
  faultTest(
    'server that is switched off in the same network',
    { ...unreachable, stage: 'connect', failure: 'host_unreachable', words: /^there is no way to 10[.]20[.]0[.]3 from here/ },
    () => probeThere(network.absent),
  );

  const works = { verdict: 'stale_password', stage: 'auth', failure: 'none', attempts: 1 };
  const trusting = ['--ca-file', authority.caFile];
  faultTest(
    'IPv6 drops everything, IPv4 works',
    { ...works, words: /^IPv6 does not work to this server [(]fd00:20::2: no answer[)]; IPv4 does [(]10[.]11[.]12[.]13[)]$/ },
    () => probeThere(network.dual, { port: dovecot.ports.imaps, args: trusting }),
  );
  faultTest(
    'IPv6 refuses, IPv4 works',
    { ...works, words: /^IPv6 does not work to this server [(]fd00:11::13: Connection refused[)]; IPv4 does/ },
    () => probeThere(network.refusing, { port: dovecot.ports.imaps, args: trusting }),
  );

  const offline = {
    verdict: 'offline',
    advice: 'check_network',
    failure: 'network_down',
    words: /^this computer has no network: no route leads anywhere$/,
  };
  faultTest('no network, server by name', { ...offline, stage: 'resolve' }, () =>
    probeWithPassword('imaps://imap.example.org', [], { wrap: island.wrap }),
  );
  faultTest('no network, server by address', { ...offline, stage: 'connect' }, () =>
    probeWithPassword('imaps://192.0.2.1', [], { wrap: island.wrap }),
  );
});

after(() => {
  // Exactly the two that found their way over IPv4.
  assert.equal(dovecot.badLogins(), 2);
});
