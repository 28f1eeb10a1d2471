// SPDX-License-Identifier: MPL-2.0
// All measurements in their order; see tests/bench/run. Belongs here: the order, the files written, the exit status.

import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';

import { makeFolder } from '../harness/processes.mjs';
import { decisionRows } from './decisions.mjs';
import { inThunderbirdRows } from './in_thunderbird.mjs';
import { instructionRows } from './instructions.mjs';
import { manyAccountRows } from './many_accounts.mjs';
import { makeMeter, root } from './measure.mjs';
import { firstReplyRows, keyringRows, livingHostRows, slowServerRows } from './native_host.mjs';
import { controlTable, machine, mostOff, page, table } from './report.mjs';
import { measureSignIns, realServerRows, signInRows } from './round_trips.mjs';
import { sizeRows } from './sizes.mjs';
import { measureProxy, setStage } from './stage.mjs';

const quick = process.argv.includes('--quick');
const write = process.argv.includes('--write');
const runs = quick ? 2 : 9;
/** Thunderbird without us, the peer of P11. */
const stock = 'stock Thunderbird';
/** A link that is off by more milliseconds than this, before or after, measured the machine and not the tools. */
const tolerance = 10;
const tell = (text) => process.stderr.write(`${text}\n`);

const load = loadavg();
const stage = await setStage();
try {
  const meter = makeMeter(makeFolder('bench-runs'));
  tell('the delay proxy alone');
  const control = await measureProxy(stage, [50, 100, 150], quick ? 10 : 40);
  stage.newLedger();
  const signIns = await measureSignIns(stage, meter, runs, tell);
  const rows = [
    ...signInRows(signIns),
    ...(await keyringRows(meter, runs, tell)),
    ...(await realServerRows(stage, meter, runs, tell)),
    ...(await manyAccountRows(stage, meter, quick ? 1 : 3, tell)),
    ...(await livingHostRows(stage, meter, quick ? 1 : 3, tell)),
    ...(await firstReplyRows(stage, meter, runs, tell)),
    ...sizeRows(meter),
    ...(await slowServerRows(stage, meter, quick ? 1 : 3, tell)),
    ...(await decisionRows(stage, meter, quick ? 1 : 3, quick ? [500, 5000] : [2000, 50_000], tell)),
    ...(await inThunderbirdRows(quick ? 1 : 3, tell)),
    ...(await instructionRows(stage, meter, quick ? [100, 200] : [200, 1000], tell)),
  ].sort((a, b) => order(a.id) - order(b.id));
  const after = await measureProxy(stage, [50, 100, 150], quick ? 10 : 40);
  const off = Math.max(mostOff(control), mostOff(after));
  const on = machine(load);

  const tools = [...signIns.tools, ...['libsecret', stock].filter((name) => rows.some(({ values }) => name in values))];
  process.stdout.write(`${table(rows, tools)}\n\nDelay proxy alone, ms:\n${controlTable(control)}\n\n`);
  const json = JSON.stringify({
    machine: on,
    runs,
    rows,
    control: { before: control, after, off, tolerance },
    samples: Object.fromEntries(signIns.samples),
  });
  process.stdout.write(`${json}\n`);
  writeFileSync(join(root, 'build/bench/results.json'), `${json}\n`);
  const busiest = Math.max(load[0], loadavg()[0]);
  const busy =
    off > tolerance
      ? `The machine was too busy: an octet's way was off by ${off.toFixed(1)} ms, so no time in here counts.`
      : busiest > cpus().length
        ? `The machine was too busy: a load of ${busiest.toFixed(0)} on ${cpus().length} processors, so no time in here counts.`
        : '';
  if (write) writeFileSync(join(root, 'tests/bench/RESULTS.md'), page({ on, rows, tools, control, runs, busy }));
  if (busy) throw new Error(busy);
  process.exitCode = rows.some(({ id, met }) => (id === 'P1' || id === 'P2') && met !== true) ? 1 : 0;
} catch (error) {
  tell(`the measurement failed: ${error.stack}`);
  process.exitCode = 70;
} finally {
  await stage.stop();
}

/** P1 first, P11 after P10, rows that are no goal at the end. */
function order(id) {
  return id === '' ? 99 : Number(id.slice(1));
}
