// SPDX-License-Identifier: MPL-2.0
// Failures while nobody is there, without a box, and what becomes of an incident later.
import assert from 'node:assert/strict';
import test from 'node:test';
import { HostError } from '../host_client.mjs';
import { failureOf, verdictMessage } from './fakes.mjs';
import { gate, play, settled } from './stage.mjs';

const nobody = { silent: true, attended: false };
const server = { kind: 'incoming', key: 'server1' };
const away = (more = {}) => play({ attended: false, ...more });

test('a held box while nobody is there: cancelled as soon as the verdict is there, bar, notification, nothing cleared', async () => {
  const { held, bar, calls, types, incidents } = away();
  assert.deepEqual(await held(failureOf({ type: 'pop3', ...nobody }), { answer: 'cancel', by: 'decision' }), {
    action: 'cancel',
  });
  await settled();
  assert.deepEqual(types(), ['probe'], 'not even the vault was asked');
  assert.deepEqual(bar().choices, ['newPassword', 'details']);
  const [[, words]] = calls('notify');
  assert.deepEqual(words, { title: 'verdict_stale_password_title|Work|imap.example.org', message: bar().text });
  assert.deepEqual(calls('reprompt'), []);
  assert.deepEqual(calls('pauseChecks'), [['incoming', 'server1', null]]);
  assert.equal(incidents.current(server).unseen, true);
});

test('no verdict opens a box while nobody is there', async () => {
  for (const code of ['rate_limited', 'app_password_required', 'inconclusive', 'not_auth', 'brand_new']) {
    const { cases, bar } = away({ verdict: verdictMessage('p', code) });
    assert.deepEqual(await cases.onLoginFailure(failureOf({ type: 'pop3', ...nobody })), { action: 'cancel' }, code);
    await settled();
    assert.ok(bar(), code);
  }
});

test('the host fails while nobody is there: the held box is the stock box, and nothing is paused', async () => {
  const { held, calls } = away({ verdict: new HostError('host_gone', '') });
  assert.deepEqual(await held(failureOf({ type: 'pop3', ...nobody }), { answer: 'cancel', by: 'stock' }), { action: 'ask' });
  assert.deepEqual(calls('pauseChecks'), []);
  assert.deepEqual(calls('showBar'), []);
});

test('an automatic check that fails while somebody is there is told as if he had asked for it', async () => {
  const { cases } = play();
  assert.deepEqual(await cases.onLoginFailure(failureOf({ type: 'pop3', silent: true, attended: true })), {
    action: 'newPassword',
  });
});

test('a silent failure while nobody is there clears nothing; when somebody comes back, vault and prompt follow by themselves', async () => {
  const { quiet, types, names, scene, incidents } = away();
  await quiet.onSilentFailure(failureOf(nobody));
  assert.deepEqual(types(), ['probe']);
  assert.deepEqual(names(), ['notify', 'showBar']);
  scene.attended = true;
  await quiet.onAttended();
  assert.deepEqual(types(), ['probe', 'vault_store']);
  assert.deepEqual(names(), ['notify', 'showBar', 'reprompt', 'showBar']);
  await quiet.onAttended();
  assert.equal(names().filter((name) => name === 'reprompt').length, 1, 'once');
  assert.equal(incidents.current(server).answer, 'newPassword');
});

test('a silent failure while somebody is there leads to the prompt at once, through the vault and the queue', async () => {
  const { quiet, types, names } = play();
  await quiet.onSilentFailure(failureOf({ silent: true }));
  assert.deepEqual(types(), ['probe', 'vault_store']);
  assert.deepEqual(names(), ['reprompt', 'showBar']);
});

test('when somebody comes back, a verdict that is not plain "stale" only shows its bar again', async () => {
  const { quiet, names, types } = away({ verdict: verdictMessage('p', 'stale_password', { advice: ['app_password'] }) });
  await quiet.onSilentFailure(failureOf(nobody));
  await quiet.onAttended();
  assert.deepEqual(names(), ['notify', 'showBar', 'showBar']);
  assert.deepEqual(types(), ['probe']);
});

test('somebody is back before the verdict is there: no notification, and the prompt comes', async () => {
  const world = away({
    verdict: async () => {
      world.scene.attended = true;
      return verdictMessage('p', 'stale_password');
    },
  });
  await world.quiet.onSilentFailure(failureOf(nobody));
  assert.deepEqual(world.names(), ['reprompt', 'showBar']);
});

test('the user asks for mail while an automatic failure is still being looked into: his box waits for the same verdict', async () => {
  const answer = gate();
  const world = play({ verdict: () => answer.passed });
  const silent = world.quiet.onSilentFailure(failureOf({ silent: true }));
  await settled();
  const decision = world.cases.onLoginFailure(failureOf());
  await settled();
  answer.open(verdictMessage('p', 'stale_password'));
  assert.deepEqual(await decision, { action: 'newPassword' });
  await silent;
  assert.deepEqual(world.types(), ['probe', 'vault_store']);
  assert.deepEqual(world.calls('reprompt'), [], 'the box asks, and nothing beside it');
});

test('a silent failure that we cannot look into is told once, and not looked into again for ten minutes', async () => {
  const { quiet, bar, clock, types, calls } = away({ verdict: new HostError('timeout', '') });
  await quiet.onSilentFailure(failureOf({ ...nobody, at: clock.now }));
  assert.match(bar().text, /card_unknown problem_silent/);
  for (const minutes of [1, 2, 3]) {
    clock.now += minutes * 60_000;
    await quiet.onSilentFailure(failureOf({ ...nobody, at: clock.now }));
  }
  assert.equal(types().length, 1);
  assert.equal(calls('showBar').length, 1);
  assert.deepEqual(calls('pauseChecks'), []);
  clock.now += 4 * 60_000;
  await quiet.onSilentFailure(failureOf({ ...nobody, at: clock.now }));
  assert.equal(types().length, 2);
});

for (const code of ['connectionRefusedError', 'netTimeoutError', 'cert:SSL_ERROR_BAD_CERT_DOMAIN']) {
  test(`nobody asked, and the server cannot be reached (${code}): no bar, no notification, no password, one probe in ten minutes`, async () => {
    const { quiet, asked, clock, names, incidents, calls } = away({ verdict: verdictMessage('p', 'server_unreachable') });
    for (const minutes of [0, 1, 8]) {
      clock.now += minutes * 60_000;
      await quiet.onSilentFailure(failureOf({ ...nobody, code, at: clock.now }));
    }
    assert.equal(asked.length, 1);
    assert.equal(asked[0].credential, undefined);
    assert.deepEqual(names(), []);
    assert.deepEqual(calls('pauseChecks'), []);
    assert.equal(incidents.list()[0].verdict.verdict, 'server_unreachable', 'the health list has it');
    clock.now += 60_000;
    await quiet.onSilentFailure(failureOf({ ...nobody, code, at: clock.now }));
    assert.equal(asked.length, 2);
  });
}

test('nobody asked, and the way to the server is closed: nothing is shown or paused, whatever the host finds, or if it finds nothing', async () => {
  for (const verdict of [
    ...['tls_obsolete', 'inconclusive', 'rate_limited', 'mechanism_unsupported'].map((code) => verdictMessage('p', code)),
    new HostError('host_gone', ''),
  ]) {
    const { quiet, names, calls } = away({ verdict });
    await quiet.onSilentFailure(failureOf({ ...nobody, code: 'netResetError' }));
    assert.deepEqual(names(), []);
    assert.deepEqual(calls('pauseChecks'), []);
  }
});

test('nobody asked, and it was not about the password after all: only the health list has it', async () => {
  for (const code of ['server_unreachable', 'offline', 'temporary_failure']) {
    const { quiet, cases, names } = play({ verdict: verdictMessage('p', code) });
    await quiet.onSilentFailure(failureOf({ silent: true }));
    await cases.onLoginFailure(failureOf({ key: 'server2', type: 'pop3', silent: true }));
    assert.deepEqual(names(), [], code);
  }
});

test('a sign-in works while an automatic failure is looked into: nothing is said', async () => {
  const answer = gate();
  const world = play({ verdict: () => answer.passed });
  const silent = world.quiet.onSilentFailure(failureOf({ silent: true }));
  await settled();
  await world.quiet.onSignedIn(server);
  answer.open(verdictMessage('p', 'stale_password'));
  await silent;
  assert.deepEqual(world.names(), []);
  assert.deepEqual(world.calls('pauseChecks'), []);
});

test('a sign-in works while the password is on its way into the vault: nothing is cleared', async () => {
  const stored = gate();
  const world = play({ vault: () => stored.passed });
  const silent = world.quiet.onSilentFailure(failureOf({ silent: true }));
  await settled();
  assert.deepEqual(world.types(), ['probe', 'vault_store']);
  await world.quiet.onSignedIn(server);
  stored.open({ entries: [{}] });
  await silent;
  assert.deepEqual(world.calls('reprompt'), []);
});

test('the pause of the incident before ends while the new one is being decided: the decision stands', async () => {
  let answer = Promise.resolve(verdictMessage('p', 'rate_limited'));
  const { held, cases, quiet, clock, incidents } = play({ verdict: () => answer });
  await held(failureOf({ type: 'pop3' }), { answer: 'cancel', by: 'dialog' });
  const late = gate();
  answer = late.passed;
  clock.now += 1_800_000;
  const decision = cases.onLoginFailure(failureOf({ type: 'pop3', at: clock.now }));
  await settled();
  await quiet.onChecksResumed(server);
  late.open(verdictMessage('p', 'rate_limited'));
  assert.equal((await decision).action, 'custom');
  assert.deepEqual(incidents.current(server).pause, { until: clock.now + 3_600_000 });
});

test('somebody asks while a box of nobody is being decided: his box tells it, and no bar or notification beside it', async () => {
  const answer = gate();
  const world = away({ verdict: () => answer.passed });
  const first = world.cases.onLoginFailure(failureOf({ type: 'pop3', ...nobody }));
  await settled();
  const second = world.cases.onLoginFailure(failureOf({ type: 'pop3' }));
  await settled();
  answer.open(verdictMessage('p', 'stale_password'));
  assert.deepEqual([await first, await second], [{ action: 'cancel' }, { action: 'newPassword' }]);
  await settled();
  assert.deepEqual(world.names(), []);
});

test('the user asked, and the server cannot be reached: the bar says what the host found', async () => {
  const { quiet, bar } = play({ verdict: verdictMessage('p', 'certificate_untrusted') });
  await quiet.onSilentFailure(failureOf({ code: 'cert:SSL_ERROR_EXPIRED' }));
  assert.match(bar().text, /verdict_certificate_untrusted_sentence/);
});

test('the way to the server is in order again by the time we look: nothing is said', async () => {
  const { quiet, names, incidents } = play({ verdict: verdictMessage('p', 'inconclusive', { rule: 'no-credential' }) });
  await quiet.onSilentFailure(failureOf({ code: 'connectionRefusedError' }));
  assert.deepEqual(names(), []);
  assert.equal(incidents.list()[0].ended, 'nothing-wrong');
});

test('a connection failure says nothing new about a server whose password is refused', async () => {
  const { quiet, asked, clock } = away();
  await quiet.onSilentFailure(failureOf(nobody));
  clock.now += 3_600_000;
  await quiet.onSilentFailure(failureOf({ ...nobody, code: 'connectionRefusedError', at: clock.now }));
  assert.equal(asked.length, 1);
});

test('a refused login is looked into although the server could not be reached a moment ago', async () => {
  const { quiet, asked, bar } = away();
  await quiet.onSilentFailure(failureOf({ ...nobody, code: 'connectionRefusedError' }));
  await quiet.onSilentFailure(failureOf(nobody));
  assert.equal(asked.length, 2);
  assert.ok(bar());
});

test('the bar has one incident while automatic checks go on failing', async () => {
  const { quiet, clock, asked, calls, incidents } = away();
  for (let n = 0; n < 12; n++) {
    await quiet.onSilentFailure(failureOf({ ...nobody, at: clock.now }));
    clock.now += 600_000;
  }
  assert.equal(asked.length, 1);
  assert.equal(calls('showBar').length, 1);
  assert.equal(calls('notify').length, 1);
  assert.equal(incidents.list().length, 1);
  assert.equal(incidents.list()[0].joined, 11);
  assert.equal(incidents.list()[0].lastAt, clock.now - 600_000);
});

test('without a keyring nothing is cleared when somebody comes back: the bar says so, and the first button keeps the password', async () => {
  const { quiet, bar, calls, buttons, incidents } = away({ vault: new HostError('no_keyring', '') });
  await quiet.onSilentFailure(failureOf(nobody));
  await quiet.onAttended();
  assert.match(bar().text, /no_vault_sentence/);
  assert.deepEqual(bar().choices, ['keep', 'askAnyway', 'details']);
  assert.deepEqual(calls('reprompt'), []);
  await buttons.perform({ id: incidents.current(server).id, choice: 'askAnyway' });
  assert.equal(calls('reprompt').length, 1);
});

test('the vault fails in another way when somebody comes back: nothing is cleared, and the bar says that nothing was changed', async () => {
  const { quiet, bar, calls } = away({ vault: new HostError('host_gone', '') });
  await quiet.onSilentFailure(failureOf(nobody));
  await quiet.onAttended();
  assert.match(bar().text, /bar_vault_failed/);
  assert.deepEqual(bar().choices, ['newPassword', 'details']);
  assert.deepEqual(calls('reprompt'), []);
});

test('the user closes the prompt: the bar says that the old password is back, checks stay off, and it does not open by itself again', async () => {
  const { held, quiet, bar, calls, incidents } = play();
  await held(failureOf(), { answer: 'newPassword', by: 'decision' });
  await quiet.onPromptClosed({ ...server, restored: true });
  assert.match(bar().text, /bar_restored\|Work/);
  assert.deepEqual(bar().choices, ['newPassword', 'details']);
  assert.deepEqual(calls('pauseChecks').at(-1), ['incoming', 'server1', null]);
  assert.deepEqual(calls('markRejected').at(-1), ['incoming', 'server1', true]);
  assert.equal(incidents.current(server).state, 'open');
  await quiet.onAttended();
  assert.deepEqual(calls('reprompt'), []);
});

test('"Enter new password" on that bar opens the prompt once more; when it works, the incident is over and the bar goes', async () => {
  const { held, quiet, buttons, calls, incidents } = play();
  const failure = failureOf();
  await held(failure, { answer: 'newPassword', by: 'decision' });
  await quiet.onPromptClosed({ ...server, restored: true });
  assert.equal(await buttons.perform({ id: failure.id, choice: 'newPassword' }), null);
  assert.equal(calls('reprompt').length, 1);
  await quiet.onSignedIn(server);
  assert.equal(incidents.current(server), null);
  assert.equal(calls('removeBar').length, 1);
});

test('a pause that ends by its own time closes the incident, takes the bar away, and the account is checked at once', async () => {
  const { held, quiet, calls, incidents } = play({ verdict: verdictMessage('p', 'rate_limited') });
  await held(failureOf(), { answer: 'cancel', by: 'dialog' });
  await quiet.onChecksResumed(server);
  assert.equal(incidents.list()[0].ended, 'pause-over');
  assert.equal(calls('removeBar').length, 1);
  assert.deepEqual(calls('checkQuietly'), [['incoming', 'server1']]);
});

test('the same verdict after the pause pauses twice as long; after a sign-in that worked it starts over', async () => {
  const { quiet, clock, calls } = away({ verdict: verdictMessage('p', 'rate_limited') });
  const minutes = [];
  for (const event of [
    'onChecksResumed',
    'onChecksResumed',
    'onSignedIn',
    'onChecksResumed',
    'onCredentialChanged',
    'onSignedIn',
  ]) {
    await quiet.onSilentFailure(failureOf({ ...nobody, at: clock.now }));
    minutes.push((calls('pauseChecks').at(-1)[2] - clock.now) / 60_000);
    clock.now += 3 * 3_600_000;
    await quiet[event](server);
  }
  assert.deepEqual(minutes, [30, 60, 120, 30, 60, 30]);
});

test('a change of the password anywhere ends the pause at once', async () => {
  const { quiet, calls } = away();
  await quiet.onSilentFailure(failureOf(nobody));
  await quiet.onCredentialChanged(server);
  assert.deepEqual(calls('resumeChecks'), [['incoming', 'server1']]);
  assert.deepEqual(calls('markRejected').at(-1), ['incoming', 'server1', false]);
});

test('events about servers without an incident do nothing', async () => {
  const { quiet, did } = play();
  await quiet.onSignedIn(server);
  await quiet.onCredentialChanged(server);
  await quiet.onPromptClosed({ ...server, restored: true });
  await quiet.onChecksResumed(server);
  await quiet.onAttended();
  await quiet.onUnlocked();
  assert.deepEqual(did, []);
});

const accepted = verdictMessage('p', 'password_accepted');
/** Automatic checks that are refused while our own sign-in works; `between`: minutes before each. */
async function refusedUnexplained(world, between) {
  const { quiet, clock } = world;
  for (const minutes of between) {
    clock.now += minutes * 60_000;
    await quiet.onSilentFailure(failureOf({ ...nobody, at: clock.now }));
  }
}
const pausedFor = ({ calls, clock }) => (calls('pauseChecks').at(-1)[2] - clock.now) / 60_000;

test('one automatic check that was refused where our own sign-in works is nothing to tell', async () => {
  const world = away({ verdict: accepted });
  await refusedUnexplained(world, [0]);
  assert.deepEqual([world.names(), world.calls('pauseChecks')], [[], []]);
});

test('refused again within the hour where our own sign-in works: bar, notification and a pause, so no storm and no silence', async () => {
  const world = away({ verdict: accepted });
  await refusedUnexplained(world, [0, 59]);
  assert.deepEqual(world.names(), ['notify', 'showBar']);
  assert.match(world.bar().text, /paused_until/);
  assert.deepEqual(world.bar().choices, ['tryNow', 'details']);
  assert.equal(pausedFor(world), 30);
  await refusedUnexplained(world, [11]);
  assert.equal(world.types().length, 2, 'no third probe while it is paused');
});

test('as long as that goes on, each pause is twice as long, and each is told', async () => {
  const world = away({ verdict: accepted });
  await refusedUnexplained(world, [0, 10]);
  const minutes = [pausedFor(world)];
  for (let n = 0; n < 3; n++) {
    world.clock.now += minutes.at(-1) * 60_000;
    await world.quiet.onChecksResumed(server);
    await refusedUnexplained(world, [5]);
    minutes.push(pausedFor(world));
  }
  assert.deepEqual(minutes, [30, 60, 120, 240]);
  assert.equal(world.calls('showBar').length, 4);
});

test('two such refusals with an hour, or a sign-in that worked, between them are two accidents', async () => {
  const rare = away({ verdict: accepted });
  await refusedUnexplained(rare, [0, 60]);
  assert.deepEqual([rare.names(), rare.calls('pauseChecks')], [[], []]);
  const healed = away({ verdict: accepted });
  await refusedUnexplained(healed, [0]);
  await healed.quiet.onSignedIn(server);
  await refusedUnexplained(healed, [10]);
  assert.deepEqual([healed.names(), healed.calls('pauseChecks')], [[], []]);
});

test('POP3: the automatic check is tried once more; refused again, it is told, and checks pause without another try', async () => {
  const world = away({ verdict: accepted });
  const check = (end) => world.held(failureOf({ type: 'pop3', ...nobody, at: world.clock.now }), end);
  assert.deepEqual(await check({ answer: 'retry', by: 'decision' }), { action: 'retry' });
  assert.deepEqual(await check({ answer: 'cancel', by: 'decision' }), { action: 'cancel' });
  await settled();
  assert.ok(world.bar());
  assert.equal(pausedFor(world), 30);
  world.clock.now += 30 * 60_000;
  await world.quiet.onChecksResumed(server);
  assert.deepEqual(await check({ answer: 'cancel', by: 'decision' }), { action: 'cancel' });
  assert.equal(pausedFor(world), 60);
});

test('Thunderbird cannot say whether somebody is there: nothing is cleared, and the system notifies', async () => {
  const world = play();
  world.watch.isAttended = async () => {
    throw new Error('no');
  };
  await world.quiet.onSilentFailure(failureOf({ silent: true }));
  assert.deepEqual(world.names(), ['notify', 'showBar']);
});

test('the refused password works after all: the host forgets its refusal; a new password is no reason for that', async () => {
  for (const [newOne, forgotten] of [
    [false, 1],
    [true, 0],
  ]) {
    const world = play({ attended: false });
    await world.quiet.onSilentFailure(failureOf({ silent: true, attended: false }));
    await settled();
    if (newOne) await world.quiet.onCredentialChanged(server);
    await world.quiet.onSignedIn(server);
    await settled();
    assert.equal(world.types().filter((type) => type === 'ledger_forget').length, forgotten, `new: ${newOne}`);
  }
});

test('the network comes back: what could not be reached is checked at once, and nothing else', async () => {
  const verdicts = {
    server1: 'offline',
    server2: 'server_unreachable',
    server3: 'temporary_failure',
    server4: 'stale_password',
    server5: 'rate_limited',
  };
  const { quiet, calls } = play({
    attended: false,
    verdict: async (_listening, { account }) => verdictMessage('p', verdicts[account.host]),
  });
  for (const key of Object.keys(verdicts)) {
    const code = ['server4', 'server5'].includes(key) ? 'login' : 'netTimeoutError';
    await quiet.onSilentFailure(failureOf({ key, hostname: key, code, ...nobody }));
  }
  await quiet.onSilentFailure(
    failureOf({ kind: 'outgoing', type: 'smtp', key: 'smtp1', hostname: 'server1', code: 'netTimeoutError' }),
  );
  await quiet.onNetworkBack();
  assert.deepEqual(calls('checkQuietly'), [
    ['incoming', 'server1'],
    ['incoming', 'server2'],
    ['incoming', 'server3'],
  ]);
});

test('settings found for a server that stays away: the bar each time, the notification of the system once', async () => {
  const settings = {
    host: 'imap.example.org',
    port: 993,
    tls: 'starttls',
    source: 'port',
    changes: ['tls'],
    confirm_host: false,
  };
  const { quiet, calls, clock } = away({ verdict: verdictMessage('p', 'server_unreachable', { settings }) });
  for (const id of ['one', 'two', 'three']) {
    await quiet.onSilentFailure(failureOf({ ...nobody, id, at: clock.now, code: 'connectionRefusedError' }));
    clock.now += 15 * 60_000;
  }
  assert.equal(calls('showBar').length, 3);
  assert.equal(calls('notify').length, 1);
});
