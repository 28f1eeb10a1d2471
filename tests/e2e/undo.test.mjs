// SPDX-License-Identifier: MPL-2.0
// Undo: the old password comes back from the vault when the user wants it, on the options page, after one more question.
// Belongs here: that page and what follows from it. Not here: putting into the vault (stale_password.test.mjs), a closed prompt (closed_prompt.test.mjs).
import assert from 'node:assert/strict';
import { openPage } from '../harness/pages.mjs';
import { story } from './world.mjs';

const optionsPage = (thunderbird) =>
  openPage(thunderbird, 'options/options.html', { ready: `return !!document.querySelector('#helper')?.textContent;` });

/** A stale password was replaced; the vault has it. */
async function afterANewPassword(world) {
  const dovecot = await world.dovecot({ users: { alice: 'second' } });
  dovecot.deliver('alice', 'One');
  const thunderbird = await world.thunderbird({
    accounts: [{ type: 'imap', name: 'Work', host: 'localhost', port: dovecot.ports.imaps, user: 'alice', password: 'first' }],
  });
  await thunderbird.getNewMessages('server1');
  await thunderbird.typePassword(await thunderbird.waitForDialog('password'), 'second');
  await thunderbird.waitForSubject('server1', 'One');
  return { dovecot, thunderbird };
}
const passwords = async (thunderbird) => (await thunderbird.logins('imap://localhost')).map(({ password }) => password);

story('Undo asks once more, puts the old password back, keeps the one that was saved, and mail flows', async (world) => {
  const { dovecot, thunderbird } = await afterANewPassword(world);
  await dovecot.setPassword('alice', 'first'); // the provider took the change back
  dovecot.deliver('alice', 'Two');
  const page = await optionsPage(thunderbird);
  await page.waitFor(`return document.querySelector('#history').textContent.includes('The password for “Work” was refused');`);
  await page.press('Show what is kept');
  await page.press('Undo');
  await world.picture('question');
  assert.deepEqual(await passwords(thunderbird), ['second'], 'nothing happens before the answer');
  assert.equal(await page.run('return document.activeElement.textContent;'), 'Leave it as it is', 'Enter changes nothing');
  await page.press('Put the old password back');
  await page.waitFor(`return document.querySelector('#vault [role=status]').textContent.startsWith('Done.');`);
  await world.picture('done');
  assert.deepEqual(await passwords(thunderbird), ['first']);

  await page.press('Show what is kept');
  await page.waitFor(`return document.querySelectorAll('#vault li').length === 2;`);
  const bad = dovecot.badLogins();
  await thunderbird.eval(`MailServices.accounts.getIncomingServer('server1').closeCachedConnections();`);
  await thunderbird.getNewMessages('server1');
  await thunderbird.waitForSubject('server1', 'Two');
  assert.equal(dovecot.badLogins(), bad, 'the password that came back was sent, and nothing else');
  const incidents = await thunderbird.incidents();
  assert.doesNotMatch(JSON.stringify(incidents), /"first"|"second"/);
});

story('Undo says that the account is gone, and changes nothing', async (world) => {
  const { thunderbird } = await afterANewPassword(world);
  const page = await optionsPage(thunderbird);
  await page.press('Show what is kept');
  await thunderbird.eval(
    `MailServices.accounts.removeAccount(MailServices.accounts.findAccountForServer(MailServices.accounts.getIncomingServer('server1')), false);`,
  );
  const before = await passwords(thunderbird);
  await page.press('Undo');
  await page.press('Put the old password back');
  await page.waitFor(`return document.querySelector('#vault [role=status]').textContent.includes('no account in Thunderbird');`);
  assert.deepEqual(await passwords(thunderbird), before);
});
