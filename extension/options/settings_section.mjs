// SPDX-License-Identifier: MPL-2.0
// The settings on the options page: each wish is kept as soon as it is chosen.
import { element } from '../page_parts.mjs';
import { readPreferences, writePreference } from '../preferences.mjs';
import { problemText } from '../verdict_text.mjs';

const { getMessage } = browser.i18n;

/** @param {HTMLInputElement} input */
const valueOf = ({ type, checked, value }) => (type === 'checkbox' ? checked : value);

export async function showSettings() {
  const wishes = await readPreferences();
  const inputs = /** @type {HTMLInputElement[]} */ ([...element('settings-section').querySelectorAll('input')]);
  for (const input of inputs) {
    const wish = wishes[/** @type {keyof typeof wishes} */ (input.name)];
    input.checked = input.type === 'checkbox' ? wish === true : wish === input.value;
    input.addEventListener('change', async () => {
      const problem = await writePreference(input.name, valueOf(input)).then(
        () => null,
        () => 'internal',
      );
      element('settings-said').textContent = problem ? problemText(problem, getMessage) : getMessage('settings_saved');
    });
  }
}
