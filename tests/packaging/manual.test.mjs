// SPDX-License-Identifier: MPL-2.0
// The manual pages tell what the program does: every command and option of --help is in reprompt(1) and the other way round, every word of a rule file in reprompt-rules(5), and both are
// sound troff. Does not belong here: what the options do.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeFolder, runOnce } from '../harness/processes.mjs';
import { commandsOfHelp } from './help.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = readdirSync(join(root, 'packaging/man'));
const source = (name) => readFileSync(join(root, 'packaging/man', name), 'utf8');
const commands = commandsOfHelp();

/** The options of each command as reprompt(1) describes them: lines that begin a definition, by the heading above them. */
function described() {
  const found = new Map();
  let under = null;
  for (const line of source('reprompt.1.scd').split('\n')) {
    const heading = /^##? (.*)$/.exec(line);
    if (heading) under = heading[1] === 'OPTIONS' ? '' : heading[1].startsWith('reprompt ') ? heading[1].slice(9) : null;
    if (heading && under !== null) found.set(under, []);
    if (under !== null && line.startsWith('*-'))
      found.get(under).push(...[...line.matchAll(/\*(--[a-z-]+)\*/g)].map(([, option]) => option));
  }
  return found;
}

test('every command and every option of --help is described in reprompt(1), and nothing else', () => {
  const page = described();
  const leaves = commands.filter(({ subcommands }) => subcommands.length === 0 || subcommands === commands[0].subcommands);
  assert.deepEqual([...page.keys()].sort(), leaves.map(({ name }) => name).sort());
  for (const { name, options } of leaves) {
    // --help is said once, for all.
    const own = options.filter((option) => name === '' || option !== '--help');
    assert.deepEqual([...page.get(name)].sort(), own.sort(), `reprompt ${name}`);
  }
});

test('the synopsis of reprompt(1) names every option once more', () => {
  const synopsis = source('reprompt.1.scd').split('# SYNOPSIS')[1].split('# DESCRIPTION')[0];
  for (const { name, options } of commands.filter(({ name }) => name !== '')) {
    const paragraph = synopsis.split('\n\n').find((each) => each.startsWith(`*reprompt ${name}*`)) ?? '';
    const own = options.filter((option) => option !== '--help').sort();
    const named = [...paragraph.matchAll(/\*(--[a-z-]+)\*/g)].map(([, option]) => option).sort();
    if (own.length > 0) assert.deepEqual(named, own, `reprompt ${name}`);
  }
});

test('reprompt(1) names every verdict and every exit status', () => {
  const page = source('reprompt.1.scd');
  const words = readFileSync(join(root, 'host/diagnose/verdict.cpp'), 'utf8');
  const verdicts = JSON.parse(readFileSync(join(root, 'manifests/rules.schema.json'), 'utf8')).$defs.rule.properties.verdict.enum;
  const table = page.split('# VERDICTS')[1].split('# EXIT STATUS')[0];
  const named = [...table.matchAll(/^\|.\s+\*(\w+)\*$/gm)].map(([, verdict]) => verdict);
  assert.deepEqual(named.sort(), [...verdicts, 'password_accepted'].sort());
  for (const verdict of named) assert.ok(words.includes(`"${verdict}"`), verdict);
  const header = readFileSync(join(root, 'host/app/exit_status.hpp'), 'utf8');
  const statuses = [...header.matchAll(/exit_\w+ = (\d+)/g)].map(([, status]) => status);
  const listed = [
    ...page
      .split('# EXIT STATUS')[1]
      .split('# ENVIRONMENT')[0]
      .matchAll(/^\*(\d+)\*$/gm),
  ].map(([, status]) => status);
  assert.ok(statuses.length > 5, 'host/app/exit_status.hpp reads otherwise');
  assert.deepEqual(listed, statuses);
});

test('reprompt(1) names every variable that the program reads', () => {
  const text = runOnce('grep', ['-rhoE', 'getenv\\("[A-Z_]+"\\)|cert_(file|dir)_env', join(root, 'host')]);
  const read = new Set(
    text
      .trim()
      .split('\n')
      .map((each) =>
        each.includes('cert_file') ? 'SSL_CERT_FILE' : each.includes('cert_dir') ? 'SSL_CERT_DIR' : each.split('"')[1],
      ),
  );
  const page = source('reprompt.1.scd').split('# ENVIRONMENT')[1].split('# FILES')[0];
  const named = new Set([...page.matchAll(/\*([A-Z_]{4,})\*/g)].map(([, name]) => name));
  assert.deepEqual([...named].sort(), [...read].sort());
});

test('every word of a rule file is in reprompt-rules(5), and every word explained there is one', () => {
  const schema = JSON.parse(readFileSync(join(root, 'manifests/rules.schema.json'), 'utf8'));
  const page = source('reprompt-rules.5.scd');
  const { when, rule, interceptor } = schema.$defs;
  const explained = (heading) => {
    const section = page.split(`\n# ${heading}\n`)[1].split('\n# ')[0];
    return [...section.matchAll(/^\*.*$/gm)].flatMap(([line]) => [...line.matchAll(/\*([$\w]+)\*/g)].map(([, word]) => word));
  };
  const builtInOnly = ['plain_words', 'software', 'unfinished', 'providers'];
  const inFiles = Object.keys(schema.properties).filter((key) => !builtInOnly.includes(key));
  assert.deepEqual(explained('FILE').sort(), inFiles.sort());
  assert.deepEqual(explained('RULE').sort(), Object.keys(rule.properties).sort());
  assert.deepEqual(explained('PREDICATES').sort(), Object.keys(when.properties).sort());
  /** All words that a value may be. */
  const enums = (part) =>
    typeof part !== 'object' || part === null
      ? []
      : [...(part.enum ?? []), ...Object.entries(part).flatMap(([key, value]) => (key === '$defs' ? [] : enums(value)))];
  const used = Object.entries(schema.$defs).flatMap(([name, part]) =>
    ['provider', 'software'].includes(name) ? [] : enums(part),
  );
  const words = [
    ...used,
    ...builtInOnly,
    ...Object.keys(when.properties.words.properties),
    ...Object.keys(interceptor.properties),
  ];
  const there = new Set(page.match(/[\w-]+/g).map((word) => word.replace(/^_+|_+$/g, ''))); // _emphasis_
  assert.deepEqual(
    words.filter((word) => typeof word === 'string' && !there.has(word)),
    [],
  );
});

test('the example of reprompt-rules(5) is a rule file that the program takes', () => {
  const example = source('reprompt-rules.5.scd').split('# EXAMPLE')[1].split('```')[1];
  const home = makeFolder('home');
  const file = JSON.parse(example);
  // As a user's own file: without what only an organisation may say.
  delete file.organisation;
  for (const rule of file.rules) {
    delete rule.text;
    delete rule.links;
  }
  runOnce('mkdir', ['-p', join(home, 'reprompt/rules.d')]);
  writeFileSync(join(home, 'reprompt/rules.d/10-uni.json'), JSON.stringify(file), { mode: 0o644 });
  const program = process.env.REPROMPT_BIN ?? join(root, 'dist/reprompt');
  const run = spawnSync(program, ['explain'], {
    encoding: 'utf8',
    input: `${JSON.stringify(file.rules[0].sample)}\n`,
    env: { ...process.env, XDG_CONFIG_HOME: home },
  });
  assert.equal(run.stderr, '');
  assert.equal(JSON.parse(run.stdout).rule, 'uni.device-code');
});

for (const page of pages) {
  test(`${page} becomes a manual page without a complaint`, () => {
    const [, name, section] = /^(.*)\.(\d)\.scd$/.exec(page);
    const made = spawnSync('scdoc', { input: source(page), encoding: 'utf8' });
    assert.equal(made.status, 0, made.stderr);
    const file = join(makeFolder('man'), `${name}.${section}`);
    writeFileSync(file, made.stdout);
    const env = { ...process.env, LC_ALL: 'C.UTF-8', MANROFFSEQ: '', MANWIDTH: '80' };
    const shown = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', file], {
      encoding: 'utf8',
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    assert.equal(shown.status, 0);
    assert.equal(shown.stderr, '');
    const header = runOnce('lexgrog', [file]);
    assert.match(header, new RegExp(`"${name} - `));
  });
}
