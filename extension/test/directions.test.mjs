// SPDX-License-Identifier: MPL-2.0
// A new password that works is offered to the other direction: who takes part, what the answers mean, and that nothing is handed on unchecked.
import assert from 'node:assert/strict';
import test from 'node:test';
import { HostError } from '../host_client.mjs';
import { failureOf, verdictMessage } from './fakes.mjs';
import { play, settled } from './stage.mjs';

const imap = { kind: 'incoming', key: 'server1' };
const smtp = { kind: 'outgoing', key: 'smtp1' };
const pop3 = { kind: 'incoming', key: 'server2' };
const serverOf = (name, more = {}) => failureOf({ ...name, ...more });
const sending = { type: 'smtp', hostname: 'smtp.example.org', port: 465, name: 'smtp.example.org' };
const linkTo = (name, more = {}) => ({ ...name, sameIdentity: true, sameLogin: true, samePassword: true, ...more });
const accepted = verdictMessage('p', 'password_accepted');
const refused = verdictMessage('p', 'stale_password', { server_words: ['535 5.7.8 No.'] });

/**
 * The incoming password was refused, typed anew, and works; sending had the same. The first probe is about receiving, every later one about others.
 * @param {any} world as play(), and `after`: the host's answer about the others; `link`: how sending is linked; `now`: how it is after the new password
 */
async function afterANewPassword({ after = accepted, link = {}, now = { samePassword: false }, ...world } = {}) {
  const phase = { typed: false };
  const credentials = {
    'incoming:server1': { stored: 'old' },
    'outgoing:smtp1': { stored: 'old', savedAt: 1 },
    ...world.credentials,
  };
  const scene = play({
    servers: [serverOf(imap), serverOf(smtp, sending)],
    links: (_kind, key) => (key === 'server1' ? [linkTo(smtp, { ...link, ...(phase.typed ? now : {}) })] : []),
    verdict: async (...asked) => {
      const answer = phase.typed ? after : refused;
      return typeof answer === 'function' ? answer(...asked) : answer;
    },
    ...world,
    credentials,
  });
  const { held, quiet } = scene;
  assert.deepEqual(await held(serverOf(imap), { answer: 'newPassword', by: 'decision' }), { action: 'newPassword' });
  phase.typed = true;
  credentials['incoming:server1'] = { stored: 'new', savedAt: 5000 };
  await quiet.onCredentialChanged(imap);
  await quiet.onSignedIn(imap);
  await settled();
  const incident = scene.incidents.latest(imap);
  return { ...scene, credentials, incident, press: (choice) => scene.buttons.perform({ id: incident.id, choice }) };
}

test('asked once, naming the account and the direction; nothing is done before the answer', async () => {
  const { bar, calls, types } = await afterANewPassword();
  assert.equal(bar().text, 'other_asks|other_outgoing|smtp.example.org|Work');
  assert.deepEqual(bar().choices, ['otherToo', 'otherAlways', 'otherNever']);
  assert.deepEqual(calls('restoreLogin'), []);
  assert.deepEqual(types(), ['probe', 'vault_store']);
});

test('Yes: the host signs in there with the new one, the vault keeps the old one, then it is saved', async () => {
  const { press, asked, calls, bar, preferences } = await afterANewPassword();
  assert.equal(await press('otherToo'), null);
  const [, , probe, store] = asked;
  assert.deepEqual([probe.type, probe.account.host, probe.credential.secret], ['probe', 'smtp.example.org', 'new']);
  assert.equal(probe.again, undefined, 'never past the record of refusals');
  assert.deepEqual([store.type, store.account.host, store.secret], ['vault_store', 'smtp.example.org', 'old']);
  assert.deepEqual(calls('restoreLogin'), [['outgoing', 'smtp1', 'alice', 'new']]);
  assert.equal(bar().text, 'other_taken|other_outgoing|smtp.example.org|Work');
  assert.equal(preferences.otherDirection, 'ask');
  assert.equal(await press('otherToo'), 'not_allowed', 'it was answered');
});

test('Always: kept as a wish, and the next time nobody is asked', async () => {
  const { press, preferences } = await afterANewPassword();
  await press('otherAlways');
  assert.equal(preferences.otherDirection, 'always');
  const next = await afterANewPassword({ preferences });
  assert.deepEqual(next.calls('restoreLogin'), [['outgoing', 'smtp1', 'alice', 'new']]);
});

test('Always, and another login had the same password: that one is asked about all the same', async () => {
  const world = { preferences: { otherDirection: 'always' }, link: { sameLogin: false } };
  const { calls, bar, types, press } = await afterANewPassword(world);
  assert.deepEqual(calls('restoreLogin'), []);
  assert.deepEqual(types(), ['probe', 'vault_store'], 'and the new one was sent nowhere');
  assert.deepEqual(bar().choices, ['otherToo', 'otherAlways', 'otherNever']);
  assert.equal(await press('otherToo'), null);
  assert.deepEqual(calls('restoreLogin'), [['outgoing', 'smtp1', 'alice', 'new']]);
});

test('asked, and meanwhile the new one is refused itself: it goes nowhere', async () => {
  const { press, held, types, calls, incident } = await afterANewPassword({ after: refused });
  await held(serverOf(imap, { id: 'later', at: 9000 }), { answer: 'cancel', by: 'dialog' });
  const before = types().length;
  assert.equal(await press('otherToo'), null);
  assert.equal(incident.others[0].outcome, 'unclear');
  assert.equal(types().length, before);
  assert.deepEqual(calls('restoreLogin'), []);
});

test('typed there by hand while the vault took the old one: that one stays', async () => {
  let stores = 0;
  const scene = await afterANewPassword({
    vault: () => {
      if (++stores > 1) scene.credentials['outgoing:smtp1'] = { stored: 'by hand' };
      return { entries: [{}] };
    },
  });
  await scene.press('otherToo');
  assert.deepEqual(scene.calls('restoreLogin'), []);
  assert.equal(scene.incident.others[0].outcome, 'unclear');
});

test('No: kept as a wish, nothing is done, and the next time nobody is asked', async () => {
  const { press, preferences, calls, types } = await afterANewPassword();
  assert.equal(await press('otherNever'), null);
  assert.equal(preferences.otherDirection, 'never');
  assert.deepEqual(calls('restoreLogin'), []);
  const next = await afterANewPassword({ preferences });
  assert.equal(next.incident.others, undefined);
  assert.deepEqual(next.types(), types());
});

test('refused there: nothing is changed, nothing put away, and the bar says so with the words of the server', async () => {
  const { press, bar, calls, types } = await afterANewPassword({ after: refused });
  await press('otherToo');
  assert.equal(bar().text, 'other_refused|other_outgoing|smtp.example.org|Work server_said 535 5.7.8 No.');
  assert.deepEqual(bar().choices, ['details']);
  assert.deepEqual(calls('restoreLogin'), []);
  assert.deepEqual(types(), ['probe', 'vault_store', 'probe']);
});

for (const [how, after] of [
  ['a verdict that does not decide', verdictMessage('p', 'inconclusive')],
  ['a server that cannot be reached', verdictMessage('p', 'server_unreachable')],
  ['a refusal that is a guess', verdictMessage('p', 'stale_password', { confidence: 'guess' })],
  ['a host that is gone', new HostError('host_gone', '')],
]) {
  test(`not to tell (${how}): nothing is changed, and the bar says so`, async () => {
    const { press, bar, calls, types } = await afterANewPassword({
      after: () => {
        if (after instanceof Error) throw after;
        return after;
      },
    });
    await press('otherToo');
    assert.equal(bar().text, 'other_unclear|other_outgoing|smtp.example.org|Work');
    assert.deepEqual(calls('restoreLogin'), []);
    assert.deepEqual(types(), ['probe', 'vault_store', 'probe']);
  });
}

test('no keyring: it is checked, then the user is told and decides', async () => {
  let stores = 0;
  const vault = () => {
    if (++stores > 1) throw new HostError('no_keyring', '');
    return { entries: [{}] };
  };
  const { press, bar, calls } = await afterANewPassword({ vault });
  await press('otherToo');
  assert.equal(bar().text, 'other_no_vault|other_outgoing|smtp.example.org|Work');
  assert.deepEqual(bar().choices, ['keep', 'otherAnyway', 'details']);
  assert.deepEqual(calls('restoreLogin'), []);
  assert.equal(await press('otherAnyway'), null);
  assert.deepEqual(calls('restoreLogin'), [['outgoing', 'smtp1', 'alice', 'new']]);
  assert.equal(await press('otherAnyway'), 'not_allowed');
});

test('no keyring, and the user keeps the saved one', async () => {
  let stores = 0;
  const vault = () => {
    if (++stores > 1) throw new HostError('no_keyring', '');
    return { entries: [{}] };
  };
  const { press, calls } = await afterANewPassword({ vault });
  await press('otherToo');
  assert.equal(await press('keep'), null);
  assert.deepEqual(calls('restoreLogin'), []);
  assert.equal(await press('otherAnyway'), 'not_allowed');
});

test('typed there by hand while the host looked: that one stays', async () => {
  const credentials = {};
  const scene = await afterANewPassword({
    credentials,
    after: () => {
      scene.credentials['outgoing:smtp1'] = { stored: 'by hand' };
      return accepted;
    },
  });
  await scene.press('otherToo');
  assert.deepEqual(scene.calls('restoreLogin'), []);
  assert.equal(scene.incident.others[0].outcome, 'unclear');
});

for (const [how, world] of [
  ['has another password of its own that works', { link: { samePassword: false } }],
  ['only happens to have had the same password', { link: { sameIdentity: false, sameLogin: false } }],
  ['has the new one already', { now: { samePassword: true } }],
  ['has no saved password', { credentials: { 'outgoing:smtp1': { stored: null } } }],
  ['was given another password since', { credentials: { 'outgoing:smtp1': { stored: 'other', savedAt: 4000 } } }],
  ['is gone', { servers: [serverOf(imap)] }],
]) {
  test(`a server that ${how} is not asked about`, async () => {
    const { incident, bar } = await afterANewPassword(world);
    assert.equal(incident.others, undefined);
    assert.doesNotMatch(bar().text, /^other_/);
  });
}

test('a new password that was not to be remembered is not remembered elsewhere', async () => {
  const scene = play({
    servers: [serverOf(imap), serverOf(smtp, sending)],
    links: () => [linkTo(smtp, { samePassword: scene.credential.stored === 'old' })],
    credentials: { 'outgoing:smtp1': { stored: 'old', savedAt: 1 } },
  });
  await scene.held(serverOf(imap), { answer: 'newPassword', by: 'decision' });
  scene.credential.stored = null;
  scene.credential.session = 'new';
  await scene.quiet.onSignedIn(imap);
  await settled();
  assert.equal(scene.incidents.latest(imap).others, undefined);
});

test('a sign-in that follows no new password offers nothing', async () => {
  const scene = play({ links: () => [linkTo(smtp)], servers: [serverOf(smtp, sending)] });
  await scene.held(serverOf(imap), { answer: 'cancel', by: 'dialog' });
  await scene.quiet.onSignedIn(imap);
  await settled();
  assert.equal(scene.incidents.latest(imap).others, undefined);
});

test('a server of the same login whose own password is refused too takes part; its incident closes, its queued prompt is withdrawn', async () => {
  const theirs = serverOf(pop3, { type: 'pop3', name: 'Home', silent: true, attended: false });
  const credentials = { 'incoming:server2': { stored: 'older', savedAt: 1 } };
  const links = (_kind, key) => (key === 'server1' ? [linkTo(pop3, { samePassword: false })] : []);
  const phase = { verdict: refused };
  const scene = play({ servers: [serverOf(imap), theirs], links, credentials, verdict: () => phase.verdict });
  await scene.held(theirs, { answer: 'newPassword', by: 'decision' });
  const other = scene.incidents.current(pop3);
  await scene.quiet.askForNew(other);
  await scene.held(serverOf(imap), { answer: 'newPassword', by: 'decision' });
  credentials['incoming:server1'] = { stored: 'new' };
  await scene.quiet.onSignedIn(imap);
  await settled();
  assert.equal(scene.bar().text, 'other_asks|other_incoming|Home|Work');
  phase.verdict = accepted;
  const before = scene.calls('withdrawPrompt').length;
  await scene.buttons.perform({ id: scene.incidents.latest(imap).id, choice: 'otherToo' });
  assert.deepEqual(scene.calls('restoreLogin'), [['incoming', 'server2', 'alice', 'new']]);
  assert.deepEqual([other.state, other.ended], ['closed', 'changed']);
  assert.deepEqual(scene.calls('withdrawPrompt').slice(before), [['incoming', 'server2']]);
  assert.deepEqual(scene.calls('signIn'), [['incoming', 'server2']]);
});

test('after a first new password that was refused too, the right one is still offered to sending', async () => {
  const typed = { times: 0 };
  const links = () => [linkTo(smtp, { samePassword: typed.times === 0 })];
  const scene = play({
    servers: [serverOf(imap), serverOf(smtp, sending)],
    links,
    credentials: { 'outgoing:smtp1': { stored: 'old', savedAt: 1 } },
  });
  await scene.held(serverOf(imap), { answer: 'newPassword', by: 'decision' });
  typed.times = 1;
  await scene.quiet.onCredentialChanged(imap);
  await scene.held(serverOf(imap), { answer: 'newPassword', by: 'decision' });
  await scene.quiet.onCredentialChanged(imap);
  await scene.quiet.onSignedIn(imap);
  await settled();
  assert.equal(scene.bar().text, 'other_asks|other_outgoing|smtp.example.org|Work');
});

test('no password is kept with an incident', async () => {
  const { press, incidents } = await afterANewPassword();
  await press('otherToo');
  assert.doesNotMatch(JSON.stringify(incidents.all), /"old"|"new"/);
});
