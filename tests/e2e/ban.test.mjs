// SPDX-License-Identifier: MPL-2.0
// A server that bans an address after 5 refused passwords within 10 minutes, as fail2ban does, and a password that was changed elsewhere. Stock Thunderbird
// gets its whole home banned before the user has typed anything. Belongs here: bans. Not here: counting without consequences (storm.test.mjs).
import assert from 'node:assert/strict';
import { settledMailboxes } from '../harness/account_life.mjs';
import { checkedAccounts, followChecks } from '../harness/automatic_checks.mjs';
import { startBanList } from '../harness/ban_list.mjs';
import { watchBars } from '../harness/bars.mjs';
import { lookAt, lookAway } from '../harness/x_focus.mjs';
import { story } from './world.mjs';

const most = 5;
const enterNew = 'Enter new password';

async function banningServer(world) {
  const banList = await startBanList({ most });
  world.afterwards(banList.stop);
  const dovecot = await world.dovecot({ users: { alice: 'new' }, extra: `${settledMailboxes}\n${banList.extra}` });
  dovecot.deliver('alice', 'For you');
  return { banList, dovecot };
}

const accountsOf = (types, dovecot) => checkedAccounts(types, dovecot, 'old');

/** What the server did, in one line. */
const counts = (banList) =>
  `${banList.failures()} refused passwords, ${banList.banned() ? 'banned' : 'not banned'}, ${banList.refused()} sign-ins turned away by the ban`;

for (const type of ['imap', 'pop3']) {
  const name = type.toUpperCase();

  story(`stock Thunderbird with one stale ${name} password ends banned: the right password comes too late`, async (world) => {
    const { banList, dovecot } = await banningServer(world);
    const thunderbird = await world.thunderbird({ addon: false, accounts: accountsOf([type], dovecot) });

    // As people do: once more, it may have been the network; then the new password.
    await thunderbird.getNewMessages('server1');
    await thunderbird.clickButton(await thunderbird.waitForDialog('choice'), 'accept');
    await thunderbird.clickButton(await thunderbird.waitForDialog('choice'), 'extra1');
    await thunderbird.typePassword(await thunderbird.waitForDialog('password'), 'new');
    await thunderbird.waitForDialog('choice');

    world.say(`${name}, stock: ${counts(banList)}`);
    assert.ok(banList.banned());
    assert.ok(banList.refused() > 0, 'the right password was refused too');
    assert.equal(dovecot.goodLogins(), 0);
    assert.deepEqual(await thunderbird.inboxSubjects('server1'), []);
  });

  story(`stock Thunderbird with one stale ${name} password and nobody there is banned by its own checks`, async (world) => {
    const { banList, dovecot } = await banningServer(world);
    const thunderbird = await world.thunderbird({ addon: false, accounts: accountsOf([type], dovecot) });
    const checks = await followChecks(thunderbird, dovecot);
    let rounds = 0;
    while (!banList.banned() && rounds < 5) {
      rounds += 1;
      await checks.begin();
      await dovecot.waitForBadLogins(banList.failures() + 1);
      await checks.over(async () => {
        for (const box of await thunderbird.dialogs()) await thunderbird.clickButton(box, 'cancel').catch(() => {});
      });
    }
    world.say(`${name}, stock, automatic checks only: ${counts(banList)} after ${rounds} checks`);
    assert.ok(banList.banned());
  });

  story(`with Reprompt one stale ${name} password leads to the prompt and to mail, not to a ban`, async (world) => {
    const { banList, dovecot } = await banningServer(world);
    const thunderbird = await world.thunderbird({ accounts: accountsOf([type], dovecot) });
    const checks = await followChecks(thunderbird, dovecot);

    await thunderbird.getNewMessages('server1');
    const prompt = await thunderbird.waitForDialog('password');
    await checks.begin(); // the clock does not wait for the user
    await thunderbird.typePassword(prompt, 'new');
    await thunderbird.waitForSubject('server1', 'For you');
    await dovecot.settle();

    world.say(`${name}, Reprompt: ${counts(banList)}`);
    assert.ok(!banList.banned(), counts(banList));
    assert.equal(banList.refused(), 0);
    assert.deepEqual(await thunderbird.addonErrors(), []);
  });

  story(`with Reprompt the automatic checks of one stale ${name} password do not lead to a ban`, async (world) => {
    const { banList, dovecot } = await banningServer(world);
    const thunderbird = await world.thunderbird({ accounts: accountsOf([type], dovecot) });
    const checks = await followChecks(thunderbird, dovecot);
    const bars = watchBars(thunderbird);

    await lookAway(thunderbird);
    await checks.begin();
    await bars.waitFor('incoming-server1');
    for (let check = 0; check < 3; check += 1) {
      await checks.begin();
      await checks.over();
    }
    await lookAt(thunderbird);
    await bars.press('incoming-server1', enterNew);
    await thunderbird.typePassword(await thunderbird.waitForDialog('password'), 'new');
    await thunderbird.waitForSubject('server1', 'For you');
    await dovecot.settle();

    world.say(`${name}, Reprompt, automatic checks: ${counts(banList)}`);
    assert.ok(!banList.banned(), counts(banList));
    assert.equal(banList.refused(), 0);
  });
}

story('both accounts at once behind one ban list: what is counted, without Reprompt and with it', async (world) => {
  const types = ['imap', 'pop3'];
  for (const addon of [false, true]) {
    const { banList, dovecot } = await banningServer(world);
    const thunderbird = await world.thunderbird({
      addon,
      accounts: accountsOf(types, dovecot),
      // As after any earlier sign-in: the method that worked is known, so that its refusal is enough.
      prefs: { 'extensions.reprompt.methods.incoming.server2': 'PLAIN localhost' },
    });
    const checks = await followChecks(thunderbird, dovecot);
    const bars = watchBars(thunderbird);
    await lookAway(thunderbird);
    const closeBoxes = async () => {
      for (const box of await thunderbird.dialogs()) await thunderbird.clickButton(box, 'cancel').catch(() => {});
    };
    for (let check = 0; check < 3; check += 1) {
      await checks.begin();
      if (check === 0) await dovecot.waitForBadLogins(1);
      if (check === 0 && addon) for (const server of ['incoming-server1', 'incoming-server2']) await bars.waitFor(server);
      await checks.over(addon ? undefined : closeBoxes);
    }
    world.say(`IMAP and POP3, three automatic checks, ${addon ? 'Reprompt' : 'stock'}: ${counts(banList)}`);
    if (addon) assert.ok(banList.failures() <= most, 'three of IMAP, one of POP3, one probe at most');
    else assert.ok(banList.banned());
    await thunderbird.quit();
    await dovecot.stop();
  }
});
