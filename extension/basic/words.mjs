// SPDX-License-Identifier: MPL-2.0
// Words of Reprompt Basic: the full version's, but for the few that promise what only that one does, and what the user can do by hand.
// Belongs here: which text. Does not belong here: the texts (_locales).

import { OAUTH2 } from '../account_facts.mjs';
import { adviceOf, organisationText, paragraph, sentenceOf, titleOf } from '../verdict_text.mjs';

/** @typedef {import('../types/loginwatch').Verdict} Verdict */
/** @typedef {import('../types/loginwatch').Server} Server */
/** @typedef {import('../verdict_text.mjs').GetMessage} GetMessage */

/** The full version's speak of the saved password, of one that was not typed here, or of a button that is not here. @type {Record<string, string>} */
const ownWords = {
  verdict_stale_password_sentence: 'basic_verdict_stale_password_sentence',
  verdict_password_expired_sentence: 'basic_verdict_password_expired_sentence',
  verdict_app_password_required_sentence: 'basic_verdict_app_password_required_sentence',
  verdict_oauth2_required_sentence: 'basic_verdict_oauth2_required_sentence',
  verdict_certificate_untrusted_sentence: 'basic_verdict_certificate_untrusted_sentence',
  verdict_password_accepted_sentence: 'basic_verdict_password_accepted_sentence',
  verdict_inconclusive_sentence: 'basic_verdict_inconclusive_sentence',
  advice_paste: 'basic_advice_paste',
};
/** Verdicts after which Thunderbird has to be given another password. */
const newPasswords = ['stale_password', 'password_expired', 'app_password_required'];

/** @param {GetMessage} getMessage @returns {GetMessage} */
export const basicMessages = (getMessage) => (key, words) => getMessage(ownWords[key] ?? key, words);

/** Checked without a password, and nothing was wrong. @param {Verdict} verdict */
const isWayFine = ({ verdict, rule }) => verdict === 'inconclusive' && rule === 'no-credential';

/**
 * A verdict for a person who typed the password, or none.
 * @param {Verdict} verdict @param {Server} server @param {GetMessage} getMessage @param {string} [locale]
 * @returns {{title: string, sentence: string, advice: string, next: string}} `advice` and `next` (what to do by hand) may be empty
 */
export function tellingOf(verdict, server, getMessage, locale) {
  const names = { account: server.name, server: server.hostname };
  if (isWayFine(verdict)) {
    const unknown = server.authMethod === OAUTH2 ? 'basic_way_works_oauth_sentence' : 'basic_way_works_sentence';
    return {
      title: getMessage('basic_way_works_title', [server.hostname]),
      sentence: getMessage(unknown, [server.name]),
      ...{ advice: '', next: '' },
    };
  }
  const words = basicMessages(getMessage);
  const sentence = sentenceOf(verdict, { ...names, type: server.type, locale }, words);
  return {
    title: titleOf(verdict, names, words),
    sentence: paragraph([sentence, organisationText(verdict, getMessage)], getMessage),
    advice: adviceOf(verdict, server, words),
    next: nextText(verdict, server, getMessage),
  };
}

/** @param {Verdict} verdict @param {Server} server @param {GetMessage} getMessage */
function nextText({ verdict, settings }, { hostname }, getMessage) {
  if (settings) return getMessage('basic_next_settings');
  if (newPasswords.includes(verdict)) return getMessage('basic_next_password', [hostname]);
  if (verdict === 'password_accepted') return getMessage('basic_next_accepted', [hostname]);
  if (verdict === 'oauth2_required') return getMessage('basic_next_oauth', [hostname]);
  if (verdict === 'certificate_untrusted') return getMessage('basic_next_certificate');
  return '';
}
