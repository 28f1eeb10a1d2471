// SPDX-License-Identifier: MPL-2.0
// The card: one incident in plain words, at most three buttons, and everything that was seen under Details.
import { changesOf } from '../found_settings.mjs';
import { hasOffer } from '../health.mjs';
import { mayMark } from '../history.mjs';
import { askBackground, button, copyText, element, fillTexts, locale, make, momentText, replaceButtons } from '../page_parts.mjs';
import { settingsList } from '../settings_view.mjs';
import { adviceOf, organisationText, paragraph, problemText, sentenceOf } from '../verdict_text.mjs';
import { factRows } from './facts.mjs';

/** @typedef {import('../types/loginwatch').Incident} Incident */
/** @typedef {import('../page_questions.mjs').Telling} Telling */

const { getMessage } = browser.i18n;
const id = new URLSearchParams(location.search).get('incident') ?? '';
/** What is not to be pressed without reading. */
const neverFirst = ['undoSettings', 'putBack', 'confirmHost', 'keep', 'tryNow'];
/** After these nothing has to be tried. */
const followSuccess = ['otherToo', 'undoSettings', 'putBack', 'confirmHost'];

/** @param {string} text */
const say = (text) => {
  element('said').textContent = text;
};

/** @param {string} choice */
async function press(choice) {
  const { value, problem } = await askBackground('perform', { id, choice });
  const failed = typeof value === 'string' ? value : problem;
  say(failed ? problemText(failed, getMessage) : getMessage('card_done'));
  await refresh();
}

/** @param {string[]} choices */
const offer = (choices) =>
  replaceButtons(
    element('buttons'),
    choices.map((choice, place) =>
      button(getMessage(`button_${choice}`), () => void press(choice), {
        of: place === 0 && !neverFirst.includes(choice) ? 'primary' : '',
      }),
    ),
  );

/** What may still be done; what is over can only be tried again. @param {Telling} telling */
function choicesFor({ incident, choices }) {
  const helping = choices.filter((choice) => choice !== 'details');
  if (incident.state === 'waiting' || helping.some((choice) => followSuccess.includes(choice))) return helping.slice(0, 3);
  return [...helping.filter((choice) => choice !== 'tryNow').slice(0, 2), 'tryNow'];
}

/** Settings were found, and nothing was done with them yet. @param {Incident} incident */
const hasFound = ({ state, verdict, repair, problem }) => state !== 'closed' && !!verdict?.settings && !repair && !problem;

/** An open one as its bar tells it; one that is over as it was, and how it ended. @param {Telling} telling */
function sentenceFor({ incident, text }) {
  const { state, verdict, name, hostname, ended, endedAt } = incident;
  if (verdict && hasFound(incident)) {
    const why = getMessage(`repair_why_${verdict.verdict}`, [name, hostname]);
    return paragraph([why, organisationText(verdict, getMessage)], getMessage);
  }
  if (state !== 'closed' || !verdict || hasOffer(incident)) return text;
  const sentences = [
    sentenceOf(verdict, { account: name, server: hostname, type: incident.type, now: incident.at, locale }, getMessage),
    organisationText(verdict, getMessage),
    ended && getMessage(`ended_${ended.replace('-', '_')}`, [momentText(endedAt ?? incident.lastAt)]),
  ];
  return paragraph(sentences, getMessage);
}

/** Settings that were found to work, or were changed already: old -> new. @param {Incident} incident @returns {(HTMLElement|null)[]} */
function settingsOf(incident) {
  const { repair, verdict } = incident;
  if (repair && 'after' in repair) return [settingsList(repair.before, repair.after)];
  if (!verdict?.settings || (!hasFound(incident) && repair?.step !== 'confirm')) return [];
  const said = repair ? null : make('p', { text: getMessage('card_settings') });
  return [said, settingsList(incident, changesOf(verdict.settings, incident))];
}

/** What the user needs to know for the next step. @param {Incident} incident */
function adviceFor(incident) {
  const { verdict, state } = incident;
  const text = verdict && state !== 'closed' ? adviceOf(verdict, incident, getMessage) : '';
  return text ? make('p', { text }) : null;
}

/** "This was not the cause", or the same taken back. @param {Incident} incident */
function markButton(incident) {
  if (!mayMark(incident)) return null;
  const marked = !!incident.notTheCause;
  const turn = async () => {
    const { value, problem } = await askBackground('notTheCause', { id, marked: !marked });
    const failed = value ?? problem;
    say(failed ? problemText(failed, getMessage) : getMessage(marked ? 'history_unmarked' : 'history_marked'));
    if (!failed) showDetails({ ...incident, notTheCause: !marked });
  };
  return button(getMessage(marked ? 'button_wasTheCause' : 'button_notTheCause'), () => void turn(), { of: 'flat' });
}

/** @param {Incident} incident */
function showDetails(incident) {
  element('facts').replaceChildren(...factRows(incident));
  const copy = button(getMessage('card_copy'), async () => {
    const { value: report, problem } = await askBackground('report', { id });
    if (report) await copyText(report, element('said'), getMessage('card_copied'));
    else say(problemText(problem ?? 'internal', getMessage));
  });
  copy.id = 'copy';
  const mark = markButton(incident);
  replaceButtons(element('details-buttons'), [...(mark ? [mark] : []), copy]);
  element('details').hidden = false;
}

/** @param {Telling} telling */
function show(telling) {
  const { incident, title } = telling;
  const said = incident.others?.length ? getMessage('card_new_password', [incident.name]) : title;
  element('heading').textContent = said;
  document.title = said;
  element('sentence').textContent = sentenceFor(telling);
  element('more').replaceChildren(...[adviceFor(incident), ...settingsOf(incident)].filter((one) => !!one));
  offer(choicesFor(telling));
  showDetails(incident);
}

/** What is on the page. */
let shown = '';

/** Shows it as it is now; the keyboard's place is left alone where nothing has changed. */
async function refresh() {
  const { value: telling } = await askBackground('telling', { id });
  const now = JSON.stringify(telling ?? null);
  if (now === shown) return;
  shown = now;
  if (telling) {
    show(telling);
    return;
  }
  element('heading').textContent = getMessage('card_title');
  element('sentence').textContent = getMessage('card_missing');
}

fillTexts();
document.title = getMessage('card_title');
await refresh();
// It may be mended while the card is open.
browser.storage.onChanged.addListener((changes, area) => {
  if (area === 'session' && 'incidents' in changes) void refresh();
});
