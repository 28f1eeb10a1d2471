// SPDX-License-Identifier: MPL-2.0
// Failures that a new password does not mend, or not alone: our words in Thunderbird's dialog, or nothing at all, and the saved password
// stays. Belongs here: verdicts other than stale_password. Not here: failures of our own programs (faults_host.test.mjs).
import assert from 'node:assert/strict';
import { refusingImap } from '../harness/line_server.mjs';
import { waitUntil } from '../harness/processes.mjs';
import { story, vaultEntries } from './world.mjs';

// Gmail's words. RFC 3501 section 7.1: the text of an ALERT must be shown, and Thunderbird does so in a box of its own, before the login fails.
const appPasswordWords =
  'NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)';
/** Logins that a server of refusingImap() was asked for. @param {string[]} lines */
const passwordsSent = (lines) => lines.filter((line) => / (LOGIN|AUTHENTICATE) /i.test(line)).length;
const japanese = /[\u3040-\u30ff]/;

/** Presses OK on the server's alerts until the dialog about the login is there. */
async function dialogBehindAlerts(thunderbird) {
  for (;;) {
    const dialog = await thunderbird.waitForDialog(['alert', 'choice']);
    if (dialog.kind === 'choice') return dialog;
    assert.match(dialog.text, /Application-specific password required/, 'only the alert of the server itself');
    await thunderbird.clickButton(dialog, 'accept');
  }
}

for (const locale of ['en-US', 'ja']) {
  story(`a server that wants an app password gets our dialog once, and the password stays saved (${locale})`, async (world) => {
    const server = await world.lineServer({ greeting: '* OK ready', answer: refusingImap(appPasswordWords) });
    const thunderbird = await world.thunderbird({
      locale,
      accounts: [{ type: 'imap', name: 'Work', host: 'localhost', port: server.port, user: 'alice', password: 'account-pw' }],
    });

    await thunderbird.getNewMessages('server1');
    const dialog = await dialogBehindAlerts(thunderbird);
    await world.picture('dialog');
    const all = [dialog.title, dialog.text, ...dialog.buttons.map((b) => b.label)].join('\n');
    assert.match(all, locale === 'ja' ? /アプリ.*パスワード/ : /app(lication)?[- ](specific )?password/i);
    assert.match(all, /Work/, 'the account is named');
    assert.doesNotMatch(all, /__MSG|\$[A-Z]+\$|\{\w+\}|undefined|null/);
    assert.ok(dialog.buttons.length >= 2 && dialog.buttons.length <= 3);
    if (locale === 'ja') for (const { label } of dialog.buttons) assert.match(label, /[\u3040-\u30ff\u4e00-\u9fff]/);
    if (locale === 'ja') assert.match(dialog.text, japanese);

    // The middle button and Escape change nothing. IMAP's second connection is closed and must not try the password, nor ask again.
    const tried = passwordsSent(server.lines);
    await thunderbird.clickButton(dialog, 'cancel');
    await waitUntil(() => server.open() === 0, { what: 'the connections to end' });
    assert.equal(passwordsSent(server.lines), tried);
    assert.equal((await thunderbird.counters()).answered.cancel, 1);
    assert.deepEqual(
      (await thunderbird.dialogHistory()).filter((d) => d.kind !== 'alert').map((d) => d.kind),
      ['choice'],
    );
    assert.deepEqual(
      (await thunderbird.logins()).map((l) => l.password),
      ['account-pw'],
    );
    assert.deepEqual(await vaultEntries(world, server.port), []);
    const counters = await thunderbird.counters();
    assert.equal(counters.custom, 1);
    assert.equal(counters.stock, 0);
    assert.equal(counters.errors, 0);
    // Six attempts are Thunderbird's own on two connections; ours is at most one.
    const attempts = server.lines.filter((line) => /^\S+ (authenticate|login) ?/i.test(line)).length;
    assert.ok(attempts <= 7, `${attempts} attempts:\n${server.lines.join('\n')}`);
  });
}

story('a server that is down: nothing is cleared and nobody is asked for a password', async (world) => {
  const dovecot = await world.dovecot({ users: { alice: 'right' } });
  const thunderbird = await world.thunderbird({
    accounts: [{ type: 'imap', host: 'localhost', port: dovecot.ports.imaps, user: 'alice', password: 'right' }],
  });
  await dovecot.stop();

  await thunderbird.eval(`kept.alerts = [];
    kept.listener = { QueryInterface: ChromeUtils.generateQI(['nsIMsgUserFeedbackListener']), onAlert(text, url) { kept.alerts.push(text); return false; }, onCertError() { return false; } };
    MailServices.mailSession.addUserFeedbackListener(kept.listener);`);
  await thunderbird.getNewMessages('server1');
  await thunderbird.waitFor('return kept.alerts.length > 0;');

  assert.deepEqual(
    (await thunderbird.dialogHistory()).filter((d) => ['password', 'choice'].includes(d.kind)),
    [],
  );
  assert.deepEqual(
    (await thunderbird.logins()).map((l) => l.password),
    ['right'],
  );
  assert.equal(dovecot.badLogins(), 0);
  const counters = await thunderbird.counters();
  assert.equal(counters.caught, 0);
  assert.equal(counters.errors, 0);
});

story('a server that goes down after it refused the password: nothing is cleared and nobody is asked', async (world) => {
  let server = null;
  const refuse = refusingImap('NO [AUTHENTICATIONFAILED] Authentication failed.');
  let refused = 0;
  server = await world.lineServer({
    greeting: '* OK ready',
    answer(line, state) {
      const reply = refuse(line, state);
      // Thunderbird tries three ways on one connection; with the last refusal the server stops listening, before the host can come.
      if (reply?.includes(' NO ') && ++refused === 3) server.closeListener();
      return reply;
    },
  });
  const thunderbird = await world.thunderbird({
    accounts: [{ type: 'imap', name: 'Work', host: 'localhost', port: server.port, user: 'alice', password: 'kept' }],
  });

  await thunderbird.getNewMessages('server1');
  await thunderbird.waitFor(
    `const bag = {}; Services.obs.notifyObservers({ wrappedJSObject: bag }, 'reprompt-counters'); return bag.caught >= 1 && !bag.holding;`,
  );
  await world.picture('quiet');

  assert.deepEqual(
    (await thunderbird.dialogHistory()).filter((d) => ['password', 'choice'].includes(d.kind)),
    [],
  );
  assert.deepEqual(
    (await thunderbird.logins()).map((l) => l.password),
    ['kept'],
  );
  const counters = await thunderbird.counters();
  assert.equal(counters.stock, 0);
  assert.equal(counters.answered.newPassword, 0);
  assert.equal(counters.errors, 0);
  assert.deepEqual(await vaultEntries(world, server.port), []);
});
