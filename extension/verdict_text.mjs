// SPDX-License-Identifier: MPL-2.0
// Verdict texts: a verdict in the user's words, for the dialog, the bar and the card. All words are in _locales.
// The server's words are always shown as what they are: text that the server said, never markup, never a link.

import { VERDICTS } from './decisions.mjs';

/** @typedef {import('./types/loginwatch').Verdict} Verdict */
/** @typedef {(key: string, substitutions?: string[]) => string} GetMessage browser.i18n.getMessage */

const longestWords = 512;
const minute = 60_000;

/** @param {string} code */
const known = (code) => (VERDICTS.includes(code) ? code : 'inconclusive');

/** One line per reply line; our own IMAP tag, control characters and over-length go. @param {string[]} lines */
export function plainWords(lines) {
  return lines
    .map((line) => line.replace(/^a\d+ (?=NO|BAD|OK)/, ''))
    .map((line) => [...line].map((letter) => (letter < ' ' || (letter >= '\x7f' && letter < '\xa0') ? ' ' : letter)).join(''))
    .join('\n')
    .slice(0, longestWords);
}

/** @param {Verdict} verdict @param {{account: string, server: string}} names the account as the user named it @param {GetMessage} getMessage */
export function titleOf(verdict, { account, server }, getMessage) {
  return getMessage(`verdict_${known(verdict.verdict)}_title`, [account, server]);
}

/** @param {Verdict} verdict @param {{account: string, server: string, now?: number, locale?: string}} names @param {GetMessage} getMessage */
export function sentenceOf(verdict, { account, server, now = Date.now(), locale }, getMessage) {
  const sentence = getMessage(`verdict_${known(verdict.verdict)}_sentence`, [account, server]);
  if (!verdict.retry_after_s) return sentence;
  const time = new Date(now + verdict.retry_after_s * 1000 + minute / 2).toLocaleTimeString(locale, {
    hour: '2-digit',
    minute: '2-digit',
  });
  return `${sentence} ${getMessage('retry_after', [time])}`;
}

/** The sentence and, below it, the server's words. @param {string} sentence @param {string[]} words @param {GetMessage} getMessage */
export function withWords(sentence, words, getMessage) {
  const said = saidBy(words, getMessage);
  return said ? `${sentence}\n\n${said}` : sentence;
}

/** @param {string[]} words @param {GetMessage} getMessage @returns {string} empty without words */
export function saidBy(words, getMessage) {
  const text = plainWords(words);
  return text ? `${getMessage('server_said')}\n${text}` : '';
}

/** @param {string[]} choices @param {GetMessage} getMessage */
export function buttonsOf(choices, getMessage) {
  return choices.map((choice) => ({ choice, label: getMessage(`button_${choice}`) }));
}
