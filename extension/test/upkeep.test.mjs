// SPDX-License-Identifier: MPL-2.0
// Thunderbird and the incidents agree, also after the event page was away: no server stays paused for ever.
import assert from 'node:assert/strict';
import test from 'node:test';
import { HostError } from '../host_client.mjs';
import { failureOf, verdictMessage } from './fakes.mjs';
import { play } from './stage.mjs';

/** What is stored after one decided failure of each server. */
async function storedAfter(verdicts) {
  const world = play({ verdict: async (_listening, { account }) => verdictMessage('p', verdicts[account.port - 1]) });
  for (const n of verdicts.keys()) {
    await world.held(failureOf({ key: `server${n + 1}`, port: n + 1 }), { answer: 'cancel', by: 'dialog' });
  }
  return JSON.parse(JSON.stringify(world.incidents.all));
}

test('a server that is paused without an incident (add-on reloaded, storage gone) is resumed at start', async () => {
  const { upkeep, calls } = play({ paused: [{ kind: 'incoming', key: 'server7', until: null }] });
  await upkeep.reconcile();
  assert.deepEqual(calls('resumeChecks'), [['incoming', 'server7']]);
});

test('a pause that both sides know is left alone', async () => {
  const stored = await storedAfter(['stale_password']);
  const { upkeep, did } = play({ stored, paused: [{ kind: 'incoming', key: 'server1', until: null }] });
  await upkeep.reconcile();
  assert.deepEqual(did, []);
});

test('a pause that Thunderbird has lost is set again', async () => {
  const { upkeep, calls } = play({ stored: await storedAfter(['rate_limited']) });
  await upkeep.reconcile();
  assert.deepEqual(calls('pauseChecks'), [['incoming', 'server1', 1000 + 30 * 60_000]]);
});

test('a pause that ended while nobody listened closes its incident', async () => {
  const { upkeep, clock, incidents, calls } = play({ stored: await storedAfter(['rate_limited', 'stale_password']) });
  clock.now += 30 * 60_000;
  await upkeep.reconcile();
  assert.deepEqual(
    incidents.list().map(({ key, state, ended }) => [key, state, ended]),
    [
      ['server2', 'open', null],
      ['server1', 'closed', 'pause-over'],
    ],
  );
  assert.deepEqual(calls('resumeChecks'), [['incoming', 'server1']]);
});

test('what was being decided when the page went away pauses nothing', async () => {
  const [incident] = await storedAfter(['stale_password']);
  const { upkeep, calls, incidents } = play({
    stored: [{ ...incident, state: 'deciding' }],
    paused: [{ kind: 'incoming', key: 'server1', until: null }],
  });
  await upkeep.reconcile();
  assert.deepEqual(calls('resumeChecks'), [['incoming', 'server1']]);
  assert.equal(incidents.list()[0].problem, 'interrupted');
});

test('a later verdict that pauses nothing ends the pause of the one before', async () => {
  let code = 'rate_limited';
  const { held, calls, clock } = play({ verdict: async () => verdictMessage('p', code) });
  await held(failureOf({ type: 'pop3' }), { answer: 'cancel', by: 'dialog' });
  clock.now += 60_000;
  code = 'certificate_untrusted';
  await held(failureOf({ type: 'pop3' }), { answer: 'cancel', by: 'dialog' });
  assert.deepEqual(calls('resumeChecks').at(-1), ['incoming', 'server1']);
});

test('what was never paused is not resumed, so that the sign-in that works next is still told', async () => {
  const { held, quiet, calls, incidents } = play({ verdict: verdictMessage('p', 'certificate_untrusted') });
  await held(failureOf(), { answer: 'cancel', by: 'dialog' });
  await quiet.onSilentFailure(failureOf({ key: 'server2', code: 'connectionRefusedError', silent: true }));
  assert.deepEqual(calls('resumeChecks'), []);
  await quiet.onSignedIn({ kind: 'incoming', key: 'server1' });
  assert.equal(incidents.latest({ kind: 'incoming', key: 'server1' }).ended, 'signed-in');
});

test('we fail at a server that is paused: the pause ends', async () => {
  let answer = verdictMessage('p', 'rate_limited');
  const { held, calls } = play({ verdict: async () => answer });
  await held(failureOf({ type: 'pop3' }), { answer: 'cancel', by: 'dialog' });
  answer = new HostError('host_gone', '');
  await held(failureOf({ type: 'pop3' }), { answer: 'cancel', by: 'stock' });
  assert.deepEqual(calls('resumeChecks'), [['incoming', 'server1']]);
});

test('only a password that is known to be refused is marked', async () => {
  for (const [code, marked] of [
    ['stale_password', true],
    ['rate_limited', false],
    ['inconclusive', false],
  ]) {
    const { held, calls } = play({ verdict: verdictMessage('p', code) });
    await held(failureOf(), { answer: 'cancel', by: 'dialog' });
    assert.deepEqual(calls('markRejected').at(-1), ['incoming', 'server1', marked], code);
  }
});

test('a Thunderbird side that fails at pausing keeps no decision', async () => {
  const world = play();
  world.watch.pauseChecks = world.watch.markRejected = async () => {
    throw new Error('no');
  };
  assert.deepEqual(await world.cases.onLoginFailure(failureOf()), { action: 'newPassword' });
});

test('the bar of an incident goes when a newer one takes its place', async () => {
  let code = 'rate_limited';
  const { held, quiet, clock, calls } = play({ verdict: async () => verdictMessage('p', code) });
  await held(failureOf({ type: 'pop3' }), { answer: 'cancel', by: 'dialog' });
  clock.now += 60_000;
  code = 'password_accepted';
  await held(failureOf({ type: 'pop3', at: clock.now }), { answer: 'retry', by: 'decision' });
  assert.equal(calls('removeBar')[0][0], 'incoming-server1');
  await quiet.onSignedIn({ kind: 'incoming', key: 'server1' });
  assert.deepEqual(calls('resumeChecks').length, 1);
});

test('a verdict that comes after a newer incident has begun, and the end of an older one, change nothing in Thunderbird', async () => {
  const { upkeep, clock, did } = play();
  const saved = { stored: true, session: true };
  const { incident: older } = upkeep.begin(failureOf(), saved);
  clock.now += 121_000;
  const { incident: newer } = upkeep.begin(failureOf(), saved);
  upkeep.decided(newer, verdictMessage('p', 'stale_password'));
  did.length = 0;
  upkeep.decided(older, verdictMessage('p', 'rate_limited'));
  upkeep.close(older, 'try-again');
  assert.deepEqual(did, []);
});

const asked = async (how) => {
  const world = play();
  const failure = failureOf();
  await world.quiet.onSilentFailure({ ...failure, silent: true });
  assert.equal(world.calls('reprompt').length, 1);
  assert.deepEqual(world.calls('withdrawPrompt'), []);
  await how(world, failure);
  return world;
};
const server = { kind: 'incoming', key: 'server1' };

test('a prompt that still waits its turn is withdrawn when its incident ends, however it ends', async () => {
  for (const [ending, how] of [
    ['signed-in', ({ quiet }) => quiet.onSignedIn(server)],
    ['changed', ({ quiet }) => quiet.onCredentialChanged(server)],
    ['try-again', ({ buttons }, { id }) => buttons.perform({ id, choice: 'tryNow' })],
    ['undone', ({ upkeep, incidents }) => upkeep.close(incidents.current(server), 'undone')],
  ]) {
    const { calls, incidents } = await asked(how);
    assert.equal(incidents.latest(server).ended, ending);
    assert.deepEqual(calls('withdrawPrompt'), [['incoming', 'server1']], ending);
  }
});

test('nothing is withdrawn where nothing was asked for, where the prompt ended, or twice', async () => {
  const { held, quiet, calls } = play({ verdict: verdictMessage('p', 'rate_limited') });
  await held(failureOf(), { answer: 'cancel', by: 'dialog' });
  await quiet.onSignedIn(server);
  assert.deepEqual(calls('withdrawPrompt'), []);
  const closed = await asked(({ quiet }) => quiet.onPromptClosed({ ...server, restored: true }));
  await closed.quiet.onSignedIn(server);
  assert.deepEqual(closed.calls('withdrawPrompt'), []);
  const twice = await asked(({ quiet }) => quiet.onSignedIn(server));
  await twice.quiet.onSignedIn(server);
  await twice.quiet.onCredentialChanged(server);
  assert.equal(twice.calls('withdrawPrompt').length, 1);
});

test('a user who is told the verdict again while the prompt waits is asked once: what was queued is withdrawn first', async () => {
  const world = await asked(() => {});
  world.clock.now += 600_000;
  const decision = await world.cases.onLoginFailure(failureOf({ at: world.clock.now }));
  assert.deepEqual(decision, { action: 'newPassword' });
  assert.deepEqual(world.calls('withdrawPrompt'), [['incoming', 'server1']]);
});

test('a prompt that was queued before the sign-in method changed is withdrawn', async () => {
  const world = await asked(() => {});
  world.upkeep.begin(failureOf({ authMethod: 10 }), { stored: true, session: true });
  assert.deepEqual(world.calls('withdrawPrompt'), [['incoming', 'server1']]);
});

test('while a password is refused, its prompt is told what is wanted; afterwards no more', async () => {
  const links = { app_password: 'https://example.org/app' };
  for (const [verdict, wanted] of [
    [verdictMessage('p', 'app_password_required', { links }), { appPassword: true, page: true }],
    [verdictMessage('p', 'stale_password'), { appPassword: false, page: false }],
    [verdictMessage('p', 'stale_password', { confidence: 'guess' }), null],
    [verdictMessage('p', 'rate_limited'), null],
  ]) {
    const world = play({ verdict });
    const failure = failureOf();
    await world.held(failure, { answer: 'cancel', by: 'dialog' });
    assert.deepEqual(world.calls('expectPassword').at(-1), ['incoming', 'server1', wanted && { id: failure.id, ...wanted }]);
    await world.quiet.onSignedIn({ kind: 'incoming', key: 'server1' });
    assert.deepEqual(world.calls('expectPassword').at(-1), ['incoming', 'server1', null]);
  }
});

test('a pause that lost its end while a password was being changed gets it back', async () => {
  const until = 50_000;
  const stored = [{ ...failureOf(), state: 'open', verdict: null, boxes: [], answer: 'cancel', pause: { until } }];
  const { upkeep, calls } = play({ stored, paused: [{ kind: 'incoming', key: 'server1', until: null }] });
  await upkeep.reconcile();
  assert.deepEqual(calls('pauseChecks'), [['incoming', 'server1', until]]);
});
