#!/usr/bin/env node
// SPDX-License-Identifier: MPL-2.0
// The real host behind a gate: answers of one type wait until a file appears. Usage: holding_back.mjs HOST TYPE GATE, then what Thunderbird gives.
// When the first answer waits, the file GATE.waiting says so.
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { readFrames } from './frames.mjs';

const [host, held, gate, ...rest] = process.argv.slice(2);
const real = spawn(host, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
process.stdin.pipe(real.stdin);
real.stdin.on('error', () => {});
process.stdout.on('error', () => {});
real.on('exit', (status) => process.exit(status ?? 1));

const waiting = [];
readFrames(real.stdout, ({ type }, octets) => {
  if (!waiting.length && (type !== held || existsSync(gate))) {
    process.stdout.write(octets);
    return;
  }
  waiting.push(octets);
  writeFileSync(`${gate}.waiting`, '');
});
setInterval(() => {
  if (existsSync(gate)) for (const octets of waiting.splice(0)) process.stdout.write(octets);
}, 20);
