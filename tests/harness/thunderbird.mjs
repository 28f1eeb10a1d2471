// SPDX-License-Identifier: MPL-2.0
// One real Thunderbird on its own display with its own profile and home, and what a user does in it. Belongs here: starting, asking,
// fetching, sending, quitting. Not here: the profile (profile.mjs), dialogs (dialogs.mjs), expectations (tests/e2e).
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { makeDialogs } from './dialogs.mjs';
import { connectMarionette } from './marionette.mjs';
import { freePort } from './ports.mjs';
import { start } from './processes.mjs';
import { addonId, makeProfile } from './profile.mjs';
import { takeScreenshot } from './screenshots.mjs';
import { connectEval, evalServerSource } from './tb_eval.mjs';
import { startXvfb } from './xvfb.mjs';

const program = process.env.THUNDERBIRD ?? '/usr/lib/thunderbird/thunderbird';
const realms = { imap: 'imap', pop3: 'mailbox', smtp: 'smtp', nntp: 'news' };

/** Looks into an inbox only when its folder says that it holds something: opening the database earlier would disturb a first IMAP fetch. */
const subjectsSource = `const subjects = () => {
  const inbox = server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
  if (!inbox || inbox.getTotalMessages(false) < 1) return [];
  try { return [...inbox.msgDatabase.enumerateMessages()].map(h => h.mime2DecodedSubject); } catch (notYet) { return []; }
};`;

/**
 * Starts Thunderbird and waits until its main window is ready and the saved logins are in place.
 * @param {Parameters<typeof makeProfile>[0] & {dir: string, display?: string, env?: Record<string, string>}} wish
 *   `dir` must not exist or be empty, but with `again`: then the profile that lies there is used once more, with what is saved in it;
 *   `display` uses an existing X display instead of an own Xvfb.
 */
export async function startThunderbird(wish) {
  const { dir, accounts = [], smtp = null, locale = 'en-US' } = wish;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const marionettePort = await freePort();
  const { profile, home } = await makeProfile({ ...wish, marionettePort });
  // Of its own: in a shared one Thunderbird removes the file (nsqmail.tmp) that another Thunderbird is about to send.
  const temporary = path.join(dir, 'tmp');
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  const screen = wish.display ? null : await startXvfb();
  const display = wish.display ?? screen.display;
  // Only for a display of the user's own: an Xvfb of ours asks for no cookie.
  const cookie = wish.display ? { XAUTHORITY: process.env.XAUTHORITY ?? path.join(homedir(), '.Xauthority') } : {};
  const env = {
    ...process.env,
    ...cookie,
    HOME: home,
    TMPDIR: temporary,
    DISPLAY: display,
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    LANGUAGE: '',
    GDK_BACKEND: 'x11',
    NO_AT_BRIDGE: '1',
    MOZ_CRASHREPORTER_DISABLE: '1',
    ...wish.env,
  };
  for (const name of ['XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME', 'WAYLAND_DISPLAY', 'MOZ_HEADLESS'])
    delete env[name];
  const run = start(program, ['-profile', profile, '-no-remote', '--marionette', '--remote-allow-system-access'], { env });

  let wire;
  try {
    const marionette = await connectMarionette({ port: marionettePort, alive: run.alive });
    const evalPort = await marionette.run(evalServerSource);
    await marionette.leave();
    wire = await connectEval(evalPort);
  } catch (error) {
    await run.stop();
    await screen?.stop();
    throw new Error(`${error.message}\n${run.output().slice(-3000)}`);
  }
  const evaluate = wire.evaluate;
  const dialogs = makeDialogs(evaluate);

  /** Waits until an async condition (function body, may use `args`) is truthy inside Thunderbird; gives its value. */
  const waitFor = async (condition, args = {}, limitMs = 60_000) => {
    const result = await evaluate(
      `const end = Date.now() + args.limitMs;
       const check = async () => { ${condition} };
       for (;;) {
         const value = await check();
         if (value) return { value };
         if (Date.now() > end) return {};
         await new Promise(done => setTimeout(done, 50));
       }`,
      { ...args, limitMs },
      limitMs + 10_000,
    );
    if (!('value' in result)) throw new Error(`not so within ${limitMs} ms: ${condition}`);
    return result.value;
  };

  const serverSource = `const server = MailServices.accounts.getIncomingServer(args.key);
    if (!server) throw new Error('no server ' + args.key);`;

  const thunderbird = {
    dir,
    profile,
    home,
    display,
    pid: run.pid,
    locale,
    eval: evaluate,
    waitFor,
    dialogs: dialogs.list,
    dialogHistory: dialogs.history,
    waitForDialog: dialogs.waitForDialog,
    clickButton: dialogs.clickButton,
    typePassword: dialogs.typePassword,

    /** Saves a login as Thunderbird would have done. */
    saveLogin: ({ type, host, user, password }) =>
      evaluate(
        `const info = Cc['@mozilla.org/login-manager/loginInfo;1'].createInstance(Ci.nsILoginInfo);
         info.init(args.origin, null, args.origin, args.user, args.password, '', '');
         await Services.logins.addLoginAsync(info);`,
        { origin: `${realms[type]}://${host}`, user, password },
      ),

    /** @returns {Promise<{origin: string, username: string, password: string, changed: number}[]>} all saved logins but the add-on's own */
    logins: (origin = null) =>
      evaluate(
        `const all = await Services.logins.getAllLogins();
         return all.filter(l => args.origin ? l.origin === args.origin : /^(imap|mailbox|smtp|news|oauth):/.test(l.origin)).map(l => ({ origin: l.origin,
           username: l.username, password: l.password, changed: l.QueryInterface(Ci.nsILoginMetaInfo).timePasswordChanged }));`,
        { origin },
      ),

    /** "Get Messages" for one account, with the main window, as its menu does it. Returns at once. */
    getNewMessages: (key) =>
      evaluate(
        `${serverSource}
         const win = Services.wm.getMostRecentWindow('mail:3pane');
         const folder = server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox) ?? server.rootFolder;
         setTimeout(() => win.GetNewMsgs(server, folder), 0);`,
        { key },
      ),

    /** Subjects in the account's inbox. */
    inboxSubjects: (key) => evaluate(`${serverSource} ${subjectsSource} return subjects();`, { key }),

    /** Waits until a message with that subject is in the account's inbox. */
    waitForSubject: (key, subject, limitMs = 60_000) =>
      waitFor(`${serverSource} ${subjectsSource} return subjects().includes(args.subject);`, { key, subject }, limitMs),

    /** Shows the account's inbox in the main window, as a click on it does. */
    openInbox: (key) =>
      evaluate(
        `${serverSource}
        const inbox = server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
        Services.wm.getMostRecentWindow('mail:3pane').gTabmail.currentAbout3Pane.displayFolder(inbox.URI);`,
        { key },
      ),

    /** Writes a message in a composition window and presses Send, or Send Later. Returns when that has begun. */
    async sendMessage({ to, subject, body = 'Hello.', later = false }) {
      await evaluate(
        `const fields = Cc['@mozilla.org/messengercompose/composefields;1'].createInstance(Ci.nsIMsgCompFields);
         Object.assign(fields, { to: args.to, subject: args.subject, body: args.body + '\\r\\n' });
         const params = Cc['@mozilla.org/messengercompose/composeparams;1'].createInstance(Ci.nsIMsgComposeParams);
         params.composeFields = fields;
         params.type = Ci.nsIMsgCompType.New;
         params.format = Ci.nsIMsgCompFormat.PlainText;
         params.identity = MailServices.accounts.defaultAccount.defaultIdentity;
         MailServices.compose.OpenComposeWindowWithParams(null, params);`,
        { to, subject, body },
      );
      await waitFor(
        `const win = Services.wm.getMostRecentWindow('msgcompose');
        return !!win && win.document.readyState === 'complete' && win.gMsgCompose?.editor && win.composeEditorReady
          && win.document.getElementById('msgSubject').value === args.subject && !win.gSendLocked && !win.gWindowLocked;`,
        { subject },
      );
      await evaluate(
        `const win = Services.wm.getMostRecentWindow('msgcompose'); win.setTimeout(() => win.goDoCommand(args.command), 0);`,
        { command: later ? 'cmd_sendLater' : 'cmd_sendNow' },
      );
    },

    /** The composition windows that are open; after a sent message there is none. */
    composeWindows: () => evaluate(`return [...Services.wm.getEnumerator('msgcompose')].filter(w => !w.closed).length;`),

    /** The add-on's own counts of what it did; null if it does not answer. */
    counters: () =>
      evaluate(
        `const bag = {};
         Services.obs.notifyObservers({ wrappedJSObject: bag }, 'reprompt-counters');
         return Object.keys(bag).length ? JSON.parse(JSON.stringify(bag)) : null;`,
      ),

    /** The add-on's incidents as it keeps them for this session (storage.session), oldest first. The stored copy is only read (second argument). */
    incidents: () =>
      evaluate(
        `const { extensionStorageSession } = ChromeUtils.importESModule('resource://gre/modules/ExtensionStorage.sys.mjs');
         const extension = Cu.getGlobalForObject(Services).WebExtensionPolicy.getByID(args.id)?.extension;
         if (!extension) return [];
         const { incidents } = extensionStorageSession.get(extension, 'incidents');
         return (typeof incidents?.deserialize === 'function' ? incidents.deserialize(globalThis, true) : incidents) ?? [];`,
        { id: addonId },
      ),

    /** Waits until the add-on is active and its patches are in. */
    waitForAddon: () =>
      waitFor(
        `const { AddonManager } = ChromeUtils.importESModule('resource://gre/modules/AddonManager.sys.mjs');
        const addon = await AddonManager.getAddonByID(args.id);
        if (!addon?.isActive) return false;
        const bag = {};
        Services.obs.notifyObservers({ wrappedJSObject: bag }, 'reprompt-counters');
        return Object.keys(bag).length > 0;`,
        { id: addonId },
      ),

    /** Switches the add-on off as the Add-ons page does. */
    disableAddon: () =>
      evaluate(
        `const { AddonManager } = ChromeUtils.importESModule('resource://gre/modules/AddonManager.sys.mjs');
        const addon = await AddonManager.getAddonByID(args.id); await addon.disable(); return addon.isActive;`,
        { id: addonId },
      ),

    /** Saves the display as a PNG after the next paint of the newest window. */
    async screenshot(file) {
      await evaluate(`const wins = [...Services.wm.getEnumerator(null)].filter(w => !w.closed);
        const win = wins.at(-1);
        if (win) await Promise.race([new Promise(done => win.requestAnimationFrame(() => win.requestAnimationFrame(done))),
          new Promise(done => setTimeout(done, 1500))]);`);
      return takeScreenshot(display, file);
    },

    /** Messages of Thunderbird's console that name the add-on; for failure reports. */
    consoleLines: () =>
      evaluate(
        `return Services.console.getMessageArray().map(m => String(m.message ?? m)).filter(t => /reprompt|loginwatch/i.test(t)).slice(-40);`,
      ),

    /** Errors that the add-on's own code left in the console; a healthy run has none. @returns {Promise<string[]>} */
    addonErrors: async () =>
      (await thunderbird.consoleLines())
        .filter((line) => /^\[JavaScript Error|^Error|Exception/.test(line))
        // Thunderbird's own, whenever the page of an add-on with a menu item falls asleep (child/ext-menus.js).
        .filter((line) => !(/sendRemoveListener on closed conduit/.test(line) && /menus\.onClicked/.test(line))),

    ended: run.ended,

    /** Closes what is open and quits as the menu does; ends our own process only if that does not work. */
    async quit() {
      if (run.alive()) {
        await evaluate(
          `for (const win of Services.wm.getEnumerator(null)) {
             if (win.document?.documentURI?.startsWith('chrome://global/content/commonDialog.xhtml')) win.setTimeout(() => win.close(), 0);
           }
           for (const win of Services.wm.getEnumerator('msgcompose')) win.setTimeout(() => win.close(), 0);
           setTimeout(() => Services.startup.quit(Ci.nsIAppStartup.eForceQuit), 100);`,
          {},
          5_000,
        ).catch(() => {});
        const timer = setTimeout(() => run.stop(), 15_000);
        await run.ended;
        clearTimeout(timer);
      }
      await run.stop();
      wire.close();
      await writeFile(path.join(dir, 'thunderbird.log'), run.output());
      await screen?.stop();
    },
  };

  try {
    await dialogs.watch();
    await waitFor(
      `const win = Services.wm.getMostRecentWindow('mail:3pane');
      return !!win && win.document.readyState === 'complete' && !!win.gTabmail?.currentTabInfo && Services.startup.startingUp === false;`,
      {},
      60_000,
    );
    // An IMAP account that has worked before knows its inbox; on a fresh one "Get Messages" may stop after listing the folders.
    await evaluate(`for (const server of MailServices.accounts.allServers.filter(s => s.type === 'imap')) {
      const root = server.rootFolder.QueryInterface(Ci.nsIMsgImapMailFolder);
      if (!server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox)) root.createClientSubfolderInfo('INBOX', '.', 0, false);
    }`);
    if (wish.again) return thunderbird;
    for (const account of accounts) if (account.password) await thunderbird.saveLogin(account);
    if (smtp?.password) await thunderbird.saveLogin({ ...smtp, type: 'smtp' });
  } catch (error) {
    await thunderbird.quit();
    throw error;
  }
  return thunderbird;
}
