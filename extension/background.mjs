// SPDX-License-Identifier: MPL-2.0
// The background event page: wires Thunderbird's events, the host, the stored incidents and the pages together, and nothing else.
import { ButtonActions } from './button_actions.mjs';
import { HostClient } from './host_client.mjs';
import { Incidents } from './incidents.mjs';
import { Inquiry } from './inquiry.mjs';
import { LoginCases } from './login_cases.mjs';
import { Notices } from './notices.mjs';
import { QuietCases } from './quiet_cases.mjs';
import { Safekeeping } from './safekeeping.mjs';
import { Upkeep } from './upkeep.mjs';

const watch = browser.loginWatch;
const getMessage = browser.i18n.getMessage;
const { version } = browser.runtime.getManifest();
const host = new HostClient({ connect: () => browser.runtime.connectNative('reprompt'), version });
const storedName = 'incidents';

/** Everything that needs the stored incidents waits for this; listeners themselves are added at once, so that they wake the page. */
const ready = (async () => {
  const { [storedName]: stored = [] } = await browser.storage.session.get(storedName);
  const incidents = new Incidents({ stored: Incidents.revive(stored) });
  const notices = new Notices({
    watch,
    getMessage,
    notify: (id, words) => browser.notifications.create(id, { type: 'basic', iconUrl: 'icons/reprompt.svg', ...words }),
    unnotify: (id) => browser.notifications.clear(id),
  });
  const outside = {
    watch,
    host,
    incidents,
    notices,
    getMessage,
    openPage: (/** @type {string} */ address) => browser.windows.openDefaultBrowser(address),
    openCard: (/** @type {string} */ id) =>
      browser.windows.create({
        type: 'popup',
        url: `card/card.html?incident=${encodeURIComponent(id)}`,
        width: 560,
        height: 520,
      }),
    changed: () => void browser.storage.session.set({ [storedName]: incidents.all }).catch(() => {}),
  };
  const safekeeping = new Safekeeping(outside);
  const upkeep = new Upkeep(outside);
  const inquiry = new Inquiry({ ...outside, upkeep });
  const quiet = new QuietCases({ ...outside, safekeeping, upkeep, inquiry });
  const cases = new LoginCases({ ...outside, safekeeping, upkeep, inquiry, quiet });
  const buttons = new ButtonActions({ ...outside, safekeeping, upkeep, quiet });
  upkeep.reconcile().catch(() => {});
  return { incidents, safekeeping, quiet, cases, buttons };
})();

watch.onLoginFailure.addListener(async (failure) => {
  const begun = performance.now();
  return (await ready).cases.onLoginFailure(failure, begun);
});
watch.onDialogChoice.addListener(async (answer) => (await ready).cases.onDialogChoice(answer));
watch.onHoldEnded.addListener(async (end) => (await ready).cases.onHoldEnded(end));
watch.onSilentFailure.addListener(async (failure) => (await ready).quiet.onSilentFailure(failure));
watch.onSignedIn.addListener(async (server) => (await ready).quiet.onSignedIn(server));
watch.onCredentialChanged.addListener(async (server) => (await ready).quiet.onCredentialChanged(server));
watch.onPromptClosed.addListener(async (end) => (await ready).quiet.onPromptClosed(end));
watch.onChecksResumed.addListener(async (server) => (await ready).quiet.onChecksResumed(server));
watch.onAttended.addListener(async () => (await ready).quiet.onAttended());
watch.onUnlocked.addListener(async () => (await ready).quiet.onUnlocked());
watch.onBarChoice.addListener(async (answer) => void (await (await ready).buttons.perform(answer)));
browser.notifications.onClicked.addListener(async (id) => void (await (await ready).buttons.perform({ id, choice: 'details' })));

/** What the card and the options page may ask. @type {Record<string, (message: any) => Promise<unknown>>} */
const questions = {
  hello: () => host.hello(),
  incidents: async () => (await ready).incidents.list(),
  incident: async ({ id }) => (await ready).incidents.find(id),
  oauth: ({ kind, key }) => watch.getOAuthSupport(kind, key),
  perform: async ({ id, choice }) => (await ready).buttons.perform({ id, choice }),
  vault: async () => (await ready).safekeeping.list(),
  undo: async ({ entry }) => (await ready).buttons.undo(entry),
};

browser.runtime.onMessage.addListener((message, sender) => {
  const question = Object.hasOwn(questions, message?.ask) && sender.id === browser.runtime.id ? questions[message.ask] : null;
  if (!question) return undefined;
  return question(message).then(
    (value) => ({ value }),
    (error) => ({ problem: error.code ?? 'internal', reason: String(error.message ?? error) }),
  );
});

browser.runtime.onInstalled.addListener(({ reason }) => {
  // In the background: the first start is the user's, not ours.
  if (reason === 'install') browser.tabs.create({ url: 'options/options.html', active: false }).catch(() => {});
});
