// SPDX-License-Identifier: MPL-2.0
// Whatever is wrong with our own program, Thunderbird shows what it would have shown without us, and nothing is cleared. One Thunderbird lives
// through all of it, and in the end the mended host works without a restart.
// Belongs here: a host that is missing, of another version, silent, dying, talking without end or nonsense. Not here: faults around a healthy host.
import assert from 'node:assert/strict';
import { mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { hangingLater } from '../harness/line_server.mjs';
import { hostsOf, killHosts } from '../harness/plugs.mjs';
import { waitUntil } from '../harness/processes.mjs';
import { makeSwappedHost } from '../harness/swapped_host.mjs';
import * as faults from './faults.mjs';
import { hostBinary, looks, story, vaultEntries } from './world.mjs';

const limitMs = 3000;
/** Fault, program, and the add-on's own word for it. */
const broken = {
  'the host reads and never answers': ['hanging.sh', 'timeout'],
  'the host dies at the first octets': ['crashing.sh', 'host_gone'],
  'the host prints something that is no frame': ['babbling.sh', 'host_gone'],
  'the host sends frames that mean nothing': ['nonsense.sh', 'timeout'],
  'the host sends frames without end': ['flooding.mjs', 'timeout'],
  'the host sends a message of 2 MB': ['huge.mjs', 'host_gone'],
  'the host speaks protocol 2': ['other_version.mjs', 'version_mismatch'],
};

story('whatever the host does, the user gets the stock box in time, and a mended host works at once', async (world) => {
  const names = ['stock', 'missing', ...Object.keys(broken), 'killed', 'mended'];
  const accounts = faults.makeAccounts(names, {});
  const dovecot = await world.dovecot({ users: faults.serverUsers(accounts) });
  const slow = hangingLater('NO [AUTHENTICATIONFAILED] Authentication failed.');
  const slowServer = await world.lineServer({ greeting: '* OK ready', answer: slow.answer });
  for (const account of accounts) account.port = account.name.endsWith('killed') ? slowServer.port : dovecot.ports.imaps;
  const stock = await faults.stockBoxes(world, dovecot, accounts[0]);

  const folder = path.join(world.dir, 'swapped');
  mkdirSync(folder);
  const host = makeSwappedHost(folder, [faults.hostFile('crashing.sh')]); // for the first-run page, which says hello
  const thunderbird = await world.thunderbird({
    host: host.file,
    accounts,
    prefs: { 'extensions.reprompt.holdLimitMs': limitMs },
  });
  const numberOf = (name) => names.indexOf(name) + 1;
  const manifest = path.join(thunderbird.home, '.mozilla/native-messaging-hosts/reprompt.json');

  /** One fault: the stock box, twice as IMAP's two connections want it, in time; nothing cleared, nothing in the vault. */
  const endure = async (fault, name, problem, how = {}) => {
    const account = accounts[numberOf(name) - 1];
    const seen = await faults.failedLogin(thunderbird, `server${numberOf(name)}`, how);
    await faults.assertStock(thunderbird, { seen, stock, account, limitMs });
    const boxes = await faults.cancelBoxes(thunderbird, seen.box);
    // A host that lives again knows of the attempt that was cut off; then a line stands below Thunderbird's own.
    const { text, shown, ...second } = boxes[1];
    const { text: stockText, shown: _, ...stockSecond } = stock.asFor(account);
    assert.deepEqual(second, stockSecond, 'second connection');
    assert.ok(text === stockText || (name === 'killed' && text.startsWith(`${stockText}\n\n`)), text);
    assert.equal(shown, text);
    const incident = (await thunderbird.incidents()).find(({ id }) => id === seen.incident.id);
    assert.equal(incident.problem, problem, 'the add-on knows why');
    const kinds = (await thunderbird.dialogHistory()).slice(seen.before).map(({ kind }) => kind);
    assert.deepEqual(kinds, ['choice', 'choice'], 'as many boxes as without us');
    assert.equal(await faults.savedFor(thunderbird, account.user), account.password);
    assert.deepEqual(await vaultEntries(world, account.port), []);
    faults.row(
      world,
      fault,
      `the stock box after ${(seen.heldMs / 1000).toFixed(1)} s (limit ${limitMs / 1000} s)`,
      'the saved login',
    );
    await killHosts(thunderbird);
  };

  renameSync(manifest, `${manifest}.away`);
  await endure('the host is not installed', 'missing', 'host_missing');
  renameSync(`${manifest}.away`, manifest);

  for (const [fault, [file, problem]] of Object.entries(broken)) {
    host.use(faults.hostFile(file));
    await endure(fault, fault, problem);
  }

  host.use(hostBinary);
  await endure('the host is killed while it asks the server', 'killed', 'host_gone', {
    meanwhile: async () => {
      await waitUntil(slow.reached, { what: 'the host asking the server' });
      assert.deepEqual(await thunderbird.dialogs(), [], 'the box is held');
      assert.ok((await killHosts(thunderbird)) >= 1);
      slow.release();
    },
  });
  assert.deepEqual(hostsOf(thunderbird), []);

  // Nothing of all that is left over.
  await faults.setLimit(thunderbird, 30_000);
  const last = accounts.at(-1);
  dovecot.deliver(last.user, 'After all');
  const seen = await faults.failedLogin(thunderbird, `server${accounts.length}`);
  assert.equal(seen.box.kind, 'password', JSON.stringify(looks(seen.box)));
  await thunderbird.typePassword(seen.box, faults.newPassword(last.user));
  await thunderbird.waitForSubject(`server${accounts.length}`, 'After all');
  const counters = await thunderbird.counters();
  assert.equal(counters.errors, 0);
  faults.row(
    world,
    'a broken host is mended while Thunderbird runs',
    "Thunderbird's password prompt, then the mail",
    'the old password in the vault',
  );
  assert.equal((await vaultEntries(world, dovecot.ports.imaps)).length, 1);
});
