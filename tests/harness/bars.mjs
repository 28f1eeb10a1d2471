// SPDX-License-Identifier: MPL-2.0
// What Reprompt shows outside of any box: its bars at the foot of the main window, and the system notifications that were asked for (they are
// noted and not shown: a test machine has no notification service). Belongs here: seeing and pressing. Not here: which words a test expects.

const listSource = String.raw`
const bars = [...Services.wm.getMostRecentWindow('mail:3pane').document.querySelectorAll('notification-message')]
  .filter(bar => bar.getAttribute('value')?.startsWith('reprompt-'));
const textOf = bar => bar.messageText?.textContent?.trim() ?? '';
const buttonsOf = bar => [...(bar.buttonContainer ?? bar).querySelectorAll('button.notification-button')];
`;

/**
 * @typedef {{server: string, text: string, buttons: string[]}} Bar `server` is "incoming-server1" and the like
 * @param {any} thunderbird
 */
export function watchBars(thunderbird) {
  const bars = {
    /** @returns {Promise<Bar[]>} */
    list: () =>
      thunderbird.eval(
        `${listSource} return bars.map(bar => ({ server: bar.getAttribute('value').slice('reprompt-'.length), text: textOf(bar),
          buttons: buttonsOf(bar).map(button => (button.getAttribute('label') || button.textContent).trim()) }));`,
      ),

    /** Waits for the bar of a server. @param {string} server @returns {Promise<Bar>} */
    async waitFor(server, limitMs = 60_000) {
      await thunderbird.waitFor(
        `${listSource} return bars.some(bar => bar.getAttribute('value') === 'reprompt-' + args.server && textOf(bar));`,
        { server },
        limitMs,
      );
      return (await bars.list()).find((bar) => bar.server === server);
    },

    /** Waits until the server has no bar. @param {string} server */
    waitForNone: (server, limitMs = 60_000) =>
      thunderbird.waitFor(
        `${listSource} return !bars.some(bar => bar.getAttribute('value') === 'reprompt-' + args.server);`,
        { server },
        limitMs,
      ),

    /** Presses a bar's button. @param {string} server @param {string} label */
    press: (server, label) =>
      thunderbird.eval(
        `${listSource}
         const bar = bars.find(bar => bar.getAttribute('value') === 'reprompt-' + args.server);
         const button = bar && buttonsOf(bar).find(button => (button.getAttribute('label') || button.textContent).trim() === args.label);
         if (!button) throw new Error('no such button: ' + args.label);
         setTimeout(() => button.click(), 0);`,
        { server, label },
      ),
  };
  return bars;
}

/** Notes system notifications from now on. @param {any} thunderbird @returns {Promise<() => Promise<{title: string, text: string}[]>>} those asked for so far */
export async function noteSystemNotifications(thunderbird) {
  await thunderbird.eval(`
    kept.notifications = [];
    const note = (title, text) => kept.notifications.push({ title, text });
    const service = {
      QueryInterface: ChromeUtils.generateQI(['nsIAlertsService', 'nsIAlertsDoNotDisturb']),
      manualDoNotDisturb: false, suppressForScreenSharing: false,
      showPersistentNotification(_data, alert) { note(alert.title, alert.text); },
      showAlert(alert) { note(alert.title, alert.text); },
      showAlertNotification(_image, title, text) { note(title, text); },
      closeAlert() {}, teardown() {}, pbmTeardown() {}, getHistory: () => [],
    };
    Components.manager.QueryInterface(Ci.nsIComponentRegistrar).registerFactory(Services.uuid.generateUUID(), 'noted notifications',
      '@mozilla.org/alerts-service;1', { QueryInterface: ChromeUtils.generateQI(['nsIFactory']), createInstance: iid => service.QueryInterface(iid) });`);
  return () => thunderbird.eval('return kept.notifications;');
}
