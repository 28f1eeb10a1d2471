// SPDX-License-Identifier: MPL-2.0
// What packaging/build put into dist/: that it is complete, fits together, and installs into a home without root.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeHome, program, runReprompt } from '../harness/host.mjs';
import { makeFolder } from '../harness/processes.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const dist = join(root, 'dist');
const version = readFileSync(join(root, 'packaging/VERSION'), 'utf8').trim();
const packages = readdirSync(dist).filter((name) => name.endsWith('.deb'));
const run = (file, ...args) => execFileSync(file, args, { encoding: 'utf8' });
/** The time that packaging/build gave everything. */
const epoch = run('dpkg-parsechangelog', '-l', join(root, 'build/package/source/debian/changelog'), '-S', 'Timestamp').trim();

test('there is one package, of this version', () => {
  assert.equal(packages.length, 1, packages.join());
  assert.equal(run('dpkg-deb', '-f', join(dist, packages[0]), 'Version').trim(), version);
  const depends = run('dpkg-deb', '-f', join(dist, packages[0]), 'Depends');
  for (const each of ['libc6 (', 'libssl3 (', 'libsecret-1-0,', 'thunderbird (']) assert.ok(depends.includes(each), depends);
});

test('the package holds the host, its manifest and the add-on where Thunderbird looks for them, owned by root', () => {
  const folder = makeFolder('deb');
  run('dpkg-deb', '-x', join(dist, packages[0]), folder);
  assert.deepEqual(readFileSync(join(folder, 'usr/bin/reprompt')), readFileSync(join(dist, 'reprompt')));
  const addOn = join(folder, 'usr/lib/thunderbird/extensions/reprompt@reprompt.example.xpi');
  const contents = (xpi) =>
    run('unzip', '-Z1', xpi)
      .trim()
      .split('\n')
      .map((name) => [name, run('unzip', '-p', xpi, name)]);
  assert.deepEqual(contents(addOn), contents(join(dist, 'reprompt.xpi')), 'the link does not lead to the add-on');
  const manifest = JSON.parse(readFileSync(join(folder, 'usr/lib/mozilla/native-messaging-hosts/reprompt.json'), 'utf8'));
  const template = JSON.parse(readFileSync(join(root, 'manifests/reprompt.json.in'), 'utf8'));
  assert.deepEqual(manifest, { ...template, path: '/usr/bin/reprompt' });
  const example = 'usr/share/doc/reprompt/examples/university.json';
  assert.deepEqual(readFileSync(join(folder, example)), readFileSync(join(root, 'packaging/examples/university.json')));
  for (const line of run('dpkg-deb', '-c', join(dist, packages[0])).trim().split('\n'))
    assert.match(line, /^[-dl]rw[-x]r-[-x]r-[-x] root\/root |^lrwxrwxrwx root\/root /);
});

test('the host is stripped, tells its version, and has its hardening', async () => {
  const told = await runReprompt(['--version']);
  assert.equal(told.status, 0);
  assert.ok(told.stdout.includes(version), told.stdout);
  const headers = run('readelf', '-W', '-d', '-S', join(dist, 'reprompt'));
  assert.ok(!/\.debug_info/.test(headers), 'not stripped');
  assert.ok(!/NEEDED.*libsecret/.test(headers), 'libsecret is to be opened when it is needed');
  // Control flow integrity: the C library's start files of Debian 12 are without it.
  run('hardening-check', '--nocfprotection', join(dist, 'reprompt'));
});

test('each build of the add-on carries the same version and its licence, and building it again gives the same file', () => {
  for (const [name, ...flags] of [['reprompt.xpi'], ['reprompt-basic.xpi', '--basic']]) {
    const again = join(makeFolder('xpi'), name);
    const env = { ...process.env, SOURCE_DATE_EPOCH: epoch, TZ: 'Asia/Tokyo' };
    execFileSync('node', [join(root, 'packaging/build_xpi.mjs'), ...flags, again], { env });
    assert.deepEqual(readFileSync(again), readFileSync(join(dist, name)), name);
    assert.equal(JSON.parse(run('unzip', '-p', again, 'manifest.json')).version, version);
    assert.equal(run('unzip', '-p', again, 'LICENSE'), readFileSync(join(root, 'LICENSE'), 'utf8'));
  }
});

test('`reprompt install --user` and `uninstall --user` write and remove the manifest, twice is fine', async () => {
  const home = makeHome();
  const manifest = join(home.folder, '.mozilla/native-messaging-hosts/reprompt.json');
  for (let time = 1; time <= 2; time += 1) assert.equal((await runReprompt(['install', '--user'], { home })).status, 0);
  assert.equal(JSON.parse(readFileSync(manifest, 'utf8')).path, program);
  for (let time = 1; time <= 2; time += 1) {
    const { status, stdout } = await runReprompt(['uninstall', '--user'], { home });
    assert.equal(status, 0);
    assert.ok(stdout.includes(`The program itself stays at ${program}`), stdout);
  }
  assert.ok(!existsSync(manifest));
});

test('the entry points are sound bash and refuse unknown arguments before they do anything', () => {
  for (const name of ['packaging/build', 'packaging/install', 'packaging/uninstall', 'packaging/try', 'tests/run']) {
    run('bash', '-n', join(root, name));
    assert.throws(
      () => execFileSync(join(root, name), ['--no-such-thing'], { stdio: 'pipe', timeout: 20_000 }),
      (error) => error.status > 0 && error.status < 126,
      name,
    );
  }
});
