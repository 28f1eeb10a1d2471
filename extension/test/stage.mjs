// SPDX-License-Identifier: MPL-2.0
// The whole background on a stage where the test plays Thunderbird and the host. Belongs here: the stage. Does not belong here: what happens on it.
import { ButtonActions } from '../button_actions.mjs';
import { Directions } from '../directions.mjs';
import { Incidents } from '../incidents.mjs';
import { Inquiry } from '../inquiry.mjs';
import { LoginCases } from '../login_cases.mjs';
import { Notices } from '../notices.mjs';
import { OAuthSwitch } from '../oauth_switch.mjs';
import { PasswordChange } from '../password_change.mjs';
import { QuietCases } from '../quiet_cases.mjs';
import { Safekeeping } from '../safekeeping.mjs';
import { SettingChanges } from '../setting_changes.mjs';
import { SettingsRepair } from '../settings_repair.mjs';
import { Upkeep } from '../upkeep.mjs';
import { verdictMessage } from './fakes.mjs';

const notedCalls = [
  ...['reprompt', 'withdrawPrompt', 'signIn', 'signInWithOAuth', 'clearTokens', 'showBar', 'removeBar', 'setStatusText'],
  ...['pauseChecks', 'resumeChecks', 'markRejected', 'expectPassword', 'checkQuietly'],
];
/** Calls that only keep Thunderbird in step; a test that wants them asks for them by name. */
const upkeepCalls = ['pauseChecks', 'resumeChecks', 'markRejected', 'expectPassword', 'removeBar', 'unnotify', 'withdrawPrompt'];

/**
 * @typedef {object|Error|((listening: any, fields: any) => Promise<object>)} HostAnswer
 * @param {{verdict?: HostAnswer, vault?: HostAnswer, restored?: HostAnswer, credential?: object, direct?: boolean, way?: object, oauth?: object|null, trusted?: boolean,
 *   credentials?: Record<string, object>, links?: (kind: string, key: string) => object[], typed?: (kind: string, key: string) => boolean,
 *   preferences?: object, history?: object, attended?: boolean, servers?: object[], paused?: object[], sealKey?: string|null, stored?: object[]}} world
 */
export function play(world = {}) {
  const {
    verdict = verdictMessage('p', 'stale_password'),
    vault = { entries: [{}] },
    restored = null,
    direct = true,
    way = { direct, type: direct ? null : 'socks4' },
    oauth = null,
    trusted = true,
    servers = [],
    paused = [],
    stored = [],
  } = world;
  const did = [];
  const asked = [];
  const clock = { now: 1000, mono: 0 };
  const scene = { attended: world.attended ?? true, unlocks: true, restores: true, before: {} };
  const credential = { locked: false, stored: 'old', savedAt: 1, session: null, ...world.credential };
  const sealKey = world.sealKey === undefined ? 'a2V5' : world.sealKey;
  const note =
    (name) =>
    async (...words) =>
      void did.push([name, ...words]);
  const watch = {
    ...Object.fromEntries(notedCalls.map((name) => [name, note(name)])),
    getCredential: async (kind, key) => ({ ...credential, ...world.credentials?.[`${kind}:${key}`] }),
    getLinks: async (...server) => world.links?.(...server) ?? [],
    askForPassword: async (...server) => (did.push(['askForPassword', ...server]), world.typed?.(...server) ?? false),
    getSealKey: async () => (credential.locked ? null : sealKey),
    getOAuthSupport: async () => oauth,
    resolveProxy: async () => way,
    judgeChain: async (...facts) => (did.push(['judgeChain', ...facts]), { trusted, by: 'thunderbird' }),
    isAttended: async () => scene.attended,
    listServers: async () => servers,
    applySettings: async (...words) => (did.push(['applySettings', ...words]), scene.before),
    pausedChecks: async () => paused,
    restoreLogin: async (...words) => (did.push(['restoreLogin', ...words]), scene.restores),
    async unlock() {
      did.push(['unlock']);
      if (scene.unlocks) Object.assign(credential, { locked: false, stored: 'old' });
      return scene.unlocks;
    },
  };
  const answers = {
    vault_store: vault,
    vault_restore: restored,
    vault_list: { entries: [] },
    ledger_forget: { type: 'forgotten' },
  };
  const preferences = { otherDirection: 'ask', ...world.preferences };
  const host = {
    hold: () => () => {},
    async request(fields, listening) {
      asked.push(fields);
      const given = Object.hasOwn(answers, fields.type) ? answers[fields.type] : verdict;
      const answer = typeof given === 'function' ? await given(listening, fields) : given;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const time = { now: () => clock.now, mono: () => clock.mono };
  const incidents = new Incidents({ now: time.now, stored: Incidents.revive(stored) });
  const getMessage = (key, words = []) => (key === 'sentence_space' ? ' ' : [key, ...words].join('|'));
  const notices = new Notices({ watch, getMessage, notify: note('notify'), unnotify: note('unnotify') });
  const parts = {
    ...{ watch, host, incidents, notices, getMessage, ...time },
    history: world.history,
    openPage: note('openPage'),
    openCard: note('openCard'),
    changed() {},
  };
  parts.safekeeping = new Safekeeping(parts);
  parts.upkeep = new Upkeep(parts);
  parts.inquiry = new Inquiry(parts);
  parts.preferences = { read: async () => preferences, write: async (name, value) => void (preferences[name] = value) };
  parts.directions = new Directions(parts);
  parts.passwordChange = new PasswordChange(parts);
  parts.quiet = new QuietCases(parts);
  parts.changes = new SettingChanges({ ...parts, store: storeOf() });
  parts.repair = new SettingsRepair(parts);
  parts.oauth = new OAuthSwitch(parts);
  const cases = new LoginCases(parts);
  const buttons = new ButtonActions(parts);
  return {
    ...{ cases, buttons, incidents, watch, did, asked, clock, scene, credential },
    ...{ repair: parts.repair, changes: parts.changes, oauth: parts.oauth },
    ...{ directions: parts.directions, passwordChange: parts.passwordChange, preferences },
    ...{ quiet: parts.quiet, upkeep: parts.upkeep, safekeeping: parts.safekeeping, notices },
    /** What was done, without upkeep. */
    deeds: () => did.filter(([name]) => !upkeepCalls.includes(name)),
    names: () => did.map(([name]) => name).filter((name) => !upkeepCalls.includes(name)),
    calls: (name) => did.filter(([called]) => called === name).map(([, ...words]) => words),
    /** The last bar: its text and its choices. */
    bar() {
      const [, , , text, buttonList] = did.findLast(([name]) => name === 'showBar') ?? [];
      return text === undefined ? null : { text, choices: buttonList.map(({ choice }) => choice) };
    },
    types: () => asked.map(({ type }) => type),
    /** A failure whose box is held, decided, and ended as Thunderbird reports it. */
    async held(failure, end) {
      const decision = await cases.onLoginFailure(failure);
      if (end) await cases.onHoldEnded({ id: failure.id, ...end });
      return decision;
    },
  };
}

/** browser.storage.local */
export function storeOf(kept = {}) {
  return {
    get: async (name) => structuredClone({ [name]: kept[name] }),
    set: async (values) => void Object.assign(kept, structuredClone(values)),
  };
}

/** Lets everything that is under way, and not waiting for the test, run. */
export const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Something that the test lets go on. */
export function gate() {
  let open;
  const passed = new Promise((resolve) => {
    open = resolve;
  });
  return { passed, open };
}
