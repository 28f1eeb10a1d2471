// SPDX-License-Identifier: MPL-2.0
// The password was changed at the provider: typed once for receiving, it is offered to sending, checked there by the host, and mail goes out.
// Belongs here: handing a new password to the other direction. Not here: being asked for it (stale_password.test.mjs), "Change password…"
// (change_password.test.mjs).
import assert from 'node:assert/strict';
import { watchBars } from '../harness/bars.mjs';
import { waitUntil } from '../harness/processes.mjs';
import { story, vaultEntries } from './world.mjs';

const addonId = 'reprompt@reprompt.example';
const asks = /^The new password for “Work” works\. Use it for sending \(.+\) too\?$/;

/** What the add-on keeps as the user's wish. */
const wish = (thunderbird) =>
  thunderbird.eval(
    `const { ExtensionStorageIDB } = ChromeUtils.importESModule('resource://gre/modules/ExtensionStorageIDB.sys.mjs');
     const { extension } = Cu.getGlobalForObject(Services).WebExtensionPolicy.getByID(args.addonId);
     const store = await ExtensionStorageIDB.open(ExtensionStorageIDB.getStoragePrincipal(extension));
     return (await store.get('preferences')).preferences ?? null;`,
    { addonId },
  );

/** IMAP and SMTP of one person, the same password saved for both; the provider has another one since. */
async function refusedAccount(world, { sending = 'the-new-one', saved = 'the-old-one' } = {}) {
  const dovecot = await world.dovecot({ users: { alice: 'the-new-one' } });
  // Where sending has another password, another server keeps it.
  const sender = sending === 'the-new-one' ? dovecot : await world.dovecot({ users: { alice: sending } });
  const postfix = await world.postfix(sender);
  dovecot.deliver('alice', 'One');
  const port = postfix.ports.submissions;
  const thunderbird = await world.thunderbird({
    accounts: [
      {
        ...{ type: 'imap', name: 'Work', host: 'localhost', port: dovecot.ports.imaps },
        ...{ user: 'alice', password: 'the-old-one', address: 'alice@example.org' },
      },
    ],
    smtp: { host: 'localhost', port, user: 'alice', password: saved },
  });
  await thunderbird.getNewMessages('server1');
  return { dovecot, sender, postfix, port, thunderbird, bars: watchBars(thunderbird) };
}

/** The same, and the new password has been typed once. */
async function changedAtTheProvider(world, wish) {
  const scene = await refusedAccount(world, wish);
  const { thunderbird } = scene;
  await thunderbird.typePassword(await thunderbird.waitForDialog('password'), 'the-new-one');
  await thunderbird.waitForSubject('server1', 'One');
  return scene;
}

const outgoing = async (thunderbird) => (await thunderbird.logins('smtp://localhost')).map(({ password }) => password);
const waitForOutgoing = (thunderbird, password) =>
  thunderbird.waitFor(
    `return (await Services.logins.searchLoginsAsync({ origin: 'smtp://localhost' }))[0]?.password === args.password;`,
    { password },
  );
const prompts = async (thunderbird) => (await thunderbird.dialogHistory()).map(({ kind }) => kind);

/** Sends a message, which must need no prompt. */
async function sends(world, { thunderbird, postfix }, subject) {
  const before = await prompts(thunderbird);
  await thunderbird.sendMessage({ to: 'alice@example.org', subject });
  await postfix.waitForMessage(subject);
  assert.deepEqual(await prompts(thunderbird), before);
}

story('a new password typed once for receiving: asked once, sending has it too, and a message goes out', async (world) => {
  const scene = await changedAtTheProvider(world);
  const { dovecot, thunderbird, bars, port } = scene;
  const bar = await bars.waitFor('incoming-server1');
  assert.match(bar.text, asks);
  assert.deepEqual(bar.buttons, ['Yes', 'Always', 'No, never']);
  await world.picture('asked');
  await dovecot.settle();
  const bad = dovecot.badLogins();
  assert.deepEqual(await outgoing(thunderbird), ['the-old-one'], 'nothing happens before the answer');

  await bars.press('incoming-server1', 'Yes');
  await waitForOutgoing(thunderbird, 'the-new-one');
  assert.equal((await vaultEntries(world, port)).length, 1, 'the old one is in the vault');
  await sends(world, scene, 'It goes out');
  await dovecot.settle();
  assert.equal(dovecot.badLogins(), bad, 'nothing was refused after the new one had been typed');
  assert.deepEqual(await prompts(thunderbird), ['password']);
  assert.equal(await wish(thunderbird), null, 'this once');
  assert.doesNotMatch(JSON.stringify(await thunderbird.incidents()), /the-old-one|the-new-one/);
});

story('"Always" is remembered: the next new password is handed on without a question', async (world) => {
  const scene = await changedAtTheProvider(world);
  const { dovecot, thunderbird, bars } = scene;
  await bars.waitFor('incoming-server1');
  await bars.press('incoming-server1', 'Always');
  await waitForOutgoing(thunderbird, 'the-new-one');
  assert.equal((await wish(thunderbird)).otherDirection, 'always');

  await dovecot.setPassword('alice', 'the-third');
  dovecot.deliver('alice', 'Two');
  await thunderbird.eval(`MailServices.accounts.getIncomingServer('server1').closeCachedConnections();`);
  await thunderbird.getNewMessages('server1');
  await thunderbird.typePassword(await thunderbird.waitForDialog('password'), 'the-third');
  await thunderbird.waitForSubject('server1', 'Two');
  await waitForOutgoing(thunderbird, 'the-third');
  assert.deepEqual(await prompts(thunderbird), ['password', 'password']);
  await sends(world, scene, 'Without a question');
});

story('sending has another password at the server: the host finds it refused once, and leaves it alone', async (world) => {
  const scene = await changedAtTheProvider(world, { sending: 'the-old-one' });
  const { sender, thunderbird, bars } = scene;
  await bars.waitFor('incoming-server1');
  await bars.press('incoming-server1', 'Yes');
  await thunderbird.waitFor(
    `return [...Services.wm.getMostRecentWindow('mail:3pane').document.querySelectorAll('notification-message')]
       .some(bar => bar.messageText?.textContent.includes('refused for sending'));`,
  );
  await world.picture('refused');
  assert.deepEqual(await outgoing(thunderbird), ['the-old-one']);
  await sender.settle();
  assert.equal(sender.badLogins(), 1);
  await sends(world, scene, 'As before');
});

story('sending that is saved with a password of its own is not even asked about', async (world) => {
  const scene = await changedAtTheProvider(world, { sending: 'its-own', saved: 'its-own' });
  const { sender, thunderbird, bars } = scene;
  await waitUntil(async () => (await thunderbird.incidents()).at(-1)?.ended === 'signed-in', { what: 'the end of the incident' });
  await sends(world, scene, 'Left alone');
  assert.deepEqual(await bars.list(), []);
  assert.equal(sender.badLogins(), 0);
  assert.deepEqual(await outgoing(thunderbird), ['its-own']);
});

story(
  'a wrong new password twice, then the right one: none is sent again, and it ends well in both directions',
  async (world) => {
    const scene = await refusedAccount(world);
    const { dovecot, postfix, thunderbird, bars } = scene;
    const wrongs = ['wrong-1', 'wrong-2'];
    for (const password of [...wrongs, 'the-new-one'])
      await thunderbird.typePassword(await thunderbird.waitForDialog('password'), password);
    await thunderbird.waitForSubject('server1', 'One');
    await thunderbird.waitFor(
      `return [...Services.wm.getMostRecentWindow('mail:3pane').document.querySelectorAll('notification-message')]
       .some(bar => bar.messageText?.textContent.includes('Use it for sending'));`,
    );
    await bars.press('incoming-server1', 'Yes');
    // Three refusals of one account are all that the host causes in a day, so it does not look at sending any more, and says so.
    await thunderbird.waitFor(
      `return [...Services.wm.getMostRecentWindow('mail:3pane').document.querySelectorAll('notification-message')]
       .some(bar => bar.messageText?.textContent.includes('could not be checked for sending'));`,
    );
    assert.deepEqual(await outgoing(thunderbird), ['the-old-one']);
    await thunderbird.sendMessage({ to: 'alice@example.org', subject: 'After three' });
    await thunderbird.typePassword(await thunderbird.waitForDialog('password'), 'the-new-one');
    await postfix.waitForMessage('After three');
    await dovecot.settle();
    // Thunderbird's AUTH PLAIN, AUTH LOGIN and LOGIN, which nothing can stop, and one probe of ours.
    for (const password of wrongs) assert.ok(dovecot.badLogins({ password }) <= 3 + 1, dovecot.logText());
    assert.deepEqual(await prompts(thunderbird), ['password', 'password', 'password', 'password']);
    world.say(`sent: ${wrongs.map((password) => `${password} ${dovecot.badLogins({ password })}x`).join(', ')}`);
  },
);
