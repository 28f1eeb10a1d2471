// SPDX-License-Identifier: MPL-2.0
// The whole story on a real Thunderbird: an old password is refused, Reprompt finds out why, Thunderbird asks, mail arrives. Each step is printed
// when it was really seen (in Thunderbird, the server's log, the keyring), with the seconds since the start. Called by packaging/try.
// Belongs here: the story. Does not belong here: how Thunderbird and the servers are driven (tests/harness).
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { settledMailboxes } from '../tests/harness/account_life.mjs';
import { makeAuthority } from '../tests/harness/certificates.mjs';
import { startDovecot } from '../tests/harness/dovecot.mjs';
import { startKeyring } from '../tests/harness/keyring.mjs';
import { makeFolder, waitUntil } from '../tests/harness/processes.mjs';
import { startThunderbird } from '../tests/harness/thunderbird.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const headless = process.argv.includes('--headless');
const pictures = path.join(root, 'dist', 'try');
const host = process.env.REPROMPT_BIN ?? path.join(root, 'dist', 'reprompt');
const addon = process.env.REPROMPT_XPI ?? path.join(root, 'dist', 'reprompt.xpi');
const oldPassword = 'spring-2025';
const newPassword = 'autumn-2026';
const subject = 'It works again';

const begin = Date.now();
const say = (text) => console.log(text);
const seen = (what, detail = '') =>
  say(`${((Date.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${what}${detail ? `: ${detail}` : ''}`);

/** Runs one step; a step that is not seen ends the story with its name. */
async function step(name, look) {
  try {
    seen(name, (await look()) ?? '');
  } catch (error) {
    throw new Error(`NOT SEEN: ${name}\n${error.message}`);
  }
}

const endings = [];
let finishing = null;
/** Ends everything we started, last first. */
function finish() {
  finishing ??= (async () => {
    for (const end of endings.reverse()) await end().catch((error) => say(`while ending: ${error.message}`));
  })();
  return finishing;
}

async function setStage() {
  for (const file of [host, addon]) if (!existsSync(file)) throw new Error(`${file} is missing: packaging/build makes it`);
  const folder = makeFolder('try');
  const authority = makeAuthority(path.join(folder, 'authority'));
  const dovecot = await startDovecot({
    dir: path.join(folder, 'dovecot'),
    authority,
    users: { alice: newPassword },
    extra: settledMailboxes,
  });
  endings.push(() => dovecot.stop());
  dovecot.deliver('alice', subject, 'This message waited on the server until the new password was typed.');
  seen(
    'a private mail server runs',
    `Dovecot on 127.0.0.1, IMAP port ${dovecot.ports.imaps}; there alice's password was changed`,
  );
  const keyring = await startKeyring({ dir: path.join(folder, 'keyring') });
  endings.push(() => keyring.stop());
  const thunderbird = await startThunderbird({
    dir: path.join(folder, 'thunderbird'),
    accounts: [
      {
        type: 'imap',
        name: 'Work',
        host: 'localhost',
        port: dovecot.ports.imaps,
        user: 'alice',
        password: oldPassword,
        address: 'alice@example.org',
      },
    ],
    caFile: authority.caFile,
    xpi: addon,
    host,
    env: keyring.env,
    display: headless ? undefined : process.env.DISPLAY,
  });
  endings.push(() => thunderbird.quit());
  await thunderbird.waitForAddon();
  seen('Thunderbird runs in a throw-away profile', 'with the add-on, and with the old password saved');
  return { dovecot, keyring, thunderbird };
}

async function pressForTheUser({ dovecot, keyring, thunderbird }) {
  const picture = (name) => thunderbird.screenshot(path.join(pictures, `${name}.png`));
  const origin = 'imap://localhost';
  let prompt = null;

  await rm(pictures, { recursive: true, force: true });
  await mkdir(pictures, { recursive: true });
  await picture('1-before');
  await thunderbird.getNewMessages('server1');
  seen('"Get Messages" pressed');

  await step('wrong password refused', async () => {
    await dovecot.waitForLog(`Password mismatch (given password: ${oldPassword})`, 40_000);
    return 'Dovecot: "Password mismatch"';
  });
  await step('verdict', async () => {
    const incident = await waitUntil(async () => (await thunderbird.incidents()).find((one) => one.verdict), {
      timeoutMs: 40_000,
      what: 'a verdict',
    });
    const { verdict, confidence, server_words: words } = incident.verdict;
    if (verdict !== 'stale_password') throw new Error(`the verdict is ${verdict}`);
    return `${verdict} (${confidence})${words?.length ? `; the server said: ${words.map((w) => (typeof w === 'string' ? w : (w.text ?? JSON.stringify(w)))).join(' / ')}` : ''}`;
  });
  await step('in the vault', async () => {
    const entries = await waitUntil(
      async () => {
        const found = (await keyring.items()).filter(
          ({ attributes }) =>
            attributes['xdg:schema'] === 'org.reprompt.Vault' && attributes.port === String(dovecot.ports.imaps),
        );
        return found.length ? found : null;
      },
      { timeoutMs: 20_000, what: 'the old password in the keyring' },
    );
    return `${entries.length} sealed item in the keyring`;
  });
  await step('saved password cleared', async () => {
    await waitUntil(async () => (await thunderbird.logins(origin)).length === 0, {
      timeoutMs: 20_000,
      what: 'no saved password',
    });
    return 'Thunderbird has no login saved for this server';
  });
  await step('prompt shown', async () => {
    prompt = await thunderbird.waitForDialog('password', 20_000);
    await picture('2-prompt');
    return `"${prompt.text}"`;
  });
  await thunderbird.typePassword(prompt, newPassword);
  await step('new password stored', async () => {
    await waitUntil(async () => (await thunderbird.logins(origin)).some((login) => login.password === newPassword), {
      timeoutMs: 20_000,
      what: 'the new password in the login store',
    });
    return 'in Thunderbird’s own login store';
  });
  await step('message fetched', async () => {
    await thunderbird.waitForSubject('server1', subject);
    if (dovecot.goodLogins({ user: 'alice' }) < 1) throw new Error('the server saw no login');
    await thunderbird.openInbox('server1');
    await thunderbird.waitFor(
      `return Services.wm.getMostRecentWindow('mail:3pane').gTabmail.currentAbout3Pane.gDBView?.rowCount > 0;`,
    );
    await picture('3-mail');
    return `"${subject}"`;
  });
  await step('nothing else was asked', async () => {
    const boxes = await thunderbird.dialogHistory();
    if (boxes.length !== 1) throw new Error(`boxes shown: ${JSON.stringify(boxes)}`);
    const counters = await thunderbird.counters();
    if (counters.caught !== 1 || counters.answered.newPassword !== 1 || counters.errors !== 0)
      throw new Error(JSON.stringify(counters));
    await dovecot.settle();
    return `one prompt, no Retry/Cancel box; ${dovecot.badLogins()} bad logins in the server’s log`;
  });
  say(`\nPictures: ${path.relative(root, pictures)}/`);
}

async function letTheUserPress({ thunderbird, dovecot }) {
  say(`
Thunderbird is open. The account "Work" has an old password saved.
  1. Click "Work" on the left, then "Get Messages" (the cloud with the arrow).
  2. Without Reprompt a box "Login failed" with Retry and Cancel would come, twice. Now Thunderbird asks for the new password at once.
  3. Type   ${newPassword}   and let Thunderbird remember it: the message "${subject}" arrives.
The old password is in the keyring of this try; the bar at the foot of the window says why you were asked.
Close Thunderbird, or press Ctrl+C here, to end; nothing stays behind.`);
  await thunderbird.ended;
  say(
    dovecot.goodLogins({ user: 'alice' })
      ? '\nThe new password worked. That was it.'
      : '\nThunderbird was closed before the new password was used.',
  );
}

let status = 0;
try {
  say('\n== The story');
  const stage = await setStage();
  await (headless ? pressForTheUser(stage) : letTheUserPress(stage));
} catch (error) {
  say(`\n${error.message}`);
  status = 1;
} finally {
  await finish();
}
say(status === 0 ? '\nEverything was seen.' : '\nNot everything was seen.');
process.exit(status);
