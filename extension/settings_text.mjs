// SPDX-License-Identifier: MPL-2.0
// Settings texts: connection settings in one line, old -> new, and what Reprompt says about settings that it found or changed. All words are in
// _locales. Belongs here: sentences for the dialog, the bar and the card. Does not belong here: lists on pages (settings_view.mjs).

import { changesOf } from './found_settings.mjs';
import { paragraph, problemText } from './verdict_text.mjs';

/** @typedef {import('./types/loginwatch').Incident} Incident */
/** @typedef {import('./types/loginwatch').Server} Server */
/** @typedef {import('./types/loginwatch').SettingValues} SettingValues */
/** @typedef {import('./verdict_text.mjs').GetMessage} GetMessage */

const encryptions = ['none', 'starttls', 'starttls', 'implicit']; // nsMsgSocketType
/** @type {Record<number, string>} */
const authWords = { 3: 'password', 4: 'password_encrypted', 10: 'oauth2' }; // nsMsgAuthMethod
/** Where the settings come from, if it is worth a word. */
const sources = ['rule', 'srv', 'autoconfig'];

/** "pop.example.org, port 995 with SSL/TLS" @param {SettingValues} values @param {GetMessage} getMessage */
export function settingsText({ hostname, port, socketType, authMethod, username }, getMessage) {
  const way = port === undefined || socketType === undefined ? '' : getMessage(`way_${encryptions[socketType]}`, [String(port)]);
  const method = authMethod === undefined ? '' : getMessage(`setting_auth_${authWords[authMethod]}`);
  const user = username === undefined ? '' : getMessage('way_user', [username]);
  return [hostname ?? '', way, method, user].filter(Boolean).join(getMessage('way_and'));
}

/** What a server has now of the members that shall change. @param {Server} server @param {SettingValues} changes @returns {SettingValues} */
const partOf = (server, changes) =>
  Object.fromEntries(Object.keys(changes).map((name) => [name, server[/** @type {keyof SettingValues} */ (name)]]));

/** "old -> new" @param {SettingValues} before @param {SettingValues} after @param {GetMessage} getMessage */
const oldToNew = (before, after, getMessage) =>
  getMessage('way_old_new', [settingsText(before, getMessage), settingsText(after, getMessage)]);

/** Thunderbird takes up another host or user of an incoming server completely when it is started anew. @param {Server} server @param {SettingValues} after */
export const wantsRestart = ({ kind }, { hostname, username }) => kind === 'incoming' && (hostname ?? username) !== undefined;

/**
 * What there is to say about found settings; empty: nothing.
 * @param {Incident} incident @param {GetMessage} getMessage
 */
export function repairText(incident, getMessage) {
  const { verdict, repair, name, hostname, problem } = incident;
  const said = [];
  if (repair?.step === 'changed' || repair?.step === 'works') {
    said.push(getMessage(`repair_${repair.step}`, [name, oldToNew(repair.before, repair.after, getMessage)]));
    if (wantsRestart(incident, repair.after)) said.push(getMessage('repair_restart'));
  } else if (!verdict?.settings || incident.state === 'closed') return '';
  else if (repair?.step === 'confirm') said.push(confirmText(incident, getMessage));
  else {
    const changes = changesOf(verdict.settings, incident);
    said.push(
      getMessage(`repair_why_${verdict.verdict}`, [name, hostname]),
      getMessage('repair_found', [oldToNew(partOf(incident, changes), changes, getMessage)]),
    );
    const { source } = verdict.settings;
    if (sources.includes(source)) said.push(getMessage(`repair_source_${source}`));
  }
  if (problem) said.push(getMessage('repair_failed', [problemText(problem, getMessage)]));
  return paragraph(said, getMessage);
}

/** Both names, before a password goes to a host that is not known to belong to the account. @param {Incident} incident @param {GetMessage} getMessage */
export const confirmText = ({ name, hostname, verdict }, getMessage) =>
  getMessage('repair_confirm', [name, hostname, verdict?.settings?.host ?? '']);
