// SPDX-License-Identifier: MPL-2.0
// A permit is on disk before the login leaves: seen by strace, and with a disk whose fdatasync(2) fails. Belongs here: whether the system calls
// of the ledger happen, and what their failures do. Not here: which folders are refused (state_faults), kills (kill). Needs root (strace, the
// host is not dumpable).

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { makeHome, runReprompt, startNative } from '../harness/host.mjs';
import { findProgram, makeFolder, textOf } from '../harness/processes.mjs';
import { startScriptedServer } from '../harness/scripted_server.mjs';
import { probe } from './trusting_probe.mjs';

const folder = makeFolder('ledger-sync');
let logs = 0;

/** A command to run the program under, and its system calls in order, descriptors with their paths. */
function watched(...more) {
  logs += 1;
  const log = join(folder, `strace-${logs}.log`);
  const calls = 'trace=write,writev,pwrite64,fdatasync,fsync,sendto,sendmsg,fcntl';
  const wrap = [findProgram('strace'), '-f', '-y', '-qq', '-s', '4096', '-o', log, '-e', calls, '-e', 'signal=none', ...more];
  return { wrap, calls: () => textOf(log).split('\n') };
}

const ledgerOf = (home) => join(home.env.XDG_STATE_HOME, 'reprompt/ledger');
const accountAt = ({ port }) => ({ protocol: 'imap', host: '127.0.0.1', port, tls: 'none', user: 'alice', auth: 'password' });
const commandFor = ({ port }) => ['probe', `imap://127.0.0.1:${port}`, '--tls', 'none', '--user', 'alice', '--json'];
/** The credential of SASL PLAIN, or the password as it is. */
const login = (password) => [Buffer.from(`\0alice\0${password}`).toString('base64'), password];
const carries = (text, password) => login(password).some((words) => text.includes(words));

/** Runs `body` with a server that refuses every login. */
async function withServer(body) {
  const server = await startScriptedServer({ protocol: 'imap' });
  try {
    return await body(server);
  } finally {
    await server.stop();
  }
}

test('the attempt is written, then synced, then the login is sent', () =>
  withServer(async (server) => {
    const home = makeHome();
    const { wrap, calls } = watched();
    const { json } = await runReprompt(commandFor(server), { home, wrap, password: 'wrong-synced' });
    assert.deepEqual([json.verdict, json.attempts], ['stale_password', 1], JSON.stringify(json));

    const all = calls();
    const ofLedger = (name) => (call) => call.includes(` ${name}(`) && call.includes(`<${ledgerOf(home)}>`);
    const begun = all.findIndex((call) => ofLedger('write')(call) && call.includes(' begin '));
    const sent = all.findIndex((call) => / send(to|msg)\(/.test(call) && carries(call, 'wrong-synced'));
    const refused = all.findIndex((call) => ofLedger('write')(call) && call.includes(' rejected '));
    const synced = (from, to) => all.slice(from, to).some((call) => ofLedger('fdatasync')(call) && call.endsWith(' = 0'));
    assert.ok(begun >= 0 && sent > begun && refused > sent, all.join('\n'));
    assert.ok(synced(begun, sent), 'nothing was synced between the attempt and the login');
    assert.ok(synced(refused), 'the refusal was not synced');
  }));

test('a disk that fails when it syncs: no login leaves, not even the second one, and the notes say why', () =>
  withServer(async (server) => {
    const home = makeHome();
    const { wrap } = watched('-P', ledgerOf(home), '-e', 'inject=fdatasync:error=EIO');
    const host = startNative({ home, wrap });
    try {
      for (const password of ['wrong-one', 'wrong-two']) {
        const verdict = await probe(host, accountAt(server), password);
        assert.deepEqual([verdict.verdict, verdict.attempts], ['inconclusive', 0], JSON.stringify(verdict));
        const note = verdict.notes.find((each) => each.includes('cannot write the ledger'));
        assert.match(note ?? '', /Input\/output error/, JSON.stringify(verdict.notes));
        assert.ok(!server.lines.some(({ text }) => carries(text, password)), JSON.stringify(server.lines));
      }
      assert.deepEqual(await host.close(), { status: 0, signal: null }, host.stderr());
    } finally {
      await host.stop();
    }

    const command = watched('-e', 'inject=fdatasync:error=EIO');
    const run = await runReprompt(commandFor(server), { home: makeHome(), wrap: command.wrap, password: 'wrong-three' });
    assert.deepEqual([run.json.verdict, run.json.attempts], ['inconclusive', 0], run.stdout);
    assert.ok(!server.lines.some(({ text }) => carries(text, 'wrong-three')), JSON.stringify(server.lines));
  }));

test('the native host may append to the longest ledger that it reads', async () => {
  const host = startNative();
  try {
    await host.ask('hello', { version: '0.1.0' });
    const most = /^Max file size +(\d+|unlimited)/m.exec(textOf(`/proc/${host.pid}/limits`))[1];
    assert.ok(Number(most) > 2 ** 30 || most === 'unlimited', most);
    await host.close();
  } finally {
    await host.stop();
  }
});

test('one moment without a descriptor costs one attempt, not all that come after it', () =>
  withServer(async (server) => {
    const home = makeHome();
    const { wrap, calls } = watched('-P', ledgerOf(home), '-e', 'inject=fcntl:error=EMFILE:when=1');
    const host = startNative({ home, wrap });
    try {
      const first = await probe(host, accountAt(server), 'wrong-one');
      assert.deepEqual([first.verdict, first.attempts], ['inconclusive', 0], JSON.stringify(first));
      assert.ok(
        first.notes.some((note) => note.includes('Too many open files')),
        JSON.stringify(first.notes),
      );
      const second = await probe(host, accountAt(server), 'wrong-two');
      assert.deepEqual([second.verdict, second.attempts], ['stale_password', 1], JSON.stringify(second));
      await host.close();
    } finally {
      await host.stop();
    }
    assert.equal(calls().filter((call) => call.includes('(INJECTED)')).length, 1);
  }));
