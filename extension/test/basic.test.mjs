// SPDX-License-Identifier: MPL-2.0
// Reprompt Basic without a browser: which accounts it asks about, what it does with a password, and that its words promise nothing that it cannot do.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { checkAccount, checkKind } from '../basic/account_check.mjs';
import { accountsRequest, profilesOf } from '../basic/accounts.mjs';
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
  const profile = { name: 'p', proxy: false, accounts: [one] };
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

test('which servers can be checked, and which with a password', () => {
  assert.equal(checkKind(server()), 'password');
  assert.equal(checkKind(server({ authMethod: 4 })), 'password');
  assert.equal(checkKind(server({ authMethod: 10 })), 'way');
  assert.equal(checkKind(server({ authMethod: 6 })), null);
  assert.equal(checkKind(server({ type: 'ews' })), null);
});

/** @param {(fields: any) => Promise<any>} answer */
const hostOf = (answer) => {
  const asked = [];
  return { asked, request: (fields) => (asked.push(fields), answer(fields)) };
};

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
        ? /enter (it|the new one) here|Thunderbird tries again|Please enter|Reprompt stops|saved password was not changed|“Enter/
        : /ここに入力|もう一度接続します|新しいパスワードを入力してください。$|保存済みパスワードを受け付け/;
    for (const code of VERDICTS.filter((one) => !one.startsWith('oauth2'))) {
      const verdict = { ...verdictMessage('p', code), rule: 'x', advice: ['app_password', 'two_step_first'] };
      const { title, sentence, advice, next } = tellingOf(verdict, server(), getMessage, language);
      const told = [title, sentence, advice, next].join(' ');
      assert.ok(title && sentence, code);
      assert.doesNotMatch(told, promises, code);
      assert.doesNotMatch(told, /undefined|\$/, code);
    }
  });
}

test('nothing wrong without a password is said as that, and a known way out is named', () => {
  const getMessage = messagesOf('en');
  const fine = tellingOf({ ...verdictMessage('p', 'inconclusive'), rule: 'no-credential' }, server(), getMessage);
  assert.equal(fine.title, 'The way to imap.example.org is fine');
  const other = tellingOf({ ...verdictMessage('p', 'inconclusive'), rule: 'none' }, server(), getMessage);
  assert.match(other.sentence, /not clear why/);
  const next = (code, more = {}) => tellingOf({ ...verdictMessage('p', code), ...more }, server(), getMessage).next;
  assert.match(next('stale_password'), /Saved Passwords, and remove the entry of imap\.example\.org/);
  assert.match(next('oauth2_required'), /choose OAuth2/);
  assert.match(next('certificate_untrusted'), /only the full version/);
  assert.match(next('tls_required', { settings: {} }), /Enter them in Thunderbird’s Account Settings/);
  assert.equal(next('rate_limited'), '');
});
