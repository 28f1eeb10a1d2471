// SPDX-License-Identifier: MPL-2.0
// What the pages share: asking the background, finding and making elements, times. Text only ever enters a page as text.

const { getMessage } = browser.i18n;
export const locale = browser.i18n.getUILanguage();

/** @param {string} id @returns {HTMLElement} */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element ${id}`);
  return found;
}

/** Never rejects. @param {string} ask @param {object} [fields] @returns {Promise<{value?: any, problem?: string, reason?: string}>} */
export const askBackground = (ask, fields = {}) =>
  browser.runtime.sendMessage({ ask, ...fields }).then(
    (answer) => answer ?? { problem: 'internal' },
    (error) => ({ problem: 'internal', reason: String(error) }),
  );

/**
 * An element. @param {string} tag @param {{text?: string, of?: string}} [what] `of`: its class @param {(HTMLElement|null|false)[]} [children] what is not there is left out
 * @returns {HTMLElement}
 */
export function make(tag, { text, of } = {}, children = []) {
  const made = document.createElement(tag);
  if (of) made.className = of;
  if (text !== undefined) made.textContent = text;
  made.append(...children.filter((child) => !!child));
  return made;
}

/**
 * @param {string} label @param {() => void} pressed
 * @param {{about?: string, of?: string}} [more] `about`: what it is for, where several buttons have the same label; `of`: its class
 */
export function button(label, pressed, { about, of } = {}) {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = label;
  if (about) made.setAttribute('aria-label', `${label} ${about}`);
  if (of) made.className = of;
  made.addEventListener('click', pressed);
  return made;
}

/** A place where a screen reader hears what has happened. */
export function statusLine() {
  const line = make('p', { of: 'said' });
  line.setAttribute('role', 'status');
  return line;
}

/**
 * Puts a text on the clipboard. A page may do that only for a short while after a press; later, the text is shown below, to be copied by hand.
 * @param {string} text @param {HTMLElement} said @param {string} copied what is then said
 */
export async function copyText(text, said, copied) {
  if (said.nextElementSibling?.className === 'by-hand') said.nextElementSibling.remove();
  const isCopied = await navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  );
  said.textContent = isCopied ? copied : getMessage('copy_by_hand');
  if (isCopied) return;
  const shown = /** @type {HTMLTextAreaElement} */ (make('textarea', { of: 'by-hand' }));
  shown.value = text;
  shown.readOnly = true;
  shown.rows = Math.min(text.split('\n').length + 1, 12);
  shown.setAttribute('aria-label', said.textContent);
  said.after(shown);
  shown.select();
}

/** @param {number} time ms since 1970 */
export const timeText = (time) => new Date(time).toLocaleString(locale);

/** Short: the time of day if it is today, else the day too. @param {number} time ms since 1970 */
export function momentText(time) {
  const when = new Date(time);
  const isToday = when.toDateString() === new Date().toDateString();
  return isToday
    ? when.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' })
    : when.toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short' });
}

/** New buttons in the place of others; the keyboard stays where it is. @param {HTMLElement} place @param {HTMLElement[]} buttons */
export function replaceButtons(place, buttons) {
  const at = [...place.children].findIndex((one) => one === document.activeElement);
  place.replaceChildren(...buttons);
  if (at >= 0) buttons[Math.min(at, buttons.length - 1)]?.focus();
}

/** Fills every element that names its text. */
export function fillTexts() {
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-text]')))
    place.textContent = getMessage(place.dataset.text ?? '');
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-label]')))
    place.setAttribute('aria-label', getMessage(place.dataset.label ?? ''));
}

document.documentElement.lang = locale;
