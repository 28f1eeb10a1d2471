// SPDX-License-Identifier: MPL-2.0
// ChecksPause, with the clock, the timers and Thunderbird's own list of servers to check played by the test.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const source = readFileSync(new URL('../api/LoginWatch/checks_pause.js', import.meta.url), 'utf8');
const minute = 60_000;

function stage() {
  const clock = { now: 1_000_000, mono: 500 };
  const timers = new Set();
  const checked = new Set(['work', 'home']);
  const ended = [];
  const accounts = [
    { key: 'work', doBiff: true },
    { key: 'home', doBiff: true },
    { key: 'seldom', doBiff: false },
  ];
  const modules = {
    setTimeout(run, ms) {
      const timer = { run, ms };
      timers.add(timer);
      return timer;
    },
    clearTimeout: (timer) => void timers.delete(timer),
  };
  const scope = {
    Cc: {
      '@mozilla.org/messenger/biffManager;1': {
        getService: () => ({
          addServerBiff: ({ key }) => checked.add(key),
          removeServerBiff: ({ key }) => checked.delete(key),
        }),
      },
    },
    Ci: {},
    ChromeUtils: { importESModule: () => modules, now: () => clock.mono },
    Date: { now: () => clock.now },
  };
  vm.runInContext(source, vm.createContext(scope));
  const all = () => [...accounts.map((server) => ({ kind: 'incoming', server })), { kind: 'outgoing', server: { key: 'out' } }];
  const pause = new scope.ChecksPause({
    servers: {
      all,
      find(kind, key) {
        const found = all().find((one) => one.kind === kind && one.server.key === key);
        if (!found) throw new Error(`no ${kind} server ${key}`);
        return found.server;
      },
    },
    resumed: ({ kind, key }) => ended.push(`${kind}:${key}`),
  });
  return {
    accounts,
    checked,
    clock,
    ended,
    pause,
    timers,
    /** The timers fire; the clock on the wall moved by `ms`, which is more than the other one counted if the laptop slept. */
    fire(ms, counted = ms) {
      clock.now += ms;
      clock.mono += counted;
      for (const timer of [...timers]) {
        timers.delete(timer);
        timer.run();
      }
    },
  };
}

test('a paused server is not checked until it is resumed, and nobody is told that a pause was over', () => {
  const { checked, ended, pause, timers } = stage();
  pause.pause('incoming', 'work', null);
  assert.deepEqual([...checked], ['home']);
  assert.equal(timers.size, 0);
  pause.resume('incoming', 'work');
  pause.resume('incoming', 'work');
  assert.deepEqual([...checked].sort(), ['home', 'work']);
  assert.deepEqual(ended, []);
});

test('a server that was never checked by itself is not checked after its pause either', () => {
  const { checked, pause } = stage();
  pause.pause('incoming', 'seldom', null);
  pause.resume('incoming', 'seldom');
  assert.ok(!checked.has('seldom'));
});

test('a pause ends at its time by the clock on the wall, which is looked at every two minutes', () => {
  const { checked, clock, ended, fire, pause, timers } = stage();
  pause.pause('incoming', 'work', clock.now + 30 * minute);
  assert.ok([...timers].every(({ ms }) => ms <= 2 * minute));
  fire(2 * minute);
  assert.deepEqual(ended, []);
  fire(60 * minute, minute); // the lid was closed
  assert.deepEqual(ended, ['incoming:work']);
  assert.ok(checked.has('work'));
  assert.deepEqual([...pause.list()], []);
  assert.equal(timers.size, 0);
});

test('a clock that is set back prolongs no pause', () => {
  const { clock, ended, fire, pause } = stage();
  pause.pause('incoming', 'work', clock.now + 30 * minute);
  fire(-24 * 60 * minute, 2 * minute);
  assert.deepEqual(ended, []);
  fire(28 * minute);
  assert.deepEqual(ended, ['incoming:work']);
});

test('a later call replaces the time', () => {
  const { clock, ended, fire, pause } = stage();
  const until = clock.now + 60 * minute;
  pause.pause('incoming', 'work', clock.now + minute);
  pause.pause('incoming', 'work', until);
  fire(2 * minute);
  assert.deepEqual(ended, []);
  assert.deepEqual(
    [...pause.list()].map((one) => ({ ...one })),
    [{ kind: 'incoming', key: 'work', until }],
  );
});

test('an outgoing server has no checks, but its time counts', () => {
  const { checked, clock, ended, fire, pause } = stage();
  pause.pause('outgoing', 'out', clock.now + minute);
  assert.deepEqual([...checked].sort(), ['home', 'work']);
  fire(minute);
  assert.deepEqual(ended, ['outgoing:out']);
});

test('the pause of an account that was deleted meanwhile just ends', () => {
  const { accounts, clock, ended, fire, pause } = stage();
  pause.pause('incoming', 'work', clock.now + minute);
  accounts.splice(0, 1);
  fire(minute);
  assert.deepEqual(ended, ['incoming:work']);
});

test('an unknown server cannot be paused', () => {
  const { pause } = stage();
  assert.throws(() => pause.pause('incoming', 'nobody', null), /no incoming server nobody/);
  assert.deepEqual([...pause.list()], []);
});

test('at the end every server is checked again as the user has set it', () => {
  const { checked, clock, ended, pause, timers } = stage();
  for (const key of ['work', 'home', 'seldom']) pause.pause('incoming', key, clock.now + minute);
  pause.stop();
  assert.deepEqual([...checked].sort(), ['home', 'work']);
  assert.equal(timers.size, 0);
  assert.deepEqual(ended, []);
});
