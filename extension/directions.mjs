// SPDX-License-Identifier: MPL-2.0
// Directions: a new password that works for receiving is offered to sending, and the reverse, so that it is typed once.
//
//     another server takes part   if it had the same old password and belongs to the same identity or login, and has it still;
//                                 or if it is the same login and its own password is refused too
//     asked once                  Yes, Always, No; always and never are kept as a preference. Another login than this one is asked about all the same:
//                                 nobody has agreed that this provider may see the new password
//     on yes                      the host signs in there once with the new password (never one that was refused there before)
//        accepted                 the old one goes into the vault, the new one is saved, that server's own incident closes
//        refused, or not to tell  nothing changes there, and the bar says so
// Which servers had the same password is asked before the old one is forgotten; only their names are kept, with the incident.
// Belongs here: who takes part, and handing the password on. Does not belong here: the typed password itself (password_change.mjs, Thunderbird).

import { isRefused } from './pauses.mjs';
import { NO_KEYRING } from './safekeeping.mjs';

/** @typedef {import('./types/loginwatch').Incident} Incident */
/** @typedef {import('./types/loginwatch').Link} Link */
/** @typedef {import('./types/loginwatch').OtherServer} OtherServer */
/** @typedef {import('./types/loginwatch').Server} Server */
/** @typedef {import('./types/loginwatch').ServerName} ServerName */

const LIMIT_MS = 30_000;

/** @param {ServerName} one @param {ServerName} other */
const isSame = (one, other) => one.kind === other.kind && one.key === other.key;
/** @param {Incident} incident @param {ServerName} other */
const isSameLogin = ({ links = [] }, other) => links.some((link) => isSame(link, other) && link.sameLogin);

/**
 * Which servers share the password of this one, asked while the old one is still saved. After a new password that was refused too, those that shared
 * the one before it count as well.
 * @param {import('./types/loginwatch').LoginWatch} watch @param {import('./incidents.mjs').Incidents} incidents @param {ServerName & {id?: string}} server or its incident
 * @returns {Promise<Link[]>}
 */
export async function linksOf(watch, incidents, server) {
  try {
    const links = await watch.getLinks(server.kind, server.key);
    const before = incidents.all.findLast((one) => isSame(one, server) && one.id !== server.id);
    const shared = before && before.ended !== 'signed-in' && before.ended !== 'undone' ? (before.links ?? []) : [];
    const shares = (/** @type {Link} */ link) => shared.some((one) => isSame(one, link) && one.samePassword);
    return links.map((link) => ({ ...link, samePassword: link.samePassword || shares(link) }));
  } catch {
    return [];
  }
}

export class Directions {
  /**
   * @param {{
   *   watch: import('./types/loginwatch').LoginWatch,
   *   incidents: import('./incidents.mjs').Incidents,
   *   inquiry: import('./inquiry.mjs').Inquiry,
   *   upkeep: import('./upkeep.mjs').Upkeep,
   *   notices: import('./notices.mjs').Notices,
   *   safekeeping: import('./safekeeping.mjs').Safekeeping,
   *   preferences: {read: () => Promise<{otherDirection: string}>, write: (name: string, value: unknown) => Promise<void>},
   *   changed: () => void,
   *   mono?: () => number,
   * }} parts `preferences`: preferences.mjs
   */
  constructor({ watch, incidents, inquiry, upkeep, notices, safekeeping, preferences, changed, mono = () => performance.now() }) {
    this.watch = watch;
    this.incidents = incidents;
    this.inquiry = inquiry;
    this.upkeep = upkeep;
    this.notices = notices;
    this.safekeeping = safekeeping;
    this.preferences = preferences;
    this.changed = changed;
    this.mono = mono;
    /** Incidents whose password is being handed on. */
    this.busy = new Set();
  }

  /** The new password of this incident's server works. @param {Incident} incident */
  async offer(incident) {
    if (incident.others || !incident.links?.length) return;
    const { otherDirection } = await this.preferences.read();
    if (otherDirection === 'never') return;
    const { stored } = await this.watch.getCredential(incident.kind, incident.key);
    if (!stored) return; // it was not to be remembered here, so it is not remembered there either
    const others = await this.takingPart(incident);
    if (!others.length || incident.others) return;
    incident.others = others.map(({ kind, key, name }) => ({ kind, key, name, outcome: 'asks' }));
    this.changed();
    if (otherDirection === 'always') await this.extend(incident, { only: (other) => isSameLogin(incident, other) });
    else await this.notices.show(incident);
  }

  /** @param {Incident} incident @returns {Promise<Server[]>} */
  async takingPart(incident) {
    const servers = await this.watch.listServers();
    const now = await this.watch.getLinks(incident.kind, incident.key);
    const others = [];
    for (const link of incident.links ?? []) {
      const server = servers.find((one) => isSame(one, link));
      const hasItAlready = now.some((one) => isSame(one, link) && one.samePassword);
      if (server && !hasItAlready && (await this.isWanted(link, incident))) others.push(server);
    }
    return others;
  }

  /** @param {Link} link @param {Incident} incident */
  async isWanted(link, incident) {
    const { stored, savedAt } = await this.watch.getCredential(link.kind, link.key);
    if (!stored) return false; // Thunderbird asks for it, now or when it is needed
    if (link.samePassword) return (link.sameIdentity || link.sameLogin) && (savedAt ?? 0) <= incident.at;
    const theirs = this.incidents.current(link);
    return link.sameLogin && !!theirs?.verdict && isRefused(theirs.verdict);
  }

  /** A button of the bar. @param {Incident} incident @param {string} choice @returns {Promise<string|null>} a problem, or null */
  async answer(incident, choice) {
    if (!incident.others?.some(({ outcome }) => outcome === 'asks')) return 'not_allowed';
    if (choice === 'otherNever') {
      await this.preferences.write('otherDirection', 'never');
      return this.drop(incident);
    }
    if (choice === 'otherAlways') await this.preferences.write('otherDirection', 'always');
    return this.extend(incident);
  }

  /** The user was told that the old passwords cannot be kept, and decided. @param {Incident} incident @returns {Promise<string|null>} */
  async anyway(incident) {
    const waiting = (incident.others ?? []).filter(({ outcome }) => NO_KEYRING.includes(outcome));
    if (!waiting.length) return 'not_allowed';
    for (const other of waiting) other.outcome = 'asks';
    return this.extend(incident, { anyway: true });
  }

  /** Nothing more is asked. @param {Incident} incident @returns {null} no problem */
  drop(incident) {
    incident.others = [];
    this.notices.remove(incident);
    this.changed();
    return null;
  }

  /**
   * Hands the password on to everybody who is still asked about.
   * @param {Incident} incident @param {{anyway?: boolean, only?: (other: OtherServer) => boolean}} [how] @returns {Promise<string|null>}
   */
  async extend(incident, { anyway = false, only = () => true } = {}) {
    if (this.busy.has(incident.id)) return null;
    this.busy.add(incident.id);
    try {
      const asked = (incident.others ?? []).filter((other) => other.outcome === 'asks' && only(other));
      for (const other of asked) other.outcome = 'checking';
      this.changed();
      await this.notices.show(incident);
      for (const other of asked) await this.give(incident, other, anyway);
      this.changed();
      await this.notices.show(incident);
      return null;
    } finally {
      this.busy.delete(incident.id);
    }
  }

  /** @param {Incident} incident @param {OtherServer} other @param {boolean} anyway */
  async give(incident, other, anyway) {
    try {
      other.outcome = await this.tryOne(incident, other, anyway);
    } catch {
      other.outcome = 'unclear';
    }
  }

  /** @param {Incident} incident @param {OtherServer} other @param {boolean} anyway @returns {Promise<OtherServer['outcome']>} */
  async tryOne(incident, other, anyway) {
    const server = (await this.watch.listServers()).find((one) => isSame(one, other));
    const { stored: password } = await this.watch.getCredential(incident.kind, incident.key);
    const before = await this.watch.getCredential(other.kind, other.key);
    // With new trouble there, nobody knows whether what is saved now works.
    if (!server || !password || this.incidents.current(incident)) return 'unclear';
    if (before.stored === password) return 'taken';

    const verdict = await this.verdictOn(server, password);
    if (verdict && isRefused(verdict)) {
      other.server_words = verdict.server_words;
      return 'refused';
    }
    if (verdict?.verdict !== 'password_accepted') return 'unclear';

    const { problem } = await this.safekeeping.keep(server);
    if (problem && NO_KEYRING.includes(problem) && !anyway) return /** @type {'no_keyring'|'keyring_locked'} */ (problem);
    if (problem && !NO_KEYRING.includes(problem)) return 'unclear';
    // Typed meanwhile: that one stays.
    if ((await this.watch.getCredential(other.kind, other.key)).stored !== before.stored) return 'unclear';
    if (!(await this.watch.restoreLogin(server.kind, server.key, server.username, password))) return 'unclear';
    await this.settle(server);
    return 'taken';
  }

  /** One sign-in of the host with a password that this server does not have yet; the host's ledger is asked first. @param {Server} server @param {string} password */
  verdictOn(server, password) {
    const credential = { locked: false, stored: password, savedAt: null, session: null };
    const wish = { ...server, id: '', heard: [], at: 0, limitMs: LIMIT_MS, silent: false, attended: true, code: 'change' };
    return this.inquiry.ask(wish, credential, this.mono());
  }

  /** The server's own trouble is over, and a prompt that waits for its turn is not needed. @param {Server} server */
  async settle(server) {
    const theirs = this.incidents.current(server);
    if (!theirs) return;
    this.upkeep.close(theirs, 'changed');
    if (server.kind === 'incoming') await this.watch.signIn(server.kind, server.key);
  }
}
