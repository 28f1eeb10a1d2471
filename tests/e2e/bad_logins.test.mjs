// SPDX-License-Identifier: MPL-2.0
// How often a wrong password reaches the server for one press of "Get Messages", counted in Dovecot's own log: with Reprompt, and with stock
// Thunderbird and either of its buttons. Belongs here: counting. Not here: what is shown.
import assert from 'node:assert/strict';
import { story } from './world.mjs';

story('one wrong password on one IMAP account: how many bad logins the server sees', async (world) => {
  const ways = {
    'with Reprompt, new password typed': { addon: true, most: 4 },
    'stock, Cancel': { addon: false, press: 'cancel', exactly: 6 },
    'stock, Enter New Password': { addon: false, press: 'extra1', exactly: 3 },
  };
  const rows = [];
  for (const [way, { addon, press, most, exactly }] of Object.entries(ways)) {
    const dovecot = await world.dovecot({ users: { alice: 'new' } });
    dovecot.deliver('alice', 'Counted');
    const thunderbird = await world.thunderbird({
      addon,
      accounts: [{ type: 'imap', host: 'localhost', port: dovecot.ports.imaps, user: 'alice', password: 'old' }],
    });
    await thunderbird.getNewMessages('server1');
    if (press) await thunderbird.clickButton(await thunderbird.waitForDialog('choice'), press);
    if (press === 'cancel') {
      await thunderbird.clickButton(await thunderbird.waitForDialog('choice'), 'cancel');
    } else {
      await thunderbird.typePassword(await thunderbird.waitForDialog('password'), 'new');
      await thunderbird.waitForSubject('server1', 'Counted');
    }
    await dovecot.settle();
    const bad = dovecot.badLogins();
    const boxes = (await thunderbird.dialogHistory()).length;
    rows.push(`${way.padEnd(36)} ${String(bad).padStart(10)} ${String(boxes).padStart(14)}`);
    if (exactly !== undefined) assert.equal(bad, exactly, way);
    else assert.ok(bad <= most, `${way}: ${bad}`);
    await thunderbird.quit();
    await dovecot.stop();
  }
  world.say(`${'one "Get Messages"'.padEnd(36)} ${'bad logins'.padStart(10)} ${'boxes shown'.padStart(14)}`);
  for (const row of rows) world.say(row);
});
