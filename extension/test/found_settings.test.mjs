// SPDX-License-Identifier: MPL-2.0
// Found settings: what the host proposes in Thunderbird's numbers, and the limits that hold here too, whatever the host says.
import assert from 'node:assert/strict';
import test from 'node:test';
import { changesOf, isAllowed, mustConfirmHost, withAllowedSettings } from '../found_settings.mjs';

const pop = {
  ...{ kind: 'incoming', key: 'server1', type: 'pop3', hostname: 'pop.example.org', port: 110, socketType: 0 },
  ...{ authMethod: 3, username: 'alice', name: 'Work' },
};
const found = {
  ...{ host: 'pop.example.org', port: 995, tls: 'implicit', source: 'port', changes: ['port', 'tls'], confirm_host: false },
};
const allowed = (settings, { server = pop, verdict = 'tls_required' } = {}) => isAllowed({ verdict, settings }, server);

test('port and encryption change together; what stays is not named', () => {
  assert.deepEqual(changesOf(found, pop), { port: 995, socketType: 3 });
  assert.deepEqual(changesOf({ ...found, port: 110, tls: 'starttls' }, pop), { port: 110, socketType: 2 });
  assert.deepEqual(changesOf({ ...found, host: 'POP.example.org', port: 110, tls: 'starttls' }, { ...pop, socketType: 2 }), {});
  assert.deepEqual(
    changesOf({ ...found, host: 'pop3.example.org', auth: 'password_encrypted', user: 'alice@example.org' }, pop),
    { hostname: 'pop3.example.org', port: 995, socketType: 3, authMethod: 4, username: 'alice@example.org' },
  );
  // "STARTTLS, if available" is not what was found.
  assert.deepEqual(changesOf({ ...found, port: 110, tls: 'starttls' }, { ...pop, socketType: 1 }), { port: 110, socketType: 2 });
});

test('the documented ports with encryption are allowed', () => {
  assert.ok(allowed(found));
  assert.ok(allowed({ ...found, port: 110, tls: 'starttls' }));
  assert.ok(allowed({ ...found, port: 1110, tls: 'starttls' }, { server: { ...pop, port: 1110 } }), "a port of one's own, kept");
  const smtp = { ...pop, type: 'smtp', kind: 'outgoing', port: 25 };
  for (const [port, tls] of [
    [465, 'implicit'],
    [587, 'starttls'],
    [25, 'starttls'],
  ])
    assert.ok(allowed({ ...found, port, tls }, { server: smtp }), `${port}`);
  for (const verdict of ['tls_required', 'tls_obsolete', 'certificate_untrusted', 'server_unreachable'])
    assert.ok(allowed(found, { verdict }), verdict);
});

const forbidden = {
  'no encryption': { tls: 'none' },
  'another word for encryption': { tls: 'toString' },
  'no port': { port: undefined },
  'a port as text': { port: '995' },
  'a port that is not for mail': { port: 8995 },
  "another protocol's port": { port: 993 },
  'an address': { host: '192.0.2.1' },
  'an address of IPv6': { host: '2001:db8::1' },
  'one label': { host: 'localhost' },
  'no host name': { host: 'pop.example.org/x' },
  'an empty host': { host: '' },
  'no host': { host: undefined },
  'a longer host than there are': { host: `${'a.'.repeat(130)}org` },
  "somebody else's user name": { user: 'mallory@example.org' },
  'a user name with a line break': { user: 'alice\r\nx' },
  'an unknown method': { auth: 'gssapi' },
  'nothing new': { port: 110, tls: 'starttls', server: { ...pop, socketType: 2 } },
  'a password in place of a token': { auth: 'password', server: { ...pop, authMethod: 10 } },
  'port 25, which was not configured': { port: 25, tls: 'starttls', server: { ...pop, type: 'smtp', port: 587 } },
};
for (const [what, { server = pop, ...change }] of Object.entries(forbidden)) {
  test(`not allowed: ${what}`, () => {
    const verdict = { verdict: 'tls_required', settings: { ...found, ...change } };
    assert.equal(isAllowed(verdict, server), false);
    assert.deepEqual(withAllowedSettings(verdict, server), { verdict: 'tls_required' });
  });
}

test('a verdict changes only what it is about', () => {
  const method = { ...found, port: 110, tls: 'starttls', auth: 'password_encrypted' };
  const user = { ...found, port: 110, tls: 'starttls', user: 'alice@example.org' };
  const server = { ...pop, socketType: 2 };
  assert.ok(allowed(method, { server, verdict: 'mechanism_unsupported' }));
  assert.ok(allowed(user, { server, verdict: 'username_format' }));
  assert.ok(!allowed(user, { server, verdict: 'mechanism_unsupported' }));
  assert.ok(!allowed(method, { server, verdict: 'username_format' }));
  assert.ok(!allowed(method, { verdict: 'mechanism_unsupported' }), 'encryption too');
  assert.ok(!allowed(found, { verdict: 'mechanism_unsupported' }));
  const noSignIn = { verdict: 'mechanism_unsupported', rule: 'caps.no-sign-in', settings: found };
  assert.ok(isAllowed(noSignIn, pop), 'another port, where this one takes no sign-in at all');
  for (const verdict of ['stale_password', 'offline', 'inconclusive', 'constructor'])
    assert.ok(!allowed(found, { verdict }), verdict);
});

test('the user name with the domain, or without it, is the same user', () => {
  assert.ok(allowed({ ...found, user: 'alice@example.org' }));
  assert.ok(allowed({ ...found, user: 'alice' }, { server: { ...pop, username: 'alice@example.org' } }));
});

test('another host is asked about unless the host program knows it', () => {
  assert.equal(mustConfirmHost(found, pop), false);
  assert.equal(mustConfirmHost({ ...found, host: 'mx.other.example' }, pop), false);
  for (const confirm_host of [true, undefined, null, 0])
    assert.equal(mustConfirmHost({ ...found, host: 'mx.other.example', confirm_host }, pop), true);
});

test('settings that are no object are dropped, and nothing else is touched', () => {
  for (const settings of [null, 'x', 7, []])
    assert.deepEqual(withAllowedSettings({ verdict: 'tls_required', settings }, pop), { verdict: 'tls_required' });
  const verdict = { verdict: 'tls_required', rule: 'x' };
  assert.equal(withAllowedSettings(verdict, pop), verdict);
});
