// SPDX-License-Identifier: MPL-2.0
// The papers tell of things that are there: files and folders, options of the program and of the scripts, tests that keep a promise.
// Belongs here: what can be looked up. Does not belong here: whether a sentence is true (the tests of that promise).

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const papers = [
  'README.md',
  'host/DESIGN.md',
  'host/rules/README.md',
  ...['PRIVACY', 'SECURITY', 'CONTRIBUTING', 'CHANGELOG'].map((name) => `packaging/${name}.md`),
];
const read = (/** @type {string} */ file) => readFileSync(join(root, file), 'utf8');

/** Made by a build or by the tests, so not always there. */
const made = ['dist/', 'build/', 'tests/e2e/shots', 'try/'];
const topFolders = ['host', 'extension', 'manifests', 'tests', 'packaging'];
/** Within these DESIGN.md leaves the first folder out: `net/drive`, `api/LoginWatch/trust.js`. */
const within = { 'host/DESIGN.md': ['host', 'extension', 'extension/api/LoginWatch'], 'host/rules/README.md': ['host/rules'] };

/** "net/drive" stands for drive.cpp or drive.hpp. @param {string} path */
const isThere = (path) => ['', '.cpp', '.hpp', '.mjs'].some((ending) => existsSync(join(root, path + ending)));

for (const paper of papers) {
  const text = read(paper);

  test(`${paper} links to files that are there`, () => {
    const broken = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
      .map(([, target]) => target)
      .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(root, dirname(paper), target)));
    assert.deepEqual(broken, []);
  });

  test(`${paper} names files and folders that are there`, () => {
    const folders = new Set([
      'base',
      'evidence',
      'protocol',
      'sasl',
      'net',
      'diagnose',
      'ledger',
      'probe',
      'app',
      'rules',
      'api',
      ...topFolders,
    ]);
    const missing = [...text.matchAll(/`([A-Za-z_]+\/[\w./-]*)`/g)]
      .map(([, path]) => path)
      .filter((path) => folders.has(path.split('/')[0]) && !made.some((folder) => path.startsWith(folder)))
      .filter((path) => ![path, ...(within[paper] ?? []).map((folder) => `${folder}/${path}`)].some(isThere));
    assert.deepEqual(missing, []);
  });
}

test('the options that the papers name are options', () => {
  const program = [...read('host/app/cli.cpp').matchAll(/"(--[a-z-]+)"/g)].map(([, option]) => option);
  const scripts = ['packaging/try', 'packaging/install', 'packaging/uninstall', 'packaging/build_xpi.mjs', 'tests/run'];
  const ofScripts = scripts.flatMap((file) => [...read(file).matchAll(/--[a-z]+/g)].map(([option]) => option));
  // Of other programs that the papers show: cmake.
  const known = new Set([...program, ...ofScripts, '--help', '--version', '--preset']);
  const unknown = papers.flatMap((paper) =>
    [...read(paper).matchAll(/(?<![\w-<!])--[a-z][a-z-]+/g)]
      .filter(([option]) => !known.has(option))
      .map(([option]) => `${paper}: ${option}`),
  );
  assert.deepEqual(unknown, []);
});

test("each invariant's tests, named in brackets in host/DESIGN.md, are there", () => {
  const list = (/** @type {string} */ folder) => readdirSync(join(root, folder));
  const files = {
    unit: (name) => list('tests/unit').some((file) => file.startsWith(name) && file.endsWith('_test.cpp')),
    servers: (name) => existsSync(join(root, `tests/servers/${name}.test.mjs`)),
    e2e: (name) => existsSync(join(root, `tests/e2e/${name}.test.mjs`)),
    extension: (name) => existsSync(join(root, `extension/test/${name}.test.mjs`)),
    fuzz: (name) => existsSync(join(root, `tests/fuzz/${name}_fuzz.cpp`)),
    transcripts: (name) => list('tests/transcripts').some((file) => file.includes(name)),
  };
  const invariants = read('host/DESIGN.md').split(/^## 7\. /m)[1];
  const numbers = [...invariants.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
  assert.deepEqual(
    numbers,
    Array.from({ length: 14 }, (_, at) => at + 1),
  );
  const brackets = [...invariants.matchAll(/\[((?:unit|servers|e2e|extension|fuzz|transcripts):[^\]]+)\]/g)];
  assert.ok(brackets.length >= numbers.length, 'an invariant without a test');
  for (const [, bracket] of brackets) {
    for (const part of bracket.split(';')) {
      const [kind, names] = part.trim().split(':');
      for (const name of names.split(',').map((each) => each.trim()))
        assert.ok(files[kind]?.(name), `${kind}: ${name} is no test (in "${bracket}")`);
    }
  }
});
