// SPDX-License-Identifier: MPL-2.0
// Attendance, with Thunderbird's windows played by the test: which of them in front means that somebody looks.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const source = readFileSync(new URL('../api/LoginWatch/attendance.js', import.meta.url), 'utf8');

/** @param {string|null} type of the window in front; null: another program is */
function attended(type) {
  const activeWindow = type === null ? null : { document: { documentElement: { getAttribute: () => type } } };
  const scope = { ChromeUtils: { importESModule: () => ({}) }, Services: { focus: { activeWindow } } };
  vm.runInContext(source, vm.createContext(scope));
  return new scope.Attendance({ arrived() {}, unlocked() {} }).isAttended();
}

test('a main window in front is attended', () => {
  assert.equal(attended('mail:3pane'), true);
});

for (const [what, type] of [
  ['another program', null],
  ['a message that is being written', 'msgcompose'],
  ['a box', ''],
]) {
  test(`${what} in front is not`, () => {
    assert.equal(attended(type), false);
  });
}
