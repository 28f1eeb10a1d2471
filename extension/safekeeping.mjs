// SPDX-License-Identifier: MPL-2.0
// Safekeeping: the old password goes into the host's vault before anything replaces it, and comes back when the user wants it.
// Belongs here: storing, listing, putting back. Does not belong here: the vault itself (the host), asking the user (options page, login_cases.mjs).

import { OAUTH2, asciiHost, serverFor, vaultRequest } from './account_facts.mjs';
import { HostError } from './host_client.mjs';

/** @typedef {import('./types/loginwatch').Server} Server */
/** @typedef {import('./types/loginwatch').VaultEntry} VaultEntry */

const VAULT_MS = 15_000;
/** The vault cannot hold it, and the user decides; any other problem is a failure of ours, and nothing is touched. */
export const NO_KEYRING = ['no_keyring', 'keyring_locked'];
/** @param {unknown} error */
const codeOf = (error) => (error instanceof HostError ? error.code : 'internal');

export class Safekeeping {
  /** @param {{watch: import('./types/loginwatch').LoginWatch, host: {request: (fields: any, listening: any) => Promise<any>}}} parts */
  constructor({ watch, host }) {
    this.watch = watch;
    this.host = host;
  }

  /**
   * @param {Server} server @param {{unused?: boolean}} [how] `unused`: also a password that Thunderbird passes by (OAuth2)
   * @returns {Promise<{problem: string|null, kept: boolean, entry?: string}>} no problem: the vault holds the saved password, or nothing is saved
   */
  async keep(server, { unused = false } = {}) {
    try {
      const credential = await this.watch.getCredential(server.kind, server.key);
      if (credential.locked) return { problem: 'locked', kept: false };
      if (!credential.stored || (server.authMethod === OAUTH2 && !unused)) return { problem: null, kept: false };
      const sealKey = await this.watch.getSealKey();
      const request = sealKey && vaultRequest(server, credential, sealKey);
      if (!request) return { problem: 'internal', kept: false };
      const { entries } = await this.host.request(request, { timeoutMs: VAULT_MS });
      if (entries?.length !== 1) return { problem: 'bad_response', kept: false };
      return { problem: null, kept: true, entry: entries[0].entry };
    } catch (error) {
      return { problem: codeOf(error), kept: false };
    }
  }

  /** The host's record of refusals of this user at this provider. @param {Server} server */
  async forgetRefusal({ hostname, username }) {
    const account = { host: asciiHost(hostname), user: username };
    await this.host.request({ type: 'ledger_forget', account }, { timeoutMs: VAULT_MS });
  }

  /** @returns {Promise<VaultEntry[]>} */
  async list() {
    return (await this.host.request({ type: 'vault_list' }, { timeoutMs: VAULT_MS })).entries;
  }

  /**
   * Puts a kept password back. Another one that is saved now goes into the vault first.
   * @param {string} entry @returns {Promise<{problem: string|null, server?: Server}>}
   */
  async undo(entry) {
    try {
      const sealKey = await this.watch.getSealKey();
      if (!sealKey) return { problem: 'locked' };
      const { entries, secret } = await this.host.request(
        { type: 'vault_restore', entry, seal_key: sealKey },
        { timeoutMs: VAULT_MS },
      );
      if (entries?.length !== 1 || typeof secret !== 'string') return { problem: 'bad_response' };
      const server = serverFor(entries[0].account, await this.watch.listServers());
      if (!server) return { problem: 'account_gone' };
      const { stored } = await this.watch.getCredential(server.kind, server.key);
      if (stored && stored !== secret) {
        const { problem } = await this.keep(server, { unused: true });
        if (problem) return { problem };
      }
      const { host, user } = entries[0].account;
      if (!(await this.watch.restoreLogin(server.kind, server.key, server.username, secret))) return { problem: 'not_restored' };
      // Without this the host would answer from its ledger that this password was refused. It is back all the same.
      await this.host.request({ type: 'ledger_forget', account: { host, user } }, { timeoutMs: VAULT_MS }).catch(() => {});
      return { problem: null, server };
    } catch (error) {
      return { problem: codeOf(error) };
    }
  }
}
