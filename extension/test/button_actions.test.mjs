// SPDX-License-Identifier: MPL-2.0
// Buttons of the bar, the card and the options page.
import assert from 'node:assert/strict';
import test from 'node:test';
import { HostError } from '../host_client.mjs';
import { failureOf, verdictMessage } from './fakes.mjs';
import { play } from './stage.mjs';

const appPassword = { may_clear: 'on_click', advice: ['app_password'], links: { app_password: 'https://example.org/app' } };
/** A failure whose dialog was left with "not now". */
async function left(world) {
  const scene = play(world);
  const failure = failureOf();
  await scene.held(failure, { answer: 'cancel', by: 'dialog' });
  scene.did.length = 0;
  return {
    ...scene,
    press: (choice) => scene.buttons.perform({ id: failure.id, choice }),
    incident: scene.incidents.find(failure.id),
  };
}

test('a password is asked for only where the verdict allows it', async () => {
  const { press, deeds } = await left({ verdict: verdictMessage('p', 'account_locked') });
  for (const choice of ['newPassword', 'appPassword', 'askAnyway', 'signInAgain', 'nonsense'])
    assert.equal(await press(choice), 'not_allowed', choice);
  assert.deepEqual(deeds(), []);
});

test('the vault has the old password before Thunderbird is told to ask', async () => {
  const { press, names, types } = await left({ verdict: verdictMessage('p', 'app_password_required', appPassword) });
  assert.equal(await press('appPassword'), null);
  assert.deepEqual(types(), ['probe', 'vault_store']);
  assert.deepEqual(names(), ['reprompt', 'showBar']);
});

test('pressed twice, it asks once', async () => {
  const { press, calls, types } = await left({ verdict: verdictMessage('p', 'app_password_required', appPassword) });
  await Promise.all([press('appPassword'), press('appPassword')]);
  await press('appPassword');
  assert.equal(calls('reprompt').length, 1);
  assert.deepEqual(types(), ['probe', 'vault_store']);
});

test('without a keyring nothing is forgotten before the user was told', async () => {
  const { press, calls, bar } = await left({
    verdict: verdictMessage('p', 'app_password_required', appPassword),
    vault: new HostError('no_keyring', ''),
  });
  assert.equal(await press('askAnyway'), 'not_allowed');
  assert.equal(await press('appPassword'), 'no_keyring');
  assert.match(bar().text, /no_vault_sentence/);
  assert.deepEqual(calls('reprompt'), []);
  assert.equal(await press('askAnyway'), null);
  assert.equal(calls('reprompt').length, 1);
});

test('"keep the saved password" changes nothing, and the bar goes back to what it said', async () => {
  const { press, bar, incident } = await left({ vault: new HostError('keyring_locked', '') });
  await press('newPassword');
  assert.equal(await press('keep'), null);
  assert.deepEqual(bar().choices, ['newPassword', 'details']);
  assert.equal(await press('askAnyway'), 'not_allowed');
  assert.deepEqual([incident.state, incident.pause], ['open', { until: null }]);
});

test('what is over clears nothing any more: signed in, or another password saved', async () => {
  for (const event of ['onSignedIn', 'onCredentialChanged']) {
    const { press, quiet, incident, calls } = await left({});
    await quiet[event](incident);
    assert.equal(await press('newPassword'), 'not_allowed');
    assert.deepEqual(calls('reprompt'), []);
  }
});

test('"try now" resumes the checks, forgets the mark, and signs in', async () => {
  const { press, did, incident } = await left({ verdict: verdictMessage('p', 'rate_limited') });
  assert.equal(await press('tryNow'), null);
  assert.deepEqual(
    did.filter(([name]) => ['resumeChecks', 'markRejected', 'signIn'].includes(name)),
    [
      ['resumeChecks', 'incoming', 'server1'],
      ['markRejected', 'incoming', 'server1', false],
      ['signIn', 'incoming', 'server1'],
    ],
  );
  assert.equal(incident.ended, 'try-again');
});

test('"try now" on the card of an older incident tries the server of today, whose pause ends', async () => {
  const { buttons, held, incidents, clock, calls } = play({ verdict: verdictMessage('p', 'rate_limited') });
  const older = failureOf();
  await held(older, { answer: 'cancel', by: 'dialog' });
  clock.now += 300_000;
  await held(failureOf({ at: clock.now }), { answer: 'cancel', by: 'dialog' });
  assert.equal(incidents.list().length, 2);
  await buttons.perform({ id: older.id, choice: 'tryNow' });
  assert.equal(incidents.current(older), null);
  assert.equal(calls('resumeChecks').length, 1);
});

test('"Details" opens the card, and changes nothing', async () => {
  const { press, deeds, incident } = await left({});
  await press('details');
  assert.deepEqual(deeds(), [['openCard', incident.id]]);
});

test('a button of an incident that is gone does nothing', async () => {
  const { buttons, did } = play();
  assert.equal(await buttons.perform({ id: 'gone', choice: 'newPassword' }), 'not_found');
  assert.deepEqual(did, []);
});

test('a button of a bar that could do nothing: the bar, which went with the click, is back', async () => {
  const { buttons, incident, press, scene, credential, bar, calls } = await left({
    verdict: verdictMessage('p', 'stale_password'),
  });
  assert.equal(await press('changePassword'), 'account_gone');
  assert.deepEqual(calls('showBar'), []);
  Object.assign(credential, { locked: true });
  Object.assign(scene, { unlocks: false });
  await buttons.pressed({ id: incident.id, choice: 'changePassword' });
  assert.match(bar().text, /verdict_stale_password_sentence/);
});

test('a button of a bar of an incident that is over shows nothing anew', async () => {
  const { buttons, incident, quiet, calls } = await left();
  await quiet.onSignedIn({ kind: 'incoming', key: 'server1' });
  await buttons.pressed({ id: incident.id, choice: 'newPassword' });
  assert.deepEqual(calls('showBar'), []);
});
