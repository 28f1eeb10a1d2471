// SPDX-License-Identifier: MPL-2.0
// ButtonActions: what a button of a bar, of the card or of the options page does. No box is held, and the user has just clicked.
// Belongs here: choices and what they may do. Does not belong here: the same choices in a held box (login_cases.mjs).

import { pageOf, resetPageOf } from './decisions.mjs';
import { hasOffer } from './health.mjs';
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
   *   repair: import('./settings_repair.mjs').SettingsRepair,
   *   oauth: import('./oauth_switch.mjs').OAuthSwitch,
   *   passwordChange: import('./password_change.mjs').PasswordChange,
   *   directions: import('./directions.mjs').Directions,
   *   openPage: (address: string) => Promise<unknown>,
   *   openCard: (id: string) => Promise<unknown>,
   *   changed: () => void,
   * }} parts
   */
  constructor({
    watch,
    incidents,
    upkeep,
    notices,
    safekeeping,
    quiet,
    repair,
    oauth,
    passwordChange,
    directions,
    openPage,
    openCard,
    changed,
  }) {
    this.watch = watch;
    this.incidents = incidents;
    this.upkeep = upkeep;
    this.notices = notices;
    this.safekeeping = safekeeping;
    this.quiet = quiet;
    this.repair = repair;
    this.oauth = oauth;
    this.passwordChange = passwordChange;
    this.directions = directions;
    this.openPage = openPage;
    this.openCard = openCard;
    this.changed = changed;
  }

  /** A button of a bar, which is gone with that: what could not be done is offered again. @param {{id: string, choice: string}} pressed */
  async pressed(pressed) {
    const problem = await this.perform(pressed).catch(() => 'internal');
    const incident = problem ? this.incidents.find(pressed.id) : null;
    if (!incident || this.incidents.latest(incident) !== incident) return;
    if (incident.state !== 'closed' || hasOffer(incident) || incident.oauth?.next) await this.notices.show(incident);
  }

  /** @param {{id: string, choice: string}} pressed @returns {Promise<string|null>} a problem, or null */
  async perform({ id, choice }) {
    const incident = this.incidents.find(id);
    if (!incident) return 'not_found';
    const { verdict } = incident;
    if (this.passwordChange.answers(incident, choice)) return this.passwordChange.answer(incident, choice);
    if (choice === 'keep' && incident.others?.length) return this.directions.drop(incident);
    switch (choice) {
      case 'details':
        await this.openCard(incident.id);
        return null;
      case 'openPage': {
        const page = verdict && pageOf(verdict);
        if (page && page === resetPageOf(verdict)) return this.openResetPage(incident, page);
        if (page) await this.openPage(page);
        return null;
      }
      case 'forgot': {
        const page = verdict && resetPageOf(verdict);
        return page ? this.openResetPage(incident, page) : 'not_allowed';
      }
      case 'changePassword':
        return this.passwordChange.changePassword(incident);
      case 'putBack':
        return incident.entry ? this.undo(incident.entry) : 'not_allowed';
      case 'otherToo':
      case 'otherAlways':
      case 'otherNever':
        return this.directions.answer(incident, choice);
      case 'otherAnyway':
        return this.directions.anyway(incident);
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
        return this.oauth.renew(incident);
      case 'applySettings':
        return this.repair.apply(incident);
      case 'confirmHost':
        return this.repair.apply(incident, { confirmed: incident.repair?.step === 'confirm' });
      case 'undoSettings':
        return this.repair.undo(incident);
      case 'restart':
        await this.watch.restart();
        return null;
      case 'switchOAuth':
        return this.oauth.begin(incident);
      case 'switchOAuthToo':
        return this.oauth.beginNext(incident);
      case 'tryAgain':
      case 'tryNow':
        return this.tryAgain(incident);
      default:
        return 'not_allowed';
    }
  }

  /** What follows is a warning: the mail with the new password may go to the account that cannot be read. @param {Incident} incident @param {string} page */
  async openResetPage(incident, page) {
    await this.openPage(page);
    incident.forgot = true;
    this.changed();
    await this.notices.show(incident);
    return null;
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
