// SPDX-License-Identifier: MPL-2.0
// The background event page: wires Thunderbird's events, the host, the stored incidents and the pages together, and nothing else.
import { AccountMenu } from './account_menu.mjs';
import { ButtonActions } from './button_actions.mjs';
import { makeReport } from './card/report.mjs';
import { Directions } from './directions.mjs';
import { countOf } from './health.mjs';
import { History } from './history.mjs';
import { HostClient } from './host_client.mjs';
import { Incidents } from './incidents.mjs';
import { Inquiry } from './inquiry.mjs';
import { LoginCases } from './login_cases.mjs';
import { Notices } from './notices.mjs';
import { OAuthSwitch } from './oauth_switch.mjs';
import { organisationRules } from './organisation.mjs';
import { PageQuestions } from './page_questions.mjs';
import { PasswordChange } from './password_change.mjs';
import { readPreferences, writePreference } from './preferences.mjs';
import { QuietCases } from './quiet_cases.mjs';
import { Safekeeping } from './safekeeping.mjs';
import { SettingChanges } from './setting_changes.mjs';
import { SettingsRepair } from './settings_repair.mjs';
import { Upkeep } from './upkeep.mjs';
import { problemText } from './verdict_text.mjs';

const watch = browser.loginWatch;
const getMessage = browser.i18n.getMessage;
const { version } = browser.runtime.getManifest();
const host = new HostClient({ connect: () => browser.runtime.connectNative('reprompt'), version });
const storedName = 'incidents';
const badgeColour = '#4a6fa5';

/** How many incidents are open, on the toolbar button. @param {number} count */
function showBadge(count) {
  browser.action.setBadgeText({ text: count ? String(count) : '' }).catch(() => {});
  browser.action.setBadgeBackgroundColor({ color: badgeColour }).catch(() => {});
  const title = count ? getMessage('action_title_open', [String(count)]) : getMessage('action_title');
  browser.action.setTitle({ title }).catch(() => {});
}

/** @param {string} id of an incident */
const openCard = (id) =>
  browser.windows.create({ type: 'popup', url: `card/card.html?incident=${encodeURIComponent(id)}`, width: 600, height: 560 });

/** Everything that needs the stored incidents waits for this; listeners themselves are added at once, so that they wake the page. */
const ready = (async () => {
  const { [storedName]: stored = [], started = Date.now() } = await browser.storage.session.get([storedName, 'started']);
  browser.storage.session.set({ started }).catch(() => {});
  const kept = await browser.storage.local.get(['history', 'signIns']);
  const organisation = await organisationRules({ watch, managed: browser.storage.managed });
  host.organisationRules = organisation.text;
  const incidents = new Incidents({ stored: Incidents.revive(stored) });
  const history = new History({ stored: kept.history, store: (all) => browser.storage.local.set({ history: all }) });
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
    openCard,
    changed() {
      browser.storage.session.set({ [storedName]: incidents.all }).catch(() => {});
      history.note(incidents.all);
      showBadge(countOf(incidents.all));
    },
    history,
  };
  const safekeeping = new Safekeeping(outside);
  const upkeep = new Upkeep(outside);
  const changes = new SettingChanges({ watch, store: browser.storage.local });
  const repair = new SettingsRepair({ ...outside, upkeep, changes });
  const inquiry = new Inquiry({ ...outside, upkeep });
  const oauth = new OAuthSwitch({ ...outside, safekeeping, changes });
  const preferences = { read: readPreferences, write: writePreference };
  const directions = new Directions({ ...outside, safekeeping, upkeep, inquiry, preferences });
  const quiet = new QuietCases({ ...outside, safekeeping, upkeep, inquiry, directions });
  const cases = new LoginCases({ ...outside, safekeeping, upkeep, inquiry, quiet, repair, oauth });
  const passwordChange = new PasswordChange({ ...outside, safekeeping, upkeep, inquiry, directions });
  const buttons = new ButtonActions({ ...outside, safekeeping, upkeep, quiet, repair, oauth, passwordChange, directions });
  const pages = new PageQuestions({
    ...outside,
    signIns: kept.signIns,
    storeSignIns: (signIns) => browser.storage.local.set({ signIns }),
    started,
  });
  upkeep.reconcile().catch(() => {});
  return { organisation, incidents, history, pages, safekeeping, quiet, changes, repair, oauth, cases, passwordChange, buttons };
})();

watch.onLoginFailure.addListener(async (failure) => {
  const begun = performance.now();
  const { oauth, cases } = await ready;
  return (await oauth.takesBack(failure)) ? { action: 'cancel' } : cases.onLoginFailure(failure, begun);
});
watch.onDialogChoice.addListener(async (answer) => (await ready).cases.onDialogChoice(answer));
watch.onHoldEnded.addListener(async (end) => (await ready).cases.onHoldEnded(end));
watch.onSilentFailure.addListener(async (failure) => {
  const { oauth, quiet } = await ready;
  if (!(await oauth.takesBack(failure))) await quiet.onSilentFailure(failure);
});
watch.onSignedIn.addListener(async (server) => {
  const { quiet, repair, oauth, pages } = await ready;
  await quiet.onSignedIn(server, { byToken: oauth.isNewSignIn(server) });
  await oauth.offerNext(server);
  await repair.onSignedIn(server);
  pages.onSignedIn(server);
});
watch.onCredentialChanged.addListener(async (server) => (await ready).quiet.onCredentialChanged(server));
watch.onPromptClosed.addListener(async (end) => (await ready).quiet.onPromptClosed(end));
watch.onChecksResumed.addListener(async (server) => (await ready).quiet.onChecksResumed(server));
watch.onAttended.addListener(async () => (await ready).quiet.onAttended());
watch.onNetworkBack.addListener(async () => (await ready).quiet.onNetworkBack());
watch.onUnlocked.addListener(async () => (await ready).quiet.onUnlocked());
watch.onSignInEnded.addListener(async (end) => (await ready).oauth.onSignInEnded(end));
watch.onBarChoice.addListener(async (answer) => (await ready).buttons.pressed(answer));
browser.notifications.onClicked.addListener(async (id) => void (await (await ready).buttons.perform({ id, choice: 'details' })));

const reporting = {
  host,
  watch,
  versions: async () => {
    const [{ version: thunderbird }, { os }] = await Promise.all([
      browser.runtime.getBrowserInfo(),
      browser.runtime.getPlatformInfo(),
    ]);
    return { addOn: version, thunderbird, system: os };
  },
};

/** What the pages may ask. @type {Record<string, (message: any) => Promise<unknown>>} */
const questions = {
  hello: async () => {
    const { organisation } = await ready;
    const { rule_complaints: complaints = [], ...answer } = await host.hello();
    return { ...answer, rule_complaints: organisation.problem ? [organisation.problem, ...complaints] : complaints };
  },
  sandbox: () => watch.getSandbox(),
  report: async ({ id }) => {
    const { pages, history } = await ready;
    const incident = pages.find(id);
    return incident && makeReport(history.told(incident), { ...reporting, hideServer: (await readPreferences()).hideServer });
  },
  incidents: async () => (await ready).incidents.list(),
  incident: async ({ id }) => (await ready).pages.find(id),
  openCard: ({ id }) => openCard(id).then(() => null),
  telling: async ({ id }) => (await ready).pages.telling(id),
  health: async () => (await ready).pages.health(),
  history: async () => (await ready).history.list(),
  notTheCause: async ({ id, marked }) => (await ready).pages.notTheCause(id, marked),
  clearHistory: async () => (await ready).history.clear(),
  changePassword: async ({ kind, key }) => (await ready).passwordChange.changePassword({ kind, key }),
  oauth: ({ kind, key }) => watch.getOAuthSupport(kind, key),
  perform: async ({ id, choice }) => (await ready).buttons.perform({ id, choice }),
  vault: async () => (await ready).safekeeping.list(),
  undo: async ({ entry }) => (await ready).buttons.undo(entry),
  settingChanges: async () => (await ready).changes.list(),
  undoSettings: async ({ id }) => (await ready).repair.undoChange(id),
};

browser.runtime.onMessage.addListener((message, sender) => {
  const question = Object.hasOwn(questions, message?.ask) && sender.id === browser.runtime.id ? questions[message.ask] : null;
  if (!question) return undefined;
  return question(message).then(
    (value) => ({ value }),
    (error) => ({ problem: error.code ?? 'internal', reason: String(error.message ?? error) }),
  );
});

const chosen = async (/** @type {import('./types/loginwatch').ServerName} */ server) =>
  (await ready).passwordChange.changePassword(server);
const failed = (/** @type {string} */ problem) =>
  browser.notifications.create({
    ...{ type: 'basic', iconUrl: 'icons/reprompt.svg' },
    ...{ title: getMessage('button_changePassword'), message: problemText(problem, getMessage) },
  });
new AccountMenu({ menus: browser.menus, watch, getMessage, chosen, failed }).start();

browser.runtime.onInstalled.addListener(({ reason }) => {
  // In the background: the first start is the user's, not ours.
  if (reason === 'install') browser.tabs.create({ url: 'first_run/first_run.html', active: false }).catch(() => {});
});
