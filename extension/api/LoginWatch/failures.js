// SPDX-License-Identifier: MPL-2.0
// Failures: one login failure as the background gets it. Belongs here: putting together who failed, what was heard and when.
// Does not belong here: noticing failures (login_hook.js, smtp_hold.js, failure_watch.js).
'use strict';

/* global Services */

const longestHoldMs = 30_000;
const holdLimitPref = 'extensions.reprompt.holdLimitMs';

this.Failures = class Failures {
  /** @param {{servers: any, heard: any, attended: () => boolean, refused: (kind: string, server: any) => void}} parts `refused`: a login failed */
  constructor({ servers, heard, attended, refused }) {
    Object.assign(this, { servers, heard, attended, refused });
    this.serial = 0;
  }

  /**
   * @param {'incoming'|'outgoing'} kind @param {any} server
   * @param {{code?: string, silent?: boolean}} [how] `silent`: nobody asked for this check
   */
  make(kind, server, { code = 'login', silent = false } = {}) {
    if (code === 'login') this.refused(kind, server);
    return {
      id: `${Date.now().toString(36)}-${++this.serial}`,
      ...this.servers.describe(kind, server),
      heard: this.heard.take(kind, server.key),
      at: Date.now(),
      limitMs: this.limitMs(),
      silent,
      attended: this.attended(),
      code,
    };
  }

  /** How long the background may think; tests shorten it. */
  limitMs() {
    return Math.min(Math.max(Services.prefs.getIntPref(holdLimitPref, longestHoldMs), 0), longestHoldMs);
  }
};
