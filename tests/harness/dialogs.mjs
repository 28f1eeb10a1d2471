// SPDX-License-Identifier: MPL-2.0
// Thunderbird's dialogs as the tests see them: what stands in them, waiting for one, pressing and typing. Belongs here: commonDialog.xhtml
// and nothing else. Not here: which dialog a test expects.

/** Runs inside Thunderbird: every open common dialog, oldest first. */
const listSource = String.raw`
const seen = [];
for (const win of Services.wm.getEnumerator(null)) {
  if (!win.document?.documentURI?.startsWith('chrome://global/content/commonDialog.xhtml')) continue;
  if (win.document.readyState !== 'complete' || !win.Dialog?.ui?.button0 || win.closed) continue;
  const args = win.args ?? {};
  const dialog = win.document.getElementById('commonDialog');
  const buttons = ['accept', 'cancel', 'extra1', 'extra2'].map(name => [name, dialog.getButton(name)])
    .filter(([, b]) => b && !b.hidden).map(([name, b]) => ({ name, label: b.label, disabled: b.disabled }));
  const checkbox = win.document.getElementById('checkbox');
  const promptType = args.promptType ?? '';
  seen.push({
    kind: promptType === 'promptPassword' ? 'password' : promptType === 'confirmEx' ? 'choice' : promptType === 'alert' ? 'alert' : promptType,
    title: args.title ?? '', text: args.text ?? '', shown: win.document.getElementById('infoBody')?.textContent ?? '', buttons,
    checkbox: win.document.getElementById('checkboxContainer')?.hidden === false ? { label: checkbox.label, checked: checkbox.checked } : null,
    serial: (win.repromptTestSerial ??= (kept.dialogSerial = (kept.dialogSerial ?? 0) + 1)),
  });
}
seen.sort((a, b) => a.serial - b.serial);
`;

const findSource = String.raw`
const find = serial => [...Services.wm.getEnumerator(null)].find(win => win.repromptTestSerial === serial && !win.closed);
const closed = async win => { for (let i = 0; i < 200 && !win.closed; i++) await new Promise(done => setTimeout(done, 25)); return win.closed; };
`;

/**
 * @typedef {{kind: 'password'|'choice'|'alert'|string, title: string, text: string, shown: string, serial: number,
 *   buttons: {name: string, label: string, disabled: boolean}[], checkbox: {label: string, checked: boolean}|null}} Dialog
 */

/**
 * @param {(source: string, args?: object, limitMs?: number) => Promise<any>} evaluate
 */
export function makeDialogs(evaluate) {
  /** @returns {Promise<Dialog[]>} */
  const list = () => evaluate(`${listSource} return seen;`);

  /**
   * Waits until a dialog of that kind (or of one of those kinds) is open; several may be, the oldest is given.
   * @param {string|string[]} kind @param {number} [limitMs]
   * @returns {Promise<Dialog>}
   */
  const waitForDialog = async (kind, limitMs = 60_000) => {
    const found = await evaluate(
      `const end = Date.now() + args.limitMs;
       for (;;) {
         ${listSource}
         const hit = seen.find(d => args.kinds.includes(d.kind));
         if (hit) return { hit };
         if (Date.now() > end) return { open: seen };
         await new Promise(done => setTimeout(done, 50));
       }`,
      { kinds: [kind].flat(), limitMs },
      limitMs + 10_000,
    );
    if (!found.hit) throw new Error(`no dialog of kind "${kind}" within ${limitMs} ms; open: ${JSON.stringify(found.open)}`);
    return found.hit;
  };

  /** Presses a button by its name (accept, cancel, extra1, extra2) and waits for the dialog to go. */
  const clickButton = async (dialog, name) => {
    const gone = await evaluate(
      `${findSource}
       const win = find(args.serial);
       if (!win) throw new Error('that dialog is not open any more');
       win.setTimeout(() => { const b = win.document.getElementById('commonDialog').getButton(args.name); b.disabled = false; b.click(); }, 0);
       return closed(win);`,
      { serial: dialog.serial, name },
    );
    if (!gone) throw new Error(`the dialog "${dialog.title}" did not close after "${name}"`);
  };

  /** Types a password into a password prompt, keeps "remember" as wanted, and presses OK; `stays`: the prompt is not expected to go. */
  const typePassword = async (dialog, password, { remember = true, stays = false } = {}) => {
    await evaluate(
      `${findSource}
       const win = find(args.serial);
       const box = win.document.getElementById('password1Textbox');
       box.focus(); box.value = args.password;
       box.dispatchEvent(new win.Event('input', { bubbles: true }));
       const check = win.document.getElementById('checkbox');
       const shown = win.document.getElementById('checkboxContainer')?.hidden === false;
       if (shown && check.checked !== args.remember) check.click();`,
      { serial: dialog.serial, password, remember },
    );
    if (!stays) {
      await clickButton(dialog, 'accept');
      return;
    }
    await evaluate(
      `${findSource}
       const win = find(args.serial);
       win.setTimeout(() => win.document.getElementById('commonDialog').getButton('accept').click(), 0);`,
      { serial: dialog.serial },
    );
  };

  /** Begins to note every modal window that opens, so that one that came and went is seen too. Those already open are noted first. */
  const watch = () =>
    evaluate(`if (kept.dialogWatch) return;
      kept.dialogHistory = [];
      const uri = 'chrome://global/content/commonDialog.xhtml';
      const kinds = { promptPassword: 'password', confirmEx: 'choice' };
      const isModal = win => {
        try {
          return win.docShell.treeOwner.QueryInterface(Ci.nsIInterfaceRequestor).getInterface(Ci.nsIWebBrowserChrome).isWindowModal();
        } catch (gone) { return false; }
      };
      const note = win => {
        const common = win.document.documentURI.startsWith(uri);
        if (!common && !isModal(win)) return;
        const { promptType = '', title = '', text = '' } = common ? (win.args ?? {}) : { promptType: 'window', title: win.document.documentURI };
        const beside = kept.dialogHistory.filter(d => !d.closedAt).length;
        const entry = { kind: kinds[promptType] ?? promptType, title, text, beside, openedAt: Date.now(), closedAt: null };
        kept.dialogHistory.push(entry);
        kept.dialogEntries.set(win, entry);
      };
      kept.dialogEntries = new Map();
      kept.dialogWatch = { observe(win, topic) {
        if (topic === 'domwindowopened') win.addEventListener('load', () => note(win), { once: true });
        else if (topic === 'domwindowclosed' && kept.dialogEntries.has(win)) {
          kept.dialogEntries.get(win).closedAt = Date.now();
          kept.dialogEntries.delete(win);
        }
      } };
      Services.ww.registerNotification(kept.dialogWatch);
      for (const win of Services.ww.getWindowEnumerator()) {
        if (win.document?.readyState === 'complete') note(win);
        else kept.dialogWatch.observe(win, 'domwindowopened');
      }`);

  /** Every modal window since the start: [{kind, title, text, beside, openedAt, closedAt}]; `beside`: how many others were open when it opened. */
  const history = () => evaluate('return kept.dialogHistory ?? [];');

  return { list, watch, history, waitForDialog, clickButton, typePassword };
}
