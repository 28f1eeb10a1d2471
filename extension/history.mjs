// SPDX-License-Identifier: MPL-2.0
// History: what went wrong before, also before the last start of Thunderbird, and what the user said was not the cause.
// A rule that the user marked for an account clears nothing there by itself any more; it only offers.
// Belongs here: keeping, marking, forgetting. Does not belong here: incidents that are open (incidents.mjs), showing it (options/).

/** @typedef {import('./types/loginwatch').Incident} Incident */
/** @typedef {import('./types/loginwatch').Verdict} Verdict */
/** @typedef {import('./types/loginwatch').ServerName} ServerName */
/** @typedef {ServerName & {rule: string}} Mark this rule was not the cause at this server */
/** @typedef {{incidents: Incident[], marks: Mark[]}} Kept */

const MOST = 200;
const MOST_MARKS = 200;
/** These say nothing that could be wrong. */
const withoutCause = ['inconclusive', 'password_accepted'];

export class History {
  /**
   * @param {{stored?: Partial<Kept>, store: (kept: Kept) => Promise<unknown>}} parts
   *   `stored`: what an earlier start has kept; `store`: keeps it over a restart, without anything secret
   */
  constructor({ stored = {}, store }) {
    /** @type {Incident[]} oldest first */
    this.incidents = stored.incidents ?? [];
    /** @type {Mark[]} */
    this.marks = stored.marks ?? [];
    this.store = store;
  }

  /** Takes over those that are closed, each once; one that ended better later is corrected. @param {Incident[]} all */
  note(all) {
    const news = all.filter((one) => isWorthKeeping(one) && this.isNew(one));
    if (!news.length) return;
    const ids = new Set(news.map(({ id }) => id));
    this.incidents = [...this.incidents.filter(({ id }) => !ids.has(id)), ...news.map(keptPart)]
      .sort((one, other) => one.at - other.at)
      .slice(-MOST);
    this.save();
  }

  /** @param {Incident} incident */
  isNew({ id, ended, verdict }) {
    const known = this.find(id);
    return !known || known.ended !== ended || known.verdict?.verdict !== verdict?.verdict;
  }

  /** @param {string} id @returns {Incident|null} */
  find(id) {
    return this.incidents.find((one) => one.id === id) ?? null;
  }

  /** @returns {Incident[]} newest first, each with what the user said about it */
  list() {
    return this.incidents.map((one) => this.told(one)).reverse();
  }

  /** An incident with the user's word about its rule. @param {Incident} incident @returns {Incident} */
  told(incident) {
    return { ...incident, notTheCause: this.isMarked(incident) };
  }

  /** @param {Incident} incident */
  isMarked({ kind, key, verdict }) {
    return !!verdict && this.marks.some((mark) => mark.kind === kind && mark.key === key && mark.rule === verdict.rule);
  }

  /**
   * "This was not the cause", or the same taken back.
   * @param {Incident} incident @param {boolean} [marked] @returns {string|null} a problem, or null
   */
  mark(incident, marked = true) {
    if (!mayMark(incident)) return 'not_allowed';
    const { kind, key } = incident;
    const { rule } = /** @type {Verdict} */ (incident.verdict);
    const others = this.marks.filter((mark) => mark.kind !== kind || mark.key !== key || mark.rule !== rule);
    this.marks = marked ? [...others, { kind, key, rule }].slice(-MOST_MARKS) : others;
    this.save();
    return null;
  }

  /** A verdict of a marked rule waits for the user's click where it would have cleared at once. @param {ServerName} server @param {Verdict} verdict @returns {Verdict} */
  tempered({ kind, key }, verdict) {
    const isMarked = this.marks.some((mark) => mark.kind === kind && mark.key === key && mark.rule === verdict.rule);
    return isMarked && verdict.may_clear === 'at_once' ? { ...verdict, may_clear: 'on_click' } : verdict;
  }

  /** Everything, the marks too. */
  clear() {
    this.incidents = [];
    this.marks = [];
    this.save();
  }

  save() {
    this.store({ incidents: this.incidents, marks: this.marks }).catch(() => {});
  }
}

/** Whether there is a cause that the user may deny. @param {Incident} incident */
export const mayMark = ({ verdict }) => !!verdict && !withoutCause.includes(verdict.verdict);

/** What was told anew by its successor, or found nothing, is no event of its own. @param {Incident} incident */
function isWorthKeeping({ state, ended, verdict, problem }) {
  if (state !== 'closed' || ended === 'nothing-wrong') return false;
  return !!verdict || (!!problem && ended !== 'replaced');
}

/** On the disk go the words that the host has masked, not those that came from the wire. @param {Incident} incident @returns {Incident} */
const keptPart = (incident) => ({ ...incident, heard: [], boxes: [], links: [], others: [] });
