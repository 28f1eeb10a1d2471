// SPDX-License-Identifier: MPL-2.0
// Faults around a healthy host: the add-on is switched off or loaded anew, Thunderbird ends or loses its network, at the worst moment. In each the user
// has Thunderbird's own box or prompt, or nothing at all, and the old password is in the login store or in the vault.
// Belongs here: the life of add-on and Thunderbird. Not here: kill -9 (kills.test.mjs), the host (faults_host.test.mjs), keyring and disk (faults_keeping.test.mjs).
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { checkedAutomatically, followChecks } from '../harness/automatic_checks.mjs';
import { hostsOf, killHosts } from '../harness/plugs.mjs';
import { waitUntil } from '../harness/processes.mjs';
import { makeSwappedHost } from '../harness/swapped_host.mjs';
import * as faults from './faults.mjs';
import { hostBinary, looks, story, vaultEntries } from './world.mjs';

const names = ['stock', 'off while held', 'offline', 'reloaded', 'off while asked', 'ended while asked', 'ended while held'];
const keyOf = (name) => `server${names.indexOf(name) + 1}`;

const switched = (thunderbird, how) =>
  thunderbird.eval(
    `const { AddonManager } = ChromeUtils.importESModule('resource://gre/modules/AddonManager.sys.mjs');
     const addon = await AddonManager.getAddonByID('reprompt@reprompt.example');
     await addon[args.how]();`,
    { how },
  );

const held = (thunderbird) => waitUntil(async () => (await thunderbird.counters()).holding === 1, { what: 'a held box' });

story(
  'the add-on switched off or loaded anew, Thunderbird offline or ended: the stock box or none, and no password lost',
  async (world) => {
    const accounts = faults.makeAccounts(names, { prefs: checkedAutomatically });
    const accountOf = (name) => accounts[names.indexOf(name)];
    const dovecot = await world.dovecot({ users: faults.serverUsers(accounts) });
    for (const account of accounts) account.port = dovecot.ports.imaps;
    const stock = await faults.stockBoxes(world, dovecot, accounts[0]);
    const folder = path.join(world.dir, 'swapped');
    mkdirSync(folder);
    const host = makeSwappedHost(folder, [hostBinary]);
    const wish = { host: host.file, accounts, dir: path.join(world.dir, 'one-profile') };
    let thunderbird = await world.thunderbird(wish);
    const { keyring } = world;
    const checks = await followChecks(thunderbird, dovecot);
    const kept = (name) => faults.savedFor(thunderbird, accountOf(name).user);
    const inVault = async (name) =>
      (await vaultEntries(world, dovecot.ports.imaps)).filter(({ attributes }) => attributes.user === accountOf(name).user)
        .length;

    // Off, while a box is held by a host that never answers.
    await killHosts(thunderbird);
    host.use(faults.hostFile('hanging.sh'));
    await thunderbird.getNewMessages(keyOf('off while held'));
    await held(thunderbird);
    await switched(thunderbird, 'disable');
    const box = await thunderbird.waitForDialog('choice');
    assert.deepEqual(looks(box), stock.asFor(accountOf('off while held')));
    assert.equal(await thunderbird.counters(), null, 'the add-on is off');
    await waitUntil(() => !hostsOf(thunderbird).length, { what: 'the end of the host' });
    await faults.cancelBoxes(thunderbird, box);
    assert.equal(await kept('off while held'), accountOf('off while held').password);
    faults.row(world, 'the add-on is switched off while a box is held', 'the stock box at once', 'the saved login');

    const gate = path.join(folder, 'gate');
    host.use(faults.hostFile('holding_back.mjs'), hostBinary, 'verdict', gate);
    await switched(thunderbird, 'enable');
    await thunderbird.waitForAddon();

    // Offline and online again, while a box is held.
    const before = (await thunderbird.dialogHistory()).length;
    await thunderbird.getNewMessages(keyOf('offline'));
    await waitUntil(() => existsSync(`${gate}.waiting`), { what: 'a verdict on its way' });
    for (const offline of [true, false]) {
      await thunderbird.eval('Services.io.offline = args.offline;', { offline });
      assert.deepEqual(await thunderbird.dialogs(), []);
      assert.equal((await thunderbird.counters()).holding, 1);
    }
    writeFileSync(gate, '');
    // The connection that would have asked has gone with the network; the user fetches again.
    await waitUntil(async () => (await thunderbird.counters()).answered.newPassword === 1, { what: 'the answer' });
    assert.equal(await inVault('offline'), 1);
    let prompt = null;
    let fetches = 0;
    while (!prompt && fetches < 15) {
      fetches += 1;
      await thunderbird.getNewMessages(keyOf('offline'));
      prompt = await thunderbird.waitForDialog(['password', 'choice', 'alert'], 5000).catch(() => null);
    }
    world.say(`asked at fetch ${fetches} after the network was back`);
    assert.ok(prompt, 'Thunderbird never asks');
    assert.equal(prompt.kind, 'password', JSON.stringify(prompt));
    dovecot.deliver(accountOf('offline').user, 'Online again');
    await thunderbird.typePassword(prompt, faults.newPassword(accountOf('offline').user));
    await thunderbird.waitForSubject(keyOf('offline'), 'Online again');
    const kinds = (await thunderbird.dialogHistory()).slice(before).map(({ kind }) => kind);
    assert.deepEqual(kinds, ['password']);
    assert.equal(await inVault('offline'), 1);
    faults.row(
      world,
      'offline and online again while a box is held',
      "Thunderbird's password prompt at the next fetch, then the mail",
      'the old password in the vault',
    );

    await killHosts(thunderbird);
    host.use(hostBinary);

    // Loaded anew, with an incident open: the prompt was closed, the old login is back, automatic checks pause.
    const seen = await faults.failedLogin(thunderbird, keyOf('reloaded'));
    assert.equal(seen.box.kind, 'password', JSON.stringify(seen.box));
    await thunderbird.clickButton(seen.box, 'cancel');
    await waitUntil(async () => (await kept('reloaded')) === accountOf('reloaded').password, { what: 'the old login, put back' });
    await waitUntil(async () => !(await checks.checked()).includes(keyOf('reloaded')), {
      what: 'a pause of the automatic checks',
    });
    await switched(thunderbird, 'reload');
    await thunderbird.waitForAddon();
    await waitUntil(async () => (await checks.checked()).includes(keyOf('reloaded')), {
      what: 'automatic checks again: who is gone pauses nothing',
    });
    assert.equal(await kept('reloaded'), accountOf('reloaded').password);
    assert.equal(await inVault('reloaded'), 1);
    assert.deepEqual(await thunderbird.dialogs(), []);
    faults.row(
      world,
      'the add-on is loaded anew with an incident open',
      'nothing; automatic checks go on',
      'the saved login, and the old password in the vault',
    );

    // Off, while Thunderbird asks for a password after our clear; then the user closes the prompt.
    const asked = await faults.failedLogin(thunderbird, keyOf('off while asked'));
    assert.equal(asked.box.kind, 'password', JSON.stringify(asked.box));
    await switched(thunderbird, 'disable');
    await thunderbird.clickButton(asked.box, 'cancel');
    assert.equal(await inVault('off while asked'), 1);
    await waitUntil(async () => (await kept('off while asked')) === accountOf('off while asked').password, {
      what: 'the old login, put back',
    });
    assert.equal(await thunderbird.counters(), null);
    faults.row(
      world,
      'the add-on is switched off while Thunderbird asks',
      'the prompt stays, and works',
      'the login is put back when it is closed, and in the vault',
    );
    await switched(thunderbird, 'enable');
    await thunderbird.waitForAddon();

    // Thunderbird ends while it asks after our clear.
    const lastPrompt = await faults.failedLogin(thunderbird, keyOf('ended while asked'));
    assert.equal(lastPrompt.box.kind, 'password', JSON.stringify(lastPrompt.box));
    assert.equal(await kept('ended while asked'), null, 'cleared');
    const again = async () => {
      const began = Date.now();
      // Not quit(): that would close the boxes first.
      await thunderbird.eval('setTimeout(() => Services.startup.quit(Ci.nsIAppStartup.eForceQuit), 0);');
      const timer = setTimeout(() => process.kill(thunderbird.pid, 'SIGKILL'), 20_000);
      const { signal } = await thunderbird.ended;
      clearTimeout(timer);
      assert.equal(signal, null, 'it did not end within 20 s');
      const took = Date.now() - began;
      await thunderbird.quit(); // its display
      thunderbird = await world.thunderbird({ ...wish, keyring, again: true });
      return took;
    };
    const promptEnd = await again();
    assert.equal(await kept('ended while asked'), accountOf('ended while asked').password, 'put back at the end');
    assert.equal(await inVault('ended while asked'), 1);
    faults.row(
      world,
      'Thunderbird is closed while it asks after our clear',
      `it ends in ${(promptEnd / 1000).toFixed(1)} s`,
      'the saved login, and the old password in the vault',
    );

    // Thunderbird ends while a box is held.
    await killHosts(thunderbird);
    host.use(faults.hostFile('hanging.sh'));
    await thunderbird.getNewMessages(keyOf('ended while held'));
    await held(thunderbird);
    const heldEnd = await again();
    assert.ok(heldEnd < 10_000, `it took ${heldEnd} ms to end`);
    assert.equal(await kept('ended while held'), accountOf('ended while held').password);
    faults.row(
      world,
      'Thunderbird is closed while a box is held',
      `no box; it ends in ${(heldEnd / 1000).toFixed(1)} s`,
      'the saved login',
    );
  },
);
