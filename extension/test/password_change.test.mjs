// SPDX-License-Identifier: MPL-2.0
// "Change password…": vault, Thunderbird's prompt, one check by the host, and what follows from each answer.
import assert from 'node:assert/strict';
import test from 'node:test';
import { HostError } from '../host_client.mjs';
import { failureOf, verdictMessage } from './fakes.mjs';
import { play, settled } from './stage.mjs';

const imap = { kind: 'incoming', key: 'server1' };
const server = failureOf(imap);
const accepted = verdictMessage('p', 'password_accepted');
const refused = verdictMessage('p', 'stale_password');
const entry = 'entry-1';

/** @param {any} world as play(), and `seen`: the stage before anything happens */
async function changing(world = {}) {
  const scene = play({
    servers: [server],
    verdict: accepted,
    vault: { entries: [{ entry }] },
    typed: () => {
      Object.assign(scene.credential, { stored: 'typed' });
      return true;
    },
    ...world,
  });
  world.seen?.(scene);
  const problem = await scene.passwordChange.changePassword(imap);
  await settled();
  await settled();
  return { ...scene, problem, incident: scene.incidents.latest(imap) };
}
/** Without the bar's own calls. */
const steps = ({ names }) => names().filter((name) => name !== 'showBar');

test('the vault first, then the prompt, then one check with what was typed, then Thunderbird signs in', async () => {
  const scene = await changing();
  assert.equal(scene.problem, null);
  assert.deepEqual(scene.types(), ['vault_store', 'probe']);
  assert.equal(scene.asked[0].secret, 'old');
  assert.equal(scene.asked[1].credential.secret, 'typed');
  assert.equal(scene.asked[1].again, undefined);
  assert.deepEqual(steps(scene), ['unlock', 'askForPassword', 'signIn']);
  assert.deepEqual([scene.incident.change, scene.incident.state, scene.incident.ended], ['done', 'closed', 'signed-in']);
  assert.deepEqual(scene.calls('showBar'), []);
});

test('automatic checks are off while the prompt is open, and on again afterwards', async () => {
  const { did } = await changing();
  const order = did.map(([name]) => name).filter((name) => ['pauseChecks', 'askForPassword', 'resumeChecks'].includes(name));
  assert.deepEqual([order[0], order[1], order.at(-1)], ['pauseChecks', 'askForPassword', 'resumeChecks']);
});

test('the prompt closed: nothing is sent, nothing is told, checks go on', async () => {
  const scene = await changing({ typed: () => false });
  assert.deepEqual(scene.types(), ['vault_store']);
  assert.deepEqual(steps(scene), ['unlock', 'askForPassword']);
  assert.equal(scene.incident, null);
  assert.equal(scene.did.at(-1)[0], 'resumeChecks');
});

test('accepted: the other direction is offered it', async () => {
  const smtp = { kind: 'outgoing', key: 'smtp1' };
  const same = { at: true };
  const { bar } = await changing({
    servers: [server, failureOf({ ...smtp, type: 'smtp', name: 'smtp.example.org' })],
    links: () => {
      const link = { ...smtp, sameIdentity: true, sameLogin: true, samePassword: same.at };
      same.at = false;
      return [link];
    },
    credentials: { 'outgoing:smtp1': { stored: 'old', savedAt: 1 } },
  });
  assert.equal(bar().text, 'other_asks|other_outgoing|smtp.example.org|Work');
});

test('refused: an incident with that verdict, checks stay off, the words of the server, enter again or put back', async () => {
  const scene = await changing({ verdict: refused });
  const { incident, bar, calls } = scene;
  assert.deepEqual([incident.state, incident.change, incident.verdict.verdict], ['open', 'refused', 'stale_password']);
  assert.deepEqual(calls('pauseChecks').at(-1), ['incoming', 'server1', null]);
  assert.deepEqual(calls('resumeChecks'), []);
  assert.deepEqual(calls('markRejected').at(-1), ['incoming', 'server1', true]);
  assert.equal(bar().text, 'change_refused|Work server_said NO [AUTHENTICATIONFAILED] No.');
  assert.deepEqual(bar().choices, ['newPassword', 'putBack', 'details']);
  assert.deepEqual(calls('signIn'), []);
});

test('refused for another reason than the password: the bar says that reason too', async () => {
  const { bar } = await changing({ verdict: verdictMessage('p', 'app_password_required') });
  assert.match(bar().text, /^change_refused\|Work verdict_app_password_required_sentence\|Work/);
});

test('refused, and entered again: the vault, the prompt and the check once more; "the old one" stays the one that worked', async () => {
  let stores = 0;
  const vault = () => ({ entries: [{ entry: `entry-${++stores}` }] });
  const scene = await changing({ verdict: refused, vault });
  assert.equal(await scene.buttons.perform({ id: scene.incident.id, choice: 'newPassword' }), null);
  await settled();
  await settled();
  assert.deepEqual(scene.types(), ['vault_store', 'probe', 'vault_store', 'probe']);
  const again = scene.incidents.latest(imap);
  assert.notEqual(again, scene.incident);
  assert.deepEqual([again.change, again.entry, scene.incident.state], ['refused', 'entry-1', 'closed']);
  assert.deepEqual(scene.calls('reprompt'), [], 'never the prompt that is not checked');
});

test('refused, and put back: undone from the vault', async () => {
  const account = { protocol: 'imap', host: server.hostname, port: server.port, user: server.username };
  const scene = await changing({ verdict: refused, restored: { entries: [{ account }], secret: 'old' } });
  assert.equal(await scene.buttons.perform({ id: scene.incident.id, choice: 'putBack' }), null);
  assert.deepEqual(scene.calls('restoreLogin'), [['incoming', 'server1', 'alice', 'old']]);
  assert.equal(scene.asked.find(({ type }) => type === 'vault_restore').entry, entry);
  assert.deepEqual([scene.incident.state, scene.incident.ended], ['closed', 'undone']);
});

for (const [how, verdict, said] of [
  ['the server cannot be reached', verdictMessage('p', 'server_unreachable'), /verdict_server_unreachable_sentence/],
  ['the verdict does not decide', verdictMessage('p', 'inconclusive'), /verdict_inconclusive_sentence/],
  ['a refusal that is a guess', verdictMessage('p', 'stale_password', { confidence: 'guess' }), /./],
  ['the host is gone', new HostError('host_gone', ''), /problem_silent/],
]) {
  test(`not to tell (${how}): it stays, and the bar says so`, async () => {
    const { bar, calls, incident, credential } = await changing({ verdict });
    assert.match(bar().text, /^change_unclear\|Work /);
    assert.match(bar().text, said);
    assert.deepEqual(bar().choices, ['putBack', 'details']);
    assert.equal(incident.change, 'unclear');
    assert.equal(credential.stored, 'typed');
    assert.deepEqual(calls('restoreLogin'), []);
  });
}

for (const [code, text] of [
  ['no_keyring', 'change_no_vault|Work'],
  ['keyring_locked', 'change_no_vault_locked|Work'],
]) {
  test(`${code}: nothing is touched before the user has decided; then it goes on`, async () => {
    const scene = await changing({ vault: new HostError(code, '') });
    assert.equal(scene.problem, code);
    assert.deepEqual(scene.calls('askForPassword'), []);
    assert.equal(scene.bar().text, text);
    assert.deepEqual(scene.bar().choices, ['keep', 'askAnyway']);
    assert.equal(await scene.buttons.perform({ id: scene.incident.id, choice: 'askAnyway' }), null);
    await settled();
    await settled();
    assert.deepEqual(scene.calls('askForPassword'), [['incoming', 'server1']]);
    assert.equal(scene.incidents.latest(imap).change, 'done');
  });
}

test('no keyring, and the user keeps the saved one: nothing happens, and the button is over', async () => {
  const scene = await changing({ vault: new HostError('no_keyring', '') });
  assert.equal(await scene.buttons.perform({ id: scene.incident.id, choice: 'keep' }), null);
  assert.equal(await scene.buttons.perform({ id: scene.incident.id, choice: 'askAnyway' }), 'not_allowed');
  assert.deepEqual(scene.calls('askForPassword'), []);
});

test('a vault that fails for another reason: nothing is touched, and the reason goes back', async () => {
  for (const code of ['host_missing', 'internal', 'timeout']) {
    const { problem, calls } = await changing({ vault: new HostError(code, '') });
    assert.equal(problem, code);
    assert.deepEqual(calls('askForPassword'), []);
  }
});

test('an account that signs in with OAuth2, one that is gone, and a locked login store: why nothing begins', async () => {
  assert.equal((await changing({ servers: [{ ...server, authMethod: 10 }] })).problem, 'not_allowed');
  assert.equal((await changing({ servers: [] })).problem, 'account_gone');
  const locked = play({ servers: [server] });
  locked.scene.unlocks = false;
  assert.equal(await locked.passwordChange.changePassword(imap), 'locked');
});

test('asked for twice: one prompt', async () => {
  let typed;
  const scene = play({ servers: [server], typed: () => new Promise((resolve) => (typed = resolve)) });
  await scene.passwordChange.changePassword(imap);
  await settled();
  assert.equal(await scene.passwordChange.changePassword(imap), null);
  await settled();
  assert.equal(scene.calls('askForPassword').length, 1);
  typed(false);
});

test('while a refused login is open: its incident ends when the new one is typed, and its pause comes back if the prompt is closed', async () => {
  const phase = { verdict: refused, typed: false };
  const scene = play({ servers: [server], verdict: () => phase.verdict, typed: () => phase.typed });
  await scene.held(server, { answer: 'cancel', by: 'dialog' });
  const before = scene.incidents.current(imap);
  await scene.passwordChange.changePassword(imap);
  await settled();
  assert.equal(before.state, 'open');
  assert.deepEqual(scene.calls('pauseChecks').at(-1), ['incoming', 'server1', null]);
  assert.deepEqual(scene.calls('resumeChecks'), []);

  Object.assign(phase, { verdict: accepted, typed: true });
  await scene.passwordChange.changePassword(imap);
  await settled();
  await settled();
  assert.deepEqual([before.state, before.ended], ['closed', 'changed']);
  assert.equal(scene.incidents.latest(imap).change, 'done');
});

test('"Forgot it?" is offered where a new password is asked for and the provider has a page; afterwards the bar warns', async () => {
  const reset = 'https://provider.example/forgot';
  const { incident, bar, buttons, calls } = await changing({
    verdict: verdictMessage('p', 'stale_password', { links: { reset } }),
  });
  assert.deepEqual(bar().choices, ['newPassword', 'putBack', 'forgot', 'details']);
  assert.equal(await buttons.perform({ id: incident.id, choice: 'forgot' }), null);
  assert.deepEqual(calls('openPage'), [[reset]]);
  assert.match(bar().text, / forgot_advice\|Work$/);
  assert.deepEqual(bar().choices, ['newPassword', 'putBack', 'details']);
});

test('"Forgot it?" is not offered without a page, nor for an address that is not https', async () => {
  for (const links of [{}, { reset: 'http://provider.example/forgot' }]) {
    const { bar, incident, buttons } = await changing({ verdict: verdictMessage('p', 'stale_password', { links }) });
    assert.ok(!bar().choices.includes('forgot'));
    assert.equal(await buttons.perform({ id: incident.id, choice: 'forgot' }), 'not_allowed');
  }
});

test('no password is kept with an incident', async () => {
  const { incidents } = await changing({ verdict: refused });
  assert.doesNotMatch(JSON.stringify(incidents.all), /"old"|"typed"/);
});

test('pressed twice at once: one prompt, and checks stay off while it is open', async () => {
  let typed;
  const scene = play({ servers: [server], typed: () => new Promise((resolve) => (typed = resolve)) });
  await Promise.all([scene.passwordChange.changePassword(imap), scene.passwordChange.changePassword(imap)]);
  await settled();
  assert.equal(scene.calls('askForPassword').length, 1);
  assert.deepEqual(scene.types(), ['vault_store']);
  assert.deepEqual(scene.calls('resumeChecks'), []);
  typed(false);
  await settled();
  assert.deepEqual(scene.calls('resumeChecks'), [['incoming', 'server1']]);
});

test('mail that an older connection brings while the new password is checked does not make a refused one right', async () => {
  let quiet;
  const scene = await changing({
    seen: (stage) => ({ quiet } = stage),
    verdict: async () => {
      await quiet.onSignedIn(imap);
      return refused;
    },
  });
  assert.deepEqual([scene.incident.change, scene.incident.state], ['refused', 'open']);
  assert.deepEqual(scene.calls('pauseChecks').at(-1), ['incoming', 'server1', null]);
  assert.deepEqual(scene.calls('signIn'), []);
});

for (const [how, verdict] of [
  ['cannot tell', verdictMessage('p', 'server_unreachable')],
  ['is gone', new HostError('host_gone', '')],
]) {
  test(`Thunderbird signs in with the new one while the host looks, and the host ${how}: it works`, async () => {
    let quiet;
    const scene = await changing({
      seen: (stage) => ({ quiet } = stage),
      verdict: async () => {
        await quiet.onSignedIn(imap);
        if (verdict instanceof Error) throw verdict;
        return verdict;
      },
    });
    assert.deepEqual([scene.incident.change, scene.incident.state, scene.incident.ended], ['done', 'closed', 'signed-in']);
  });
}

for (const [how, verdict] of [
  ['could not be checked', verdictMessage('p', 'server_unreachable')],
  ['was refused at first', refused],
]) {
  test(`a new password that ${how} and works later is offered to the other direction then`, async () => {
    const smtp = { kind: 'outgoing', key: 'smtp1' };
    const same = { at: true };
    const scene = await changing({
      verdict,
      servers: [server, failureOf({ ...smtp, type: 'smtp', name: 'smtp.example.org' })],
      links: () => [{ ...smtp, sameIdentity: true, sameLogin: true, samePassword: same.at }],
      credentials: { 'outgoing:smtp1': { stored: 'old', savedAt: 1 } },
    });
    same.at = false;
    await scene.quiet.onSignedIn(imap);
    await settled();
    assert.equal(scene.bar().text, 'other_asks|other_outgoing|smtp.example.org|Work');
  });
}

test('a check that was lost with the event page is not waited for: what happens later counts', async () => {
  const lost = { ...failureOf(imap), state: 'deciding', change: 'checking', boxes: [], answer: null, pause: null };
  const { incidents, quiet } = play({ stored: [lost], servers: [server] });
  await quiet.onSignedIn(imap);
  assert.deepEqual([incidents.latest(imap).change, incidents.latest(imap).ended], ['unclear', 'signed-in']);
});

test('a settings proposal that is not allowed does not come in by a change of the password', async () => {
  const settings = { host: '192.0.2.1', port: 993, tls: 'implicit', source: 'srv', changes: ['host'], confirm_host: false };
  const { incident } = await changing({ verdict: verdictMessage('p', 'server_unreachable', { settings }) });
  assert.equal(incident.verdict.settings, undefined);
});
