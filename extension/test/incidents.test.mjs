// SPDX-License-Identifier: MPL-2.0
// One server, one incident.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Incidents, JOIN_MS, isConnection } from '../incidents.mjs';
import { failureOf, verdictMessage } from './fakes.mjs';

const saved = { stored: true, session: true };
const nothing = { stored: false, session: false };
const make = () => {
  const clock = { now: 1000 };
  return { clock, incidents: new Incidents({ now: () => clock.now }) };
};
/** A first failure that ended with `answer`. */
const ended = (answer, { by = 'dialog', verdict = 'app_password_required', ...more } = {}) => {
  const { clock, incidents } = make();
  const { incident } = incidents.begin(failureOf(more), saved);
  incidents.decided(incident, verdictMessage('x', verdict));
  incidents.answered(incident, answer, by);
  const next = (failure = {}, credential = saved) =>
    incidents.begin(failureOf({ ...more, at: clock.now, ...failure }), credential).relation;
  return { clock, incidents, incident, next };
};
const minute = 60_000;
const hour = 60 * minute;

test('a failure while the first is being decided joins it', () => {
  const { incidents } = make();
  const { incident } = incidents.begin(failureOf(), saved);
  const second = incidents.begin(failureOf(), saved);
  assert.equal(second.relation, 'joins');
  assert.equal(second.incident, incident);
  assert.equal(incidents.list().length, 1);
});

test('a user who asks while an automatic failure is being decided is told the same verdict', () => {
  const { incidents } = make();
  const { incident } = incidents.begin(failureOf({ silent: true }), saved);
  const asking = failureOf();
  assert.equal(incidents.begin(asking, saved).relation, 'again');
  assert.equal(incidents.find(asking.id), incident);
});

test('a decision that got lost does not swallow the failures that follow', () => {
  const { clock, incidents } = make();
  incidents.begin(failureOf(), saved);
  clock.now += 121_000;
  assert.equal(incidents.begin(failureOf(), saved).relation, 'new');
});

test('failures of other servers have their own incidents', () => {
  const { incidents } = make();
  incidents.begin(failureOf(), saved);
  assert.equal(incidents.begin(failureOf({ key: 'server2' }), saved).relation, 'new');
  assert.equal(incidents.begin(failureOf({ kind: 'outgoing' }), saved).relation, 'new');
});

test('the second connection of a cancelled IMAP failure joins it, for a while', () => {
  const { clock, next } = ended('cancel');
  clock.now += JOIN_MS - 1;
  assert.equal(next(), 'joins');
  clock.now += 1;
  assert.equal(next(), 'again', 'joining does not prolong it');
});

test('POP3 and SMTP have no second connection: the user who asks is told the verdict again at once', () => {
  for (const more of [{ type: 'pop3' }, { kind: 'outgoing', type: 'smtp' }]) assert.equal(ended('cancel', more).next(), 'again');
});

test('a user who asks for mail right after an automatic failure is not taken for its second connection', () => {
  assert.equal(ended('cancel', { by: 'no-box', silent: true }).next({ silent: false }), 'again');
});

test('what was told without a box has no second connection', () => {
  assert.equal(ended('cancel', { by: 'no-box' }).next(), 'again');
});

test('"not now" is remembered for automatic checks as long as the incident is open', () => {
  for (const verdict of ['stale_password', 'account_locked', 'inconclusive']) {
    const { clock, next } = ended('cancel', { verdict });
    clock.now += 20 * hour;
    assert.equal(next({ silent: true }), 'joins');
  }
});

test('a verdict that time may have changed is asked for anew when the user asks, and so is one that the ledger has forgotten', () => {
  for (const verdict of ['rate_limited', 'inconclusive', 'server_unreachable']) {
    const { clock, next } = ended('cancel', { verdict });
    clock.now += JOIN_MS;
    assert.equal(next(), 'new', verdict);
  }
  const { clock, next } = ended('cancel', { verdict: 'stale_password' });
  clock.now += 25 * hour;
  assert.equal(next(), 'new');
});

test('what pauses nothing is looked into again after ten minutes', () => {
  const { clock, next } = ended('cancel', { verdict: 'certificate_untrusted', by: 'no-box', silent: true });
  clock.now += 599_000;
  assert.equal(next(), 'joins');
  clock.now += 1000;
  assert.equal(next(), 'new');
});

test('a changed sign-in method and ten minutes without a password end the joining', () => {
  assert.equal(ended('cancel').next({ authMethod: 10 }), 'new');
  const typing = ended('newPassword', { by: 'decision' });
  typing.clock.now += 10 * 60_000;
  assert.equal(typing.next({}, nothing), 'new');
});

test('while the user types the new password, another failure of the server waits for it', () => {
  assert.equal(ended('newPassword', { by: 'decision' }).next({}, nothing), 'joins');
});

test('while the prompt waits its turn behind others, the password that is still saved is no new one', () => {
  const { incident, clock, next } = ended('newPassword', { by: 'prompt' });
  incident.queued = true;
  clock.now += 9 * minute;
  assert.equal(next(), 'joins');
  assert.equal(next({}, { stored: false, session: true }), 'new', 'a new one, not saved, was refused');
});

test('a new password that is refused again is a new incident', () => {
  const { incidents, incident, next } = ended('newPassword', { by: 'decision' });
  assert.equal(next(), 'new');
  assert.equal(incidents.list()[0].verdict, null);
  assert.deepEqual([incident.state, incident.ended], ['closed', 'replaced']);
});

test('after "retry" the next failure is a new incident that knows about it', () => {
  const { clock, incidents, next } = ended('retry', { by: 'decision' });
  assert.equal(next(), 'new');
  const [second] = incidents.list();
  assert.ok(second.retried);
  incidents.answered(second, 'cancel', 'stock-with-words');
  clock.now += 10 * 60_000;
  next();
  assert.ok(!incidents.list()[0].retried);
});

test("Thunderbird's own box, shown because we failed, joins nothing", () => {
  const { incidents } = make();
  const { incident } = incidents.begin(failureOf(), saved);
  incidents.failed(incident, 'host_missing');
  incidents.answered(incident, 'cancel', 'stock');
  assert.equal(incidents.begin(failureOf(), saved).relation, 'new');
});

test('a late verdict opens the incident again, but not one that is over for a better reason', () => {
  const late = make();
  const first = late.incidents.begin(failureOf(), saved).incident;
  late.incidents.answered(first, 'cancel', 'stock');
  assert.deepEqual([first.state, first.problem], ['closed', 'late']);
  late.incidents.decided(first, verdictMessage('x', 'rate_limited'));
  assert.deepEqual([first.state, first.problem, first.pause !== null], ['open', null, true]);

  for (const ending of ['signed-in', 'changed', 'try-again', 'replaced']) {
    const { incidents } = make();
    const { incident } = incidents.begin(failureOf(), saved);
    incidents.close(incident, ending);
    incidents.decided(incident, verdictMessage('x', 'stale_password'));
    assert.deepEqual([incident.state, incident.pause], ['closed', null], ending);
  }
});

test('a failure that says only that the way to the server is closed is known by its code', () => {
  for (const code of ['connectionRefusedError', 'netTimeoutError', 'cert:X']) assert.ok(isConnection({ code }));
  for (const code of ['login', 'imapOAuth2Error', 'pop3OAuthRefused', 'imapAuthChangePlainToEncrypt'])
    assert.ok(!isConnection({ code }));
});

test('incidents survive the event page; what was being decided then is over, what was open stays open', () => {
  const { incidents } = make();
  incidents.begin(failureOf(), saved);
  const { incident } = incidents.begin(failureOf({ key: 'server2' }), saved);
  incidents.decided(incident, verdictMessage('x', 'stale_password'));
  const revived = new Incidents({ stored: Incidents.revive(JSON.parse(JSON.stringify(incidents.all))) });
  const [open, lost] = revived.list();
  assert.deepEqual([open.state, open.pause], ['open', { until: null }]);
  assert.deepEqual([lost.state, lost.problem], ['closed', 'interrupted']);
  assert.equal(revived.begin(failureOf(), saved).relation, 'new');
});

test('the newest come first, and old ones go', () => {
  const { incidents } = make();
  for (let n = 0; n < 60; n++) incidents.close(incidents.begin(failureOf({ key: `server${n}` }), saved).incident, 'signed-in');
  const keys = incidents.list().map(({ key }) => key);
  assert.deepEqual([keys.length, keys[0], keys.at(-1)], [50, 'server59', 'server10']);
});

test('what is open is never forgotten, however much comes after it: its buttons work, and its pause can end', () => {
  const { incidents } = make();
  const { incident } = incidents.begin(failureOf({ key: 'paused' }), saved);
  incidents.decided(incident, verdictMessage('x', 'stale_password'));
  for (let n = 0; n < 60; n++) incidents.close(incidents.begin(failureOf({ key: `server${n}` }), saved).incident, 'signed-in');
  assert.equal(incidents.find(incident.id), incident);
  assert.equal(incidents.list().length, 50, 'one more of the others went instead');
  for (let n = 0; n < 60; n++) incidents.begin(failureOf({ key: `open${n}` }), saved);
  assert.equal(incidents.open.length, 61);
  assert.equal(incidents.list().length, 61);
});

test('a box whose end was never reported does not swallow what the user asks for later', () => {
  const { clock, incidents } = make();
  const { incident } = incidents.begin(failureOf({ limitMs: 30_000 }), saved);
  incidents.decided(incident, verdictMessage('x', 'stale_password'));
  const next = (more) => incidents.begin(failureOf({ at: clock.now, ...more }), saved).relation;
  clock.now += 30_000 + 2 * minute - 1;
  assert.equal(next(), 'joins', 'its box may be open');
  clock.now += 1;
  assert.equal(next({ silent: true }), 'joins');
  assert.equal(next(), 'new');
});

test('a prompt that is queued for ten minutes without coming does not swallow what the user asks for: he is told the verdict again', () => {
  for (const [verdict, relation] of [
    ['stale_password', 'again'],
    ['inconclusive', 'new'],
  ]) {
    const { incident, clock, next } = ended('newPassword', { by: 'prompt', verdict });
    incident.queued = true;
    clock.now += 10 * minute;
    assert.equal(next({ silent: true }), 'joins');
    assert.equal(next(), relation, verdict);
  }
});

test('a clock that is set back makes nothing join for hours', () => {
  const back = (scene) => ((scene.clock.now -= 5 * hour), scene);
  assert.equal(back(ended('cancel')).next(), 'again', 'the second connection');
  assert.equal(back(ended('newPassword', { by: 'decision' })).next({}, nothing), 'new', 'while the user types');
  const quiet = { verdict: 'certificate_untrusted', by: 'no-box', silent: true };
  assert.equal(back(ended('cancel', quiet)).next(), 'new', 'an automatic check that nothing pauses');
  const retried = back(ended('retry', { by: 'decision' }));
  retried.next();
  assert.equal(retried.incidents.list()[0].retried, false, 'a retry');
});

test('the same verdict after more than twelve good hours is not in a row: the pause starts at half an hour again', () => {
  for (const [restMs, minutes] of [
    [12 * hour - 1, 60],
    [12 * hour, 30],
    [72 * hour, 30],
  ]) {
    const { clock, incidents, incident } = ended('cancel', { verdict: 'rate_limited' });
    clock.now += 30 * minute;
    incidents.close(incident, 'pause-over');
    clock.now += restMs;
    const second = incidents.begin(failureOf({ at: clock.now }), saved).incident;
    incidents.decided(second, verdictMessage('x', 'rate_limited'));
    assert.equal((second.pause.until - clock.now) / minute, minutes, `${restMs / hour} h`);
  }
});

test('a pause that ended while the computer slept ended then, and not when it woke', () => {
  const { clock, incidents, incident } = ended('cancel', { verdict: 'rate_limited' });
  clock.now += 48 * hour;
  incidents.close(incident, 'pause-over');
  assert.equal(incident.endedAt, 1000 + 30 * minute);
  const second = incidents.begin(failureOf({ at: clock.now }), saved).incident;
  incidents.decided(second, verdictMessage('x', 'rate_limited'));
  assert.equal(second.repeats, 0);
});

test('an unknown id finds nothing', () => {
  const { incidents } = make();
  assert.equal(incidents.find('x'), null);
  assert.equal(incidents.latest({ kind: 'incoming', key: 'x' }), null);
  assert.deepEqual(incidents.list(), []);
});
