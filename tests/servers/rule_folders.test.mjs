// SPDX-License-Identifier: MPL-2.0
// Rule folders as the installed program reads them: /etc/reprompt/rules.d (in a mount namespace of its own) and ~/.config/reprompt/rules.d, on the
// command line and under Thunderbird. Needs root for the namespace.

import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { makeHome, runReprompt, startNative } from '../harness/host.mjs';
import { makeFolder } from '../harness/processes.mjs';

const answer = { id: '1', protocol: 'imap', host: 'mail.uni.example', mechanism: 'PLAIN', response: ['a1 NO Gute Nacht'] };
const rule = (more = {}) => ({
  id: 'uni',
  verdict: 'account_locked',
  confidence: 'certain',
  when: { host: 'mail.uni.example', words: { any: 'gute nacht' } },
  source: 'https://it.uni.example',
  date: '2026-11-22',
  sample: answer,
  ...more,
});
const file = (...rules) => JSON.stringify({ version: 1, rules });

/** A command that gives what follows it an /etc/reprompt/rules.d of its own: an overlay of nothing but that folder. */
function underEtc(folder) {
  const script =
    'set -e; etc="$1"; shift; mount -t tmpfs -o mode=755 none /mnt; mkdir -p /mnt/up /mnt/work; ' +
    'mount -t overlay -o lowerdir=/etc,upperdir=/mnt/up,workdir=/mnt/work overlay /etc; ' +
    'mkdir -p /etc/reprompt/rules.d; mount --bind "$etc" /etc/reprompt/rules.d; exec "$@"';
  return ['unshare', '-m', 'sh', '-c', script, 'sh', folder];
}

/** An empty folder that a namespace can show as /etc/reprompt/rules.d. */
function etcFolder() {
  const folder = join(makeFolder('etc-rules'), 'rules.d');
  mkdirSync(folder, { mode: 0o755 });
  return folder;
}
function put(folder, name, text, mode = 0o644) {
  writeFileSync(join(folder, name), text);
  chmodSync(join(folder, name), mode);
}
/** A home whose ~/.config/reprompt/rules.d holds these files. */
function homeWith(files) {
  const home = makeHome();
  const folder = join(home.env.XDG_CONFIG_HOME, 'reprompt/rules.d');
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  for (const [name, text] of Object.entries(files)) put(folder, name, text);
  return { ...home, rules: folder };
}
const explain = (line, options = {}) => runReprompt(['explain', '--json'], { stdin: `${JSON.stringify(line)}\n`, ...options });

test("the administrator's rule decides for its host only, and speaks as the organisation", async () => {
  const etc = etcFolder();
  put(etc, '10-uni.json', file(rule({ links: { help: 'https://it.uni.example/mail' } })));
  const run = await explain(answer, { wrap: underEtc(etc) });
  assert.equal(run.status, 0, run.stderr);
  assert.equal(run.json.rule, 'uni', run.stdout + run.stderr);
  assert.match(run.stdout, /your organisation's rule uni/);
  for (const host of ['a.mail.uni.example', 'uni.example', null]) {
    const other = await explain({ ...answer, host }, { wrap: underEtc(etc) });
    assert.notEqual(other.json.rule, 'uni', String(host));
  }
});

test('broken and forbidden files are named with path, line and reason, and everything else works', async () => {
  const etc = etcFolder();
  put(etc, '10-good.json', file(rule()));
  put(etc, '20-broken.json', '{\n  "version": 1,\n  "rules": [ { "id": } ]\n}\n');
  put(etc, '30-wide.json', file(rule({ id: 'wide', when: { host: '*.uni.example' } })));
  put(etc, '40-open.json', file(rule({ id: 'open' })), 0o666);
  put(etc, '50-given.json', file(rule({ id: 'given' })));
  chownSync(join(etc, '50-given.json'), 12345, 12345);
  symlinkSync('/dev/zero', join(etc, '60-endless.json'));
  const run = await explain(answer, { wrap: underEtc(etc) });
  assert.equal(run.status, 0);
  assert.equal(run.json.rule, 'uni');
  const lines = run.stderr.trim().split('\n');
  const named = (pattern) =>
    assert.ok(
      lines.some((line) => pattern.test(line)),
      `${pattern}\n${run.stderr}`,
    );
  named(/^reprompt: \/etc\/reprompt\/rules\.d\/20-broken\.json:3:22: not JSON: /);
  named(/^reprompt: \/etc\/reprompt\/rules\.d\/30-wide\.json:1:\d+: \/rules\/0\/when\/host: /);
  named(/40-open\.json: can be written by others/);
  named(/50-given\.json: does not belong to root/);
  named(/60-endless\.json: is no plain file/);
  assert.equal(lines.length, 5, run.stderr);

  const doctor = await runReprompt(['doctor', '--json'], { wrap: underEtc(etc) });
  const check = doctor.json.checks.find((each) => each.name === 'rules');
  assert.equal(check.ok, false);
  assert.match(check.found, /20-broken\.json:3:22/);
});

test('a folder of /etc that others may write is not used at all', async () => {
  const etc = etcFolder();
  put(etc, '10-uni.json', file(rule()));
  chmodSync(etc, 0o777);
  const run = await explain(answer, { wrap: underEtc(etc) });
  assert.notEqual(run.json.rule, 'uni');
  assert.match(run.stderr, /^reprompt: \/etc\/reprompt\/rules\.d: can be written by others/);
});

test('a folder behind a symbolic link is not used: whoever owns the link would choose the rules', async () => {
  const etc = etcFolder();
  put(etc, '10-uni.json', file(rule()));
  const script =
    'set -e; etc="$1"; shift; mount -t tmpfs -o mode=755 none /mnt; mkdir -p /mnt/up /mnt/work; ' +
    'mount -t overlay -o lowerdir=/etc,upperdir=/mnt/up,workdir=/mnt/work overlay /etc; ' +
    'rm -rf /etc/reprompt; ln -s "$(dirname "$etc")" /etc/reprompt; exec "$@"';
  const run = await explain(answer, { wrap: ['unshare', '-m', 'sh', '-c', script, 'sh', etc] });
  assert.notEqual(run.json.rule, 'uni');
  assert.match(
    run.stderr,
    /^reprompt: \/etc\/reprompt\/rules\.d: cannot be read: \/etc\/reprompt is a symbolic link, which is not followed$/m,
  );

  const home = makeHome();
  symlinkSync(join(etc, '..'), join(home.env.XDG_CONFIG_HOME, 'reprompt'));
  const own = await explain(answer, { home });
  assert.notEqual(own.json.rule, 'uni');
  assert.match(own.stderr, /reprompt is a symbolic link/);
});

test("a user's own rule decides for its host, without links and issuers", async () => {
  const run = await explain(answer, { home: homeWith({ 'a.json': file(rule()) }) });
  assert.equal(run.json.rule, 'uni', run.stdout + run.stderr);
  assert.match(run.stdout, /your own rule uni/);
  assert.equal(run.stderr, '');

  const linking = await explain(answer, {
    home: homeWith({ 'a.json': file(rule({ links: { help: 'https://evil.example' } })) }),
  });
  assert.notEqual(linking.json.rule, 'uni');
  assert.match(linking.stderr, /a\.json:1:\d+: \/rules\/0\/links: a rule of a user's own has no links/);
});

test("the administrator's rule comes before the user's, which cannot take its name", async () => {
  const etc = etcFolder();
  put(etc, 'z.json', file(rule()));
  const home = homeWith({
    'a.json': file(rule({ verdict: 'not_auth' })),
    'b.json': file(rule({ id: 'mine', verdict: 'not_auth' })),
  });
  const run = await explain(answer, { home, wrap: underEtc(etc) });
  assert.equal(run.json.rule, 'uni');
  assert.match(run.stderr, /a\.json:1:\d+: \/rules\/0\/id: expected an id of its own/);
  assert.doesNotMatch(run.stderr, /b\.json/);
});

test('no folder makes a password stale against a response code', async () => {
  const etc = etcFolder();
  put(etc, 'a.json', file(rule({ verdict: 'stale_password', confidence: 'likely' })));
  const stale = await explain(answer, { wrap: underEtc(etc) });
  assert.equal(stale.json.verdict, 'stale_password');
  for (const code of ['UNAVAILABLE', 'EXPIRED', 'CONTACTADMIN', 'LIMIT']) {
    const run = await explain({ ...answer, response: [`a1 NO [${code}] Gute Nacht`] }, { wrap: underEtc(etc) });
    assert.notEqual(run.json.verdict, 'stale_password', code);
    assert.notEqual(run.json.rule, 'uni', code);
  }
});

test('under Thunderbird the same rules decide, and a broken file is a note of the check', async () => {
  const home = homeWith({ 'a.json': file(rule()), 'b.json': '{' });
  const host = startNative({ home });
  const explained = await host.ask('explain', { line: answer });
  assert.equal(explained.rule, 'uni', JSON.stringify(explained));
  assert.equal(explained.rule_origin, 'user');
  const probed = await host.ask('probe', {
    account: { protocol: 'imap', host: 'localhost', port: 1, tls: 'implicit', user: 'alice', auth: 'password' },
  });
  assert.match(JSON.stringify(probed.notes), /b\.json:1:2: not JSON/);
  await host.close();
  await host.stop();
});
