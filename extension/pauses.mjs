// SPDX-License-Identifier: MPL-2.0
// Pauses: which verdict switches off a server's automatic checks, and for how long (host/DESIGN.md section 4). Pure.
// Belongs here: the table and the doubling. Does not belong here: switching anything off (upkeep.mjs).

import { isUnclearRefusal } from './token_refusal.mjs';

/** @typedef {import('./types/loginwatch').Verdict} Verdict */

const minute = 60_000;
const SHORTEST_MS = 30 * minute;
export const LONGEST_MS = 6 * 60 * minute;

/** It is not about the password, so checking does no harm. */
const harmless = new Set([
  'password_accepted',
  'server_unreachable',
  'offline',
  'temporary_failure',
  'not_auth',
  'certificate_untrusted',
  'tls_required',
  'tls_obsolete',
]);
/** Nothing changes before the user, or the provider on his word, does something. */
const lasting = new Set([
  'stale_password',
  'password_expired',
  'app_password_required',
  'oauth2_required',
  'oauth2_token_expired',
  'web_login_required',
  'protocol_disabled',
  'mechanism_unsupported',
  'username_format',
]);
/** The server refused this very password: the host's ledger remembers these for 24 hours. */
const refused = new Set(['stale_password', 'password_expired', 'app_password_required', 'oauth2_required', 'username_format']);

/** How the host's last note begins when it could not put an attempt on record (state folder full, read-only, locked), so that it sent none. */
export const RECORD_UNUSABLE = ['The record of earlier attempts cannot be used', 'cannot write the ledger'];

/** A failure of ours: it says nothing about the server. The last note is the reason why nothing was sent. @param {Verdict} verdict */
function isOurFault({ rule, notes }) {
  const reason = rule === 'no-credential' ? (notes?.at(-1) ?? '') : '';
  return RECORD_UNUSABLE.some((words) => reason.startsWith(words));
}

/** @param {Verdict} verdict whether the password itself is known to be refused, more than as a guess */
export const isRefused = ({ verdict, confidence }) => refused.has(verdict) && confidence !== 'guess';

/**
 * What is neither harmless nor lasting (rate_limited, account_locked, inconclusive, a word we do not know, a token that may not be refused) may be well again by itself.
 * @param {Verdict} found @param {{repeats: number, now: number}} facts `repeats`: the same verdict in a row before; `now`: wall clock, ms
 * @returns {{until: number|null}|null} null: no pause; until null: until the user acts
 */
export function pauseFor(found, { repeats, now }) {
  const { verdict, retry_after_s } = found;
  if (harmless.has(verdict) || isOurFault(found)) return null;
  if (lasting.has(verdict) && !isUnclearRefusal(found)) return { until: null };
  const pauseMs = retry_after_s ? retry_after_s * 1000 : SHORTEST_MS * 2 ** Math.min(repeats, 10);
  return { until: now + Math.min(pauseMs, LONGEST_MS) };
}
