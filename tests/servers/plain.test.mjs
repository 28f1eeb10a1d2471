// SPDX-License-Identifier: MPL-2.0
// Accounts without encryption against a real Dovecot: what may be sent to this machine itself, and that nothing is sent to another one.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { join } from 'node:path';

import { makeAuthority } from '../harness/certificates.mjs';
import { startDovecot } from '../harness/dovecot.mjs';
import { runReprompt } from '../harness/host.mjs';
import { makeNetwork } from '../harness/namespaces.mjs';
import { makeFolder, start, waitUntil } from '../harness/processes.mjs';
import { expectVerdict } from './expectations.mjs';

const authority = makeAuthority(makeFolder('plain-ca'));
let network;
before(async () => {
  network = await makeNetwork();
});
after(() => network?.stop());

test('a server that allows no login without encryption and has none: tls_required, nothing sent', async () => {
  // Dovecot counts a peer with its own address as secure, so this one listens on another address of this machine.
  const dovecot = await startDovecot({ dir: makeFolder('plain'), authority, tls: false, listen: '127.0.0.2' });
  try {
    for (const url of [`imap://127.0.0.2:${dovecot.ports.imap}`, `pop3://127.0.0.2:${dovecot.ports.pop3}`]) {
      const run = await runReprompt(['probe', url, '--tls', 'none', '--user', 'alice', '--json'], { password: 'right-1' });
      expectVerdict(run, 'tls_required', 0);
    }
    await dovecot.settle();
    assert.equal(dovecot.badLogins() + dovecot.goodLogins(), 0);
  } finally {
    await dovecot.stop();
  }
});

test('a bridge on this machine needs no encryption: the password is tested', async () => {
  const dovecot = await startDovecot({ dir: makeFolder('plain'), authority, tls: false, disablePlaintextAuth: false });
  try {
    const probe = (scheme, port, password) =>
      runReprompt(['probe', `${scheme}://127.0.0.1:${port}`, '--tls', 'none', '--user', 'alice', '--json'], { password });
    expectVerdict(await probe('imap', dovecot.ports.imap, 'right-1'), 'password_accepted', 1);
    expectVerdict(await probe('pop3', dovecot.ports.pop3, 'right-1'), 'password_accepted', 1);
    expectVerdict(await probe('imap', dovecot.ports.imap, 'wrong-imap'), 'stale_password', 1);
    expectVerdict(await probe('pop3', dovecot.ports.pop3, 'wrong-pop3'), 'stale_password', 1);
    await dovecot.waitForBadLogins(2);
    await dovecot.settle();
    assert.equal(dovecot.badLogins(), 2);
  } finally {
    await dovecot.stop();
  }
});

test('another machine without encryption gets no password, although it offers to take one', async () => {
  const dovecot = await startDovecot({
    dir: join(makeFolder('plain'), 'far'),
    authority,
    tls: false,
    disablePlaintextAuth: false,
    listen: network.address,
    wrap: network.wrap,
  });
  try {
    for (const url of [`imap://${network.address}:${dovecot.ports.imap}`, `pop3://${network.address}:${dovecot.ports.pop3}`]) {
      const run = await runReprompt(['probe', url, '--tls', 'none', '--user', 'alice', '--json'], {
        password: 'right-1',
        wrap: network.wrap,
      });
      assert.equal(run.json?.attempts, 0, run.stdout + run.stderr);
      assert.notEqual(run.json?.verdict, 'stale_password');
      assert.notEqual(run.json?.verdict, 'password_accepted');
    }
    const log = await dovecot.settle();
    assert.equal(dovecot.badLogins() + dovecot.goodLogins(), 0);
    assert.match(log, /no auth attempts/, 'the host did not even look');
    assert.ok(!log.includes('alice'));
  } finally {
    await dovecot.stop();
  }
});

test('a TLS port that says nothing is told as what it is, and not by what the port without encryption says', async () => {
  const certificate = authority.issue({ names: [network.address] });
  const dovecot = await startDovecot({
    dir: join(makeFolder('plain'), 'far'),
    authority,
    tls: false,
    listen: network.address,
    wrap: network.wrap,
  });
  // TLS, then the end before a word was said.
  const script =
    'const [address, cert, key] = process.argv.slice(1); const { readFileSync } = require("fs"); ' +
    'require("tls").createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (socket) => socket.on("error", () => {}).end())' +
    '.listen(993, address, () => console.log("ready"))';
  const [command, ...before] = [...network.wrap, process.execPath, '-e', script];
  const mute = start(command, [...before, network.address, certificate.certFile, certificate.keyFile]);
  try {
    await waitUntil(() => mute.output().includes('ready'), { what: () => mute.output() });
    const args = ['--tls', 'none', '--user', 'alice', '--ca-file', authority.caFile, '--json'];
    const run = await runReprompt(['probe', `imap://${network.address}:${dovecot.ports.imap}`, ...args], {
      password: 'right-1',
      wrap: network.wrap,
    });
    expectVerdict(run, 'server_unreachable', 0);
    const { evidence } = run.json;
    assert.equal(evidence.port, 993, run.stdout);
    assert.equal(evidence.tls_facts.verified, true, run.stdout);
    assert.equal(evidence.second_look, null, run.stdout);
    assert.match(run.json.because.join('\n'), /takes the connection and ends it before it says a word/);
  } finally {
    await mute.stop('SIGKILL');
    await dovecot.stop();
  }
});

test('another machine set to no encryption that has STARTTLS gets the password over STARTTLS only', async () => {
  const dovecot = await startDovecot({
    dir: join(makeFolder('plain'), 'far'),
    authority,
    disablePlaintextAuth: false,
    listen: network.address,
    wrap: network.wrap,
    names: [network.address],
  });
  try {
    const run = await runReprompt(
      [
        'probe',
        `imap://${network.address}:${dovecot.ports.imap}`,
        '--tls',
        'none',
        '--user',
        'alice',
        '--ca-file',
        authority.caFile,
        '--json',
      ],
      { password: 'right-1', wrap: network.wrap },
    );
    const log = await dovecot.settle();
    const logins = log.split('\n').filter((line) => line.includes('Info: Login: user=<alice>'));
    assert.ok(logins.length <= 1, log);
    for (const line of logins) assert.match(line, /, TLS, /);
    assert.equal(run.json?.attempts, logins.length, run.stdout);
    assert.equal(dovecot.badLogins(), 0);
  } finally {
    await dovecot.stop();
  }
});
