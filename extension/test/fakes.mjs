// SPDX-License-Identifier: MPL-2.0
// What the tests put in place of Thunderbird and the host.

/** A native port whose other end is the test. */
export class FakePort {
  constructor() {
    this.sent = [];
    this.listeners = { message: [], disconnect: [] };
    this.onMessage = { addListener: (listener) => this.listeners.message.push(listener) };
    this.onDisconnect = { addListener: (listener) => this.listeners.disconnect.push(listener) };
    this.watchers = [];
    this.closed = new Promise((resolve) => {
      this.disconnect = resolve;
    });
  }
  postMessage(message) {
    this.sent.push(structuredClone(message));
    for (const watcher of this.watchers) watcher();
  }
  last(type) {
    return this.sent.findLast((message) => message.type === type);
  }
  /** Resolves when a message of that type has been sent. */
  saw(type) {
    return new Promise((resolve) => {
      const look = () => this.last(type) && resolve(this.last(type));
      this.watchers.push(look);
      look();
    });
  }
  say(message) {
    for (const listener of this.listeners.message) listener(message);
  }
  drop(reason) {
    for (const listener of this.listeners.disconnect) listener({ error: reason ? { message: reason } : null });
  }
}

export const verdictMessage = (id, verdict, more = {}) => ({
  v: 1,
  id,
  type: 'verdict',
  verdict,
  confidence: 'certain',
  rule: 'test',
  stage: 'auth',
  server_words: ['a1 NO [AUTHENTICATIONFAILED] No.'],
  advice: [],
  links: {},
  provider: '',
  retry_is_safe: false,
  because: ['the test says so'],
  may_clear: verdict === 'stale_password' ? 'at_once' : 'never',
  attempts: 1,
  evidence: {},
  timings_ms: {},
  notes: [],
  ...more,
});

export const failureOf = (more = {}) => ({
  id: `f${++failureOf.serial}`,
  kind: 'incoming',
  key: 'server1',
  type: 'imap',
  hostname: 'imap.example.org',
  port: 993,
  socketType: 3,
  authMethod: 3,
  username: 'alice',
  name: 'Work',
  heard: [],
  at: 1000,
  limitMs: 30_000,
  silent: false,
  attended: true,
  code: 'login',
  ...more,
});
failureOf.serial = 0;
