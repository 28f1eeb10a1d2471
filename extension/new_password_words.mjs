// SPDX-License-Identifier: MPL-2.0
// New password, in words: what a bar says, and which buttons it has, after "Change password…" and when the other direction is offered a new password.
// Belongs here: words and buttons of these two. Does not belong here: those of a refused login (notices.mjs), what they do (password_change.mjs, directions.mjs).

import { resetPageOf } from './decisions.mjs';
import { paragraph, problemText, saidBy, sentenceOf } from './verdict_text.mjs';

/** @typedef {import('./types/loginwatch').Incident} Incident */
/** @typedef {import('./types/loginwatch').OtherServer} OtherServer */
/** @typedef {import('./verdict_text.mjs').GetMessage} GetMessage */

/** A bar has one line. @param {string[]} words @param {GetMessage} getMessage */
const saidInOneLine = (words, getMessage) => saidBy(words, getMessage).replaceAll('\n', ' ');

const directionMessages = { incoming: 'other_incoming', outgoing: 'other_outgoing' };

/** "sending (smtp.example.org), receiving (Home)" @param {OtherServer[]} others @param {GetMessage} getMessage */
const listed = (others, getMessage) =>
  others.map(({ kind, name }) => getMessage(directionMessages[kind], [name])).join(getMessage('list_comma'));

/** In the order in which they are said. @type {Record<OtherServer['outcome'], string>} */
const otherMessages = {
  checking: 'other_checking',
  taken: 'other_taken',
  refused: 'other_refused',
  unclear: 'other_unclear',
  no_keyring: 'other_no_vault',
  keyring_locked: 'other_no_vault_locked',
  asks: 'other_asks',
};

/** @param {Incident} incident @param {GetMessage} getMessage @returns {string} empty: nothing is offered */
function othersText({ name, others = [] }, getMessage) {
  const sentences = Object.entries(otherMessages).flatMap(([outcome, message]) => {
    const these = others.filter((other) => other.outcome === outcome);
    if (!these.length) return [];
    return [getMessage(message, [listed(these, getMessage), name]), saidInOneLine(these.at(-1)?.server_words ?? [], getMessage)];
  });
  return paragraph(sentences, getMessage);
}

/** @param {Incident} incident @param {GetMessage} getMessage @returns {string} empty: it is not about a change, or nothing is to be said */
function changeText(incident, getMessage) {
  const { change, name, verdict, problem, hostname, pause } = incident;
  const names = { account: name, server: hostname, type: incident.type, pause };
  switch (change) {
    case 'no-vault':
      return getMessage(problem === 'keyring_locked' ? 'change_no_vault_locked' : 'change_no_vault', [name]);
    case 'refused': {
      if (!verdict) return '';
      const why = verdict.verdict === 'stale_password' ? '' : sentenceOf(verdict, names, getMessage);
      const said = saidInOneLine(verdict.server_words, getMessage);
      return paragraph([getMessage('change_refused', [name]), why, said], getMessage);
    }
    case 'unclear': {
      const why = verdict ? sentenceOf(verdict, names, getMessage) : problemText(problem ?? 'internal', getMessage);
      return paragraph([getMessage('change_unclear', [name]), why], getMessage);
    }
    default:
      return '';
  }
}

/** What is said of this incident instead of why a login failed. @param {Incident} incident @param {GetMessage} getMessage @returns {string} empty: nothing */
export function newPasswordText(incident, getMessage) {
  if (incident.others?.length) return othersText(incident, getMessage);
  return isAskedAgain(incident) ? '' : changeText(incident, getMessage);
}

/** @param {Incident} incident @returns {string[]|null} null: the buttons of a refused login */
export function newPasswordChoices(incident) {
  const { others = [], change, kept, entry } = incident;
  if (others.some(({ outcome }) => outcome === 'asks')) return ['otherToo', 'otherAlways', 'otherNever'];
  if (others.some(({ outcome }) => ['no_keyring', 'keyring_locked'].includes(outcome))) return ['keep', 'otherAnyway', 'details'];
  if (others.length) return ['details'];
  if (isAskedAgain(incident)) return null;
  const putBack = kept && entry ? ['putBack'] : [];
  if (change === 'no-vault') return ['keep', 'askAnyway'];
  if (change === 'refused') return ['newPassword', ...putBack, 'details'];
  return change === 'unclear' ? [...putBack, 'details'] : null;
}

/** Thunderbird itself met the refused password later, and asks. @param {Incident} incident */
const isAskedAgain = ({ answer }) => answer === 'newPassword';

/** "Forgot it?", wherever a new password is asked for and the provider has a page. @param {Incident} incident @param {string[]} choices @returns {string[]} */
export function withForgot({ verdict, answer, forgot }, choices) {
  const asks = answer === 'newPassword' || choices.some((choice) => choice === 'newPassword' || choice === 'appPassword');
  if (!asks || forgot || !verdict || !resetPageOf(verdict)) return choices;
  const at = choices.indexOf('details');
  return at < 0 ? [...choices, 'forgot'] : choices.toSpliced(at, 0, 'forgot');
}
