// SPDX-License-Identifier: MPL-2.0
// bash completes what `reprompt --help` knows: commands, options, and the values that options take; tried with bash itself.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeFolder } from '../harness/processes.mjs';
import { commandsOfHelp } from './help.mjs';

const script = fileURLToPath(new URL('../../packaging/completion/reprompt', import.meta.url));

/** What Tab offers at the end of a line, sorted. @param {string[]} words the last one is being typed @param {string} [cwd] */
function offered(words, cwd = '/') {
  const source = `set -u; source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    complete -p reprompt | grep -q -- '-F _reprompt' || exit 1
    _reprompt; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const run = spawnSync('bash', ['-c', source, 'bash', script, ...words], { encoding: 'utf8', cwd });
  assert.equal(run.stderr, '');
  assert.equal(run.status, 0);
  return run.stdout.split('\n').filter(Boolean).sort();
}

const commands = commandsOfHelp();
for (const { name, options, subcommands } of commands) {
  test(`after "reprompt ${name}" every command and option is offered, and nothing else`, () => {
    const words = ['reprompt', ...name.split(' ').filter(Boolean)];
    const target = name === 'probe' ? [...words, 'imaps://imap.example.org'] : words;
    assert.deepEqual(offered([...target, '']), [...subcommands, ...options].sort());
    assert.deepEqual(offered([...target, '--']), options.sort());
    for (const option of options) assert.ok(offered([...target, option]).includes(option));
  });
}

test('a beginning is completed', () => {
  assert.deepEqual(offered(['reprompt', 'un']), ['undo', 'uninstall']);
  assert.deepEqual(offered(['reprompt', 'undo', 'l']), ['list']);
  assert.deepEqual(offered(['reprompt', 'probe', '--pass']), ['--password-fd', '--password-stdin']);
  assert.deepEqual(offered(['reprompt', 'nonsense', '']), []);
});

test('the kinds of URL are offered where the URL belongs', () => {
  const kinds = ['imap://', 'imaps://', 'pop3://', 'pop3s://', 'smtp://', 'smtps://'];
  assert.deepEqual(offered(['reprompt', 'probe', '']), kinds);
  assert.deepEqual(offered(['reprompt', 'probe', 'pop']), ['pop3://', 'pop3s://']);
  // As bash takes it apart when a colon breaks words.
  assert.ok(offered(['reprompt', 'probe', 'imaps', ':', '//host', '--au']).includes('--auth'));
});

test('the values of options are offered', () => {
  const value = (option, beginning = '') => offered(['reprompt', 'probe', 'imaps://h', option, beginning]);
  assert.deepEqual(value('--auth'), ['CRAM-MD5', 'LOGIN', 'OAUTHBEARER', 'PLAIN', 'USER', 'XOAUTH2']);
  assert.deepEqual(value('--auth', 'X'), ['XOAUTH2']);
  assert.deepEqual(value('--tls'), ['implicit', 'none', 'starttls']);
  assert.deepEqual(value('--proxy'), ['http://', 'socks5://']);
  for (const option of ['--user', '--password-fd', '--accept-cert', '--timeout']) assert.deepEqual(value(option), []);
});

test('files are offered for --ca-file and --heard, names with blanks too', () => {
  const folder = makeFolder('completion');
  mkdirSync(join(folder, 'certificates'));
  writeFileSync(join(folder, 'my ca.pem'), '');
  for (const option of ['--ca-file', '--heard'])
    assert.deepEqual(offered(['reprompt', 'probe', 'imaps://h', option, ''], folder), ['certificates', 'my ca.pem']);
  assert.deepEqual(offered(['reprompt', 'batch', '--resume', 'my'], folder), ['my ca.pem']);
  assert.deepEqual(offered(['reprompt', 'batch', '--jobs', '']), []);
});
