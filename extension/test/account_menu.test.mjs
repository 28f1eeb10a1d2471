// SPDX-License-Identifier: MPL-2.0
// "Change password…" in the context menu of the folder pane: on accounts, not on their folders.
import assert from 'node:assert/strict';
import test from 'node:test';
import { AccountMenu } from '../account_menu.mjs';
import { settled } from './stage.mjs';

globalThis.browser = { runtime: { lastError: null } };
const server = { kind: 'incoming', key: 'server1' };
const root = { accountId: 'account1', isRoot: true, path: '/' };

function stage({ problem = null } = {}) {
  const did = [];
  const listeners = {};
  const event = (name) => ({ addListener: (listener) => (listeners[name] = listener) });
  const menus = {
    ...Object.fromEntries(['onShown', 'onHidden', 'onClicked'].map((name) => [name, event(name)])),
    create: (item, done) => (did.push(['create', item]), done()),
    update: async (id, change) => void did.push(['update', id, change]),
    refresh: async () => void did.push(['refresh']),
  };
  const watch = { getAccountServer: async (account) => (account === 'account1' ? server : null) };
  const getMessage = (key) => key;
  const chosen = async (one) => (did.push(['chosen', one]), problem);
  new AccountMenu({ menus, watch, getMessage, chosen, failed: (why) => did.push(['failed', why]) }).start();
  return { did, listeners };
}

test('hidden until it is asked for on an account that has a password', async () => {
  const { did, listeners } = stage();
  assert.deepEqual(did[0][1].visible, false);
  assert.deepEqual(did[0][1].contexts, ['folder_pane']);
  for (const selectedFolders of [
    [],
    [{ ...root, isRoot: false, path: '/INBOX' }],
    [root, root],
    [{ ...root, accountId: 'account2' }],
  ]) {
    listeners.onShown({ selectedFolders });
  }
  listeners.onShown({});
  await settled();
  assert.equal(did.length, 1);
  listeners.onShown({ selectedFolders: [root] });
  await settled();
  assert.deepEqual(did.slice(1), [['update', 'changePassword', { visible: true, title: 'button_changePassword' }], ['refresh']]);
  listeners.onHidden();
  await settled();
  assert.deepEqual(did.at(-1), ['update', 'changePassword', { visible: false }]);
});

test('chosen: that account', async () => {
  const { did, listeners } = stage();
  await listeners.onClicked({ menuItemId: 'another', selectedFolders: [root] });
  await listeners.onClicked({ menuItemId: 'changePassword', selectedFolders: [root] });
  assert.deepEqual(did.slice(1), [['chosen', server]]);
});

test('it cannot begin: told where nothing else tells it', async () => {
  for (const [problem, told] of [
    ['host_missing', [['failed', 'host_missing']]],
    ['no_keyring', []],
    ['locked', []],
  ]) {
    const { did, listeners } = stage({ problem });
    await listeners.onClicked({ menuItemId: 'changePassword', selectedFolders: [root] });
    assert.deepEqual(did.slice(2), told);
  }
});
