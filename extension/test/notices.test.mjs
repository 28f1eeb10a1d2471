// SPDX-License-Identifier: MPL-2.0
// The order of bars: what was begun last is what is seen, however long the rest takes.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Notices } from '../notices.mjs';
import { failureOf, verdictMessage } from './fakes.mjs';
import { settled } from './stage.mjs';

const incident = () => ({ ...failureOf(), state: 'open', boxes: [], verdict: verdictMessage('p', 'oauth2_required') });

/** Each question about OAuth2 is answered when the test says so. */
function slowNotices() {
  const bars = [];
  const answers = [];
  const watch = {
    getOAuthSupport: () => new Promise((resolve) => answers.push(() => resolve({ issuer: 'id.example.org' }))),
    showBar: async (id, bar, text, buttons) => void bars.push(buttons.map(({ choice }) => choice)),
    removeBar: async () => void bars.push('removed'),
  };
  const nothing = async () => {};
  const notices = new Notices({ watch, getMessage: (key) => key, notify: nothing, unnotify: nothing });
  return { notices, bars, answers };
}

test('a bar that was still being made when its incident ended does not come after the end', async () => {
  const { notices, bars, answers } = slowNotices();
  const one = incident();
  const shown = notices.show(one);
  notices.remove(one);
  answers[0]();
  await shown;
  assert.deepEqual(bars, ['removed']);
});

test('of two bars of a server the one that was begun last stays', async () => {
  const { notices, bars, answers } = slowNotices();
  const first = notices.show(incident());
  const second = notices.show({ ...incident(), answer: 'newPassword' });
  await settled();
  answers[0]();
  await Promise.all([first, second]);
  assert.deepEqual(bars, [['details']]);
});
