// SPDX-License-Identifier: MPL-2.0
// The golden messages of manifests/protocol/v1, which the C++ tests read too: each fits its schema, and this side sends and reads such messages.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import { explainRequest, probeRequest, vaultRequest } from '../account_facts.mjs';
import { accountsRequest, profilesOf } from '../basic/accounts.mjs';
import { VERDICTS } from '../decisions.mjs';
import { HostClient, isVerdict } from '../host_client.mjs';
import { FakePort, failureOf } from './fakes.mjs';

const folder = new URL('../../manifests/protocol/v1/', import.meta.url);
const json = (name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const schemas = Object.fromEntries(
  ['requests', 'responses'].map((side) => {
    const name = `${side}.schema.json`;
    return [side, existsSync(new URL(name, folder)) ? new Ajv2020({ strict: false, allErrors: true }).compile(json(name)) : null];
  }),
);
const golden = existsSync(new URL('golden/', folder))
  ? readdirSync(new URL('golden/', folder)).filter((name) => name.endsWith('.json'))
  : [];
const requestTypes = new Set([
  'probe',
  'cancel',
  'trust',
  'explain',
  'vault_store',
  'vault_list',
  'vault_restore',
  'ledger_forget',
]);
const responseTypes = new Set(['progress', 'chain', 'verdict', 'vault', 'accounts', 'error', 'forgotten', 'cancelled']);
/** `hello` and `accounts` go both ways. */
const sideOf = ({ type, protocol, known }) =>
  requestTypes.has(type) || known
    ? 'requests'
    : responseTypes.has(type)
      ? 'responses'
      : protocol === undefined
        ? 'requests'
        : 'responses';

for (const name of golden) {
  for (const message of [json(`golden/${name}`)].flat()) {
    const validate = schemas[sideOf(message)];
    test(`golden ${name} (${message.type}) fits its schema`, { skip: !validate && 'no schema yet' }, () => {
      assert.ok(validate(message), JSON.stringify(validate.errors));
    });
    if (message.type === 'verdict') {
      test(`golden ${name} is a verdict that we know`, () => {
        assert.ok(isVerdict(message));
        assert.ok(VERDICTS.includes(message.verdict));
      });
    }
  }
}

test('the golden servers are accounts that the basic version can check', () => {
  const known = [{ id: 'account1', name: 'Work', type: 'imap', identities: [] }];
  const { certain, profiles } = profilesOf(json('golden/response.accounts.json'), known);
  assert.ok(certain);
  const [imap, smtp] = profiles[0].accounts[0].servers;
  assert.deepEqual([imap.hostname, imap.socketType, imap.mailDomain, imap.name], ['imap.example.org', 3, 'example.org', 'Work']);
  assert.deepEqual([smtp.kind, smtp.authMethod], ['outgoing', 10]);
});

/** Every message this side can send. */
function sentMessages() {
  const port = new FakePort();
  const client = new HostClient({ connect: () => port, version: '0.1.0' });
  const credential = { locked: false, stored: 'old', savedAt: 1700000000000, session: null };
  const key = Buffer.alloc(32).toString('base64');
  const heard = [{ protocol: 'pop3', mechanism: 'USER/PASS', lines: ['-ERR [AUTH] no'], tls: true }];
  const failure = failureOf({ type: 'pop3', heard });
  for (const request of [
    { type: 'hello', version: '0.1.0' },
    probeRequest(failureOf(), credential, { limitMs: 30_000 }),
    probeRequest(failure, credential, { limitMs: 30_000, again: true }),
    probeRequest(failureOf({ authMethod: 10 }), credential, { limitMs: 30_000 }),
    explainRequest(failure, credential),
    vaultRequest(failure, credential, key),
    { type: 'vault_list' },
    { type: 'vault_restore', entry: '00', seal_key: key },
    { type: 'ledger_forget', account: { host: 'imap.example.org', user: 'alice' } },
    accountsRequest([
      { id: 'account1', name: 'Work', type: 'imap', identities: [{ id: 'id1', email: 'a@example.org', name: 'A' }] },
    ]),
  ])
    client.request(request, { timeoutMs: 60_000 }).catch(() => {});
  client.say({ type: 'trust', probe: 'probe-1', trusted: true });
  client.say({ type: 'cancel', probe: 'probe-1' });
  port.drop('');
  return port.sent;
}

for (const message of sentMessages()) {
  test(`what we send fits the schema (${message.id})`, { skip: !schemas.requests && 'no schema yet' }, () => {
    assert.ok(schemas.requests(message), JSON.stringify(schemas.requests.errors));
  });
}
