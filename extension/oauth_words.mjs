// SPDX-License-Identifier: MPL-2.0
// The words and buttons of a switch to OAuth2, and of a provider that Thunderbird has no OAuth2 for. Pure; all words are in _locales.
// Belongs here: what the bar and the dialog say about it. Does not belong here: the steps (oauth_switch.mjs).

/** @typedef {import('./types/loginwatch').Incident} Incident */
/** @typedef {import('./verdict_text.mjs').GetMessage} GetMessage */

/** @param {Incident} incident @param {GetMessage} getMessage @returns {string} empty: nothing but what the verdict says */
export function oauthText({ oauth, name, kind, state }, getMessage) {
  // After "Switch it too" that is another account than the incident's own.
  if (oauth?.step === 'signing-in')
    return getMessage(oauth.renews ? 'bar_oauth_renewing' : 'bar_oauth_signing_in', [oauth.servers[0]?.name ?? name]);
  if (oauth?.step === 'taken-back') return getMessage('bar_oauth_taken_back', [name]);
  if (oauth?.next) return getMessage('bar_oauth_next', [oauth.next.name]);
  // Thunderbird has given the message back to its window.
  return oauth && kind === 'outgoing' && state === 'closed' ? getMessage('bar_oauth_send_again', [name]) : '';
}

/** @param {Incident} incident @returns {string[]|null} null: those of the verdict */
export function oauthChoices({ oauth, kind, state }) {
  if (oauth?.step === 'signing-in') return [oauth.renews ? 'signInAgain' : 'switchOAuth', 'details'];
  if (oauth?.next) return ['switchOAuthToo', 'details'];
  return oauth && kind === 'outgoing' && state === 'closed' ? ['details'] : null;
}

/** Thunderbird cannot sign in to this provider: that, and what works instead. @param {Incident} incident @param {GetMessage} getMessage @returns {string} */
export function noOAuthText({ verdict, noOAuth, hostname }, getMessage) {
  if (!noOAuth || verdict?.verdict !== 'oauth2_required') return '';
  const instead = verdict.advice.includes('app_password') ? 'app_password' : verdict.links.web_login ? 'web' : 'other';
  return getMessage(`no_oauth_${instead}`, [hostname]);
}
