// SPDX-License-Identifier: MPL-2.0
// Inquiry: finds out why one login failed, and leaves the incident open (with a verdict), waiting (for the primary password) or closed (we failed).
// Belongs here: the way from a failure to a verdict (credential, proxy, probe, chain). Does not belong here: what follows from a verdict.

import { explainRequest, probeRequest, proxyOf } from './account_facts.mjs';
import { linksOf } from './directions.mjs';
import { withAllowedSettings } from './found_settings.mjs';
import { HostError } from './host_client.mjs';
import { isConnection } from './incidents.mjs';
import { withTokenRefusal } from './token_refusal.mjs';

/** @typedef {import('./types/loginwatch').Incident} Incident */
/** @typedef {import('./types/loginwatch').Credential} Credential */
/** @typedef {import('./types/loginwatch').Verdict} Verdict */

const SLOW_MS = 3000; // after this the status bar says that we wait
const MARGIN_MS = 500; // what is left of the hold for our own way back
const nothing = Object.freeze({ locked: false, stored: null, savedAt: null, session: null });

export class Inquiry {
  /**
   * @param {{
   *   watch: import('./types/loginwatch').LoginWatch,
   *   host: {request: (fields: any, listening: any) => Promise<any>},
   *   upkeep: import('./upkeep.mjs').Upkeep,
   *   getMessage: import('./verdict_text.mjs').GetMessage,
   *   history?: Pick<import('./history.mjs').History, 'tempered'>,
   *   mono?: () => number,
   * }} parts `history`: what the user said was not the cause; `mono`: a clock that only goes forward, ms
   */
  constructor({ watch, host, upkeep, getMessage, history, mono = () => performance.now() }) {
    this.watch = watch;
    this.host = host;
    this.upkeep = upkeep;
    this.getMessage = getMessage;
    this.history = history;
    this.mono = mono;
    /** @type {Map<string, Promise<void>>} what is being found out, by incident */
    this.underWay = new Map();
  }

  /** What Thunderbird would sign in with. A server that cannot be reached is not asked about a password. @param {import('./types/loginwatch').Failure} failure @returns {Promise<Credential>} */
  credentialFor(failure) {
    return isConnection(failure) ? Promise.resolve(nothing) : this.watch.getCredential(failure.kind, failure.key);
  }

  /** @param {Incident} incident @param {Credential} credential @param {number} begun on the clock `mono` @returns {Promise<void>} when the incident has left "deciding" */
  settle(incident, credential, begun) {
    const before = this.underWay.get(incident.id);
    if (before) return before;
    if (incident.state !== 'deciding') return Promise.resolve();
    const now = this.decide(incident, credential, begun).finally(() => this.underWay.delete(incident.id));
    this.underWay.set(incident.id, now);
    return now;
  }

  /** @param {Incident} incident @param {Credential} credential @param {number} begun */
  async decide(incident, credential, begun) {
    if (credential.locked && !credential.session) {
      this.upkeep.waits(incident);
      return;
    }
    const links = linksOf(this.watch, this.upkeep.incidents, incident); // before anything is forgotten
    try {
      const found = await this.ask(incident, credential, begun);
      const verdict = found && withTokenRefusal(incident, found);
      incident.links = await links;
      if (verdict?.verdict === 'oauth2_required')
        incident.noOAuth = !(await this.watch.getOAuthSupport(incident.kind, incident.key));
      if (verdict) this.upkeep.decided(incident, this.history?.tempered(incident, verdict) ?? verdict);
      else this.upkeep.failed(incident, 'proxy');
    } catch (error) {
      this.upkeep.failed(incident, error instanceof HostError ? error.code : 'internal');
    }
  }

  /** @param {import('./types/loginwatch').Failure} incident @param {Credential} credential @param {number} begun @returns {Promise<Verdict|null>} null: no way to find out */
  async ask(incident, credential, begun) {
    const { hostname, port, type, name, limitMs } = incident;
    const way = await this.watch.resolveProxy(hostname, port, type);
    const proxy = way.direct ? null : proxyOf(way);
    const leftMs = limitMs - (this.mono() - begun) - MARGIN_MS;
    const request =
      way.direct || proxy ? probeRequest(incident, credential, { limitMs: leftMs, proxy }) : explainRequest(incident, credential);
    if (!request) return null;
    const shown = { slow: false };
    const slow = setTimeout(() => {
      shown.slow = true;
      this.watch.setStatusText(this.getMessage('status_waiting', [name])).catch(() => {});
    }, SLOW_MS);
    try {
      const verdict = await this.host.request(request, {
        // A probe that outlives the hold still tells why: its verdict becomes the bar.
        timeoutMs: Math.max(leftMs, 1000) + MARGIN_MS,
        onChain: async (/** @type {any} */ chain) =>
          chain.port === port && (await this.watch.judgeChain(hostname, port, chain.certificates)).trusted,
      });
      return withAllowedSettings(verdict, incident);
    } finally {
      clearTimeout(slow);
      if (shown.slow) this.watch.setStatusText('').catch(() => {});
    }
  }
}
