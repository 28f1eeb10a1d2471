// SPDX-License-Identifier: MPL-2.0
// Trust: Thunderbird's own judgement about a certificate chain, and the way (direct or proxy) it would take to a server.
// Belongs here: asking Thunderbird's security and network services. Does not belong here: what follows from the answer.
'use strict';

/* global Services, Cc, Ci, ChromeUtils */

const bracketed = (hostname) => (hostname.includes(':') ? `[${hostname}]` : hostname);

const Trust = {
  /**
   * @param {string} hostname @param {number} port @param {string[]} certificates base64 of the DER, leaf first
   * @returns {Promise<{trusted: boolean, by: 'thunderbird'|'exception'|'none'}>} `exception`: the user's own, for exactly this host and port
   */
  async judgeChain(hostname, port, certificates) {
    const database = Cc['@mozilla.org/security/x509certdb;1'].getService(Ci.nsIX509CertDB);
    const [leaf, ...intermediates] = certificates.map((der) => database.constructX509FromBase64(der));
    if (!leaf) return { trusted: false, by: 'none' };
    // Local only: no OCSP responder, no third party is contacted.
    const { verifyUsageTLSServer, FLAG_LOCAL_ONLY } = Ci.nsIX509CertDB;
    const code = await new Promise((resolve) =>
      database.asyncVerifyCertAtTime(leaf, verifyUsageTLSServer, FLAG_LOCAL_ONLY, hostname, Date.now() / 1000, intermediates, {
        verifyCertFinished: (error) => resolve(error),
      }),
    );
    if (code === 0) return { trusted: true, by: 'thunderbird' };
    const overrides = Cc['@mozilla.org/security/certoverride;1'].getService(Ci.nsICertOverrideService);
    const excepted = overrides.hasMatchingOverride(hostname, port, {}, leaf, {});
    return excepted ? { trusted: true, by: 'exception' } : { trusted: false, by: 'none' };
  },

  /**
   * The way Thunderbird's mail connections take (tried with Thunderbird 153): SOCKS proxies only. An HTTP proxy is passed over by IMAP, which takes
   * the next of a list (PAC), and makes POP3 and SMTP (TCPSocket) connect directly. Of a list of SOCKS proxies the next is taken when one is dead.
   * @param {string} hostname @param {number} port @param {string} protocol imap, pop3 or smtp
   * @returns {Promise<{direct: boolean, type: string|null, host?: string, port?: number, resolvesNames?: boolean, login?: boolean, others?: boolean}>}
   *   `type` as nsIProxyInfo: socks (version 5), socks4; `login`: with a user name of its own; `others`: the first of several ways
   */
  async resolveProxy(hostname, port, protocol) {
    const service = Cc['@mozilla.org/network/protocol-proxy-service;1'].getService(Ci.nsIProtocolProxyService);
    const uri = Services.io.newURI(`https://${bracketed(hostname)}:${port}`);
    let proxy = await new Promise((resolve) =>
      service.asyncResolve(uri, Ci.nsIProtocolProxyService.RESOLVE_PREFER_SOCKS_PROXY, {
        QueryInterface: ChromeUtils.generateQI(['nsIProtocolProxyCallback']),
        onProxyAvailable: (_request, _uri, first) => resolve(first),
      }),
    );
    const passedOver = () => proxy?.type === 'http' || proxy?.type === 'https';
    while (protocol === 'imap' && passedOver()) proxy = proxy.failoverProxy;
    if (!proxy || proxy.type === 'direct' || passedOver()) return { direct: true, type: null };
    const { type, host, flags, username, failoverProxy } = proxy;
    const resolvesNames = Boolean(flags & Ci.nsIProxyInfo.TRANSPARENT_PROXY_RESOLVES_HOST);
    return {
      direct: false,
      type,
      host,
      port: proxy.port,
      resolvesNames,
      login: Boolean(username),
      others: Boolean(failoverProxy),
    };
  },
};

this.Trust = Trust;
