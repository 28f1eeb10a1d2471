// SPDX-License-Identifier: MPL-2.0
// Where the old password and the record of attempts are kept: keyring missing, locked, hanging; disk full, read-only, record damaged; two profiles at
// once; a primary password. Nothing is cleared that is not kept, unless the user says so.
// Belongs here: places that fail. Not here: what the host makes of it step by step (tests/unit), the host itself (faults_host.test.mjs).
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { watchBars } from '../harness/bars.mjs';
import { startNative } from '../harness/host.mjs';
import { killHosts } from '../harness/plugs.mjs';
import { waitUntil } from '../harness/processes.mjs';
import { makeSwappedHost } from '../harness/swapped_host.mjs';
import * as faults from './faults.mjs';
import { hostBinary, looks, story, vaultEntries } from './world.mjs';

const limitMs = 5000;
const nobody = 'unix:path=/nonexistent';

story(
  'keyring missing, locked or hanging, disk full, read-only or damaged: nothing is cleared that is not kept',
  async (world) => {
    const names = ['stock', 'no keyring', 'full', 'read-only', 'damaged', 'hanging', 'locked'];
    const accounts = faults.makeAccounts(names, {});
    const accountOf = (name) => accounts[names.indexOf(name)];
    const keyOf = (name) => `server${names.indexOf(name) + 1}`;
    const dovecot = await world.dovecot({ users: faults.serverUsers(accounts) });
    for (const account of accounts) account.port = dovecot.ports.imaps;
    const stock = await faults.stockBoxes(world, dovecot, accounts[0]);
    const folder = path.join(world.dir, 'swapped');
    mkdirSync(folder);
    const host = makeSwappedHost(folder, [hostBinary]);
    const thunderbird = await world.thunderbird({
      host: host.file,
      accounts,
      prefs: { 'extensions.reprompt.holdLimitMs': limitMs },
    });
    const { keyring } = world;
    const state = path.join(thunderbird.home, '.local/state/reprompt');
    const inVault = async (name) =>
      (await vaultEntries(world, dovecot.ports.imaps)).filter(({ attributes }) => attributes.user === accountOf(name).user)
        .length;
    const saved = (name) => faults.savedFor(thunderbird, accountOf(name).user);
    const use = async (...command) => {
      await killHosts(thunderbird);
      host.use(...command);
    };

    /** The box that says that the old password cannot be kept. Escape keeps it. */
    const keepsByEscape = async (name, seen) => {
      const { title, buttons } = looks(seen.box);
      assert.deepEqual(seen.box.kind, 'choice');
      assert.notDeepEqual(looks(seen.box), stock.asFor(accountOf(name)), 'a box of ours, not the stock box');
      assert.equal(buttons.length, 2, JSON.stringify(buttons));
      assert.ok(seen.heldMs <= limitMs + faults.slackMs, `held for ${seen.heldMs} ms`);
      await thunderbird.clickButton(seen.box, 'cancel');
      assert.equal(await saved(name), accountOf(name).password);
      assert.equal(await inVault(name), 0);
      return `"${title}", with two buttons`;
    };
    /** Thunderbird's prompt; the old password is in the vault; the new one works. */
    const goesOn = async (name, seen) => {
      assert.equal(seen.box.kind, 'password', JSON.stringify(seen.box));
      assert.equal(await inVault(name), 1);
      const { user } = accountOf(name);
      dovecot.deliver(user, `Mail of ${name}`);
      await thunderbird.typePassword(seen.box, faults.newPassword(user));
      await thunderbird.waitForSubject(keyOf(name), `Mail of ${name}`);
    };

    await use('env', `DBUS_SESSION_BUS_ADDRESS=${nobody}`, 'XDG_RUNTIME_DIR=/nonexistent', hostBinary);
    const missing = await faults.failedLogin(thunderbird, keyOf('no keyring'));
    await world.picture('no-keyring');
    faults.row(
      world,
      'there is no keyring',
      await keepsByEscape('no keyring', missing),
      'the saved login, unless the user says otherwise',
    );

    for (const [name, how, fault] of [
      ['full', 'full', 'the disk with our state folder is full'],
      ['read-only', 'ro', 'our state folder is read-only'],
    ]) {
      await use(faults.hostFile('state_folder.sh'), how, hostBinary);
      const seen = await faults.failedLogin(thunderbird, keyOf(name));
      assert.ok(seen.heldMs <= limitMs + faults.slackMs);
      // Without a record no attempt is allowed, and IMAP's words are not heard: the box stays Thunderbird's.
      assert.equal(seen.box.kind, 'choice', JSON.stringify(seen.box));
      assert.deepEqual(looks(seen.box).buttons, stock.asFor(accountOf(name)).buttons);
      await faults.cancelBoxes(thunderbird, seen.box, 0); // the second connection is answered without a box
      const { verdict } = (await thunderbird.incidents()).findLast(({ key }) => key === keyOf(name));
      world.say(`${name}: ${verdict.verdict}, rule ${verdict.rule}, ${verdict.because}`);
      assert.equal(await saved(name), accountOf(name).password);
      faults.row(world, fault, `the stock box, and below: ${seen.box.shown.split('\n').at(-1)}`, 'the saved login');
    }

    await use(hostBinary);
    mkdirSync(state, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(state).filter((each) => each.startsWith('ledger')))
      writeFileSync(path.join(state, name), '\0\x7fELF not a ledger\n'.repeat(50));
    if (!existsSync(path.join(state, 'ledger')))
      writeFileSync(path.join(state, 'ledger'), 'no ledger at all\n'.repeat(50), { mode: 0o600 });
    await goesOn('damaged', await faults.failedLogin(thunderbird, keyOf('damaged')));
    assert.ok(
      readdirSync(state).some((name) => name.startsWith('ledger.corrupt')),
      readdirSync(state).join(' '),
    );
    faults.row(
      world,
      'our record of attempts is damaged',
      "Thunderbird's password prompt, then the mail",
      'the old password in the vault, the damaged file aside',
    );

    // The keyring answers when the verdict is made, and hangs when the vault is asked.
    const gate = (name) => path.join(folder, `gate-${name}`);
    const untilVerdict = (name, meanwhile) => async () => {
      await waitUntil(() => existsSync(`${gate(name)}.waiting`), { what: 'a verdict on its way' });
      await meanwhile();
      writeFileSync(gate(name), '');
    };
    await use(faults.hostFile('holding_back.mjs'), hostBinary, 'verdict', gate('hanging'));
    const hanging = await faults.failedLogin(thunderbird, keyOf('hanging'), {
      meanwhile: untilVerdict('hanging', () => keyring.freeze()),
    });
    assert.ok(hanging.heldMs <= limitMs + faults.slackMs, `held for ${hanging.heldMs} ms`);
    assert.equal(hanging.box.kind, 'choice', JSON.stringify(hanging.box));
    assert.equal(await saved('hanging'), accountOf('hanging').password);
    const shownWhenHanging = looks(hanging.box);
    keyring.thaw();
    await thunderbird.clickButton(hanging.box, 'cancel');
    const isStock = JSON.stringify(shownWhenHanging) === JSON.stringify(stock.asFor(accountOf('hanging')));
    faults.row(
      world,
      'the keyring hangs',
      `${isStock ? 'the stock box' : `"${hanging.box.title}"`} after ${(hanging.heldMs / 1000).toFixed(1)} s (limit ${limitMs / 1000} s)`,
      'the saved login',
    );
    for (const left of await thunderbird.dialogs()) await thunderbird.clickButton(left, 'cancel');

    await use(faults.hostFile('holding_back.mjs'), hostBinary, 'verdict', gate('locked'));
    const locked = await faults.failedLogin(thunderbird, keyOf('locked'), {
      meanwhile: untilVerdict('locked', () => keyring.lock()),
    });
    faults.row(
      world,
      'the keyring is locked after the verdict',
      await keepsByEscape('locked', locked),
      'the saved login, unless the user says otherwise',
    );
  },
);

story('two profiles at once with one home: each asks once, each keeps the old password under its own key', async (world) => {
  const account = { type: 'imap', name: 'Shared', host: 'localhost', user: 'alice', password: 'the-old-one' };
  const dovecot = await world.dovecot({ users: { alice: 'the-new-one' } });
  account.port = dovecot.ports.imaps;
  dovecot.deliver('alice', 'For both');
  const one = await world.thunderbird({ accounts: [account] });
  const { keyring } = world;
  const two = await world.thunderbird({ accounts: [account], keyring, env: { ...keyring.env, HOME: one.home } });
  const both = [one, two];
  await Promise.all(both.map((thunderbird) => thunderbird.getNewMessages('server1')));
  for (const thunderbird of both) {
    const prompt = await thunderbird.waitForDialog(['password', 'choice', 'alert']);
    assert.equal(prompt.kind, 'password', JSON.stringify(prompt));
    await thunderbird.typePassword(prompt, 'the-new-one');
    await thunderbird.waitForSubject('server1', 'For both');
    assert.deepEqual(
      (await thunderbird.dialogHistory()).map(({ kind }) => kind),
      ['password'],
    );
  }
  await dovecot.settle();
  world.say(`${dovecot.badLogins()} bad logins of two Thunderbirds`);
  assert.ok(dovecot.badLogins() <= 2 * 3 + 2, 'each Thunderbird has its own three, and one check of ours');

  const host = startNative({ home: { env: { ...process.env, ...keyring.env, HOME: one.home } } });
  const { entries } = await host.ask('vault_list');
  assert.equal(entries.length, 2);
  const opened = [];
  for (const thunderbird of both) {
    const sealKey = await thunderbird.eval(
      `return (await Services.logins.searchLoginsAsync({ origin: 'chrome://reprompt', httpRealm: 'Reprompt vault key' }))[0].password;`,
    );
    const answers = await Promise.all(entries.map(({ entry }) => host.ask('vault_restore', { entry, seal_key: sealKey })));
    opened.push(answers.map(({ secret }) => secret ?? null));
  }
  await host.close();
  assert.deepEqual(
    opened.map((secrets) => secrets.filter(Boolean)),
    [['the-old-one'], ['the-old-one']],
    'each key opens its own',
  );
  faults.row(
    world,
    'two profiles at once with one home',
    "one of Thunderbird's prompts in each",
    'the old password twice in the vault, each under its own key',
  );
});

story('a locked primary password: no prompt for it by our doing, and the saved password stays', async (world) => {
  const account = { type: 'imap', name: 'Locked', host: 'localhost', user: 'alice', password: 'the-old-one' };
  const dovecot = await world.dovecot({ users: { alice: 'the-old-one' } });
  account.port = dovecot.ports.imaps;
  dovecot.deliver('alice', 'Before');
  const thunderbird = await world.thunderbird({ accounts: [account] });
  await thunderbird.getNewMessages('server1');
  await thunderbird.waitForSubject('server1', 'Before');
  await thunderbird.eval(`Cc['@mozilla.org/security/internalkeytoken;1'].createInstance(Ci.nsIPKCS11Token).changePassword('', 'primary');
    Cc['@mozilla.org/security/sdr;1'].getService(Ci.nsISecretDecoderRing).logout();`);
  assert.equal(await thunderbird.eval('return Services.logins.isLoggedIn;'), false);
  await dovecot.setPassword('alice', 'the-new-one');
  await thunderbird.eval(`MailServices.accounts.getIncomingServer('server1').closeCachedConnections();`);
  assert.deepEqual(await thunderbird.dialogHistory(), [], 'nobody has asked for the primary password');

  // Nobody is asked for anything; the bar explains and offers to unlock.
  const bars = watchBars(thunderbird);
  await thunderbird.getNewMessages('server1');
  const bar = await bars.waitFor('incoming-server1');
  await world.picture('locked');
  assert.deepEqual(await thunderbird.dialogHistory(), []);
  assert.equal(await thunderbird.eval('return Services.logins.isLoggedIn;'), false, 'still locked');
  assert.match(bar.text, /primary password/i);
  const [unlock] = bar.buttons;

  // On the user's click Thunderbird asks for the primary password, and then the incident goes its way.
  dovecot.deliver('alice', 'After');
  await bars.press('incoming-server1', unlock);
  await thunderbird.typePassword(await thunderbird.waitForDialog('password'), 'primary');
  await thunderbird.waitFor(`return Services.logins.isLoggedIn;`);
  const prompt = await thunderbird.waitForDialog(['password', 'choice', 'alert']);
  assert.equal(prompt.kind, 'password', JSON.stringify(prompt));
  assert.equal((await vaultEntries(world, dovecot.ports.imaps)).length, 1);
  await thunderbird.typePassword(prompt, 'the-new-one');
  await thunderbird.waitForSubject('server1', 'After');
  assert.deepEqual(
    (await thunderbird.dialogHistory()).map(({ kind, beside }) => [kind, beside]),
    [
      ['password', 0],
      ['password', 0],
    ],
  );
  faults.row(
    world,
    'the login store is locked by a primary password',
    `a bar: "${bar.text}" [${bar.buttons.join('] [')}]; after the click the primary password, then the account's prompt, then the mail`,
    'the saved login until then, then the old password in the vault',
  );
});
