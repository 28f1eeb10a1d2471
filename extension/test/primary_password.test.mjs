// SPDX-License-Identifier: MPL-2.0
// The login store is locked by the primary password: nothing is searched behind the user's back, the incident waits and explains.
import assert from 'node:assert/strict';
import test from 'node:test';
import { failureOf } from './fakes.mjs';
import { play, settled } from './stage.mjs';

const locked = (more = {}) => ({ credential: { locked: true, stored: null, savedAt: null, session: null, ...more } });
const nobody = { silent: true, attended: false };

test('with a password of this session the server is asked although the store is locked', async () => {
  const { cases, asked } = play(locked({ session: 'typed' }));
  await cases.onLoginFailure(failureOf());
  assert.equal(asked[0].credential.secret, 'typed');
});

test('clearing needs the store: the box is cancelled, nothing is cleared, the bar explains and offers to unlock', async () => {
  const { held, bar, calls, types, incidents } = play(locked({ session: 'typed' }));
  const failure = failureOf();
  assert.deepEqual(await held(failure, { answer: 'cancel', by: 'decision' }), { action: 'cancel' });
  await settled();
  assert.match(bar().text, /bar_locked\|Work/);
  assert.deepEqual(bar().choices, ['unlock', 'details']);
  assert.deepEqual([types(), calls('reprompt'), calls('unlock')], [['probe'], [], []]);
  assert.equal(incidents.current(failure).state, 'waiting');
});

test('the button unlocks, and the incident goes on: vault, then the prompt', async () => {
  const { held, buttons, names, types } = play(locked({ session: 'typed' }));
  const failure = failureOf();
  await held(failure, { answer: 'cancel', by: 'decision' });
  await settled();
  assert.equal(await buttons.perform({ id: failure.id, choice: 'unlock' }), null);
  assert.deepEqual(types(), ['probe', 'vault_store']);
  assert.deepEqual(names(), ['showBar', 'unlock', 'reprompt', 'showBar']);
});

test('a prompt for the primary password that is cancelled changes nothing, and the bar stays', async () => {
  const { held, buttons, scene, calls, types } = play(locked({ session: 'typed' }));
  const failure = failureOf();
  await held(failure, { answer: 'cancel', by: 'decision' });
  scene.unlocks = false;
  assert.equal(await buttons.perform({ id: failure.id, choice: 'unlock' }), 'locked');
  assert.deepEqual(types(), ['probe']);
  assert.deepEqual(calls('removeBar'), []);
});

test('without any password at hand nothing is sent; unlocked by whomever, the server is asked and the prompt follows', async () => {
  const { quiet, credential, types, bar, calls } = play(locked());
  await quiet.onSilentFailure(failureOf({ silent: true }));
  assert.deepEqual(types(), []);
  assert.deepEqual(bar().choices, ['unlock', 'details']);
  assert.deepEqual(calls('pauseChecks'), []);
  Object.assign(credential, { locked: false, stored: 'old' });
  await quiet.onUnlocked();
  await quiet.onUnlocked();
  assert.deepEqual(types(), ['probe', 'vault_store']);
  assert.equal(calls('reprompt').length, 1);
});

test('further automatic failures of a waiting incident say nothing', async () => {
  const { quiet, calls, incidents } = play({ ...locked(), attended: false });
  for (let n = 0; n < 3; n++) await quiet.onSilentFailure(failureOf(nobody));
  assert.equal(calls('showBar').length, 1);
  assert.equal(calls('notify').length, 1);
  assert.equal(incidents.list().length, 1);
});

test('a check that the user asks for meanwhile is cancelled without a box, and shows the bar again', async () => {
  const { quiet, cases, bar, calls } = play(locked());
  await quiet.onSilentFailure(failureOf({ silent: true }));
  assert.deepEqual(await cases.onLoginFailure(failureOf()), { action: 'cancel' });
  await settled();
  assert.equal(calls('showBar').length, 2);
  assert.match(bar().text, /bar_locked/);
});
