// SPDX-License-Identifier: MPL-2.0
// The main job: the server no longer takes the saved password, so Thunderbird asks for the new one by itself and mail flows. Real Dovecot,
// real Postfix, the real host and add-on. Belongs here: stories that end with mail. Not here: other verdicts (other_verdicts.test.mjs).
import assert from 'node:assert/strict';
import { waitUntil } from '../harness/processes.mjs';
import { story, vaultEntries, workingBob } from './world.mjs';

const receiving = [
  { type: 'imap', portName: 'imaps', origin: 'imap://localhost', connections: 2 },
  { type: 'pop3', portName: 'pop3s', origin: 'mailbox://localhost', connections: 1 },
];
const localised = { 'en-US': /password/i, ja: /パスワード/ };

/** Answers Thunderbird's password prompt; gives it as it was shown. */
async function typeNewPassword(thunderbird, password) {
  const prompt = await thunderbird.waitForDialog('password');
  const saved = await thunderbird.logins();
  await thunderbird.typePassword(prompt, password);
  return { prompt, saved };
}

/** Has Thunderbird say that an IMAP connection had its time-out, with a box where it shows one. */
const timedOut = (thunderbird, port) =>
  thunderbird.eval(
    `const url = Services.io.newURI('imap://alice@localhost:' + args.port + '/select').QueryInterface(Ci.nsIMsgMailNewsUrl);
     url.errorCode = 'imapNetTimeoutError';
     url.msgWindow = Services.wm.getMostRecentWindow('mail:3pane').msgWindow;
     Services.tm.dispatchToMainThread(() => MailServices.mailSession.alertUser('Connection to server localhost timed out.', url, false));
     return true;`,
    { port },
  );

for (const { type, portName, origin, connections } of receiving) {
  for (const locale of type === 'imap' ? ['en-US', 'ja'] : ['en-US']) {
    story(
      `a stale ${type.toUpperCase()} password leads to the password prompt, is stored, and the mail arrives (${locale})`,
      async (world) => {
        const dovecot = await world.dovecot({ users: { alice: 'the-new-one' } });
        const subject = `Mail behind ${type}`;
        dovecot.deliver('alice', subject);
        const port = dovecot.ports[portName];
        const thunderbird = await world.thunderbird({
          locale,
          accounts: [{ type, name: 'Work', host: 'localhost', port, user: 'alice', password: 'the-old-one' }],
        });

        await thunderbird.getNewMessages('server1');
        const { prompt, saved } = await typeNewPassword(thunderbird, 'the-new-one');
        await thunderbird.waitForSubject('server1', subject);

        // Thunderbird
        assert.match(prompt.text, localised[locale]);
        assert.deepEqual(saved, [], 'the old password was gone when the prompt was shown');
        assert.deepEqual(
          (await thunderbird.logins()).map((l) => [l.origin, l.username, l.password]),
          [[origin, 'alice', 'the-new-one']],
        );
        assert.deepEqual(
          (await thunderbird.dialogHistory()).map((d) => d.kind),
          ['password'],
          'one prompt and no other box, whatever the second connection does',
        );
        // the server
        await dovecot.settle();
        assert.ok(dovecot.goodLogins({ user: 'alice' }) >= connections, dovecot.logText());
        // Thunderbird's own three, as no method is known to work here yet; for IMAP one probe of ours, for POP3 none: its words were heard.
        const ours = type === 'imap' ? 1 : 0;
        assert.equal(dovecot.badLogins(), 3 + ours);
        // the hook
        const counters = await thunderbird.counters();
        assert.equal(counters.caught, 1);
        assert.equal(counters.answered.newPassword, 1);
        assert.equal(counters.stock, 0);
        assert.equal(counters.errors, 0);
        const incidents = await thunderbird.incidents();
        assert.equal(incidents[0].verdict.verdict, 'stale_password');
        assert.equal(incidents[0].verdict.attempts, ours);
        assert.doesNotMatch(JSON.stringify(incidents), /the-old-one|the-new-one/, 'no password is kept with an incident');
        // the vault
        assert.equal((await vaultEntries(world, port)).length, 1);
        await world.picture('mail');
      },
    );
  }
}

story(
  'a prompt that stays open longer than its connections live: no box about that covers it, and the mail arrives',
  async (world) => {
    const dovecot = await world.dovecot({ users: { alice: 'the-new-one' } });
    dovecot.deliver('alice', 'Mail behind patience');
    const thunderbird = await world.thunderbird({
      accounts: [{ type: 'imap', host: 'localhost', port: dovecot.ports.imaps, user: 'alice', password: 'the-old-one' }],
      prefs: { 'mailnews.tcptimeout': 3 },
    });

    await thunderbird.getNewMessages('server1');
    const prompt = await thunderbird.waitForDialog('password');
    for (const end of [/auth failed, 3 attempts in [3-9] secs/, /no auth attempts in [3-9] secs/])
      await waitUntil(() => end.test(dovecot.logText()), { what: `a connection that ended: ${end}` });
    await dovecot.settle();
    const bad = dovecot.badLogins();
    await timedOut(thunderbird, dovecot.ports.imaps); // once more as Thunderbird does it, for it does not always
    assert.deepEqual(
      (await thunderbird.dialogs()).map(({ serial }) => serial),
      [prompt.serial],
    );
    await thunderbird.typePassword(prompt, 'the-new-one');
    await thunderbird.waitForSubject('server1', 'Mail behind patience');

    assert.deepEqual(
      (await thunderbird.dialogHistory()).map((d) => d.kind),
      ['password'],
    );
    assert.equal((await thunderbird.incidents()).length, 1);
    await dovecot.settle();
    assert.equal(dovecot.badLogins(), bad);
  },
);

story('a stale SMTP password: the prompt comes while sending, and the waiting message arrives', async (world) => {
  const dovecot = await world.dovecot({ users: { alice: 'the-new-one', bob: 'pw-bob' } });
  const postfix = await world.postfix(dovecot);
  const port = postfix.ports.submissions;
  const thunderbird = await world.thunderbird({
    accounts: [workingBob(dovecot)],
    smtp: { host: 'localhost', port, user: 'alice', password: 'the-old-one' },
  });

  await thunderbird.sendMessage({ to: 'bob@example.org', subject: 'It waited' });
  const { saved } = await typeNewPassword(thunderbird, 'the-new-one');
  const message = await postfix.waitForMessage('It waited');
  await thunderbird.waitFor(`return [...Services.wm.getEnumerator('msgcompose')].every(w => w.closed);`);

  assert.equal(message.user, 'bob');
  assert.deepEqual(
    saved.map((l) => l.origin),
    ['imap://localhost'],
    'only the outgoing password was cleared',
  );
  assert.deepEqual(
    (await thunderbird.logins('smtp://localhost')).map((l) => l.password),
    ['the-new-one'],
  );
  assert.deepEqual(
    (await thunderbird.dialogHistory()).map((d) => d.kind),
    ['password'],
  );
  await dovecot.settle();
  assert.equal(
    dovecot.badLogins({ user: 'alice' }),
    2,
    'PLAIN and LOGIN, as neither is known to work here yet; and the words were heard',
  );
  assert.equal(postfix.delivered().filter((m) => m.subject === 'It waited').length, 1);
  const counters = await thunderbird.counters();
  assert.equal(counters.caught, 1);
  assert.equal(counters.answered.newPassword, 1);
  assert.equal(counters.stock, 0);
  assert.equal(counters.errors, 0);
  assert.equal((await vaultEntries(world, port)).length, 1);
});

story(
  'a password borrowed from the incoming server: refused while sending, asked for, and the message arrives',
  async (world) => {
    const dovecot = await world.dovecot({ users: { alice: 'the-old-one' } });
    const postfix = await world.postfix(dovecot);
    const port = postfix.ports.submissions;
    const thunderbird = await world.thunderbird({
      accounts: [
        {
          type: 'imap',
          host: 'localhost',
          port: dovecot.ports.imaps,
          user: 'alice',
          password: 'the-old-one',
          address: 'alice@example.org',
        },
      ],
      smtp: { host: 'localhost', port, user: 'alice' },
      prefs: { 'mail.smtp.useMatchingHostNameServer': true },
    });
    await thunderbird.getNewMessages('server1');
    await thunderbird.waitFor(`return MailServices.accounts.getIncomingServer('server1').password === 'the-old-one';`);
    // Both of the check's connections; the second one must not be the one to meet the changed password.
    await waitUntil(() => dovecot.goodLogins({ user: 'alice' }) >= 2, { what: 'the check to be over' });
    await dovecot.setPassword('alice', 'the-new-one');

    await thunderbird.sendMessage({ to: 'alice@example.org', subject: 'Borrowed' });
    await typeNewPassword(thunderbird, 'the-new-one');
    await postfix.waitForMessage('Borrowed');

    assert.deepEqual(
      (await thunderbird.logins('smtp://localhost')).map((l) => l.password),
      ['the-new-one'],
    );
    assert.deepEqual(
      (await thunderbird.logins('imap://localhost')).map((l) => l.password),
      ['the-old-one'],
      'the incoming login stays saved',
    );
    const counters = await thunderbird.counters();
    assert.equal(counters.answered.newPassword, 1);
    assert.equal(counters.errors, 0);
  },
);
