// SPDX-License-Identifier: MPL-2.0
// A JSON-lines eval server inside Thunderbird and its client. Belongs here: carrying code in and values out, also while a modal dialog spins.
// Not here: what the code does (thunderbird.mjs, dialogs.mjs). It exists only in test profiles: Marionette installs it, nothing ships it.
import net from 'node:net';

/** Source of the server, run once through Marionette; returns the port it listens on. */
export const evalServerSource = String.raw`
const sandbox = new Cu.Sandbox(Services.scriptSecurityManager.getSystemPrincipal(), {
  sandboxName: 'test eval', freshCompartment: true, wantGlobalProperties: ['ChromeUtils', 'TextEncoder', 'TextDecoder', 'URL', 'atob', 'btoa'],
});
sandbox.Services = Services;
sandbox.Cc = Cc; sandbox.Ci = Ci; sandbox.Cu = Cu; sandbox.Cr = Cr;
Cu.evalInSandbox(${JSON.stringify(String.raw`
  const { MailServices } = ChromeUtils.importESModule('resource:///modules/MailServices.sys.mjs');
  const { setTimeout, clearTimeout } = ChromeUtils.importESModule('resource://gre/modules/Timer.sys.mjs');
  const BinaryInput = Components.Constructor('@mozilla.org/binaryinputstream;1', 'nsIBinaryInputStream', 'setInputStream');
  const AsyncFunction = (async () => {}).constructor;
  var kept = {};
  const ascii = value => JSON.stringify(value ?? null).replace(/[\u0080-\uffff]/g, c => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
  async function serveLine(output, line) {
    const { id, source, args } = JSON.parse(line);
    let answer;
    try {
      const value = await new AsyncFunction('args', 'kept', source)(args, kept);
      answer = ascii({ id, value });
    } catch (error) {
      answer = ascii({ id, error: String(error) + '\n' + (error?.stack ?? '') });
    }
    try { output.write(answer + '\n', answer.length + 1); } catch (gone) {}
  }
  var server = Cc['@mozilla.org/network/server-socket;1'].createInstance(Ci.nsIServerSocket);
  server.init(-1, true, -1);
  server.asyncListen({
    onSocketAccepted(socket, transport) {
      const input = transport.openInputStream(0, 0, 0).QueryInterface(Ci.nsIAsyncInputStream);
      const output = transport.openOutputStream(Ci.nsITransport.OPEN_BLOCKING, 0, 0);
      const binary = new BinaryInput(input);
      let pending = '';
      const listener = { onInputStreamReady() {
        let count = 0;
        try { count = input.available(); } catch (closed) { return; }
        if (count) pending += binary.readBytes(count);
        // Armed again before anything runs, so that lines are served inside the event loop of a modal dialog too.
        input.asyncWait(listener, 0, 0, Services.tm.mainThread);
        for (let end; (end = pending.indexOf('\n')) >= 0;) {
          const line = pending.slice(0, end);
          pending = pending.slice(end + 1);
          serveLine(output, line);
        }
      } };
      input.asyncWait(listener, 0, 0, Services.tm.mainThread);
    },
    onStopListening() {},
  });
`)}, sandbox);
// Something must hold on to the sandbox.
Services.obs.addObserver({ sandbox, observe() {} }, 'reprompt-test-eval-server');
return sandbox.server.port;
`;

/**
 * Connects to the eval server.
 * @param {number} port
 * @returns {Promise<{evaluate: (source: string, args?: object, limitMs?: number) => Promise<any>, close: () => void, closed: Promise<void>}>}
 */
export async function connectEval(port) {
  const socket = net.connect({ host: '127.0.0.1', port });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  socket.setNoDelay(true);
  socket.setEncoding('latin1');
  let pending = '';
  let serial = 0;
  const waiting = new Map();
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', () => resolve()));
  closed.then(() => {
    for (const { reject } of waiting.values()) reject(new Error('Thunderbird closed the eval connection'));
    waiting.clear();
  });
  socket.on('data', (chunk) => {
    pending += chunk;
    for (let end; (end = pending.indexOf('\n')) >= 0;) {
      const { id, value, error } = JSON.parse(pending.slice(0, end));
      pending = pending.slice(end + 1);
      const answer = waiting.get(id);
      waiting.delete(id);
      if (error) answer?.reject(new Error(`in Thunderbird: ${error}`));
      else answer?.resolve(value);
    }
  });
  return {
    closed,
    close: () => socket.destroy(),
    evaluate(source, args = {}, limitMs = 60_000) {
      return new Promise((resolve, reject) => {
        if (socket.destroyed) {
          reject(new Error('Thunderbird has ended'));
          return;
        }
        const id = ++serial;
        const timer = setTimeout(() => {
          waiting.delete(id);
          reject(new Error(`no answer from Thunderbird within ${limitMs} ms to: ${source.slice(0, 200)}`));
        }, limitMs);
        const settle = (then) => (value) => (clearTimeout(timer), then(value));
        waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
        const line = JSON.stringify({ id, source, args });
        socket.write(line.replace(/[\u0080-\uffff]/g, (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0')) + '\n');
      });
    },
  };
}
