// SPDX-License-Identifier: MPL-2.0
// SmtpHold: an SMTP login that failed waits for its decision without an event loop of its own, so that it keeps nobody else waiting.
//
//     _onAuthFailed, and Thunderbird would ask -> the background is asked -> retry, cancel                 -> the original, answered at once
//                                                                        -> newPassword                   -> Thunderbird's prompt in its turn (prompts.js),
//                                                                                                            then retry, or cancel if nobody answered
//                                                                        -> a dialog, ask                 -> in its turn, then the same
//                                                                        -> late, failed, nobody there    -> the original with Thunderbird's own box
// The original then runs promptAuthFailed and confirmEx, where the hook finds the answer that was prepared (LoginHook.answering).
// Belongs here: SMTP's waiting. Does not belong here: answering (login_hook.js), the queue (prompts.js).
'use strict';

/* global Services, ChromeUtils, Ci */

const { SmtpClient } = ChromeUtils.importESModule('resource:///modules/SmtpClient.sys.mjs');
const { setTimeout, clearTimeout } = ChromeUtils.importESModule('resource://gre/modules/Timer.sys.mjs');

const answers = { retry: 0, cancel: 1, newPassword: 2 };
const neverS = 0xffff; // nsISocketTransport: no time-out

this.SmtpHold = class SmtpHold {
  /** @param {any} hook the LoginHook that it is a part of */
  constructor(hook) {
    this.hook = hook;
    /** @type {Map<any, {failure: any, goOn: () => void}>} client -> what waits */
    this.waiting = new Map();
    /** Clients that wait for a person and not for their server. */
    this.patient = new WeakSet();
  }

  patch() {
    const hold = this;
    this.hook.patches.wrap(SmtpClient.prototype, '_parse', (original) => {
      return function (...args) {
        hold.endPatience(this);
        return original.apply(this, args);
      };
    });
    this.hook.patches.wrap(SmtpClient.prototype, '_authenticateUser', (original) => {
      return function (...args) {
        const authenticating = original.apply(this, args);
        authenticating?.catch?.(() => hold.gotNoToken(this));
        return authenticating;
      };
    });
    this.hook.patches.wrap(SmtpClient.prototype, '_onAuthFailed', (original) => {
      return function (...args) {
        return hold.failed(this, () => original.apply(this, args));
      };
    });
  }

  /**
   * Until the server speaks again. Thunderbird's own 100 s would end the connection, with a box of their own, while a prompt is open or before its turn.
   */
  setTimeout(client, seconds) {
    try {
      client.socket.transport.setTimeout(Ci.nsISocketTransport.TIMEOUT_READ_WRITE, seconds);
    } catch {
      // closed already
    }
  }

  /** The window for the sign-in was closed: Thunderbird would leave the sending as it is, for ever. It ends, and the bar offers the sign-in again. */
  gotNoToken(client) {
    const { hook } = this;
    try {
      if (hook.stopped || client._freed || client._currentAuthMethod !== 'XOAUTH2') return;
      const { _server: server } = client;
      if (hook.hasListener()) hook.tell('onSilentFailure', hook.failures.make('outgoing', server, { code: 'oAuth2Error' }));
      client._authenticating = false; // this login is over: the close that follows is no refusal, and asks nothing
      client._onNsError('smtpAuthFailure');
    } catch {
      hook.counters.errors++;
    }
  }

  /** Thunderbird's own box for everything that still waits. */
  stop() {
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    if (Services.startup.shuttingDown) return;
    for (const { goOn } of waiting) Services.tm.dispatchToMainThread(goOn);
  }

  /** Whether the original would ask the user now; before that it tries the other methods, or reports that there is none. */
  wouldAsk(client) {
    return !!client._currentAuthMethod && (client._freed || !client._nextAuthMethod);
  }

  failed(client, goOn) {
    // The server closes behind its refusal: one answer serves both.
    if (this.waiting.has(client)) return;
    const { hook } = this;
    let failure = null;
    try {
      if (!hook.stopped && this.wouldAsk(client) && hook.hasListener() && hook.servers.enters('outgoing', client._server)) {
        failure = hook.caught('outgoing', client._server);
      }
    } catch {
      hook.counters.errors++;
    }
    if (!failure) {
      goOn();
      return;
    }
    hook.counters.held++;
    this.waiting.set(client, { failure, goOn });
    this.patient.add(client);
    this.setTimeout(client, neverS);
    this.decide(client, failure).catch(() => {
      hook.counters.errors++;
      this.finish(client, {});
    });
  }

  async decide(client, failure) {
    const decision = await this.inTime(this.hook.ask('onLoginFailure', failure), failure.limitMs);
    switch (decision?.action) {
      case 'retry':
      case 'cancel':
        this.finish(client, { answer: answers[decision.action], by: 'decision' });
        break;
      case 'newPassword': {
        const before = this.hook.prompts.credentialNow('outgoing', client._server);
        this.inTurn(client, failure, async () => this.askBeside(client, failure, await before));
        break;
      }
      case 'custom':
        this.inTurn(client, failure, () => this.finish(client, null, decision));
        break;
      case 'ask':
        this.inTurn(client, failure, () => this.finish(client, { words: decision.words }));
        break;
      default:
        this.finish(client, {});
    }
  }

  /** Not inside the connection: the server may close it while the prompt is open. Thunderbird then connects anew, and ends the sending if nobody answered. */
  async askBeside(client, failure, before) {
    const { hook } = this;
    const server = client._server;
    if (await hook.prompts.isAnother('outgoing', server, before)) {
      this.finish(client, { answer: answers.retry, by: 'decision' });
      return;
    }
    hook.answered(failure, answers.newPassword, 'decision');
    const password = await hook.prompts.askForNew('outgoing', server);
    this.finish(client, { answer: password ? answers.retry : answers.cancel, by: 'asked' });
  }

  inTurn(client, failure, run) {
    this.hook.prompts.inTurn(`hold:${failure.id}`, async () => {
      try {
        if (this.waiting.has(client)) await run();
      } catch {
        this.hook.counters.errors++;
        this.finish(client, {});
      }
    });
  }

  /** null when the limit is over or nobody answers. */
  async inTime(request, limitMs) {
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(() => resolve(null), limitMs);
    });
    try {
      return await Promise.race([request, late]);
    } catch {
      this.hook.counters.errors++;
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param {any} client @param {{answer?: number, by?: string, words?: string}|null} outcome null: show `decision`'s dialog */
  finish(client, outcome, decision = null) {
    const wait = this.waiting.get(client);
    if (!wait) return;
    this.waiting.delete(client);
    try {
      this.hook.answering({ server: client._server, failure: wait.failure, outcome, decision }, wait.goOn);
    } finally {
      // A prompt behind our dialog may have been closed, and then nobody speaks any more. Else the server's next reply ends it: what a connection that was
      // idle for minutes sends now must not meet the time-out first.
      if (!outcome) this.endPatience(client);
    }
  }

  endPatience(client) {
    if (this.patient.delete(client)) this.setTimeout(client, Services.prefs.getIntPref('mailnews.tcptimeout', 100));
  }
};
