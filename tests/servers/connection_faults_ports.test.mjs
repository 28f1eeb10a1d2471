// SPDX-License-Identifier: MPL-2.0
// The wrong port, the wrong protocol, no STARTTLS, web servers and captive portals: what answers is named, and no password leaves.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { join } from 'node:path';

import { makeAuthority } from '../harness/certificates.mjs';
import { startDovecot } from '../harness/dovecot.mjs';
import { startDoorman, startWeb } from '../harness/odd_servers.mjs';
import { makeFolder } from '../harness/processes.mjs';
import { startScriptedServer } from '../harness/scripted_server.mjs';
import { faultTest, probeWithPassword, writeTable } from './fault_cases.mjs';

const authority = makeAuthority(makeFolder('faults-ca'));
const certificate = authority.issue();
const trusting = ['--ca-file', authority.caFile];
const protocols = ['imap', 'pop3', 'smtp'];
const called = { imap: 'an IMAP server', pop3: 'a POP3 server', smtp: 'an SMTP or FTP server' };
writeTable('connection_faults_ports');

/** Starts a server, probes it, stops it. */
async function against(starting, url, args = []) {
  const server = await starting;
  try {
    const run = await probeWithPassword(url(server.port), [...args, ...trusting]);
    if (server.saw) assert.ok(!server.saw('planted-secret-1'), 'the password left');
    return run;
  } finally {
    await server.stop();
  }
}
const starttls = (protocol) => (port) => `${protocol}://localhost:${port}`;
const implicit = (protocol) => (port) => `${protocol}s://localhost:${port}`;

// Most of these wait ten seconds for a greeting: side by side.
describe('what answers on a port', { concurrency: 6 }, () => {
  for (const wanted of protocols) {
    for (const there of protocols.filter((each) => each !== wanted)) {
      faultTest(
        `${wanted} account at a ${there} server, in clear`,
        {
          verdict: 'server_unreachable',
          stage: 'greeting',
          failure: 'wrong_protocol',
          advice: 'check_settings',
          words: new RegExp(`^port \\d+ of localhost is answered by ${called[there]}: "`),
        },
        () => against(startScriptedServer({ protocol: there }), starttls(wanted), ['--tls', 'starttls']),
      );
      faultTest(
        `${wanted} account at a ${there} server, in TLS`,
        {
          verdict: 'server_unreachable',
          stage: 'greeting',
          failure: 'wrong_protocol',
          advice: 'check_settings',
          words: new RegExp(`^port \\d+ of localhost is answered by ${called[there]}: "`),
        },
        () => against(startScriptedServer({ protocol: there, tls: 'implicit', certificate }), implicit(wanted)),
      );
    }

    faultTest(
      `${wanted} account set to SSL/TLS at a STARTTLS port`,
      {
        verdict: 'server_unreachable',
        stage: 'tls',
        failure: 'tls_not_spoken',
        advice: 'check_settings',
        words: /begins without encryption [(]".*"[)]: it is a port for STARTTLS, not for SSL\/TLS$/,
      },
      () => against(startScriptedServer({ protocol: wanted, tls: 'starttls', certificate }), implicit(wanted)),
    );

    faultTest(
      `${wanted} account set to STARTTLS at an SSL/TLS port`,
      {
        verdict: 'server_unreachable',
        stage: 'greeting',
        failure: 'timeout',
        advice: 'check_settings',
        words: /waits for TLS from the first octet: it is a port for SSL\/TLS, not for STARTTLS$/,
      },
      () =>
        against(startScriptedServer({ protocol: wanted, tls: 'implicit', certificate }), starttls(wanted), ['--tls', 'starttls']),
    );

    faultTest(
      `${wanted} account set to SSL/TLS at an SSH server`,
      {
        verdict: 'server_unreachable',
        stage: 'tls',
        failure: 'tls_not_spoken',
        advice: 'check_settings',
        words: /is answered by an SSH server: "SSH-2[.]0-/,
      },
      () =>
        against(
          startDoorman((socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n')),
          implicit(wanted),
        ),
    );
    faultTest(
      `${wanted} account set to STARTTLS at an SSH server`,
      {
        verdict: 'server_unreachable',
        stage: 'greeting',
        failure: 'wrong_protocol',
        advice: 'check_settings',
        words: /is answered by an SSH server: "SSH-2[.]0-/,
      },
      () =>
        against(
          startDoorman((socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n')),
          starttls(wanted),
          ['--tls', 'starttls'],
        ),
    );

    faultTest(
      `${wanted} account set to SSL/TLS at a web server`,
      {
        verdict: 'server_unreachable',
        stage: 'tls',
        failure: 'tls_not_spoken',
        advice: 'check_settings',
        words: /is answered by a web server: "HTTP\/1[.]1 400/,
      },
      () => against(startWeb(), implicit(wanted)),
    );
    faultTest(
      `${wanted} account set to STARTTLS at a web server`,
      {
        verdict: 'server_unreachable',
        stage: 'greeting',
        failure: 'timeout',
        advice: 'check_settings',
        words: /is answered by a web server: "HTTP\/1[.]1 /,
      },
      () => against(startWeb(), starttls(wanted), ['--tls', 'starttls']),
    );
    faultTest(
      `${wanted} account set to SSL/TLS at a web server with TLS`,
      {
        verdict: 'server_unreachable',
        stage: 'greeting',
        failure: 'timeout',
        advice: 'check_settings',
        words: /is answered by a web server: "HTTP\/1[.]1 200/,
      },
      () => against(startWeb({ certificate }), implicit(wanted)),
    );

    const verb = wanted === 'pop3' ? 'STLS' : 'STARTTLS';
    faultTest(
      `${wanted} server does not offer ${verb}`,
      {
        verdict: 'tls_required',
        stage: 'starttls',
        failure: 'starttls_not_offered',
        words: new RegExp(
          `^the server does not offer ${verb}, or something on the way takes the offer out; nothing secret was sent`,
        ),
      },
      () => against(startScriptedServer({ protocol: wanted }), starttls(wanted), ['--tls', 'starttls']),
    );
    faultTest(
      `${wanted} server offers ${verb} and refuses it`,
      {
        verdict: 'server_unreachable',
        stage: 'starttls',
        failure: 'starttls_refused',
        words: new RegExp(`^the server refused ${verb}, so there is no encryption; nothing secret was sent`),
      },
      () =>
        against(
          startScriptedServer({
            protocol: wanted,
            tls: 'starttls',
            certificate,
            answer: (line, tag) =>
              line.toUpperCase().endsWith(verb)
                ? { imap: `${tag} NO not now`, pop3: '-ERR not now', smtp: '454 4.7.0 not now' }[wanted]
                : undefined,
          }),
          starttls(wanted),
          ['--tls', 'starttls'],
        ),
    );
    faultTest(
      `words in clear come with the answer to ${verb} (${wanted})`,
      {
        verdict: 'tls_required',
        stage: 'starttls',
        failure: 'starttls_injection',
        words: /^words in clear came together with the consent to encryption/,
      },
      () =>
        against(
          startScriptedServer({
            protocol: wanted,
            tls: 'starttls',
            certificate,
            answer: (line, tag) =>
              line.toUpperCase().endsWith(verb)
                ? { imap: `${tag} OK go\r\n* OK injected`, pop3: '+OK go\r\n+OK injected', smtp: '220 go\r\n250 injected' }[
                    wanted
                  ]
                : undefined,
          }),
          starttls(wanted),
          ['--tls', 'starttls'],
        ),
    );
  }

  faultTest(
    'a device on the way crosses STARTTLS out',
    {
      verdict: 'tls_required',
      stage: 'starttls',
      failure: 'starttls_not_offered',
      words: /^something between this computer and the server crosses out STARTTLS/,
    },
    () =>
      against(startScriptedServer({ protocol: 'smtp', offered: ['PIPELINING', 'XXXXXXXA', 'AUTH PLAIN'] }), starttls('smtp'), [
        '--tls',
        'starttls',
      ]),
  );

  faultTest(
    'server never greets',
    {
      verdict: 'server_unreachable',
      stage: 'greeting',
      failure: 'timeout',
      words: /^localhost takes the connection, but never greets$/,
    },
    () =>
      against(
        startDoorman(() => {}),
        starttls('imap'),
        ['--tls', 'starttls'],
      ),
  );
  faultTest(
    'server takes the connection and never answers to TLS',
    {
      verdict: 'server_unreachable',
      stage: 'tls',
      failure: 'timeout',
      words: /^localhost takes the connection, but does not answer to TLS$/,
    },
    () =>
      against(
        startDoorman(() => {}),
        implicit('imap'),
      ),
  );
  faultTest(
    'server resets the connection',
    {
      verdict: 'server_unreachable',
      stage: 'tls',
      failure: 'connection_closed',
      words: /^localhost takes the connection and resets it as soon as TLS begins: often a firewall on the way does that$/,
    },
    () =>
      against(
        startDoorman((socket) => socket.once('data', () => socket.resetAndDestroy())),
        implicit('imap'),
      ),
  );
  faultTest(
    'server closes without a greeting',
    {
      verdict: 'server_unreachable',
      stage: 'greeting',
      failure: 'connection_closed',
      words: /^localhost takes the connection and ends it before it says a word$/,
    },
    () =>
      against(
        startDoorman((socket) => socket.end()),
        starttls('imap'),
        ['--tls', 'starttls'],
      ),
  );
  faultTest(
    'server closes at once',
    {
      verdict: 'server_unreachable',
      stage: 'tls',
      failure: 'connection_closed',
      words: /^localhost takes the connection and ends it as soon as TLS begins$/,
    },
    () =>
      against(
        startDoorman((socket) => socket.end()),
        implicit('imap'),
      ),
  );
  faultTest(
    'nothing listens on the port',
    {
      verdict: 'server_unreachable',
      stage: 'connect',
      failure: 'connection_refused',
      words: /^localhost refuses connections to port \d+: the port is wrong, the service is down, or a firewall says no$/,
    },
    async () => {
      const server = await startDoorman(() => {});
      await server.stop();
      return probeWithPassword(`imaps://localhost:${server.port}`);
    },
  );

  const portal = { status: 302, headers: { Location: 'http://login.hotel.example/welcome' } };
  const atPortal =
    /^a web server answers in place of localhost and sends browsers to http:\/\/login[.]hotel[.]example\/welcome [(]HTTP 302[)]: this network probably wants a sign-in/;
  faultTest(
    'captive portal in place of a server with SSL/TLS',
    { verdict: 'offline', stage: 'tls', advice: 'check_network', words: atPortal },
    () => against(startWeb(portal), implicit('imap')),
  );
  faultTest(
    'captive portal in place of a server with STARTTLS',
    { verdict: 'offline', stage: 'greeting', advice: 'check_network', words: atPortal },
    () => against(startWeb(portal), starttls('smtp'), ['--tls', 'starttls']),
  );
  faultTest(
    'captive portal with TLS and a certificate of its own',
    { verdict: 'offline', stage: 'tls', failure: 'certificate_issuer', advice: 'check_network', words: atPortal },
    () =>
      against(
        startWeb({
          ...portal,
          certificate: makeAuthority(makeFolder('portal-ca'), { name: 'Hotel' }).issue({ names: ['login.hotel.example'] }),
        }),
        implicit('pop3'),
      ),
  );
  faultTest(
    'captive portal that says so by its status',
    { verdict: 'offline', stage: 'tls', words: /asks to sign in to the network [(]HTTP 511[)]/ },
    () => against(startWeb({ status: 511 }), implicit('imap')),
  );
  faultTest(
    'web server that sends browsers to its own house is no portal',
    { verdict: 'server_unreachable', stage: 'tls', failure: 'tls_not_spoken', words: /is answered by a web server/ },
    () => against(startWeb({ status: 301, headers: { Location: 'https://localhost/' } }), implicit('imap')),
  );
  faultTest(
    'web server with a valid certificate is no portal, wherever it sends browsers',
    { verdict: 'server_unreachable', stage: 'greeting', words: /is answered by a web server/ },
    () => against(startWeb({ ...portal, certificate }), implicit('imap')),
  );
});

test('a web server is asked for its front page and told nothing of the account', async () => {
  const web = await startWeb();
  const run = await probeWithPassword(`imaps://localhost:${web.port}`);
  await web.stop();
  assert.equal(run.json?.attempts, 0, run.stdout + run.stderr);
  assert.equal(web.requests.length, 1);
  assert.equal(web.requests[0].url, '/');
  assert.ok(!JSON.stringify(web.requests).includes('alice'));
});

faultTest(
  'Dovecot without TLS that allows no password in clear',
  { verdict: 'tls_required', stage: 'auth', words: /./ },
  async () => {
    // Dovecot counts a peer with its own address as secure, so this one listens on another address of this machine.
    const dovecot = await startDovecot({ dir: join(makeFolder('faults'), 'plain'), authority, tls: false, listen: '127.0.0.2' });
    try {
      return await probeWithPassword(`imap://127.0.0.2:${dovecot.ports.imap}`, ['--tls', 'none']);
    } finally {
      await dovecot.settle();
      assert.equal(dovecot.badLogins() + dovecot.goodLogins(), 0);
      await dovecot.stop();
    }
  },
);

for (const offered of [
  { imap: ['IMAP4rev1', 'SASL-IR', 'AUTH=XOAUTH2'] },
  { pop3: ['SASL XOAUTH2'] },
  { smtp: ['AUTH XOAUTH2'] },
]) {
  const [[protocol, capabilities]] = Object.entries(offered);
  faultTest(
    `${protocol} server takes nothing but XOAUTH2`,
    { verdict: 'oauth2_required', stage: 'auth', advice: 'oauth2', words: /./ },
    () => against(startScriptedServer({ protocol, tls: 'implicit', certificate, offered: capabilities }), implicit(protocol)),
  );
}

faultTest(
  'Dovecot that takes nothing but XOAUTH2',
  { verdict: 'oauth2_required', stage: 'auth', advice: 'oauth2', words: /./ },
  async () => {
    const folder = makeFolder('faults');
    const settings = join(folder, 'oauth2.conf');
    // Nobody is ever asked: no token comes.
    writeFileSync(settings, 'tokeninfo_url = http://127.0.0.1:9/?token=\n');
    const dovecot = await startDovecot({
      dir: join(folder, 'dovecot'),
      authority,
      mechanisms: 'xoauth2',
      instant: false,
      extra: `passdb {\n  driver = oauth2\n  mechanisms = xoauth2\n  args = ${settings}\n}`,
    });
    try {
      const run = await probeWithPassword(`imaps://localhost:${dovecot.ports.imaps}`, trusting);
      await dovecot.waitForLog('no auth attempts');
      assert.equal(dovecot.badLogins() + dovecot.goodLogins(), 0);
      return run;
    } finally {
      await dovecot.stop();
    }
  },
);
