// SPDX-License-Identifier: MPL-2.0
// The options page: how every account is, what happened, what can be taken back, what the user wants, whether the helper answers.
import { askSandbox, helperCheck } from '../helper_check.mjs';
import { healthItem, summaryText } from '../health_view.mjs';
import { askBackground, element, fillTexts } from '../page_parts.mjs';
import { showHistory } from './history_section.mjs';
import { showSettings } from './settings_section.mjs';
import { showChanges, showVault } from './undo_section.mjs';

/** @typedef {import('../page_questions.mjs').HealthRow} HealthRow */

async function showHealth() {
  /** @type {{value?: HealthRow[]}} */
  const { value: rows = [] } = await askBackground('health');
  element('health-summary').textContent = summaryText(rows);
  element('health').replaceChildren(...rows.map((row, place) => healthItem(row, { isFirst: place === 0 && !!row.telling })));
}

/** What changes by itself. What the keyring holds is read only when the user wants it. */
const showAll = () => Promise.all([showHealth(), showHistory(), showChanges(showAll)]);

fillTexts();
const helper = helperCheck({ sandbox: askSandbox });
element('helper-place').append(helper.place);
element('check').addEventListener('click', () => void helper.check());
element('show-vault').addEventListener('click', () => void showVault(showAll));
// The page may have been open for days.
document.addEventListener('visibilitychange', () => document.hidden || void showAll());
browser.storage.onChanged.addListener((changes, area) => {
  const isInUse = element('health').contains(document.activeElement);
  if (area === 'session' && 'incidents' in changes && !isInUse) void showHealth();
});
await Promise.all([helper.check(), showAll(), showSettings()]);
if (location.hash) document.querySelector(location.hash)?.scrollIntoView();
