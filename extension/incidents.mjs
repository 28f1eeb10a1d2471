// SPDX-License-Identifier: MPL-2.0
// Incidents: the state machine of one login failure, and the rule that one server has one incident.
//
//     deciding --verdict--> open --answer--> answered --(joinMs without news)--> closed
//         \--problem (host missing, …)--> closed                \--failure again--> joined, or a new incident
//
// A failure of the same server joins the incident while it is being decided. An IMAP failure joins it too for joinMs after Thunderbird was
// answered "cancel": that is IMAP's second connection with the same refused password (POP3 and SMTP have none). A joined failure is answered
// "cancel" without a box. After "new password" a failure joins only while there is no password yet (the user is typing, ten minutes at most);
// with a password it is a new one, and a new incident. After "retry", and after a stock box of which we know nothing, too.
// Belongs here: pure state, safe to store (no secret ever). Does not belong here: asking, showing, storing (background.mjs).

/** @typedef {import('./types/loginwatch').Failure} Failure */
/** @typedef {import('./types/loginwatch').Incident} Incident */
/** @typedef {import('./types/loginwatch').Verdict} Verdict */
/** @typedef {import('./types/loginwatch').Answer} Answer */

export const JOIN_MS = 60_000; // five cached connections, some ten seconds each
const TYPING_MS = 600_000;
const RETRY_MS = 120_000; // how long "retried once" is remembered for a server
const MOST = 50;

export class Incidents {
  /** @param {{stored?: Incident[], now?: () => number, joinMs?: number}} [how] */
  constructor({ stored = [], now = Date.now, joinMs = JOIN_MS } = {}) {
    /** @type {Incident[]} newest last */
    this.all = stored;
    this.now = now;
    this.joinMs = joinMs;
  }

  /** Stored incidents after the event page was away: what was being decided then cannot be answered any more. @param {Incident[]} stored */
  static revive(stored) {
    return stored.map((one) =>
      one.state === 'deciding' || one.state === 'open' ? { ...one, state: /** @type {const} */ ('closed') } : one,
    );
  }

  /** @param {string} id */
  find(id) {
    return this.all.find((one) => one.id === id) ?? null;
  }

  /** The newest incident of a server. @param {{kind: string, key: string}} server */
  latest({ kind, key }) {
    return this.all.findLast((one) => one.kind === kind && one.key === key) ?? null;
  }

  /**
   * @param {Failure} failure @param {{hasCredential: boolean}} facts
   * @returns {{incident: Incident, joins: boolean}}
   */
  begin(failure, { hasCredential }) {
    const before = this.latest(failure);
    if (before && this.joins(before, failure, hasCredential)) {
      before.joined++;
      return { incident: before, joins: true };
    }
    const retried = !!before && before.answer === 'retry' && this.now() - (before.answeredAt ?? 0) < RETRY_MS;
    /** @type {Incident} */
    const incident = {
      ...failure,
      state: 'deciding',
      verdict: null,
      problem: null,
      answer: null,
      answeredBy: null,
      answeredAt: null,
      joined: 0,
      kept: false,
      retried,
    };
    if (before && before.state !== 'closed') before.state = 'closed';
    this.all.push(incident);
    this.all.splice(0, Math.max(0, this.all.length - MOST));
    return { incident, joins: false };
  }

  /** @param {Incident} incident @param {Failure} failure @param {boolean} hasCredential */
  joins(incident, failure, hasCredential) {
    if (incident.state === 'deciding' || incident.state === 'open') return true;
    if (incident.state !== 'answered' || incident.authMethod !== failure.authMethod) return false;
    const sinceMs = this.now() - (incident.answeredAt ?? 0);
    if (incident.answer === 'newPassword') return !hasCredential && sinceMs < TYPING_MS;
    return incident.answer === 'cancel' && failure.type === 'imap' && sinceMs < this.joinMs;
  }

  /** @param {string} id @param {Verdict} verdict */
  decided(id, verdict) {
    const incident = this.find(id);
    if (!incident) return;
    incident.verdict = verdict;
    if (incident.state === 'deciding') incident.state = 'open';
  }

  /** We could not find out. Thunderbird's own box follows, and the next failure starts afresh. @param {string} id @param {string} problem */
  failed(id, problem) {
    const incident = this.find(id);
    if (!incident) return;
    incident.problem = problem;
    incident.state = 'closed';
  }

  /** Thunderbird has its answer. @param {string} id @param {Answer} answer @param {string} by decision, dialog, stock, stock-with-words, queued */
  answered(id, answer, by) {
    const incident = this.find(id);
    if (!incident) return;
    Object.assign(incident, { answer, answeredBy: by, answeredAt: this.now() });
    incident.state = by === 'stock' ? 'closed' : 'answered';
  }

  /** @returns {Incident[]} newest first */
  list() {
    return [...this.all].reverse();
  }
}
