// SPDX-License-Identifier: MPL-2.0
// The ways to sign in beside PLAIN and LOGIN, against a real Dovecot: CRAM-MD5, XOAUTH2 and OAUTHBEARER, each with a good and a bad credential, and
// servers that do not offer what the account is set to. Dovecot asks a small token service of this file whether a token is good.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { join } from 'node:path';

import { makeAuthority } from '../harness/certificates.mjs';
import { startDovecot } from '../harness/dovecot.mjs';
import { makeHome, runReprompt, startNative } from '../harness/host.mjs';
import { freePort } from '../harness/ports.mjs';
import { makeFolder } from '../harness/processes.mjs';
import { startScriptedServer } from '../harness/scripted_server.mjs';
import { expectSilenceAbout, expectVerdict } from './expectations.mjs';
import { probe as probeNatively } from './trusting_probe.mjs';

const folder = makeFolder('mechanisms');
const authority = makeAuthority(join(folder, 'ca'));
const goodToken = 'ya29.good-token_0123456789abcdefghij';
/** UTF-8 everywhere (RFC 4616 section 2, RFC 6855). */
const letters = 'Grüße-żółw-パスワード-🐢';
const badToken = 'ya29.withdrawn-token_9876543210zyxwvuts';

let dovecot;
let tokens;
let asked = 0;

before(async () => {
  // Asked by Dovecot's oauth2 passdb (its tokeninfo_url).
  tokens = createServer((request, response) => {
    asked += 1;
    const active = decodeURIComponent(request.url).endsWith(goodToken);
    response.writeHead(active ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify(active ? { username: 'alice', scope: 'mail' } : { error: 'invalid_token' }));
  });
  const port = await freePort();
  await new Promise((resolve) => tokens.listen(port, '127.0.0.1', resolve));
  const settings = join(folder, 'oauth2.conf');
  writeFileSync(
    settings,
    [`tokeninfo_url = http://127.0.0.1:${port}/?token=`, 'username_attribute = username', 'scope = mail', ''].join('\n'),
    { mode: 0o644 },
  );
  dovecot = await startDovecot({
    dir: join(folder, 'dovecot'),
    authority,
    users: { alice: 'right-1', bob: letters },
    mechanisms: 'plain login cram-md5 xoauth2 oauthbearer',
    instantFor: 'plain login',
    extra: `passdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = ${settings}\n}`,
  });
});
after(async () => {
  await dovecot?.stop();
  tokens?.close();
});

const forms = {
  imaps: () => [`imaps://localhost:${dovecot.ports.imaps}`],
  pop3s: () => [`pop3s://localhost:${dovecot.ports.pop3s}`],
};
const probe = (form, auth, password, { user = 'alice', ...options } = {}) =>
  runReprompt(['probe', ...forms[form](), '--user', user, '--auth', auth, '--ca-file', authority.caFile, '--json'], {
    password,
    ...options,
  });

for (const form of Object.keys(forms)) {
  test(`${form}: CRAM-MD5 with the right password is accepted, and the password itself does not leave`, async () => {
    const run = await probe(form, 'CRAM-MD5', 'right-1');
    expectVerdict(run, 'password_accepted', 1);
    assert.equal(run.json.evidence.attempt.mechanism, 'CRAM-MD5');
    expectSilenceAbout(run, 'right-1');
  });

  test(`${form}: CRAM-MD5 with a wrong password is stale after one attempt, and never sent again`, async () => {
    const home = makeHome();
    const first = await probe(form, 'CRAM-MD5', 'wrong-cram', { home });
    expectVerdict(first, 'stale_password', 1);
    assert.equal(first.json.evidence.attempt.mechanism, 'CRAM-MD5');
    assert.ok(['likely', 'certain'].includes(first.json.confidence), first.stdout);
    const second = await probe(form, 'CRAM-MD5', 'wrong-cram', { home });
    expectVerdict(second, 'stale_password', 0);
    assert.equal(second.json.rule, 'ledger');
  });

  for (const mechanism of ['PLAIN', 'LOGIN', 'CRAM-MD5', ...(form === 'pop3s' ? ['USER'] : [])]) {
    test(`${form}: ${mechanism} with letters beyond ASCII in the password: accepted, and refused when one differs`, async () => {
      const right = await probe(form, mechanism, letters, { user: 'bob' });
      expectVerdict(right, 'password_accepted', 1);
      expectSilenceAbout(right, letters);
      expectVerdict(await probe(form, mechanism, `${letters}!`, { user: 'bob' }), 'stale_password', 1);
    });
  }

  for (const mechanism of ['XOAUTH2', 'OAUTHBEARER']) {
    test(`${form}: ${mechanism} with a good token is accepted`, async () => {
      const run = await probe(form, mechanism, goodToken);
      expectVerdict(run, 'password_accepted', 1);
      assert.equal(run.json.evidence.attempt.mechanism, mechanism);
      expectSilenceAbout(run, goodToken);
    });

    test(`${form}: ${mechanism} with a refused token: the sign-in has expired, and the server's JSON is shown, the token is not`, async () => {
      const home = makeHome();
      const before = asked;
      const run = await probe(form, mechanism, badToken, { home });
      expectVerdict(run, 'oauth2_token_expired', 1);
      assert.ok(asked > before, 'Dovecot did not see the token');
      assert.match(JSON.stringify(run.json.evidence.attempt.response), /status/);
      expectSilenceAbout(run, badToken);
      assert.ok(!run.stdout.includes(Buffer.from(`Bearer ${badToken}`).toString('base64').slice(4, 40)));
      const again = await probe(form, mechanism, badToken, { home });
      expectVerdict(again, 'oauth2_token_expired', 0);
    });
  }
}

test('native: a token that Thunderbird passes is judged by XOAUTH2', async () => {
  const host = startNative();
  try {
    const account = {
      protocol: 'imap',
      host: 'localhost',
      port: dovecot.ports.imaps,
      tls: 'implicit',
      user: 'alice',
      auth: 'oauth2',
    };
    const good = await probeNatively(host, account, goodToken, { credential: { kind: 'token', secret: goodToken } });
    assert.deepEqual([good.verdict, good.attempts, good.may_clear], ['password_accepted', 1, 'never'], JSON.stringify(good));
    const bad = await probeNatively(host, account, badToken, { credential: { kind: 'token', secret: badToken } });
    assert.deepEqual([bad.verdict, bad.attempts], ['oauth2_token_expired', 1], JSON.stringify(bad));
    assert.equal(bad.evidence.attempt.mechanism, 'XOAUTH2');
    assert.ok(!JSON.stringify(host.messages).includes(badToken));
  } finally {
    await host.stop();
  }
});

test('native: an account set to encrypted passwords is asked by CRAM-MD5 and by nothing else', async () => {
  const host = startNative();
  try {
    const account = {
      ...{ protocol: 'imap', host: 'localhost', port: dovecot.ports.imaps, tls: 'implicit', user: 'alice' },
      auth: 'password_encrypted',
    };
    const answer = await probeNatively(host, account, 'right-1');
    assert.deepEqual([answer.verdict, answer.attempts], ['password_accepted', 1], JSON.stringify(answer));
    assert.equal(answer.evidence.attempt.mechanism, 'CRAM-MD5');
  } finally {
    await host.stop();
  }
});

/** What a server offers, what the account is set to, and what comes of it without any attempt. */
const unoffered = [
  ['imap', ['IMAP4rev1', 'LOGINDISABLED', 'AUTH=XOAUTH2'], 'password', 'oauth2_required'],
  ['imap', ['IMAP4rev1', 'AUTH=XOAUTH2', 'AUTH=OAUTHBEARER', 'LOGINDISABLED'], 'password_encrypted', 'oauth2_required'],
  ['imap', ['IMAP4rev1', 'AUTH=PLAIN'], 'password_encrypted', 'mechanism_unsupported'],
  ['imap', ['IMAP4rev1', 'AUTH=CRAM-MD5', 'LOGINDISABLED'], 'password', 'mechanism_unsupported'],
  ['imap', ['IMAP4rev1', 'AUTH=PLAIN', 'AUTH=LOGIN'], 'oauth2', 'mechanism_unsupported'],
  // Thunderbird's OAuth2 is XOAUTH2: a token is not shown in another way, and no rule says more.
  ['imap', ['IMAP4rev1', 'LOGINDISABLED', 'AUTH=OAUTHBEARER'], 'oauth2', 'inconclusive'],
  ['pop3', ['SASL PLAIN', 'USER'], 'password_encrypted', 'mechanism_unsupported'],
  ['pop3', ['SASL XOAUTH2'], 'password', 'oauth2_required'],
  ['pop3', ['SASL PLAIN'], 'oauth2', 'mechanism_unsupported'],
  ['smtp', ['AUTH PLAIN LOGIN'], 'password_encrypted', 'mechanism_unsupported'],
  ['smtp', ['AUTH CRAM-MD5'], 'password', 'mechanism_unsupported'],
  ['smtp', ['AUTH XOAUTH2'], 'password', 'oauth2_required'],
  ['smtp', ['AUTH PLAIN LOGIN'], 'oauth2', 'mechanism_unsupported'],
  // No way to sign in at all, or none for a password.
  ['imap', ['IMAP4rev1', 'LOGINDISABLED'], 'password', 'mechanism_unsupported'],
  ['imap', ['IMAP4rev1', 'LOGINDISABLED', 'AUTH=GSSAPI'], 'password', 'mechanism_unsupported'],
  ['pop3', ['UIDL', 'TOP'], 'password', 'mechanism_unsupported'],
  ['pop3', ['SASL CRAM-MD5'], 'password', 'mechanism_unsupported'],
  ['smtp', ['PIPELINING', 'SIZE 10240000'], 'password', 'mechanism_unsupported'],
  ['smtp', ['PIPELINING', 'SIZE 10240000'], 'oauth2', 'mechanism_unsupported'],
];
for (const [protocol, offered, auth, verdict] of unoffered) {
  test(`${protocol} offering ${offered.join(' ')}, account set to ${auth}: ${verdict}, nothing sent`, async () => {
    const server = await startScriptedServer({
      protocol,
      tls: 'implicit',
      certificate: authority.issue({ names: ['localhost'] }),
      offered,
    });
    const host = startNative();
    try {
      const account = { protocol, host: 'localhost', port: server.port, tls: 'implicit', user: 'alice', auth };
      const kind = auth === 'oauth2' ? 'token' : 'password';
      const answer = await probeNatively(host, account, 'never-sent', { credential: { kind, secret: 'never-sent' } });
      assert.deepEqual([answer.verdict, answer.attempts], [verdict, 0], JSON.stringify(answer));
      assert.ok(!server.saw('never-sent'));
      assert.ok(
        !server.lines.some(({ text }) => /^(\S+ )?(AUTH|AUTHENTICATE|LOGIN|USER)( |$)/.test(text)),
        JSON.stringify(server.lines),
      );
    } finally {
      await host.stop();
      await server.stop();
    }
  });
}

test("IMAP's LOGIN command takes letters beyond ASCII as a literal", async () => {
  const server = await startDovecot({ dir: join(folder, 'literal'), authority, users: { bob: letters }, mechanisms: 'plain' });
  try {
    const run = (password) =>
      runReprompt(
        [
          ...['probe', `imaps://localhost:${server.ports.imaps}`, '--user', 'bob'],
          ...['--auth', 'LOGIN', '--ca-file', authority.caFile, '--json'],
        ],
        { password },
      );
    expectVerdict(await run(letters), 'password_accepted', 1);
    expectVerdict(await run(`${letters}!`), 'stale_password', 1);
  } finally {
    await server.stop();
  }
});
