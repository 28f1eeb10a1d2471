// SPDX-License-Identifier: MPL-2.0
// P8: what people download. The program is measured stripped; packages that were not built are rows without a number.

import { copyFileSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { program } from '../harness/host.mjs';
import { runOnce } from '../harness/processes.mjs';
import { root } from './measure.mjs';

const dist = join(root, 'dist');

function strippedSize(meter) {
  const copy = meter.name('stripped');
  copyFileSync(program, copy);
  runOnce('strip', ['--strip-all', copy]);
  return statSync(copy).size;
}

export function sizeRows(meter) {
  const deb = existsSync(dist) ? readdirSync(dist).find((name) => /^reprompt_.*\.deb$/.test(name)) : undefined;
  const sizeOf = (name) => (name && existsSync(join(dist, name)) ? statSync(join(dist, name)).size : null);
  const row = (what, goalKb, octets) => ({
    id: 'P8',
    what: `${what}: kB (1000 octets)`,
    goal: `<= ${goalKb}`,
    values: octets === null ? {} : { reprompt: octets / 1000 },
    missing: octets === null ? 'not built' : undefined,
    digits: 0,
    met: octets === null ? null : octets <= goalKb * 1000,
  });
  return [
    row('host, stripped', 1000, strippedSize(meter)),
    row('.deb', 400, sizeOf(deb)),
    row('.xpi', 150, sizeOf('reprompt.xpi')),
  ];
}
