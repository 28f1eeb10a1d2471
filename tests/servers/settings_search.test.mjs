// SPDX-License-Identifier: MPL-2.0
// An account whose settings do not work any more: the host finds ones that do, without a password, and proposes nothing that is weaker, private or
// somebody else's by mistake. Real Dovecot and Postfix on their real ports, in a small internet of the test. Needs root.

import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { join } from 'node:path';

import { makeAuthority } from '../harness/certificates.mjs';
import { startDovecot } from '../harness/dovecot.mjs';
import { runReprompt, startNative } from '../harness/host.mjs';
import { startPostfix } from '../harness/postfix.mjs';
import { findProgram, makeFolder, runOnce } from '../harness/processes.mjs';
import { a, makePublicNetwork, service } from '../harness/public_network.mjs';
import { expectSilenceAbout, expectVerdict } from './expectations.mjs';

const password = 'planted-secret-5';
const user = 'alice.local-part@example.test';
const at = {
  gone: '203.0.113.1', // nobody listens
  mail: '203.0.113.2',
  send: '203.0.113.3',
  web: '203.0.113.4',
  wrong: '203.0.113.5', // its certificate is for another name
  stranger: '203.0.113.6', // a certificate for its own name only
  relay: '203.0.113.7', // takes mail on 25 without AUTH, and sign-ins on 587
  inside: '10.7.7.7', // private, the same servers as `mail`
  insideGone: '10.7.7.8', // private, nobody listens
};
const authority = makeAuthority(makeFolder('search-ca'));
const unknown = makeAuthority(makeFolder('search-unknown-ca'), { name: 'Nobody' });
let network;
let mail;
let wrong;
let stranger;
let postfix;
let relay;
before(async () => {
  const pages = authority.issue({
    names: ['autoconfig.example.test', 'example.test', 'config.example.test', 'elsewhere.invalid'],
  });
  network = await makePublicNetwork({ addresses: Object.values(at), web: { address: at.web, ...pages } });
  const server = (name, options) =>
    startDovecot({
      dir: join(makeFolder('search'), name),
      authority,
      wrap: network.wrap,
      ports: { imap: 0, pop3: 0, imaps: 993, pop3s: 995 },
      ...options,
    });
  mail = await server('mail', {
    listen: `${at.mail} ${at.inside}`,
    names: [
      'mail.example.test',
      'imap.example.test',
      'inside.example.test',
      'mail.hoster.test',
      'example.test',
      'imap.gmail.com',
    ],
    extra: `service imap-login {\n  inet_listener odd {\n    address = ${at.mail}\n    port = 9993\n    ssl = yes\n  }\n}`,
  });
  wrong = await server('wrong', { listen: at.wrong, names: ['another.example.org'] });
  stranger = await server('stranger', { listen: at.stranger, names: ['imap.stranger.test'] });
  postfix = await startPostfix({
    dir: join(makeFolder('search'), 'postfix'),
    authority,
    dovecot: mail,
    names: ['mail.example.test', 'smtp.example.test'],
    listen: at.send,
    ports: { submission: 587, submissions: 0 },
    wrap: network.wrap,
  });
  relay = await startPostfix({
    dir: join(makeFolder('search'), 'relay'),
    authority,
    dovecot: mail,
    names: ['relay.example.test'],
    listen: at.relay,
    ports: { submission: 587, submissions: 0, smtp: 25 },
    wrap: network.wrap,
  });
});
after(async () => {
  for (const each of [relay, postfix, mail, wrong, stranger, network]) await each?.stop();
});

/** Probes an account with a password that must stay at home. */
const probe = (url, args = [], { user: name = user, ...options } = {}) =>
  runReprompt(['probe', url, '--user', name, '--json', ...args], {
    password,
    wrap: network.wrap,
    env: { SSL_CERT_FILE: authority.caFile },
    ...options,
  });

/** Settings at a server of the account's own domain. */
const inTheDomain = { confirm_host: false };
const implicit = (host, port, more) => ({ host, port, tls: 'implicit', ...inTheDomain, ...more });
const starttls = (host, port, more) => ({ host, port, tls: 'starttls', ...inTheDomain, ...more });

function expectSettings(run, expected) {
  expectSilenceAbout(run, password);
  assert.equal(run.json?.attempts, 0, run.stdout + run.stderr);
  assert.deepEqual(run.json.settings, expected, run.stdout);
  assert.ok(Number.isInteger(run.json.timings_ms.settings), run.stdout);
}

/** The servers saw visitors, and none of them tried to sign in. */
async function expectNoLogins() {
  for (const server of [mail, wrong, stranger]) {
    const log = await server.settle();
    assert.equal(server.goodLogins() + server.badLogins(), 0, log);
    assert.ok(!log.includes('alice') && !log.includes(password), log);
  }
  assert.ok(!/sasl_username|authentication/i.test(postfix.logText()), postfix.logText());
}

const page = (servers) =>
  `<?xml version="1.0"?>\n<clientConfig version="1.1"><emailProvider id="example.test"><domain>example.test</domain>${servers
    .map(
      ([type, host, port, socket]) =>
        `<${type === 'smtp' ? 'outgoing' : 'incoming'}Server type="${type}"><hostname>${host}</hostname><port>${port}</port>` +
        `<socketType>${socket}</socketType><username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication>` +
        `</${type === 'smtp' ? 'outgoing' : 'incoming'}Server>`,
    )
    .join('')}</emailProvider></clientConfig>`;

const hosts = { 'mail.example.test A': [a(at.mail)], 'smtp.example.test A': [a(at.send)] };

test('IMAP 143 without encryption was closed: 993 on the same host', async () => {
  network.set(hosts);
  const run = await probe('imap://mail.example.test:143', ['--tls', 'none']);
  expectVerdict(run, 'server_unreachable', 0);
  expectSettings(run, implicit('mail.example.test', 993, { source: 'port', changes: ['port', 'tls'] }));
  await expectNoLogins();
  assert.match(mail.logText(), /imap-login: Info: .*no auth attempts/, 'nobody looked');
});

test('POP3 110 without encryption was closed: 995 on the same host', async () => {
  network.set(hosts);
  const run = await probe('pop3://mail.example.test:110', ['--tls', 'none']);
  expectVerdict(run, 'server_unreachable', 0);
  expectSettings(run, implicit('mail.example.test', 995, { source: 'port', changes: ['port', 'tls'] }));
  await expectNoLogins();
});

test('SMTP 25 without encryption was closed: 587 with STARTTLS on the same host', async () => {
  network.set(hosts);
  const run = await probe('smtp://smtp.example.test:25', ['--tls', 'none']);
  expectVerdict(run, 'server_unreachable', 0);
  expectSettings(run, starttls('smtp.example.test', 587, { source: 'port', changes: ['port', 'tls'] }));
  await expectNoLogins();
});

test('SMTP 25 offers no sign-in, as between servers: it is said so, and 587 on the same host is found', async () => {
  network.set({ 'relay.example.test A': [a(at.relay)] });
  const run = await probe('smtp://relay.example.test:25');
  expectVerdict(run, 'mechanism_unsupported', 0);
  assert.equal(run.json.rule, 'caps.no-sign-in', run.stdout);
  expectSettings(run, starttls('relay.example.test', 587, { source: 'port', changes: ['port'] }));
  const report = await runReprompt(['probe', 'smtp://relay.example.test:25', '--user', user], {
    password,
    wrap: network.wrap,
    env: { SSL_CERT_FILE: authority.caFile },
  });
  assert.match(report.stdout, /^The server answers, but offers no way to sign in on this port\.\n/);
  assert.doesNotMatch(report.stdout, /--user|Nothing is wrong/);
  assert.ok(!/sasl_username|authentication/i.test(relay.logText()), relay.logText());
});

test('STARTTLS set where TLS is spoken from the first octet, and the reverse', async () => {
  network.set(hosts);
  const imap = await probe('imap://mail.example.test:993');
  expectSettings(imap, implicit('mail.example.test', 993, { source: 'port', changes: ['tls'] }));
  const smtp = await probe('smtps://smtp.example.test:587');
  expectSettings(smtp, starttls('smtp.example.test', 587, { source: 'port', changes: ['tls'] }));
});

test('a host that was renamed is found by the SRV records of the address, and nothing but its domain is told', async () => {
  network.set({
    'imap.example.test A': [a(at.mail)],
    '_imaps._tcp.example.test SRV': [service('imap.example.test', 993)],
  });
  const run = await probe('imaps://old.example.test');
  expectVerdict(run, 'server_unreachable', 0);
  expectSettings(run, implicit('imap.example.test', 993, { source: 'srv', changes: ['host'] }));
  await expectNoLogins();
  assert.doesNotMatch(JSON.stringify(network.asked()), /alice|local-part/i);
});

test("a host that was renamed is found on the domain's own page, also behind a redirect inside the domain", async () => {
  const names = { ...hosts, 'autoconfig.example.test A': [a(at.web)], 'config.example.test A': [a(at.web)] };
  const servers = page([
    ['imap', 'mail.example.test', 143, 'plain'],
    ['imap', 'mail.example.test', 993, 'SSL'],
    ['pop3', 'mail.%EMAILDOMAIN%', 995, 'SSL'],
    ['smtp', 'smtp.example.test', 587, 'STARTTLS'],
  ]);
  const place = 'autoconfig.example.test/mail/config-v1.1.xml';
  const found = { host: 'mail.example.test', tls: 'implicit', source: 'autoconfig', changes: ['host'], confirm_host: false };

  network.set(names, { [place]: { body: servers } });
  expectSettings(await probe('pop3s://pop.example.test'), { ...found, port: 995 });
  assert.doesNotMatch(JSON.stringify(network.asked()), /alice|local-part|emailaddress/i);
  expectSettings(
    await probe('smtps://out.example.test'),
    starttls('smtp.example.test', 587, { source: 'autoconfig', changes: ['host', 'port', 'tls'] }),
  );

  network.set(names, {
    [place]: { status: 302, headers: { location: 'https://config.example.test/mail.xml' } },
    'config.example.test/mail.xml': { body: servers },
  });
  expectSettings(await probe('imaps://old.example.test'), { ...found, port: 993 });

  network.set(
    { ...names, 'example.test A': [a(at.web)] },
    {
      'example.test/.well-known/autoconfig/mail/config-v1.1.xml': { body: servers },
    },
  );
  expectSettings(await probe('imaps://old.example.test'), { ...found, port: 993 });
  await expectNoLogins();
});

test('pages that must not be followed or read lead to nothing', async () => {
  const names = {
    ...hosts,
    'autoconfig.example.test A': [a(at.web)],
    'elsewhere.invalid A': [a(at.web)],
    'inside.example.test A': [a(at.inside)],
  };
  const good = page([['imap', 'mail.example.test', 993, 'SSL']]);
  const place = 'autoconfig.example.test/mail/config-v1.1.xml';
  const redirect = (location) => ({ [place]: { status: 301, headers: { location } }, 'elsewhere.invalid/x': { body: good } });
  const cases = {
    'a redirect to another domain': redirect('https://elsewhere.invalid/x'),
    'a redirect to http': redirect('http://autoconfig.example.test/x'),
    'a redirect in a circle': redirect(`https://${place}`),
    'a document type': {
      [place]: { body: good.replace('<clientConfig', '<!DOCTYPE clientConfig [<!ENTITY x "y">]><clientConfig') },
    },
    'a page of 70 KiB': { [place]: { body: `${good}${' '.repeat(70 * 1024)}` } },
    'no XML': { [place]: { body: '<html><p>Hello' } },
    'a port that is not for mail': { [place]: { body: page([['imap', 'mail.example.test', 9993, 'SSL']]) } },
    'no encryption': { [place]: { body: page([['imap', 'mail.example.test', 143, 'plain']]) } },
    'a private address': { [place]: { body: page([['imap', 'inside.example.test', 993, 'SSL']]) } },
  };
  for (const [name, pages] of Object.entries(cases)) {
    network.set(names, pages);
    const run = await probe('imaps://old.example.test');
    assert.equal(run.json?.settings, undefined, `${name}: ${run.stdout}`);
    assert.ok(
      network.asked().some((each) => each.page === place),
      `${name}: nobody asked for the page`,
    );
    assert.ok(!network.asked().some((each) => each.page?.startsWith('elsewhere.')), name);
  }
});

test('a host of somebody else is marked for a second confirmation; by the DNS alone it also needs a certificate for the domain', async () => {
  const foreign = {
    host: 'mail.hoster.test',
    port: 993,
    tls: 'implicit',
    changes: ['host'],
    confirm_host: true,
  };
  const names = {
    'mail.hoster.test A': [a(at.mail)],
    'imap.stranger.test A': [a(at.stranger)],
    'autoconfig.example.test A': [a(at.web)],
  };
  network.set(names, {
    'autoconfig.example.test/mail/config-v1.1.xml': { body: page([['imap', 'mail.hoster.test', 993, 'SSL']]) },
  });
  expectSettings(await probe('imaps://old.example.test'), { ...foreign, source: 'autoconfig' });

  network.set({ ...names, '_imaps._tcp.example.test SRV': [service('mail.hoster.test', 993)] });
  expectSettings(await probe('imaps://old.example.test'), { ...foreign, source: 'srv' });

  network.set({ ...names, '_imaps._tcp.example.test SRV': [service('imap.stranger.test', 993)] });
  const run = await probe('imaps://old.example.test');
  assert.equal(run.json?.settings, undefined, run.stdout);
  await expectNoLogins();
  assert.match(stranger.logText(), /imap-login: Info: .*no auth attempts/, 'the stranger was not even looked at');

  // Where its own page names the same server, the DNS's word is not needed.
  network.set(
    { ...names, '_imaps._tcp.example.test SRV': [service('imap.stranger.test', 993)] },
    { 'autoconfig.example.test/mail/config-v1.1.xml': { body: page([['imap', 'imap.stranger.test', 993, 'SSL']]) } },
  );
  expectSettings(await probe('imaps://old.example.test'), { ...foreign, host: 'imap.stranger.test', source: 'autoconfig' });
});

test("a big provider's server is confirmed once more where only the MX leads there, perhaps to a filter, and not where the page does", async () => {
  const gmail = { host: 'imap.gmail.com', port: 993, tls: 'implicit', changes: ['host'] };
  const names = {
    'example.test MX': [{ type: 'MX', data: [5, 'aspmx.l.google.com'] }],
    'imap.gmail.com A': [a(at.mail)],
    'autoconfig.example.test A': [a(at.web)],
  };
  network.set(names);
  expectSettings(await probe('imaps://old.example.test'), { ...gmail, source: 'rule', confirm_host: true });
  network.set(names, {
    'autoconfig.example.test/mail/config-v1.1.xml': { body: page([['imap', 'imap.gmail.com', 993, 'SSL']]) },
  });
  expectSettings(await probe('imaps://old.example.test'), { ...gmail, source: 'autoconfig', confirm_host: false });
  network.set(names);
  const named = await probe('imaps://old.example.test', [], { user: 'alice@gmail.com' });
  expectSettings(named, { ...gmail, source: 'rule', confirm_host: false });
  await expectNoLogins();
});

test('a gateway on this machine that does not run is not replaced by what the domain names', async () => {
  network.set(
    { ...hosts, 'autoconfig.example.test A': [a(at.web)], '_imaps._tcp.example.test SRV': [service('mail.example.test', 993)] },
    { 'autoconfig.example.test/mail/config-v1.1.xml': { body: page([['imap', 'mail.example.test', 993, 'SSL']]) } },
  );
  for (const host of ['127.0.0.1', 'localhost']) {
    const run = await probe(`imap://${host}:1143`, ['--tls', 'none']);
    expectVerdict(run, 'server_unreachable', 0);
    assert.equal(run.json.settings, undefined, run.stdout);
    assert.ok(!network.asked().some((each) => each.page), JSON.stringify(network.asked()));
  }
});

test('what shows a wrong certificate is never proposed, nor what an unknown authority signed', async () => {
  network.set({
    'mail.example.test A': [a(at.wrong)],
    'imap.example.test A': [a(at.wrong)],
    '_imaps._tcp.example.test SRV': [service('imap.example.test', 993)],
  });
  const named = await probe('imap://mail.example.test:143', ['--tls', 'none']);
  assert.equal(named.json?.settings, undefined, named.stdout);

  network.set(hosts);
  const issued = await probe('imap://mail.example.test:143', ['--tls', 'none'], { env: { SSL_CERT_FILE: unknown.caFile } });
  assert.equal(issued.json?.settings, undefined, issued.stdout);
  await expectNoLogins();
  assert.match(wrong.logText(), /imap-login/, 'nobody looked');
});

test('a certificate of another name: the host that the domain names for it is proposed', async () => {
  network.set({
    'mail.example.test A': [a(at.wrong)],
    'imap.example.test A': [a(at.mail)],
    '_imaps._tcp.example.test SRV': [service('imap.example.test', 993)],
  });
  const run = await probe('imaps://mail.example.test');
  expectVerdict(run, 'certificate_untrusted', 0);
  expectSettings(run, implicit('imap.example.test', 993, { source: 'srv', changes: ['host'] }));
});

test('a private address is proposed only to an account whose server has one', async () => {
  const names = {
    'inside.example.test A': [a(at.inside)],
    '_imaps._tcp.example.test SRV': [service('inside.example.test', 993)],
    'public.example.test A': [a(at.gone)],
    'office.example.test A': [a(at.insideGone)],
  };
  network.set(names);
  for (const host of ['public.example.test', 'nowhere.example.test']) {
    const run = await probe(`imaps://${host}`);
    assert.equal(run.json?.settings, undefined, run.stdout);
  }
  expectSettings(
    await probe('imaps://office.example.test'),
    implicit('inside.example.test', 993, { source: 'srv', changes: ['host'] }),
  );
});

test('a port that is not for mail is not proposed, although a mail server answers there', async () => {
  network.set({ ...hosts, '_imaps._tcp.example.test SRV': [service('mail.example.test', 9993)] });
  const run = await probe('imaps://old.example.test');
  assert.equal(run.json?.settings, undefined, run.stdout);
  const there = await probe('imaps://mail.example.test:9993', ['--no-auth']);
  assert.equal(there.json?.evidence.stage, 'done', there.stdout);
});

test('an encrypted password where only plain ones are taken: the method alone changes, on the same channel', async () => {
  network.set(hosts);
  const run = await probe('imaps://mail.example.test', ['--auth', 'CRAM-MD5']);
  expectVerdict(run, 'mechanism_unsupported', 0);
  expectSettings(run, implicit('mail.example.test', 993, { auth: 'password', source: 'port', changes: ['auth'] }));
  assert.doesNotMatch(JSON.stringify(network.asked()), /autoconfig/, 'other settings were looked for');
  await expectNoLogins();
});

test('where nothing can be found the answer comes about as fast as without looking', async () => {
  network.set({ 'gone.example.test A': [a(at.gone)] });
  const without = await probe('imaps://gone.example.test', ['--no-repair']);
  assert.equal(without.json?.timings_ms.settings, undefined, without.stdout);
  const run = await probe('imaps://gone.example.test');
  expectVerdict(run, 'server_unreachable', 0);
  assert.equal(run.json.settings, undefined, run.stdout);
  assert.ok(run.json.timings_ms.settings < 1500, run.stdout);
  assert.ok(run.ms < without.ms + 2000, `${run.ms} ms, ${without.ms} ms without looking`);
});

test('under Thunderbird only the certificates of the system count, and nobody is asked about others', async () => {
  network.set(hosts);
  const host = startNative({ wrap: network.wrap });
  try {
    const account = { protocol: 'imap', host: 'mail.example.test', port: 143, tls: 'starttls', user, auth: 'password' };
    const answer = await host.ask('probe', { account, credential: { kind: 'password', secret: password } });
    assert.equal(answer.verdict, 'server_unreachable', JSON.stringify(answer));
    assert.equal(answer.settings, undefined);
    assert.ok(Number.isInteger(answer.timings_ms.settings));
    assert.deepEqual(
      host.messages.filter((message) => message.type === 'chain'),
      [],
    );
    const silent = await host.ask('probe', { account, repair: false });
    assert.equal(silent.timings_ms.settings, undefined, JSON.stringify(silent));
  } finally {
    await host.stop();
  }
});

/** A command under which this authority is one of the system's, and the only one. */
function asSystemStore({ caFile }) {
  const folder = makeFolder('system-store');
  copyFileSync(caFile, join(folder, 'ca.pem'));
  runOnce('openssl', ['rehash', folder]);
  const script = 'mount --bind "$1" /etc/ssl/certs && shift && exec "$@"';
  return [...network.wrap, findProgram('unshare'), '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', folder];
}

test('under Thunderbird the same is found where the system knows the authority', async () => {
  network.set(hosts);
  const host = startNative({ wrap: asSystemStore(authority) });
  try {
    const account = { protocol: 'smtp', host: 'smtp.example.test', port: 25, tls: 'none', user, auth: 'password' };
    const answer = await host.ask('probe', { account, credential: { kind: 'password', secret: password } });
    assert.deepEqual(
      answer.settings,
      { host: 'smtp.example.test', port: 587, tls: 'starttls', source: 'port', changes: ['port', 'tls'], confirm_host: false },
      JSON.stringify(answer),
    );
    assert.equal(answer.attempts, 0);
    await expectNoLogins();
  } finally {
    await host.stop();
  }
});

test('the report shows old and new and says why, in English and Japanese', async () => {
  network.set({
    'mail.hoster.test A': [a(at.mail)],
    '_imaps._tcp.example.test SRV': [service('mail.hoster.test', 993)],
  });
  const report = (language) =>
    runReprompt(['probe', 'imap://old.example.test:143', '--tls', 'none', '--user', user], {
      password,
      wrap: network.wrap,
      env: { SSL_CERT_FILE: authority.caFile, LC_ALL: language },
    });
  const english = await report('C.UTF-8');
  assert.match(
    english.stdout,
    /Change these settings:\n {2}Server +old[.]example[.]test -> mail[.]hoster[.]test\n/,
    english.stdout,
  );
  assert.match(english.stdout, /\n {2}Port +143 -> 993\n {2}Security +None -> SSL\/TLS\n/);
  assert.match(english.stdout, /No password\s+was sent to find out[.]/);
  assert.match(english.stdout, /outside the account's domain/);
  const japanese = await report('ja_JP.UTF-8');
  assert.match(japanese.stdout, /変更する設定:\n {2}サーバー名 +old[.]example[.]test -> mail[.]hoster[.]test\n/, japanese.stdout);
});
