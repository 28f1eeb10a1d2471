// SPDX-License-Identifier: MPL-2.0
// The user does not know the new password and closes the prompt, or the prompt is open while the add-on or Thunderbird ends: the old login is
// not lost. Belongs here: what happens to the login that was cleared for a prompt. Not here: prompts that are answered (stale_password.test.mjs).
import assert from 'node:assert/strict';
import { story, workingBob } from './world.mjs';

const origins = { imap: 'imap://localhost', pop3: 'mailbox://localhost', smtp: 'smtp://localhost' };
const portNames = { imap: 'imaps', pop3: 'pop3s' };

/** Saved logins of an origin with what a user could notice of them. */
const saved = (thunderbird, origin) =>
  thunderbird.eval(
    `return (await Services.logins.getAllLogins()).filter(l => l.origin === args.origin)
       .map(l => ({ username: l.username, password: l.password, changed: l.QueryInterface(Ci.nsILoginMetaInfo).timePasswordChanged }));`,
    { origin },
  );

const waitForSaved = (thunderbird, origin) =>
  thunderbird.waitFor(`return (await Services.logins.getAllLogins()).some(l => l.origin === args.origin);`, { origin });

async function staleAccount(world, type) {
  const dovecot = await world.dovecot({ users: { alice: 'the-new-one' } });
  dovecot.deliver('alice', 'Waiting mail');
  const thunderbird = await world.thunderbird({
    accounts: [
      { type, name: 'Work', host: 'localhost', port: dovecot.ports[portNames[type]], user: 'alice', password: 'the-old-one' },
    ],
  });
  const before = await saved(thunderbird, origins[type]);
  await thunderbird.getNewMessages('server1');
  const prompt = await thunderbird.waitForDialog('password');
  assert.deepEqual(await saved(thunderbird, origins[type]), []);
  return { dovecot, thunderbird, before, prompt };
}

for (const type of ['imap', 'pop3']) {
  story(`a ${type.toUpperCase()} prompt closed without a password: the old login is back as it was`, async (world) => {
    const { dovecot, thunderbird, before, prompt } = await staleAccount(world, type);
    await dovecot.settle();
    const sent = dovecot.badLogins();
    await thunderbird.clickButton(prompt, 'cancel');
    await waitForSaved(thunderbird, origins[type]);
    assert.deepEqual(await saved(thunderbird, origins[type]), before);
    await dovecot.settle();
    assert.equal(dovecot.badLogins(), sent, 'it was not sent again');
    assert.deepEqual(
      (await thunderbird.dialogHistory()).map((d) => d.kind),
      ['password'],
    );
    assert.equal((await thunderbird.counters()).errors, 0);
  });

  story(`switched off while a ${type.toUpperCase()} prompt is open: it still takes the new password`, async (world) => {
    const { thunderbird, prompt } = await staleAccount(world, type);
    await thunderbird.disableAddon();
    await thunderbird.typePassword(prompt, 'the-new-one');
    await waitForSaved(thunderbird, origins[type]);
    assert.deepEqual(
      (await saved(thunderbird, origins[type])).map((l) => l.password),
      ['the-new-one'],
    );
    await thunderbird.getNewMessages('server1');
    await thunderbird.waitForSubject('server1', 'Waiting mail');
  });

  story(`switched off while a ${type.toUpperCase()} prompt is open, then closed: the old login is back`, async (world) => {
    const { thunderbird, before, prompt } = await staleAccount(world, type);
    await thunderbird.disableAddon();
    assert.deepEqual(await saved(thunderbird, origins[type]), []);
    await thunderbird.clickButton(prompt, 'cancel');
    await waitForSaved(thunderbird, origins[type]);
    assert.deepEqual(await saved(thunderbird, origins[type]), before);
  });

  story(`Thunderbird quits while a ${type.toUpperCase()} prompt is open: the old login is on disk`, async (world) => {
    const { dovecot, thunderbird, before } = await staleAccount(world, type);
    await thunderbird.eval('setTimeout(() => Services.startup.quit(Ci.nsIAppStartup.eForceQuit), 0);');
    await thunderbird.ended;
    const again = await world.thunderbird({
      addon: false,
      dir: thunderbird.dir,
      again: true,
      accounts: [{ type, name: 'Work', host: 'localhost', port: dovecot.ports[portNames[type]], user: 'alice' }],
    });
    assert.deepEqual(await saved(again, origins[type]), before);
  });
}

story('an SMTP prompt closed without a password: the old login is back as it was, and the message is kept', async (world) => {
  const dovecot = await world.dovecot({ users: { alice: 'the-new-one', bob: 'pw-bob' } });
  const postfix = await world.postfix(dovecot);
  const thunderbird = await world.thunderbird({
    accounts: [workingBob(dovecot)],
    smtp: { host: 'localhost', port: postfix.ports.submissions, user: 'alice', password: 'the-old-one' },
  });
  const before = await saved(thunderbird, origins.smtp);
  await thunderbird.sendMessage({ to: 'bob@example.org', subject: 'Not sent' });
  const prompt = await thunderbird.waitForDialog('password');
  assert.deepEqual(await saved(thunderbird, origins.smtp), []);
  await thunderbird.clickButton(prompt, 'cancel');
  // Thunderbird's own, as after Cancel in its login box: the sending has ended.
  await thunderbird.clickButton(await thunderbird.waitForDialog('alert'), 'accept');
  await waitForSaved(thunderbird, origins.smtp);
  assert.deepEqual(await saved(thunderbird, origins.smtp), before);
  assert.equal(await thunderbird.composeWindows(), 1);
  assert.equal((await thunderbird.counters()).errors, 0);
});
