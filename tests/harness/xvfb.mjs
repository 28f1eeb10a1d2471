// SPDX-License-Identifier: MPL-2.0
// A private X display for one Thunderbird. Belongs here: starting and ending Xvfb. Not here: what is shown on it, and pictures (screenshots.mjs).
import { findProgram, start } from './processes.mjs';

/**
 * Starts Xvfb on a display number it chooses itself, so that several can run side by side.
 * @param {{width?: number, height?: number}} [size]
 * @returns {Promise<{display: string, pid: number, stop: () => Promise<void>}>}
 */
export async function startXvfb({ width = 1280, height = 900 } = {}) {
  const server = start(
    findProgram('Xvfb'),
    ['-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp', '-noreset'],
    { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const number = await new Promise((resolve, reject) => {
    let text = '';
    server.ended.then(({ status }) => reject(new Error(`Xvfb ended with ${status}: ${server.output()}`)));
    server.child.stdio[3].on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) resolve(text.trim());
    });
  });
  return { display: `:${number}`, pid: server.pid, stop: () => server.stop() };
}
