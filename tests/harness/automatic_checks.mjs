// SPDX-License-Identifier: MPL-2.0
// Thunderbird's automatic mail checks without waiting for their timer. Thunderbird's own biff manager cannot be hurried (forceBiff is not
// implemented), so its list of servers is followed here: every call goes on to the real one and is noted, and check() does for the servers of
// that list what nsMsgBiffManager::PerformBiff does when their time has come.
// Belongs here: which servers are checked, and when a check is over. Does not belong here: what a check does to the server (tests/e2e).
import { readFileSync } from 'node:fs';
import { waitUntil } from './processes.mjs';

/** After this long without a connection or a new line in the server's log, nothing of a check is left. */
const quietMs = 400;
const established = '01';

/** Account preferences: checked automatically, but not by the timer within any test. */
export const checkedAutomatically = { check_new_mail: true, check_time: 600 };

/** Her accounts of these types, called Work (IMAP) and Home (POP3). @param {string[]} types @param {any} dovecot @param {string} password */
export const checkedAccounts = (types, dovecot, password, prefs = {}) =>
  types.map((type) => ({
    type,
    name: type === 'imap' ? 'Work' : 'Home',
    host: 'localhost',
    port: dovecot.ports[`${type}s`],
    user: 'alice',
    password,
    prefs: { ...checkedAutomatically, ...prefs },
  }));

/** How many connections to these local ports are open now, as the kernel says. */
function openConnections(ports) {
  const wanted = new Set(ports.map((port) => port.toString(16).toUpperCase().padStart(4, '0')));
  return readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === established && wanted.has(local.split(':')[1])).length;
}

/**
 * @param {any} thunderbird
 * @param {any} dovecot the server of all the accounts that are checked
 */
export async function followChecks(thunderbird, dovecot) {
  await thunderbird.eval(`
    const contract = '@mozilla.org/messenger/biffManager;1';
    const real = Cc[contract].getService(Ci.nsIMsgBiffManager);
    kept.checked = new Set(MailServices.accounts.allServers.filter(server => server.doBiff).map(server => server.key));
    const following = {
      QueryInterface: ChromeUtils.generateQI(['nsIMsgBiffManager']),
      init() {}, shutdown() {},
      addServerBiff(server) { kept.checked.add(server.key); real.addServerBiff(server); },
      removeServerBiff(server) { kept.checked.delete(server.key); real.removeServerBiff(server); },
      forceBiff(server) { real.forceBiff(server); }, forceBiffAll() { real.forceBiffAll(); },
    };
    Components.manager.QueryInterface(Ci.nsIComponentRegistrar).registerFactory(Services.uuid.generateUUID(), 'followed checks', contract,
      { QueryInterface: ChromeUtils.generateQI(['nsIFactory']), createInstance: iid => following.QueryInterface(iid) });`);

  const checks = {
    /** Keys of the servers that Thunderbird checks automatically at present. @returns {Promise<string[]>} */
    checked: () => thunderbird.eval('return [...kept.checked].sort();'),

    /** One automatic check of every server of the list, now. @returns {Promise<string[]>} keys of the servers that were asked */
    begin: () =>
      thunderbird.eval(`const asked = [];
        for (const key of kept.checked) {
          const server = MailServices.accounts.getIncomingServer(key);
          if (server.serverBusy || (server.serverRequiresPasswordForBiff && server.passwordPromptRequired)) continue;
          server.performBiff(null);
          asked.push(key);
        }
        return asked;`),

    /**
     * Waits for the end of a check that fails: no server is busy (an open box of POP3 keeps it so), no connection is open, and the log has been still for a
     * moment. IMAP has no sign of its own for this: after a refused login its folders may call themselves busy for ever.
     * @param {() => Promise<unknown>} [meanwhile] done again and again while waiting, such as closing boxes
     */
    async over(meanwhile = async () => {}) {
      let seen = '';
      let since = Date.now();
      await waitUntil(
        async () => {
          await meanwhile();
          const busy = await thunderbird.eval(`return MailServices.accounts.allServers.some(server => server.serverBusy);`);
          const now = `${busy} ${openConnections(Object.values(dovecot.ports))} ${dovecot.logText().length}`;
          if (now !== seen || !now.startsWith('false 0 ')) {
            seen = now;
            since = Date.now();
          }
          return Date.now() - since >= quietMs;
        },
        { timeoutMs: 40_000, what: () => `the end of a check; busy, connections, log: ${seen}` },
      );
      await dovecot.settle();
    },
  };
  return checks;
}
