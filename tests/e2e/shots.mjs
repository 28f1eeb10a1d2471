// SPDX-License-Identifier: MPL-2.0
// What is photographed for tests/e2e/shots/index.html: every dialog, bar and page, from recorded incidents, in the language and scheme that
// Thunderbird has. Belongs here: the list, and how each is put up. Not here: Thunderbird's start and the index (shots.test.mjs).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decide } from '../../extension/decisions.mjs';
import { LoginCases } from '../../extension/login_cases.mjs';
import { Notices, barOf } from '../../extension/notices.mjs';
import { watchBars } from '../harness/bars.mjs';
import { openPage } from '../harness/pages.mjs';
import { allIncidents, incidentOf, seed, signInsOf, verdicts } from './recorded.mjs';

/** As browser.i18n.getMessage does it. @param {string} language */
export function messagesOf(language) {
  const texts = JSON.parse(readFileSync(new URL(`../../extension/_locales/${language}/messages.json`, import.meta.url), 'utf8'));
  return (key, words = []) => {
    const { message = '', placeholders = {} } = texts[key] ?? {};
    return message.replace(
      /\$(\w+)\$/g,
      (_all, name) => words[Number(placeholders[name.toLowerCase()].content.slice(1)) - 1] ?? '',
    );
  };
}

/** Times of day in the words of a dialog or bar, which are made here, in Thunderbird's language. @param {string} language */
function speakLike(language) {
  Date.prototype.toLocaleTimeString = function (locale = language, how = {}) {
    return new Intl.DateTimeFormat(locale, how).format(this);
  };
}

const hasOAuth = ({ hostname }) => /gmail|office365/.test(hostname);
const refused = 'stale_password';

/** Incidents in the states that a verdict alone does not show, by the name of the picture. */
const states = () => ({
  'asks-for-new': incidentOf(refused, { answer: 'newPassword', kept: true }),
  'prompt-closed': incidentOf(refused, { restored: true }),
  'no-keyring': incidentOf(refused, { problem: 'no_keyring' }),
  'primary-password': incidentOf(refused, { state: 'waiting' }),
  'helper-missing': incidentOf(refused, { verdict: null, state: 'closed', ended: 'failed', problem: 'host_missing' }),
  'other-direction': incidentOf(refused, {
    state: 'closed',
    ended: 'changed',
    endedAt: Date.now(),
    others: [{ kind: 'outgoing', key: 'smtp1', name: 'Work', outcome: 'asks' }],
  }),
  'settings-changed': incidentOf('tls_required', {
    repair: { step: 'works', change: 'x', before: { port: 25, socketType: 0 }, after: { port: 465, socketType: 3 } },
  }),
  'confirm-host': incidentOf('server_unreachable', { repair: { step: 'confirm' } }),
});

/** @param {string} text what a user reads */
export function assertReadable(text, about) {
  assert.ok(text.trim(), `${about} says nothing`);
  assert.doesNotMatch(text, /__MSG|\$[A-Z]+\$|undefined|\bnull\b|NaN|\[object/, about);
}

/**
 * @param {any} thunderbird @param {{language: 'en'|'ja', scheme: 'light'|'dark', folder: string}} how
 * @returns {Promise<{group: string, name: string, file: string}[]>} the pictures that were taken
 */
export async function takeAll(thunderbird, { language, scheme, folder }) {
  const getMessage = messagesOf(language);
  speakLike(language);
  const taken = [];
  const fileFor = (group, name) => {
    const file = `${group}-${name}-${language}-${scheme}.png`;
    taken.push({ group, name, file });
    return path.join(folder, file);
  };
  await takePages(thunderbird, fileFor);
  await takeBars(thunderbird, getMessage, fileFor);
  await takeDialogs(thunderbird, getMessage, fileFor);
  return taken;
}

const readyCard = `return !!document.querySelector('#heading')?.textContent;`;
const readyOptions = `return !!document.querySelector('#helper')?.textContent && !!document.querySelector('#health-summary').textContent
  && document.querySelector('#history').children.length > 0;`;
const readyPopup = `return !!document.querySelector('#summary')?.textContent;`;
const readyFirst = `return !!document.querySelector('#helper')?.textContent;`;

/** @param {any} thunderbird @param {string} url @param {string} ready @param {string} file @param {{width: number, before?: string}} how */
async function takePage(thunderbird, url, ready, file, { width, before }) {
  const page = await openPage(thunderbird, url, { ready });
  try {
    await page.width(width);
    if (before) await page.waitFor(before);
    assertReadable(await page.run('return document.body.innerText;'), file);
    assert.ok(
      await page.run('return document.documentElement.scrollWidth <= window.innerWidth;'),
      `${file} is wider than its window`,
    );
    await page.picture(file);
  } finally {
    await page.close();
  }
}

/** What the history holds: the same kinds of trouble, over. */
function historyOf() {
  const day = 24 * 60 * 60_000;
  const over = (code, ended, days, more = {}) =>
    incidentOf(code, {
      ...{ id: `history-${code}`, state: 'closed', ended, pause: null },
      ...{ at: Date.now() - days * day, lastAt: Date.now() - days * day, endedAt: Date.now() - days * day + 600_000 },
      ...more,
    });
  const incidents = [
    over('app_password_required', 'changed', 5),
    over('rate_limited', 'pause-over', 3),
    over('server_unreachable', 'signed-in', 2),
    over('username_format', 'try-again', 1),
  ];
  const { kind, key, verdict } = incidents[3];
  return { incidents, marks: [{ kind, key, rule: verdict.rule }] };
}

const settingChanges = () => [
  {
    ...{ id: 'change-1', kind: 'outgoing', key: 'smtp3', name: 'Family', why: 'tls_required', at: Date.now() - 3_600_000 },
    ...{ before: { port: 25, socketType: 0 }, after: { port: 465, socketType: 3 } },
  },
];

async function takePages(thunderbird, fileFor) {
  const start = await openPage(thunderbird, 'first_run/first_run.html', { ready: readyFirst });
  const local = { history: historyOf(), signIns: signInsOf(), settingChanges: settingChanges() };
  await seed(thunderbird, start, { incidents: allIncidents(), local });
  await start.close();
  const width = 600;
  for (const code of verdicts) {
    const url = `card/card.html?incident=recorded-${code}`;
    await takePage(thunderbird, url, readyCard, fileFor('card', code), { width });
  }
  const details = `document.querySelector('details').open = true; return true;`;
  const vault = `const kept = document.querySelector('#vault'); if (!kept.children.length) document.querySelector('#show-vault').click();
    return kept.querySelectorAll('button').length === 2;`;
  await takePage(thunderbird, `card/card.html?incident=recorded-${refused}`, readyCard, fileFor('card', 'details'), {
    width,
    before: details,
  });
  await takePage(thunderbird, 'card/card.html?incident=history-username_format', readyCard, fileFor('card', 'over'), {
    width,
    before: details,
  });
  await takePage(thunderbird, 'card/card.html?incident=gone', readyCard, fileFor('card', 'unknown'), { width });
  await takePage(thunderbird, 'popup/popup.html', readyPopup, fileFor('popup', 'needs-you'), { width: 400 });
  await takePage(thunderbird, 'popup/popup.html', readyPopup, fileFor('popup', 'accounts'), { width: 400, before: details });
  await takePage(thunderbird, 'options/options.html', readyOptions, fileFor('options', 'all'), { width: 1000 });
  await takePage(thunderbird, 'options/options.html', readyOptions, fileFor('options', 'narrow'), { width: 320 });
  await takePage(thunderbird, 'options/options.html', readyOptions, fileFor('options', 'old-passwords'), {
    width: 1000,
    before: vault,
  });
  await takePage(thunderbird, 'first_run/first_run.html', readyFirst, fileFor('first-run', 'ready'), { width: 800 });

  for (const [name, incident] of Object.entries(states())) {
    const page = await openPage(thunderbird, 'first_run/first_run.html', { ready: readyFirst });
    await seed(thunderbird, page, { incidents: [incident] });
    await page.close();
    await takePage(thunderbird, `card/card.html?incident=${incident.id}`, readyCard, fileFor('card', name), { width });
  }
  const page = await openPage(thunderbird, 'first_run/first_run.html', { ready: readyFirst });
  await withoutHelper(thunderbird, async () => {
    await seed(thunderbird, page, { incidents: [], local: { history: { incidents: [], marks: [] } } });
    await page.close();
    await takePage(thunderbird, 'first_run/first_run.html', readyFirst, fileFor('first-run', 'helper-missing'), { width: 800 });
  });
  await takePage(thunderbird, 'popup/popup.html', readyPopup, fileFor('popup', 'calm'), { width: 400 });
}

/** As for a user who has only the add-on. @param {any} thunderbird @param {() => Promise<void>} look */
async function withoutHelper(thunderbird, look) {
  const manifest = path.join(thunderbird.home, '.mozilla/native-messaging-hosts/reprompt.json');
  await rename(manifest, `${manifest}.away`);
  try {
    await look();
  } finally {
    await rename(`${manifest}.away`, manifest);
  }
}

const snapshotSource = String.raw`
const bitmap = await kept.shotWindow.browsingContext.currentWindowGlobal.drawSnapshot(kept.shotRect, 1, 'white', true);
const canvas = kept.shotWindow.document.createElementNS('http://www.w3.org/1999/xhtml', 'canvas');
canvas.width = bitmap.width; canvas.height = bitmap.height;
canvas.getContext('2d').drawImage(bitmap, 0, 0);
bitmap.close();
return canvas.toDataURL('image/png').split(',')[1];
`;

/** @param {string} file @param {string} base64 */
async function keep(file, base64) {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, Buffer.from(base64, 'base64'));
}

/** Every bar as notices.mjs words it, shown by the add-on's own part in the main window. */
async function takeBars(thunderbird, getMessage, fileFor) {
  const bars = watchBars(thunderbird);
  const page = await openPage(thunderbird, 'first_run/first_run.html', { ready: readyFirst });
  const incidents = { ...Object.fromEntries(verdicts.map((code) => [code, incidentOf(code)])), ...states() };
  for (const [name, incident] of Object.entries(incidents)) {
    const watch = {
      getOAuthSupport: async () => (hasOAuth(incident) ? { issuer: 'x' } : null),
      showBar: (...words) => page.run('await browser.loginWatch.showBar(...arg);', words),
    };
    const notices = new Notices({ watch, getMessage, notify: async () => {}, unnotify: async () => {} });
    await notices.show(incident);
    const bar = await bars.waitFor(barOf(incident));
    assertReadable([bar.text, ...bar.buttons].join('\n'), `bar ${name}`);
    const base64 = await thunderbird.eval(
      `const win = Services.wm.getMostRecentWindow('mail:3pane');
       const bar = win.document.querySelector('notification-message[value="reprompt-' + args.server + '"]');
       await new Promise(done => win.requestAnimationFrame(() => win.requestAnimationFrame(done)));
       kept.shotWindow = win;
       kept.shotRect = bar.getBoundingClientRect();
       ${snapshotSource}`,
      { server: barOf(incident) },
    );
    await keep(fileFor('bar', name), base64);
    await page.run('await browser.loginWatch.removeBar(arg);', barOf(incident));
  }
  await page.close();
}

/** Every dialog as login_cases.mjs words it, shown by Thunderbird's own prompt service. */
async function takeDialogs(thunderbird, getMessage, fileFor) {
  const decisions = verdicts.flatMap((code) => {
    const incident = incidentOf(code);
    const plan = decide(incident.verdict, { oauth: hasOAuth(incident), retried: false });
    return plan.kind === 'dialog'
      ? [[code, LoginCases.prototype.dialog.call({ getMessage }, incident, incident.verdict, plan.choices)]]
      : [];
  });
  for (const [name, { title, text, buttons }] of decisions) {
    assertReadable([title, text, ...buttons.map(({ label }) => label)].join('\n'), `dialog ${name}`);
    await thunderbird.eval(
      `const win = Services.wm.getMostRecentWindow('mail:3pane');
       const { prompt } = Services;
       const named = prompt.BUTTON_TITLE_IS_STRING;
       const [first, second, third] = args.labels;
       const flags = prompt.BUTTON_POS_0 * named + prompt.BUTTON_POS_1 * named + (third ? prompt.BUTTON_POS_2 * named : 0);
       win.setTimeout(() => prompt.confirmEx(null, args.title, args.text, flags, first, second, third ?? null, null, {}), 0);`,
      { title, text, labels: buttons.map(({ label }) => label) },
    );
    const dialog = await thunderbird.waitForDialog('choice');
    assert.equal(dialog.title, title);
    const base64 = await thunderbird.eval(
      `kept.shotWindow = [...Services.wm.getEnumerator(null)].find(win => win.repromptTestSerial === args.serial);
       const win = kept.shotWindow;
       await new Promise(done => win.requestAnimationFrame(() => win.requestAnimationFrame(done)));
       kept.shotRect = new win.DOMRect(0, 0, win.innerWidth, win.innerHeight);
       ${snapshotSource}`,
      { serial: dialog.serial },
    );
    await keep(fileFor('dialog', name), base64);
    await thunderbird.clickButton(dialog, 'cancel');
  }
}
