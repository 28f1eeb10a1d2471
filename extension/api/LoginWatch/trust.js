// SPDX-License-Identifier: MPL-2.0
// Trust: Thunderbird's own judgement about a certificate chain, and the way (direct or proxy) it would take to a server.
// Belongs here: asking Thunderbird's security and network services. Does not belong here: what follows from the answer.
'use strict';

/* global Services, Cc, Ci, ChromeUtils */

const noFlags = 0;
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

  /** @returns {Promise<{direct: boolean, type: string|null}>} */
  async resolveProxy(hostname, port) {
    const service = Cc['@mozilla.org/network/protocol-proxy-service;1'].getService(Ci.nsIProtocolProxyService);
    const uri = Services.io.newURI(`https://${bracketed(hostname)}:${port}`);
    return new Promise((resolve) =>
      service.asyncResolve(uri, noFlags, {
        QueryInterface: ChromeUtils.generateQI(['nsIProtocolProxyCallback']),
        onProxyAvailable: (_request, _uri, proxy) =>
          resolve({ direct: !proxy || proxy.type === 'direct', type: proxy?.type ?? null }),
      }),
    );
  },
};

this.Trust = Trust;
