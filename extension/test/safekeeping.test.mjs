// SPDX-License-Identifier: MPL-2.0
// The vault, as the user meets it: nothing is lost, and what was kept comes back.
import assert from 'node:assert/strict';
import test from 'node:test';
import { HostError } from '../host_client.mjs';
import { failureOf } from './fakes.mjs';
import { play } from './stage.mjs';

const account = { protocol: 'imap', host: 'imap.example.org', port: 993, user: 'alice' };
const kept = { entries: [{ entry: 'e1', account, stored_at: 1, expires_at: 2 }], secret: 'older' };
const server = failureOf();
const world = (more = {}) => play({ restored: kept, servers: [server], ...more });

test('undo: the saved password goes into the vault first, then the old one comes back, and the ledger forgets it', async () => {
  const { buttons, asked, calls } = world({ credential: { stored: 'newer' } });
  assert.equal(await buttons.undo('e1'), null);
  assert.deepEqual(
    asked.map(({ type, secret, entry, account: { host } = {} }) => [type, secret ?? entry ?? host]),
    [
      ['vault_restore', 'e1'],
      ['vault_store', 'newer'],
      ['ledger_forget', 'imap.example.org'],
    ],
  );
  assert.deepEqual(calls('restoreLogin'), [['incoming', 'server1', 'alice', 'older']]);
});

test('undo: a password that OAuth2 passes by is kept too before it is replaced', async () => {
  const { buttons, asked } = world({ servers: [failureOf({ authMethod: 10 })], credential: { stored: 'newer' } });
  assert.equal(await buttons.undo('e1'), null);
  assert.deepEqual(asked.map(({ type, secret }) => [type, secret]).slice(0, 2), [
    ['vault_restore', undefined],
    ['vault_store', 'newer'],
  ]);
});

test('undo: with nothing saved, or the same password saved, nothing needs to be kept', async () => {
  for (const stored of [null, 'older']) {
    const { buttons, types } = world({ credential: { stored } });
    assert.equal(await buttons.undo('e1'), null);
    assert.deepEqual(types(), ['vault_restore', 'ledger_forget']);
  }
});

test('undo: the incident of that server is over, its checks go on, and the password is not marked any more', async () => {
  const scene = world();
  await scene.held(failureOf(), { answer: 'cancel', by: 'dialog' });
  assert.equal(await scene.buttons.undo('e1'), null);
  assert.equal(scene.incidents.list()[0].ended, 'undone');
  assert.deepEqual(scene.calls('resumeChecks'), [['incoming', 'server1']]);
  assert.deepEqual(scene.calls('markRejected').at(-1), ['incoming', 'server1', false]);
});

test('undo: the account is gone, and that is said before anything is changed', async () => {
  const others = [failureOf({ username: 'bob' }), failureOf({ type: 'pop3' }), failureOf({ hostname: 'other.example.org' })];
  const { buttons, types, calls } = world({ servers: others });
  assert.equal(await buttons.undo('e1'), 'account_gone');
  assert.deepEqual(types(), ['vault_restore']);
  assert.deepEqual(calls('restoreLogin'), []);
});

test('undo: the account is found although its port has changed; with several, the one with that port', async () => {
  const moved = failureOf({ key: 'moved', port: 143 });
  const one = world({ servers: [moved] });
  await one.buttons.undo('e1');
  assert.equal(one.calls('restoreLogin')[0][1], 'moved');
  const two = world({ servers: [moved, server] });
  await two.buttons.undo('e1');
  assert.equal(two.calls('restoreLogin')[0][1], 'server1');
});

test('undo: the password that is saved now cannot be kept, so it stays', async () => {
  const { buttons, calls } = world({ credential: { stored: 'newer' }, vault: new HostError('keyring_locked', '') });
  assert.equal(await buttons.undo('e1'), 'keyring_locked');
  assert.deepEqual(calls('restoreLogin'), []);
});

test('undo: whatever goes wrong is told by a code, and nothing is put back', async () => {
  for (const [more, code] of [
    [{ restored: new HostError('not_found', '') }, 'not_found'],
    [{ restored: new HostError('host_gone', '') }, 'host_gone'],
    [{ restored: { entries: [], secret: 'x' } }, 'bad_response'],
    [{ restored: { entries: kept.entries } }, 'bad_response'],
    [{ credential: { locked: true } }, 'locked'],
  ]) {
    const { buttons, calls } = world(more);
    assert.equal(await buttons.undo('e1'), code);
    assert.deepEqual(calls('restoreLogin'), [], code);
  }
});

test('undo: Thunderbird does not take the login back, so the ledger keeps what it knows', async () => {
  const { buttons, scene, types } = world({ credential: { stored: null } });
  scene.restores = false;
  assert.equal(await buttons.undo('e1'), 'not_restored');
  assert.deepEqual(types(), ['vault_restore']);
});

test('a vault that answers with anything but the one entry has kept nothing', async () => {
  const { safekeeping } = play({ vault: { entries: [] } });
  assert.deepEqual(await safekeeping.keep(server), { problem: 'bad_response', kept: false });
});

test('nothing saved needs no vault, and is not called kept', async () => {
  const { safekeeping, types } = play({ credential: { stored: null, session: 'typed' } });
  assert.deepEqual(await safekeeping.keep(server), { problem: null, kept: false });
  assert.deepEqual(types(), []);
});
