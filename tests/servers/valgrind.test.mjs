// SPDX-License-Identifier: MPL-2.0
// The program as people install it under Valgrind's memcheck: no use of memory that is not its own or was never written, and nothing
// lost, in each of its ways to run. About 25 s.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { join } from 'node:path';

import { makeAuthority } from '../harness/certificates.mjs';
import { makeHome, runReprompt, startNative } from '../harness/host.mjs';
import { makeFolder } from '../harness/processes.mjs';
import { startScriptedServer } from '../harness/scripted_server.mjs';

const folder = makeFolder('valgrind');
const found = 99; // the exit status that says so, which the program never has itself
const memcheck = (log) => [
  'valgrind',
  '--quiet',
  '--leak-check=full',
  '--show-leak-kinds=definite,indirect',
  '--errors-for-leak-kinds=definite,indirect',
  '--num-callers=30',
  `--error-exitcode=${found}`,
  `--log-file=${log}`,
];

/** `status` is what the program ends with by itself: with --error-exitcode, 99 would stand in its place. */
function expectClean(log, actual, status) {
  const report = readFileSync(log, 'utf8');
  assert.equal(report, '', report);
  assert.equal(actual, status);
}

async function runClean(name, args, { status = 0, ...options } = {}) {
  const log = join(folder, `${name}.log`);
  const run = await runReprompt(args, { wrap: memcheck(log), ...options });
  expectClean(log, run.status, status);
  return run;
}

test('memcheck finds what it looks for: a program that reads memory it never wrote and loses some', () => {
  const log = join(folder, 'sick.log');
  const sick = join(folder, 'sick');
  const built = spawnSync('cc', ['-x', 'c', '-O0', '-o', sick, '-'], {
    input: '#include <stdlib.h>\nint main(void) { volatile char *lost = malloc(8); return lost[3] ? 1 : 0; }\n',
    encoding: 'utf8',
  });
  assert.equal(built.status, 0, built.stderr);
  const [command, ...args] = [...memcheck(log), sick];
  assert.equal(spawnSync(command, args).status, found);
  assert.notEqual(readFileSync(log, 'utf8'), '');
});

test('explain', async () => {
  const line = JSON.stringify({
    id: 'one',
    protocol: 'imap',
    response: ['a1 NO [AUTHENTICATIONFAILED] Authentication failed.'],
    tls: 'implicit',
  });
  const run = await runClean('explain', ['explain'], { stdin: `${line}\nthis is not JSON\n`, status: 65 });
  assert.match(run.stdout, /stale_password/);
});

test('a probe over TLS with a wrong password', async (t) => {
  const authority = makeAuthority(join(folder, 'ca'));
  const server = await startScriptedServer({ protocol: 'imap', tls: 'implicit', certificate: authority.issue() });
  t.after(() => server.stop());
  const run = await runClean(
    'probe',
    ['probe', `imaps://localhost:${server.port}`, '--user', 'alice', '--ca-file', authority.caFile, '--json'],
    { password: 'planted-wrong', status: 1 },
  );
  assert.equal(run.json?.verdict, 'stale_password', run.stdout);
});

test('native messages, from hello to the end of stdin', async () => {
  const log = join(folder, 'native.log');
  const host = startNative({ home: makeHome(), wrap: memcheck(log) });
  try {
    assert.equal((await host.ask('hello', { version: '0.1.0' })).type, 'hello');
    host.sendText('this is not JSON');
    assert.equal((await host.ask('vault_list')).type, 'vault');
    const { status } = await host.close();
    expectClean(log, status, 0);
  } finally {
    await host.stop();
  }
});

test('doctor', async () => {
  const home = makeHome();
  const log = join(folder, 'doctor.log');
  const run = await runReprompt(['doctor'], { home, wrap: memcheck(log) });
  assert.match(run.stdout, /keyring/i);
  expectClean(log, run.status, 1); // this home has no manifest: something to mend
});
