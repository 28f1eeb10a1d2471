// SPDX-License-Identifier: MPL-2.0
// LoginCases: takes a login failure from Thunderbird's held box to a decision, and a user's choice to what it means.
// Belongs here: the order of steps (facts, proxy, probe, vault, dialog). Does not belong here: which verdict means what (decisions.mjs),
// state (incidents.mjs), words (verdict_text.mjs). Everything outside comes in through the constructor, so that tests can play all of it.

import { OAUTH2, explainRequest, probeRequest, vaultRequest } from './account_facts.mjs';
import { choicesOf, decide, pageOf } from './decisions.mjs';
import { HostError } from './host_client.mjs';
import { buttonsOf, saidBy, sentenceOf, titleOf, withWords } from './verdict_text.mjs';

/** @typedef {import('./types/loginwatch').Failure} Failure */
/** @typedef {import('./types/loginwatch').Incident} Incident */
/** @typedef {import('./types/loginwatch').Decision} Decision */
/** @typedef {import('./types/loginwatch').Verdict} Verdict */
/** @typedef {import('./types/loginwatch').Answer} Answer */

const SLOW_MS = 3000; // after this the status bar says that we wait
const MARGIN_MS = 500; // what is left of the hold for our own way back
const VAULT_MS = 15_000;
const NO_KEYRING = ['no_keyring', 'keyring_locked']; // the vault cannot hold it; anything else is a failure of ours
/** @type {Decision} */
const STOCK = { action: 'ask' };
/** @type {Decision} */
const CANCEL = { action: 'cancel' };
/** A server has one bar. @param {{kind: string, key: string}} server */
const serverOf = ({ kind, key }) => `${kind}-${key}`;

export class LoginCases {
  /**
   * @param {{
   *   watch: import('./types/loginwatch').LoginWatch,
   *   host: {request: (fields: any, listening: any) => Promise<any>},
   *   incidents: import('./incidents.mjs').Incidents,
   *   getMessage: import('./verdict_text.mjs').GetMessage,
   *   openPage: (address: string) => Promise<unknown>,
   *   openCard: (id: string) => Promise<unknown>,
   *   changed: () => void,
   *   now?: () => number,
   * }} parts `changed`: the incidents are worth storing
   */
  constructor({ watch, host, incidents, getMessage, openPage, openCard, changed, now = Date.now }) {
    this.watch = watch;
    this.host = host;
    this.incidents = incidents;
    this.getMessage = getMessage;
    this.openPage = openPage;
    this.openCard = openCard;
    this.changed = changed;
    this.now = now;
    /** @type {Map<string, Promise<Decision>>} what each held box was or will be told */
    this.decisions = new Map();
  }

  /** @param {Failure} failure @returns {Promise<Decision>} */
  onLoginFailure(failure) {
    const decision = this.consider(failure).catch(() => {
      this.incidents.failed(failure.id, 'internal');
      this.changed();
      return STOCK;
    });
    this.decisions.set(failure.id, decision);
    return decision;
  }

  /** @param {Failure} failure @returns {Promise<Decision>} */
  async consider(failure) {
    const credential = await this.watch.getCredential(failure.kind, failure.key);
    // A locked store hides whether there is a password: it counts as one, so that the failure is asked about and not joined.
    const hasCredential = credential.locked || !!(credential.session || credential.stored);
    const { incident, joins } = this.incidents.begin(failure, { hasCredential });
    this.changed();
    if (joins) return CANCEL;
    if (credential.locked) return this.giveUp(incident, 'locked');

    let verdict;
    try {
      verdict = await this.findOut(failure, credential);
    } catch (error) {
      return this.giveUp(incident, error instanceof HostError ? error.code : 'internal');
    }
    if (!verdict) return this.giveUp(incident, 'proxy');
    this.incidents.decided(incident.id, verdict);
    this.changed();
    if (this.isLate(failure)) {
      await this.showBar(incident);
      return STOCK;
    }
    const decision = await this.carry(failure, incident, verdict);
    if (!this.isLate(failure)) return decision;
    // The box was shown meanwhile: nobody waits for this decision.
    await this.showBar(incident);
    return STOCK;
  }

  /** @param {Incident} incident @param {string} problem @returns {Decision} */
  giveUp(incident, problem) {
    this.incidents.failed(incident.id, problem);
    this.changed();
    return STOCK;
  }

  /** @param {Failure} failure */
  isLate(failure) {
    return this.now() - failure.at >= failure.limitMs;
  }

  /** @param {Failure} failure @param {import('./types/loginwatch').Credential} credential @returns {Promise<Verdict|null>} null: no way to find out */
  async findOut(failure, credential) {
    const { hostname, port } = failure;
    const leftMs = failure.limitMs - (this.now() - failure.at) - MARGIN_MS;
    const { direct } = await this.watch.resolveProxy(hostname, port);
    const request = direct ? probeRequest(failure, credential, { limitMs: leftMs }) : explainRequest(failure);
    if (!request) return null;
    const slow = setTimeout(() => this.say('status_waiting', [failure.name]), SLOW_MS);
    try {
      return await this.host.request(request, {
        // A probe that outlives the hold still tells why: its verdict becomes the bar.
        timeoutMs: Math.max(leftMs, 1000) + MARGIN_MS,
        onChain: async (/** @type {any} */ chain) =>
          chain.port === port && (await this.watch.judgeChain(hostname, port, chain.certificates)).trusted,
      });
    } finally {
      clearTimeout(slow);
      if (this.now() - failure.at > SLOW_MS) this.watch.setStatusText('').catch(() => {});
    }
  }

  /** @param {string} key @param {string[]} words */
  say(key, words) {
    this.watch.setStatusText(this.getMessage(key, words)).catch(() => {});
  }

  /** What a verdict means for the held box. @param {Failure} failure @param {Incident} incident @param {Verdict} verdict @returns {Promise<Decision>} */
  async carry(failure, incident, verdict) {
    const oauth = !!(await this.watch.getOAuthSupport(failure.kind, failure.key));
    const plan = decide(verdict, { oauth, retried: incident.retried });
    switch (plan.kind) {
      case 'retry':
        return { action: 'retry' };
      case 'clear':
        return this.clear(incident);
      case 'quiet':
        await this.showBar(incident);
        return CANCEL;
      case 'dialog':
        return this.dialog(incident, verdict, plan.choices);
      case 'stock': {
        const words = saidBy(verdict.server_words, this.getMessage);
        return words && plan.words ? { action: 'ask', words } : STOCK;
      }
    }
  }

  /** The vault first; without it the user decides. @param {Incident} incident @returns {Promise<Decision>} */
  async clear(incident) {
    const problem = await this.keepInVault(incident);
    if (!problem) return { action: 'newPassword' };
    incident.problem = problem;
    this.changed();
    if (!NO_KEYRING.includes(problem)) return STOCK;
    const { getMessage } = this;
    return {
      action: 'custom',
      title: getMessage('no_vault_title'),
      text: getMessage('no_vault_sentence', [incident.name]),
      buttons: buttonsOf(['askAnyway', 'keep'], getMessage),
    };
  }

  /** @param {Incident} incident @returns {Promise<string|null>} null when the vault holds the saved password, or nothing is saved */
  async keepInVault(incident) {
    const credential = await this.watch.getCredential(incident.kind, incident.key);
    if (credential.locked) return 'locked';
    if (!credential.stored || incident.authMethod === OAUTH2) return null;
    const sealKey = await this.watch.getSealKey();
    const request = sealKey && vaultRequest(incident, credential, sealKey);
    if (!request) return 'internal';
    try {
      const { entries } = await this.host.request(request, { timeoutMs: VAULT_MS });
      if (entries?.length !== 1) return 'bad_response';
      incident.kept = true;
      return null;
    } catch (error) {
      return error instanceof HostError ? error.code : 'internal';
    }
  }

  /** @param {Incident} incident @param {Verdict} verdict @param {string[]} choices @returns {Decision} */
  dialog(incident, verdict, choices) {
    const { getMessage } = this;
    const names = { account: incident.name, server: incident.hostname, now: this.now() };
    return {
      action: 'custom',
      title: titleOf(verdict, names, getMessage),
      text: withWords(sentenceOf(verdict, names, getMessage), verdict.server_words, getMessage),
      buttons: buttonsOf(choices, getMessage),
    };
  }

  /** A button of our dialog, with the box still held. @param {{id: string, choice: string}} pressed @returns {Promise<Decision>} */
  async onDialogChoice({ id, choice }) {
    const incident = this.incidents.find(id);
    const verdict = incident?.verdict;
    if (!incident || !verdict) return STOCK;
    switch (choice) {
      case 'newPassword':
      case 'appPassword':
        return verdict.may_clear === 'never' ? STOCK : this.clear(incident);
      case 'askAnyway': // the user was told that the vault cannot hold it
        return NO_KEYRING.includes(incident.problem ?? '') && verdict.may_clear !== 'never' ? { action: 'newPassword' } : STOCK;
      case 'signInAgain':
        // Thunderbird's own "new password" would forget a saved SMTP password along with the token.
        if (verdict.verdict !== 'oauth2_token_expired' || verdict.may_clear === 'never') return STOCK;
        await this.watch.clearTokens(incident.kind, incident.key);
        return { action: 'retry' };
      case 'tryAgain':
        return { action: 'retry' };
      case 'openPage': {
        await this.open(verdict);
        const oauth = !!(await this.watch.getOAuthSupport(incident.kind, incident.key));
        return this.dialog(incident, verdict, choicesOf(verdict, { oauth, pageOpened: true }));
      }
      case 'switchOAuth':
        setTimeout(() => this.watch.switchToOAuth(incident.kind, incident.key).catch(() => {}), 0);
        return CANCEL;
      case 'details':
        await this.openCard(id);
        return CANCEL;
      default:
        return CANCEL;
    }
  }

  /** @param {Verdict} verdict */
  async open(verdict) {
    const page = pageOf(verdict);
    if (page) await this.openPage(page);
  }

  /** @param {{id: string, answer: Answer, by: string}} end */
  async onHoldEnded({ id, answer, by }) {
    this.incidents.answered(id, answer, by);
    this.changed();
    const incident = this.incidents.find(id);
    if (incident && by === 'queued') await this.takeUpQueued(incident);
    else if (incident && by === 'decision' && answer === 'newPassword') await this.showBar(incident);
  }

  /** A login was saved: what the bar promised has happened. @param {{kind: string, key: string}} server */
  async onCredentialChanged(server) {
    const incident = this.incidents.latest(server);
    if (incident?.answer === 'newPassword') await this.watch.removeBar(serverOf(incident)).catch(() => {});
  }

  /** A failure that was held inside another one and ended with Cancel: now it is its turn. @param {Incident} incident */
  async takeUpQueued(incident) {
    const decision = await this.decisions.get(incident.id);
    if (decision?.action === 'newPassword') await this.watch.reprompt(incident.kind, incident.key);
    else if (decision?.action === 'retry') await this.watch.signIn(incident.kind, incident.key);
    else if (decision?.action !== 'cancel') await this.showBar(incident);
  }

  /** @param {Incident} incident */
  barText(incident) {
    const { getMessage } = this;
    const names = { account: incident.name, server: incident.hostname, now: this.now() };
    if (!incident.verdict)
      return `${getMessage('verdict_inconclusive_title', [names.account, names.server])}. ${getMessage('card_unknown')}`;
    if (incident.answer === 'newPassword') {
      return [getMessage('bar_cleared', [names.account]), ...(incident.kept ? [getMessage('bar_kept')] : [])].join(' ');
    }
    return sentenceOf(incident.verdict, names, getMessage);
  }

  /** One line at the foot of the main window. @param {Incident} incident */
  async showBar(incident) {
    const text = this.barText(incident);
    await this.watch.showBar(incident.id, serverOf(incident), text, buttonsOf(['details'], this.getMessage)).catch(() => {});
  }

  /** A button of the card or of a bar: no box is held. @param {{id: string, choice: string}} pressed @returns {Promise<string|null>} a problem, or null */
  async perform({ id, choice }) {
    const incident = this.incidents.find(id);
    if (!incident) return 'not_found';
    const { kind, key, verdict } = incident;
    switch (choice) {
      case 'details':
        await this.openCard(id);
        return null;
      case 'openPage':
        if (verdict) await this.open(verdict);
        return null;
      case 'newPassword':
      case 'appPassword': {
        if (!verdict || verdict.may_clear === 'never') return 'not_allowed';
        incident.problem = await this.keepInVault(incident);
        this.changed();
        if (incident.problem) return incident.problem;
        await this.repromptAfter(incident);
        return null;
      }
      case 'askAnyway':
        if (!verdict || verdict.may_clear === 'never' || !NO_KEYRING.includes(incident.problem ?? '')) return 'not_allowed';
        await this.repromptAfter(incident);
        return null;
      case 'signInAgain':
        if (verdict?.verdict !== 'oauth2_token_expired' || verdict.may_clear === 'never') return 'not_allowed';
        await this.watch.clearTokens(kind, key);
        return this.perform({ id, choice: 'tryAgain' });
      case 'switchOAuth':
        await this.watch.switchToOAuth(kind, key);
        return null;
      case 'tryAgain':
        incident.state = 'closed';
        this.changed();
        await this.watch.signIn(kind, key);
        return null;
      default:
        return 'not_allowed';
    }
  }

  /** @param {Incident} incident */
  async repromptAfter(incident) {
    incident.state = 'closed';
    this.changed();
    await this.watch.removeBar(serverOf(incident)).catch(() => {});
    await this.watch.reprompt(incident.kind, incident.key);
  }
}
