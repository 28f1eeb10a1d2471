// SPDX-License-Identifier: MPL-2.0
// The options page, which is also the first page a user sees: what Reprompt does, whether the helper answers, what happened, what is kept.
import { askBackground, button, element, timeText } from '../page_parts.mjs';
import { titleOf } from '../verdict_text.mjs';

/** @typedef {import('../types/loginwatch').Incident} Incident */
/** @typedef {import('../types/loginwatch').VaultEntry} VaultEntry */

const { getMessage } = browser.i18n;

/** @param {string} text @param {HTMLElement[]} [more] */
function item(text, more = []) {
  const made = document.createElement('li');
  const line = document.createElement('p');
  line.textContent = text;
  made.append(line, ...more);
  return made;
}

async function checkHelper() {
  const { value, problem, reason } = await askBackground('hello');
  const texts = {
    host_missing: () => getMessage('options_helper_missing'),
    version_mismatch: () => getMessage('options_helper_version'),
  };
  const failed =
    texts[/** @type {keyof typeof texts} */ (problem)] ?? (() => getMessage('options_helper_silent', [reason ?? problem ?? '']));
  element('helper').textContent = problem ? failed() : getMessage('options_helper_ok', [String(value.version)]);
}

async function showIncidents() {
  /** @type {{value?: Incident[]}} */
  const { value: incidents = [] } = await askBackground('incidents');
  const items = incidents.map((incident) => {
    const names = { account: incident.name, server: incident.hostname };
    const title = incident.verdict
      ? titleOf(incident.verdict, names, getMessage)
      : getMessage('verdict_inconclusive_title', [names.account, names.server]);
    const details = button(getMessage('button_details'), () => askBackground('perform', { id: incident.id, choice: 'details' }));
    return item(`${timeText(incident.at)}: ${title}`, [details]);
  });
  element('incidents').replaceChildren(...(items.length ? items : [item(getMessage('options_no_incidents'))]));
}

async function showVault() {
  /** @type {{value?: VaultEntry[], problem?: string, reason?: string}} */
  const { value: entries = [], problem, reason } = await askBackground('vault');
  const items = entries.map(({ account, expires_at }) =>
    item(getMessage('options_vault_entry', [account.user, account.host, timeText(expires_at)])),
  );
  const none = item(problem ? getMessage('options_vault_failed', [reason ?? problem]) : getMessage('options_no_vault'));
  element('vault').replaceChildren(...(items.length ? items : [none]));
}

for (const place of document.querySelectorAll('[data-text]')) {
  place.textContent = getMessage(/** @type {HTMLElement} */ (place).dataset.text ?? '');
}
element('check').addEventListener('click', checkHelper);
element('show-vault').addEventListener('click', showVault);
await Promise.all([checkHelper(), showIncidents()]);
