// SPDX-License-Identifier: MPL-2.0
// HostClient: one native port to the host; requests out, answers matched by id. Opened when needed, closed 30 s after the last answer.
// Whatever goes wrong with the host (missing, gone, silent, wrong version, nonsense) rejects with a HostError; nothing here hangs.
// Belongs here: the conversation. Does not belong here: what is asked (account_facts.mjs) or what follows (decisions.mjs).

const PROTOCOL = 1;
const IDLE_MS = 30_000;
const finalTypes = new Set(['hello', 'verdict', 'vault', 'accounts', 'forgotten', 'cancelled', 'error']);
/** What the host says to a message that only a newer or older one knows. */
const otherVersion = ['unsupported_version', 'unsupported_type'];
const verdictLists = ['server_words', 'advice', 'because'];

export class HostError extends Error {
  /** @param {string} code one of the host's error codes, or `host_missing`, `host_gone`, `timeout`, `version_mismatch`, `bad_response` @param {string} message */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** A verdict that misses what we rely on is nonsense, not a verdict. @param {any} message */
export function isVerdict(message) {
  return (
    typeof message.verdict === 'string' &&
    typeof message.confidence === 'string' &&
    ['at_once', 'on_click', 'never'].includes(message.may_clear) &&
    verdictLists.every((name) => Array.isArray(message[name])) &&
    typeof message.links === 'object' &&
    message.links !== null
  );
}

/**
 * @typedef {{onProgress?: (message: any) => void, onChain?: (message: any) => Promise<boolean>, timeoutMs: number}} Listening
 * @typedef {{request: any, resolve: (message: any) => void, reject: (error: HostError) => void, timer: any} & Listening} Waiting
 */

export class HostClient {
  /** @param {{connect: () => any, version: string, idleMs?: number}} how `connect` opens a port (runtime.connectNative) */
  constructor({ connect, version, idleMs = IDLE_MS }) {
    this.connect = connect;
    this.version = version;
    this.idleMs = idleMs;
    /** @type {any} */
    this.port = null;
    this.answered = false;
    this.serial = 0;
    /** A rule file of the organisation (JSON), for every hello. @type {string|null} */
    this.organisationRules = null;
    /** @type {Map<string, Waiting>} */
    this.waiting = new Map();
    /** @type {any} */
    this.idleTimer = null;
    /** How many wish that the port stays open. */
    this.holding = 0;
  }

  /** Versions of the host. */
  hello(timeoutMs = 5000) {
    const rules = this.organisationRules ? { organisation_rules: this.organisationRules } : {};
    return this.request({ type: 'hello', version: this.version, ...rules }, { timeoutMs });
  }

  /**
   * @param {{type: string, [field: string]: unknown}} fields without `v` and `id` @param {Listening} listening
   * @returns {Promise<any>} the final answer; rejects with HostError
   */
  request(fields, listening) {
    return new Promise((resolve, reject) => {
      const id = `${fields.type}-${++this.serial}`;
      try {
        const fresh = this.open();
        const timer = setTimeout(() => this.giveUp(id), listening.timeoutMs);
        this.waiting.set(id, { request: { id, type: fields.type }, resolve, reject, timer, ...listening });
        clearTimeout(this.idleTimer);
        // Every conversation begins with hello: it tells the versions, and lets the host sweep its vault. Requests need not wait for it.
        if (fresh && fields.type !== 'hello') this.hello().catch(() => {});
        this.post(id, fields);
      } catch (error) {
        this.settle(id, (one) => one.reject(new HostError('host_gone', String(error))));
        reject(new HostError('host_gone', String(error)));
      }
    });
  }

  /** @param {string} id @param {object} fields */
  post(id, fields) {
    this.port.postMessage({ v: PROTOCOL, id, ...fields });
  }

  /** A message without an answer of its own. @param {{type: string, [field: string]: unknown}} fields */
  say(fields) {
    try {
      this.post(`${fields.type}-${++this.serial}`, fields);
    } catch {
      // the port is gone; onDisconnect tells
    }
  }

  /** @returns {boolean} whether the port is new */
  open() {
    if (this.port) return false;
    const port = this.connect();
    this.port = port;
    this.answered = false;
    port.onMessage.addListener((/** @type {any} */ message) => {
      if (this.port === port) this.receive(message);
    });
    port.onDisconnect.addListener((/** @type {any} */ gone) => {
      if (this.port === port) this.lost(gone?.error?.message ?? '');
    });
    return true;
  }

  /** @param {any} message */
  receive(message) {
    this.answered = true;
    const one = this.waiting.get(message?.id);
    const spoken = message?.type === 'hello' && message.v === PROTOCOL ? message.protocol : message?.v;
    if (typeof spoken === 'number' && spoken !== PROTOCOL) {
      this.failAll(new HostError('version_mismatch', `the host speaks protocol ${spoken}, this add-on ${PROTOCOL}`));
      this.close(); // the next request shall meet a hello again, and perhaps a mended host
      return;
    }
    if (typeof message !== 'object' || message === null || message.v !== PROTOCOL || typeof message.type !== 'string') {
      if (one) this.refuse(one, 'bad_response', 'the host sent a message without version or type');
      return;
    }
    if (!one) return; // an answer nobody waits for any more
    if (message.type === 'progress') {
      one.onProgress?.(message);
    } else if (message.type === 'chain') {
      this.judge(one, message);
    } else if (message.type === 'error') {
      const code = otherVersion.includes(message.code) ? 'version_mismatch' : String(message.code);
      this.refuse(one, code, String(message.message));
    } else if (message.type === 'hello' && message.protocol !== PROTOCOL) {
      this.refuse(one, 'bad_response', 'the host sent a hello without a protocol');
    } else if (message.type === 'verdict' && !isVerdict(message)) {
      this.refuse(one, 'bad_response', 'the host sent an incomplete verdict');
    } else if (finalTypes.has(message.type)) {
      this.settle(one.request.id, (waiting) => waiting.resolve(message));
    }
  }

  /** @param {Waiting} one @param {any} message */
  async judge(one, message) {
    const trusted = await Promise.resolve(one.onChain?.(message) ?? false).catch(() => false);
    if (!this.waiting.has(one.request.id)) return;
    this.say({ type: 'trust', probe: one.request.id, trusted: trusted === true });
  }

  /** @param {string} id */
  giveUp(id) {
    const one = this.waiting.get(id);
    if (!one) return;
    if (one.request.type === 'probe') this.say({ type: 'cancel', probe: id });
    this.refuse(one, 'timeout', 'the host did not answer in time');
    // The host knows the limit: one that misses it is broken, and the next request gets a new one.
    if (!this.waiting.size) this.close();
  }

  /** @param {Waiting} one @param {string} code @param {string} message */
  refuse(one, code, message) {
    this.settle(one.request.id, (waiting) => waiting.reject(new HostError(code, message)));
  }

  /** @param {string} id @param {(one: Waiting) => void} how */
  settle(id, how) {
    const one = this.waiting.get(id);
    if (!one) return;
    this.waiting.delete(id);
    clearTimeout(one.timer);
    how(one);
    if (!this.waiting.size) this.startIdle();
  }

  /**
   * Keeps the port open, and with it the event page awake, while a person types: what that page waits for would be lost with it.
   * @returns {() => void} lets go
   */
  hold() {
    let held = true;
    this.holding++;
    try {
      if (this.open()) this.hello().catch(() => {});
      clearTimeout(this.idleTimer);
    } catch {
      // no host: nothing to keep
    }
    return () => {
      if (!held) return;
      held = false;
      this.holding--;
      if (!this.holding && !this.waiting.size) this.startIdle();
    };
  }

  startIdle() {
    clearTimeout(this.idleTimer);
    if (this.holding) return;
    this.idleTimer = setTimeout(() => this.close(), this.idleMs);
    this.idleTimer?.unref?.();
  }

  /** @param {string} reason */
  lost(reason) {
    this.port = null;
    const missing = !this.answered && reason.includes('No such native application');
    this.failAll(new HostError(missing ? 'host_missing' : 'host_gone', reason || 'the host ended'));
  }

  /** @param {HostError} error */
  failAll(error) {
    for (const id of [...this.waiting.keys()]) this.settle(id, (one) => one.reject(error));
  }

  close() {
    clearTimeout(this.idleTimer);
    const port = this.port;
    this.port = null;
    port?.disconnect();
  }
}
