// SPDX-License-Identifier: MPL-2.0
// Six accounts fail at the same time when Thunderbird starts: no stacked boxes, every prompt one that a verdict called for, the healthy account
// undisturbed, and the first prompt may stay open as long as its user likes.
// Belongs here: many accounts at once. Not here: one account at a time (stale_password.test.mjs), automatic checks (storm.test.mjs).
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { waitUntil } from '../harness/processes.mjs';
import { makeSwappedHost } from '../harness/swapped_host.mjs';
import { hostFile } from './faults.mjs';
import { hostBinary, story } from './world.mjs';

const openMs = 120_000;
const incoming = { ann: 'imap', ben: 'imap', cat: 'imap', dan: 'pop3', eve: 'pop3', zoe: 'imap' };
const failing = ['ann', 'ben', 'cat', 'dan', 'eve', 'sam'];
const keys = { ann: 'server1', ben: 'server2', cat: 'server3', dan: 'server4', eve: 'server5', zoe: 'server6', sam: 'smtp1' };
const right = (user) => `the-new-one-of-${user}`;
const wrong = (user) => `the-old-one-of-${user}`;

story(
  'six accounts failing at start-up: one prompt after the other, each with a reason, and the seventh works meanwhile',
  async (world) => {
    const dovecot = await world.dovecot({ users: Object.fromEntries([...failing, 'zoe'].map((user) => [user, right(user)])) });
    const postfix = await world.postfix(dovecot);
    for (const user of Object.keys(incoming)) dovecot.deliver(user, `For ${user}`);
    const accounts = (atStart) =>
      Object.entries(incoming).map(([user, type]) => ({
        type,
        name: `Account of ${user}`,
        host: 'localhost',
        port: dovecot.ports[`${type}s`],
        user,
        password: user === 'zoe' ? right(user) : wrong(user),
        address: `${user}@example.org`,
        prefs: { login_at_startup: atStart, check_new_mail: false },
      }));
    const folder = path.join(world.dir, 'swapped');
    mkdirSync(folder);
    const host = makeSwappedHost(folder, [hostBinary]);
    const wish = {
      host: host.file,
      dir: `${world.dir}/one-profile`,
      smtp: { host: 'localhost', port: postfix.ports.submissions, user: 'sam', password: wrong('sam') },
    };

    // The day before: passwords are saved, and a message waits in the Outbox.
    const before = await world.thunderbird({ ...wish, accounts: accounts(false) });
    const { keyring } = world;
    await before.sendMessage({ to: 'zoe@example.org', subject: 'It waited', later: true });
    await before.waitFor(`const later = Cc['@mozilla.org/messengercompose/sendlater;1'].getService(Ci.nsIMsgSendLater);
      return later.getUnsentMessagesFolder(MailServices.accounts.defaultAccount.defaultIdentity)?.getTotalMessages(false) === 1;`);
    assert.deepEqual(await before.dialogHistory(), []);
    await before.quit();

    // The start. Nothing is decided until the test watches the windows; then everything is at once.
    const gate = path.join(folder, 'gate');
    host.use(hostFile('holding_back.mjs'), hostBinary, 'verdict', gate);
    const prefs = { 'offline.send.unsent_messages': 1 }; // by itself, as many users have it
    const thunderbird = await world.thunderbird({ ...wish, accounts: accounts(true), prefs, keyring, again: true });
    assert.deepEqual(await thunderbird.dialogHistory(), []);
    await waitUntil(async () => (await thunderbird.counters()).held >= 4, { what: 'four held boxes' });
    writeFileSync(gate, '');

    const incidentOf = async (user) => (await thunderbird.incidents()).findLast(({ key }) => key === keys[user]);
    const prompted = [];
    const modalWindows = async () => (await thunderbird.dialogHistory()).length;

    const first = await thunderbird.waitForDialog(['password', 'choice', 'alert'], 60_000);
    assert.equal(first.kind, 'password', JSON.stringify(first));
    const firstAt = Date.now();
    await thunderbird.waitForSubject(keys.zoe, 'For zoe');
    dovecot.deliver('zoe', 'While the prompt is open');
    await thunderbird.getNewMessages(keys.zoe);
    await thunderbird.waitForSubject(keys.zoe, 'While the prompt is open');
    world.say(`the healthy account fetched its mail while the first prompt was open, ${Date.now() - firstAt} ms old`);
    await waitUntil(async () => (await Promise.all(failing.map(incidentOf))).every((one) => one?.verdict), {
      timeoutMs: 90_000,
      what: () => 'six verdicts',
    });
    world.say(`six verdicts ${Math.round((Date.now() - firstAt) / 1000)} s after the first prompt opened`);
    for (const user of failing) {
      const { verdict } = await incidentOf(user);
      assert.deepEqual([verdict.verdict, verdict.may_clear], ['stale_password', 'at_once'], user);
    }
    assert.equal(await modalWindows(), 1);
    await dovecot.settle();
    const badSoFar = dovecot.badLogins();
    await world.picture('first-prompt');

    await waitUntil(() => Date.now() - firstAt > openMs, { timeoutMs: openMs + 5000, what: 'two minutes' });
    assert.equal(await modalWindows(), 1, 'something opened beside the first prompt');
    assert.deepEqual(
      (await thunderbird.dialogs()).map(({ serial }) => serial),
      [first.serial],
    );
    await dovecot.settle();
    assert.equal(dovecot.badLogins(), badSoFar, 'nobody sends an old password while the first prompt is open');

    // One after the other.
    for (let prompt = first; ; prompt = await thunderbird.waitForDialog(['password', 'choice', 'alert'], 60_000)) {
      assert.equal(prompt.kind, 'password', JSON.stringify(prompt));
      const user = failing.find((name) => new RegExp(`\\b${name}\\b`).test(prompt.text));
      assert.ok(user && !prompted.includes(user), `asked for: ${prompt.text}`);
      assert.equal((await incidentOf(user)).verdict.verdict, 'stale_password', `${user} was asked without a verdict`);
      prompted.push(user);
      await thunderbird.typePassword(prompt, right(user));
      if (prompted.length === failing.length) break;
    }
    for (const user of failing.filter((name) => incoming[name])) await thunderbird.waitForSubject(keys[user], `For ${user}`);
    const message = await postfix.waitForMessage('It waited', 60_000);
    assert.equal(message.user, 'zoe');

    const history = await thunderbird.dialogHistory();
    assert.deepEqual(
      history.map(({ kind, beside }) => [kind, beside]),
      failing.map(() => ['password', 0]),
      'six prompts, never two windows at once',
    );
    const saved = Object.fromEntries((await thunderbird.logins()).map(({ username, password }) => [username, password]));
    assert.deepEqual(saved, Object.fromEntries([...failing, 'zoe'].map((user) => [user, right(user)])));
    assert.equal(postfix.delivered().filter(({ subject }) => subject === 'It waited').length, 1);
    await dovecot.settle();
    const bad = Object.fromEntries(failing.map((user) => [user, dovecot.badLogins({ user })]));
    world.say(`asked for: ${prompted.join(', ')}; bad logins: ${JSON.stringify(bad)}`);
    assert.equal((await thunderbird.counters()).errors, 0);
  },
);
