// SPDX-License-Identifier: MPL-2.0
// RenamedServers: the addresses of folders are changed once, between two runs of Thunderbird, and only if the name is another one by then.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const source = readFileSync(new URL('../api/LoginWatch/renamed_servers.js', import.meta.url), 'utf8');

function stage({ startingUp = true, pref = '' } = {}) {
  const world = { pref, migrated: [], observers: new Map() };
  const server = { key: 'one', localStoreType: 'imap', hostname: 'old.example.org', username: 'alice' };
  const modules = {
    MailServices: { accounts: { allServers: [server] } },
    migrateServerUris: (...words) => void world.migrated.push(words),
  };
  const Services = {
    startup: { startingUp },
    obs: {
      addObserver: (one, topic) => world.observers.set(topic, one),
      removeObserver(_one, topic) {
        if (!world.observers.delete(topic)) throw new Error('not there');
      },
    },
    prefs: {
      getStringPref: (_name, otherwise) => world.pref || otherwise,
      setStringPref: (_name, value) => (world.pref = value),
      clearUserPref: () => (world.pref = ''),
    },
  };
  const scope = vm.createContext({ Services, ChromeUtils: { importESModule: () => modules }, console: { error() {} } });
  vm.runInContext(source, scope);
  const renamed = new scope.RenamedServers();
  renamed.start();
  return { ...world, world, server, renamed, tell: (topic) => world.observers.get(topic)?.observe(null, topic) };
}
const moved = ['imap', 'old.example.org', 'alice', 'new.example.org', 'alice'];

test('renamed twice: what the running Thunderbird started with counts, and quitting does it once', () => {
  const { renamed, server, world, tell } = stage();
  for (const name of ['between.example.org', 'new.example.org']) {
    renamed.note(server);
    server.hostname = name;
  }
  assert.deepEqual(world.migrated, [], 'not while folders have their old addresses');
  tell('quit-application-granted');
  tell('quit-application-granted');
  assert.deepEqual(world.migrated, [moved]);
  assert.equal(world.pref, '');
});

test('taken back before Thunderbird quits: nothing to do', () => {
  const { renamed, server, world, tell } = stage();
  renamed.note(server);
  server.hostname = 'new.example.org';
  renamed.note(server);
  server.hostname = 'old.example.org';
  tell('quit-application-granted');
  assert.deepEqual(world.migrated, []);
});

test('Thunderbird did not come to quit: done when it starts, once its accounts are there', () => {
  const pref = JSON.stringify({
    one: { hostname: 'old.example.org', username: 'alice' },
    gone: { hostname: 'x', username: 'y' },
  });
  const { server, world, tell } = stage({ pref });
  server.hostname = 'new.example.org';
  assert.deepEqual(world.migrated, []);
  tell('mail-startup-done');
  assert.deepEqual(world.migrated, [moved]);
});

test('switched off: done at once, as nobody would do it later', () => {
  const { renamed, server, world } = stage({ startingUp: false });
  renamed.note(server);
  server.hostname = 'new.example.org';
  renamed.stop();
  assert.deepEqual(world.migrated, [moved]);
  assert.equal(world.observers.size, 0);
});

test('a preference that is no JSON is dropped', () => {
  const { world } = stage({ startingUp: false, pref: '{' });
  assert.equal(world.pref, '');
  assert.deepEqual(world.migrated, []);
});
