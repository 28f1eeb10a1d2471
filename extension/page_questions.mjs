// SPDX-License-Identifier: MPL-2.0
// PageQuestions: what the card, the popup and the options page want to know: the health of every account, one incident in words, the history.
// Belongs here: putting together what others know. Does not belong here: judgement (health.mjs), words (notices.mjs), what a button does
// (button_actions.mjs).

import { hasOffer, healthOf, pruned, withSignIn } from './health.mjs';
import { mayMark } from './history.mjs';

/** @typedef {import('./types/loginwatch').Incident} Incident */
/** @typedef {import('./types/loginwatch').ServerName} ServerName */
/** @typedef {import('./health.mjs').Row} Row */
/** @typedef {{incident: Incident, title: string, text: string, choices: string[]}} Telling an incident as its bar tells it */
/** @typedef {Row & {telling: Telling|null}} HealthRow */

export class PageQuestions {
  /**
   * @param {{
   *   watch: import('./types/loginwatch').LoginWatch,
   *   incidents: import('./incidents.mjs').Incidents,
   *   history: import('./history.mjs').History,
   *   notices: import('./notices.mjs').Notices,
   *   changed: () => void,
   *   signIns?: import('./health.mjs').SignIns,
   *   storeSignIns: (signIns: import('./health.mjs').SignIns) => Promise<unknown>,
   *   started: number,
   *   now?: () => number,
   * }} parts `started`: when Thunderbird started, ms since 1970
   */
  constructor({ watch, incidents, history, notices, changed, signIns = {}, storeSignIns, started, now = Date.now }) {
    this.watch = watch;
    this.incidents = incidents;
    this.history = history;
    this.notices = notices;
    this.changed = changed;
    this.signIns = signIns;
    this.storeSignIns = storeSignIns;
    this.started = started;
    this.now = now;
  }

  /** A sign-in worked; the incident it ends has been closed before. @param {ServerName} server */
  onSignedIn({ kind, key }) {
    const troubleAt = this.incidents.latest({ kind, key })?.lastAt;
    this.signIns = withSignIn(this.signIns, { kind, key }, { now: this.now(), troubleAt });
    this.storeSignIns(this.signIns).catch(() => {});
  }

  /** @returns {Promise<HealthRow[]>} worst first */
  async health() {
    const servers = await this.watch.listServers();
    this.signIns = pruned(this.signIns, servers);
    const rows = healthOf({ servers, incidents: this.incidents.all, signIns: this.signIns, started: this.started });
    return Promise.all(rows.map(async (row) => ({ ...row, telling: row.incident && (await this.tellingOf(row.incident)) })));
  }

  /** One incident, of today or of the history. @param {string} id @returns {Promise<Telling|null>} */
  async telling(id) {
    const incident = this.find(id);
    return incident && this.tellingOf(incident);
  }

  /** @param {Incident} incident @returns {Promise<Telling>} */
  async tellingOf(incident) {
    const { notices } = this;
    const isOver = incident.state === 'closed' && !(hasOffer(incident) && this.incidents.find(incident.id));
    const choices = isOver ? [] : await notices.choices(incident);
    return { incident: this.history.told(incident), title: notices.title(incident), text: notices.text(incident), choices };
  }

  /** @param {string} id */
  find(id) {
    return this.incidents.find(id) ?? this.history.find(id);
  }

  /** "This was not the cause", or taken back: from now on that rule only offers, also for what is open. @param {string} id @param {boolean} marked @returns {string|null} a problem, or null */
  notTheCause(id, marked) {
    const incident = this.find(id);
    if (!incident || !mayMark(incident)) return 'not_found';
    const problem = this.history.mark(incident, marked);
    const open = this.incidents.current(incident);
    if (open?.verdict) open.verdict = this.history.tempered(open, open.verdict);
    this.changed();
    return problem;
  }
}
