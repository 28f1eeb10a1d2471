// SPDX-License-Identifier: MPL-2.0
// callgrind's instruction counts, which no other load on the machine changes: of one verdict of `explain`, and of one whole probe (process start, libraries, TLS, keyring and all).

import { existsSync, readFileSync } from 'node:fs';

import { program } from '../harness/host.mjs';
import { writeAnswers } from './decisions.mjs';
import { batchLines } from './many_accounts.mjs';
import { installedTools, probes } from './tools.mjs';

const valgrind = '/usr/bin/valgrind';
const refusals = 1000;

/** Instructions of the whole process. */
async function count(meter, command, options) {
  const file = meter.name('callgrind');
  await meter.cost([valgrind, '--tool=callgrind', '-q', `--callgrind-out-file=${file}`, ...command], {
    ...options,
    limitMs: 600_000,
  });
  const total = /^(?:totals|summary): (\d+)/m.exec(readFileSync(file, 'latin1'));
  if (!total) throw new Error(`${file} has no total`);
  return Number(total[1]);
}

export async function instructionRows(stage, meter, counts, tell) {
  if (!existsSync(valgrind)) return [];
  tell('callgrind');
  const [few, many] = await Promise.all(
    counts.map((lines) =>
      count(meter, [program, 'explain', '--json'], { stdinFile: writeAnswers(meter.name(`answers-${lines}`), lines) }),
    ),
  );
  const [ours] = installedTools();
  const imaps = probes[0];
  const port = await stage.way(imaps, 0);
  const countProbe = () => {
    const asked = ours.ask(imaps, port, stage.caFile, stage.nextUser());
    return count(meter, asked.command, asked);
  };
  stage.newLedger();
  const probe = await countProbe();
  const url = `imaps://127.0.0.1:${port}`;
  const accounts = Array.from({ length: refusals }, stage.nextUser).map((user) => ({ user, password: `wrong-${user}`, url }));
  const { stdout } = await meter.cost([program, 'batch', '--ca-file', stage.caFile], { stdin: batchLines(accounts) });
  const refused = stdout.split('"verdict":"stale_password"').length - 1;
  if (refused !== refusals) throw new Error(`${refused} refusals instead of ${refusals}`);
  const withLedger = await countProbe();
  const perVerdict = (many - few) / (counts[1] - counts[0]);
  const row = (what, value) => ({ id: '', what, goal: '', values: { reprompt: value }, digits: 0, met: null });
  return [
    row('explain: instructions per verdict', perVerdict),
    row('explain: instructions before the first verdict (start, rules)', few - perVerdict * counts[0]),
    row('imaps probe, RTT 0: instructions of the process', probe),
    row(`the same with ${refusals.toLocaleString('en-US')} refusals in the ledger`, withLedger),
  ];
}
