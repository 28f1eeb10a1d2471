// SPDX-License-Identifier: MPL-2.0
// The card: one incident in plain words, at most three buttons, and everything that was seen under Details.
import { barChoicesOf } from '../decisions.mjs';
import { askBackground, button, element, timeText } from '../page_parts.mjs';
import {
  buttonsOf,
  noVaultText,
  pauseText,
  plainWords,
  problemText,
  sentenceOf,
  titleOf,
  unknownText,
} from '../verdict_text.mjs';
import { NO_KEYRING } from '../safekeeping.mjs';
import { reportOf } from './report.mjs';

/** @typedef {import('../types/loginwatch').Incident} Incident */

const { getMessage } = browser.i18n;
const locale = browser.i18n.getUILanguage();
const id = new URLSearchParams(location.search).get('incident') ?? '';

/** @param {string} text */
const say = (text) => {
  element('said').textContent = text;
};

/** @param {string} choice */
async function press(choice) {
  const { value, problem: failed } = await askBackground('perform', { id, choice });
  const problem = value ?? failed;
  if (problem && NO_KEYRING.includes(problem)) {
    say(noVaultText(problem, element('heading').dataset.account ?? '', getMessage));
    offer(['keep', 'askAnyway']);
    return;
  }
  say(problem ? problemText(problem, getMessage) : getMessage('card_done'));
  if (problem === 'locked') offer(['unlock']);
}

/** @param {string[]} choices */
const offer = (choices) =>
  element('buttons').replaceChildren(
    ...buttonsOf(choices, getMessage).map(({ choice, label }) => button(label, () => press(choice))),
  );

/** @param {Incident} incident */
function facts(incident) {
  const { verdict, heard, pause, problem } = incident;
  const words = verdict ? verdict.server_words : heard.flatMap(({ lines }) => lines);
  /** @type {[string, string][]} */
  const rows = [
    ['card_words', plainWords(words)],
    ['card_server', `${incident.hostname}:${incident.port} (${incident.type})`],
    ['card_paused', pauseText(pause, getMessage, locale)],
    ['card_last', timeText(incident.lastAt)],
    ['card_verdict', verdict ? `${verdict.verdict} (${verdict.confidence})` : (problem ?? '')],
    ['card_rule', verdict?.rule ?? ''],
    ['card_facts', verdict?.because.join('\n') ?? ''],
    ['card_attempts', verdict ? String(verdict.attempts) : ''],
    ['card_time', timeText(incident.at)],
    [
      'card_timings',
      Object.entries(verdict?.timings_ms ?? {})
        .map(([stage, ms]) => `${stage}: ${ms} ms`)
        .join('\n'),
    ],
  ];
  return rows
    .filter(([, text]) => text)
    .flatMap(([key, text]) => {
      const term = document.createElement('dt');
      term.textContent = getMessage(key);
      const said = document.createElement('dd');
      said.textContent = text;
      return [term, said];
    });
}

/** What may still be done; what is over can only be tried again. @param {Incident} incident @param {boolean} oauth */
function choicesFor({ state, verdict }, oauth) {
  if (state === 'waiting') return ['unlock'];
  if (!verdict || state === 'closed') return ['tryNow'];
  const helping = barChoicesOf(verdict, { oauth }).filter((choice) => !['details', 'tryNow'].includes(choice));
  return [...helping.slice(0, 2), 'tryNow'];
}

/** @param {Incident} incident @param {boolean} oauth */
function show(incident, oauth) {
  const { verdict } = incident;
  const names = { account: incident.name, server: incident.hostname, pause: incident.pause, now: incident.at, locale };
  const heading = element('heading');
  heading.dataset.account = incident.name;
  heading.textContent = titleOf(verdict, names, getMessage);
  document.title = heading.textContent;
  element('sentence').textContent = verdict ? sentenceOf(verdict, names, getMessage) : unknownText(incident.problem, getMessage);
  offer(choicesFor(incident, oauth));
  element('details').hidden = false;
  element('facts').replaceChildren(...facts(incident));
  const copy = element('copy');
  copy.textContent = getMessage('card_copy');
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(reportOf(incident, browser.runtime.getManifest().version));
    say(getMessage('card_copied'));
  });
}

element('details-summary').textContent = getMessage('card_details');
document.title = getMessage('card_title');
const { value: incident } = await askBackground('incident', { id });
if (incident) {
  const { value: oauth } = await askBackground('oauth', { kind: incident.kind, key: incident.key });
  show(incident, !!oauth);
} else {
  element('heading').textContent = getMessage('card_title');
  element('sentence').textContent = getMessage('card_missing');
}
