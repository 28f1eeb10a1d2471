// SPDX-License-Identifier: MPL-2.0
// Messages from the add-on's side that no add-on of ours sends (tests/harness/hostile_messages.mjs): each is answered by an error that says what is wrong and where,
// or as it deserves; the next good message is answered as ever; nothing crashes, leaks or hangs. In a network of its own without any names. Needs root.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { makeAuthority } from '../harness/certificates.mjs';
import { startDnsServer, zone } from '../harness/dns_server.mjs';
import {
  brokenJson,
  endingFrames,
  goodRequests,
  oddHosts,
  oddPasswords,
  oddUsers,
  wrongFields,
} from '../harness/hostile_messages.mjs';
import { counted, expectInTime, Hosts, NativeHost, summary, watchfulProgram } from '../harness/hostile_run.mjs';
import { startHostileServer } from '../harness/hostile_server.mjs';
import { enterOwnNetwork, trustAuthority, useNameServer } from '../harness/own_network.mjs';
import { makeFolder } from '../harness/processes.mjs';

const address = '203.0.113.9';
enterOwnNetwork(import.meta.url, [address]);

const host = 'mail.hostile.test';
const authority = makeAuthority(join(makeFolder('hostile-ca'), 'known'));
const dns = await startDnsServer(
  zone({ [`${host} A`]: { records: [{ type: 'A', data: Buffer.from(address.split('.').map(Number)) }] } }),
);
useNameServer(dns);
trustAuthority(authority);
let server;

const hosts = new Hosts(watchfulProgram, 1);
let serial = 0;
const newId = () => `m${(serial += 1)}`;
const hostileCase = (name, tell) => test(name, () => counted(() => tell(name)));

/** A good message is answered as ever. */
async function expectGoodAnswer(program, name) {
  const answer = await program.ask({ id: newId(), type: 'hello', version: '0.1.0' }, { limitMs: 20_000 });
  assert.equal(answer.type, 'hello', name);
}

before(async () => {
  await hosts.begin();
  server = await startHostileServer({
    protocol: 'imap',
    tls: 'implicit',
    certificate: authority.issue({ names: [host] }),
    lies: {},
    listen: address,
  });
});
after(async () => {
  try {
    await hosts.end('the watchful program');
  } finally {
    await server?.stop();
    await dns.stop();
    process.stdout.write(`# ${summary()}\n`);
  }
});

describe('every field with everything that it must not be', () => {
  for (const { type, where, messages } of wrongFields) {
    hostileCase(`${type} ${where}: ${messages.length} values`, (name) =>
      hosts.with(async (program) => {
        for (const message of messages) {
          const answer = await program.ask({ ...message, id: newId() }, { limitMs: 20_000 });
          const all = `${name}: ${JSON.stringify(message).slice(0, 500)} -> ${JSON.stringify(answer)}`;
          assert.deepEqual([answer.type, answer.code], ['error', 'bad_message'], all);
          // The place, the list or object that it is in, or what is in it.
          const said = /^(\/\S+): expected ./.exec(answer.message)?.[1] ?? '';
          assert.ok(said && `${where}/`.startsWith(`${said}/`.slice(0, where.length + 1)), all);
          assert.ok(answer.message.length < 300 && !answer.message.includes('\n'), all);
        }
        await expectGoodAnswer(program, name);
      }),
    );
  }
  for (const [what, change, code] of [
    ['a version that there is not', { v: 2 }, 'unsupported_version'],
    ['a version as text', { v: '1' }, 'bad_message'],
    ['a version with a fraction', { v: 1.5 }, 'bad_message'],
    ['a version far away', { v: -1e15 }, 'unsupported_version'],
    ['a type that there is not', { type: 'make_coffee' }, 'unsupported_type'],
    ['a type of ours, for the other side', { type: 'verdict' }, 'unsupported_type'],
    ['a type of 64 characters', { type: 'x'.repeat(64) }, 'unsupported_type'],
    ['a type of 65 characters', { type: 'x'.repeat(65) }, 'bad_message'],
    ['a type that is none', { type: ['hello'] }, 'bad_message'],
    ['a type with a NUL', { type: 'hello\0' }, 'unsupported_type'],
  ]) {
    hostileCase(what, (name) =>
      hosts.with(async (program) => {
        const answer = await program.ask({ ...goodRequests.hello, id: newId(), ...change });
        assert.deepEqual([answer.type, answer.code], ['error', code], JSON.stringify(answer));
        await expectGoodAnswer(program, name);
      }),
    );
  }
});

describe('frames and JSON that are broken', () => {
  for (const [what, text] of Object.entries(brokenJson)) {
    hostileCase(what, (name) =>
      hosts.with(async (program) => {
        const before = program.without.length;
        program.sendText(text);
        await expectGoodAnswer(program, name);
        const answers = program.without.slice(before);
        assert.deepEqual(
          answers.map(({ type, id }) => [type, id]),
          [['error', null]],
          JSON.stringify(answers),
        );
        assert.ok(
          ['bad_json', 'bad_message'].includes(answers[0].code) && answers[0].message.length > 5,
          JSON.stringify(answers),
        );
      }),
    );
  }
  hostileCase('a thousand broken messages and a good one', (name) =>
    hosts.with(async (program) => {
      const before = program.without.length;
      for (let sent = 0; sent < 1000; sent += 1) program.sendText('{"v":1,');
      await expectGoodAnswer(program, name);
      assert.equal(program.without.length - before, 1000);
    }),
  );
  hostileCase('a good message an octet at a time', (name) =>
    hosts.with(async (program) => {
      const body = Buffer.from(JSON.stringify({ v: 1, id: newId(), type: 'cancel', probe: 'nobody' }));
      const before = program.without.length;
      for (const octet of [body.length, 0, 0, 0, ...body]) {
        program.sendOctets(Buffer.from([octet]));
        await new Promise((go) => setImmediate(go));
      }
      await expectGoodAnswer(program, name);
      assert.equal(program.without[before]?.code, 'not_found');
    }),
  );
  hostileCase('the longest message that is allowed, full of members that nobody knows', (name) =>
    hosts.with(async (program) => {
      const begin = { id: newId(), type: 'hello', version: '0.1.0' };
      const message = { ...begin, x: '' };
      message.x = 'y'.repeat(64 * 1024 - JSON.stringify({ v: 1, ...message }).length);
      assert.equal((await program.ask(message)).type, 'hello');
      const many = {
        ...begin,
        id: newId(),
        ...Object.fromEntries(Array.from({ length: 4000 }, (_, at) => [`k${at}`, at])),
        ['__proto__x']: {},
        '': 1,
      };
      assert.equal((await program.ask(many)).type, 'hello');
      await expectGoodAnswer(program, name);
    }),
  );
});

describe('frames that end the program', { concurrency: 4 }, () => {
  for (const [what, [octets, status]] of Object.entries(endingFrames)) {
    hostileCase(what, async (name) => {
      const program = new NativeHost(watchfulProgram);
      await expectGoodAnswer(program, name);
      const begin = performance.now();
      program.sendOctets(octets);
      await program.end(name, [status]);
      expectInTime(name, performance.now() - begin, 2000);
    });
  }
});

describe('requests that are well-formed and meant badly', { concurrency: 6 }, () => {
  const account = (more) => ({
    protocol: 'imap',
    host,
    port: server.port,
    tls: 'implicit',
    user: 'alice',
    auth: 'password',
    ...more,
  });
  const credential = (secret) => ({ kind: 'password', secret });
  /** Ends with a verdict or an error in the time that it was given; nothing leaves in clear, nothing is cleared. */
  async function expectHarmless(program, name, fields) {
    const begin = performance.now();
    const answer = await program.ask({ id: newId(), type: 'probe', limit_ms: 3000, repair: false, ...fields });
    const all = `${name}: ${JSON.stringify(answer).slice(0, 2000)}`;
    expectInTime(name, performance.now() - begin, 3000);
    if (answer.type === 'verdict') assert.equal(answer.may_clear, 'never', all);
    else assert.deepEqual([answer.type, answer.code], ['error', 'bad_settings'], all);
    if (answer.type === 'error') assert.match(answer.message, /host name|user name|password|port|proxy/, all);
    return answer;
  }
  for (const [at, odd] of oddHosts.entries()) {
    hostileCase(`host name ${at + 1}, ${JSON.stringify(odd).slice(0, 40)}`, (name) =>
      hosts.with(async (program) => {
        const answer = await expectHarmless(program, name, {
          account: account({ host: odd }),
          credential: credential('planted-odd-host'),
        });
        assert.equal(answer.attempts ?? 0, 0, JSON.stringify(answer));
        await expectHarmless(program, name, { account: account({}), proxy: { type: 'socks5', host: odd, port: 1080 } });
      }),
    );
  }
  for (const [at, odd] of oddUsers.entries()) {
    hostileCase(`user name ${at + 1}, ${JSON.stringify(odd).slice(0, 40)}`, (name) =>
      hosts.with((program) =>
        expectHarmless(program, name, { account: account({ user: odd }), credential: credential(`planted-odd-user-${at}`) }),
      ),
    );
  }
  for (const [at, odd] of oddPasswords.entries()) {
    hostileCase(`password ${at + 1}, ${JSON.stringify(odd).slice(0, 40)}`, (name) =>
      hosts.with(async (program) => {
        const answer = await expectHarmless(program, name, {
          account: account({ user: `odd-password-${at}` }),
          credential: credential(odd),
        });
        // A password cannot end a command or a message of SASL early.
        if (/[\0\r\n]/.test(odd) || odd === '') assert.equal(answer.code, 'bad_settings', JSON.stringify(answer));
      }),
    );
  }
  hostileCase('cancel and trust of probes that there are not, a hundred times each', (name) =>
    hosts.with(async (program) => {
      for (let at = 0; at < 100; at += 1) {
        const answers = await Promise.all([
          program.ask({ id: newId(), type: 'cancel', probe: `nobody-${at}` }),
          program.ask({ id: newId(), type: 'trust', probe: '\u0000', trusted: true }),
        ]);
        for (const answer of answers)
          assert.deepEqual([answer.type, answer.code], ['error', 'not_found'], JSON.stringify(answer));
      }
      await expectGoodAnswer(program, name);
    }),
  );
  hostileCase('an id that is in use', (name) =>
    hosts.with(async (program) => {
      const silent = await startHostileServer({
        protocol: 'imap',
        tls: 'implicit',
        certificate: authority.issue({ names: [host] }),
        lies: { greeting: () => {} },
        listen: address,
      });
      try {
        const id = newId();
        const probe = { id, type: 'probe', account: account({ port: silent.port }), limit_ms: 2000, repair: false };
        const first = program.ask(probe);
        program.sendText(JSON.stringify({ v: 1, ...probe }));
        const refused = await first; // the second one's refusal bears the same id and comes first
        assert.deepEqual([refused.type, refused.code], ['error', 'bad_message'], JSON.stringify(refused));
        assert.equal((await program.ask({ id: newId(), type: 'cancel', probe: id })).type, 'cancelled');
        await expectGoodAnswer(program, name);
      } finally {
        await silent.stop();
      }
    }),
  );
  hostileCase('a trust that answers before it is asked', (name) =>
    hosts.with(async (program) => {
      const other = makeAuthority(makeFolder('hostile-ca'), { name: 'Nobody' });
      const liar = await startHostileServer({
        protocol: 'imap',
        tls: 'implicit',
        certificate: other.issue({ names: [host] }),
        lies: {},
        listen: address,
      });
      try {
        const id = newId();
        const before = program.without.length;
        const asked = program.ask({
          id,
          type: 'probe',
          account: account({ port: liar.port, user: 'early-trust' }),
          credential: credential('planted-early-trust'),
          limit_ms: 4000,
          repair: false,
        });
        program.sendText(JSON.stringify({ v: 1, id: 'early', type: 'trust', probe: id, trusted: true }));
        const answer = await asked; // the chain that comes is answered by no
        const early = program.without.slice(before).find((each) => each.id === 'early');
        // Either nobody waited yet, or the chain was there already and was trusted: never a yes that is kept for later.
        if (early)
          assert.deepEqual(
            [early.code, answer.verdict, answer.attempts],
            ['not_found', 'certificate_untrusted', 0],
            JSON.stringify([early, answer]),
          );
      } finally {
        await liar.stop();
      }
    }),
  );
  hostileCase('a hundred probes at once', (name) =>
    hosts.with(async (program) => {
      const answers = await Promise.all(
        Array.from({ length: 100 }, () =>
          program.ask({
            id: newId(),
            type: 'probe',
            account: account({ host: '203.0.113.9', port: 1 }),
            limit_ms: 5000,
            repair: false,
          }),
        ),
      );
      for (const answer of answers) assert.ok(answer.type === 'verdict' || answer.code === 'busy', JSON.stringify(answer));
      await expectGoodAnswer(program, name);
    }),
  );
  const rules = (value) => (typeof value === 'string' ? value : JSON.stringify(value));
  for (const [what, value] of Object.entries({
    'no JSON': '{',
    'lists in each other': '['.repeat(30_000),
    'no rules': {},
    'rules that are none': { version: 1, organisation: 'x', rules: [7, null, {}, []] },
    'hostile names': {
      version: 1,
      organisation: '\u202e<script>',
      rules: [{ id: '../../x', verdict: 'stale_password', when: { words: [''] } }],
    },
    'a rule that clears everything': {
      version: 1,
      organisation: 'x',
      rules: [{ id: 'x.y', verdict: 'stale_password', confidence: 'certain', when: {} }],
    },
    '60 KB': { version: 1, organisation: 'x'.repeat(60_000), rules: [] },
  })) {
    hostileCase(`rules of an organisation: ${what}`, async (name) => {
      const program = new NativeHost(watchfulProgram);
      const answer = await program.ask({ id: newId(), type: 'hello', version: '0.1.0', organisation_rules: rules(value) });
      assert.equal(answer.type, 'hello', JSON.stringify(answer));
      assert.ok(answer.rule_complaints?.length > 0, `nothing was said about them: ${JSON.stringify(answer)}`);
      const verdict = await program.ask({
        id: newId(),
        type: 'explain',
        line: {
          id: 'x',
          protocol: 'imap',
          host: 'mail.example',
          offered: ['* CAPABILITY IMAP4rev1'],
          mechanism: 'PLAIN',
          response: ['a1 NO [UNAVAILABLE] later'],
        },
      });
      assert.equal(verdict.verdict, 'temporary_failure', JSON.stringify(verdict));
      await program.end(name);
    });
  }
});

describe('evidence that is forged', () => {
  const line = { id: 'x', evidence: null };
  let evidence;
  before(async () => {
    const answer = await hosts.with((program) =>
      program.ask({
        id: newId(),
        type: 'probe',
        account: { protocol: 'imap', host, port: server.port, tls: 'implicit', user: 'evidence', auth: 'password' },
        credential: { kind: 'password', secret: 'planted-evidence' },
      }),
    );
    evidence = answer.evidence;
    assert.ok(evidence.attempt, JSON.stringify(answer));
  });
  const values = [
    null,
    true,
    7,
    -1,
    1e99,
    '',
    'x',
    '\u0000\u001b[31m\u202e<b>',
    'x'.repeat(20_000),
    [],
    [null],
    [[]],
    {},
    { x: 1 },
    Array(3000).fill('x'),
  ];
  for (const [at, value] of values.entries()) {
    hostileCase(`value ${at + 1}, ${JSON.stringify(value).slice(0, 40)}, in the place of each member`, (name) =>
      hosts.with(async (program) => {
        const places = Object.entries(evidence).flatMap(([member, inside]) => [
          [member],
          ...(inside && typeof inside === 'object' && !Array.isArray(inside)
            ? Object.keys(inside).map((each) => [member, each])
            : []),
        ]);
        assert.ok(places.length > 30);
        for (const place of places) {
          const forged = structuredClone(evidence);
          const inside = place.slice(0, -1).reduce((node, each) => node[each], forged);
          inside[place.at(-1)] = value;
          const answer = await program.ask({
            id: newId(),
            type: 'explain',
            line: { ...line, evidence: forged },
            names: ['alice'],
            hide_server: true,
          });
          const all = `${name} at ${place.join('/')}: ${JSON.stringify(answer).slice(0, 1500)}`;
          if (answer.type === 'error') assert.match(answer.message, /^\/line\/\S+: expected |^\/line/, all);
          else assert.equal(answer.type, 'verdict', all);
        }
        await expectGoodAnswer(program, name);
      }),
    );
  }
});
