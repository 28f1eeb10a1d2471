// SPDX-License-Identifier: MPL-2.0
// A primary password locks Thunderbird's saved logins: nothing of ours raises its prompt behind the user's back, the incident waits and explains.
// Belongs here: the locked login store. Not here: a locked keyring (faults), the vault's seal (undo.test.mjs).
import assert from 'node:assert/strict';
import { watchBars } from '../harness/bars.mjs';
import { checkedAutomatically, followChecks } from '../harness/automatic_checks.mjs';
import { story, vaultEntries } from './world.mjs';

const primary = 'primary-1';

/** From now on the store has a primary password, and is locked. */
const lock = (thunderbird) =>
  thunderbird.eval(
    `const token = Cc['@mozilla.org/security/internalkeytoken;1'].createInstance(Ci.nsIPKCS11Token);
     token.changePassword('', args.primary);
     token.logout();
     return Services.logins.isLoggedIn;`,
    { primary },
  );

story(
  'locked by the primary password: the bar explains, only its button asks for it, and then the incident goes on to mail',
  async (world) => {
    const dovecot = await world.dovecot({ users: { alice: 'right-1' } });
    dovecot.deliver('alice', 'Before');
    const port = dovecot.ports.imaps;
    const thunderbird = await world.thunderbird({
      accounts: [
        { type: 'imap', name: 'Work', host: 'localhost', port, user: 'alice', password: 'right-1', prefs: checkedAutomatically },
      ],
    });
    const checks = await followChecks(thunderbird, dovecot);
    const bars = watchBars(thunderbird);
    await thunderbird.getNewMessages('server1');
    await thunderbird.waitForSubject('server1', 'Before');
    await dovecot.setPassword('alice', 'right-2');
    dovecot.deliver('alice', 'After');
    await dovecot.kick('alice');
    assert.equal(await lock(thunderbird), false, 'the store is locked');

    await checks.begin();
    const bar = await bars.waitFor('incoming-server1');
    await checks.over();
    await world.picture('bar');
    assert.match(bar.text, /locked by the primary password/);
    assert.deepEqual(bar.buttons, ['Unlock', 'Details']);
    assert.deepEqual(await thunderbird.dialogHistory(), [], 'no prompt that nobody asked for');
    assert.equal((await vaultEntries(world, port)).length, 0);

    await bars.press('incoming-server1', 'Unlock');
    await thunderbird.typePassword(await thunderbird.waitForDialog('password'), primary);
    await thunderbird.waitFor('return Services.logins.isLoggedIn;');
    await thunderbird.waitFor(`return [...Services.wm.getEnumerator(null)].some(win => /alice/.test(win.args?.text ?? ''));`);
    assert.equal((await vaultEntries(world, port)).length, 1, 'the vault has the old password before Thunderbird asks');
    await thunderbird.typePassword(await thunderbird.waitForDialog('password'), 'right-2');
    await thunderbird.waitForSubject('server1', 'After');
    await bars.waitForNone('incoming-server1');
    assert.deepEqual(
      (await thunderbird.logins('imap://localhost')).map(({ password }) => password),
      ['right-2'],
    );
  },
);
