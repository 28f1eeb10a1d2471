// SPDX-License-Identifier: MPL-2.0
// A peer of the host that misbehaves: 2 MB in one frame, thousands of requests at once. (Answers that nobody reads: unit/framing_test.cpp.)

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startNative } from '../harness/host.mjs';

test('a frame of 2 MB ends the host with 65 before it is read', async () => {
  const host = startNative();
  try {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(2_000_000);
    host.sendOctets(Buffer.concat([head, Buffer.alloc(2_000_000, 0x20)]));
    assert.deepEqual(await host.ended, { status: 65, signal: null });
    assert.deepEqual(host.messages, []);
  } finally {
    await host.stop();
  }
});

test('each of thousands of requests at once is answered, some with "busy", and the host lives on', async () => {
  const host = startNative();
  try {
    const greetings = Array.from({ length: 3000 }, () => host.send('hello', { version: '0.1.0' }));
    const lists = Array.from({ length: 1000 }, () => host.send('vault_list'));
    await host.ask('hello', { version: '0.1.0' });
    await host.next(() => host.messages.length === greetings.length + lists.length + 1);
    const answers = new Map(host.messages.map((message) => [message.id, message]));
    for (const id of greetings) assert.equal(answers.get(id)?.type, 'hello', id);
    for (const id of lists) {
      const answer = answers.get(id);
      assert.ok(answer?.type === 'vault' || answer?.code === 'busy', JSON.stringify(answer));
    }
    assert.deepEqual(await host.close(), { status: 0, signal: null }, host.stderr());
  } finally {
    await host.stop();
  }
});
