// SPDX-License-Identifier: MPL-2.0
// LoginHook: stands before Thunderbird's "login failed" box, holds it while the background decides, and carries the decision out.
//
// One confirmEx call is one hold:
//     recognise -> (not ours) the original at once
//               -> waiting: the event loop spins, as it does in Thunderbird's own modal boxes
//                    -> retry 0 | cancel 1 | newPassword 2         answered without any box
//                    -> custom: the original confirmEx with our words; the button pressed goes back to the background -> waiting
//                    -> ask, late, failed, nobody there: the original with the original arguments (or with words added to its text)
// Holds nest (a second account fails while the first is held, or while a prompt is open), and an outer one cannot end before an inner one. So
// an inner hold never gets "new password" and never opens a box of ours: it ends with Cancel and is queued; one above a box ends with that box.
// POP3's connections wait for each other, so a prompt inside one would stop them all: "new password" is Cancel and a prompt of its own.
// SMTP waits without an event loop (smtp_hold.js) and comes here with its answer.
//
// Belongs here: holding, answering. Does not belong here: decisions (the background), recognising (login_box.js), prompts (prompts.js).
'use strict';

/* global Services, Ci, ChromeUtils */

const { Prompter } = ChromeUtils.importESModule('resource://gre/modules/Prompter.sys.mjs');
const { NntpAuthenticator, Pop3Authenticator, SmtpAuthenticator } = ChromeUtils.importESModule(
  'resource:///modules/MailAuthenticator.sys.mjs',
);
const { setTimeout, clearTimeout } = ChromeUtils.importESModule('resource://gre/modules/Timer.sys.mjs');

const readingMs = 2000; // for reading a saved login
const countersTopic = 'reprompt-counters';
const answers = { retry: 0, cancel: 1, newPassword: 2 };
const answerNames = ['retry', 'cancel', 'newPassword'];

this.LoginHook = class LoginHook {
  /**
   * @param {{servers: any, heard: any, failures: any, prompts: any, patches: any, box: any, SmtpHold: any, boxed: (kind: string, key: string) => void, hasListener: () => boolean,
   *   ask: (event: string, payload: object) => Promise<any>, tell: (event: string, payload: object) => void}} parts
   */
  constructor({ servers, heard, failures, prompts, patches, box, SmtpHold, boxed, hasListener, ask, tell }) {
    Object.assign(this, { servers, heard, failures, prompts, patches, box, boxed, hasListener, ask, tell });
    /** SMTP waits by itself. */
    this.smtp = new SmtpHold(this);
    this.holds = [];
    /** How many of Thunderbird's boxes are open through us; a failure meanwhile counts as nested. */
    this.open = 0;
    this.queued = [];
    /** The server whose authenticator is just asking (POP3, SMTP). */
    this.asking = null;
    /** SMTP's answer, prepared for the box that is just being asked for. */
    this.prepared = null;
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
      startUpMs: 0,
    };
  }

  // ---- patching ----

  patch() {
    const { patches } = this;
    const asks = (kind) => (original) => {
      const hook = this;
      return function (...args) {
        // POP3's automatic checks belong to no window; IMAP's show no box at all.
        hook.asking = { kind, server: this._server, silent: kind === 'incoming' && !args[0] };
        try {
          return original.apply(this, args);
        } finally {
          hook.asking = null;
        }
      };
    };
    patches.wrap(Pop3Authenticator.prototype, 'promptAuthFailed', asks('incoming'));
    patches.wrap(SmtpAuthenticator.prototype, 'promptAuthFailed', asks('outgoing'));
    // News servers use the same box; known for what they are, they pass (servers.enters).
    patches.wrap(NntpAuthenticator.prototype, 'promptAuthFailed', asks('incoming'));
    this.smtp.patch(); // under the listeners: the words are heard first
    for (const [target, name, note] of this.heard.listeners())
      patches.wrap(target, name, (original) => this.listening(original, note));
    patches.wrap(Prompter.prototype, 'confirmEx', (original) => {
      const hook = this;
      return function (...args) {
        return hook.confirmEx((...changed) => original.apply(this, changed), args);
      };
    });
    Services.obs.addObserver(this, countersTopic);
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

  /** What is held goes on to Thunderbird's own box. */
  stop() {
    this.stopped = true;
    this.smtp.stop();
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
      holding: this.holds.length + this.smtp.waiting.size,
      errors: this.counters.errors + this.patches.missing,
      patches: this.patches.inPlace(),
    });
  }

  // ---- recognising ----

  /** @returns {object|null} the failure this box is about, if it is one of ours */
  recognise(args, asking) {
    const found = this.box.whose(args, asking, this.servers);
    if (found === null) this.counters.passed++;
    return found ? this.caught(found.kind, found.server, { silent: !!asking?.silent }) : null;
  }

  caught(kind, server, how) {
    const failure = this.failures.make(kind, server, how);
    this.boxed(kind, server.key);
    this.counters.caught++;
    return failure;
  }

  // ---- holding and answering ----

  /** @param {(...args: any[]) => number} original @param {any[]} args of confirmEx @returns {number} the button */
  confirmEx(original, args) {
    let failure = null;
    let outcome = null;
    const { asking } = this;
    this.asking = null;
    if (!this.stopped) {
      try {
        const prepared = asking && this.takePrepared(asking.server);
        failure = prepared ? prepared.failure : this.recognise(args, asking);
        if (prepared) outcome = prepared.outcome ?? this.hold(failure, original, args, prepared.decision);
        else if (failure && this.hasListener()) outcome = this.hold(failure, original, args);
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
    if (outcome.by !== 'asked') this.answered(failure, outcome.told ?? outcome.answer, outcome.by);
    if (outcome.answer === answers.cancel) this.hush(failure);
    if (outcome.told === answers.newPassword) this.reprompt(failure);
    return outcome.answer;
  }

  answered(failure, answer, by) {
    this.counters[answerNames[answer]]++;
    if (by !== 'queued') this.ended(failure, answer, by);
  }

  /** Runs what ends in a box of that server, whose answer is known. @param {{server: any}} prepared @param {() => void} run */
  answering(prepared, run) {
    this.prepared = prepared;
    try {
      run();
    } finally {
      this.prepared = null;
    }
  }

  takePrepared(server) {
    const { prepared } = this;
    if (prepared?.server !== server) return null;
    this.prepared = null;
    return prepared;
  }

  reprompt({ kind, key }) {
    try {
      this.prompts.reprompt(kind, key);
    } catch {
      this.counters.errors++;
    }
  }

  /** Before Thunderbird hears Cancel. */
  hush({ kind, key }) {
    try {
      this.servers.hush(kind, key);
    } catch {
      this.counters.errors++;
    }
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

  /** A connection to this server waits for what we decide: behind our dialog, or inside another account's box, for as long as that is open. */
  isHolding(kind, key) {
    return this.holds.some(({ failure }) => failure.kind === kind && failure.key === key);
  }

  /** A failure is held, or a box is open through us. */
  busy() {
    return this.holds.length + this.open > 0;
  }

  /**
   * @param {any} failure @param {Function} original @param {any[]} args @param {any} [decision] of an SMTP failure that has waited already
   * @returns {{answer?: number, told?: number, by?: string, words?: string}} without `answer`: the stock box. `told`: what the background hears instead; by 'asked':
   *   it has heard already
   */
  hold(failure, original, args, decision) {
    const beneath = this.prompts.openBoxes();
    const prompted = this.prompts.asking > 0;
    const hold = {
      failure,
      ready: false,
      inDialog: false,
      nested: this.busy() || prompted || beneath.length > 0,
      /** The box or prompt under us has closed and wants to return. */
      keepsWaiting: () => beneath.some((win) => win.closed) || (prompted && !beneath.length),
      leftMs: failure.limitMs,
    };
    this.holds.push(hold);
    if (!decision) this.counters.held++;
    try {
      return this.answer(hold, decision ?? this.wait(hold, this.ask('onLoginFailure', failure)), original, args);
    } finally {
      this.holds.splice(this.holds.indexOf(hold), 1);
      this.releaseQueue();
    }
  }

  answer(hold, decision, original, args) {
    let by = 'decision';
    for (;;) {
      if (decision === 'queue') return this.queue(hold);
      const { nested } = hold;
      switch (decision?.action) {
        case 'retry':
        case 'cancel':
          return { answer: answers[decision.action], by };
        case 'newPassword':
          if (hold.failure.type === 'pop3') return { answer: answers.cancel, told: answers.newPassword, by };
          if (nested) return this.queue(hold);
          this.within(readingMs, this.beforeNewPassword(hold.failure));
          return { answer: answers.newPassword, by };
        case 'custom': {
          if (nested) return this.queue(hold);
          const choice = this.show(hold, decision, original, args);
          decision = this.wait(hold, this.ask('onDialogChoice', { id: hold.failure.id, choice }));
          by = 'dialog';
          break;
        }
        case 'ask':
          // No second box: the bar tells (the background).
          return nested ? this.queue(hold) : { words: decision.words };
        default:
          // Nobody decided. A box inside the hold of another account would keep that one waiting; on top of a box it is what Thunderbird does.
          return this.stopped || this.holds[0] === hold ? {} : this.queue(hold);
      }
    }
  }

  /** Thunderbird is about to forget the password and to ask. @returns {PromiseLike<unknown>} */
  beforeNewPassword({ kind, key }) {
    const server = this.servers.find(kind, key);
    if (kind === 'outgoing') this.servers.releaseBorrowed(server);
    return this.prompts.keep(kind, server);
  }

  /** Spins until a promise settles, or for so long. @param {number} limitMs @param {PromiseLike<unknown>} promise */
  within(limitMs, promise) {
    let over = false;
    const end = () => {
      over = true;
    };
    const fail = () => {
      this.counters.errors++;
      over = true;
    };
    promise.then(end, fail);
    const timer = setTimeout(end, limitMs);
    Services.tm.spinEventLoopUntilOrQuit('reprompt: before a password is forgotten', () => over || this.stopped);
    clearTimeout(timer);
  }

  /** Spins until the request settles, what is left of the limit is over, or somebody below must go on. Gives the decision, null, or 'queue'. */
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
    const begun = ChromeUtils.now();
    const timer = setTimeout(() => {
      hold.ready = true;
    }, hold.leftMs);
    const somebodyGoesOn = () => hold.keepsWaiting() || outer.some((one) => one.ready || one.inDialog || one.keepsWaiting());
    Services.tm.spinEventLoopUntilOrQuit('reprompt: login failure held', () => hold.ready || this.stopped || somebodyGoesOn());
    clearTimeout(timer);
    hold.leftMs = Math.max(0, hold.leftMs - (ChromeUtils.now() - begun));
    if (Services.startup.shuttingDown) return { action: 'cancel' };
    if (this.stopped) return null;
    if (!hold.ready) return 'queue';
    return decision;
  }

  /** Thunderbird's own dialog with our heading, text and up to three buttons; Escape is the middle one, Enter the first unless said. @returns {string} the choice */
  show(hold, { title, text, buttons, defaultButton = 0 }, original, [domWin, , , , , , , checkLabel, checkValue]) {
    this.counters.custom++;
    const isString = Ci.nsIPrompt.BUTTON_TITLE_IS_STRING;
    const positions = [Ci.nsIPrompt.BUTTON_POS_0, Ci.nsIPrompt.BUTTON_POS_1, Ci.nsIPrompt.BUTTON_POS_2];
    const enters = [0, Ci.nsIPrompt.BUTTON_POS_1_DEFAULT, Ci.nsIPrompt.BUTTON_POS_2_DEFAULT];
    const flags = buttons.reduce((sum, _button, at) => sum + positions[at] * isString, enters[defaultButton]);
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
    if (this.busy()) return;
    for (const failure of this.queued.splice(0)) this.ended(failure, answers.cancel, 'queued');
    this.prompts.pump();
  }
};
