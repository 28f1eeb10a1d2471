// SPDX-License-Identifier: MPL-2.0
// The memory of a host that holds a password: no core file, and closed to the user's other programs. Needs root (to be another user).

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { join } from 'node:path';

import { makeHome, startNative } from '../harness/host.mjs';
import { findProgram, makeFolder, start, textOf, waitUntil } from '../harness/processes.mjs';
import { SILENT, startScriptedServer } from '../harness/scripted_server.mjs';
import { filesWithSecrets } from './planted.mjs';

const folder = makeFolder('memory');

test('a host that crashes with a password in its memory leaves no core file', async () => {
  const silent = await startScriptedServer({ protocol: 'imap', greeting: SILENT });
  const place = join(folder, 'cores');
  mkdirSync(place);
  const wrap = [findProgram('prlimit'), '--core=unlimited:unlimited', 'sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', place];
  // What the system does with any other program, so that the test knows what it could have seen.
  const other = start(wrap[0], [...wrap.slice(1), 'sleep', '1000']);
  await waitUntil(() => textOf(`/proc/${other.pid}/comm`).trim() === 'sleep');
  process.kill(other.pid, 'SIGSEGV');
  await other.ended;
  const coresAreFiles = readdirSync(place).length === 1;
  assert.ok(coresAreFiles || !textOf('/proc/sys/kernel/core_pattern').startsWith('core'), 'the other program left no core file');

  const password = 'planted-secret-of-the-core-test';
  try {
    for (const signal of ['SIGSEGV', 'SIGABRT']) {
      const before = silent.connections();
      const host = startNative({ wrap });
      try {
        await host.ask('hello', { version: '0.1.0' });
        host.send('probe', {
          account: { protocol: 'imap', host: 'localhost', port: silent.port, tls: 'none', user: 'alice', auth: 'password' },
          credential: { kind: 'password', secret: password },
        });
        await waitUntil(() => silent.connections() > before, { what: 'a connection' });
        assert.match(textOf(`/proc/${host.pid}/limits`), /Max core file size +0 +0 /);
        process.kill(host.pid, signal);
        assert.equal((await host.ended).signal, signal);
        assert.equal(readdirSync(place).length, coresAreFiles ? 1 : 0);
      } finally {
        await host.stop();
      }
    }
    assert.deepEqual(filesWithSecrets([place], [password]), []);
  } finally {
    await silent.stop();
  }
});

test('other programs of the same user cannot look into the memory of a host', async () => {
  const home = makeHome();
  const wrap = [findProgram('setpriv'), '--reuid=65534', '--regid=65534', '--clear-groups'];
  const host = startNative({ home, wrap });
  try {
    await host.ask('hello', { version: '0.1.0' });
    assert.match(textOf(`/proc/${host.pid}/status`), /^Uid:\s65534\s/m);
    // The kernel gives the files of a process that may not be looked into to root.
    assert.equal(statSync(`/proc/${host.pid}/mem`).uid, 0);
    await host.close();
  } finally {
    await host.stop();
  }
});
