// SPDX-License-Identifier: MPL-2.0
// "Change password…" before anything fails: the old one goes into the vault, Thunderbird's own prompt takes the new one, the host checks it once, and
// both directions have it. Belongs here: that wish, in the health list, from the context menu, and asked as the pages ask it. Not here: refused logins (stale_password.test.mjs).
import assert from 'node:assert/strict';
import { watchBars } from '../harness/bars.mjs';
import { openPage } from '../harness/pages.mjs';
import { waitUntil } from '../harness/processes.mjs';
import { addonId } from '../harness/profile.mjs';
import { story, vaultEntries } from './world.mjs';

const imap = 'imap://localhost';
const smtp = 'smtp://localhost';

/** The background, asked as the pages of the add-on ask it. */
async function askBackground(thunderbird, message) {
  const page = await openPage(thunderbird, 'options/options.html');
  const answer = await page.run('return browser.runtime.sendMessage(arg);', message);
  await page.close();
  return answer;
}

/** "Change password…" of the account's receiving server, pressed in the health list. */
async function pressInHealthList(thunderbird, name) {
  const page = await openPage(thunderbird, 'options/options.html');
  const found = `[...document.querySelectorAll('#health li')].find((row) => row.querySelector('.account-name').textContent === arg
    && row.textContent.includes('IMAP'))?.querySelectorAll('button')`;
  const pressed = `const buttons = [...(${found} ?? [])]; const one = buttons.find(({ textContent }) => textContent === 'Change password…');`;
  await page.waitFor(`${pressed} return !!one;`, name);
  await page.run(`${pressed} one.click();`, name);
}

const change = (thunderbird, kind = 'incoming', key = 'server1') =>
  askBackground(thunderbird, { ask: 'changePassword', kind, key });
const saved = async (thunderbird, origin) => (await thunderbird.logins(origin)).map(({ password }) => password);
const waitForSaved = (thunderbird, origin, password) =>
  thunderbird.waitFor(
    `return (await Services.logins.searchLoginsAsync({ origin: args.origin })).some(login => login.password === args.password);`,
    { origin, password },
  );
const answerPrompt = async (thunderbird, password) =>
  thunderbird.typePassword(await thunderbird.waitForDialog('password'), password);

/** One person's account that works, for both directions. */
async function workingAccount(world, { password = 'first', ...wish } = {}) {
  const dovecot = await world.dovecot({ users: { alice: password } });
  const postfix = await world.postfix(dovecot);
  const thunderbird = await world.thunderbird({
    accounts: [
      {
        ...{ type: 'imap', name: 'Work', host: 'localhost', port: dovecot.ports.imaps },
        ...{ user: 'alice', password, address: 'alice@example.org' },
      },
    ],
    smtp: { host: 'localhost', port: postfix.ports.submissions, user: 'alice', password },
    ...wish,
  });
  return { dovecot, postfix, thunderbird, bars: watchBars(thunderbird) };
}

/** Mail comes in and goes out, and nobody is asked for a password. */
async function bothDirectionsWork({ dovecot, postfix, thunderbird }) {
  const prompts = async () => (await thunderbird.dialogHistory()).length;
  const before = await prompts();
  dovecot.deliver('alice', 'It comes in');
  await thunderbird.getNewMessages('server1');
  await thunderbird.waitForSubject('server1', 'It comes in');
  await thunderbird.sendMessage({ to: 'alice@example.org', subject: 'It goes out' });
  await postfix.waitForMessage('It goes out');
  assert.equal(await prompts(), before);
}

story('"Change password…" in the health list: no bad login at all, and both directions work with the new one', async (world) => {
  const scene = await workingAccount(world);
  const { dovecot, postfix, thunderbird, bars } = scene;
  await dovecot.setPassword('alice', 'second');
  await pressInHealthList(thunderbird, 'Work');
  const prompt = await thunderbird.waitForDialog('password');
  await world.picture('prompt');
  assert.deepEqual(await saved(thunderbird, imap), []);
  await thunderbird.typePassword(prompt, 'second');
  const bar = await bars.waitFor('incoming-server1');
  assert.match(bar.text, /^The new password for “Work” works\. Use it for sending/);
  await bars.press('incoming-server1', 'Yes');
  await waitForSaved(thunderbird, smtp, 'second');
  await bothDirectionsWork(scene);
  await dovecot.settle();
  assert.equal(dovecot.badLogins(), 0, dovecot.logText());
  assert.equal((await vaultEntries(world, dovecot.ports.imaps)).length, 1);
  assert.equal((await vaultEntries(world, postfix.ports.submissions)).length, 1);
  assert.deepEqual(
    (await thunderbird.dialogHistory()).map(({ kind }) => kind),
    ['password'],
  );
  assert.doesNotMatch(JSON.stringify(await thunderbird.incidents()), /"first"|"second"/);
  assert.equal((await thunderbird.counters()).errors, 0);
});

story('"Change password…" for sending, with letters beyond ASCII: receiving is offered it, and both work', async (world) => {
  const scene = await workingAccount(world);
  const { dovecot, thunderbird, bars } = scene;
  const password = 'schön-pässwörd-合言葉';
  await dovecot.setPassword('alice', password);
  const [{ key }] = await thunderbird.eval(`return MailServices.outgoingServer.servers.map(({ key }) => ({ key }));`);
  assert.deepEqual(await change(thunderbird, 'outgoing', key), { value: null });
  await answerPrompt(thunderbird, password);
  const bar = await bars.waitFor(`outgoing-${key}`);
  assert.match(bar.text, /Use it for receiving \(Work\) too\?$/);
  await bars.press(`outgoing-${key}`, 'Yes');
  await waitForSaved(thunderbird, imap, password);
  await bothDirectionsWork(scene);
  await dovecot.settle();
  assert.equal(dovecot.badLogins(), 0, dovecot.logText());
});

story('the prompt of "Change password…" closed: the old password is back as it was, and nothing was sent', async (world) => {
  const scene = await workingAccount(world);
  const { dovecot, thunderbird, bars } = scene;
  const before = await thunderbird.logins(imap);
  await change(thunderbird);
  await thunderbird.clickButton(await thunderbird.waitForDialog('password'), 'cancel');
  await waitForSaved(thunderbird, imap, 'first');
  assert.deepEqual(await thunderbird.logins(imap), before);
  assert.deepEqual(await bars.list(), []);
  await dovecot.settle();
  assert.equal(dovecot.badLogins() + dovecot.goodLogins({ user: 'alice' }), 0);
  await bothDirectionsWork(scene);
});

story(
  'a wrong new password twice, then the right one: each is tried once by us, none of them again, and it ends well',
  async (world) => {
    const scene = await workingAccount(world);
    const { dovecot, thunderbird, bars } = scene;
    await dovecot.setPassword('alice', 'second');
    await change(thunderbird);
    for (const [at, wrong] of ['wrong-1', 'wrong-2'].entries()) {
      await answerPrompt(thunderbird, wrong);
      await waitUntil(async () => (await thunderbird.incidents()).filter(({ change: how }) => how === 'refused').length > at, {
        what: 'the refusal',
      });
      const bar = await bars.waitFor('incoming-server1');
      assert.match(bar.text, /^The server did not accept the new password for “Work”\. The server said: .*AUTHENTICATIONFAILED/);
      assert.deepEqual(bar.buttons, ['Enter new password', 'Put the old password back', 'Details']);
      await dovecot.settle();
      assert.equal(dovecot.badLogins({ password: wrong }), 1);
      await world.picture(wrong);
      await bars.press('incoming-server1', 'Enter new password');
    }
    await answerPrompt(thunderbird, 'second');
    await waitForSaved(thunderbird, imap, 'second');
    await thunderbird.waitFor(
      `return [...Services.wm.getMostRecentWindow('mail:3pane').document.querySelectorAll('notification-message')]
       .some(bar => bar.messageText?.textContent.includes('Use it for sending'));`,
    );
    await bars.press('incoming-server1', 'Yes');
    await waitForSaved(thunderbird, smtp, 'second');
    await bothDirectionsWork(scene);
    await dovecot.settle();
    for (const wrong of ['wrong-1', 'wrong-2']) assert.equal(dovecot.badLogins({ password: wrong }), 1, dovecot.logText());
    assert.equal(dovecot.badLogins(), 2);
  },
);

story('a wrong new password, and "Put the old password back": the account works as before', async (world) => {
  const scene = await workingAccount(world);
  const { dovecot, thunderbird, bars } = scene;
  await change(thunderbird);
  await answerPrompt(thunderbird, 'not-this-one');
  await bars.waitFor('incoming-server1');
  await bars.press('incoming-server1', 'Put the old password back');
  await waitForSaved(thunderbird, imap, 'first');
  await bars.waitForNone('incoming-server1');
  await bothDirectionsWork(scene);
  await dovecot.settle();
  assert.equal(dovecot.badLogins(), 1);
});

story('the account in the folder pane has "Change password…" in its context menu, its inbox has not', async (world) => {
  const { dovecot, thunderbird } = await workingAccount(world);
  dovecot.deliver('alice', 'One');
  await thunderbird.getNewMessages('server1');
  await thunderbird.waitForSubject('server1', 'One');
  const labels = (folder) =>
    thunderbird.eval(
      `const pane = Services.wm.getMostRecentWindow('mail:3pane').gTabmail.currentAbout3Pane;
       const { rootFolder } = MailServices.accounts.getIncomingServer('server1');
       const folder = args.folder === 'root' ? rootFolder : rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
       const row = pane.folderPane.getRowForFolder(folder);
       const menu = pane.document.getElementById('folderPaneContext');
       pane.folderTree.selectedIndex = pane.folderTree.rows.indexOf(row);
       const shown = new Promise(done => menu.addEventListener('popupshown', done, { once: true }));
       row.querySelector('.container').dispatchEvent(new pane.MouseEvent('contextmenu', { bubbles: true, clientX: 30, clientY: 30, view: pane }));
       await shown;
       kept.menu = menu;
       const item = () => [...menu.children].find(one => one.id.includes('changePassword'));
       for (let i = 0; i < 40 && (!item() || item().hidden); i++) await new Promise(done => setTimeout(done, 25));
       return [...menu.children].filter(one => !one.hidden).map(one => one.label);`,
      { folder },
    );
  const hide = () =>
    thunderbird.eval(
      `const hidden = new Promise(done => kept.menu.addEventListener('popuphidden', done, { once: true })); kept.menu.hidePopup(); await hidden;`,
    );
  assert.ok((await labels('root')).includes('Change password…'));
  await world.picture('menu');
  await thunderbird.eval(
    `const hidden = new Promise(done => kept.menu.addEventListener('popuphidden', done, { once: true }));
     kept.menu.activateItem([...kept.menu.children].find(one => one.id.includes('changePassword'))); await hidden;`,
  );
  await thunderbird.clickButton(await thunderbird.waitForDialog('password'), 'cancel');
  await waitForSaved(thunderbird, imap, 'first');
  assert.ok(!(await labels('inbox')).includes('Change password…'));
  await hide();
});

story('the prompt stays open longer than the add-on stays awake: the new password is checked all the same', async (world) => {
  const scene = await workingAccount(world, { prefs: { 'extensions.background.idle.timeout': 500 } });
  const { dovecot, thunderbird, bars } = scene;
  await dovecot.setPassword('alice', 'second');
  await change(thunderbird);
  const prompt = await thunderbird.waitForDialog('password');
  // Thunderbird tells each time it lets the page live for the host's sake.
  const reasons = await thunderbird.eval(
    `const { extension } = Cu.getGlobalForObject(Services).WebExtensionPolicy.getByID(args.addonId);
     const reasons = [];
     await new Promise(done => extension.on('background-script-reset-idle', function heard(_event, { reason }) {
       reasons.push(reason);
       if (reasons.filter(one => one === 'nativeapp').length < 4) return;
       extension.off('background-script-reset-idle', heard);
       done();
     }));
     return reasons;`,
    { addonId },
  );
  world.say(`kept awake by: ${reasons.join(', ')}`);
  await thunderbird.typePassword(prompt, 'second');
  assert.match((await bars.waitFor('incoming-server1')).text, /^The new password for “Work” works\./);
  await dovecot.settle();
  assert.equal(dovecot.badLogins(), 0);
});
