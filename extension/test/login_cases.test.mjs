// SPDX-License-Identifier: MPL-2.0
// From a held box to its answer, with Thunderbird and the host played by the test.
import assert from 'node:assert/strict';
import test from 'node:test';
import { HostError } from '../host_client.mjs';
import { failureOf, verdictMessage } from './fakes.mjs';
import { gate, play, settled } from './stage.mjs';

const appPassword = { may_clear: 'on_click', advice: ['app_password'], links: { app_password: 'https://example.org/app' } };

test('a stale password goes into the vault before Thunderbird clears it', async () => {
  const { cases, asked } = play();
  assert.deepEqual(await cases.onLoginFailure(failureOf()), { action: 'newPassword' });
  assert.deepEqual(
    asked.map(({ type, secret }) => [type, secret]),
    [
      ['probe', undefined],
      ['vault_store', 'old'],
    ],
  );
});

for (const code of ['no_keyring', 'keyring_locked']) {
  test(`when the vault cannot hold it (${code}), the user is told and decides`, async () => {
    const { cases } = play({ vault: new HostError(code, '') });
    const failure = failureOf();
    const decision = await cases.onLoginFailure(failure);
    assert.equal(decision.action, 'custom');
    assert.deepEqual(
      decision.buttons.map(({ choice }) => choice),
      ['askAnyway', 'keep'],
    );
    assert.equal(decision.defaultButton, 1, 'Enter and Escape both keep it');
    assert.deepEqual(await cases.onDialogChoice({ id: failure.id, choice: 'askAnyway' }), { action: 'newPassword' });
    const other = play({ vault: new HostError(code, '') });
    const kept = failureOf();
    await other.cases.onLoginFailure(kept);
    assert.deepEqual(await other.cases.onDialogChoice({ id: kept.id, choice: 'keep' }), { action: 'cancel' });
    assert.deepEqual(
      await other.cases.onDialogChoice({ id: kept.id, choice: 'askAnyway' }),
      { action: 'ask' },
      'that was answered',
    );
  });
}

for (const code of ['timeout', 'host_gone', 'bad_response']) {
  test(`when the host fails while the vault is asked (${code}), the box is the stock box and nothing is cleared`, async () => {
    const { cases } = play({ vault: new HostError(code, '') });
    const failure = failureOf();
    assert.deepEqual(await cases.onLoginFailure(failure), { action: 'ask' });
    assert.deepEqual(await cases.onDialogChoice({ id: failure.id, choice: 'askAnyway' }), { action: 'ask' });
  });
}

for (const code of ['host_missing', 'host_gone', 'timeout', 'bad_response', 'version_mismatch', 'internal']) {
  test(`whatever the host does (${code}), the box is exactly the stock box, the reason is kept, and nothing is paused`, async () => {
    const { held, incidents, calls, names } = play({ verdict: new HostError(code, '') });
    assert.deepEqual(await held(failureOf(), { answer: 'cancel', by: 'stock' }), { action: 'ask' });
    assert.equal(incidents.list()[0].problem, code);
    assert.equal(incidents.list()[0].state, 'closed');
    assert.deepEqual(calls('pauseChecks'), []);
    assert.deepEqual(names(), []);
  });
}

test('a mistake of ours is the stock box too', async () => {
  const { cases } = play({ verdict: { verdict: 'stale_password' } });
  cases.watch.resolveProxy = () => {
    throw new TypeError('ours');
  };
  assert.deepEqual(await cases.onLoginFailure(failureOf()), { action: 'ask' });
});

test('behind a SOCKS5 proxy the host is told to go through it', async () => {
  const way = { direct: false, type: 'socks', host: 'proxy.example', port: 1080, resolvesNames: true, login: false };
  const { cases, asked } = play({ way, verdict: verdictMessage('p', 'stale_password') });
  assert.deepEqual(await cases.onLoginFailure(failureOf()), { action: 'newPassword' });
  const [probe] = asked;
  assert.deepEqual(probe.proxy, { type: 'socks5', host: 'proxy.example', port: 1080, resolves_names: true });
});

test('behind a proxy that the host does not speak nothing is probed: words heard are explained, without words the stock box stays', async () => {
  const silent = play({ direct: false });
  assert.deepEqual(await silent.cases.onLoginFailure(failureOf()), { action: 'ask' });
  assert.deepEqual(silent.asked, []);
  const { cases, asked } = play({ direct: false, verdict: verdictMessage('e', 'app_password_required', appPassword) });
  const heard = [{ protocol: 'pop3', lines: ['-ERR app password'], tls: true }];
  assert.equal((await cases.onLoginFailure(failureOf({ type: 'pop3', heard }))).action, 'custom');
  assert.deepEqual(
    asked.map(({ type }) => type),
    ['explain'],
  );
});

test("a chain is trusted only for the account's own port, by Thunderbird's judgement of the account's own host", async () => {
  const answers = [];
  const verdict = async ({ onChain }) => {
    answers.push(
      await onChain({ host: 'evil', port: 993, certificates: ['AA'] }),
      await onChain({ host: 'evil', port: 25, certificates: ['AA'] }),
    );
    return verdictMessage('p', 'inconclusive');
  };
  const { cases, did } = play({ verdict });
  await cases.onLoginFailure(failureOf());
  assert.deepEqual(answers, [true, false]);
  assert.deepEqual(did[0], ['judgeChain', 'imap.example.org', 993, ['AA']]);
});

test('an app password: the page opens, the dialog comes back, entering it goes through the vault', async () => {
  const { cases, deeds, asked } = play({ verdict: verdictMessage('p', 'app_password_required', appPassword) });
  const failure = failureOf();
  const dialog = await cases.onLoginFailure(failure);
  assert.match(
    dialog.text,
    /verdict_app_password_required_sentence\|Work\|imap.example.org\n\nadvice_paste\|button_appPassword\n\nserver_said\nNO/,
  );
  assert.deepEqual(asked.length, 1);
  const again = await cases.onDialogChoice({ id: failure.id, choice: 'openPage' });
  assert.deepEqual(deeds(), [['openPage', 'https://example.org/app']]);
  assert.deepEqual(
    again.buttons.map(({ choice }) => choice),
    ['appPassword', 'notNow', 'details'],
  );
  assert.deepEqual(await cases.onDialogChoice({ id: failure.id, choice: 'appPassword' }), { action: 'newPassword' });
  assert.equal(asked.at(-1).type, 'vault_store');
});

test('"not now", and any choice we do not know, change nothing', async () => {
  const { cases, deeds } = play({ verdict: verdictMessage('p', 'account_locked') });
  const failure = failureOf();
  await cases.onLoginFailure(failure);
  for (const choice of ['notNow', 'keep', 'whatever'])
    assert.deepEqual(await cases.onDialogChoice({ id: failure.id, choice }), { action: 'cancel' });
  assert.deepEqual(deeds(), []);
});

test('after "not now" the checks stay off, and the bar stays to say so and to end it', async () => {
  const { held, bar, calls } = play({ verdict: verdictMessage('p', 'account_locked') });
  await held(failureOf(), { answer: 'cancel', by: 'dialog' });
  assert.deepEqual(calls('pauseChecks'), [['incoming', 'server1', 1000 + 30 * 60_000]]);
  assert.match(bar().text, /verdict_account_locked_sentence.*paused_until/);
  assert.deepEqual(bar().choices, ['tryNow', 'details']);
});

test('"not now" is remembered: an automatic check that fails later is cancelled without a box, and nothing is asked of the server', async () => {
  for (const type of ['imap', 'pop3']) {
    const { held, cases, clock, asked } = play();
    await held(failureOf({ type }), { answer: 'cancel', by: 'dialog' });
    const before = asked.length;
    for (let n = 0; n < 3; n++) {
      clock.now += 3_600_000;
      assert.deepEqual(await cases.onLoginFailure(failureOf({ type, silent: true, at: clock.now })), { action: 'cancel' });
    }
    assert.equal(asked.length, before);
  }
});

test('a check that the user asks for after "not now" tells the known verdict again, without a new probe', async () => {
  const { held, cases, clock, types, incidents } = play({ verdict: verdictMessage('p', 'app_password_required', appPassword) });
  await held(failureOf(), { answer: 'cancel', by: 'dialog' });
  clock.now += 300_000;
  const again = failureOf({ at: clock.now });
  assert.equal((await cases.onLoginFailure(again)).action, 'custom');
  assert.deepEqual(types(), ['probe']);
  assert.equal(incidents.list().length, 1);
  assert.deepEqual(await cases.onDialogChoice({ id: again.id, choice: 'appPassword' }), { action: 'newPassword' });
  await cases.onHoldEnded({ id: again.id, answer: 'newPassword', by: 'dialog' });
  assert.equal(incidents.list()[0].answer, 'newPassword');
});

test('a server that is away: nobody is asked, a bar tells', async () => {
  const { cases, names } = play({ verdict: verdictMessage('p', 'server_unreachable') });
  assert.deepEqual(await cases.onLoginFailure(failureOf()), { action: 'cancel' });
  assert.deepEqual(names(), ['showBar']);
});

test('an inconclusive verdict is the stock box with the words of the server, and says until when checks are off', async () => {
  const { cases } = play({ verdict: verdictMessage('p', 'inconclusive') });
  const { action, words } = await cases.onLoginFailure(failureOf());
  assert.equal(action, 'ask');
  assert.match(words, /^server_said\nNO \[AUTHENTICATIONFAILED\] No\.\n\npaused_until\|/);
});

test('an inconclusive verdict about sending, without words, is exactly the stock box', async () => {
  const { cases, calls } = play({ verdict: verdictMessage('p', 'inconclusive', { server_words: [] }) });
  assert.deepEqual(await cases.onLoginFailure(failureOf({ kind: 'outgoing', type: 'smtp' })), { action: 'ask' });
  assert.deepEqual(calls('pauseChecks'), [], 'sending is not automatic');
});

test('the second connection opens no second box and sends nothing', async () => {
  const { cases, asked } = play({ verdict: verdictMessage('p', 'account_locked') });
  const first = failureOf();
  await cases.onLoginFailure(first);
  await cases.onHoldEnded({ id: first.id, answer: 'cancel', by: 'dialog' });
  assert.deepEqual(await cases.onLoginFailure(failureOf()), { action: 'cancel' });
  assert.equal(asked.length, 1);
});

test('a verdict that comes too late becomes the bar, and clears nothing', async () => {
  const world = play({
    verdict: async () => {
      world.clock.mono += 31_000;
      return verdictMessage('p', 'stale_password');
    },
  });
  assert.deepEqual(await world.cases.onLoginFailure(failureOf()), { action: 'ask' });
  assert.deepEqual(world.types(), ['probe']);
  assert.deepEqual(world.bar().choices, ['newPassword', 'details']);
});

test('a vault that takes longer than the box is held: the verdict becomes the bar', async () => {
  const world = play({
    vault: async () => {
      world.clock.mono += 31_000;
      return { entries: [{}] };
    },
  });
  assert.deepEqual(await world.cases.onLoginFailure(failureOf()), { action: 'ask' });
  assert.ok(world.bar());
});

test('sending: the vault fails, the stock box is shown, and after it the bar says that nothing was changed', async () => {
  const { held, bar } = play({ vault: new HostError('host_gone', '') });
  await held(failureOf({ kind: 'outgoing', type: 'smtp' }), { answer: 'cancel', by: 'stock' });
  assert.match(bar().text, /bar_vault_failed/);
});

test("Retry in Thunderbird's own box ends the pause", async () => {
  const { held, calls, incidents } = play({ verdict: verdictMessage('p', 'inconclusive') });
  await held(failureOf(), { answer: 'retry', by: 'stock-with-words' });
  assert.equal(calls('pauseChecks').length, 1);
  assert.deepEqual(calls('resumeChecks'), [['incoming', 'server1']]);
  assert.equal(incidents.list()[0].ended, 'try-again');
});

test("POP3's prompt opens outside of the connection: a check that fails before it is there is no new failure", async () => {
  const { held, cases, types } = play();
  await held(failureOf({ type: 'pop3' }), { answer: 'newPassword', by: 'decision' });
  assert.deepEqual(await cases.onLoginFailure(failureOf({ type: 'pop3' })), { action: 'cancel' });
  assert.deepEqual(types(), ['probe', 'vault_store']);
});

test('a jump of the wall clock makes no verdict late', async () => {
  const world = play({
    verdict: async () => {
      world.clock.now += 3_600_000;
      return verdictMessage('p', 'stale_password');
    },
  });
  assert.deepEqual(await world.cases.onLoginFailure(failureOf()), { action: 'newPassword' });
});

test('the hook gave up first: the verdict that follows becomes the bar, and the incident is open again', async () => {
  const answer = gate();
  const world = play({ verdict: () => answer.passed });
  const failure = failureOf();
  const decision = world.cases.onLoginFailure(failure);
  await settled();
  const ended = world.cases.onHoldEnded({ id: failure.id, answer: 'cancel', by: 'stock' });
  assert.equal(world.incidents.list()[0].state, 'closed');
  answer.open(verdictMessage('p', 'stale_password'));
  await Promise.all([decision, ended]);
  assert.equal(world.incidents.list()[0].state, 'open');
  assert.match(world.bar().text, /verdict_stale_password_sentence/);
  assert.deepEqual(world.calls('pauseChecks').at(-1), ['incoming', 'server1', null]);
});

test('a decision that did not reach the box, which was the stock box, becomes the bar', async () => {
  const { held, bar } = play();
  assert.deepEqual(await held(failureOf(), { answer: 'cancel', by: 'stock' }), { action: 'newPassword' });
  assert.deepEqual(bar().choices, ['newPassword', 'details']);
});

test('a failure held inside another one gets its turn afterwards', async () => {
  const { held, names } = play();
  await held(failureOf(), { answer: 'cancel', by: 'queued' });
  assert.deepEqual(names(), ['reprompt', 'showBar']);
});

test('a queued failure that needs our dialog shows its bar instead', async () => {
  const { held, names } = play({ verdict: verdictMessage('p', 'account_locked') });
  await held(failureOf(), { answer: 'cancel', by: 'queued' });
  assert.deepEqual(names(), ['showBar']);
});

test('a queued failure of which we know nothing says so on its bar', async () => {
  const { held, bar } = play({ verdict: new HostError('host_missing', '') });
  await held(failureOf(), { answer: 'cancel', by: 'queued' });
  assert.match(bar().text, /card_unknown problem_host_missing/);
});

test('no choice of a held box clears what the verdict protects', async () => {
  const { cases, deeds } = play({ verdict: verdictMessage('p', 'account_locked') });
  const failure = failureOf();
  await cases.onLoginFailure(failure);
  for (const choice of ['newPassword', 'appPassword', 'askAnyway', 'signInAgain'])
    assert.deepEqual(await cases.onDialogChoice({ id: failure.id, choice }), { action: 'ask' }, choice);
  assert.deepEqual(deeds(), []);
});

test('"try now" ends the pause and the mark before Thunderbird tries again', async () => {
  const { cases, calls, incidents } = play({ verdict: verdictMessage('p', 'rate_limited') });
  const failure = failureOf();
  await cases.onLoginFailure(failure);
  assert.deepEqual(await cases.onDialogChoice({ id: failure.id, choice: 'tryNow' }), { action: 'retry' });
  assert.deepEqual(calls('resumeChecks'), [['incoming', 'server1']]);
  assert.deepEqual(calls('markRejected').at(-1), ['incoming', 'server1', false]);
  assert.equal(incidents.list()[0].ended, 'try-again');
});

test('a secret never enters an incident', async () => {
  const { cases, incidents } = play({ credential: { stored: 'PLANTED-SECRET', session: 'PLANTED-SECRET' } });
  await cases.onLoginFailure(failureOf());
  assert.ok(!JSON.stringify(incidents.all).includes('PLANTED-SECRET'));
});

test('while the user types, the bar says why; once the new password is saved, or works, the bar goes and checks go on', async () => {
  for (const event of ['onCredentialChanged', 'onSignedIn']) {
    const { held, quiet, bar, calls, incidents } = play();
    const failure = failureOf();
    await held(failure, { answer: 'newPassword', by: 'decision' });
    assert.match(bar().text, /bar_cleared\|Work bar_kept/);
    await quiet[event]({ kind: failure.kind, key: 'another' });
    assert.deepEqual(calls('removeBar'), []);
    await quiet[event]({ kind: failure.kind, key: failure.key });
    assert.deepEqual(calls('removeBar'), [[`${failure.kind}-${failure.key}`]]);
    assert.deepEqual(calls('resumeChecks'), [['incoming', 'server1']]);
    assert.equal(incidents.current(failure), null);
  }
});

test('the server takes another password while we look: Thunderbird tries again, once', async () => {
  const answer = gate();
  const world = play({ verdict: () => answer.passed });
  const failure = failureOf();
  const decision = world.cases.onLoginFailure(failure);
  await settled();
  await world.quiet.onCredentialChanged(failure);
  answer.open(verdictMessage('p', 'stale_password'));
  assert.deepEqual(await decision, { action: 'retry' });
  assert.deepEqual(world.types(), ['probe'], 'nothing was put into the vault');
  assert.deepEqual(world.calls('pauseChecks'), []);
});

test('six accounts fail at once: six probes run side by side, one bar each, and an open box keeps nobody waiting', async () => {
  const answers = new Map();
  const world = play({
    verdict: (_listening, { account }) => {
      const one = gate();
      answers.set(account.port, one);
      return one.passed;
    },
  });
  const failures = [1, 2, 3, 4, 5, 6].map((n) => failureOf({ key: `server${n}`, port: n, type: n < 4 ? 'imap' : 'pop3' }));
  const decisions = failures.map((failure) => world.cases.onLoginFailure(failure));
  await settled();
  assert.equal(answers.size, 6, 'all six are asked at once');
  for (const one of answers.values()) one.open(verdictMessage('p', 'stale_password'));
  assert.deepEqual(new Set((await Promise.all(decisions)).map(({ action }) => action)), new Set(['newPassword']));
  // The first prompt is open; Thunderbird ends the other holds meanwhile.
  await Promise.all(failures.slice(1).map(({ id }) => world.cases.onHoldEnded({ id, answer: 'cancel', by: 'queued' })));
  assert.equal(world.calls('reprompt').length, 5);
  assert.deepEqual(new Set(world.calls('showBar').map(([, server]) => server)).size, 5);
});
