// SPDX-License-Identifier: MPL-2.0
// ServerAlerts: what an IMAP server says in an alert while it refuses a login waits for what becomes of that login, so that one failure opens one box.
//
//     [ALERT] words ("Application-specific password required")  -> Thunderbird would open a box for each of them, before its own about the login
//       the login turns out refused, and the user reads these words in our dialog, or is asked for the password that they refuse  -> no box
//       refused, and anything else becomes of it                                     -> the box, once, in its turn
//       Thunderbird's own box about the login comes                                  -> the box first, as without us
//       the sign-in works, nothing happens for some seconds, the add-on is disabled   -> the box
// RFC 3501 section 7.1 wants such words shown. They are, or they are what a verdict was made of.
// Belongs here: keeping alerts and letting them go. Does not belong here: hearing them (failure_watch.js), the login itself (login_hook.js).
'use strict';

/* global Services, ChromeUtils */

const { setTimeout, clearTimeout } = ChromeUtils.importESModule('resource://gre/modules/Timer.sys.mjs');

/** Three methods that a slow server refuses one after the other. */
const loginTakesMs = 10_000;

/** As a reader compares: our dialog may break or shorten what the server said. */
const essence = (text) => text.replace(/\s+/g, ' ').trim();

this.ServerAlerts = class ServerAlerts {
  /** @param {{inTurn: (name: string, run: () => void) => void}} parts `inTurn`: when no box or prompt is open */
  constructor({ inTurn }) {
    this.inTurn = inTurn;
    /** @type {Map<string, {timer: any, alerts: {words: string, message: string, window: any}[]}>} IMAP server -> what waits */
    this.waiting = new Map();
    this.stopped = false;
  }

  /** @param {string} key @param {{words: string, message: string, window: any}} alert @returns {boolean} false: Thunderbird shows it */
  wait(key, alert) {
    if (this.stopped) return false;
    const alerts = this.take(key);
    if (!alerts.some(({ words }) => words === alert.words)) alerts.push(alert);
    this.waiting.set(key, { alerts, timer: setTimeout(() => this.release(key), loginTakesMs) });
    return true;
  }

  /** The login was refused, and its decision begins. */
  hold(key) {
    const entry = this.waiting.get(key);
    if (entry) clearTimeout(entry.timer);
  }

  /** The user reads this about the server. */
  told(key, text) {
    const entry = this.waiting.get(key);
    if (entry) entry.alerts = entry.alerts.filter(({ words }) => !essence(text).includes(essence(words)));
  }

  take(key) {
    this.hold(key);
    const alerts = this.waiting.get(key)?.alerts ?? [];
    this.waiting.delete(key);
    return alerts;
  }

  /** They said what the verdict says. */
  drop(key) {
    this.take(key);
  }

  showNow(key) {
    for (const alert of this.take(key)) this.show(alert);
  }

  release(key) {
    for (const alert of this.take(key)) this.inTurn(`alert:${key}`, () => this.show(alert));
  }

  /** Thunderbird's own box for it. */
  show({ message, window }) {
    try {
      Services.prompt.alert(window?.closed ? null : window, null, message);
    } catch {
      // no box can be opened now; what follows must not miss its turn
    }
  }

  stop() {
    this.stopped = true;
    const keys = [...this.waiting.keys()];
    if (Services.startup.shuttingDown) for (const key of keys) this.take(key);
    else Services.tm.dispatchToMainThread(() => keys.forEach((key) => this.showNow(key)));
  }
};
