// SPDX-License-Identifier: MPL-2.0
// What is typed into Thunderbird's password prompt, with the prompt and the person played by the test.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const source = readFileSync(new URL('../api/LoginWatch/typed_password.js', import.meta.url), 'utf8');
const promptAddress = 'chrome://global/content/commonDialog.xhtml';
const work = { kind: 'incoming', key: 'server1' };
const appPassword = { id: 'i1', appPassword: true, page: true };
const stale = { id: 'i1', appPassword: false, page: false };

/** @param {{wanted?: object|null, kept?: string|null, pressed?: number[], fails?: string}} facts `pressed`: what the person presses in our dialogs */
function stage({ wanted = null, kept = null, pressed = [], fails = '' } = {}) {
  const observers = [];
  const dialogs = [];
  const pages = [];
  const scope = {
    Ci: {
      nsIPrompt: {
        BUTTON_POS_0: 1,
        BUTTON_POS_1: 256,
        BUTTON_POS_2: 65536,
        BUTTON_TITLE_IS_STRING: 127,
        BUTTON_POS_1_DEFAULT: 1 << 24,
      },
    },
    Services: {
      ww: {
        registerNotification: (one) => observers.push(one),
        unregisterNotification: (one) => observers.splice(observers.indexOf(one), 1),
      },
      prompt: {
        confirmEx(win, title, text, flags, ...labels) {
          if (fails === 'dialog') throw new Error('no dialog');
          dialogs.push({ title, text, flags, labels: labels.slice(0, 3).filter(Boolean) });
          return pressed.shift() ?? 1;
        },
      },
    },
  };
  vm.runInContext(source, vm.createContext(scope));
  const typed = new scope.TypedPassword({
    servers: {
      find: (kind, key) => ({ key, type: key === 'news' ? 'nntp' : 'imap' }),
      enters: (_kind, { type }) => type !== 'nntp',
      describe: (_kind, { key }) => ({ name: `name of ${key}` }),
    },
    digest: (password) => `digest of ${password}`,
    keptFor: () => kept,
    getMessage: (key, words = []) => (fails === 'words' ? '' : [key, ...words].join('|')),
    openPage: (id) => pages.push(id),
  });
  typed.expect('incoming', 'server1', wanted);
  const openWindow = (promptType, title, text) => {
    const on = {};
    const win = {
      closed: false,
      args: { promptType, title, text },
      document: { documentURI: promptAddress, getElementById: () => win.box },
      box: { value: '', select: () => (win.box.selected = true) },
      addEventListener: (name, run) => (on[name] = run),
    };
    for (const observer of [...observers]) observer.observe(win, 'domwindowopened');
    on.load?.();
    /** OK with this text; whether the prompt took it. */
    const accept = (value) => {
      const event = {
        prevented: false,
        preventDefault: () => (event.prevented = true),
        stopImmediatePropagation() {},
      };
      if (value !== undefined) win.box.value = value;
      on.dialogaccept?.(event);
      return event.prevented ? null : win.box.value;
    };
    return { win, accept };
  };
  /** One prompt; each text is entered until one is taken. @returns {string|null} what Thunderbird gets */
  const prompt = (texts, names = [work]) =>
    typed.during(['Title', 'Text'], names, () => {
      const { accept } = openWindow('promptPassword', 'Title', 'Text');
      for (const text of texts) {
        const taken = accept(text);
        if (taken !== null) return taken;
      }
      return null;
    });
  return { typed, prompt, openWindow, observers, dialogs, pages };
}

test('an ordinary password passes without a word', () => {
  for (const wanted of [null, stale, appPassword]) {
    const { prompt, dialogs, observers } = stage({ wanted, kept: 'old' });
    for (const one of ['new', 'pass word', 'correct horse battery', 'pässwörd', 'パスワード', ' ｱｲｳ '.trim(), '']) {
      assert.equal(prompt([one]), one);
    }
    assert.deepEqual(dialogs, []);
    assert.deepEqual(observers, [], 'nothing listens any more');
  }
});

for (const [what, text, reasons] of [
  ['full-width letters', 'ｐａｓｓ１', 'typed_wide'],
  ['a blank before it', ' pass', 'typed_blank'],
  ['a blank behind it', 'pass\u3000', 'typed_blank'],
  ['both', 'ｐass ', 'typed_wide typed_blank'],
]) {
  test(`${what}: pointed out once, never changed`, () => {
    const again = stage({ pressed: [1] });
    assert.equal(again.prompt([text, 'typed anew']), 'typed anew');
    assert.equal(again.dialogs[0].text, reasons);
    assert.deepEqual(again.dialogs[0].labels, ['button_useAsTyped', 'button_enterAgain']);
    const use = stage({ pressed: [0] });
    assert.equal(use.prompt([text]), text);
    const twice = stage({ pressed: [1] });
    assert.equal(twice.prompt([text, text]), text, 'whoever insists is obeyed');
    assert.equal(twice.dialogs.length, 1);
  });
}

test('Enter and Escape mean the button that sends nothing', () => {
  const { prompt, dialogs } = stage({ wanted: appPassword, kept: 'old' });
  prompt(['old', 'ａ']);
  assert.equal(dialogs.length, 2);
  for (const { flags } of dialogs) assert.ok(flags & (1 << 24));
});

test('an app password in groups loses the blanks between them, where one is wanted', () => {
  const shown = 'abcd efgh ijkl mnop';
  for (const text of [shown, ` ${shown}\n`, shown.replaceAll(' ', '\u00a0')]) {
    const { prompt, dialogs } = stage({ wanted: appPassword });
    assert.equal(prompt([text]), 'abcdefghijklmnop');
    assert.deepEqual(dialogs, []);
  }
  assert.equal(stage({ wanted: stale }).prompt([shown]), shown);
  assert.equal(stage().prompt([shown]), shown);
  for (const other of ['abcd-efgh-ijkl-mnop', 'my own pass phrase', 'abcd efgh ijk!']) {
    assert.equal(stage({ wanted: appPassword }).prompt([other]), other);
  }
});

test('words that were refused without their blanks have them, whoever insists', () => {
  const phrase = 'blue fish swim';
  const wish = { wanted: appPassword, kept: 'bluefishswim' };
  assert.equal(stage({ ...wish, pressed: [0] }).prompt([phrase]), phrase);
  assert.equal(stage({ ...wish, pressed: [1] }).prompt([phrase, phrase]), phrase);
});

test('the password that was forgotten for this prompt, typed again, is said once', () => {
  const { prompt, dialogs } = stage({ wanted: stale, kept: 'old' });
  assert.equal(prompt(['old', 'new']), 'new');
  assert.equal(dialogs[0].text, 'typed_refused|name of server1');
  assert.deepEqual(dialogs[0].labels, ['button_useAnyway', 'button_enterAnother']);
  const insists = stage({ wanted: stale, kept: 'old' });
  assert.equal(insists.prompt(['old', 'old']), 'old');
  assert.equal(insists.dialogs.length, 1);
  assert.equal(stage({ wanted: stale, kept: 'old', pressed: [0] }).prompt(['old']), 'old');
});

test('where an app password is wanted the dialog says so and has its page', () => {
  const { prompt, dialogs, pages } = stage({ wanted: appPassword, kept: 'account password', pressed: [2] });
  assert.equal(prompt(['account password', 'abcd efgh ijkl mnop']), 'abcdefghijklmnop');
  assert.equal(dialogs[0].text, 'typed_refused_app|name of server1');
  assert.deepEqual(dialogs[0].labels, ['button_useAnyway', 'button_enterAnother', 'button_openPage']);
  assert.deepEqual(pages, ['i1']);
});

test('without an incident that says so, nothing was "just refused": "change password" is not one', () => {
  const { prompt, dialogs } = stage({ kept: 'old' });
  assert.equal(prompt(['old']), 'old');
  assert.deepEqual(dialogs, []);
});

test('a password that was only in memory when it was refused is known by its digest, until a sign-in works', () => {
  const on = stage({ wanted: stale });
  on.typed.failed('incoming', { key: 'server1', password: 'typed, not saved' });
  assert.equal(on.prompt(['typed, not saved']), 'typed, not saved');
  assert.equal(on.dialogs.length, 0, 'why it failed is not known yet');
  on.typed.expect('incoming', 'server1', stale);
  assert.equal(on.prompt(['typed, not saved', 'x']), 'x');
  on.typed.failed('incoming', { key: 'server1', password: 'the second' });
  on.typed.expect('incoming', 'server1', stale);
  assert.equal(on.prompt(['the second', 'x']), 'x');
  assert.equal(on.prompt(['typed, not saved', 'x']), 'x');
  assert.equal(on.dialogs.length, 3);
  on.typed.worked(work);
  assert.equal(on.prompt(['the second']), 'the second');
  assert.doesNotMatch(JSON.stringify([...on.typed.refused]), /"typed, not saved/);
});

test('other prompts and other windows are left alone', () => {
  const { typed, prompt, openWindow, dialogs } = stage({ wanted: stale, kept: 'old' });
  assert.equal(prompt(['ａ '], [{ kind: 'incoming', key: 'news' }]), 'ａ ');
  assert.equal(prompt(['ａ '], []), 'ａ ');
  typed.during(['Title', 'Text'], [work], () => {
    for (const [kind, title, text] of [
      ['promptUserAndPass', 'Title', 'Text'],
      ['promptPassword', 'Title', 'Of a calendar'],
      ['confirmEx', 'Title', 'Text'],
    ])
      assert.equal(openWindow(kind, title, text).accept('old'), 'old');
  });
  assert.deepEqual(dialogs, []);
});

test('a prompt inside the event loop of another: each knows its own window', () => {
  const { typed, openWindow, dialogs } = stage({ wanted: stale, kept: 'old' });
  typed.during(['Outer', 'Text 1'], [work], () => {
    const outer = openWindow('promptPassword', 'Outer', 'Text 1');
    typed.during(['Inner', 'Text 2'], [{ kind: 'incoming', key: 'server2' }], () => {
      assert.equal(openWindow('promptPassword', 'Inner', 'Text 2').accept('new'), 'new');
    });
    assert.equal(outer.accept('old'), null);
  });
  assert.equal(dialogs.length, 1);
});

for (const fails of ['dialog', 'words']) {
  test(`if our ${fails} cannot be had, the prompt takes what was typed`, () => {
    const { prompt } = stage({ wanted: appPassword, kept: 'old', fails });
    assert.equal(prompt(['old']), 'old');
    assert.equal(prompt(['ａ']), 'ａ');
  });
}

test('switched off while the prompt is open, nothing is looked at any more', () => {
  const { typed, openWindow, dialogs } = stage({ wanted: stale, kept: 'old' });
  typed.during(['Title', 'Text'], [work], () => {
    const { accept } = openWindow('promptPassword', 'Title', 'Text');
    typed.stop();
    assert.equal(accept('old'), 'old');
  });
  assert.deepEqual(dialogs, []);
});
