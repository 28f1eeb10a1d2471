// SPDX-License-Identifier: MPL-2.0
// What the program opens before it says its first word: neither a store of certificates nor the keyring's library, which cost ten times as much as
// all the rest. Seen by strace. Not here: how long it takes (tests/bench).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { makeHome, runReprompt, startNative } from '../harness/host.mjs';
import { findProgram, makeFolder } from '../harness/processes.mjs';
import { startScriptedServer } from '../harness/scripted_server.mjs';

const folder = makeFolder('startup');
const certificates = /ca-certificates|\/certs\b|\.pem"|\.crt"/;
const keyring = /libsecret|libgio|libglib|libgobject/;

let logs = 0;
/** A command to run the program under, and what it opened and wrote, in order. */
function watched() {
  logs += 1;
  const log = join(folder, `strace-${logs}.log`);
  const wrap = [
    findProgram('strace'),
    '-f',
    '-qq',
    '-s',
    '4096',
    '-o',
    log,
    '-e',
    'trace=open,openat,stat,newfstatat,access,write,writev',
  ];
  return { wrap, calls: () => readFileSync(log, 'utf8').split('\n') };
}
const matching = (calls, pattern) => calls.filter((call) => !/ write/.test(call) && pattern.test(call));

test('hello is answered before a certificate or the library of the keyring is opened', async () => {
  const { wrap, calls } = watched();
  const host = startNative({ wrap });
  try {
    const answer = await host.ask('hello', { version: '0.1.0' });
    assert.equal(answer.type, 'hello');
    await host.close();
  } finally {
    await host.stop();
  }
  const all = calls();
  const answered = all.findIndex((call) => / writev?\(/.test(call) && call.includes('\\"hello\\"'));
  assert.ok(answered > 0, 'strace saw the answer');
  assert.deepEqual(matching(all.slice(0, answered), keyring), []);
  assert.deepEqual(matching(all, certificates), [], 'nor a certificate later');
});

test('explain and --version open neither', async () => {
  for (const args of [['--version'], ['explain']]) {
    const { wrap, calls } = watched();
    const { status } = await runReprompt(args, { wrap, stdin: '{"id":"1","protocol":"imap","response":["a1 NO x"]}\n' });
    assert.equal(status, 0);
    assert.deepEqual(matching(calls(), keyring), [], args[0]);
    assert.deepEqual(matching(calls(), certificates), [], args[0]);
  }
});

test('strace would have seen both: a probe with a password opens them', async () => {
  const server = await startScriptedServer({ protocol: 'imap' });
  try {
    const { wrap, calls } = watched();
    const { json } = await runReprompt(
      ['probe', `imap://127.0.0.1:${server.port}`, '--tls', 'none', '--user', 'alice', '--json'],
      {
        home: makeHome(),
        wrap,
        password: 'wrong',
      },
    );
    assert.equal(json.attempts, 1);
    assert.notDeepEqual(matching(calls(), keyring), []);
    assert.notDeepEqual(matching(calls(), certificates), []);
  } finally {
    await server.stop();
  }
});
