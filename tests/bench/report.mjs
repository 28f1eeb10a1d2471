// SPDX-License-Identifier: MPL-2.0
// Rows as one Markdown table, the machine they come from, and RESULTS.md.

import { spawnSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';

import { program } from '../harness/host.mjs';
import { textOf } from '../harness/processes.mjs';

const firstLine = (command, ...args) => {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return ((stdout || stderr) ?? '').split('\n')[0].trim() || 'not installed';
};

/** What somebody needs to know to compare another run with this one. */
export function machine(load) {
  const system = /^PRETTY_NAME="(.*)"$/m.exec(textOf('/etc/os-release'))?.[1] ?? 'unknown system';
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' ') + ' UTC',
    system: `${system}, Linux ${release()}`,
    processor: `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    load: `load average ${load[0].toFixed(1)} before, ${loadavg()[0].toFixed(1)} after`,
    reprompt: `${firstLine(program, '--version')}, commit ${firstLine('git', 'describe', '--always', '--dirty')}, sha256 ${firstLine('sha256sum', program).slice(0, 16)}…`,
    curl: firstLine('curl', '--version'),
    python3: firstLine('/usr/bin/python3', '--version'),
    swaks: firstLine('/usr/bin/swaks', '--version'),
    openssl: firstLine('openssl', 'version'),
  };
}

const number = (value, digits) =>
  value === null || value === undefined ? '' : digits === 0 ? Math.round(value).toLocaleString('en-US') : value.toFixed(digits);

/** @param {object[]} rows @param {string[]} tools columns @returns {string} */
export function table(rows, tools) {
  const cells = rows.map((row) => [
    row.id,
    row.what,
    row.goal,
    ...tools.map((tool) => (tool === 'reprompt' && row.missing ? row.missing : number(row.values[tool], row.digits))),
    row.ratio === undefined || row.ratio === null ? '' : row.ratio.toFixed(2),
    row.met === null ? '' : row.met ? 'yes' : 'NO',
  ]);
  const all = [['', 'what', 'goal', ...tools, 'ratio', 'met'], ...cells];
  const widths = all[0].map((_, column) => Math.max(...all.map((line) => line[column].length)));
  const right = (column) => column > 2;
  const line = (texts) =>
    `| ${texts.map((text, at) => (right(at) ? text.padStart(widths[at]) : text.padEnd(widths[at]))).join(' | ')} |`;
  const rule = `|${widths.map((width, at) => `${'-'.repeat(width + 1)}${right(at) ? ':' : '-'}`).join('|')}|`;
  return [line(all[0]), rule, ...all.slice(1).map(line)].join('\n');
}

/** @param {{rtt: number, least: number, median: number, most: number, first: number}[]} control */
export function controlTable(control) {
  const line = (texts) => `| ${texts.map((text) => String(text).padStart(9)).join(' | ')} |`;
  return [
    line(['RTT', 'least', 'median', 'most', 'first']),
    `|${'----------:|'.repeat(5)}`,
    ...control.map((each) => line([each.rtt, ...[each.least, each.median, each.most, each.first].map((ms) => ms.toFixed(2))])),
  ].join('\n');
}

export const controlSlope = (control) => {
  const at = (rtt) => control.find((each) => each.rtt === rtt).least;
  return (at(150) - at(50)) / 100;
};

/** How far the middle of the measured round trips lies from what was asked for, at the worst RTT. Milliseconds. */
export const mostOff = (control) => Math.max(...control.map(({ rtt, median }) => Math.abs(median - rtt)));

/** RESULTS.md. */
export function page({ on, rows, tools, control, runs, busy }) {
  const missed = rows.filter(({ met }) => met === false);
  return `<!-- SPDX-License-Identifier: MPL-2.0 -->
# How fast it is

Written by \`tests/bench/run\`; what the rows mean and how they are measured is in [README.md](README.md). ${runs} runs after one warm-up, all tools in turn within each.
${busy ? `\n**${busy}** Counts of instructions, sizes and memory do.\n` : ''}
${Object.entries(on)
  .map(([name, value]) => `* ${name}: ${value}`)
  .join('\n')}

${table(rows, tools)}

${missed.length === 0 ? 'No measured goal is missed.' : `Missed: ${missed.map(({ id, what }) => `${id} (${what})`).join('; ')}.`}

Control, the delay proxy alone: milliseconds of one octet there and back, and of the first one on a new connection (2 RTT). Its slope is ${controlSlope(control).toFixed(3)} (1 is perfect).

${controlTable(control)}
`;
}
