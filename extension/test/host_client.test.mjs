// SPDX-License-Identifier: MPL-2.0
// The conversation with the host, against a port that the test plays.
import assert from 'node:assert/strict';
import test from 'node:test';
import { HostClient, HostError, isVerdict } from '../host_client.mjs';
import { FakePort, verdictMessage } from './fakes.mjs';

const makeClient = (options = {}) => {
  const ports = [];
  const connect = () => {
    const port = new FakePort();
    ports.push(port);
    return port;
  };
  return { client: new HostClient({ connect, version: '0.1.0', ...options }), ports };
};
const probe = { type: 'probe', account: {} };
const listening = { timeoutMs: 5000 };
/** @param {string} code */
const withCode = (code) => (error) => error instanceof HostError && error.code === code;

test('a conversation begins with hello, and requests do not wait for it', () => {
  const { client, ports } = makeClient();
  client.request(probe, listening).catch(() => {});
  assert.deepEqual(
    ports[0].sent.map(({ v, type }) => [v, type]),
    [
      [1, 'hello'],
      [1, 'probe'],
    ],
  );
  assert.equal(new Set(ports[0].sent.map(({ id }) => id)).size, 2);
  ports[0].drop('bye');
});

test('progress is passed on and the verdict ends the request', async () => {
  const { client, ports } = makeClient();
  const stages = [];
  const answer = client.request(probe, { ...listening, onProgress: ({ stage }) => stages.push(stage) });
  const { id } = ports[0].last('probe');
  ports[0].say({ v: 1, id, type: 'progress', stage: 'tls', elapsed_ms: 3 });
  ports[0].say(verdictMessage(id, 'stale_password'));
  assert.equal((await answer).verdict, 'stale_password');
  assert.deepEqual(stages, ['tls']);
  client.close();
});

test('answers find their own request, in any order', async () => {
  const { client, ports } = makeClient();
  const first = client.request(probe, listening);
  const second = client.request(probe, listening);
  const [one, two] = ports[0].sent.filter(({ type }) => type === 'probe');
  ports[0].say(verdictMessage(two.id, 'offline'));
  ports[0].say(verdictMessage(one.id, 'not_auth'));
  assert.deepEqual([(await first).verdict, (await second).verdict], ['not_auth', 'offline']);
  client.close();
});

for (const trusted of [true, false]) {
  test(`a chain is judged, and the host hears ${trusted}`, async () => {
    const { client, ports } = makeClient();
    const answer = client.request(probe, { ...listening, onChain: async ({ port }) => trusted && port === 993 });
    const { id } = ports[0].last('probe');
    ports[0].say({ v: 1, id, type: 'chain', host: 'h', port: 993, certificates: ['AA=='], failure: 'certificate_issuer' });
    await ports[0].saw('trust');
    assert.deepEqual([ports[0].last('trust').probe, ports[0].last('trust').trusted], [id, trusted]);
    ports[0].say(verdictMessage(id, 'password_accepted'));
    await answer;
    client.close();
  });
}

test('a judgement that fails means not trusted', async () => {
  const { client, ports } = makeClient();
  const answer = client.request(probe, { ...listening, onChain: () => Promise.reject(new Error('no')) });
  const { id } = ports[0].last('probe');
  ports[0].say({ v: 1, id, type: 'chain', host: 'h', port: 993, certificates: ['AA=='], failure: 'certificate_issuer' });
  await ports[0].saw('trust');
  assert.equal(ports[0].last('trust').trusted, false);
  ports[0].drop('');
  await assert.rejects(answer, withCode('host_gone'));
});

test('a missing host is told apart from one that ends', async () => {
  const { client, ports } = makeClient();
  const missing = client.request(probe, listening);
  ports[0].drop('No such native application reprompt');
  await assert.rejects(missing, withCode('host_missing'));
  const ended = client.request(probe, listening);
  ports[1].say({ v: 1, id: ports[1].last('hello').id, type: 'hello', version: '0.1.0', protocol: 1 });
  ports[1].drop('');
  await assert.rejects(ended, withCode('host_gone'));
});

test('a host that is silent is given up in time, and told to stop', async () => {
  const { client, ports } = makeClient();
  await assert.rejects(client.request(probe, { timeoutMs: 1 }), withCode('timeout'));
  assert.equal(ports[0].last('cancel').probe, ports[0].last('probe').id);
  client.close();
});

test('a host of another protocol answers nobody', async () => {
  const { client, ports } = makeClient();
  const answer = client.request(probe, listening);
  ports[0].say({ v: 1, id: ports[0].last('hello').id, type: 'hello', version: '9.0', protocol: 2 });
  await assert.rejects(answer, withCode('version_mismatch'));
  client.request(probe, listening).catch(() => {});
  assert.equal(ports.length, 2, 'the next request gets a new host, and its hello');
  ports[1].drop('bye');
});

test('an answer in another version of the messages says just that, whoever waits for it', async () => {
  const { client, ports } = makeClient();
  const answer = client.request(probe, listening);
  ports[0].say({ v: 2, id: 'unheard of', type: 'salutation' });
  await assert.rejects(answer, withCode('version_mismatch'));
});

for (const code of ['unsupported_version', 'unsupported_type'])
  test(`a host that says ${code} is an older or newer one`, async () => {
    const { client, ports } = makeClient();
    const answer = client.request({ type: 'accounts' }, listening);
    ports[0].say({ v: 1, id: ports[0].last('accounts').id, type: 'error', code, message: 'no' });
    await assert.rejects(answer, withCode('version_mismatch'));
    client.close();
  });

test('a host that missed its time is not asked again: the next request gets a new one', async () => {
  const { client, ports } = makeClient();
  await assert.rejects(client.hello(1), withCode('timeout'));
  client.request(probe, listening).catch(() => {});
  assert.equal(ports.length, 2);
  ports[1].drop('bye');
});

const without = (field) => {
  const message = verdictMessage('x', 'stale_password');
  delete message[field];
  return message;
};
const nonsense = {
  'no version': { type: 'verdict' },
  'a version that is no number': { v: '1', type: 'verdict' },
  'no type': { v: 1 },
  ...Object.fromEntries(
    ['may_clear', 'server_words', 'links', 'verdict', 'because'].map((field) => [`no ${field}`, without(field)]),
  ),
  'words that are no list': { ...verdictMessage('x', 'stale_password'), server_words: 'x' },
};
for (const [name, message] of Object.entries(nonsense)) {
  test(`a nonsensical answer (${name}) is refused, not believed`, async () => {
    const { client, ports } = makeClient();
    const answer = client.request(probe, listening);
    ports[0].say({ ...message, id: ports[0].last('probe').id });
    await assert.rejects(answer, withCode('bad_response'));
    client.close();
  });
}

test('answers that nobody waits for, and things that are no message, do no harm', () => {
  const { client, ports } = makeClient();
  client.request(probe, listening).catch(() => {});
  for (const odd of [null, 7, 'text', [], {}, { v: 1, id: 'gone', type: 'verdict' }]) ports[0].say(odd);
  assert.equal(client.waiting.size, 2);
  ports[0].drop('');
});

test("the host's own error codes come through", async () => {
  const { client, ports } = makeClient();
  const answer = client.request({ type: 'vault_store' }, listening);
  ports[0].say({ v: 1, id: ports[0].last('vault_store').id, type: 'error', code: 'no_keyring', message: 'none' });
  await assert.rejects(answer, withCode('no_keyring'));
  client.close();
});

test('the port closes when nothing is asked any more, and the next request opens a new one', async () => {
  const { client, ports } = makeClient({ idleMs: 1 });
  const hello = client.hello();
  ports[0].say({ v: 1, id: ports[0].last('hello').id, type: 'hello', version: '0.1.0', protocol: 1 });
  await hello;
  await ports[0].closed;
  const again = client.hello();
  assert.equal(ports.length, 2);
  ports[1].drop('');
  await assert.rejects(again);
});

test('a port that cannot be written to rejects the request', async () => {
  const connect = () => {
    throw new Error('no');
  };
  await assert.rejects(new HostClient({ connect, version: '0' }).request(probe, listening), withCode('host_gone'));
});

test('only a complete verdict is one', () => {
  assert.ok(isVerdict(verdictMessage('x', 'offline')));
  assert.ok(!isVerdict({ ...verdictMessage('x', 'offline'), may_clear: 'always' }));
});
