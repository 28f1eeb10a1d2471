// SPDX-License-Identifier: MPL-2.0
// Planted passwords, a planted token and a planted address: servers repeat them, messages carry them where they do not belong, and then they are looked for,
// whole, in pieces and in encodings: in the host's own memory, in what it prints, logs and keeps, and in /proc. Belongs here: the host alone (Thunderbird
// with it: tests/e2e/secrets.test.mjs; every spelling in a report: report.test.mjs). Needs root (the host's memory is closed to everybody else).

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { join } from 'node:path';

import { makeAuthority } from '../harness/certificates.mjs';
import { makeHome, runReprompt, startNative } from '../harness/host.mjs';
import { makeFolder, waitUntil } from '../harness/processes.mjs';
import { memoryOf } from '../harness/process_memory.mjs';
import { SILENT, startScriptedServer } from '../harness/scripted_server.mjs';
import { filesBelow, tracesIn, tracesInFiles, tracesOf } from './planted.mjs';
import { sealKey } from './trusting_probe.mjs';

// Random characters, so that six of them in a row are a find. The short one fits into a std::string without a block of its own.
const planted = {
  password: 'vK7#qZ4+Wm2"xR9=hTjY5/bN',
  'short password': 'Gq8%Lw3&Zc',
  token: 'ya29.Qw7Xk2Vb9Rt4Hm6Zp1Ls8Dn3Gf5Jc0',
};
const address = 'Wq5zvk.Jx8rtm@mail.planted.example';
const traces = tracesOf(planted, { piece: 6 });
const addressTraces = tracesOf({ address, name: address.split('@')[0] });

const authority = makeAuthority(makeFolder('secrets-ca'));
const certificate = authority.issue({ names: ['localhost'] });
/** Hosts and servers that a failed test may have left behind. */
const leftBehind = [];
after(() => Promise.all(leftBehind.map((each) => each.stop())));
function startHost(home = makeHome()) {
  const host = startNative({ home });
  leftBehind.push(host);
  return host;
}

/** Every way to sign in that the host knows: [protocol, what the server offers, what the account is set to]. */
const ways = [
  ['imap', ['IMAP4rev1'], 'password'],
  ['imap', ['IMAP4rev1', 'AUTH=PLAIN'], 'password'],
  ['imap', ['IMAP4rev1', 'SASL-IR', 'AUTH=PLAIN'], 'password'],
  ['imap', ['IMAP4rev1', 'AUTH=LOGIN'], 'password'],
  ['imap', ['IMAP4rev1', 'AUTH=CRAM-MD5'], 'password_encrypted'],
  ['imap', ['IMAP4rev1', 'AUTH=XOAUTH2'], 'oauth2'],
  ['pop3', ['USER'], 'password'],
  ['pop3', ['SASL PLAIN'], 'password'],
  ['pop3', ['SASL LOGIN'], 'password'],
  ['pop3', ['SASL XOAUTH2'], 'oauth2'],
  ['smtp', ['AUTH PLAIN'], 'password'],
  ['smtp', ['AUTH LOGIN'], 'password'],
  ['smtp', ['AUTH CRAM-MD5'], 'password_encrypted'],
  ['smtp', ['AUTH XOAUTH2'], 'oauth2'],
];
const refusals = {
  imap: (tag, words) => `${tag} NO [AUTHENTICATIONFAILED] ${words}`,
  pop3: (_tag, words) => `-ERR [AUTH] ${words}`,
  smtp: (_tag, words) => `535 5.7.8 ${words}`,
};
const base64 = (text) => Buffer.from(text).toString('base64');

/** A server that repeats `words` with its refusal, and in its greeting; `silent`: it takes the credential and says nothing. */
async function startEcho(protocol, offered, words, { silent = false } = {}) {
  let asked;
  const reply = (tag) => (silent ? SILENT : refusals[protocol](tag, words));
  const server = await startScriptedServer({
    ...{ protocol, tls: 'implicit', certificate, offered },
    greeting: `${{ imap: '* OK', pop3: '+OK', smtp: '220' }[protocol]} ready, ${words}`,
    auth: (tag) => reply(tag),
    // The scripted server knows neither of these: a challenge first, then whatever comes is the credential.
    answer(line, tag) {
      const more = protocol === 'smtp' ? '334 ' : '+ ';
      const begun = /^(\S+ )?AUTH(ENTICATE)? (XOAUTH2|CRAM-MD5)( .+)?$/i.exec(line);
      if (begun) {
        if (begun[4]) return reply(tag);
        asked = tag;
        return /CRAM/.test(line) ? more + base64('<1.2@localhost>') : more;
      }
      if (asked === undefined || !/^[A-Za-z0-9+/=]{20,}$/.test(line)) return undefined;
      return reply(asked);
    },
  });
  leftBehind.push(server);
  return server;
}

let users = 0;
/** Starts a probe with another name each time (three refusals a day are the most), and says yes to the certificate. */
async function startProbe(host, { protocol, port, auth, kind, secret }) {
  users += 1;
  const account = { protocol, host: 'localhost', port, tls: 'implicit', user: `${users}.${address}`, auth };
  const id = host.send('probe', { account, credential: { kind, secret }, limit_ms: 20_000 });
  await host.next((message) => message.id === id && ['chain', 'verdict', 'error'].includes(message.type));
  host.send('trust', { probe: id, trusted: true });
  return id;
}

/** What of the secrets is in the memory of the host, in words. */
const inMemory = (host, filter = () => true) =>
  memoryOf(host.pid)
    .filter(filter)
    .flatMap(({ place, bytes }) => tracesIn(bytes, traces).map((found) => `${found} in ${place}`));
/** All that a host said, but for the passwords that it was asked to give back. */
const said = (host) => `${JSON.stringify(host.messages.map(({ secret, ...rest }) => rest))}\n${host.stderr()}`;

test('the search finds a secret in every form, and in memory', async () => {
  const forms = [
    planted.password,
    base64(`\0a\0${planted.password}`),
    base64(`${address}\0${planted.password}`),
    encodeURIComponent(planted.password),
  ];
  for (const form of [
    ...forms,
    Buffer.from(planted.password).toString('hex'),
    JSON.stringify(planted.password),
    planted.password.slice(9, 15),
  ])
    assert.ok(tracesIn(`x${form}x`, traces).length > 0, form);
  assert.deepEqual(tracesIn('Authentication failed. vK7#q qZ4+W ya29.', traces), []);
  const host = startHost();
  await host.ask('hello', { version: '0.1.0' });
  assert.deepEqual(inMemory(host), []);
  // Half a frame: nothing can be done with it yet.
  const frame = Buffer.from(
    JSON.stringify({ v: 1, id: 'half', type: 'probe', credential: { kind: 'password', secret: planted.password } }),
  );
  const head = Buffer.alloc(4);
  head.writeUInt32LE(frame.length + 1);
  host.sendOctets(Buffer.concat([head, frame]));
  await waitUntil(() => inMemory(host).length > 0, { what: 'the secret in the memory of the host' });
  assert.deepEqual(
    inMemory(host, ({ locked }) => !locked),
    [],
    'in memory that can be swapped out',
  );
  await host.close();
});

test('while a server keeps the host waiting, each secret lies in locked pages only, which no core file would hold', async () => {
  const host = startHost();
  const servers = [];
  for (const [protocol, offered, auth, kind, secret] of [
    ['imap', ['IMAP4rev1', 'AUTH=PLAIN'], 'password', 'password', planted.password],
    ['pop3', ['USER'], 'password', 'password', planted['short password']],
    ['smtp', ['AUTH XOAUTH2'], 'oauth2', 'token', planted.token],
  ]) {
    const server = await startEcho(protocol, offered, 'nothing', { silent: true });
    servers.push(server);
    await startProbe(host, { protocol, port: server.port, auth, kind, secret });
    await server.waitForLine(/[A-Za-z0-9+/=]{20,}$|^PASS /);
  }
  try {
    assert.ok(inMemory(host).length > 0, 'the search found nothing although the host has the secrets');
    // Each is sent and its message overwritten a moment after the server has it.
    const elsewhere = () => inMemory(host, ({ locked, leftOutOfCores }) => !locked || !leftOutOfCores);
    await waitUntil(() => elsewhere().length === 0, { what: () => `no secret outside of such pages: ${elsewhere()}` });
    // What the kernel tells other programs of the user, and root.
    for (const file of ['cmdline', 'environ'])
      assert.deepEqual(tracesIn(readFileSync(`/proc/${host.pid}/${file}`), [...traces, ...addressTraces]), [], file);
    assert.deepEqual(await host.close(), { status: 0, signal: null }, host.stderr());
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
});

test('after the answer nothing of a secret is in the memory of the host, whatever way it went and whatever the server repeated', async () => {
  const home = makeHome();
  const host = startHost(home);
  for (const [protocol, offered, auth] of ways) {
    const kind = auth === 'oauth2' ? 'token' : 'password';
    for (const secret of kind === 'token' ? [planted.token] : [planted.password, planted['short password']]) {
      for (const words of [
        'no',
        secret,
        `no ${secret} ${base64(secret)} ${base64(`\0${address}\0${secret}`)} for ${address} <${secret}>`,
      ]) {
        const server = await startEcho(protocol, offered, words);
        const answer = await host.answerTo(await startProbe(host, { protocol, port: server.port, auth, kind, secret }));
        await server.stop();
        assert.equal(answer.type, 'verdict', JSON.stringify(answer));
        assert.equal(answer.attempts, 1, `${protocol} ${offered} ${auth}: ${JSON.stringify(answer)}`);
        // The answer leaves a moment before what it was made from ends.
        if (words !== 'no')
          await waitUntil(() => inMemory(host).length === 0, {
            what: () => `the end of ${inMemory(host)} after ${protocol} ${offered}`,
          });
      }
    }
  }
  const account = { protocol: 'imap', host: 'localhost', port: 993, user: address };
  for (const secret of Object.values(planted)) {
    const kept = await host.ask('vault_store', { account, secret, seal_key: sealKey });
    assert.equal(kept.type, 'vault', JSON.stringify(kept));
    const back = await host.ask('vault_restore', { entry: kept.entries[0].entry, seal_key: sealKey });
    assert.equal(back.secret, secret);
  }
  await waitUntil(() => inMemory(host).length === 0, { what: () => `the end of ${inMemory(host)}` });
  assert.deepEqual(
    tracesIn(said(host), [...traces, ...addressTraces]).filter((found) => !/^(address|name),/.test(found)),
    [],
  );
  assert.equal(host.stderr(), '');
  await host.close();
  const keyrings = join(process.env.HOME, '.local/share/keyrings');
  assert.ok(filesBelow(home.env.XDG_STATE_HOME).length > 0 && filesBelow(keyrings).length > 0);
  assert.deepEqual(tracesInFiles([home.folder], [...traces, ...addressTraces]), []);
  assert.deepEqual(tracesInFiles([keyrings], traces), []);
});

test('a secret that is cancelled, refused by the host, or in the wrong place of a message is not kept, not repeated and not left in memory', async () => {
  const silent = await startScriptedServer({ protocol: 'imap', tls: 'implicit', certificate, greeting: SILENT });
  leftBehind.push(silent);
  const host = startHost();
  const account = { protocol: 'imap', host: 'localhost', port: silent.port, tls: 'implicit', user: address, auth: 'password' };
  for (const secret of Object.values(planted)) {
    const credential = { kind: 'password', secret };
    // Cancelled in the middle, and while they wait for their turn.
    const ids = Array.from({ length: 12 }, () => host.send('probe', { account, credential, limit_ms: 30_000 }));
    await silent.waitForConnection();
    for (const id of ids) host.send('cancel', { probe: id });
    for (const id of ids) await host.answerTo(id);
    // Refused: settings, members, types, JSON.
    const broken = [
      { account: { ...account, host: 'a\u0000b' }, credential },
      { account: { ...account, port: 0 }, credential },
      { account, credential: { ...credential, kind: 'key' } },
      { account, credential: { ...credential, secret: [secret] } },
      { account, credential, password: secret, [secret]: secret },
      { account: { ...account, protocol: secret }, credential },
    ];
    for (const [number, fields] of broken.entries()) {
      const id = host.send('probe', { ...fields, limit_ms: 1000 });
      if (number === 4) host.send('cancel', { probe: id }); // unknown members are no mistake
      assert.equal((await host.answerTo(id)).type, 'error', JSON.stringify(Object.keys(fields)));
    }
    host.sendText(JSON.stringify({ v: 1, id: 'type', type: secret }));
    await host.ask('vault_store', { account, secret, seal_key: 'short' });
    await host.ask('vault_restore', { entry: secret, seal_key: base64(secret) });
    const text = JSON.stringify({ v: 1, id: 'x', type: 'probe', account, credential });
    for (const cut of [
      text.slice(0, -1),
      text.slice(0, text.indexOf(secret.slice(0, 2)) + secret.length - 1),
      `${text}}`,
      text.replace('"v":1', `"v":1,"v":"${secret.slice(0, 9)}"`),
    ])
      host.sendText(cut);
    await host.ask('explain', {
      line: {
        id: 'e',
        protocol: 'imap',
        host: null,
        offered: [],
        mechanism: 'PLAIN',
        response: [`a1 NO [AUTHENTICATIONFAILED] ${secret}`],
      },
      credential,
      names: [address],
    });
  }
  await host.ask('hello', { version: '0.1.0' });
  assert.deepEqual(tracesIn(said(host), traces), []);
  await waitUntil(() => inMemory(host).length === 0, { what: () => `the end of ${inMemory(host)}` });
  assert.deepEqual(await host.close(), { status: 0, signal: null });
  await silent.stop();
});

test('the command line: nothing of a secret in what it prints, logs, traces or keeps; nor of the name', async () => {
  const home = makeHome();
  const runs = [await runReprompt(['doctor', '--json'], { home })];
  for (const [protocol, offered, secret, mechanism] of [
    ['imap', ['IMAP4rev1', 'AUTH=PLAIN'], planted.password, 'PLAIN'],
    ['pop3', ['USER'], planted['short password'], 'USER'],
    ['smtp', ['AUTH XOAUTH2'], planted.token, 'XOAUTH2'],
  ]) {
    const server = await startEcho(protocol, offered, `no ${secret} ${base64(`\0${address}\0${secret}`)} for ${address}`);
    const command = ['probe', `${protocol}s://localhost:${server.port}`, '--user', `${protocol}.${address}`, '--auth', mechanism];
    const options = ['--ca-file', authority.caFile, '--no-repair'];
    const probed = await runReprompt([...command, ...options, '--json'], { home, password: secret });
    assert.equal(probed.json?.attempts, 1, probed.stdout + probed.stderr);
    runs.push(probed, await runReprompt([...command, ...options, '--again'], { home, password: secret }));
    await server.stop();
    const stdin = `${JSON.stringify({ id: 'x', evidence: probed.json.evidence })}\n`;
    for (const how of [[], ['--json']]) runs.push(await runReprompt(['explain', '--trace', ...how], { home, stdin }));
  }
  for (const { stdout, stderr } of runs) {
    assert.ok(stdout.length > 0, stderr);
    assert.deepEqual(tracesIn(`${stdout}\n${stderr}`, [...traces, ...addressTraces]), [], stdout + stderr);
  }
  assert.ok(readdirSync(join(home.env.XDG_STATE_HOME, 'reprompt')).length > 0);
  assert.deepEqual(tracesInFiles([home.folder], [...traces, ...addressTraces]), []);
});

test('the command line while it runs: the secret is neither in its arguments nor in its environment; a mistaken argument is not repeated', async () => {
  const silent = await startEcho('imap', ['IMAP4rev1', 'AUTH=PLAIN'], 'nothing', { silent: true });
  const seen = [];
  const running = runReprompt(
    ['probe', `imaps://localhost:${silent.port}`, '--user', 'alice', '--ca-file', authority.caFile, '--timeout', '3'],
    {
      password: planted.password,
    },
  );
  await silent.waitForLine(/^[A-Za-z0-9+/=]{20,}$/);
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`);
      if (!command.includes(`localhost:${silent.port}`)) continue;
      seen.push(pid, ...tracesIn(command, traces), ...tracesIn(readFileSync(`/proc/${pid}/environ`), traces));
    } catch {
      // ended meanwhile
    }
  }
  assert.equal(seen.length, 1, seen.join('; '));
  const { stdout, stderr } = await running;
  assert.deepEqual(tracesIn(stdout + stderr, traces), []);
  await silent.stop();
  for (const args of [
    ['probe', planted.password],
    ['probe', 'imaps://localhost', '--password', planted.password],
    [planted.password],
    ['probe', `imaps://alice:${planted['short password']}@localhost`],
  ]) {
    const run = await runReprompt(args);
    assert.equal(run.status, 64, run.stdout + run.stderr);
    assert.deepEqual(tracesIn(run.stdout + run.stderr, traces), [], run.stderr);
  }
});
