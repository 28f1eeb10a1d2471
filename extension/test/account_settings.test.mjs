// SPDX-License-Identifier: MPL-2.0
// AccountSettings, with Thunderbird's servers and login store played by the test: what changes, what must not, and a login that is never lost.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const sourceOf = (file) => readFileSync(new URL(`../api/LoginWatch/${file}`, import.meta.url), 'utf8');
const plain = (value) => JSON.parse(JSON.stringify(value));
const login = (origin, username, password) => ({
  ...{ origin, httpRealm: origin, username, password },
  clone() {
    return { ...this };
  },
});

/**
 * @param {{type?: 'imap'|'pop3'|'smtp', stored?: [string, string, string][], others?: object[], locked?: boolean, policy?: string[]}} world
 *   `policy`: members that stay as they are
 */
function stage({ type = 'pop3', stored = [], others = [], locked = false, policy = [] } = {}) {
  const kind = type === 'smtp' ? 'outgoing' : 'incoming';
  const store = stored.map((one) => login(...one));
  const events = [];
  const prefs = { hostname: 'old.example.org', username: 'alice' };
  const values = { port: type === 'smtp' ? 25 : 110, socketType: 0, authMethod: 3 };
  const server = { ...{ key: 'one', type, password: 'typed' }, QueryInterface: () => server };
  for (const name of ['port', 'socketType', 'authMethod']) {
    Object.defineProperty(server, name, {
      get: () => values[name],
      set(value) {
        if (policy.includes(name)) return;
        events.push([name, value]);
        values[name] = value;
      },
    });
  }
  // The setters forget passwords, so they must not be used.
  for (const name of ['hostname', 'username']) Object.defineProperty(server, name, { get: () => prefs[name] });
  Object.defineProperty(server, 'localPath', { get: () => events.push(['localPath']) });
  Object.defineProperty(server, 'serverURI', { get: () => ({ host: prefs.hostname }) });
  Object.assign(server, { closeCachedConnections: () => events.push(['closed']) });
  const logins = {
    isLoggedIn: !locked,
    searchLoginsAsync: async ({ origin }) => store.filter((one) => one.origin === origin),
    addLoginAsync: async (one) => void (events.push(['saved', one.origin, one.username]), store.push(one)),
    removeLoginAsync: async (one) =>
      void (events.push(['removed', one.origin, one.username]), store.splice(store.indexOf(one), 1)),
  };
  const incoming = [...(kind === 'incoming' ? [server] : []), ...others.filter(({ type: other }) => other !== 'smtp')];
  const outgoing = [...(kind === 'outgoing' ? [server] : []), ...others.filter(({ type: other }) => other === 'smtp')];
  const names = { hostname: 'hostname', username: 'username', userName: 'username' };
  const getBranch = (branch) => {
    assert.equal(branch, kind === 'incoming' ? 'mail.server.one.' : 'mail.smtpserver.one.');
    const write = (name, value) => {
      events.push(['preference', name, value]);
      if (!policy.includes(names[name])) prefs[names[name]] = value;
    };
    return { setStringPref: write, setCharPref: write };
  };
  const scope = {
    Cc: {
      '@mozilla.org/login-manager/loginInfo;1': {
        createInstance: () => ({
          init(origin, _form, realm, username, password) {
            Object.assign(this, login(origin, username, password), { httpRealm: realm });
          },
        }),
      },
    },
    Ci: {},
    Cr: {},
    Services: { logins, prefs: { savePrefFile() {}, getBranch } },
    ChromeUtils: {
      importESModule: () => ({
        MailServices: { accounts: { allServers: incoming, allIdentities: [] }, outgoingServer: { servers: outgoing } },
      }),
      generateQI: () => () => {},
    },
  };
  vm.runInContext(sourceOf('servers.js') + sourceOf('account_settings.js'), vm.createContext(scope));
  const settings = new scope.AccountSettings({
    servers: { ...scope.Servers, endConnections: () => events.push(['closed']) },
    renamed: { note: ({ key, hostname, username }) => events.push(['noted', key, hostname, username]) },
    quietly: async (_server, _kind, change) => change(),
  });
  return {
    events,
    server,
    apply: async (wanted) => plain(await settings.apply(kind, 'one', wanted)),
    now: () => plain(settings.read(kind, server)),
    logins: () => store.map(({ origin, username, password }) => [origin, username, password]),
  };
}

test('port and encryption: encryption first, connections end, and what was there comes back', async () => {
  for (const type of ['pop3', 'smtp']) {
    const { apply, events, now } = stage({ type });
    const first = now();
    assert.deepEqual(await apply({ port: 995, socketType: 3 }), { socketType: 0, port: first.port });
    assert.deepEqual(events.slice(0, 2), [
      ['socketType', 3],
      ['port', 995],
    ]);
    assert.deepEqual(events.at(-1), ['closed']);
    await apply({ socketType: 0, port: first.port });
    assert.deepEqual(now(), first);
  }
});

for (const type of ['imap', 'pop3', 'smtp']) {
  const scheme = { imap: 'imap', pop3: 'mailbox', smtp: 'smtp' }[type];
  const [old, fresh] = [`${scheme}://old.example.org`, `${scheme}://new.example.org`];

  test(`${type}: a new host takes the login along, and the old one brings it back`, async () => {
    const { apply, logins } = stage({ type, stored: [[old, 'alice', 'pw']] });
    assert.deepEqual(await apply({ hostname: 'new.example.org' }), { hostname: 'old.example.org' });
    assert.deepEqual(logins(), [[fresh, 'alice', 'pw']]);
    await apply({ hostname: 'old.example.org' });
    assert.deepEqual(logins(), [[old, 'alice', 'pw']]);
  });

  test(`${type}: the login is at its new place before anything changes, and leaves the old one last`, async () => {
    const { apply, events } = stage({ type, stored: [[old, 'alice', 'pw']] });
    await apply({ hostname: 'new.example.org', port: 995, socketType: 3 });
    const names = events.map(([name]) => name).filter((name) => name !== 'localPath');
    assert.equal(names[0], 'saved');
    assert.deepEqual(
      names.filter((name) => name === 'removed' || name === 'saved'),
      ['saved', 'removed'],
    );
    assert.ok(names.indexOf('removed') > names.findLastIndex((name) => ['hostname', 'preference', 'port'].includes(name)));
  });

  test(`${type}: a login that another server uses stays where it is, too`, async () => {
    const other = {
      key: 'two',
      type,
      hostname: 'old.example.org',
      username: 'alice',
      authMethod: 3,
      QueryInterface: () => other,
    };
    const { apply, logins } = stage({
      type,
      others: [other],
      forgets: type === 'smtp' ? '' : 'after',
      stored: [[old, 'alice', 'pw']],
    });
    await apply({ hostname: 'new.example.org' });
    assert.deepEqual(
      logins().sort(),
      [
        [fresh, 'alice', 'pw'],
        [old, 'alice', 'pw'],
      ].sort(),
    );
  });

  test(`${type}: a login that is saved at the new place already stays, and ours is not lost`, async () => {
    const stored = [
      [old, 'alice', 'pw'],
      [fresh, 'alice', 'another'],
      [old, 'bob', 'of-bob'],
    ];
    const { apply, logins } = stage({ type, stored });
    await apply({ hostname: 'new.example.org' });
    assert.deepEqual(logins().sort(), stored.sort());
  });

  test(`${type}: a new user name takes the login along`, async () => {
    const { apply, logins } = stage({ type, stored: [[old, 'alice', 'pw']] });
    assert.deepEqual(await apply({ username: 'alice@example.org' }), { username: 'alice' });
    assert.deepEqual(logins(), [[old, 'alice@example.org', 'pw']]);
  });

  test(`${type}: without a saved login the one of this session stays`, async () => {
    const { apply, server, logins } = stage({ type });
    await apply({ hostname: 'new.example.org' });
    assert.equal(server.password, 'typed');
    assert.deepEqual(logins(), []);
  });
}

test('an outgoing server drops the address that it has put together from the old name', async () => {
  const { apply, events, now } = stage({ type: 'smtp', stored: [['smtp://old.example.org', 'alice', 'pw']] });
  await apply({ hostname: 'new.example.org', username: 'alice@example.org' });
  assert.ok(events.findLastIndex(([name]) => name === 'port') > events.findLastIndex(([name]) => name === 'preference'));
  assert.equal(now().hostname, 'new.example.org');
});

test('an incoming server keeps its folder, and what its folders are called is noted before it changes', async () => {
  const { apply, events } = stage({ type: 'imap' });
  await apply({ hostname: 'new.example.org', username: 'alice@example.org' });
  const at = (wanted) => events.findIndex(([name]) => name === wanted);
  assert.ok(at('localPath') < at('noted') && at('noted') < at('preference'));
  assert.deepEqual(events[at('noted')], ['noted', 'one', 'old.example.org', 'alice']);
  assert.deepEqual(
    events.filter(([name]) => name === 'preference'),
    [
      ['preference', 'userName', 'alice@example.org'],
      ['preference', 'hostname', 'new.example.org'],
    ],
  );
});

test('while the login store is locked nothing that moves a login is changed; a port is', async () => {
  const { apply, now } = stage({ locked: true });
  const before = now();
  assert.equal(await apply({ hostname: 'new.example.org', port: 995 }), null);
  assert.deepEqual(now(), before);
  assert.deepEqual(await apply({ port: 995 }), { port: 110 });
});

test('what no server may have is refused, and nothing is changed', async () => {
  const { apply, now } = stage();
  const before = now();
  for (const wrong of [
    { port: 0 },
    { port: 70_000 },
    { port: '995' },
    { socketType: 7 },
    { authMethod: 5 },
    { hostname: '' },
    { hostname: 'a b' },
    { hostname: 'user@host' },
    { hostname: 'host/path' },
    { username: 'a\r\nb' },
    { port: 995, hostname: 'x\0y' },
  ])
    await assert.rejects(apply(wrong), /not for this server/, JSON.stringify(wrong));
  assert.deepEqual(now(), before);
});

test('another account with that host and user: refused, and nothing is changed', async () => {
  const other = { key: 'two', type: 'pop3', hostname: 'New.example.org', username: 'alice', authMethod: 3 };
  const stored = [['mailbox://old.example.org', 'alice', 'pw']];
  const { apply, now, logins } = stage({ others: [other], stored });
  await assert.rejects(apply({ hostname: 'new.example.org' }), /another account/);
  assert.equal(now().hostname, 'old.example.org');
  assert.deepEqual(logins(), stored);
});

test('settings that a policy has locked: what could be changed goes back, and the login with it', async () => {
  const stored = [['mailbox://old.example.org', 'alice', 'pw']];
  const { apply, now, logins } = stage({ policy: ['port'], stored });
  const before = now();
  await assert.rejects(apply({ hostname: 'new.example.org', port: 995, socketType: 3 }), /locked/);
  assert.deepEqual(now(), before);
  assert.deepEqual(logins(), stored);
});

test('members that the schema made null are not wanted', async () => {
  const { apply } = stage();
  assert.deepEqual(await apply({ port: 995, hostname: null, username: null, authMethod: null, socketType: null }), { port: 110 });
});
