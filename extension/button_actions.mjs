// SPDX-License-Identifier: MPL-2.0
// ButtonActions: what a button of a bar, of the card or of the options page does. No box is held, and the user has just clicked.
// Belongs here: choices and what they may do. Does not belong here: the same choices in a held box (login_cases.mjs).

import { pageOf } from './decisions.mjs';
import { NO_KEYRING } from './safekeeping.mjs';

/** @typedef {import('./types/loginwatch').Incident} Incident */

export class ButtonActions {
  /**
   * @param {{
   *   watch: import('./types/loginwatch').LoginWatch,
   *   incidents: import('./incidents.mjs').Incidents,
   *   upkeep: import('./upkeep.mjs').Upkeep,
   *   notices: import('./notices.mjs').Notices,
   *   safekeeping: import('./safekeeping.mjs').Safekeeping,
   *   quiet: import('./quiet_cases.mjs').QuietCases,
   *   openPage: (address: string) => Promise<unknown>,
   *   openCard: (id: string) => Promise<unknown>,
   *   changed: () => void,
   * }} parts
   */
  constructor({ watch, incidents, upkeep, notices, safekeeping, quiet, openPage, openCard, changed }) {
    this.watch = watch;
    this.incidents = incidents;
    this.upkeep = upkeep;
    this.notices = notices;
    this.safekeeping = safekeeping;
    this.quiet = quiet;
    this.openPage = openPage;
    this.openCard = openCard;
    this.changed = changed;
  }

  /** @param {{id: string, choice: string}} pressed @returns {Promise<string|null>} a problem, or null */
  async perform({ id, choice }) {
    const incident = this.incidents.find(id);
    if (!incident) return 'not_found';
    const { kind, key, verdict } = incident;
    switch (choice) {
      case 'details':
        await this.openCard(incident.id);
        return null;
      case 'openPage': {
        const page = verdict && pageOf(verdict);
        if (page) await this.openPage(page);
        return null;
      }
      case 'newPassword':
      case 'appPassword':
        if (!this.mayClear(incident)) return 'not_allowed';
        return this.quiet.clear(incident);
      case 'askAnyway':
        if (!this.mayClear(incident) || !NO_KEYRING.includes(incident.problem ?? '')) return 'not_allowed';
        await this.quiet.askForNew(incident);
        return null;
      case 'keep':
        Object.assign(incident, { unseen: false, problem: null });
        this.changed();
        await this.notices.show(incident); // checks stay off, and that must not go unseen
        return null;
      case 'unlock':
        if (!(await this.watch.unlock())) return 'locked';
        await this.quiet.goOn(incident);
        return null;
      case 'signInAgain':
        if (verdict?.verdict !== 'oauth2_token_expired' || verdict.may_clear === 'never') return 'not_allowed';
        await this.watch.clearTokens(kind, key);
        return this.tryAgain(incident);
      case 'switchOAuth':
        this.over(incident);
        await this.watch.switchToOAuth(kind, key);
        return null;
      case 'tryAgain':
      case 'tryNow':
        return this.tryAgain(incident);
      default:
        return 'not_allowed';
    }
  }

  /** Only the incident that is open now, and only for a verdict that allows it. @param {Incident} incident */
  mayClear(incident) {
    return incident.state === 'open' && !!incident.verdict && incident.verdict.may_clear !== 'never';
  }

  /** @param {Incident} incident */
  async tryAgain(incident) {
    this.over(incident);
    await this.watch.signIn(incident.kind, incident.key);
    return null;
  }

  /** The card may show an older incident: the one of today ends. @param {Incident} incident */
  over(incident) {
    this.upkeep.close(this.incidents.current(incident) ?? incident, 'try-again');
  }

  /** Puts a kept password back into Thunderbird. @param {string} entry @returns {Promise<string|null>} */
  async undo(entry) {
    const { problem, server } = await this.safekeeping.undo(entry);
    const incident = server && this.incidents.current(server);
    if (incident) this.upkeep.close(incident, 'undone');
    return problem;
  }
}
