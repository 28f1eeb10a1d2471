// SPDX-License-Identifier: MPL-2.0
// What follows from each verdict.
import assert from 'node:assert/strict';
import test from 'node:test';
import { VERDICTS, barChoicesOf, choicesOf, decide, pageOf, wantsAppPassword } from '../decisions.mjs';
import { verdictMessage } from './fakes.mjs';

const plain = { oauth: false, retried: false };
const plan = (verdict, more = {}, facts = plain) => decide(verdictMessage('x', verdict, more), facts);

test('a stale password that may be cleared at once is, and nothing else ever is', () => {
  for (const verdict of VERDICTS) {
    for (const may_clear of ['at_once', 'on_click', 'never']) {
      const clears = plan(verdict, { may_clear }).kind === 'clear';
      assert.equal(clears, verdict === 'stale_password' && may_clear === 'at_once', `${verdict} ${may_clear}`);
    }
  }
});

test('with advice from the provider our dialog comes first', () => {
  for (const advice of [['app_password'], ['oauth2'], ['oauth2', 'app_password']])
    assert.equal(plan('stale_password', { advice }).kind, 'dialog');
  assert.equal(plan('stale_password', { advice: ['enable_imap'] }).kind, 'clear');
});

test('a stale password that is only a guess leaves the stock box', () => {
  assert.deepEqual(plan('stale_password', { may_clear: 'never' }), { kind: 'stock', words: true });
});

test('a verdict that never clears offers no new password', () => {
  for (const verdict of VERDICTS) {
    const choices = choicesOf(verdictMessage('x', verdict, { may_clear: 'never' }), { oauth: true });
    for (const choice of ['newPassword', 'appPassword', 'signInAgain'])
      assert.ok(!choices.includes(choice), `${verdict}: ${choices}`);
  }
});

test('a dialog has two or three buttons, and Escape is "not now"', () => {
  for (const verdict of VERDICTS) {
    for (const links of [{}, { help: 'https://example.org/help' }]) {
      for (const oauth of [true, false]) {
        const choices = choicesOf(verdictMessage('x', verdict, { links, may_clear: 'on_click', advice: ['oauth2'] }), { oauth });
        assert.ok(choices.length >= 2 && choices.length <= 3, `${verdict}: ${choices}`);
        assert.equal(choices[1], 'notNow');
        assert.equal(new Set(choices).size, choices.length);
      }
    }
  }
});

test('an app password: open the page, enter it, or not now; once opened, the page gives way to the details', () => {
  const verdict = verdictMessage('x', 'app_password_required', {
    may_clear: 'on_click',
    links: { app_password: 'https://example.org/app' },
  });
  assert.deepEqual(choicesOf(verdict, { oauth: false }), ['openPage', 'notNow', 'appPassword']);
  assert.deepEqual(choicesOf(verdict, { oauth: false, pageOpened: true }), ['appPassword', 'notNow', 'details']);
});

test('OAuth2 is offered first where Thunderbird knows it', () => {
  const verdict = verdictMessage('x', 'oauth2_required', { may_clear: 'on_click', advice: ['oauth2'] });
  assert.deepEqual(choicesOf(verdict, { oauth: true }), ['switchOAuth', 'notNow', 'details']);
  assert.deepEqual(choicesOf(verdict, { oauth: false }), ['details', 'notNow']);
});

test('a bar always has "Details", and something that helps or "Try now"', () => {
  for (const code of VERDICTS) {
    for (const links of [{}, { help: 'https://example.org/help' }]) {
      for (const may_clear of ['on_click', 'never']) {
        const choices = barChoicesOf(verdictMessage('x', code, { links, may_clear, advice: ['oauth2'] }), { oauth: true });
        assert.ok(choices.length >= 2 && choices.length <= 3, `${code}: ${choices}`);
        assert.equal(choices.at(-1), 'details');
        assert.ok(!choices.includes('notNow'));
      }
    }
  }
  assert.deepEqual(barChoicesOf(verdictMessage('x', 'rate_limited'), { oauth: false }), ['tryNow', 'details']);
  assert.deepEqual(barChoicesOf(verdictMessage('x', 'stale_password'), { oauth: false }), ['newPassword', 'details']);
});

test('paused sign-ins may be tried now, and Enter does not', () => {
  for (const code of ['rate_limited', 'account_locked'])
    assert.deepEqual(choicesOf(verdictMessage('x', code), { oauth: false }), ['details', 'notNow', 'tryNow']);
});

test('nobody is asked for a password when the server is away', () => {
  for (const verdict of ['server_unreachable', 'offline', 'temporary_failure'])
    assert.deepEqual(plan(verdict), { kind: 'quiet' });
});

test('a password that works is tried once more, not for ever', () => {
  assert.deepEqual(plan('password_accepted'), { kind: 'retry' });
  assert.equal(plan('password_accepted', {}, { oauth: false, retried: true }).kind, 'stock');
});

test('an honest "inconclusive", and a word we do not know, leave the stock box with the words of the server', () => {
  assert.deepEqual(plan('inconclusive'), { kind: 'stock', words: true });
  assert.deepEqual(plan('something_new'), { kind: 'stock', words: true });
});

test('a page is an https address of a rule, or none', () => {
  assert.equal(pageOf(verdictMessage('x', 'not_auth', { links: { help: 'javascript:alert(1)', other: 'http://x' } })), null);
  assert.equal(
    pageOf(verdictMessage('x', 'password_expired', { links: { help: 'https://h', reset: 'https://r' } })),
    'https://r',
  );
});

test('where only time helps, the bar always offers to try at once', () => {
  for (const verdict of ['rate_limited', 'account_locked']) {
    assert.deepEqual(barChoicesOf(verdictMessage('x', verdict), { oauth: false }), ['tryNow', 'details']);
    const links = { help: 'https://example.org/help' };
    assert.deepEqual(barChoicesOf(verdictMessage('x', verdict, { links }), { oauth: false }), ['openPage', 'tryNow', 'details']);
  }
});

test('a protocol that is off has the page where it is switched on', () => {
  const links = {
    help: 'https://example.org/help',
    enable_imap: 'https://example.org/imap',
    enable_pop: 'https://example.org/pop',
  };
  for (const [advice, page] of [
    [['enable_pop'], links.enable_pop],
    [['use_imap', 'enable_pop', 'enable_imap'], links.enable_pop],
    [['enable_smtp'], links.help],
  ])
    assert.equal(pageOf(verdictMessage('x', 'protocol_disabled', { advice, links })), page);
});

test('an app password is wanted where the verdict or the advice says so', () => {
  assert.ok(wantsAppPassword(verdictMessage('x', 'app_password_required')));
  assert.ok(wantsAppPassword(verdictMessage('x', 'stale_password', { advice: ['oauth2', 'app_password'] })));
  assert.ok(!wantsAppPassword(verdictMessage('x', 'stale_password', { advice: ['oauth2'] })));
});
