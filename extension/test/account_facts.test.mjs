// SPDX-License-Identifier: MPL-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { accountOf, credentialOf, explainRequest, probeRequest, proxyOf, vaultRequest } from '../account_facts.mjs';
import { failureOf } from './fakes.mjs';

const saved = { locked: false, stored: 'secret', savedAt: 5.5, session: null };
const heard = [{ protocol: 'pop3', mechanism: 'PLAIN', lines: ['-ERR no'], tls: true }];

test("Thunderbird's numbers become the host's words", () => {
  const tls = [0, 1, 2, 3].map((socketType) => accountOf(failureOf({ socketType })).tls);
  assert.deepEqual(tls, ['none', 'starttls', 'starttls', 'implicit']);
  const auth = [3, 4, 10].map((authMethod) => accountOf(failureOf({ authMethod })).auth);
  assert.deepEqual(auth, ['password', 'password_encrypted', 'oauth2']);
});

test('the mail domain goes along where it is known', () => {
  assert.equal(accountOf(failureOf({ mailDomain: 'firm.example' })).mail_domain, 'firm.example');
  assert.ok(!('mail_domain' in accountOf(failureOf({ mailDomain: '' }))));
  assert.ok(!('mail_domain' in vaultRequest(failureOf({ mailDomain: 'firm.example' }), saved, 'key').account));
});

test('what is not ours has no account', () => {
  for (const more of [{ type: 'ews' }, { type: 'nntp' }, { authMethod: 5 }, { authMethod: 6 }, { socketType: 9 }]) {
    assert.equal(accountOf(failureOf(more)), null);
    assert.equal(probeRequest(failureOf(more), saved, { limitMs: 5000 }), null);
  }
});

test('host names are A-labels, addresses have no brackets', () => {
  assert.equal(accountOf(failureOf({ hostname: 'メール.example' })).host, 'xn--4dkua4c.example');
  assert.equal(accountOf(failureOf({ hostname: '::1' })).host, '::1');
});

test('the password of the session comes first, and only the saved one has a date', () => {
  assert.deepEqual(credentialOf(failureOf(), saved), { kind: 'password', secret: 'secret', saved_at: 5 });
  assert.deepEqual(credentialOf(failureOf(), { ...saved, session: 'typed' }), { kind: 'password', secret: 'typed' });
  assert.equal(credentialOf(failureOf(), { ...saved, stored: null }), null);
});

test('a password saved for an OAuth2 account is not sent anywhere', () => {
  assert.equal(credentialOf(failureOf({ authMethod: 10 }), saved), null);
});

test('a probe carries the words heard, and a limit the host accepts', () => {
  const request = probeRequest(failureOf({ type: 'pop3', heard }), saved, { limitMs: 12.7 });
  assert.deepEqual(request.heard, heard);
  assert.equal(request.limit_ms, 1000);
  assert.ok(!('heard' in probeRequest(failureOf(), saved, { limitMs: 9e9 })));
  assert.equal(probeRequest(failureOf(), saved, { limitMs: 9e9 }).limit_ms, 60_000);
});

test('a SOCKS5 proxy is named in the words of the host; other kinds, and one with a login, are none of its', () => {
  const way = { direct: false, type: 'socks', host: 'пример.example', port: 1080, resolvesNames: false, login: false };
  const proxy = { type: 'socks5', host: 'xn--e1afmkfd.example', port: 1080, resolves_names: false };
  assert.deepEqual(proxyOf(way), proxy);
  assert.deepEqual(probeRequest(failureOf(), saved, { limitMs: 5000, proxy }).proxy, proxy);
  assert.ok(!('proxy' in probeRequest(failureOf(), saved, { limitMs: 5000 })));
  for (const more of [
    { type: 'socks4' },
    { type: 'http' },
    { type: 'https' },
    { type: 'unknown' },
    { login: true },
    { others: true },
    { host: '' },
    { port: 0 },
  ])
    assert.equal(proxyOf({ ...way, ...more }), null);
});

test('behind a proxy the words heard are explained, without any network; without words there is nothing to ask', () => {
  assert.equal(explainRequest(failureOf(), saved), null);
  const { type, line, names, credential } = explainRequest(failureOf({ type: 'pop3', heard }), saved);
  assert.equal(type, 'explain');
  assert.deepEqual([names, credential.secret], [['alice'], 'secret'], 'what the server repeated of these is masked');
  assert.deepEqual([line.mechanism, line.response], ['PLAIN', ['-ERR no']]);
});

test('the vault gets the saved password, not the one of the session', () => {
  assert.equal(vaultRequest(failureOf(), { ...saved, session: 'typed' }, 'key').secret, 'secret');
  assert.equal(vaultRequest(failureOf(), { ...saved, stored: null }, 'key'), null);
});
