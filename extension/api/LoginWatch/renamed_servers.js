// SPDX-License-Identifier: MPL-2.0
// RenamedServers: an incoming server got another host or user, and the addresses of its folders (imap://alice@host/Sent) have them inside.
//
// A running Thunderbird keeps the addresses that it started with, and so do identities (Sent, Drafts, …), filters and junk settings: they fit together.
// The next one builds its folders' addresses from the new host. So the others are changed in between: while Thunderbird quits, or, if it did
// not come to that, when it starts. (Thunderbird's own setters do it at once, for POP3 only, and want a restart: a filter whose folder is not found is
// switched off.) Which servers wait for it is kept in a preference.
// Belongs here: the addresses. Does not belong here: changing the host (account_settings.js).
'use strict';

/* global Services, ChromeUtils, console */

const { MailServices } = ChromeUtils.importESModule('resource:///modules/MailServices.sys.mjs');
const { migrateServerUris } = ChromeUtils.importESModule('resource:///modules/MsgIncomingServer.sys.mjs');

const waitingPref = 'extensions.reprompt.renamed';
const quitTopic = 'quit-application-granted';
const startedTopic = 'mail-startup-done';

this.RenamedServers = class RenamedServers {
  start() {
    Services.obs.addObserver(this, quitTopic);
    if (Services.startup.startingUp) Services.obs.addObserver(this, startedTopic);
    else this.settle();
  }

  /** Without us nobody would do it. */
  stop() {
    for (const topic of [quitTopic, startedTopic]) {
      try {
        Services.obs.removeObserver(this, topic);
      } catch {
        // was not there
      }
    }
    this.settle();
  }

  observe(_subject, topic) {
    if (topic === startedTopic) Services.obs.removeObserver(this, startedTopic);
    this.settle();
  }

  /** @returns {Record<string, {hostname: string, username: string}>} server -> what the addresses of its folders have inside */
  waiting() {
    try {
      return JSON.parse(Services.prefs.getStringPref(waitingPref, '{}'));
    } catch {
      return {};
    }
  }

  /** Before the change. What the running Thunderbird started with counts, however often it changes. @param {{key: string, hostname: string, username: string}} server incoming */
  note({ key, hostname, username }) {
    Services.prefs.setStringPref(waitingPref, JSON.stringify({ [key]: { hostname, username }, ...this.waiting() }));
  }

  settle() {
    const waiting = this.waiting();
    Services.prefs.clearUserPref(waitingPref);
    for (const [key, before] of Object.entries(waiting)) {
      try {
        const server = MailServices.accounts.allServers.find((one) => one.key === key);
        if (!server || (server.hostname === before.hostname && server.username === before.username)) continue;
        migrateServerUris(server.localStoreType, before.hostname, before.username, server.hostname, server.username);
      } catch (error) {
        console.error(error);
      }
    }
  }
};
