// SPDX-License-Identifier: MPL-2.0
// Notices: what tells of an incident outside of any box: one bar per server at the foot of the main window, and, if nobody is at Thunderbird,
// one notification of the system. Belongs here: which words and buttons, putting up, taking down. Does not belong here: when (login_cases.mjs, quiet_cases.mjs).

import { barChoicesOf } from './decisions.mjs';
import { newPasswordChoices, newPasswordText, withForgot } from './new_password_words.mjs';
import { noOAuthText, oauthChoices, oauthText } from './oauth_words.mjs';
import { NO_KEYRING } from './safekeeping.mjs';
import { repairText, wantsRestart } from './settings_text.mjs';
import { buttonsOf, noVaultText, organisationText, paragraph, sentenceOf, titleOf, unknownText } from './verdict_text.mjs';

/** @typedef {import('./types/loginwatch').Incident} Incident */

/** A server has one bar. @param {{kind: string, key: string}} server */
export const barOf = ({ kind, key }) => `${kind}-${key}`;

export class Notices {
  /**
   * @param {{
   *   watch: import('./types/loginwatch').LoginWatch,
   *   getMessage: import('./verdict_text.mjs').GetMessage,
   *   notify: (id: string, words: {title: string, message: string}) => Promise<unknown>,
   *   unnotify: (id: string) => Promise<unknown>,
   * }} parts
   */
  constructor({ watch, getMessage, notify, unnotify }) {
    this.watch = watch;
    this.getMessage = getMessage;
    this.notify = notify;
    this.unnotify = unnotify;
    /** @type {Map<string, object>} bar -> what was begun with it last; what was begun earlier and took longer must not come after it */
    this.turns = new Map();
  }

  /** @param {Incident} incident */
  text(incident) {
    const { getMessage } = this;
    const text = newPasswordText(incident, getMessage) || oauthText(incident, getMessage) || this.failureText(incident);
    return paragraph([text, incident.forgot && getMessage('forgot_advice', [incident.name])], getMessage);
  }

  /** @param {Incident} incident */
  failureText(incident) {
    const { getMessage } = this;
    const { name, verdict, problem } = incident;
    if (incident.state === 'waiting') return getMessage('bar_locked', [name]);
    if (!verdict) return getMessage('title_and_sentence', [this.title(incident), unknownText(problem, getMessage)]);
    if (NO_KEYRING.includes(problem ?? '')) return noVaultText(problem, name, getMessage);
    if (incident.answer === 'newPassword') {
      const kept = incident.kept && getMessage('bar_kept');
      return paragraph([getMessage('bar_cleared', [name]), kept, organisationText(verdict, getMessage)], getMessage);
    }
    if (incident.restored) return getMessage('bar_restored', [name]);
    const repair = repairText(incident, getMessage);
    if (repair) return repair;
    const { hostname: server, type, pause } = incident;
    const own = sentenceOf(verdict, { account: name, server, type, pause }, getMessage);
    const more = noOAuthText(incident, getMessage) || (problem && getMessage('bar_vault_failed'));
    return paragraph([own, organisationText(verdict, getMessage), more], getMessage);
  }

  /** @param {Incident} incident */
  title({ verdict, name, hostname }) {
    return titleOf(verdict, { account: name, server: hostname }, this.getMessage);
  }

  /** @param {Incident} incident @returns {Promise<string[]>} */
  async choices(incident) {
    return withForgot(incident, newPasswordChoices(incident) ?? oauthChoices(incident) ?? (await this.failureChoices(incident)));
  }

  /** @param {Incident} incident @returns {Promise<string[]>} */
  async failureChoices(incident) {
    const { kind, key, verdict, problem, answer, repair } = incident;
    if (incident.state === 'waiting') return ['unlock', 'details'];
    if (!verdict || answer === 'newPassword') return ['details'];
    if (NO_KEYRING.includes(problem ?? '')) return ['keep', 'askAnyway', 'details'];
    if (repair?.step === 'confirm') return ['confirmHost', 'details'];
    if (repair) return ['undoSettings', ...(wantsRestart(incident, repair.after) ? ['restart'] : []), 'details'];
    const oauth = !!(await this.watch.getOAuthSupport(kind, key).catch(() => null));
    return barChoicesOf(verdict, { oauth });
  }

  /** @param {Incident} incident @param {{unattended?: boolean}} [how] `unattended`: the system's notification too */
  async show(incident, { unattended = false } = {}) {
    const bar = barOf(incident);
    const turn = {};
    this.turns.set(bar, turn);
    const text = this.text(incident);
    if (unattended) this.notify(incident.id, { title: this.title(incident), message: text }).catch(() => {});
    const buttons = buttonsOf(await this.choices(incident), this.getMessage);
    if (this.turns.get(bar) === turn) await this.watch.showBar(incident.id, bar, text, buttons).catch(() => {});
  }

  /** @param {Incident} incident */
  remove(incident) {
    const bar = barOf(incident);
    this.turns.delete(bar);
    this.watch.removeBar(bar).catch(() => {});
    this.unnotify(incident.id).catch(() => {});
  }
}
