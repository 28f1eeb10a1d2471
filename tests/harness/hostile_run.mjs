// SPDX-License-Identifier: MPL-2.0
// What every hostile case has in common: which programs are tried, how their time and memory are measured, what they must hold to whatever the other side does,
// and the sums. Belongs here: the run and its judgement. Does not belong here: the cases (hostile_lies.mjs and its neighbours), the servers.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { makeHome } from './host.mjs';
import { findProgram, makeFolder, runOnce, start, textOf } from './processes.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const sanitized = resolve(process.env.REPROMPT_SANITIZED_BIN ?? join(root, 'build/asan/reprompt'));

/** The program as it is shipped; its memory is limited. */
export const plainProgram = resolve(process.env.REPROMPT_BIN ?? join(root, 'dist/reprompt'));
/** The one that finds its own mistakes and leaks, where it was built; else the other one again. */
export const watchfulProgram = existsSync(sanitized) ? sanitized : plainProgram;
const isSanitized = (program) => readFileSync(program).includes('__asan_init');
/** The most memory that a program may ever use, in KiB. A sanitizer has shadows and keeps what is freed for a while. */
const mostMemory = (program) => (isSanitized(program) ? 512 : 64) * 1024;
/** Beyond a deadline a program may need this long on a machine that does sixteen of these at once and other things too. */
const slackMs = 5000;

const watchful = {
  ASAN_OPTIONS: 'detect_leaks=1:exitcode=99:strict_string_checks=1:quarantine_size_mb=16',
  UBSAN_OPTIONS: 'print_stacktrace=1:exitcode=99',
};
const sums = { cases: 0, failures: 0, slowest: null, memory: {} };

/** Counts a case. @template T @param {() => Promise<T>} tell */
export async function counted(tell) {
  sums.cases += 1;
  try {
    return await tell();
  } catch (error) {
    sums.failures += 1;
    throw error;
  }
}

/** The sentence that says how it went. */
export function summary() {
  const memory = Object.entries(sums.memory).map(
    ([program, most]) => `${program.replace(root, '')} ${Math.round(most / 1024)} of ${mostMemory(program) / 1024} MiB`,
  );
  const { name, ms, deadlineMs } = sums.slowest ?? {};
  return `hostile: ${sums.cases} cases, ${sums.failures} failures; slowest against its deadline: ${name} (${ms} ms, deadline ${deadlineMs} ms); most memory: ${memory.join(', ')}`;
}

/** It was in time. @param {number} deadlineMs what it was allowed to wait */
export function expectInTime(name, ms, deadlineMs) {
  if (!sums.slowest || ms - deadlineMs > sums.slowest.ms - sums.slowest.deadlineMs)
    sums.slowest = { name, ms: Math.round(ms), deadlineMs };
  assert.ok(ms <= deadlineMs + slackMs, `${name}: ${ms} ms, the deadline was ${deadlineMs} ms`);
}

function expectGoodEnd({ name, program, status, signal, err, memory, statuses }) {
  const all = `${name}: exit status ${status} ${signal ?? ''}, ${memory} KiB\n${err.slice(0, 8000)}`;
  sums.memory[program] = Math.max(sums.memory[program] ?? 0, memory);
  assert.doesNotMatch(err, /Sanitizer|runtime error/, all);
  assert.equal(signal, null, all);
  assert.ok(statuses.includes(status), all);
  assert.ok(memory <= mostMemory(program), `too much memory: ${all}`);
}

const folder = makeFolder('hostile');
const wrapper = join(folder, 'measured_run');
runOnce(findProgram('cc'), ['-O1', '-o', wrapper, new URL('measured_run.c', import.meta.url).pathname]);
let runs = 0;

/**
 * Runs a program's command line to its end, in time and memory, and sees that it only says what can be read.
 * @param {string} name of the case @param {string[]} args
 * @param {{password?: string, stdin?: string, deadlineMs: number, program?: string}} options
 */
export async function runMeasured(name, args, { password, stdin = '', deadlineMs, program = plainProgram }) {
  const memoryFile = join(folder, `memory-${(runs += 1)}`);
  const all = [memoryFile, program, ...args, ...(password === undefined ? [] : ['--password-fd', '3'])];
  const begin = performance.now();
  const running = start(wrapper, all, {
    env: { ...makeHome().env, ...watchful },
    stdio: ['pipe', 'pipe', 'pipe', ...(password === undefined ? [] : ['pipe'])],
  });
  const said = { 1: [], 2: [] };
  for (const at of [1, 2]) running.child.stdio[at].on('data', (bytes) => said[at].push(bytes));
  const closed = new Promise((done) => running.child.once('close', done));
  running.child.stdin.on('error', () => {}).end(stdin);
  running.child.stdio[3]?.on('error', () => {}).end(password);
  const timer = setTimeout(() => void running.stop('SIGKILL'), deadlineMs + 20_000);
  const { status, signal } = await running.ended;
  await closed;
  clearTimeout(timer);
  const [out, err] = [Buffer.concat(said[1]), Buffer.concat(said[2])];
  const memory = Number(textOf(memoryFile));
  rmSync(memoryFile, { force: true });
  expectGoodEnd({ name, program, status, signal, err: err.toString('latin1'), memory, statuses: [0, 1, 2, 3] });
  expectInTime(name, performance.now() - begin, deadlineMs);
  expectReadable(out, `${name}: stdout`);
  expectReadable(err, `${name}: stderr`);
  return { status, out: out.toString(), err: err.toString() };
}

/** A program as Thunderbird runs it: it lives through many cases, and each of its answers is looked at as it comes. */
export class NativeHost {
  /** @param {string} program @param {{home?: {env: object}}} [options] */
  constructor(program, { home = makeHome() } = {}) {
    this.program = program;
    this.inFlight = 0;
    this.running = start(program, ['/usr/lib/mozilla/native-messaging-hosts/reprompt.json', 'reprompt@reprompt.example'], {
      env: { ...home.env, ...watchful },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.pid = this.running.pid;
    this.err = '';
    this.waiting = new Map(); // id -> what to do with a message
    this.without = []; // messages that nobody waits for, such as those with id null
    this.unreadable = [];
    this.frames = 0;
    let bytes = Buffer.alloc(0);
    const { child } = this.running;
    child.stdin.on('error', () => {});
    child.stderr.on('data', (more) => (this.err += more.toString('latin1')));
    child.stdout.on('data', (more) => {
      bytes = bytes.length ? Buffer.concat([bytes, more]) : more;
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32LE(0)) {
        const frame = bytes.subarray(4, 4 + bytes.readUInt32LE(0));
        bytes = bytes.subarray(4 + frame.length);
        this.take(frame);
      }
      this.leftover = bytes;
    });
    this.closed = new Promise((done) => child.once('close', done));
    this.running.ended.then(() => {
      for (const { fail } of this.waiting.values()) fail(new Error(`the program ended: ${this.err.slice(0, 8000)}`));
    });
  }
  take(frame) {
    this.frames += 1;
    const message = JSON.parse(frame.toString());
    const waits = this.waiting.get(message.id);
    try {
      expectReadable(frame, 'a frame');
      expectReadableValues(message, 'a frame');
    } catch (error) {
      if (waits) waits.fail(error);
      else this.unreadable.push(error);
      return;
    }
    if (waits) waits.take(message);
    else this.without.push(message);
  }
  sendOctets(octets) {
    this.running.child.stdin.write(octets);
  }
  sendText(text) {
    const body = Buffer.from(text);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(body.length);
    this.sendOctets(Buffer.concat([head, body]));
  }
  /** Sends a message and gives its last answer; a `chain` before is answered by `trusted`. */
  ask(message, { trusted = false, limitMs = 60_000 } = {}) {
    return new Promise((give, fail) => {
      const { id } = message;
      const timer = setTimeout(() => this.waiting.get(id)?.fail(new Error(`no answer within ${limitMs} ms`)), limitMs);
      const done = (how) => (value) => {
        clearTimeout(timer);
        this.waiting.delete(id);
        how(value);
      };
      const last = done(give);
      this.waiting.set(id, {
        fail: done(fail),
        take: (answer) => {
          if (answer.type === 'chain')
            this.sendText(JSON.stringify({ v: 1, id: `${id} trust`, type: 'trust', probe: id, trusted }));
          else if (answer.type !== 'progress') last(answer);
        },
      });
      this.sendText(JSON.stringify({ v: 1, ...message }));
    });
  }
  memory() {
    return Number(/^VmHWM:\s+(\d+)/m.exec(textOf(`/proc/${this.pid}/status`))?.[1] ?? NaN);
  }
  alive = () => this.running.alive();
  /** The end of its input ends it well, and whatever leaked is told then. */
  async end(name, statuses = [0]) {
    const memory = this.memory();
    this.running.child.stdin.end();
    const timer = setTimeout(() => void this.running.stop('SIGKILL'), 20_000);
    const { status, signal } = await this.running.ended;
    await this.closed;
    clearTimeout(timer);
    expectGoodEnd({
      name,
      program: this.program,
      status,
      signal,
      err: this.err,
      memory: Number.isNaN(memory) ? 0 : memory,
      statuses,
    });
    expectReadable(Buffer.from(this.err, 'latin1'), `${name}: stderr`);
    assert.deepEqual(this.unreadable, []);
    assert.equal(this.leftover?.length ?? 0, 0, 'something else than frames reached stdout');
  }
}

/** Some programs of one kind that share the cases; each takes as many at once as it does at once (8). One that dies fails its cases, and another takes its place. */
export class Hosts {
  constructor(program, count) {
    this.program = program;
    this.count = count;
    this.hosts = [];
    this.ended = [];
  }
  /** Each of them answers a first time, which takes longer than later. */
  async begin() {
    while (this.hosts.length < this.count) this.hosts.push(new NativeHost(this.program));
    await Promise.all(this.hosts.map((each) => each.ask({ id: 'hello', type: 'hello', version: '0.1.0' })));
  }
  async with(tell) {
    this.hosts = this.hosts.filter((each) => each.alive() || (this.ended.push(each), false));
    while (this.hosts.length < this.count) this.hosts.push(new NativeHost(this.program));
    const host = this.hosts.reduce((least, each) => (each.inFlight < least.inFlight ? each : least));
    host.inFlight += 1;
    try {
      return await tell(host);
    } finally {
      host.inFlight -= 1;
    }
  }
  async end(name) {
    const ends = await Promise.allSettled(
      [...this.hosts, ...this.ended].map((each) => each.end(`${name}, ${each.frames} frames`)),
    );
    for (const { reason } of ends) if (reason) throw reason;
  }
}

/** Characters that change how a reader sees the rest, or that none can see: C0, C1, bidirectional, zero-width, separators, tags. */
const deceiving =
  // eslint-disable-next-line no-control-regex, no-misleading-character-class
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e007f}]/u;

/** Nothing deceives in these octets: UTF-8, and of the control characters at most the line end. */
export function expectReadable(octets, what) {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  const found = deceiving.exec(text.replaceAll('\n', ''));
  assert.ok(
    !found,
    `${what}: ${JSON.stringify(text.replaceAll('\n', '').slice(Math.max(0, found?.index - 60), found?.index + 60))}`,
  );
}

/** Nothing deceives in any text of a JSON value, names of members included. */
export function expectReadableValues(value, what) {
  if (typeof value === 'string') {
    assert.ok(!deceiving.test(value), `${what}: ${JSON.stringify(value.slice(0, 300))}`);
  } else if (value && typeof value === 'object') {
    for (const [name, each] of Object.entries(value)) {
      expectReadableValues(name, what);
      expectReadableValues(each, `${what}/${name}`);
    }
  }
}

/** No form of a password stands in these words. @param {string} text */
export function expectNoPassword(text, { user, password }, what) {
  const forms = [
    password,
    Buffer.from(password).toString('base64').replace(/=+$/, ''),
    Buffer.from(`\0${user}\0${password}`).toString('base64'),
    Buffer.from(password).toString('hex'),
  ];
  for (const form of forms)
    assert.ok(!text.toLowerCase().includes(form.toLowerCase()), `${what}: the password stands in it\n${text.slice(0, 2000)}`);
}
