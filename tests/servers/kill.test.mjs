// SPDX-License-Identifier: MPL-2.0
// kill -9 at every step of "clear and replace": strace ends the host at a chosen system call between the greeting and the stored password.
// Whatever the point, either the vault gives the password back, or the host never said that it holds it and Thunderbird still has it; nothing
// is sent twice; no secret lies anywhere in clear. Belongs here: the walk over the points. Needs root (strace, the host is not dumpable).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { join } from 'node:path';

import { makeAuthority } from '../harness/certificates.mjs';
import { startDovecot } from '../harness/dovecot.mjs';
import { makeHome, runReprompt, startNative } from '../harness/host.mjs';
import { findProgram, makeFolder, textOf } from '../harness/processes.mjs';
import { filesBelow, filesWithSecrets } from './planted.mjs';
import { keep, probe, restore } from './trusting_probe.mjs';

/** The system calls at which the host is killed: what it writes to Thunderbird, servers, bus and disk, and what leads there. */
const calls = [
  'write',
  'sendmsg',
  'recvmsg',
  'openat',
  'connect',
  'flock',
  'fdatasync',
  'fsync',
  'renameat',
  'unlinkat',
  'exit_group',
];
const wantedPoints = 40;

const folder = makeFolder('kill');
const authority = makeAuthority(join(folder, 'ca'));
const planted = [];
const homes = [];
const strace = findProgram('strace');
let dovecot;
/** One user for each point; no name begins with another one. */
const userOf = (number) => `user-${number}-`;

before(async () => {
  const users = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [userOf(i), `right-${i}`]));
  dovecot = await startDovecot({ dir: join(folder, 'dovecot'), authority, users });
});
after(() => dovecot?.stop());

/** One whole way under strace, killed at `point` ({name, when}) if there is one. `entry`: what the host said it keeps. */
async function walk(number, point) {
  const home = makeHome();
  homes.push(home.folder);
  const forgotten = await runReprompt(['uninstall', '--forget'], { home });
  assert.equal(forgotten.status, 0, forgotten.stderr);
  const account = {
    protocol: 'imap',
    host: 'localhost',
    port: dovecot.ports.imaps,
    tls: 'implicit',
    user: userOf(number),
    auth: 'password',
  };
  const password = `planted-secret-${number}-of-the-kill-test`;
  planted.push(password);
  const log = join(folder, `strace-${number}.log`);
  const wrap = [strace, '-f', '-qq', '-s', '0', '-o', log, '-e', `trace=${calls}`, '-e', 'signal=none'];
  if (point) wrap.push('-e', `inject=${point.name}:signal=SIGKILL:when=${point.when}`);
  const host = startNative({ home, wrap });
  let verdict;
  try {
    await host.ask('hello', { version: '0.1.0' });
    verdict = await probe(host, account, password);
    await keep(host, account, password);
    await host.close();
  } catch (error) {
    if (!/the host ended/.test(error.message)) throw error;
  }
  const end = await host.ended;
  await host.closed;
  await host.stop();
  const entry = host.messages.find((message) => message.type === 'vault')?.entries[0].entry;
  return { home, account, password, verdict, entry, end, log: textOf(log) };
}

/** Each line of a strace log as {name, when, text}: the how-manieth call of that name in its thread, as `inject` counts. */
function callsIn(log) {
  const counts = new Map();
  const seen = [];
  for (const line of log.split('\n')) {
    const [, thread, name, rest] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? [];
    if (!name || !calls.includes(name)) continue;
    const key = `${thread} ${name}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    seen.push({ name, when: counts.get(key), text: `${name}(${rest.slice(0, 60)}` });
  }
  return seen;
}

/** Points spread evenly over the way. Of two threads that reach the same count only the first can be hit. */
function choosePoints(log) {
  const known = new Set();
  const all = callsIn(log).filter(({ name, when }) => {
    const key = `${name} ${when}`;
    return known.has(key) ? false : known.add(key);
  });
  // Opening libraries before the first frame is one point, not fifty.
  const begin = Math.max(
    0,
    all.findIndex(({ name }) => name !== 'openat'),
  );
  const way = all.slice(Math.max(0, begin - 1));
  const rare = way.filter(
    ({ name }, index) => ['fdatasync', 'fsync', 'renameat', 'flock'].includes(name) || index >= way.length - 4,
  );
  // Eight octets to an event descriptor wake a thread up and do nothing else.
  const rest = way.filter((each) => !rare.includes(each) && !/^write\(\d+, ""\.\.\., 8\)/.test(each.text));
  const step = Math.max(1, rest.length / Math.max(1, wantedPoints - rare.length));
  const spread = Array.from({ length: Math.ceil(rest.length / step) }, (_, i) => rest[Math.floor(i * step)]);
  return way.filter((each) => rare.includes(each) || spread.includes(each));
}

/** What a fresh host finds after the kill. */
async function lookAfter({ home, account, password, entry }) {
  const ledger = textOf(join(home.env.XDG_STATE_HOME, 'reprompt/ledger'));
  const permitted = / begin /.test(ledger);
  const host = startNative({ home });
  try {
    const list = await host.ask('vault_list');
    assert.equal(list.type, 'vault', JSON.stringify(list));
    let restored = false;
    for (const each of list.entries.filter((one) => one.account.user === account.user)) {
      const back = await restore(host, each.entry);
      assert.equal(back.secret, password, 'an entry of the vault does not give the password back');
      if (each.entry === entry) restored = true;
    }
    const again = await probe(host, account, password, { limit_ms: 1500 });
    assert.equal(again.type, 'verdict', JSON.stringify(again));
    assert.ok(!again.notes.some((note) => /damaged|was no file|cannot/.test(note)), JSON.stringify(again.notes));
    if (permitted) assert.equal(again.attempts, 0, 'a permit on disk did not count');
    await host.close();
    return { restored, permitted, kept: list.entries.length > 0, attempts: again.attempts };
  } finally {
    await host.stop();
  }
}

test('a host killed at any step loses no password, sends none twice and leaves none in clear', async (context) => {
  const whole = await walk(0);
  assert.equal(whole.verdict?.verdict, 'stale_password', JSON.stringify(whole.verdict));
  assert.ok(whole.entry, whole.log);
  const points = choosePoints(whole.log);
  assert.ok(points.length >= 20, `only ${points.length} points`);

  const rows = [];
  for (const [index, point] of points.entries()) {
    const run = await walk(index + 1, point);
    const killed = run.end.signal === 'SIGKILL';
    const found = await lookAfter(run);
    await dovecot.settle();
    const sent = dovecot.badLogins({ user: run.account.user });
    assert.ok(sent <= 1, `${sent} bad logins after ${point.text}`);
    const lost = Boolean(run.entry) && !found.restored;
    rows.push({
      number: index + 1,
      text: callsIn(run.log).at(-1)?.text ?? '',
      killed,
      answered: Boolean(run.entry),
      sent,
      lost,
      ...found,
    });
    assert.equal(lost, false, `lost at ${point.text}`);
  }

  context.diagnostic('point killed answered in-vault restored permit-on-disk bad-logins lost  system call');
  const word = (yes) => (yes ? 'yes' : '-').padEnd(4);
  for (const row of rows) {
    const { number, killed, answered, kept, restored, permitted, sent, lost, text } = row;
    context.diagnostic(
      `${String(number).padStart(3)} ${[killed, answered, kept, restored, permitted].map(word).join(' ')} ${sent} ${lost ? 'LOST' : '0'}  ${text}`,
    );
  }
  const hits = rows.filter(({ killed }) => killed);
  assert.ok(hits.length >= 20, `strace killed the host at ${hits.length} points only`);
  assert.ok(
    hits.some(({ answered }) => answered),
    'no point after the answer',
  );
  assert.ok(
    hits.some(({ kept, answered }) => kept && !answered),
    'no point between storing and answering',
  );
  assert.ok(
    hits.some(({ permitted, sent }) => permitted && sent === 0),
    'no point between permit and password',
  );

  const keyrings = join(process.env.HOME, '.local/share/keyrings');
  assert.ok(filesBelow(keyrings).length > 0, `no keyring file in ${keyrings}`);
  assert.deepEqual(filesWithSecrets([...homes, keyrings], planted), []);
});
