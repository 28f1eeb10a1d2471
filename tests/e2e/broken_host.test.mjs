// SPDX-License-Identifier: MPL-2.0
// Whatever is wrong with our own program, Thunderbird shows what it would have shown without us, and nothing is cleared.
// Belongs here: the host missing, silent, dying, talking nonsense. Not here: answers of a healthy host.
import assert from 'node:assert/strict';
import { brokenHost, looks, story, vaultEntries } from './world.mjs';

/** One wrong password on one IMAP account; gives the box, as the user sees it, and leaves by Cancel. */
async function boxWith(world, dovecot, wish) {
  const thunderbird = await world.thunderbird({
    accounts: [{ type: 'imap', name: 'Work', host: 'localhost', port: dovecot.ports.imaps, user: 'alice', password: 'old' }],
    ...wish,
  });
  const before = dovecot.badLogins();
  await thunderbird.getNewMessages('server1');
  const box = await thunderbird.waitForDialog('choice');
  const bad = dovecot.badLogins() - before;
  const counters = await thunderbird.counters();
  await world.picture(wish.host ? wish.host.split('/').at(-1) : wish.addon === false ? 'stock' : 'missing');
  await thunderbird.clickButton(box, 'cancel');
  const second = await thunderbird.waitForDialog('choice');
  await thunderbird.clickButton(second, 'cancel');
  const after = {
    logins: await thunderbird.logins(),
    kinds: (await thunderbird.dialogHistory()).map((d) => d.kind),
    vault: await vaultEntries(world, dovecot.ports.imaps),
  };
  await thunderbird.quit();
  return { box: looks(box), second: looks(second), bad, counters, ...after };
}

story('a host that is missing, hanging, crashing or babbling leaves exactly the stock box', async (world) => {
  const dovecot = await world.dovecot({ users: { alice: 'new' } });
  const stock = await boxWith(world, dovecot, { addon: false });
  assert.equal(stock.counters, null, 'the add-on is off');
  assert.match(stock.box.title, /Work/);
  assert.equal(stock.box.buttons.length, 3);

  const broken = {
    missing: null,
    hanging: brokenHost('hanging'),
    crashing: brokenHost('crashing'),
    babbling: brokenHost('babbling'),
    nonsense: brokenHost('nonsense'),
  };
  for (const [how, host] of Object.entries(broken)) {
    const seen = await boxWith(world, dovecot, { host, prefs: { 'extensions.reprompt.holdLimitMs': 4000 } });
    assert.deepEqual(seen.box, stock.box, `host ${how}`);
    assert.deepEqual(seen.second, stock.second, `host ${how}, second connection`);
    assert.equal(seen.bad, stock.bad, `host ${how}: bad logins`);
    assert.deepEqual(
      seen.logins.map((l) => l.password),
      ['old'],
      `host ${how}: nothing cleared`,
    );
    assert.deepEqual(seen.kinds, stock.kinds, `host ${how}`);
    assert.deepEqual(seen.vault, []);
    assert.equal(seen.counters.caught, 1, `host ${how}`);
    assert.equal(seen.counters.stock, 1, `host ${how}`);
    world.say(`host ${how}: the stock box, ${JSON.stringify(seen.counters)}`);
  }
});
