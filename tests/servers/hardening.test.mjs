// SPDX-License-Identifier: MPL-2.0
// The process around the program: how it was compiled, what it may use, which variables it believes, and how it ends. Belongs here: what holds whatever is asked of
// the program. Does not belong here: secrets in memory (secrets.test.mjs), core files (memory.test.mjs), a kill at any moment (kill.test.mjs). Needs root and a compiler.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { makeAuthority } from '../harness/certificates.mjs';
import { makeHome, program, runReprompt, startNative } from '../harness/host.mjs';
import { makeFolder, runOnce, start, textOf, waitUntil } from '../harness/processes.mjs';
import { SILENT, startScriptedServer } from '../harness/scripted_server.mjs';
import { keep, probe } from './trusting_probe.mjs';

const folder = makeFolder('hardening');
const authority = makeAuthority(join(folder, 'ca'));
const certificate = authority.issue({ names: ['localhost'] });
const released = process.env.REPROMPT_RELEASE ?? fileURLToPath(new URL('../../dist/reprompt', import.meta.url));
const accountAt = (port, tls = 'implicit') => ({
  protocol: 'imap',
  host: 'localhost',
  port,
  tls,
  user: 'alice',
  auth: 'password',
});
/** Hosts and servers that a failed test may have left behind. */
const leftBehind = [];
after(() => Promise.all(leftBehind.map((each) => each.stop())));
async function startServer(options) {
  const server = await startScriptedServer({ protocol: 'imap', ...options });
  leftBehind.push(server);
  return server;
}
function startHost(home = makeHome()) {
  const host = startNative({ home });
  leftBehind.push(host);
  return host;
}

test('what people install is compiled with everything that hardening-check knows', (context) => {
  // Control flow integrity apart: the C library's start files of Debian 12 are without it, and a program is marked only if all its parts are.
  const report = runOnce('hardening-check', ['--nocfprotection', released]);
  context.diagnostic(report.trim().replaceAll(/\n */g, '; '));
  for (const line of report.trim().split('\n').slice(1, -1)) assert.match(line, /: yes/, report);
  assert.equal(report.match(/: yes/g)?.length, 6, report);
  const segments = runOnce('readelf', ['--program-headers', '--wide', released]);
  assert.match(segments, /GNU_STACK .* RW +0x/, 'an executable stack');
  assert.doesNotMatch(segments, /LOAD .* RWE /, 'pages to write and to execute');
  const code = runOnce('objdump', ['--disassemble', '--section=.text', released], { maxBuffer: 1 << 30 });
  if (process.arch === 'x64')
    assert.ok((code.match(/endbr64/g) ?? []).length > 1000, 'our own code is compiled without -fcf-protection');
});

test('a running host has no core files, no new privileges, and limits; a command has the first two', async () => {
  const silent = await startServer({ greeting: SILENT });
  const host = startHost();
  await host.ask('hello', { version: '0.1.0' });
  const command = start(program, ['probe', `imap://localhost:${silent.port}`, '--tls', 'none', '--no-auth'], {
    env: makeHome().env,
  });
  await silent.waitForConnection(30_000);
  for (const pid of [host.pid, command.pid]) {
    assert.match(textOf(`/proc/${pid}/status`), /^NoNewPrivs:\s*1$/m);
    assert.match(textOf(`/proc/${pid}/limits`), /^Max core file size +0 +0 /m);
    assert.equal(textOf(`/proc/${pid}/task/${pid}/children`), '');
  }
  const limits = textOf(`/proc/${host.pid}/limits`);
  const most = (name) => Number(new RegExp(`^Max ${name} +(\\d+) +(\\d+) `, 'm').exec(limits)?.[2]);
  assert.ok(most('open files') <= 1024, limits);
  assert.equal(most('file size'), 2 * 1024 ** 3, limits);
  assert.equal(most('data size'), 2 * 1024 * 1024 * 1024, limits);
  await host.close();
  await command.stop('SIGKILL');
  await silent.stop();
});

// ---- variables ----

/** A library that leaves a mark wherever it is loaded. */
function makeMark(name) {
  const [source, library, mark] = [`${name}.c`, `lib${name}.so`, `${name}.loaded`].map((file) => join(folder, name, file));
  mkdirSync(join(folder, name));
  writeFileSync(
    source,
    `#include <fcntl.h>\n#include <unistd.h>\n__attribute__((constructor)) static void mark(void) { close(open("${mark}", O_CREAT | O_WRONLY, 0644)); }\n`,
  );
  runOnce('cc', ['-shared', '-fPIC', '-o', library, source]);
  return { library, mark, place: join(folder, name) };
}
/** A library for LD_PRELOAD that writes down, when the process ends, which variables it still has. */
function makeEnvironmentWriter() {
  const [source, library, list] = ['environment.c', 'environment.so', 'environment.txt'].map((file) => join(folder, file));
  writeFileSync(
    source,
    `#include <fcntl.h>\n#include <string.h>\n#include <unistd.h>\nextern char** environ;
__attribute__((destructor)) static void list(void) {
  int file = open("${list}", O_CREAT | O_TRUNC | O_WRONLY, 0644);
  for (char** each = environ; *each; ++each) if (write(file, *each, strcspn(*each, "=")) < 0 || write(file, "\\n", 1) < 0) break;
  close(file);
}\n`,
  );
  runOnce('cc', ['-shared', '-fPIC', '-o', library, source]);
  return { library, names: () => textOf(list).trim().split('\n').sort() };
}

/** Everything that another program of the session might set to be believed, or to be loaded. */
function plantedVariables() {
  const openssl = makeMark('openssl');
  const gio = makeMark('gio');
  const configuration = join(folder, 'openssl.cnf');
  writeFileSync(
    configuration,
    [
      'openssl_conf = all\n[all]\nproviders = providers\nengines = engines',
      '[providers]\ndefault = good\nplanted = planted\n[good]\nactivate = 1',
      `[planted]\nmodule = ${openssl.library}\nactivate = 1`,
      `[engines]\nplanted = engine\n[engine]\nengine_id = planted\ndynamic_path = ${openssl.library}\ninit = 1\n`,
    ].join('\n'),
  );
  const keyLog = join(folder, 'keys.log');
  return {
    marks: { openssl: openssl.mark, gio: gio.mark },
    keyLog,
    env: {
      SSL_CERT_FILE: authority.caFile,
      SSL_CERT_DIR: join(folder, 'ca'),
      OPENSSL_CONF: configuration,
      OPENSSL_MODULES: openssl.place,
      OPENSSL_ENGINES: openssl.place,
      SSLKEYLOGFILE: keyLog,
      GIO_EXTRA_MODULES: gio.place,
      GIO_MODULE_DIR: gio.place,
      GIO_USE_VFS: 'planted',
      SECRET_SERVICE_BUS_NAME: 'org.example.planted',
      SECRET_BACKEND: 'file',
      DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nonexistent',
      LOCPATH: folder,
      GCONV_PATH: folder,
      NLSPATH: folder,
      LANGUAGE: 'xx',
      LC_ALL: 'ja_JP.UTF-8',
      TZ: ':/nonexistent',
      RES_OPTIONS: 'use-vc',
      LOCALDOMAIN: 'planted.example',
      HOSTALIASES: join(folder, 'aliases'),
      http_proxy: 'http://127.0.0.1:9',
      https_proxy: 'http://127.0.0.1:9',
      all_proxy: 'socks5://127.0.0.1:9',
      ALL_PROXY: 'socks5://127.0.0.1:9',
      TMPDIR: '/nonexistent',
      REPROMPT_TRUST: '1',
    },
  };
}

test('under Thunderbird no variable makes a certificate trusted, loads anything, or is still there; what the loader reads is beyond us', async () => {
  const server = await startServer({ tls: 'implicit', certificate });
  const { marks, keyLog, env } = plantedVariables();

  // On the command line they count: so the trap is one, and there the person who types is the one who sets them.
  const url = `imaps://localhost:${server.port}`;
  const unset = await runReprompt(['probe', url, '--no-auth', '--no-repair', '--json']);
  assert.equal(unset.json?.verdict, 'certificate_untrusted', unset.stdout + unset.stderr);
  const typed = await runReprompt(['probe', url, '--no-auth', '--json'], {
    env: { SSL_CERT_FILE: env.SSL_CERT_FILE, OPENSSL_CONF: env.OPENSSL_CONF },
  });
  assert.equal(typed.json?.evidence.tls_facts.verified, true, typed.stdout + typed.stderr);
  assert.ok(existsSync(marks.openssl), 'OpenSSL did not read the planted configuration on the command line either');
  runOnce('rm', ['-f', ...Object.values(marks)]);

  const writer = makeEnvironmentWriter();
  const home = makeHome();
  const runtime = process.env.XDG_RUNTIME_DIR ?? folder;
  const host = startHost({ ...home, env: { ...home.env, XDG_RUNTIME_DIR: runtime, ...env, LD_PRELOAD: writer.library } });
  const id = host.send('probe', { account: accountAt(server.port), credential: { kind: 'password', secret: 'planted-1' } });
  const chain = await host.next((message) => message.id === id && message.type !== 'progress');
  assert.deepEqual([chain.type, chain.failure], ['chain', 'certificate_issuer'], JSON.stringify(chain));
  host.send('trust', { probe: id, trusted: false });
  const verdict = await host.answerTo(id);
  assert.deepEqual([verdict.verdict, verdict.attempts], ['certificate_untrusted', 0], JSON.stringify(verdict));
  // The keyring is found, and is the session's.
  assert.equal((await keep(host, accountAt(993), 'kept')).type, 'vault');
  const libraries = textOf(`/proc/${host.pid}/maps`);
  assert.ok(libraries.includes(writer.library) && libraries.includes('libsecret'), libraries);
  assert.ok(!/libopenssl\.so|libgio\.so/.test(libraries), libraries);
  assert.deepEqual(await host.close(), { status: 0, signal: null }, host.stderr());
  await server.stop();
  assert.ok(!server.saw('planted-1'));
  for (const file of [...Object.values(marks), keyLog]) assert.ok(!existsSync(file), file);
  const wanted = ['DBUS_SESSION_BUS_ADDRESS', 'HOME', 'XDG_CONFIG_HOME', 'XDG_RUNTIME_DIR', 'XDG_STATE_HOME'];
  assert.deepEqual(writer.names(), wanted);
});

// ---- the end ----

/** A host that holds a password: it has sent it to a server that does not answer. */
async function hostInTheMiddle(home) {
  const server = await startServer({ auth: SILENT });
  const host = startHost(home);
  host.send('probe', {
    account: accountAt(server.port, 'none'),
    credential: { kind: 'password', secret: 'planted-2' },
  });
  await server.waitForLine(/AUTHENTICATE|LOGIN/, 30_000);
  await waitUntil(() => server.credentials() === 1);
  return { host, server };
}

test('the end of stdin ends a host at once, although a server is silent and the keyring hangs', async () => {
  const keyring = Number(process.env.REPROMPT_TEST_KEYRING_PID);
  assert.ok(keyring > 0, 'run this under tests/harness/with_keyring.sh');
  const { host, server } = await hostInTheMiddle(makeHome());
  process.kill(keyring, 'SIGSTOP');
  try {
    host.send('vault_store', {
      account: { protocol: 'imap', host: 'localhost', port: 993, user: 'u' },
      secret: 's',
      seal_key: Buffer.alloc(32).toString('base64'),
    });
    await waitUntil(() => textOf(`/proc/${host.pid}/maps`).includes('libsecret'));
    const begin = performance.now();
    assert.deepEqual(await host.close(), { status: 0, signal: null }, host.stderr());
    const took = performance.now() - begin;
    assert.ok(took < 2500, `it took ${took} ms`);
  } finally {
    process.kill(keyring, 'SIGCONT');
    await server.stop();
  }
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
  test(`${signal} ends a host that has just sent a password: exit status 0, and the next one knows of the attempt`, async () => {
    const home = makeHome();
    const { host, server } = await hostInTheMiddle(home);
    process.kill(host.pid, signal);
    assert.deepEqual(await host.ended, { status: 0, signal: null });
    await host.closed;
    assert.equal(host.stderr(), '');
    assert.equal(host.leftover().length, 0);
    const next = startHost(home);
    const answer = await probe(next, accountAt(server.port, 'none'), 'planted-2', { limit_ms: 2000 });
    assert.equal(answer.type, 'verdict', JSON.stringify(answer));
    assert.ok(!answer.notes.some((note) => /damaged|no file|cannot|moved/.test(note)), JSON.stringify(answer.notes));
    const state = join(home.env.XDG_STATE_HOME, 'reprompt');
    assert.ok(!readdirSync(state).some((file) => /corrupt|new|tmp/.test(file)), readdirSync(state).join());
    assert.match(textOf(join(state, 'ledger')), / begin /);
    await next.close();
    await server.stop();
  });
}

test('a host whose answers nobody reads any more ends quietly', async () => {
  const silent = await startServer({ greeting: SILENT });
  const running = start(program, ['/usr/lib/mozilla/native-messaging-hosts/reprompt.json', 'reprompt@reprompt.example'], {
    env: makeHome().env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.child.stdin.on('error', () => {});
  const say = (message) => {
    const body = Buffer.from(JSON.stringify({ v: 1, ...message }));
    const head = Buffer.alloc(4);
    head.writeUInt32LE(body.length);
    running.child.stdin.write(Buffer.concat([head, body]));
  };
  say({ id: 'p', type: 'probe', account: accountAt(silent.port, 'none') });
  await silent.waitForConnection(30_000);
  running.child.stdout.destroy();
  say({ id: 'h', type: 'hello', version: '0.1.0' });
  assert.deepEqual(await running.ended, { status: 0, signal: null });
  await silent.stop();
});

test('a command whose output nobody reads any more ends quietly, however much input is left', async () => {
  const line = JSON.stringify({ id: 'x', protocol: 'imap', host: null, offered: [], mechanism: null, response: ['a1 NO no'] });
  const script = 'yes "$1" | { "$2" explain --json; echo "status $?" >&2; } | head -n 1';
  const running = start('bash', ['-c', script, 'bash', line, program], { env: makeHome().env });
  const timer = setTimeout(() => void running.stop('SIGKILL'), 20_000);
  await running.ended;
  clearTimeout(timer);
  assert.match(running.output(), /^\{"advice".*\}\nstatus 70\n$|^status 70\n\{.*\}\n$/);
});

test('closed standard descriptors are no descriptors of a ledger or a server', async () => {
  const script = '"$1" "$2" "$3" <&- >&- 2>&-; echo "$?"';
  const output = runOnce('bash', ['-c', script, 'bash', program, '/x/reprompt.json', 'reprompt@reprompt.example'], {
    env: makeHome().env,
  });
  assert.equal(output.trim(), '0');
});
