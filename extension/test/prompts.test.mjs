// SPDX-License-Identifier: MPL-2.0
// Thunderbird's password prompts, played by the test: one at a time, only when it is quiet, and the login that was forgotten for one is not lost.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { setImmediate } from 'node:timers';
import vm from 'node:vm';

const source = readFileSync(new URL('../api/LoginWatch/prompts.js', import.meta.url), 'utf8');
const boxAddress = 'chrome://global/content/commonDialog.xhtml';
const signInAddress = 'chrome://messenger/content/browserRequest.xhtml';

function stage() {
  const events = [];
  const windows = [];
  const timers = [];
  const observers = [];
  const clock = { now: 0, connectionTimeoutS: 100 };
  /** What is saved, and what is in memory, by server. */
  const store = { work: 'old-work', home: 'old-home', send: 'old-send' };
  const memory = {};
  const state = { held: false, locked: false, type: () => ({ ok: true, value: 'new' }), fast: true };
  class MsgAuthPrompt {}
  /** As Thunderbird's: opens a window, and saves what was typed. */
  MsgAuthPrompt.prototype.promptPassword = function (_title, _text, realm, _save, answer) {
    const key = realm.split('@').at(-1);
    events.push(`prompt ${key}`);
    const win = { closed: false, document: { documentURI: boxAddress } };
    windows.push(win);
    const { ok, value } = state.type(key);
    win.closed = true;
    if (!ok) return false;
    answer.value = value;
    store[key] = value;
    return true;
  };
  const loginOf = (key) => (store[key] ? { key, password: store[key], clone: () => ({ key, password: store[key] }) } : null);
  const servers = {
    allOfRealm: (realm) => {
      const key = realm.split('@').at(-1);
      if (key === 'stranger') return [];
      return [key, ...(state.alike?.[key] ?? [])].map((one) => ({ kind: 'incoming', key: one }));
    },
    locked: () => state.locked,
    usesTokens: ({ key }) => key === 'token',
    find: (_kind, key) => ({
      key,
      forgetPassword() {
        events.push(`forget ${key}`);
        delete store[key];
        delete memory[key];
      },
    }),
    savedLogin: async (_kind, { key }) => loginOf(key),
    credential: async (_kind, { key }) => ({ locked: state.locked, stored: store[key] ?? null, session: memory[key] ?? null }),
    askPassword: async (_kind, { key }) => {
      const answer = {};
      if (!new MsgAuthPrompt().promptPassword('', '', `imap://alice@${key}`, 0, answer)) throw new Error('cancelled');
      return answer.value;
    },
    clearTokens: async () => void events.push('clear tokens'),
    releaseBorrowed: ({ key }) => events.push(`release ${key}`),
    hush: (_kind, key) => events.push(`hush ${key}`),
    signIn: ({ key }) => events.push(`sign in ${key}`),
  };
  const scope = {
    ChromeUtils: {
      importESModule: () => ({
        MsgAuthPrompt,
        setTimeout: (run, ms) => {
          const timer = { run, ms, live: true };
          timers.push(timer);
          if (ms === 0) setImmediate(() => timer.live && run());
          return timer;
        },
        clearTimeout: (timer) => {
          if (timer) timer.live = false;
        },
      }),
      now: () => clock.now,
    },
    Services: {
      wm: { getEnumerator: () => windows.values() },
      ww: { registerNotification: (one) => observers.push(one), unregisterNotification: () => observers.pop() },
      obs: { addObserver() {}, removeObserver() {} },
      startup: { shuttingDown: false },
      prefs: { getIntPref: (name, otherwise) => (name === 'mailnews.tcptimeout' ? clock.connectionTimeoutS : otherwise) },
      tm: { spinEventLoopUntil: () => events.push('spin') },
      logins: {
        addLoginAsync: async ({ key, password }) => {
          events.push(`put back ${key}`);
          store[key] = password;
        },
      },
    },
  };
  vm.runInContext(source, vm.createContext(scope));
  const prompts = new scope.Prompts({
    servers,
    patches: {
      wrap: (target, name, make) => {
        target[name] = make(target[name]);
      },
    },
    quietly: async (_server, _kind, change) => {
      events.push('quietly');
      return change();
    },
    held: () => state.held,
    typed: ({ key }) => events.push(`typed ${key}`),
    watched: (_args, _names, ask) => ask(),
    closed: ({ key, restored }) => events.push(`closed ${key} ${restored ? 'restored' : 'empty'}`),
  });
  prompts.start();
  /** Until nothing that can happen by itself is left. */
  const settled = async () => {
    for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  const promptInConnection = (key, typed) => {
    state.type = () => typed;
    return new MsgAuthPrompt().promptPassword('', '', `imap://alice@${key}`, 0, {});
  };
  return {
    clock,
    events,
    memory,
    MsgAuthPrompt,
    promptInConnection,
    prompts,
    scope,
    servers,
    settled,
    state,
    store,
    timers,
    windows,
  };
}

test('forget, ask, sign in; what was kept is dropped', async () => {
  const { events, prompts, settled, store } = stage();
  prompts.reprompt('incoming', 'work');
  await settled();
  assert.deepEqual(events, ['forget work', 'prompt work', 'typed work', 'sign in work']);
  assert.equal(store.work, 'new');
  assert.equal(prompts.kept.size, 0);
});

test('a prompt closed without a password: the login is back, quietly, nothing signs in, and it is told', async () => {
  const { events, prompts, settled, state, store } = stage();
  state.type = () => ({ ok: false });
  prompts.reprompt('incoming', 'work');
  await settled();
  assert.deepEqual(events.slice(2), ['hush work', 'quietly', 'put back work', 'closed work restored']);
  assert.equal(store.work, 'old-work');
  assert.equal(prompts.kept.size, 0);
});

test('an empty password is none', async () => {
  const { prompts, settled, state, store } = stage();
  state.type = () => ({ ok: true, value: '' });
  prompts.reprompt('incoming', 'work');
  await settled();
  assert.equal(store.work, 'old-work');
});

test('two servers: the second prompt comes after the first has ended', async () => {
  const { events, prompts, settled } = stage();
  prompts.reprompt('incoming', 'work');
  prompts.reprompt('incoming', 'home');
  prompts.reprompt('incoming', 'work');
  await settled();
  assert.deepEqual(
    events.filter((event) => /^(prompt|typed)/.test(event)),
    ['prompt work', 'typed work', 'prompt home', 'typed home'],
  );
});

for (const [what, close, open] of [
  ['a failure is held', ({ state }) => (state.held = true), ({ state }) => (state.held = false)],
  ['the login store is locked', ({ state }) => (state.locked = true), ({ state }) => (state.locked = false)],
  ...[boxAddress, signInAddress].map((documentURI) => [
    `${documentURI.split('/').at(-1)} is open`,
    ({ windows }) => windows.push({ closed: false, document: { documentURI } }),
    ({ windows }) => windows.pop(),
  ]),
]) {
  test(`while ${what} nothing is forgotten; afterwards it goes on`, async () => {
    const on = stage();
    close(on);
    on.prompts.reprompt('incoming', 'work');
    await on.settled();
    assert.deepEqual(on.events, []);
    assert.equal(on.store.work, 'old-work');
    open(on);
    on.prompts.observe(null, 'domwindowclosed');
    await on.settled();
    assert.ok(on.events.includes('prompt work'));
  });
}

test('what needs no login store does not wait for it', async () => {
  const { prompts, settled, state } = stage();
  state.locked = true;
  let ran = false;
  prompts.reprompt('incoming', 'work');
  prompts.inTurn('a box', () => (ran = true));
  await settled();
  assert.ok(ran);
});

test('a password that was changed while the prompt was queued is not forgotten', async () => {
  for (const change of [({ store }) => (store.work = 'changed'), ({ memory }) => (memory.work = 'typed, not remembered')]) {
    const on = stage();
    on.state.held = true;
    on.prompts.reprompt('incoming', 'work');
    await on.settled();
    change(on);
    on.state.held = false;
    on.prompts.pump();
    await on.settled();
    assert.deepEqual(on.events, ['sign in work']);
  }
});

test('an account with OAuth2 loses its tokens and no password', async () => {
  const { events, prompts, settled } = stage();
  prompts.reprompt('incoming', 'token');
  await settled();
  assert.deepEqual(events, ['clear tokens', 'sign in token']);
});

test('inside a connection: closed, and the login that the hook kept is back; the next prompt waits until then', async () => {
  const { events, promptInConnection, prompts, servers, settled, store } = stage();
  const server = servers.find('incoming', 'work');
  await prompts.keep('incoming', server);
  server.forgetPassword();
  prompts.reprompt('incoming', 'home');
  await settled();
  assert.ok(!events.includes('prompt home'), 'Thunderbird is about to ask');
  promptInConnection('work', { ok: false });
  await settled();
  assert.ok(events.indexOf('put back work') < events.indexOf('prompt home'));
  assert.equal(store.work, 'old-work');
});

test('Thunderbird never asks: after a minute the login is back', async () => {
  const { events, prompts, servers, settled, store, timers } = stage();
  const server = servers.find('incoming', 'work');
  await prompts.keep('incoming', server);
  server.forgetPassword();
  timers.find(({ ms }) => ms === 60_000).run();
  await settled();
  assert.equal(store.work, 'old-work');
  assert.ok(events.includes('closed work restored'));
});

test('kept twice before Thunderbird asked: the login that was saved goes back', async () => {
  const { prompts, servers, settled, store, timers } = stage();
  const server = servers.find('incoming', 'work');
  await prompts.keep('incoming', server);
  server.forgetPassword();
  await prompts.keep('incoming', server);
  timers.findLast(({ ms, live }) => ms === 60_000 && live).run();
  await settled();
  assert.equal(store.work, 'old-work');
});

test('somebody saved another one meanwhile: it stays', async () => {
  const { events, prompts, servers, settled, store, timers } = stage();
  await prompts.keep('incoming', servers.find('incoming', 'work'));
  store.work = 'saved by hand';
  timers.find(({ ms }) => ms === 60_000).run();
  await settled();
  assert.equal(store.work, 'saved by hand');
  assert.ok(!events.includes('put back work'));
});

test('prompts of servers that are not ours, and that we did not clear, pass untouched', () => {
  const { events, promptInConnection, prompts } = stage();
  assert.equal(promptInConnection('stranger', { ok: false }), false);
  assert.equal(promptInConnection('home', { ok: true, value: 'x' }), true);
  assert.deepEqual(events, ['prompt stranger', 'prompt home', 'typed home']);
  assert.equal(prompts.asking, 0);
});

test('switched off before Thunderbird asked: the login is back at once', async () => {
  const { events, prompts, servers, settled, store } = stage();
  const server = servers.find('incoming', 'work');
  await prompts.keep('incoming', server);
  server.forgetPassword();
  prompts.stop();
  assert.ok(events.includes('spin'), 'it waits for the store');
  await settled();
  assert.equal(store.work, 'old-work');
});

for (const [typed, left] of [
  [{ ok: true, value: 'new' }, 'new'],
  [{ ok: false }, 'old-work'],
]) {
  test(`switched off while the prompt is open, which then ends ${typed.ok ? 'with' : 'without'} a password`, async () => {
    const { prompts, settled, state, store } = stage();
    state.type = () => {
      prompts.stop();
      return typed;
    };
    prompts.reprompt('incoming', 'work');
    await settled();
    assert.equal(store.work, left);
  });
}

test('Thunderbird quits while the prompt is open: the login is back before it ends', async () => {
  const { events, prompts, settled, state, store } = stage();
  state.type = () => {
    prompts.observe(null, 'quit-application-granted');
    assert.ok(events.includes('spin'));
    return { ok: false };
  };
  prompts.reprompt('incoming', 'work');
  await settled();
  assert.equal(store.work, 'old-work');
  assert.equal(events.filter((event) => event === 'put back work').length, 1);
});

test('a prompt inside a connection that stayed open longer than the connection lives is followed by a new check', async () => {
  const { clock, events, prompts, settled, servers, state, MsgAuthPrompt } = stage();
  await prompts.keep('incoming', servers.find('incoming', 'work'));
  for (const [openMs, timeoutS, checks] of [
    [5_000, 100, []],
    [70_000, 100, ['sign in work']],
    [5_000, 6, ['sign in work']],
  ]) {
    events.length = 0;
    clock.connectionTimeoutS = timeoutS;
    state.type = () => {
      clock.now += openMs;
      return { ok: true, value: 'new' };
    };
    new MsgAuthPrompt().promptPassword('', '', 'imap://alice@work', 0, {});
    await settled();
    assert.deepEqual(events, ['prompt work', 'typed work', ...checks]);
  }
});

test('a prompt belongs to every server that shares its login: none gets an old password back over the one that was typed', async () => {
  const on = stage();
  on.state.alike = { work: ['twin'] };
  on.store.twin = 'old';
  await on.prompts.keep('incoming', on.servers.find('incoming', 'twin'));
  delete on.store.twin;
  on.state.type = () => {
    on.timers.filter(({ ms, live }) => ms === 60_000 && live).forEach(({ run }) => run());
    return { ok: true, value: 'new' };
  };
  new on.MsgAuthPrompt().promptPassword('', '', 'imap://alice@work', 0, {});
  await on.settled();
  assert.ok(!on.events.includes('put back twin'), on.events.join(', '));
  assert.equal(on.prompts.kept.size, 0);
});

test('what was queued for a server is withdrawn when its reason is gone', async () => {
  const on = stage();
  on.state.held = true;
  on.prompts.reprompt('incoming', 'work');
  on.prompts.withdraw('incoming', 'work');
  on.state.held = false;
  on.prompts.pump();
  await on.settled();
  assert.ok(!on.events.includes('forget work'));
});

test('when Thunderbird ends, nothing that is queued is forgotten any more', async () => {
  const on = stage();
  on.state.held = true;
  on.prompts.reprompt('incoming', 'work');
  on.prompts.observe(null, 'quit-application-granted');
  on.state.held = false;
  on.prompts.pump();
  await on.settled();
  assert.ok(!on.events.includes('forget work'));
});

test('a password that the user wants to change: forget and ask, in its turn; the sign-in is left to whoever asked', async () => {
  const { prompts, events, store, settled } = stage();
  const given = prompts.ask('incoming', 'work');
  assert.equal(await prompts.ask('incoming', 'work'), false, 'one prompt is enough');
  assert.equal(await given, true);
  await settled();
  assert.deepEqual(events, ['forget work', 'prompt work', 'typed work']);
  assert.equal(store.work, 'new');
});

test('a password that the user wants to change, and the prompt closed: the old one is back', async () => {
  const { prompts, store, state } = stage();
  state.type = () => ({ ok: false });
  assert.equal(await prompts.ask('incoming', 'work'), false);
  assert.equal(store.work, 'old-work');
});

test('the wish to change a password takes the place of a queued prompt, and is not withdrawn with it', async () => {
  const { prompts, events, state, settled } = stage();
  state.held = true;
  prompts.reprompt('incoming', 'work');
  const given = prompts.ask('incoming', 'work');
  prompts.withdraw('incoming', 'work');
  state.held = false;
  prompts.pump();
  assert.equal(await given, true);
  await settled();
  assert.deepEqual(
    events.filter((event) => event.startsWith('prompt')),
    ['prompt work'],
  );
  assert.ok(!events.includes('sign in work'));
});
