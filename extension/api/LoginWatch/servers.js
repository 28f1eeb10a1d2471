// SPDX-License-Identifier: MPL-2.0
// Servers: Thunderbird's incoming and outgoing servers as plain descriptions, their saved logins, and signing in again.
// Belongs here: everything that touches MailServices or the login store. Does not belong here: the held box (login_hook.js).
'use strict';

/* global Services, Cc, Ci, Cr, ChromeUtils */

const { MailServices } = ChromeUtils.importESModule('resource:///modules/MailServices.sys.mjs');
const { OAuth2Providers } = ChromeUtils.importESModule('resource:///modules/OAuth2Providers.sys.mjs');
const { Pop3Authenticator, SmtpAuthenticator } = ChromeUtils.importESModule('resource:///modules/MailAuthenticator.sys.mjs');
const { SmtpClient } = ChromeUtils.importESModule('resource:///modules/SmtpClient.sys.mjs');
// Loaded when they are needed: a quarter of what our start would cost Thunderbird's.
const mailUtils = () => ChromeUtils.importESModule('resource:///modules/MailUtils.sys.mjs').MailUtils;
const oauth2Module = () => ChromeUtils.importESModule('resource:///modules/OAuth2Module.sys.mjs').OAuth2Module;

const entering = { types: new Set(['imap', 'pop3', 'smtp']), authMethods: new Set([3, 4, 10]) }; // nsMsgAuthMethod: password, encrypted, OAuth2
const defaultSmtpPort = { 0: 587, 2: 587, 3: 465 };
const sparedMs = 60_000;
const sealOrigin = 'chrome://reprompt';
const sealRealm = 'Reprompt vault key';
const sealOctets = 32;
const imapStrings = 'chrome://messenger/locale/imapMsgs.properties';

/** Base64 of fresh random octets. */
const randomKey = () => {
  const octets = Cc['@mozilla.org/security/random-generator;1'].getService(Ci.nsIRandomGenerator).generateRandomBytes(sealOctets);
  return ChromeUtils.base64URLEncode(new Uint8Array(octets), { pad: true }).replaceAll('-', '+').replaceAll('_', '/');
};

const typeOf = (kind, server) => (kind === 'outgoing' ? server.type || 'smtp' : server.type);

/** How Thunderbird names the logins of a server that has this host. */
const originAt = (kind, server, hostname) => {
  const scheme = kind === 'outgoing' ? 'smtp' : server.type === 'pop3' ? 'mailbox' : server.type;
  return `${scheme}://${hostname.includes(':') ? `[${hostname}]` : hostname}`;
};

/** With the host as it was typed, not as serverURI normalises it. */
const originOf = (kind, server) =>
  originAt(kind, server, kind === 'outgoing' ? server.QueryInterface(Ci.nsISmtpServer).hostname : server.hostname);

/** Thunderbird's name for a server in its prompts (imap://alice@host); several servers may share one. */
const realmOf = (kind, server) => {
  if (kind === 'incoming') return server.serverURI;
  return originOf(kind, server).replace('://', `://${encodeURIComponent(server.username)}@`);
};

const loginsAt = async (origin, username) => {
  const logins = await Services.logins.searchLoginsAsync({ origin, httpRealm: origin });
  return logins.filter((login) => login.username === username);
};

const savedLogins = (kind, server) => loginsAt(originOf(kind, server), server.username);

/** The login manager must not be searched while a primary password locks it: the search itself would raise the prompt. */
const locked = () => !Services.logins.isLoggedIn;

const mailWindow = () => Services.wm.getMostRecentWindow('mail:3pane');

const longestDomain = 253; // RFC 1035 section 2.3.4, as text

/**
 * The domain of the account's mail address, where the user name does not tell it (the host asks its DNS whose provider it is); '' if not known.
 * Nothing but the domain.
 */
function mailDomainOf(kind, server) {
  if (server.username.includes('@')) return '';
  try {
    const identity =
      kind === 'outgoing'
        ? MailServices.accounts.allIdentities.find((each) => each.smtpServerKey === server.key)
        : MailServices.accounts.getFirstIdentityForServer(server);
    const [, domain = ''] = identity?.email?.split(/@(?=[^@]*$)/) ?? [];
    return domain.length <= longestDomain ? domain : '';
  } catch {
    return ''; // half set up
  }
}

const newLogin = (origin, realm, username, password) => {
  const login = Cc['@mozilla.org/login-manager/loginInfo;1'].createInstance(Ci.nsILoginInfo);
  login.init(origin, null, realm, username, password, '', '');
  return login;
};

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

  /** Every server that is ours. */
  list() {
    return this.all().flatMap(({ kind, server }) => {
      try {
        return this.enters(kind, server) ? [this.describe(kind, server)] : [];
      } catch {
        return []; // half set up
      }
    });
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
      mailDomain: mailDomainOf(kind, server),
      name: outgoing ? server.description || server.serverURI.host : server.prettyName,
    };
  },

  /** What names the person and the account, so that a report can leave it out. @returns {string[]} some may be empty or the same */
  namesOf(kind, server) {
    const { name, username } = this.describe(kind, server);
    const identities = MailServices.accounts.allIdentities.flatMap((each) => [
      each.email,
      each.fullName,
      each.replyTo,
      each.label,
    ]);
    return [name, username, ...identities].filter((each) => typeof each === 'string');
  },

  /** Whose prompt this is: all servers of one host and user, which share the login (two ports of one SMTP server). @param {string} realm */
  allOfRealm(realm) {
    return this.all().flatMap(({ kind, server }) => {
      try {
        return realmOf(kind, server) === realm ? [{ kind, key: server.key }] : [];
      } catch {
        return []; // half set up
      }
    });
  },

  /** Thunderbird ends and starts anew; what is not saved is asked about, as its menu does it. */
  restart: () => mailUtils().restartApplication(),

  locked,

  originAt,
  newLogin,

  /** The login saved there, or null; not for a locked store. @param {string} origin as originAt() gives it @param {string} username */
  async loginAt(origin, username) {
    return (await loginsAt(origin, username))[0] ?? null;
  },

  /** The saved login, or null; a locked store is not searched. */
  async savedLogin(kind, server) {
    if (locked()) return null;
    return (await savedLogins(kind, server))[0] ?? null;
  },

  /** Raises Thunderbird's prompt for the primary password; its observers learn of it. @returns {boolean} */
  unlock() {
    if (!locked()) return true;
    try {
      Cc['@mozilla.org/login-manager/crypto/SDR;1'].getService(Ci.nsILoginManagerCrypto).encrypt('');
    } catch {
      // cancelled
    }
    return !locked();
  },

  /** Puts a login back; one that is saved for the same user is replaced. @returns {Promise<boolean>} */
  async restoreLogin(kind, server, username, password) {
    if (locked()) return false;
    const origin = originOf(kind, server);
    const restored = newLogin(origin, origin, username, password);
    const saved = await Services.logins.searchLoginsAsync({ origin, httpRealm: origin });
    const present = saved.find((login) => login.username === username);
    if (present) await Services.logins.modifyLoginAsync(present, restored);
    else await Services.logins.addLoginAsync(restored);
    this.forgetSession(kind, server);
    return true;
  },

  forgetSession(kind, server) {
    if (kind === 'outgoing') server.password = '';
    else server.forgetSessionPassword(false);
  },

  /**
   * Saved and session password. A borrowed SMTP password (mail.smtp.useMatchingHostNameServer) shows as `session` without `stored`.
   * @returns {Promise<{locked: boolean, stored: string|null, savedAt: number|null, session: string|null}>}
   */
  async credential(kind, server) {
    if (locked()) return { locked: true, stored: null, savedAt: null, session: server.password || null };
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
    const key = randomKey();
    await Services.logins.addLoginAsync(newLogin(sealOrigin, sealRealm, 'reprompt', key));
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

  usesTokens: (server) => server.authMethod === Ci.nsMsgAuthMethod.OAuth2,

  /** Thunderbird's own prompt in its own words, outside of any connection; it saves and remembers the password. Rejects when cancelled. */
  async askPassword(kind, server) {
    if (kind === 'outgoing') return new SmtpAuthenticator(server).getPassword();
    if (server.type === 'pop3') return new Pop3Authenticator(server).getPassword();
    // Thunderbird's ImapAuthenticator wants a server written in JavaScript, which IMAP's is not.
    const strings = Services.strings.createBundle(imapStrings);
    return server.getPasswordWithUI(
      strings.formatStringFromName('imapEnterServerPasswordPrompt', [server.username, server.hostname]),
      strings.formatStringFromName('imapEnterPasswordPromptTitleWithUsername', [server.hostname]),
    );
  },

  /** @type {Map<string, number>} IMAP server -> until when its connections are left alone (a clock that nobody sets) */
  spared: new Map(),

  /** The connections of this IMAP server work: for a minute none of them shall end because another one is refused. */
  spare(key) {
    this.spared.set(key, ChromeUtils.now() + sparedMs);
  },

  /** IMAP's other connections wait to send the same password: they shall not. */
  hush(kind, key) {
    const server = this.find(kind, key);
    if (server.type !== 'imap' || ChromeUtils.now() < (this.spared.get(key) ?? 0)) return;
    this.endConnections(server);
  },

  /**
   * Ends the connections, and with them what they were doing. One that ends before it began its work (select a folder) never tells the folder,
   * which would wait for it, and not be read again, until Thunderbird is started anew. So every folder is told here.
   * @param {any} server incoming
   */
  endConnections(server) {
    server.closeCachedConnections();
    if (server.type !== 'imap') return;
    for (const folder of [server.rootFolder, ...server.rootFolder.descendants]) {
      try {
        folder.QueryInterface(Ci.nsIUrlListener).OnStopRunningUrl(null, Cr.NS_ERROR_ABORT);
      } catch {
        // one folder must not keep the others waiting
      }
    }
  },

  /**
   * For a password that is about to be forgotten. An outgoing server without one of its own borrows an incoming server's session password
   * (SmtpServer.password), and Thunderbird would send that one instead of asking. So the copies in memory are dropped; the saved logins stay.
   */
  releaseBorrowed(server) {
    server.password = ''; // its own hides what it would borrow
    const borrowed = server.password;
    if (!borrowed) return;
    for (const incoming of MailServices.accounts.allServers) {
      if (incoming.password === borrowed) incoming.forgetSessionPassword(false);
    }
  },

  /** Forgets the OAuth2 tokens, never a password, so that the next sign-in opens the provider's page. */
  async clearTokens(server, kind) {
    const module = new (oauth2Module())();
    const known = kind === 'outgoing' ? module.initFromOutgoing(server) : module.initFromMail(server);
    if (known) await module.clearTokens();
  },

  /** One automatic check, now, of a server that is checked automatically; nobody is asked for anything (nsMsgBiffManager::PerformBiff). */
  checkQuietly(server) {
    if (!server.doBiff || server.serverBusy) return;
    if (server.serverRequiresPasswordForBiff && server.passwordPromptRequired) return;
    server.performBiff(null);
  },

  /** With a message window, else IMAP would fail silently. */
  signIn(server, kind) {
    const msgWindow = mailWindow()?.msgWindow ?? null;
    if (kind === 'outgoing') {
      // Not verifyLogon: it never ends a connection that worked.
      const client = new SmtpClient(server);
      client.onidle = () => client.quit();
      client.connect();
    } else if (server.type === 'pop3') {
      server.getNewMessages(server.rootFolder, msgWindow, deaf);
    } else {
      const inbox = server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
      (inbox ?? server.rootFolder).getNewMessages(msgWindow, deaf);
    }
  },
};

this.Servers = Servers;
