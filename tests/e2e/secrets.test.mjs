// SPDX-License-Identifier: MPL-2.0
// Planted passwords, a token and an address in a real Thunderbird: the saved password is wrong, a new one is typed, the old one put back, a report copied. Then
// they are looked for wherever they do not belong: the consoles, preferences, profile, what the add-on and the host keep, keyring files, the processes' arguments
// and environments, the report. Belongs here: the way through Thunderbird. Does not belong here: the host alone and its memory (tests/servers/secrets.test.mjs).
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { addonId } from '../harness/profile.mjs';
import { openPage } from '../harness/pages.mjs';
import { waitUntil } from '../harness/processes.mjs';
import { filesBelow, tracesIn, tracesInFiles, tracesOf } from '../servers/planted.mjs';
import { hostBinary, story } from './world.mjs';

// Random characters, so that six of them in a row are a find.
const [old, fresh] = ['vK7#qZ4+Wm2"xR9=hTjY5/bN', 'Gq8%Lw3&Zc6!Np1*Jf4'];
const refreshToken = '1//0Qw7Xk2Vb9Rt4Hm6Zp1Ls8Dn3Gf5Jc0';
const secrets = tracesOf({ 'old password': old, 'new password': fresh, token: refreshToken }, { piece: 6 });
const user = 'wq5zvk.jx8rtm';
const address = tracesOf({ address: `${user}@mail.planted.example`, name: user });
/** Where Thunderbird itself keeps logins. */
const loginStore = /\/(logins(-backup)?\.json|key4\.db|logins\.db)$/;

/** Everything that the two consoles of Thunderbird have. */
const consoles = (thunderbird) =>
  thunderbird.eval(
    `const plain = thing => { try { return typeof thing === 'string' ? thing : JSON.stringify(thing) ?? String(thing); } catch (cyclic) { return String(thing); } };
     const storage = Cc['@mozilla.org/consoleAPI-storage;1'].getService(Ci.nsIConsoleAPIStorage);
     return [...Services.console.getMessageArray().map(each => String(each.message ?? each)),
       ...storage.getEvents().flatMap(({ arguments: all = [], filename, styles }) => [...all, filename, styles].map(plain))];`,
  );
/** What the add-on keeps, and all preferences. */
const kept = (thunderbird) =>
  thunderbird.eval(
    `const { ExtensionStorageIDB } = ChromeUtils.importESModule('resource://gre/modules/ExtensionStorageIDB.sys.mjs');
     const extension = Cu.getGlobalForObject(Services).WebExtensionPolicy.getByID(args.addonId).extension;
     const database = await ExtensionStorageIDB.open(ExtensionStorageIDB.getStoragePrincipal(extension));
     const local = JSON.stringify(await database.get(null));
     database.close();
     const strings = Services.prefs.getChildList('').filter(name => Services.prefs.getPrefType(name) === Services.prefs.PREF_STRING);
     return { local, preferences: strings.map(name => name + '=' + Services.prefs.getStringPref(name, '')).join('\\n') };`,
    { addonId },
  );
const clipboard = (thunderbird) =>
  thunderbird.eval(
    `const transferable = Cc['@mozilla.org/widget/transferable;1'].createInstance(Ci.nsITransferable);
     transferable.init(null);
     transferable.addDataFlavor('text/plain');
     Services.clipboard.getData(transferable, Services.clipboard.kGlobalClipboard);
     const data = {};
     try { transferable.getTransferData('text/plain', data); } catch (empty) { return ''; }
     return data.value?.QueryInterface(Ci.nsISupportsString).data ?? '';`,
  );
/** The hosts that run. */
const hostProcesses = () =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/exe`) === path.resolve(hostBinary);
    } catch {
      return false;
    }
  });

story(
  'no planted password, token or address is found where it does not belong, after a whole life of an account',
  async (world) => {
    const dovecot = await world.dovecot({ users: { [user]: fresh } });
    dovecot.deliver(user, 'One');
    const thunderbird = await world.thunderbird({
      accounts: [
        {
          ...{ type: 'imap', name: 'Work', host: 'localhost', port: dovecot.ports.imaps, user, password: old },
          address: `${user}@mail.planted.example`,
        },
      ],
    });
    await thunderbird.eval(
      `const info = Cc['@mozilla.org/login-manager/loginInfo;1'].createInstance(Ci.nsILoginInfo);
     info.init('oauth://localhost', null, 'mail', args.user, args.token, '', '');
     await Services.logins.addLoginAsync(info);`,
      { user, token: refreshToken },
    );

    await thunderbird.getNewMessages('server1');
    const prompt = await thunderbird.waitForDialog('password');
    const hosts = hostProcesses();
    assert.ok(hosts.length > 0, 'no host runs');
    for (const pid of hosts)
      for (const file of ['cmdline', 'environ'])
        assert.deepEqual(tracesIn(readFileSync(`/proc/${pid}/${file}`), [...secrets, ...address]), [], file);
    await thunderbird.typePassword(prompt, fresh);
    await thunderbird.waitForSubject('server1', 'One');

    await dovecot.setPassword(user, old);
    const options = await openPage(thunderbird, 'options/options.html', {
      ready: `return !!document.querySelector('#helper')?.textContent;`,
    });
    await options.press('Show what is kept');
    await options.press('Undo');
    await options.press('Put the old password back');
    await options.waitFor(`return document.querySelector('#vault [role=status]').textContent.startsWith('Done.');`);
    const shown = await options.run('return document.documentElement.outerHTML;');
    assert.deepEqual(tracesIn(shown, secrets), []);
    await options.close();

    const [{ id }] = await thunderbird.incidents();
    const card = await openPage(thunderbird, `card/card.html?incident=${id}`);
    assert.deepEqual(tracesIn(await card.run('return document.documentElement.outerHTML;'), secrets), []);
    const copy = `[...document.querySelectorAll('button')].find((one) => one.textContent === 'Copy report')`;
    await card.waitFor(`return !!${copy};`);
    await card.focus();
    await card.run(`document.querySelector('details').open = true; ${copy}.focus();`);
    await card.key('Enter'); // a real key: only a user may fill the clipboard
    const report = await waitUntil(async () => /^# /m.test(await clipboard(thunderbird)) && clipboard(thunderbird), {
      what: 'the report on the clipboard',
    });
    assert.match(report, /stale_password/);
    assert.deepEqual(tracesIn(report, [...secrets, ...address]), [], report);
    await card.close();

    const lines = await consoles(thunderbird);
    assert.deepEqual(tracesIn(lines.join('\n'), secrets), []);
    const ours = lines.filter((line) => /reprompt|loginwatch/i.test(line)).join('\n');
    assert.deepEqual(tracesIn(ours, address), [], ours);
    const { local, preferences } = await kept(thunderbird);
    assert.match(local, /stale_password/, 'the history is not kept');
    assert.deepEqual(tracesIn(local, secrets), []);
    assert.ok(tracesIn(preferences, address).length > 0, 'the search does not find what is there');
    assert.deepEqual(tracesIn(preferences, secrets), []);
    assert.deepEqual(tracesIn(JSON.stringify(await thunderbird.incidents()), secrets), []);

    await thunderbird.quit();
    const files = filesBelow(world.dir);
    assert.ok(
      files.some((file) => loginStore.test(file)) && files.some((file) => /reprompt\/ledger$/.test(file)),
      files.join('\n'),
    );
    // The servers' own files know the passwords, of course.
    const places = [thunderbird.profile, thunderbird.home, path.join(thunderbird.dir, 'tmp'), world.keyring.dir];
    assert.deepEqual(
      tracesInFiles(places, secrets).filter((found) => !loginStore.test(found.split(': ')[0])),
      [],
    );
    assert.deepEqual(tracesInFiles([thunderbird.home], address), [], 'what the host keeps');
    assert.deepEqual(tracesIn(readFileSync(path.join(thunderbird.dir, 'thunderbird.log')), [...secrets, ...address]), []);
    world.say(`${files.length} files, ${lines.length} lines of the consoles, a report of ${report.length} characters: 0 finds`);
  },
);
