// SPDX-License-Identifier: MPL-2.0
// A university: its servers take application codes only and turn an address away after five failures, and its own words and page lead there. Its rules
// come from /etc/reprompt/rules.d or from Thunderbird's enterprise policy (managed storage). The documented ports, in a network of their own.
// Belongs here: what an organisation says, from failure to mail. Not here: the limits of rules from outside (tests/unit, tests/servers).
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { settledMailboxes } from '../harness/account_life.mjs';
import { startBanList } from '../harness/ban_list.mjs';
import { watchBars } from '../harness/bars.mjs';
import { notePages } from '../harness/browser.mjs';
import { startDnsServer, zone } from '../harness/dns_server.mjs';
import { enterOwnNetwork, trustAuthority, useNameServer, useOwnEtc } from '../harness/own_network.mjs';
import { story, vaultEntries } from './world.mjs';

const address = '203.0.113.7';
enterOwnNetwork(import.meta.url, [address]);
useOwnEtc();

const example = new URL('../../packaging/examples/university.json', import.meta.url);
const rules = JSON.parse(readFileSync(example, 'utf8'));
const said = rules.rules.find(({ id }) => id === 'reiji-u.application-code');
const hosts = { imap: 'imap.reiji-u.example', pop3: 'pop.reiji-u.example', smtp: 'smtp.reiji-u.example' };
const rulesFolder = '/etc/reprompt/rules.d';
const policyFolders = ['/etc/thunderbird/policies', '/usr/lib/thunderbird/distribution'];
const [accountPassword, code] = ['university-password-1', 'qkzv-wmrd-hjxt'];
const most = 5;

/** The rules are in one of the two places, and only there. @param {'etc'|'policy'|'nowhere'} place */
function announce(place, content = rules) {
  for (const folder of [rulesFolder, policyFolders[0]]) rmSync(folder, { recursive: true, force: true });
  if (place === 'etc') {
    mkdirSync(rulesFolder, { recursive: true, mode: 0o755 });
    copyFileSync(example, `${rulesFolder}/university.json`);
  }
  if (place === 'policy') {
    mkdirSync(policyFolders[0], { recursive: true, mode: 0o755 });
    const policies = { '3rdparty': { Extensions: { 'reprompt@reprompt.example': { rules: content } } } };
    writeFileSync(`${policyFolders[0]}/policies.json`, JSON.stringify({ policies }));
  }
}

/** Its servers, which know alice by an application code, and her Thunderbird, which has the university's password saved for both directions. */
async function university(world, { type = 'imap', locale = 'en-US', mechanisms = 'plain login' } = {}) {
  trustAuthority(world.authority);
  const a = { records: [{ type: 'A', data: Buffer.from(address.split('.').map(Number)) }] };
  const dns = await startDnsServer(zone(Object.fromEntries(Object.values(hosts).map((host) => [`${host} A`, a]))));
  world.afterwards(dns.stop);
  useNameServer(dns);
  const banList = await startBanList({ most });
  world.afterwards(banList.stop);
  const names = Object.values(hosts);
  const dovecot = await world.dovecot({
    users: { alice: code },
    listen: address,
    names,
    ports: { imaps: 993, pop3s: 995 },
    mechanisms,
    extra: `${settledMailboxes}\n${banList.extra}`,
  });
  dovecot.deliver('alice', 'From the faculty');
  const postfix = await world.postfix(dovecot, { listen: address, names, ports: { submission: 587, submissions: 0 } });
  const thunderbird = await world.thunderbird({
    locale,
    accounts: [
      {
        ...{ type, name: 'Uni', host: hosts[type], port: type === 'imap' ? 993 : 995, user: 'alice' },
        ...{ password: accountPassword, address: 'alice@example.org' },
      },
    ],
    smtp: { host: hosts.smtp, port: 587, tls: 'starttls', user: 'alice', password: accountPassword, name: 'Uni sending' },
  });
  const failures = () => banList.failures(address);
  const noBan = async () => {
    await dovecot.settle();
    world.say(`${type}: ${failures()} of ${most} failures, ${banList.refused()} sign-ins turned away`);
    assert.ok(!banList.banned(address));
    assert.equal(banList.refused(), 0);
  };
  return { dovecot, postfix, thunderbird, failures, noBan, bars: watchBars(thunderbird) };
}

const press = (thunderbird, dialog, label) => {
  const button = dialog.buttons.find((each) => each.label === label);
  assert.ok(button, `${label} among ${dialog.buttons.map((each) => each.label)}`);
  return thunderbird.clickButton(dialog, button.name);
};
const kinds = async (thunderbird) => (await thunderbird.dialogHistory()).map(({ kind }) => kind);
const saved = async (thunderbird) => (await thunderbird.logins()).map(({ origin, password }) => `${origin} ${password}`).sort();

story(
  'a university: its words and page, the application code typed once, both directions, mail in and out, no ban',
  async (world) => {
    announce('etc');
    const { thunderbird, postfix, failures, noBan, bars } = await university(world);
    const pages = await notePages(thunderbird);

    await thunderbird.getNewMessages('server1');
    const dialog = await thunderbird.waitForDialog('choice');
    await world.picture('dialog');
    assert.ok(dialog.text.includes(`Your organisation (Reiji University) says: ${said.text.en}`), dialog.text);
    await press(thunderbird, dialog, 'Open the page');
    const again = await thunderbird.waitForDialog('choice');
    assert.deepEqual(await pages(), [said.links.app_password]);
    await press(thunderbird, again, 'Enter app password');
    await thunderbird.typePassword(await thunderbird.waitForDialog('password'), code);
    await thunderbird.waitForSubject('server1', 'From the faculty');
    const before = failures();

    const bar = await bars.waitFor('incoming-server1');
    await world.picture('both-directions');
    assert.match(bar.text, /for sending/);
    await bars.press('incoming-server1', 'Yes');
    await thunderbird.waitFor(
      `return (await Services.logins.searchLoginsAsync({ origin: args.origin }))[0]?.password === args.code;`,
      { origin: `smtp://${hosts.smtp}`, code },
    );
    assert.equal((await vaultEntries(world, 587)).length, 1, 'the old password is in the vault');
    await thunderbird.sendMessage({ to: 'alice@example.org', subject: 'To the faculty' });
    await postfix.waitForMessage('To the faculty');

    assert.deepEqual(await saved(thunderbird), [`imap://${hosts.imap} ${code}`, `smtp://${hosts.smtp} ${code}`]);
    assert.deepEqual(await kinds(thunderbird), ['choice', 'choice', 'password']);
    assert.equal(failures(), before, 'no failure after the code was typed');
    await noBan();
    const counters = await thunderbird.counters();
    assert.equal(counters.errors, 0);
    assert.deepEqual(await thunderbird.addonErrors(), []);
  },
);

story(
  'the same words for sending, where the record of the refused password decides: nothing is sent to the server',
  async (world) => {
    announce('etc');
    const { thunderbird, failures, noBan } = await university(world, { mechanisms: 'plain' });
    await thunderbird.getNewMessages('server1');
    await press(thunderbird, await thunderbird.waitForDialog('choice'), 'Not now');
    const before = failures();
    await thunderbird.sendMessage({ to: 'alice@example.org', subject: 'It waits' });
    const dialog = await thunderbird.waitForDialog('choice');
    assert.ok(dialog.text.includes(said.text.en), dialog.text);
    assert.ok(dialog.buttons.some(({ label }) => label === 'Open the page'));
    assert.ok(failures() - before <= 1, "Thunderbird's own attempt, none of ours");
    await press(thunderbird, dialog, 'Not now');
    await noBan();
  },
);

story('the rules come by policy: the words in Japanese, the application code, POP3 mail', async (world) => {
  announce('policy');
  const { thunderbird, noBan } = await university(world, { type: 'pop3', locale: 'ja' });
  const pages = await notePages(thunderbird);

  await thunderbird.getNewMessages('server1');
  const dialog = await thunderbird.waitForDialog('choice');
  await world.picture('dialog');
  assert.ok(dialog.text.includes(`組織（Reiji University）からの案内: ${said.text.ja}`), dialog.text);
  await press(thunderbird, dialog, 'ページを開く');
  const again = await thunderbird.waitForDialog('choice');
  assert.deepEqual(await pages(), [said.links.app_password]);
  const [incident] = await thunderbird.incidents();
  assert.equal(incident.verdict.rule_origin, 'policy');
  await thunderbird.clickButton(again, again.buttons.find(({ label }) => /アプリパスワード/.test(label)).name);
  await thunderbird.typePassword(await thunderbird.waitForDialog('password'), code);
  await thunderbird.waitForSubject('server1', 'From the faculty');
  await noBan();
  assert.equal((await thunderbird.counters()).errors, 0);
  assert.deepEqual(await thunderbird.addonErrors(), []);
});

story('a file in the home of the user does not speak as the organisation', async (world) => {
  announce('nowhere');
  const { thunderbird } = await university(world);
  await thunderbird.quit();
  const own = await world.thunderbird({
    managed: { rules },
    accounts: [{ type: 'imap', name: 'Uni', host: hosts.imap, port: 993, user: 'alice', password: accountPassword }],
  });
  await own.getNewMessages('server1');
  await own.waitForDialog('password'); // a password that is no longer accepted, and nothing more
  const [incident] = await own.incidents();
  assert.equal(incident.verdict.verdict, 'stale_password');
  assert.equal(incident.verdict.organisation, undefined);
});
