// SPDX-License-Identifier: MPL-2.0
// The network goes and comes, played by the test.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const source = readFileSync(new URL('../api/LoginWatch/network_watch.js', import.meta.url), 'utf8');

function stage() {
  const observers = new Map();
  const io = { offline: false };
  const timers = new Set();
  const scope = {
    ChromeUtils: {
      importESModule: () => ({
        setTimeout: (run) => {
          timers.add(run);
          return run;
        },
        clearTimeout: (timer) => timers.delete(timer),
      }),
    },
    Services: {
      io,
      obs: {
        addObserver: (one, topic) => observers.set(topic, one),
        removeObserver: (_one, topic) => observers.delete(topic),
      },
    },
  };
  vm.runInContext(source, vm.createContext(scope));
  let back = 0;
  const watch = new scope.NetworkWatch({ back: () => back++ });
  watch.start();
  return {
    watch,
    io,
    observers,
    tell: (topic, state) => observers.get(topic)?.observe(null, topic, state),
    pass: () => [...timers].forEach((run) => (timers.delete(run), run())),
    back: () => back,
  };
}

test('several signs of one return are one', () => {
  const { tell, pass, back } = stage();
  tell('network:link-status-changed', 'down');
  pass();
  assert.equal(back(), 0);
  tell('network:link-status-changed', 'up');
  tell('network:link-status-changed', 'changed');
  tell('network:offline-status-changed', 'online');
  assert.equal(back(), 0, 'it settles first');
  pass();
  assert.equal(back(), 1);
});

test('gone again before it settled, or Thunderbird works offline: nothing', () => {
  const { tell, pass, back, io } = stage();
  tell('network:link-status-changed', 'up');
  tell('network:link-status-changed', 'down');
  pass();
  io.offline = true;
  tell('network:link-status-changed', 'up');
  pass();
  assert.equal(back(), 0);
});

test('after the end nothing listens', () => {
  const { watch, tell, pass, back, observers } = stage();
  tell('network:link-status-changed', 'up');
  watch.stop();
  pass();
  assert.equal(back(), 0);
  assert.equal(observers.size, 0);
});
