// SPDX-License-Identifier: MPL-2.0
// SettingChanges: what Reprompt changed in the settings of servers, each of it on a user's click, so that it can be taken back later.
// Belongs here: remembering, listing, taking back. Does not belong here: making the change (api/LoginWatch/account_settings.js, who asks for it).

import { asciiHost } from './account_facts.mjs';

/** @typedef {import('./types/loginwatch').SettingChange} SettingChange */
/** @typedef {import('./types/loginwatch').SettingValues} SettingValues */

const storedName = 'settingChanges';
const MOST = 50;
const memberNames = /** @type {const} */ (['hostname', 'port', 'socketType', 'authMethod', 'username']);

/** Only these members are kept, whatever comes with them. @param {SettingValues} values @returns {SettingValues} */
const plain = (values) => Object.fromEntries(memberNames.filter((name) => name in values).map((name) => [name, values[name]]));

export class SettingChanges {
  /**
   * @param {{
   *   watch: import('./types/loginwatch').LoginWatch,
   *   store: {get: (name: string) => Promise<Record<string, any>>, set: (values: Record<string, any>) => Promise<void>},
   *   now?: () => number,
   * }} parts `store`: browser.storage.local; `now`: wall clock, ms
   */
  constructor({ watch, store, now = Date.now }) {
    this.watch = watch;
    this.store = store;
    this.now = now;
    /** One change of the list at a time. @type {Promise<unknown>} */
    this.writing = Promise.resolve();
  }

  /** @returns {Promise<SettingChange[]>} newest first */
  async list() {
    const { [storedName]: stored } = await this.store.get(storedName);
    return Array.isArray(stored) ? stored : [];
  }

  /** @param {Omit<SettingChange, 'id'|'at'>} change `before` as applySettings() gave it @returns {Promise<string>} its id */
  async record({ kind, key, name, before, after, why }) {
    const id = globalThis.crypto.randomUUID();
    const change = { id, kind, key, name, before: plain(before), after: plain(after), why, at: this.now() };
    await this.rewrite((changes) => [change, ...changes].slice(0, MOST));
    return id;
  }

  /**
   * Puts back what was there before the change.
   * @param {string} id @returns {Promise<string|null>} a problem, or null: not_found, account_gone, locked (the login store), changed_since (somebody else
   *   has changed the same settings, so nothing is touched)
   */
  async undo(id) {
    const change = (await this.list()).find((one) => one.id === id);
    if (!change) return 'not_found';
    const { kind, key, before, after } = change;
    const server = (await this.watch.listServers()).find((one) => one.kind === kind && one.key === key);
    if (!server) return 'account_gone';
    // Also if the account was removed, and another one has its key now.
    if (memberNames.some((name) => name in after && !same(name, server[name], after[name]))) return 'changed_since';
    if (!(await this.watch.applySettings(kind, key, before))) return 'locked';
    await this.rewrite((changes) => changes.filter((one) => one.id !== id));
    return null;
  }

  /** @param {(changes: SettingChange[]) => SettingChange[]} step @returns {Promise<void>} */
  rewrite(step) {
    const written = this.writing.then(async () => this.store.set({ [storedName]: step(await this.list()) }));
    this.writing = written.catch(() => {});
    return written;
  }
}

/** @param {string} name @param {unknown} one @param {unknown} other */
const same = (name, one, other) =>
  name === 'hostname' ? asciiHost(String(one)).toLowerCase() === asciiHost(String(other)).toLowerCase() : one === other;
