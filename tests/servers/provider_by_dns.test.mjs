// SPDX-License-Identifier: MPL-2.0
// Whose server it is when no rule names the host: the MX and SRV of the account's domain, asked of a name server of these tests. What it says
// names better ways; it never makes a verdict worse for the saved password, never costs much time, and hears nothing but the domain.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { join } from 'node:path';

import { makeAuthority } from '../harness/certificates.mjs';
import { mx, nothing, srv, startDnsServer, zone } from '../harness/dns_server.mjs';
import { startDovecot } from '../harness/dovecot.mjs';
import { makeHome, runReprompt, startNative } from '../harness/host.mjs';
import { refusingImap, startLineServer } from '../harness/line_server.mjs';
import { makeFolder, waitUntil } from '../harness/processes.mjs';
import { expectVerdict } from './expectations.mjs';

const folder = makeFolder('provider-dns');
const authority = makeAuthority(join(folder, 'ca'));
const certificate = authority.issue();
let dovecot;
before(async () => {
  dovecot = await startDovecot({ dir: join(folder, 'dovecot'), authority });
});
after(() => dovecot?.stop());

const domain = 'firm.example';
const user = `alice@${domain}`;
const plainRefusal = 'NO [AUTHENTICATIONFAILED] Authentication failed.';
const google = mx('aspmx.l.google.com', 'alt1.aspmx.l.google.com');
const microsoft = mx('firm-example.mail.protection.outlook.com');

/** Runs `body` beside a name server that answers by this function. */
async function withDns(answer, body) {
  const dns = await startDnsServer(answer);
  try {
    return await body(dns);
  } finally {
    await dns.stop();
  }
}

const probe = (dns, port, { as = user, password = 'wrong-1', ...options } = {}) =>
  runReprompt(['probe', `imaps://localhost:${port}`, '--user', as, '--ca-file', authority.caFile, '--json'], {
    password,
    wrap: dns.wrap,
    ...options,
  });

/** A probe of a server that refuses with `refusal`, while the DNS answers by `answer`. */
async function refused(answer, { refusal = plainRefusal, greeting = '* OK ready', ...options } = {}) {
  const server = await startLineServer({ certificate, greeting, answer: refusingImap(refusal) });
  try {
    return await withDns(answer, async (dns) => ({ run: await probe(dns, server.port, options), dns }));
  } finally {
    await server.stop();
  }
}

/** What `explain` says about the evidence that a run printed. */
async function explained(run) {
  const again = await runReprompt(['explain', '--json'], {
    stdin: `${JSON.stringify({ id: 'again', evidence: run.json.evidence })}\n`,
  });
  return JSON.parse(again.stdout.trim().split('\n')[0]);
}
async function expectExplained(run) {
  const again = await explained(run);
  for (const key of ['verdict', 'confidence', 'rule', 'advice'])
    assert.deepEqual(again[key], run.json[key], `${key}: ${JSON.stringify(again)} ${run.stdout}`);
}

test('a wrong password at a server whose domain is with Google: stale, and the better ways are named', () =>
  withDns(zone({ [`${domain} MX`]: google }), async (dns) => {
    const run = await probe(dns, dovecot.ports.imaps);
    expectVerdict(run, 'stale_password', 1);
    assert.equal(run.json.provider, 'gmail', run.stdout);
    assert.deepEqual(run.json.advice.slice(0, 2), ['oauth2', 'app_password'], run.stdout);
    assert.equal(run.json.links.app_password, 'https://myaccount.google.com/apppasswords', run.stdout);
    assert.match(run.json.because.join('\n'), /Gmail takes no account password/);
    assert.match(run.json.because.join('\n'), /MX aspmx\.l\.google\.com.*this server runs Dovecot/);
    assert.deepEqual(run.json.evidence.domain.mx, ['aspmx.l.google.com', 'alt1.aspmx.l.google.com'], run.stdout);
    await expectExplained(run);
  }));

test('the right password is accepted whatever the DNS says, and nobody waits for it', () =>
  withDns(
    () => null,
    async (dns) => {
      const without = await withDns(zone({}), (quick) => probe(quick, dovecot.ports.imaps, { password: 'right-1' }));
      const run = await probe(dns, dovecot.ports.imaps, { password: 'right-1' });
      expectVerdict(run, 'password_accepted', 1);
      assert.ok(run.ms < without.ms + 1500, `${run.ms} ms with a silent name server, ${without.ms} ms without`);
      assert.equal(run.json.evidence.domain, undefined, run.stdout);
    },
  ));

test('Microsoft 365 by MX: "LOGIN failed." of its own server software wants OAuth2, as a guess that clears nothing', async () => {
  const { run } = await refused(zone({ [`${domain} MX`]: microsoft }), {
    refusal: 'NO LOGIN failed.',
    greeting: '* OK The Microsoft Exchange IMAP4 service is ready.',
  });
  expectVerdict(run, 'oauth2_required', 1);
  assert.equal(run.json.confidence, 'guess', run.stdout);
  assert.equal(run.json.provider, 'microsoft', run.stdout);
  assert.ok(run.json.advice.includes('oauth2'), run.stdout);
  await expectExplained(run);
});

test('Microsoft 365 by MX before a Dovecot: the refusal stays one of the password, OAuth2 is named', () =>
  withDns(zone({ [`${domain} MX`]: microsoft }), async (dns) => {
    const run = await probe(dns, dovecot.ports.imaps);
    expectVerdict(run, 'stale_password', 1);
    assert.equal(run.json.confidence, 'likely', run.stdout);
    assert.deepEqual(run.json.advice, ['oauth2'], run.stdout);
    await expectExplained(run);
  }));

test('SRV of the domain names the provider too', async () => {
  const { run } = await refused(
    zone({ [`${domain} MX`]: mx('filter.example'), [`_imaps._tcp.${domain} SRV`]: srv('imap.gmail.com', 993) }),
  );
  expectVerdict(run, 'stale_password', 1);
  assert.equal(run.json.provider, 'gmail', run.stdout);
  assert.deepEqual(run.json.evidence.domain.srv, [{ service: 'imaps', host: 'imap.gmail.com', port: 993 }], run.stdout);
  await expectExplained(run);
});

test('an MX that no rule names, and everything that is no answer, leave the verdict alone', async () => {
  const other = { name: 'other.example', type: 'MX', data: [10, 'aspmx.l.google.com'] };
  const loop = [
    { type: 'CNAME', data: ['a.example'] },
    { name: 'a.example', type: 'CNAME', data: [domain] },
    { name: 'b.example', type: 'MX', data: [10, 'aspmx.l.google.com'] },
  ];
  /** name -> answer, and what the note in the evidence must say */
  const cases = {
    'another MX': [mx('mx.firm.example'), /^$/],
    'a null MX': [mx(''), /^$/],
    NXDOMAIN: [{ rcode: 'NXDOMAIN' }, /no such mail domain/],
    'no MX': [nothing, /no MX record/],
    SERVFAIL: [{ rcode: 'SERVFAIL' }, /could not answer/],
    REFUSED: [{ rcode: 'REFUSED' }, /could not answer/],
    'an answer for another name': [{ records: [other] }, /^$/],
    'a CNAME loop': [{ records: loop }, /^$/],
    'octets that are no DNS message': [Buffer.from('8180000100ffffff', 'hex'), /could not answer|did not answer|cannot be read/],
    'a record longer than the message': [
      { records: [{ type: 'MX', data: Buffer.from('000a3f61', 'hex') }] },
      /^$|cannot be read|could not answer/,
    ],
    'names that no host has': [mx('aspmx.l.google.com\r\nx', '<b>.google.com'), /^$/],
  };
  const plain = await refused(zone({ [`${domain} MX`]: mx('mx.firm.example') }));
  for (const [name, [answer, note]] of Object.entries(cases)) {
    const { run } = await refused((query) => (query.type === 'MX' ? answer : { rcode: 'NXDOMAIN' }));
    expectVerdict(run, 'stale_password', 1);
    for (const key of ['confidence', 'rule', 'advice', 'links', 'provider', 'because'])
      assert.deepEqual(run.json[key], plain.run.json[key], `${name}, ${key}: ${run.stdout}`);
    assert.match(run.json.evidence.domain.note, note, `${name}: ${run.stdout}`);
    assert.doesNotMatch(run.stdout, /google/, name);
    await expectExplained(run);
  }
});

/** Cuts off every answer, and over TCP takes the question and stays silent. */
const hangingTcp = (query, over) => (over === 'udp' ? { truncated: true } : null);

test('an answer that is cut off recognises nobody and keeps nobody waiting: TCP has no limit of ours and is not used', async () => {
  const plain = await refused(zone({ [`${domain} MX`]: mx('mx.firm.example') }));
  for (const env of [{}, { RES_OPTIONS: 'use-vc' }]) {
    const { run, dns } = await refused(hangingTcp, { env });
    expectVerdict(run, 'stale_password', 1);
    for (const key of ['confidence', 'rule', 'advice', 'provider']) assert.deepEqual(run.json[key], plain.run.json[key], key);
    assert.match(run.json.evidence.domain.note, /was cut off/, run.stdout);
    const asked = dns.queries.filter((query) => ['MX', 'SRV'].includes(query.type));
    assert.equal(asked.length, 3, JSON.stringify(asked));
    for (const query of asked) {
      assert.equal(query.over, 'udp', JSON.stringify(query));
      assert.ok(query.edns, 'one datagram has room for more than 512 octets');
    }
    await expectExplained(run);
  }
});

test('a name server that hangs leaves no threads behind in the host that Thunderbird keeps running', () =>
  withDns(hangingTcp, async (dns) => {
    const server = await startLineServer({ certificate, greeting: '* OK ready', answer: refusingImap(plainRefusal) });
    const host = startNative({ wrap: dns.wrap });
    const account = { protocol: 'imap', host: 'localhost', port: server.port, tls: 'implicit', auth: 'password' };
    const check = async (number) => {
      const credential = { kind: 'password', secret: `wrong-${number}` };
      const id = host.send('probe', { account: { ...account, user: `user${number}@${domain}` }, credential });
      await host.next((message) => message.id === id && message.type === 'chain');
      host.send('trust', { probe: id, trusted: true });
      assert.equal((await host.answerTo(id)).attempts, 1);
    };
    const threads = () => readdirSync(`/proc/${host.pid}/task`).length;
    try {
      await check(1); // what the host keeps for good is there after it
      const first = threads();
      for (const number of [2, 3, 4, 5, 6]) await check(number);
      await waitUntil(() => threads() <= first, { what: () => `${first} threads as after the first check: ${threads()}` });
    } finally {
      await host.stop();
      await server.stop();
    }
  }));

test('SRV names the provider and MX does not, whichever answer is slow', async () => {
  const answers = zone({ [`${domain} MX`]: microsoft, [`_imaps._tcp.${domain} SRV`]: srv('imap.gmail.com', 993) });
  for (const slow of ['MX', 'SRV']) {
    const { run } = await refused(async (query) => {
      // Slow is what the server is, not what the test waits for.
      if (query.type === slow) await new Promise((done) => setTimeout(done, 400));
      return answers(query);
    });
    expectVerdict(run, 'stale_password', 1);
    assert.equal(run.json.provider, 'gmail', `${slow} slow: ${run.stdout}`);
    assert.equal(run.json.evidence.domain.note, '', 'nobody waited in vain');
    await expectExplained(run);
  }
});

test('a CNAME leads to the records', async () => {
  const records = [
    { type: 'CNAME', data: ['alias.example'] },
    { name: 'alias.example', type: 'MX', data: [10, 'aspmx.l.google.com'] },
  ];
  const { run } = await refused(zone({ [`${domain} MX`]: { records } }));
  assert.equal(run.json.provider, 'gmail', run.stdout);
});

test('a silent name server costs a refused login two seconds at most, and leaves a note', async () => {
  const quick = await refused(zone({}));
  const { run } = await refused(() => null);
  expectVerdict(run, 'stale_password', 1);
  assert.ok(run.ms < quick.run.ms + 3500, `${run.ms} ms, ${quick.run.ms} ms with an answer`);
  assert.match(run.json.evidence.domain.note, /did not answer in time/);
  assert.deepEqual(run.json.advice, quick.run.json.advice);
  await expectExplained(run);
});

test('nothing but the domain leaves, and only MX and SRV are asked for', async () => {
  const { dns } = await refused(zone({ [`${domain} MX`]: google }), { as: `Alice.Local-Part@${domain}` });
  const asked = dns.queries.filter((query) => ['MX', 'SRV'].includes(query.type));
  assert.ok(asked.length > 0);
  for (const query of dns.queries) assert.doesNotMatch(query.name, /alice|local-part/i);
  for (const query of asked)
    assert.ok([domain, `_imaps._tcp.${domain}`, `_imap._tcp.${domain}`].includes(query.name), query.name);
});

test("a user name without a domain, with a name that is not public, or with a provider's own domain: no question", async () => {
  for (const as of ['alice', 'alice@localhost', 'alice@box.local', 'alice@[127.0.0.1]', 'alice@10.0.0.1', 'alice@gmail.com']) {
    const { run, dns } = await refused(() => google, { as });
    expectVerdict(run, 'stale_password', 1);
    assert.deepEqual(
      dns.queries.filter((query) => query.type !== 'A' && query.type !== 'AAAA'),
      [],
      as,
    );
    assert.equal(run.json.provider, as === 'alice@gmail.com' ? 'gmail' : '', run.stdout);
    await expectExplained(run);
  }
});

test('a lie of the DNS makes no verdict that clears a password which the answer alone does not clear', async () => {
  for (const refusal of [
    'NO [UNAVAILABLE] Temporary authentication failure.',
    'NO Server busy, try again',
    'NO Something else',
  ]) {
    const honest = await refused(zone({}), { refusal });
    for (const lie of [google, microsoft, mx('mxbiz1.qq.com'), mx('mx.yandex.net')]) {
      const { run } = await refused(zone({ [`${domain} MX`]: lie }), { refusal });
      assert.notEqual(run.json.verdict, 'stale_password', run.stdout);
      const clears = run.json.confidence !== 'guess' && ['app_password_required', 'oauth2_required'].includes(run.json.verdict);
      assert.ok(!clears || run.json.verdict === honest.run.json.verdict, run.stdout);
    }
  }
});

test('the ledger keeps a refusal under its own host, whatever the DNS says, and the advice with it', () =>
  withDns(zone({ [`${domain} MX`]: google }), async (dns) => {
    const home = makeHome();
    expectVerdict(await probe(dns, dovecot.ports.imaps, { home, password: 'wrong-2' }), 'stale_password', 1);
    await withDns(zone({}), async (silent) => {
      const second = await probe(silent, dovecot.ports.imaps, { home, password: 'wrong-2' });
      expectVerdict(second, 'stale_password', 0);
      assert.equal(second.json.rule, 'ledger', second.stdout);
      assert.deepEqual(second.json.advice.slice(0, 2), ['oauth2', 'app_password'], second.stdout);
    });
  }));

test('heard words get the advice of the domain too, without an attempt', () =>
  withDns(zone({ [`${domain} MX`]: google }), async (dns) => {
    const host = startNative({ wrap: dns.wrap });
    try {
      const answer = await host.ask('probe', {
        account: { protocol: 'pop3', host: 'localhost', port: dovecot.ports.pop3s, tls: 'implicit', user, auth: 'password' },
        credential: { kind: 'password', secret: 'wrong-3' },
        heard: [{ protocol: 'pop3', mechanism: 'PLAIN', lines: ['-ERR [AUTH] Authentication failed.'], tls: true }],
      });
      assert.equal(answer.verdict, 'stale_password', JSON.stringify(answer));
      assert.equal(answer.attempts, 0);
      assert.deepEqual(answer.advice.slice(0, 2), ['oauth2', 'app_password']);
    } finally {
      await host.stop();
    }
  }));

test('the message may name the mail domain where the user name does not', () =>
  withDns(zone({ [`${domain} MX`]: google }), async (dns) => {
    const server = await startLineServer({ certificate, greeting: '* OK ready', answer: refusingImap(plainRefusal) });
    const host = startNative({ wrap: dns.wrap });
    try {
      const id = host.send('probe', {
        account: {
          protocol: 'imap',
          host: 'localhost',
          port: server.port,
          tls: 'implicit',
          user: 'alice',
          auth: 'password',
          mail_domain: domain,
        },
        credential: { kind: 'password', secret: 'wrong-4' },
      });
      await host.next((message) => message.id === id && message.type === 'chain');
      host.send('trust', { probe: id, trusted: true });
      const answer = await host.answerTo(id);
      assert.equal(answer.verdict, 'stale_password', JSON.stringify(answer));
      assert.equal(answer.provider, 'gmail');
    } finally {
      await host.stop();
      await server.stop();
    }
  }));
