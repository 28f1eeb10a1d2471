// SPDX-License-Identifier: MPL-2.0
// Words: every verdict has them, in both languages, and the server's words stay text.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { VERDICTS, choicesOf } from '../decisions.mjs';
import {
  buttonsOf,
  noVaultText,
  pauseText,
  plainWords,
  problemText,
  saidBy,
  sentenceOf,
  titleOf,
  withWords,
} from '../verdict_text.mjs';
import { verdictMessage } from './fakes.mjs';

const read = (language) => JSON.parse(readFileSync(new URL(`../_locales/${language}/messages.json`, import.meta.url), 'utf8'));
const locales = { en: read('en'), ja: read('ja') };
/** As browser.i18n.getMessage does it. */
const messages =
  (language) =>
  (key, words = []) => {
    const { message = '', placeholders = {} } = locales[language][key] ?? {};
    return message.replace(
      /\$([A-Z]+)\$/g,
      (_all, name) => words[Number(placeholders[name.toLowerCase()].content.slice(1)) - 1] ?? '',
    );
  };
const names = { account: 'Uni', server: 'imap.example.org', now: 0, locale: 'en' };

for (const language of Object.keys(locales)) {
  const getMessage = messages(language);
  test(`every verdict says what happened and what to do (${language})`, () => {
    for (const code of VERDICTS) {
      const verdict = verdictMessage('x', code);
      assert.match(titleOf(verdict, names, getMessage), /Uni|imap\.example\.org|internet|インターネット/);
      assert.match(sentenceOf(verdict, names, getMessage), /Uni/);
    }
  });
  test(`every button has a label (${language})`, () => {
    const all = VERDICTS.flatMap((code) =>
      [true, false].flatMap((oauth) =>
        choicesOf(verdictMessage('x', code, { may_clear: 'on_click', links: { a: 'https://a' }, advice: ['oauth2'] }), { oauth }),
      ),
    );
    for (const { label } of buttonsOf(
      [...new Set([...all, 'askAnyway', 'keep', 'details', 'tryNow', 'unlock', 'undo', 'putBack', 'leave'])],
      getMessage,
    ))
      assert.ok(label);
  });
}

test('both languages have the same messages with the same placeholders', () => {
  assert.deepEqual(Object.keys(locales.ja).sort(), Object.keys(locales.en).sort());
  for (const [key, { placeholders }] of Object.entries(locales.en))
    assert.deepEqual(locales.ja[key].placeholders, placeholders, key);
});

test('every placeholder in a message is declared', () => {
  for (const all of Object.values(locales)) {
    for (const [key, { message, placeholders = {} }] of Object.entries(all)) {
      const used = [...message.matchAll(/\$([A-Z]+)\$/g)].map(([, name]) => name.toLowerCase());
      assert.deepEqual([...new Set(used)].sort(), Object.keys(placeholders).sort(), key);
    }
  }
});

test('every message is used, and every message used exists', () => {
  const files = [
    'manifest.json',
    'inquiry.mjs',
    'login_cases.mjs',
    'notices.mjs',
    'verdict_text.mjs',
    'card/card.mjs',
    'options/options.mjs',
    'options/options.html',
  ];
  const source = files.map((file) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')).join('\n');
  for (const key of Object.keys(locales.en)) {
    if (!/^(verdict|problem|button)_/.test(key))
      assert.ok(new RegExp(`\\b(__MSG_)?${key}(__)?\\b`).test(source) || source.includes(`__MSG_${key}__`), `${key} is not used`);
  }
  for (const [, key] of source.matchAll(/(?:getMessage\(|say\(|data-text=|\[)['"]([a-z_]+)['"]/g)) {
    if (/^(bar|card|options|status|no_vault|paused|server|retry|undo)_/.test(key))
      assert.ok(locales.en[key], `${key} has no text`);
  }
});

test('a pause is told with its end as a time of day, or as lasting until the matter is settled', () => {
  const noon = new Date(2026, 0, 1, 12, 0).getTime();
  const sentence = sentenceOf(
    verdictMessage('x', 'rate_limited', { retry_after_s: 60 }),
    { ...names, pause: { until: noon }, locale: 'de' },
    messages('en'),
  );
  assert.match(sentence, /stops checking this account until about 12:00\.$/, 'and the time of the server is not told beside it');
  assert.match(pauseText({ until: noon }, messages('ja'), 'ja'), /12:00 ごろまで/);
  assert.match(pauseText({ until: null }, messages('en')), /not checked automatically/);
  assert.equal(pauseText(null, messages('en')), '');
});

test('every failure of ours is told in plain words, also one that nobody thought of', () => {
  for (const language of Object.keys(locales)) {
    for (const code of [
      ...['host_missing', 'host_gone', 'timeout', 'version_mismatch', 'bad_response', 'busy', 'proxy', 'interrupted', 'late'],
      ...['locked', 'no_keyring', 'keyring_locked', 'account_gone', 'not_found', 'not_allowed', 'internal', 'no such code'],
    ])
      assert.ok(problemText(code, messages(language)), `${language} ${code}`);
  }
  assert.notEqual(noVaultText('no_keyring', 'Uni', messages('en')), noVaultText('keyring_locked', 'Uni', messages('en')));
});

test("the server's words are cut, and lose their control characters", () => {
  assert.equal(plainWords(['a\u0007b\u0085c', 'd']), 'a b c\nd');
  assert.equal(plainWords(['a12 NO [ALERT] x', 'a1 x']), 'NO [ALERT] x\na1 x');
  assert.equal(plainWords(['x'.repeat(2000)]).length, 512);
  assert.equal(saidBy([], messages('en')), '');
  assert.equal(withWords('S.', ['<b>no</b>'], messages('en')), 'S.\n\nThe server said:\n<b>no</b>');
});

test('a time named by the server is told as a time of day', () => {
  const sentence = sentenceOf(
    verdictMessage('x', 'rate_limited', { retry_after_s: 1800 }),
    { ...names, now: Date.UTC(2026, 0, 1, 12) },
    messages('en'),
  );
  assert.match(sentence, /about \d\d:\d\d/);
});

test('a word we do not know is told as inconclusive', () => {
  assert.equal(
    titleOf(verdictMessage('x', 'brand_new'), names, messages('en')),
    titleOf(verdictMessage('x', 'inconclusive'), names, messages('en')),
  );
});
