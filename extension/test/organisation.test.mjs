// SPDX-License-Identifier: MPL-2.0
// Rules of an organisation from managed storage to the host, and its words on the way to the user.
import assert from 'node:assert/strict';
import test from 'node:test';
import { HostClient } from '../host_client.mjs';
import { organisationRules, organisationWords } from '../organisation.mjs';
import { organisationText } from '../verdict_text.mjs';
import { FakePort } from './fakes.mjs';

const rules = { version: 1, organisation: 'University of Example', rules: [] };
const world = ({ policy = true, kept = { rules } } = {}) => ({
  watch: { hasPolicy: async () => policy },
  managed: {
    get: async () => {
      if (!kept) throw new Error('Managed storage manifest not found');
      return kept;
    },
  },
});

test('the rules of the policy go to the host with every hello', async () => {
  const { text, problem } = await organisationRules(world());
  assert.deepEqual(JSON.parse(text), rules);
  assert.equal(problem, null);
  const port = new FakePort();
  const client = new HostClient({ connect: () => port, version: '0.1.0' });
  client.organisationRules = text;
  client.request({ type: 'vault_list' }, { timeoutMs: 1000 }).catch(() => {});
  const [hello, request] = port.sent;
  assert.deepEqual([hello.type, hello.organisation_rules, request.type], ['hello', text, 'vault_list']);
  port.drop('');
});

test('without a policy, without rules or without managed storage there is nothing to send', async () => {
  for (const how of [{ policy: false }, { kept: {} }, { kept: null }, { kept: { rules: null } }])
    assert.deepEqual(await organisationRules(world(how)), { text: null, problem: null });
});

test('rules that do not fit into a message are named, not sent', async () => {
  const { text, problem } = await organisationRules(world({ kept: { rules: { ...rules, about: '"'.repeat(40_000) } } }));
  assert.equal(text, null);
  assert.match(problem, /longer than 56 KiB/);
});

const said = { text: { en: 'Use a code.', ja: 'コードを使ってください。', 'pt-br': 'Use um código.' }, name: 'Uni' };

test("the words are in the user's language, or in English, or in what there is", () => {
  const words = (language, organisation = said) => organisationWords({ organisation }, language)?.words;
  assert.equal(words('ja'), said.text.ja);
  assert.equal(words('ja-JP'), said.text.ja);
  assert.equal(words('pt_BR'), said.text['pt-br']);
  assert.equal(words('de'), said.text.en);
  assert.equal(words('de', { text: { ja: said.text.ja } }), said.text.ja);
  assert.equal(words('constructor', { text: { ja: said.text.ja } }), said.text.ja);
  for (const organisation of [undefined, null, {}, { text: {} }, { text: 'x' }, { text: { en: 7 } }])
    assert.equal(organisationWords({ organisation }, 'en'), null);
  assert.equal(organisationWords(null, 'en'), null);
});

test('the words are marked as those of the organisation', () => {
  const getMessage = (key, words = []) => (key === '@@ui_locale' ? 'en' : [key, ...words].join('|'));
  assert.equal(organisationText({ organisation: said }, getMessage), 'organisation_named_says|Uni|Use a code.');
  assert.equal(organisationText({ organisation: { text: said.text } }, getMessage), 'organisation_says|Use a code.');
  assert.equal(organisationText({}, getMessage), '');
  assert.equal(organisationText(null, getMessage), '');
});
