// SPDX-License-Identifier: MPL-2.0
// Pictures of a private display. Belongs here: taking one and judging whether anything was painted. Not here: when to take it.
import { execFile } from 'node:child_process';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Saves the whole display as a PNG.
 * @param {string} display such as ":7"
 * @param {string} file
 * @returns {Promise<{file: string, colours: number}>} `colours` tells an empty screen (a handful) from a painted one
 */
export async function takeScreenshot(display, file) {
  await mkdir(path.dirname(file), { recursive: true });
  const part = `${file}.part.png`;
  await run('import', ['-silent', '-window', 'root', '-display', display, part], { env: { ...process.env, DISPLAY: display } });
  await rename(part, file);
  const { stdout } = await run('identify', ['-format', '%k', file]);
  return { file, colours: Number(stdout) };
}
