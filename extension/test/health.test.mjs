// SPDX-License-Identifier: MPL-2.0
// How every account is: nothing is claimed that was not seen.
import assert from 'node:assert/strict';
import test from 'node:test';
import { countOf, healthOf, pruned, withSignIn } from '../health.mjs';
import { failureOf, verdictMessage } from './fakes.mjs';

const server = (key, more = {}) => ({ kind: 'incoming', key, type: 'imap', hostname: `${key}.example.org`, name: key, ...more });
const incident = (key, verdict, more = {}) => ({
  ...failureOf({ key, at: 2000 }),
  ...{ state: 'open', ended: null, endedAt: null, verdict: verdict && verdictMessage('p', verdict), lastAt: 2000, pause: null },
  ...more,
});
const rows = (seen) => healthOf({ servers: [server('a')], incidents: [], signIns: {}, started: 1000, ...seen });
const row = (seen) => rows(seen)[0];
const states = (seen) => rows(seen).map(({ server: { key }, state }) => `${key} ${state}`);
const signedIn = (at, since = at) => ({ 'incoming-a': { at, since } });

test('an account that nobody tried is not checked yet, also when it worked before Thunderbird was started', () => {
  assert.deepEqual([row({}).state, row({}).lastSignIn], ['unchecked', null]);
  assert.deepEqual([row({ signIns: signedIn(900) }).state, row({ signIns: signedIn(900) }).lastSignIn], ['unchecked', 900]);
});

test('it works after a sign-in that worked, since the first of them', () => {
  const { state, since } = row({ signIns: signedIn(1500, 700) });
  assert.deepEqual([state, since], ['working', 700]);
});

test('a refused password needs the user; a lock with an end, a lost network and what is being looked into wait', () => {
  const stateOf = (verdict, more) => row({ incidents: [incident('a', verdict, more)] }).state;
  assert.equal(stateOf('stale_password', { pause: { until: null } }), 'needsYou');
  assert.equal(stateOf('account_locked', { pause: { until: 9000 } }), 'waiting');
  assert.equal(stateOf('offline'), 'waiting');
  assert.equal(stateOf(null, { state: 'deciding' }), 'waiting');
  assert.equal(stateOf('stale_password', { state: 'waiting' }), 'needsYou', 'the primary password is the user’s');
  assert.equal(stateOf('something_new'), 'needsYou');
});

test('an earlier sign-in does not make a later failure good', () => {
  assert.equal(row({ incidents: [incident('a', 'stale_password')], signIns: signedIn(1999) }).state, 'needsYou');
});

test('a failure that we could not explain stays until a sign-in works', () => {
  const failed = incident('a', null, { state: 'closed', ended: 'failed', endedAt: 2500, problem: 'host_missing' });
  assert.equal(row({ incidents: [failed] }).state, 'needsYou');
  assert.equal(row({ incidents: [failed], signIns: signedIn(2400) }).state, 'needsYou');
  assert.equal(row({ incidents: [failed], signIns: signedIn(2600) }).state, 'working');
});

test('a new password that nobody has tried, and a second try under way, are not called working', () => {
  for (const ended of ['changed', 'try-again', 'undone', 'pause-over', 'nothing-wrong']) {
    const over = incident('a', 'stale_password', { state: 'closed', ended, endedAt: 2500 });
    assert.equal(row({ incidents: [over], signIns: signedIn(2000) }).state, 'unchecked', ended);
    assert.equal(row({ incidents: [over], signIns: signedIn(2500) }).state, 'working', ended);
  }
});

test('the worst comes first, and among equals Thunderbird’s order stays', () => {
  const seen = {
    servers: ['a', 'b', 'c', 'd', 'e'].map((key) => server(key)),
    incidents: [
      incident('c', 'rate_limited', { pause: { until: 9000 } }),
      incident('e', 'stale_password'),
      incident('d', 'not_auth'),
    ],
    signIns: { 'incoming-a': { at: 1500, since: 1500 } },
  };
  assert.deepEqual(states(seen), ['d needsYou', 'e needsYou', 'c waiting', 'b unchecked', 'a working']);
});

test('incoming and outgoing servers with the same key are two accounts', () => {
  const servers = [server('a'), server('a', { kind: 'outgoing', type: 'smtp' })];
  assert.deepEqual(states({ servers, incidents: [incident('a', 'stale_password')] }), ['a needsYou', 'a unchecked']);
});

test('trouble lasts since the first failure that nothing mended', () => {
  const before = incident('a', 'rate_limited', { at: 1100, state: 'closed', ended: 'pause-over', endedAt: 1200 });
  const mended = incident('a', 'stale_password', { at: 1050, state: 'closed', ended: 'signed-in', endedAt: 1060 });
  assert.equal(row({ incidents: [mended, before, incident('a', 'rate_limited')] }).since, 1100);
});

test('a question about the other direction needs the user, though the account works', () => {
  const asks = incident('a', 'stale_password', {
    state: 'closed',
    ended: 'signed-in',
    endedAt: 2500,
    others: [{ outcome: 'asks' }],
  });
  assert.equal(row({ incidents: [asks], signIns: signedIn(2600) }).state, 'needsYou');
});

test('a sign-in after trouble begins a new "since", any other keeps it', () => {
  const a = { kind: 'incoming', key: 'a' };
  const first = withSignIn({}, a, { now: 100 });
  const second = withSignIn(first, a, { now: 200 });
  assert.deepEqual(second, { 'incoming-a': { since: 100, at: 200 } });
  assert.deepEqual(withSignIn(second, a, { now: 400, troubleAt: 300 }), { 'incoming-a': { since: 400, at: 400 } });
});

test('a clock that was set back makes nothing work since tomorrow', () => {
  const later = withSignIn({}, { kind: 'incoming', key: 'a' }, { now: 9000 });
  assert.equal(withSignIn(later, { kind: 'incoming', key: 'a' }, { now: 100 })['incoming-a'].since, 100);
});

test('sign-ins of removed accounts are forgotten', () => {
  assert.deepEqual(pruned({ 'incoming-a': { since: 1, at: 1 }, 'incoming-gone': { since: 1, at: 1 } }, [server('a')]), {
    'incoming-a': { since: 1, at: 1 },
  });
});

test('the badge counts what is open, and a network that is away is not as many troubles as there are accounts', () => {
  const lost = { silent: true, code: 'netTimeoutError' };
  const all = [
    incident('a', 'stale_password'),
    incident('b', null, { state: 'waiting' }),
    incident('c', null, { state: 'deciding' }),
    incident('d', 'offline', { ...lost, code: 'connectionRefusedError' }),
    incident('e', 'stale_password', { state: 'closed' }),
  ];
  assert.equal(countOf(all), 2);
});
