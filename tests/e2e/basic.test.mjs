// SPDX-License-Identifier: MPL-2.0
// The build without Experiment, and what becomes of the other one where Experiments are suppressed (as on Thunderbird's release channel): both in a
// real Thunderbird with a real mail server. Belongs here: that build's one page, and a Thunderbird that cannot start the helper.
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { lengthen, misfitsOf, violationsOf } from '../harness/accessibility.mjs';
import { openPage, useScheme } from '../harness/pages.mjs';
import { addonId, basicId } from '../harness/profile.mjs';
import { addonFile, artifacts, basicFile, hostBinary, story } from './world.mjs';

const suppressed = { 'extensions.experiments.suppressed': true };
const page = 'basic/check.html';
const filled = `return document.documentElement.dataset.ready === 'yes';`;
const said = `return document.querySelector('#said').textContent;`;
const result = `return document.querySelector('.result h3')?.textContent;`;

/** Both builds in one profile. */
const withBoth = { addon: false, xpi: addonFile, basicXpi: basicFile };

/** Work goes to the loopback address without encryption, so that a password may be sent: the host knows only the system's authorities here. */
const accountsOn = (dovecot) => ({
  accounts: [
    {
      type: 'imap',
      name: 'Work',
      host: 'localhost',
      port: dovecot.ports.imap,
      tls: 'none',
      user: 'alice',
      password: 'old',
    },
    {
      type: 'pop3',
      name: 'Club',
      host: 'localhost',
      port: dovecot.ports.pop3s,
      user: 'bob',
    },
    {
      type: 'imap',
      name: 'Lab',
      host: 'lab.localhost',
      port: 1,
      user: 'carol',
      authMethod: 'ntlm',
    },
  ],
  smtp: {
    host: 'smtp.localhost',
    port: 1,
    user: 'alice@example.org',
    authMethod: 'oauth2',
  },
});

const manifestOf = (home) => path.join(home, '.mozilla/native-messaging-hosts/reprompt.json');

/** @param {string} home @param {URL} program */
async function installHost(home, program) {
  const manifest = {
    name: 'reprompt',
    description: 'Under test',
    path: fileURLToPath(program),
    type: 'stdio',
  };
  await mkdir(path.dirname(manifestOf(home)), { recursive: true });
  await writeFile(manifestOf(home), JSON.stringify({ ...manifest, allowed_extensions: [addonId, basicId] }));
}
const removeHost = (home) => rm(manifestOf(home));

/** Tabs that show a page of an add-on. @param {any} thunderbird @param {string} id */
const pagesOf = (thunderbird, id) =>
  thunderbird.eval(
    `const policy = Cu.getGlobalForObject(Services).WebExtensionPolicy.getByID(args.id);
     const { tabInfo } = Services.wm.getMostRecentWindow('mail:3pane').gTabmail;
     const all = tabInfo.map(tab => tab.browser?.currentURI?.spec ?? '').filter(spec => spec.startsWith('moz-extension:'));
     return policy ? all.filter(spec => spec.startsWith(policy.getURL(''))) : all;`,
    { id },
  );

/** @param {any} thunderbird @param {string} id */
const stateOf = (thunderbird, id) =>
  thunderbird.eval(
    `const { AddonManager } = ChromeUtils.importESModule('resource://gre/modules/AddonManager.sys.mjs');
     const addon = await AddonManager.getAddonByID(args.id);
     return addon && { isActive: addon.isActive, appDisabled: addon.appDisabled, userDisabled: addon.userDisabled, name: addon.name };`,
    { id },
  );

/** What the add-on manager says beside an add-on. @param {any} thunderbird @param {string} id */
async function wordsOfManager(thunderbird, id) {
  const view = `addons://detail/${encodeURIComponent(id)}`;
  await thunderbird.eval(`await Services.wm.getMostRecentWindow('mail:3pane').openAddonsMgr(args.view);`, { view });
  return thunderbird.waitFor(
    `const { tabInfo } = Services.wm.getMostRecentWindow('mail:3pane').gTabmail;
     const manager = tabInfo.map(tab => tab.browser).find(one => one?.currentURI?.spec === 'about:addons');
     return [...(manager?.contentDocument?.querySelectorAll('addon-card moz-message-bar') ?? [])]
       .filter(bar => !bar.hidden).map(bar => bar.message ?? bar.getAttribute('message') ?? '').join(' ').trim();`,
  );
}

/** Changes a server in Thunderbird, and waits until its settings file says so. @param {any} thunderbird @param {string} type @param {'port'|'hostname'} name @param {number|string} value */
async function setServer(thunderbird, type, name, value) {
  const line = await thunderbird.eval(
    `const { MailServices } = ChromeUtils.importESModule('resource:///modules/MailServices.sys.mjs');
     const pref = 'mail.server.' + MailServices.accounts.allServers.find((one) => one.type === args.type).key + '.' + args.name;
     if (typeof args.value === 'number') Services.prefs.setIntPref(pref, args.value);
     else Services.prefs.setStringPref(pref, args.value);
     Services.prefs.savePrefFile(null);
     return '"' + pref + '", ' + JSON.stringify(args.value) + ')';`,
    { type, name, value },
  );
  await thunderbird.waitFor(
    `const { IOUtils, PathUtils } = Cu.getGlobalForObject(Services);
     return (await IOUtils.readUTF8(PathUtils.join(PathUtils.profileDir, 'prefs.js'))).includes(args.line);`,
    { line },
  );
}

/** The page's own tab, or the first one. @param {any} thunderbird @param {boolean} own */
const showTab = (thunderbird, own) =>
  thunderbird.eval(
    `const { gTabmail } = Services.wm.getMostRecentWindow('mail:3pane');
     gTabmail.switchToTab(args.own ? kept.pageTab : gTabmail.tabInfo[0]);`,
    { own },
  );

/** @param {any} view @param {string} password what the user types into the first form @param {string} way part of the server's line */
async function check(view, password, way) {
  await view.run(
    `const part = [...document.querySelectorAll('.server')].find((one) => one.textContent.includes(arg.way));
     document.querySelectorAll('.result').forEach((one) => one.remove());
     const opener = part.querySelector('.server-head button');
     if (opener.getAttribute('aria-expanded') === 'false') opener.click();
     const field = part.querySelector('input[type=password]');
     if (field) field.value = arg.password;
     part.querySelector('form button').click();`,
    { password, way },
  );
  await view.waitFor(result);
  return view.run(`return document.querySelector('.result').innerText;`);
}

story(
  'where Experiments are suppressed, the full version does nothing and says nothing, and the basic one finds out why a login fails',
  async (world) => {
    const dovecot = await world.dovecot({
      users: { alice: 'right', bob: 'pw' },
    });
    const thunderbird = await world.thunderbird({
      ...withBoth,
      ...accountsOn(dovecot),
      active: false,
      host: hostBinary,
      prefs: suppressed,
    });

    // The full version: switched off whole, and Thunderbird is as without it.
    const basicState = await thunderbird.waitFor(
      `const { AddonManager } = ChromeUtils.importESModule('resource://gre/modules/AddonManager.sys.mjs');
       const addon = await AddonManager.getAddonByID(args.id); return addon?.isActive && addon.name;`,
      { id: basicId },
    );
    assert.equal(basicState, 'Reprompt Basic');
    // A new profile has it for a moment, until Thunderbird has looked through its add-ons.
    await thunderbird.waitFor(
      `const { AddonManager } = ChromeUtils.importESModule('resource://gre/modules/AddonManager.sys.mjs');
       return !(await AddonManager.getAddonByID(args.id)).isActive;`,
      { id: addonId },
    );
    assert.deepEqual(await stateOf(thunderbird, addonId), {
      isActive: false,
      appDisabled: true,
      userDisabled: false,
      name: 'Reprompt',
    });
    assert.equal(await thunderbird.counters(), null, 'no part of it runs');
    assert.match(await wordsOfManager(thunderbird, addonId), /was disabled because it uses legacy APIs/);

    // The basic version: its page came by itself, once, and no page of the other one did.
    await thunderbird.waitFor(
      `const { tabInfo } = Services.wm.getMostRecentWindow('mail:3pane').gTabmail;
       return tabInfo.some(tab => tab.browser?.currentURI?.spec.endsWith('basic/check.html'));`,
    );
    const pages = (await pagesOf(thunderbird, basicId)).map((spec) => new URL(spec).pathname);
    assert.deepEqual(pages, ['/basic/check.html']);
    const view = await openPage(thunderbird, page, {
      ready: filled,
      addon: basicId,
    });

    // Nothing is looked up before the user said so.
    assert.deepEqual(await view.run(`return [...document.querySelectorAll('#accounts li')].length;`), 0);
    assert.ok(
      await view.run(`return document.querySelector('#helper-section').hidden && !document.querySelector('#consent').hidden;`),
    );
    await view.press('Show my accounts');
    await view.waitFor(`return document.querySelectorAll('#accounts li').length === 3;`);
    assert.equal(await view.run(said), '');
    const names = await view.run(`return [...document.querySelectorAll('#accounts h2')].map((one) => one.textContent);`);
    assert.deepEqual(names.sort(), ['Club', 'Lab', 'Work']);
    const text = await view.run(`return document.querySelector('#accounts').innerText;`);
    assert.match(text, /Receiving \(IMAP\) · localhost/);
    assert.match(text, /Sending \(SMTP\) · smtp\.localhost/);
    assert.match(text, /This kind of server or sign-in is not checked\./, 'NTLM');

    // A wrong password, a right one, and none.
    const refused = await check(view, 'wrong-typed', 'IMAP');
    assert.match(refused, /The password for “Work” was refused/);
    assert.match(refused, /does not accept this password/);
    assert.match(refused, /Saved Passwords, and remove the entry of localhost/);
    assert.equal(await view.run(`return document.querySelector('input[type=password]').value;`), '', 'forgotten');
    const failures = () => (dovecot.logText().match(/auth failed|Password mismatch/gi) ?? []).length;
    const sent = failures();
    const again = await check(view, 'wrong-typed', 'IMAP');
    assert.match(again, /The password for “Work” was refused/);
    assert.equal(failures(), sent, 'a refused password is not sent again');
    assert.match(await check(view, 'right', 'IMAP'), /The password for “Work” works/);
    assert.match(await check(view, '', 'IMAP'), /The way to localhost is fine/);
    assert.match(await check(view, '', 'SMTP'), /cannot be reached/);
    const strange = await check(view, 'pw', 'POP3');
    assert.match(strange, /localhost could not be verified.*sent no password.*only the full version/s);

    // The report names nobody, and nothing typed is kept.
    await check(view, 'wrong-typed', 'IMAP');
    await view.run(`document.querySelector('.result details').open = true;
      document.querySelector('.result details button').click();`);
    const byHand = await view.waitFor(`return document.querySelector('.result textarea')?.value;`);
    assert.match(byHand, /^# Reprompt report\n/, 'no person pressed a key, so the clipboard is closed');
    await view.focus();
    await view.run(`document.querySelector('.result details button').focus();`);
    await view.key('Enter'); // a person's key: nothing else may write to the clipboard
    await view.waitFor(`return document.querySelector('.result details .said').textContent.startsWith('Copied.');`);
    const report =
      await thunderbird.eval(`const carrier = Cc['@mozilla.org/widget/transferable;1'].createInstance(Ci.nsITransferable);
      carrier.init(null); carrier.addDataFlavor('text/plain');
      Services.clipboard.getData(carrier, Services.clipboard.kGlobalClipboard);
      const value = {}; carrier.getTransferData('text/plain', value); return value.value.QueryInterface(Ci.nsISupportsString).data;`);
    assert.match(report, /^# Reprompt report\n/);
    assert.equal(await view.run(`return document.querySelectorAll('.result textarea').length;`), 0);
    assert.match(report, /verdict: stale_password/);
    for (const secret of ['wrong-typed', 'right', 'alice', 'Alice', 'Work'])
      assert.ok(!new RegExp(`\\b${secret}\\b`).test(report), `the report holds ${secret}: ${report}`);
    assert.deepEqual(
      (await thunderbird.logins()).map(({ password }) => password),
      ['old'],
      'what is saved in Thunderbird stays',
    );
    const kept = await view.run(`return JSON.stringify(await browser.storage.local.get());`);
    assert.equal(kept, '{"maySeeServers":true}');

    // What is changed in Thunderbird counts at the next check; a new server is shown first, and a page that comes back shows what is.
    await setServer(thunderbird, 'imap', 'port', 1);
    assert.match(await check(view, '', 'IMAP'), /cannot be reached/);
    await setServer(thunderbird, 'imap', 'port', dovecot.ports.imap);
    assert.match(await check(view, '', 'IMAP'), /The way to localhost is fine/);
    await setServer(thunderbird, 'pop3', 'hostname', '127.0.0.1');
    await view.run(`const part = [...document.querySelectorAll('.server')].find((one) => one.textContent.includes('POP3'));
      if (!part.querySelector('form')) part.querySelector('.server-head button').click();
      part.querySelector('form button').click();`);
    await view.waitFor(`return document.querySelector('#said').textContent.startsWith('The settings have changed meanwhile.');`);
    await view.waitFor(`return document.querySelector('#accounts').innerText.includes('(POP3) · 127.0.0.1');`);
    assert.equal(await view.run(`return document.querySelectorAll('.result').length;`), 0);
    await showTab(thunderbird, false);
    await view.waitFor(`return document.visibilityState === 'hidden';`);
    await setServer(thunderbird, 'pop3', 'hostname', 'localhost');
    await showTab(thunderbird, true);
    await view.waitFor(`return document.querySelector('#accounts').innerText.includes('(POP3) · localhost');`);

    // The permission is remembered, and can be taken back.
    await view.reload();
    await view.waitFor(`return document.querySelectorAll('#accounts li').length === 3;`);
    await view.press('Do not look them up any more');
    await view.waitFor(`return !document.querySelector('#consent').hidden && !document.querySelectorAll('#accounts li').length;`);
    assert.equal(await view.run('return document.activeElement.textContent;'), 'Show my accounts');
    // Thunderbird's own, when a page that listens to the storage is closed.
    const errors = (await thunderbird.addonErrors()).filter((line) => !line.includes('on closed conduit'));
    assert.deepEqual(errors, []);

    // A refused login of Thunderbird itself is as without any of us: its own box, its own words.
    await thunderbird.getNewMessages('server1');
    const box = await thunderbird.waitForDialog('choice');
    assert.match(`${box.title} ${box.text}`, /Login to server localhost .* failed/);
    assert.deepEqual(
      box.buttons.map(({ label }) => label),
      ['Retry', 'Cancel', 'Enter New Password'],
    );
    await thunderbird.clickButton(box, 'cancel');
  },
);

for (const [locale, language] of Object.entries({ 'en-US': 'en', ja: 'ja' })) {
  story(`the basic page can be used by everybody, light and dark, at 320 px, with longer words (${locale})`, async (world) => {
    const dovecot = await world.dovecot({
      users: { alice: 'right', bob: 'pw' },
    });
    const thunderbird = await world.thunderbird({
      ...{
        addon: false,
        basicXpi: basicFile,
        active: false,
        host: hostBinary,
        locale,
      },
      ...accountsOn(dovecot),
    });
    await thunderbird.waitFor(`return !!Cu.getGlobalForObject(Services).WebExtensionPolicy.getByID(args.id);`, { id: basicId });
    const view = await openPage(thunderbird, page, {
      ready: filled,
      addon: basicId,
    });
    const wrong = [];
    const look = async (name) => {
      for (const scheme of ['light', 'dark']) {
        await useScheme(thunderbird, scheme);
        await view.waitFor(`return matchMedia('(prefers-color-scheme: dark)').matches === arg;`, scheme === 'dark');
        const { violations, passes } = await violationsOf(view);
        assert.ok(passes.includes('color-contrast'), 'axe judged the colours');
        wrong.push(...violations.map((one) => `${name} ${scheme}: ${one}`));
        assert.doesNotMatch(await view.run('return document.body.innerText;'), /undefined|\bnull\b|\[object|\$[A-Z]+\$|__MSG/);
        await view.picture(path.join(artifacts, `basic-${name}-${language}-${scheme}.png`));
      }
      await view.width(320);
      wrong.push(...(await misfitsOf(view)).map((one) => `${name} 320 px: ${one}`));
      await view.width(null);
    };
    assert.equal(await view.run('return document.documentElement.lang;'), locale);
    await look('consent');
    await view.run(`document.querySelector('#agree').click();`);
    await view.waitFor(`return document.querySelectorAll('#accounts li').length === 3;`);
    await check(view, 'wrong-typed', 'IMAP');
    await view.run(`for (const one of document.querySelectorAll('details')) one.open = true;`);
    await look('refused');
    await lengthen(view);
    await view.width(320);
    wrong.push(...(await misfitsOf(view)).map((one) => `longer: ${one}`));
    assert.deepEqual(wrong, []);

    // The keyboard alone, from the top to the check.
    await view.width(null);
    await view.reload();
    await view.waitFor(`return document.querySelectorAll('#accounts li').length === 3;`);
    await view.focus();
    const focused = `const one = document.activeElement; const { outlineStyle, outlineWidth } = getComputedStyle(one);
      return { tag: one.tagName, type: one.type, seen: outlineStyle !== 'none' && parseFloat(outlineWidth) > 0 };`;
    await view.key('Tab');
    assert.deepEqual(await view.run(focused), {
      tag: 'BUTTON',
      type: 'button',
      seen: true,
    });
    await view.key('Enter');
    await view.waitFor(`return document.activeElement.type === 'password';`);
    assert.ok((await view.run(focused)).seen);
    await view.key('Enter');
    await view.waitFor(`return document.activeElement.tagName === 'H3';`);
  });
}

story('a Thunderbird that knows no native application: both versions say what is missing and the way out', async (world) => {
  const thunderbird = await world.thunderbird({
    ...withBoth,
    active: true,
    host: null,
    accounts: [
      {
        type: 'imap',
        name: 'Work',
        host: 'localhost',
        port: 1,
        user: 'alice',
      },
    ],
    env: { SNAP_NAME: 'thunderbird' },
  });
  const view = await openPage(thunderbird, page, {
    ready: filled,
    addon: basicId,
  });
  assert.match(await view.run(`return document.querySelector('#helper').textContent;`), /not installed/);
  assert.equal(await view.run(`return document.querySelector('code').textContent;`), 'packaging/install --user');
  const both = await view.run(`return document.querySelector('#helper-section').innerText;`);
  assert.match(both, /Flatpak cannot start helper programs.*A snap asks once/s);
  await view.picture(path.join(artifacts, 'basic-helper-missing-en.png'));
  assert.ok(await view.run(`return document.querySelector('#consent').hidden;`), 'nothing to allow yet');

  // It comes while the page is open, and cannot tell which profile is: the user can.
  await installHost(thunderbird.home, new URL('hosts/two_profiles.mjs', import.meta.url));
  await view.press('Check the helper');
  await view.press('Show my accounts');
  await view.press('one (imap.one.example)');
  await view.waitFor(`return document.querySelector('#accounts').innerText.includes('imap.one.example');`);
  await view.press('Check…');
  assert.match(await view.run(`return document.querySelector('form').innerText;`), /follows the proxy settings of this computer/);
  await view.reload();
  await view.press('two (imap.two.example)');
  await view.waitFor(`return document.querySelector('#said').textContent.startsWith('Thunderbird is set to use a proxy.');`);
  assert.equal(await view.run(`return document.querySelectorAll('#accounts li').length;`), 0);
  await view.close();
  await removeHost(thunderbird.home);

  // The full version can look where it is.
  const ready = `return !!document.querySelector('#helper')?.textContent;`;
  const first = await openPage(thunderbird, 'first_run/first_run.html', {
    ready,
  });
  assert.match(await first.run(`return document.querySelector('#helper-place').innerText;`), /runs here as a snap.*answer yes/s);
  assert.match(await first.run(`return document.body.innerText;`), /full, unrestricted access to Thunderbird, and your computer/);
  await first.picture(path.join(artifacts, 'first-run-snap-en.png'));
  await first.close();
});
