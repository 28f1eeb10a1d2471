// SPDX-License-Identifier: MPL-2.0
// One fault of a connection: a server or a network that has it, a probe with a password against it, and what must come out. Belongs here: running a
// case and the table of all results. Does not belong here: the faults themselves (connection_faults*.test.mjs).

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { runReprompt } from '../harness/host.mjs';
import { expectSilenceAbout, expectVerdict } from './expectations.mjs';

const artifacts = process.env.REPROMPT_ARTIFACTS ?? fileURLToPath(new URL('../../build/servers', import.meta.url));
const password = 'planted-secret-1';
const rows = [];

/**
 * Probes as a help desk would, with a password that must stay at home.
 * @param {string} url @param {string[]} [args] @param {object} [options] as runReprompt
 */
export const probeWithPassword = (url, args = [], options = {}) =>
  runReprompt(['probe', url, '--user', 'alice', '--json', ...args], { password, ...options });

/**
 * @typedef {object} Expected
 * @property {string} verdict
 * @property {string} stage
 * @property {string} [failure] of the evidence; as it comes if not given
 * @property {RegExp} words what the first sentence of `because` says; any sentence, if the connection works in the end
 * @property {string} [advice] one word that must be among the advice
 * @property {number} [attempts] 0 if not given
 */

/** The sentence that names the fault. */
const sentence = ({ because, evidence }, { words }) =>
  (evidence.failure === 'none' && because.find((each) => words.test(each))) || because[0];

/**
 * A test of one fault.
 * @param {string} fault in a few words, for the table
 * @param {Expected} expected
 * @param {() => Promise<any>} run sets the fault up, probes, cleans up; gives the run
 */
export function faultTest(fault, expected, run) {
  test(fault, async () => {
    const result = await run();
    const all = `${result.stdout}\n${result.stderr}`;
    if (result.json) {
      const { verdict, confidence, evidence, because, advice } = result.json;
      rows.push({
        fault,
        verdict,
        confidence,
        stage: evidence.stage,
        failure: evidence.failure,
        advice,
        words: sentence(result.json, expected),
      });
    }
    expectVerdict(result, expected.verdict, expected.attempts ?? 0);
    expectSilenceAbout(result, password);
    assert.equal(result.json.stage, expected.stage, all);
    assert.equal(result.json.evidence.stage, expected.stage, all);
    if (expected.failure) assert.equal(result.json.evidence.failure, expected.failure, all);
    assert.match(sentence(result.json, expected), expected.words, all);
    if (expected.advice) assert.ok(result.json.advice.includes(expected.advice), all);
    // Invariant 10: the evidence alone gives the same answer.
    const again = await runReprompt(['explain'], {
      stdin: `${JSON.stringify({ id: 'again', evidence: result.json.evidence })}\n`,
    });
    assert.equal(again.json?.verdict, expected.verdict, again.stdout + again.stderr);
    // `explain` has no server_words and puts them in front.
    const reasons = again.json.because.filter((sentence) => !sentence.startsWith('the server said: '));
    assert.deepEqual(reasons, result.json.because);
  });
}

/** Writes what really came out, at the end of the file's tests. @param {string} name of the table */
export function writeTable(name) {
  after(() => {
    mkdirSync(artifacts, { recursive: true });
    const cell = (text) => String(text).replaceAll('|', '\\|');
    const lines = rows.map(({ fault, verdict, confidence, stage, failure, advice, words }) =>
      [fault, `${verdict} (${confidence})`, stage, failure, advice.join(', '), words].map(cell).join(' | '),
    );
    writeFileSync(
      join(artifacts, `${name}.md`),
      `| fault | verdict | stage | failure | advice | words |\n|---|---|---|---|---|---|\n${lines.map((line) => `| ${line} |\n`).join('')}`,
    );
  });
}
