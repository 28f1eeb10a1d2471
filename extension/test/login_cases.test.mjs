// SPDX-License-Identifier: MPL-2.0
// From a held box to its answer, with Thunderbird and the host played by the test.
import assert from 'node:assert/strict';
import test from 'node:test';
import { HostError } from '../host_client.mjs';
import { Incidents } from '../incidents.mjs';
import { LoginCases } from '../login_cases.mjs';
import { failureOf, verdictMessage } from './fakes.mjs';

const appPassword = { may_clear: 'on_click', advice: ['app_password'], links: { app_password: 'https://example.org/app' } };

/** @param {{verdict?: object|HostError|(() => Promise<object>), vault?: HostError, credential?: object, direct?: boolean, oauth?: object|null, trusted?: boolean}} world */
function play({
  verdict = verdictMessage('p', 'stale_password'),
  vault,
  credential = {},
  direct = true,
  oauth = null,
  trusted = true,
} = {}) {
  const did = [];
  const clock = { now: 1000 };
  const asked = [];
  const watch = {
    getCredential: async () => ({ locked: false, stored: 'old', savedAt: 1, session: null, ...credential }),
    getSealKey: async () => 'a2V5',
    getOAuthSupport: async () => oauth,
    resolveProxy: async () => ({ direct, type: direct ? null : 'socks' }),
    judgeChain: async (...facts) => (did.push(['judgeChain', ...facts]), { trusted, by: 'thunderbird' }),
    ...Object.fromEntries(
      ['reprompt', 'signIn', 'switchToOAuth', 'showBar', 'removeBar', 'setStatusText'].map((name) => [
        name,
        async (...words) => void did.push([name, ...words]),
      ]),
    ),
  };
  const host = {
    async request(fields, listening) {
      asked.push(fields);
      const answer =
        fields.type === 'vault_store'
          ? (vault ?? { entries: [{}] })
          : typeof verdict === 'function'
            ? await verdict(listening)
            : verdict;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const incidents = new Incidents({ now: () => clock.now });
  const cases = new LoginCases({
    watch,
    host,
    incidents,
    getMessage: (key, words = []) => [key, ...words].join('|'),
    openPage: async (address) => did.push(['openPage', address]),
    openCard: async (id) => did.push(['openCard', id]),
    changed() {},
    now: () => clock.now,
  });
  return { cases, incidents, did, asked, clock };
}
const names = (did) => did.map(([name]) => name);

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
    assert.deepEqual(await cases.onDialogChoice({ id: failure.id, choice: 'keep' }), { action: 'cancel' });
    assert.deepEqual(await cases.onDialogChoice({ id: failure.id, choice: 'askAnyway' }), { action: 'newPassword' });
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
  test(`whatever the host does (${code}), the box is exactly the stock box`, async () => {
    const { cases, incidents } = play({ verdict: new HostError(code, '') });
    assert.deepEqual(await cases.onLoginFailure(failureOf()), { action: 'ask' });
    assert.equal(incidents.list()[0].problem, code);
  });
}

test('a mistake of ours is the stock box too', async () => {
  const { cases } = play({ verdict: { verdict: 'stale_password' } });
  cases.watch.resolveProxy = () => {
    throw new TypeError('ours');
  };
  assert.deepEqual(await cases.onLoginFailure(failureOf()), { action: 'ask' });
});

test('a locked login store is not searched and nothing is sent', async () => {
  const { cases, asked } = play({ credential: { locked: true, stored: null } });
  assert.deepEqual(await cases.onLoginFailure(failureOf()), { action: 'ask' });
  assert.deepEqual(asked, []);
});

test('behind a proxy nothing is probed: words heard are explained, without words the stock box stays', async () => {
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
  const { cases, did, asked } = play({ verdict: verdictMessage('p', 'app_password_required', appPassword) });
  const failure = failureOf();
  const dialog = await cases.onLoginFailure(failure);
  assert.match(dialog.text, /verdict_app_password_required_sentence\|Work\|imap.example.org\n\nserver_said\nNO/);
  assert.deepEqual(asked.length, 1);
  const again = await cases.onDialogChoice({ id: failure.id, choice: 'openPage' });
  assert.deepEqual(did, [['openPage', 'https://example.org/app']]);
  assert.deepEqual(
    again.buttons.map(({ choice }) => choice),
    ['appPassword', 'notNow', 'details'],
  );
  assert.deepEqual(await cases.onDialogChoice({ id: failure.id, choice: 'appPassword' }), { action: 'newPassword' });
  assert.equal(asked.at(-1).type, 'vault_store');
});

test('"not now", and any choice we do not know, change nothing', async () => {
  const { cases, did } = play({ verdict: verdictMessage('p', 'account_locked') });
  const failure = failureOf();
  await cases.onLoginFailure(failure);
  for (const choice of ['notNow', 'keep', 'whatever'])
    assert.deepEqual(await cases.onDialogChoice({ id: failure.id, choice }), { action: 'cancel' });
  assert.deepEqual(did, []);
});

test('a server that is away: nobody is asked, a bar tells', async () => {
  const { cases, did } = play({ verdict: verdictMessage('p', 'server_unreachable') });
  assert.deepEqual(await cases.onLoginFailure(failureOf()), { action: 'cancel' });
  assert.deepEqual(names(did), ['showBar']);
});

test('an inconclusive verdict is the stock box with the words of the server', async () => {
  const { cases } = play({ verdict: verdictMessage('p', 'inconclusive') });
  assert.deepEqual(await cases.onLoginFailure(failureOf()), {
    action: 'ask',
    words: 'server_said\nNO [AUTHENTICATIONFAILED] No.',
  });
  const silent = play({ verdict: verdictMessage('p', 'inconclusive', { server_words: [] }) });
  assert.deepEqual(await silent.cases.onLoginFailure(failureOf()), { action: 'ask' });
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
      world.clock.now += 31_000;
      return verdictMessage('p', 'stale_password');
    },
  });
  assert.deepEqual(await world.cases.onLoginFailure(failureOf()), { action: 'ask' });
  assert.ok(!world.asked.some(({ type }) => type === 'vault_store'));
  assert.ok(names(world.did).includes('showBar'));
});

test('a failure held inside another one gets its turn afterwards', async () => {
  const { cases, did } = play();
  const failure = failureOf();
  await cases.onLoginFailure(failure);
  await cases.onHoldEnded({ id: failure.id, answer: 'cancel', by: 'queued' });
  assert.deepEqual(did, [['reprompt', 'incoming', 'server1']]);
});

test('a queued failure that needs our dialog shows its bar instead', async () => {
  const { cases, did } = play({ verdict: verdictMessage('p', 'account_locked') });
  const failure = failureOf();
  await cases.onLoginFailure(failure);
  await cases.onHoldEnded({ id: failure.id, answer: 'cancel', by: 'queued' });
  assert.deepEqual(names(did), ['showBar']);
});

test('from the card, a password is asked for only where the verdict allows it, and after the vault has the old one', async () => {
  const locked = play({ verdict: verdictMessage('p', 'account_locked') });
  const one = failureOf();
  await locked.cases.onLoginFailure(one);
  for (const choice of ['newPassword', 'askAnyway', 'nonsense'])
    assert.equal(await locked.cases.perform({ id: one.id, choice }), 'not_allowed');
  assert.deepEqual(locked.did, []);

  const { cases, did, asked } = play({ verdict: verdictMessage('p', 'app_password_required', appPassword) });
  const two = failureOf();
  await cases.onLoginFailure(two);
  assert.equal(await cases.perform({ id: two.id, choice: 'appPassword' }), null);
  assert.equal(asked.at(-1).type, 'vault_store');
  assert.deepEqual(names(did), ['removeBar', 'reprompt']);
});

test('from the card, without a keyring nothing is forgotten before the user was told', async () => {
  const { cases, did } = play({
    verdict: verdictMessage('p', 'app_password_required', appPassword),
    vault: new HostError('no_keyring', ''),
  });
  const failure = failureOf();
  await cases.onLoginFailure(failure);
  assert.equal(await cases.perform({ id: failure.id, choice: 'askAnyway' }), 'not_allowed');
  assert.equal(await cases.perform({ id: failure.id, choice: 'appPassword' }), 'no_keyring');
  assert.deepEqual(did, []);
  assert.equal(await cases.perform({ id: failure.id, choice: 'askAnyway' }), null);
  assert.deepEqual(names(did), ['removeBar', 'reprompt']);
});

test('no choice clears what the verdict protects', async () => {
  const { cases, did } = play({ verdict: verdictMessage('p', 'account_locked') });
  const failure = failureOf();
  await cases.onLoginFailure(failure);
  for (const choice of ['newPassword', 'appPassword', 'askAnyway', 'signInAgain']) {
    assert.deepEqual(await cases.onDialogChoice({ id: failure.id, choice }), { action: 'ask' }, choice);
    assert.equal(await cases.perform({ id: failure.id, choice }), 'not_allowed', choice);
  }
  assert.deepEqual(did, []);
});

test('a secret never enters an incident', async () => {
  const { cases, incidents } = play({ credential: { stored: 'PLANTED-SECRET', session: 'PLANTED-SECRET' } });
  await cases.onLoginFailure(failureOf());
  assert.ok(!JSON.stringify(incidents.all).includes('PLANTED-SECRET'));
});

test('once the new password is saved the bar that promised the prompt goes', async () => {
  const { cases, did } = play();
  const failure = failureOf();
  await cases.onLoginFailure(failure);
  await cases.onHoldEnded({ id: failure.id, answer: 'newPassword', by: 'decision' });
  await cases.onCredentialChanged({ kind: failure.kind, key: 'another' });
  assert.equal(names(did).includes('removeBar'), false);
  await cases.onCredentialChanged(failure);
  assert.deepEqual(did.at(-1), ['removeBar', `${failure.kind}-${failure.key}`]);
});
