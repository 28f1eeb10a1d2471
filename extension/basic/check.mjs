// SPDX-License-Identifier: MPL-2.0
// The one page of Reprompt Basic: first run, options and the toolbar button all show it. It asks for permission, lists the accounts, and checks the
// one that the user chooses. Belongs here: the order of things. Does not belong here: an account's part of the page (account_view.mjs).

import { helperCheck } from '../helper_check.mjs';
import { HostClient } from '../host_client.mjs';
import { button, element, fillTexts } from '../page_parts.mjs';
import { problemText } from '../verdict_text.mjs';
import { checkKind } from './account_check.mjs';
import { accountItem } from './account_view.mjs';
import { openProfile, serverNow } from './accounts.mjs';
import { LookUp } from './look_up.mjs';

/** @typedef {import('./accounts.mjs').Profile} Profile */
/** @typedef {import('./accounts.mjs').Found} Found */
/** @typedef {import('./accounts.mjs').Choice} Choice */
/** @typedef {import('../types/loginwatch').Server} Server */

const { getMessage } = browser.i18n;
const CONSENT = 'maySeeServers';
/** Thunderbird writes changed settings to its file about half a second later. */
const WRITTEN_MS = 1000;
const { version } = browser.runtime.getManifest();
const host = new HostClient({ connect: () => browser.runtime.connectNative('reprompt'), version });
const mayLook = () =>
  browser.storage.local.get(CONSENT).then(
    (kept) => kept[CONSENT] === true,
    () => false,
  );
const list = () => /** @type {Promise<any[]>} */ (browser.accounts.list());
const lookUp = new LookUp({ mayLook, list, host });

/** What is on the page; '' if it shows no accounts. */
let shown = '';
/** Which profile is open, where only the user can tell. @type {Choice|null} */
let chosen = null;

/** @param {string} text */
const say = (text) => {
  element('said').textContent = text;
};

const hello = () =>
  host.hello().then(
    (value) => ({ value }),
    (error) => ({ problem: error.code ?? 'internal', reason: String(error.message ?? error) }),
  );
const helper = helperCheck({ ask: hello, command: 'packaging/install --user' });

/** Shows the panel only if something is wrong. @returns {Promise<boolean>} whether the helper answers */
async function checkHelper() {
  const isWell = await helper.check();
  element('helper-section').hidden = isWell;
  return isWell;
}

function clear() {
  shown = '';
  element('profiles').replaceChildren();
  element('accounts').replaceChildren();
  say('');
}

/** Shows it, if it is not what the page shows already: what was typed and found there stays. @param {Found} found */
function show(found) {
  const now = JSON.stringify(found);
  if (now === shown) return;
  clear();
  shown = now;
  const profile = openProfile(found, chosen);
  if (profile) return showProfile(profile);
  say(getMessage(!found.hasAccounts ? 'basic_no_accounts' : found.profiles.length ? 'basic_profiles' : 'basic_not_found'));
  element('profiles').replaceChildren(...found.profiles.map(profileButton));
}

/** @param {Profile} profile @param {number} at */
function profileButton(profile, at) {
  const hosts = [...new Set(profile.accounts.flatMap(({ servers }) => servers.map(({ hostname }) => hostname)))];
  const words = [profile.name, hosts.slice(0, 3).join(getMessage('list_comma'))];
  return button(getMessage('basic_profile_servers', words), () => {
    chosen = { at, name: profile.name };
    element('profiles').replaceChildren();
    showProfile(profile);
  });
}

/** @param {Profile} profile */
function showProfile({ proxy, accounts }) {
  if (proxy === 'own') return say(getMessage('basic_proxy'));
  say(accounts.length ? '' : getMessage('basic_not_found'));
  const note = proxy === 'system' ? getMessage('basic_system_proxy') : '';
  element('accounts').replaceChildren(
    ...accounts.map((account) => accountItem(account, { host, note, current: (server) => currentOf(account.id, server, proxy) })),
  );
}

/**
 * The server as it is set up now, for a check. Where the form does not fit any more (another host, no password wanted, a proxy), the page shows it anew instead.
 * @param {string} account id @param {Server} server @param {string} proxy as the form shows them
 * @returns {Promise<{server?: Server, problem?: string}>} neither: no check
 */
async function currentOf(account, server, proxy) {
  const found = await lookUp.read();
  if (!found || 'problem' in found) return { problem: found?.problem };
  const profile = openProfile(found, chosen);
  const same = serverNow(profile, account, server);
  const fits = same?.hostname === server.hostname && checkKind(same) === checkKind(server) && profile?.proxy === proxy;
  if (fits) return { server: same };
  show(found);
  if (element('accounts').childElementCount) say(getMessage('basic_changed'));
  return {};
}

/** After a change elsewhere. A look that fails leaves what is there. */
async function lookAgain() {
  const found = shown && (await lookUp.read());
  if (found && !('problem' in found)) show(found);
}

async function begin() {
  const wasGiven = !element('withdraw').hidden;
  const isOver = lookUp.begin();
  clear();
  const given = await mayLook();
  const isWell = await checkHelper();
  if (isOver()) return;
  element('consent').hidden = !isWell || given;
  element('withdraw').hidden = !given;
  if (wasGiven && !given) element('agree').focus();
  if (!isWell || !given) return;
  say(getMessage('basic_reading'));
  const found = await lookUp.read();
  if (!found) return;
  if ('problem' in found) say(problemText(found.problem, getMessage));
  else show(found);
}

fillTexts();
element('helper-place').append(helper.place);
element('check-helper').addEventListener('click', () => void begin());
element('agree').addEventListener('click', () => void browser.storage.local.set({ [CONSENT]: true }));
element('withdraw').addEventListener('click', () => {
  lookUp.begin(); // at once, whatever is under way
  void browser.storage.local.remove(CONSENT);
});
// Given or withdrawn, here or in another tab.
browser.storage.onChanged.addListener((changes, area) => {
  if (area === 'local' && CONSENT in changes) void begin();
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') setTimeout(lookAgain, WRITTEN_MS);
});
await begin();
document.documentElement.dataset.ready = 'yes';
