// SPDX-License-Identifier: MPL-2.0
// The report: what it says, what it asks the host to mask, and that it is there without a host. That nothing planted gets through the whole way,
// with the real host, is seen in tests/servers/report.test.mjs.
import assert from 'node:assert/strict';
import test from 'node:test';
import { fitting, makeReport, namesToMask } from '../card/report.mjs';
import { HostError } from '../host_client.mjs';
import { failureOf, verdictMessage } from './fakes.mjs';

const evidence = { protocol: 'imap', host: 'mail.uni.example', greeting: ['* OK planted greeting'] };
const incident = {
  ...failureOf({
    username: 'planted@secret.example',
    name: 'planted name',
    hostname: 'planted.secret.example',
    heard: [{ protocol: 'imap', lines: ['planted heard'], tls: true }],
  }),
  verdict: verdictMessage('x', 'rate_limited', {
    evidence,
    server_words: ['planted words'],
    because: ['planted reason'],
    rule: 'planted.rule',
    links: { help: 'https://planted.example' },
    notes: ['/home/planted/.config: broken'],
  }),
  problem: null,
};

/** A host that masks as it is told to, and a Thunderbird. */
function world({ refuses = null, says = {} } = {}) {
  const asked = [];
  const explained = verdictMessage('explain-1', 'rate_limited', {
    evidence: { protocol: 'imap', host: 'masked' },
    because: ['why'],
    ...says,
  });
  return {
    asked,
    host: {
      hello: async () => {
        if (refuses) throw new HostError(refuses, 'no');
        return { version: '0.1.0' };
      },
      request: async (fields) => {
        if (refuses) throw new HostError(refuses, 'no');
        asked.push(fields);
        return explained;
      },
    },
    watch: { getNames: async () => ['Planted Person', 'planted@secret.example'] },
    hideServer: true,
    versions: async () => ({ addOn: '0.1.0', thunderbird: '153.7.0', system: 'linux' }),
  };
}
const linesOf = (report) => report.split('\n').filter(Boolean);

test('nothing of the incident but closed words and numbers is in a report; the rest is what the host says of the masked evidence', async () => {
  const made = world();
  const report = await makeReport(incident, made);
  assert.doesNotMatch(report, /planted/i);
  assert.match(report, /^# versions: add-on 0\.1\.0, host 0\.1\.0, Thunderbird 153\.7\.0, linux$/m);
  assert.match(report, /^# verdict: rate_limited \(certain\)$/m);
  assert.match(report, /^# rule: test$/m);
  assert.match(report, /^# because: why$/m);
  const [{ names, hide_server, line }] = made.asked;
  assert.equal(hide_server, true);
  assert.deepEqual(line.evidence, evidence);
  for (const name of ['planted@secret.example', 'planted', 'planted name', 'Planted Person'])
    assert.ok(names.includes(name), name);
});

test('every line but the evidence begins with "# "', async () => {
  const lines = linesOf(await makeReport(incident, world({ says: { because: ['one\ntwo\u2028three'] } })));
  assert.deepEqual(JSON.parse(lines.at(-1)), { id: 'report', evidence: { protocol: 'imap', host: 'masked' } });
  for (const line of lines.slice(0, -1)) assert.match(line, /^# /);
});

test('without a verdict, or without a host, the report still tells the problem', async () => {
  const none = await makeReport({ ...incident, verdict: null, problem: 'host_missing' }, world({ refuses: 'host_missing' }));
  assert.match(none, /^# problem: host_missing$/m);
  assert.match(none, /host \?/);
  const gone = await makeReport(incident, world({ refuses: 'timeout' }));
  assert.match(gone, /^# verdict: rate_limited/m);
  assert.match(gone, /^# no evidence: timeout$/m);
  for (const report of [none, gone]) {
    assert.doesNotMatch(report, /planted/i);
    for (const line of linesOf(report)) assert.match(line, /^# /);
  }
});

test('a verdict that the evidence alone does not give is said to be one', async () => {
  const ledger = { ...incident, verdict: { ...incident.verdict, rule: 'ledger' } };
  const report = await makeReport(ledger, world({ says: { verdict: 'inconclusive', confidence: 'guess' } }));
  assert.match(report, /^# note: reprompt explain says inconclusive \(guess\): this computer remembers/m);
  const own = { ...incident, verdict: { ...incident.verdict, rule_origin: 'organisation' } };
  assert.match(await makeReport(own, world({ says: { verdict: 'inconclusive' } })), /^# note: .*reads the server's name$/m);
});

test('"this was not the cause" goes into the report', async () => {
  assert.match(await makeReport({ ...incident, notTheCause: true }, world()), /^# the user says: this was not the cause$/m);
});

test('evidence is made to fit into a message', () => {
  const long = { greeting: Array.from({ length: 500 }, (_, at) => `${at} ${'x'.repeat(400)}`), tls_facts: { names: ['a'] } };
  const shorter = fitting(long);
  assert.ok(JSON.stringify(shorter).length <= 56 * 1024);
  assert.equal(shorter.greeting[0], long.greeting[0]);
  assert.deepEqual(fitting(evidence), evidence);
  assert.equal(fitting({ greeting: 'x'.repeat(80_000) }), null);
});

test('a name is masked with the parts by which a server may know it', () => {
  const names = namesToMask(['alice@uni.example', 'UNI\\alice2', '', null, ' Alice ', 'a']);
  assert.deepEqual(names.sort(), ['Alice', 'UNI\\alice2', 'alice', 'alice2', 'alice@uni.example']);
});
