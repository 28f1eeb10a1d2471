// SPDX-License-Identifier: MPL-2.0
// Decisions: what follows from a verdict (host/DESIGN.md section 4). Pure: no clock, no browser, no words.
// Belongs here: the choice between answering, a dialog, quiet and the stock box. Does not belong here: texts (verdict_text.mjs), doing it (background.mjs).

import { offersNoSignIn } from './found_settings.mjs';
import { isUnclearRefusal } from './token_refusal.mjs';

/** @typedef {import('./types/loginwatch').Verdict} Verdict */
/**
 * @typedef {{kind: 'clear'|'retry'|'quiet'} | {kind: 'stock', words: boolean} | {kind: 'dialog', choices: string[]}} Plan
 *   clear: vault, then "new password"; retry: Thunderbird tries again; quiet: "cancel", nobody is asked, a bar tells; stock: Thunderbird's own box.
 *   After a quiet "cancel" for SMTP Thunderbird says itself that sending failed and keeps the message open: less harm than asking for a password.
 */

/** The closed vocabulary; an unknown word is treated as `inconclusive`. */
export const VERDICTS = Object.freeze([
  'stale_password',
  'password_expired',
  'app_password_required',
  'oauth2_required',
  'oauth2_token_expired',
  'web_login_required',
  'account_locked',
  'rate_limited',
  'protocol_disabled',
  'mechanism_unsupported',
  'username_format',
  'tls_required',
  'tls_obsolete',
  'certificate_untrusted',
  'server_unreachable',
  'offline',
  'temporary_failure',
  'not_auth',
  'password_accepted',
  'inconclusive',
]);

/** Advice words that mean: this provider does not take the account's password in mail programs. */
const otherWays = ['app_password', 'oauth2'];
/** Which of a rule's links fits a verdict, best first. */
const linkNames = {
  app_password_required: ['app_password', 'help'],
  stale_password: ['app_password', 'help'],
  password_expired: ['reset', 'help'],
  web_login_required: ['web_login', 'help'],
  oauth2_required: ['app_password', 'web_login', 'help'],
};

/** Verdicts that end by themselves; the user may try earlier, always. */
const passing = ['rate_limited', 'account_locked'];

/** A password that was made for mail programs may be what helps. @param {Verdict} verdict */
export const wantsAppPassword = ({ verdict, advice }) => verdict === 'app_password_required' || advice.includes('app_password');

/**
 * The server takes no password in any form, as far as it was seen, so what helps is a sign-in and not a setting alone. (Words that decide by themselves leave the methods
 * unseen; a switch that the server does not take is taken back.) @param {Verdict} verdict
 */
const wantsToken = ({ verdict, rule, settings, evidence }) => {
  if (settings) return settings.auth === 'oauth2';
  const { offered } = /** @type {{offered?: unknown}} */ (evidence ?? {});
  const methods = Array.isArray(offered) ? offered.join(' ') : '';
  return (
    verdict === 'mechanism_unsupported' &&
    !offersNoSignIn({ rule }) &&
    (!methods || (/\b(XOAUTH2|OAUTHBEARER)\b/.test(methods) && !/\b(PLAIN|LOGIN|CRAM-MD5)\b/.test(methods)))
  );
};

/** The page where a protocol is switched on, in the order of the advice. @param {Verdict} verdict */
const enablingLinks = ({ verdict, advice }) =>
  verdict === 'protocol_disabled' ? advice.filter((word) => word.startsWith('enable_')) : [];

/** @param {Verdict} verdict @returns {string|null} an https address from a rule; never one from the server's words */
export function pageOf(verdict) {
  const names = [...enablingLinks(verdict), ...(linkNames[/** @type {keyof typeof linkNames} */ (verdict.verdict)] ?? ['help'])];
  const candidates = [...names.map((name) => verdict.links[name]), ...Object.values(verdict.links)];
  return candidates.find((address) => typeof address === 'string' && address.startsWith('https://')) ?? null;
}

/** Where a forgotten password is replaced. @param {Verdict} verdict @returns {string|null} an https address from a rule */
export function resetPageOf({ links }) {
  const page = links.reset;
  return typeof page === 'string' && page.startsWith('https://') ? page : null;
}

/**
 * Up to three choices. The second is what Escape means, so it never changes anything.
 * @param {Verdict} verdict @param {{oauth: boolean, pageOpened?: boolean}} facts
 */
export function choicesOf(verdict, { oauth, pageOpened = false }) {
  const mayAsk = verdict.may_clear !== 'never';
  const page = pageOf(verdict) && !pageOpened ? 'openPage' : null;
  const ask = mayAsk ? 'newPassword' : null;
  const useOAuth = oauth && verdict.advice.includes('oauth2') ? 'switchOAuth' : null;
  /** @type {(string|null)[]} */
  let wanted;
  switch (verdict.verdict) {
    case 'stale_password':
    case 'app_password_required':
      wanted = [page, verdict.verdict === 'app_password_required' && mayAsk ? 'appPassword' : ask, useOAuth, 'details'];
      break;
    case 'oauth2_required':
      // Without OAuth2 in Thunderbird, what the provider takes instead.
      wanted = oauth
        ? ['switchOAuth', page, 'details']
        : [page, mayAsk && wantsAppPassword(verdict) ? 'appPassword' : null, 'details'];
      break;
    case 'password_expired':
      wanted = [page, ask, 'details'];
      break;
    case 'oauth2_token_expired':
      wanted = [mayAsk ? 'signInAgain' : null, 'tryAgain', 'details'];
      break;
    case 'web_login_required':
      wanted = [page, 'tryAgain', 'details'];
      break;
    case 'protocol_disabled':
      wanted = [page, 'details', 'tryAgain'];
      break;
    case 'rate_limited':
    case 'account_locked':
      wanted = [page ?? 'details', 'tryNow'];
      break;
    default:
      if (oauth && wantsToken(verdict)) wanted = ['switchOAuth', page, 'details'];
      else wanted = [verdict.settings && !wantsToken(verdict) ? 'applySettings' : null, 'details', page, 'tryAgain'];
  }
  const [first, second] = wanted.filter((choice) => choice !== null);
  return second ? [/** @type {string} */ (first), 'notNow', second] : [/** @type {string} */ (first), 'notNow'];
}

/**
 * The same for a bar, where nobody has to answer: what helps, and always "Details"; "Try now" where nothing else is offered, or only time helps.
 * @param {Verdict} verdict @param {{oauth: boolean}} facts
 */
export function barChoicesOf(verdict, { oauth }) {
  const offered = choicesOf(verdict, { oauth }).filter((choice) => !['details', 'notNow', 'tryAgain', 'tryNow'].includes(choice));
  const tryNow = !offered.length || passing.includes(verdict.verdict) || isUnclearRefusal(verdict);
  return [...offered, ...(tryNow ? ['tryNow'] : []), 'details'];
}

/**
 * @param {Verdict} verdict
 * @param {{oauth: boolean, retried: boolean}} facts `oauth`: Thunderbird knows this server's OAuth2; `retried`: this incident was already answered with "retry"
 * @returns {Plan}
 */
export function decide(verdict, { oauth, retried }) {
  switch (verdict.verdict) {
    case 'stale_password':
      if (verdict.may_clear === 'never') return { kind: 'stock', words: true };
      if (verdict.may_clear === 'at_once' && !verdict.advice.some((word) => otherWays.includes(word))) return { kind: 'clear' };
      return { kind: 'dialog', choices: choicesOf(verdict, { oauth }) };
    case 'password_accepted':
      return retried ? { kind: 'stock', words: false } : { kind: 'retry' };
    case 'server_unreachable':
    case 'offline':
    case 'temporary_failure':
      return { kind: 'quiet' };
    case 'password_expired':
    case 'app_password_required':
    case 'oauth2_required':
    case 'oauth2_token_expired':
    case 'web_login_required':
    case 'account_locked':
    case 'rate_limited':
    case 'protocol_disabled':
    case 'mechanism_unsupported':
    case 'username_format':
    case 'tls_required':
    case 'tls_obsolete':
    case 'certificate_untrusted':
    case 'not_auth':
      return { kind: 'dialog', choices: choicesOf(verdict, { oauth }) };
    default:
      return { kind: 'stock', words: true };
  }
}
