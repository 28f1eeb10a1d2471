// SPDX-License-Identifier: MPL-2.0
// kill -9 for Thunderbird between every two steps of clearing and replacing a password: afterwards the old one is in Thunderbird's login store or in
// the vault, and in clear it is nowhere. One profile and one keyring live through all of it; each kill has an account of its own.
// Belongs here: the moments of the kill, and what is left. Not here: kills of the host's own steps (tests/unit), other faults (faults_*.test.mjs).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startNative } from '../harness/host.mjs';
import { hangingLater } from '../harness/line_server.mjs';
import { hostsOf, killHosts, killThunderbird, searchFor } from '../harness/plugs.mjs';
import { textOf, waitUntil } from '../harness/processes.mjs';
import { makeSwappedHost } from '../harness/swapped_host.mjs';
import * as faults from './faults.mjs';
import { hostBinary, story, vaultEntries } from './world.mjs';

const moments = ['crash', 'probing', 'stored', 'clearing', 'asking', 'putting back', 'saving the new one'];
const keyOf = (moment) => `server${moments.indexOf(moment) + 1}`;

/** Stops Thunderbird's main thread for good in the middle of a change of its login store; the file says that it stands there. */
const standStill = (thunderbird, change, file) =>
  thunderbird.eval(
    `kept.standStill = { observe(subject, topic, what) {
       if (what !== args.change) return;
       const file = Cc['@mozilla.org/file/local;1'].createInstance(Ci.nsIFile);
       file.initWithPath(args.file);
       file.create(Ci.nsIFile.NORMAL_FILE_TYPE, 0o600);
       for (;;);
     } };
     Services.obs.addObserver(kept.standStill, 'passwordmgr-storage-changed');`,
    { change, file },
  );

const exists = (file) => waitUntil(() => existsSync(file), { what: file });

/** What the vault holds for a user, opened with the key from Thunderbird's login store, as "Undo" does it. */
async function fromVault(world, thunderbird, user) {
  const sealKey = await thunderbird.eval(
    `const [login] = await Services.logins.searchLoginsAsync({ origin: 'chrome://reprompt', httpRealm: 'Reprompt vault key' }); return login?.password ?? null;`,
  );
  if (!sealKey) return null;
  const host = startNative({ home: { env: { ...process.env, ...world.keyring.env, HOME: thunderbird.home } } });
  try {
    const { entries } = await host.ask('vault_list');
    const entry = entries.findLast(({ account }) => account.user === user);
    return entry ? ((await host.ask('vault_restore', { entry: entry.entry, seal_key: sealKey })).secret ?? null) : null;
  } finally {
    await host.close();
  }
}

story('kill -9 of Thunderbird at six moments loses no password, and none lies about in clear', async (world) => {
  const accounts = faults.makeAccounts(moments, {});
  for (const account of accounts) account.password = `planted-${randomBytes(12).toString('hex')}`;
  const fresh = (account) => `fresh-${account.password}`;
  const dovecot = await world.dovecot({ users: Object.fromEntries(accounts.map((one) => [one.user, fresh(one)])) });
  const slow = ['crash', 'probing'].map(() => hangingLater('NO [AUTHENTICATIONFAILED] Authentication failed.'));
  for (const account of accounts) account.port = dovecot.ports.imaps;
  for (const [at, { answer }] of slow.entries())
    accounts[at].port = (await world.lineServer({ greeting: '* OK ready', answer })).port;
  const accountOf = (moment) => accounts[moments.indexOf(moment)];

  const folder = path.join(world.dir, 'swapped');
  const cores = path.join(world.dir, 'cores');
  for (const each of [folder, cores]) mkdirSync(each);
  const host = makeSwappedHost(folder, [faults.hostFile('dumping_core.sh'), cores, hostBinary]);
  const wish = { host: host.file, accounts, dir: path.join(world.dir, 'one-profile') };
  let thunderbird = await world.thunderbird(wish);
  const { keyring } = world;
  const guids = await thunderbird.eval(
    `return Object.fromEntries((await Services.logins.getAllLogins()).map(l => [l.username, l.QueryInterface(Ci.nsILoginMetaInfo).guid]));`,
  );
  const onDisk = (account) => textOf(path.join(thunderbird.profile, 'logins.json')).includes(guids[account.user]);
  await waitUntil(() => accounts.every(onDisk), { what: 'saved logins on the disk' });

  /** After the kill: the same profile again, and the old password in it or in the vault. @returns {Promise<string>} where */
  const survive = async (moment, { hosts = true } = {}) => {
    await killThunderbird(thunderbird, { hosts });
    thunderbird = await world.thunderbird({ ...wish, keyring, again: true });
    assert.deepEqual(await thunderbird.dialogs(), []);
    const account = accountOf(moment);
    const saved = await faults.savedFor(thunderbird, account.user);
    const kept = await fromVault(world, thunderbird, account.user);
    assert.ok(
      [saved, kept].includes(account.password),
      `lost after a kill while ${moment}: ${saved ? 'another' : 'nothing'} is saved`,
    );
    const where = [saved === account.password && 'the login store', kept === account.password && 'the vault'].filter(Boolean);
    faults.row(
      world,
      `kill -9 while ${moment}`,
      'no window of ours or of Thunderbird at the next start',
      `the old password in ${where.join(' and in ')}`,
    );
    return where;
  };

  // The host crashes with the password in its memory: no core file, although one is allowed here.
  await thunderbird.getNewMessages(keyOf('crash'));
  await waitUntil(slow[0].reached, { what: 'the host asking the server' });
  await killHosts(thunderbird, 'SIGABRT');
  slow[0].release();
  await faults.cancelBoxes(thunderbird, await thunderbird.waitForDialog('choice'));
  assert.deepEqual(readdirSync(cores), [], 'a core file of the host');
  const control = spawnSync('sh', ['-c', 'ulimit -c unlimited; cd "$1"; kill -ABRT $$', 'sh', cores]);
  assert.equal(control.signal, 'SIGABRT');
  world.say(`other programs ${readdirSync(cores).length ? 'do' : 'do not'} leave core files here`);

  // The box is held and the host asks the server.
  await thunderbird.getNewMessages(keyOf('probing'));
  await waitUntil(slow[1].reached, { what: 'the host asking the server' });
  assert.equal((await thunderbird.counters()).holding, 1);
  assert.deepEqual(await survive('probing', { hosts: false }), ['the login store']);

  // The vault has it, and Thunderbird does not know yet.
  const gate = path.join(folder, 'gate');
  host.use(faults.hostFile('holding_back.mjs'), hostBinary, 'vault', gate);
  await thunderbird.getNewMessages(keyOf('stored'));
  await exists(`${gate}.waiting`);
  assert.deepEqual(await thunderbird.dialogs(), []);
  // The key that seals it may have been made in this very run, and then it went with it; the login store has the password still.
  assert.ok((await survive('stored', { hosts: false })).includes('the login store'));
  assert.equal((await vaultEntries(world, dovecot.ports.imaps)).length, 1);
  host.use(hostBinary);

  // The login is being cleared; the prompt has not been opened.
  const clearing = path.join(folder, 'clearing');
  await standStill(thunderbird, 'removeLogin', clearing);
  await thunderbird.getNewMessages(keyOf('clearing'));
  await exists(clearing);
  await survive('clearing');

  // The prompt is open, and the disk knows that the login has gone.
  await thunderbird.getNewMessages(keyOf('asking'));
  await thunderbird.waitForDialog('password');
  await waitUntil(() => !onDisk(accountOf('asking')), { what: 'a disk without the login' });
  assert.deepEqual(await survive('asking', { hosts: false }), ['the vault']);

  // The prompt was closed, and the old login is on its way back.
  const puttingBack = path.join(folder, 'putting-back');
  await thunderbird.getNewMessages(keyOf('putting back'));
  const closing = await thunderbird.waitForDialog('password');
  await waitUntil(() => !onDisk(accountOf('putting back')), { what: 'a disk without the login' });
  await standStill(thunderbird, 'addLogin', puttingBack);
  thunderbird.clickButton(closing, 'cancel').catch(() => {}); // Thunderbird does not answer any more
  await exists(puttingBack);
  assert.ok((await survive('putting back')).includes('the vault'));

  // The new password is typed, and about to be saved.
  const saving = path.join(folder, 'saving');
  await thunderbird.getNewMessages(keyOf('saving the new one'));
  const typing = await thunderbird.waitForDialog('password');
  await waitUntil(() => !onDisk(accountOf('saving the new one')), { what: 'a disk without the login' });
  await standStill(thunderbird, 'addLogin', saving);
  thunderbird.typePassword(typing, fresh(accountOf('saving the new one'))).catch(() => {});
  await exists(saving);
  assert.ok((await survive('saving the new one')).includes('the vault'));

  // Life goes on with the account whose password only the vault has: Thunderbird asks, and the mail comes.
  const asked = accountOf('asking');
  dovecot.deliver(asked.user, 'Life goes on');
  await thunderbird.getNewMessages(keyOf('asking'));
  await thunderbird.typePassword(await thunderbird.waitForDialog('password'), fresh(asked));
  await thunderbird.waitForSubject(keyOf('asking'), 'Life goes on');
  await thunderbird.quit();
  assert.deepEqual(hostsOf(thunderbird), []);

  // In clear it is nowhere: profile, home with our state folder, keyring, core files.
  const secrets = accounts.flatMap((one) => [one.password, fresh(one)]);
  const places = [thunderbird.dir, keyring.dir, cores, folder];
  const planted = path.join(folder, 'control');
  writeFileSync(planted, `xx${Buffer.from(`\0alice\0${secrets[0]}`).toString('base64')}`);
  const found = searchFor(places, secrets);
  assert.deepEqual(found.hits, [`${planted}: ${secrets[0]}`], 'only where the test put one itself');
  assert.ok(existsSync(path.join(thunderbird.home, '.local/state/reprompt/ledger')), 'our state folder was searched too');
  faults.row(
    world,
    'a planted secret searched for after six kills',
    `${found.files} files, ${Math.round(found.octets / 1e6)} MB read`,
    '0 hits in clear',
  );
  assert.ok((await vaultEntries(world, dovecot.ports.imaps)).length >= 4);
});
