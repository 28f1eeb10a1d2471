// SPDX-License-Identifier: MPL-2.0
// The history on the options page: what went wrong, how it ended, and "This was not the cause".
import { mayMark } from '../history.mjs';
import { askBackground, button, element, make, momentText } from '../page_parts.mjs';
import { titleOf } from '../verdict_text.mjs';

/** @typedef {import('../types/loginwatch').Incident} Incident */

const { getMessage } = browser.i18n;
const shownAtFirst = 10;
let shown = shownAtFirst;

/** @param {Incident} incident */
const endText = ({ ended, endedAt }) => ended && getMessage(`ended_${ended.replace('-', '_')}`, [momentText(endedAt ?? 0)]);

/** @param {Incident} incident */
function item(incident) {
  const { id, name, hostname, verdict, lastAt, notTheCause } = incident;
  const title = titleOf(verdict, { account: name, server: hostname }, getMessage);
  const about = `${title}, ${momentText(lastAt)}`;
  const mark = async () => {
    await askBackground('notTheCause', { id, marked: !notTheCause });
    await showHistory(id);
  };
  const label = getMessage(notTheCause ? 'button_wasTheCause' : 'button_notTheCause');
  const markButton = mayMark(incident) ? button(label, () => void mark(), { about, of: 'flat' }) : null;
  if (markButton) markButton.dataset.mark = id;
  return make('li', { of: 'account' }, [
    make('h3', { text: title, of: 'account-name' }),
    make('p', { text: [momentText(lastAt), endText(incident)].filter(Boolean).join(' · '), of: 'quiet' }),
    notTheCause ? make('p', { text: getMessage('history_marked') }) : null,
    make('div', { of: 'buttons' }, [
      button(getMessage('button_details'), () => void askBackground('openCard', { id }), { about }),
      markButton,
    ]),
  ]);
}

/** @param {string} [focused] the incident whose mark has just been changed: the keyboard stays there */
export async function showHistory(focused) {
  /** @type {{value?: Incident[]}} */
  const { value: incidents = [] } = await askBackground('history');
  const none = make('li', { text: getMessage('options_no_history'), of: 'quiet' });
  element('history').replaceChildren(...(incidents.length ? incidents.slice(0, shown).map(item) : [none]));
  const more = button(getMessage('history_more'), () => {
    shown = Infinity;
    void showHistory();
  });
  const clear = button(getMessage('history_clear'), askToClear, { of: 'flat' });
  element('history-buttons').replaceChildren(...(incidents.length > shown ? [more] : []), ...(incidents.length ? [clear] : []));
  if (focused) /** @type {HTMLElement|null} */ (document.querySelector(`[data-mark="${CSS.escape(focused)}"]`))?.focus();
}

/** Asks once more; what Enter means changes nothing. */
function askToClear() {
  const said = element('history-said');
  said.textContent = getMessage('history_clear_question');
  const leave = button(getMessage('button_leave'), () => {
    said.textContent = '';
    void showHistory();
  });
  const clear = button(getMessage('history_clear_now'), async () => {
    await askBackground('clearHistory');
    said.textContent = getMessage('history_cleared');
    await showHistory();
  });
  element('history-buttons').replaceChildren(clear, leave);
  leave.focus();
}
