// SPDX-License-Identifier: MPL-2.0
// Pictures of everything that Reprompt shows, in both languages, light and dark, for people to look at: tests/e2e/shots/index.html.
// Belongs here: the run and the index. Not here: what is photographed (shots.mjs), whether the pages can be used (pages.test.mjs).
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startNative } from '../harness/host.mjs';
import { useScheme } from '../harness/pages.mjs';
import { accountsOf } from './recorded.mjs';
import { takeAll } from './shots.mjs';
import { story } from './world.mjs';

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'shots');
const languages = { en: 'en-US', ja: 'ja' };
const schemes = ['light', 'dark'];
/** @type {Map<string, Map<string, string[]>>} group -> name -> files */
const pictures = new Map();
await rm(folder, { recursive: true, force: true });

for (const [language, locale] of Object.entries(languages)) {
  story(`every dialog, bar and page can be looked at, light and dark (${language})`, async (world) => {
    const thunderbird = await world.thunderbird({ locale, ...accountsOf() });
    await keepOldPasswords(world, thunderbird);
    for (const scheme of schemes) {
      await useScheme(thunderbird, scheme);
      const taken = await takeAll(thunderbird, { language, scheme, folder });
      assert.ok(taken.length > 70, `${taken.length} pictures`);
      for (const { group, name, file } of taken) {
        if (!pictures.has(group)) pictures.set(group, new Map());
        const names = pictures.get(group);
        names.set(name, [...(names.get(name) ?? []), file]);
      }
      await writeIndex();
    }
    // Thunderbird's own words about a page that is closed while the background begins anew, and about the helper that was taken away.
    const errors = (await thunderbird.addonErrors()).filter((line) => !/closed conduit|No such native application/.test(line));
    assert.deepEqual(errors, []);
  });
}

/** Two old passwords in the vault, as after a change. */
async function keepOldPasswords(world, { home }) {
  const host = startNative({ home: { env: { ...process.env, ...world.keyring.env, HOME: home } } });
  const seal_key = Buffer.alloc(32, 1).toString('base64');
  for (const [protocol, name, port] of [
    ['imap', 'imap.example.org', 993],
    ['smtp', 'smtp.example.org', 587],
  ]) {
    const account = { protocol, host: name, port, user: 'alice@example.org' };
    const { type } = await host.ask('vault_store', { account, secret: 'an old one', seal_key });
    assert.equal(type, 'vault');
  }
  await host.close();
}

/** One row per thing shown; the names are ours, so nothing has to be escaped. */
async function writeIndex() {
  const columns = Object.keys(languages).flatMap((language) => schemes.map((scheme) => `${language}-${scheme}`));
  const cell = (files, column) => {
    const file = files.find((one) => one.endsWith(`-${column}.png`));
    return file ? `<td><a href="${file}"><img src="${file}" alt="${file}" loading="lazy"></a></td>` : '<td></td>';
  };
  const groups = [...pictures].map(([group, names]) => {
    const rows = [...names].map(
      ([name, files]) => `<tr><th>${name}</th>${columns.map((column) => cell(files, column)).join('')}</tr>`,
    );
    return `<h2>${group}</h2>\n<table><tr><th></th>${columns.map((one) => `<th>${one}</th>`).join('')}</tr>\n${rows.join('\n')}\n</table>`;
  });
  const style =
    'body{font:message-box;margin:1rem}table{border-collapse:collapse}td,th{padding:.3rem;vertical-align:top}img{max-width:340px;border:1px solid #8888}';
  const html = `<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>What Reprompt shows</title><style>${style}</style>\n<h1>What Reprompt shows</h1>\n${groups.join('\n')}\n</html>\n`;
  await writeFile(path.join(folder, 'index.html'), html);
}
