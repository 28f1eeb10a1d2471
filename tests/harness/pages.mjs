// SPDX-License-Identifier: MPL-2.0
// The add-on's own pages in a running Thunderbird: opening one in a tab, looking and pressing in it, real keys, its width, a picture of it.
// A page lives in another process, so everything is sent there. Belongs here: the way in. Not here: which words a test expects.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { addonId } from './profile.mjs';

const answerMs = 5000;
const runMs = 50_000; // axe-core on a loaded machine

/** Installed once per Thunderbird: kept.inPage(source, arg) runs a function body with `document`, `window`, `arg` as a script of the page would. */
const installSource = String.raw`
if (kept.inPage) return;
let serial = 0;
// A message to a page that changes its process meanwhile is lost.
const answerFrom = (script, go, limitMs = args.answerMs) => new Promise((resolve, reject) => {
  const name = 'reprompt-test:' + ++serial;
  const manager = kept.page.messageManager;
  const settle = how => value => { clearTimeout(timer); manager.removeMessageListener(name, heard); how(value); };
  const heard = ({ data }) => data.error ? settle(reject)(new Error(data.error)) : settle(resolve)(data.value ?? null);
  const timer = setTimeout(() => settle(reject)(new Error('the page did not answer')), limitMs);
  manager.addMessageListener(name, heard);
  manager.loadFrameScript('data:application/javascript;charset=utf-8,' + encodeURIComponent('{ const name = ' + JSON.stringify(name) + ';' + script + '}'), false);
  manager.sendAsyncMessage(name + ':go', go);
});
const answering = run => 'addMessageListener(name + ":go", async ({ data: { source, arg } }) => { let answer;'
  + ' try { answer = { value: await (' + run + ')(source, arg) }; } catch (error) { answer = { error: String(error) + "\\n" + (error?.stack ?? "") }; }'
  + ' sendAsyncMessage(name, answer); });';
kept.inPage = (source, arg = null, limitMs) => answerFrom(answering(String(async (source, arg) => {
  const sandbox = new Cu.Sandbox(content, { sandboxPrototype: content, wantXrays: false });
  sandbox.argText = JSON.stringify(arg);
  return JSON.parse(await Cu.evalInSandbox('(async () => { const arg = JSON.parse(argText); const result = await (async () => {' + source
    + '})(); return JSON.stringify(result ?? null); })()', sandbox));
})), { source, arg }, limitMs);
kept.chromeInPage = (source, arg = null) => answerFrom(answering('(_source, arg) => {' + source + '}'), { arg });
`;

const openSource = String.raw`
const { extension } = Cu.getGlobalForObject(Services).WebExtensionPolicy.getByID(args.addonId);
const tabmail = Services.wm.getMostRecentWindow('mail:3pane').gTabmail;
kept.pageTab = tabmail.openTab('contentTab', { url: extension.baseURL + args.url, linkHandler: 'single-page',
  triggeringPrincipal: extension.principal, initialBrowsingContextGroupId: extension.browsingContextGroupId });
kept.page = kept.pageTab.browser;
`;

/** Real key events in the page, as a keyboard makes them. */
const keySource = String.raw`
const tip = Cc['@mozilla.org/text-input-processor;1'].createInstance(Ci.nsITextInputProcessor);
if (!tip.beginInputTransactionForTests(content)) throw new Error('no input transaction');
const { key, code, keyCode, shift } = arg;
const shiftKey = new content.KeyboardEvent('', { key: 'Shift', code: 'ShiftLeft', keyCode: 16 });
const event = new content.KeyboardEvent('', { key, code, keyCode });
if (shift) tip.keydown(shiftKey);
tip.keydown(event); tip.keyup(event);
if (shift) tip.keyup(shiftKey);
`;
const keys = {
  Tab: { key: 'Tab', code: 'Tab', keyCode: 9 },
  Enter: { key: 'Enter', code: 'Enter', keyCode: 13 },
  Space: { key: ' ', code: 'Space', keyCode: 32 },
  ArrowDown: { key: 'ArrowDown', code: 'ArrowDown', keyCode: 40 },
};

/** What can be done in `kept.page`. @param {any} thunderbird @param {string} [ready] */
const pageOf = (thunderbird, ready = '') => {
  const page = {
    /** @param {string} source a function body with `document` and `arg`; may await */
    run: (source, arg = null) =>
      thunderbird.eval('return kept.inPage(args.source, args.arg, args.limitMs);', { source, arg, limitMs: runMs }),
    waitFor: (source, arg = null, limitMs = 60_000) =>
      thunderbird.waitFor('return kept.inPage(args.source, args.arg).catch(() => false);', { source, arg }, limitMs),
    /** Presses a button by its label. */
    async press(label) {
      const found = `[...document.querySelectorAll('button')].find((one) => one.textContent === arg && one.checkVisibility())`;
      await page.waitFor(`return !!${found};`, label);
      await page.run(`${found}.click();`, label);
    },
    /** @param {keyof typeof keys} name */
    key: (name, { shift = false } = {}) =>
      thunderbird.eval('return kept.chromeInPage(args.source, args.arg);', { source: keySource, arg: { ...keys[name], shift } }),
    /** As wide as a phone's or as a narrow window; null: as wide as the tab. @param {number|null} px */
    async width(px) {
      await thunderbird.eval(`kept.page.style.maxWidth = args.px ? args.px + 'px' : ''; kept.page.style.minWidth = '0';`, { px });
      if (px) await page.waitFor('return Math.abs(window.innerWidth - arg) <= 1;', px);
    },
    /** The page as it is painted, all of it, whatever of it is in view. @param {string} file a PNG */
    async picture(file) {
      const base64 = await thunderbird.eval(pictureSource);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, Buffer.from(base64, 'base64'));
    },
    /** The keyboard belongs to the page. */
    focus: () => thunderbird.eval(`Services.wm.getMostRecentWindow('mail:3pane').focus(); kept.page.focus();`),
    async reload() {
      await page.run(`document.documentElement.dataset.old = 'yes'; setTimeout(() => location.reload(), 0);`);
      await page.waitFor(`return document.readyState === 'complete' && !document.documentElement.dataset.old;`);
      await page.waitFor(ready);
    },
    close: () => thunderbird.eval(`Services.wm.getMostRecentWindow('mail:3pane').gTabmail.closeTab(kept.pageTab);`),
  };
  return page;
};

/**
 * Opens a page of the add-on in a tab, in front, and waits until it has filled itself.
 * @param {any} thunderbird @param {string} url relative to the add-on, such as "options/options.html"
 * @param {{ready?: string, addon?: string}} [how] a function body that is true in the page once it is filled; another add-on's id
 */
export async function openPage(
  thunderbird,
  url,
  { ready = `return !!document.querySelector('h1')?.textContent;`, addon = addonId } = {},
) {
  await thunderbird.eval(installSource, { answerMs });
  await thunderbird.eval(openSource, { addonId: addon, url });
  const page = pageOf(thunderbird, ready);
  // First without asking it: a page changes its process while it is opened.
  await thunderbird.waitFor(
    `const spec = kept.page.browsingContext?.currentWindowGlobal?.documentURI?.spec ?? '';
     return spec.endsWith(args.url) && !kept.page.webProgress?.isLoadingDocument;`,
    { url },
  );
  await page.waitFor(ready);
  return page;
}

/** Presses the add-on's toolbar button and gives its popup as a page. @param {any} thunderbird @param {string} ready as for openPage() */
export async function openPopup(thunderbird, ready) {
  await thunderbird.eval(installSource, { answerMs });
  await thunderbird.eval(
    `const win = Services.wm.getMostRecentWindow('mail:3pane');
     win.gTabmail.switchToTab(0);
     const button = win.document.querySelector('#unifiedToolbarContent button[extension="' + args.addonId + '"]');
     win.setTimeout(() => button.click(), 0);`,
    { addonId },
  );
  await thunderbird.waitFor(
    `kept.page = [...Services.wm.getMostRecentWindow('mail:3pane').document.querySelectorAll('panel browser')]
       .find(one => one.browsingContext?.currentWindowGlobal?.documentURI?.spec.endsWith('popup/popup.html'));
     return !!kept.page;`,
  );
  const page = pageOf(thunderbird);
  await page.waitFor(ready);
  return page;
}

const pictureSource = String.raw`
const size = await kept.inPage('return { width: window.innerWidth, height: Math.min(Math.max(document.body.scrollHeight, document.documentElement.scrollHeight), 6000) };');
const windowGlobal = kept.page.browsingContext.currentWindowGlobal;
const rect = new (Services.wm.getMostRecentWindow('mail:3pane').DOMRect)(0, 0, size.width, size.height);
const bitmap = await windowGlobal.drawSnapshot(rect, 1, 'white', true);
const win = Services.wm.getMostRecentWindow('mail:3pane');
const canvas = win.document.createElementNS('http://www.w3.org/1999/xhtml', 'canvas');
canvas.width = bitmap.width; canvas.height = bitmap.height;
canvas.getContext('2d').drawImage(bitmap, 0, 0);
bitmap.close();
return canvas.toDataURL('image/png').split(',')[1];
`;

/** Light or dark for everything that Thunderbird paints. @param {any} thunderbird @param {'light'|'dark'} scheme */
export async function useScheme(thunderbird, scheme) {
  await thunderbird.eval(
    `const { AddonManager } = ChromeUtils.importESModule('resource://gre/modules/AddonManager.sys.mjs');
     const theme = await AddonManager.getAddonByID(args.dark ? 'thunderbird-compact-dark@mozilla.org' : 'thunderbird-compact-light@mozilla.org');
     await theme.enable();`,
    { dark: scheme === 'dark' },
  );
}
