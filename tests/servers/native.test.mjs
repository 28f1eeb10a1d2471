// SPDX-License-Identifier: MPL-2.0
// The host as Thunderbird runs it: frames on stdin and stdout, against real Dovecot and a real Secret Service. Dovecot's log is read.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { join } from 'node:path';

import { makeAuthority } from '../harness/certificates.mjs';
import { startDovecot } from '../harness/dovecot.mjs';
import { makeHome, makeHomeWithoutKeyring, startNative } from '../harness/host.mjs';
import { makeFolder } from '../harness/processes.mjs';
import { SILENT, startScriptedServer } from '../harness/scripted_server.mjs';

const folder = makeFolder('native');
const authority = makeAuthority(join(folder, 'ca'));
let dovecot;
before(async () => {
  dovecot = await startDovecot({ dir: join(folder, 'dovecot'), authority });
});
after(() => dovecot?.stop());

const account = (port) => ({ protocol: 'imap', host: 'localhost', port, tls: 'implicit', user: 'alice', auth: 'password' });
const request = (secret, more = {}) => ({
  account: account(dovecot.ports.imaps),
  credential: { kind: 'password', secret },
  ...more,
});
const sealKey = Buffer.alloc(32, 7).toString('base64');

/** Runs `body` with a host and sees that it ends well: nothing but frames on stdout, exit status 0 at the end of stdin. */
async function withHost(body, options = {}) {
  const host = startNative(options);
  try {
    await body(host);
    assert.deepEqual(await host.close(), { status: 0, signal: null }, host.stderr());
    assert.equal(host.leftover().length, 0, 'something else than frames reached stdout');
    for (const message of host.messages) assert.equal(message.v, 1);
  } finally {
    await host.stop();
  }
}

test('hello exchanges versions', () =>
  withHost(async (host) => {
    const answer = await host.ask('hello', { version: '0.1.0' });
    assert.equal(answer.type, 'hello');
    assert.equal(answer.protocol, 1);
    assert.match(answer.version, /^\d+\.\d+\.\d+$/);
  }));

test('an unknown type, words that are no JSON, and a message without id get an error, and the host goes on', () =>
  withHost(async (host) => {
    assert.deepEqual([(await host.ask('make_coffee')).type, (await host.ask('make_coffee')).code], ['error', 'unsupported_type']);
    host.sendText('this is not JSON');
    host.sendText('\u0000\u0001');
    host.sendText('');
    host.sendText('{"v":1,"type":"hello"}');
    host.sendText('[1,2,3]');
    await host.ask('hello', { version: '0.1.0' });
    const errors = host.messages.filter((message) => message.id === null);
    assert.equal(errors.length, 5, JSON.stringify(host.messages));
    for (const error of errors) assert.equal(error.type, 'error');
  }));

test('a wrong password: chain, trust, verdict, one bad login; the same again: no login', () =>
  withHost(async (host) => {
    await dovecot.settle();
    const bad = dovecot.badLogins();
    const id = host.send('probe', request('wrong-native'));
    const chain = await host.next((message) => message.id === id && message.type === 'chain');
    assert.equal(chain.failure, 'certificate_issuer');
    assert.deepEqual([chain.host, chain.port], ['localhost', dovecot.ports.imaps]);
    const leaf = new X509Certificate(Buffer.from(chain.certificates[0], 'base64'));
    assert.equal(leaf.fingerprint256, new X509Certificate(readFileSync(dovecot.certificate.certFile)).fingerprint256);
    await dovecot.settle();
    assert.equal(dovecot.badLogins(), bad, 'the password left before Thunderbird had its say');

    host.send('trust', { probe: id, trusted: true });
    const verdict = await host.answerTo(id);
    assert.equal(verdict.type, 'verdict', JSON.stringify(verdict));
    assert.equal(verdict.verdict, 'stale_password');
    assert.equal(verdict.may_clear, 'at_once');
    assert.equal(verdict.attempts, 1);
    assert.ok(host.messages.some((message) => message.id === id && message.type === 'progress'));
    await dovecot.waitForBadLogins(bad + 1);

    const again = host.send('probe', request('wrong-native'));
    await host.next((message) => message.id === again && ['chain', 'verdict'].includes(message.type));
    if (host.messages.some((message) => message.id === again && message.type === 'chain'))
      host.send('trust', { probe: again, trusted: true });
    const second = await host.answerTo(again);
    assert.deepEqual([second.verdict, second.attempts, second.rule], ['stale_password', 0, 'ledger']);
    await dovecot.settle();
    assert.equal(dovecot.badLogins(), bad + 1);
    for (const message of host.messages) assert.ok(!JSON.stringify(message).includes('wrong-native'), 'the password came back');
    assert.ok(!host.stderr().includes('wrong-native'));
  }));

test('the right password after a yes: password_accepted', () =>
  withHost(async (host) => {
    const id = host.send('probe', request('right-1'));
    await host.next((message) => message.id === id && message.type === 'chain');
    host.send('trust', { probe: id, trusted: true });
    const verdict = await host.answerTo(id);
    assert.deepEqual([verdict.verdict, verdict.attempts, verdict.may_clear], ['password_accepted', 1, 'never']);
  }));

test('a no from Thunderbird: certificate_untrusted, nothing sent', () =>
  withHost(async (host) => {
    await dovecot.settle();
    const [bad, good] = [dovecot.badLogins(), dovecot.goodLogins()];
    const id = host.send('probe', request('wrong-untrusted'));
    await host.next((message) => message.id === id && message.type === 'chain');
    host.send('trust', { probe: id, trusted: false });
    const verdict = await host.answerTo(id);
    assert.deepEqual([verdict.verdict, verdict.attempts], ['certificate_untrusted', 0]);
    await dovecot.settle();
    assert.deepEqual([dovecot.badLogins(), dovecot.goodLogins()], [bad, good]);
  }));

test('no answer to the chain within the limit: certificate_untrusted or a timeout, nothing sent', () =>
  withHost(async (host) => {
    await dovecot.settle();
    const [bad, good] = [dovecot.badLogins(), dovecot.goodLogins()];
    const verdict = await host.ask('probe', request('wrong-unanswered', { limit_ms: 1500 }));
    assert.equal(verdict.type, 'verdict', JSON.stringify(verdict));
    assert.equal(verdict.attempts, 0);
    assert.notEqual(verdict.verdict, 'stale_password');
    await dovecot.settle();
    assert.deepEqual([dovecot.badLogins(), dovecot.goodLogins()], [bad, good]);
  }));

test('cancel ends a probe of a silent server at once; other probes go on', async () => {
  const silent = await startScriptedServer({ protocol: 'imap', greeting: SILENT });
  try {
    await withHost(async (host) => {
      const stuck = host.send('probe', {
        account: { ...account(silent.port), tls: 'none' },
        credential: { kind: 'password', secret: 'planted-1' },
      });
      await silent.waitForConnection();
      const other = host.send('probe', request('right-1'));
      await host.next((message) => message.id === other && message.type === 'chain');
      host.send('trust', { probe: other, trusted: true });
      assert.equal((await host.answerTo(other)).verdict, 'password_accepted');

      const begin = Date.now();
      assert.equal((await host.ask('cancel', { probe: stuck })).type, 'cancelled');
      const end = await host.answerTo(stuck);
      assert.ok(['verdict', 'error'].includes(end.type));
      assert.notEqual(end.verdict, 'stale_password');
      assert.ok(Date.now() - begin < 3000, 'cancel took long');
      assert.ok(!silent.saw('planted-1'));
    });
  } finally {
    await silent.stop();
  }
});

test('the end of stdin ends a host that waits for a silent server', async () => {
  const silent = await startScriptedServer({ protocol: 'imap', greeting: SILENT });
  try {
    await withHost(async (host) => {
      host.send('probe', {
        account: { ...account(silent.port), tls: 'none' },
        credential: { kind: 'password', secret: 'planted-1' },
      });
      await silent.waitForConnection();
    });
  } finally {
    await silent.stop();
  }
});

test('a frame above the limit ends the host with exit status 65', async () => {
  const host = startNative();
  try {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(64 * 1024 + 1);
    host.sendOctets(head);
    assert.deepEqual(await host.ended, { status: 65, signal: null });
  } finally {
    await host.stop();
  }
});

test('the vault keeps a password across hosts, names it without showing it, and gives it back to the same key only', async () => {
  const home = makeHome();
  let entry;
  await withHost(
    async (host) => {
      const stored = await host.ask('vault_store', {
        account: { protocol: 'imap', host: 'localhost', port: 993, user: 'vault-user' },
        secret: 'old-password-ä',
        seal_key: sealKey,
      });
      assert.equal(stored.type, 'vault', JSON.stringify(stored));
      assert.equal(stored.entries.length, 1);
      entry = stored.entries[0].entry;
      assert.ok(!JSON.stringify(stored).includes('old-password'));
    },
    { home },
  );
  await withHost(
    async (host) => {
      const list = await host.ask('vault_list');
      const found = list.entries.find((each) => each.entry === entry);
      assert.deepEqual(found?.account, { protocol: 'imap', host: 'localhost', port: 993, user: 'vault-user' });
      assert.ok(found.expires_at - found.stored_at > 29 * 86_400_000);
      assert.ok(!JSON.stringify(list).includes('old-password'));
      const other = await host.ask('vault_restore', { entry, seal_key: Buffer.alloc(32, 8).toString('base64') });
      assert.equal(other.type, 'error', 'another key opened the vault');
      const back = await host.ask('vault_restore', { entry, seal_key: sealKey });
      assert.equal(back.secret, 'old-password-ä', JSON.stringify({ ...back, secret: '…' }));
    },
    { home },
  );
});

test('without a keyring the vault says so and nothing is stored', () =>
  withHost(
    async (host) => {
      const begin = Date.now();
      const answer = await host.ask('vault_store', {
        account: { protocol: 'imap', host: 'localhost', port: 993, user: 'alice' },
        secret: 'old',
        seal_key: sealKey,
      });
      assert.deepEqual([answer.type, answer.code], ['error', 'no_keyring']);
      assert.ok(Date.now() - begin < 6000);
    },
    { home: makeHomeWithoutKeyring() },
  ));

test('explain answers as the command line does', () =>
  withHost(async (host) => {
    const answer = await host.ask('explain', {
      line: {
        id: 'x',
        protocol: 'imap',
        host: 'imap.gmail.com',
        offered: [],
        mechanism: 'PLAIN',
        response: [
          'a1 NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)',
        ],
      },
    });
    assert.equal(answer.verdict, 'app_password_required', JSON.stringify(answer));
  }));
