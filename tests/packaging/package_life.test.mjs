// SPDX-License-Identifier: MPL-2.0
// The life of the Debian package in a throw-away copy of this machine, with real apt and real Thunderbird: installed into an existing and a new profile, upgraded while
// Thunderbird runs, installed again, removed, purged; then packaging/install and packaging/uninstall. No network. Each test goes on where the one before it ended.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, lstatSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { openPage } from '../harness/pages.mjs';
import { makeFolder, runOnce } from '../harness/processes.mjs';
import { addonId } from '../harness/profile.mjs';
import { enterThrowAwayRoot } from '../harness/throw_away_root.mjs';
import { startThunderbird } from '../harness/thunderbird.mjs';

enterThrowAwayRoot(import.meta.url);

const root = fileURLToPath(new URL('../../', import.meta.url));
const version = readFileSync(join(root, 'packaging/VERSION'), 'utf8').trim();
const lower = '0.0.9';
const folder = makeFolder('life'); // apt's own user reads the packages there
const [name] = readdirSync(join(root, 'dist')).filter((each) => each.endsWith('.deb'));
const current = join(folder, name);
cpSync(join(root, 'dist', name), current);

/** The time that packaging/build gave everything: with another one the next build would compile. */
const epoch = runOnce('dpkg-parsechangelog', [
  '-l',
  join(root, 'build/package/source/debian/changelog'),
  '-S',
  'Timestamp',
]).trim();
const quiet = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8', SOURCE_DATE_EPOCH: epoch } };
const apt = (...args) => runOnce('apt-get', ['-q', '-y', ...args], quiet);
const places = () => runOnce('dpkg', ['-L', 'reprompt']).trim().split('\n').slice(1);

/**
 * The same package as a lower version would have been: with its own add-on, a day older (Thunderbird knows a changed add-on by the time of its file), and a file that the
 * present one does not have.
 */
function lowerPackage() {
  const source = join(folder, 'lower');
  for (const each of ['LICENSE', 'extension', 'packaging'])
    cpSync(join(root, each), join(source, each), { recursive: true, filter: (path) => !path.includes('node_modules') });
  writeFileSync(join(source, 'packaging/VERSION'), `${lower}\n`);
  const tree = join(folder, 'tree');
  runOnce('dpkg-deb', ['-R', current, tree]);
  runOnce('node', [join(source, 'packaging/build_xpi.mjs'), join(tree, `usr/share/webext/${addonId}.xpi`)]);
  writeFileSync(join(tree, 'usr/share/doc/reprompt/only-in-the-lower-version'), '');
  const control = join(tree, 'DEBIAN/control');
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*$/m, `Version: ${lower}`));
  const file = join(folder, `reprompt_${lower}_all.deb`);
  runOnce('dpkg-deb', ['--root-owner-group', '-b', tree, file], {
    env: { ...quiet.env, SOURCE_DATE_EPOCH: String(epoch - 86_400) },
  });
  return file;
}

/** Every file and folder that packages can own, with size and time of the files; not the records of apt, dpkg and man themselves. */
function machine() {
  const own = [
    '/var/lib/dpkg',
    '/var/lib/apt',
    '/var/log',
    '/var/cache/apt',
    '/var/cache/debconf',
    '/var/cache/man',
    '/var/cache/ldconfig',
  ];
  const pruned = own.flatMap((each) => ['-path', each, '-prune', '-o']);
  const printed = ['-type', 'd', '-printf', '%p/\\n', '-o', '-printf', '%p %s %T@ %l\\n'];
  const found = ['/etc', '/usr', '/opt', '/var/lib', '/var/cache'].filter(existsSync);
  return new Set(runOnce('find', [...found, '-xdev', ...pruned, ...printed], { maxBuffer: 1 << 28 }).split('\n'));
}

/** What Thunderbird itself decides about add-ons, not what other tests want. */
const asShipped = { 'extensions.autoDisableScopes': null, 'extensions.experiments.enabled': null };
let running = null;
const end = async () => {
  const ending = running;
  running = null;
  await ending?.quit();
};
const begin = async (profile, again = false) => {
  await end(); // of a test that failed
  running = await startThunderbird({ dir: join(folder, profile), again, prefs: asShipped });
};
after(end);

const addOn = () =>
  running.eval(
    `const { AddonManager } = ChromeUtils.importESModule('resource://gre/modules/AddonManager.sys.mjs');
     const addon = await AddonManager.getAddonByID(args.id);
     return addon && { version: addon.version, active: addon.isActive, disabled: addon.userDisabled };`,
    { id: addonId },
  );

/** The add-on is on, patched in, and the host answers its `hello`. */
async function works(wanted) {
  await running.waitForAddon();
  assert.deepEqual(await addOn(), { version: wanted, active: true, disabled: false });
  const page = await openPage(running, 'first_run/first_run.html', {
    ready: `return !!document.querySelector('#helper')?.parentElement.dataset.state;`,
  });
  const said = await page.run(
    `return [document.querySelector('#helper').parentElement.dataset.state, document.querySelector('#helper').textContent, document.querySelector('dl').textContent];`,
  );
  await page.close();
  assert.equal(said[0], 'good', said.join(' | '));
  assert.ok(said[2].includes(version), `the host's version is not shown: ${said[2]}`);
}

const before = machine();
let installed = [];

test('a profile that was there before the package: without it there is no add-on', async () => {
  await begin('existing');
  assert.equal(await addOn(), null);
  await end();
});

test('a lower version is installed by apt without a network; the existing profile has the add-on enabled, and the host answers', async () => {
  apt('install', lowerPackage());
  await begin('existing', true);
  await works(lower);
});

test('upgraded while Thunderbird runs: what runs goes on working, and after a restart it is the new version', async () => {
  apt('install', current);
  assert.equal(runOnce('dpkg-query', ['-W', '-f', '${Version}', 'reprompt']), version);
  assert.ok(!existsSync('/usr/share/doc/reprompt/only-in-the-lower-version'));
  await works(lower);
  await end();
  await begin('existing', true);
  await works(version);
  await end();
});

test('a new profile has the add-on enabled, and the host answers', async () => {
  await begin('new');
  await works(version);
  await end();
});

test('installed again: every file is as the package holds it', () => {
  rmSync('/usr/bin/reprompt');
  apt('install', '--reinstall', current);
  assert.equal(runOnce('dpkg', ['--verify', 'reprompt']), '');
  assert.match(runOnce('/usr/bin/reprompt', ['--version']), new RegExp(version.replaceAll('.', '\\.')));
});

test('the manual pages and the completion are found where people ask for them', () => {
  const env = { ...process.env, MANWIDTH: '80', MANPAGER: 'cat', LC_ALL: 'C.UTF-8' };
  const page = spawnSync('man', ['reprompt'], { encoding: 'utf8', env });
  assert.match(page.stdout, /reprompt - find out why a mail login failed/, page.stderr);
  assert.match(spawnSync('man', ['5', 'reprompt-rules'], { encoding: 'utf8', env }).stdout, /PREDICATES/);
  assert.ok(existsSync('/usr/share/bash-completion/completions/reprompt'));
});

test('removed: no file and no folder of the package is left, and the profile has no add-on', async () => {
  installed = places();
  assert.ok(installed.includes('/usr/bin/reprompt'), installed.join());
  apt('remove', 'reprompt');
  const owned = (place) => spawnSync('dpkg', ['-S', place], { encoding: 'utf8' }).status === 0;
  const there = (place) => lstatSync(place, { throwIfNoEntry: false }) !== undefined;
  const left = installed.filter((place) => there(place) && !owned(place));
  assert.deepEqual(left, []);
  assert.ok(!there(`/usr/lib/thunderbird/extensions/${addonId}.xpi`));
  await begin('existing', true);
  assert.equal(await addOn(), null);
  await end();
});

test('purged: the machine has exactly the files that it had before', () => {
  apt('install', current);
  apt('purge', 'reprompt');
  const now = machine();
  assert.deepEqual(
    [...now].filter((line) => !before.has(line)),
    [],
    'left behind or changed',
  );
  assert.deepEqual(
    [...before].filter((line) => !now.has(line)),
    [],
    'taken away or changed',
  );
  assert.equal(spawnSync('dpkg-query', ['-W', 'reprompt']).status, 1);
});

test('packaging/install and packaging/uninstall do the same, each twice', () => {
  const entry = (script, ...args) => runOnce(join(root, 'packaging', script), args, { ...quiet, maxBuffer: 1 << 26 });
  for (let time = 1; time <= 2; time += 1) entry('install');
  assert.equal(runOnce('dpkg', ['--verify', 'reprompt']), '');
  for (let time = 1; time <= 2; time += 1) entry('uninstall');
  assert.ok(!existsSync('/usr/bin/reprompt'));
  assert.ok(!existsSync('/usr/lib/mozilla/native-messaging-hosts/reprompt.json'));
});

test('packaging/install --user and packaging/uninstall --user leave nothing in a home, each twice, also after `reprompt uninstall --user`', () => {
  const home = makeFolder('home');
  const env = { ...quiet.env, HOME: home };
  const entry = (script) => runOnce(join(root, 'packaging', script), ['--user'], { env, maxBuffer: 1 << 26 });
  const left = () => runOnce('find', [home, '-mindepth', '1', '(', '-not', '-type', 'd', '-o', '-name', '*reprompt*', ')']);
  for (let time = 1; time <= 2; time += 1) entry('install');
  const manifest = JSON.parse(readFileSync(join(home, '.mozilla/native-messaging-hosts/reprompt.json'), 'utf8'));
  assert.equal(manifest.path, join(home, '.local/bin/reprompt'));
  assert.ok(existsSync(join(home, '.local/share/reprompt/reprompt.xpi')));
  runOnce(join(home, '.local/bin/reprompt'), ['uninstall', '--user'], { env });
  for (let time = 1; time <= 2; time += 1) entry('uninstall');
  assert.equal(left(), '');
});
