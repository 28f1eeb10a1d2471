// SPDX-License-Identifier: MPL-2.0
// AccountLinks: which servers belong together: IMAP and SMTP of one person, POP3 and IMAP of one mailbox. Passwords are compared here and stay here.
// Belongs here: comparing servers. Does not belong here: what follows from it (directions.mjs).
'use strict';

/* global Services, ChromeUtils */

const { MailServices } = ChromeUtils.importESModule('resource:///modules/MailServices.sys.mjs');

/** "example.org" of "imap.example.org"; an address, or a name without a domain, is its own. */
const domainOf = (hostname) => {
  try {
    return Services.eTLD.getBaseDomainFromHost(hostname);
  } catch {
    return hostname.toLowerCase();
  }
};

/** Whether two names mean one user at one provider: "alice" and "alice@example.org" do. */
const sameUser = (one, other) => {
  const [first, second] = [one, other].map((name) => name.toLowerCase());
  if (first.includes('@') && second.includes('@')) return first === second;
  return first.split('@')[0] === second.split('@')[0];
};

/** How an identity is known to both of its directions: its address; else its key. */
const nameOfIdentity = ({ email, key }) => email?.toLowerCase() || key;

const identitiesOf = (kind, server) => {
  if (kind === 'incoming') return MailServices.accounts.getIdentitiesForServer(server).map(nameOfIdentity);
  const byDefault = MailServices.outgoingServer.defaultServer?.key;
  return MailServices.accounts.allIdentities
    .filter(({ smtpServerKey }) => (smtpServerKey || byDefault) === server.key)
    .map(nameOfIdentity);
};

/** A server that is half set up has none. */
const attempt = (read, otherwise) => {
  try {
    return read();
  } catch {
    return otherwise;
  }
};

this.AccountLinks = class AccountLinks {
  /** @param {{servers: any}} parts */
  constructor({ servers }) {
    this.servers = servers;
  }

  /**
   * The other servers that may share this one's password. Where the login store is locked no password is the same.
   * @returns {Promise<{kind: string, key: string, sameIdentity: boolean, sameLogin: boolean, samePassword: boolean}[]>}
   */
  async of(kind, key) {
    const server = this.servers.find(kind, key);
    const { hostname, username } = this.servers.describe(kind, server);
    const identities = attempt(() => identitiesOf(kind, server), []);
    const password = (await this.servers.savedLogin(kind, server))?.password;
    const links = [];
    for (const other of this.servers.list()) {
      if ((other.kind === kind && other.key === key) || this.servers.usesTokens(other)) continue;
      const found = attempt(() => this.servers.find(other.kind, other.key), null);
      if (!found) continue;
      const theirs = attempt(() => identitiesOf(other.kind, found), []);
      const link = {
        sameIdentity: theirs.some((name) => identities.includes(name)),
        sameLogin: sameUser(username, other.username) && domainOf(hostname) === domainOf(other.hostname),
        samePassword: !!password && (await this.servers.savedLogin(other.kind, found))?.password === password,
      };
      if (link.sameIdentity || link.sameLogin || link.samePassword) links.push({ kind: other.kind, key: other.key, ...link });
    }
    return links;
  }

  /** The incoming server of an account (MailAccount.id), if its password is one of ours to change. @returns {{kind: string, key: string}|null} */
  serverOfAccount(accountId) {
    const server = attempt(() => MailServices.accounts.getAccount(accountId)?.incomingServer, null);
    if (!server || !this.servers.enters('incoming', server) || this.servers.usesTokens(server)) return null;
    return { kind: 'incoming', key: server.key };
  }
};
