// SPDX-License-Identifier: MPL-2.0
// What the add-on does when a login failed, in the tests' words: probe, trust the test's own authority, keep the password in the vault.
// Belongs here: requests and their order. Does not belong here: expectations (*.test.mjs), starting the host (tests/harness/host.mjs).

/** Base64 of the key that seals the vault's entries; in real life it lies in Thunderbird's login store. */
export const sealKey = Buffer.alloc(32, 7).toString('base64');

/** Her IMAP account, as in a `probe` message. @param {{ports: {imaps: number}}} dovecot */
export const aliceAt = ({ ports }) => ({
  protocol: 'imap',
  host: 'localhost',
  port: ports.imaps,
  tls: 'implicit',
  user: 'alice',
  auth: 'password',
});

/**
 * Probes with a password and says yes to the certificate.
 * @param {object} host from startNative
 * @param {object} account as in a `probe` message
 * @param {string} secret
 * @param {object} [more] more fields of the message
 * @returns {Promise<any>} the final answer
 */
export async function probe(host, account, secret, more = {}) {
  const id = host.send('probe', { account, credential: { kind: 'password', secret }, ...more });
  const first = await host.next((message) => message.id === id && message.type !== 'progress');
  if (first.type === 'chain') host.send('trust', { probe: id, trusted: true });
  return host.answerTo(id);
}

/** Puts a password into the vault; the answer. */
export const keep = (host, { protocol, host: name, port, user }, secret) =>
  host.ask('vault_store', { account: { protocol, host: name, port, user }, secret, seal_key: sealKey });

/** Takes a password out of the vault; the answer. */
export const restore = (host, entry) => host.ask('vault_restore', { entry, seal_key: sealKey });
