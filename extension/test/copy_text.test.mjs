// SPDX-License-Identifier: MPL-2.0
// Copying: a text is on the clipboard, or it stands there to be copied by hand.
import assert from 'node:assert/strict';
import test from 'node:test';

globalThis.browser = { i18n: { getMessage: (key) => key, getUILanguage: () => 'en' } };
/** As much of an element as is used. */
const makeElement = () => ({
  ...{ className: '', textContent: '', nextElementSibling: null, append() {}, setAttribute() {} },
  after(next) {
    this.nextElementSibling = next;
    next.remove = () => (this.nextElementSibling = null);
  },
  select() {
    this.isSelected = true;
  },
});
globalThis.document = { documentElement: {}, createElement: makeElement };
const { copyText } = await import('../page_parts.mjs');

test('a clipboard that is closed leaves the text below, selected; once it opens, that goes', async () => {
  let isOpen = false;
  const written = [];
  const writeText = async (text) => (isOpen ? written.push(text) : Promise.reject(new Error('no user activation')));
  Object.defineProperty(globalThis, 'navigator', { value: { clipboard: { writeText } }, configurable: true });
  const said = makeElement();
  await copyText('a\nb', said, 'copied');
  const shown = said.nextElementSibling;
  assert.deepEqual([said.textContent, shown.value, shown.readOnly, shown.isSelected], ['copy_by_hand', 'a\nb', true, true]);
  await copyText('c', said, 'copied');
  assert.equal(said.nextElementSibling.value, 'c');
  isOpen = true;
  await copyText('d', said, 'copied');
  assert.deepEqual([said.textContent, said.nextElementSibling, written], ['copied', null, ['d']]);
});
