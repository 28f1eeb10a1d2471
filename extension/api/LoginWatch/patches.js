// SPDX-License-Identifier: MPL-2.0
// Patches: Thunderbird's functions that we replace, and giving every one of them back. Belongs here: replacing and restoring.
// Does not belong here: what the replacements do (login_hook.js, smtp_hold.js, prompts.js, attempt_gate.js, failure_watch.js).
'use strict';

this.Patches = class Patches {
  constructor() {
    this.all = [];
    /** Functions that this Thunderbird does not have. */
    this.missing = 0;
  }

  /**
   * Replaces target[name]. A missing target is left alone: Thunderbird then behaves as without us.
   * @param {any} target @param {string} name @param {(original: Function) => Function} make
   */
  wrap(target, name, make) {
    const original = target?.[name];
    if (typeof original !== 'function') {
      this.missing++;
      return;
    }
    const inherited = !Object.hasOwn(target, name);
    const ours = make(original);
    target[name] = ours;
    this.all.push({ target, name, original, ours, inherited });
  }

  /** A slot that somebody else has patched since keeps their function; ours in it passes everything through. */
  restore() {
    for (const { target, name, original, ours, inherited } of this.all.reverse()) {
      if (target[name] !== ours) continue;
      if (inherited) delete target[name];
      else target[name] = original;
    }
    this.all = [];
  }

  /** Names of the functions that are ours now. @returns {string[]} */
  inPlace() {
    return this.all.filter(({ target, name, ours }) => target[name] === ours).map(({ name }) => name);
  }
};
