// SPDX-License-Identifier: MPL-2.0
// WindowBars: the one-line bars at the foot of the main window, one per server, and the status bar's text.
// Belongs here: putting text into Thunderbird's windows. Does not belong here: which text.
'use strict';

/* global Services */

const barPrefix = 'reprompt-';

this.WindowBars = class WindowBars {
  /** @param {(id: string, choice: string) => void} chosen */
  constructor(chosen) {
    this.chosen = chosen;
  }

  box() {
    return Services.wm.getMostRecentWindow('mail:3pane')?.specialTabs?.msgNotificationBar ?? null;
  }

  /** Takes the place of the server's earlier bar. @param {string} id of the incident @param {string} server @param {string} text @param {{choice: string, label: string}[]} buttons */
  async show(id, server, text, buttons) {
    this.remove(server);
    const box = this.box();
    await box?.appendNotification(
      barPrefix + server,
      { label: text, priority: box.PRIORITY_INFO_MEDIUM },
      buttons.map(({ choice, label }) => ({ label, callback: () => void this.chosen(id, choice) })),
    );
  }

  remove(server) {
    for (const bar of this.bars()) if (bar.getAttribute('value') === barPrefix + server) bar.remove();
  }

  removeAll() {
    for (const bar of this.bars()) bar.remove();
  }

  *bars() {
    for (const win of Services.wm.getEnumerator('mail:3pane')) {
      for (const bar of [
        ...(win.document.getElementById('messenger-notification-bottom')?.querySelectorAll('notification-message') ?? []),
      ]) {
        if (bar.getAttribute('value')?.startsWith(barPrefix)) yield bar;
      }
    }
  }

  setStatusText(text) {
    Services.wm.getMostRecentWindow('mail:3pane')?.MsgStatusFeedback?.showStatusString(text);
  }
};
