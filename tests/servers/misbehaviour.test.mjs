// SPDX-License-Identifier: MPL-2.0
// `reprompt probe` against servers that misbehave, or that are not there: every wait ends, and silence is never taken for a refused password.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { makeAuthority } from '../harness/certificates.mjs';
import { makeHome, runReprompt } from '../harness/host.mjs';
import { freePort } from '../harness/ports.mjs';
import { makeFolder } from '../harness/processes.mjs';
import { CLOSE, SILENT, startScriptedServer } from '../harness/scripted_server.mjs';
import { expectSilenceAbout, expectVerdict } from './expectations.mjs';

const authority = makeAuthority(makeFolder('misbehaviour-ca'));
const certificate = authority.issue();

/** Runs one probe with the password `planted-1` against a scripted server and gives both. */
async function against(script, { more = [], home = makeHome() } = {}) {
  const server = await startScriptedServer({ certificate, tls: 'implicit', ...script });
  const scheme = schemeOf(script);
  const run = await runReprompt(
    [
      'probe',
      `${scheme}://localhost:${server.port}`,
      ...(script.tls === 'starttls' ? ['--tls', 'starttls'] : []),
      '--user',
      'alice',
      '--ca-file',
      authority.caFile,
      '--json',
      ...more,
    ],
    { password: 'planted-1', home },
  );
  await server.stop();
  expectSilenceAbout(run, 'planted-1');
  return { run, server };
}
const schemeOf = ({ protocol, tls = 'implicit' }) => protocol + (tls === 'implicit' ? 's' : '');

test('a closed port: server_unreachable at the stage connect', async () => {
  for (const scheme of ['imaps', 'pop3s', 'smtps']) {
    const run = await runReprompt(['probe', `${scheme}://localhost:${await freePort()}`, '--user', 'alice', '--json'], {
      password: 'planted-1',
    });
    expectVerdict(run, 'server_unreachable', 0);
    assert.equal(run.json.stage, 'connect', run.stdout);
    assert.equal(run.json.evidence.failure, 'connection_refused', run.stdout);
  }
});

test('a name that does not exist: server_unreachable or offline at the stage resolve', async () => {
  const run = await runReprompt(['probe', 'imaps://imap.invalid', '--user', 'alice', '--timeout', '5', '--json'], {
    password: 'planted-1',
  });
  assert.ok(['server_unreachable', 'offline'].includes(run.json?.verdict), run.stdout);
  assert.equal(run.json.stage, 'resolve', run.stdout);
  assert.equal(run.json.attempts, 0);
});

for (const protocol of ['imap', 'pop3', 'smtp']) {
  describe(protocol, () => {
    test('a server that accepts and then says nothing: the deadline ends it', async () => {
      for (const tls of ['implicit', 'none']) {
        const { run, server } = await against(
          { protocol, tls, greeting: SILENT },
          { more: ['--timeout', '2', ...(tls === 'none' ? ['--tls', 'none'] : [])] },
        );
        expectVerdict(run, 'server_unreachable', 0);
        assert.equal(run.json.evidence.failure, 'timeout', run.stdout);
        assert.ok(run.ms >= 1900 && run.ms < 6000, `took ${run.ms} ms`);
        assert.ok(!server.saw('planted-1'));
        if (protocol === 'smtp' || tls === 'none') assert.deepEqual(server.lines, [], 'talked before the greeting');
      }
    });

    test('a port where TLS is expected and nothing answers: the deadline ends it', async () => {
      const silent = await startScriptedServer({ protocol, greeting: SILENT, answer: () => SILENT });
      const run = await runReprompt(
        ['probe', `${protocol}s://localhost:${silent.port}`, '--user', 'alice', '--timeout', '2', '--json'],
        { password: 'planted-1' },
      );
      await silent.stop();
      expectVerdict(run, 'server_unreachable', 0);
      assert.ok(run.ms >= 1900 && run.ms < 6000, `took ${run.ms} ms`);
      assert.ok(!silent.saw('planted-1'));
    });

    test('a server that closes instead of answering the password is not taken for a refusal', async () => {
      const home = makeHome();
      const { run, server } = await against({ protocol, auth: CLOSE }, { home });
      assert.equal(server.credentials(), 1);
      assert.equal(run.json?.attempts, 1, run.stdout + run.stderr);
      assert.ok(!['stale_password', 'password_accepted'].includes(run.json.verdict), run.stdout);
      assert.equal(run.json.evidence.attempt?.complete, false, run.stdout);
    });

    test('a server that never answers the password: the deadline ends it, and nothing is cleared', async () => {
      const { run } = await against({ protocol, auth: SILENT }, { more: ['--timeout', '2'] });
      assert.equal(run.json?.attempts, 1, run.stdout + run.stderr);
      assert.notEqual(run.json.verdict, 'stale_password', run.stdout);
      assert.ok(run.ms < 6000, `took ${run.ms} ms`);
    });

    test('a server that takes OAuth2 only: oauth2_required, and no password leaves', async () => {
      for (const tls of ['implicit', 'starttls']) {
        const offered = {
          imap: ['IMAP4rev1', 'SASL-IR', 'LOGINDISABLED', 'AUTH=XOAUTH2', 'AUTH=OAUTHBEARER'],
          pop3: ['SASL XOAUTH2 OAUTHBEARER'],
          smtp: ['AUTH XOAUTH2 OAUTHBEARER'],
        }[protocol];
        const { run, server } = await against({ protocol, tls, offered });
        expectVerdict(run, 'oauth2_required', 0);
        assert.ok(!server.saw('planted-1'));
        assert.equal(server.credentials(), 0);
      }
    });

    test('an answer that asks for an application-specific password is understood', async () => {
      const words = {
        imap: 'NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)',
        pop3: '-ERR [AUTH] Application-specific password required: https://support.google.com/accounts/answer/185833',
        smtp: '534 5.7.9 Application-specific password required. https://support.google.com/mail/?p=InvalidSecondFactor',
      }[protocol];
      const { run, server } = await against({ protocol, auth: words });
      expectVerdict(run, 'app_password_required', 1);
      assert.equal(server.credentials(), 1);
      assert.match(JSON.stringify(run.json.server_words), /Application-specific password required/);
    });

    test('words that are no UTF-8 come out as readable JSON', async () => {
      const refusal = { imap: 'NO [AUTHENTICATIONFAILED] ', pop3: '-ERR [AUTH] ', smtp: '535 5.7.8 ' }[protocol];
      const { run } = await against({ protocol, auth: `${refusal}\u001b[31m<b>\u0000\u0007x` });
      assert.ok(run.json, run.stdout + run.stderr);
      // eslint-disable-next-line no-control-regex
      assert.ok(!/[\u0000-\u0008\u000b-\u001f\u007f]/.test(run.stdout), 'control characters reached stdout');
    });

    test('octets that arrive together with the answer to STARTTLS end the run before TLS', async () => {
      const verb = protocol === 'pop3' ? 'STLS' : 'STARTTLS';
      const begin = {
        imap: (tag) => `${tag} OK begin\r\n${tag} NO [AUTHENTICATIONFAILED] injected`,
        pop3: () => '+OK begin\r\n-ERR [AUTH] injected',
        smtp: () => '220 begin\r\n535 5.7.8 injected',
      }[protocol];
      const { run, server } = await against({
        protocol,
        tls: 'starttls',
        answer: (line, tag) => (line.toUpperCase().endsWith(verb) ? begin(tag) : undefined),
      });
      assert.equal(run.json?.evidence.failure, 'starttls_injection', run.stdout + run.stderr);
      assert.equal(run.json.attempts, 0);
      assert.notEqual(run.json.verdict, 'stale_password');
      assert.ok(!server.saw('planted-1'));
    });

    test('a server without STARTTLS gets no password from an account that wants it', async () => {
      const server = await startScriptedServer({ protocol });
      const run = await runReprompt(
        ['probe', `${protocol}://localhost:${server.port}`, '--tls', 'starttls', '--user', 'alice', '--json'],
        { password: 'planted-1' },
      );
      await server.stop();
      assert.equal(run.json?.attempts, 0, run.stdout + run.stderr);
      assert.equal(run.json.evidence.failure, 'starttls_not_offered', run.stdout);
      assert.ok(!server.saw('planted-1'));
    });

    test('a line without end and a flood of lines end the run', async () => {
      for (const flood of ['x'.repeat(200_000), '* x\r\n'.repeat(400_000)]) {
        const { run } = await against({ protocol, greeting: flood }, { more: ['--timeout', '10'] });
        assert.ok(run.json, `exit status ${run.status} ${run.stderr}`);
        assert.equal(run.json.attempts, 0);
        assert.equal(run.signal, null);
      }
    });
  });
}

test('a web server on the port is no mail server', async () => {
  const { run } = await against({ protocol: 'imap', greeting: 'HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n<html>' });
  assert.equal(run.json?.attempts, 0, run.stdout + run.stderr);
  assert.notEqual(run.json.verdict, 'stale_password');
});

test('settings with control characters, impossible ports and missing passwords get one clear line and exit status 64', async () => {
  for (const args of [
    ['probe', 'imaps://localhost:0', '--no-auth'],
    ['probe', 'imaps://localhost:70000', '--no-auth'],
    ['probe', 'imaps://alice@localhost', '--no-auth'],
    ['probe', 'imaps://localhost/INBOX', '--no-auth'],
    ['probe', 'gopher://localhost', '--no-auth'],
    ['probe', 'imaps://localhost', '--user', 'alice\r\na2 LOGIN', '--no-auth'],
    ['probe', 'imaps://localhost', '--user', 'alice'],
    ['probe', 'imaps://localhost', '--user', 'alice', '--password-fd', '77'],
    ['probe'],
    ['frobnicate'],
  ]) {
    const run = await runReprompt(args);
    assert.equal(run.status, 64, `${args.join(' ')}: ${run.status} ${run.stdout}${run.stderr}`);
    assert.ok(run.stderr.trim().length > 0, args.join(' '));
    assert.ok(run.stderr.trim().split('\n').length <= 3, run.stderr);
  }
});
