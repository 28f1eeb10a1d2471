// SPDX-License-Identifier: MPL-2.0
// The real keyring hangs, is locked, or is asked to forget. The greeting is answered at once whatever the keyring does, no wait lasts longer
// than promised, nobody is asked to unlock anything, and nothing counts as kept that is not.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { join } from 'node:path';

import { makeAuthority } from '../harness/certificates.mjs';
import { startDovecot } from '../harness/dovecot.mjs';
import { makeHome, makeHomeWithoutKeyring, runReprompt, startNative } from '../harness/host.mjs';
import { startKeyring } from '../harness/keyring.mjs';
import { findProgram, makeFolder, runOnce, start, waitUntil } from '../harness/processes.mjs';
import { aliceAt, keep, probe, restore } from './trusting_probe.mjs';

const folder = makeFolder('keyring-faults');
const authority = makeAuthority(join(folder, 'ca'));
let dovecot;
before(async () => {
  dovecot = await startDovecot({ dir: join(folder, 'dovecot'), authority });
});
after(() => dovecot?.stop());

const account = () => aliceAt(dovecot);

/** How long `asking` took, and what it gave. */
async function timed(asking) {
  const begin = performance.now();
  const answer = await asking;
  return { answer, ms: performance.now() - begin };
}

async function withHost(home, body) {
  const host = startNative({ home });
  try {
    await body(host);
    assert.deepEqual(await host.close(), { status: 0, signal: null }, host.stderr());
  } finally {
    await host.stop();
  }
}

test('a keyring that hangs: hello at once, one attempt within seconds, and the vault says that it keeps nothing', async () => {
  const keyring = Number(process.env.REPROMPT_TEST_KEYRING_PID);
  assert.ok(keyring > 0, 'run this under tests/harness/with_keyring.sh');
  process.kill(keyring, 'SIGSTOP');
  try {
    await withHost(makeHome(), async (host) => {
      // A first start of the program costs more than a hello.
      await host.ask('explain', { line: { id: 'x', protocol: 'imap', host: null, offered: [], mechanism: null, response: [] } });
      const hello = await timed(host.ask('hello', { version: '0.1.0' }));
      assert.equal(hello.answer.type, 'hello');
      assert.ok(hello.ms < 500, `hello took ${hello.ms} ms`);
      const [probed, kept] = await Promise.all([
        timed(probe(host, account(), 'wrong-while-hanging')),
        timed(keep(host, account(), 'kept-by-nobody')),
      ]);
      assert.deepEqual([probed.answer.verdict, probed.answer.attempts], ['stale_password', 1], JSON.stringify(probed.answer));
      assert.ok(
        probed.answer.notes.some((note) => note.includes('known only while this program runs')),
        JSON.stringify(probed.answer.notes),
      );
      assert.ok(probed.ms < 6000, `the check took ${probed.ms} ms`);
      assert.deepEqual([kept.answer.type, kept.answer.code], ['error', 'no_keyring'], JSON.stringify(kept.answer));
      assert.match(kept.answer.message, /did not answer in time; see whether/);
      assert.ok(kept.ms < 8000, `vault_store took ${kept.ms} ms`);
      const again = await probe(host, account(), 'wrong-while-hanging');
      assert.equal(again.attempts, 0, 'a refused password was sent again');
    });
  } finally {
    process.kill(keyring, 'SIGCONT');
  }
  await withHost(makeHome(), async (host) => assert.equal((await keep(host, account(), 'kept-again')).type, 'vault'));
});

test('a locked keyring is named, and nobody is asked to unlock it', async () => {
  const keyring = await startKeyring({ dir: makeFolder('locked-keyring') });
  const home = makeHome();
  Object.assign(home.env, keyring.env);
  const bus = { env: { ...process.env, ...keyring.env } };
  try {
    let entry;
    await withHost(home, async (host) => {
      entry = (await keep(host, account(), 'kept-before-locking')).entries[0].entry;
    });
    await keyring.lock();
    const monitor = start(findProgram('dbus-monitor'), ['--session', '--profile'], bus);
    await waitUntil(() => monitor.output().includes('NameAcquired'), { what: 'dbus-monitor' });
    await withHost(home, async (host) => {
      await host.ask('hello', { version: '0.1.0' });
      for (const answer of [
        await keep(host, account(), 'kept-by-nobody'),
        await restore(host, entry),
        await host.ask('vault_list'),
      ]) {
        assert.deepEqual([answer.type, answer.code], ['error', 'keyring_locked'], JSON.stringify(answer));
        assert.match(answer.message, /is locked; unlock it/);
      }
      const verdict = await probe(host, account(), 'wrong-while-locked');
      assert.deepEqual([verdict.verdict, verdict.attempts], ['stale_password', 1], JSON.stringify(verdict));
    });
    const traffic = monitor.output();
    await monitor.stop();
    assert.match(traffic, /ReadAlias/, 'the monitor saw nothing');
    assert.doesNotMatch(traffic, /\tUnlock\b|Prompt/);
  } finally {
    await keyring.stop();
  }
});

test('what is kept is listed; to forget takes vault, key and record, and says so; without a keyring it says what stays', async () => {
  const home = makeHome();
  await withHost(home, async (host) => {
    await keep(host, account(), 'kept-for-the-list');
    await probe(host, account(), 'wrong-before-forgetting');
  });
  const listed = await runReprompt(['undo', 'list', '--json'], { home });
  assert.equal(listed.status, 0, listed.stderr);
  assert.ok(listed.json.entries.some(({ account: { user, port } }) => user === 'alice' && port === dovecot.ports.imaps));
  assert.ok(!listed.stdout.includes('kept-for-the-list'));
  assert.match((await runReprompt(['undo', 'list'], { home })).stdout, /alice {2}kept \d{4}-/);

  const away = makeHomeWithoutKeyring();
  const refused = await runReprompt(['uninstall', '--forget'], { home: away });
  assert.equal(refused.status, 74, refused.stdout);
  assert.match(refused.stderr, /the kept passwords could not be erased: There is no session bus/);
  assert.match(refused.stderr, /the key of the record of attempts could not be erased/);
  assert.ok(!refused.stdout.includes('Erased'), refused.stdout);

  const state = join(home.env.XDG_STATE_HOME, 'reprompt');
  assert.ok(existsSync(state));
  const forgotten = await runReprompt(['uninstall', '--forget'], { home });
  assert.equal(forgotten.status, 0, forgotten.stderr);
  assert.match(forgotten.stdout, /^Erased \d+ kept passwords? from the keyring$/m);
  assert.match(forgotten.stdout, /^Erased the key of the record of attempts from the keyring$/m);
  assert.ok(forgotten.stdout.includes(`Removed ${state}`), forgotten.stdout);
  assert.ok(!existsSync(state));
  assert.deepEqual((await runReprompt(['undo', 'list', '--json'], { home })).json, { entries: [] });
  for (const schema of ['org.reprompt.Vault', 'org.reprompt.LedgerKey', 'org.reprompt.Test']) {
    const found = runOnce(findProgram('dbus-send'), [
      '--session',
      '--print-reply',
      '--dest=org.freedesktop.secrets',
      '/org/freedesktop/secrets',
      'org.freedesktop.Secret.Service.SearchItems',
      `dict:string:string:xdg:schema,${schema}`,
    ]);
    assert.ok(!found.includes('object path'), `${schema}: ${found}`);
  }
});
