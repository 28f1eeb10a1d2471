// SPDX-License-Identifier: MPL-2.0
// Accounts of Reprompt Basic: what messenger.accounts tells, turned into the question for their servers, and the helper's answer into servers as the
// full version knows them. Belongs here: pure translation. Does not belong here: asking (look_up.mjs), showing (account_view.mjs).

/** @typedef {import('../types/loginwatch').Server} Server */
/** @typedef {{id: string, name: string, type: string, identities: {id: string, email: string, name: string}[]}} Account as messenger.accounts gives it */
/** @typedef {{id: string, name: string, names: string[], servers: Server[]}} FoundAccount `names`: of the person and the account, to be left out of a report */
/** @typedef {'none'|'own'|'system'} Proxy `own`: Thunderbird is told to use a certain one; `system`: as the desktop says, which is usual and mostly means none */
/** @typedef {{name: string, proxy: Proxy, accounts: FoundAccount[]}} Profile */
/** @typedef {{hasAccounts: boolean, certain: boolean, profiles: Profile[]}} Found */
/** @typedef {{at: number, name: string}} Choice a profile, by its place and its name: a copied one may have the same name */

const types = ['imap', 'pop3'];
// What the helper takes (manifests/protocol/v1).
const MOST_ACCOUNTS = 256;
const MOST_IDENTITIES = 64;
const LONGEST_ADDRESS = 320;

/** Mail accounts that have a server of a kind that can be checked. @param {Account[]} accounts */
export const mailAccounts = (accounts) => accounts.filter(({ type }) => types.includes(type));

/** @param {Account[]} accounts */
export const accountsRequest = (accounts) => ({
  type: 'accounts',
  known: mailAccounts(accounts)
    .slice(0, MOST_ACCOUNTS)
    .map(({ id, type, identities }) => ({
      id,
      type,
      identities: identities
        .slice(0, MOST_IDENTITIES)
        .map((one) => ({ id: one.id, email: one.email ?? '' }))
        .filter(({ email }) => email.length <= LONGEST_ADDRESS),
    })),
});

/** @param {any} found a server of the answer @param {string} name the account's @returns {Server} */
function serverOf({ kind, key, type, hostname, port, socket_type, auth_method, username, mail_domain }, name) {
  return {
    ...{ kind, key, type, hostname, port, username, name },
    ...{ socketType: socket_type, authMethod: auth_method, mailDomain: mail_domain },
  };
}

/**
 * @param {any} answer of type `accounts` @param {Account[]} accounts
 * @returns {Omit<Found, 'hasAccounts'>} each profile's accounts in Thunderbird's order, with the user's names for them
 */
export function profilesOf({ certain, profiles }, accounts) {
  const found = profiles.map((/** @type {any} */ profile) => ({
    name: String(profile.name),
    // A direct check goes past a proxy: what is not known counts as one.
    proxy: ['none', 'system'].includes(profile.proxy) ? profile.proxy : 'own',
    accounts: mailAccounts(accounts).flatMap(({ id, name, identities }) => {
      const same = profile.accounts.find((/** @type {any} */ one) => one.id === id);
      if (!same) return [];
      const names = [name, ...identities.flatMap((one) => [one.email, one.name])].filter(Boolean);
      return [{ id, name, names, servers: same.servers.map((/** @type {any} */ server) => serverOf(server, name)) }];
    }),
  }));
  return { certain: certain === true && found.length === 1, profiles: found };
}

/** The profile that is open, as far as it is known. @param {Found} found @param {Choice|null} chosen by the user @returns {Profile|null} */
export function openProfile({ certain, profiles }, chosen) {
  if (certain) return profiles[0];
  const profile = profiles[chosen?.at ?? -1];
  return profile?.name === chosen?.name ? (profile ?? null) : null;
}

/**
 * A server as it is set up now. @param {Profile|null} profile @param {string} account id @param {Pick<Server, 'kind'|'key'>} server
 * @returns {Server|null}
 */
export const serverNow = (profile, account, { kind, key }) =>
  profile?.accounts.find(({ id }) => id === account)?.servers.find((one) => one.kind === kind && one.key === key) ?? null;
