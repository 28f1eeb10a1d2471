// SPDX-License-Identifier: MPL-2.0
// The awk programs of the README and of the Indexed Job cut a list so that no account is in two slices. Does not belong here: batch itself (tests/servers/batch.test.mjs).
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeFolder, runOnce } from '../harness/processes.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The program and the name of slice N. */
const papers = {
  'README.md': (at) => `slice${at}.jsonl`,
  'packaging/examples/batch-indexed-job.yaml': (at) => `${at}.jsonl`,
};
const lines = {
  'imap.org': { url: 'imaps://imap.Example.org' },
  'smtp.org': { note: 'a://b.example', url: 'smtp://smtp.example.org.:587/' },
  'pop.org': { protocol: 'pop3', host: 'POP.example.org.' },
  v4: { url: 'imaps://192.0.2.1:993' },
  'v4 next': { url: 'imaps://192.0.3.1' },
  'v6 url': { url: 'imaps://[2001:DB8::1]:993' },
  'v6 host': { protocol: 'imap', host: '2001:db8::1' },
  localhost: { password: 'x","url":"imaps://mail.example.net', url: 'imaps://localhost:993' },
  net: { url: 'imaps://mail.example.net' },
  'net bare': { url: 'imaps://example.net' },
};
const together = [
  ['imap.org', 'smtp.org', 'pop.org'],
  ['v4'],
  ['v4 next'],
  ['v6 url', 'v6 host'],
  ['localhost'],
  ['net', 'net bare'],
];

for (const [paper, nameOf] of Object.entries(papers))
  test(`the hosts of a domain go into one slice, others into others: ${paper}`, () => {
    const text = readFileSync(join(root, paper), 'utf8').replace(/^#/gm, '');
    const [, program] = /awk '([^']*)' LIST/.exec(text);
    const folder = makeFolder('slices');
    writeFileSync(
      join(folder, 'LIST'),
      Object.entries(lines)
        .map(([id, more]) => `${JSON.stringify({ id, ...more })}\n`)
        .join(''),
    );
    runOnce('awk', [program, 'LIST'], { cwd: folder });
    const slices = [];
    for (let at = 0; existsSync(join(folder, nameOf(at))); at += 1)
      slices.push(
        readFileSync(join(folder, nameOf(at)), 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).id),
      );
    assert.deepEqual(slices, together);
  });
