// SPDX-License-Identifier: MPL-2.0
// Connection settings, old -> new, as a page shows them: only what differs, in Thunderbird's words.
// Belongs here: names and elements. Does not belong here: finding settings (the host), applying them (settings_repair.mjs).

import { make } from './page_parts.mjs';

const { getMessage } = browser.i18n;
const members = /** @type {const} */ (['hostname', 'port', 'socketType', 'authMethod', 'username']);
/** @typedef {import('./types/loginwatch').SettingValues} SettingValues */

const tlsModes = ['none', 'starttls', 'starttls', 'implicit']; // nsMsgSocketType
/** @type {Record<string, string>} */
const authWords = { 3: 'password', 4: 'password_encrypted', 10: 'oauth2' }; // nsMsgAuthMethod

/** @param {typeof members[number]} member @param {string|number|undefined} value */
function valueText(member, value) {
  if (value === undefined) return '';
  if (member === 'socketType') return getMessage(`setting_tls_${tlsModes[Number(value)]}`);
  if (member === 'authMethod') return getMessage(`setting_auth_${authWords[value]}`);
  return String(value);
}

/** @param {SettingValues} before @param {SettingValues} after what is missing stays as it is */
export function settingsList(before, after) {
  const changed = members.filter((member) => after[member] !== undefined && after[member] !== before[member]);
  return make(
    'dl',
    { of: 'settings' },
    changed.map((member) =>
      make('div', {}, [
        make('dt', { text: getMessage(`setting_${member}`) }),
        make('dd', {}, [
          make('del', { text: valueText(member, before[member]) }),
          arrow(),
          make('ins', { text: valueText(member, after[member]) }),
        ]),
      ]),
    ),
  );
}

/** Read aloud as a word. */
function arrow() {
  const made = make('span', { of: 'arrow', text: '→' });
  made.setAttribute('role', 'img');
  made.setAttribute('aria-label', getMessage('setting_becomes'));
  return made;
}
