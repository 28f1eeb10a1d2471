// SPDX-License-Identifier: MPL-2.0
// LoginBox: Thunderbird's "login failed" box, told from every other by its words, and the server that it is about.
// Belongs here: recognising. Does not belong here: holding and answering (login_hook.js).
'use strict';

/* global Services */

/** Thunderbird's own strings, in the language of its user interface. */
const stockStrings = () => {
  const bundle = Services.strings.createBundle('chrome://messenger/locale/messenger.properties');
  return {
    retry: bundle.GetStringFromName('mailServerLoginFailedRetryButton'),
    newPassword: bundle.GetStringFromName('mailServerLoginFailedEnterNewPasswordButton'),
    title: (name) => bundle.formatStringFromName('mailServerLoginFailedTitleWithAccount', [name]),
    text: (hostname, username) => bundle.formatStringFromName('mailServerLoginFailed2', [hostname, username]),
  };
};

this.LoginBox = {
  /**
   * @param {any[]} args of confirmEx @param {{kind: string, server: any}|null} asking whose authenticator asks (POP3, SMTP) @param {any} servers
   * @returns {{kind: string, server: any}|null|undefined} undefined: another box; null: such a box, but not of one server of ours
   */
  whose([, title, text, , retry, , newPassword], asking, servers) {
    const strings = stockStrings();
    if (retry !== strings.retry || newPassword !== strings.newPassword) return undefined;
    const saysSo = ({ kind, server }) => {
      if (kind !== 'incoming' || server.type === 'pop3') return false;
      try {
        const { name, hostname, username } = servers.describe(kind, server);
        return title === strings.title(name) && text === strings.text(hostname, username);
      } catch {
        return false; // half set up: cannot have failed to log in
      }
    };
    // POP3 and SMTP name their server themselves; what remains is IMAP, and whoever else uses this box (EWS, NNTP): two that look alike pass.
    const [one, another] = asking ? [asking] : servers.all().filter(saysSo);
    const ours = one && !another && servers.enters(one.kind, one.server) && (asking || one.server.type === 'imap');
    return ours ? one : null;
  },
};
