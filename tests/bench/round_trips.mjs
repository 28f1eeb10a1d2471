// SPDX-License-Identifier: MPL-2.0
// P1 to P3: the six sign-ins, every tool, every RTT, interleaved so that what else the machine does meets all of them alike.
// Slopes (P1) come from the least of the runs: waiting is only ever added. Ratios (P2, P3) come from medians.

import { least, median } from './measure.mjs';
import { installedTools, probes } from './tools.mjs';

export const rtts = [0, 50, 100, 150];
const allowance = 0.15;

/** @typedef {Map<string, {wallMs: number[], cpuMs: number[], peakKib: number[]}>} Samples keyed "tool probe rtt" */
const keyOf = (tool, probe, rtt) => `${tool} ${probe} ${rtt}`;

/**
 * @param {object} stage @param {object} meter @param {number} runs after one warm-up that is thrown away
 * @param {(text: string) => void} tell progress
 */
export async function measureSignIns(stage, meter, runs, tell) {
  const tools = installedTools();
  const samples = new Map();
  for (let run = 0; run <= runs; run += 1) {
    tell(`sign-ins, run ${run} of ${runs}`);
    for (const probe of probes) {
      for (const rtt of rtts) {
        const port = await stage.way(probe, rtt);
        for (let turn = 0; turn < tools.length; turn += 1) {
          const tool = tools[(turn + run) % tools.length];
          const asked = tool.ask(probe, port, stage.caFile, stage.nextUser());
          if (!asked) continue;
          const spent = await stage.counted(1, () => meter.cost(asked.command, asked));
          if (run > 0) keep(samples, keyOf(tool.name, probe.name, rtt), spent);
        }
      }
    }
  }
  return { samples, tools: tools.map(({ name }) => name) };
}

function keep(samples, key, spent) {
  const one = samples.get(key) ?? { wallMs: [], cpuMs: [], peakKib: [] };
  for (const kind of Object.keys(one)) one[kind].push(spent[kind]);
  samples.set(key, one);
}

const over = (values) => values.reduce((sum, each) => sum + each, 0);

/** Rows for the table: P1, P2, P3. */
export function signInRows({ samples, tools }) {
  const of = (tool, probe, rtt, kind) => samples.get(keyOf(tool, probe.name, rtt))?.[kind];
  const slope = (tool, probe) => {
    const [near, far] = [of(tool, probe, 50, 'wallMs'), of(tool, probe, 150, 'wallMs')];
    return near && far ? (least(far) - least(near)) / 100 : null;
  };
  const middle = (tool, probe, rtt, kind) => (of(tool, probe, rtt, kind) ? median(of(tool, probe, rtt, kind)) : null);
  const each = (value) => Object.fromEntries(tools.map((tool) => [tool, value(tool)]));
  const sum = (tool, rtt, kind) => {
    const all = probes.map((probe) => middle(tool, probe, rtt, kind));
    return all.includes(null) ? null : over(all);
  };
  const ratio = (values) => values.reprompt / values.curl;

  const p1 = probes.map((probe) => {
    const values = each((tool) => slope(tool, probe));
    const goal = probe.bound + allowance;
    return {
      id: 'P1',
      what: `${probe.name}: round trips (slope, RTT 50 to 150 ms)`,
      goal: `<= ${goal.toFixed(2)}`,
      values,
      digits: 2,
      met: values.reprompt <= goal,
    };
  });
  const walls = each((tool) => sum(tool, 100, 'wallMs'));
  const p2 = [
    {
      id: 'P2',
      what: 'all six, RTT 100 ms: ms',
      goal: "<= 0.84 of curl's",
      values: walls,
      digits: 0,
      ratio: ratio(walls),
      met: ratio(walls) <= 0.84,
    },
    ...probes.map((probe) => {
      const values = each((tool) => middle(tool, probe, 100, 'wallMs'));
      return {
        id: 'P2',
        what: `${probe.name}, RTT 100 ms: ms`,
        goal: `<= ${probe.share.toFixed(2)} of curl's`,
        values,
        digits: 0,
        ratio: ratio(values),
        met: ratio(values) <= probe.share,
      };
    }),
  ];
  const atHome = each((tool) => sum(tool, 0, 'wallMs'));
  const cpu = each((tool) => sum(tool, 0, 'cpuMs'));
  const peak = each((tool) => Math.max(...probes.map((probe) => middle(tool, probe, 0, 'peakKib') ?? 0)) / 1024);
  const p3 = [
    {
      id: 'P3',
      what: 'all six, RTT 0: ms',
      goal: "<= 0.85 of curl's",
      values: atHome,
      digits: 1,
      ratio: ratio(atHome),
      met: ratio(atHome) <= 0.85,
    },
    {
      id: 'P3',
      what: 'all six, RTT 0: CPU ms',
      goal: "<= 0.80 of curl's",
      values: cpu,
      digits: 1,
      ratio: ratio(cpu),
      met: ratio(cpu) <= 0.8,
    },
    { id: '', what: 'one sign-in, RTT 0: peak MiB', goal: '', values: peak, digits: 1, met: null },
  ];
  return [...p1, ...p2, ...p3];
}

/**
 * The same slopes against a real Dovecot, ours and curl's: what the scripted server shows must hold there too.
 * @returns {Promise<object[]>} rows; none if Dovecot is not installed
 */
export async function realServerRows(stage, meter, runs, tell) {
  const ports = await stage.realServer();
  if (!ports) return [];
  stage.newLedger();
  const real = probes.filter(({ protocol }) => protocol !== 'smtp');
  const tools = installedTools().filter(({ name }) => ['reprompt', 'curl'].includes(name));
  const walls = new Map();
  for (let run = 0; run <= runs; run += 1) {
    tell(`Dovecot, run ${run} of ${runs}`);
    for (const probe of real) {
      for (const rtt of [50, 150]) {
        const port = await stage.delayed(ports[`${probe.protocol}${probe.tls === 'implicit' ? 's' : ''}`], rtt);
        for (const tool of tools) {
          const asked = tool.ask(probe, port, stage.caFile, stage.nextUser());
          const { wallMs, stdout } = await meter.cost(asked.command, asked);
          if (tool.name === 'reprompt' && !stdout.includes('"verdict":"stale_password"'))
            throw new Error(`no refusal: ${stdout}`);
          const key = keyOf(tool.name, probe.name, rtt);
          if (run > 0) walls.set(key, [...(walls.get(key) ?? []), wallMs]);
        }
      }
    }
  }
  const slope = (tool, probe) =>
    (least(walls.get(keyOf(tool, probe.name, 150))) - least(walls.get(keyOf(tool, probe.name, 50)))) / 100;
  return real.map((probe) => ({
    id: '',
    what: `${probe.name}, real Dovecot: round trips`,
    goal: `(P1: <= ${(probe.bound + allowance).toFixed(2)})`,
    values: Object.fromEntries(tools.map(({ name }) => [name, slope(name, probe)])),
    digits: 2,
    met: null,
  }));
}
