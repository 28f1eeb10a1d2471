// SPDX-License-Identifier: MPL-2.0
// `reprompt probe` against a real Dovecot: the four encrypted forms, right and wrong password, and the ledger. Each test reads Dovecot's log.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';

import { makeAuthority } from '../harness/certificates.mjs';
import { startDovecot } from '../harness/dovecot.mjs';
import { makeHome, makeHomeWithoutKeyring, runReprompt } from '../harness/host.mjs';
import { makeFolder } from '../harness/processes.mjs';
import { expectSilenceAbout, expectVerdict } from './expectations.mjs';

const folder = makeFolder('dovecot');
const authority = makeAuthority(join(folder, 'ca'));
let dovecot;
/** The four forms of an encrypted probe. */
let forms;

before(async () => {
  dovecot = await startDovecot({ dir: join(folder, 'dovecot'), authority });
  const { imaps, imap, pop3s, pop3 } = dovecot.ports;
  forms = {
    imaps: [`imaps://localhost:${imaps}`],
    'imap with STARTTLS': [`imap://localhost:${imap}`, '--tls', 'starttls'],
    pop3s: [`pop3s://localhost:${pop3s}`],
    'pop3 with STLS': [`pop3://localhost:${pop3}`, '--tls', 'starttls'],
  };
});
after(() => dovecot?.stop());

const probe = (form, password, options = {}) =>
  runReprompt(['probe', ...forms[form], '--user', 'alice', '--ca-file', authority.caFile, '--json', ...(options.more ?? [])], {
    password,
    ...options,
  });

for (const form of ['imaps', 'imap with STARTTLS', 'pop3s', 'pop3 with STLS']) {
  describe(form, () => {
    test('the right password is accepted after one attempt', async () => {
      await dovecot.settle();
      const [bad, good] = [dovecot.badLogins(), dovecot.goodLogins()];
      const run = await probe(form, 'right-1');
      expectVerdict(run, 'password_accepted', 1);
      expectSilenceAbout(run, 'right-1');
      await dovecot.waitForLog(() => dovecot.goodLogins() === good + 1);
      await dovecot.settle();
      assert.equal(dovecot.badLogins(), bad);
      assert.equal(dovecot.goodLogins(), good + 1);
    });

    test('a wrong password is stale after one attempt, in the words of the server, and never sent again', async () => {
      const home = makeHome();
      const wrong = `wrong-${form.replaceAll(' ', '-')}`;
      await dovecot.settle();
      const bad = dovecot.badLogins();

      const first = await probe(form, wrong, { home });
      expectVerdict(first, 'stale_password', 1);
      expectSilenceAbout(first, wrong);
      assert.match(JSON.stringify(first.json.server_words), /AUTH/);
      assert.ok(['likely', 'certain'].includes(first.json.confidence), first.stdout);
      await dovecot.waitForBadLogins(bad + 1);
      const log = await dovecot.settle();
      assert.equal(dovecot.badLogins(), bad + 1);
      assert.ok(log.includes(`(given password: ${wrong})`));

      const second = await probe(form, wrong, { home });
      expectVerdict(second, 'stale_password', 0);
      expectSilenceAbout(second, wrong);
      assert.equal(second.json.rule, 'ledger', second.stdout);
      assert.equal(second.json.confidence, 'likely', second.stdout);
      await dovecot.settle();
      assert.equal(dovecot.badLogins(), bad + 1, 'the ledger did not keep the rejected password back');

      const right = await probe(form, 'right-1', { home });
      expectVerdict(right, 'password_accepted', 1);
    });
  });
}

test('a password rejected by IMAP is not tried at POP3 of the same server', async () => {
  const home = makeHome();
  expectVerdict(await probe('imaps', 'wrong-shared', { home }), 'stale_password', 1);
  await dovecot.settle();
  const bad = dovecot.badLogins();
  expectVerdict(await probe('pop3s', 'wrong-shared', { home }), 'stale_password', 0);
  await dovecot.settle();
  assert.equal(dovecot.badLogins(), bad);
});

test('"check again" sends it once more, but not more than three rejected attempts leave in a day', async () => {
  const home = makeHome();
  const again = { home, more: ['--again'] };
  expectVerdict(await probe('imaps', 'wrong-again', { home }), 'stale_password', 1);
  expectVerdict(await probe('imaps', 'wrong-again', again), 'stale_password', 1);
  expectVerdict(await probe('imaps', 'wrong-again', again), 'stale_password', 1);
  await dovecot.settle();
  const bad = dovecot.badLogins();
  const run = await probe('imaps', 'wrong-again', again);
  assert.equal(run.json?.attempts, 0, run.stdout);
  await dovecot.settle();
  assert.equal(dovecot.badLogins(), bad);
});

test('after three refused passwords the right one is not tried either, and that is said in plain words', async () => {
  const home = makeHome();
  for (const wrong of ['wrong-first', 'wrong-second', 'wrong-third']) await probe('imaps', wrong, { home });
  await dovecot.settle();
  const [bad, good] = [dovecot.badLogins(), dovecot.goodLogins()];
  const args = ['probe', ...forms.imaps, '--user', 'alice', '--ca-file', authority.caFile, '--again'];
  const run = await runReprompt([...args, '--json'], { home, password: 'right-1' });
  expectVerdict(run, 'inconclusive', 0);
  assert.equal(run.json.rule, 'attempts-used-up', run.stdout);
  assert.deepEqual(run.json.advice, ['wait'], run.stdout);
  for (const [LC_ALL, words] of [
    ['C.UTF-8', /^Three sign-ins of this account failed within 24 hours/],
    ['ja_JP.UTF-8', /^このアカウントでは 24 時間以内に 3 回ログインに失敗した/],
  ]) {
    const report = await runReprompt(args, { home, password: 'right-1', env: { LC_ALL } });
    assert.equal(report.status, 3);
    assert.match(report.stdout, words);
    assert.match(report.stdout, /--again/);
  }
  await dovecot.settle();
  assert.deepEqual([dovecot.badLogins(), dovecot.goodLogins()], [bad, good]);
});

test('without a keyring a wrong password is judged all the same, and the report says that there is none', async () => {
  const home = makeHomeWithoutKeyring();
  const run = await probe('imaps', 'wrong-keyring', { home });
  expectVerdict(run, 'stale_password', 1);
  assert.match(JSON.stringify(run.json.notes), /keyring/i);
  for (let attempt = 2; attempt <= 3; attempt += 1) await probe('imaps', 'wrong-keyring', { home });
  await dovecot.settle();
  const bad = dovecot.badLogins();
  assert.equal((await probe('imaps', 'wrong-keyring', { home })).json?.attempts, 0);
  await dovecot.settle();
  assert.equal(dovecot.badLogins(), bad);
});

test('--no-auth sends nothing and finds nothing wrong', async () => {
  await dovecot.settle();
  const [bad, good] = [dovecot.badLogins(), dovecot.goodLogins()];
  for (const form of Object.keys(forms)) {
    const run = await runReprompt(['probe', ...forms[form], '--no-auth', '--ca-file', authority.caFile, '--json']);
    expectVerdict(run, 'inconclusive', 0);
    assert.equal(run.json.rule, 'no-credential', run.stdout);
  }
  await dovecot.settle();
  assert.deepEqual([dovecot.badLogins(), dovecot.goodLogins()], [bad, good]);
});

test('an authority nobody knows: certificate_untrusted, and the password stays here', async () => {
  await dovecot.settle();
  const [bad, good] = [dovecot.badLogins(), dovecot.goodLogins()];
  for (const form of Object.keys(forms)) {
    const run = await runReprompt(['probe', ...forms[form], '--user', 'alice', '--json'], { password: 'right-1' });
    expectVerdict(run, 'certificate_untrusted', 0);
    assert.equal(run.json.evidence.failure, 'certificate_issuer', run.stdout);
  }
  await dovecot.settle();
  assert.deepEqual([dovecot.badLogins(), dovecot.goodLogins()], [bad, good]);
});

test('SSL_CERT_FILE counts on the command line', async () => {
  const run = await runReprompt(['probe', ...forms.imaps, '--user', 'alice', '--json'], {
    password: 'right-1',
    env: { SSL_CERT_FILE: authority.caFile },
  });
  expectVerdict(run, 'password_accepted', 1);
});

test('a certificate accepted by its fingerprint carries the password; another fingerprint does not', async () => {
  const look = await runReprompt(['probe', ...forms.imaps, '--no-auth', '--json']);
  const sha256 = look.json?.evidence?.tls_facts?.sha256;
  assert.match(sha256 ?? '', /^[0-9a-f]{64}$/, look.stdout);
  const accept = (print) =>
    runReprompt(['probe', ...forms.imaps, '--user', 'alice', '--accept-cert', print, '--json'], { password: 'right-1' });
  expectVerdict(await accept(sha256), 'password_accepted', 1);
  expectVerdict(await accept(sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))), 'certificate_untrusted', 0);
});

for (const [what, names, options, failure] of [
  ['another name', ['imap.example.org'], {}, 'certificate_name'],
  ['an expired certificate', ['localhost', '127.0.0.1'], { expired: true }, 'certificate_expired'],
  ['a certificate of next year', ['localhost', '127.0.0.1'], { notYetValid: true }, 'certificate_not_yet_valid'],
]) {
  test(`${what}: certificate_untrusted, and the password stays here`, async () => {
    const other = await startDovecot({
      dir: makeFolder('dovecot-certificate'),
      authority,
      certificate: authority.issue({ names, ...options }),
    });
    try {
      for (const args of [
        [`imaps://localhost:${other.ports.imaps}`],
        [`pop3://localhost:${other.ports.pop3}`, '--tls', 'starttls'],
      ]) {
        const run = await runReprompt(['probe', ...args, '--user', 'alice', '--ca-file', authority.caFile, '--json'], {
          password: 'right-1',
        });
        expectVerdict(run, 'certificate_untrusted', 0);
        assert.equal(run.json.evidence.failure, failure, run.stdout);
      }
      await other.settle();
      assert.equal(other.goodLogins() + other.badLogins(), 0);
    } finally {
      await other.stop();
    }
  });
}

test('the evidence of a probe explains itself: explain repeats the verdict', async () => {
  for (const [form, password] of [
    ['imaps', 'wrong-evidence'],
    ['pop3s', 'wrong-evidence-2'],
    ['imaps', 'right-1'],
  ]) {
    const run = await probe(form, password);
    const explained = await runReprompt(['explain', '--json'], {
      stdin: `${JSON.stringify({ id: 'x', evidence: run.json.evidence })}\n`,
    });
    assert.equal(explained.json?.verdict, run.json.verdict, explained.stdout + explained.stderr);
    assert.equal(explained.json?.rule, run.json.rule);
  }
});

test('a refusal that Dovecot delays, as it does when nobody configures it, is waited for', async () => {
  const stock = await startDovecot({ dir: makeFolder('dovecot-stock'), authority, instant: false });
  try {
    const run = await runReprompt(
      ['probe', `imaps://localhost:${stock.ports.imaps}`, '--user', 'alice', '--ca-file', authority.caFile, '--json'],
      { password: 'wrong-slow' },
    );
    expectVerdict(run, 'stale_password', 1);
    await stock.settle();
    assert.equal(stock.badLogins(), 1);
  } finally {
    await stock.stop();
  }
});
