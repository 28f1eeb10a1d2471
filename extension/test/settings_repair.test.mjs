// SPDX-License-Identifier: MPL-2.0
// Settings repair on the stage: proposed, applied on a click, verified by Thunderbird's own sign-in, taken back; and everything that must stop it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { failureOf, verdictMessage } from './fakes.mjs';
import { play, settled } from './stage.mjs';

const old = { type: 'pop3', hostname: 'pop.example.org', port: 110, socketType: 0 };
const found = {
  host: 'pop.example.org',
  port: 995,
  tls: 'implicit',
  source: 'port',
  changes: ['port', 'tls'],
  confirm_host: false,
};
const before = { port: 110, socketType: 0 };
const after = { port: 995, socketType: 3 };
const change = 'way_old_new|way_none|110|way_implicit|995';
const server = { kind: 'incoming', key: 'server1' };

/** @param {{settings?: object, verdict?: string, failure?: object, world?: object}} how */
function stage({ settings = found, verdict = 'tls_required', failure: more = {}, world = {} } = {}) {
  const failure = failureOf({ ...old, ...more });
  const scene = play({ verdict: verdictMessage('p', verdict, { settings }), servers: [{ ...failure }], ...world });
  scene.scene.before = before;
  return {
    ...scene,
    failure,
    press: (choice) => scene.buttons.perform({ id: failure.id, choice }),
    incident: () => scene.incidents.find(failure.id),
  };
}
/** A connection that Thunderbird tells of, with a bar. */
async function told(how = {}) {
  const scene = stage({ verdict: 'server_unreachable', ...how, failure: { code: 'connectionRefusedError', ...how.failure } });
  await scene.quiet.onSilentFailure(scene.failure);
  return scene;
}

test('the held dialog gives the reason, old -> new, and one button; the settings change when the box is gone', async () => {
  const { held, cases, failure, calls, names, bar } = stage();
  const decision = await held(failure);
  assert.match(decision.text, /^repair_why_tls_required\|Work\|pop\.example\.org/);
  assert.ok(decision.text.includes(`repair_found|${change}`), decision.text);
  assert.deepEqual(
    decision.buttons.map(({ choice }) => choice),
    ['applySettings', 'notNow', 'details'],
  );
  assert.deepEqual(await cases.onDialogChoice({ id: failure.id, choice: 'applySettings' }), { action: 'cancel' });
  assert.deepEqual(calls('applySettings'), [], 'not while the box is held');
  await cases.onHoldEnded({ id: failure.id, answer: 'cancel', by: 'dialog' });
  await settled();
  assert.deepEqual(calls('applySettings'), [['incoming', 'server1', after]]);
  assert.deepEqual(names(), ['applySettings', 'showBar', 'signIn']);
  assert.ok(bar().text.includes(change), bar().text);
  assert.deepEqual(bar().choices, ['undoSettings', 'details']);
});

test('a server that cannot be reached, from an automatic check that is quiet otherwise: settings that work are worth a bar', async () => {
  const { bar } = await told({ failure: { silent: true } });
  assert.match(bar().text, /^repair_why_server_unreachable/);
  assert.deepEqual(bar().choices, ['applySettings', 'details']);
  const without = await told({ failure: { silent: true }, settings: null });
  assert.equal(without.bar(), null);
});

test('nobody there: a notification too, and nothing changes by itself', async () => {
  const { calls, quiet } = await told({ failure: { silent: true, attended: false }, world: { attended: false } });
  assert.equal(calls('notify').length, 1);
  await quiet.onAttended();
  assert.deepEqual(calls('applySettings'), []);
});

test('one click in the bar: changed, remembered, signed in; the undo stays after it works, and takes it back', async () => {
  const { press, names, calls, bar, quiet, repair, changes, did, incident } = await told();
  did.length = 0;
  assert.equal(await press('applySettings'), null);
  assert.deepEqual(names(), ['applySettings', 'showBar', 'signIn']);
  assert.equal(incident().state, 'closed');
  assert.match(bar().text, /^repair_changed/);
  const [kept] = await changes.list();
  assert.deepEqual(kept, { ...server, id: kept.id, at: kept.at, name: 'Work', before, after, why: 'server_unreachable' });
  await quiet.onSignedIn(server);
  await repair.onSignedIn(server);
  assert.match(bar().text, /^repair_works/);
  assert.deepEqual(bar().choices, ['undoSettings', 'details']);
  // Another login is saved meanwhile: no reason to take the undo away.
  did.length = 0;
  await quiet.onCredentialChanged(server);
  assert.deepEqual(calls('removeBar'), []);
});

test('undo, from the bar and from the options page', async () => {
  for (const way of ['bar', 'options']) {
    const { press, calls, repair, changes, did, incident, watch } = await told();
    await press('applySettings');
    watch.listServers = async () => [{ ...failureOf({ ...old, ...after }) }];
    did.length = 0;
    const [{ id }] = await changes.list();
    assert.equal(await (way === 'bar' ? press('undoSettings') : repair.undoChange(id)), null);
    assert.deepEqual(calls('applySettings'), [['incoming', 'server1', before]]);
    assert.deepEqual(calls('removeBar'), [['incoming-server1']]);
    assert.equal(incident().repair, null);
    assert.deepEqual(await changes.list(), []);
    assert.equal(await press('undoSettings'), 'not_allowed', 'once');
  }
});

test('the new settings fail: the new incident tells it, the change can still be taken back, and that ends the incident', async () => {
  const { press, quiet, repair, changes, incidents, watch, failure } = await told();
  await press('applySettings');
  const again = failureOf({ ...failure, ...after, id: 'again', at: 2000 });
  watch.listServers = async () => [again];
  await quiet.onSilentFailure(again);
  assert.equal(incidents.current(server).id, 'again');
  const [{ id }] = await changes.list();
  assert.equal(await repair.undoChange(id), null);
  assert.equal(incidents.current(server), null);
});

test('somebody has changed the settings since the proposal: nothing is touched, and the bar says so', async () => {
  const { press, calls, bar, watch, failure } = await told();
  watch.listServers = async () => [{ ...failure, port: 1110 }];
  assert.equal(await press('applySettings'), 'changed_since');
  assert.deepEqual(calls('applySettings'), []);
  assert.match(bar().text, /repair_failed\|problem_changed_since/);
  watch.listServers = async () => [];
  assert.equal(await press('applySettings'), 'account_gone');
});

test('the login store is locked: the primary password is asked for, once, and then it goes on', async () => {
  for (const unlocks of [true, false]) {
    const { press, watch, scene, calls, names } = await told();
    scene.unlocks = unlocks;
    const answers = [null, before];
    watch.applySettings = async () => answers.shift();
    assert.equal(await press('applySettings'), unlocks ? null : 'locked');
    assert.equal(calls('unlock').length, 1);
    assert.equal(names().includes('signIn'), unlocks);
  }
});

test('Thunderbird refuses, or the change cannot be remembered: nothing stays changed, nobody signs in', async () => {
  const refusing = await told();
  refusing.watch.applySettings = async () => {
    throw new Error('locked by a policy');
  };
  assert.equal(await refusing.press('applySettings'), 'not_applied');
  assert.deepEqual(refusing.calls('signIn'), []);
  const forgetful = await told();
  forgetful.changes.record = async () => {
    throw new Error('disk full');
  };
  assert.equal(await forgetful.press('applySettings'), 'not_applied');
  assert.deepEqual(forgetful.calls('applySettings'), [
    ['incoming', 'server1', after],
    ['incoming', 'server1', before],
  ]);
  assert.deepEqual(forgetful.calls('signIn'), []);
});

const elsewhere = {
  ...found,
  host: 'mail.other.example',
  changes: ['host', 'port', 'tls'],
  source: 'autoconfig',
  confirm_host: true,
};

test('a host that is not known to be the provider: both names in a second dialog, whose first button changes nothing', async () => {
  const { held, cases, failure, calls } = stage({ settings: elsewhere });
  await held(failure);
  const second = await cases.onDialogChoice({ id: failure.id, choice: 'applySettings' });
  assert.equal(second.action, 'custom');
  assert.match(second.text, /pop\.example\.org.*mail\.other\.example/);
  assert.deepEqual(
    second.buttons.map(({ choice }) => choice),
    ['confirmHost', 'notNow', 'details'],
  );
  assert.equal(second.defaultButton, 1);
  await settled();
  assert.deepEqual(calls('applySettings'), []);
  assert.deepEqual(await cases.onDialogChoice({ id: failure.id, choice: 'confirmHost' }), { action: 'cancel' });
  await settled();
  assert.deepEqual(calls('applySettings'), [['incoming', 'server1', { hostname: 'mail.other.example', ...after }]]);
});

test('the same in the bar: the first click asks, the second changes; neither alone does', async () => {
  const { press, calls, bar } = await told({ settings: elsewhere });
  assert.equal(await press('confirmHost'), null, 'not before the names were shown');
  assert.deepEqual(calls('applySettings'), []);
  assert.match(bar().text, /^repair_confirm\|Work\|pop\.example\.org\|mail\.other\.example/);
  assert.deepEqual(bar().choices, ['confirmHost', 'details']);
  assert.equal(await press('applySettings'), null);
  assert.deepEqual(calls('applySettings'), []);
  assert.equal(await press('confirmHost'), null);
  assert.equal(calls('applySettings').length, 1);
});

test('a host that the rules know needs no second question', async () => {
  const { press, calls } = await told({ settings: { ...elsewhere, source: 'rule', confirm_host: false } });
  await press('applySettings');
  assert.equal(calls('applySettings').length, 1);
});

test('what is not allowed is never offered, and pressing the button all the same does nothing', async () => {
  for (const wrong of [{ tls: 'none' }, { port: 8110 }, { host: '192.0.2.7' }, { user: 'mallory' }]) {
    const { press, calls, incident } = await told({ settings: { ...found, ...wrong } });
    assert.equal(incident().verdict.settings, undefined);
    assert.equal(await press('applySettings'), 'not_allowed');
    assert.equal(await press('confirmHost'), 'not_allowed');
    assert.deepEqual(calls('applySettings'), []);
  }
});

test('OAuth2 only where Thunderbird has it', async () => {
  const settings = { ...found, port: 110, tls: 'starttls', auth: 'oauth2', changes: ['auth'] };
  for (const oauth of [null, { issuer: 'accounts.example.org' }]) {
    const { held, failure, press, calls } = stage({
      settings,
      verdict: 'mechanism_unsupported',
      failure: { socketType: 2 },
      world: { oauth },
    });
    await held(failure, { answer: 'cancel', by: 'dialog' });
    assert.equal(await press('applySettings'), oauth ? null : 'not_allowed');
    assert.deepEqual(calls('applySettings'), oauth ? [['incoming', 'server1', { authMethod: 10 }]] : []);
  }
});

test('pressed twice, it changes once', async () => {
  const { press, calls } = await told();
  await Promise.all([press('applySettings'), press('applySettings')]);
  assert.equal(await press('applySettings'), 'not_allowed', 'the incident is over');
  assert.equal(calls('applySettings').length, 1);
});

test('another host or user of an incoming account wants a restart some time, and the bar says so', async () => {
  for (const [settings, failure, restart] of [
    [{ ...elsewhere, confirm_host: false }, {}, true],
    [found, {}, false],
    [{ ...elsewhere, port: 587, confirm_host: false }, { kind: 'outgoing', type: 'smtp' }, false],
  ]) {
    const { press, bar } = await told({ settings, failure });
    await press('applySettings');
    assert.equal(bar().text.includes('repair_restart'), restart);
  }
});

for (const locale of ['en', 'ja']) {
  test(`every text of the repair exists (${locale})`, () => {
    const messages = JSON.parse(readFileSync(new URL(`../_locales/${locale}/messages.json`, import.meta.url), 'utf8'));
    const names = [
      ...[
        'tls_required',
        'tls_obsolete',
        'certificate_untrusted',
        'server_unreachable',
        'mechanism_unsupported',
        'username_format',
      ].map((verdict) => `repair_why_${verdict}`),
      ...['rule', 'srv', 'autoconfig'].map((source) => `repair_source_${source}`),
      ...['none', 'starttls', 'implicit', 'user', 'and', 'old_new'].map((name) => `way_${name}`),
      ...['password', 'password_encrypted', 'oauth2'].map((name) => `setting_auth_${name}`),
      ...['found', 'confirm', 'confirm_title', 'changed', 'works', 'restart', 'failed'].map((name) => `repair_${name}`),
      ...['applySettings', 'confirmHost', 'undoSettings'].map((choice) => `button_${choice}`),
      ...['problem_changed_since', 'problem_not_applied', 'sentence_space'],
    ];
    for (const name of names) assert.equal(typeof messages[name]?.message, 'string', name);
  });
}
