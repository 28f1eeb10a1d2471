// SPDX-License-Identifier: MPL-2.0
// What is remembered of earlier trouble, and what "This was not the cause" does.
import assert from 'node:assert/strict';
import test from 'node:test';
import { decide } from '../decisions.mjs';
import { History } from '../history.mjs';
import { PageQuestions } from '../page_questions.mjs';
import { failureOf, verdictMessage } from './fakes.mjs';
import { play } from './stage.mjs';

const closed = (id, more = {}) => ({
  ...failureOf({ id, heard: [{ protocol: 'pop3', lines: ['-ERR no'], tls: true }] }),
  ...{
    state: 'closed',
    ended: 'signed-in',
    endedAt: 2000,
    verdict: verdictMessage('p', 'stale_password', { rule: 'refused.imap' }),
  },
  ...{ boxes: ['x'], problem: null, lastAt: 1000 },
  ...more,
});
function historyOf(stored) {
  const writes = [];
  const history = new History({ stored, store: async (kept) => void writes.push(structuredClone(kept)) });
  return { history, writes };
}

test('an incident that is over is kept once, without words from the wire', () => {
  const { history, writes } = historyOf();
  const all = [closed('one'), closed('open', { state: 'open', ended: null })];
  history.note(all);
  history.note(all);
  assert.equal(writes.length, 1);
  assert.deepEqual(
    history.list().map(({ id, heard }) => [id, heard]),
    [['one', []]],
  );
});

test('an incident that turned out better later is corrected', () => {
  const { history } = historyOf();
  history.note([closed('one', { ended: 'try-again' })]);
  history.note([closed('one', { ended: 'signed-in' })]);
  assert.deepEqual(
    history.list().map(({ ended }) => ended),
    ['signed-in'],
  );
});

test('what found nothing wrong, or was only replaced before it was decided, is no event', () => {
  const { history } = historyOf();
  history.note([
    closed('a', { ended: 'nothing-wrong' }),
    closed('b', { ended: 'replaced', verdict: null, problem: 'interrupted' }),
  ]);
  assert.deepEqual(history.list(), []);
});

test('at most 200 are kept, the newest, newest first', () => {
  const { history, writes } = historyOf();
  history.note(Array.from({ length: 230 }, (_none, place) => closed(`i${place}`, { at: place })));
  assert.equal(writes.at(-1).incidents.length, 200);
  assert.equal(history.list()[0].id, 'i229');
  assert.equal(history.list().at(-1).id, 'i30');
});

test('a rule that was not the cause clears nothing at that account by itself any more, and elsewhere as before', () => {
  const { history } = historyOf();
  const incident = closed('one');
  assert.equal(history.mark(incident), null);
  const facts = { oauth: false, retried: false };
  const verdict = verdictMessage('p', 'stale_password', { rule: 'refused.imap' });
  const planAt = (server, found) => decide(history.tempered(server, found), facts).kind;
  assert.equal(planAt({ kind: 'incoming', key: 'server1' }, verdict), 'dialog');
  assert.equal(planAt({ kind: 'incoming', key: 'server2' }, verdict), 'clear');
  assert.equal(planAt({ kind: 'outgoing', key: 'server1' }, verdict), 'clear');
  assert.equal(planAt({ kind: 'incoming', key: 'server1' }, { ...verdict, rule: 'words.stale' }), 'clear');
  assert.equal(history.list().length, 0);
  assert.equal(history.told(incident).notTheCause, true);
});

test('a mark never makes a verdict clear that may not', () => {
  const { history } = historyOf({ marks: [{ kind: 'incoming', key: 'server1', rule: 'r' }] });
  for (const may_clear of ['on_click', 'never']) {
    const verdict = verdictMessage('p', 'stale_password', { rule: 'r', may_clear });
    assert.equal(history.tempered({ kind: 'incoming', key: 'server1' }, verdict).may_clear, may_clear);
  }
});

test('a mark is taken back, and survives a restart until then', () => {
  const { history, writes } = historyOf();
  history.mark(closed('one'));
  const later = historyOf(writes.at(-1)).history;
  assert.equal(later.isMarked(closed('two')), true);
  later.mark(closed('two'), false);
  assert.equal(later.isMarked(closed('two')), false);
});

test('where no cause was named there is nothing to deny', () => {
  const { history } = historyOf();
  assert.equal(history.mark(closed('a', { verdict: null })), 'not_allowed');
  assert.equal(history.mark(closed('b', { verdict: verdictMessage('p', 'inconclusive') })), 'not_allowed');
});

test('clearing the history forgets everything', () => {
  const { history, writes } = historyOf();
  history.note([closed('one')]);
  history.mark(closed('one'));
  history.clear();
  assert.deepEqual(writes.at(-1), { incidents: [], marks: [] });
});

test('with the mark nothing is cleared at the next refusal: the user is asked in our dialog', async () => {
  const { history } = historyOf({ marks: [{ kind: 'incoming', key: 'server1', rule: 'test' }] });
  const stage = play({ history });
  const decision = await stage.held(failureOf());
  assert.equal(decision.action, 'custom');
  assert.deepEqual(stage.types(), ['probe'], 'nothing was put into the vault');
});

test('the mark counts for the incident that is open now', async () => {
  const stage = play();
  const { history } = historyOf();
  const pages = new PageQuestions({ ...stage, history, changed() {}, storeSignIns: async () => {}, started: 0 });
  await stage.held(failureOf({ id: 'now' }));
  assert.equal(pages.notTheCause('now', true), null);
  assert.equal(stage.incidents.find('now').verdict.may_clear, 'on_click');
  assert.equal(pages.notTheCause('gone', true), 'not_found');
});

test('a page learns of each account in words, with its next steps', async () => {
  const stage = play({ servers: [{ ...failureOf(), key: 'server2' }, failureOf()], verdict: verdictMessage('p', 'not_auth') });
  const pages = new PageQuestions({
    ...stage,
    history: historyOf().history,
    changed() {},
    storeSignIns: async () => {},
    started: 0,
  });
  await stage.held(failureOf({ id: 'now' }), { answer: 'cancel', by: 'dialog' });
  const [worst, other] = await pages.health();
  assert.deepEqual([worst.server.key, worst.state, worst.telling.incident.id], ['server1', 'needsYou', 'now']);
  assert.match(worst.telling.text, /verdict_not_auth_sentence/);
  assert.deepEqual(worst.telling.choices, ['tryNow', 'details']);
  assert.deepEqual([other.state, other.telling], ['unchecked', null]);
});
