// SPDX-License-Identifier: MPL-2.0
// Servers that lie in every way that the tables of tests/harness/hostile_*.mjs know, at every stage of IMAP, POP3 and SMTP. Whatever they do: the program lives on, is
// in time, shows no finding of a sanitizer and no leak; no credential leaves over anything but a verified channel; nothing is said about the password but after a
// refusal of it; and no word of the server reaches a reader raw. In a network of its own, where the server is no loopback address. Needs root.
// Most cases are told to programs that run as under Thunderbird and live through hundreds of them, some to the command line.
// Belongs here: mail servers. Does not belong here: a domain's pages and names (hostile_domain), messages of the add-on (hostile_messages).

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { makeAuthority } from '../harness/certificates.mjs';
import { startDnsServer, zone } from '../harness/dns_server.mjs';
import { lies } from '../harness/hostile_lies.mjs';
import {
  counted,
  expectInTime,
  expectNoPassword,
  Hosts,
  plainProgram,
  runMeasured,
  summary,
  watchfulProgram,
} from '../harness/hostile_run.mjs';
import { encryptionFor, startHostileServer } from '../harness/hostile_server.mjs';
import { handshakeLies, oddCertificates } from '../harness/hostile_tls.mjs';
import { forgedPhrases, wordsAbout } from '../harness/hostile_words.mjs';
import { enterOwnNetwork, trustAuthority, useNameServer } from '../harness/own_network.mjs';
import { findProgram, makeFolder, runOnce, start, waitUntil } from '../harness/processes.mjs';

const address = '203.0.113.9';
enterOwnNetwork(import.meta.url, [address]);

const host = 'mail.hostile.test';
const protocols = ['imap', 'pop3', 'smtp'];
const authority = makeAuthority(join(makeFolder('hostile-ca'), 'known'));
const stranger = makeAuthority(join(makeFolder('hostile-ca'), 'unknown'), { name: 'Nobody' });
const certificate = authority.issue({ names: [host] });
const dns = await startDnsServer(
  zone({ [`${host} A`]: { records: [{ type: 'A', data: Buffer.from(address.split('.').map(Number)) }] } }),
);
useNameServer(dns);
trustAuthority(authority);

const watched = new Hosts(watchfulProgram, 2);
const plain = new Hosts(plainProgram, 1);
/** A run that only a deadline ends gets this one; the others must end by themselves well before theirs. */
const [shortMs, longMs] = [1500, 8000];
const slowestOf = (row) => (row.waits || row.mayWait ? shortMs : longMs);

let serial = 0;
/** An account of its own for each run: what the ledger knows of one decides nothing about the next. */
const newCredential = () => ({ user: `alice-${(serial += 1)}`, password: `planted-hostile-${serial}-pw` });

/** A server that lies like this row of a table at this stage. */
const liar = ({ protocol, stage, row, shown = certificate }) =>
  startHostileServer({
    protocol,
    tls: row.tls ?? encryptionFor(stage),
    certificate: shown,
    lies: row.tell ? { [stage]: row.tell } : {},
    challenges: stage === 'challenge',
    listen: address,
  });

/** What is true of every answer, whatever the server did. */
function expectTruth(answer, { name, credential, server, stage, row, ms }) {
  const all = `${name}\n${JSON.stringify(answer).slice(0, 4000)}`;
  if (row.tell && server.told() === 0) throw new NothingTold(`nothing came to the lie: ${all}`);
  expectInTime(name, ms, slowestOf(row));
  assert.equal(answer.type, 'verdict', all);
  expectNoPassword(JSON.stringify(answer), credential, name);
  assert.ok(!server.heardInClear(credential.password), `the password left in clear: ${all}`);
  assert.ok(answer.attempts <= 1 && server.credentials() <= answer.attempts, `${server.credentials()} credentials left: ${all}`);
  if (!answer.evidence.tls_facts?.verified)
    assert.equal(answer.attempts, 0, `a credential left over a channel that was not verified: ${all}`);
  if (stage !== 'logout' && !(row.refuses && stage === 'auth'))
    assert.equal(answer.may_clear, 'never', `it would clear the password: ${all}`);
  if (server.credentials() === 0) assert.notEqual(answer.verdict, 'password_accepted', all);
  if (row.failure) assert.equal(answer.evidence.failure, row.failure, all);
  return all;
}

/** Lets a program probe a server that lies. Where the machine was so slow that the deadline came before the lie, once more with a longer one. */
async function probe(hosts, wish, credential = newCredential()) {
  try {
    return await probeOnce(hosts, wish, credential);
  } catch (error) {
    if (!(error instanceof NothingTold)) throw error;
    return probeOnce(
      hosts,
      { ...wish, row: { ...wish.row, waits: false, mayWait: false } },
      { ...credential, user: `${credential.user}-again` },
    );
  }
}
class NothingTold extends Error {}

async function probeOnce(hosts, { name, protocol, stage, row, shown, port }, credential) {
  const server = await liar({ protocol, stage, row, shown });
  try {
    return await hosts.with(async (program) => {
      const begin = performance.now();
      const tls = row.tls ?? encryptionFor(stage);
      const answer = await program.ask({
        id: credential.user,
        type: 'probe',
        account: { protocol, host, port: port ?? server.port, tls, user: credential.user, auth: 'password' },
        credential: { kind: 'password', secret: credential.password },
        limit_ms: slowestOf(row),
      });
      const all = expectTruth(answer, { name, credential, server, stage, row, ms: performance.now() - begin });
      return { answer, all, server, credential };
    });
  } finally {
    await server.stop();
  }
}

/** The same by the command line, for people. */
async function probeForPeople({ name, protocol, stage, row, program }, credential = newCredential()) {
  const server = await liar({ protocol, stage, row });
  try {
    const tls = encryptionFor(stage);
    const url = `${protocol}${tls === 'implicit' ? 's' : ''}://${host}:${server.port}`;
    const limit = Math.ceil(slowestOf(row) / 1000);
    const run = await runMeasured(name, ['probe', url, '--user', credential.user, '--timeout', String(limit)], {
      password: credential.password,
      deadlineMs: limit * 1000,
      program,
    });
    expectNoPassword(run.out + run.err, credential, name);
    assert.ok(!server.heardInClear(credential.password), name);
    assert.ok(server.credentials() <= 1, name);
  } finally {
    await server.stop();
  }
}

const hostileCase = (name, tell) => test(name, () => counted(() => tell(name)));
const together = { concurrency: 16 };

before(async () => {
  // What the suite relies on: with an honest server the channel is verified, the credential leaves, and the answer decides nothing. A lie would be noticed.
  for (const hosts of [watched, plain]) {
    await hosts.begin();
    const { answer, all, server, credential } = await probe(hosts, {
      name: 'the honest server',
      protocol: 'imap',
      stage: 'auth',
      row: {},
    });
    assert.deepEqual(
      [answer.verdict, answer.attempts, answer.evidence.tls_facts.verified, server.credentials()],
      ['temporary_failure', 1, true, 1],
      all,
    );
    assert.ok(server.heardProtected(credential.password));
  }
});
after(async () => {
  try {
    for (const end of await Promise.allSettled([watched.end('the watchful programs'), plain.end('the program as it is shipped')]))
      if (end.reason) throw end.reason;
  } finally {
    await dns.stop();
    process.stdout.write(`# ${summary()}\n`);
  }
});

describe('octets and order', together, () => {
  // 10 seconds each (net/drive.hpp): silence and dribble end there, whatever the run as a whole may take.
  const dribbles = lies.filter(({ name }) => ['nothing', 'a line now and then, and never the answer'].includes(name));
  for (const [protocol, stage, row] of [
    ['imap', 'greeting', dribbles[0]],
    ['smtp', 'after-tls', dribbles[1]],
    ['pop3', 'starttls', dribbles[1]],
    ['imap', 'connect', dribbles[0]],
  ]) {
    hostileCase(`${protocol}, ${stage}: ${row.name}, with 30 seconds for the run`, async (name) => {
      const server = await liar({ protocol, stage, row });
      try {
        const tls = encryptionFor(stage);
        const begin = performance.now();
        const answer = await watched.with((program) =>
          program.ask({
            id: newCredential().user,
            type: 'probe',
            account: { protocol, host, port: server.port, tls, user: 'alice', auth: 'password' },
            repair: false,
            limit_ms: 30_000,
          }),
        );
        // A second look (probe/second_look.hpp) takes 5 seconds at most.
        expectInTime(name, performance.now() - begin, 15_000);
        assert.equal(answer.evidence.failure, 'timeout', JSON.stringify(answer));
      } finally {
        await server.stop();
      }
    });
  }

  for (const row of lies) {
    for (const protocol of protocols.filter((each) => row.protocols[each])) {
      for (const stage of row.at) {
        hostileCase(`${protocol}, ${stage}: ${row.name}`, async (name) => {
          await probe(watched, { name, protocol, stage, row });
          if (row.heavy) await probe(plain, { name, protocol, stage, row });
        });
      }
    }
  }
});

describe('the command line, watched', together, () => {
  for (const [at, row] of lies.filter(({ heavy }) => heavy).entries()) {
    const protocol = protocols.filter((each) => row.protocols[each])[at % 3];
    const stage = row.at[at % row.at.length];
    hostileCase(`${protocol}, ${stage}, by the command line: ${row.name}`, (name) =>
      probeForPeople({ name, protocol, stage, row, program: watchfulProgram }),
    );
  }
});

describe('words', together, () => {
  const elsewhere = ['greeting', 'capabilities', 'starttls', 'after-tls', 'challenge'];
  const refuse = (octets) => (peer) => {
    const code = peer.stage === 'auth' ? { imap: '[AUTHENTICATIONFAILED] ', pop3: '[AUTH] ', smtp: '5.7.8 ' }[peer.protocol] : '';
    return Buffer.concat([Buffer.from(peer.refusal(code), 'latin1'), octets, Buffer.from('\r\n')]);
  };
  for (const [at, what] of Object.keys(wordsAbout(newCredential())).entries()) {
    const protocol = protocols[at % 3];
    const stage = elsewhere[at % elsewhere.length];
    hostileCase(`${protocol}, ${stage}: refuses with ${what}`, (name) => {
      const credential = newCredential();
      return probe(watched, { name, protocol, stage, row: { tell: refuse(wordsAbout(credential)[what]) } }, credential);
    });
    for (const each of protocols) {
      hostileCase(`${each}, auth: refuses the password with ${what}`, (name) => {
        const credential = newCredential();
        const row = { tell: refuse(wordsAbout(credential)[what]), refuses: true };
        return probe(watched, { name, protocol: each, stage: 'auth', row }, credential);
      });
    }
    hostileCase(`${protocol}, auth: refuses the password with ${what}; said to people, and explained`, async (name) => {
      const credential = newCredential();
      const row = { tell: refuse(wordsAbout(credential)[what]), refuses: true };
      const { answer } = await probe(plain, { name, protocol, stage: 'auth', row }, credential);
      const again = newCredential();
      await probeForPeople(
        { name, protocol, stage: 'auth', row: { tell: refuse(wordsAbout(again)[what]), refuses: true } },
        again,
      );
      const explained = await runMeasured(name, ['explain', '--trace'], {
        stdin: `${JSON.stringify({ id: 'x', evidence: answer.evidence })}\n`,
        deadlineMs: 2000,
      });
      expectNoPassword(explained.out + explained.err, credential, name);
    });
  }
  for (const protocol of protocols) {
    for (const [at, phrase] of forgedPhrases[protocol].entries()) {
      for (const stage of elsewhere) {
        hostileCase(`${protocol}, ${stage}: phrase ${at + 1} of the rules, forged`, async (name) => {
          const { answer, all } = await probe(watched, { name, protocol, stage, row: { tell: (peer) => peer.refusal(phrase) } });
          assert.ok(!['password_accepted', 'stale_password'].includes(answer.verdict), all);
          // POP3 without CAPA is honest and old: it goes on.
          if (protocol !== 'pop3' || stage !== 'after-tls') assert.equal(answer.attempts, 0, all);
        });
      }
    }
  }
});

describe('certificates', together, () => {
  const odd = oddCertificates(authority, stranger);
  const made = {};
  before(() => {
    for (const [what, { make }] of Object.entries(odd)) made[what] = make();
  });
  for (const [what, { good = false, mayBe }] of Object.entries(odd)) {
    hostileCase(`a certificate with ${what}`, async (name) => {
      const { answer, server, all, credential } = await probe(watched, {
        name,
        protocol: 'imap',
        stage: 'greeting',
        row: {},
        shown: made[what],
      });
      const failure = answer.evidence.failure ?? 'none';
      if (good) assert.deepEqual([answer.evidence.tls_facts?.verified, server.credentials()], [true, 1], all);
      else if (mayBe) assert.ok(mayBe.includes(failure), all);
      else assert.match(failure, /^certificate_/, all);
      if (!good && !mayBe?.includes('none'))
        assert.deepEqual(
          [answer.evidence.tls_facts?.verified ?? false, server.heardProtected(credential.password)],
          [false, false],
          all,
        );
    });
  }
});

describe('TLS below', together, () => {
  for (const row of handshakeLies) {
    hostileCase(`TLS: ${row.name}`, async (name) => {
      const { answer, all } = await probe(watched, { name, protocol: 'imap', stage: 'connect', row });
      assert.equal(answer.attempts, 0, all);
    });
  }
});

describe('TLS within', together, () => {
  const pest = join(makeFolder('hostile-pest'), 'tls_pest');
  runOnce(findProgram('cc'), [
    '-O1',
    '-o',
    pest,
    new URL('../harness/tls_pest.c', import.meta.url).pathname,
    '-lssl',
    '-lcrypto',
  ]);
  const modes = {
    tickets: 'session tickets without end',
    keyupdates: 'key updates without end',
    renegotiate: 'a new handshake with the certificate of another server',
  };
  for (const [mode, what] of Object.entries(modes)) {
    hostileCase(`TLS, inside: ${what}`, async (name) => {
      const other = stranger.issue({ names: ['evil.example'] });
      const server = start(pest, [mode, certificate.certFile, certificate.keyFile, other.certFile, other.keyFile]);
      try {
        const port = Number(
          await waitUntil(() => /^\d+\n/.exec(server.output())?.[0], { what: () => `a port: ${server.output()}` }),
        );
        const { answer, all } = await probe(watched, { name, protocol: 'imap', stage: 'greeting', row: { waits: true }, port });
        assert.equal(answer.attempts, 0, all);
        assert.ok(!server.output().includes('AUTHENTICATE'), `a credential left: ${all}`);
        assert.ok(!server.output().includes('second handshake'), `another certificate was taken: ${all}`);
      } finally {
        await server.stop('SIGKILL');
      }
    });
  }
});
