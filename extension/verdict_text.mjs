// SPDX-License-Identifier: MPL-2.0
// Verdict texts: a verdict in the user's words, for the dialog, the bar and the card. All words are in _locales.
// The server's words are always shown as what they are: text that the server said, never markup, never a link.

import { VERDICTS, wantsAppPassword } from './decisions.mjs';
import { offersNoSignIn } from './found_settings.mjs';
import { organisationWords } from './organisation.mjs';
import { isUnclearRefusal } from './token_refusal.mjs';

/** @typedef {import('./types/loginwatch').Verdict} Verdict */
/** @typedef {import('./types/loginwatch').Incident['pause']} Pause */
/** @typedef {(key: string, substitutions?: string[]) => string} GetMessage browser.i18n.getMessage */

const longestWords = 512;
const minute = 60_000;
const protocols = ['imap', 'pop3', 'smtp'];

/** @param {string} code */
const known = (code) => (VERDICTS.includes(code) ? code : 'inconclusive');
/** Which words tell it. @param {Verdict} verdict */
const wordsOf = (verdict) =>
  isUnclearRefusal(verdict) ? 'oauth2_token_unclear' : offersNoSignIn(verdict) ? 'no_sign_in' : known(verdict.verdict);

/** Sentences one after the other, as the language joins them; what is empty is left out. @param {(string|number|false|null|undefined)[]} sentences @param {GetMessage} getMessage */
export const paragraph = (sentences, getMessage) => sentences.filter(Boolean).join(getMessage('sentence_space'));

/**
 * What changes how a reader sees the rest, or what nobody sees: bidirectional and zero-width characters, separators, fillers, tags (not the variation
 * selectors, which Japanese names and emoji use). The host escapes the same (host/base/escape.cpp); words that Thunderbird heard do not come through it.
 */
const deceiving = /(?![\ufe00-\ufe0f\u{e0100}-\u{e01ef}])[\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800\ufff9-\ufffb]/gu;
/** @param {string} letter */
const spelledOut = (letter) => `\\u{${letter.codePointAt(0)?.toString(16).toUpperCase()}}`;

/** One line per reply line; our own IMAP tag, control characters and over-length go, what deceives is spelled out. @param {string[]} lines */
export function plainWords(lines) {
  return lines
    .map((line) => line.replace(/^a\d+ (?=NO|BAD|OK)/, ''))
    .map((line) => [...line].map((letter) => (letter < ' ' || (letter >= '\x7f' && letter < '\xa0') ? ' ' : letter)).join(''))
    .map((line) => line.replace(deceiving, spelledOut))
    .join('\n')
    .slice(0, longestWords);
}

/** @param {Verdict|null} verdict @param {{account: string, server: string}} names the account as the user named it @param {GetMessage} getMessage */
export function titleOf(verdict, { account, server }, getMessage) {
  return getMessage(`verdict_${verdict ? wordsOf(verdict) : 'inconclusive'}_title`, [account, server]);
}

/** @param {number} time wall clock, ms @param {string} [locale] */
const timeOfDay = (time, locale) =>
  new Date(time + minute / 2).toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' });

/**
 * What happened, what to do, and until when Reprompt waits.
 * @param {Verdict} verdict
 * @param {{account: string, server: string, type?: string, pause?: Pause, now?: number, locale?: string}} facts `type`: imap, pop3, smtp
 * @param {GetMessage} getMessage
 */
export function sentenceOf(verdict, { account, server, type = '', pause = null, now = Date.now(), locale }, getMessage) {
  const code = wordsOf(verdict);
  const about = code === 'protocol_disabled' && protocols.includes(type) ? `${code}_${type}` : code;
  const sentence = getMessage(`verdict_${about}_sentence`, [account, server]);
  const wait = pause?.until
    ? pauseText(pause, getMessage, locale)
    : verdict.retry_after_s && getMessage('retry_after', [timeOfDay(now + verdict.retry_after_s * 1000, locale)]);
  return paragraph([sentence, wait], getMessage);
}

/**
 * What the user needs to know for what he does next, where there is room for it (dialog, card; a bar has none).
 * @param {Verdict} verdict @param {{type: string}} server @param {GetMessage} getMessage @returns {string} empty if there is nothing
 */
export function adviceOf(verdict, { type }, getMessage) {
  const { advice } = verdict;
  const twoStep = advice.includes('two_step_first') && getMessage('advice_two_step_first');
  switch (verdict.verdict) {
    case 'app_password_required':
      return paragraph([twoStep, getMessage('advice_paste', [getMessage('button_appPassword')])], getMessage);
    case 'stale_password':
      return wantsAppPassword(verdict) ? paragraph([getMessage('advice_app_password'), twoStep], getMessage) : '';
    case 'protocol_disabled':
      if (type === 'pop3') {
        return paragraph(
          [advice.includes('use_imap') && getMessage('advice_on_imap'), getMessage('advice_kept_pop3')],
          getMessage,
        );
      }
      if (type === 'imap') {
        return paragraph(
          [advice.includes('use_pop') && getMessage('advice_on_pop3'), getMessage('advice_kept_imap')],
          getMessage,
        );
      }
      return '';
    default:
      return '';
  }
}

/** @param {Pause} pause @param {GetMessage} getMessage @param {string} [locale] @returns {string} empty without a pause */
export function pauseText(pause, getMessage, locale) {
  if (!pause) return '';
  return pause.until === null ? getMessage('paused_open') : getMessage('paused_until', [timeOfDay(pause.until, locale)]);
}

/** Why there is no verdict. @param {string|null} problem @param {GetMessage} getMessage */
export function unknownText(problem, getMessage) {
  return paragraph([getMessage('card_unknown'), problem && problemText(problem, getMessage)], getMessage);
}

/** Codes that say the same to a user. @type {Record<string, string>} */
const sameProblems = {
  version_mismatch: 'version',
  timeout: 'silent',
  late: 'silent',
  host_gone: 'silent',
  bad_response: 'silent',
  busy: 'silent',
};
const plainProblems = [
  'host_missing',
  'proxy',
  'locked',
  'no_keyring',
  'keyring_locked',
  'account_gone',
  'changed_since',
  'not_applied',
  'not_found',
  'not_allowed',
  'interrupted',
];

/** A failure of ours in plain words. @param {string} problem @param {GetMessage} getMessage */
export function problemText(problem, getMessage) {
  return getMessage(`problem_${sameProblems[problem] ?? (plainProblems.includes(problem) ? problem : 'internal')}`);
}

/** The old password cannot be kept, and why. @param {string|null} problem @param {string} account @param {GetMessage} getMessage */
export function noVaultText(problem, account, getMessage) {
  return getMessage(problem === 'keyring_locked' ? 'no_vault_locked_sentence' : 'no_vault_sentence', [account]);
}

/**
 * What the user's organisation says about it, marked as its words; plain text. @param {Verdict|null} verdict @param {GetMessage} getMessage
 * @returns {string} empty if it says nothing
 */
export function organisationText(verdict, getMessage) {
  const said = organisationWords(verdict, getMessage('@@ui_locale'));
  if (!said) return '';
  return said.name
    ? getMessage('organisation_named_says', [said.name, said.words])
    : getMessage('organisation_says', [said.words]);
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
