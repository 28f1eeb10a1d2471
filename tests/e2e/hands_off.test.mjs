// SPDX-License-Identifier: MPL-2.0
// What Reprompt must not touch, and that it leaves nothing behind. Belongs here: failures of other kinds, and switching the add-on off.
import assert from 'node:assert/strict';
import { gssapiSmtp, refusingNntp } from '../harness/line_server.mjs';
import { addonFile, looks, story, workingBob } from './world.mjs';

story('a failed GSSAPI login passes untouched', async (world) => {
  const server = await world.lineServer({ greeting: '220 localhost ESMTP', answer: gssapiSmtp() });
  const dovecot = await world.dovecot({ users: { bob: 'pw-bob' } });
  const wish = {
    accounts: [workingBob(dovecot)],
    smtp: { host: 'localhost', port: server.port, user: 'alice', authMethod: 'gssapi', password: 'not-for-this' },
  };
  const boxes = [];
  for (const addon of [false, true]) {
    const thunderbird = await world.thunderbird({ ...wish, addon });
    await thunderbird.sendMessage({ to: 'bob@example.org', subject: 'Kerberos' });
    const box = await thunderbird.waitForDialog('choice');
    boxes.push(looks(box));
    if (addon) {
      const counters = await thunderbird.counters();
      assert.equal(counters.passed, 1);
      assert.equal(counters.caught, 0);
      assert.equal(counters.held, 0);
      assert.equal(counters.errors, 0);
    }
    assert.deepEqual(
      (await thunderbird.logins('smtp://localhost')).map((l) => l.password),
      ['not-for-this'],
    );
    await thunderbird.clickButton(box, 'cancel');
    const alert = await thunderbird.waitForDialog('alert');
    await thunderbird.clickButton(alert, 'accept');
    await thunderbird.quit();
  }
  assert.deepEqual(boxes[1], boxes[0]);
});

story('a failed login to a news server passes untouched', async (world) => {
  const server = await world.lineServer({ greeting: '200 localhost news', answer: refusingNntp() });
  const boxes = [];
  for (const addon of [false, true]) {
    const thunderbird = await world.thunderbird({
      addon,
      accounts: [{ type: 'nntp', name: 'News', host: 'localhost', port: server.port, user: 'alice' }],
    });
    await thunderbird.eval(`const server = MailServices.accounts.getIncomingServer('server1');
      server.QueryInterface(Ci.nsINntpIncomingServer).subscribeToNewsgroup('test.group');
      const win = Services.wm.getMostRecentWindow('mail:3pane');
      for (const folder of [server.rootFolder, ...server.rootFolder.subFolders]) {
        folder.QueryInterface(Ci.nsIMsgNewsFolder);
        folder.groupUsername = 'alice';
        folder.groupPassword = 'news-pw';
      }
      const group = server.rootFolder.subFolders[0];
      setTimeout(() => group.getNewMessages(win.msgWindow, null), 0);`);
    const box = await thunderbird.waitForDialog('choice');
    boxes.push(looks(box));
    if (addon) {
      const counters = await thunderbird.counters();
      assert.deepEqual([counters.passed, counters.caught, counters.held, counters.errors], [1, 0, 0, 0]);
    }
    await thunderbird.clickButton(box, 'cancel');
    await thunderbird.quit();
  }
  assert.deepEqual(boxes[1], boxes[0]);
  assert.ok(server.lines.includes('AUTHINFO pass news-pw'), server.lines.join('\n'));
});

story('switching the add-on off gives every function back, and the stock box', async (world) => {
  const dovecot = await world.dovecot({ users: { alice: 'new' } });
  const thunderbird = await world.thunderbird({
    addon: false,
    accounts: [{ type: 'imap', name: 'Work', host: 'localhost', port: dovecot.ports.imaps, user: 'alice', password: 'old' }],
  });
  const targets = `const { Prompter } = ChromeUtils.importESModule('resource://gre/modules/Prompter.sys.mjs');
    const { Pop3Authenticator, SmtpAuthenticator } = ChromeUtils.importESModule('resource:///modules/MailAuthenticator.sys.mjs');
    const { Pop3Client } = ChromeUtils.importESModule('resource:///modules/Pop3Client.sys.mjs');
    const { SmtpClient } = ChromeUtils.importESModule('resource:///modules/SmtpClient.sys.mjs');
    const { OAuth2 } = ChromeUtils.importESModule('resource:///modules/OAuth2.sys.mjs');
    const all = { Prompter, Pop3Authenticator, SmtpAuthenticator, Pop3Client, SmtpClient, OAuth2 };
    const look = () => Object.entries(all).flatMap(([name, { prototype }]) => Object.getOwnPropertyNames(prototype).map(key => [name + '.' + key, Object.getOwnPropertyDescriptor(prototype, key)]));
    const differs = () => { const now = new Map(look()); const then = new Map(kept.originals);
      return [...new Set([...now.keys(), ...then.keys()])].filter(key => ['value', 'get', 'set'].some(part => now.get(key)?.[part] !== then.get(key)?.[part])); };
    const observers = topic => [...Services.obs.enumerateObservers(topic)].length;
    const topics = ['reprompt-counters', 'domwindowopened', 'passwordmgr-storage-changed', 'console-api-log-event', 'quit-application-granted'];`;
  await thunderbird.eval(
    `${targets} kept.originals = look(); kept.observers = Object.fromEntries(topics.map(t => [t, observers(t)]));`,
  );
  await thunderbird.eval(
    `const { AddonManager } = ChromeUtils.importESModule('resource://gre/modules/AddonManager.sys.mjs');
    const file = Cc['@mozilla.org/file/local;1'].createInstance(Ci.nsIFile); file.initWithPath(args.file);
    await AddonManager.installTemporaryAddon(file);`,
    { file: addonFile },
  );
  await thunderbird.waitForAddon();
  const patched = await thunderbird.eval(`${targets} return differs();`);
  assert.ok(
    patched.includes('Prompter.confirmEx') &&
      patched.includes('Pop3Authenticator.promptAuthFailed') &&
      patched.includes('SmtpAuthenticator.promptAuthFailed'),
    patched.join(' '),
  );
  assert.ok((await thunderbird.counters()).patches.includes('confirmEx'));

  await thunderbird.disableAddon();
  await thunderbird.waitFor(`${targets} return observers('reprompt-counters') === 0;`);
  assert.deepEqual(await thunderbird.eval(`${targets} return differs();`), [], 'every function is the original again');
  assert.deepEqual(
    await thunderbird.eval(`${targets} return topics.filter(t => observers(t) !== kept.observers[t]);`),
    [],
    'no observer is left',
  );
  assert.equal(await thunderbird.counters(), null);

  await thunderbird.getNewMessages('server1');
  const box = await thunderbird.waitForDialog('choice');
  assert.deepEqual(
    box.buttons.map((b) => b.label),
    ['Retry', 'Cancel', 'Enter New Password'],
  );
  assert.equal(box.text, 'Login to server localhost with username alice failed.');
  await thunderbird.clickButton(box, 'extra1');
  await thunderbird.typePassword(await thunderbird.waitForDialog('password'), 'new');
  await thunderbird.waitFor(
    `return (await Services.logins.getAllLogins()).some(l => l.origin === 'imap://localhost' && l.password === 'new');`,
  );
  await dovecot.settle();
  assert.equal(dovecot.badLogins(), 3);
});
