// SPDX-License-Identifier: MPL-2.0
// What the pages say about privacy, beside packaging/PRIVACY.md: whoever is talked to there is named here, in each language.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

const read = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');
const paper = read('../../packaging/PRIVACY.md');
/** A row of the paper's table, and how each language names it. */
const named = [
  { row: /own server/, en: /mail servers?\b/, ja: /メールサーバー/ },
  {
    row: /known provider/,
    en: /servers that your mail domain or a known provider names/,
    ja: /ドメインや既知のメールサービスが指定するサーバー/,
  },
  { row: /DNS/, en: /DNS.*mail domain when a password is checked/, ja: /DNS.*パスワードを確認するとき/ },
  { row: /autoconfig/, en: /autoconfig page/, ja: /自動設定ページ/ },
  { row: /proxy/, en: /proxy/, ja: /プロキシ/ },
];
const rows = paper
  .split(/^## What is sent, and to whom$/m)[1]
  .split(/^## /m)[0]
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(1)
  .map((line) => line.split('|')[1]);

test('the paper names those that the pages know, and no others', () => {
  assert.ok(rows.length >= named.length);
  for (const row of rows)
    assert.ok(
      named.some((one) => one.row.test(row)),
      row,
    );
  for (const { row } of named)
    assert.ok(
      rows.some((one) => row.test(one)),
      String(row),
    );
});

for (const language of /** @type {const} */ (['en', 'ja'])) {
  const texts = JSON.parse(read(`../_locales/${language}/messages.json`));
  /** @param {string} beginning */
  const said = (beginning) =>
    Object.keys(texts)
      .filter((key) => key.startsWith(beginning))
      .map((key) => texts[key].message)
      .join(' ');

  test(`each page names everybody who is talked to (${language})`, () => {
    const pages = { first_sends: named, basic_privacy_servers: named.filter(({ row }) => !row.test('a proxy')) };
    for (const [page, all] of Object.entries(pages)) for (const one of all) assert.match(said(page), one[language], page);
  });

  test(`what is kept and what is read is said (${language})`, () => {
    assert.match(paper, /each sign-in that was tried/);
    assert.match(said('basic_privacy_password'), { en: /a day.*fingerprint/, ja: /照合値を 1 日間/ }[language]);
    assert.match(said('basic_consent'), { en: /all your profiles/, ja: /すべてのプロファイル/ }[language]);
  });
}
