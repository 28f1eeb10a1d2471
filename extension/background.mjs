// SPDX-License-Identifier: MPL-2.0
// The background event page: wires Thunderbird's events, the host, the stored incidents and the pages together, and nothing else.
import { HostClient } from './host_client.mjs';
import { Incidents } from './incidents.mjs';
import { LoginCases } from './login_cases.mjs';

const watch = browser.loginWatch;
const getMessage = browser.i18n.getMessage;
const { version } = browser.runtime.getManifest();
const host = new HostClient({ connect: () => browser.runtime.connectNative('reprompt'), version });
const storedName = 'incidents';

/** Everything that needs the stored incidents waits for this; listeners themselves are added at once, so that they wake the page. */
const ready = (async () => {
  const { [storedName]: stored = [] } = await browser.storage.session.get(storedName);
  const incidents = new Incidents({ stored: Incidents.revive(stored) });
  const cases = new LoginCases({
    watch,
    host,
    incidents,
    getMessage,
    openPage: (address) => browser.windows.openDefaultBrowser(address),
    openCard: (id) =>
      browser.windows.create({
        type: 'popup',
        url: `card/card.html?incident=${encodeURIComponent(id)}`,
        width: 560,
        height: 520,
      }),
    changed: () => void browser.storage.session.set({ [storedName]: incidents.all }).catch(() => {}),
  });
  return { incidents, cases };
})();

watch.onLoginFailure.addListener(async (failure) => (await ready).cases.onLoginFailure(failure));
watch.onDialogChoice.addListener(async (answer) => (await ready).cases.onDialogChoice(answer));
watch.onHoldEnded.addListener(async (end) => (await ready).cases.onHoldEnded(end));
watch.onCredentialChanged.addListener(async (server) => (await ready).cases.onCredentialChanged(server));
watch.onBarChoice.addListener(async (answer) => void (await (await ready).cases.perform(answer)));

/** What the card and the options page may ask. @type {Record<string, (message: any) => Promise<unknown>>} */
const questions = {
  hello: () => host.hello(),
  incidents: async () => (await ready).incidents.list(),
  incident: async ({ id }) => (await ready).incidents.find(id),
  oauth: ({ kind, key }) => watch.getOAuthSupport(kind, key),
  perform: async ({ id, choice }) => (await ready).cases.perform({ id, choice }),
  vault: async () => (await host.request({ type: 'vault_list' }, { timeoutMs: 10_000 })).entries,
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
