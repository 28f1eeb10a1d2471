// SPDX-License-Identifier: MPL-2.0
// P10: `explain` on real servers' answers. Verdicts a second are counted in CPU time of the process, so that a busy machine does not decide; two lengths, so that the start does not count.

import { readFileSync, writeFileSync } from 'node:fs';

import { program } from '../harness/host.mjs';
import { median, root } from './measure.mjs';

const answers = ['server_answers.jsonl', 'paraphrases.jsonl']
  .flatMap((name) => readFileSync(`${root}tests/corpus/${name}`, 'utf8').split('\n'))
  .filter(Boolean)
  .map((line) => JSON.parse(line));

/** @param {string} file @param {number} count lines, each with an id of its own */
export function writeAnswers(file, count) {
  const lines = Array.from({ length: count }, (_, at) => JSON.stringify({ ...answers[at % answers.length], id: `line-${at}` }));
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

export async function decisionRows(stage, meter, runs, counts, tell) {
  const [few, many] = counts.map((count) => writeAnswers(meter.name(`answers-${count}`), count));
  const rates = [];
  const growth = [];
  for (let run = 0; run <= runs; run += 1) {
    tell(`explain, run ${run} of ${runs}`);
    const a = await meter.cost([program, 'explain', '--json'], { stdinFile: few });
    const b = await meter.cost([program, 'explain', '--json'], { stdinFile: many });
    if (b.stdout.split('\n').length !== counts[1] + 1) throw new Error('explain did not answer every line');
    if (run === 0) continue;
    rates.push((counts[1] - counts[0]) / ((b.cpuMs - a.cpuMs) / 1000));
    growth.push((b.peakKib - a.peakKib) / 1024);
  }
  const rate = median(rates);
  const grown = median(growth);
  return [
    {
      id: 'P10',
      what: 'explain: verdicts a second on one core',
      goal: '>= 20000',
      values: { reprompt: rate },
      digits: 0,
      met: rate >= 20_000,
    },
    {
      id: 'P10',
      what: `explain: MiB more for ${counts[1]} lines than for ${counts[0]}`,
      goal: 'flat (<= 1)',
      values: { reprompt: grown },
      digits: 2,
      met: grown <= 1,
    },
  ];
}
