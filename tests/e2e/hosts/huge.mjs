#!/usr/bin/env node
// SPDX-License-Identifier: MPL-2.0
// A host whose first message has 2 MB: more than Thunderbird takes.
import { frame } from './frames.mjs';

process.stdout.on('error', () => process.exit(0));
process.stdin.resume().on('end', () => process.exit(0));
process.stdout.write(frame({ v: 1, id: 'probe-1', type: 'verdict', verdict: 'stale_password', padding: 'x'.repeat(2_000_000) }));
