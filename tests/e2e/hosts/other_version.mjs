#!/usr/bin/env node
// SPDX-License-Identifier: MPL-2.0
// A host of the next protocol: it says so in its hello, and answers everything else in words of its own.
import { frame, readFrames } from './frames.mjs';

readFrames(process.stdin, ({ id, type }) => {
  const answer =
    type === 'hello'
      ? { v: 1, id, type, protocol: 2, version: '9.0.0' }
      : { v: 2, id, type: 'verdict', verdict: 'stale_password' };
  process.stdout.write(frame(answer));
});
process.stdin.on('end', () => process.exit(0));
