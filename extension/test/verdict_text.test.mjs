// SPDX-License-Identifier: MPL-2.0
// Words: every verdict has them, in both languages, and the server's words stay text.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { VERDICTS, choicesOf } from '../decisions.mjs';
import {
  adviceOf,
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
/** Each message is its own name. @param {string} key */
const keys = (key) => (key === 'sentence_space' ? ' ' : key);
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
  test(`a port without sign-in is said to be one, and no other method is asked for (${language})`, () => {
    const verdict = verdictMessage('x', 'mechanism_unsupported', { rule: 'caps.no-sign-in' });
    assert.match(titleOf(verdict, names, getMessage), /Uni/);
    assert.match(sentenceOf(verdict, names, getMessage), /imap\.example\.org.*(port|ポート).*465/s);
    assert.ok(!choicesOf(verdict, { oauth: true }).includes('switchOAuth'));
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

/** Everything that ships and may name a message. */
const sources = () =>
  ['.', 'api/LoginWatch', 'basic', 'card', 'first_run', 'options', 'popup'].flatMap((folder) => {
    const place = new URL(`../${folder}/`, import.meta.url);
    const names = readdirSync(place).filter((name) => /\.(mjs|js|html)$|^manifest\.json$/.test(name));
    return names.map((name) => readFileSync(new URL(name, place), 'utf8'));
  });

test('every message is used, and every message used exists', () => {
  const source = sources().join('\n');
  const words = new Set(source.match(/\w+/g));
  /** Names that are put together: `health_${state}`. */
  const beginnings = [...source.matchAll(/`(?:button_)?([a-z]\w*_)\$\{/g)].map(([, beginning]) => beginning);
  for (const key of Object.keys(locales.en)) {
    const isPutTogether = key.startsWith('button_') || beginnings.some((beginning) => key.startsWith(beginning));
    assert.ok(isPutTogether || words.has(key) || words.has(`__MSG_${key}__`), `${key} is not used`);
  }
  for (const [, key] of source.matchAll(/(?:getMessage\(|data-(?:text|label)=)['"](\w+)['"]/g))
    assert.ok(locales.en[key], `${key} has no text`);
});

test('a pause is told with its end as a time of day, or as lasting until the matter is settled', () => {
  const noon = new Date(2026, 0, 1, 12, 0).getTime();
  const sentence = sentenceOf(
    verdictMessage('x', 'rate_limited', { retry_after_s: 60 }),
    { ...names, pause: { until: noon }, locale: 'de' },
    messages('en'),
  );
  assert.match(
    sentence,
    /stops checking this account until about 12:00, then goes on by itself\.$/,
    'and the time of the server is not told beside it',
  );
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
  assert.equal(
    plainWords(['\u202eevil\u202c pass\u200bword \u2066x\u2069\u00ad\u3164\u{e0041}\u2028<b>']),
    '\\u{202E}evil\\u{202C} pass\\u{200B}word \\u{2066}x\\u{2069}\\u{AD}\\u{3164}\\u{E0041}\\u{2028}<b>',
  );
  assert.equal(plainWords(['葛\u{e0100}城さん \u26a0\ufe0f']), '葛\u{e0100}城さん \u26a0\ufe0f');
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

test('Japanese sentences follow each other without a blank, English ones with one', () => {
  const verdict = verdictMessage('x', 'rate_limited', { retry_after_s: 600 });
  assert.match(sentenceOf(verdict, names, messages('ja')), /。[^\s]/);
  assert.doesNotMatch(sentenceOf(verdict, names, messages('ja')), /。\s/);
  assert.match(sentenceOf(verdict, names, messages('en')), /\. The server names a time/);
});

test('an app password: where to paste it, and what it needs first where the rules know that', () => {
  for (const [advice, said] of [
    [['app_password'], ['advice_paste']],
    [
      ['app_password', 'two_step_first'],
      ['advice_two_step_first', 'advice_paste'],
    ],
  ]) {
    const verdict = verdictMessage('x', 'app_password_required', { advice });
    assert.equal(adviceOf(verdict, { type: 'imap' }, keys), said.join(' '));
  }
  assert.match(
    adviceOf(verdictMessage('x', 'app_password_required'), { type: 'imap' }, messages('en')),
    /choose “Enter app password” and paste it/,
  );
  const stale = verdictMessage('x', 'stale_password', { advice: ['app_password', 'two_step_first'] });
  assert.equal(adviceOf(stale, { type: 'imap' }, keys), 'advice_app_password advice_two_step_first');
  assert.equal(adviceOf(verdictMessage('x', 'stale_password'), { type: 'imap' }, keys), '');
});

test('a protocol that is switched off is named, with the one that is on if the server says so, and what becomes of the mail', () => {
  const off = verdictMessage('x', 'protocol_disabled');
  for (const [type, name] of [
    ['imap', /IMAP is switched off/],
    ['pop3', /POP3 is switched off/],
    ['smtp', /Sending from mail programs \(SMTP\) is switched off/],
  ])
    assert.match(sentenceOf(off, { ...names, type }, messages('en')), name);
  for (const [type, advice, said] of [
    ['pop3', ['enable_pop'], 'advice_kept_pop3'],
    ['pop3', ['enable_pop', 'use_imap'], 'advice_on_imap advice_kept_pop3'],
    ['imap', ['enable_imap'], 'advice_kept_imap'],
    ['imap', ['enable_imap', 'use_pop'], 'advice_on_pop3 advice_kept_imap'],
    ['imap', ['use_imap'], 'advice_kept_imap'],
    ['smtp', ['enable_smtp'], ''],
  ])
    assert.equal(adviceOf({ ...off, advice }, { type }, keys), said);
});
