// SPDX-License-Identifier: MPL-2.0
// PasswordChange: "Change password…" at any time, without one bad login.
//
//     the vault keeps the old password  (it cannot: the user is told, and decides)
//     Thunderbird's own prompt          closed: the old one is back, nothing else happens
//     the host signs in with it once    accepted: Thunderbird signs in, and the other direction is offered it (directions.mjs)
//                                       refused: an incident, so that checks pause; enter again, or put the old one back
//                                       not to tell: it stays, and the bar says so
// Automatic checks are off meanwhile: a password that was mistyped shall not be sent by them before it is judged.
// Belongs here: these steps. Does not belong here: a password that was refused first (login_cases.mjs, quiet_cases.mjs).

import { OAUTH2 } from './account_facts.mjs';
import { linksOf } from './directions.mjs';
import { HostError } from './host_client.mjs';
import { isRefused } from './pauses.mjs';
import { NO_KEYRING } from './safekeeping.mjs';

/** @typedef {import('./types/loginwatch').Incident} Incident */
/** @typedef {import('./types/loginwatch').Server} Server */
/** @typedef {import('./types/loginwatch').ServerName} ServerName */
/** @typedef {{kept: boolean, entry: string|null, links: import('./types/loginwatch').Link[]}} Before what was true of the old password */

const LIMIT_MS = 30_000;

export class PasswordChange {
  /**
   * @param {{
   *   watch: import('./types/loginwatch').LoginWatch,
   *   host: {hold: () => () => void},
   *   incidents: import('./incidents.mjs').Incidents,
   *   inquiry: import('./inquiry.mjs').Inquiry,
   *   upkeep: import('./upkeep.mjs').Upkeep,
   *   notices: import('./notices.mjs').Notices,
   *   safekeeping: import('./safekeeping.mjs').Safekeeping,
   *   directions: import('./directions.mjs').Directions,
   *   changed: () => void,
   *   now?: () => number,
   *   mono?: () => number,
   * }} parts `now`: wall clock, ms; `mono`: a clock that only goes forward, ms
   */
  constructor({
    watch,
    host,
    incidents,
    inquiry,
    upkeep,
    notices,
    safekeeping,
    directions,
    changed,
    now = Date.now,
    mono = () => performance.now(),
  }) {
    this.watch = watch;
    this.host = host;
    this.incidents = incidents;
    this.inquiry = inquiry;
    this.upkeep = upkeep;
    this.notices = notices;
    this.safekeeping = safekeeping;
    this.directions = directions;
    this.changed = changed;
    this.now = now;
    this.mono = mono;
    /** Servers whose password is being changed, from the click on. */
    this.underWay = new Set();
  }

  /**
   * Returns once Thunderbird's prompt is queued; what comes of it is told by a bar.
   * @param {ServerName} name @param {{anyway?: boolean}} [how] `anyway`: the user was told that the old one cannot be kept
   * @returns {Promise<string|null>} why nothing begins, or null
   */
  async changePassword({ kind, key }, { anyway = false } = {}) {
    const name = `${kind}:${key}`;
    if (this.underWay.has(name)) return null; // its prompt is there, or comes
    this.underWay.add(name);
    try {
      const begun = await this.prepare({ kind, key }, anyway);
      if (typeof begun === 'string') {
        this.underWay.delete(name);
        return begun;
      }
      const over = () => this.underWay.delete(name);
      this.run(begun.server, begun.before).then(over, over);
      return null;
    } catch (error) {
      this.underWay.delete(name);
      throw error;
    }
  }

  /** Everything before the prompt. @param {ServerName} name @param {boolean} anyway @returns {Promise<string|{server: Server, before: Before}>} or a problem */
  async prepare({ kind, key }, anyway) {
    const server = (await this.watch.listServers()).find((one) => one.kind === kind && one.key === key);
    if (!server) return 'account_gone';
    if (server.authMethod === OAUTH2) return 'not_allowed';
    if (!(await this.watch.unlock())) return 'locked';
    const earlier = this.incidents.latest(server);
    const { problem, kept, entry = null } = await this.safekeeping.keep(server);
    if (problem && !(anyway && NO_KEYRING.includes(problem))) {
      if (NO_KEYRING.includes(problem)) await this.askWithoutVault(server, problem);
      return problem;
    }
    // After a new password that was refused, "the old one" is still the one that worked.
    const first = earlier?.state === 'open' && earlier.change === 'refused' ? earlier.entry : null;
    const links = await linksOf(this.watch, this.incidents, server);
    return { server, before: { kept: kept || !!first, entry: first ?? entry, links } };
  }

  /** @param {Server} server @param {Before} before */
  async run(server, before) {
    const { kind, key } = server;
    const letGo = this.host.hold();
    try {
      await this.watch.pauseChecks(kind, key, null);
      if (await this.watch.askForPassword(kind, key)) await this.judge(server, before);
    } finally {
      letGo();
      const pause = this.incidents.current(server)?.pause;
      if (pause) await this.watch.pauseChecks(kind, key, pause.until);
      else await this.watch.resumeChecks(kind, key);
    }
  }

  /** The password was typed. @param {Server} server @param {Before} before */
  async judge(server, before) {
    const credential = await this.watch.getCredential(server.kind, server.key);
    const incident = this.begin(server, credential, before);
    let verdict = null;
    let problem = 'proxy';
    try {
      verdict = await this.inquiry.ask(incident, credential, this.mono());
    } catch (error) {
      problem = error instanceof HostError ? error.code : 'internal';
    }
    if (this.incidents.latest(incident) !== incident) return; // Thunderbird met a failure of its own meanwhile, and that one is told
    const refused = !!verdict && isRefused(verdict);
    // Thunderbird may have signed in meanwhile; or a connection from before brought mail, if the host has just seen the new password refused.
    const works = verdict?.verdict === 'password_accepted' || (incident.ended === 'signed-in' && !refused);
    if (verdict) this.upkeep.decided(incident, verdict);
    else if (!works) this.upkeep.failed(incident, problem);
    if (works) await this.accepted(incident);
    else {
      incident.change = refused ? 'refused' : 'unclear';
      this.incidents.answered(incident, 'cancel', 'no-box');
      this.changed();
      await this.notices.show(incident);
    }
  }

  /** @param {Incident} incident */
  async accepted(incident) {
    incident.change = 'done';
    this.upkeep.close(incident, 'signed-in');
    await this.watch.signIn(incident.kind, incident.key);
    await this.directions.offer(incident);
  }

  /** An incident of its own, in place of the one that the change ends. @param {Server} server @param {import('./incidents.mjs').Held} credential @param {Before} before */
  begin(server, credential, { kept, entry, links }) {
    const open = this.incidents.current(server);
    if (open) this.upkeep.close(open, 'changed');
    const id = `change-${server.kind}-${server.key}-${this.now()}`;
    const failure = {
      ...{ ...server, id, heard: [], at: this.now(), limitMs: LIMIT_MS },
      ...{ silent: false, attended: true, code: 'change' },
    };
    const { incident } = this.upkeep.begin(failure, credential);
    incident.change = 'checking';
    Object.assign(incident, { kept, entry, links });
    this.changed();
    return incident;
  }

  /** Nothing has been changed yet; the bar asks. @param {Server} server @param {string} problem */
  async askWithoutVault(server, problem) {
    const open = this.incidents.current(server);
    const incident = open ?? this.begin(server, { stored: true, session: null }, { kept: false, entry: null, links: [] });
    if (!open) this.upkeep.close(incident, 'nothing-wrong');
    Object.assign(incident, { problem, change: 'no-vault' });
    this.changed();
    await this.notices.show(incident);
  }

  /** Whether a button of this incident is about a change. @param {Incident} incident @param {string} choice */
  answers({ change, answer }, choice) {
    if (change === 'no-vault') return choice === 'askAnyway' || choice === 'keep';
    return change === 'refused' && answer !== 'newPassword' && (choice === 'newPassword' || choice === 'appPassword');
  }

  /** @param {Incident} incident @param {string} choice @returns {Promise<string|null>} a problem, or null */
  async answer(incident, choice) {
    const toldWithoutVault = incident.change === 'no-vault';
    if (toldWithoutVault) {
      Object.assign(incident, { change: undefined, problem: null });
      this.changed();
      if (incident.state === 'closed') this.notices.remove(incident);
      else await this.notices.show(incident); // checks stay off, and that must not go unseen
    }
    if (choice === 'keep') return null;
    // Where it was said that the vault cannot hold the first one, it is not said again for one that never worked.
    const anyway = toldWithoutVault || (incident.change === 'refused' && !incident.kept);
    return this.changePassword(incident, { anyway });
  }
}
