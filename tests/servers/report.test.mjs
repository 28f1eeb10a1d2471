// SPDX-License-Identifier: MPL-2.0
// "Copy report" with the real host: secrets that servers of every protocol repeat in every spelling are in no part of it, and `reprompt explain` reads
// the copied text, quoted by a mail program too, and says the same. Belongs here: planting and searching. Not here: the report's form
// (extension/test/report.test.mjs), single fields (tests/unit/redact_test.cpp).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainRequest } from '../../extension/account_facts.mjs';
import { makeReport } from '../../extension/card/report.mjs';
import { makeAuthority } from '../harness/certificates.mjs';
import { startDnsServer, zone } from '../harness/dns_server.mjs';
import { makeHome, runReprompt, startNative } from '../harness/host.mjs';
import { enterOwnNetwork, trustAuthority, useNameServer } from '../harness/own_network.mjs';
import { makeFolder } from '../harness/processes.mjs';
import { startScriptedServer } from '../harness/scripted_server.mjs';

const address = '203.0.113.79';
enterOwnNetwork(import.meta.url, [address]);

const host = 'mail.planted-faculty.example';
const user = 'Planted.Person@planted-faculty.example';
const password = 'planted-"Pass\\word 9';
const token = `ya29.planted-token-${'aB3'.repeat(12)}`;
const [account, fullName] = ['Planted Account', 'Planted Full-Name'];
/** Each of them holds this word, and nothing else does. */
const planted = /planted/i;

const octets = (text, each) => [...Buffer.from(text)].map((octet) => each(octet.toString(16).padStart(2, '0'))).join('');
const characters = (text, each) => [...text].map((letter) => each(letter)).join('');
/** How a server may repeat what it was told. @type {Record<string, (text: string) => string>} */
const spellings = {
  plain: (text) => text,
  capitals: (text) => text.toUpperCase(),
  quoted: (text) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`,
  literal: (text) => `{${Buffer.byteLength(text)}} ${text}`,
  base64: (text) => Buffer.from(text).toString('base64'),
  'base64 for addresses of pages': (text) => Buffer.from(text).toString('base64url'),
  'base64 in the middle': (text) => Buffer.from(`to ${text} `).toString('base64'),
  'base64 of UTF-16': (text) => Buffer.from(text, 'utf16le').toString('base64'),
  'base64 twice': (text) => Buffer.from(Buffer.from(text).toString('base64')).toString('base64'),
  'percent, where needed': encodeURIComponent,
  'percent, all of it': (text) => octets(text, (hex) => `%${hex}`),
  'percent twice': (text) => encodeURIComponent(octets(text, (hex) => `%${hex.toUpperCase()}`)),
  'quoted-printable': (text) => octets(text, (hex) => `=${hex.toUpperCase()}`),
  hexadecimal: (text) => octets(text, (hex) => hex),
  'HTML, decimal': (text) => characters(text, (letter) => `&#${letter.codePointAt(0)};`),
  'HTML, hexadecimal': (text) => characters(text, (letter) => `&#x${letter.codePointAt(0).toString(16)};`),
  'HTML, names': (text) => text.replaceAll('@', '&commat;').replaceAll('"', '&quot;').replaceAll('.', '&period;'),
  'JSON escapes': (text) => characters(text, (letter) => `\\u${letter.codePointAt(0).toString(16).padStart(4, '0')}`),
  'UTF-16': (text) => Buffer.from(text, 'utf16le').toString('latin1'),
  'UTF-16, the other way': (text) => Buffer.from(text, 'utf16le').swap16().toString('latin1'),
  'full-width letters': (text) =>
    characters(text, (letter) =>
      letter > ' ' && letter < '\x7f' ? String.fromCodePoint(letter.codePointAt(0) + 0xfee0) : letter,
    ),
};

const byteOf = (_all, hex) => String.fromCharCode(parseInt(hex, 16));
const characterOf = (_all, hex, other) => String.fromCodePoint(parseInt(hex ?? other, 16) % 0x110000);
/** Every escape undone once. */
const undone = (text) =>
  text
    .replaceAll(/\\+u(?:\{([0-9a-f]{1,6})\}|([0-9a-f]{4}))/gi, characterOf)
    .replaceAll(/(?:%|=|\\+x)([0-9a-f]{2})/gi, byteOf)
    .replaceAll(/&#x([0-9a-f]{1,5});?/gi, characterOf)
    .replaceAll(/&#(\d{1,6});?/g, (_all, number) => String.fromCodePoint(Number(number)))
    .replaceAll('\0', '')
    .normalize('NFKC');
/** What base64 and hexadecimal digits in a text say, from whichever of them on. */
const inRuns = (text) => [
  ...[...text.matchAll(/[A-Za-z0-9+/_-]{10,}/g)].flatMap(([run]) =>
    [0, 1, 2, 3].map((skip) => Buffer.from(run.slice(skip), 'base64').toString('latin1')),
  ),
  ...[...text.matchAll(/[0-9a-f]{14,}/gi)].flatMap(([run]) =>
    [0, 1].map((skip) => Buffer.from(run.slice(skip), 'hex').toString('latin1')),
  ),
];

/** Everything a text may mean: itself, and what is behind its encodings, a few deep. @param {string} given @returns {Set<string>} */
function meanings(given) {
  const all = new Set([given]);
  let newest = [given];
  for (let depth = 0; depth < 3; depth += 1) {
    newest = newest.flatMap((text) => [undone(text), ...(depth < 2 ? inRuns(text) : [])]).filter((text) => !all.has(text));
    for (const text of newest) all.add(text);
  }
  return all;
}

function assertNothingPlanted(report, what) {
  for (const text of meanings(report)) {
    assert.doesNotMatch(text, planted, `${what}:\n${report}`);
    assert.ok(!text.includes(address), `${what}:\n${report}`);
  }
}

test('the search itself finds every spelling', () => {
  for (const [name, spell] of Object.entries(spellings))
    assert.ok(
      [...meanings(JSON.stringify(spell('x Planted y')))].some((text) => planted.test(text)),
      name,
    );
});

const authority = makeAuthority(makeFolder('report-ca'));
trustAuthority(authority);
const dns = await startDnsServer(zone({ [`${host} A`]: { records: [{ type: 'A', data: Buffer.from([203, 0, 113, 79]) }] } }));
useNameServer(dns);
const certificate = authority.issue({ names: [host, '*.planted-faculty.example', 'planted-other.example'] });
/** Hosts that a failed test may have left behind. */
const hosts = [];
const startHost = () => {
  const native = startNative({ home: makeHome() });
  hosts.push(native);
  return native;
};
test.after(async () => {
  await Promise.all(hosts.map((native) => native.stop()));
  await dns.stop();
});

const refusals = {
  imap: (tag, words) => `${tag} NO [AUTHENTICATIONFAILED] ${words}`,
  pop3: (_tag, words) => `-ERR [AUTH] ${words}`,
  smtp: (_tag, words) => `535-5.7.8 ${words}\r\n535 5.7.8 ${words}`,
};
const greetings = { imap: '* OK', pop3: '+OK', smtp: '220' };

/** One probe of a server that repeats what it knows, as the add-on makes it; what came of it as an incident. */
async function probed(protocol, words, { kind = 'password' } = {}) {
  let asked = '';
  const server = await startScriptedServer({
    protocol,
    tls: 'implicit',
    certificate,
    listen: address,
    greeting: `${greetings[protocol]} ${words}`,
    offered: { imap: ['IMAP4rev1', 'AUTH=PLAIN', 'AUTH=XOAUTH2'], pop3: ['SASL PLAIN XOAUTH2'], smtp: [`AUTH PLAIN XOAUTH2`] }[
      protocol
    ],
    auth: (tag) => refusals[protocol](tag, words),
    // A token, which the server does not know of by itself: asked for, and refused.
    answer(line, tag) {
      if (/AUTH(ENTICATE)? XOAUTH2/i.test(line)) asked = tag;
      if (/XOAUTH2$/i.test(line)) return protocol === 'smtp' ? '334 ' : '+ ';
      return /XOAUTH2 |^[A-Za-z0-9+/=]{60,}$/i.test(line) && kind === 'token' ? refusals[protocol](asked, words) : undefined;
    },
  });
  const native = startHost();
  const verdict = await native.ask('probe', {
    account: { protocol, host, port: server.port, tls: 'implicit', user, auth: kind === 'token' ? 'oauth2' : 'password' },
    credential: { kind, secret: kind === 'token' ? token : password },
    heard: [{ protocol, mechanism: 'PLAIN', lines: [refusals[protocol]('a1', words).split('\r\n')[0]], tls: true }],
    again: true, // what was heard must not decide without the server
    limit_ms: 20_000,
  });
  await server.stop();
  const incident = {
    ...{ kind: 'incoming', key: 'server1', type: protocol, hostname: host, port: server.port, socketType: 3, authMethod: 3 },
    ...{ username: user, name: account, at: 0, code: 'login', silent: false, problem: null, verdict },
  };
  return { native, incident, verdict };
}

const reportOf = (incident, native, hideServer) =>
  makeReport(incident, {
    host: { hello: () => native.ask('hello', { version: '0.1.0' }), request: ({ type, ...fields }) => native.ask(type, fields) },
    watch: { getNames: async () => [fullName, user] },
    hideServer,
    versions: async () => ({ addOn: '0.1.0', thunderbird: '153.7.0', system: 'linux' }),
  });

/** What `reprompt explain` says of the report, as it was copied and as mail programs quote it. */
async function explained(report) {
  const quoted = `Hello,\n\n${report}`
    .split('\n')
    .slice(2)
    .map((line) => `> ${line}`)
    .join('\r\n');
  const [plain, pasted] = await Promise.all([report, quoted].map((stdin) => runReprompt(['explain', '--json'], { stdin })));
  assert.equal(plain.status, 0, plain.stdout);
  assert.deepEqual(pasted.json, plain.json);
  return plain.json;
}

for (const protocol of ['imap', 'pop3', 'smtp']) {
  test(`${protocol}: nothing that the server repeats, in any spelling, is in the report`, async () => {
    for (const [name, spell] of Object.entries(spellings)) {
      const secrets = [password, user, host, account, fullName, user.split('@')[0]];
      for (const words of name === 'plain' ? [secrets, [...secrets].reverse()] : [secrets]) {
        const line = `Authentication failed for ${words.map(spell).join(' ')} from ${address}`;
        const { native, incident, verdict } = await probed(protocol, line);
        assert.equal(verdict.type, 'verdict', JSON.stringify(verdict));
        assert.equal(verdict.attempts, 1, JSON.stringify(verdict));
        assertNothingPlanted(await reportOf(incident, native, true), `${protocol}, ${name}`);
        await native.stop();
      }
    }
  });

  test(`${protocol}: an access token that the server repeats is not in the report`, async () => {
    for (const name of ['plain', 'base64', 'percent, all of it', 'HTML, decimal', 'hexadecimal']) {
      const { native, incident, verdict } = await probed(protocol, `Invalid token ${spellings[name](token)}`, { kind: 'token' });
      assert.equal(verdict.attempts, 1, JSON.stringify(verdict));
      assertNothingPlanted(await reportOf(incident, native, true), `${protocol}, token, ${name}`);
      await native.stop();
    }
  });

  test(`${protocol}: the pasted report gives the same verdict, with the server hidden and with its name`, async () => {
    const { native, incident, verdict } = await probed(protocol, `Authentication failed for ${user} at ${host}`);
    for (const hideServer of [true, false]) {
      const report = await reportOf(incident, native, hideServer);
      const again = await explained(report);
      assert.deepEqual(
        [again.verdict, again.confidence, again.rule],
        [verdict.verdict, verdict.confidence, verdict.rule],
        `${JSON.stringify(verdict)}\n${report}`,
      );
      assert.equal(report.includes('server.invalid'), hideServer, report);
      assert.equal(report.includes(`"${host}"`), !hideServer, 'only the wish hides the server');
      assert.doesNotMatch(report, /^# note:/m);
    }
    await native.stop();
  });

  test(`${protocol}: words heard behind a proxy that the host cannot use are masked too`, async () => {
    for (const [name, spell] of Object.entries(spellings)) {
      const heard = [
        {
          protocol,
          mechanism: 'PLAIN',
          tls: true,
          lines: [refusals[protocol]('a1', [password, user, host].map(spell).join(' ')).split('\r\n')[0]],
        },
      ];
      const failure = { id: 'f', type: protocol, hostname: host, port: 993, socketType: 3, authMethod: 3, username: user, heard };
      const credential = { locked: false, stored: password, savedAt: null, session: null };
      const { type, ...fields } = explainRequest(failure, credential);
      const native = startHost();
      const verdict = await native.ask(type, fields);
      assert.equal(verdict.type, 'verdict', JSON.stringify(verdict));
      const incident = {
        ...failure,
        kind: 'incoming',
        key: 'server1',
        name: account,
        at: 0,
        code: 'login',
        problem: null,
        verdict,
      };
      assertNothingPlanted(await reportOf(incident, native, true), `${protocol}, heard, ${name}`);
      await native.stop();
    }
  });
}

test('a provider that everybody knows keeps its name, also if the server is to be hidden', async () => {
  const native = startHost();
  const line = {
    id: '1',
    protocol: 'imap',
    host: 'imap.gmail.com',
    tls: 'implicit',
    mechanism: 'PLAIN',
    response: ['a1 NO [ALERT] Application-specific password required (Failure)'],
  };
  const verdict = await native.ask('explain', { line });
  const incident = {
    type: 'imap',
    port: 993,
    socketType: 3,
    authMethod: 3,
    username: user,
    name: 'imap.gmail.com',
    at: 0,
    code: 'login',
    problem: null,
    verdict,
  };
  const again = await explained(await reportOf(incident, native, true));
  assert.deepEqual([again.verdict, again.rule], ['app_password_required', 'gmail.app-password']);
  await native.stop();
});

test('what the command line prints holds neither the password nor the name, in any spelling', async () => {
  for (const [name, spell] of Object.entries(spellings)) {
    const server = await startScriptedServer({
      protocol: 'imap',
      tls: 'implicit',
      certificate,
      listen: address,
      auth: (tag) => `${tag} NO [AUTHENTICATIONFAILED] ${spell(password)} ${spell(user)}`,
    });
    const run = await runReprompt(['probe', `imaps://${host}:${server.port}`, '--user', user, '--json'], {
      password,
    });
    await server.stop();
    assert.equal(run.json?.attempts, 1, run.stdout + run.stderr);
    const { server_words: words, because } = run.json;
    for (const text of meanings(JSON.stringify([words, because, run.json.evidence.attempt])))
      assert.ok(!/planted-"Pass|Planted\.Person/i.test(text.replaceAll(/\\+"/g, '"')), `${name}: ${run.stdout}`);
  }
});
