// SPDX-License-Identifier: MPL-2.0
// Reprompt Basic without a browser: which accounts it asks about, what it does with a password, and that its words promise nothing that it cannot do.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { checkAccount, checkKind } from '../basic/account_check.mjs';
import { accountsRequest, openProfile, profilesOf, serverNow } from '../basic/accounts.mjs';
import { LookUp } from '../basic/look_up.mjs';
import { tellingOf } from '../basic/words.mjs';
import { VERDICTS } from '../decisions.mjs';
import { HostError } from '../host_client.mjs';
import { verdictMessage } from './fakes.mjs';

const account = (more = {}) => ({
  ...{ id: 'account1', name: 'Work', type: 'imap' },
  identities: [{ id: 'id1', email: 'alice@example.org', name: 'Alice' }],
  ...more,
});
const answered = (more = {}) => ({
  ...{ kind: 'incoming', key: 'server1', type: 'imap', hostname: 'imap.example.org', port: 993, socket_type: 3, auth_method: 3 },
  ...{ username: 'alice', mail_domain: 'example.org', name: '' },
  ...more,
});
const server = (more = {}) => ({
  ...{ kind: 'incoming', key: 'server1', type: 'imap', hostname: 'imap.example.org', port: 993, socketType: 3, authMethod: 3 },
  ...{ username: 'alice', mailDomain: 'example.org', name: 'Work' },
  ...more,
});
const read = (language) => JSON.parse(readFileSync(new URL(`../_locales/${language}/messages.json`, import.meta.url), 'utf8'));
const messagesOf = (language) => {
  const texts = read(language);
  return (key, words = []) => {
    if (key === '@@ui_locale') return language;
    assert.ok(Object.hasOwn(texts, key), key);
    const { message, placeholders = {} } = texts[key];
    return message.replace(
      /\$(\w+)\$/g,
      (_all, name) => words[Number(placeholders[name.toLowerCase()].content.slice(1)) - 1] ?? '',
    );
  };
};

/** @param {(fields: any) => Promise<any>} answer */
const hostOf = (answer) => {
  const asked = [];
  return { asked, request: (fields) => (asked.push(fields), answer(fields)) };
};

test('only mail accounts are asked about, with no more than what the helper needs to know them', () => {
  const request = accountsRequest([
    account({ folders: ['a'], rootFolder: {} }),
    account({ id: 'account2', type: 'local', identities: [] }),
    account({ id: 'account3', type: 'rss', identities: [] }),
    account({ id: 'account4', type: 'pop3', identities: [{ id: 'id9', email: 'x'.repeat(400) }, { id: 'id8' }] }),
  ]);
  assert.deepEqual(request, {
    type: 'accounts',
    known: [
      { id: 'account1', type: 'imap', identities: [{ id: 'id1', email: 'alice@example.org' }] },
      { id: 'account4', type: 'pop3', identities: [{ id: 'id8', email: '' }] },
    ],
  });
  const many = Array.from({ length: 300 }, (_unused, n) => account({ id: `account${n}` }));
  assert.equal(accountsRequest(many).known.length, 256);
});

test('the answer gives servers the user’s names, in the order of Thunderbird, and says whose names a report leaves out', () => {
  const one = { id: 'account1', servers: [answered(), answered({ kind: 'outgoing', key: 'smtp1', type: 'smtp' })] };
  const profile = { name: 'p', proxy: 'none', accounts: [one] };
  const { certain, profiles } = profilesOf({ certain: true, profiles: [profile] }, [account({ id: 'account0' }), account()]);
  assert.ok(certain);
  assert.deepEqual(profiles[0].accounts, [
    {
      ...{ id: 'account1', name: 'Work', names: ['Work', 'alice@example.org', 'Alice'] },
      servers: [server(), server({ kind: 'outgoing', key: 'smtp1', type: 'smtp' })],
    },
  ]);
  assert.equal(profilesOf({ certain: true, profiles: [] }, []).certain, false);
  assert.equal(profilesOf({ certain: false, profiles: [profile, profile] }, [account()]).profiles.length, 2);
  assert.throws(() => profilesOf({ certain: true, profiles: [{}] }, [account()]), 'nonsense is not shown as accounts');
});

test('a proxy that is not known counts as one', () => {
  const proxies = ['none', 'system', 'own', true, false, undefined, 'socks'];
  const profiles = proxies.map((proxy) => ({ name: 'p', proxy, accounts: [] }));
  assert.deepEqual(
    profilesOf({ certain: false, profiles }, []).profiles.map(({ proxy }) => proxy),
    ['none', 'system', 'own', 'own', 'own', 'own', 'own'],
  );
});

test('the profile is the certain one or the one chosen, and a server in it is found by account, kind and key, however it is set up now', () => {
  const moved = server({ hostname: 'new.example.org', port: 143 });
  const profile = (name) => ({ name, proxy: 'none', accounts: [{ id: 'account1', name: 'Work', names: [], servers: [moved] }] });
  const both = { hasAccounts: true, certain: false, profiles: [profile('one'), profile('two'), profile('two')] };
  assert.equal(openProfile({ ...both, certain: true, profiles: [both.profiles[1]] }, { at: 7, name: 'x' }), both.profiles[1]);
  assert.equal(openProfile(both, { at: 2, name: 'two' }), both.profiles[2]);
  for (const chosen of [null, { at: 0, name: 'two' }, { at: 3, name: 'three' }]) assert.equal(openProfile(both, chosen), null);
  assert.equal(serverNow(both.profiles[0], 'account1', server()), moved);
  assert.equal(serverNow(both.profiles[0], 'account2', server()), null);
  assert.equal(serverNow(both.profiles[0], 'account1', server({ key: 'server2' })), null);
  assert.equal(serverNow(both.profiles[0], 'account1', server({ kind: 'outgoing' })), null);
  assert.equal(serverNow(null, 'account1', server()), null);
});

const found = { certain: true, profiles: [{ name: 'p', proxy: 'none', accounts: [] }] };
/** @param {Partial<{mayLook: any, list: any, answer: any}>} how */
const lookUpOf = ({ mayLook = async () => true, list = async () => [account()], answer = async () => found }) => {
  const host = hostOf(answer);
  return { asked: host.asked, lookUp: new LookUp({ mayLook, list, host }) };
};

test('nothing is looked up without permission or accounts, and each look asks Thunderbird and the helper again', async () => {
  const denied = lookUpOf({ mayLook: async () => false, list: () => assert.fail('accounts were listed') });
  assert.equal(await denied.lookUp.read(), null);
  assert.deepEqual(denied.asked, []);
  const empty = lookUpOf({ list: async () => [] });
  assert.equal((await empty.lookUp.read()).hasAccounts, false);
  assert.deepEqual(empty.asked, []);
  const { lookUp, asked } = lookUpOf({});
  assert.ok((await lookUp.read()).certain && (await lookUp.read()).hasAccounts);
  assert.equal(asked.length, 2);
});

for (const stage of ['mayLook', 'list', 'answer'])
  test(`a permission that is withdrawn overtakes what is under way (${stage})`, async () => {
    for (const settle of ['resolve', 'reject']) {
      let go = {};
      const held = new Promise((resolve, reject) => {
        go = { resolve, reject };
      });
      const { lookUp, asked } = lookUpOf({ [stage]: () => held });
      const answer = lookUp.read();
      await new Promise(setImmediate);
      const isOver = lookUp.begin();
      go[settle]({ mayLook: true, list: [account()], answer: found }[stage]);
      assert.equal(await answer, null);
      assert.equal(asked.length, stage === 'answer' ? 1 : 0);
      assert.equal(isOver(), false);
    }
  });

test('accounts that cannot be listed, a helper that fails and its nonsense are problems, and nothing is thrown', async () => {
  const problemOf = async (how) => (await lookUpOf(how).lookUp.read()).problem;
  assert.equal(await problemOf({ list: async () => Promise.reject(new Error('x')) }), 'internal');
  assert.equal(await problemOf({ answer: async () => Promise.reject(new HostError('host_gone', 'x')) }), 'host_gone');
  assert.equal(await problemOf({ answer: async () => ({}) }), 'internal');
});

test('which servers can be checked, and which with a password', () => {
  assert.equal(checkKind(server()), 'password');
  assert.equal(checkKind(server({ authMethod: 4 })), 'password');
  assert.equal(checkKind(server({ authMethod: 10 })), 'way');
  assert.equal(checkKind(server({ authMethod: 6 })), null);
  assert.equal(checkKind(server({ type: 'ews' })), null);
});

test('a password goes into the one message and into nothing that is kept; none is a check without', async () => {
  const host = hostOf(async () => verdictMessage('p', 'stale_password'));
  const incident = await checkAccount(server(), 'p4ssw0rd', { host, now: () => 5 });
  assert.deepEqual(host.asked[0].credential, { kind: 'password', secret: 'p4ssw0rd' });
  assert.equal(host.asked[0].again, undefined, 'a refused password is not sent again');
  assert.doesNotMatch(JSON.stringify(incident), /p4ssw0rd/);
  assert.equal(incident.verdict.verdict, 'stale_password');
  assert.equal(incident.state, 'closed');
  await checkAccount(server(), '', { host });
  assert.equal(host.asked[1].credential, undefined);
  await checkAccount(server({ authMethod: 10 }), 'p4ssw0rd', { host });
  assert.equal(host.asked[2].credential, undefined, 'never for OAuth2');
});

test('a helper that fails is a problem, not a verdict, and settings that are not allowed are not shown', async () => {
  const failing = hostOf(async () => Promise.reject(new HostError('busy', 'x')));
  const { verdict, problem } = await checkAccount(server(), '', { host: failing });
  assert.deepEqual([verdict, problem], [null, 'busy']);
  const odd = hostOf(async () => ({
    ...verdictMessage('p', 'tls_required'),
    settings: { host: 'imap.example.org', port: 22, tls: 'implicit', source: 'port', changes: ['port'], confirm_host: false },
  }));
  assert.equal((await checkAccount(server(), '', { host: odd })).verdict.settings, undefined);
});

for (const language of ['en', 'ja']) {
  test(`no verdict is told in words that only the full version may use (${language})`, () => {
    const getMessage = messagesOf(language);
    const promises =
      language === 'en'
        ? /enter (it|the new one) here|Thunderbird tries again|Please enter|Reprompt stops|“Enter/
        : /ここに入力|もう一度接続します|新しいパスワードを入力してください。$/;
    const saved = /saved password|保存済みの?パスワード/i;
    for (const code of VERDICTS) {
      const verdict = { ...verdictMessage('p', code), rule: 'x', advice: ['app_password', 'two_step_first'] };
      const { title, sentence, advice, next } = tellingOf(verdict, server(), getMessage, language);
      const told = [title, sentence, advice, next].join(' ');
      assert.ok(title && sentence, code);
      assert.doesNotMatch(told, promises, code);
      assert.doesNotMatch([title, sentence, advice].join(' '), saved, `${code}: it has seen none`);
      assert.doesNotMatch(told, /undefined|\$/, code);
    }
  });
}

test('nothing wrong without a password is said as that, and a known way out is named', () => {
  const getMessage = messagesOf('en');
  const fine = tellingOf({ ...verdictMessage('p', 'inconclusive'), rule: 'no-credential' }, server(), getMessage);
  assert.equal(fine.title, 'The way to imap.example.org is fine');
  assert.match(fine.sentence, /Whether the password .* can only be told with it/);
  const oauth = tellingOf(
    { ...verdictMessage('p', 'inconclusive'), rule: 'no-credential' },
    server({ authMethod: 10 }),
    getMessage,
  );
  assert.doesNotMatch(oauth.sentence, /password/, 'its form takes none');
  const other = tellingOf({ ...verdictMessage('p', 'inconclusive'), rule: 'none' }, server(), getMessage);
  assert.match(other.sentence, /not clear why/);
  const next = (code, more = {}) => tellingOf({ ...verdictMessage('p', code), ...more }, server(), getMessage).next;
  assert.match(next('stale_password'), /Saved Passwords, and remove the entry of imap\.example\.org/);
  assert.match(next('oauth2_required'), /choose OAuth2/);
  assert.match(next('certificate_untrusted'), /only the full version/);
  assert.match(next('tls_required', { settings: {} }), /Enter them in Thunderbird’s Account Settings/);
  assert.equal(next('rate_limited'), '');
});
