// SPDX-License-Identifier: MPL-2.0
// The user's few wishes: defaults, what is kept, and what is refused.
import assert from 'node:assert/strict';
import test from 'node:test';
import { storeOf } from './stage.mjs';

const kept = {};
globalThis.browser = { storage: { local: storeOf(kept) } };
const { readPreferences, writePreference } = await import('../preferences.mjs');
const defaults = { otherDirection: 'ask', hideServer: false };

test('nothing kept, or nonsense: the defaults', async () => {
  assert.deepEqual(await readPreferences(), defaults);
  for (const nonsense of [null, 7, { otherDirection: 'sometimes', hideServer: 'yes' }]) {
    kept.preferences = nonsense;
    assert.deepEqual(await readPreferences(), defaults);
  }
});

test('two that are written at once are both kept', async () => {
  await Promise.all([writePreference('otherDirection', 'always'), writePreference('hideServer', true)]);
  assert.deepEqual(await readPreferences(), { otherDirection: 'always', hideServer: true });
});

test('what is no preference, or no value of it, is refused', async () => {
  for (const [name, value] of [
    ['otherDirection', 'sometimes'],
    ['hideServer', 1],
    ['toString', 'ask'],
  ]) {
    await assert.rejects(writePreference(name, value), TypeError);
  }
  assert.deepEqual(Object.keys(kept.preferences), ['otherDirection', 'hideServer']);
});
