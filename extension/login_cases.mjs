// SPDX-License-Identifier: MPL-2.0
// LoginCases: takes a login failure whose box Thunderbird holds to a decision, and the buttons of that box to what they mean.
// Belongs here: the order of steps while somebody waits. Does not belong here: failures without a box, and what comes later (quiet_cases.mjs),
// buttons outside of a box (button_actions.mjs), which verdict means what (decisions.mjs), state (incidents.mjs), words (verdict_text.mjs).

import { choicesOf, decide, pageOf } from './decisions.mjs';
import { noOAuthText } from './oauth_words.mjs';
import { NO_KEYRING } from './safekeeping.mjs';
import { confirmText, repairText } from './settings_text.mjs';
import {
  adviceOf,
  buttonsOf,
  noVaultText,
  organisationText,
  pauseText,
  saidBy,
  sentenceOf,
  titleOf,
  withWords,
} from './verdict_text.mjs';

/** @typedef {import('./types/loginwatch').Failure} Failure */
/** @typedef {import('./types/loginwatch').Incident} Incident */
/** @typedef {import('./types/loginwatch').Decision} Decision */
/** @typedef {import('./types/loginwatch').Verdict} Verdict */
/** @typedef {import('./types/loginwatch').Answer} Answer */

/** @type {Decision} */
const STOCK = { action: 'ask' };
/** @type {Decision} */
const CANCEL = { action: 'cancel' };

export class LoginCases {
  /**
   * @param {{
   *   watch: import('./types/loginwatch').LoginWatch,
   *   incidents: import('./incidents.mjs').Incidents,
   *   inquiry: import('./inquiry.mjs').Inquiry,
   *   upkeep: import('./upkeep.mjs').Upkeep,
   *   notices: import('./notices.mjs').Notices,
   *   safekeeping: import('./safekeeping.mjs').Safekeeping,
   *   quiet: import('./quiet_cases.mjs').QuietCases,
   *   repair: import('./settings_repair.mjs').SettingsRepair,
   *   oauth: import('./oauth_switch.mjs').OAuthSwitch,
   *   getMessage: import('./verdict_text.mjs').GetMessage,
   *   openPage: (address: string) => Promise<unknown>,
   *   openCard: (id: string) => Promise<unknown>,
   *   changed: () => void,
   *   mono?: () => number,
   * }} parts `changed`: the incidents are worth storing; `mono`: a clock that only goes forward, ms
   */
  constructor({
    watch,
    incidents,
    inquiry,
    upkeep,
    notices,
    safekeeping,
    quiet,
    repair,
    oauth,
    getMessage,
    openPage,
    openCard,
    changed,
    mono = () => performance.now(),
  }) {
    this.watch = watch;
    this.incidents = incidents;
    this.inquiry = inquiry;
    this.upkeep = upkeep;
    this.notices = notices;
    this.safekeeping = safekeeping;
    this.quiet = quiet;
    this.repair = repair;
    this.oauth = oauth;
    this.getMessage = getMessage;
    this.openPage = openPage;
    this.openCard = openCard;
    this.changed = changed;
    this.mono = mono;
    /** @type {Map<string, Promise<Decision>>} what each held box was or will be told, last */
    this.decisions = new Map();
  }

  /** @param {Failure} failure @param {number} [begun] when it arrived, on the clock `mono` @returns {Promise<Decision>} */
  onLoginFailure(failure, begun = this.mono()) {
    const decision = this.consider(failure, begun).catch(() => {
      const incident = this.incidents.find(failure.id);
      if (incident?.state === 'deciding') this.upkeep.failed(incident, 'internal');
      return STOCK;
    });
    this.decisions.set(failure.id, decision);
    return decision;
  }

  /** @param {Failure} failure @param {number} begun @returns {Promise<Decision>} */
  async consider(failure, begun) {
    const credential = await this.inquiry.credentialFor(failure);
    const { incident, relation } = this.upkeep.begin(failure, credential);
    if (relation === 'joins') return CANCEL;
    await this.inquiry.settle(incident, credential, begun);

    const unattended = failure.silent && !failure.attended;
    const { verdict } = incident;
    if (incident.state === 'waiting') {
      this.quiet.tell(incident).catch(() => {});
      return CANCEL;
    }
    if (!verdict) return STOCK;
    // Signed in, or another password saved, while we looked.
    if (incident.state === 'closed') return incident.retried ? STOCK : { action: 'retry' };
    const isLate = () => this.mono() - begun >= failure.limitMs;
    if (isLate()) return this.tooLate(incident);
    const plan = decide(verdict, { oauth: await this.hasOAuth(incident), retried: incident.retried });
    if (unattended && plan.kind !== 'retry') {
      // Nobody is there: no box, nothing cleared, and nobody else kept waiting by a box.
      if (!incident.boxes.length) this.quiet.tell(incident).catch(() => {});
      return CANCEL;
    }
    const decision = await this.carry(incident, verdict, plan);
    return isLate() ? this.tooLate(incident) : decision;
  }

  /** The stock box is open, and nobody waits for the decision: the verdict becomes the bar. @param {Incident} incident */
  async tooLate(incident) {
    await this.notices.show(incident);
    return STOCK;
  }

  /** @param {Incident} incident */
  async hasOAuth({ kind, key }) {
    return !!(await this.watch.getOAuthSupport(kind, key));
  }

  /** What a verdict means for the held box. @param {Incident} incident @param {Verdict} verdict @param {import('./decisions.mjs').Plan} plan @returns {Promise<Decision>} */
  async carry(incident, verdict, plan) {
    switch (plan.kind) {
      case 'retry':
        return { action: 'retry' };
      case 'clear':
        return this.clear(incident);
      case 'quiet':
        if (!incident.silent || verdict.settings) await this.notices.show(incident);
        return CANCEL;
      case 'dialog':
        return this.dialog(incident, verdict, plan.choices);
      case 'stock': {
        const said = plan.words ? saidBy(verdict.server_words, this.getMessage) : '';
        const organisation = plan.words ? organisationText(verdict, this.getMessage) : '';
        const words = [organisation, said, pauseText(incident.pause, this.getMessage)].filter(Boolean).join('\n\n');
        return words ? { action: 'ask', words } : STOCK;
      }
    }
  }

  /** The vault first; without it the user decides. @param {Incident} incident @returns {Promise<Decision>} */
  async clear(incident) {
    const { problem, kept } = await this.safekeeping.keep(incident);
    Object.assign(incident, { problem, kept: kept || incident.kept });
    this.changed();
    if (!problem) return { action: 'newPassword' };
    if (problem === 'locked') {
      this.upkeep.waits(incident);
      this.quiet.tell(incident).catch(() => {});
      return CANCEL;
    }
    if (!NO_KEYRING.includes(problem)) return STOCK;
    const { getMessage } = this;
    return {
      action: 'custom',
      title: getMessage('no_vault_title'),
      text: noVaultText(problem, incident.name, getMessage),
      buttons: buttonsOf(['askAnyway', 'keep'], getMessage),
      defaultButton: 1,
    };
  }

  /** @param {Incident} incident @param {Verdict} verdict @param {string[]} choices @returns {Decision} */
  dialog(incident, verdict, choices) {
    const { getMessage } = this;
    const { name: account, hostname: server, type, pause } = incident;
    const names = { account, server, type, pause };
    const sentence = repairText({ ...incident, repair: null }, getMessage) || sentenceOf(verdict, names, getMessage);
    const organisation = organisationText(verdict, getMessage);
    const said = [sentence, organisation, adviceOf(verdict, incident, getMessage), noOAuthText(incident, getMessage)]
      .filter(Boolean)
      .join('\n\n');
    return {
      action: 'custom',
      title: titleOf(verdict, names, getMessage),
      text: withWords(said, verdict.server_words, getMessage),
      buttons: buttonsOf(choices, getMessage),
    };
  }

  /** A button of our dialog, with the box still held. @param {{id: string, choice: string}} pressed @returns {Promise<Decision>} */
  onDialogChoice(pressed) {
    const decision = this.choose(pressed);
    this.decisions.set(pressed.id, decision);
    return decision;
  }

  /** @param {{id: string, choice: string}} pressed @returns {Promise<Decision>} */
  async choose({ id, choice }) {
    const incident = this.incidents.find(id);
    const verdict = incident?.verdict;
    if (!incident || !verdict) return STOCK;
    switch (choice) {
      case 'newPassword':
      case 'appPassword':
        return verdict.may_clear === 'never' ? STOCK : this.clear(incident);
      case 'askAnyway': // the user was told that the vault cannot hold it
        if (!NO_KEYRING.includes(incident.problem ?? '') || verdict.may_clear === 'never') return STOCK;
        incident.problem = null;
        return { action: 'newPassword' };
      case 'signInAgain':
        // Thunderbird's own "new password" would forget a saved SMTP password along with the token.
        if (verdict.verdict !== 'oauth2_token_expired' || verdict.may_clear === 'never') return STOCK;
        await this.watch.clearTokens(incident.kind, incident.key);
        return this.tryAgain(incident);
      case 'tryAgain':
      case 'tryNow':
        return this.tryAgain(incident);
      case 'openPage': {
        const page = pageOf(verdict);
        if (page) await this.openPage(page);
        return this.dialog(incident, verdict, choicesOf(verdict, { oauth: await this.hasOAuth(incident), pageOpened: true }));
      }
      case 'switchOAuth':
        void this.oauth.begin(incident).catch(() => {});
        return CANCEL;
      case 'applySettings':
        return this.repair.mustConfirm(incident) ? this.confirmHost(incident, verdict) : this.applySettings(incident);
      case 'confirmHost':
        return this.applySettings(incident, { confirmed: true });
      case 'details':
        await this.openCard(incident.id);
        return CANCEL;
      case 'keep':
        incident.problem = null;
        this.changed();
        return CANCEL;
      default:
        return CANCEL;
    }
  }

  /** The host that was found is not known to belong to the account: both names, and the button that changes nothing is the first. @param {Incident} incident @param {Verdict} verdict @returns {Decision} */
  confirmHost(incident, verdict) {
    const { getMessage } = this;
    return {
      action: 'custom',
      title: getMessage('repair_confirm_title', [verdict.settings?.host ?? '']),
      text: confirmText(incident, getMessage),
      buttons: buttonsOf(['confirmHost', 'notNow', 'details'], getMessage),
      defaultButton: 1,
    };
  }

  /** Once the box is gone: its connection still uses the old settings. @param {Incident} incident @param {{confirmed?: boolean}} [how] @returns {Decision} */
  applySettings(incident, how) {
    setTimeout(() => this.repair.apply(incident, how).catch(() => {}), 0);
    return CANCEL;
  }

  /** The mark goes first: a password that is marked as refused would not be sent. @param {Incident} incident @returns {Promise<Decision>} */
  async tryAgain(incident) {
    this.upkeep.close(incident, 'try-again');
    return { action: 'retry' };
  }

  /** @param {{id: string, answer: Answer, by: string}} end */
  async onHoldEnded({ id, answer, by }) {
    const incident = this.incidents.find(id);
    const told = this.decisions.get(id);
    if (!incident) {
      this.decisions.delete(id); // a failure that joined another
      return;
    }
    this.upkeep.change(incident, () => {
      this.incidents.answered(incident, answer, by);
      if (answer === 'newPassword' && incident.type === 'pop3') incident.queued = true; // POP3's prompt opens outside of the connection
    });
    if (answer === 'retry') this.upkeep.close(incident, 'try-again');
    const decision = await told?.catch(() => STOCK);
    if (this.decisions.get(id) === told) this.decisions.delete(id);
    if (incident.state === 'closed' && incident.ended !== 'failed') return;
    if (by === 'queued') await this.takeTurn(incident, decision);
    else if (incident.state === 'closed')
      return; // we failed, and the stock box was shown
    else if (answer === 'newPassword' || isLeftOpen(incident, by, decision)) await this.notices.show(incident);
  }

  /** A failure that was held inside another one and ended with Cancel: now it is its turn. @param {Incident} incident @param {Decision} [decision] */
  async takeTurn(incident, decision) {
    if (decision?.action === 'newPassword') await this.quiet.askForNew(incident);
    else if (decision?.action === 'retry') await this.watch.signIn(incident.kind, incident.key);
    else if (decision?.action !== 'cancel') await this.notices.show(incident);
  }
}

/**
 * The box is gone, and its incident is not over: checks stay off after "not now" or Thunderbird's own Cancel, or a decision came too late for the box.
 * @param {Incident} incident @param {string} by @param {Decision} [decision]
 */
function isLeftOpen({ pause, problem }, by, decision) {
  if (by === 'decision') return false;
  return !!pause || (by === 'stock' && (!!problem || decision?.action !== 'ask'));
}
