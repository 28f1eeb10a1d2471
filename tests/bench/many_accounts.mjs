// SPDX-License-Identifier: MPL-2.0
// P4, and P5 and P7 as far as many connections at once show them: `reprompt batch` beside `curl -Z` over 128 hosts of this computer, 1,000 accounts with as many at once as each does
// by itself (ours 64, curl 50), and curl once more with 64.
// Does not belong here: what batch answers (tests/servers/batch.test.mjs).

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

import { program } from '../harness/host.mjs';
import { median } from './measure.mjs';

const hostCount = 128;
const hosts = Array.from({ length: hostCount }, (_, at) => `127.0.1.${at + 1}`);
const slowMs = 3000;
/** What batch does at once at most. */
const mostJobs = 256;

const missing = (id, what, goal) => ({ id, what, goal, values: {}, missing: 'no batch', digits: 1, met: null });

/** Another password for each: a list that shares one is refused as guessing. */
const accountsOf = (stage, ports, count) =>
  Array.from({ length: count }, (_, at) => {
    const user = stage.nextUser();
    return { user, password: `wrong-${user}`, url: `imaps://${hosts[at % hostCount]}:${ports[at % hostCount]}` };
  });

export const batchLines = (accounts) => accounts.map((each) => `${JSON.stringify({ id: each.user, ...each })}\n`).join('');

const curlConfig = (accounts, caFile) =>
  accounts
    .map(({ url, user, password }) =>
      [`url = "${url}/"`, `user = "${user}:${password}"`, `cacert = "${caFile}"`, 'output = "/dev/null"'].join('\n'),
    )
    .join('\nnext\n');

export async function manyAccountRows(stage, meter, runs, tell) {
  const known = spawnSync(program, ['batch', '--help'], { encoding: 'utf8' }).stdout.includes('--jobs');
  const goals = '<= 0.75, 0.70, 0.60 of curl -Z';
  if (!known)
    return [
      missing('P4', 'batch, RTT 100 ms: 100 accounts over one', '<= 1.5'),
      missing('P4', 'batch, RTT 100 ms, 1,000 accounts: wall, CPU, memory', goals),
      missing('P5', 'memory per live connection: KiB', '<= 64'),
      missing('P7', 'memory with 1,000 probes, 256 in flight: MiB', '<= 32'),
    ];
  const pair = stage.authority.issue({ names: hosts });
  const start = (name, delayMs) => stage.servers.start({ name, protocol: 'imap', tls: 'implicit', delayMs, pair });
  const ways = async (port, rtt) => Promise.all(hosts.map((host) => stage.delayedAt(host, port, rtt)));
  const far = await ways(await start('many imaps', 0), 100);
  const slow = await ways(await start('many slow imaps', slowMs), 0);

  const batch = async (accounts, ...more) => {
    stage.newLedger();
    const command = [program, 'batch', '--ca-file', stage.caFile, ...more];
    const spent = await stage.counted(accounts.length, () => meter.cost(command, { stdin: batchLines(accounts) }));
    const answered = spent.stdout.split('\n').filter((line) => /"verdict":"stale_password"/.test(line)).length;
    if (answered !== accounts.length) throw new Error(`batch: ${answered} refusals of ${accounts.length}`);
    return spent;
  };
  const curl = (accounts, ...more) => {
    const file = meter.name('curl-config');
    writeFileSync(file, curlConfig(accounts, stage.caFile), { mode: 0o600 });
    return stage.counted(accounts.length, () => meter.cost(['curl', '-q', '-s', '-Z', ...more, '-K', file], { expected: 67 }));
  };
  const all = { one: [], hundred: [], thousand: [], curl: [], curlAlike: [], single: [], full: [], inFlight: [] };
  for (let run = 0; run <= runs; run += 1) {
    tell(`batch, run ${run} of ${runs}`);
    const round = {
      one: await batch(accountsOf(stage, far, 1)),
      hundred: await batch(accountsOf(stage, far, 100), '--jobs', '100'),
      curl: await curl(accountsOf(stage, far, 1000)),
      thousand: await batch(accountsOf(stage, far, 1000)),
      curlAlike: await curl(accountsOf(stage, far, 1000), '--parallel-max', '64'),
      single: await batch(accountsOf(stage, slow, 1), '--jobs', String(mostJobs)),
      full: await batch(accountsOf(stage, slow, mostJobs), '--jobs', String(mostJobs)),
      inFlight: await batch(accountsOf(stage, slow, 1000), '--jobs', String(mostJobs)),
    };
    if (run > 0) for (const [name, spent] of Object.entries(round)) all[name].push(spent);
  }
  const of = (name, kind) => median(all[name].map((each) => each[kind]));
  const hundred = of('hundred', 'wallMs') / of('one', 'wallMs');
  const perConnection = (of('full', 'peakKib') - of('single', 'peakKib')) / (mostJobs - 1);
  const inFlight = of('inFlight', 'peakKib') / 1024;
  const beside = (what, kind, scale, goal) => {
    const values = { reprompt: of('thousand', kind) / scale, curl: of('curl', kind) / scale };
    const ratio = values.reprompt / values.curl;
    return {
      id: 'P4',
      what,
      goal: `<= ${goal.toFixed(2)} of curl -Z`,
      values,
      digits: scale === 1 ? 0 : 1,
      ratio,
      met: ratio <= goal,
    };
  };
  const alone = (id, what, goal, value, limit, digits) => ({
    id,
    what,
    goal,
    values: { reprompt: value },
    digits,
    met: value <= limit,
  });
  return [
    alone('P4', 'batch --jobs 100, RTT 100 ms: 100 accounts over one', '<= 1.5', hundred, 1.5, 2),
    beside('batch, RTT 100 ms, 1,000 accounts: ms', 'wallMs', 1, 0.75),
    beside('batch, RTT 100 ms, 1,000 accounts: CPU ms', 'cpuMs', 1, 0.7),
    beside('batch, RTT 100 ms, 1,000 accounts: peak MiB', 'peakKib', 1024, 0.6),
    {
      id: 'P4',
      what: 'the same of curl -Z --parallel-max 64: ms',
      goal: '',
      values: { reprompt: of('thousand', 'wallMs'), curl: of('curlAlike', 'wallMs') },
      digits: 0,
      ratio: of('thousand', 'wallMs') / of('curlAlike', 'wallMs'),
      met: null,
    },
    alone('P5', 'memory per live connection: KiB', '<= 64', perConnection, 64, 1),
    alone('P7', 'memory with 1,000 probes, 256 in flight: MiB', '<= 32', inFlight, 32, 1),
  ];
}
