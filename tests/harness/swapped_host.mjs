// SPDX-License-Identifier: MPL-2.0
// A host that can be swapped while Thunderbird runs: the manifest names one small script, which becomes whatever the test says now.
// Belongs here: swapping. Not here: the broken hosts themselves (tests/e2e/hosts).
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * @param {string} dir an existing folder of its own
 * @param {string[]} command what it is at first
 * @returns {{file: string, use: (...command: string[]) => void}} `file` for the manifest; `use` counts from the next start of a host. No blanks in the words.
 */
export function makeSwappedHost(dir, command) {
  const now = path.join(dir, 'host-now');
  const file = path.join(dir, 'host');
  const use = (...words) => writeFileSync(now, `${words.join(' ')}\n`);
  use(...command);
  writeFileSync(file, `#!/bin/sh\nexec $(cat ${now}) "$@"\n`);
  chmodSync(file, 0o755);
  return { file, use };
}
