// SPDX-License-Identifier: MPL-2.0
// Which servers belong together, with Thunderbird's accounts played by the test.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const source = readFileSync(new URL('../api/LoginWatch/account_links.js', import.meta.url), 'utf8');
const plain = (value) => JSON.parse(JSON.stringify(value));

/** @param {any[]} all servers: {kind, key, hostname, username, password, email, sendsBy, authMethod} */
function stage(all) {
  const find = (kind, key) => all.find((one) => one.kind === kind && one.key === key);
  const identityOf = ({ key, email, sendsBy = '' }) => ({ key: `id-${key}`, email, smtpServerKey: sendsBy });
  const incoming = all.filter(({ kind }) => kind === 'incoming');
  const MailServices = {
    accounts: {
      getIdentitiesForServer: (server) => [identityOf(server)],
      allIdentities: incoming.map(identityOf),
      getAccount: (key) => (key === 'gone' ? null : { incomingServer: find('incoming', key) }),
    },
    outgoingServer: { defaultServer: all.find(({ kind }) => kind === 'outgoing') },
  };
  const servers = {
    find,
    list: () => all,
    describe: (_kind, server) => server,
    enters: (_kind, { type }) => type !== 'nntp',
    usesTokens: ({ authMethod }) => authMethod === 10,
    savedLogin: async (kind, { key }) => {
      const { password } = find(kind, key);
      return password ? { password } : null;
    },
  };
  const eTLD = {
    getBaseDomainFromHost(host) {
      if (!host.includes('.')) throw new Error('NS_ERROR_INSUFFICIENT_DOMAIN_LEVELS');
      return host.split('.').slice(-2).join('.');
    },
  };
  const scope = { Services: { eTLD }, ChromeUtils: { importESModule: () => ({ MailServices }) } };
  vm.runInContext(source, vm.createContext(scope));
  return new scope.AccountLinks({ servers });
}

const work = {
  kind: 'incoming',
  key: 'in',
  hostname: 'imap.example.org',
  username: 'alice',
  password: 'p',
  email: 'alice@example.org',
};
const sending = { kind: 'outgoing', key: 'out', hostname: 'smtp.example.org', username: 'alice@example.org', password: 'p' };

test('receiving and sending of one person, from both ends', async () => {
  const links = stage([work, sending]);
  const how = { sameIdentity: true, sameLogin: true, samePassword: true };
  assert.deepEqual(plain(await links.of('incoming', 'in')), [{ kind: 'outgoing', key: 'out', ...how }]);
  assert.deepEqual(plain(await links.of('outgoing', 'out')), [{ kind: 'incoming', key: 'in', ...how }]);
});

test('no password leaves', async () => {
  const links = stage([
    { ...work, password: 'sesame-1' },
    { ...sending, password: 'sesame-1' },
  ]);
  assert.doesNotMatch(JSON.stringify(await links.of('incoming', 'in')), /sesame/);
});

test('a sending server of another identity, user and provider is linked by nothing but the same password', async () => {
  const default1 = { ...sending, key: 'default', hostname: 'smtp.other.net', username: 'bob' };
  const links = stage([default1, { ...work, sendsBy: 'out' }, sending]);
  const [first] = plain(await links.of('incoming', 'in'));
  assert.deepEqual(first, { kind: 'outgoing', key: 'default', sameIdentity: false, sameLogin: false, samePassword: true });
  const apart = stage([{ ...default1, password: 'q' }, { ...work, sendsBy: 'out' }, sending]);
  assert.deepEqual(
    plain(await apart.of('incoming', 'in')).map(({ key }) => key),
    ['out'],
  );
});

test('two accounts of one mailbox; two users of one provider are not one', async () => {
  const pop3 = {
    ...work,
    key: 'pop',
    hostname: 'pop.example.org',
    username: 'Alice@example.org',
    password: 'q',
    email: 'a2@example.org',
  };
  const [link] = plain(await stage([work, pop3]).of('incoming', 'in'));
  assert.deepEqual([link.key, link.sameLogin, link.samePassword], ['pop', true, false]);
  const carol = { ...pop3, username: 'carol@example.org' };
  assert.deepEqual(plain(await stage([work, carol]).of('incoming', 'in')), []);
});

test('nothing saved on both sides is not the same password; accounts with tokens have none', async () => {
  const [link] = plain(
    await stage([
      { ...work, password: null },
      { ...sending, password: null },
    ]).of('incoming', 'in'),
  );
  assert.equal(link.samePassword, false);
  assert.deepEqual(plain(await stage([work, { ...sending, authMethod: 10 }]).of('incoming', 'in')), []);
});

test('the server of an account, if it has a password of ours to change', () => {
  const links = stage([work, { ...work, key: 'token', authMethod: 10 }, { ...work, key: 'news', type: 'nntp' }]);
  assert.deepEqual(plain(links.serverOfAccount('in')), { kind: 'incoming', key: 'in' });
  for (const account of ['token', 'news', 'gone', 'nothing']) assert.equal(links.serverOfAccount(account), null, account);
});
