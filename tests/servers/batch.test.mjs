// SPDX-License-Identifier: MPL-2.0
// `reprompt batch`: many accounts in one run, over many servers on this computer. Not here: how fast it is (tests/bench).

import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { makeHome, program } from '../harness/host.mjs';
import { startManyServers } from '../harness/many_servers.mjs';
import { findProgram, makeFolder, runOnce, start, textOf, waitUntil } from '../harness/processes.mjs';
import { tracesIn, tracesInFiles, tracesOf } from './planted.mjs';

const folder = makeFolder('batch');
let servers;

before(async () => {
  servers = await startManyServers({ count: 128, delayMs: () => 20, accepts: (user, password) => password === `right-${user}` });
});
after(() => servers.stop());

let lists = 0;
/** Writes a list; gives its name. */
function listOf(accounts) {
  lists += 1;
  const file = join(folder, `list-${lists}.jsonl`);
  writeFileSync(file, accounts.map((each) => `${typeof each === 'string' ? each : JSON.stringify(each)}\n`).join(''));
  return file;
}
const account = (at, more = {}) => ({
  id: `id-${at}`,
  url: servers.url(at),
  tls: 'none',
  user: `user${at}`,
  password: `${at % 10 === 0 ? 'right' : 'wrong'}-user${at}`,
  ...more,
});

/**
 * Starts a batch over a list: from a file, or with `pipe` from a pipe.
 * @param {{home?: {env: object}, args?: string[], pipe?: string, file?: string, answers?: string, password?: string}} options
 */
function startBatch({ home = makeHome(), args = [], pipe, file, answers, password }) {
  const input = file === undefined ? 'pipe' : openSync(file, 'r');
  const output = answers === undefined ? 'pipe' : openSync(answers, 'a');
  const running = start(program, ['batch', ...args], {
    env: home.env,
    stdio: [input, output, 'pipe', ...(password === undefined ? [] : ['pipe'])],
  });
  let stdout = '';
  let stderr = '';
  running.child.stdout?.on('data', (bytes) => (stdout += bytes));
  running.child.stderr.on('data', (bytes) => (stderr += bytes));
  const closed = new Promise((done) => running.child.once('close', done));
  for (const each of [input, output]) if (typeof each === 'number') closeSync(each);
  if (file === undefined) {
    running.child.stdin.on('error', () => {});
    running.child.stdin.end(pipe);
  }
  running.child.stdio[3]?.end(password);
  const lines = () =>
    (answers === undefined ? stdout : readFileSync(answers, 'utf8'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  return {
    running,
    lines,
    async end() {
      const { status } = await running.ended;
      await closed;
      return { status, stdout, stderr, lines: lines() };
    },
  };
}
const runBatch = (options) => startBatch(options).end();
const idsOf = (lines) => lines.map(({ id }) => id).sort();

test('a thousand accounts on 128 servers: each id is answered once, 64 at a time, two at a server', async () => {
  const all = Array.from({ length: 1000 }, (_, at) => account(at));
  const { status, stderr, lines } = await runBatch({ file: listOf(all) });
  assert.equal(status, 0, stderr);
  assert.deepEqual(idsOf(lines), idsOf(all));
  for (const { id, verdict, attempts } of lines) {
    assert.equal(verdict, Number(id.slice(3)) % 10 === 0 ? 'password_accepted' : 'stale_password', id);
    assert.equal(attempts, 1, id);
  }
  for (const { name, mostWaiting } of servers.hosts) assert.ok(mostWaiting <= 2, `${name}: ${mostWaiting} at once`);
  assert.ok(servers.mostWaiting() <= 64, `${servers.mostWaiting()} at once`);
  assert.ok(servers.mostWaiting() > 8, `only ${servers.mostWaiting()} at once`);
  assert.match(stderr, /1000 answered in .*: 900 stale_password, 100 password_accepted/);
});

test('an answer is what `reprompt explain` reads, and gets the same verdict there', async () => {
  const { lines, stdout } = await runBatch({ pipe: `${JSON.stringify(account(7001))}\n` });
  const explained = start(program, ['explain'], { env: makeHome().env, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  explained.child.stdout.on('data', (bytes) => (said += bytes));
  explained.child.stdin.end(stdout);
  await new Promise((done) => explained.child.once('close', done));
  const again = JSON.parse(said);
  assert.deepEqual([again.id, again.verdict, again.rule], ['id-7001', lines[0].verdict, lines[0].rule]);
});

test('a long run of one slow server in a file keeps nobody behind it waiting', async () => {
  const slow = await startManyServers({ count: 1, net: 1, delayMs: () => 150 });
  try {
    const first = Array.from({ length: 40 }, (_, at) => account(2000 + at, { id: `slow-${at}`, url: slow.url(0) }));
    const rest = Array.from({ length: 200 }, (_, at) => account(2100 + at));
    // More than the share that waits for one server: the rest of the run is read again later.
    const { status, stderr, lines } = await runBatch({ file: listOf([...first, ...rest]), args: ['--jobs', '8'] });
    assert.equal(status, 0, stderr);
    assert.deepEqual(idsOf(lines), idsOf([...first, ...rest]));
    const slowOnes = lines.map(({ id }) => id).filter((id) => id.startsWith('slow-'));
    assert.equal(slow.hosts[0].mostWaiting, 2);
    const behind = lines.slice(lines.findIndex(({ id }) => id === slowOnes[30])).filter(({ id }) => id.startsWith('id-'));
    assert.deepEqual(behind, [], 'accounts of other servers came after most of the slow ones');
  } finally {
    await slow.stop();
  }
});

test('lines that cannot be used are answered with their number, the others as usual, and the status is 65', async () => {
  const text = [
    '{"id":"no end"',
    '',
    '# a remark',
    JSON.stringify(account(3000)),
    '{"url":"imaps://localhost"}',
    `{"id":"twice","id":"twice","url":"imaps://localhost"}`,
    `{"id":5,"url":"https://localhost"}`,
    `{"id":"port","protocol":"imap","host":"127.0.1.1","port":70000}`,
    `{"id":"no password","url":"${servers.url(1)}","user":"x"}`,
    `{"id":"number","url":"${servers.url(1)}","user":"x","password":12345}`,
    `{"id":"long","url":"imaps://localhost","remark":"${'x'.repeat(70_000)}"}`,
    JSON.stringify(account(3000)),
    `${JSON.stringify(account(3001))}\r`,
    JSON.stringify(account(3002)),
  ].join('\n');
  const { status, lines } = await runBatch({ pipe: text });
  assert.equal(status, 65);
  const errors = lines.filter(({ error }) => error).map(({ id, line, error }) => [id, line, error]);
  assert.deepEqual(
    errors.map(([id, line]) => [id, line]).sort((left, right) => left[1] - right[1]),
    [
      [null, 1],
      [null, 5],
      [null, 6],
      [5, 7],
      ['port', 8],
      ['no password', 9],
      ['number', 10],
      [null, 11],
      ['id-3000', 12],
    ],
    JSON.stringify(errors),
  );
  assert.deepEqual(idsOf(lines.filter(({ verdict }) => verdict)), ['id-3000', 'id-3001', 'id-3002']);
});

test('a list in which four users share a password is refused before anything is sent', async () => {
  const guesses = ['alice', 'bob', 'carol', 'dave'].map((user, at) => ({
    id: at,
    url: servers.url(at),
    tls: 'none',
    user,
    password: 'planted-Spring2026',
  }));
  for (const how of [{ file: listOf(guesses) }, { pipe: guesses.map((each) => JSON.stringify(each)).join('\n') }]) {
    const { status, stdout, stderr } = await runBatch(how);
    assert.equal(status, 65);
    assert.match(stderr, /^reprompt: line 4: more than 3 users of this list have the same password, as in guessing/m);
    assert.doesNotMatch(stdout + stderr, /planted|dave/);
  }
  for (const { user } of guesses) assert.equal(servers.credentials.get(user), undefined, user);
  const three = guesses.slice(0, 3).map((each) => ({ ...each, user: `${each.user}-of-three` }));
  assert.equal((await runBatch({ file: listOf(three) })).status, 0);
});

test('a list in which a user has three passwords is refused, also in a file of thousands of lines', async () => {
  const many = Array.from({ length: 5000 }, (_, at) => account(10_000 + at, { user: `crowd${at}@example.org` }));
  for (const at of [1, 2, 4999]) many[at] = { ...many[at], user: 'Eve@Example.org' };
  const { status, stdout, stderr } = await runBatch({ file: listOf(many) });
  assert.equal(status, 65);
  assert.equal(stdout, '');
  assert.match(stderr, /line 5000: a user of this list has more than 2 passwords/);
  assert.equal(servers.credentials.get('Eve@Example.org'), undefined);
});

test('a refused password is sent once, however often it is in lists, and three attempts of an account are all', async () => {
  const home = makeHome();
  const lines = (...passwords) =>
    passwords.map((password, at) => ({ id: at, url: servers.url(5), tls: 'none', user: 'frank', password }));
  await runBatch({ home, file: listOf(lines('one', 'one', 'two')) });
  assert.equal(servers.credentials.get('frank'), 2);
  await runBatch({ home, file: listOf(lines('one', 'three')) });
  assert.equal(servers.credentials.get('frank'), 3);
  const { lines: last } = await runBatch({ home, file: listOf(lines('four')) });
  assert.equal(servers.credentials.get('frank'), 3);
  assert.equal(last[0].rule, 'attempts-used-up');
  assert.equal(last[0].attempts, 0);
});

test('Ctrl-C finishes what is under way and says how to go on, and --resume answers the rest, each once', async () => {
  const held = await startManyServers({ count: 50, delayMs: () => 400 });
  try {
    const home = makeHome();
    const all = Array.from({ length: 100 }, (_, at) => account(at, { url: held.url(at), user: `held${at}` }));
    const file = listOf(all);
    const answers = join(folder, 'answers.jsonl');
    writeFileSync(answers, '');
    const batch = startBatch({ home, file, answers, args: ['--jobs', '20'] });
    await waitUntil(() => held.credentials.size >= 20, { what: '20 credentials' });
    batch.running.child.kill('SIGINT');
    const first = await batch.end();
    assert.equal(first.status, 130, first.stderr);
    assert.match(first.stderr, /finishing \d+ that are under way/);
    assert.match(first.stderr, /to go on.*reprompt batch --resume ANSWERS <LIST >>ANSWERS/);
    assert.equal(first.lines.length, held.credentials.size, 'everybody who was asked for is answered');
    assert.ok(first.lines.length < 100);

    writeFileSync(answers, '{"id":"held5","verd', { flag: 'a' }); // as if the next run had been killed while it wrote
    const second = startBatch({ home, file, answers, args: ['--resume', answers] });
    const { status } = await second.running.ended;
    assert.equal(status, 0);
    const written = readFileSync(answers, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && line !== '{"id":"held5","verd');
    assert.deepEqual(idsOf(written.map((line) => JSON.parse(line))), idsOf(all));
    for (const [user, count] of held.credentials) assert.equal(count, 1, user);
  } finally {
    await held.stop();
  }
});

test('where no terminal is, a line says every 5 s how far it is; a second Ctrl-C ends at once', async () => {
  const held = await startManyServers({ count: 4, delayMs: () => 60_000 });
  try {
    const batch = startBatch({ file: listOf(Array.from({ length: 8 }, (_, at) => account(4000 + at, { url: held.url(at) }))) });
    await waitUntil(() => held.credentials.size === 8, { what: 'the credentials' });
    const begin = Date.now();
    let said = '';
    batch.running.child.stderr.on('data', (bytes) => (said += bytes));
    await waitUntil(() => said !== '', { what: 'the progress' });
    assert.equal(said, 'reprompt: 0 of 8 answered, 8 under way\n');
    batch.running.child.kill('SIGTERM');
    await waitUntil(() => said.includes('finishing 8'), { what: 'the first signal' });
    batch.running.child.kill('SIGTERM');
    assert.equal((await batch.end()).status, 143);
    assert.ok(Date.now() - begin < 20_000);
  } finally {
    await held.stop();
  }
});

test('a run that is killed leaves its login in progress: the next one has an error for it and sends nothing', async () => {
  const held = await startManyServers({ count: 1, net: 3, delayMs: () => 60_000 });
  try {
    const home = makeHome();
    const file = listOf([account(0, { id: 'killed', url: held.url(0), user: 'killed' })]);
    const first = startBatch({ home, file });
    await waitUntil(() => held.credentials.size === 1, { what: 'the credential' });
    first.running.child.kill('SIGKILL');
    await first.end();
    const { status, lines } = await runBatch({ home, file, args: ['--timeout', '4'] });
    assert.equal(status, 70);
    assert.deepEqual(
      lines.map(({ id, verdict, error }) => [id, verdict, error]),
      [['killed', undefined, 'Another run is trying this login, or was killed while it did, so nothing was sent.']],
    );
    assert.equal(held.credentials.get('killed'), 1);
  } finally {
    await held.stop();
  }
});

test('a signal that was ignored when the run began stays ignored, as nohup(1) wants it', async () => {
  const held = await startManyServers({ count: 20, net: 3, delayMs: () => 300 });
  try {
    const all = Array.from({ length: 60 }, (_, at) => account(at, { url: held.url(at), user: `hup${at}` }));
    const command = `trap '' HUP; exec '${program}' batch --jobs 5 <'${listOf(all)}'`;
    const running = start('/bin/sh', ['-c', command], { env: makeHome().env });
    await waitUntil(() => held.credentials.size > 0, { what: 'a credential' });
    running.child.kill('SIGHUP');
    assert.equal((await running.ended).status, 0, running.output());
    assert.equal(held.credentials.size, all.length);
  } finally {
    await held.stop();
  }
});

test('who waits for a password that never comes can be ended by Ctrl-C', async () => {
  const running = start(program, ['batch', '--password-fd', '3'], {
    env: makeHome().env,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  const waits = () => /^State:\s+S/m.test(textOf(`/proc/${running.pid}/status`));
  await waitUntil(waits, { what: 'the wait' });
  running.child.kill('SIGINT');
  const killer = setTimeout(() => running.child.kill('SIGKILL'), 10_000);
  assert.equal((await running.ended).signal, 'SIGINT');
  clearTimeout(killer);
});

for (const [what, stderr] of [
  ['the answers', 'pipe'],
  ['answers and progress', 'the same'],
])
  test(`where nobody reads ${what} any more, a second Ctrl-C still ends at once`, async () => {
    const fast = await startManyServers({ count: 100, net: 3 });
    const pipe = join(folder, `nobody-${stderr}`);
    runOnce(findProgram('mkfifo'), [pipe]);
    const end = openSync(pipe, 'r+');
    try {
      const all = Array.from({ length: 2000 }, (_, at) => account(at, { url: fast.url(at), user: `unread${at}` }));
      const input = openSync(listOf(all), 'r');
      const stdio = [input, end, stderr === 'pipe' ? 'pipe' : end];
      const running = start(program, ['batch', '--jobs', '4'], { env: makeHome().env, stdio });
      closeSync(input);
      let moved = { size: 0, at: Date.now() };
      const stuck = () => {
        if (fast.credentials.size !== moved.size) moved = { size: fast.credentials.size, at: Date.now() };
        return moved.size > 0 && Date.now() - moved.at > 1500;
      };
      await waitUntil(stuck, { what: 'a full pipe' });
      assert.ok(moved.size < all.length, 'it was never full');
      const begin = Date.now();
      const again = setInterval(() => running.child.kill('SIGINT'), 200);
      const killer = setTimeout(() => running.child.kill('SIGKILL'), 10_000);
      const { status } = await running.ended;
      clearInterval(again);
      clearTimeout(killer);
      assert.equal(status, 130);
      assert.ok(Date.now() - begin < 5000, `${Date.now() - begin} ms`);
    } finally {
      closeSync(end);
      await fast.stop();
    }
  });

test('answers are not written over the file that names those that are there', async () => {
  const answers = join(folder, 'overwritten.jsonl');
  writeFileSync(answers, '');
  const output = openSync(answers, 'w');
  const running = start(program, ['batch', '--resume', answers], { env: makeHome().env, stdio: ['pipe', output, 'pipe'] });
  closeSync(output);
  running.child.stdin.end();
  assert.equal((await running.ended).status, 64);
  assert.match(running.output(), /would overwrite it; write >>FILE/);
});

test('the password of a descriptor is for the lines without one', async () => {
  const list = ['imap', 'second'].map((id, at) => ({ id, url: servers.url(20 + at), tls: 'none', user: 'grace' }));
  const { status, lines } = await runBatch({ file: listOf(list), args: ['--password-fd', '3'], password: 'right-grace\n' });
  assert.equal(status, 0);
  assert.deepEqual(
    lines.map(({ verdict }) => verdict),
    ['password_accepted', 'password_accepted'],
  );
});

test('with --no-auth no password leaves, whoever shares it', async () => {
  const list = Array.from({ length: 6 }, (_, at) => account(5000 + at, { password: 'the same' }));
  const { status, lines, stderr } = await runBatch({ file: listOf(list), args: ['--no-auth'] });
  assert.equal(status, 0);
  assert.equal(lines.length, list.length);
  assert.deepEqual(new Set(lines.map(({ rule }) => rule)), new Set(['no-credential']));
  assert.match(stderr, /line 4: more than 3 users .* without --no-auth the list is refused/);
  for (const { user } of list) assert.equal(servers.credentials.get(user), undefined);
});

test('no password of a list is in the answers, in the words on standard error or in a file of the home', async () => {
  const home = makeHome();
  const secrets = { refused: 'q7Vd0RzW2mKc', taken: 'right-heidi', broken: 'Xn4TjY8pLs3b' };
  const list = [
    { id: 1, url: servers.url(30), tls: 'none', user: 'ivan', password: secrets.refused },
    { id: 2, url: servers.url(31), tls: 'none', user: 'heidi', password: secrets.taken },
    `{"id":3,"url":"imaps://localhost","user":"judy","password":"${secrets.broken}`,
    `{"id":4,"url":"imaps://localhost:0","user":"judy","password":"${secrets.broken}"}`,
    `{"id":5,"url":"${servers.url(32)}","user":"judy","password":["${secrets.broken}"]}`,
  ];
  const { status, stdout, stderr } = await runBatch({ home, file: listOf(list) });
  assert.equal(status, 65);
  const traces = tracesOf(secrets);
  assert.deepEqual(tracesIn(stdout, traces), []);
  assert.deepEqual(tracesIn(stderr, traces), []);
  assert.deepEqual(tracesInFiles([home.folder], traces), []);
});

test('on a terminal a bar shows how far it is, and the answers stay clean', async () => {
  const answers = join(folder, 'beside-a-bar.jsonl');
  const all = Array.from({ length: 300 }, (_, at) => account(8000 + at));
  const command = `stty cols 110; '${program}' batch --jobs 8 <'${listOf(all)}' >'${answers}'`;
  const running = start(findProgram('script'), ['-qec', command, '/dev/null'], { env: makeHome().env });
  assert.equal((await running.ended).status, 0, running.output());
  // eslint-disable-next-line no-control-regex
  const bars = running.output().match(/\r\x1b\[K\[[#.]+\] \d+ of 300 answered[^\r\n]*/g) ?? [];
  assert.ok(bars.length > 0, running.output());
  for (const bar of bars) assert.ok(bar.length - 4 < 110, bar);
  assert.match(bars.at(-1), /\[#+\] 300 of 300 answered/);
  assert.match(running.output(), /reprompt: 300 answered in/);
  const lines = readFileSync(answers, 'utf8').trimEnd().split('\n');
  assert.deepEqual(idsOf(lines.map((line) => JSON.parse(line))), idsOf(all));
});

test('answers on the terminal of the bar take its place, each on a line of its own', async () => {
  const all = Array.from({ length: 40 }, (_, at) => account(9000 + at));
  const command = `stty cols 110; '${program}' batch --jobs 8 <'${listOf(all)}'`;
  const running = start(findProgram('script'), ['-qec', command, '/dev/null'], { env: makeHome().env });
  assert.equal((await running.ended).status, 0, running.output());
  const seen = running
    .output()
    .split('\n')
    .map((line) => line.trimEnd().split('\r\x1b[K').at(-1));
  const answers = seen.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  assert.deepEqual(idsOf(answers), idsOf(all));
});

test('a list is not read from a terminal', async () => {
  const running = start(findProgram('script'), ['-qec', `'${program}' batch`, '/dev/null'], { env: makeHome().env });
  assert.equal((await running.ended).status, 64);
  assert.match(
    running.output(),
    /^reprompt: the list is read from standard input, which is a terminal; write <FILE, or pipe it\s*$/,
  );
});

test('a wrong number of jobs and a file that is not there are refused in one line', async () => {
  for (const args of [
    ['--jobs', '0'],
    ['--jobs', '257'],
    ['--resume', '/nonexistent'],
    ['--ca-file', '/nonexistent'],
    ['--timeout', '0'],
  ]) {
    const { status, stdout, stderr } = await runBatch({ pipe: '', args });
    assert.equal(status, 64, args.join(' '));
    assert.equal(stdout, '');
    assert.equal(stderr.split('\n').length, 2, stderr);
  }
});
