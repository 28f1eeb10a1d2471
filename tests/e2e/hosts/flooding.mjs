#!/usr/bin/env node
// SPDX-License-Identifier: MPL-2.0
// A host that sends frames without end, as fast as they are taken, and answers nothing.
import { frame } from './frames.mjs';

const many = Buffer.concat(Array(64).fill(frame({ v: 1, id: 'probe-0', type: 'progress', stage: 'x'.repeat(1000) })));
process.stdin.resume().on('end', () => process.exit(0));
process.stdout.on('error', () => process.exit(0));
const pour = () => {
  while (process.stdout.write(many));
};
process.stdout.on('drain', pour);
pour();
