// SPDX-License-Identifier: MPL-2.0
// SettingChanges: what was changed is listed, goes back on request, and never over what somebody else has changed since.
import assert from 'node:assert/strict';
import test from 'node:test';
import { SettingChanges } from '../setting_changes.mjs';

const pop = {
  kind: 'incoming',
  key: 'server1',
  hostname: 'pop.example.org',
  port: 995,
  socketType: 3,
  authMethod: 3,
  username: 'alice',
};
const change = {
  ...{ kind: 'incoming', key: 'server1', name: 'Work', why: 'tls_required' },
  before: { port: 110, socketType: 0 },
  after: { port: 995, socketType: 3 },
};

function stage({ servers = [{ ...pop }], locked = false, stored = undefined } = {}) {
  const kept = stored === undefined ? {} : { settingChanges: stored };
  const applied = [];
  const clock = { now: 1000 };
  const changes = new SettingChanges({
    store: {
      get: async (name) => structuredClone({ [name]: kept[name] }),
      set: async (values) => void Object.assign(kept, structuredClone(values)),
    },
    watch: {
      listServers: async () => servers,
      applySettings: async (kind, key, values) => (locked ? null : (applied.push([kind, key, values]), {})),
    },
    now: () => clock.now,
  });
  return { changes, applied, kept, clock };
}

test('a change is listed, newest first, and taken back once', async () => {
  const { changes, applied, clock } = stage();
  const id = await changes.record(change);
  clock.now = 2000;
  await changes.record({ ...change, key: 'server2' });
  assert.deepEqual(
    (await changes.list()).map(({ key, at }) => [key, at]),
    [
      ['server2', 2000],
      ['server1', 1000],
    ],
  );
  assert.equal(await changes.undo(id), null);
  assert.deepEqual(applied, [['incoming', 'server1', change.before]]);
  assert.equal(await changes.undo(id), 'not_found');
  assert.deepEqual(
    (await changes.list()).map(({ key }) => key),
    ['server2'],
  );
});

test('what somebody has changed since is left alone', async () => {
  for (const now of [{ port: 1995 }, { socketType: 2 }]) {
    const { changes, applied } = stage({ servers: [{ ...pop, ...now }] });
    assert.equal(await changes.undo(await changes.record(change)), 'changed_since');
    assert.deepEqual(applied, []);
    assert.equal((await changes.list()).length, 1);
  }
});

test('an account that is gone, and a login store that is locked: nothing is changed, and the change stays listed', async () => {
  for (const [world, problem] of [
    [{ servers: [] }, 'account_gone'],
    [{ locked: true }, 'locked'],
  ]) {
    const { changes, applied } = stage(world);
    assert.equal(await changes.undo(await changes.record(change)), problem);
    assert.deepEqual(applied, []);
    assert.equal((await changes.list()).length, 1);
  }
});

test('a host name is the same in other letters', async () => {
  const { changes, applied } = stage();
  const id = await changes.record({ ...change, before: { hostname: 'old.example.org' }, after: { hostname: 'POP.Example.org' } });
  assert.equal(await changes.undo(id), null);
  assert.deepEqual(applied, [['incoming', 'server1', { hostname: 'old.example.org' }]]);
});

test('at most fifty are kept, and of each nothing but settings', async () => {
  const { changes, kept } = stage();
  for (let i = 0; i < 60; i++)
    await changes.record({ ...change, before: { port: i, password: 'secret' }, after: { port: 995, token: 'secret' } });
  const list = await changes.list();
  assert.equal(list.length, 50);
  assert.deepEqual(list[0].before, { port: 59 });
  assert.doesNotMatch(JSON.stringify(kept), /secret/);
});

test('two changes at once are both kept; a stored thing that is no list counts as none', async () => {
  const { changes } = stage({ stored: 'nonsense' });
  assert.deepEqual(await changes.list(), []);
  await Promise.all([changes.record(change), changes.record(change)]);
  assert.equal((await changes.list()).length, 2);
});
