// SPDX-License-Identifier: MPL-2.0
// Recorded incidents (recorded_incidents.json: one of every verdict, in the host's own words, nothing secret) as accounts of a Thunderbird and as
// the add-on keeps them, so that every page can be seen without a server. Belongs here: making them. Not here: looking (shots, pages).
import { readFileSync } from 'node:fs';
import { addonId } from '../harness/profile.mjs';

const minute = 60_000;
const file = new URL('recorded_incidents.json', import.meta.url);
const tls = ['none', 'starttls', 'starttls', 'implicit'];
const auth = { 3: 'password', 4: 'password_encrypted', 10: 'oauth2' };

/** Every record with the key that its server has in the profile of accountsOf(). */
const records = (() => {
  let incoming = 0;
  let outgoing = 0;
  return JSON.parse(readFileSync(file, 'utf8')).map((record) => {
    const key = record.server.kind === 'incoming' ? `server${++incoming}` : `smtp${++outgoing}`;
    return { ...record, server: { ...record.server, key } };
  });
})();
export const verdicts = records.map(({ verdict }) => verdict.verdict);
/** Accounts beside the recorded ones, in which nothing failed. */
const others = [
  { type: 'imap', name: 'Newsletters', host: 'imap.example.com', port: 993, user: 'news@example.com' },
  { type: 'pop3', name: 'Attic', host: 'pop.example.com', port: 995, user: 'attic@example.com' },
];

/** What the profile of a Thunderbird needs, so that it has these accounts; no password is saved and nothing is fetched. */
export function accountsOf() {
  const incoming = records.filter(({ server }) => server.kind === 'incoming');
  const outgoing = records.filter(({ server }) => server.kind === 'outgoing').map(({ server }) => server);
  const prefs = { 'mail.smtpservers': outgoing.map(({ key }) => key).join(',') };
  for (const { key, hostname, port, username, authMethod, socketType, name } of outgoing) {
    const facts = { type: 'smtp', hostname, port, username, authMethod, try_ssl: socketType, description: name };
    for (const [fact, value] of Object.entries(facts)) prefs[`mail.smtpserver.${key}.${fact}`] = value;
  }
  const accounts = incoming.map(({ server: { type, name, hostname, port, socketType, authMethod, username } }) => ({
    ...{ type, name, host: hostname, port, user: username, tls: tls[socketType], authMethod: auth[authMethod] },
  }));
  return { accounts: [...accounts, ...others], prefs };
}

/** The incident of a verdict, open, as the add-on keeps it. @param {string} code @param {object} [more] what differs */
export function incidentOf(code, more = {}, now = Date.now()) {
  const { server, verdict, ago_minutes, pause_minutes } = records.find((one) => one.verdict.verdict === code);
  const at = now - ago_minutes * minute;
  const pause = pause_minutes === undefined ? null : { until: pause_minutes === null ? null : now + pause_minutes * minute };
  return {
    ...server,
    id: `recorded-${code}`,
    heard: [],
    at,
    limitMs: 30_000,
    silent: false,
    attended: true,
    code: 'login',
    state: 'open',
    ended: null,
    endedAt: null,
    verdict,
    problem: null,
    answer: 'cancel',
    answeredBy: 'dialog',
    answeredAt: at + 2000,
    lastAt: at,
    joined: 0,
    boxes: [],
    kept: false,
    retried: false,
    queued: false,
    restored: false,
    unseen: false,
    repeats: 0,
    pause,
    ...more,
  };
}

/** One of every verdict. */
export const allIncidents = () => verdicts.map((code) => incidentOf(code));

/** Sign-ins that were seen: one account works since yesterday, the other has not been tried today. */
export function signInsOf(now = Date.now()) {
  const day = 24 * 60 * minute;
  const [working, untried] = others.map(
    (_other, place) => `incoming-server${accountsOf().accounts.length - others.length + place + 1}`,
  );
  return { [working]: { since: now - day, at: now + minute }, [untried]: { since: now - 9 * day, at: now - 2 * day } };
}

/**
 * Gives the add-on what it would have kept, and lets its background begin anew with it.
 * @param {any} thunderbird @param {any} page one of the add-on's pages (harness/pages.mjs)
 * @param {{incidents: object[], local?: object}} kept `local`: of browser.storage.local
 */
export async function seed(thunderbird, page, { incidents, local = {} }) {
  await page.run(
    `await browser.storage.session.set({ incidents: arg.incidents, started: arg.started });
     await browser.storage.local.set(arg.local);`,
    { incidents, local, started: Date.now() - 60 * minute },
  );
  await thunderbird.eval(
    `const { extension } = Cu.getGlobalForObject(Services).WebExtensionPolicy.getByID(args.addonId);
     await extension.terminateBackground({ ignoreDevToolsAttached: true, disableResetIdleForTest: true });`,
    { addonId },
  );
}
