// SPDX-License-Identifier: MPL-2.0
// AccountSettings: changes how Thunderbird reaches a server (host, port, encryption, authentication method, user name), and loses nothing by it.
//
// A saved login belongs to a host and a user. So when one of these changes:
//     the login is saved for the new place -> the settings change -> it is removed from the old place, unless another server uses it there
// A crash in between leaves it at one of the two, or at both. A login that is saved at the new place already stays, and the old one with it.
// Thunderbird's own setters for host and user forget passwords (SMTP, and for IMAP what is saved for the new host), OAuth2 tokens (SMTP), and do
// by halves what renamed_servers.js does. So they are passed by: the preferences behind them are what Thunderbird reads. The folder on disk stays.
// Belongs here: changing. Does not belong here: which change is right (settings_repair.mjs), remembering what was (setting_changes.mjs).
'use strict';

/* global Services, Ci */

const memberNames = ['socketType', 'port', 'authMethod', 'username', 'hostname'];
const { isInteger } = Number;
/** What each may be: nsMsgSocketType, nsMsgAuthMethod (those that are ours); no text with blanks, control characters or the separators of an address. */
const allowed = {
  socketType: (value) => isInteger(value) && value >= 0 && value <= 3,
  port: (value) => isInteger(value) && value > 0 && value < 65_536,
  authMethod: (value) => [3, 4, 10].includes(value),
  // eslint-disable-next-line no-control-regex
  username: (value) => /^[^\x00-\x1f\x7f]{1,256}$/.test(value),
  // eslint-disable-next-line no-control-regex
  hostname: (value) => /^[^\x00-\x20\x7f/@\\?#[\]]{1,255}$/.test(value),
};

this.AccountSettings = class AccountSettings {
  /**
   * @param {{servers: any, renamed: {note: (server: any) => void}, quietly: <T>(server: any, kind: string, change: () => Promise<T>) => Promise<T>}} parts
   *   `quietly`: a change of the login store that is ours
   */
  constructor({ servers, renamed, quietly }) {
    Object.assign(this, { servers, renamed, quietly });
  }

  /** @returns {{socketType: number, port: number, authMethod: number, username: string, hostname: string}} the host as it was typed */
  read(kind, server) {
    const { socketType, port, authMethod, username } = this.servers.describe(kind, server);
    const { hostname } = kind === 'outgoing' ? server.QueryInterface(Ci.nsISmtpServer) : server;
    return { socketType, port, authMethod, username, hostname };
  }

  /**
   * Takes effect with the next connection; those that are open end.
   * @param {string} kind @param {string} key @param {Record<string, unknown>} wanted only what shall change
   * @returns {Promise<object|null>} what these members were before; null: the login store is locked, and nothing was changed. Rejects, with nothing changed,
   *   what no such server may have, what another account has already, and what a policy has locked.
   */
  async apply(kind, key, wanted) {
    const server = this.servers.find(kind, key);
    const names = memberNames.filter((name) => (wanted[name] ?? null) !== null); // the API's schema makes null of what is missing
    const wrong = names.find((name) => !allowed[name](wanted[name]));
    if (wrong || !this.servers.enters(kind, server)) throw new Error(`not for this server: ${wrong ?? key}`);
    const now = this.read(kind, server);
    const of = (values) => Object.fromEntries(names.map((name) => [name, values[name]]));
    const moves = ['hostname', 'username'].some((name) => names.includes(name) && wanted[name] !== now[name]);
    const set = () => {
      this.set(kind, server, of(wanted));
      const after = this.read(kind, server);
      if (names.every((name) => after[name] === wanted[name])) return;
      this.set(kind, server, of(now));
      throw new Error('these settings are locked');
    };
    if (!moves) set();
    else if (this.servers.locked()) return null;
    else {
      if (this.isTaken(kind, server, { ...now, ...of(wanted) })) throw new Error('another account has this host and user');
      await this.quietly(server, kind, () => this.moving(kind, server, { ...now, ...of(wanted) }, set));
    }
    if (kind === 'incoming') this.servers.endConnections(server);
    else server.closeCachedConnections();
    return of(now);
  }

  /** Encryption before the port: Thunderbird reads "no port" as the usual one of the encryption it has. */
  set(kind, server, values) {
    for (const name of memberNames.filter((each) => each in values && values[each] !== this.read(kind, server)[each])) {
      if (name === 'hostname' || name === 'username') this.rename(kind, server, name, values[name]);
      else server[name] = values[name];
    }
    // The only setter that makes an outgoing server forget the address it has put together.
    if (kind === 'outgoing') Object.assign(server.QueryInterface(Ci.nsISmtpServer), { port: server.port });
  }

  /** @param {'hostname'|'username'} name @param {string} value */
  rename(kind, server, name, value) {
    if (kind === 'outgoing') {
      const preferences = Services.prefs.getBranch(`mail.smtpserver.${server.key}.`);
      if (name === 'hostname') preferences.setStringPref(name, value);
      else preferences.setCharPref(name, value);
      return;
    }
    void server.localPath; // from now on not to be made from the host's name
    this.renamed.note(server);
    Services.prefs.getBranch(`mail.server.${server.key}.`).setStringPref(name === 'username' ? 'userName' : name, value);
  }

  /** Thunderbird's own rule: no two incoming servers of one kind have the same host and user. */
  isTaken(kind, server, { hostname, username }) {
    if (kind === 'outgoing') return false;
    return this.servers.all().some((one) => {
      if (one.kind !== kind || one.server === server || one.server.type !== server.type) return false;
      return one.server.username === username && one.server.hostname.toLowerCase() === hostname.toLowerCase();
    });
  }

  /** @param {{hostname: string, username: string}} to @param {() => void} set */
  async moving(kind, server, to, set) {
    const { username } = server;
    const origin = this.servers.originAt(kind, server, this.read(kind, server).hostname);
    const newOrigin = this.servers.originAt(kind, server, to.hostname);
    const login = (await this.servers.loginAt(origin, username))?.clone() ?? null;
    if (login && !(await this.servers.loginAt(newOrigin, to.username))) {
      await Services.logins.addLoginAsync(this.servers.newLogin(newOrigin, newOrigin, to.username, login.password));
    }
    try {
      set();
      Services.prefs.savePrefFile(null);
    } finally {
      if (login) await this.tidy(login, await this.servers.loginAt(newOrigin, to.username));
    }
  }

  /** Of two logins with one password the one that nobody uses goes: the old one, or the new one if the settings could not be changed. @param {any} login @param {any} moved */
  async tidy(login, moved) {
    if (moved?.password !== login.password) return;
    const isUsed = (one) => this.servers.all().some(({ kind, server }) => this.servers.ownsLogin(kind, server, one));
    const left = await this.servers.loginAt(login.origin, login.username);
    if (left && isUsed(moved) && !isUsed(login)) await Services.logins.removeLoginAsync(left);
    else if (isUsed(login) && !isUsed(moved)) await Services.logins.removeLoginAsync(moved);
  }
};
