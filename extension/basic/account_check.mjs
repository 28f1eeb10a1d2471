// SPDX-License-Identifier: MPL-2.0
// AccountCheck: one check of one server, as an incident that the full version's report and facts can tell. Belongs here: asking the helper. Does not
// belong here: the form and the result on the page (account_view.mjs).

import { OAUTH2, probeRequest } from '../account_facts.mjs';
import { withAllowedSettings } from '../found_settings.mjs';
import { HostError } from '../host_client.mjs';

/** @typedef {import('../types/loginwatch').Server} Server */
/** @typedef {import('../types/loginwatch').Verdict} Verdict */
/** @typedef {import('../types/loginwatch').Incident} Incident */

const LIMIT_MS = 30_000;
const MARGIN_MS = 1000;
const nothingStored = Object.freeze({ locked: false, stored: null, savedAt: null });

/** Whether this server can be checked at all, and whether a password is of use for it. @param {Server} server @returns {'password'|'way'|null} */
export function checkKind(server) {
  if (!probeRequest(failureOf(server, 0), { ...nothingStored, session: null }, { limitMs: LIMIT_MS })) return null;
  return server.authMethod === OAUTH2 ? 'way' : 'password';
}

/** @param {Server} server @param {number} at ms since 1970 @returns {import('../types/loginwatch').Failure} */
const failureOf = (server, at) => ({
  ...server,
  ...{ id: `check-${at}`, heard: [], at, limitMs: LIMIT_MS, silent: false, attended: true, code: 'login' },
});

/**
 * Never rejects. The password is held by nothing but the message to the helper when this returns.
 * @param {Server} server @param {string} password what the user typed; '' checks the way only
 * @param {{host: {request: (fields: any, listening: any) => Promise<any>}, now?: () => number}} parts
 * @returns {Promise<Incident>} closed, with a verdict or a problem
 */
export async function checkAccount(server, password, { host, now = Date.now }) {
  const failure = failureOf(server, now());
  const request = probeRequest(failure, { ...nothingStored, session: password || null }, { limitMs: LIMIT_MS });
  const asked = host.request(request, { timeoutMs: LIMIT_MS + MARGIN_MS }).then(
    (verdict) => ({ verdict: withAllowedSettings(verdict, server), problem: null }),
    (error) => ({ verdict: null, problem: error instanceof HostError ? error.code : 'internal' }),
  );
  return /** @type {Incident} */ (
    /** @type {unknown} */ ({ ...failure, ...(await asked), state: 'closed', lastAt: now(), pause: null })
  );
}
