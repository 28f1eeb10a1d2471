// SPDX-License-Identifier: MPL-2.0
// A whole test file inside a throw-away copy of this machine (throw_away_root.sh): packages can be installed and removed there.
// Belongs here: going in. Does not belong here: what is tried (tests/packaging).
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const mark = 'REPROMPT_THROW_AWAY_ROOT';

/**
 * Call it before any test is registered. Outside, it runs the file again inside, as root (with sudo if need be), and ends with that; the test
 * runner sees one file. Where there is no overlay file system, the file fails with a sentence that says so.
 * @param {string} file import.meta.url
 */
export function enterThrowAwayRoot(file) {
  if (process.env[mark]) return;
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const kept = Object.entries(process.env).filter(([name]) => /^(PATH|NODE_|REPROMPT_|LANG|LC_)/.test(name));
  const sudo = process.getuid() === 0 ? [] : ['sudo', 'env', ...kept.map(([name, value]) => `${name}=${value}`)];
  const inside = [
    ...sudo,
    fileURLToPath(new URL('throw_away_root.sh', import.meta.url)),
    process.execPath,
    ...process.execArgv,
    fileURLToPath(file),
  ];
  const run = spawnSync(inside[0], inside.slice(1), { stdio: 'inherit', cwd: root });
  if (run.error) throw new Error(`${inside[0]}: ${run.error.message}`);
  process.exit(run.status ?? 1);
}
