// SPDX-License-Identifier: MPL-2.0
// The options page, which is also the first page a user sees: what Reprompt does, whether the helper answers, what happened, what is kept.
import { askBackground, button, element, timeText } from '../page_parts.mjs';
import { pauseText, problemText, titleOf } from '../verdict_text.mjs';

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
    const title = titleOf(incident.verdict, { account: incident.name, server: incident.hostname }, getMessage);
    const wait = pauseText(incident.pause, getMessage, browser.i18n.getUILanguage());
    const details = button(getMessage('button_details'), () => askBackground('perform', { id: incident.id, choice: 'details' }));
    const text = wait ? getMessage('title_and_sentence', [title, wait]) : title;
    return item(`${timeText(incident.lastAt)}: ${text}`, [details]);
  });
  element('incidents').replaceChildren(...(items.length ? items : [item(getMessage('options_no_incidents'))]));
}

/** One kept password: "Undo" asks once more, on the page, and says what came of it. @param {VaultEntry} kept */
function vaultItem({ entry, account, expires_at }) {
  const names = [account.user, account.host];
  const said = document.createElement('p');
  said.setAttribute('role', 'status');
  const buttons = document.createElement('div');
  buttons.className = 'buttons';
  /** @param {string} text @param {HTMLElement[]} offered */
  const turn = (text, offered) => {
    said.textContent = text;
    buttons.replaceChildren(...offered);
    offered.at(-1)?.focus();
  };
  const undo = button(getMessage('button_undo'), () =>
    turn(getMessage('undo_question', names), [
      button(getMessage('button_putBack'), async () => {
        turn('', []);
        const { value, problem } = await askBackground('undo', { entry });
        const failed = value ?? problem;
        turn(failed ? undoProblem(failed, names) : getMessage('undo_done', names), []);
        await showIncidents();
      }),
      button(getMessage('button_leave'), () => {
        turn('', [undo]);
      }),
    ]),
  );
  buttons.append(undo);
  return item(getMessage('options_vault_entry', [...names, timeText(expires_at)]), [said, buttons]);
}

/** @param {string} problem @param {string[]} names */
const undoProblem = (problem, names) =>
  problem === 'account_gone'
    ? getMessage('undo_account_gone', names)
    : getMessage('undo_failed', [problemText(problem, getMessage)]);

async function showVault() {
  /** @type {{value?: VaultEntry[], problem?: string}} */
  const { value: entries = [], problem } = await askBackground('vault');
  const none = item(
    problem ? getMessage('options_vault_failed', [problemText(problem, getMessage)]) : getMessage('options_no_vault'),
  );
  element('vault').replaceChildren(...(entries.length ? entries.map(vaultItem) : [none]));
}

for (const place of document.querySelectorAll('[data-text]')) {
  place.textContent = getMessage(/** @type {HTMLElement} */ (place).dataset.text ?? '');
}
element('check').addEventListener('click', checkHelper);
element('show-vault').addEventListener('click', showVault);
// The first-run tab may have been open for days.
document.addEventListener('visibilitychange', () => document.hidden || void showIncidents());
await Promise.all([checkHelper(), showIncidents()]);
