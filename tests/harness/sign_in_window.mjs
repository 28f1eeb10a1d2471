// SPDX-License-Identifier: MPL-2.0
// Thunderbird's own window for a sign-in with a provider (browserRequest.xhtml), as a user sees it: filling the provider's page, closing the window.
// Belongs here: that window. Not here: the provider (openid_provider.mjs), Thunderbird's boxes (dialogs.mjs).

const address = 'chrome://messenger/content/browserRequest.xhtml';
const findSource = `const open = [...Services.wm.getEnumerator(null)].filter(win => !win.closed && win.document?.documentURI === ${JSON.stringify(address)});`;
/** Runs in the page's process. @param {string} user @param {string} password */
const fillSource = (user, password) =>
  `for (const [id, value] of Object.entries(${JSON.stringify({ user, password })})) content.document.getElementById(id).value = value;
   content.document.getElementById('go').click();`;

/** @param {any} thunderbird */
export async function watchSignInWindows(thunderbird) {
  await thunderbird.eval(`
    kept.signInWindows = 0;
    kept.signInWatch = { observe(win, topic) {
      if (topic !== 'domwindowopened') return;
      win.addEventListener('load', () => { if (win.document.documentURI === ${JSON.stringify(address)}) kept.signInWindows++; }, { once: true });
    } };
    Services.ww.registerNotification(kept.signInWatch);`);

  const windows = {
    /** How many have opened so far. @returns {Promise<number>} */
    opened: () => thunderbird.eval('return kept.signInWindows;'),

    /** How many are open. @returns {Promise<number>} */
    open: () => thunderbird.eval(`${findSource} return open.length;`),

    /** Waits until the provider's page stands in a window. */
    waitFor: (limitMs = 60_000) =>
      thunderbird.waitFor(
        `${findSource}
         const shown = open[0]?.document.getElementById('requestFrame');
         return !!shown && shown.currentURI?.spec.startsWith('https://') && !shown.webProgress?.isLoadingDocument;`,
        {},
        limitMs,
      ),

    waitForNone: (limitMs = 60_000) => thunderbird.waitFor(`${findSource} return !open.length;`, {}, limitMs),

    /** Types into the provider's page and presses its button. @param {string} user @param {string} password */
    async signIn(user, password) {
      await windows.waitFor();
      await thunderbird.eval(
        `${findSource}
         const script = 'data:,' + encodeURIComponent(args.script);
         open[0].document.getElementById('requestFrame').messageManager.loadFrameScript(script, false);`,
        { script: fillSource(user, password) },
      );
    },

    /** As its close button does it. */
    async close() {
      await windows.waitFor();
      await thunderbird.eval(
        `${findSource} const [win] = open; win.setTimeout(() => { win.reportUserClosed(); win.close(); }, 0);`,
      );
      await windows.waitForNone();
    },
  };
  return windows;
}
