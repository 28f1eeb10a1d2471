// SPDX-License-Identifier: MPL-2.0
// FailureWatch: sees the login failures that open no "login failed" box, and the first sign-in that works after a failure.
//
//     IMAP, automatic check refused   the root folder's BiffState, which is kept at NoMail ("armed"), goes to Unknown; Thunderbird shows nothing
//     OAuth2, method, connection      Thunderbird's alerts (nsIMsgUserFeedbackListener), also those that it does not show
//     certificate                     the same listener; for POP3's automatic checks the connection itself
//     POP3's own error boxes          Pop3Client._actionError, which it also calls when it shows nothing
//     SMTP without a common method    SmtpClient._onNsError
//     SMTP server not reached         SmtpClient._onError, which only tells whoever sends
//     signed in                       IMAP: a folder of it was read from the server; POP3 and SMTP: the reply to the login
//
// One refused IMAP login gives one such event per connection, a moment after the box if there was one. So the event that follows a box (hasBox)
// or something told about the server in the last seconds is told no more. A connection that fails does not hide a login that is refused.
// Belongs here: noticing. Does not belong here: the box itself (login_hook.js), what is said about a failure (the background).
'use strict';

/* global Services, Ci, Cr, ChromeUtils */

const { MailServices } = ChromeUtils.importESModule('resource:///modules/MailServices.sys.mjs');
const { Pop3Client } = ChromeUtils.importESModule('resource:///modules/Pop3Client.sys.mjs');
const { SmtpClient } = ChromeUtils.importESModule('resource:///modules/SmtpClient.sys.mjs');

const sameFailureMs = 5000;
const startedTopic = 'mail-startup-done';
const serverAlert = 'imap-server-alert';
/** Thunderbird's names of alerts and error boxes about reaching a server or signing in; the others (quota, a failed command, …) are not ours. */
const failureNames =
  /(UnknownHost|ConnectionRefused|NetTimeout|NetReset|NetInterrupt|OAuth2|Tls)Error$|Auth(Change|Mech|Encrypt|Plain)|DroppedConnection|ViaTls$|startTls|^pop3UsernameFailure$/i;
/** POP3's alerts carry no code, so they are known by their text (messenger.properties). */
const namedByText = [
  'unknownHostError',
  'connectionRefusedError',
  'netTimeoutError',
  'netResetError',
  'netInterruptError',
  'oAuth2Error',
];
/** Those that are about reaching the server; what is left is about signing in. */
const connectionNames =
  /^cert:|(UnknownHost|ConnectionRefused|NetTimeout|NetReset|NetInterrupt|Tls)Error$|DroppedConnection|ViaTls$|startTls/i;
/** How a connection ends that waited too long. */
const endsWaiting = /(NetTimeout|NetReset|NetInterrupt)Error$|DroppedConnection/i;
/**
 * A server that has enough connections, or whose log-in service rests, refuses one more, whatever the password; the others work. That a connection has
 * read mail lately is no such sign: when a password is changed that may be seconds ago, and each connection that is left sends the old one three times.
 */
const limitWords = /\[(UNAVAILABLE|LIMIT|INUSE)\]|simultaneous|connections|sessions/i;
/** How a socket fails, as POP3's alerts name it. */
const socketErrors = () => ({
  [Cr.NS_ERROR_UNKNOWN_HOST]: 'unknownHostError',
  [Cr.NS_ERROR_CONNECTION_REFUSED]: 'connectionRefusedError',
  [Cr.NS_ERROR_NET_TIMEOUT]: 'netTimeoutError',
  [Cr.NS_ERROR_NET_RESET]: 'netResetError',
  [Cr.NS_ERROR_NET_INTERRUPT]: 'netInterruptError',
});
const isFailure = (name) => name === 'pop3OAuthRefused' || failureNames.test(name);
const nameOf = (kind, key) => `${kind}:${key}`;

const alertName = (message, hostname) => {
  const bundle = Services.strings.createBundle('chrome://messenger/locale/messenger.properties');
  return namedByText.find((name) => bundle.formatStringFromName(name, [hostname]) === message) ?? '';
};

this.FailureWatch = class FailureWatch {
  /**
   * @param {{
   *   servers: any, heard: any,
   *   wrap: (target: any, name: string, make: (original: Function) => Function) => void,
   *   report: (failure: object) => void,
   *   signedIn: (server: {kind: string, key: string}) => void,
   *   makeFailure: (kind: string, server: any, how: {code: string, silent: boolean}) => object,
   *   awaitsAnswer: (kind: string, key: string) => boolean,
   * }} parts `wrap` replaces a method until its owner gives everything back; `awaitsAnswer`: the user is being asked about this server now, or it waits for its turn in a box that is held
   */
  constructor({ servers, heard, wrap, report, signedIn, makeFailure, awaitsAnswer }) {
    Object.assign(this, { servers, heard, wrap, report, signedIn, makeFailure, awaitsAnswer });
    this.QueryInterface = ChromeUtils.generateQI([
      'nsIFolderListener',
      'nsIMsgUserFeedbackListener',
      'nsIIncomingServerListener',
    ]);
    /** Servers whose next sign-in is worth telling. */
    this.expected = new Set();
    /** IMAP servers whose box was just dealt with: one event each is still to come. */
    this.boxes = new Map();
    /** @type {Map<string, {connection?: number, login?: number}>} server -> when something was told about it (a clock that nobody sets) */
    this.told = new Map();
    /** POP3's address of a running connection names no user; two accounts of one host are told apart by the connection itself. */
    this.pop3Servers = new WeakMap();
    this.smtpClients = new WeakSet();
    this.stopped = false;
  }

  start() {
    MailServices.mailSession.AddFolderListener(this, Ci.nsIFolderListener.intPropertyChanged);
    MailServices.mailSession.addUserFeedbackListener(this);
    MailServices.accounts.addIncomingServerListener(this);
    // While Thunderbird starts, the accounts are not ours to load.
    if (Services.startup.startingUp) Services.obs.addObserver(this, startedTopic);
    else this.armAll();
    this.listen(Pop3Client.prototype, 'connect', (client) => this.followPop3(client));
    this.listen(Pop3Client.prototype, '_actionError', (client, [name, , words]) => this.pop3Error(client, name, words));
    this.listen(SmtpClient.prototype, 'connect', (client) => this.followSmtp(client));
    this.listen(SmtpClient.prototype, '_onNsError', (client, [name]) => this.smtpError(client, name));
    this.listen(SmtpClient.prototype, '_actionAUTHComplete', (client, [reply]) =>
      this.answered('outgoing', client._server, reply.success),
    );
  }

  stop() {
    this.stopped = true;
    for (const end of [
      () => MailServices.mailSession.RemoveFolderListener(this),
      () => MailServices.mailSession.removeUserFeedbackListener(this),
      () => MailServices.accounts.removeIncomingServerListener(this),
      () => Services.obs.removeObserver(this, startedTopic),
    ]) {
      try {
        end();
      } catch {
        // was not there
      }
    }
  }

  /** The next sign-in of this server that works shall be told (after a failure that was seen here it is anyway). */
  expectSignIn(kind, key) {
    this.expected.add(nameOf(kind, key));
  }

  /** This server is reached in another way from now on: what happens next is about that way, and worth telling. */
  startAnew(kind, key) {
    const name = nameOf(kind, key);
    this.told.delete(name);
    this.boxes.delete(name);
    this.expected.add(name);
  }

  /** Thunderbird asks about this server in its box now: the event that follows the box says nothing new. */
  hasBox(kind, key) {
    const name = nameOf(kind, key);
    this.expected.add(name);
    this.boxes.set(name, (this.boxes.get(name) ?? 0) + 1);
  }

  // ---- IMAP ----

  observe() {
    Services.obs.removeObserver(this, startedTopic);
    this.armAll();
  }

  armAll() {
    for (const server of MailServices.accounts.allServers) this.quietly(() => this.arm(server));
    this.quietly(() => this.expectAll());
  }

  /** The first sign-in of each server tells that it works. */
  expectAll() {
    for (const { kind, key } of this.servers.list()) this.expected.add(nameOf(kind, key));
  }

  /** A server that never signed in is Unknown already, and a failure would change nothing. */
  arm(server) {
    const { nsMsgBiffState_Unknown, nsMsgBiffState_NoMail } = Ci.nsIMsgFolder;
    if (server.type === 'imap' && server.biffState === nsMsgBiffState_Unknown) server.biffState = nsMsgBiffState_NoMail;
  }

  onServerLoaded(server) {
    this.quietly(() => this.arm(server));
  }

  onServerUnloaded() {}

  onServerChanged() {}

  onFolderIntPropertyChanged(folder, property, _before, now) {
    if (property !== 'BiffState' && property !== 'FolderSize') return;
    this.quietly(() => {
      const { server } = folder;
      if (server.type !== 'imap') return;
      if (property === 'FolderSize') this.answered('incoming', server, true);
      else if (now === Ci.nsIMsgFolder.nsMsgBiffState_Unknown && folder.isServer) this.imapRefused(server);
    });
  }

  imapRefused(server) {
    const name = nameOf('incoming', server.key);
    this.arm(server);
    const boxes = this.boxes.get(name) ?? 0;
    if (boxes > 1) this.boxes.set(name, boxes - 1);
    else this.boxes.delete(name);
    if (boxes) this.noteTold(name, 'login');
    else if (!this.toldLately(name, 'login') && this.servers.enters('incoming', server)) {
      // A second connection waits for its turn and would send the same password again.
      this.servers.hush('incoming', server.key);
      this.tell('incoming', server, 'login', true);
    }
  }

  // ---- Thunderbird's alerts ----

  /** @returns {boolean} false: Thunderbird shows what it would have shown; true: no box, at most its notification on the desktop */
  onAlert(message, url, silent) {
    let ours = false;
    this.quietly(() => {
      const { server, code, unasked } = this.about(url);
      if (!server) return;
      if (code === serverAlert) {
        this.heard.imapAlert(server, message);
        if (limitWords.test(message)) this.servers.spare(server.key);
        return;
      }
      const name = code || alertName(message, server.hostname);
      // Its other connections would open the provider's page again, whatever the user has just done with it.
      if (/^(imap)?oAuth2Error$/i.test(name)) this.servers.hush('incoming', server.key);
      // While a person thinks about the password, the connections behind the prompt run out of time. A box about that would cover the prompt.
      ours = endsWaiting.test(name) && this.awaitsAnswer('incoming', server.key);
      if (!ours) this.failed('incoming', server, name, silent || unasked);
    });
    return ours;
  }

  onCertError(securityInfo, url) {
    this.quietly(() => {
      const { server, unasked } = this.about(url);
      if (server) this.tell('incoming', server, `cert:${securityInfo?.errorCodeString ?? ''}`, unasked);
    });
    return false;
  }

  /** Whose alert it is. Without a window nobody asked for what failed; the getter then throws. */
  about(url) {
    const { server, errorCode: code } = url.QueryInterface(Ci.nsIMsgMailNewsUrl);
    let unasked = true;
    try {
      unasked = !url.msgWindow;
    } catch {
      // no window
    }
    return { server: this.pop3Servers.get(url) ?? server, code, unasked };
  }

  // ---- POP3 and SMTP ----

  /** Once per connection object, whose methods are its own properties and end with it. */
  followPop3(client) {
    if (this.pop3Servers.has(client.runningUri)) return;
    this.pop3Servers.set(client.runningUri, client._server);
    const before = (name, note) => {
      client[name] = this.listening(client[name], (_client, [first]) => note(first));
    };
    before('_actionAuthResponse', (reply) => {
      // "+" asks for more: XOAUTH2 says in it why it refuses.
      if (reply.status === '+') this.heard.pop3Continued(client, reply.statusText);
      this.answered('incoming', client._server, reply.success && reply.status === '+OK');
    });
    before('_actionDone', (status) => {
      const refused = status && !client._done && !client._msgWindow && client.runningUri.failedSecInfo;
      if (refused) this.tell('incoming', client._server, `cert:${refused.errorCodeString}`, true);
    });
  }

  /** As followPop3. */
  followSmtp(client) {
    if (this.smtpClients.has(client)) return;
    this.smtpClients.add(client);
    client._onError = this.listening(client._onError, (_client, [event]) => this.smtpNotReached(client, event));
  }

  /** A connection that was given up already, or that the server ends while nobody uses it, fails nobody. */
  smtpNotReached(client, event) {
    const { _server: server, _freed: freed, _currentAction: action } = client;
    if (freed || action === client._actionIdle) return;
    this.servers.find('outgoing', server.key); // throws for an account that is being set up
    const name = socketErrors()[event.errorCode];
    if (name) this.failed('outgoing', server, name, false);
    else this.tellCertificate(server, event);
  }

  async tellCertificate(server, event) {
    try {
      const info = await event.target.transport?.tlsSocketControl?.asyncGetSecurityInfo();
      if (info?.errorCodeString) this.quietly(() => this.tell('outgoing', server, `cert:${info.errorCodeString}`, false));
    } catch {
      // gone with its connection
    }
  }

  pop3Error(client, name, words) {
    if (client._verifyLogon || name === 'pop3PasswordFailed') return; // an account is being set up; the box comes
    const { _server: server } = client;
    // After the server's "+" with its reason, Thunderbird takes XOAUTH2 for done and sends STAT.
    const tokenRefused =
      name === 'pop3StatFail' && server.authMethod === Ci.nsMsgAuthMethod.OAuth2 && /^\[AUTH\]/i.test(words ?? '');
    const told = tokenRefused ? 'pop3OAuthRefused' : name;
    if (words && isFailure(told)) this.heard.pop3Said(client, words);
    this.failed('incoming', server, told, !client._msgWindow);
  }

  smtpError(client, name) {
    this.failed('outgoing', client._server, name, false);
  }

  // ---- telling ----

  failed(kind, server, name, silent) {
    if (isFailure(name)) this.tell(kind, server, name, silent);
  }

  tell(kind, server, code, silent) {
    const name = nameOf(kind, server.key);
    this.expected.add(name);
    const about = connectionNames.test(code) ? 'connection' : 'login';
    if (this.toldLately(name, about) || !this.servers.enters(kind, server)) return;
    this.noteTold(name, about);
    this.report(this.makeFailure(kind, server, { code, silent: !!silent }));
  }

  noteTold(name, about) {
    this.told.set(name, { ...this.told.get(name), [about]: ChromeUtils.now() });
  }

  /** A connection that ends behind a refused login is a part of it; the other way round it is not. @param {'connection'|'login'} about */
  toldLately(name, about) {
    const { connection = -Infinity, login = -Infinity } = this.told.get(name) ?? {};
    const last = about === 'login' ? login : Math.max(connection, login);
    return ChromeUtils.now() - last < sameFailureMs;
  }

  answered(kind, server, worked) {
    const name = nameOf(kind, server.key);
    if (!worked) this.expected.add(name);
    else if (this.expected.delete(name)) this.signedIn({ kind, key: server.key });
  }

  listen(target, name, note) {
    this.wrap(target, name, (original) => this.listening(original, note));
  }

  /** Calls `note` before the original; whatever `note` does, Thunderbird does not notice. */
  listening(original, note) {
    const watch = this;
    return function (...args) {
      watch.quietly(() => note(this, args));
      return original.apply(this, args);
    };
  }

  quietly(note) {
    if (this.stopped) return;
    try {
      note();
    } catch {
      // what we cannot read changes nothing
    }
  }
};
