// SPDX-License-Identifier: MPL-2.0
// The folder of the ledger goes wrong: full disk, read-only home, another user's folder, damaged files, two hosts at once. Without a ledger
// that can be written no password leaves, and the host says so; damage is moved aside and never ends the host. Needs root (mounts).

import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { join } from 'node:path';

import { makeAuthority } from '../harness/certificates.mjs';
import { startDovecot } from '../harness/dovecot.mjs';
import { makeHome, runReprompt, startNative } from '../harness/host.mjs';
import { findProgram, makeFolder, textOf } from '../harness/processes.mjs';
import { aliceAt, keep, probe, restore } from './trusting_probe.mjs';

const folder = makeFolder('state-faults');
const authority = makeAuthority(join(folder, 'ca'));
let dovecot;
before(async () => {
  dovecot = await startDovecot({ dir: join(folder, 'dovecot'), authority });
});
after(() => dovecot?.stop());

const account = () => aliceAt(dovecot);
const stateOf = (home) => join(home.env.XDG_STATE_HOME, 'reprompt');

/** Runs `body` with a host in this home; it must end well whatever happened. */
async function withHost(home, body, wrap = []) {
  const host = startNative({ home, wrap });
  try {
    await host.ask('hello', { version: '0.1.0' });
    const result = await body(host);
    assert.deepEqual(await host.close(), { status: 0, signal: null }, host.stderr());
    return result;
  } finally {
    await host.stop();
  }
}

/** Logins that Dovecot saw while `body` ran. */
async function logins(body) {
  await dovecot.settle();
  const before = dovecot.badLogins() + dovecot.goodLogins();
  await body();
  await dovecot.settle();
  return dovecot.badLogins() + dovecot.goodLogins() - before;
}

/** A command in a mount namespace of its own, after `script` with the state folder as $1. */
const mounted = (home, script) => [
  findProgram('unshare'),
  '--mount',
  'sh',
  '-eu',
  '-c',
  `${script}; shift; exec "$@"`,
  'sh',
  stateOf(home),
];
const fullDisk =
  'mount -t tmpfs -o size=256k,mode=0700 full "$1"; if [ -d "$1.before" ]; then cp -a "$1.before/." "$1"; fi; ' +
  'head -c 1M /dev/zero >"$1/filler" 2>/dev/null || :';
const readOnly = 'mount --bind "$1" "$1"; mount -o remount,ro,bind "$1"';

/** A home in which `wrong-known` was refused before. */
async function homeWithRefusal() {
  const home = makeHome();
  const first = await withHost(home, (host) => probe(host, account(), 'wrong-known'));
  assert.deepEqual([first.verdict, first.attempts], ['stale_password', 1], JSON.stringify(first));
  return home;
}

async function doctor(home, wrap = []) {
  const run = await runReprompt(['doctor', '--json'], { home, wrap });
  return run.json.checks.find(({ name }) => name === 'state');
}

for (const [what, script, found] of [
  ['a full disk', fullDisk, /is full/],
  ['a read-only home', readOnly, /cannot be used|cannot be written/],
]) {
  test(`${what}: no password leaves, the check says why, doctor names it`, async () => {
    const home = makeHome();
    mkdirSync(stateOf(home), { mode: 0o700 });
    const wrap = mounted(home, script);
    const sent = await logins(async () => {
      const verdict = await withHost(home, (host) => probe(host, account(), 'wrong-unwritable'), wrap);
      assert.deepEqual(
        [verdict.verdict, verdict.attempts, verdict.may_clear],
        ['inconclusive', 0, 'never'],
        JSON.stringify(verdict),
      );
      assert.ok(
        verdict.notes.some((note) =>
          note.startsWith('The record of earlier attempts cannot be used, so the password was not sent'),
        ),
        JSON.stringify(verdict.notes),
      );
    });
    assert.equal(sent, 0);
    const check = await doctor(home, wrap);
    assert.equal(check.ok, false, JSON.stringify(check));
    assert.match(check.found, found);
    assert.match(check.mend, /password/);
  });
}

test('a disk that fills up: the refused password is still known, another one is not sent', async () => {
  const home = await homeWithRefusal();
  const state = stateOf(home);
  mkdirSync(`${state}.before`, { mode: 0o700 });
  // Doubled lines mean nothing; with them no further line fits into the file's last block.
  const ledger = textOf(join(state, 'ledger'));
  const lines = ledger.split('\n').slice(1, -1);
  let long = ledger;
  for (let i = 0; long.length % 4096 < 4000; i += 1) long += `${lines[i % 7 ? 0 : 1]}\n`;
  writeFileSync(join(`${state}.before`, 'ledger'), long, { mode: 0o600 });
  const sent = await logins(() =>
    withHost(
      home,
      async (host) => {
        const known = await probe(host, account(), 'wrong-known');
        assert.deepEqual([known.verdict, known.attempts, known.rule], ['stale_password', 0, 'ledger'], JSON.stringify(known));
        const other = await probe(host, account(), 'right-1');
        assert.deepEqual([other.verdict, other.attempts], ['inconclusive', 0], JSON.stringify(other));
        assert.ok(
          other.notes.some((note) => note.includes('cannot write the ledger')),
          JSON.stringify(other.notes),
        );
        const kept = await keep(host, account(), 'kept-beside-a-full-disk');
        assert.equal((await restore(host, kept.entries[0].entry)).secret, 'kept-beside-a-full-disk');
      },
      mounted(home, fullDisk),
    ),
  );
  assert.equal(sent, 0);
});

test("another user's state folder: nothing is sent, and it is not touched", async () => {
  const home = makeHome();
  mkdirSync(stateOf(home), { mode: 0o700 });
  chownSync(stateOf(home), 65534, 65534);
  const sent = await logins(async () => {
    const verdict = await withHost(home, (host) => probe(host, account(), 'wrong-foreign'));
    assert.deepEqual([verdict.verdict, verdict.attempts], ['inconclusive', 0], JSON.stringify(verdict));
    assert.ok(
      verdict.notes.some((note) => note.includes('belongs to another user')),
      JSON.stringify(verdict.notes),
    );
  });
  assert.equal(sent, 0);
  assert.equal((await doctor(home)).ok, false);
  assert.deepEqual(readdirSync(stateOf(home)), []);
});

test('a state folder that others may read is closed to them', async () => {
  const home = await homeWithRefusal();
  chmodSync(stateOf(home), 0o777);
  assert.match((await doctor(home)).found, /can be read by others/);
  const again = await withHost(home, (host) => probe(host, account(), 'wrong-known'));
  assert.deepEqual([again.verdict, again.attempts], ['stale_password', 0]);
  assert.equal(statSync(stateOf(home)).mode & 0o777, 0o700);
});

const random = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919 + (i >> 3) * 104729) & 0xff));
for (const [what, spoil, remembers] of [
  ['random octets in its place', (file) => writeFileSync(file, random), false],
  ['random octets at its end', (file) => writeFileSync(file, Buffer.concat([Buffer.from(textOf(file)), random])), true],
  ['a first line that is gone', (file) => writeFileSync(file, textOf(file).slice(textOf(file).indexOf('\n') + 1)), false],
  [
    'a folder in its place',
    (file) => {
      rmSync(file);
      mkdirSync(join(file, 'inside'), { recursive: true });
    },
    false,
  ],
]) {
  test(`a ledger with ${what} is moved aside and said so; the host goes on`, async () => {
    const home = await homeWithRefusal();
    const file = join(stateOf(home), 'ledger');
    spoil(file);
    const verdict = await withHost(home, (host) => probe(host, account(), 'wrong-known'));
    assert.deepEqual([verdict.verdict, verdict.attempts], ['stale_password', remembers ? 0 : 1], JSON.stringify(verdict));
    assert.ok(
      verdict.notes.some((note) => /it was moved to .*ledger\.corrupt-1/.test(note)),
      JSON.stringify(verdict.notes),
    );
    const check = await doctor(home);
    assert.ok(check.ok, JSON.stringify(check));
    assert.match(check.found, /moved to ledger\.corrupt-1/);
    const again = await withHost(home, (host) => probe(host, account(), 'wrong-known'));
    assert.deepEqual([again.attempts, again.notes], [0, []]);
  });
}

test('a ledger cut in the middle of a line, or with every line twice, goes on without a word', async () => {
  for (const spoil of [(text) => text + text.slice(text.indexOf('\n') + 1), (text) => `${text}0badf00d begin 17`]) {
    const home = await homeWithRefusal();
    const file = join(stateOf(home), 'ledger');
    writeFileSync(file, spoil(textOf(file)));
    const again = await withHost(home, (host) => probe(host, account(), 'wrong-known'));
    assert.deepEqual([again.verdict, again.attempts, again.notes], ['stale_password', 0, []]);
    assert.ok(!readdirSync(stateOf(home)).some((name) => name.includes('corrupt')));
  }
});

test('two hosts on one folder and keyring: one sending, no entry lost', async () => {
  const home = makeHome();
  const forgotten = await runReprompt(['uninstall', '--forget'], { home });
  assert.equal(forgotten.status, 0, forgotten.stderr);
  const rounds = 10;
  const sent = await logins(async () => {
    const [one, two] = await Promise.all(
      [0, 1].map((number) =>
        withHost(home, async (host) => {
          const probing = probe(host, account(), 'wrong-twice');
          const kept = [];
          for (let round = 0; round < rounds; round += 1) {
            const secret = `kept-${number}-${round}`;
            const stored = await keep(host, { ...account(), user: `user${number}` }, secret);
            assert.equal(stored.type, 'vault', JSON.stringify(stored));
            kept.push({ entry: stored.entries[0].entry, secret });
            await host.ask('hello', { version: '0.1.0' });
          }
          return { verdict: await probing, kept };
        }),
      ),
    );
    for (const { verdict } of [one, two]) assert.equal(verdict.verdict, 'stale_password', JSON.stringify(verdict));
    assert.deepEqual([one.verdict.attempts, two.verdict.attempts].sort(), [0, 1]);
    await withHost(home, async (host) => {
      const list = await host.ask('vault_list');
      assert.equal(list.entries.length, 2 * rounds);
      for (const { entry, secret } of [...one.kept, ...two.kept]) assert.equal((await restore(host, entry)).secret, secret);
    });
  });
  assert.equal(sent, 1);
});
