// SPDX-License-Identifier: MPL-2.0
// SettingsRepair: applies settings that the host found working, after the user's click, has Thunderbird sign in with them, and takes them back.
//
//     applySettings -> (a host that is not known to belong to the account: both names are shown, confirmHost) -> Thunderbird's settings change,
//     the change is remembered -> the incident is over; its bar says what changed -> Thunderbird signs in: it works, or a new incident tells why not
//     undoSettings, any time later: the old settings
// The host found them with a verified certificate a moment ago, so nothing is probed again.
// Belongs here: the order of steps. Does not belong here: what may be proposed (found_settings.mjs), Thunderbird's settings
// (api/LoginWatch/account_settings.js), the list of changes (setting_changes.mjs), words (settings_text.mjs).

import { OAUTH2 } from './account_facts.mjs';
import { changesOf, isAllowed, mustConfirmHost } from './found_settings.mjs';

/** @typedef {import('./types/loginwatch').Incident} Incident */
/** @typedef {import('./types/loginwatch').SettingValues} SettingValues */

const memberNames = /** @type {const} */ (['hostname', 'port', 'socketType', 'authMethod', 'username']);

export class SettingsRepair {
  /**
   * @param {{
   *   watch: import('./types/loginwatch').LoginWatch,
   *   incidents: import('./incidents.mjs').Incidents,
   *   upkeep: import('./upkeep.mjs').Upkeep,
   *   notices: import('./notices.mjs').Notices,
   *   changes: import('./setting_changes.mjs').SettingChanges,
   *   changed: () => void,
   * }} parts `changed`: the incidents are worth storing
   */
  constructor({ watch, incidents, upkeep, notices, changes, changed }) {
    this.watch = watch;
    this.incidents = incidents;
    this.upkeep = upkeep;
    this.notices = notices;
    this.changes = changes;
    this.changed = changed;
    /** Incidents whose settings are just being changed. */
    this.underWay = new Set();
  }

  /** Whether the host must be asked about before apply(). @param {Incident} incident */
  mustConfirm(incident) {
    const found = incident.verdict?.settings;
    return !!found && mustConfirmHost(found, incident);
  }

  /** @param {Incident} incident @param {{confirmed?: boolean}} [how] the user has seen both host names @returns {Promise<string|null>} a problem, or null */
  async apply(incident, { confirmed = false } = {}) {
    if (incident.state !== 'open' || !incident.verdict?.settings || this.underWay.has(incident.id)) return 'not_allowed';
    if (this.mustConfirm(incident) && !confirmed) {
      await this.tell(incident, { repair: { step: 'confirm' }, problem: null });
      return null;
    }
    this.underWay.add(incident.id);
    try {
      const problem = await this.change(incident);
      if (problem) await this.tell(incident, { problem });
      else await this.watch.signIn(incident.kind, incident.key);
      return problem;
    } finally {
      this.underWay.delete(incident.id);
    }
  }

  /** @param {Incident} incident @returns {Promise<string|null>} */
  async change(incident) {
    const { kind, key, name, verdict } = incident;
    const server = (await this.watch.listServers()).find((one) => one.kind === kind && one.key === key);
    if (!server) return 'account_gone';
    if (memberNames.some((member) => server[member] !== incident[member])) return 'changed_since';
    if (!verdict?.settings || !isAllowed(verdict, server)) return 'not_allowed';
    const after = changesOf(verdict.settings, server);
    if (after.authMethod === OAUTH2 && !(await this.watch.getOAuthSupport(kind, key))) return 'not_allowed';
    const before = await this.unlocked(() => this.watch.applySettings(kind, key, after)).catch(() => undefined);
    if (!before) return before === null ? 'locked' : 'not_applied';
    try {
      const change = await this.changes.record({ kind, key, name, before, after, why: verdict.verdict });
      this.upkeep.close(incident, 'try-again');
      await this.tell(incident, { repair: { step: 'changed', change, before, after }, problem: null });
      return null;
    } catch {
      // What cannot be remembered cannot be taken back later.
      await this.watch.applySettings(kind, key, before).catch(() => {});
      return 'not_applied';
    }
  }

  /** @param {import('./types/loginwatch').ServerName} server */
  async onSignedIn(server) {
    const incident = this.incidents.latest(server);
    if (incident?.repair?.step === 'changed') await this.tell(incident, { repair: { ...incident.repair, step: 'works' } });
  }

  /** The button of the bar and of the card. @param {Incident} incident @returns {Promise<string|null>} a problem, or null */
  async undo(incident) {
    if (!incident.repair || incident.repair.step === 'confirm') return 'not_allowed';
    const problem = await this.undoChange(incident.repair.change);
    if (problem) await this.tell(incident, { problem });
    return problem;
  }

  /** @param {string} id of the change @returns {Promise<string|null>} a problem, or null */
  async undoChange(id) {
    const change = (await this.changes.list()).find((one) => one.id === id);
    const undoing = () => this.changes.undo(id).catch(() => 'not_applied');
    let problem = await undoing();
    if (problem === 'locked' && (await this.watch.unlock())) problem = await undoing();
    if (problem && problem !== 'not_found') return problem;
    for (const incident of this.incidents.all) {
      if (incident.repair && incident.repair.step !== 'confirm' && incident.repair.change === id) this.forget(incident);
    }
    // What failed with the settings that are gone is over.
    const current = change && this.incidents.current(change);
    if (current) this.upkeep.close(current, 'undone');
    return null;
  }

  /** @param {Incident} incident */
  forget(incident) {
    Object.assign(incident, { repair: null, problem: null });
    this.changed();
    if (this.incidents.latest(incident) === incident) this.notices.remove(incident);
  }

  /** Tries once more after the primary password. @template T @param {() => Promise<T|null>} change null: the login store is locked @returns {Promise<T|null>} */
  async unlocked(change) {
    return (await change()) ?? ((await this.watch.unlock()) ? change() : null);
  }

  /** @param {Incident} incident @param {Partial<Incident>} news */
  async tell(incident, news) {
    Object.assign(incident, news);
    this.changed();
    if (this.incidents.latest(incident) === incident) await this.notices.show(incident);
  }
}
