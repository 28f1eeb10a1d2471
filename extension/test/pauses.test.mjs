// SPDX-License-Identifier: MPL-2.0
// Which verdict pauses the automatic checks, and how long.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { VERDICTS } from '../decisions.mjs';
import { LONGEST_MS, RECORD_UNUSABLE, isRefused, pauseFor } from '../pauses.mjs';
import { verdictMessage } from './fakes.mjs';

const now = 1_000_000;
const minute = 60_000;
const pause = (code, more = {}, repeats = 0) => pauseFor(verdictMessage('x', code, more), { repeats, now });

test('what is not about the password pauses nothing', () => {
  const harmless = VERDICTS.filter((code) => pause(code) === null);
  assert.deepEqual(harmless, [
    ...['tls_required', 'tls_obsolete', 'certificate_untrusted', 'server_unreachable', 'offline', 'temporary_failure'],
    ...['not_auth', 'password_accepted'],
  ]);
});

test('what time may heal pauses half an hour, everything else until the user acts', () => {
  const timed = VERDICTS.filter((code) => pause(code)?.until);
  assert.deepEqual(timed, ['account_locked', 'rate_limited', 'inconclusive']);
  for (const code of timed) assert.deepEqual(pause(code), { until: now + 30 * minute });
  assert.deepEqual(pause('stale_password'), { until: null });
});

test('the same verdict in a row doubles the pause, up to six hours', () => {
  const minutes = [0, 1, 2, 3, 4, 50].map((repeats) => (pause('rate_limited', {}, repeats).until - now) / minute);
  assert.deepEqual(minutes, [30, 60, 120, 240, 360, 360]);
});

test('a time named by the server counts, within six hours', () => {
  assert.deepEqual(pause('rate_limited', { retry_after_s: 90 }), { until: now + 90_000 });
  assert.deepEqual(pause('rate_limited', { retry_after_s: 21_600 * 9 }), { until: now + LONGEST_MS });
});

test('a password that was not tried because our own record cannot be used pauses nothing', () => {
  const untried = (...notes) => pause('inconclusive', { rule: 'no-credential', notes });
  const full = 'cannot write the ledger in /state: No space left on device';
  const closed = 'The record of earlier attempts cannot be used, so the password was not sent: cannot open the folder /state';
  assert.equal(untried(full), null);
  assert.equal(untried('No attempt can be put on record, so nothing was sent.', closed), null);
  assert.ok(pause('inconclusive', { rule: 'none', notes: [full] }), 'a real answer pauses, whatever became of the record');
});

test('a password that was not tried for any other reason pauses: a spent budget of attempts is no fault of ours', () => {
  const untried = (...notes) => pause('inconclusive', { rule: 'no-credential', notes });
  const spent = 'Three sign-ins of this account failed within 24 hours; no more are tried.';
  const unfit = 'The server offers no sign-in method that fits this account; nothing was sent.';
  for (const notes of [[spent], [unfit], [], ['cannot write the ledger in /state: No space left on device', spent]])
    assert.deepEqual(untried(...notes), { until: now + 30 * minute }, notes.join(' '));
  assert.ok(pause('inconclusive', { rule: 'no-credential', notes: undefined }));
});

test('the words that say that our record cannot be used are the words of the host', () => {
  const [closed, full] = RECORD_UNUSABLE;
  const source = (name) => readFileSync(new URL(`../../host/${name}`, import.meta.url), 'utf8');
  assert.ok(source('app/probe_desk.cpp').includes(`"${closed}`));
  assert.ok(source('ledger/ledger_file.cpp').includes(`"${full}`));
});

test('a verdict that we do not know pauses as an inconclusive one does', () => {
  assert.deepEqual(pause('brand_new'), pause('inconclusive'));
});

test('a password counts as refused where the ledger says so too, and never on a guess', () => {
  const refused = VERDICTS.filter((code) => isRefused(verdictMessage('x', code)));
  assert.deepEqual(refused, [
    ...['stale_password', 'password_expired', 'app_password_required', 'oauth2_required', 'username_format'],
  ]);
  assert.equal(isRefused(verdictMessage('x', 'stale_password', { confidence: 'guess' })), false);
});
