// SPDX-License-Identifier: MPL-2.0
// The manifest and the Experiment's schema agree with the code.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';

const here = new URL('../', import.meta.url);
const text = (name) => readFileSync(new URL(name, here), 'utf8');
const manifest = JSON.parse(text('manifest.json'));
const [schema] = JSON.parse(text('api/LoginWatch/schema.json'));
const implementation = text('api/LoginWatch/implementation.js');

test('the add-on is for Thunderbird 153 and asks for no more than it needs', () => {
  const { id, strict_min_version, strict_max_version } = manifest.browser_specific_settings.gecko;
  assert.deepEqual([id, strict_min_version, strict_max_version], ['reprompt@reprompt.example', '153.0', '153.*']);
  assert.equal(manifest.manifest_version, 3);
  assert.deepEqual(manifest.permissions, ['nativeMessaging', 'storage']);
});

test('every file the manifest names exists', () => {
  const { parent, schema: schemaFile } = manifest.experiment_apis.loginWatch;
  const named = [
    ...Object.values(manifest.icons),
    ...manifest.background.scripts,
    manifest.options_ui.page,
    parent.script,
    schemaFile,
  ];
  for (const name of named) assert.ok(existsSync(new URL(name, here)), name);
});

test('every part the Experiment loads exists', () => {
  const [, list] = implementation.match(/for \(const file of \[([^\]]+)\]/);
  const files = [...list.matchAll(/'([a-z_]+\.js)'/g)].map(([, name]) => name);
  assert.deepEqual(
    [...files, 'implementation.js'].sort(),
    readdirSync(new URL('api/LoginWatch/', here))
      .filter((name) => name.endsWith('.js'))
      .sort(),
  );
});

test('schema and implementation name the same functions and events', () => {
  for (const { name } of schema.functions) assert.match(implementation, new RegExp(`\\b${name}(:|\\()`), name);
  for (const { name } of schema.events) assert.match(implementation, new RegExp(`${name}: event\\('${name}'\\)`), name);
});

test('no page takes markup from a string, and none has inline script', () => {
  for (const folder of ['card', 'options']) {
    for (const name of readdirSync(new URL(`${folder}/`, here))) {
      const source = text(`${folder}/${name}`);
      assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\son[a-z]+=|\bstyle=/, name);
    }
  }
});
