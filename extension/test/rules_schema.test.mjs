// SPDX-License-Identifier: MPL-2.0
// manifests/rules.schema.json against the built-in rules and the sample files that the loader's tests read too.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';

const root = new URL('../../', import.meta.url);
const json = (name) => JSON.parse(readFileSync(new URL(name, root), 'utf8'));
const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
  json('manifests/rules.schema.json'),
);
const jsonFiles = (folder) => readdirSync(new URL(folder, root)).filter((name) => name.endsWith('.json'));

for (const name of jsonFiles('host/rules/')) {
  test(`the built-in rules ${name} fit the schema`, () => {
    assert.ok(validate(json(`host/rules/${name}`)), JSON.stringify(validate.errors));
  });
}

for (const folder of ['good', 'beyond_schema']) {
  for (const name of jsonFiles(`tests/rules/${folder}/`)) {
    test(`${folder}/${name} fits the schema`, () => {
      assert.ok(validate(json(`tests/rules/${folder}/${name}`)), JSON.stringify(validate.errors));
    });
  }
}

for (const name of jsonFiles('tests/rules/bad/')) {
  test(`bad/${name} does not fit the schema`, () => {
    assert.equal(validate(json(`tests/rules/bad/${name}`)), false);
  });
}

test('the example of host/rules/README.md fits the schema', () => {
  const page = readFileSync(new URL('host/rules/README.md', root), 'utf8');
  const example = page.match(/```json\n(\{\n[^]*?)```/);
  assert.ok(example, 'the page has no example');
  assert.ok(validate(JSON.parse(example[1])), JSON.stringify(validate.errors));
});
