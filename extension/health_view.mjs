// SPDX-License-Identifier: MPL-2.0
// The health of accounts as a page shows it: one item per account, with its state in a word, what it needs, since when, and the next step.
// Belongs here: elements for the popup and the options page. Does not belong here: which state an account is in (health.mjs).

import { askBackground, button, make, momentText, statusLine } from './page_parts.mjs';
import { problemText } from './verdict_text.mjs';

/** @typedef {import('./page_questions.mjs').HealthRow} HealthRow */

const { getMessage } = browser.i18n;
const OAUTH2 = 10;
const hour = 3_600_000;
/** Choices that already lead to a new password. */
const newPasswords = ['newPassword', 'appPassword', 'askAnyway'];

/** "Receiving · imap.example.org" @param {HealthRow['server']} server */
const wayText = ({ kind, type, hostname }) =>
  getMessage(kind === 'outgoing' ? 'health_sending' : 'health_receiving', [type.toUpperCase(), hostname]);

/** @param {HealthRow} row */
function sinceText({ state, since, lastSignIn }) {
  if (state === 'working' && since && lastSignIn) {
    const last = getMessage('health_last_sign_in', [momentText(lastSignIn)]);
    return lastSignIn - since < hour ? last : `${getMessage('health_since', [momentText(since)])} · ${last}`;
  }
  if (state === 'unchecked')
    return lastSignIn ? getMessage('health_worked', [momentText(lastSignIn)]) : getMessage('health_never_seen');
  return since ? getMessage('health_since', [momentText(since)]) : '';
}

/** @param {HealthRow} row */
export const mayChangePassword = ({ server, telling }) =>
  server.authMethod !== OAUTH2 && !telling?.choices.some((choice) => newPasswords.includes(choice));

/**
 * What a button did, said where it was pressed. @param {HTMLElement} said @param {Promise<{value?: any, problem?: string}>} asked
 * @param {string} done @returns {Promise<boolean>} whether it worked
 */
export async function sayWhatCameOf(said, asked, done) {
  const { value, problem } = await asked;
  const failed = typeof value === 'string' ? value : problem;
  said.textContent = failed ? problemText(failed, getMessage) : done;
  return !failed;
}

/** @param {HealthRow} row @param {HTMLElement} said */
export const changePasswordButton = ({ server }, said) =>
  button(
    getMessage('button_changePassword'),
    () =>
      void sayWhatCameOf(
        said,
        askBackground('changePassword', { kind: server.kind, key: server.key }),
        getMessage('health_change_begun'),
      ),
    { about: server.name, of: 'flat' },
  );

/** @param {HealthRow} row @param {HTMLElement} said @param {boolean} isFirst @returns {HTMLElement[]} */
function stepButtons({ telling, server }, said, isFirst) {
  if (!telling) return [];
  const { incident, choices } = telling;
  const offered = choices.length ? choices.slice(0, 3) : ['tryNow', 'details'];
  return offered.map((choice, place) =>
    button(
      getMessage(`button_${choice}`),
      () =>
        void sayWhatCameOf(
          said,
          askBackground('perform', { id: incident.id, choice }),
          choice === 'details' ? '' : getMessage('card_done'),
        ),
      { about: server.name, of: isFirst && place === 0 && choice !== 'details' ? 'primary' : '' },
    ),
  );
}

/**
 * @param {HealthRow} row
 * @param {{isFirst?: boolean, heading?: string, passwords?: boolean}} how `isFirst`: its next step is the page's main button;
 *   `heading`: the tag; `passwords`: with "Change password…"
 */
export function healthItem(row, { isFirst = false, heading = 'h3', passwords = true }) {
  const { server, state, telling } = row;
  const said = statusLine();
  const steps = stepButtons(row, said, isFirst);
  const change = passwords && mayChangePassword(row) ? changePasswordButton(row, said) : null;
  const buttons = steps.length || change ? make('div', { of: 'buttons' }, [...steps, change]) : null;
  return make('li', { of: `account ${state}` }, [
    make('div', { of: 'account-head' }, [
      make(heading, { text: server.name, of: 'account-name' }),
      make('span', { text: getMessage(`health_${state}`), of: 'state' }),
    ]),
    make('p', { text: wayText(server), of: 'quiet' }),
    telling && make('p', { text: telling.text }),
    make('p', { text: sinceText(row), of: 'quiet' }),
    buttons,
    said,
  ]);
}

/** One sentence about all of them. @param {HealthRow[]} rows */
export function summaryText(rows) {
  const count = (/** @type {string} */ state) => rows.filter((row) => row.state === state).length;
  if (!rows.length) return getMessage('health_no_accounts');
  if (count('needsYou')) return getMessage('health_summary_needs', [String(count('needsYou'))]);
  if (count('waiting')) return getMessage('health_summary_waiting', [String(count('waiting'))]);
  if (count('unchecked')) return getMessage('health_summary_unchecked', [String(count('working')), String(rows.length)]);
  return getMessage('health_summary_working');
}
