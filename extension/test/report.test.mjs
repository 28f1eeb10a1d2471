// SPDX-License-Identifier: MPL-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { reportOf } from '../card/report.mjs';
import { failureOf, verdictMessage } from './fakes.mjs';

const incident = {
  ...failureOf({
    username: 'planted@secret.example',
    name: 'planted name',
    heard: [{ protocol: 'imap', lines: ['planted heard'], tls: true }],
  }),
  verdict: verdictMessage('x', 'rate_limited', { evidence: { protocol: 'imap', response: ['NO [LIMIT]'] } }),
  problem: null,
};

test('a report names no person and no account', () => {
  assert.doesNotMatch(reportOf(incident, '0.1.0'), /planted/);
});

test('the last line of a report is a line for `reprompt explain`', () => {
  const line = JSON.parse(reportOf(incident, '0.1.0').split('\n').at(-1));
  assert.deepEqual(line, { id: 'report', evidence: incident.verdict.evidence });
});

test('a report without a verdict says what went wrong', () => {
  assert.match(reportOf({ ...incident, verdict: null, problem: 'host_missing' }, '0.1.0'), /problem: host_missing/);
});
