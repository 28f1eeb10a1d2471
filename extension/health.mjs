// SPDX-License-Identifier: MPL-2.0
// Health: how every account is, most important first. Only what was seen counts: an account is "working" after a sign-in that worked since
// Thunderbird started, and nothing failed after it. What nobody tried is "unchecked".
// Belongs here: pure judgement over servers, incidents and sign-ins. Does not belong here: words (health_text.mjs), storing (background.mjs).

import { isConnection } from './incidents.mjs';

/** @typedef {import('./types/loginwatch').Server} Server */
/** @typedef {import('./types/loginwatch').ServerName} ServerName */
/** @typedef {import('./types/loginwatch').Incident} Incident */
/** @typedef {'needsYou'|'waiting'|'unchecked'|'working'} State */
/** @typedef {{since: number, at: number}} SignIn ms since 1970: it works since; the last that was seen */
/** @typedef {Record<string, SignIn>} SignIns by nameOf() */
/** @typedef {{server: Server, state: State, since: number|null, lastSignIn: number|null, incident: Incident|null}} Row */

/** @type {State[]} */
const worstFirst = ['needsYou', 'waiting', 'unchecked', 'working'];
/** It ends without the user. */
const passing = ['server_unreachable', 'offline', 'temporary_failure', 'password_accepted'];
/** Endings after which the trouble is over, or is to be seen anew. */
const settled = ['signed-in', 'changed', 'undone', 'nothing-wrong', 'try-again', 'pause-over'];
const MOST_WAYS_BACK = 50;

/** It is over, and something about it is still offered or told (the new password for the other direction, changed settings). @param {Incident} incident */
export const hasOffer = ({ others, repair }) => !!others?.length || !!repair;
/** @param {Incident} incident */
const asks = ({ others = [] }) => others.some(({ outcome }) => outcome === 'asks');

/** @param {ServerName} server */
export const nameOf = ({ kind, key }) => `${kind}-${key}`;

/**
 * A sign-in that worked just now. It works "since" the first one after the last trouble.
 * @param {SignIns} signIns @param {ServerName} server @param {{now: number, troubleAt?: number}} when ms since 1970 @returns {SignIns}
 */
export function withSignIn(signIns, server, { now, troubleAt = 0 }) {
  const before = signIns[nameOf(server)];
  const since = before && before.at > troubleAt && before.since <= now ? before.since : now;
  return { ...signIns, [nameOf(server)]: { since, at: now } };
}

/** Only of servers that are still there. @param {SignIns} signIns @param {Server[]} servers @returns {SignIns} */
export function pruned(signIns, servers) {
  const names = new Set(servers.map(nameOf));
  return Object.fromEntries(Object.entries(signIns).filter(([name]) => names.has(name)));
}

/**
 * @param {{servers: Server[], incidents: Incident[], signIns: SignIns, started: number}} seen
 *   `incidents`: oldest first; `started`: when Thunderbird started, ms since 1970
 * @returns {Row[]} worst first, else in Thunderbird's order
 */
export function healthOf({ servers, incidents, signIns, started }) {
  return servers
    .map((server) =>
      rowOf(
        server,
        incidents.filter((one) => nameOf(one) === nameOf(server)),
        signIns[nameOf(server)],
        started,
      ),
    )
    .sort((one, other) => worstFirst.indexOf(one.state) - worstFirst.indexOf(other.state));
}

/** @param {Server} server @param {Incident[]} own @param {SignIn|undefined} signIn @param {number} started @returns {Row} */
function rowOf(server, own, signIn, started) {
  const lastSignIn = signIn?.at ?? null;
  const latest = own.at(-1);
  if (latest?.state === 'closed' && asks(latest))
    return { server, state: 'needsYou', since: latest.endedAt, lastSignIn, incident: latest };
  const isOver = !latest || (latest.state === 'closed' && settled.includes(latest.ended ?? ''));
  const worksAfter = signIn && signIn.at >= started && (!latest || signIn.at >= (latest.endedAt ?? latest.lastAt));
  if (latest && !isOver && !(latest.state === 'closed' && worksAfter))
    return { server, state: stateOf(latest), since: beginOf(own), lastSignIn, incident: latest };
  if (signIn && worksAfter) return { server, state: 'working', since: signIn.since, lastSignIn, incident: null };
  return { server, state: 'unchecked', since: null, lastSignIn, incident: null };
}

/** @param {Incident} incident @returns {State} */
function stateOf({ state, verdict, pause }) {
  if (state === 'deciding') return 'waiting';
  if (state === 'waiting') return 'needsYou';
  if (!verdict) return 'needsYou';
  return pause?.until || passing.includes(verdict.verdict) ? 'waiting' : 'needsYou';
}

/** When the trouble that lasts began: earlier incidents count as long as nothing worked in between. @param {Incident[]} own oldest first */
function beginOf(own) {
  let begin = own.length - 1;
  while (
    begin > 0 &&
    own.length - begin < MOST_WAYS_BACK &&
    ['replaced', 'failed', 'pause-over', 'try-again'].includes(own[begin - 1].ended ?? '')
  )
    begin--;
  return own[begin].at;
}

/** The number on the toolbar button: what was, or would be, told outside of this list. A lost network is not six troubles. @param {Incident[]} all */
export const countOf = (all) =>
  all.filter((one) => ['open', 'waiting'].includes(one.state) && !(one.silent && isConnection(one))).length;
