// SPDX-License-Identifier: MPL-2.0
// Every file that can carry a comment names its licence near the top.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const leftOut = new Set(['.git', 'build', 'dist', 'node_modules', 'corpus', 'shots', 'out']);
/** Formats without comments, and files that are data. */
const silent = new Set(['.json', '.jsonl', '.png', '.transcript', '.txt', '.pem', '.lock', '']);

function* files(folder) {
  for (const name of readdirSync(folder)) {
    if (leftOut.has(name)) continue;
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else yield path;
  }
}

const needsIt = (path) =>
  (!path.endsWith('.json.in') && !silent.has(extname(path))) || readFileSync(path, 'latin1').startsWith('#!');

test('every source file begins with its SPDX line', () => {
  const without = [...files(root)]
    .filter((path) => !/\/(LICENSE|VERSION|\.gitignore)$/.test(path))
    .filter(needsIt)
    .filter(
      (path) =>
        !readFileSync(path, 'utf8')
          .split('\n', 4)
          .some((line) => line.includes('SPDX-License-Identifier: MPL-2.0')),
    )
    .map((path) => relative(root, path));
  assert.deepEqual(without, []);
});
