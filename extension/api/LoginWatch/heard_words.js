// SPDX-License-Identifier: MPL-2.0
// HeardWords: what a POP3 or SMTP server said when it refused a login. Thunderbird has these words and throws them away.
// Belongs here: what to listen to and what is kept of it; login_hook.js installs the listeners. IMAP's words are not visible to scripts.
'use strict';

/* global ChromeUtils */

const { Pop3Client } = ChromeUtils.importESModule('resource:///modules/Pop3Client.sys.mjs');
const { SmtpClient } = ChromeUtils.importESModule('resource:///modules/SmtpClient.sys.mjs');

const longestReply = 8192; // characters kept of what a server says, per connection
const mostReplies = 4;
const encryptedSockets = [2, 3]; // nsMsgSocketType: alwaysSTARTTLS, SSL
const oldMs = 120_000; // words from an earlier try say nothing about this failure

this.HeardWords = class HeardWords {
  constructor() {
    /** @type {Map<string, {protocol: string, mechanism?: string, lines: string[], tls: boolean}[]>} server -> refusals since the last failure */
    this.refusals = new Map();
    this.received = new WeakMap();
  }

  /** What to listen to: [prototype, method, (client, arguments) => void], called before the method. */
  listeners() {
    return [
      [SmtpClient.prototype, '_parse', (client, [chunk]) => this.receive(client, chunk)],
      [SmtpClient.prototype, '_onAuthFailed', (client, [reply]) => this.smtpRefused(client, reply)],
      [Pop3Client.prototype, '_actionError', (client, [name, , words]) => this.pop3Refused(client, name, words)],
    ];
  }

  receive(client, chunk) {
    if (typeof chunk === 'string') this.received.set(client, ((this.received.get(client) ?? '') + chunk).slice(-longestReply));
  }

  /** Thunderbird's own parser drops the enhanced status code (RFC 3463), so the lines are taken as they came if they can be found. */
  smtpRefused(client, reply) {
    if (!reply?.statusCode) return; // not the server's words
    const code = String(reply.statusCode);
    const came = (this.received.get(client) ?? '').split(/\r?\n/).filter(Boolean);
    const lines = [];
    while (came.at(-1)?.startsWith(code)) lines.unshift(came.pop());
    this.keep('outgoing', client._server, {
      protocol: 'smtp',
      mechanism: client._currentAuthMethod ?? undefined,
      lines: lines.length
        ? lines
        : String(reply.data)
            .split('\n')
            .map((line) => `${code} ${line}`),
    });
  }

  pop3Refused(client, name, words) {
    if (name !== 'pop3PasswordFailed' || !words) return;
    const mechanism = client._currentAuthMethod === 'USERPASS' ? 'USER/PASS' : client._currentAuthMethod;
    this.keep('incoming', client._server, { protocol: 'pop3', mechanism: mechanism ?? undefined, lines: [`-ERR ${words}`] });
  }

  keep(kind, server, refusal) {
    const name = `${kind}:${server.key}`;
    const kept = this.refusals.get(name) ?? [];
    kept.push({ ...refusal, tls: encryptedSockets.includes(server.socketType), at: Date.now() });
    this.refusals.set(name, kept.slice(-mostReplies));
  }

  /** What was heard from a server since the last time somebody asked. */
  take(kind, key) {
    const name = `${kind}:${key}`;
    const heard = this.refusals.get(name) ?? [];
    this.refusals.delete(name);
    return heard
      .filter(({ at }) => Date.now() - at < oldMs)
      .map(({ protocol, mechanism, lines, tls }) => ({ protocol, mechanism, lines, tls }));
  }
};
