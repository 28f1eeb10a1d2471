// SPDX-License-Identifier: MPL-2.0
// What stands under "Details" of the card: the server's words and everything that was seen.
import { locale, make, timeText } from '../page_parts.mjs';
import { pauseText, plainWords } from '../verdict_text.mjs';

const { getMessage } = browser.i18n;

/** @param {import('../types/loginwatch').Incident} incident */
export function factRows(incident) {
  const { verdict, heard, pause, problem } = incident;
  const words = verdict ? verdict.server_words : heard.flatMap(({ lines }) => lines);
  const timings = Object.entries(verdict?.timings_ms ?? {}).map(([stage, ms]) => `${stage}: ${ms} ms`);
  /** @type {[string, string][]} */
  const rows = [
    ['card_words', plainWords(words)],
    ['card_server', `${incident.hostname}:${incident.port} (${incident.type.toUpperCase()})`],
    ['card_paused', pauseText(pause, getMessage, locale)],
    ['card_last', timeText(incident.lastAt)],
    ['card_verdict', verdict ? `${verdict.verdict} (${verdict.confidence})` : (problem ?? '')],
    ['card_rule', verdict?.rule ?? ''],
    ['card_facts', verdict?.because.join('\n') ?? ''],
    ['card_attempts', verdict ? String(verdict.attempts) : ''],
    ['card_time', timeText(incident.at)],
    ['card_timings', timings.join('\n')],
  ];
  return rows
    .filter(([, text]) => text)
    .flatMap(([key, text]) => [
      make('dt', { text: getMessage(key) }),
      make('dd', { text, of: key === 'card_words' ? 'words' : '' }),
    ]);
}
