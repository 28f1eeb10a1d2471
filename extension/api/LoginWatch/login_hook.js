// SPDX-License-Identifier: MPL-2.0
// LoginHook: stands before Thunderbird's "login failed" box, holds it while the background decides, and carries the decision out.
//
// One confirmEx call is one hold:
//     recognise -> (not ours) the original at once
//               -> waiting: the event loop spins, as it does in Thunderbird's own modal boxes
//                    -> retry 0 | cancel 1 | newPassword 2         answered without any box
//                    -> custom: the original confirmEx with our words; the button pressed goes back to the background -> waiting
//                    -> ask, late, failed, nobody there: the original with the original arguments (or with words added to its text)
// Holds nest (a second account fails while the first is held), and an outer one cannot end before an inner one. So an inner hold never gets
// "new password" and never opens a box of ours: it ends with Cancel and is queued until the outermost hold has ended.
//
// Belongs here: patching, holding, answering. Does not belong here: decisions (the background), accounts (servers.js).
'use strict';

/* global Services, Ci, ChromeUtils */

const { Prompter } = ChromeUtils.importESModule('resource://gre/modules/Prompter.sys.mjs');
const { NntpAuthenticator, Pop3Authenticator, SmtpAuthenticator } = ChromeUtils.importESModule(
  'resource:///modules/MailAuthenticator.sys.mjs',
);
const { setTimeout, clearTimeout } = ChromeUtils.importESModule('resource://gre/modules/Timer.sys.mjs');

const longestHoldMs = 30_000;
const holdLimitPref = 'extensions.reprompt.holdLimitMs';
const countersTopic = 'reprompt-counters';
const answers = { retry: 0, cancel: 1, newPassword: 2 };
const answerNames = ['retry', 'cancel', 'newPassword'];

/** Thunderbird's own strings, in the language of its user interface. */
const stockStrings = () => {
  const bundle = Services.strings.createBundle('chrome://messenger/locale/messenger.properties');
  return {
    retry: bundle.GetStringFromName('mailServerLoginFailedRetryButton'),
    newPassword: bundle.GetStringFromName('mailServerLoginFailedEnterNewPasswordButton'),
    title: (name) => bundle.formatStringFromName('mailServerLoginFailedTitleWithAccount', [name]),
    text: (hostname, username) => bundle.formatStringFromName('mailServerLoginFailed2', [hostname, username]),
  };
};

this.LoginHook = class LoginHook {
  /** @param {{servers: any, heard: any, hasListener: () => boolean, ask: (event: string, payload: object) => Promise<any>, tell: (event: string, payload: object) => void}} parts */
  constructor({ servers, heard, hasListener, ask, tell }) {
    Object.assign(this, { servers, heard, hasListener, ask, tell });
    this.patches = [];
    this.holds = [];
    /** How many of Thunderbird's boxes are open through us; a failure meanwhile counts as nested. */
    this.open = 0;
    this.queued = [];
    this.serial = 0;
    /** The server whose authenticator is just asking (POP3, SMTP). */
    this.asking = null;
    this.stopped = false;
    this.counters = {
      caught: 0,
      passed: 0,
      held: 0,
      stock: 0,
      custom: 0,
      queued: 0,
      errors: 0,
      retry: 0,
      cancel: 0,
      newPassword: 0,
    };
  }

  // ---- patching ----

  patch() {
    const asks = (kind) => (original) => {
      const hook = this;
      return function (...args) {
        hook.asking = { kind, server: this._server };
        try {
          return original.apply(this, args);
        } finally {
          hook.asking = null;
        }
      };
    };
    this.wrap(Pop3Authenticator.prototype, 'promptAuthFailed', asks('incoming'));
    this.wrap(SmtpAuthenticator.prototype, 'promptAuthFailed', asks('outgoing'));
    // News servers use the same box; known for what they are, they pass (servers.enters).
    this.wrap(NntpAuthenticator.prototype, 'promptAuthFailed', asks('incoming'));
    for (const [target, name, note] of this.heard.listeners())
      this.wrap(target, name, (original) => this.listening(original, note));
    this.wrap(Prompter.prototype, 'confirmEx', (original) => {
      const hook = this;
      return function (...args) {
        return hook.confirmEx((...changed) => original.apply(this, changed), args);
      };
    });
    Services.obs.addObserver(this, countersTopic);
  }

  /** Replaces target[name]. A missing target is left alone: Thunderbird then behaves as without us. */
  wrap(target, name, make) {
    const original = target?.[name];
    if (typeof original !== 'function') {
      this.counters.errors++;
      return;
    }
    const inherited = !Object.hasOwn(target, name);
    const ours = make(original);
    target[name] = ours;
    this.patches.push({ target, name, original, ours, inherited });
  }

  /** Calls `note` before the original; whatever `note` does, nobody notices. */
  listening(original, note) {
    const hook = this;
    return function (...args) {
      try {
        if (!hook.stopped) note(this, args);
      } catch {
        hook.counters.errors++;
      }
      return original.apply(this, args);
    };
  }

  /** Gives everything back. A slot that somebody else has patched since keeps their function; ours in it passes everything through. */
  stop() {
    this.stopped = true;
    for (const { target, name, original, ours, inherited } of this.patches.reverse()) {
      if (target[name] !== ours) continue;
      if (inherited) delete target[name];
      else target[name] = original;
    }
    this.patches = [];
    try {
      Services.obs.removeObserver(this, countersTopic);
    } catch {
      // was not there
    }
  }

  /** For tests: fills the bag of a "reprompt-counters" notification. */
  observe(subject) {
    const { retry, cancel, newPassword, ...rest } = this.counters;
    Object.assign(subject.wrappedJSObject, rest, {
      answered: { retry, cancel, newPassword },
      holding: this.holds.length,
      patches: this.patches.filter(({ target, name, ours }) => target[name] === ours).map(({ name }) => name),
    });
  }

  // ---- recognising ----

  /** @returns {object|null} the failure this box is about, if it is one of ours */
  recognise([, title, text, , retry, , newPassword]) {
    const asking = this.asking;
    this.asking = null;
    const strings = stockStrings();
    if (retry !== strings.retry || newPassword !== strings.newPassword) return null;
    const { servers } = this;
    const saysSo = ({ kind, server }) => {
      if (kind !== 'incoming' || server.type === 'pop3') return false;
      try {
        const { name, hostname, username } = servers.describe(kind, server);
        return title === strings.title(name) && text === strings.text(hostname, username);
      } catch {
        return false; // half set up: cannot have failed to log in
      }
    };
    // POP3 and SMTP name their server themselves; what remains is IMAP, and whoever else uses this box (EWS, NNTP): two that look alike pass.
    const found = asking ? [asking] : servers.all().filter(saysSo);
    const [one, another] = found;
    if (!one || another || !servers.enters(one.kind, one.server) || (!asking && one.server.type !== 'imap')) {
      this.counters.passed++;
      return null;
    }
    this.counters.caught++;
    return {
      id: `${Date.now().toString(36)}-${++this.serial}`,
      ...servers.describe(one.kind, one.server),
      heard: this.heard.take(one.kind, one.server.key),
      at: Date.now(),
      limitMs: this.limitMs(),
    };
  }

  limitMs() {
    return Math.min(Math.max(Services.prefs.getIntPref(holdLimitPref, longestHoldMs), 0), longestHoldMs);
  }

  // ---- holding and answering ----

  /** @param {(...args: any[]) => number} original @param {any[]} args of confirmEx @returns {number} the button */
  confirmEx(original, args) {
    let failure = null;
    let outcome = null;
    if (!this.stopped) {
      try {
        failure = this.recognise(args);
        if (failure && this.hasListener()) outcome = this.hold(failure, original, args);
      } catch {
        this.counters.errors++;
      }
    }
    if (!failure) return original(...args);
    if (outcome?.answer === undefined) {
      this.counters.stock++;
      const [domWin, title, text, ...rest] = args;
      const button = this.opening(() =>
        outcome?.words ? original(domWin, title, `${text}\n\n${outcome.words}`, ...rest) : original(...args),
      );
      this.ended(failure, button, outcome?.words ? 'stock-with-words' : 'stock');
      return button;
    }
    this.counters[answerNames[outcome.answer]]++;
    if (outcome.by !== 'queued') this.ended(failure, outcome.answer, outcome.by);
    return outcome.answer;
  }

  /** @template T @param {() => T} show @returns {T} */
  opening(show) {
    this.open++;
    try {
      return show();
    } finally {
      this.open--;
      this.releaseQueue();
    }
  }

  ended(failure, button, by) {
    if (this.stopped || !this.hasListener()) return;
    this.tell('onHoldEnded', { id: failure.id, answer: answerNames[button] ?? 'cancel', by });
  }

  /** @returns {{answer?: number, by?: string, words?: string}} without `answer`: the stock box */
  hold(failure, original, args) {
    const hold = { failure, ready: false, inDialog: false, nested: this.holds.length + this.open > 0, leftMs: this.limitMs() };
    this.holds.push(hold);
    this.counters.held++;
    try {
      return this.answer(hold, original, args);
    } finally {
      this.holds.splice(this.holds.indexOf(hold), 1);
      this.releaseQueue();
    }
  }

  answer(hold, original, args) {
    let request = this.ask('onLoginFailure', hold.failure);
    let by = 'decision';
    for (;;) {
      const decision = this.wait(hold, request);
      if (decision === 'queue') return this.queue(hold);
      const { nested } = hold;
      switch (decision?.action) {
        case 'retry':
        case 'cancel':
          return { answer: answers[decision.action], by };
        case 'newPassword':
          if (nested) return this.queue(hold);
          if (hold.failure.kind === 'outgoing') this.servers.releaseBorrowed(this.servers.find('outgoing', hold.failure.key));
          return { answer: answers.newPassword, by };
        case 'custom': {
          if (nested) return this.queue(hold);
          const choice = this.show(hold, decision, original, args);
          request = this.ask('onDialogChoice', { id: hold.failure.id, choice });
          by = 'dialog';
          break;
        }
        default:
          // A box of this account inside the hold of another would keep that one waiting; on top of a stock box it is what Thunderbird does.
          return this.holds[0] === hold ? { words: decision?.words } : this.queue(hold);
      }
    }
  }

  /** Spins until the request settles, what is left of the limit is over, or an outer hold must go on. Gives the decision, null, or 'queue'. */
  wait(hold, request) {
    const outer = this.holds.slice(0, this.holds.indexOf(hold));
    let decision = null;
    hold.ready = false;
    request.then(
      (value) => {
        decision = value ?? null;
        hold.ready = true;
      },
      () => {
        this.counters.errors++;
        hold.ready = true;
      },
    );
    const begun = Date.now();
    const timer = setTimeout(() => {
      hold.ready = true;
    }, hold.leftMs);
    const outerGoesOn = () => outer.some((one) => one.ready || one.inDialog);
    Services.tm.spinEventLoopUntilOrQuit('reprompt: login failure held', () => hold.ready || this.stopped || outerGoesOn());
    clearTimeout(timer);
    hold.leftMs = Math.max(0, hold.leftMs - (Date.now() - begun));
    if (Services.startup.shuttingDown) return { action: 'cancel' };
    if (this.stopped) return null;
    if (!hold.ready) return 'queue';
    return decision;
  }

  /** Thunderbird's own dialog with our heading, text and up to three buttons; Escape is the middle one. @returns {string} the choice */
  show(hold, { title, text, buttons }, original, [domWin, , , , , , , checkLabel, checkValue]) {
    this.counters.custom++;
    const isString = Ci.nsIPrompt.BUTTON_TITLE_IS_STRING;
    const positions = [Ci.nsIPrompt.BUTTON_POS_0, Ci.nsIPrompt.BUTTON_POS_1, Ci.nsIPrompt.BUTTON_POS_2];
    const flags = buttons.reduce((sum, _button, at) => sum + positions[at] * isString, 0);
    const label = (at) => buttons[at]?.label ?? null;
    hold.inDialog = true;
    try {
      const pressed = this.opening(() =>
        original(domWin, title, text, flags, label(0), label(1), label(2), checkLabel, checkValue),
      );
      return buttons[pressed]?.choice ?? 'notNow';
    } finally {
      hold.inDialog = false;
    }
  }

  queue(hold) {
    this.counters.queued++;
    this.queued.push(hold.failure);
    return { answer: answers.cancel, by: 'queued' };
  }

  /** Once nothing is held and no box is open. */
  releaseQueue() {
    if (this.holds.length || this.open) return;
    for (const failure of this.queued.splice(0)) this.ended(failure, answers.cancel, 'queued');
  }
};
