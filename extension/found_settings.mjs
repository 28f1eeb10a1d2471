// SPDX-License-Identifier: MPL-2.0
// Found settings: what the host proposes for a server, in Thunderbird's numbers, and the limits of host/DESIGN.md (invariant 11) once more on this
// side: never without encryption, only mail ports, no weaker way to sign in, and a verdict changes only what it is about.
// Belongs here: pure translation and judgement. Does not belong here: applying (settings_repair.mjs), words (settings_text.mjs).

import { OAUTH2, asciiHost } from './account_facts.mjs';

/** @typedef {import('./types/loginwatch').Server} Server */
/** @typedef {import('./types/loginwatch').Verdict} Verdict */
/** @typedef {import('./types/loginwatch').FoundSettings} FoundSettings */
/** @typedef {import('./types/loginwatch').SettingValues} SettingValues */

const socketTypes = { starttls: 2, implicit: 3 }; // nsMsgSocketType
const authMethods = { password: 3, password_encrypted: 4, oauth2: OAUTH2 }; // nsMsgAuthMethod
/** @type {Record<string, number[]>} */
const mailPorts = { imap: [143, 993], pop3: [110, 995], smtp: [465, 587] };
const anything = ['hostname', 'port', 'socketType', 'authMethod', 'username'];
/** What a verdict may change. @type {Record<string, string[]>} */
const about = {
  tls_required: anything,
  tls_obsolete: anything,
  certificate_untrusted: anything,
  server_unreachable: anything,
  mechanism_unsupported: ['authMethod'],
  username_format: ['username'],
};
/** Not another method helps but another port or server (host/diagnose/verdict.hpp). @param {Pick<Verdict, 'rule'>} verdict */
export const offersNoSignIn = ({ rule }) => rule === 'caps.no-sign-in';
/** @param {Verdict} verdict */
const changeable = (verdict) => (offersNoSignIn(verdict) ? anything : about[verdict.verdict]);
/** A name of at least two labels whose last one begins with a letter, so no address. */
const isHostName = (/** @type {string} */ name) =>
  name.length <= 253 && /^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?\.?$/i.test(name);
/** @param {string} user */
const localPart = (user) => user.split('@')[0];
/** @param {string} found an A-label, as the host gives it @param {string} configured as it was typed */
const isSameHost = (found, configured) => found.toLowerCase() === asciiHost(configured).toLowerCase();

/** What would change; encryption and port go together. @param {FoundSettings} found @param {Server} server @returns {SettingValues} */
export function changesOf(found, server) {
  const { host, port, tls, auth, user } = found;
  const socketType = socketTypes[tls];
  const authMethod = auth && authMethods[auth];
  return {
    ...(isSameHost(host, server.hostname) ? {} : { hostname: host }),
    ...(port === server.port && socketType === server.socketType ? {} : { port, socketType }),
    ...(authMethod === undefined || authMethod === server.authMethod ? {} : { authMethod }),
    ...(user === undefined || user === server.username ? {} : { username: user }),
  };
}

/** @param {Verdict} judged @param {Server} server */
export function isAllowed(judged, server) {
  const { verdict, settings: found } = judged;
  if (typeof found !== 'object' || found === null || !Object.hasOwn(about, verdict) || !mailPorts[server.type]) return false;
  const { host, port, tls, auth, user } = found;
  if (typeof host !== 'string' || !Object.hasOwn(socketTypes, tls)) return false;
  if (auth !== undefined && !Object.hasOwn(authMethods, auth)) return false;
  const changes = changesOf(found, server);
  const names = Object.keys(changes);
  if (!names.length || names.some((name) => !changeable(judged).includes(name))) return false;
  if (changes.hostname !== undefined && !isHostName(host)) return false;
  // A port of one's own is kept only where it is already; 25 may stay 25 (RFC 8314 section 3.3 wants another one for sending).
  const isOwnPort = port === server.port && (changes.hostname === undefined || port === 25);
  if (!mailPorts[server.type].includes(port) && !isOwnPort) return false;
  if (changes.authMethod !== undefined && server.authMethod === OAUTH2) return false;
  return changes.username === undefined || isUserOf(user, server);
}

/** The same user, with or without the domain. @param {unknown} user @param {Server} server */
function isUserOf(user, { username }) {
  return typeof user === 'string' && /^[\x21-\x7e]{1,256}$/.test(user) && localPart(user) === localPart(username);
}

/** The host outside of the account's own domain and of the known ones is asked about once more. @param {FoundSettings} found @param {Server} server */
export const mustConfirmHost = (found, server) => !isSameHost(found.host, server.hostname) && found.confirm_host !== false;

/** A verdict without settings that are not allowed. @param {Verdict} verdict @param {Server} server @returns {Verdict} */
export function withAllowedSettings(verdict, server) {
  if (verdict.settings === undefined || isAllowed(verdict, server)) return verdict;
  const rest = { ...verdict };
  delete rest.settings;
  return rest;
}
