// SPDX-License-Identifier: MPL-2.0
// The held box, with Thunderbird played by the test: what a hold may answer, inside another hold, behind an open box, late, and at the end.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { setImmediate } from 'node:timers';
import vm from 'node:vm';

const sourceOf = (name) => readFileSync(new URL(`../api/LoginWatch/${name}`, import.meta.url), 'utf8');
const retry = 'Retry';
const newPassword = 'New';
/** confirmEx's arguments for the login failed box of an account. @param {string} name */
const boxOf = (name, win = null) => [win, `Login ${name}`, `Login to ${name} failed`, 0, retry, null, newPassword, null, {}];
const nsIPrompt = {
  BUTTON_TITLE_IS_STRING: 127,
  BUTTON_POS_0: 1,
  BUTTON_POS_1: 1 << 8,
  BUTTON_POS_2: 1 << 16,
  BUTTON_POS_1_DEFAULT: 1 << 24,
  BUTTON_POS_2_DEFAULT: 1 << 25,
};
/** Lets promises settle; no clock is involved. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A Thunderbird in which an event loop turn is whatever the test queued with `soon`. */
function stage() {
  const clock = { now: 1000 };
  const turns = [];
  const timers = [];
  const shown = [];
  const told = [];
  const asked = [];
  const calls = [];
  class Prompter {}
  Prompter.prototype.confirmEx = function (...args) {
    shown.push(args);
    return stage.whileShown?.(args) ?? 1;
  };
  const stock = Prompter.prototype.confirmEx;
  const authenticator = () => {
    const One = class {
      constructor(server) {
        this._server = server;
      }
    };
    One.prototype.promptAuthFailed = function (msgWindow) {
      return new Prompter().confirmEx(...boxOf(this._server.key, msgWindow));
    };
    return One;
  };
  const SmtpAuthenticator = authenticator();
  /** As much of Thunderbird's SmtpClient as asks the user. */
  class SmtpClient {
    constructor(server, methods = ['PLAIN']) {
      this._server = server;
      this.methods = methods;
      this._freed = false;
      this.went = [];
      this.tryNext();
    }
    tryNext() {
      this._currentAuthMethod = this.methods[0] ?? null;
      this._nextAuthMethod = this.methods[1] ?? null;
      this.went.push(`AUTH ${this._currentAuthMethod}`);
    }
  }
  SmtpClient.prototype._onAuthFailed = function () {
    if (!this._freed && this._nextAuthMethod) {
      this.methods = this.methods.slice(1);
      this.tryNext();
      return;
    }
    const answer = new SmtpAuthenticator(this._server).promptAuthFailed();
    this.went.push(this._freed ? `reconnect ${answer}` : `answer ${answer}`);
  };
  SmtpClient.prototype._authenticateUser = async function () {
    this._authenticating = true;
    throw new Error('no token');
  };
  /** Reports the error and closes; a close in the middle of a login counts as a refusal. */
  SmtpClient.prototype._onNsError = function (error) {
    this.went.push(error);
    this._freed = true;
    if (this._authenticating) this._onAuthFailed({ data: 'Socket closed.' });
  };
  const stockAuthFailed = SmtpClient.prototype._onAuthFailed;
  const modules = {
    Prompter,
    NntpAuthenticator: authenticator(),
    Pop3Authenticator: authenticator(),
    SmtpAuthenticator,
    SmtpClient,
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
      dispatchToMainThread: (run) => turns.push(run),
    },
  };
  const scopeOf = (name) => {
    const scope = {
      Services,
      Ci: { nsIPrompt },
      ChromeUtils: { importESModule: () => modules, now: () => clock.now },
    };
    vm.runInContext(sourceOf(name), vm.createContext(scope));
    return scope;
  };
  const { SmtpHold } = scopeOf('smtp_hold.js');
  const patches = new (scopeOf('patches.js').Patches)();
  const serverOf = (name) => ({ kind: 'incoming', server: { key: name, type: 'imap' } });
  /** The prompts, played: what is open, and what waits its turn. */
  const prompts = {
    asking: 0,
    boxes: [],
    jobs: [],
    openBoxes: () => prompts.boxes.filter((win) => !win.closed),
    keep(kind, { key }) {
      calls.push(`keep ${kind} ${key}`);
      return { then: (settle) => settle() };
    },
    reprompt: (kind, key) => calls.push(`reprompt ${kind} ${key}`),
    credentialNow: async () => ({ stored: 'then' }),
    isAnother: async () => prompts.changed,
    changed: false,
    typed: 'new',
    askForNew: async (kind, { key }) => {
      calls.push(`ask ${kind} ${key}`);
      return prompts.typed;
    },
    inTurn: (_name, run) => prompts.jobs.push(run),
    pump() {},
  };
  const hook = new (scopeOf('login_hook.js').LoginHook)({
    servers: {
      all: () => ['work', 'home'].map(serverOf),
      find: (_kind, key) => ({ key }),
      enters: (_kind, { key }) => key !== 'not-ours',
      describe: (kind, { key, type }) => ({ kind, key, type, name: key, hostname: key, username: key }),
      releaseBorrowed: ({ key }) => calls.push(`release ${key}`),
      hush: (kind, key) => calls.push(`hush ${kind} ${key}`),
    },
    heard: { listeners: () => [] },
    failures: {
      make: (kind, { key, type }, { silent = false } = {}) => ({ id: key, kind, key, type, silent, limitMs: 30_000 }),
    },
    prompts,
    patches,
    box: scopeOf('login_box.js').LoginBox,
    SmtpHold,
    boxed: (kind, key) => calls.push(`box ${kind} ${key}`),
    hasListener: () => true,
    // A promise that settles in a turn of the fake loop.
    ask(event, payload) {
      const request = { event, payload, then: (settle, fail) => void Object.assign(request, { settle, fail }) };
      asked.push(request);
      return request;
    },
    tell: (event, payload) => told.push([event, payload.answer, payload.by]),
  });
  hook.patch();
  /** As the Experiment does it. */
  const switchOff = () => {
    patches.restore();
    hook.stop();
  };
  const fail = (name) => Prompter.prototype.confirmEx.apply(new Prompter(), boxOf(name));
  const failPop3 = (name, msgWindow = null) =>
    new modules.Pop3Authenticator({ key: name, type: 'pop3' }).promptAuthFailed(msgWindow);
  const failSmtp = (name, methods) => {
    const client = new SmtpClient({ key: name, type: 'smtp' }, methods);
    client._onAuthFailed({ statusCode: 535 });
    return client;
  };
  const settle = (at, decision) => asked[at].settle(decision);
  stage.whileShown = null;
  const soon = (...more) => turns.push(...more);
  const turn = () => turns.shift()();
  return {
    asked,
    calls,
    clock,
    fail,
    failPop3,
    failSmtp,
    hook,
    Prompter,
    prompts,
    settle,
    shown,
    SmtpClient,
    soon,
    stock,
    stockAuthFailed,
    switchOff,
    timers,
    told,
    turn,
  };
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
    timers.slice(0, 2).map(({ ms, live }) => [ms, live]),
    [
      [30_000, false],
      [10_000, false],
    ],
  );
  assert.equal(asked[1].payload.choice, 'appPassword');
});

test('switched off while a box is held: the stock box, and the original function is back', () => {
  const { fail, Prompter, shown, soon, stock, switchOff } = stage();
  soon(switchOff);
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

test('the login is read before Thunderbird forgets it, and Cancel is heard by IMAP after its waiting connections were closed', () => {
  const { calls, fail, settle, soon } = stage();
  soon(() => settle(0, { action: 'newPassword' }));
  fail('work');
  assert.deepEqual(calls, ['box incoming work', 'keep incoming work']);
  calls.length = 0;
  soon(() => settle(1, { action: 'cancel' }));
  assert.equal(fail('work'), 1);
  assert.deepEqual(calls, ['box incoming work', 'hush incoming work']);
});

test('a POP3 connection gets Cancel, and the prompt comes outside of it', () => {
  const { calls, failPop3, settle, soon, told } = stage();
  soon(() => settle(0, { action: 'newPassword' }));
  assert.equal(failPop3('post'), 1);
  assert.ok(calls.includes('reprompt incoming post'));
  assert.ok(!calls.some((call) => call.startsWith('keep')));
  assert.deepEqual(told, [['onHoldEnded', 'newPassword', 'decision']], 'the background hears what was done');
});

test('POP3 without a window is a check that nobody asked for', () => {
  const { asked, failPop3, settle, soon } = stage();
  soon(
    () => settle(0, { action: 'cancel' }),
    () => settle(1, { action: 'cancel' }),
  );
  failPop3('post');
  failPop3('post', { domWindow: {} });
  assert.deepEqual(
    asked.map(({ payload }) => payload.silent),
    [true, false],
  );
});

test('above an open prompt no password is cleared and no box is opened', () => {
  for (const decision of [{ action: 'newPassword' }, { action: 'ask', words: 'no' }]) {
    const { fail, prompts, settle, shown, soon, told } = stage();
    prompts.boxes.push({ closed: false });
    soon(() => settle(0, decision));
    assert.equal(fail('work'), 1);
    assert.deepEqual(shown, []);
    assert.deepEqual(told, [['onHoldEnded', 'cancel', 'queued']]);
  }
});

test('a prompt that has closed is not kept waiting by a hold above it', () => {
  const { fail, prompts, soon, told } = stage();
  const win = { closed: false };
  prompts.boxes.push(win);
  prompts.asking = 1;
  soon(() => {
    win.closed = true;
  });
  assert.equal(fail('work'), 1); // its own question is never answered
  assert.deepEqual(told, [['onHoldEnded', 'cancel', 'queued']]);
});

test('a prompt that is just saving is not kept waiting at all', () => {
  const { fail, prompts } = stage();
  prompts.asking = 1;
  assert.equal(fail('work'), 1);
});

test('a dialog may say which button Enter means', () => {
  const { fail, settle, shown, soon } = stage();
  const buttons = ['yes', 'no'].map((choice) => ({ choice, label: choice }));
  soon(
    () => settle(0, { action: 'custom', title: 't', text: 'x', buttons, defaultButton: 1 }),
    () => settle(1, { action: 'cancel' }),
  );
  fail('work');
  assert.equal(shown[0][3] >> 24, 1);
});

test('SMTP tries its other methods first; then it waits for the decision without keeping the loop', async () => {
  const { asked, failSmtp, settle, shown, told } = stage();
  const client = failSmtp('send', ['PLAIN', 'LOGIN']);
  assert.deepEqual(client.went, ['AUTH PLAIN', 'AUTH LOGIN']);
  assert.equal(asked.length, 0);
  client._onAuthFailed({ statusCode: 535 });
  assert.deepEqual(client.went, ['AUTH PLAIN', 'AUTH LOGIN'], 'nothing answered yet, and we are not stuck');
  await settled();
  settle(0, { action: 'cancel' });
  await settled();
  assert.equal(client.went.at(-1), 'answer 1');
  assert.deepEqual(shown, []);
  assert.deepEqual(told, [['onHoldEnded', 'cancel', 'decision']]);
});

test('SMTP: "new password" waits its turn, is asked for beside the connection, and the connection then tries again', async () => {
  const { calls, failSmtp, prompts, settle, hook } = stage();
  const client = failSmtp('send');
  await settled();
  settle(0, { action: 'newPassword' });
  await settled();
  assert.deepEqual(client.went, ['AUTH PLAIN'], 'somebody else is typing');
  await prompts.jobs.shift()();
  assert.equal(client.went.at(-1), 'answer 0');
  assert.deepEqual(calls, ['box outgoing send', 'ask outgoing send']);
  assert.equal(hook.counters.newPassword, 1);
  assert.equal(hook.counters.retry, 0, 'told once');
});

test('SMTP: the server closes while the prompt is open: no second box, and the new password finds a new connection', async () => {
  const { asked, failSmtp, prompts, settle } = stage();
  const client = failSmtp('send');
  await settled();
  settle(0, { action: 'newPassword' });
  await settled();
  prompts.askForNew = async () => {
    client._freed = true;
    client._onAuthFailed({ data: 'Socket closed.' });
    return 'new';
  };
  await prompts.jobs.shift()();
  assert.deepEqual(client.went, ['AUTH PLAIN', 'reconnect 0']);
  assert.equal(asked.length, 1);
});

test('SMTP: a prompt closed without a password ends the sending', async () => {
  const { failSmtp, prompts, settle } = stage();
  const client = failSmtp('send');
  await settled();
  settle(0, { action: 'newPassword' });
  await settled();
  prompts.typed = null;
  await prompts.jobs.shift()();
  assert.equal(client.went.at(-1), 'answer 1');
});

test('SMTP: a password saved by somebody while it waited for its turn is tried, and not forgotten', async () => {
  const { calls, failSmtp, prompts, settle } = stage();
  const client = failSmtp('send');
  await settled();
  settle(0, { action: 'newPassword' });
  await settled();
  prompts.changed = true;
  await prompts.jobs.shift()();
  assert.equal(client.went.at(-1), 'answer 0');
  assert.ok(!calls.includes('ask outgoing send'));
});

test('SMTP: the server closes behind its refusal: one question, and the answer finds a connection to make anew', async () => {
  const { asked, failSmtp, settle } = stage();
  const client = failSmtp('send');
  client._freed = true;
  client._onAuthFailed({ data: 'Socket closed.' });
  await settled();
  assert.equal(asked.length, 1);
  settle(0, { action: 'retry' });
  await settled();
  assert.deepEqual(client.went, ['AUTH PLAIN', 'reconnect 0']);
});

test('SMTP: our dialog comes from Thunderbird’s own box, in its turn', async () => {
  const { asked, failSmtp, prompts, settle, shown, soon } = stage();
  const client = failSmtp('send');
  await settled();
  settle(0, { action: 'custom', title: 'Ours', text: 'x', buttons: [{ choice: 'tryAgain', label: 'Try again' }] });
  await settled();
  assert.deepEqual(shown, []);
  stage.whileShown = () => 0;
  soon(() => settle(1, { action: 'retry' }));
  await prompts.jobs.shift()();
  assert.equal(shown[0][1], 'Ours');
  assert.equal(asked[1].payload.choice, 'tryAgain');
  assert.equal(client.went.at(-1), 'answer 0');
});

for (const [what, end] of [
  ['nobody answers within 30 s', ({ timers }) => timers.find(({ ms }) => ms === 30_000).run()],
  ['the background fails', ({ asked }) => asked[0].fail(new Error('gone'))],
  ['an answer makes no sense', ({ settle }) => settle(0, { action: 'dance' })],
]) {
  test(`SMTP: ${what}: exactly the box that Thunderbird wanted`, async () => {
    const on = stage();
    const client = on.failSmtp('send');
    await settled();
    end(on);
    await settled();
    assert.deepEqual(on.shown, [boxOf('send', undefined)]);
    assert.equal(client.went.at(-1), 'answer 1');
  });
}

test('SMTP: a sign-in that brings no token ends the sending, and nobody is asked about a refusal', async () => {
  const { asked, SmtpClient, shown } = stage();
  const client = new SmtpClient({ key: 'work', type: 'smtp' }, ['XOAUTH2']);
  await assert.rejects(client._authenticateUser());
  await settled();
  assert.deepEqual(client.went, ['AUTH XOAUTH2', 'smtpAuthFailure']);
  assert.deepEqual([asked, shown], [[], []]);
});

test('SMTP: what is not ours passes untouched', () => {
  const { asked, failSmtp, shown } = stage();
  failSmtp('not-ours');
  assert.equal(asked.length, 0);
  assert.deepEqual(shown, [boxOf('not-ours', undefined)]);
});

test('switched off while SMTP waits: the stock box, and the original functions are back', async () => {
  const { failSmtp, prompts, settle, shown, SmtpClient, stockAuthFailed, switchOff, turn } = stage();
  const client = failSmtp('send');
  await settled();
  settle(0, { action: 'newPassword' });
  await settled();
  switchOff();
  assert.equal(SmtpClient.prototype._onAuthFailed, stockAuthFailed);
  turn();
  assert.deepEqual(shown, [boxOf('send', undefined)]);
  assert.equal(client.went.at(-1), 'answer 1');
  await prompts.jobs.shift()();
  assert.equal(client.went.length, 2, 'its turn comes too late');
});

test('switched off while two boxes are held: both accounts get the stock box', () => {
  const { fail, shown, soon, switchOff } = stage();
  soon(() => {
    soon(switchOff);
    fail('home');
  });
  fail('work');
  assert.deepEqual(shown, [boxOf('home'), boxOf('work')]);
});
