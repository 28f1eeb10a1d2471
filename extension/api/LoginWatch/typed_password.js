// SPDX-License-Identifier: MPL-2.0
// TypedPassword: looks at what was typed into Thunderbird's password prompt, after OK and before Thunderbird takes it.
//
//     the password that the server just refused      said in our dialog above the prompt: [Use it anyway] [Enter another one] ([Open the page])
//     full-width letters, blanks around it           pointed out: [Use it as typed] [Enter it again]; never changed
//     an app password in groups, where one is wanted  the blanks between the groups go, without a word: providers show them and none counts them
//     anything else, anything that fails in us        as without us
//
// The prompt stays open meanwhile and keeps its "remember" tick: the dialog's own "dialogaccept" is prevented, so nothing was saved yet.
// Each thing is said once per prompt; whoever presses OK again is obeyed. Dashes stay: no provider is known that refuses its own.
// Only salted digests of refused passwords are kept, in memory.
// Belongs here: looking at what was typed. Does not belong here: when a prompt comes (prompts.js), what is wanted (the background: expect).
'use strict';

/* global Services, Ci */

const promptAddress = 'chrome://global/content/commonDialog.xhtml';
const opened = 'domwindowopened';
const mostDigests = 8;
const wideCharacter = /[\uFF01-\uFF5E]/; // U+FF01 to U+FF5E: their NFKC form is ASCII
const outerBlank = /^\s|\s$/;
const fewestGroups = 3; // two words of one length may be a person's own
const group = /^[A-Za-z0-9]{3,8}$/;
const nameOf = ({ kind, key }) => `${kind}:${key}`;

/** "abcd efgh ijkl mnop", with whatever blanks a web page has, becomes "abcdefghijklmnop"; anything else stays. @param {string} typed */
const withoutGroupBlanks = (typed) => {
  const groups = typed.trim().split(/\s+/);
  const alike = groups.length >= fewestGroups && groups.every((one) => group.test(one) && one.length === groups[0].length);
  return alike ? groups.join('') : typed;
};

this.TypedPassword = class TypedPassword {
  /**
   * @param {{
   *   servers: any,
   *   digest: (password: string) => string,
   *   keptFor: (server: {kind: string, key: string}) => string|null,
   *   getMessage: (key: string, words?: string[]) => string,
   *   openPage: (incident: string) => void,
   * }} parts `keptFor`: the password that was forgotten for this server's prompt
   */
  constructor({ servers, digest, keptFor, getMessage, openPage }) {
    Object.assign(this, { servers, digest, keptFor, getMessage, openPage });
    /** @type {Map<string, {id: string, appPassword: boolean, page: boolean}>} server -> what its open incident wants; its last password is refused */
    this.wanted = new Map();
    /** @type {Map<string, string>} server -> digest of what it had when a login failed last, whatever the reason */
    this.last = new Map();
    /** @type {Map<string, Set<string>>} server -> digests of refused passwords since the last sign-in that worked */
    this.refused = new Map();
    /** Prompts under way, innermost last. */
    this.prompts = [];
    this.stopped = false;
  }

  stop() {
    this.stopped = true;
    for (const known of [this.wanted, this.last, this.refused]) known.clear();
  }

  // ---- what is known about a server ----

  /** A login failed; why is not known yet. @param {string} kind @param {any} server */
  failed(kind, server) {
    try {
      if (server.password) this.last.set(nameOf({ kind, key: server.key }), this.digest(server.password));
    } catch {
      // not known, then
    }
  }

  /** The password of this server is refused, and this is wanted instead; null: its incident is over. */
  expect(kind, key, wanted) {
    const name = nameOf({ kind, key });
    if (!wanted) {
      this.wanted.delete(name);
      return;
    }
    this.wanted.set(name, wanted);
    const digest = this.last.get(name);
    this.last.delete(name);
    if (digest) this.refused.set(name, new Set([...(this.refused.get(name) ?? []), digest].slice(-mostDigests)));
  }

  /** A sign-in worked: nothing that was refused before is "just refused" any more. */
  worked({ kind, key }) {
    this.refused.delete(nameOf({ kind, key }));
    this.last.delete(nameOf({ kind, key }));
  }

  // ---- the prompt ----

  /** @template T @param {any[]} args of promptPassword @param {{kind: string, key: string}[]} names whose prompt it is @param {() => T} ask @returns {T} */
  during([title, text], names, ask) {
    const ours = this.stopped ? [] : names.filter((one) => this.isOurs(one));
    if (!ours.length) return ask();
    const prompt = { title, text, names: ours, win: null, said: new Set(), busy: false };
    this.prompts.push(prompt);
    Services.ww.registerNotification(this);
    try {
      return ask();
    } finally {
      this.prompts.splice(this.prompts.indexOf(prompt), 1);
      Services.ww.unregisterNotification(this);
    }
  }

  isOurs({ kind, key }) {
    try {
      return this.servers.enters(kind, this.servers.find(kind, key));
    } catch {
      return false;
    }
  }

  observe(win, topic) {
    if (topic === opened) win.addEventListener('load', () => this.follow(win), { once: true });
  }

  /** Several prompts may be open, one in the event loop of another; each is known by its words. */
  follow(win) {
    try {
      if (!win.document.documentURI.startsWith(promptAddress) || win.args?.promptType !== 'promptPassword') return;
      if (this.prompts.some((one) => one.win === win)) return;
      const { title, text } = win.args;
      const prompt = this.prompts.findLast((one) => !one.win && one.text === text && (!one.title || one.title === title));
      if (!prompt) return;
      prompt.win = win;
      win.addEventListener('dialogaccept', (event) => this.accepted(prompt, event), true);
    } catch {
      // as without us
    }
  }

  accepted(prompt, event) {
    if (this.stopped) return;
    const stay = () => {
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    if (prompt.busy) {
      stay();
      return;
    }
    prompt.busy = true;
    try {
      const box = prompt.win.document.getElementById('password1Textbox');
      const password = this.settle(prompt, box.value);
      if (password === null) {
        stay();
        if (!prompt.win.closed) box.select();
      } else if (password !== box.value) box.value = password;
    } catch {
      // as without us
    } finally {
      prompt.busy = false;
    }
  }

  /** @returns {string|null} what Thunderbird gets; null: the user wants to type again */
  settle(prompt, typed) {
    if (!typed) return typed;
    const name = prompt.names.find((one) => this.wanted.has(nameOf(one))) ?? prompt.names[0];
    const wanted = this.wanted.get(nameOf(name)) ?? null;
    const joined = wanted?.appPassword ? withoutGroupBlanks(typed) : typed;
    const isRefused = wanted && this.wasRefused(name, joined);
    if (isRefused && !prompt.said.has('refused')) return this.sayRefused(prompt, name, wanted) ? typed : null;
    const password = isRefused ? typed : joined; // the blanks may belong to it after all
    const reasons = [wideCharacter.test(password) && 'typed_wide', outerBlank.test(password) && 'typed_blank'].filter(Boolean);
    if (!reasons.length || prompt.said.has('unusual')) return password;
    return this.sayUnusual(prompt, reasons) ? password : null;
  }

  wasRefused(name, password) {
    return password === this.keptFor(name) || !!this.refused.get(nameOf(name))?.has(this.digest(password));
  }

  /** @returns {boolean} use it */
  sayRefused(prompt, name, { id, appPassword, page }) {
    prompt.said.add('refused');
    const account = this.servers.describe(name.kind, this.servers.find(name.kind, name.key)).name;
    const text = this.words(appPassword ? 'typed_refused_app' : 'typed_refused', [account]);
    const pressed = this.ask(prompt, 'typed_refused_title', text, [
      'button_useAnyway',
      'button_enterAnother',
      ...(page ? ['button_openPage'] : []),
    ]);
    if (pressed === 2) this.openPage(id);
    return pressed === 0;
  }

  /** @returns {boolean} use it */
  sayUnusual(prompt, reasons) {
    prompt.said.add('unusual');
    const text = reasons.map((key) => this.words(key)).join(' ');
    return this.ask(prompt, 'typed_unusual_title', text, ['button_useAsTyped', 'button_enterAgain']) === 0;
  }

  /** Enter and Escape mean the second button, which sends nothing. @returns {number} */
  ask({ win }, title, text, buttons) {
    const { BUTTON_POS_0, BUTTON_POS_1, BUTTON_POS_2, BUTTON_TITLE_IS_STRING, BUTTON_POS_1_DEFAULT } = Ci.nsIPrompt;
    const positions = [BUTTON_POS_0, BUTTON_POS_1, BUTTON_POS_2];
    const flags = buttons.reduce((sum, _key, at) => sum + positions[at] * BUTTON_TITLE_IS_STRING, BUTTON_POS_1_DEFAULT);
    const labels = buttons.map((key) => this.words(key));
    const [first, second, third = null] = labels;
    return Services.prompt.confirmEx(win, this.words(title), text, flags, first, second, third, null, { value: false });
  }

  /** A text that is missing is a failure of ours: better no dialog than an empty one. */
  words(key, words = []) {
    const text = this.getMessage(key, words);
    if (!text) throw new Error(`no words for ${key}`);
    return text;
  }
};
