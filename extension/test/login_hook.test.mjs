// SPDX-License-Identifier: MPL-2.0
// The held box, with Thunderbird played by the test: what a hold may answer, inside another hold, behind an open box, late, and at the end.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const source = readFileSync(new URL('../api/LoginWatch/login_hook.js', import.meta.url), 'utf8');
const retry = 'Retry';
const newPassword = 'New';
/** confirmEx's arguments for the login failed box of an account. @param {string} name */
const boxOf = (name) => [null, `Login ${name}`, `Login to ${name} failed`, 0, retry, null, newPassword, null, {}];

/** A Thunderbird in which an event loop turn is whatever the test queued with `soon`. */
function stage() {
  const clock = { now: 1000 };
  const turns = [];
  const timers = [];
  const shown = [];
  const told = [];
  const asked = [];
  class Prompter {}
  Prompter.prototype.confirmEx = function (...args) {
    shown.push(args);
    return stage.whileShown?.(args) ?? 1;
  };
  const stock = Prompter.prototype.confirmEx;
  const authenticator = () => {
    const One = class {};
    One.prototype.promptAuthFailed = () => 1;
    return One;
  };
  const modules = {
    Prompter,
    NntpAuthenticator: authenticator(),
    Pop3Authenticator: authenticator(),
    SmtpAuthenticator: authenticator(),
    setTimeout: (run, ms) => timers.push({ run, ms, live: true }) - 1,
    clearTimeout: (at) => void (timers[at].live = false),
  };
  const Services = {
    strings: {
      createBundle: () => ({
        GetStringFromName: (key) => (key.includes('Retry') ? retry : newPassword),
        formatStringFromName: (key, words) => (key.includes('Title') ? `Login ${words[0]}` : `Login to ${words[0]} failed`),
      }),
    },
    prefs: { getIntPref: (_name, value) => value },
    obs: { addObserver() {}, removeObserver() {} },
    startup: { shuttingDown: false },
    tm: {
      spinEventLoopUntilOrQuit(_why, done) {
        while (!done()) {
          const turn = turns.shift();
          assert.ok(turn, 'the loop would spin for ever');
          turn();
        }
      },
    },
  };
  const scope = {
    Services,
    Ci: { nsIPrompt: {} },
    ChromeUtils: { importESModule: () => modules },
    Date: { now: () => clock.now },
  };
  vm.runInContext(source, vm.createContext(scope));
  const serverOf = (name) => ({ kind: 'incoming', server: { key: name, type: 'imap' } });
  const hook = new scope.LoginHook({
    servers: {
      all: () => ['work', 'home'].map(serverOf),
      enters: () => true,
      describe: (kind, { key, type }) => ({ kind, key, type, name: key, hostname: key, username: key }),
      releaseBorrowed() {},
    },
    heard: { listeners: () => [], take: () => [] },
    hasListener: () => true,
    // A promise that settles in a turn of the fake loop.
    ask(event, payload) {
      const request = { event, payload, then: (settle) => void (request.settle = settle) };
      asked.push(request);
      return request;
    },
    tell: (event, payload) => told.push([event, payload.answer, payload.by]),
  });
  hook.patch();
  const fail = (name) => Prompter.prototype.confirmEx.apply(new Prompter(), boxOf(name));
  const settle = (at, decision) => asked[at].settle(decision);
  stage.whileShown = null;
  return { asked, clock, fail, hook, Prompter, settle, shown, soon: (...more) => turns.push(...more), stock, timers, told };
}

test('a decision is answered without any box', () => {
  const { fail, settle, shown, soon, told } = stage();
  soon(() => settle(0, { action: 'newPassword' }));
  assert.equal(fail('work'), 2);
  assert.deepEqual(shown, []);
  assert.deepEqual(told, [['onHoldEnded', 'newPassword', 'decision']]);
});

for (const inner of [
  { action: 'newPassword' },
  { action: 'ask' },
  { action: 'custom', title: '', text: '', buttons: [] },
  null,
]) {
  test(`a hold inside another (${inner?.action ?? 'no decision'}) shows nothing, ends with Cancel and is queued`, () => {
    const { fail, settle, shown, soon, told } = stage();
    let innerAnswer = null;
    soon(
      () => {
        soon(() => settle(1, inner));
        innerAnswer = fail('home');
        assert.deepEqual(told, [], 'it waits until nothing is held');
      },
      () => settle(0, { action: 'newPassword' }),
    );
    assert.equal(fail('work'), 2);
    assert.equal(innerAnswer, 1);
    assert.deepEqual(shown, []);
    assert.ok(told.some(([, answer, by]) => answer === 'cancel' && by === 'queued'));
  });
}

test('an inner hold does not keep an outer one waiting that is decided', () => {
  const { fail, settle, soon } = stage();
  let innerAnswer = null;
  soon(() => {
    soon(() => settle(0, { action: 'newPassword' }));
    innerAnswer = fail('home'); // its own question is never answered
  });
  assert.equal(fail('work'), 2);
  assert.equal(innerAnswer, 1);
});

test('behind an open box of another account no password is cleared', () => {
  const { fail, settle, shown, soon, told } = stage();
  let behind = null;
  stage.whileShown = () => {
    soon(() => settle(1, { action: 'newPassword' }));
    behind = fail('home');
    return 0;
  };
  soon(() => settle(0, { action: 'ask' }));
  assert.equal(fail('work'), 0);
  assert.equal(behind, 1);
  assert.equal(shown.length, 1);
  assert.ok(told.some(([, , by]) => by === 'queued'));
});

test('nobody answers: after 30 s exactly the box that Thunderbird wanted', () => {
  const { fail, shown, soon, timers } = stage();
  soon(() => timers[0].run());
  fail('work');
  assert.equal(timers[0].ms, 30_000);
  assert.deepEqual(shown, [boxOf('work')]);
});

test('the waits of one hold share the 30 s; the time in a dialog is the user’s', () => {
  const { asked, clock, fail, settle, soon, timers } = stage();
  stage.whileShown = () => {
    clock.now += 600_000;
    return 0;
  };
  soon(
    () => {
      clock.now += 20_000;
      settle(0, { action: 'custom', title: 't', text: 'x', buttons: [{ choice: 'appPassword', label: 'a' }] });
    },
    () => settle(1, { action: 'newPassword' }),
  );
  assert.equal(fail('work'), 2);
  assert.deepEqual(
    timers.map(({ ms, live }) => [ms, live]),
    [
      [30_000, false],
      [10_000, false],
    ],
  );
  assert.equal(asked[1].payload.choice, 'appPassword');
});

test('switched off while a box is held: the stock box, and the original function is back', () => {
  const { fail, hook, Prompter, shown, soon, stock } = stage();
  soon(() => hook.stop());
  fail('work');
  assert.deepEqual(shown, [boxOf('work')]);
  assert.equal(Prompter.prototype.confirmEx, stock);
});

test('two servers that cannot be told apart, and boxes of others, pass untouched', () => {
  const { fail, hook, shown, asked } = stage();
  hook.servers.all = () => ['work', 'work'].map((name) => ({ kind: 'incoming', server: { key: name, type: 'imap' } }));
  fail('work');
  fail('somebody else');
  assert.equal(asked.length, 0);
  assert.deepEqual(shown, [boxOf('work'), boxOf('somebody else')]);
});
