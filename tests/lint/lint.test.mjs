// SPDX-License-Identifier: MPL-2.0
// `web-ext lint` (Mozilla's add-on linter) on what both .xpi files hold. It knows Firefox only: what it says about Thunderbird's own APIs and about
// Experiments is listed here word for word, and nothing else may come. Belongs here: that linter. Not here: rules of our own
// (extension/test/packages.test.mjs). Needs `npm ci` in this folder.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { filesOf } from '../../packaging/xpi_files.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

const thunderbirdOnly = [
  'warning manifest.json MANIFEST_PERMISSIONS /permissions: Invalid permissions "accountsRead" at 0.',
  // Firefox asks for it since version 140; Thunderbird has no such key.
  'warning manifest.json MISSING_DATA_COLLECTION_PERMISSIONS The "data_collection_permissions" property is missing.',
];
const expected = {
  full: [
    ...thunderbirdOnly,
    'error manifest.json MANIFEST_FIELD_PRIVILEGED /experiment_apis: privileged manifest fields are only allowed in privileged extensions.',
    'notice manifest.json STRICT_MAX_VERSION "strict_max_version" not required.',
    'warning background.mjs UNSUPPORTED_API windows.openDefaultBrowser is not supported',
  ],
  basic: [
    ...thunderbirdOnly,
    'warning basic/account_view.mjs UNSUPPORTED_API windows.openDefaultBrowser is not supported',
    'warning basic/check.mjs UNSUPPORTED_API accounts.list is not supported',
  ],
};

/** @param {string} folder @returns {Promise<string[]>} a line for each thing it says */
async function lint(folder) {
  const program = path.join(here, 'node_modules/web-ext/bin/web-ext.js');
  const words = [
    '--require',
    path.join(here, 'file_global.cjs'),
    program,
    'lint',
    '--source-dir',
    folder,
    '--output',
    'json',
    '--boring',
  ];
  // Its exit status says only whether there were errors.
  const output = await new Promise((done) =>
    execFile(process.execPath, words, { maxBuffer: 64e6, timeout: 120_000 }, (_error, stdout, stderr) => done(stdout || stderr)),
  );
  const { errors, warnings, notices } = JSON.parse(output);
  return [...errors, ...warnings, ...notices].map(({ _type, file, code, message }) => `${_type} ${file} ${code} ${message}`);
}

for (const build of /** @type {const} */ (['full', 'basic'])) {
  test(`web-ext lint finds nothing but what it cannot know of Thunderbird (${build})`, async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), `reprompt-lint-${build}-`));
    t.after(() => rm(folder, { recursive: true }));
    for (const { name, content } of await filesOf(build)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), content);
    }
    assert.deepEqual((await lint(folder)).sort(), [...expected[build]].sort());
  });
}

test('what is forbidden would be found', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'reprompt-lint-wrong-'));
  t.after(() => rm(folder, { recursive: true }));
  const manifest = { manifest_version: 3, name: 'x', version: '1', background: { scripts: ['x.js'] } };
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  await writeFile(path.join(folder, 'x.js'), 'document.body.innerHTML = location.hash;\neval(location.hash);\n');
  const found = (await lint(folder)).join('\n');
  assert.match(found, /UNSAFE_VAR_ASSIGNMENT/);
  assert.match(found, /DANGEROUS_EVAL|NO_EVAL|no-eval/i);
});
