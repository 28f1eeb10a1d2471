// SPDX-License-Identifier: MPL-2.0
// Upkeep: what an incident does to Thunderbird for as long as it is open (checks paused, password marked as refused, bar, notification),
// and taking all of it back when it closes. Nothing here is waited for, and nothing that fails here keeps a decision.
// Belongs here: keeping Thunderbird in step with the incidents. Does not belong here: how long a pause is (pauses.mjs), what a bar says (notices.mjs).

import { pageOf, wantsAppPassword } from './decisions.mjs';
import { isRefused } from './pauses.mjs';

/** @typedef {import('./types/loginwatch').Failure} Failure */
/** @typedef {import('./types/loginwatch').Incident} Incident */
/** @typedef {import('./types/loginwatch').Ending} Ending */
/** @typedef {import('./types/loginwatch').Verdict} Verdict */

export class Upkeep {
  /**
   * @param {{
   *   watch: import('./types/loginwatch').LoginWatch,
   *   incidents: import('./incidents.mjs').Incidents,
   *   notices: import('./notices.mjs').Notices,
   *   changed: () => void,
   *   now?: () => number,
   * }} parts
   */
  constructor({ watch, incidents, notices, changed, now = Date.now }) {
    this.watch = watch;
    this.incidents = incidents;
    this.notices = notices;
    this.changed = changed;
    this.now = now;
  }

  /** As Incidents.begin; what told of an incident that is replaced goes with it. @param {Failure} failure @param {import('./incidents.mjs').Held} credential */
  begin(failure, credential) {
    const before = this.incidents.current(failure);
    const asks = before?.answer === 'newPassword';
    const begun = this.incidents.begin(failure, credential);
    // Told anew, it asks anew.
    if (before && asks && begun.relation !== 'joins') this.withdraw(before);
    if (before && begun.relation === 'new') this.notices.remove(before);
    this.changed();
    return begun;
  }

  /** @param {Incident} incident @param {Verdict} verdict */
  decided(incident, verdict) {
    this.change(incident, () => this.incidents.decided(incident, verdict));
  }

  /** Failures of ours pause nothing. @param {Incident} incident @param {string} problem */
  failed(incident, problem) {
    this.change(incident, () => this.incidents.failed(incident, problem));
  }

  /** For the primary password. @param {Incident} incident */
  waits(incident) {
    this.change(incident, () => this.incidents.waits(incident));
  }

  /** @param {Incident} incident @param {Ending} ending */
  close(incident, ending) {
    // First: a login that works again must not be forgotten for a prompt whose turn comes now.
    if (incident.state !== 'closed' && incident.answer === 'newPassword') this.withdraw(incident);
    this.change(incident, () => this.incidents.close(incident, ending));
    if (this.incidents.latest(incident) === incident) this.notices.remove(incident);
  }

  /** One step of an incident, and Thunderbird after it. @param {Incident} incident @param {() => void} step */
  change(incident, step) {
    const { kind, key, pause } = incident;
    step();
    this.changed();
    if (this.incidents.latest(incident) !== incident) return;
    if (incident.pause && incident.pause !== pause) this.pause(incident);
    if (pause && !incident.pause) ignoring(this.watch.resumeChecks(kind, key));
    const { verdict } = incident;
    const refused = incident.state !== 'closed' && !!verdict && isRefused(verdict);
    ignoring(this.watch.markRejected(kind, key, refused));
    const { id } = incident;
    const wanted = refused ? { id, appPassword: wantsAppPassword(verdict), page: !!pageOf(verdict) } : null;
    ignoring(this.watch.expectPassword(kind, key, wanted));
  }

  /** A prompt that is open already stays. @param {Incident} incident */
  withdraw({ kind, key }) {
    ignoring(this.watch.withdrawPrompt(kind, key));
  }

  /** @param {Incident} incident */
  pause({ kind, key, pause }) {
    if (pause) ignoring(this.watch.pauseChecks(kind, key, pause.until));
  }

  /** After the event page was away: pauses without an incident end, incidents whose pause is over close. No server stays paused for ever. */
  async reconcile() {
    const paused = await this.watch.pausedChecks();
    for (const { kind, key } of paused) {
      if (!this.incidents.current({ kind, key })?.pause) ignoring(this.watch.resumeChecks(kind, key));
    }
    for (const incident of this.incidents.open) {
      if (!incident.pause) continue;
      const { until } = incident.pause;
      const same = paused.find(({ kind, key }) => kind === incident.kind && key === incident.key);
      if (until !== null && until <= this.now()) this.close(incident, 'pause-over');
      else if (!same || same.until !== until) this.pause(incident); // "Change password…" may have made it one without an end
    }
  }
}

/** @param {Promise<unknown>} promise */
function ignoring(promise) {
  promise.catch(() => {});
}
