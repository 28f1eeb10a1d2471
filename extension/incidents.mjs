// SPDX-License-Identifier: MPL-2.0
// Incidents: the state machine of one server's login trouble, and the rule that one server has one incident.
//
//                 .----- locked ----> waiting ---- unlocked ----.
//                 |                                             v
//     deciding ---+----- verdict ----> open (a box or a bar tells it; automatic checks are paused)
//                 |                     |
//                 '- we fail, nothing   +- signed in, password changed, try again, undone, pause over, replaced
//                    wrong -> closed <--'
//
// A later failure of the server, while its incident is not closed,
//   joins   : answered "cancel" without a box. While the first is being decided or its box is open; while the user types the new password or
//             the prompt for it is queued; every automatic check after "not now"; IMAP's second connection (joinMs after "cancel").
//             What the user asks for joins only for minutes: an end that was never reported must not swallow it for ever;
//   again   : the user asked for it, so he is told the known verdict again, without a new probe (for as long as the host's ledger remembers it);
//   new     : everything else (a new password that is refused again, another sign-in method, a verdict that time may have changed).
// Belongs here: pure state, safe to store (no secret ever). Does not belong here: asking, showing, pausing (upkeep.mjs), storing (background.mjs).

import { isRefused, pauseFor } from './pauses.mjs';

/** @typedef {import('./types/loginwatch').Failure} Failure */
/** @typedef {import('./types/loginwatch').Incident} Incident */
/** @typedef {import('./types/loginwatch').Verdict} Verdict */
/** @typedef {import('./types/loginwatch').Answer} Answer */
/** @typedef {import('./types/loginwatch').Ending} Ending */
/** @typedef {{kind: string, key: string}} ServerName */
/** @typedef {{stored: unknown, session: unknown}} Held only whether they are there counts */
/** @typedef {'joins'|'again'|'new'} Relation */

const minute = 60_000;
export const JOIN_MS = minute; // five cached connections, some ten seconds each
export const QUIET_MS = 10 * minute; // between two automatic probes of a server that cannot be reached
const DECIDING_MS = 2 * minute; // longer than any probe: whoever decides longer has been lost
const TYPING_MS = 10 * minute;
const RETRY_MS = 2 * minute; // how long "retried once" is remembered for a server
const LOST_MS = 2 * minute; // beyond the time a box is held: its end has not been reported
const LEDGER_MS = 24 * 60 * minute;
const UNEXPLAINED_MS = 60 * minute; // two refusals that our own sign-in does not meet are one trouble
const ROW_MS = 12 * 60 * minute; // what ended longer ago is another trouble
const MOST = 50; // as many as are open are kept beyond it: each of them may have paused its server
const MOST_BOXES = 20;
/** Endings after which the same verdict is not "in a row". @type {(Ending|null)[]} */
const wellAgain = ['signed-in', 'changed', 'undone'];

/** Whether this is about the way to the server, not about signing in. @param {{code: string}} failure */
export const isConnection = ({ code }) => /^(connection|net|cert:)/.test(code ?? '');

export class Incidents {
  /** @param {{stored?: Incident[], now?: () => number, joinMs?: number}} [how] `now`: wall clock, ms */
  constructor({ stored = [], now = Date.now, joinMs = JOIN_MS } = {}) {
    /** @type {Incident[]} newest last */
    this.all = stored;
    this.now = now;
    this.joinMs = joinMs;
  }

  /** Stored incidents after the event page was away: what was being decided then cannot be answered any more. @param {Incident[]} stored */
  static revive(stored) {
    return stored.map((one) =>
      one.state === 'deciding'
        ? {
            ...one,
            state: /** @type {const} */ ('closed'),
            ended: /** @type {const} */ ('failed'),
            problem: 'interrupted',
            pause: null,
            ...(one.change === 'checking' ? { change: /** @type {const} */ ('unclear') } : {}),
          }
        : one,
    );
  }

  /** By its own id, or by that of a later box that told it again. @param {string} id */
  find(id) {
    return this.all.find((one) => one.id === id || one.boxes.includes(id)) ?? null;
  }

  /** The newest incident of a server. @param {ServerName} server */
  latest({ kind, key }) {
    return this.all.findLast((one) => one.kind === kind && one.key === key) ?? null;
  }

  /** The incident of a server that is not over. @param {ServerName} server */
  current(server) {
    const incident = this.latest(server);
    return incident && incident.state !== 'closed' ? incident : null;
  }

  /** Those that are not over. */
  get open() {
    return this.all.filter(({ state }) => state !== 'closed');
  }

  /** @param {Failure} failure @param {Held} credential @returns {{incident: Incident, relation: Relation}} */
  begin(failure, credential) {
    const before = this.latest(failure);
    const relation = before ? this.relation(before, failure, credential) : 'new';
    if (before && relation !== 'new') {
      before.joined++;
      before.lastAt = failure.at;
      if (relation === 'again') before.boxes = [...before.boxes, failure.id].slice(-MOST_BOXES);
      return { incident: before, relation };
    }
    const retried = before?.answer === 'retry' && this.sinceMs(before.answeredAt) < RETRY_MS;
    /** @type {Incident} */
    const incident = {
      ...failure,
      state: 'deciding',
      ended: null,
      endedAt: null,
      verdict: null,
      problem: null,
      answer: null,
      answeredBy: null,
      answeredAt: null,
      lastAt: failure.at,
      joined: 0,
      boxes: [],
      kept: false,
      retried,
      queued: false,
      restored: false,
      unseen: false,
      repeats: 0,
      pause: before?.pause ?? null, // Thunderbird goes on pausing until this one is decided
    };
    if (before) this.close(before, 'replaced');
    this.all.push(incident);
    this.forgetOldest();
    return { incident, relation };
  }

  /** Only of those that are over: a server whose incident is gone would stay paused, and its buttons dead. */
  forgetOldest() {
    let surplus = this.all.length - MOST;
    this.all = this.all.filter(({ state }) => state !== 'closed' || surplus-- <= 0);
  }

  /** How far away a moment is; a clock that was set back must not make anything last. @param {number|null} at */
  sinceMs(at) {
    return Math.abs(this.now() - (at ?? 0));
  }

  /** @param {Incident} before @param {Failure} failure @param {Held} credential @returns {Relation} */
  relation(before, failure, credential) {
    const { state, answer, verdict } = before;
    if (state === 'closed' || before.authMethod !== failure.authMethod) return 'new';
    if (isConnection(failure) !== isConnection(before)) return isConnection(failure) ? 'joins' : 'new';
    if (state === 'deciding') {
      if (this.sinceMs(before.at) > DECIDING_MS) return 'new';
      return failure.silent || !before.silent ? 'joins' : 'again';
    }
    if (state === 'waiting') return failure.silent ? 'joins' : 'again';
    // Its box is open.
    if (answer === null) return failure.silent || this.sinceMs(before.at) < before.limitMs + LOST_MS ? 'joins' : 'new';
    const sinceMs = this.sinceMs(before.answeredAt);
    if (answer === 'newPassword' && before.queued && credential.stored) {
      if (failure.silent || sinceMs < TYPING_MS) return 'joins';
      return this.isKnown(before) ? 'again' : 'new';
    }
    if (answer === 'newPassword') return !credential.stored && !credential.session && sinceMs < TYPING_MS ? 'joins' : 'new';
    if (answer === 'retry' || !verdict) return 'new';
    const lasts = !!before.pause || pauseFor(verdict, { repeats: 0, now: 0 }) !== null;
    if (failure.silent) return lasts || Math.abs(failure.at - before.at) < QUIET_MS ? 'joins' : 'new';
    const secondConnection = failure.type === 'imap' && !before.silent && before.answeredBy !== 'no-box' && sinceMs < this.joinMs;
    if (secondConnection) return 'joins';
    return this.isKnown(before) ? 'again' : 'new';
  }

  /** The host would say the same again. @param {Incident} incident */
  isKnown({ verdict, at }) {
    return !!verdict && isRefused(verdict) && this.sinceMs(at) < LEDGER_MS;
  }

  /** An automatic check that failed as it did a moment ago, and has nothing new to tell. @param {Failure} failure */
  isTooSoon(failure) {
    const before = this.latest(failure);
    if (!failure.silent || !before || Math.abs(failure.at - before.at) >= QUIET_MS) return false;
    return isConnection(failure) ? isConnection(before) : before.ended === 'failed';
  }

  /** @param {Incident} incident @param {Verdict} verdict */
  decided(incident, verdict) {
    incident.verdict = verdict;
    const late = incident.ended === 'failed' && this.latest(incident) === incident;
    if (incident.state !== 'deciding' && !late) return;
    const before = this.all.findLast(
      (one) => one !== incident && one.kind === incident.kind && one.key === incident.key && one.verdict,
    );
    const inARow =
      before?.verdict?.verdict === verdict.verdict &&
      !wellAgain.includes(before.ended) &&
      this.sinceMs(before.endedAt ?? before.lastAt) < ROW_MS
        ? before
        : null;
    const unexplained = this.isUnexplained(incident, verdict, inARow);
    const repeats = inARow && (!unexplained || inARow.ended === 'pause-over') ? inARow.repeats + 1 : 0;
    // Sending is not automatic, and where no password was sent there is nothing to protect.
    const mayPause = incident.kind === 'incoming' && !isConnection(incident);
    const judged = unexplained ? { ...verdict, verdict: 'inconclusive' } : verdict;
    const pause = mayPause ? pauseFor(judged, { repeats, now: this.now() }) : null;
    const retried = incident.retried || unexplained; // Thunderbird's own checks were the retry
    Object.assign(incident, { state: 'open', ended: null, endedAt: null, problem: null, repeats, pause, retried });
  }

  /**
   * Automatic checks go on being refused where our own sign-in works: left alone, that is a storm of which nobody hears.
   * @param {Incident} incident @param {Verdict} verdict @param {Incident|null} before the one before, if it is in a row
   */
  isUnexplained(incident, { verdict }, before) {
    if (verdict !== 'password_accepted' || !incident.silent || isConnection(incident)) return false;
    if (incident.retried || before?.ended === 'pause-over') return true;
    return before?.ended === 'nothing-wrong' && this.sinceMs(before.endedAt) < UNEXPLAINED_MS;
  }

  /** What comes next needs the login store, which the primary password locks. @param {Incident} incident */
  waits(incident) {
    if (incident.state !== 'closed') incident.state = 'waiting';
  }

  /** We could not find out: no pause, and the next failure starts afresh. @param {Incident} incident @param {string} problem */
  failed(incident, problem) {
    incident.problem = problem;
    this.close(incident, 'failed');
  }

  /**
   * Thunderbird has its answer, or never waited for one.
   * @param {Incident} incident @param {Answer} answer @param {string} by decision, dialog, stock, stock-with-words, queued; prompt, no-box
   */
  answered(incident, answer, by) {
    Object.assign(incident, { answer, answeredBy: by, answeredAt: this.now() });
    if (by === 'stock' && !incident.verdict && incident.state !== 'closed') this.failed(incident, incident.problem ?? 'late');
  }

  /** @param {Incident} incident @param {Ending} ending */
  close(incident, ending) {
    if (incident.state === 'closed') return;
    // Whoever slept through the end of a pause comes late to it.
    const endedAt = ending === 'pause-over' ? Math.min(this.now(), incident.pause?.until ?? Infinity) : this.now();
    Object.assign(incident, { state: 'closed', ended: ending, endedAt, pause: null, unseen: false, queued: false });
  }

  /** @returns {Incident[]} newest first */
  list() {
    return [...this.all].reverse();
  }
}
