// SPDX-License-Identifier: MPL-2.0
// Account facts: Thunderbird's numbers and names for a server, turned into the host's words (manifests/protocol/v1).
// Belongs here: pure translation. Does not belong here: asking Thunderbird (api/LoginWatch) or the host (host_client.mjs).

const protocols = new Set(['imap', 'pop3', 'smtp']);
const tlsModes = ['none', 'starttls', 'starttls', 'implicit']; // nsMsgSocketType: plain, trySTARTTLS, alwaysSTARTTLS, SSL
const authWords = { 3: 'password', 4: 'password_encrypted', 10: 'oauth2' }; // nsMsgAuthMethod
export const OAUTH2 = 10;

/**
 * @typedef {import('./types/loginwatch').Server} Server
 * @typedef {import('./types/loginwatch').Failure} Failure
 * @typedef {import('./types/loginwatch').Credential} Credential
 */

/** A-label of a host name, an address without brackets. @param {string} hostname */
export function asciiHost(hostname) {
  if (hostname.includes(':')) return hostname;
  try {
    return new URL(`https://${hostname}`).hostname;
  } catch {
    return hostname;
  }
}

/** @param {Server} server @returns {{protocol: string, host: string, port: number, tls: string, user: string, auth: string, mail_domain?: string}|null} null: not ours */
export function accountOf(server) {
  const tls = tlsModes[server.socketType];
  const auth = authWords[/** @type {3|4|10} */ (server.authMethod)];
  if (!protocols.has(server.type) || !tls || !auth) return null;
  const domain = server.mailDomain ? { mail_domain: server.mailDomain } : {};
  return {
    protocol: server.type,
    host: asciiHost(server.hostname),
    port: server.port,
    tls,
    user: server.username,
    auth,
    ...domain,
  };
}

/**
 * The password Thunderbird used: the one of this session if there is one (it may have been typed and not saved), else the saved one.
 * A token is not sent: only Thunderbird knows whether the one in memory is the one that was refused.
 * @param {Failure} failure @param {Credential} credential
 */
export function credentialOf(failure, credential) {
  const secret = credential.session || credential.stored;
  if (!secret || failure.authMethod === OAUTH2) return null;
  const saved = credential.savedAt && secret === credential.stored ? { saved_at: Math.trunc(credential.savedAt) } : {};
  return { kind: 'password', secret, ...saved };
}

/**
 * The proxy in the host's words; null: a kind that the host does not speak, or one of several, of which only Thunderbird knows the live one. @param {import('./types/loginwatch').ProxyWay} way
 * @returns {{type: 'socks5', host: string, port: number, resolves_names: boolean}|null}
 */
export function proxyOf({ type, host, port, resolvesNames = true, login = false, others = false }) {
  if (type !== 'socks' || login || others || !host || !port) return null;
  return { type: 'socks5', host: asciiHost(host), port, resolves_names: resolvesNames };
}

/** @param {Failure} failure @param {Credential} credential @param {{limitMs: number, again?: boolean, proxy?: ReturnType<typeof proxyOf>}} how */
export function probeRequest(failure, credential, { limitMs, again = false, proxy = null }) {
  const account = accountOf(failure);
  if (!account) return null;
  const secret = credentialOf(failure, credential);
  return {
    type: 'probe',
    account,
    ...(secret ? { credential: secret } : {}),
    ...(proxy ? { proxy } : {}),
    ...(failure.heard.length ? { heard: failure.heard } : {}),
    limit_ms: Math.min(Math.max(Math.trunc(limitMs), 1000), 60_000),
    ...(again ? { again } : {}),
  };
}

/** For a server behind a proxy that the host cannot use: the words heard are all there is. @param {Failure} failure @param {Credential} credential */
export function explainRequest(failure, credential) {
  const account = accountOf(failure);
  const last = failure.heard.at(-1);
  if (!account || !last) return null;
  const { protocol, host, port, tls } = account;
  const line = {
    id: failure.id,
    protocol,
    host,
    port,
    tls,
    offered: [],
    mechanism: last.mechanism ?? null,
    response: last.lines,
    heard: failure.heard,
  };
  const secret = credentialOf(failure, credential);
  // What the server repeated of the password and the name is masked there.
  return { type: 'explain', line, names: [failure.username], ...(secret ? { credential: secret } : {}) };
}

/** @param {Server} server @param {Credential} credential @param {string} sealKey */
export function vaultRequest(server, credential, sealKey) {
  const account = accountOf(server);
  if (!account || !credential.stored) return null;
  const { protocol, host, port, user } = account;
  return { type: 'vault_store', account: { protocol, host, port, user }, secret: credential.stored, seal_key: sealKey };
}

/**
 * The server in Thunderbird that a kept password belongs to. The port may have changed since; the host and the user may not.
 * @param {import('./types/loginwatch').VaultEntry['account']} account @param {Server[]} servers
 */
export function serverFor({ protocol, host, port, user }, servers) {
  const found = servers.filter((server) => {
    const account = accountOf(server);
    return account?.protocol === protocol && account.host === host && account.user === user;
  });
  return found.find((server) => server.port === port) ?? found[0] ?? null;
}
