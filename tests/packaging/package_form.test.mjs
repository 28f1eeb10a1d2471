// SPDX-License-Identifier: MPL-2.0
// The Debian package by Debian's own standards: lintian, AppStream, licences, nothing that does not belong in it, and the same octets when it is built again.
// Belongs here: what can be seen without installing it. Not here: what it does once installed (package_life.test.mjs).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeFolder, runOnce } from '../harness/processes.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const version = readFileSync(join(root, 'packaging/VERSION'), 'utf8').trim();
const [name] = readdirSync(join(root, 'dist')).filter((each) => each.endsWith('.deb'));
const deb = join(root, 'dist', name);
const changes = join(root, 'build/package', name.replace(/\.deb$/, '.changes'));
const tree = makeFolder('deb');
runOnce('dpkg-deb', ['-x', deb, tree]);
const plain = { ...process.env, LC_ALL: 'C.UTF-8' };

/** The fields of the paragraphs of a file in Debian's control syntax; comments left out. */
const paragraphs = (file) =>
  readFileSync(file, 'utf8')
    .split(/\n\n+/)
    .map((text) =>
      Object.fromEntries([...text.matchAll(/^(\w[\w-]*):((?:.|\n[ #])*)/gm)].map(([, key, value]) => [key, value.trim()])),
    );

test('lintian has nothing to say', (context) => {
  for (const file of [deb, changes]) {
    const run = spawnSync('lintian', ['--allow-root', '-I', '--pedantic', '--fail-on', 'pedantic,info,warning,error', file], {
      encoding: 'utf8',
      env: plain,
    });
    assert.equal(`${run.stdout}${run.stderr}`, '');
    assert.equal(run.status, 0);
  }
  context.diagnostic(`lintian -I --pedantic: no tag (${runOnce('lintian', ['--version']).trim()})`);
});

test('what lintian was asked not to say is the spelling of other languages alone', () => {
  const said = runOnce('lintian', ['--allow-root', '-I', '--pedantic', '--show-overrides', deb], { env: plain });
  const tags = [...said.matchAll(/^O: reprompt: (\S+)/gm)].map(([, tag]) => tag);
  assert.deepEqual([...new Set(tags)], ['spelling-error-in-binary'], said);
});

test('AppStream takes the metadata without a remark; version and Thunderbird are the real ones', () => {
  const file = join(tree, 'usr/share/metainfo/org.reprompt.reprompt.metainfo.xml');
  const said = runOnce('appstreamcli', ['validate', '--pedantic', '--no-net', '--no-color', file], { env: plain });
  assert.match(said, /Validation was successful\.\s*$/);
  const text = readFileSync(file, 'utf8');
  assert.match(text, new RegExp(`<release version="${version.replaceAll('.', '\\.')}" date="\\d{4}-\\d\\d-\\d\\d"/>`));
  const [, extended] = /<extends>(.*)<\/extends>/.exec(text);
  const there = readdirSync('/usr/share/metainfo').filter((each) => each.startsWith(`${extended}.`));
  assert.equal(there.length, 1, `Thunderbird is not ${extended} here`);
  for (const part of ['<summary', '<p', '<li']) {
    const count = (pattern) => text.match(pattern)?.length ?? 0;
    assert.equal(
      count(new RegExp(`${part} xml:lang="ja">`, 'g')),
      count(new RegExp(`${part}>`, 'g')),
      `${part}: not all in Japanese`,
    );
  }
});

test('nothing is in the package but what is meant for it', () => {
  const files = runOnce('find', [tree, '-not', '-type', 'd', '-printf', '%P\\n']).trim().split('\n').sort();
  assert.deepEqual(files, [
    'usr/bin/reprompt',
    'usr/lib/mozilla/native-messaging-hosts/reprompt.json',
    'usr/lib/thunderbird/extensions/reprompt@reprompt.example.xpi',
    'usr/share/bash-completion/completions/reprompt',
    'usr/share/doc/reprompt/changelog.gz',
    'usr/share/doc/reprompt/copyright',
    'usr/share/doc/reprompt/examples/batch-indexed-job.yaml',
    'usr/share/doc/reprompt/examples/oauth2-policies.json',
    'usr/share/doc/reprompt/examples/university.json',
    'usr/share/lintian/overrides/reprompt',
    'usr/share/man/man1/reprompt.1.gz',
    'usr/share/man/man5/reprompt-rules.5.gz',
    'usr/share/metainfo/org.reprompt.reprompt.metainfo.xml',
    'usr/share/webext/reprompt@reprompt.example.xpi',
  ]);
  const listed = runOnce('bash', ['-c', 'dpkg-deb --fsys-tarfile "$0" | tar -tv --full-time --utc', deb], { env: plain });
  const times = new Set([...listed.matchAll(/ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) /g)].map(([, time]) => time));
  assert.equal(times.size, 1, `times of this machine: ${[...times]}`);
  const control = makeFolder('control');
  runOnce('dpkg-deb', ['-e', deb, control]);
  assert.deepEqual(readdirSync(control).sort(), ['control', 'md5sums'], 'scripts that run as root');
});

test('the licence of everything that ships is told', () => {
  const [head, ...rest] = paragraphs(join(tree, 'usr/share/doc/reprompt/copyright'));
  const texts = rest.filter((each) => !each.Files).map((each) => each.License.split('\n')[0]);
  const ofFiles = rest.filter((each) => each.Files).flatMap((each) => each.License.split(' or '));
  const ofLibraries = [...head.Comment.matchAll(/License:\s+([\w.-]+),/g)].map(([, each]) => each);
  assert.equal(ofLibraries.length, 3);
  for (const each of [...ofFiles, ...ofLibraries]) assert.ok(texts.includes(each), `no text of ${each}`);
  // Libraries of headers alone end up in the program: those of which no package is loaded when it runs.
  const [source] = paragraphs(join(root, 'packaging/debian/control'));
  const headersOnly = ['libcli11-dev', 'libexpected-dev', 'nlohmann-json3-dev'];
  const loaded = {
    'libexpat1-dev': 'libexpat1',
    'libidn2-dev': 'libidn2-0',
    'libpsl-dev': 'libpsl5',
    'libsecret-1-dev': 'libsecret-1-0',
    'libssl-dev': 'libssl3',
  };
  const libraries = [...source['Build-Depends'].matchAll(/[a-z0-9+.-]+-dev/g)].map(([each]) => each);
  assert.deepEqual(libraries.sort(), [...headersOnly, ...Object.keys(loaded)].sort());
  for (const each of headersOnly) assert.ok(head.Comment.includes(`(${each})`), each);
  const depends = runOnce('dpkg-deb', ['-f', deb, 'Depends']);
  for (const each of Object.values(loaded)) assert.ok(depends.includes(each), each);
  // The add-on holds files of this project and nobody else's.
  const own = runOnce('unzip', ['-Z1', join(tree, 'usr/share/webext/reprompt@reprompt.example.xpi')])
    .trim()
    .split('\n');
  assert.ok(own.includes('LICENSE'));
  assert.deepEqual(
    own.filter((each) => /node_modules|vendor|third|\.min\./.test(each)),
    [],
  );
});

test('what the package is built with is what packaging/build installs', () => {
  const [source] = paragraphs(join(root, 'packaging/debian/control'));
  const needed = source['Build-Depends']
    .split(',')
    .map((each) => each.trim().split(' ')[0].replace('debhelper-compat', 'debhelper'))
    .filter(Boolean);
  const installed = readFileSync(join(root, 'packaging/requirements-build'), 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  // What a machine that builds Debian packages has anyway, and Node.js, which may come from elsewhere.
  const essential = ['binutils', 'ca-certificates', 'dpkg-dev', 'g++'];
  assert.deepEqual(
    needed.filter((each) => each !== 'nodejs').sort(),
    installed.filter((each) => !essential.includes(each)).sort(),
  );
});

test('the changelog of the package is that of packaging/CHANGELOG.md', () => {
  const text = runOnce('gzip', ['-dc', join(tree, 'usr/share/doc/reprompt/changelog.gz')]);
  assert.ok(text.startsWith(`reprompt (${version}) unstable; urgency=medium\n\n`));
  const words = (each) =>
    each
      .replaceAll('`', '')
      .replaceAll(/[*[\]#-]/g, ' ')
      .split(/\s+/)
      .filter(Boolean)
      .join(' ');
  const items = readFileSync(join(root, 'packaging/CHANGELOG.md'), 'utf8').split('## Unreleased')[1].split(/^## /m)[0];
  assert.ok(words(text).includes(words(items)));
});

test('built again in another time zone, language and umask, a part of it compiled anew, it is the same package', (context) => {
  const output = makeFolder('again');
  // One folder's objects stand for all: compiling everything would take minutes, and the flags are the same everywhere.
  const objects = join(root, 'build/package/source/build');
  const anew = readdirSync(objects, { recursive: true }).filter((file) => /[/_](base|ledger)[/_][^/]*\.o$/.test(file));
  assert.ok(anew.length > 1, `objects of host/base and host/ledger: ${anew.length}`);
  for (const file of anew) rmSync(join(objects, file));
  const epoch = runOnce('dpkg-parsechangelog', [
    '-l',
    join(root, 'build/package/source/debian/changelog'),
    '-S',
    'Timestamp',
  ]).trim();
  const env = {
    ...process.env,
    CCACHE_DISABLE: '1',
    SOURCE_DATE_EPOCH: epoch,
    TZ: 'Pacific/Chatham',
    LC_ALL: 'C',
    LANG: 'ja_JP.UTF-8',
    HOME: output,
  };
  runOnce('bash', ['-c', 'umask 077; exec packaging/build_deb "$0"', output], { cwd: root, env, maxBuffer: 1 << 26 });
  const sum = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
  for (const file of anew) assert.ok(existsSync(join(objects, file)), `${file} was compiled again`);
  context.diagnostic(`sha256 ${sum(deb)} (dist), ${sum(join(output, name))} (again)`);
  assert.equal(sum(join(output, name)), sum(deb));
});
