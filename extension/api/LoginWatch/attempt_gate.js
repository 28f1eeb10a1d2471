// SPDX-License-Identifier: MPL-2.0
// AttemptGate: keeps POP3 and SMTP from sending a password again that the server has refused already.
//
//     marked (the background knows it as refused)          not sent; Thunderbird goes the way it takes after a refusal, so the hook holds and decides
//     refused by the method that worked here before, and   the other methods would carry the same password: not tried; Thunderbird asks after one attempt
//       the reply's code says "credentials"
//     Retry was answered, by the user or the background    all that is off for the connection that asked
//     anything else, anything that fails in us             as Thunderbird does it
//
// The code: "[AUTH]" (RFC 3206) or 535 (RFC 4954 section 6). A reply without one, and any other, says nothing about the password.
// A server may offer a method that it always refuses, so the first method that works is found as Thunderbird does it, and remembered in a preference.
// A password with other characters than ASCII is sent differently by each method, so all are tried.
// Only salted digests of refused passwords are kept, in memory, with a fresh salt per run. A changed password has another digest and passes.
// IMAP's methods run in C++ and are out of reach: its checks are paused instead (checks_pause.js).
// Belongs here: not sending. Does not belong here: which password is refused (the background).
'use strict';

/* global Services, Cc, Ci, Cu, ChromeUtils, TextEncoder */

Cu.importGlobalProperties(['TextEncoder']); // an Experiment's scripts have it only then

const { Pop3Client } = ChromeUtils.importESModule('resource:///modules/Pop3Client.sys.mjs');
const { SmtpClient } = ChromeUtils.importESModule('resource:///modules/SmtpClient.sys.mjs');
const { Pop3Authenticator, SmtpAuthenticator } = ChromeUtils.importESModule('resource:///modules/MailAuthenticator.sys.mjs');

const passwordMethods = new Set(['PLAIN', 'LOGIN', 'CRAM-MD5', 'USERPASS', 'APOP']);
const methodsBranch = 'extensions.reprompt.methods.';
const saltOctets = 32;
const mostDigests = 4;
const retry = 0;
const nameOf = (kind, server) => `${kind}:${server.key}`;
// eslint-disable-next-line no-control-regex
const isAscii = (text) => /^[\x00-\x7F]+$/.test(text);
const judgesCredentials = {
  incoming: (reply) => /^\[AUTH\]/i.test(reply?.statusText ?? ''),
  outgoing: (reply) => reply?.statusCode === 535,
};

this.AttemptGate = class AttemptGate {
  /**
   * @param {{servers: any, wrap: (target: any, name: string, make: (original: Function) => Function) => void}} parts
   *   `wrap` replaces a method until its owner gives everything back. Patch after the hook: its hold must see what is decided here.
   */
  constructor({ servers, wrap }) {
    Object.assign(this, { servers, wrap });
    this.salt = Cc['@mozilla.org/security/random-generator;1'].getService(Ci.nsIRandomGenerator).generateRandomBytes(saltOctets);
    /** @type {Map<string, Set<string>>} server -> digests of passwords that it refused and that have not worked since */
    this.refused = new Map();
    /** Servers for which `refused` counts. */
    this.marked = new Set();
    /** @type {Map<string, string>} server -> digest of the password that was refused last, whoever comes to know it later */
    this.latest = new Map();
    /** Authenticators (one per connection) whose box was answered with Retry: a server may refuse one method and take another. */
    this.retrying = new WeakSet();
    this.fenced = new WeakSet();
    this.stopped = false;
  }

  patch() {
    const gate = this;
    this.wrap(Pop3Client.prototype, 'connect', (original) => {
      return function (...args) {
        gate.fence(this);
        return original.apply(this, args);
      };
    });
    this.wrap(SmtpClient.prototype, '_authenticateUser', (original) => {
      return function (...args) {
        return gate.before(
          'outgoing',
          this,
          () => original.apply(this, args),
          (refusal) => this._onAuthFailed(refusal),
        );
      };
    });
    this.wrap(SmtpClient.prototype, '_onAuthFailed', (original) => {
      return function (...args) {
        gate.wasRefused('outgoing', this, args[0]);
        return original.apply(this, args);
      };
    });
    this.wrap(SmtpClient.prototype, '_actionAUTHComplete', (original) => {
      return function (...args) {
        if (args[0]?.success) gate.hasWorked('outgoing', this);
        return original.apply(this, args);
      };
    });
    for (const { prototype } of [Pop3Authenticator, SmtpAuthenticator]) {
      this.wrap(prototype, 'promptAuthFailed', (original) => {
        return function (...args) {
          const answer = original.apply(this, args);
          if (answer === retry) gate.retrying.add(this);
          else gate.retrying.delete(this);
          return answer;
        };
      });
    }
  }

  /** Gives up what is known; connections that still run go on as without us. */
  stop() {
    this.stopped = true;
    for (const known of [this.refused, this.marked, this.latest]) known.clear();
  }

  /** Once per POP3 connection, whose methods are its own properties and end with it. */
  fence(client) {
    if (this.fenced.has(client)) return;
    this.fenced.add(client);
    const { _actionAuthResponse: answered, _actionAuth: authenticate } = client;
    client._actionAuthResponse = (reply) => {
      if (reply?.success) this.hasWorked('incoming', client);
      else this.wasRefused('incoming', client, reply);
      return answered(reply);
    };
    client._actionAuth = () => this.before('incoming', client, authenticate, (refusal) => client._actionAuthResponse(refusal));
  }

  /**
   * Before a login is sent.
   * @param {'incoming'|'outgoing'} kind @param {any} client @param {() => any} goOn @param {(refusal: object) => void} refuse what a refusal leads to
   */
  before(kind, client, goOn, refuse) {
    // Nothing known: not even a turn of the loop later than without us.
    const known = this.marked.has(nameOf(kind, client._server));
    if (!known || this.retrying.has(client._authenticator) || !passwordMethods.has(client._nextAuthMethod)) return goOn();
    if (kind === 'outgoing') client._authenticating = true; // so that a connection that closes now ends as a refused one
    return this.isRefused(kind, client).then((refused) => {
      if (client._done || client._freed) return undefined; // it did, and Thunderbird has dealt with it
      client._authenticating = false;
      if (!refused) return goOn();
      client._currentAuthMethod = client._nextAuthMethod;
      client._nextAuthMethod = null;
      return refuse({ success: false, statusText: '', data: 'this password was refused before' });
    });
  }

  /**
   * The password that was refused last is known to be wrong; false: nothing is known. Another one may have been typed meanwhile, so what the server
   * has now counts only if no refusal was seen: Thunderbird has just started. What was marked before may come back when a prompt is closed, so it stays.
   */
  async mark(kind, key, rejected) {
    const server = this.servers.find(kind, key);
    const name = nameOf(kind, server);
    if (!rejected) {
      this.marked.delete(name);
      return;
    }
    let digest = this.latest.get(name);
    if (!digest && !this.refused.has(name)) {
      const password = await this.password(kind, server);
      if (!password) return;
      digest = this.digest(password);
    }
    const digests = [...(this.refused.get(name) ?? []), ...(digest ? [digest] : [])];
    this.refused.set(name, new Set(digests.slice(-mostDigests)));
    this.marked.add(name);
  }

  /** This server's password may be sent again: it is another one, or it has worked. */
  forget(kind, key) {
    this.marked.delete(nameOf(kind, { key }));
  }

  knows(name, password) {
    return this.marked.has(name) && !!this.refused.get(name)?.has(this.digest(password));
  }

  async isRefused(kind, { _server: server, _verifyLogon: settingUp }) {
    try {
      if (settingUp) return false;
      const password = await this.password(kind, server);
      return !!password && this.knows(nameOf(kind, server), password);
    } catch {
      return false;
    }
  }

  /** An account that is being set up has a server that is in no list yet. */
  isOurs(kind, { _server: server, _verifyLogon: settingUp, _currentAuthMethod: method }) {
    if (this.stopped || settingUp || !passwordMethods.has(method)) return false;
    return this.servers.enters(kind, this.servers.find(kind, server.key));
  }

  wasRefused(kind, client, reply) {
    try {
      if (!this.isOurs(kind, client)) return;
      const { _server: server, _currentAuthMethod: method } = client;
      const { password } = server;
      if (!password) return;
      const name = nameOf(kind, server);
      this.latest.set(name, this.digest(password));
      if (this.retrying.has(client._authenticator) || !judgesCredentials[kind](reply) || !isAscii(password)) return;
      if (this.methodOf(kind, server) === method || this.knows(name, password)) client._nextAuthMethod = null;
    } catch {
      // all methods, then
    }
  }

  hasWorked(kind, client) {
    try {
      if (!this.isOurs(kind, client)) return;
      const { _server: server, _currentAuthMethod: method } = client;
      const name = nameOf(kind, server);
      this.latest.delete(name);
      const digests = this.refused.get(name);
      if (server.password) digests?.delete(this.digest(server.password));
      if (digests?.size === 0) this.refused.delete(name);
      if (this.methodOf(kind, server) !== method) {
        Services.prefs.setStringPref(this.preferenceOf(kind, server), `${method} ${this.hostOf(kind, server)}`);
      }
    } catch {
      // it worked all the same
    }
  }

  /** The method that worked last for this server, in this run or an earlier one; of another host it says nothing. */
  methodOf(kind, server) {
    const [method, host] = Services.prefs.getStringPref(this.preferenceOf(kind, server), '').split(' ');
    return host === this.hostOf(kind, server) ? method : null;
  }

  preferenceOf(kind, { key }) {
    return `${methodsBranch}${kind}.${key}`;
  }

  hostOf(kind, server) {
    return this.servers.describe(kind, server).hostname;
  }

  /** What Thunderbird would send. */
  async password(kind, server) {
    const { session, stored } = await this.servers.credential(kind, server);
    return session ?? stored;
  }

  digest(password) {
    const hash = Cc['@mozilla.org/security/hash;1'].createInstance(Ci.nsICryptoHash);
    hash.init(hash.SHA256);
    for (const octets of [this.salt, new TextEncoder().encode(password)]) hash.update(octets, octets.length);
    return hash.finish(true);
  }
};
