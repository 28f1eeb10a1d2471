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
  // accountsRead: the menus event names the account that was clicked only with it.
  assert.deepEqual(manifest.permissions, ['accountsRead', 'menus', 'nativeMessaging', 'notifications', 'storage']);
});

test('every file the manifest names exists', () => {
  const { parent, schema: schemaFile } = manifest.experiment_apis.loginWatch;
  const named = [
    ...Object.values(manifest.icons),
    ...manifest.background.scripts,
    manifest.options_ui.page,
    manifest.action.default_popup,
    manifest.action.default_icon,
    parent.script,
    schemaFile,
  ];
  for (const name of named) assert.ok(existsSync(new URL(name, here)), name);
});

/** The names of a list in the implementation, as it is written there. */
const listed = (name) =>
  [...implementation.match(new RegExp(`const ${name} = \\[([^\\]]+)\\]`))[1].matchAll(/'([\w.]+)'/g)].map(([, one]) => one);

test('every part the Experiment loads exists, and every part that exists is loaded', () => {
  assert.deepEqual(
    [...listed('partFiles'), 'implementation.js'].sort(),
    readdirSync(new URL('api/LoginWatch/', here))
      .filter((name) => name.endsWith('.js'))
      .sort(),
  );
});

test('schema, implementation and types name the same functions and events', () => {
  const events = schema.events.map(({ name }) => name).sort();
  const functions = schema.functions.map(({ name }) => name).sort();
  assert.deepEqual([...listed('eventNames')].sort(), events);
  for (const name of functions) assert.match(implementation, new RegExp(`\\b${name}(:|\\()`), name);
  const [, api] = text('types/loginwatch.d.ts').match(/interface LoginWatch \{([^]*?)\n\}/);
  assert.deepEqual([...api.matchAll(/^ {2}(on\w+): Event/gm)].map(([, name]) => name).sort(), events);
  assert.deepEqual([...api.matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name).sort(), functions);
});

test('the background listens to every event, so that each of them wakes it', () => {
  const background = text('background.mjs');
  for (const { name } of schema.events) assert.match(background, new RegExp(`^watch\\.${name}\\.addListener`, 'm'), name);
});

test('no page takes markup from a string, and none has inline script', () => {
  for (const folder of ['basic', 'card', 'first_run', 'options', 'popup']) {
    for (const name of readdirSync(new URL(`${folder}/`, here))) {
      const source = text(`${folder}/${name}`);
      assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\son[a-z]+=|\bstyle=/, name);
    }
  }
});
