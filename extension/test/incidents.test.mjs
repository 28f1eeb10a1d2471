// SPDX-License-Identifier: MPL-2.0
// One server, one incident.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Incidents, JOIN_MS } from '../incidents.mjs';
import { failureOf, verdictMessage } from './fakes.mjs';

const known = { hasCredential: true };
const make = () => {
  const clock = { now: 1000 };
  return { clock, incidents: new Incidents({ now: () => clock.now }) };
};
/** A first failure that ended with `answer`. */
const ended = (answer, by = 'dialog') => {
  const { clock, incidents } = make();
  const first = failureOf();
  incidents.begin(first, known);
  incidents.decided(first.id, verdictMessage('x', 'app_password_required'));
  incidents.answered(first.id, answer, by);
  return { clock, incidents, first };
};

test('a failure while the first is being decided joins it', () => {
  const { incidents } = make();
  const { incident } = incidents.begin(failureOf(), known);
  const second = incidents.begin(failureOf(), known);
  assert.ok(second.joins);
  assert.equal(second.incident, incident);
  assert.equal(incidents.list().length, 1);
});

test('failures of other servers have their own incidents', () => {
  const { incidents } = make();
  incidents.begin(failureOf(), known);
  assert.ok(!incidents.begin(failureOf({ key: 'server2' }), known).joins);
  assert.ok(!incidents.begin(failureOf({ kind: 'outgoing' }), known).joins);
});

test('the second connection of a cancelled failure joins it, also late, but not for ever', () => {
  const { clock, incidents } = ended('cancel');
  clock.now += JOIN_MS - 1;
  assert.ok(incidents.begin(failureOf(), known).joins);
  clock.now += 1;
  assert.ok(!incidents.begin(failureOf(), known).joins, 'joining does not prolong it');
});

test('POP3 and SMTP have no second connection: their next failure is a new incident', () => {
  for (const more of [{ type: 'pop3' }, { kind: 'outgoing', type: 'smtp' }]) {
    const incidents = new Incidents({ now: () => 1000 });
    const { incident } = incidents.begin(failureOf(more), known);
    incidents.answered(incident.id, 'cancel', 'dialog');
    assert.ok(!incidents.begin(failureOf(more), known).joins);
  }
});

test('a changed sign-in method and ten minutes without a password end the joining', () => {
  const switched = ended('cancel');
  assert.ok(!switched.incidents.begin(failureOf({ authMethod: 10 }), known).joins);
  const typing = ended('newPassword', 'decision');
  typing.clock.now += 10 * 60_000;
  assert.ok(!typing.incidents.begin(failureOf(), { hasCredential: false }).joins);
});

test('while the user types the new password, another failure of the server waits for it', () => {
  const { incidents } = ended('newPassword', 'decision');
  assert.ok(incidents.begin(failureOf(), { hasCredential: false }).joins);
});

test('a new password that is refused again is a new incident', () => {
  const { incidents, first } = ended('newPassword', 'decision');
  const { incident, joins } = incidents.begin(failureOf(), known);
  assert.ok(!joins);
  assert.equal(incident.verdict, null);
  assert.equal(incidents.find(first.id).state, 'closed');
});

test('after "retry" the next failure is a new incident that knows about it', () => {
  const { clock, incidents } = ended('retry', 'decision');
  const { incident, joins } = incidents.begin(failureOf(), known);
  assert.ok(!joins);
  assert.ok(incident.retried);
  incidents.answered(incident.id, 'cancel', 'stock-with-words');
  clock.now += 10 * 60_000;
  assert.ok(!incidents.begin(failureOf(), known).incident.retried);
});

test("Thunderbird's own box, shown because we failed, joins nothing", () => {
  const { incidents } = make();
  const first = failureOf();
  incidents.begin(first, known);
  incidents.failed(first.id, 'host_missing');
  incidents.answered(first.id, 'cancel', 'stock');
  assert.ok(!incidents.begin(failureOf(), known).joins);
});

test('a late verdict is kept, and opens nothing again', () => {
  const { incidents } = make();
  const first = failureOf();
  incidents.begin(first, known);
  incidents.answered(first.id, 'cancel', 'stock');
  incidents.decided(first.id, verdictMessage('x', 'rate_limited'));
  assert.equal(incidents.find(first.id).verdict.verdict, 'rate_limited');
  assert.equal(incidents.find(first.id).state, 'closed');
});

test('incidents survive the event page, but an open question does not', () => {
  const { incidents } = make();
  incidents.begin(failureOf(), known);
  const revived = new Incidents({ stored: Incidents.revive(JSON.parse(JSON.stringify(incidents.all))) });
  assert.equal(revived.list()[0].state, 'closed');
  assert.ok(!revived.begin(failureOf(), known).joins);
});

test('the newest come first, and old ones go', () => {
  const { incidents } = make();
  for (let n = 0; n < 60; n++) incidents.begin(failureOf({ key: `server${n}` }), known);
  assert.equal(incidents.list().length, 50);
  assert.equal(incidents.list()[0].key, 'server59');
});

test('unknown ids are ignored', () => {
  const { incidents } = make();
  incidents.decided('x', verdictMessage('x', 'offline'));
  incidents.failed('x', 'y');
  incidents.answered('x', 'cancel', 'stock');
  assert.deepEqual(incidents.list(), []);
});
