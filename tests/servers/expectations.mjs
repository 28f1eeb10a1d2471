// SPDX-License-Identifier: MPL-2.0
// What several of these tests say about a run of the host. Belongs here: assertions. Does not belong here: servers (tests/harness).

import assert from 'node:assert/strict';

const exitStatus = {
  password_accepted: 0,
  server_unreachable: 2,
  temporary_failure: 2,
  rate_limited: 2,
  offline: 2,
  inconclusive: 3,
};

/** The run printed one verdict of this code, sent this many credentials, and ended with the status that belongs to the code. */
export function expectVerdict(run, code, attempts) {
  const all = `exit status ${run.status}\n${run.stdout}\n${run.stderr}`;
  assert.ok(run.json, `no JSON: ${all}`);
  assert.equal(run.json.verdict, code, all);
  assert.equal(run.json.attempts, attempts, all);
  assert.equal(run.status, exitStatus[code] ?? 1, all);
}

/** None of these passwords is anywhere in what the run printed, as it is or in base64. */
export function expectSilenceAbout(run, ...passwords) {
  for (const password of passwords) {
    for (const form of [
      password,
      Buffer.from(password).toString('base64'),
      Buffer.from(`\0alice\0${password}`).toString('base64'),
    ]) {
      assert.ok(!run.stdout.includes(form), 'the password is on stdout');
      assert.ok(!run.stderr.includes(form), 'the password is on stderr');
    }
  }
}
