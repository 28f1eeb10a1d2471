// SPDX-License-Identifier: MPL-2.0
// `reprompt probe` against a real Postfix whose passwords a real Dovecot checks: submission with STARTTLS and with implicit TLS. Both logs are read.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';

import { makeAuthority } from '../harness/certificates.mjs';
import { startDovecot } from '../harness/dovecot.mjs';
import { makeHome, runReprompt } from '../harness/host.mjs';
import { startPostfix } from '../harness/postfix.mjs';
import { makeFolder } from '../harness/processes.mjs';
import { expectSilenceAbout, expectVerdict } from './expectations.mjs';

const folder = makeFolder('postfix');
const authority = makeAuthority(join(folder, 'ca'));
let dovecot;
let postfix;
let forms;

before(async () => {
  dovecot = await startDovecot({ dir: join(folder, 'dovecot'), authority });
  postfix = await startPostfix({ dir: join(folder, 'postfix'), authority, dovecot });
  forms = {
    'submission with STARTTLS': [`smtp://localhost:${postfix.ports.submission}`, '--tls', 'starttls'],
    'submission with implicit TLS': [`smtps://localhost:${postfix.ports.submissions}`],
  };
});
after(async () => {
  await postfix?.stop();
  await dovecot?.stop();
});

const probe = (form, password, options = {}) =>
  runReprompt(['probe', ...forms[form], '--user', 'alice', '--ca-file', authority.caFile, '--json'], { password, ...options });

for (const form of ['submission with STARTTLS', 'submission with implicit TLS']) {
  describe(form, () => {
    test('the right password is accepted after one attempt', async () => {
      await dovecot.settle();
      const bad = dovecot.badLogins();
      const run = await probe(form, 'right-1');
      expectVerdict(run, 'password_accepted', 1);
      expectSilenceAbout(run, 'right-1');
      await dovecot.settle();
      assert.equal(dovecot.badLogins(), bad);
    });

    test('a wrong password is stale after one attempt, and never sent again', async () => {
      const home = makeHome();
      const wrong = `wrong-${form.replaceAll(' ', '-')}`;
      await dovecot.settle();
      const bad = dovecot.badLogins();
      const first = await probe(form, wrong, { home });
      expectVerdict(first, 'stale_password', 1);
      expectSilenceAbout(first, wrong);
      assert.match(JSON.stringify(first.json.server_words), /535 5\.7\.8/);
      await dovecot.waitForBadLogins(bad + 1);
      await dovecot.settle();
      assert.equal(dovecot.badLogins(), bad + 1);

      const second = await probe(form, wrong, { home });
      expectVerdict(second, 'stale_password', 0);
      await dovecot.settle();
      assert.equal(dovecot.badLogins(), bad + 1, 'the ledger did not keep the rejected password back');
    });

    test('an authority nobody knows: certificate_untrusted, and the password stays here', async () => {
      await dovecot.settle();
      const bad = dovecot.badLogins();
      const run = await runReprompt(['probe', ...forms[form], '--user', 'alice', '--json'], {
        password: 'wrong-unknown-authority',
      });
      expectVerdict(run, 'certificate_untrusted', 0);
      await dovecot.settle();
      assert.equal(dovecot.badLogins(), bad);
    });
  });
}

test('no probe leaves a message behind', () => {
  assert.deepEqual(postfix.delivered(), []);
});
