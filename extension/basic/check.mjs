// SPDX-License-Identifier: MPL-2.0
// The one page of Reprompt Basic: first run, options and the toolbar button all show it. It asks for permission, lists the accounts, and checks the
// one that the user chooses. Belongs here: the order of things. Does not belong here: an account's part of the page (account_view.mjs).

import { helperCheck } from '../helper_check.mjs';
import { HostClient } from '../host_client.mjs';
import { button, element, fillTexts } from '../page_parts.mjs';
import { problemText } from '../verdict_text.mjs';
import { accountItem } from './account_view.mjs';
import { accountsRequest, mailAccounts, profilesOf } from './accounts.mjs';

/** @typedef {import('./accounts.mjs').Profile} Profile */

const { getMessage } = browser.i18n;
const CONSENT = 'maySeeServers';
const ANSWER_MS = 10_000;
const { version } = browser.runtime.getManifest();
const host = new HostClient({ connect: () => browser.runtime.connectNative('reprompt'), version });

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
  element('profiles').replaceChildren();
  element('accounts').replaceChildren();
  say('');
}

async function showAccounts() {
  say(getMessage('basic_reading'));
  const accounts = /** @type {any[]} */ (await browser.accounts.list());
  if (!mailAccounts(accounts).length) return say(getMessage('basic_no_accounts'));
  try {
    const { certain, profiles } = profilesOf(await host.request(accountsRequest(accounts), { timeoutMs: ANSWER_MS }), accounts);
    if (certain) return show(profiles[0]);
    say(getMessage(profiles.length ? 'basic_profiles' : 'basic_not_found'));
    element('profiles').replaceChildren(...profiles.map(profileButton));
  } catch (/** @type {any} */ error) {
    say(problemText(error.code ?? 'internal', getMessage));
  }
}

/** @param {Profile} profile */
function profileButton(profile) {
  const hosts = [...new Set(profile.accounts.flatMap(({ servers }) => servers.map(({ hostname }) => hostname)))];
  const words = [profile.name, hosts.slice(0, 3).join(getMessage('list_comma'))];
  return button(getMessage('basic_profile_servers', words), () => {
    element('profiles').replaceChildren();
    show(profile);
  });
}

/** @param {Profile} profile */
function show({ proxy, accounts }) {
  if (proxy) return say(getMessage('basic_proxy'));
  say(accounts.length ? '' : getMessage('basic_not_found'));
  element('accounts').replaceChildren(...accounts.map((account) => accountItem(account, host)));
}

async function begin() {
  const { [CONSENT]: given = false } = await browser.storage.local.get(CONSENT);
  clear();
  const isWell = await checkHelper();
  element('consent').hidden = !isWell || given === true;
  element('withdraw').hidden = given !== true;
  if (isWell && given === true) await showAccounts();
}

fillTexts();
element('helper-place').append(helper.place);
element('check-helper').addEventListener('click', () => void begin());
element('agree').addEventListener('click', async () => {
  await browser.storage.local.set({ [CONSENT]: true });
  await begin();
});
element('withdraw').addEventListener('click', async () => {
  await browser.storage.local.remove(CONSENT);
  await begin();
  element('agree').focus();
});
await begin();
document.documentElement.dataset.ready = 'yes';
