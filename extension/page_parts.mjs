// SPDX-License-Identifier: MPL-2.0
// What the card and the options page share: asking the background, and finding elements. Text only ever enters a page as text.

/** @param {string} id @returns {HTMLElement} */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element ${id}`);
  return found;
}

/** @param {string} ask @param {object} [fields] @returns {Promise<{value?: any, problem?: string, reason?: string}>} */
export const askBackground = (ask, fields = {}) => browser.runtime.sendMessage({ ask, ...fields });

/** @param {string} label @param {() => void} pressed */
export function button(label, pressed) {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = label;
  made.addEventListener('click', pressed);
  return made;
}

/** @param {number} time ms since 1970 */
export const timeText = (time) => new Date(time).toLocaleString(browser.i18n.getUILanguage());

document.documentElement.lang = browser.i18n.getUILanguage();
