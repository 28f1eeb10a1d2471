// SPDX-License-Identifier: MPL-2.0
// Prompts: Thunderbird's password prompts as seen from outside, one after the other, and the login that was forgotten for one of them.
//
//     reprompt:   queued -> (nothing held, no box or prompt open) -> keep the login, forget it, Thunderbird's own prompt -> sign in
//     in between: the hook keeps the login and answers "new password"; Thunderbird asks inside its connection
//     the prompt ends with a password -> the kept login is dropped
//     it ends without, or never comes -> the kept login goes back, unless another one is saved
//
// A kept login lives in this object only, never on disk and never in a message. The vault holds it too (the background's duty).
// Belongs here: noticing prompts, their queue, keeping and giving back. Does not belong here: failures (login_hook.js), words.
'use strict';

/* global Services, ChromeUtils */

const { MsgAuthPrompt } = ChromeUtils.importESModule('resource:///modules/MsgAsyncPrompter.sys.mjs');
const { setTimeout, clearTimeout } = ChromeUtils.importESModule('resource://gre/modules/Timer.sys.mjs');

const promptComesMs = 60_000; // Thunderbird asks a moment after it has forgotten; later than this it will not
const givingBackMs = 5_000;
/** What waited behind a prompt longer than this may be lost: the connection had its time-out, or had it nearly. */
const connectionLivesMs = () => 600 * Services.prefs.getIntPref('mailnews.tcptimeout', 100);
const quitTopic = 'quit-application-granted';
const boxAddress = 'chrome://global/content/commonDialog.xhtml';
const signInAddress = 'chrome://messenger/content/browserRequest.xhtml';
const nameOf = (kind, key) => `${kind}:${key}`;
/** The user's own wish to change a password, which no sign-in and no saved password takes back. */
const changeOf = (name) => `change ${name}`;

/** @param {string[]} addresses */
const openWindows = (...addresses) =>
  [...Services.wm.getEnumerator(null)].filter(
    (win) => !win.closed && addresses.some((address) => win.document?.documentURI?.startsWith(address)),
  );

this.Prompts = class Prompts {
  /**
   * @param {{
   *   servers: any, patches: any,
   *   quietly: <T>(server: any, kind: string, change: () => Promise<T>) => Promise<T>,
   *   held: () => boolean,
   *   typed: (server: {kind: string, key: string}) => void,
   *   watched: <T>(args: any[], names: {kind: string, key: string}[], ask: () => T) => T,
   *   closed: (end: {kind: string, key: string, restored: boolean}) => void,
   * }} parts `quietly`: a change of the login store that is ours; `held`: a failure is held, or a box is open through the hook;
   *   `watched`: asks, and looks at what is typed
   */
  constructor({ servers, patches, quietly, held, typed, watched, closed }) {
    Object.assign(this, { servers, patches, quietly, held, typed, watched, closed });
    /** How many of Thunderbird's password prompts are being asked now. */
    this.asking = 0;
    /** @type {Map<string, number>} server -> how many of its prompts */
    this.askingFor = new Map();
    /** @type {Map<string, {kind: string, key: string, login: any, timer: any}>} */
    this.kept = new Map();
    /** @type {{name: string, needsStore: boolean, run: () => unknown}[]} */
    this.queue = [];
    this.running = null;
    this.stopped = false;
  }

  start() {
    const prompts = this;
    this.patches.wrap(MsgAuthPrompt.prototype, 'promptPassword', (original) => {
      return function (...args) {
        return prompts.around(args, () => original.apply(this, args));
      };
    });
    Services.ww.registerNotification(this);
    Services.obs.addObserver(this, quitTopic);
  }

  /** Disabled, or Thunderbird ends. What a prompt that is still open decides about goes back when it closes without a password. */
  stop() {
    this.stopped = true;
    this.queue = [];
    try {
      Services.ww.unregisterNotification(this);
      Services.obs.removeObserver(this, quitTopic);
    } catch {
      // was not there
    }
    // With its prompt open, an old login put back now would make Thunderbird refuse the new one.
    this.giveAllBack([...this.kept.keys()].filter((name) => Services.startup.shuttingDown || !this.askingFor.get(name)));
  }

  observe(_subject, topic) {
    if (topic === quitTopic) {
      this.stopped = true; // nothing may be forgotten any more
      this.queue = [];
      this.giveAllBack([...this.kept.keys()]);
    } else if (topic === 'domwindowclosed') this.pump();
  }

  /** Before this returns, the store has them. @param {string[]} names */
  giveAllBack(names) {
    if (!names.length) return;
    let done = false;
    Promise.all(names.map((name) => this.giveBack(name).catch(() => {}))).then(() => {
      done = true;
    });
    const begun = ChromeUtils.now();
    const timer = setTimeout(() => {}, givingBackMs); // wakes the loop
    Services.tm.spinEventLoopUntil('reprompt: a login goes back', () => done || ChromeUtils.now() - begun >= givingBackMs);
    clearTimeout(timer);
  }

  // ---- noticing ----

  /** Only to know that a prompt opened and how it ended. @param {any[]} args @param {() => boolean} ask */
  around(args, ask) {
    const servers = this.asked(args[2]);
    this.count(servers, 1);
    const begun = ChromeUtils.now();
    let given = false;
    try {
      const answer = this.watched(args, servers, ask);
      given = answer && !!args[4]?.value;
      return answer;
    } finally {
      this.count(servers, -1);
      const late = ChromeUtils.now() - begun > connectionLivesMs();
      for (const server of servers) this.ended(server, given, late);
      this.pump();
    }
  }

  /** Several servers may share one login (SMTP on two ports). @param {string} realm @returns {{kind: string, key: string}[]} */
  asked(realm) {
    try {
      return this.servers.allOfRealm(realm);
    } catch {
      return [];
    }
  }

  count(servers, step) {
    this.asking += step;
    for (const { kind, key } of servers) {
      const name = nameOf(kind, key);
      this.askingFor.set(name, (this.askingFor.get(name) ?? 0) + step);
    }
  }

  /** Thunderbird's prompt for this server is open. */
  isAskingFor(kind, key) {
    return this.askingFor.get(nameOf(kind, key)) > 0;
  }

  ended(server, given, late) {
    const name = nameOf(server.kind, server.key);
    if (given) {
      this.drop(name);
      if (!this.stopped) this.typed(server);
      if (late) this.checkAgain(server, name);
    } else if (this.kept.has(name)) {
      // A second connection that waits would otherwise send the old password at once.
      try {
        this.servers.hush(server.kind, server.key);
      } catch {
        // the account is gone
      }
      this.giveBack(name).catch(() => {});
    }
  }

  /** The prompt stood in a check that its connection has not survived: the new password shall bring the mail all the same. */
  checkAgain(server, name) {
    if (server.kind !== 'incoming' || [name, changeOf(name)].includes(this.running)) return;
    this.inTurn(`check ${name}`, () => this.servers.signIn(this.servers.find(server.kind, server.key), server.kind));
  }

  /** Boxes and prompts in whose event loop we are. */
  openBoxes() {
    return openWindows(boxAddress);
  }

  // ---- keeping and giving back ----

  /** Remembers the saved login that is about to be forgotten. @param {string} kind @param {any} server */
  async keep(kind, server) {
    const name = nameOf(kind, server.key);
    // Forgotten already and not asked for: the one from before is what can go back.
    const login = (await this.servers.savedLogin(kind, server))?.clone() ?? this.kept.get(name)?.login ?? null;
    this.drop(name);
    const timer = setTimeout(() => this.overdue(name), promptComesMs);
    this.kept.set(name, { kind, key: server.key, login, timer });
  }

  /** The password that was forgotten for a prompt that has not ended. @returns {string|null} */
  keptPassword(kind, key) {
    return this.kept.get(nameOf(kind, key))?.login?.password ?? null;
  }

  drop(name) {
    clearTimeout(this.kept.get(name)?.timer);
    this.kept.delete(name);
  }

  overdue(name) {
    if (this.askingFor.get(name)) return; // its end decides
    this.giveBack(name)
      .catch(() => {})
      .then(() => this.pump());
  }

  async giveBack(name) {
    const entry = this.kept.get(name);
    if (!entry) return;
    this.drop(name);
    const { kind, key, login } = entry;
    let restored = false;
    try {
      const server = this.servers.find(kind, key);
      if (await this.servers.savedLogin(kind, server)) return; // somebody saved one: nothing to say
      if (login) {
        await this.quietly(server, kind, () => Services.logins.addLoginAsync(login));
        restored = true;
      }
    } finally {
      this.closed({ kind, key, restored });
    }
  }

  // ---- one at a time ----

  /** Queues: forget the password, Thunderbird's own prompt outside of any connection, sign in. @param {string} kind @param {string} key */
  reprompt(kind, key) {
    const name = nameOf(kind, key);
    if (this.running === name || this.queue.some((job) => job.name === name)) return;
    const server = this.servers.find(kind, key);
    const before = this.credentialNow(kind, server);
    this.add({ name, needsStore: true, run: async () => this.askAnew(kind, server, await before) });
  }

  /**
   * Queues the same for a password that the user wants to change; the sign-in is left to whoever asks. One that is queued or open for this server
   * already is enough.
   * @param {string} kind @param {string} key @returns {Promise<boolean>} whether a password was given; if not, what was forgotten is back
   */
  ask(kind, key) {
    const name = nameOf(kind, key);
    const change = changeOf(name);
    if ([name, change].includes(this.running) || this.isAskingFor(kind, key) || this.queue.some((job) => job.name === change)) {
      return Promise.resolve(false);
    }
    this.withdraw(kind, key);
    return new Promise((resolve, reject) => {
      const run = async () => {
        try {
          resolve(!!(await this.askForNew(kind, this.servers.find(kind, key))));
        } catch (error) {
          reject(error);
        }
      };
      this.add({ name: change, needsStore: true, run });
    });
  }

  /** What a later isAnother() compares with. */
  credentialNow(kind, server) {
    return this.servers.credential(kind, server).catch(() => null);
  }

  /** The reason for asking is gone (signed in, another password saved): drops what has not begun. @param {string} kind @param {string} key */
  withdraw(kind, key) {
    const name = nameOf(kind, key);
    this.queue = this.queue.filter((job) => job.name !== name);
  }

  /** Queues anything that opens a box or leads to a prompt. @param {string} name @param {() => unknown} run */
  inTurn(name, run) {
    this.add({ name, needsStore: false, run });
  }

  add(job) {
    this.queue.push(job);
    this.pump();
  }

  /** Looks, a moment later, whether the next one may start. */
  pump() {
    if (this.queue.length) setTimeout(() => this.next(), 0);
  }

  quiet() {
    return (
      !this.running && !this.asking && !this.held() && !this.kept.size && openWindows(boxAddress, signInAddress).length === 0
    );
  }

  next() {
    if (this.stopped || Services.startup.shuttingDown || !this.quiet()) return;
    const at = this.queue.findIndex((job) => !job.needsStore || !this.servers.locked());
    if (at < 0) return;
    const [{ name, run }] = this.queue.splice(at, 1);
    this.running = name;
    Promise.resolve()
      .then(run)
      .catch(() => {})
      .then(() => {
        this.running = null;
        this.pump();
      });
  }

  async askAnew(kind, server, before) {
    if (await this.isAnother(kind, server, before)) return this.servers.signIn(server, kind);
    if (this.servers.usesTokens(server)) {
      await this.servers.clearTokens(server, kind);
      return this.servers.signIn(server, kind); // Thunderbird opens the provider's page
    }
    const password = await this.askForNew(kind, server);
    if (password && !this.stopped) this.servers.signIn(server, kind);
  }

  /** In its turn: forgets the password and has Thunderbird ask; what was forgotten goes back if nobody answers. @returns {Promise<string|null>} */
  async askForNew(kind, server) {
    if (kind === 'outgoing') this.servers.releaseBorrowed(server);
    await this.keep(kind, server);
    let password = null;
    if (!this.stopped && !Services.startup.shuttingDown) {
      server.forgetPassword();
      password = await this.servers.askPassword(kind, server).catch(() => null);
    }
    await this.giveBack(nameOf(kind, server.key)); // no prompt came at all
    return password;
  }

  /** While it was queued, somebody gave this server another password: that one must not be forgotten. */
  async isAnother(kind, server, before) {
    if (!before || before.locked) return false;
    const { stored, session } = await this.servers.credential(kind, server);
    return [stored, session].some((now) => now && ![before.stored, before.session].includes(now));
  }
};
