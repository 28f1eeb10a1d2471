// SPDX-License-Identifier: MPL-2.0
// Both .xpi files as they are built: what is in them, what is not, and that they are the same wherever they are built. The rules are those of
// thunderbird/webext-linter, which needs lists from the network; web-ext's own linter is in tests/lint.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { filesOf } from '../../packaging/xpi_files.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const builds = /** @type {const} */ (['full', 'basic']);
const contents = Object.fromEntries(
  await Promise.all(
    builds.map(async (build) => [build, new Map((await filesOf(build)).map(({ name, content }) => [name, content.toString()]))]),
  ),
);
const manifestOf = (build) => JSON.parse(contents[build].get('manifest.json'));
const scriptsOf = (build) => [...contents[build]].filter(([name]) => /\.(mjs|js)$/.test(name));
const withoutComments = (text) => text.replace(/\/\*[^]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');

/** What of a permission has to be seen in the code. */
const usedBy = {
  accountsRead: /browser\.accounts\.|menus/,
  menus: /browser\.menus\b/,
  nativeMessaging: /runtime\.connectNative\(/,
  notifications: /browser\.notifications\.create\(/,
  storage: /browser\.storage\./,
};

/** The style rules alone; // begins no comment in CSS. */
const withoutCssComments = (/** @type {string} */ text) => text.replace(/\/\*[^]*?\*\//g, '').replace(/\s+/g, ' ');

test('what is packed of a script or style sheet is its source line by line, without comments and nothing else', () => {
  const bare = (/** @type {string} */ text) =>
    ts.transpileModule(text, { compilerOptions: { removeComments: true, target: ts.ScriptTarget.ESNext } }).outputText;
  const packed = [...contents.full, ...contents.basic].filter(([name]) => /\.(mjs|js|css)$/.test(name));
  assert.ok(packed.length > 60);
  for (const [name, text] of packed) {
    const source = readFileSync(path.join(root, 'extension', name), 'utf8');
    assert.equal(text.split('\n')[0], source.split('\n')[0], `${name}: the licence`);
    assert.equal(text.split('\n').length, source.split('\n').length, name);
    if (name.endsWith('.css')) assert.equal(withoutCssComments(text), withoutCssComments(source), name);
    else assert.equal(bare(text), bare(source), name);
  }
});

for (const build of builds) {
  const manifest = manifestOf(build);
  const code = scriptsOf(build)
    .map(([, text]) => withoutComments(text))
    .join('\n');

  test(`${build}: Manifest V3, no host permission, no remote code allowed, and every permission is used`, () => {
    assert.equal(manifest.manifest_version, 3);
    assert.equal(manifest.host_permissions, undefined);
    assert.equal(manifest.optional_permissions, undefined);
    assert.equal(manifest.browser_specific_settings.gecko.update_url, undefined);
    assert.match(manifest.content_security_policy.extension_pages, /^default-src 'none'; script-src 'self'; style-src 'self'/);
    for (const permission of manifest.permissions) assert.match(code, usedBy[permission], permission);
    for (const [permission, use] of Object.entries(usedBy))
      if (permission !== 'accountsRead') assert.equal(use.test(code), manifest.permissions.includes(permission), permission);
  });

  test(`${build}: strict_max_version where there is an Experiment, and only there`, () => {
    assert.equal(!!manifest.browser_specific_settings.gecko.strict_max_version, !!manifest.experiment_apis);
    assert.equal(!!manifest.experiment_apis, build === 'full');
  });

  test(`${build}: no markup from strings, no code from strings, nothing loaded from elsewhere`, () => {
    for (const [name, text] of contents[build]) {
      if (name === 'LICENSE') continue;
      const source = withoutComments(text);
      assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment/, name);
      assert.doesNotMatch(source, /\beval\(|new Function|\bFunction\(|set(Timeout|Interval)\(\s*['"`]/, name);
      assert.doesNotMatch(source, /import\(|importScripts|XMLHttpRequest|\bfetch\(|WebSocket|sendBeacon/, name);
      assert.doesNotMatch(source, /(src|href)=["']?https?:|url\(|@import/, name);
      assert.doesNotMatch(source, /\son[a-z]+=["']|\bstyle=|<script(?![^>]*\bsrc=)/, name);
    }
  });

  test(`${build}: plain files of known kinds with a licence each, and the licence itself`, () => {
    for (const [name, text] of contents[build]) {
      assert.match(name, /^([\w-]+\/)*[\w-]+\.(mjs|js|html|css|svg|json)$|^LICENSE$/);
      if (!/\.json$|^LICENSE$/.test(name)) assert.match(text.slice(0, 200), /SPDX-License-Identifier: MPL-2\.0/, name);
    }
    assert.equal(contents[build].get('LICENSE'), readFileSync(path.join(root, 'LICENSE'), 'utf8'));
    assert.match(contents[build].get('LICENSE'), /^Mozilla Public License Version 2\.0/);
  });

  test(`${build}: every file that is named is there, and every text in every language`, () => {
    const [english, ...others] = [...contents[build].keys()].filter((name) => name.startsWith('_locales/'));
    const keys = Object.keys(JSON.parse(contents[build].get(english)));
    for (const name of others) assert.deepEqual(Object.keys(JSON.parse(contents[build].get(name))), keys, name);
    const asked = [...contents[build].values()].flatMap((text) => [
      ...[...text.matchAll(/getMessage\('(\w+)'/g)].map(([, key]) => key),
      ...[...text.matchAll(/data-(?:text|label)="(\w+)"/g)].map(([, key]) => key),
      ...[...text.matchAll(/__MSG_(\w+)__/g)].map(([, key]) => key),
    ]);
    assert.ok(asked.length > 40);
    for (const key of asked) assert.ok(keys.includes(key), key);
    for (const [name, text] of scriptsOf(build))
      for (const [, other] of withoutComments(text).matchAll(/^(?:import|export) .*from '(\.[^']+)';$/gm))
        assert.ok(contents[build].has(path.posix.join(path.posix.dirname(name), other)), `${name}: ${other}`);
  });
}

test('what only the other build needs is in neither: no page of the basic one in the full one, nothing of the Experiment in the basic one', () => {
  assert.deepEqual(
    [...contents.full.keys()].filter((name) => name.startsWith('basic/')),
    [],
  );
  assert.deepEqual(
    [...contents.basic.keys()].filter((name) => /^(api|popup|options|first_run)\//.test(name)),
    [],
  );
  const shipped = new Set([...contents.full.keys(), ...contents.basic.keys()]);
  const source = execFileSync('find', ['.', '-path', './node_modules', '-prune', '-o', '-type', 'f', '-print'], {
    cwd: path.join(root, 'extension'),
    encoding: 'utf8',
  });
  const left = source
    .split('\n')
    .map((name) => name.slice(2))
    .filter(
      (name) =>
        name && !shipped.has(name) && !/^(test|types)\/|^\.|^(package(-lock)?|tsconfig)\.json$|\.md$|config\.mjs$/.test(name),
    );
  assert.deepEqual(left, ['basic/manifest.json'], 'every file of the source is shipped');
  const all = Object.keys(JSON.parse(readFileSync(path.join(root, 'extension/_locales/en/messages.json'), 'utf8')));
  const used = builds.flatMap((build) => Object.keys(JSON.parse(contents[build].get('_locales/en/messages.json'))));
  assert.deepEqual(
    all.filter((key) => !used.includes(key)),
    [],
    'every text is used',
  );
});

test('an .xpi is the same octets each time, a small file, and a zip that others can read', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'reprompt-xpi-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const build = (name, zone, ...words) => {
    const file = path.join(folder, name);
    const env = { ...process.env, SOURCE_DATE_EPOCH: '1700000000', TZ: zone };
    execFileSync(process.execPath, [path.join(root, 'packaging/build_xpi.mjs'), ...words, file], { env });
    return file;
  };
  const sum = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
  const full = build('a.xpi', 'UTC');
  const basic = build('b.xpi', 'UTC', '--basic');
  assert.equal(sum(build('c.xpi', 'Asia/Tokyo')), sum(full));
  assert.equal(sum(build('d.xpi', 'Asia/Tokyo', '--basic')), sum(basic));
  assert.ok(statSync(full).size < 180_000, `${statSync(full).size}`);
  assert.ok(statSync(basic).size < 60_000, `${statSync(basic).size}`);
  for (const [file, build] of [
    [full, 'full'],
    [basic, 'basic'],
  ])
    for (const [name, content] of contents[build])
      assert.equal(execFileSync('unzip', ['-p', file, name], { encoding: 'utf8' }), content, name);
  const names = execFileSync('unzip', ['-Z1', full], { encoding: 'utf8' }).trim().split('\n');
  assert.deepEqual(names, [...contents.full.keys()]);
});
