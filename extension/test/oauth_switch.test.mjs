// SPDX-License-Identifier: MPL-2.0
// From a password to a sign-in with the provider, and back for whoever gives up.
import assert from 'node:assert/strict';
import test from 'node:test';
import { choicesOf } from '../decisions.mjs';
import { HostError } from '../host_client.mjs';
import { withTokenRefusal } from '../token_refusal.mjs';
import { failureOf, verdictMessage } from './fakes.mjs';
import { play } from './stage.mjs';

const [PASSWORD, OAUTH2] = [3, 10];
const required = verdictMessage('p', 'oauth2_required', { may_clear: 'on_click', advice: ['oauth2'] });
const serverOf = (more) => ({ ...failureOf(more), ...more });
/** IMAP, POP3 and SMTP of one person at one provider. */
const family = () => [
  serverOf({ kind: 'incoming', key: 'server1', type: 'imap', name: 'Work' }),
  serverOf({ kind: 'incoming', key: 'server2', type: 'pop3', name: 'Archive' }),
  serverOf({ kind: 'outgoing', key: 'smtp1', type: 'smtp', name: 'Sending' }),
];
const linked = (servers) => (kind, key) =>
  servers
    .filter((one) => one.kind !== kind || one.key !== key)
    .map((one) => ({ kind: one.kind, key: one.key, sameIdentity: true, sameLogin: true, samePassword: true }));

/** The dialog was left with "Switch to OAuth2" or "not now". */
async function refused(world = {}, failure = failureOf()) {
  const servers = world.servers ?? family();
  const scene = play({ verdict: required, oauth: { issuer: 'id.example.org' }, servers, links: linked(servers), ...world });
  scene.scene.before = { authMethod: PASSWORD };
  await scene.held(failure, { answer: 'cancel', by: 'dialog' });
  scene.did.length = 0;
  const incident = scene.incidents.find(failure.id);
  return {
    ...scene,
    ...{ servers, incident },
    press: (choice) => scene.buttons.perform({ id: incident.id, choice }),
    ended: (worked) => scene.oauth.onSignInEnded({ id: incident.id, worked }),
  };
}

test('one click: the passwords into the vault, the sign-in for both directions, and no setting is changed yet', async () => {
  const { press, calls, types, bar, incident } = await refused();
  assert.equal(await press('switchOAuth'), null);
  assert.deepEqual(types(), ['probe', 'vault_store', 'vault_store']);
  assert.deepEqual(calls('signInWithOAuth'), [
    [
      incident.id,
      [
        { kind: 'incoming', key: 'server1' },
        { kind: 'outgoing', key: 'smtp1' },
      ],
    ],
  ]);
  assert.deepEqual(calls('applySettings'), []);
  assert.match(bar().text, /bar_oauth_signing_in\|Work/);
  assert.equal(incident.state, 'open');
});

test('with a token both change, each on record, and both sign in; the sign-in ends the incident', async () => {
  const { press, ended, calls, changes, oauth, quiet, incident, asked } = await refused();
  await press('switchOAuth');
  await ended(true);
  assert.deepEqual(calls('applySettings'), [
    ['incoming', 'server1', { authMethod: OAUTH2 }],
    ['outgoing', 'smtp1', { authMethod: OAUTH2 }],
  ]);
  assert.deepEqual(
    (await changes.list()).map(({ key, before, after, why }) => [key, before, after, why]),
    ['smtp1', 'server1'].map((key) => [key, { authMethod: PASSWORD }, { authMethod: OAUTH2 }, 'oauth2_required']),
  );
  assert.deepEqual(calls('signIn'), [
    ['incoming', 'server1'],
    ['outgoing', 'smtp1'],
  ]);
  await quiet.onSignedIn(incident, { byToken: oauth.isNewSignIn(incident) });
  assert.deepEqual([incident.state, incident.ended], ['closed', 'signed-in']);
  assert.ok(!asked.some(({ type }) => type === 'ledger_forget'), 'the refused password is still refused');
});

test('given up, or turned away: nothing was changed, and the bar offers it again', async () => {
  const { press, ended, calls, bar, incident } = await refused();
  await press('switchOAuth');
  await ended(false);
  for (const name of ['applySettings', 'signIn', 'restoreLogin', 'reprompt']) assert.deepEqual(calls(name), [], name);
  assert.deepEqual([incident.state, incident.oauth], ['open', null]);
  assert.deepEqual(bar().choices, ['switchOAuth', 'details']);
  await ended(true); // an end that was told twice
  assert.deepEqual(calls('applySettings'), []);
});

test('if one server cannot be changed, none is', async () => {
  const { press, ended, watch, servers, calls, changes, incident } = await refused();
  watch.applySettings = async (kind, key, values) => {
    if (key === 'smtp1') throw new Error('locked by a policy');
    servers.find((one) => one.key === key).authMethod = values.authMethod;
    return { authMethod: values.authMethod === OAUTH2 ? PASSWORD : OAUTH2 };
  };
  await press('switchOAuth');
  await ended(true);
  assert.equal(servers[0].authMethod, PASSWORD);
  assert.deepEqual([await changes.list(), calls('signIn'), incident.state], [[], [], 'open']);
});

test('a change that cannot be remembered is not made', async () => {
  const { press, ended, calls, changes, incident } = await refused();
  changes.record = async () => {
    throw new Error('the disk is full');
  };
  await press('switchOAuth');
  await ended(true);
  assert.deepEqual(calls('applySettings'), [
    ['incoming', 'server1', { authMethod: OAUTH2 }],
    ['incoming', 'server1', { authMethod: PASSWORD }],
  ]);
  assert.deepEqual([incident.oauth, incident.state, calls('signIn')], [null, 'open', []]);
});

for (const [who, back] of Object.entries({ server1: ['server1', 'smtp1'], smtp1: ['smtp1'] })) {
  test(`${who} does not take the token: ${back.join(' and ')} get back what they had`, async () => {
    const { press, ended, watch, servers, oauth, bar, incident } = await refused();
    watch.applySettings = async (_kind, key, { authMethod }) => {
      const server = servers.find((one) => one.key === key);
      const before = { authMethod: server.authMethod };
      server.authMethod = authMethod;
      return before;
    };
    await press('switchOAuth');
    await ended(true);
    const failed = { ...servers.find(({ key }) => key === who), code: 'imapOAuth2Error' };
    assert.equal(await oauth.takesBack({ ...failed, code: 'netTimeoutError' }), false, 'a connection says nothing');
    assert.equal(await oauth.takesBack(failed), true);
    assert.deepEqual(
      servers.filter(({ authMethod }) => authMethod === PASSWORD).map(({ key }) => key),
      ['server2', ...back].sort(),
    );
    assert.equal(await oauth.takesBack(failed), true, 'its other connections fail with it');
    assert.equal(incident.state, 'open');
    if (who === 'server1') assert.match(bar().text, /bar_oauth_taken_back/);
  });
}

test('a failure much later is a failure of its own', async () => {
  const { press, ended, oauth, clock, servers } = await refused();
  await press('switchOAuth');
  await ended(true);
  clock.now += 600_000;
  assert.equal(await oauth.takesBack({ ...servers[0], authMethod: OAUTH2, code: 'imapOAuth2Error' }), false);
});

test('after the sign-in the POP3 account of the same provider is offered, and switched by its own click', async () => {
  const { press, ended, oauth, quiet, bar, calls, incident, servers } = await refused();
  await press('switchOAuth');
  await ended(true);
  for (const key of ['server1', 'smtp1']) servers.find((one) => one.key === key).authMethod = OAUTH2;
  await quiet.onSignedIn(incident, { byToken: oauth.isNewSignIn(incident) });
  await oauth.offerNext(incident);
  assert.match(bar().text, /bar_oauth_next\|Archive/);
  assert.equal(await press('switchOAuthToo'), null);
  assert.deepEqual(calls('signInWithOAuth').at(-1)[1], [{ kind: 'incoming', key: 'server2' }]);
  assert.match(bar().text, /bar_oauth_signing_in\|Archive/, 'the account that the window is about');
  await ended(true);
  assert.deepEqual(calls('applySettings').at(-1), ['incoming', 'server2', { authMethod: OAUTH2 }]);
  assert.ok(calls('removeBar').length);
});

test('from an outgoing server: the mailbox that is read by IMAP goes with it, the POP3 account keeps its own click', async () => {
  const { press, calls } = await refused({}, failureOf({ kind: 'outgoing', key: 'smtp1', type: 'smtp', name: 'Sending' }));
  await press('switchOAuth');
  assert.deepEqual(
    calls('signInWithOAuth')[0][1].map(({ key }) => key),
    ['smtp1', 'server1'],
  );
});

test('servers of another provider, and those of another identity, stay as they are', async () => {
  const { press, calls, watch } = await refused();
  watch.getOAuthSupport = async (kind) => ({ issuer: kind === 'incoming' ? 'id.example.org' : 'elsewhere.example' });
  await press('switchOAuth');
  assert.deepEqual(
    calls('signInWithOAuth')[0][1].map(({ key }) => key),
    ['server1'],
  );
});

test('a vault that cannot be used stops nothing, because no password is touched; a locked login store does', async () => {
  const { press, calls } = await refused({ vault: new HostError('no_keyring', '') });
  assert.equal(await press('switchOAuth'), null);
  assert.equal(calls('signInWithOAuth').length, 1);
  const other = await refused();
  other.watch.unlock = async () => false;
  assert.equal(await other.press('switchOAuth'), 'locked');
  assert.deepEqual(other.calls('signInWithOAuth'), []);
});

test('where Thunderbird has no OAuth2, the bar says so and names what works instead', async () => {
  for (const [more, word, choices] of [
    [{}, 'other', ['tryNow', 'details']],
    [{ links: { web_login: 'https://mail.example.org' } }, 'web', ['openPage', 'details']],
    [
      { advice: ['oauth2', 'app_password'], links: { app_password: 'https://example.org/app' } },
      'app_password',
      ['openPage', 'appPassword', 'details'],
    ],
  ]) {
    const { press, bar, calls, notices, incident } = await refused({ oauth: null, verdict: { ...required, ...more } });
    await notices.show(incident);
    assert.match(bar().text, new RegExp(`no_oauth_${word}\\|imap.example.org`));
    assert.deepEqual(bar().choices, choices);
    assert.equal(await press('switchOAuth'), 'not_allowed');
    assert.deepEqual(calls('signInWithOAuth'), []);
  }
});

const expired = verdictMessage('p', 'oauth2_token_expired', { may_clear: 'on_click' });

test('"Sign in again" forgets the tokens, changes no setting, and brings the other servers of that sign-in back too', async () => {
  const servers = family().map((one) => ({ ...one, authMethod: OAUTH2 }));
  const { press, ended, quiet, calls, incidents } = await refused(
    { servers, verdict: expired },
    failureOf({ authMethod: OAUTH2 }),
  );
  await quiet.onSilentFailure({ ...servers[1], id: 'later', code: 'pop3OAuthRefused', at: 1000 });
  assert.equal(incidents.current(servers[1])?.verdict?.verdict, 'oauth2_token_expired');
  assert.equal(await press('signInAgain'), null);
  assert.deepEqual(calls('clearTokens'), [['incoming', 'server1']]);
  await ended(true);
  assert.deepEqual(calls('applySettings'), []);
  assert.deepEqual(calls('signIn'), [
    ['incoming', 'server1'],
    ['incoming', 'server2'],
  ]);
});

test('a sign-in that was renewed since is not forgotten for the next server', async () => {
  const servers = family().map((one) => ({ ...one, authMethod: OAUTH2 }));
  const { press, ended, quiet, buttons, calls, clock } = await refused(
    { servers, verdict: expired },
    failureOf({ authMethod: OAUTH2 }),
  );
  await quiet.onSilentFailure({ ...servers[1], id: 'later', code: 'pop3OAuthRefused', at: 1000 });
  await press('signInAgain');
  clock.now += 1000;
  await ended(true);
  await buttons.perform({ id: 'later', choice: 'signInAgain' });
  assert.equal(calls('clearTokens').length, 1);
  assert.equal(calls('signInWithOAuth').length, 2);
});

test('IMAP: Thunderbird says that the sign-in failed, the host finds nothing wrong: the token is not taken any more', () => {
  const nothing = verdictMessage('p', 'inconclusive', { rule: 'no-credential' });
  const failure = failureOf({ authMethod: OAUTH2, code: 'imapOAuth2Error' });
  assert.deepEqual(
    [withTokenRefusal(failure, nothing)].map(({ verdict, may_clear }) => [verdict, may_clear]),
    [['oauth2_token_expired', 'on_click']],
  );
  for (const [other, verdict] of [
    [{ ...failure, authMethod: PASSWORD }, nothing],
    [{ ...failure, code: 'connectionRefusedError' }, nothing],
    [failure, verdictMessage('p', 'rate_limited')],
  ])
    assert.equal(withTokenRefusal(other, verdict), verdict);
});

test('whether the token is refused or its address is down is not known then: checks go on after half an hour, and "Try now" stands beside', async () => {
  const servers = family().map((one) => ({ ...one, authMethod: OAUTH2 }));
  const nothing = verdictMessage('p', 'inconclusive', { rule: 'no-credential', may_clear: 'never' });
  const world = play({ servers, verdict: nothing });
  await world.quiet.onSilentFailure(failureOf({ authMethod: OAUTH2, code: 'imapOAuth2Error' }));
  assert.deepEqual(world.calls('pauseChecks'), [['incoming', 'server1', world.clock.now + 30 * 60_000]]);
  assert.deepEqual(world.bar().choices, ['signInAgain', 'tryNow', 'details']);
  assert.match(world.bar().text, /oauth2_token_unclear_sentence.*paused_until/);
  const said = await refused({ servers, verdict: expired }, failureOf({ authMethod: OAUTH2 }));
  await said.notices.show(said.incident);
  assert.deepEqual([said.incident.pause, said.bar().choices], [{ until: null }, ['signInAgain', 'details']]);
});

test('a method that is not supported: the sign-in where no password method was seen, else the setting that was found', () => {
  const off = (more) => choicesOf(verdictMessage('p', 'mechanism_unsupported', more), { oauth: true });
  assert.deepEqual(off({ evidence: { offered: ['USER', 'SASL XOAUTH2 OAUTHBEARER'] } }), ['switchOAuth', 'notNow', 'details']);
  assert.deepEqual(off({ settings: { auth: 'oauth2' } }), ['switchOAuth', 'notNow', 'details']);
  for (const more of [{ evidence: { offered: ['AUTH=PLAIN', 'AUTH=XOAUTH2'] } }, { evidence: { offered: ['SASL CRAM-MD5'] } }])
    assert.ok(!off(more).includes('switchOAuth'), JSON.stringify(more));
  assert.deepEqual(off({ settings: { auth: 'password' } }), ['applySettings', 'notNow', 'details']);
});
