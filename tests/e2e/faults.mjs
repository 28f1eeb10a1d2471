// SPDX-License-Identifier: MPL-2.0
// What the fault stories share: accounts whose saved password is wrong, one failed login seen from the user's chair, and the fault table
// (fault, what the user saw, what was kept) in build/e2e/fault-table.txt.
// Belongs here: provoking and looking. Not here: which fault, and what is expected (faults_*.test.mjs).
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { looks } from './world.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const table = path.join(process.env.REPROMPT_ARTIFACTS ?? path.join(root, 'build/e2e'), 'fault-table.txt');
/** What a hold may take longer than its limit: waking the page, opening a window, two busy cores. */
export const slackMs = 2500;

/** The programs in tests/e2e/hosts. */
export const hostFile = (name) => path.join(root, 'tests/e2e/hosts', name);

/** Names and saved passwords of accounts that have never met: one fault, one account. The server knows each with another password. */
export function makeAccounts(names, { type = 'imap', port, prefs }) {
  return names.map((name, at) => ({
    type,
    name: `Account of ${name}`,
    host: 'localhost',
    port,
    user: name.replaceAll(/[^a-z0-9]/g, ''),
    password: `the-old-one-of-${at}`,
    prefs,
  }));
}

/** What the server takes instead. */
export const newPassword = (user) => `new-of-${user}`;
export const serverUsers = (accounts) => Object.fromEntries(accounts.map(({ user }) => [user, newPassword(user)]));

/** What a stock Thunderbird shows for a wrong password of such an account: its box, and all boxes until the user is left alone. */
export async function stockBoxes(world, dovecot, account) {
  const thunderbird = await world.thunderbird({ addon: false, accounts: [account] });
  const seen = await failedLogin(thunderbird, 'server1');
  await cancelBoxes(thunderbird, seen.box, 1);
  await thunderbird.quit();
  const asFor = ({ name, user }) =>
    JSON.parse(JSON.stringify(looks(seen.box)).replaceAll(account.name, name).replaceAll(account.user, user));
  return { asFor };
}

/**
 * "Get Messages", and the first modal window that follows.
 * @param {{kind?: string|string[], meanwhile?: () => Promise<unknown>}} [how] `meanwhile`: what happens after the request
 */
export async function failedLogin(thunderbird, key, { kind = ['choice', 'password', 'alert'], meanwhile = async () => {} } = {}) {
  const before = (await thunderbird.dialogHistory()).length;
  await thunderbird.getNewMessages(key);
  await meanwhile();
  const box = await thunderbird.waitForDialog(kind);
  const entry = (await thunderbird.dialogHistory())[before];
  const incident = (await thunderbird.incidents()).findLast((one) => one.key === key) ?? null;
  return { box, incident, heldMs: incident ? entry.openedAt - incident.at : null, before };
}

/** Cancel, and Cancel again for IMAP's second connection, as the stock box needs it; then the user is left alone. */
export async function cancelBoxes(thunderbird, box, again = 1) {
  const seen = [looks(box)];
  await thunderbird.clickButton(box, 'cancel');
  for (let i = 0; i < again; i += 1) {
    const next = await thunderbird.waitForDialog('choice');
    seen.push(looks(next));
    await thunderbird.clickButton(next, 'cancel');
  }
  return seen;
}

/** The saved password of one user, or null. */
export const savedFor = async (thunderbird, user) =>
  (await thunderbird.logins()).find((login) => login.username === user)?.password ?? null;

/** The stock box came in time and the saved password is where it was. */
export async function assertStock(thunderbird, { seen, stock, account, limitMs }) {
  assert.deepEqual(looks(seen.box), stock.asFor(account), 'not the box of a Thunderbird without us');
  assert.ok(seen.heldMs !== null && seen.heldMs <= limitMs + slackMs, `held for ${seen.heldMs} ms, the limit is ${limitMs}`);
  assert.equal(await savedFor(thunderbird, account.user), account.password, 'the saved password is gone');
}

export const setLimit = (thunderbird, limitMs) =>
  thunderbird.eval(`Services.prefs.setIntPref('extensions.reprompt.holdLimitMs', args.limitMs);`, { limitMs });

/** One row of the fault table. @param {any} world @param {string} fault @param {string} saw @param {string} kept */
export function row(world, fault, saw, kept) {
  world.say(`${fault} | ${saw} | ${kept}`);
  mkdirSync(path.dirname(table), { recursive: true });
  let lines = [];
  try {
    lines = readFileSync(table, 'utf8').split('\n').slice(2).filter(Boolean);
  } catch {
    // the first row
  }
  const others = lines.filter((line) => !line.startsWith(`${fault} | `));
  const all = [...others, `${fault} | ${saw} | ${kept}`].sort();
  writeFileSync(table, `fault | what the user saw | what was kept\n---|---|---\n${all.join('\n')}\n`);
}
