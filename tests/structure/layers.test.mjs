// SPDX-License-Identifier: MPL-2.0
// The host's folders depend only downward, as host/DESIGN.md draws them.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const host = fileURLToPath(new URL('../../host', import.meta.url));

/** From the bottom; folders of one row do not know each other but for `allowed`. */
const rows = [['base'], ['evidence'], ['protocol', 'sasl'], ['net'], ['diagnose', 'ledger'], ['probe'], ['app']];
const rowOf = new Map(rows.flatMap((row, at) => row.map((folder) => [folder, at])));

/** Looks sideways, each in one direction only: sessions speak through SASL mechanisms; a ledger entry holds a verdict, and a rule names the realm. */
const allowed = new Set(['protocol -> sasl', 'ledger -> diagnose']);

function violations() {
  const found = [];
  for (const folder of readdirSync(host, { withFileTypes: true })
    .filter((each) => each.isDirectory())
    .map((each) => each.name)) {
    for (const file of readdirSync(join(host, folder)).filter((name) => /\.[ch]pp$/.test(name))) {
      for (const [, included] of readFileSync(join(host, folder, file), 'utf8').matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)) {
        const target = included.includes('/') ? included.split('/')[0] : folder;
        const known = rowOf.has(folder) && rowOf.has(target);
        if (!known) found.push(`host/${folder}/${file} includes "${included}": a folder the design does not know`);
        else if (target !== folder && rowOf.get(target) >= rowOf.get(folder) && !allowed.has(`${folder} -> ${target}`))
          found.push(`host/${folder}/${file} includes "${included}": ${folder} must not know ${target}`);
      }
    }
  }
  return found;
}

test('no folder of the host includes a header of a folder beside or above it', () => {
  assert.deepEqual(violations(), []);
});

test('protocol, sasl and diagnose do no input and output', () => {
  const forbidden =
    /^\s*#\s*include\s+<(sys\/socket|sys\/stat|netdb|poll|unistd|fcntl|fstream|filesystem|iostream|thread|chrono|ctime|openssl\/ssl)(\.h)?>/gm;
  const found = [];
  for (const folder of ['protocol', 'sasl', 'diagnose']) {
    for (const file of readdirSync(join(host, folder)).filter((name) => /\.[ch]pp$/.test(name))) {
      // Rule files are read from disk here, and nowhere else in these folders.
      if (file.startsWith('rules_load')) continue;
      for (const [, header] of readFileSync(join(host, folder, file), 'utf8').matchAll(forbidden))
        found.push(`host/${folder}/${file} includes <${header}>`);
    }
  }
  assert.deepEqual(found, []);
});
