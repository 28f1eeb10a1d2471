// SPDX-License-Identifier: MPL-2.0
// OAuth: the OAuth2 issuers that an organisation adds to those Thunderbird knows, for as long as Reprompt is there, and Thunderbird's own sign-in.
//
// Issuers come from the administrator only, member `oauth2` of Thunderbird's policy (3rdparty) or else of the system's managed-storage manifest, and are registered
// before any account can log in. Managed storage itself is not asked: a file in the user's home, which any program of the user could have written, fills it too.
// Nothing that Thunderbird knows is ever replaced: not an issuer, not a host, not a host below one that it knows.
// A sign-in happens outside of any connection and changes no setting: Thunderbird's window opens, and the token is saved as Thunderbird saves it. So whoever
// gives up has his account as before, and no second connection of IMAP can open the window again.
// Belongs here: issuers, tokens. Does not belong here: which server uses which method (account_settings.js, oauth_switch.mjs).
'use strict';

/* global Services, ChromeUtils, Ci, Cu, IOUtils, PathUtils, URL, console */

Cu.importGlobalProperties(['IOUtils', 'PathUtils', 'URL']); // an Experiment's scripts have them only then

/** Loaded when somebody signs in. */
const oauth2Module = () => ChromeUtils.importESModule('resource:///modules/OAuth2Module.sys.mjs').OAuth2Module;
const { OAuth2Providers } = ChromeUtils.importESModule('resource:///modules/OAuth2Providers.sys.mjs');

const memberName = 'oauth2';
const mostIssuers = 20;
const mostHosts = 50;
const protocols = ['imap', 'pop3', 'smtp'];
const signInAddress = 'chrome://messenger/content/browserRequest.xhtml';
/** Never reached: Thunderbird reads the code from the address. With http it misses it where the provider remembers the user (THUNDERBIRD.md). */
const backToUs = 'https://localhost';
const isAddress = (host) => /^\d+(\.\d+){3}$/.test(host);
const isText = (value) => typeof value === 'string' && value.length > 0 && value.length <= 1000;

/** @returns {string} or '' if it is no https address without a login in it */
const secureAddress = (text) => {
  const url = isText(text) ? URL.parse(text) : null;
  return url?.protocol === 'https:' && !url.username && !url.password ? url.href : '';
};

/** A whole domain like "com" or "co.uk" belongs to nobody. */
const isSomebodys = (host) => {
  if (isAddress(host)) return true;
  try {
    return /^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/.test(host) && !!Services.eTLD.getBaseDomainFromHost(host);
  } catch {
    return false;
  }
};

const isKnownHost = (host) => protocols.some((type) => OAuth2Providers.getHostnameDetails(host, type));

/**
 * What registerProvider wants, or null for what must not be registered.
 * @param {any} entry {issuer, client_id, client_secret?, authorization_endpoint, token_endpoint, scopes, hosts, use_pkce?, redirect_uri?}; `issuer`: the provider's
 *   https address or a name; `scopes`: separated by blanks, or a list; `use_pkce`: true unless said; `redirect_uri`: on this computer, https://localhost unless said
 */
const readIssuer = (entry) => {
  if (!entry || typeof entry !== 'object' || !Array.isArray(entry.hosts)) return null;
  const name = isText(entry.issuer) && !/\s/.test(entry.issuer) ? (URL.parse(entry.issuer)?.host ?? entry.issuer) : '';
  const scopes = Array.isArray(entry.scopes) ? entry.scopes.join(' ') : entry.scopes;
  const details = {
    name,
    clientId: entry.client_id,
    clientSecret: isText(entry.client_secret) ? entry.client_secret : undefined,
    authorizationEndpoint: secureAddress(entry.authorization_endpoint),
    tokenEndpoint: secureAddress(entry.token_endpoint),
    usePKCE: entry.use_pkce !== false,
    redirectionEndpoint: isText(entry.redirect_uri) ? entry.redirect_uri : backToUs,
  };
  const { clientId, authorizationEndpoint, tokenEndpoint } = details;
  if (!name || !isText(clientId) || !authorizationEndpoint || !tokenEndpoint || !isText(scopes)) return null;
  // The code must not go to anybody else (RFC 8252 section 7.3).
  if (!/^https?:\/\/(localhost|127\.0\.0\.1)(:\d+)?(\/|$)/.test(details.redirectionEndpoint)) return null;
  if (OAuth2Providers.getIssuerDetails(name)) return null;
  const hosts = entry.hosts
    .slice(0, mostHosts)
    .map((host) => String(host).toLowerCase())
    .filter((host) => isSomebodys(host) && !isKnownHost(host));
  return hosts.length ? { details, hosts: [...new Set(hosts)], scopes } : null;
};

this.OAuth = class OAuth {
  /** @param {{servers: any, ended: (end: {id: string, worked: boolean}) => void}} parts */
  constructor({ servers, ended }) {
    Object.assign(this, { servers, ended });
    /** Names of the issuers that are ours. */
    this.registered = new Set();
    /** @type {Map<string, any>} who asked -> the module whose sign-in is under way */
    this.underWay = new Map();
    /** A token lives in the module that got it, and in the login store only if the provider lets it be renewed. */
    this.modules = new Set();
    this.stopped = false;
  }

  // ---- issuers ----

  /** @param {{id: string}} extension ours */
  start(extension) {
    const policy = Services.policies?.getExtensionPolicy?.(extension.id);
    if (policy) this.registerIssuers(policy[memberName]);
    else this.readManifest(extension.id).catch(() => {}); // there is none
  }

  /** The system's manifest (on Linux /usr/lib/mozilla/managed-storage/<id>.json); NativeManifests would look into the home first. @param {string} id */
  async readManifest(id) {
    const folder = Services.dirsvc.get('XRESysNativeManifests', Ci.nsIFile).path;
    const manifest = await IOUtils.readJSON(PathUtils.join(folder, 'managed-storage', `${id}.json`));
    const isOurs = manifest.type === 'storage' && manifest.name === id;
    if (isOurs && !this.stopped) this.registerIssuers(manifest.data?.[memberName]);
  }

  /** @param {any} entries see readIssuer(); what is wrong or already known is left out @returns {string[]} the names of those registered */
  registerIssuers(entries) {
    const names = [];
    for (const entry of Array.isArray(entries) ? entries.slice(0, mostIssuers) : []) {
      try {
        const issuer = readIssuer(entry);
        if (!issuer) throw new Error('incomplete, or Thunderbird knows it already');
        OAuth2Providers.registerProvider(issuer.details, issuer.hosts, issuer.scopes);
        this.registered.add(issuer.details.name);
        names.push(issuer.details.name);
      } catch (error) {
        // For the administrator, who looks there.
        console.warn(`Reprompt: the OAuth2 issuer ${entry?.issuer} is left out: ${error.message}`);
      }
    }
    return names;
  }

  stop() {
    this.stopped = true;
    for (const module of this.underWay.values()) module.cancelPrompt();
    for (const name of this.registered) {
      try {
        OAuth2Providers.unregisterProvider(name);
      } catch {
        // was not there
      }
    }
    this.registered.clear();
    this.modules.clear();
  }

  // ---- signing in ----

  /**
   * Opens Thunderbird's sign-in unless a token is there, for each user of these servers; `ended` is called once. A second call while the window is open brings it
   * to the front; if there is no window (the system's browser was used), the first sign-in ends and another one begins.
   * @param {string} id who asks @param {{kind: string, key: string}[]} servers
   */
  signIn(id, servers) {
    const before = this.underWay.get(id);
    const window = before && [...Services.wm.getEnumerator(null)].find((win) => win.document?.documentURI === signInAddress);
    if (window) {
      window.focus();
      return;
    }
    before?.cancelPrompt();
    this.signInAll(id, servers).catch(() => this.tell(id, false));
  }

  async signInAll(id, servers) {
    for (const { kind, key } of servers) {
      const module = new (oauth2Module())();
      const server = this.servers.find(kind, key);
      if (!(kind === 'outgoing' ? module.initFromOutgoing(server) : module.initFromMail(server))) return this.tell(id, false);
      this.underWay.set(id, module);
      const worked = await this.tokenOf(module);
      if (this.underWay.get(id) !== module) return undefined; // begun anew
      if (!worked) return this.tell(id, false);
      this.modules.add(module);
    }
    return this.tell(id, true);
  }

  /** @returns {Promise<boolean>} whether there is a token now */
  tokenOf(module) {
    return new Promise((resolve) => {
      module.getAccessToken({ onSuccess: (token) => resolve(!!token), onFailure: () => resolve(false) });
    });
  }

  tell(id, worked) {
    this.underWay.delete(id);
    if (!this.stopped) this.ended({ id, worked });
  }
};
