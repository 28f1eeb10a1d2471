// SPDX-License-Identifier: MPL-2.0
// OAuthSwitch: takes a server, and the other direction of its identity, from a password to Thunderbird's sign-in with the provider (OAuth2), in one click.
//
//     click -> the passwords into the vault -> Thunderbird's sign-in (nothing is changed yet) -> given up, refused -> everything is as it was, the bar is back
//                                                                                            -> a token: authMethod 10 for all, recorded in SettingChanges
//           -> each signs in with its server -> it works: the incident ends; another account of the provider is offered
//                                            -> its server refuses: that server goes back, and with the incident's own server all of them
// The saved passwords stay where they are: Thunderbird ignores them under OAuth2, and whoever goes back needs them. The vault has them too, because Thunderbird
// forgets an outgoing server's password together with its token. So a vault that cannot be used stops nothing here.
// Belongs here: the order of steps. Does not belong here: tokens and issuers (api/LoginWatch/oauth.js), changing (account_settings.js), words (oauth_words.mjs).

import { OAUTH2 } from './account_facts.mjs';
import { isConnection } from './incidents.mjs';

/** @typedef {import('./types/loginwatch').Incident} Incident */
/** @typedef {import('./types/loginwatch').Server} Server */
/** @typedef {import('./types/loginwatch').ServerName} ServerName */

const TRIAL_MS = 120_000; // how long a refusal counts as the answer to the switch
const ECHO_MS = 15_000; // IMAP's other connections fail with the first one
/** @param {ServerName} one @param {ServerName} other */
const same = (one, other) => one.kind === other.kind && one.key === other.key;
/** @param {ServerName} server */
const nameOf = ({ kind, key }) => `${kind}:${key}`;

export class OAuthSwitch {
  /**
   * @param {{
   *   watch: import('./types/loginwatch').LoginWatch,
   *   incidents: import('./incidents.mjs').Incidents,
   *   notices: import('./notices.mjs').Notices,
   *   safekeeping: import('./safekeeping.mjs').Safekeeping,
   *   changes: import('./setting_changes.mjs').SettingChanges,
   *   changed: () => void,
   *   now?: () => number,
   * }} parts
   */
  constructor({ watch, incidents, notices, safekeeping, changes, changed, now = Date.now }) {
    this.watch = watch;
    this.incidents = incidents;
    this.notices = notices;
    this.safekeeping = safekeeping;
    this.changes = changes;
    this.changed = changed;
    this.now = now;
    /** @type {Map<string, number>} server -> when it was taken back */
    this.takenBack = new Map();
    /** @type {Map<string, number>} provider and user -> when a new token was fetched */
    this.renewed = new Map();
  }

  /** The click on "Switch to OAuth2". @param {Incident} clicked @returns {Promise<string|null>} a problem, or null */
  async begin(clicked) {
    const incident = this.incidents.current(clicked);
    if (!incident || incident.authMethod === OAUTH2) return 'not_allowed';
    const servers = await this.together(incident);
    return servers.length ? this.start(incident, servers, false) : 'not_allowed';
  }

  /** The click on "Switch it too". @param {Incident} incident */
  async beginNext(incident) {
    const { next } = incident.oauth ?? {};
    const server = next && (await this.watch.listServers()).find((one) => same(one, next));
    return server && server.authMethod !== OAUTH2 ? this.start(incident, [server], false) : 'not_allowed';
  }

  /** The token is no longer taken: signs in anew, and changes no setting. @param {Incident} clicked */
  async renew(clicked) {
    const incident = this.incidents.current(clicked);
    const server = incident && (await this.watch.listServers()).find((one) => same(one, incident));
    if (!incident || server?.authMethod !== OAUTH2) return 'not_allowed';
    const isNewer = (this.renewed.get(await this.tokenOf(server)) ?? -Infinity) > incident.lastAt;
    if (!isNewer && incident.oauth?.step !== 'signing-in') await this.watch.clearTokens(incident.kind, incident.key);
    return this.start(incident, [server], true);
  }

  /** Servers with the same name share their token. @param {Server} server */
  async tokenOf(server) {
    return `${await this.issuerOf(server)} ${server.username}`;
  }

  /** All servers that wait for this token. @param {ServerName} name @returns {Promise<ServerName[]>} */
  async waitingFor(name) {
    const servers = await this.watch.listServers();
    const own = servers.find((one) => same(one, name));
    const token = own && (await this.tokenOf(own));
    if (!token) return [];
    this.renewed.set(token, this.now());
    const found = [own];
    for (const server of servers.filter((one) => !same(one, name) && one.authMethod === OAUTH2)) {
      const expired = this.incidents.current(server)?.verdict?.verdict === 'oauth2_token_expired';
      if (expired && (await this.tokenOf(server)) === token) found.push(server);
    }
    return found;
  }

  /** The servers that one click switches, the incident's own first. @param {Incident} incident @returns {Promise<Server[]>} empty: Thunderbird has no OAuth2 for it */
  async together(incident) {
    const [own, others] = await this.related(incident);
    const partners = others
      .filter(
        ({ server, link }) =>
          server.kind !== own?.kind && link.sameIdentity && (link.sameLogin || server.username === own?.username),
      )
      .map(({ server }) => server);
    // An outgoing server may serve several accounts; the others keep their own click.
    const [incoming] = [...partners.filter(({ type }) => type !== 'pop3'), ...partners];
    if (!own) return [];
    return own.kind === 'incoming' ? [own, ...partners] : [own, ...(incoming ? [incoming] : [])];
  }

  /** @param {ServerName} name @returns {Promise<[Server|null, {server: Server, link: import('./types/loginwatch').Link}[]]>} the server, and those of the same provider that use a password */
  async related(name) {
    const issuer = await this.issuerOf(name);
    const servers = await this.watch.listServers();
    const own = servers.find((one) => same(one, name));
    if (!own || !issuer) return [null, []];
    const found = [];
    for (const link of await this.watch.getLinks(name.kind, name.key)) {
      const server = servers.find((one) => same(one, link));
      if (server && server.authMethod !== OAUTH2 && (await this.issuerOf(server)) === issuer) found.push({ server, link });
    }
    return [own, found];
  }

  /** @param {ServerName} server */
  async issuerOf({ kind, key }) {
    return (await this.watch.getOAuthSupport(kind, key).catch(() => null))?.issuer ?? null;
  }

  /** @param {Incident} incident @param {Server[]} servers @param {boolean} renews @returns {Promise<string|null>} */
  async start(incident, servers, renews) {
    if (!(await this.watch.unlock())) return 'locked'; // the token could not be saved
    if (!renews) for (const server of servers) await this.safekeeping.keep(server);
    const names = servers.map(({ kind, key, name }) => ({ kind, key, name }));
    incident.oauth = { step: 'signing-in', servers: names, at: this.now(), renews, next: null };
    await this.show(incident);
    await this.watch.signInWithOAuth(
      incident.id,
      names.map(({ kind, key }) => ({ kind, key })),
    );
    return null;
  }

  /** Thunderbird has a token, or the user or the provider does not want. @param {{id: string, worked: boolean}} end */
  async onSignInEnded({ id, worked }) {
    const incident = this.incidents.find(id);
    const { oauth } = incident ?? {};
    if (!incident || oauth?.step !== 'signing-in') return;
    const changed =
      !worked || oauth.renews ? [] : await this.change(oauth.servers, incident.verdict?.verdict ?? 'oauth2_required');
    if (!worked || !changed) {
      incident.oauth = null;
      await this.show(incident);
      return;
    }
    incident.oauth = oauth.renews ? null : { ...oauth, step: 'switched', servers: changed, at: this.now() };
    await this.show(incident);
    const servers = oauth.renews ? await this.waitingFor(oauth.servers[0]) : oauth.servers;
    await Promise.allSettled(servers.map(({ kind, key }) => this.watch.signIn(kind, key)));
  }

  /** All of them or none. @param {import('./types/loginwatch').OAuthServer[]} servers @param {string} why */
  async change(servers, why) {
    const done = [];
    for (const { kind, key, name } of servers) {
      const after = { authMethod: OAUTH2 };
      const before = await this.watch.applySettings(kind, key, after).catch(() => null);
      const change = before && (await this.changes.record({ kind, key, name, before, after, why }).catch(() => null));
      if (!change) {
        // What cannot be remembered cannot be taken back later.
        if (before) await this.watch.applySettings(kind, key, before).catch(() => {});
        for (const one of done) await this.changes.undo(one.change).catch(() => {});
        return null;
      }
      done.push({ kind, key, name, change });
    }
    return done;
  }

  /** Before anybody else hears of it. @param {ServerName} server @returns {boolean} whether it is the first sign-in after a switch: no password has worked */
  isNewSignIn(server) {
    const one = this.trialOf(server)?.oauth?.servers.find((each) => same(each, server));
    if (!one) return false;
    one.worked = true;
    this.changed();
    return true;
  }

  /** The switch works, and its incident is over: other accounts of the provider may follow. @param {ServerName} server */
  async offerNext(server) {
    const incident = this.incidents.latest(server);
    if (incident?.state !== 'closed' || incident.oauth?.step !== 'switched' || incident.oauth.next) return;
    const [own, others] = await this.related(incident);
    const next = others.find(
      (other) =>
        other.server.username === own?.username && !this.incidents.current(other.server) && other.server.kind === 'incoming',
    )?.server;
    if (!next && incident.kind === 'incoming') return;
    if (next) incident.oauth.next = { kind: next.kind, key: next.key, name: next.name };
    await this.show(incident);
  }

  /** The switch of this server that no sign-in has confirmed yet. @param {ServerName} server */
  trialOf(server) {
    return this.incidents.all.findLast(
      ({ oauth }) =>
        oauth?.step === 'switched' &&
        Math.abs(this.now() - oauth.at) < TRIAL_MS &&
        oauth.servers.some((one) => same(one, server) && !one.worked),
    );
  }

  /**
   * The server does not take the token, or no token at all: it gets back what it had.
   * @param {import('./types/loginwatch').Failure} failure @returns {Promise<boolean>} whether this failure is dealt with
   */
  async takesBack(failure) {
    if (failure.authMethod !== OAUTH2 || isConnection(failure)) return false;
    const incident = this.trialOf(failure);
    if (!incident?.oauth) return this.now() - (this.takenBack.get(nameOf(failure)) ?? -Infinity) < ECHO_MS;
    const { servers } = incident.oauth;
    const isOwn = same(servers[0], failure);
    const back = servers.filter((one) => !one.worked && (isOwn || same(one, failure)));
    const left = servers.filter((one) => !back.includes(one));
    incident.oauth = { ...incident.oauth, servers: left, ...(isOwn ? { step: 'taken-back' } : {}) };
    for (const one of back) {
      this.takenBack.set(nameOf(one), this.now());
      if (one.change) await this.changes.undo(one.change).catch(() => {});
    }
    await this.show(incident);
    return true;
  }

  /** @param {Incident} incident */
  async show(incident) {
    this.changed();
    const { oauth, state } = incident;
    const tells = state !== 'closed' || oauth?.step === 'signing-in' || oauth?.next || (oauth && incident.kind === 'outgoing');
    if (tells) await this.notices.show(incident);
    else this.notices.remove(incident);
  }
}
