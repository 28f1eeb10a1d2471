// SPDX-License-Identifier: MPL-2.0
// Settings that went stale: old ports that the provider has closed, and a server that has another name now. One click each, mail flows, and one click
// back. The real documented ports, DNS and https, in a network of their own. Belongs here: stories of settings. Not here: the search (tests/servers).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createServer as createPlainServer } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { watchBars } from '../harness/bars.mjs';
import { srv, startDnsServer, zone } from '../harness/dns_server.mjs';
import { waitUntil } from '../harness/processes.mjs';
import { enterOwnNetwork, trustAuthority, useNameServer } from '../harness/own_network.mjs';
import { story } from './world.mjs';

const [mailAddress, pageAddress] = ['203.0.113.5', '203.0.113.6'];
enterOwnNetwork(import.meta.url, [mailAddress, pageAddress]);

const hosts = ['pop.firm.example', 'smtp.firm.example', 'mail.firm.example', 'imap.hoster.example', 'smtp.hoster.example'];
const oldHost = 'imap.firm.example';
const a = (address) => ({ records: [{ type: 'A', data: Buffer.from(address.split('.').map(Number)) }] });
const user = 'alice@firm.example';

/** The provider's servers on its documented ports, and the DNS. @param {any} world @param {{records?: object, ports?: object}} [how] */
async function provider(world, { records = {}, ports = {} } = {}) {
  trustAuthority(world.authority);
  const names = Object.fromEntries(hosts.map((host) => [`${host} A`, a(mailAddress)]));
  const all = Object.assign(records, names);
  const dns = await startDnsServer(zone(all));
  world.afterwards(dns.stop);
  useNameServer(dns);
  const dovecot = await world.dovecot({
    users: { alice: 'right-1' },
    listen: mailAddress,
    names: [...hosts, oldHost],
    ports: { pop3s: 995, imaps: 993, ...ports },
  });
  const postfix = await world.postfix(dovecot, { listen: mailAddress, names: hosts, ports: { submission: 587, submissions: 0 } });
  return { dns, dovecot, postfix };
}

/** The page that a domain publishes for mail programs, as Thunderbird's account set-up reads it. */
async function autoconfig(world, domain, servers) {
  const { certFile, keyFile } = world.authority.issue({ names: [`autoconfig.${domain}`] });
  const one = ([kind, type, host, port, socketType]) =>
    `<${kind}Server type="${type}"><hostname>${host}</hostname><port>${port}</port><socketType>${socketType}</socketType>
     <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></${kind}Server>`;
  const text = `<?xml version="1.0"?><clientConfig version="1.1"><emailProvider id="${domain}"><domain>${domain}</domain>${servers
    .map(one)
    .join('')}</emailProvider></clientConfig>`;
  const asked = [];
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (request, response) => {
    asked.push(request.url);
    const found = request.url.startsWith('/mail/config-v1.1.xml');
    response.writeHead(found ? 200 : 404, { 'Content-Type': 'text/xml' }).end(found ? text : '');
  });
  await new Promise((done, failed) => server.once('error', failed).listen(443, pageAddress, done));
  world.afterwards(() => new Promise((done) => server.close(done)));
  return asked;
}

/** How Thunderbird reaches a server now. */
const settingsOf = (thunderbird, key) =>
  thunderbird.eval(
    `const server = [...MailServices.accounts.allServers, ...MailServices.outgoingServer.servers].find(each => each.key === args.key);
     const smtp = server.key.startsWith('smtp') ? server.QueryInterface(Ci.nsISmtpServer) : server;
     return [smtp.hostname, smtp.port, server.socketType, server.username];`,
    { key },
  );

const logins = async (thunderbird) =>
  (await thunderbird.logins()).map(({ origin, username, password }) => [origin, username, password]).sort();

/** A bar goes with its button, before what the button does is done. */
const reaches = (look, wanted) =>
  waitUntil(async () => isDeepStrictEqual(await look(), wanted), { what: JSON.stringify(wanted) });

/** Closes Thunderbird's own boxes about what it could not do (nobody can press a button behind them) until a condition holds and none is left. */
async function closingAlerts(thunderbird, condition) {
  let over = false;
  const closer = (async () => {
    for (;;) {
      const last = over;
      const alerts = (await thunderbird.dialogs()).filter(({ kind }) => kind === 'alert');
      for (const alert of alerts) await thunderbird.clickButton(alert, 'accept').catch(() => {});
      if (last && !alerts.length) return;
      await new Promise((done) => setTimeout(done, 100));
    }
  })();
  try {
    return await condition();
  } finally {
    over = true;
    await closer;
  }
}

/** Presses Send in the window that is open already. */
const sendAgain = (thunderbird) =>
  thunderbird.eval(
    `const win = Services.wm.getMostRecentWindow('msgcompose'); win.setTimeout(() => win.goDoCommand('cmd_sendNow'), 0);`,
  );

const words = {
  'en-US': {
    use: 'Use these settings',
    undo: 'Undo',
    confirm: 'Yes, use this server',
    pop: 'port 110 without encryption → port 995 with SSL/TLS',
    smtp: 'port 25 without encryption → port 587 with STARTTLS',
  },
  ja: {
    use: 'この設定にする',
    undo: '元に戻す',
    pop: 'ポート 110・暗号化なし → ポート 995・SSL/TLS',
    smtp: 'ポート 25・暗号化なし → ポート 587・STARTTLS',
  },
};

for (const locale of ['en-US', 'ja']) {
  const { use, undo, pop, smtp } = words[locale];
  story(`ports 110 and 25 were closed: 995 and 587 in one click each, mail both ways, and back (${locale})`, async (world) => {
    const { dovecot, postfix } = await provider(world);
    dovecot.deliver('alice', 'It was there');
    const thunderbird = await world.thunderbird({
      locale,
      accounts: [
        {
          ...{ type: 'pop3', name: 'Work', host: 'pop.firm.example', port: 110, tls: 'none', user, password: 'right-1' },
          address: 'alice@example.org',
        },
      ],
      smtp: { host: 'smtp.firm.example', port: 25, tls: 'none', user, password: 'right-1', name: 'Sending' },
    });
    const bars = watchBars(thunderbird);
    const before = await logins(thunderbird);

    // Receiving.
    await thunderbird.getNewMessages('server1');
    const found = await closingAlerts(thunderbird, () => bars.waitFor('incoming-server1'));
    await world.picture('found');
    assert.ok(found.text.includes(pop), found.text);
    assert.equal(found.buttons[0], use);
    assert.deepEqual(
      await settingsOf(thunderbird, 'server1'),
      ['pop.firm.example', 110, 0, user],
      'nothing changes before the click',
    );
    await bars.press('incoming-server1', use);
    await thunderbird.waitForSubject('server1', 'It was there');
    await thunderbird.waitFor(`return MailServices.accounts.getIncomingServer('server1').port === 995;`);
    assert.deepEqual(await settingsOf(thunderbird, 'server1'), ['pop.firm.example', 995, 3, user]);

    // Sending: Thunderbird says that it failed and keeps the message open.
    await thunderbird.sendMessage({ to: 'alice@example.org', subject: 'It waited' });
    const second = await closingAlerts(thunderbird, () => bars.waitFor('outgoing-smtp1'));
    assert.ok(second.text.includes(smtp), second.text);
    await closingAlerts(thunderbird, async () => {
      await bars.press('outgoing-smtp1', use);
      await thunderbird.waitFor(`return MailServices.outgoingServer.servers[0].socketType === 2;`);
      await postfix.waitForLog(/sasl_username=alice|client=.*sasl|disconnect from.*auth=1/);
    });
    await sendAgain(thunderbird);
    await postfix.waitForMessage('It waited');
    await world.picture('sent');

    assert.deepEqual(await logins(thunderbird), before, 'the saved passwords are where they were');
    await dovecot.settle();
    assert.equal(dovecot.badLogins(), 0);
    assert.deepEqual(
      (await thunderbird.dialogHistory()).filter(({ kind }) => kind === 'password'),
      [],
    );

    // Back.
    for (const [bar, key, old] of [
      ['incoming-server1', 'server1', ['pop.firm.example', 110, 0, user]],
      ['outgoing-smtp1', 'smtp1', ['smtp.firm.example', 25, 0, user]],
    ]) {
      assert.ok((await bars.waitFor(bar)).buttons.includes(undo));
      await bars.press(bar, undo);
      await reaches(() => settingsOf(thunderbird, key), old);
    }
    assert.deepEqual(await logins(thunderbird), before);
    assert.deepEqual(await thunderbird.addonErrors(), []);
  });
}

/** Port 110 as a provider leaves it for a while: it greets, and takes no password without encryption. @returns {Promise<string[]>} what it was told */
async function refusingPort(world) {
  const told = [];
  const answers = { CAPA: '+OK\r\nUSER\r\nUIDL\r\n.', QUIT: '+OK', [`USER ${user}`]: '+OK' };
  const server = createPlainServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (const line of String(chunk).split('\r\n').filter(Boolean)) {
        told.push(line);
        const reply = answers[line] ?? '-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.';
        socket.write(`${reply}\r\n`);
      }
    });
    socket.write('+OK ready\r\n');
  });
  await new Promise((done, failed) => server.once('error', failed).listen(110, mailAddress, done));
  world.afterwards(() => new Promise((done) => server.close(done)));
  return told;
}

story(
  'port 110 refuses passwords without encryption: the held box gives the reason and the button, and mail arrives',
  async (world) => {
    const { dovecot } = await provider(world);
    const told = await refusingPort(world);
    dovecot.deliver('alice', 'Behind encryption');
    const thunderbird = await world.thunderbird({
      accounts: [{ type: 'pop3', name: 'Work', host: 'pop.firm.example', port: 110, tls: 'none', user, password: 'right-1' }],
    });
    const bars = watchBars(thunderbird);
    await thunderbird.getNewMessages('server1');
    const dialog = await thunderbird.waitForDialog('choice');
    await world.picture('dialog');
    const { use, undo, pop } = words['en-US'];
    assert.match(dialog.text, /only over an encrypted connection/);
    assert.ok(dialog.text.includes(pop), dialog.text);
    assert.deepEqual(
      dialog.buttons.map(({ label }) => label),
      [use, 'Not now', 'Details'],
    );
    const sent = told.length;
    await thunderbird.clickButton(dialog, 'accept');
    await thunderbird.waitForSubject('server1', 'Behind encryption');
    assert.deepEqual(await settingsOf(thunderbird, 'server1'), ['pop.firm.example', 995, 3, user]);
    assert.ok((await bars.waitFor('incoming-server1')).buttons.includes(undo));
    assert.deepEqual(
      told.slice(sent).filter((line) => /^(USER|PASS|AUTH)/.test(line)),
      [],
      'nothing more without encryption',
    );
    assert.deepEqual(
      (await thunderbird.dialogHistory()).map(({ kind }) => kind),
      ['choice'],
    );
    await dovecot.settle();
    assert.equal(dovecot.badLogins(), 0);
    assert.deepEqual(await thunderbird.addonErrors(), []);
  },
);

for (const type of ['imap', 'pop3']) {
  story(
    `${type.toUpperCase()}: the server does not offer "encrypted password" any more: the method is changed in one click, and back`,
    async (world) => {
      const { dovecot } = await provider(world);
      dovecot.deliver('alice', 'By another method');
      const port = type === 'imap' ? 993 : 995;
      const thunderbird = await world.thunderbird({
        accounts: [
          { type, name: 'Work', host: 'mail.firm.example', port, user, password: 'right-1', authMethod: 'password_encrypted' },
        ],
      });
      const bars = watchBars(thunderbird);
      const method = () => thunderbird.eval(`return MailServices.accounts.getIncomingServer('server1').authMethod;`);
      await thunderbird.getNewMessages('server1');
      const found = await closingAlerts(thunderbird, () => bars.waitFor('incoming-server1'));
      assert.match(found.text, /does not offer the authentication method.*Encrypted password → Normal password/);
      await bars.press('incoming-server1', words['en-US'].use);
      await thunderbird.waitForSubject('server1', 'By another method');
      assert.deepEqual(await settingsOf(thunderbird, 'server1'), ['mail.firm.example', port, 3, user]);
      assert.equal(await method(), 3);
      await bars.press('incoming-server1', words['en-US'].undo);
      await reaches(method, 4);
      await dovecot.settle();
      assert.equal(dovecot.badLogins(), 0);
      assert.deepEqual(await thunderbird.addonErrors(), []);
    },
  );
}

/** What else of an account names its server: the folder on disk, the folders of its identity and filters, the name it is shown under. */
const belongings = (thunderbird) =>
  thunderbird.eval(
    `const server = MailServices.accounts.getIncomingServer('server1');
     const identity = MailServices.accounts.getFirstIdentityForServer(server);
     const filters = server.getFilterList(null);
     return {
       directory: server.localPath.path,
       root: server.rootFolder.URI,
       sent: identity.fccFolderURI,
       target: filters.filterCount ? filters.getFilterAt(0).sortedActionList[0].targetFolderUri : null,
       folders: server.rootFolder.descendants.map(folder => folder.name).sort(),
     };`,
  );

/** A folder, a filter into it, and "Sent" on the server. */
const settleIn = (thunderbird) =>
  thunderbird.eval(
    `const server = MailServices.accounts.getIncomingServer('server1');
     MailServices.accounts.getFirstIdentityForServer(server).fccFolderURI = server.serverURI + '/Sent';
     const list = server.getFilterList(null);
     const filter = list.createFilter('lists');
     const term = filter.createTerm();
     term.attrib = Ci.nsMsgSearchAttrib.Subject; term.op = Ci.nsMsgSearchOp.Contains;
     const value = term.value; value.attrib = Ci.nsMsgSearchAttrib.Subject; value.str = 'list'; term.value = value;
     filter.appendTerm(term);
     const action = filter.createAction();
     action.type = Ci.nsMsgFilterAction.MoveToFolder; action.targetFolderUri = server.serverURI + '/Lists';
     filter.appendAction(action); filter.enabled = true;
     list.insertFilterAt(0, filter); list.saveToDefaultFile();`,
  );

const noDnsCache = { 'network.dnsCacheExpiration': 0, 'network.dnsCacheExpirationGracePeriod': 0 };

story(
  'the IMAP server has another name, which the DNS of the domain tells (SRV): one click, and everything comes along',
  async (world) => {
    const records = { [`${oldHost} A`]: a(mailAddress), '_imaps._tcp.firm.example SRV': srv('mail.firm.example', 993) };
    const { dovecot } = await provider(world, { records });
    dovecot.deliver('alice', 'Under the old name');
    const account = { type: 'imap', name: 'Work', host: oldHost, port: 993, user, password: 'right-1' };
    const thunderbird = await world.thunderbird({ accounts: [account], prefs: noDnsCache });
    const bars = watchBars(thunderbird);
    await thunderbird.getNewMessages('server1');
    await thunderbird.waitForSubject('server1', 'Under the old name');
    await settleIn(thunderbird);
    const before = await belongings(thunderbird);

    // The name is gone, and with it the open connections.
    delete records[`${oldHost} A`];
    await thunderbird.eval(
      `MailServices.accounts.getIncomingServer('server1').closeCachedConnections(); Services.dns.clearCache(true);`,
    );
    dovecot.deliver('alice', 'Under the new name');
    await thunderbird.getNewMessages('server1');
    const found = await closingAlerts(thunderbird, () => bars.waitFor('incoming-server1'));
    assert.match(found.text, /imap\.firm\.example → mail\.firm\.example/);
    await bars.press('incoming-server1', words['en-US'].use);
    await thunderbird.waitForSubject('server1', 'Under the new name');
    assert.deepEqual(await logins(thunderbird), [['imap://mail.firm.example', user, 'right-1']]);
    assert.deepEqual(await belongings(thunderbird), before, 'the running Thunderbird keeps its folders, and what leads to them');
    await thunderbird.waitFor(`return [...Services.wm.getMostRecentWindow('mail:3pane').document.querySelectorAll('notification-message')]
    .some(bar => /works with its new settings/.test(bar.messageText?.textContent));`);
    assert.deepEqual((await bars.waitFor('incoming-server1')).buttons, ['Undo', 'Restart Thunderbird', 'Details']);
    await world.picture('renamed');

    // Back and again: nothing is lost on the way.
    await bars.press('incoming-server1', words['en-US'].undo);
    await reaches(() => settingsOf(thunderbird, 'server1'), [oldHost, 993, 3, user]);
    await reaches(() => logins(thunderbird), [[`imap://${oldHost}`, user, 'right-1']]);
    await thunderbird.getNewMessages('server1');
    await closingAlerts(thunderbird, () => bars.waitFor('incoming-server1'));
    await bars.press('incoming-server1', words['en-US'].use);
    await thunderbird.waitFor(`return MailServices.accounts.getIncomingServer('server1').hostname === 'mail.firm.example';`);
    await reaches(() => logins(thunderbird), [['imap://mail.firm.example', user, 'right-1']]);

    // The next start: the folders have the new address, and so has everything that leads to them.
    await thunderbird.quit();
    dovecot.deliver('alice', 'After the restart');
    const again = await world.thunderbird({
      ...{ dir: thunderbird.dir, again: true, keyring: world.keyring, prefs: noDnsCache },
      accounts: [{ ...account, host: 'mail.firm.example' }],
    });
    await again.getNewMessages('server1');
    await again.waitForSubject('server1', 'After the restart');
    const renamed = (address) => address.replace(oldHost, 'mail.firm.example');
    assert.deepEqual(await belongings(again), {
      ...before,
      ...{ root: renamed(before.root), sent: renamed(before.sent), target: renamed(before.target) },
    });
    assert.equal((await again.inboxSubjects('server1')).length, 3);
    assert.deepEqual(await logins(again), [['imap://mail.firm.example', user, 'right-1']]);
    await dovecot.settle();
    assert.equal(dovecot.badLogins(), 0);
    assert.deepEqual(await again.addonErrors(), []);
  },
);

story(
  "the domain's page names another company's server: both names are shown, and the SMTP password comes along",
  async (world) => {
    const records = { 'autoconfig.firm.example A': a(pageAddress) };
    const { dovecot, postfix } = await provider(world, { records });
    const asked = await autoconfig(world, 'firm.example', [
      ['incoming', 'imap', 'imap.hoster.example', 993, 'SSL'],
      ['outgoing', 'smtp', 'smtp.hoster.example', 587, 'STARTTLS'],
    ]);
    const thunderbird = await world.thunderbird({
      accounts: [
        {
          ...{ type: 'imap', name: 'Work', host: 'imap.hoster.example', port: 993, user, password: 'right-1' },
          address: 'alice@example.org',
        },
      ],
      smtp: { host: 'gone.firm.example', port: 587, tls: 'starttls', user, password: 'right-1', name: 'Sending' },
      prefs: noDnsCache,
    });
    const bars = watchBars(thunderbird);
    const { use, confirm } = words['en-US'];

    await thunderbird.sendMessage({ to: 'alice@example.org', subject: 'By the new way' });
    const found = await closingAlerts(thunderbird, () => bars.waitFor('outgoing-smtp1'));
    assert.match(found.text, /gone\.firm\.example → smtp\.hoster\.example/);
    await closingAlerts(thunderbird, async () => {
      await bars.press('outgoing-smtp1', use);
      await thunderbird.waitFor(`return [...Services.wm.getMostRecentWindow('mail:3pane').document.querySelectorAll('notification-message')]
      .some(bar => /would be sent there/.test(bar.messageText?.textContent));`);
    });
    const second = await bars.waitFor('outgoing-smtp1');
    await world.picture('confirm');
    assert.match(second.text, /gone\.firm\.example.*smtp\.hoster\.example/);
    assert.deepEqual(second.buttons, [confirm, 'Details']);
    assert.deepEqual(
      await settingsOf(thunderbird, 'smtp1'),
      ['gone.firm.example', 587, 2, user],
      'nothing changes after one click',
    );
    await bars.press('outgoing-smtp1', confirm);
    await thunderbird.waitFor(`return MailServices.outgoingServer.servers[0].serverURI.host === 'smtp.hoster.example';`);
    await postfix.waitForLog(/disconnect from.*auth=1/);
    await sendAgain(thunderbird);
    await postfix.waitForMessage('By the new way');

    assert.deepEqual(await logins(thunderbird), [
      ['imap://imap.hoster.example', user, 'right-1'],
      ['smtp://smtp.hoster.example', user, 'right-1'],
    ]);
    await bars.press('outgoing-smtp1', words['en-US'].undo);
    await reaches(() => settingsOf(thunderbird, 'smtp1'), ['gone.firm.example', 587, 2, user]);
    await reaches(
      () => logins(thunderbird),
      [
        ['imap://imap.hoster.example', user, 'right-1'],
        ['smtp://gone.firm.example', user, 'right-1'],
      ],
    );
    assert.ok(asked.length >= 1);
    for (const url of asked) assert.doesNotMatch(url, /alice/);
    await dovecot.settle();
    assert.equal(dovecot.badLogins(), 0);
    assert.deepEqual(
      (await thunderbird.dialogHistory()).filter(({ kind }) => kind === 'password'),
      [],
    );
    assert.deepEqual(await thunderbird.addonErrors(), []);
  },
);
