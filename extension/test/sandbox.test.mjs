// SPDX-License-Identifier: MPL-2.0
// A Thunderbird that came as a Flatpak or a snap: that it is known, and that the way out is named, also where it cannot be known.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

globalThis.browser = { i18n: { getMessage: (key) => key, getUILanguage: () => 'en' } };
globalThis.document = { documentElement: {} };
const { wayOut } = await import('../helper_check.mjs');

const source = readFileSync(new URL('../api/LoginWatch/sandbox.js', import.meta.url), 'utf8');

/** @param {{files?: string[], variables?: Record<string, string>}} around */
function kindIn({ files = [], variables = {} }) {
  const scope = {
    IOUtils: { exists: async (file) => files.includes(file) },
    Services: { env: { get: (name) => variables[name] ?? '' } },
  };
  vm.runInNewContext(source, scope);
  return scope.Sandbox.kind();
}

test('a Flatpak is known by its file, a snap by its own name, and everything else is none', async () => {
  assert.equal(await kindIn({}), 'none');
  assert.equal(await kindIn({ files: ['/.flatpak-info'] }), 'flatpak');
  assert.equal(await kindIn({ variables: { SNAP_NAME: 'thunderbird' } }), 'snap');
  assert.equal(await kindIn({ variables: { SNAP_NAME: 'code' } }), 'none', 'started from another snap’s terminal');
});

test('the way out is the one of that sandbox; where nobody can tell, both are named', () => {
  assert.deepEqual(wayOut('host_missing', 'none'), { words: null, install: true });
  assert.deepEqual(wayOut('host_missing', 'flatpak'), { words: 'helper_flatpak', install: false });
  assert.deepEqual(wayOut('host_missing', 'snap'), { words: 'helper_snap', install: true });
  assert.deepEqual(wayOut('host_missing', null), { words: 'helper_sandboxes', install: true });
  assert.deepEqual(wayOut('host_gone', 'snap'), { words: 'helper_snap', install: false }, 'the question was answered with no');
  assert.deepEqual(wayOut('version_mismatch', null), { words: null, install: true });
  assert.deepEqual(wayOut(undefined, 'none'), { words: null, install: false });
});
