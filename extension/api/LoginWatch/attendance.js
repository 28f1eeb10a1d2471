// SPDX-License-Identifier: MPL-2.0
// Attendance: whether somebody looks at Thunderbird's main window, and when he comes back to its main window, and whether the login store is open.
// Belongs here: listening to windows and to the primary password. Does not belong here: what follows from it (the background).
'use strict';

/* global Services, ChromeUtils */

const { ExtensionSupport } = ChromeUtils.importESModule('resource:///modules/ExtensionSupport.sys.mjs');

const listenerName = 'reprompt-attendance';
const mainWindow = 'chrome://messenger/content/messenger.xhtml';
const mainType = 'mail:3pane';
const unlockedTopic = 'passwordmgr-crypto-login';
const restMs = 1000; // moving between two windows of Thunderbird is one arrival

this.Attendance = class Attendance {
  /** @param {{arrived: () => void, unlocked: () => void}} events */
  constructor({ arrived, unlocked }) {
    this.arrived = arrived;
    this.unlocked = unlocked;
    this.windows = new Set();
    this.lastMs = -Infinity;
    this.onActivate = () => {
      if (ChromeUtils.now() - this.lastMs < restMs) return;
      this.lastMs = ChromeUtils.now();
      this.arrived();
    };
  }

  start() {
    ExtensionSupport.registerWindowListener(listenerName, {
      chromeURLs: [mainWindow],
      onLoadWindow: (win) => {
        this.windows.add(win);
        win.addEventListener('activate', this.onActivate);
      },
      onUnloadWindow: (win) => this.windows.delete(win),
    });
    Services.obs.addObserver(this, unlockedTopic);
  }

  stop() {
    for (const win of this.windows) win.removeEventListener('activate', this.onActivate);
    this.windows.clear();
    try {
      ExtensionSupport.unregisterWindowListener(listenerName);
      Services.obs.removeObserver(this, unlockedTopic);
    } catch {
      // was not there
    }
  }

  observe() {
    this.unlocked();
  }

  /** A main window is in front. In another one (a message is being written) a prompt that nobody asked for would take what is being typed. */
  isAttended() {
    return Services.focus.activeWindow?.document?.documentElement?.getAttribute('windowtype') === mainType;
  }
};
