// SPDX-License-Identifier: MPL-2.0
// Servers: Thunderbird's incoming and outgoing servers as plain descriptions, their saved logins, and signing in again.
// Belongs here: everything that touches MailServices or the login store. Does not belong here: the held box (login_hook.js).
'use strict';

/* global Services, Cc, Ci, ChromeUtils */

const { MailServices } = ChromeUtils.importESModule('resource:///modules/MailServices.sys.mjs');
const { OAuth2Module } = ChromeUtils.importESModule('resource:///modules/OAuth2Module.sys.mjs');
const { OAuth2Providers } = ChromeUtils.importESModule('resource:///modules/OAuth2Providers.sys.mjs');

const entering = { types: new Set(['imap', 'pop3', 'smtp']), authMethods: new Set([3, 4, 10]) }; // nsMsgAuthMethod: password, encrypted, OAuth2
const defaultSmtpPort = { 0: 587, 2: 587, 3: 465 };
const sealOrigin = 'chrome://reprompt';
const sealRealm = 'Reprompt vault key';
const sealOctets = 32;

/** Base64 of fresh random octets. */
const randomKey = () => {
  const octets = Cc['@mozilla.org/security/random-generator;1'].getService(Ci.nsIRandomGenerator).generateRandomBytes(sealOctets);
  return ChromeUtils.base64URLEncode(new Uint8Array(octets), { pad: true }).replaceAll('-', '+').replaceAll('_', '/');
};

const typeOf = (kind, server) => (kind === 'outgoing' ? server.type || 'smtp' : server.type);

const originOf = (kind, server) => {
  const bracketed = (name) => (name.includes(':') ? `[${name}]` : name);
  // As Thunderbird names the login: the host as it was typed, not as serverURI normalises it.
  if (kind === 'outgoing') return `smtp://${bracketed(server.QueryInterface(Ci.nsISmtpServer).hostname)}`;
  return `${server.type === 'pop3' ? 'mailbox' : server.type}://${bracketed(server.hostname)}`;
};

const savedLogins = async (kind, server) => {
  const origin = originOf(kind, server);
  const logins = await Services.logins.searchLoginsAsync({ origin, httpRealm: origin });
  return logins.filter((login) => login.username === server.username);
};

/** The login manager must not be searched while a primary password locks it: the search itself would raise the prompt. */
const locked = () => !Services.logins.isLoggedIn;

const mailWindow = () => Services.wm.getMostRecentWindow('mail:3pane');

/** Tells nobody: the sign-in reports itself through Thunderbird's own prompts and through our hook. */
const deaf = { QueryInterface: ChromeUtils.generateQI(['nsIUrlListener']), OnStartRunningUrl() {}, OnStopRunningUrl() {} };

const Servers = {
  all() {
    return [
      ...MailServices.accounts.allServers.map((server) => ({ kind: 'incoming', server })),
      ...MailServices.outgoingServer.servers.map((server) => ({ kind: 'outgoing', server })),
    ];
  },

  find(kind, key) {
    const found = this.all().find((one) => one.kind === kind && one.server.key === key);
    if (!found) throw new Error(`no ${kind} server ${key}`);
    return found.server;
  },

  /** Only these are ours; everything else that passes the same hook (EWS, NNTP, GSSAPI, NTLM, …) belongs to Thunderbird alone. */
  enters(kind, server) {
    return entering.types.has(typeOf(kind, server)) && entering.authMethods.has(server.authMethod);
  },

  describe(kind, server) {
    const outgoing = kind === 'outgoing';
    const port = outgoing ? server.QueryInterface(Ci.nsISmtpServer).port : server.port;
    return {
      kind,
      key: server.key,
      type: typeOf(kind, server),
      hostname: outgoing ? server.serverURI.host : server.hostname,
      port: port > 0 ? port : (defaultSmtpPort[server.socketType] ?? 587),
      socketType: server.socketType,
      authMethod: server.authMethod,
      username: server.username,
      name: outgoing ? server.description || server.serverURI.host : server.prettyName,
    };
  },

  /**
   * Saved and session password. A borrowed SMTP password (mail.smtp.useMatchingHostNameServer) shows as `session` without `stored`.
   * @returns {Promise<{locked: boolean, stored: string|null, savedAt: number|null, session: string|null}>}
   */
  async credential(kind, server) {
    if (locked()) return { locked: true, stored: null, savedAt: null, session: null };
    const [login] = await savedLogins(kind, server);
    const savedAt = login?.QueryInterface(Ci.nsILoginMetaInfo).timePasswordChanged ?? null;
    return { locked: false, stored: login?.password ?? null, savedAt, session: server.password || null };
  },

  /** The key that seals the vault, made at first use; it lives in the login store, so that a primary password protects it. */
  sealKey() {
    if (locked()) return Promise.resolve(null);
    // One at a time: two accounts that fail together must not both make one.
    this.sealing = (this.sealing ?? Promise.resolve()).catch(() => {}).then(() => this.findOrMakeSealKey());
    return this.sealing;
  },

  async findOrMakeSealKey() {
    const [kept] = await Services.logins.searchLoginsAsync({ origin: sealOrigin, httpRealm: sealRealm });
    if (kept) return kept.password;
    const login = Cc['@mozilla.org/login-manager/loginInfo;1'].createInstance(Ci.nsILoginInfo);
    const key = randomKey();
    login.init(sealOrigin, null, sealRealm, 'reprompt', key, '', '');
    await Services.logins.addLoginAsync(login);
    return key;
  },

  /** Whether Thunderbird would use this saved login for this server. */
  ownsLogin(kind, server, login) {
    if (!this.enters(kind, server)) return false;
    const origin = originOf(kind, server);
    return login.origin === origin && login.httpRealm === origin && login.username === server.username;
  },

  oauthSupport(server, kind) {
    const hostname = kind === 'outgoing' ? server.serverURI.host : server.hostname;
    const details = OAuth2Providers.getHostnameDetails(hostname, typeOf(kind, server));
    return details ? { issuer: details.issuer } : null;
  },

  switchToOAuth(server, kind) {
    server.closeCachedConnections();
    server.authMethod = Ci.nsMsgAuthMethod.OAuth2;
    this.signIn(server, kind);
  },

  /** Forgets the password (saved and in memory) and signs in again, so that Thunderbird asks. The vault must hold it already. */
  reprompt(server, kind) {
    if (kind === 'outgoing') this.releaseBorrowed(server);
    server.forgetPassword();
    this.signIn(server, kind);
  },

  /**
   * An outgoing server without a password of its own may borrow the incoming server's session password. Thunderbird's "new password" would then
   * meet the same wrong password again, so the copy in memory is dropped first; the incoming server's saved login stays.
   */
  releaseBorrowed(server) {
    if (server.wrappedJSObject?._password) return; // its own
    const borrowed = server.password;
    if (!borrowed) return;
    for (const incoming of MailServices.accounts.allServers) {
      const lends = ['imap', 'pop3'].includes(incoming.type) && incoming.username === server.username;
      if (lends && incoming.password === borrowed) incoming.forgetSessionPassword(false);
    }
  },

  /** Forgets the OAuth2 tokens, never a password, so that the next sign-in opens the provider's page. */
  async clearTokens(server, kind) {
    const module = new OAuth2Module();
    const known = kind === 'outgoing' ? module.initFromOutgoing(server) : module.initFromMail(server);
    if (known) await module.clearTokens();
  },

  /** With a message window, else IMAP would fail silently. */
  signIn(server, kind) {
    const msgWindow = mailWindow()?.msgWindow ?? null;
    if (kind === 'outgoing') {
      server.verifyLogon(deaf, msgWindow);
    } else if (server.type === 'pop3') {
      server.getNewMessages(server.rootFolder, msgWindow, deaf);
    } else {
      const inbox = server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
      (inbox ?? server.rootFolder).getNewMessages(msgWindow, deaf);
    }
  },
};

this.Servers = Servers;
