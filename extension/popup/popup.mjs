// SPDX-License-Identifier: MPL-2.0
// The toolbar button's popup: what needs the user first, else one calm sentence; below it every account with "Change password…".
import { healthItem, summaryText } from '../health_view.mjs';
import { askBackground, element, fillTexts } from '../page_parts.mjs';

/** @typedef {import('../page_questions.mjs').HealthRow} HealthRow */

fillTexts();
element('options').addEventListener('click', async () => {
  await browser.runtime.openOptionsPage();
  window.close();
});

/** @type {{value?: HealthRow[]}} */
const { value: rows = [] } = await askBackground('health');
const troubled = rows.filter(({ telling }) => telling);
element('summary').textContent = summaryText(rows);
element('open').replaceChildren(
  ...troubled.map((row, place) => healthItem(row, { isFirst: place === 0, heading: 'h2', passwords: false })),
);
element('accounts').replaceChildren(...rows.map((row) => healthItem({ ...row, telling: null }, { heading: 'h2' })));
element('more').hidden = !rows.length;
