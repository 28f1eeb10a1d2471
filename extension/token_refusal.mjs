// SPDX-License-Identifier: MPL-2.0
// Token refusals: what only Thunderbird knows about a sign-in by OAuth2. Its IMAP keeps the server's words to itself and only says that the token was of no use
// (or that none was to be had); the host, which gets no token, then finds nothing wrong with the server. Together that is a verdict, and an unclear one: the same
// comes when the provider's token address cannot be reached, which heals by itself.
// Belongs here: that one conclusion. Does not belong here: words that were heard (the host judges them).

import { OAUTH2 } from './account_facts.mjs';

/** @typedef {import('./types/loginwatch').Verdict} Verdict */

const nothingWrong = 'no-credential'; // the host's rule
const saidByThunderbird = /^(imap)?oAuth2Error$/i;
const RULE = 'thunderbird-token';

/** Refused, or only out of reach for a while: nobody knows. @param {{rule?: string}} verdict */
export const isUnclearRefusal = ({ rule }) => rule === RULE;

/** @param {import('./types/loginwatch').Failure} failure @param {Verdict} verdict the host's @returns {Verdict} */
export function withTokenRefusal({ authMethod, code }, verdict) {
  if (authMethod !== OAUTH2 || !saidByThunderbird.test(code) || verdict.rule !== nothingWrong) return verdict;
  return {
    ...verdict,
    verdict: 'oauth2_token_expired',
    confidence: 'likely',
    rule: RULE,
    retry_is_safe: false,
    may_clear: 'on_click',
    because: ['Thunderbird says that the sign-in by OAuth2 failed', ...verdict.because],
  };
}
