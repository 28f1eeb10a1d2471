// SPDX-License-Identifier: MPL-2.0
// HeardWords: what a server said when it refused a login. Thunderbird has these words and throws them away.
// POP3 and SMTP: all of them. IMAP: only what the server marks as an alert; the rest is not visible to scripts.
// Belongs here: what to listen to and what is kept of it; login_hook.js installs the listeners, failure_watch.js brings alerts.
'use strict';

/* global Services, Ci, ChromeUtils */

const { Pop3Client } = ChromeUtils.importESModule('resource:///modules/Pop3Client.sys.mjs');
const { SmtpClient } = ChromeUtils.importESModule('resource:///modules/SmtpClient.sys.mjs');

const longestReply = 8192; // characters kept of what a server says, per connection
const mostReplies = 4;
const encryptedSockets = [2, 3]; // nsMsgSocketType: alwaysSTARTTLS, SSL
/** Words from an earlier try say nothing about this failure. IMAP's alerts may be about other things, so only fresh ones count. */
const oldMs = { imap: 30_000, pop3: 120_000, smtp: 120_000 };

/**
 * IMAP: a server that refuses a token says why in a "+" line (RFC 7628 section 3.2.3), Thunderbird 153 answers with something that is no base64, and Dovecot 2.3.19
 * complains about that in an alert (seen 2026-11-22). It says nothing about the login.
 */
const brokenAnswer = /Invalid base64 in response/i;

this.HeardWords = class HeardWords {
  constructor() {
    /** @type {Map<string, {protocol: string, mechanism?: string, lines: string[], tls: boolean}[]>} server -> refusals since the last failure */
    this.refusals = new Map();
    this.received = new WeakMap();
    this.continued = new WeakMap();
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
    if (name === 'pop3PasswordFailed' && words) this.pop3Said(client, words);
  }

  /** XOAUTH2's reason comes in a "+" line; the refusal itself follows later. */
  pop3Continued(client, words) {
    this.continued.set(client, words);
  }

  pop3Said(client, words) {
    const mechanism = client._currentAuthMethod === 'USERPASS' ? 'USER/PASS' : client._currentAuthMethod;
    const reason = this.continued.get(client);
    this.continued.delete(client);
    const lines = [...(reason ? [`+ ${reason}`] : []), `-ERR ${words}`];
    this.keep('incoming', client._server, { protocol: 'pop3', mechanism: mechanism ?? undefined, lines });
  }

  /**
   * "[ALERT]" words, once per method that was refused. Thunderbird shows them itself. Its text has the account's name around them, and the
   * status before them is lost; a login that failed was answered with NO.
   */
  imapAlert(server, text) {
    if (server.authMethod === Ci.nsMsgAuthMethod.OAuth2 && brokenAnswer.test(text)) return;
    const bundle = Services.strings.createBundle('chrome://messenger/locale/imapMsgs.properties');
    const [before, after] = bundle.formatStringFromName('imapServerAlert', [server.prettyName, '\n']).split('\n');
    const words = (text.startsWith(before) ? text.slice(before.length) : text).trim();
    const line = `NO [ALERT] ${(after && words.endsWith(after) ? words.slice(0, -after.length) : words).trim()}`;
    if (this.refusals.get(`incoming:${server.key}`)?.at(-1)?.lines[0] === line) return;
    this.keep('incoming', server, { protocol: 'imap', lines: [line] });
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
      .filter(({ at, protocol }) => Date.now() - at < oldMs[protocol])
      .map(({ protocol, mechanism, lines, tls }) => ({ protocol, mechanism, lines, tls }));
  }
};
