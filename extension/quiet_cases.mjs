// SPDX-License-Identifier: MPL-2.0
// QuietCases: failures without a box (automatic checks, OAuth2, the way to the server), and everything that happens to an incident later:
// somebody comes back, a sign-in works, a password is saved, a prompt is closed, a pause ends, the login store is unlocked.
// Nothing is cleared while nobody is there; a bar waits, and a notification of the system.
// Belongs here: what Reprompt does by itself, outside of a box. Does not belong here: held boxes (login_cases.mjs), what a button does (button_actions.mjs).

import { decide } from './decisions.mjs';
import { isConnection } from './incidents.mjs';
import { isRefused } from './pauses.mjs';

/** @typedef {import('./types/loginwatch').Failure} Failure */
/** @typedef {import('./types/loginwatch').Incident} Incident */
/** @typedef {import('./types/loginwatch').ServerName} ServerName */

/** What a network that comes back may mend. */
const unreached = ['offline', 'server_unreachable', 'temporary_failure'];
const nothingWrong = 'no-credential'; // the host's rule: everything but the password was looked at, and is in order

export class QuietCases {
  /**
   * @param {{
   *   watch: import('./types/loginwatch').LoginWatch,
   *   incidents: import('./incidents.mjs').Incidents,
   *   inquiry: import('./inquiry.mjs').Inquiry,
   *   upkeep: import('./upkeep.mjs').Upkeep,
   *   notices: import('./notices.mjs').Notices,
   *   safekeeping: import('./safekeeping.mjs').Safekeeping,
   *   directions: import('./directions.mjs').Directions,
   *   changed: () => void,
   *   mono?: () => number,
   * }} parts
   */
  constructor({ watch, incidents, inquiry, upkeep, notices, safekeeping, directions, changed, mono = () => performance.now() }) {
    this.watch = watch;
    this.incidents = incidents;
    this.inquiry = inquiry;
    this.upkeep = upkeep;
    this.notices = notices;
    this.safekeeping = safekeeping;
    this.directions = directions;
    this.changed = changed;
    this.mono = mono;
    /** Incidents whose password is on its way into the vault. */
    this.clearing = new Set();
  }

  /** @param {Failure} failure @param {number} [begun] */
  async onSilentFailure(failure, begun = this.mono()) {
    if (this.incidents.isTooSoon(failure)) return;
    const credential = await this.inquiry.credentialFor(failure);
    const { incident, relation } = this.upkeep.begin(failure, credential);
    if (relation === 'joins') return;
    await this.inquiry.settle(incident, credential, begun);
    if (relation === 'new' && incident.boxes.length) return; // a box that came meanwhile tells it
    if (relation === 'new') this.incidents.answered(incident, 'cancel', 'no-box');
    this.changed();
    await this.tell(incident);
  }

  /** The surface of an incident that has no box. @param {Incident} incident */
  async tell(incident) {
    const { verdict, silent } = incident;
    const isQuiet = silent && isConnection(incident);
    if (!verdict && incident.state === 'closed') {
      if (!isQuiet) await this.notices.show(incident); // we failed: said once, see isTooSoon
      return;
    }
    if (verdict && incident.state === 'closed') return; // signed in meanwhile
    if (verdict) {
      const plan = planOf(incident);
      if (plan === 'retry' || (isConnection(incident) && verdict.rule === nothingWrong)) {
        this.upkeep.close(incident, 'nothing-wrong');
        return;
      }
      if ((isQuiet || (silent && plan === 'quiet')) && !verdict.settings) return; // settings that work are worth a bar
    }
    const attended = await this.watch.isAttended().catch(() => false);
    incident.unseen = !attended;
    this.changed();
    if (attended && isStale(incident)) await this.clear(incident);
    // A server that stays away is looked at every few minutes; the system tells of it once.
    else await this.notices.show(incident, { unattended: !attended && !(isQuiet && incident.repeats) });
  }

  /** Outside of any box: vault, then Thunderbird's prompt in its turn. Without the vault the bar says so, and nothing is touched. @param {Incident} incident @returns {Promise<string|null>} a problem, or null */
  async clear(incident) {
    if (this.clearing.has(incident.id) || incident.answer === 'newPassword') return null;
    this.clearing.add(incident.id);
    try {
      const { problem, kept } = await this.safekeeping.keep(incident);
      if (incident.state === 'closed') return null; // signed in or changed meanwhile
      Object.assign(incident, { problem, kept: kept || incident.kept, unseen: false });
      if (problem === 'locked') this.upkeep.waits(incident);
      this.changed();
      if (problem) await this.notices.show(incident);
      else await this.askForNew(incident);
      return problem;
    } finally {
      this.clearing.delete(incident.id);
    }
  }

  /** Queues Thunderbird's prompt. The vault has the old password, or the user knows that it has not. @param {Incident} incident */
  async askForNew(incident) {
    this.incidents.answered(incident, 'newPassword', 'prompt');
    Object.assign(incident, { problem: null, queued: true, restored: false, unseen: false });
    this.changed();
    await this.watch.reprompt(incident.kind, incident.key);
    await this.notices.show(incident);
  }

  /** Somebody is back: what waited for him happens now. */
  async onAttended() {
    const unseen = this.incidents.open.filter((incident) => incident.unseen);
    for (const incident of unseen) incident.unseen = false;
    if (unseen.length) this.changed();
    await Promise.allSettled(unseen.map((incident) => (isStale(incident) ? this.clear(incident) : this.notices.show(incident))));
  }

  /** The login store was unlocked, by whomever: what waited for it goes on. */
  async onUnlocked() {
    await Promise.allSettled(this.incidents.open.map((incident) => this.goOn(incident)));
  }

  /** @param {Incident} incident */
  async goOn(incident) {
    if (incident.state !== 'waiting') return;
    incident.problem = null;
    this.notices.remove(incident);
    if (incident.verdict) {
      incident.state = 'open';
      await this.clear(incident);
      return;
    }
    incident.state = 'deciding';
    this.changed();
    const credential = await this.inquiry.credentialFor(incident);
    await this.inquiry.settle(incident, credential, this.mono());
    await this.tell(incident);
  }

  /** @param {ServerName} server */
  async onSignedIn(server, { byToken = false } = {}) {
    this.wellAgain(server, 'signed-in', byToken);
  }

  /** A login was saved or typed. @param {ServerName} server */
  async onCredentialChanged(server) {
    this.wellAgain(server, 'changed');
  }

  /** @param {ServerName} server @param {'signed-in'|'changed'} how @param {boolean} [byToken] no password had a part in it */
  wellAgain(server, how, byToken = false) {
    const incident = this.incidents.latest(server);
    if (!incident) return;
    if (incident.change === 'checking') {
      if (how === 'signed-in') incident.ended = how; // what it means is judged there (password_change.mjs)
      return;
    }
    const isNew = incident.answer === 'newPassword' || incident.ended === 'changed';
    const wasChanged = ['refused', 'unclear'].includes(incident.change ?? '') && incident.ended !== 'undone';
    const renewed = how === 'signed-in' && (isNew || wasChanged);
    // The refused password works after all: the host must not go on answering from its record.
    const same = how === 'signed-in' && !isNew;
    if (same && !byToken && incident.verdict && isRefused(incident.verdict))
      this.safekeeping.forgetRefusal(incident).catch(() => {});
    if (incident.state !== 'closed') this.upkeep.close(incident, how);
    else if (incident.ended !== how) {
      incident.ended = how; // the same verdict, later, is not "in a row"
      if (!incident.repair) this.notices.remove(incident); // changed settings can be taken back
      this.changed();
    }
    if (renewed) this.directions.offer(incident).catch(() => {});
  }

  /** The network is there again: what could not be reached is checked at once, and its incident ends with the sign-in. */
  async onNetworkBack() {
    const cutOff = this.incidents.open.filter(
      ({ kind, verdict }) => kind === 'incoming' && unreached.includes(verdict?.verdict ?? ''),
    );
    await Promise.allSettled(cutOff.map(({ kind, key }) => this.watch.checkQuietly(kind, key)));
  }

  /** A pause ended by its own time: the mail that waited comes now, not with the next turn of the timer. @param {ServerName} server */
  async onChecksResumed(server) {
    const incident = this.incidents.current(server);
    if (incident?.state === 'deciding') incident.pause = null;
    else if (incident?.pause) {
      this.upkeep.close(incident, 'pause-over');
      if (server.kind === 'incoming') await this.watch.checkQuietly(server.kind, server.key);
    }
  }

  /** The user closed the prompt that followed our clear: checks stay off, and the bar offers it again. @param {ServerName & {restored: boolean}} end */
  async onPromptClosed({ restored, ...server }) {
    const incident = this.incidents.current(server);
    if (!incident) return;
    this.incidents.answered(incident, 'cancel', 'prompt');
    // The password that Thunderbird has again is the one that is refused.
    this.upkeep.change(incident, () => Object.assign(incident, { restored, queued: false, unseen: false }));
    await this.notices.show(incident);
  }
}

/** @param {Incident} incident */
const planOf = ({ verdict, retried }) => (verdict ? decide(verdict, { oauth: false, retried }).kind : null);

/** Only a new password helps. @param {Incident} incident */
const isStale = (incident) => incident.state === 'open' && planOf(incident) === 'clear';
