// SPDX-License-Identifier: MPL-2.0
// TLS that is too old, certificates that are not right, clocks that are wrong, and somebody in the middle: each is named, and no password leaves.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { makeAuthority } from '../harness/certificates.mjs';
import { runReprompt } from '../harness/host.mjs';
import { selfSigned, shiftedClock, startOldTls } from '../harness/odd_servers.mjs';
import { makeFolder } from '../harness/processes.mjs';
import { startScriptedServer } from '../harness/scripted_server.mjs';
import { faultTest, probeWithPassword, writeTable } from './fault_cases.mjs';

const authority = makeAuthority(makeFolder('faults-ca'));
const good = authority.issue();
const trusting = ['--ca-file', authority.caFile];
writeTable('connection_faults_tls');

async function againstOldTls(options) {
  const server = await startOldTls({ certificate: good, options });
  try {
    return await probeWithPassword(`imaps://localhost:${server.port}`, trusting);
  } finally {
    await server.stop();
  }
}

for (const [name, option] of [
  ['1.0', '-tls1'],
  ['1.1', '-tls1_1'],
])
  faultTest(
    `server has only TLS ${name}`,
    {
      verdict: 'tls_obsolete',
      stage: 'tls',
      failure: 'tls_version',
      words: new RegExp(`^the server speaks only TLSv1${name === '1.1' ? '[.]1' : ''} with [A-Z].*TLS 1[.]2 or later`),
    },
    () => againstOldTls([option, '-cipher', 'ALL:@SECLEVEL=0']),
  );

faultTest(
  'server has only a cipher that does not encrypt',
  {
    verdict: 'tls_obsolete',
    stage: 'tls',
    failure: 'tls_cipher',
    words: /^the server speaks only TLSv1[.]2 with ECDHE-ECDSA-NULL-SHA/,
  },
  () => againstOldTls(['-tls1_2', '-cipher', 'ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0']),
);

faultTest(
  'server has only ciphers without a certificate',
  { verdict: 'tls_obsolete', stage: 'tls', failure: 'tls_cipher', words: /^the server speaks only TLSv1[.]2 with A.*/ },
  () => againstOldTls(['-tls1_2', '-cipher', 'aNULL:@SECLEVEL=0']),
);

/** A mail server with this certificate, probed with the test's authority trusted. */
async function againstCertificate(
  certificate,
  { protocol = 'imap', tls = 'implicit', args = trusting, env = {}, tlsOptions = {} } = {},
) {
  const server = await startScriptedServer({ protocol, tls, certificate, tlsOptions });
  try {
    const url = `${protocol}${tls === 'implicit' ? 's' : ''}://localhost:${server.port}`;
    const run = await probeWithPassword(url, [...args, ...(tls === 'starttls' ? ['--tls', 'starttls'] : [])], { env });
    if (run.json?.attempts === 0) {
      assert.ok(!server.saw('planted-secret-1'), 'the password left');
      assert.equal(server.credentials(), 0);
    }
    return run;
  } finally {
    await server.stop();
  }
}

faultTest(
  'server has only TLS 1.0 behind STARTTLS',
  { verdict: 'tls_obsolete', stage: 'tls', failure: 'tls_version', words: /^the server speaks only TLSv1 with [A-Z]/ },
  () =>
    againstCertificate(good, {
      tls: 'starttls',
      protocol: 'smtp',
      tlsOptions: { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' },
    }),
);

for (const tls of ['implicit', 'starttls'])
  faultTest(
    `certificate of another name (${tls})`,
    {
      verdict: 'certificate_untrusted',
      stage: 'tls',
      failure: 'certificate_name',
      words: /^the certificate is for mail[.]elsewhere[.]example, imap[.]elsewhere[.]example, not for localhost$/,
    },
    () => againstCertificate(authority.issue({ names: ['mail.elsewhere.example', 'imap.elsewhere.example'] }), { tls }),
  );

faultTest(
  'certificate of an unknown authority',
  {
    verdict: 'certificate_untrusted',
    stage: 'tls',
    failure: 'certificate_issuer',
    words: /^the certificate was issued by CN=Some House CA, which this computer does not know/,
  },
  () => againstCertificate(makeAuthority(makeFolder('strange-ca'), { name: 'Some House CA' }).issue()),
);

faultTest(
  'certificate that the server signed itself',
  {
    verdict: 'certificate_untrusted',
    stage: 'tls',
    failure: 'certificate_issuer',
    words: /^the server signed its certificate itself [(]CN=localhost[)]/,
  },
  () => againstCertificate(selfSigned()),
);

faultTest(
  'certificate that has expired',
  {
    verdict: 'certificate_untrusted',
    stage: 'tls',
    failure: 'certificate_expired',
    advice: 'check_clock',
    words: /^the certificate was valid until \d{4}-\d\d-\d\dT[\d:]{8}Z; by this computer's clock it is \d{4}-/,
  },
  () => againstCertificate(authority.issue({ expired: true })),
);

faultTest(
  'certificate that is not valid yet',
  {
    verdict: 'certificate_untrusted',
    stage: 'tls',
    failure: 'certificate_not_yet_valid',
    advice: 'check_clock',
    words: /^the certificate is valid only from \d{4}-/,
  },
  () => againstCertificate(authority.issue({ notYetValid: true })),
);

faultTest(
  'clock of this computer ten years behind',
  {
    verdict: 'certificate_untrusted',
    stage: 'tls',
    failure: 'certificate_not_yet_valid',
    advice: 'check_clock',
    words:
      /^this computer's clock is wrong: it says 20\d\d-.*, but (this program was built only|it was set by the network already) at 20\d\d-/,
  },
  () => againstCertificate(good, { env: shiftedClock(-10 * 365 * 86_400) }),
);

faultTest(
  'clock of this computer ten years ahead',
  {
    verdict: 'certificate_untrusted',
    stage: 'tls',
    failure: 'certificate_expired',
    advice: 'check_clock',
    words: new RegExp(`^the certificate was valid until .*; by this computer's clock it is ${new Date().getUTCFullYear() + 10}-`),
  },
  () => againstCertificate(good, { env: shiftedClock(10 * 365.25 * 86_400) }),
);

// Names as these programs write them, so that the list in host/rules/interceptors.json is tried by real handshakes.
for (const [name, kind, issuer] of [
  ['Avast', 'a virus scanner', 'avast! Web\\/Mail Shield Root'],
  ['AVG', 'a virus scanner', 'AVG Web\\/Mail Shield Root'],
  ['Kaspersky', 'a virus scanner', 'Kaspersky Anti-Virus Personal Root Certificate'],
  ['ESET', 'a virus scanner', 'ESET SSL Filter CA'],
  ['Bitdefender', 'a virus scanner', 'Bitdefender Personal CA.Net-Defender'],
  ['Norton', 'a virus scanner', 'Norton Web\\/Mail Shield Root'],
  ['Sophos', 'a firewall or proxy', 'Sophos SSL CA_C2100000'],
  ['Zscaler', 'a firewall or proxy', 'Zscaler Intermediate Root CA (zscaler.net)'],
  ['Fortinet', 'a firewall or proxy', 'FortiGate CA'],
])
  faultTest(
    `certificate made by ${name} on the way`,
    {
      verdict: 'certificate_untrusted',
      stage: 'tls',
      failure: 'certificate_issuer',
      words: new RegExp(`^the certificate says it comes from ${name}, ${kind} [(]issuer CN=.*such programs stand between`),
    },
    () => againstCertificate(makeAuthority(makeFolder('interceptor'), { name: issuer }).issue()),
  );

faultTest(
  'virus scanner in the middle whose certificate this computer trusts',
  { verdict: 'stale_password', stage: 'auth', attempts: 1, words: /^the certificate says it comes from Avast, a virus scanner/ },
  () => {
    const avast = makeAuthority(makeFolder('interceptor'), { name: 'avast! Web\\/Mail Shield Root' });
    return againstCertificate(avast.issue(), { args: ['--ca-file', avast.caFile] });
  },
);

test('an ordinary authority is nobody in the middle, and the evidence shows who issued what', async () => {
  const run = await againstCertificate(good);
  assert.equal(run.json?.verdict, 'stale_password', run.stdout + run.stderr);
  assert.ok(!run.json.because.some((sentence) => sentence.includes('stand between')), run.stdout);
  const facts = run.json.evidence.tls_facts;
  assert.equal(facts.issuer, 'CN=Reprompt test CA');
  assert.deepEqual(facts.names, ['localhost', '127.0.0.1', '::1']);
  assert.equal(facts.sha256, new X509Certificate(readFileSync(good.certFile)).fingerprint256.replaceAll(':', '').toLowerCase());
  assert.equal(run.json.evidence.second_look, null);
});

test('no authority that this system trusts is taken for somebody in the middle', async () => {
  const bundle = readFileSync('/etc/ssl/certs/ca-certificates.crt', 'utf8');
  const names = bundle
    .split(/(?<=-----END CERTIFICATE-----)/)
    .filter((text) => text.includes('BEGIN'))
    .map((text) => new X509Certificate(text).subject.split('\n').reverse().join(','));
  assert.ok(names.length > 50, 'no authorities to try');
  const evidence = (issuer) => ({
    protocol: 'imap',
    host: 'imap.example.org',
    stage: 'tls',
    failure: 'certificate_issuer',
    tls_facts: { subject: 'CN=imap.example.org', issuer },
  });
  const lines = names.map((issuer) => JSON.stringify({ id: issuer, evidence: evidence(issuer) }));
  const run = await runReprompt(['explain'], { stdin: `${lines.join('\n')}\n` });
  const answers = run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(answers.length, names.length, run.stderr);
  for (const { id, rule, because } of answers) assert.equal(rule, 'tls.certificate', `${id}: ${because}`);
});

test('the report for people says the cause in the same words', async () => {
  const server = await startScriptedServer({
    protocol: 'imap',
    tls: 'implicit',
    certificate: authority.issue({ expired: true }),
  });
  const run = await runReprompt(['probe', `imaps://localhost:${server.port}`, '--no-auth', ...trusting]);
  await server.stop();
  assert.match(run.stdout, /the certificate was valid until \d{4}-/);
  assert.match(run.stdout, /certificate_untrusted/);
});
