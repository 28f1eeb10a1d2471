// SPDX-License-Identifier: MPL-2.0
// The card: one incident in plain words, at most three buttons, and everything that was seen under Details.
import { choicesOf } from '../decisions.mjs';
import { askBackground, button, element, timeText } from '../page_parts.mjs';
import { buttonsOf, plainWords, sentenceOf, titleOf } from '../verdict_text.mjs';
import { reportOf } from './report.mjs';

/** @typedef {import('../types/loginwatch').Incident} Incident */

const { getMessage } = browser.i18n;
const id = new URLSearchParams(location.search).get('incident') ?? '';

/** @param {string} text */
const say = (text) => {
  element('said').textContent = text;
};

/** @param {string} choice */
async function press(choice) {
  const { value: problem, reason } = await askBackground('perform', { id, choice });
  if (problem && problem !== 'not_allowed' && ['newPassword', 'appPassword'].includes(choice)) {
    say(getMessage('no_vault_sentence', [element('heading').dataset.account ?? '']));
    element('buttons').replaceChildren(button(getMessage('button_askAnyway'), () => press('askAnyway')));
    return;
  }
  say(problem || reason ? getMessage('card_failed', [problem ?? reason ?? '']) : getMessage('card_done'));
}

/** @param {Incident} incident */
function facts(incident) {
  const { verdict, heard } = incident;
  const words = verdict ? verdict.server_words : heard.flatMap(({ lines }) => lines);
  /** @type {[string, string][]} */
  const rows = [
    ['card_words', plainWords(words)],
    ['card_server', `${incident.hostname}:${incident.port} (${incident.type})`],
    ['card_verdict', verdict ? `${verdict.verdict} (${verdict.confidence})` : (incident.problem ?? '')],
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

/** @param {Incident} incident @param {boolean} oauth */
function show(incident, oauth) {
  const { verdict } = incident;
  const names = { account: incident.name, server: incident.hostname, now: incident.at, locale: browser.i18n.getUILanguage() };
  const heading = element('heading');
  heading.dataset.account = incident.name;
  heading.textContent = verdict
    ? titleOf(verdict, names, getMessage)
    : getMessage('verdict_inconclusive_title', [names.account, names.server]);
  document.title = heading.textContent;
  element('sentence').textContent = verdict ? sentenceOf(verdict, names, getMessage) : getMessage('card_unknown');
  const choices = verdict
    ? choicesOf(verdict, { oauth }).filter((choice) => !['details', 'notNow'].includes(choice))
    : ['tryAgain'];
  element('buttons').replaceChildren(
    ...buttonsOf(choices, getMessage).map(({ choice, label }) => button(label, () => press(choice))),
  );
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
