// SPDX-License-Identifier: MPL-2.0
// Servers, with Thunderbird's accounts played by the test: whose prompt it is, which connections end, and which borrowed passwords are dropped.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const source = readFileSync(new URL('../api/LoginWatch/servers.js', import.meta.url), 'utf8');
const plain = (value) => JSON.parse(JSON.stringify(value));

function incoming(key, more = {}) {
  const type = more.type ?? 'imap';
  const username = more.username ?? 'alice';
  return {
    ...{ key, type, username, hostname: 'mail.example', authMethod: 3, password: '', closed: 0 },
    serverURI: `${type === 'pop3' ? 'mailbox' : type}://${username}@mail.example`,
    closeCachedConnections() {
      this.closed++;
    },
    rootFolder: { descendants: [] },
    forgetSessionPassword() {
      this.password = '';
    },
    ...more,
  };
}

/** @param {{lender?: any, own?: string, port?: number}} more `lender`: whose password it borrows, as SmtpServer.password does */
function outgoing(key, { lender = null, own = '', port = 587 } = {}) {
  return {
    ...{ key, type: 'smtp', username: 'alice', hostname: 'mail.example', authMethod: 3, port },
    QueryInterface() {
      return this;
    },
    get password() {
      return own || lender?.password || '';
    },
    set password(password) {
      own = password;
    },
  };
}

function stage({ allServers = [], outgoingServers = [], more = {} } = {}) {
  const clock = { mono: 1000 };
  const modules = { MailServices: { accounts: { allServers, ...more }, outgoingServer: { servers: outgoingServers } } };
  const Cr = { NS_ERROR_ABORT: 'aborted' };
  const scope = { Ci: {}, Cr, ChromeUtils: { importESModule: () => modules, generateQI: () => () => {}, now: () => clock.mono } };
  vm.runInContext(source, vm.createContext(scope));
  return { clock, servers: scope.Servers };
}

test('a prompt belongs to every server of its host and user, and to no other', () => {
  const halfSetUp = Object.defineProperty(incoming('broken'), 'serverURI', {
    get() {
      throw new Error('half set up');
    },
  });
  const { servers } = stage({
    allServers: [
      incoming('in1'),
      halfSetUp,
      incoming('in2', { username: 'bob' }),
      incoming('in3', { type: 'pop3' }),
      incoming('in4'),
    ],
    outgoingServers: [outgoing('smtp1', { port: 465 }), outgoing('smtp2', { port: 587 })],
  });
  assert.deepEqual(plain(servers.allOfRealm('imap://alice@mail.example')), [
    { kind: 'incoming', key: 'in1' },
    { kind: 'incoming', key: 'in4' },
  ]);
  assert.deepEqual(plain(servers.allOfRealm('smtp://alice@mail.example')), [
    { kind: 'outgoing', key: 'smtp1' },
    { kind: 'outgoing', key: 'smtp2' },
  ]);
  assert.deepEqual(plain(servers.allOfRealm('smtp://carol@mail.example')), []);
});

test('the connections of a refused IMAP server end, those of a POP3 server do not', () => {
  const [work, home] = [incoming('work'), incoming('home', { type: 'pop3' })];
  const { servers } = stage({ allServers: [work, home] });
  servers.hush('incoming', 'work');
  servers.hush('incoming', 'home');
  assert.deepEqual([work.closed, home.closed], [1, 0]);
});

test('where the connections of a server end, no folder goes on waiting for them, whatever another folder does', () => {
  const told = [];
  const folder = (name) => ({
    QueryInterface: () => ({
      OnStopRunningUrl(url, status) {
        told.push([name, url, status]);
        if (name === 'inbox') throw new Error('half set up');
      },
    }),
  });
  const root = Object.assign(folder('root'), { descendants: [folder('inbox'), folder('lists')] });
  const { servers } = stage({ allServers: [incoming('work', { rootFolder: root })] });
  servers.hush('incoming', 'work');
  assert.deepEqual(plain(told), [
    ['root', null, 'aborted'],
    ['inbox', null, 'aborted'],
    ['lists', null, 'aborted'],
  ]);
});

test('the connections of an IMAP server that is spared are left alone for a minute, those of another one are not', () => {
  const [work, other] = [incoming('work'), incoming('other')];
  const { clock, servers } = stage({ allServers: [work, other] });
  servers.spare('work');
  clock.mono += 59_000;
  servers.hush('incoming', 'work');
  servers.hush('incoming', 'other');
  assert.deepEqual([work.closed, other.closed], [0, 1]);
  clock.mono += 2_000;
  servers.hush('incoming', 'work');
  assert.equal(work.closed, 1);
});

for (const [what, own] of [
  ['without a password of its own', ''],
  ['with one', 'its own'],
]) {
  test(`an outgoing server ${what} borrows no more, whatever the lender's user name is`, () => {
    const lender = incoming('lender', { username: 'alice@mail.example', password: 'shared' });
    const same = incoming('same', { type: 'pop3', password: 'shared' });
    const another = incoming('another', { password: 'different' });
    const smtp = outgoing('smtp', { lender, own });
    stage({ allServers: [lender, same, another] }).servers.releaseBorrowed(smtp);
    assert.equal(smtp.password, '');
    assert.deepEqual([lender.password, same.password, another.password], ['', '', 'different']);
  });
}

test('an outgoing server that borrows nothing leaves every incoming server its password', () => {
  const work = incoming('work', { password: 'its own' });
  const smtp = outgoing('smtp', { own: 'its own' });
  stage({ allServers: [work] }).servers.releaseBorrowed(smtp);
  assert.equal(work.password, 'its own');
});

test('of the mail address only the domain is told, and only where the user name does not tell it', () => {
  const domain = 'firm.example';
  const email = `alice.private@${domain}`;
  const more = { getFirstIdentityForServer: () => ({ email }), allIdentities: [{ smtpServerKey: 'smtp1', email }] };
  const { servers } = stage({ more });
  const sender = { ...outgoing('smtp1'), serverURI: { host: 'mail.example' } };
  for (const [kind, server] of [
    ['incoming', incoming('a')],
    ['outgoing', sender],
  ]) {
    const described = servers.describe(kind, server);
    assert.equal(described.mailDomain, domain);
    assert.doesNotMatch(JSON.stringify(described), /private/);
  }
  const full = servers.describe('incoming', incoming('b', { username: 'alice@other.example' }));
  assert.equal(full.mailDomain, '');
  const { servers: without } = stage();
  assert.equal(without.describe('incoming', incoming('c')).mailDomain, '', 'no identity, no domain');
});
