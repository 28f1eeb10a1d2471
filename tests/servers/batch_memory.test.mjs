// SPDX-License-Identifier: MPL-2.0
// The memory of `reprompt batch` does not grow with the list: ten times the lines, the same peak. Prints what it saw; REPROMPT_BATCH_LINES=100000 makes the
// longer list as long as that. Not here: how fast it is (tests/bench).
import assert from 'node:assert/strict';
import { closeSync, createReadStream, createWriteStream, openSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';

import { makeHome, program } from '../harness/host.mjs';
import { startManyServers } from '../harness/many_servers.mjs';
import { findProgram, makeFolder, runOnce, start, textOf } from '../harness/processes.mjs';

const folder = makeFolder('batch-memory');
const wrapper = join(folder, 'measured_run');
runOnce(findProgram('cc'), ['-O1', '-o', wrapper, new URL('../harness/measured_run.c', import.meta.url).pathname]);
const longest = Number(process.env.REPROMPT_BATCH_LINES ?? 10_000);
/** Tables of digests stay in memory while they are small: some 3 MiB in all. */
const mostGrowthKiB = 4096;
let servers;

before(async () => {
  servers = await startManyServers({ count: 128, net: 2 });
});
after(() => servers.stop());

/** A list with a login of its own in each line. */
async function writeList(file, lines) {
  const list = createWriteStream(file);
  for (let at = 0; at < lines; at += 1) {
    const account = { id: at, url: servers.url(at), tls: 'none', user: `user${at}of${lines}`, password: `wrong-${at}` };
    if (!list.write(`${JSON.stringify(account)}\n`)) await once(list, 'drain');
  }
  list.end();
  await once(list, 'finish');
}

/** Checks a list of so many lines; the most memory that the program ever had, in KiB. */
async function peakOf(t, lines) {
  const [list, answers, memory] = ['list', 'answers', 'memory'].map((name) => join(folder, `${name}-${lines}`));
  await writeList(list, lines);
  const stdio = [openSync(list, 'r'), openSync(answers, 'w'), 'pipe'];
  const begin = performance.now();
  const running = start(wrapper, [memory, program, 'batch'], { env: makeHome().env, stdio });
  for (const each of stdio.slice(0, 2)) closeSync(each);
  const { status } = await running.ended;
  const seconds = (performance.now() - begin) / 1000;
  assert.equal(status, 0, running.output());
  const answered = new Set();
  for await (const line of createInterface({ input: createReadStream(answers) })) {
    const { id, verdict } = JSON.parse(line);
    assert.equal(verdict, 'stale_password', line);
    answered.add(id);
  }
  assert.equal(answered.size, lines);
  const peak = Number(textOf(memory));
  t.diagnostic(`${lines} lines: ${peak} KiB at most, ${seconds.toFixed(1)} s, ${(lines / seconds).toFixed(0)} a second`);
  return peak;
}

test(`the peak at ${longest} lines is that at 1000`, async (t) => {
  const short = await peakOf(t, 1000);
  const long = await peakOf(t, longest);
  assert.ok(long - short <= mostGrowthKiB, `${short} KiB, then ${long} KiB`);
});
