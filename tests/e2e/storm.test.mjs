// SPDX-License-Identifier: MPL-2.0
// The storm: Thunderbird is open, the password is changed on the server, and the automatic checks go on. How many wrong passwords a real Dovecot sees,
// without Reprompt and with it. Belongs here: counting automatic checks. Not here: checks that a user asks for (bad_logins.test.mjs), bans (ban.test.mjs).
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkedAccounts, followChecks } from '../harness/automatic_checks.mjs';
import { watchBars } from '../harness/bars.mjs';
import { waitUntil } from '../harness/processes.mjs';
import { lookAt, lookAway } from '../harness/x_focus.mjs';
import { artifacts, story } from './world.mjs';

const checksCounted = 12;
const checksADay = 144; // Thunderbird's default: every 10 minutes
const folders = ['One', 'Two', 'Three', 'Four'];
const enterNew = 'Enter new password';
const mailboxes = `namespace inbox {
  inbox = yes
${['INBOX', 'Trash', ...folders].map((name) => `  mailbox ${name} {\n    auto = subscribe\n  }`).join('\n')}
}`;

const scenarios = [
  { name: 'IMAP', types: ['imap'], connections: 1 },
  { name: 'POP3', types: ['pop3'], connections: 1 },
  { name: 'IMAP and POP3', types: ['imap', 'pop3'], connections: 1 },
  { name: 'IMAP, 5 connections', types: ['imap'], connections: 5 },
];

const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);

/** IMAP: Thunderbird's three methods and one probe. POP3: one method, then its words are enough. */
const firstBatch = { imap: 4, pop3: 1 };

const accountsOf = ({ types, connections }, dovecot) =>
  checkedAccounts(types, dovecot, 'right-1', { max_cached_connections: connections, check_all_folders_for_new: connections > 1 });

/** A good day so far: every account has fetched, and as many connections are open as the scenario wants. */
async function aGoodStart(thunderbird, dovecot, { types, connections }) {
  for (const index of types.keys()) {
    await thunderbird.getNewMessages(`server${index + 1}`);
    await thunderbird.waitForSubject(`server${index + 1}`, 'Before');
  }
  if (connections === 1) return;
  for (const name of folders) {
    await thunderbird.waitFor(
      `const folder = MailServices.accounts.getIncomingServer('server1').rootFolder.subFolders.find(f => f.name === args.name);
       if (!folder) return false;
       const pane = Services.wm.getMostRecentWindow('mail:3pane').gTabmail.currentAbout3Pane;
       if (pane.gFolder !== folder) pane.displayFolder(folder.URI);
       return pane.gFolder === folder && !folder.gettingNewMessages;`,
      { name },
    );
  }
  await waitUntil(() => dovecot.sessions('alice') === connections, {
    what: () => `${connections} sessions, there are ${dovecot.sessions('alice')}`,
  });
}

/** The password is changed on the server, which ends the sessions as a real one does. */
async function changePassword(dovecot) {
  await dovecot.setPassword('alice', 'right-2');
  dovecot.deliver('alice', 'After');
  await dovecot.kick('alice');
}

/** A good day so far, nobody is there any more, and the password has just been changed. */
async function aStart(world, scenario, { addon }) {
  const dovecot = await world.dovecot({ users: { alice: 'right-1' }, extra: mailboxes });
  dovecot.deliver('alice', 'Before');
  const thunderbird = await world.thunderbird({ addon, accounts: accountsOf(scenario, dovecot) });
  const checks = await followChecks(thunderbird, dovecot);
  await aGoodStart(thunderbird, dovecot, scenario);
  await lookAway(thunderbird);
  await changePassword(dovecot);
  return { dovecot, thunderbird, checks, bars: watchBars(thunderbird) };
}

/** Twelve automatic checks. Nobody touches anything, but that stock Thunderbird's boxes are closed: POP3 does not check again before that. */
async function storm(world, scenario, { addon }) {
  const { dovecot, thunderbird, checks, bars } = await aStart(world, scenario, { addon });
  const closeBoxes = async () => {
    for (const box of await thunderbird.dialogs()) await thunderbird.clickButton(box, 'cancel').catch(() => {});
  };
  const perCheck = [];
  for (let check = 1; check <= checksCounted; check += 1) {
    const before = dovecot.badLogins();
    await checks.begin();
    if (check === 1) await dovecot.waitForBadLogins(1);
    if (check === 1 && addon) for (const index of scenario.types.keys()) await bars.waitFor(`incoming-server${index + 1}`);
    await checks.over(addon ? undefined : closeBoxes);
    perCheck.push(dovecot.badLogins() - before);
  }
  const boxes = (await thunderbird.dialogHistory()).length;
  return { thunderbird, dovecot, checks, bars, perCheck, boxes };
}

/** The user comes back and presses a bar's button; other accounts then ask by themselves. New password, mail, and the automatic checks go on. */
async function theUserComesBack({ thunderbird, dovecot, checks, bars }, { types }) {
  await bars.press('incoming-server1', enterNew);
  for (const index of types.keys()) {
    await thunderbird.typePassword(await thunderbird.waitForDialog('password'), 'right-2');
    await lookAt(thunderbird);
    await thunderbird.waitForSubject(`server${index + 1}`, 'After');
  }
  await waitUntil(async () => (await checks.checked()).length === types.length, {
    what: 'the automatic checks of every account',
  });
  dovecot.deliver('alice', 'Much later');
  // A check that is still at its end makes its server busy, and Thunderbird leaves such a one to its next turn.
  await waitUntil(async () => (await checks.begin()).length === types.length, { what: 'the next turn of every account' });
  for (const index of types.keys()) await thunderbird.waitForSubject(`server${index + 1}`, 'Much later');
}

const rows = [];
for (const scenario of scenarios) {
  story(`a storm of automatic checks with a wrong password is over after the first one: ${scenario.name}`, async (world) => {
    const stock = await storm(world, scenario, { addon: false });
    await stock.thunderbird.quit();
    const ours = await storm(world, scenario, { addon: true });
    world.say(`bad logins per check, stock: ${stock.perCheck}; with Reprompt: ${ours.perCheck}`);

    assert.ok(
      stock.perCheck.every((bad) => bad >= 3 * scenario.types.length),
      `stock Thunderbird never stops by itself: ${stock.perCheck}`,
    );
    const [first, ...later] = ours.perCheck;
    const most = sum(scenario.types.map((type) => firstBatch[type]));
    assert.ok(first <= most, `the first batch and one probe per account at most: ${first}`);
    assert.deepEqual(later, Array(checksCounted - 1).fill(0), 'nothing more until the user acts');
    assert.equal(ours.boxes, 0, 'no box while nobody is there');

    const bad = ours.dovecot.badLogins();
    await theUserComesBack(ours, scenario);
    await ours.dovecot.settle();
    assert.equal(ours.dovecot.badLogins(), bad, 'no bad login on the way to the new password');
    assert.deepEqual(await ours.thunderbird.addonErrors(), []);

    rows.push([scenario.name, 'stock', sum(stock.perCheck), (sum(stock.perCheck) * checksADay) / checksCounted, stock.boxes]);
    rows.push([scenario.name, 'Reprompt', sum(ours.perCheck), sum(ours.perCheck), ours.boxes]);
  });
}

story("Thunderbird's own timer leaves paused accounts alone and goes on with the others", async (world) => {
  const dovecot = await world.dovecot({ users: { alice: 'new', bob: 'pw-bob' } });
  const account = (type, name, user, password) => ({
    ...{ type, name, user, password, host: 'localhost', port: dovecot.ports[`${type}s`] },
    prefs: { check_new_mail: true, check_time: 1 },
  });
  const thunderbird = await world.thunderbird({
    accounts: [
      account('imap', 'Work', 'alice', 'old'),
      account('pop3', 'Home', 'alice', 'old'),
      account('pop3', 'Well', 'bob', 'pw-bob'),
    ],
    // Without it the accounts' turns come in the order of the accounts: bob's is the last of the round.
    prefs: { 'mail.biff.add_interval_jitter': false },
  });
  const checks = await followChecks(thunderbird, dovecot);
  const bars = watchBars(thunderbird);
  await lookAway(thunderbird);
  // The first round of the timer is a minute after the start. Before it, a check of alice's accounts fails.
  await thunderbird.eval(
    `for (const key of ['server1', 'server2']) MailServices.accounts.getIncomingServer(key).performBiff(null);`,
  );
  for (const server of ['incoming-server1', 'incoming-server2']) await bars.waitFor(server);
  await checks.over();
  const bad = dovecot.badLogins();
  assert.equal(dovecot.goodLogins(), 0, 'the round of the timer is still to come');

  await waitUntil(() => dovecot.goodLogins({ user: 'bob' }) > 0, { timeoutMs: 90_000, what: 'the round of the timer' });
  await checks.over();
  assert.equal(dovecot.badLogins(), bad);
  assert.equal((await thunderbird.dialogHistory()).length, 0);
});

story('POP3 knows the refused password: Get Messages asks for the new one and does not send the old one again', async (world) => {
  const [, scenario] = scenarios;
  const { dovecot, thunderbird, checks, bars } = await aStart(world, scenario, { addon: true });
  await checks.begin();
  await bars.waitFor('incoming-server1');
  await checks.over();
  const bad = dovecot.badLogins();

  await thunderbird.getNewMessages('server1');
  await thunderbird.typePassword(await thunderbird.waitForDialog('password'), 'right-2');
  await thunderbird.waitForSubject('server1', 'After');
  await dovecot.settle();
  assert.equal(dovecot.badLogins(), bad);
  assert.deepEqual(await thunderbird.addonErrors(), []);
});

story('the table of bad logins', async (world) => {
  const line = ([scenario, way, counted, day, boxes]) =>
    [String(scenario).padEnd(22), String(way).padEnd(10), ...[counted, day, boxes].map((n) => String(n).padStart(14))].join(' ');
  const text = [line(['accounts', '', 'in 12 checks', 'in a day', 'boxes in 12']), ...rows.map(line)];
  for (const one of text) world.say(one);
  await mkdir(artifacts, { recursive: true });
  await writeFile(path.join(artifacts, 'storm.txt'), `${text.join('\n')}\n`);
  assert.equal(rows.length, scenarios.length * 2, 'every scenario was counted');
});
