// SPDX-License-Identifier: MPL-2.0
// CredentialWatch: says for which server a login was just saved, by anybody but us. Belongs here: listening to the login store.
// Does not belong here: what follows from it (the background).
'use strict';

/* global Services, Ci */

const storageTopic = 'passwordmgr-storage-changed';

this.CredentialWatch = class CredentialWatch {
  /** @param {any} servers @param {(server: {kind: string, key: string}) => void} changed */
  constructor(servers, changed) {
    this.servers = servers;
    this.changed = changed;
    /** @type {Set<any>} servers whose login we are changing ourselves */
    this.ours = new Set();
  }

  /** A change of our own, of which nobody is told. @template T @param {any} server @param {string} kind @param {() => Promise<T>} change */
  async quietly(server, kind, change) {
    const one = { kind, server };
    this.ours.add(one);
    try {
      return await change();
    } finally {
      this.ours.delete(one);
    }
  }

  start() {
    Services.obs.addObserver(this, storageTopic);
  }

  stop() {
    try {
      Services.obs.removeObserver(this, storageTopic);
    } catch {
      // was not there
    }
  }

  observe(subject, _topic, change) {
    try {
      // modifyLogin brings an array: the login before and after.
      const login =
        change === 'addLogin'
          ? subject.QueryInterface(Ci.nsILoginInfo)
          : change === 'modifyLogin'
            ? subject.QueryInterface(Ci.nsIArray).queryElementAt(1, Ci.nsILoginInfo)
            : null;
      if (!login) return;
      if ([...this.ours].some(({ kind, server }) => this.servers.ownsLogin(kind, server, login))) return;
      for (const { kind, server } of this.servers.all()) {
        if (this.servers.ownsLogin(kind, server, login)) this.changed({ kind, key: server.key });
      }
    } catch {
      // a change that we cannot read changes nothing for us
    }
  }
};
