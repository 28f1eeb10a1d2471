// SPDX-License-Identifier: MPL-2.0
// P11: what we cost a running Thunderbird, real, on a display of its own: time inside our start-up code, the longest time in which its main thread did nothing else while a failed
// login is looked into, and how long a user waits for the prompt. The control is the same Thunderbird without add-on, whose own box ends the wait.
// Does not belong here: what is right and wrong (tests/e2e).

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { makeAuthority } from '../harness/certificates.mjs';
import { program } from '../harness/host.mjs';
import { startKeyring } from '../harness/keyring.mjs';
import { refusingImap, startLineServer } from '../harness/line_server.mjs';
import { makeFolder } from '../harness/processes.mjs';
import { startThunderbird } from '../harness/thunderbird.mjs';
import { least, median, root } from './measure.mjs';

const thunderbirdProgram = process.env.THUNDERBIRD ?? '/usr/lib/thunderbird/thunderbird';
const addOn = process.env.REPROMPT_XPI ?? join(root, 'dist/reprompt.xpi');
const allowedGapMs = 50;

/** Inside Thunderbird: a timer that is due every 5 ms, how late it was at worst, and when each box was loaded (wall clock). */
const watchSource = `
  kept.boxes = [];
  kept.observer = { observe: () => kept.boxes.push(Date.now()) };
  Services.obs.addObserver(kept.observer, 'common-dialog-loaded');
  kept.longestMs = 0;
  let last = ChromeUtils.now();
  const tick = () => {
    const now = ChromeUtils.now();
    kept.longestMs = Math.max(kept.longestMs, now - last);
    last = now;
    setTimeout(tick, 5);
  };
  tick();`;

/** An IMAP server that refuses at once and knows when it refused, and on which connection. */
async function startServer(authority) {
  const refusals = [];
  let connections = 0;
  const refuse = refusingImap('NO [AUTHENTICATIONFAILED] Authentication failed.');
  const server = await startLineServer({
    certificate: authority.issue(),
    greeting: '* OK [CAPABILITY IMAP4rev1 ID SASL-IR AUTH=PLAIN] ready',
    answer(line, state) {
      state.connection ??= connections += 1;
      const reply = refuse(line, state);
      if (/NO \[AUTH/.test(reply ?? '')) refusals.push({ connection: state.connection, at: Date.now() });
      return reply;
    },
  });
  return { ...server, refusals };
}

/** One Thunderbird with an account whose password is wrong, from "Get Messages" to the first box. @param {boolean} ours with add-on and host */
async function failedLogin(ours) {
  const dir = makeFolder('bench-thunderbird');
  const authority = makeAuthority(join(dir, 'ca'));
  const server = await startServer(authority);
  const keyring = await startKeyring({ dir: join(dir, 'keyring') });
  let thunderbird;
  try {
    thunderbird = await startThunderbird({
      dir: join(dir, 'thunderbird'),
      caFile: authority.caFile,
      xpi: ours ? addOn : null,
      host: ours ? program : null,
      env: keyring.env,
      accounts: [{ type: 'imap', host: 'localhost', port: server.port, user: 'alice', password: 'wrong-horse' }],
    });
    if (ours) await thunderbird.waitForAddon();
    const startUpMs = ours ? (await thunderbird.counters()).startUpMs : null;
    // What Thunderbird itself has to do after its start is not ours to count.
    await thunderbird.eval('await new Promise(done => Services.tm.idleDispatchToMainThread(done, 5000));');
    await thunderbird.eval(watchSource);
    await thunderbird.getNewMessages('server1');
    await thunderbird.waitFor('return kept.boxes.length > 0;', {}, 60_000);
    const { boxes, longestMs } = await thunderbird.eval('return { boxes: kept.boxes, longestMs: kept.longestMs };');
    const prompt = await thunderbird.waitForDialog(ours ? 'password' : 'choice');
    // Thunderbird's last one; ours is on a connection of its own, the last before the box.
    const before = server.refusals.filter(({ at }) => at <= boxes[0]);
    const probe = ours ? before.at(-1).connection : -1;
    const theirs = before.filter(({ connection }) => connection !== probe);
    if (theirs.length === 0) throw new Error(`no login of Thunderbird's own before "${prompt.title}"`);
    return { startUpMs, longestMs, waitMs: boxes[0] - theirs.at(-1).at };
  } finally {
    await thunderbird?.quit();
    await keyring.stop();
    await server.stop();
  }
}

/** @param {number} runs of each, in turn @param {(line: string) => void} tell */
export async function inThunderbirdRows(runs, tell) {
  const missing = existsSync(thunderbirdProgram) ? (existsSync(addOn) ? null : 'no add-on') : 'no Thunderbird';
  const ours = [];
  const control = [];
  for (let run = 0; !missing && run <= runs; run += 1) {
    tell(`Thunderbird, run ${run} of ${runs}`);
    const [without, withUs] = [await failedLogin(false), await failedLogin(true)];
    if (run === 0) continue;
    control.push(without);
    ours.push(withUs);
  }
  const row = (id, what, goal, key, middle, met) => {
    if (missing) return { id, what, goal, values: {}, missing, digits: 1, met: null };
    const of = (all) => middle(all.map((each) => each[key]));
    const values = { reprompt: of(ours), ...(control[0][key] === null ? {} : { 'stock Thunderbird': of(control) }) };
    return { id, what, goal, values, digits: 1, met: met(values) };
  };
  return [
    row('P11', 'Thunderbird: time inside our start-up code: ms', '<= 30', 'startUpMs', median, ({ reprompt }) => reprompt <= 30),
    row(
      'P11',
      'Thunderbird: longest gap of its main thread, failed login to box: ms',
      `<= stock + ${allowedGapMs}`,
      'longestMs',
      median,
      (values) => values.reprompt <= values['stock Thunderbird'] + allowedGapMs,
    ),
    row('', 'Thunderbird: from the refused login to the prompt (stock: its box): ms', '', 'waitMs', least, () => null),
  ];
}
