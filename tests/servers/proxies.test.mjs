// SPDX-License-Identifier: MPL-2.0
// `reprompt probe` through SOCKS5 and HTTP CONNECT proxies, to a real Dovecot: the verdict is the one of the direct way; what fails at the proxy is
// said to be the proxy's; names are resolved where the settings say; a loopback proxy makes no channel safe.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';

import { makeAuthority } from '../harness/certificates.mjs';
import { startDovecot } from '../harness/dovecot.mjs';
import { makeHome, runReprompt, startNative } from '../harness/host.mjs';
import { freePort } from '../harness/ports.mjs';
import { makeFolder, waitUntil } from '../harness/processes.mjs';
import { startProxy } from '../harness/proxies.mjs';
import { startScriptedServer } from '../harness/scripted_server.mjs';
import { expectSilenceAbout, expectVerdict } from './expectations.mjs';
import { probe as probeNatively } from './trusting_probe.mjs';

const folder = makeFolder('proxies');
const authority = makeAuthority(join(folder, 'ca'));
const host = 'mail.proxied.example'; // the proxy alone knows where this is
const idn = { written: 'post.münchen.example', ascii: 'post.xn--mnchen-3ya.example' };
const names = { [host]: '127.0.0.1', [idn.ascii]: '127.0.0.1' };
let dovecot;

before(async () => {
  dovecot = await startDovecot({
    dir: join(folder, 'dovecot'),
    authority,
    names: ['localhost', '127.0.0.1', '::1', host, idn.ascii],
  });
});
after(() => dovecot?.stop());

/** Starts a proxy for the time of `body`. */
async function withProxy(options, body) {
  const proxy = await startProxy({ names, ...options });
  try {
    return await body(proxy);
  } finally {
    await proxy.stop();
  }
}

const probe = (url, proxy, password, { more = [], user = 'alice', ...options } = {}) =>
  runReprompt(
    ['probe', url, '--user', user, '--ca-file', authority.caFile, ...(proxy ? ['--proxy', proxy.url] : []), '--json', ...more],
    { password, ...options },
  );

for (const kind of ['socks5', 'http']) {
  describe(kind, () => {
    test('the right password is accepted, over TLS inside the tunnel; the proxy resolves the name', () =>
      withProxy({ kind }, async (proxy) => {
        for (const [scheme, port, more] of [
          ['imaps', dovecot.ports.imaps, []],
          ['pop3s', dovecot.ports.pop3s, []],
          ['imap', dovecot.ports.imap, ['--tls', 'starttls']],
          ['pop3', dovecot.ports.pop3, ['--tls', 'starttls']],
        ]) {
          const run = await probe(`${scheme}://${host}:${port}`, proxy, 'right-1', { more });
          expectVerdict(run, 'password_accepted', 1);
          assert.equal(run.json.evidence.proxy, proxy.url);
          assert.equal(run.json.evidence.loopback, false);
          assert.equal(run.json.evidence.tls_facts.verified, true);
          assert.deepEqual(proxy.asked.at(-1), { host, port, name: true });
        }
        assert.ok(!proxy.tunnelled().includes('right-1'));
      }));

    test('a stale password gets the verdict that it gets without a proxy, and is not sent again in either way', () =>
      withProxy({ kind }, async (proxy) => {
        const home = makeHome();
        const port = dovecot.ports.imaps;
        const wrong = `wrong-${kind}`;
        const through = await probe(`imaps://localhost:${port}`, proxy, wrong, { home });
        const direct = await probe(`imaps://localhost:${port}`, null, wrong, { home: makeHome() });
        expectVerdict(through, 'stale_password', 1);
        expectSilenceAbout(through, wrong);
        for (const field of ['verdict', 'confidence', 'rule', 'stage', 'server_words', 'advice', 'attempts'])
          assert.deepEqual(through.json[field], direct.json[field], field);
        const visits = proxy.asked.length;
        for (const way of [proxy, null])
          expectVerdict(await probe(`imaps://localhost:${port}`, way, wrong, { home }), 'stale_password', 0);
        assert.equal(proxy.asked.length, visits);
      }));

    test('a proxy that refuses, whatever its words: server_unreachable, and the proxy is named', async () => {
      for (const manner of ['refusing', 'mail'])
        await withProxy({ kind, manner }, async (proxy) => {
          const run = await probe(`imaps://${host}:${dovecot.ports.imaps}`, proxy, 'right-1');
          expectVerdict(run, 'server_unreachable', 0);
          assert.equal(run.json.evidence.failure, 'proxy_refused', run.stdout);
          assert.equal(run.json.stage, 'connect');
          assert.ok(run.json.evidence.failure_detail.includes(proxy.url), run.stdout);
          assert.ok(JSON.stringify(run.json.because).includes(proxy.url), run.stdout);
          assert.deepEqual(run.json.server_words, []);
          assert.deepEqual(run.json.evidence.greeting, []);
        });
    });

    test('a proxy that wants a login says so, and gets none', () =>
      withProxy({ kind, manner: 'login' }, async (proxy) => {
        const run = await probe(`imaps://${host}:${dovecot.ports.imaps}`, proxy, 'right-1');
        expectVerdict(run, 'server_unreachable', 0);
        assert.equal(run.json.evidence.failure, 'proxy_login_required');
        assert.match(run.json.evidence.failure_detail, /wants a login of its own/);
        assert.deepEqual(
          proxy.asked.filter(() => kind === 'socks5'),
          [],
        );
      }));

    for (const manner of ['garbage', 'closing'])
      test(`a ${manner} proxy: proxy_failed`, () =>
        withProxy({ kind, manner }, async (proxy) => {
          const run = await probe(`imaps://${host}:${dovecot.ports.imaps}`, proxy, 'right-1');
          expectVerdict(run, 'server_unreachable', 0);
          assert.equal(run.json.evidence.failure, 'proxy_failed', run.stdout);
          assert.ok(run.json.evidence.failure_detail.includes(proxy.url), run.stdout);
        }));

    test('a silent proxy ends with the time limit', () =>
      withProxy({ kind, manner: 'hanging' }, async (proxy) => {
        const run = await probe(`imaps://${host}:${dovecot.ports.imaps}`, proxy, 'right-1', { more: ['--timeout', '2'] });
        expectVerdict(run, 'server_unreachable', 0);
        assert.equal(run.json.evidence.failure, 'proxy_failed');
        assert.match(run.json.evidence.failure_detail, /no answer within the time limit/);
        assert.ok(run.ms < 8000, `${run.ms} ms`);
      }));

    test('nobody listens where the proxy should be', async () => {
      const url = `${kind}://127.0.0.1:${await freePort()}`;
      const run = await probe(`imaps://localhost:${dovecot.ports.imaps}`, { url }, 'right-1');
      expectVerdict(run, 'server_unreachable', 0);
      assert.equal(run.json.evidence.failure, 'proxy_failed');
      assert.match(run.json.evidence.failure_detail, /cannot be reached/);
    });

    test('a server that the proxy cannot reach', () =>
      withProxy({ kind }, async (proxy) => {
        const run = await probe(`imaps://${host}:${await freePort()}`, proxy, 'right-1');
        expectVerdict(run, 'server_unreachable', 0);
        assert.equal(run.json.evidence.failure, 'proxy_refused');
        assert.match(run.json.evidence.failure_detail, kind === 'socks5' ? /refused: connection refused/ : /refused: HTTP 502/);
      }));

    test('the server behind the proxy must show its own certificate', () =>
      withProxy({ kind, names: { 'other.example': '127.0.0.1' } }, async (proxy) => {
        const run = await probe(`imaps://other.example:${dovecot.ports.imaps}`, proxy, 'right-1');
        expectVerdict(run, 'certificate_untrusted', 0);
        assert.equal(run.json.evidence.failure, 'certificate_name');
      }));

    test('words that the server says at once are not lost in the answer of the proxy', async () => {
      const greeting = '* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN LOGINDISABLED] at once';
      const server = await startScriptedServer({ protocol: 'imap', greeting: '* OK later' });
      try {
        await withProxy({ kind, early: Buffer.from(`${greeting}\r\n`) }, async (proxy) => {
          const run = await runReprompt([
            'probe',
            `imap://127.0.0.1:${server.port}`,
            '--tls',
            'none',
            '--no-auth',
            '--proxy',
            proxy.url,
            '--json',
          ]);
          assert.deepEqual(run.json.evidence.greeting, [greeting], run.stdout);
        });
      } finally {
        await server.stop();
      }
    });

    test('no encryption: through a loopback proxy even to a loopback server no password leaves', async () => {
      const server = await startScriptedServer({ protocol: 'imap', tls: 'none' });
      try {
        await withProxy({ kind }, async (proxy) => {
          const direct = await probe(`imap://127.0.0.1:${server.port}`, null, 'wrong-in-clear', { more: ['--tls', 'none'] });
          assert.equal(direct.json.attempts, 1, direct.stdout);
          const before = server.credentials();
          const run = await probe(`imap://127.0.0.1:${server.port}`, proxy, 'wrong-in-clear-2', { more: ['--tls', 'none'] });
          assert.equal(run.json.attempts, 0, run.stdout);
          assert.equal(server.credentials(), before);
          assert.ok(!server.saw('wrong-in-clear-2'));
          assert.ok(!proxy.tunnelled().includes('wrong-in-clear-2'));
        });
      } finally {
        await server.stop();
      }
    });

    test('a host name with an umlaut reaches the proxy, and is compared with the certificate, as its A-label', () =>
      withProxy({ kind }, async (proxy) => {
        const run = await probe(`imaps://${idn.written}:${dovecot.ports.imaps}`, proxy, 'right-1');
        expectVerdict(run, 'password_accepted', 1);
        assert.equal(proxy.asked[0].host, idn.ascii);
        assert.equal(run.json.evidence.host, idn.ascii);
      }));
  });
}

const account = (name, more = {}) => ({
  ...{ protocol: 'imap', host: name, port: dovecot.ports.imaps, tls: 'implicit', user: 'alice', auth: 'password' },
  ...more,
});

test('native: the proxy of the message is used; it gets addresses if it does not resolve names', () =>
  withProxy({ kind: 'socks5' }, async (proxy) => {
    const program = startNative();
    try {
      const at = { type: 'socks5', host: '127.0.0.1', port: proxy.port };
      const answer = await probeNatively(program, account('localhost'), 'right-1', { proxy: { ...at, resolves_names: false } });
      assert.deepEqual([answer.verdict, answer.attempts], ['password_accepted', 1], JSON.stringify(answer));
      assert.ok(proxy.asked.length > 0 && proxy.asked.every(({ name }) => !name), JSON.stringify(proxy.asked));
      const named = await probeNatively(program, account(idn.written), 'right-1', { proxy: at });
      assert.deepEqual([named.verdict, named.evidence.host], ['password_accepted', idn.ascii], JSON.stringify(named));
      const lost = await probeNatively(program, account(host), 'right-1', { proxy: { ...at, resolves_names: false } });
      assert.deepEqual([lost.verdict, lost.stage], ['server_unreachable', 'resolve'], JSON.stringify(lost));
    } finally {
      await program.stop();
    }
  }));

test('native: cancel ends the wait for a silent proxy', () =>
  withProxy({ kind: 'socks5', manner: 'hanging' }, async (proxy) => {
    const program = startNative();
    try {
      const id = program.send('probe', {
        account: account(host),
        proxy: { type: 'socks5', host: '127.0.0.1', port: proxy.port },
      });
      await waitUntil(() => proxy.connections() === 1, { what: 'a visit to the proxy' });
      const begin = Date.now();
      program.send('cancel', { probe: id });
      const answer = await program.answerTo(id);
      assert.equal(answer.code, 'cancelled', JSON.stringify(answer));
      assert.ok(Date.now() - begin < 2000);
    } finally {
      await program.stop();
    }
  }));

test('a proxy that is no URL of the two kinds, or has a login in it, is one clear line', async () => {
  for (const wrong of [
    'ftp://127.0.0.1:1',
    'socks5://127.0.0.1',
    'http://user:secret@127.0.0.1:1',
    'socks5://',
    '127.0.0.1:1080',
    'http://[::1:80',
  ]) {
    const run = await runReprompt(['probe', 'imaps://127.0.0.1:1', '--no-auth', '--proxy', wrong]);
    assert.equal(run.status, 64, wrong);
    assert.match(run.stderr, /^reprompt: [^\n]*prox[^\n]*\n$/, wrong);
    assert.ok(!run.stderr.includes('secret'));
  }
});
