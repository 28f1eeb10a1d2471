// SPDX-License-Identifier: MPL-2.0
// The provider wants an app password: from the refused account password to mail, with the slips that people make when they type. And waiting: what
// is paused or cut off goes on by itself. Belongs here: what is typed into Thunderbird's prompt, and time. Not here: a password that was just
// changed (stale_password.test.mjs), OAuth2 (oauth_switch.test.mjs).
import assert from 'node:assert/strict';
import { checkedAutomatically, followChecks } from '../harness/automatic_checks.mjs';
import { watchBars } from '../harness/bars.mjs';
import { notePages } from '../harness/browser.mjs';
import { gmailWords, startProviderFront } from '../harness/provider_front.mjs';
import { story, workingBob } from './world.mjs';

const shown = 'abcd\u00a0efgh\u00a0ijkl\u00a0mnop'; // as a page shows it, with its no-break spaces
const appPassword = 'abcdefghijklmnop';
const wantsAppPassword = {
  imap: '[AUTHENTICATIONFAILED] Application-specific password required',
  pop3: '[AUTH] Application-specific password required: https://support.google.com/accounts/answer/185833',
};

/** A Dovecot behind a provider's front. */
async function provider(world, { type = 'imap', users, refusal = () => null }) {
  const dovecot = await world.dovecot({ users, tls: false, disablePlaintextAuth: false });
  const certificate = world.authority.issue();
  const begin = (port) => startProviderFront({ certificate, behind: dovecot.ports[type], says: gmailWords(type, refusal), port });
  let front = await begin();
  world.afterwards(() => front.stop());
  return {
    dovecot,
    port: front.port,
    goAway: () => front.stop(),
    async comeBack() {
      front = await begin(front.port);
    },
  };
}

const labels = (dialog) => dialog.buttons.map(({ label }) => label);
const savedPasswords = async (thunderbird) => (await thunderbird.logins()).map(({ password }) => password);
const kinds = async (thunderbird) => (await thunderbird.dialogHistory()).map(({ kind }) => kind);

for (const type of ['imap', 'pop3']) {
  story(
    `${type.toUpperCase()}: the provider wants an app password: its page, the account password once more, then mail`,
    async (world) => {
      const { dovecot, port } = await provider(world, {
        type,
        users: { alice: appPassword },
        refusal: () => wantsAppPassword[type],
      });
      dovecot.deliver('alice', 'Waiting');
      const thunderbird = await world.thunderbird({
        // POP3's words decide without a connection, and so without the greeting: the address says whose mail it is.
        accounts: [
          { type, name: 'Work', host: 'localhost', port, user: 'alice', address: 'alice@gmail.com', password: 'account-pw' },
        ],
      });
      const pages = await notePages(thunderbird);

      await thunderbird.getNewMessages('server1');
      const dialog = await thunderbird.waitForDialog('choice');
      await world.picture('dialog');
      assert.match(dialog.text, /two-step sign-in/, 'what it needs first');
      assert.match(dialog.text, /paste it where Thunderbird asks/, 'where it belongs');
      assert.deepEqual(labels(dialog).sort(), ['Enter app password', 'Not now', 'Open the page']);
      await thunderbird.clickButton(dialog, dialog.buttons.find(({ label }) => label === 'Open the page').name);
      const again = await thunderbird.waitForDialog('choice');
      assert.deepEqual(await pages(), ['https://myaccount.google.com/apppasswords']);
      assert.deepEqual(labels(again).sort(), ['Details', 'Enter app password', 'Not now']);
      await thunderbird.clickButton(again, again.buttons.find(({ label }) => label === 'Enter app password').name);

      const prompt = await thunderbird.waitForDialog('password');
      await dovecot.settle();
      const bad = dovecot.badLogins();
      world.say(`${bad} bad logins before the prompt`);
      await thunderbird.typePassword(prompt, 'account-pw', { stays: true });
      const said = await thunderbird.waitForDialog('choice');
      await world.picture('said');
      assert.match(said.text, /just refused for “Work”.*app password/);
      assert.deepEqual(labels(said).sort(), ['Enter another one', 'Open the page', 'Use it anyway']);
      await thunderbird.clickButton(said, said.buttons.find(({ label }) => label === 'Open the page').name);
      await thunderbird.waitFor('return kept.pages.length === 2;');
      assert.deepEqual(await savedPasswords(thunderbird), [], 'nothing was saved meanwhile');

      await thunderbird.typePassword(prompt, shown);
      await thunderbird.waitForSubject('server1', 'Waiting');
      assert.deepEqual(await savedPasswords(thunderbird), [appPassword]);
      assert.deepEqual(await kinds(thunderbird), ['choice', 'choice', 'password', 'choice']);
      await dovecot.settle();
      assert.equal(dovecot.badLogins(), bad, 'no bad login after the prompt');
      assert.equal((await thunderbird.counters()).errors, 0);
      assert.deepEqual(await thunderbird.addonErrors(), []);
    },
  );
}

story('the refused password typed again and insisted on is taken, and said once in a prompt', async (world) => {
  const { dovecot, port } = await provider(world, { users: { alice: appPassword }, refusal: () => wantsAppPassword.imap });
  const thunderbird = await world.thunderbird({
    locale: 'ja',
    accounts: [{ type: 'imap', name: 'Work', host: 'localhost', port, user: 'alice', password: 'account-pw' }],
  });
  await thunderbird.getNewMessages('server1');
  const dialog = await thunderbird.waitForDialog('choice');
  await thunderbird.clickButton(dialog, 'extra1');
  const prompt = await thunderbird.waitForDialog('password');
  await thunderbird.typePassword(prompt, 'account-pw', { stays: true, remember: false });
  const said = await thunderbird.waitForDialog('choice');
  await world.picture('said-ja');
  assert.match(said.text, /アプリパスワード/);
  await thunderbird.clickButton(said, 'cancel');
  await thunderbird.typePassword(prompt, 'account-pw', { remember: false });

  // Refused again: told anew, and known although it was in memory only.
  const second = await thunderbird.waitForDialog('choice');
  await thunderbird.clickButton(second, 'extra1');
  const anew = await thunderbird.waitForDialog('password');
  await thunderbird.typePassword(anew, 'account-pw', { stays: true });
  await thunderbird.clickButton(await thunderbird.waitForDialog('choice'), 'cancel');
  dovecot.deliver('alice', 'Waiting');
  await thunderbird.typePassword(anew, shown);
  await thunderbird.waitForSubject('server1', 'Waiting');
  assert.deepEqual(await savedPasswords(thunderbird), [appPassword]);
  assert.equal((await thunderbird.counters()).errors, 0);
});

story(
  'sending: the refused password typed again is said before Thunderbird has it, and the server never sees it again',
  async (world) => {
    const dovecot = await world.dovecot({ users: { alice: 'the-new-one', bob: 'pw-bob' } });
    const postfix = await world.postfix(dovecot);
    const thunderbird = await world.thunderbird({
      accounts: [workingBob(dovecot)],
      smtp: { host: 'localhost', port: postfix.ports.submissions, user: 'alice', password: 'the-old-one' },
    });
    await thunderbird.sendMessage({ to: 'bob@example.org', subject: 'Sent in the end' });
    const prompt = await thunderbird.waitForDialog('password');
    await dovecot.settle();
    const bad = dovecot.badLogins();
    await thunderbird.typePassword(prompt, 'the-old-one', { stays: true });
    const said = await thunderbird.waitForDialog('choice');
    assert.match(said.text, /just refused/);
    assert.doesNotMatch(said.text, /app password/i);
    assert.deepEqual(labels(said).sort(), ['Enter another one', 'Use it anyway']);
    await thunderbird.clickButton(said, 'cancel');
    await thunderbird.typePassword(prompt, 'the-new-one');
    await thunderbird.waitFor(`return ![...Services.wm.getEnumerator('msgcompose')].some(w => !w.closed);`);
    await dovecot.settle();
    assert.equal(dovecot.badLogins(), bad);
    assert.deepEqual(
      (await thunderbird.logins('smtp://localhost')).map(({ password }) => password),
      ['the-new-one'],
    );
    assert.equal((await thunderbird.counters()).errors, 0);
  },
);

story('full-width letters are pointed out and never changed: entered again, or used as typed', async (world) => {
  const dovecot = await world.dovecot({ users: { alice: 'right-2' } });
  dovecot.deliver('alice', 'First');
  const thunderbird = await world.thunderbird({
    accounts: [{ type: 'imap', name: 'Work', host: 'localhost', port: dovecot.ports.imaps, user: 'alice', password: 'right-1' }],
  });
  await thunderbird.getNewMessages('server1');
  const prompt = await thunderbird.waitForDialog('password');
  await thunderbird.typePassword(prompt, 'ｒｉｇｈｔ-2 ', { stays: true });
  const pointed = await thunderbird.waitForDialog('choice');
  await world.picture('full-width');
  assert.match(pointed.text, /full-width.*blank/);
  assert.deepEqual(labels(pointed).sort(), ['Enter it again', 'Use it as typed']);
  await thunderbird.clickButton(pointed, 'cancel');
  await thunderbird.typePassword(prompt, 'right-2');
  await thunderbird.waitForSubject('server1', 'First');

  const wide = 'ｗｉｄｅ-3';
  await dovecot.setPassword('alice', wide);
  await dovecot.kick('alice');
  dovecot.deliver('alice', 'Second');
  await thunderbird.getNewMessages('server1');
  const next = await thunderbird.waitForDialog('password');
  await thunderbird.typePassword(next, wide, { stays: true });
  await thunderbird.clickButton(await thunderbird.waitForDialog('choice'), 'accept');
  await thunderbird.waitForSubject('server1', 'Second');
  assert.deepEqual(await savedPasswords(thunderbird), [wide]);
  assert.equal((await thunderbird.counters()).errors, 0);
});

story('the server names a time: checks stop until then and go on by themselves, and mail comes', async (world) => {
  let limited = true;
  const { dovecot, port } = await provider(world, {
    users: { alice: 'right' },
    refusal: () => (limited ? '[LIMIT] Too many login attempts, try again in 8 seconds' : null),
  });
  await dovecot.setPassword('alice', 'hidden'); // the server refuses everything while its limit lasts
  dovecot.deliver('alice', 'Afterwards');
  const thunderbird = await world.thunderbird({
    accounts: [
      { type: 'imap', name: 'Work', host: 'localhost', port, user: 'alice', password: 'right', prefs: checkedAutomatically },
    ],
  });
  const checks = await followChecks(thunderbird, dovecot);
  const bars = watchBars(thunderbird);

  await thunderbird.getNewMessages('server1');
  const dialog = await thunderbird.waitForDialog('choice');
  await world.picture('waiting');
  assert.match(dialog.text, /until about \d\d:\d\d.*goes on by itself/);
  assert.ok(labels(dialog).includes('Try now'), labels(dialog).join(', '));
  const paused = Date.now();
  await thunderbird.clickButton(dialog, 'cancel');
  const bar = await bars.waitFor('incoming-server1');
  assert.match(bar.text, /until about/);
  assert.ok(bar.buttons.includes('Try now'), bar.buttons.join(', '));
  assert.deepEqual(await checks.checked(), [], 'no automatic check meanwhile');

  limited = false;
  await dovecot.setPassword('alice', 'right');
  await thunderbird.waitFor(`return kept.checked.has('server1');`);
  world.say(`checked again ${Date.now() - paused} ms after the dialog was answered`);
  await bars.waitForNone('incoming-server1');
  await checks.begin();
  await thunderbird.waitForSubject('server1', 'Afterwards');
  assert.deepEqual(await savedPasswords(thunderbird), ['right']);
  assert.deepEqual(await kinds(thunderbird), ['choice']);
});

for (const type of ['imap', 'pop3']) {
  story(`${type.toUpperCase()}: cut off, and the network comes back: mail comes without anybody asking`, async (world) => {
    const { dovecot, port, goAway, comeBack } = await provider(world, { type, users: { alice: 'right' } });
    dovecot.deliver('alice', 'Waiting');
    await goAway();
    const thunderbird = await world.thunderbird({
      accounts: [{ type, name: 'Work', host: 'localhost', port, user: 'alice', password: 'right', prefs: checkedAutomatically }],
    });
    const bars = watchBars(thunderbird);
    await thunderbird.getNewMessages('server1');
    await bars.waitFor('incoming-server1');
    await world.picture('cut-off');
    // Thunderbird's own box about it; while it is open, POP3 is busy.
    if (type === 'pop3') await thunderbird.clickButton(await thunderbird.waitForDialog('alert'), 'accept');

    await comeBack();
    await thunderbird.eval('Services.io.offline = true; Services.io.offline = false;');
    await thunderbird.waitForSubject('server1', 'Waiting');
    await bars.waitForNone('incoming-server1');
    assert.deepEqual(
      (await kinds(thunderbird)).filter((kind) => ['password', 'choice'].includes(kind)),
      [],
    );
    assert.equal(dovecot.badLogins(), 0);
    assert.deepEqual(await savedPasswords(thunderbird), ['right']);
  });
}
