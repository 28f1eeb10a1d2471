// SPDX-License-Identifier: MPL-2.0
// callgrind's instruction counts, which no other load on the machine changes: of one verdict of `explain`, and of one whole probe (process start, libraries, TLS, keyring and all).

import { existsSync, readFileSync } from 'node:fs';

import { program } from '../harness/host.mjs';
import { writeAnswers } from './decisions.mjs';
import { installedTools, probes } from './tools.mjs';

const valgrind = '/usr/bin/valgrind';

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
  const asked = ours.ask(imaps, await stage.way(imaps, 0), stage.caFile, stage.nextUser());
  const probe = await count(meter, asked.command, asked);
  const perVerdict = (many - few) / (counts[1] - counts[0]);
  const row = (what, value) => ({ id: '', what, goal: '', values: { reprompt: value }, digits: 0, met: null });
  return [
    row('explain: instructions per verdict', perVerdict),
    row('explain: instructions before the first verdict (start, rules)', few - perVerdict * counts[0]),
    row('imaps probe, RTT 0: instructions of the process', probe),
  ];
}
