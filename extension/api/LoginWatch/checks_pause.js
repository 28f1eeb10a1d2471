// SPDX-License-Identifier: MPL-2.0
// ChecksPause: automatic checks of a server switched off for a while, in memory only: no preference changes, so that a restart heals.
// If the user switches checks on or changes their interval meanwhile, Thunderbird itself starts them again; that is his wish.
// What a user asks for himself (Get Messages, a click on a folder, Send) is not paused.
// Belongs here: stopping and starting checks, and the time. Does not belong here: how long (the background).
'use strict';

/* global Cc, Ci, ChromeUtils */

const { setTimeout, clearTimeout } = ChromeUtils.importESModule('resource://gre/modules/Timer.sys.mjs');

/** A timer stands still while a laptop sleeps; the clock on the wall does not, so it is looked at this often. */
const longestSleepMs = 120_000;
const nameOf = (kind, key) => `${kind}:${key}`;
const checks = () => Cc['@mozilla.org/messenger/biffManager;1'].getService(Ci.nsIMsgBiffManager);

this.ChecksPause = class ChecksPause {
  /** @param {{servers: any, resumed: (server: {kind: string, key: string}) => void}} parts `resumed`: a pause ended by its own time */
  constructor({ servers, resumed }) {
    Object.assign(this, { servers, resumed });
    /** @type {Map<string, {kind: string, key: string, until: number|null, end: number, timer: any}>} `end`: by the clock that nobody sets */
    this.pauses = new Map();
  }

  /** @param {string} kind @param {string} key @param {number|null} until wall clock, ms; null: until resumed. A later call replaces the time. */
  pause(kind, key, until) {
    const server = this.servers.find(kind, key);
    const name = nameOf(kind, key);
    clearTimeout(this.pauses.get(name)?.timer);
    const end = ChromeUtils.now() + ((until ?? Infinity) - Date.now());
    const pause = { kind, key, until: until ?? null, end, timer: null };
    this.pauses.set(name, pause);
    if (kind === 'incoming') checks().removeServerBiff(server);
    if (pause.until !== null) this.wait(pause);
  }

  resume(kind, key) {
    const name = nameOf(kind, key);
    const pause = this.pauses.get(name);
    if (!pause) return;
    clearTimeout(pause.timer);
    this.pauses.delete(name);
    if (kind !== 'incoming') return;
    const { server } = this.servers.all().find((one) => one.kind === kind && one.server.key === key) ?? {};
    if (server?.doBiff) checks().addServerBiff(server);
  }

  list() {
    return [...this.pauses.values()].map(({ kind, key, until }) => ({ kind, key, until }));
  }

  /** Everything goes on as without us. */
  stop() {
    for (const { kind, key } of this.list()) this.resume(kind, key);
  }

  wait(pause) {
    // The clock on the wall may be set back.
    const left = Math.min(pause.until - Date.now(), pause.end - ChromeUtils.now());
    if (left > 0) {
      pause.timer = setTimeout(() => this.wait(pause), Math.min(left, longestSleepMs));
      return;
    }
    const { kind, key } = pause;
    this.resume(kind, key);
    this.resumed({ kind, key });
  }
};
