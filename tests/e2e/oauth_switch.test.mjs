// SPDX-License-Identifier: MPL-2.0
// The provider takes no passwords any more: one click from the failure to Thunderbird's sign-in with the provider, in both directions; back to what it was for
// whoever gives up; and what happens when a token is not worth anything any more. The provider is local and given as an organisation gives its own.
// Belongs here: OAuth2 with a real Dovecot and Postfix. Not here: which failure gets which verdict (other_verdicts.test.mjs).
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { watchBars } from '../harness/bars.mjs';
import { startOpenIdProvider } from '../harness/openid_provider.mjs';
import { enterOwnNetwork, useOwn } from '../harness/own_network.mjs';
import { waitUntil } from '../harness/processes.mjs';
import { addonId } from '../harness/profile.mjs';
import { watchSignInWindows } from '../harness/sign_in_window.mjs';
import { story, vaultEntries } from './world.mjs';

enterOwnNetwork(import.meta.url, []);
for (const place of ['/etc', '/usr/lib']) useOwn(place);

const policyFile = '/etc/thunderbird/policies/policies.json';
const systemFile = `/usr/lib/mozilla/managed-storage/${addonId}.json`;
const host = '127.0.0.1'; // Thunderbird knows issuers only for names with a dot
const [PASSWORD, OAUTH2] = [3, 10];
const portal = { user: 'alice', password: 'portal-pw' };
const switchIt = 'Switch to OAuth2';

/** The administrator announces issuers in one of the two places of the system, and only there. @param {'policy'|'system'|'home'} place */
function announce(place, oauth2) {
  for (const file of [policyFile, systemFile]) rmSync(file, { force: true });
  const contents = {
    policy: [policyFile, { policies: { '3rdparty': { Extensions: { [addonId]: { oauth2 } } } } }],
    system: [systemFile, { name: addonId, description: 'Reprompt under test', type: 'storage', data: { oauth2 } }],
  };
  const [file, content] = contents[place] ?? [];
  if (!file) return;
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  writeFileSync(file, JSON.stringify(content));
}

/** The provider's servers, and Thunderbird with its accounts: server1 (IMAP), server2 (POP3) of the same person, and smtp1. */
async function aProvider(
  world,
  { authMethod = 'password', pop3 = false, issuers = null, place = 'policy', outgoing = null, dovecotOptions = {} } = {},
) {
  const provider = await startOpenIdProvider({ dir: world.dir, authority: world.authority, users: { alice: portal.password } });
  world.afterwards(() => provider.stop());
  const dovecot = await world.dovecot({ users: { alice: 'old-pw' }, ...provider.dovecotOptions(), ...dovecotOptions });
  const postfix = await world.postfix(outgoing ? await outgoing() : dovecot);
  const oauth2 = issuers?.(provider) ?? [provider.issuer([host])];
  announce(place, oauth2);
  const account = { host, user: 'alice', password: 'old-pw', address: 'alice@example.org', authMethod };
  const thunderbird = await world.thunderbird({
    accounts: [
      { ...account, type: 'imap', name: 'Work', port: dovecot.ports.imaps },
      ...(pop3 ? [{ ...account, type: 'pop3', name: 'Archive', port: dovecot.ports.pop3s }] : []),
    ],
    smtp: { host, port: postfix.ports.submissions, user: 'alice', password: 'old-pw', authMethod, name: 'Sending' },
    managed: place === 'home' ? { oauth2 } : null,
  });
  const windows = await watchSignInWindows(thunderbird);
  return { provider, dovecot, postfix, thunderbird, windows, bars: watchBars(thunderbird) };
}

/** Mail has come by the password; then the provider ends passwords, and the next mail waits. */
async function passwordsEnd({ dovecot, thunderbird }) {
  dovecot.deliver('alice', 'Before');
  await thunderbird.getNewMessages('server1');
  await thunderbird.waitForSubject('server1', 'Before');
  await dovecot.setPassword('alice', 'nobody-knows');
  dovecot.deliver('alice', 'After');
  await dovecot.kick('alice');
}

/** The dialog about the login; the server's alerts that Thunderbird shows before it are confirmed. */
async function refusedDialog(thunderbird) {
  for (;;) {
    const dialog = await thunderbird.waitForDialog(['alert', 'choice']);
    if (dialog.kind === 'choice') return dialog;
    assert.match(dialog.text, /Basic authentication is disabled/, 'only the alert of the server itself');
    await thunderbird.clickButton(dialog, 'accept');
  }
}

/** How the servers sign in, in the order server1, (server2,) smtp1. */
const methods = (thunderbird) =>
  thunderbird.eval(
    `const all = [...MailServices.accounts.allServers.filter(s => s.type !== 'none'), ...MailServices.outgoingServer.servers];
     return all.sort((a, b) => a.key < b.key ? -1 : 1).map(s => s.authMethod);`,
  );

/** Everything that is saved about the servers: preferences, folders, filters, and logins with the time of their last change. */
const settings = async (thunderbird) => ({
  ...(await thunderbird.eval(
    `const prefs = {};
     for (const branch of ['mail.server.', 'mail.smtpserver.', 'mail.identity.', 'mail.account.'])
       for (const name of Services.prefs.getBranch(branch).getChildList('')) {
         if (!/(hostname|port|socketType|authMethod|userName|username|try_ssl|smtpServer|server|identities|directory-rel)$/.test(name)) continue;
         const full = branch + name, type = Services.prefs.getPrefType(full);
         prefs[full] = type === 32 ? Services.prefs.getStringPref(full) : type === 64 ? Services.prefs.getIntPref(full) : Services.prefs.getBoolPref(full);
       }
     const server = MailServices.accounts.getIncomingServer('server1');
     return { prefs, folders: server.rootFolder.descendants.map(f => f.URI).sort(), filters: server.getFilterList(null).filterCount };`,
  )),
  logins: (await thunderbird.logins()).filter(({ origin }) => !origin.startsWith('oauth:')),
});

/** @param {object} told */
const withoutMethods = ({ prefs, ...rest }) => ({
  ...rest,
  prefs: Object.fromEntries(Object.entries(prefs).filter(([name]) => !name.endsWith('authMethod'))),
});

const addFilter = (thunderbird) =>
  thunderbird.eval(`const list = MailServices.accounts.getIncomingServer('server1').getFilterList(null);
    const filter = list.createFilter('mine'); filter.enabled = true; list.insertFilterAt(0, filter); list.saveToDefaultFile();`);

/** Presses Send in the window of the message that could not be sent. */
const sendAgain = (thunderbird) =>
  thunderbird.eval(
    `const win = Services.wm.getMostRecentWindow('msgcompose'); win.setTimeout(() => win.goDoCommand('cmd_sendNow'), 0);`,
  );

/** Sign-ins by a token that Dovecot took. */
const tokenLogins = (dovecot) =>
  dovecot
    .logText()
    .split('\n')
    .filter((line) => /-login: Info: Login: user=<alice>, method=(XOAUTH2|OAUTHBEARER)/.test(line)).length;

story(
  'the provider ends passwords: one click, one sign-in, and mail comes and goes; the POP3 account follows with its own click',
  async (world) => {
    const stage = await aProvider(world, { pop3: true });
    const { provider, dovecot, postfix, thunderbird, windows, bars } = stage;
    await addFilter(thunderbird);
    await passwordsEnd(stage);
    const before = await settings(thunderbird);

    await thunderbird.getNewMessages('server1');
    const dialog = await refusedDialog(thunderbird);
    await world.picture('dialog');
    assert.equal(dialog.buttons[0].label, switchIt);
    await thunderbird.clickButton(dialog, 'accept');
    await windows.waitFor();
    assert.deepEqual(await methods(thunderbird), [PASSWORD, PASSWORD, PASSWORD], 'nothing is changed before the sign-in');
    assert.match((await bars.waitFor('incoming-server1')).text, /window that has opened/);
    await world.picture('window');
    await windows.signIn(portal.user, portal.password);

    await thunderbird.waitForSubject('server1', 'After');
    assert.deepEqual(await methods(thunderbird), [OAUTH2, PASSWORD, OAUTH2]);
    await thunderbird.sendMessage({ to: 'alice@example.org', subject: 'Sent by token' });
    await postfix.waitForMessage('Sent by token');
    const after = await settings(thunderbird);
    assert.deepEqual(withoutMethods(after), withoutMethods(before), 'folders, filters, saved passwords and all other settings');
    assert.equal((await vaultEntries(world, dovecot.ports.imaps)).length, 1);
    assert.equal((await vaultEntries(world, postfix.ports.submissions)).length, 1);

    const offer = await bars.waitFor('incoming-server1');
    await world.picture('offer');
    assert.match(offer.text, /Archive/);
    await bars.press('incoming-server1', 'Switch it too');
    await thunderbird.waitForSubject('server2', 'After');
    assert.deepEqual(await methods(thunderbird), [OAUTH2, OAUTH2, OAUTH2]);
    await bars.waitForNone('incoming-server1');
    assert.deepEqual(
      [await windows.opened(), provider.counts.pages, provider.counts.signedIn],
      [1, 1, 1],
      'one window, one sign-in',
    );
    assert.ok(tokenLogins(dovecot) >= 2);
    assert.deepEqual(
      (await bars.list()).map(({ text }) => text),
      [],
    );
    assert.deepEqual(await thunderbird.addonErrors(), []);
  },
);

story(
  'whoever closes the sign-in window, or is turned away by the provider, has the account as before, and the bar; the bar leads to mail',
  async (world) => {
    const stage = await aProvider(world);
    const { provider, dovecot, thunderbird, windows, bars } = stage;
    await passwordsEnd(stage);
    await thunderbird.getNewMessages('server1');
    const dialog = await refusedDialog(thunderbird);
    const before = await settings(thunderbird);
    await thunderbird.clickButton(dialog, 'accept');
    await windows.close();

    const asBefore = async () => {
      await waitUntil(async () => (await bars.list()).some(({ text }) => !/window that has opened/.test(text)), {
        what: 'the bar',
      });
      const bar = await bars.waitFor('incoming-server1');
      assert.ok(bar.buttons.includes(switchIt));
      assert.deepEqual(await settings(thunderbird), before);
      assert.deepEqual(
        (await thunderbird.logins()).filter(({ origin }) => origin.startsWith('oauth:')),
        [],
      );
      assert.equal(await windows.open(), 0);
    };
    await asBefore();
    assert.equal(await windows.opened(), 1, 'no other connection opens it again');
    assert.equal(tokenLogins(dovecot), 0);

    provider.denyAll(true);
    await bars.press('incoming-server1', switchIt);
    await windows.signIn(portal.user, portal.password);
    await windows.waitForNone();
    await asBefore();

    provider.denyAll(false);
    await bars.press('incoming-server1', switchIt);
    await windows.signIn(portal.user, portal.password);
    await thunderbird.waitForSubject('server1', 'After');
    await bars.waitForNone('incoming-server1');
    assert.deepEqual(await methods(thunderbird), [OAUTH2, OAUTH2]);
    assert.equal(await windows.opened(), 3);
    assert.deepEqual(await thunderbird.addonErrors(), []);
  },
);

/** Signed in by token already, with the mail before it. */
async function signedIn(world, wish = {}) {
  const stage = await aProvider(world, { authMethod: 'oauth2', ...wish });
  const { provider, dovecot, thunderbird, windows } = stage;
  provider.tokensLast(wish.lifeS ?? 3600);
  dovecot.deliver('alice', 'Before');
  await thunderbird.getNewMessages('server1');
  await windows.signIn(portal.user, portal.password);
  await thunderbird.waitForSubject('server1', 'Before');
  dovecot.deliver('alice', 'After');
  await dovecot.kick('alice');
  return stage;
}

/** Presses OK on whatever Thunderbird itself reports, until `done`. @param {any} thunderbird @param {() => Promise<any>} done */
const confirmUntil = (thunderbird, done) =>
  waitUntil(
    async () => {
      for (const dialog of (await thunderbird.dialogs()).filter(({ kind }) => kind === 'alert'))
        await thunderbird.clickButton(dialog, 'accept').catch(() => {}); // a second one may lie above it
      return done();
    },
    { what: 'what should follow the alerts' },
  );
const signInAgain = 'Sign in again';
const asksAgain = (bars, server) => async () =>
  (await bars.list()).some((bar) => bar.server === server && bar.buttons.includes(signInAgain));

story(
  'an expired sign-in is renewed in the window that opens by itself; closed, it does not come again, and the bar leads to mail',
  async (world) => {
    const { provider, dovecot, postfix, thunderbird, windows, bars } = await signedIn(world, { lifeS: 1 });
    provider.revokeAll();
    await thunderbird.getNewMessages('server1');
    await windows.signIn(portal.user, portal.password);
    await thunderbird.waitForSubject('server1', 'After');
    await thunderbird.sendMessage({ to: 'alice@example.org', subject: 'Sent by token' });
    await postfix.waitForMessage('Sent by token');
    assert.equal(await windows.opened(), 2);

    provider.revokeAll();
    dovecot.deliver('alice', 'Third');
    await dovecot.kick('alice');
    await thunderbird.getNewMessages('server1');
    await windows.close();
    await confirmUntil(thunderbird, asksAgain(bars, 'incoming-server1'));
    await world.picture('bar');
    assert.equal(await windows.opened(), 3, 'no other connection opens it again');
    await bars.press('incoming-server1', signInAgain);
    await windows.signIn(portal.user, portal.password);
    await thunderbird.waitForSubject('server1', 'Third');
    await bars.waitForNone('incoming-server1');
    assert.equal(await windows.opened(), 4);
    assert.deepEqual(await methods(thunderbird), [OAUTH2, OAUTH2]);
    assert.deepEqual(await thunderbird.addonErrors(), []);
  },
);

story(
  'a first sign-in whose window is closed: two connections wait for it, and it does not come again; the bar leads to mail',
  async (world) => {
    const { dovecot, thunderbird, windows, bars } = await aProvider(world, { authMethod: 'oauth2' });
    dovecot.deliver('alice', 'Before');
    await thunderbird.getNewMessages('server1');
    await windows.close();
    await confirmUntil(thunderbird, asksAgain(bars, 'incoming-server1'));
    assert.deepEqual([await windows.opened(), await windows.open()], [1, 0]);
    await bars.press('incoming-server1', signInAgain);
    await windows.signIn(portal.user, portal.password);
    await thunderbird.waitForSubject('server1', 'Before');
    await bars.waitForNone('incoming-server1');
    assert.equal(await windows.opened(), 2);
  },
);

story('a revoked sign-in that the mail servers refuse: one new sign-in serves IMAP, POP3 and sending', async (world) => {
  const { provider, dovecot, postfix, thunderbird, windows, bars } = await signedIn(world, { pop3: true });
  await thunderbird.getNewMessages('server2');
  await thunderbird.waitForSubject('server2', 'After');
  assert.equal(await windows.opened(), 1, 'one sign-in for both');
  dovecot.deliver('alice', 'Third');
  await dovecot.kick('alice');
  provider.revokeAll();
  for (const key of ['server1', 'server2']) {
    await thunderbird.getNewMessages(key);
    await confirmUntil(thunderbird, asksAgain(bars, `incoming-${key}`));
  }
  await world.picture('bars');
  assert.equal(await windows.opened(), 1);

  await bars.press('incoming-server2', signInAgain);
  await windows.signIn(portal.user, portal.password);
  await thunderbird.waitForSubject('server2', 'Third');
  await thunderbird.waitForSubject('server1', 'Third');
  await bars.waitForNone('incoming-server1');
  await bars.waitForNone('incoming-server2');
  assert.equal(await windows.opened(), 2);

  // The provider remembers who signed in a moment ago: its window opens and goes by itself.
  provider.rememberAll(true);
  provider.revokeAll();
  await thunderbird.sendMessage({ to: 'alice@example.org', subject: 'Sent by token' });
  const dialog = await thunderbird.waitForDialog('choice');
  assert.equal(dialog.buttons[0].label, signInAgain);
  await thunderbird.clickButton(dialog, 'accept');
  await postfix.waitForMessage('Sent by token');
  assert.equal(await windows.opened(), 3);
  assert.deepEqual(await thunderbird.addonErrors(), []);
});

story(
  'a message whose sign-in window is closed does not hang: it comes back to its window, and goes after the next sign-in',
  async (world) => {
    const { provider, postfix, thunderbird, windows, bars } = await signedIn(world);
    provider.revokeAll();
    await thunderbird.sendMessage({ to: 'alice@example.org', subject: 'Sent by token' });
    await thunderbird.clickButton(await thunderbird.waitForDialog('choice'), 'accept');
    await windows.close();
    await confirmUntil(thunderbird, asksAgain(bars, 'outgoing-smtp1'));
    await confirmUntil(thunderbird, () =>
      thunderbird.eval(
        `const win = Services.wm.getMostRecentWindow('msgcompose'); return !win.gWindowLocked && !win.gSendOperationInProgress;`,
      ),
    );
    assert.equal(await windows.opened(), 2);
    await bars.press('outgoing-smtp1', signInAgain);
    await windows.signIn(portal.user, portal.password);
    await bars.waitForNone('outgoing-smtp1');
    assert.deepEqual(await thunderbird.dialogs(), [], 'the sending that ended asks nothing any more');
    await sendAgain(thunderbird);
    await postfix.waitForMessage('Sent by token');
    assert.equal(await windows.opened(), 3);
    assert.deepEqual(await thunderbird.addonErrors(), []);
  },
);

story(
  'an organisation adds issuers and takes none away: what Thunderbird knows stays, and what was added goes with the add-on',
  async (world) => {
    const about = (thunderbird) =>
      thunderbird.eval(`const { OAuth2Providers } = ChromeUtils.importESModule('resource:///modules/OAuth2Providers.sys.mjs');
      const issuer = host => OAuth2Providers.getHostnameDetails(host, 'imap')?.issuer ?? null;
      return { gmail: issuer('imap.gmail.com'), deeper: issuer('deep.imap.gmail.com'), office: issuer('outlook.office365.com'), ours: issuer('127.0.0.1'), com: issuer('anything.com'),
        second: issuer('mail.second.example'), endpoint: OAuth2Providers.getIssuerDetails('accounts.google.com').authorizationEndpoint };`);
    const { provider, thunderbird } = await aProvider(world, {
      issuers: (provider) => [
        { ...provider.issuer(['imap.gmail.com', 'deep.imap.gmail.com', 'outlook.office365.com', 'com', '127.0.0.1']) },
        { ...provider.issuer(['mail.second.example']), issuer: 'accounts.google.com' },
        { ...provider.issuer(['mail.second.example']), issuer: 'plain', token_endpoint: 'http://127.0.0.1/token' },
        'nonsense',
      ],
    });
    const builtIn = {
      ...{
        gmail: 'accounts.google.com',
        deeper: 'accounts.google.com',
        office: 'login.microsoftonline.com',
        com: null,
        second: null,
      },
      endpoint: 'https://accounts.google.com/o/oauth2/auth',
    };
    assert.deepEqual(await about(thunderbird), { ...builtIn, ours: new URL(provider.base).host });
    await thunderbird.disableAddon();
    assert.deepEqual(await about(thunderbird), { ...builtIn, ours: null });
  },
);

for (const [place, sentence] of Object.entries({
  system: "the system's managed-storage manifest names an issuer as the policy does",
  home: 'an issuer in a file in the home of the user is not made known to Thunderbird',
})) {
  story(sentence, async (world) => {
    const { provider, thunderbird } = await aProvider(world, { place });
    const inStorage = await thunderbird.eval(
      `const { ExtensionParent } = ChromeUtils.importESModule('resource://gre/modules/ExtensionParent.sys.mjs');
       const extension = ExtensionParent.GlobalManager.getExtension('${addonId}');
       const { NativeManifests } = ChromeUtils.importESModule('resource://gre/modules/NativeManifests.sys.mjs');
       const context = { extension, manifestVersion: extension.manifestVersion, cloneScope: globalThis, url: extension.baseURL, preprocessors: {}, logError() {} };
       return (await NativeManifests.lookupManifest('storage', extension.id, context))?.manifest.data.oauth2[0].issuer;`,
    );
    assert.equal(inStorage, provider.base, 'the file is where Thunderbird finds it');
    const issuer = await thunderbird.eval(
      `const { OAuth2Providers } = ChromeUtils.importESModule('resource:///modules/OAuth2Providers.sys.mjs');
       return OAuth2Providers.getHostnameDetails('${host}', 'imap')?.issuer ?? null;`,
    );
    assert.equal(issuer, place === 'home' ? null : new URL(provider.base).host);
  });
}

story('an outgoing server that takes no token goes back to its password, and the incoming one stays switched', async (world) => {
  const stage = await aProvider(world, { outgoing: () => world.dovecot({ users: { alice: 'old-pw' } }) });
  const { postfix, thunderbird, windows, bars } = stage;
  await passwordsEnd(stage);
  await thunderbird.getNewMessages('server1');
  await thunderbird.clickButton(await refusedDialog(thunderbird), 'accept');
  await windows.signIn(portal.user, portal.password);
  await thunderbird.waitForSubject('server1', 'After');
  await waitUntil(async () => (await methods(thunderbird))[1] === PASSWORD, { what: 'smtp1 to go back' });
  assert.deepEqual(await methods(thunderbird), [OAUTH2, PASSWORD]);
  await thunderbird.sendMessage({ to: 'alice@example.org', subject: 'Sent by password' });
  await postfix.waitForMessage('Sent by password');
  assert.deepEqual(await bars.list(), []);
  assert.deepEqual(
    (await thunderbird.dialogs()).map(({ text }) => text),
    [],
  );
});

story('sending fails first: the click switches both directions, and the message goes when it is sent again', async (world) => {
  const stage = await aProvider(world);
  const { postfix, thunderbird, windows, bars } = stage;
  await passwordsEnd(stage);
  await thunderbird.sendMessage({ to: 'alice@example.org', subject: 'Sent by token' });
  const dialog = await thunderbird.waitForDialog('choice');
  assert.equal(dialog.buttons[0].label, switchIt);
  await thunderbird.clickButton(dialog, 'accept');
  await windows.signIn(portal.user, portal.password);
  await confirmUntil(thunderbird, async () => (await bars.list()).some(({ text }) => /send your message again/i.test(text)));
  await world.picture('bar');
  assert.deepEqual(await methods(thunderbird), [OAUTH2, OAUTH2]);
  assert.equal(await thunderbird.composeWindows(), 1, 'the message is still there');
  await sendAgain(thunderbird);
  await postfix.waitForMessage('Sent by token');
  await thunderbird.getNewMessages('server1');
  await thunderbird.waitForSubject('server1', 'After');
  assert.equal(await windows.opened(), 1);
  assert.deepEqual(await thunderbird.addonErrors(), []);
});

for (const [type, key] of Object.entries({ imap: 'server1', pop3: 'server2' })) {
  story(
    `a server that lists no method for passwords (${type.toUpperCase()}): one click leads to the sign-in, and to mail`,
    async (world) => {
      const { dovecot, thunderbird, windows, bars } = await aProvider(world, {
        pop3: true,
        dovecotOptions: { mechanisms: 'xoauth2 oauthbearer', instant: false },
      });
      dovecot.deliver('alice', 'After');
      await thunderbird.getNewMessages(key);
      await confirmUntil(
        thunderbird,
        async () =>
          (await bars.list()).some(({ server }) => server === `incoming-${key}`) ||
          (await thunderbird.dialogs()).some(({ kind }) => kind === 'choice'),
      );
      await world.picture('told');
      const dialog = (await thunderbird.dialogs()).find(({ kind }) => kind === 'choice');
      if (dialog) await thunderbird.clickButton(dialog, dialog.buttons.find(({ label }) => label === switchIt).name);
      else await bars.press(`incoming-${key}`, switchIt);
      await windows.signIn(portal.user, portal.password);
      await thunderbird.waitForSubject(key, 'After');
      assert.deepEqual(await methods(thunderbird), type === 'imap' ? [OAUTH2, PASSWORD, OAUTH2] : [PASSWORD, OAUTH2, OAUTH2]);
      assert.equal(await windows.opened(), 1);
    },
  );
}
