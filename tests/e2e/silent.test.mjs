// SPDX-License-Identifier: MPL-2.0
// An automatic check fails and stock Thunderbird says nothing (IMAP) or puts a box in front of nobody (POP3). With Reprompt: the bar, a system notification,
// and nothing is lost or asked while nobody is there. Belongs here: one failure nobody asked for, and the way to mail. Not here: twelve of them (storm.test.mjs).
import assert from 'node:assert/strict';
import { checkedAutomatically, followChecks } from '../harness/automatic_checks.mjs';
import { noteSystemNotifications, watchBars } from '../harness/bars.mjs';
import { lookAt, lookAway } from '../harness/x_focus.mjs';
import { story, vaultEntries } from './world.mjs';

const barLimitMs = 20_000;
const enterNew = 'Enter new password';
const origins = { imap: 'imap://localhost', pop3: 'mailbox://localhost' };

/** Thunderbird has fetched with the right password; then the server got another one, and mail waits behind it. */
async function aChangedPassword(world, type, wish = {}) {
  const dovecot = await world.dovecot({ users: { alice: 'right-1' } });
  dovecot.deliver('alice', 'Before');
  const port = dovecot.ports[`${type}s`];
  const thunderbird = await world.thunderbird({
    accounts: [{ type, name: 'Work', host: 'localhost', port, user: 'alice', password: 'right-1', prefs: checkedAutomatically }],
    ...wish,
  });
  const checks = await followChecks(thunderbird, dovecot);
  const notifications = await noteSystemNotifications(thunderbird);
  await thunderbird.getNewMessages('server1');
  await thunderbird.waitForSubject('server1', 'Before');
  await dovecot.setPassword('alice', 'right-2');
  dovecot.deliver('alice', 'After');
  await dovecot.kick('alice');
  return { dovecot, thunderbird, checks, notifications, bars: watchBars(thunderbird), port };
}

const savedPasswords = async (thunderbird) => (await thunderbird.logins()).map((login) => login.password);

for (const type of ['imap', 'pop3']) {
  story(
    `an automatic ${type.toUpperCase()} check fails while nobody is there: bar, notification, nothing cleared; the bar leads to mail`,
    async (world) => {
      const { dovecot, thunderbird, checks, notifications, bars, port } = await aChangedPassword(world, type);
      await lookAway(thunderbird);

      const begun = Date.now();
      const refused = dovecot.waitForBadLogins(1).then(() => Date.now());
      await checks.begin();
      const bar = await bars.waitFor('incoming-server1', barLimitMs);
      const shown = Date.now();
      world.say(
        `the bar came ${shown - begun} ms after the check began, ${shown - (await refused)} ms after the first refused password`,
      );
      await checks.over();
      await world.picture('bar');

      assert.match(bar.text, /Work/);
      assert.ok(bar.buttons.includes(enterNew), bar.buttons.join(', '));
      const asked = await notifications();
      assert.equal(asked.length, 1, JSON.stringify(asked));
      assert.match(`${asked[0].title} ${asked[0].text}`, /Work/);
      assert.deepEqual(await savedPasswords(thunderbird), ['right-1'], 'nothing is cleared while nobody is there');
      assert.deepEqual(await thunderbird.dialogHistory(), []);
      const bad = dovecot.badLogins();
      world.say(`${bad} bad logins: Thunderbird's own, and at most one of ours`);
      assert.ok(bad <= 4, `${bad} bad logins`);

      await bars.press('incoming-server1', enterNew);
      const prompt = await thunderbird.waitForDialog('password');
      assert.equal((await vaultEntries(world, port)).length, 1, 'the old password is in the vault before the prompt');
      await thunderbird.typePassword(prompt, 'right-2');
      await thunderbird.waitForSubject('server1', 'After');
      await bars.waitForNone('incoming-server1');

      assert.deepEqual(
        (await thunderbird.logins()).map(({ origin, password }) => [origin, password]),
        [[origins[type], 'right-2']],
      );
      assert.deepEqual(
        (await thunderbird.dialogHistory()).map(({ kind }) => kind),
        ['password'],
      );
      await dovecot.settle();
      assert.equal(dovecot.badLogins(), bad, 'no bad login on the way');
      assert.deepEqual(await checks.checked(), ['server1'], 'automatic checks go on');
      assert.deepEqual(await thunderbird.addonErrors(), []);
    },
  );

  story(`an automatic ${type.toUpperCase()} check fails while the user is looking: Thunderbird asks by itself`, async (world) => {
    const { dovecot, thunderbird, checks, notifications } = await aChangedPassword(world, type);
    await lookAt(thunderbird);

    const begun = Date.now();
    await checks.begin();
    const prompt = await thunderbird.waitForDialog('password', barLimitMs);
    world.say(`the prompt came ${Date.now() - begun} ms after the check began`);
    await thunderbird.typePassword(prompt, 'right-2');
    await thunderbird.waitForSubject('server1', 'After');

    await dovecot.settle();
    assert.ok(dovecot.badLogins() <= 4, `${dovecot.badLogins()} bad logins`);
    assert.deepEqual(
      (await thunderbird.dialogHistory()).map(({ kind }) => kind),
      ['password'],
    );
    assert.deepEqual(await notifications(), [], 'no notification for somebody who is there');
    assert.deepEqual(await savedPasswords(thunderbird), ['right-2']);
  });
}

story('an automatic check fails while nobody is there: the prompt comes when the user comes back', async (world) => {
  const { dovecot, thunderbird, checks, bars } = await aChangedPassword(world, 'imap');
  await lookAway(thunderbird);
  await checks.begin();
  await bars.waitFor('incoming-server1', barLimitMs);
  await checks.over();
  assert.deepEqual(await thunderbird.dialogHistory(), []);

  await lookAt(thunderbird);
  await thunderbird.typePassword(await thunderbird.waitForDialog('password'), 'right-2');
  await thunderbird.waitForSubject('server1', 'After');
  await dovecot.settle();
  assert.ok(dovecot.badLogins() <= 4, `${dovecot.badLogins()} bad logins`);
});

story('a refusal that ends connections before they began leaves no folder deaf', async (world) => {
  const users = ['alice', 'bob', 'carol']; // the moment is met most times, not always
  const dovecot = await world.dovecot({ users: Object.fromEntries(users.map((user) => [user, 'right-1'])) });
  const account = (user) => ({
    type: 'imap',
    name: user,
    host: 'localhost',
    port: dovecot.ports.imaps,
    user,
    password: 'right-1',
  });
  for (const user of users) dovecot.deliver(user, 'Before');
  const thunderbird = await world.thunderbird({ accounts: users.map(account) });
  const keys = users.map((_user, at) => `server${at + 1}`);
  for (const key of keys) {
    await thunderbird.getNewMessages(key);
    await thunderbird.waitForSubject(key, 'Before');
  }
  for (const user of users) dovecot.deliver(user, 'After');
  await thunderbird.eval(
    `for (const key of args.keys) {
      const server = MailServices.accounts.getIncomingServer(key);
      const inbox = server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
      server.closeCachedConnections();
      inbox.getNewMessages(Services.wm.getMostRecentWindow('mail:3pane').msgWindow, null);
      server.biffState = Ci.nsIMsgFolder.nsMsgBiffState_NoMail;
      server.rootFolder.biffState = Ci.nsIMsgFolder.nsMsgBiffState_Unknown; // as if one of its connections were refused now
    }`,
    { keys },
  );
  for (const key of keys) {
    await thunderbird.getNewMessages(key);
    await thunderbird.waitForSubject(key, 'After');
  }
  assert.deepEqual(await thunderbird.addonErrors(), []);
});
