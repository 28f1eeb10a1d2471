// SPDX-License-Identifier: MPL-2.0
// The little of Marionette that the tests need: connect, run chrome script, leave. Belongs here: the wire (decimal length, colon, JSON).
// Not here: driving Thunderbird. Marionette closes every dialog it meets, so it only installs the eval server of tb_eval.mjs and goes.
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const retryMs = 150;

/** One try to connect; resolves with the socket after Marionette's greeting, or null if nobody listens yet. */
function dialOnce(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.once('error', () => resolve(null));
    socket.once('close', () => resolve(null));
    socket.once('data', (greeting) => {
      socket.removeAllListeners('error').removeAllListeners('close');
      socket.on('error', () => {});
      resolve({ socket, greeting });
    });
  });
}

/**
 * Connects to Marionette as soon as it listens and opens a session in the chrome context.
 * @param {{port: number, limitMs?: number, alive?: () => boolean}} where `alive` ends the wait early when Thunderbird is gone
 */
export async function connectMarionette({ port, limitMs = 90_000, alive = () => true }) {
  const end = Date.now() + limitMs;
  let found = null;
  while (!(found = await dialOnce(port))) {
    if (!alive()) throw new Error('Thunderbird ended before Marionette listened');
    if (Date.now() > end) throw new Error(`Marionette did not listen on ${port} within ${limitMs} ms`);
    await delay(retryMs);
  }
  const { socket } = found;
  let pending = Buffer.alloc(0);
  let serial = 0;
  const waiting = new Map();
  const take = (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    for (;;) {
      const colon = pending.indexOf(':');
      if (colon < 0) return;
      const length = Number(pending.subarray(0, colon).toString());
      if (pending.length < colon + 1 + length) return;
      const frame = JSON.parse(pending.subarray(colon + 1, colon + 1 + length).toString());
      pending = pending.subarray(colon + 1 + length);
      if (!Array.isArray(frame)) continue; // the greeting
      const [, id, error, value] = frame;
      const answer = waiting.get(id);
      waiting.delete(id);
      if (error) answer?.reject(new Error(`${error.error}: ${error.message}`));
      else answer?.resolve(value?.value ?? value);
    }
  };
  take(found.greeting);
  socket.on('data', take);
  socket.once('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('Marionette closed the connection'));
    waiting.clear();
  });
  const command = (name, parameters = {}) =>
    new Promise((resolve, reject) => {
      const id = ++serial;
      waiting.set(id, { resolve, reject });
      const body = Buffer.from(JSON.stringify([0, id, name, parameters]));
      socket.write(Buffer.concat([Buffer.from(`${body.length}:`), body]));
    });
  await command('WebDriver:NewSession', { capabilities: { alwaysMatch: { unhandledPromptBehavior: 'ignore' } } });
  await command('Marionette:SetContext', { value: 'chrome' });
  return {
    command,
    /** Runs a script (body of a function) in the chrome context and gives its value. */
    run: (script, args = []) => command('WebDriver:ExecuteScript', { script, args, sandbox: 'system', newSandbox: true }),
    async leave() {
      await command('WebDriver:DeleteSession').catch(() => {});
      socket.destroy();
    },
  };
}
