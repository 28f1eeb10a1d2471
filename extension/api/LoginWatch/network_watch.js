// SPDX-License-Identifier: MPL-2.0
// NetworkWatch: says that the network may be there again, a moment after the system or Thunderbird's own "work online" said so.
// Belongs here: listening. Does not belong here: which accounts are checked then (the background).
'use strict';

/* global Services, ChromeUtils */

const { setTimeout, clearTimeout } = ChromeUtils.importESModule('resource://gre/modules/Timer.sys.mjs');

/** Thunderbird went online or offline; the link went up or down, or another network came. */
const topics = ['network:offline-status-changed', 'network:link-status-changed'];
const settlingMs = 2000; // a link that comes up is told several times, and the first look-up of a name may come too soon

this.NetworkWatch = class NetworkWatch {
  /** @param {{back: () => void}} events */
  constructor({ back }) {
    this.back = back;
    this.timer = null;
  }

  start() {
    for (const topic of topics) Services.obs.addObserver(this, topic);
  }

  stop() {
    clearTimeout(this.timer);
    for (const topic of topics) {
      try {
        Services.obs.removeObserver(this, topic);
      } catch {
        // was not there
      }
    }
  }

  observe(_subject, _topic, state) {
    clearTimeout(this.timer);
    if (state === 'down' || state === 'offline') return;
    this.timer = setTimeout(() => {
      if (!Services.io.offline) this.back();
    }, settlingMs);
  }
};
