// SPDX-License-Identifier: MPL-2.0
// A whole test file inside a network and mount namespace of its own: real ports on public addresses, a name server of the tests for every program,
// and the test CA as the system's. Nothing reaches the machine outside, and nothing of it is seen. Needs root.
// Belongs here: going in, and what is changed there. Does not belong here: servers (dovecot.mjs, …), what the names mean (dns_server.mjs).
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram, makeFolder, runOnce } from './processes.mjs';

const mark = 'REPROMPT_OWN_NETWORK';

/**
 * Call it before any test is registered. Outside, it runs the file again inside, and ends with that; the test runner sees one file.
 * @param {string} file import.meta.url @param {string[]} addresses IPv4, not private: what the servers listen on
 */
export function enterOwnNetwork(file, addresses) {
  if (process.env[mark]) {
    process.setMaxListeners(50); // each replacement below, of each story, is taken back at the end
    return;
  }
  if (process.getuid() !== 0) throw new Error('a network namespace needs root: run the tests as root or with sudo');
  const script = [
    'ip link set lo up',
    ...addresses.map((address) => `ip address add ${address}/32 dev lo`),
    'ip route add default dev lo', // a machine that is online
    // An X server looks for a free number among the sockets of its network, and would take the file of another one's.
    'mkdir -p /tmp/.X11-unix',
    'mount -t tmpfs -o mode=1777 none /tmp/.X11-unix',
    'exec setpriv --pdeathsig TERM "$@"',
  ].join(' && ');
  const again = [process.execPath, ...process.execArgv, fileURLToPath(file)];
  const inside = spawnSync(
    findProgram('unshare'),
    ['--net', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...again],
    { stdio: 'inherit', env: { ...process.env, [mark]: '1' } },
  );
  process.exit(inside.status ?? 1);
}

/** Puts a file or folder in the place of another one, inside. */
function replace(place, by) {
  if (!process.env[mark]) throw new Error('not inside: this would change the machine');
  runOnce(findProgram('mount'), ['--bind', by, place]);
  // Before processes.mjs removes the folder.
  process.prependOnceListener('exit', () => spawnSync(findProgram('umount'), ['--lazy', place]));
}

/** Every program asks this name server. @param {{resolvConf: string}} dns from startDnsServer */
export const useNameServer = ({ resolvConf }) => replace('/etc/resolv.conf', resolvConf);

/** The system trusts this authority, and no other. @param {{caFile: string}} authority from makeAuthority */
export function trustAuthority({ caFile }) {
  const folder = makeFolder('trusted');
  copyFileSync(caFile, join(folder, 'ca-certificates.crt'));
  copyFileSync(caFile, join(folder, 'test.pem'));
  runOnce('openssl', ['rehash', folder]);
  replace('/etc/ssl/certs', folder);
}

/** Inside, a folder is what it was and whatever is written to it from now on; outside nothing changes. Before the other replacements. @param {string} place */
export function useOwn(place) {
  if (!process.env[mark]) throw new Error('not inside: this would change the machine');
  const folder = makeFolder('own');
  const mount = findProgram('mount');
  runOnce(mount, ['-t', 'tmpfs', '-o', 'mode=755', 'none', folder]);
  for (const name of ['upper', 'work']) mkdirSync(join(folder, name), { mode: 0o755 });
  const layers = `lowerdir=${place},upperdir=${join(folder, 'upper')},workdir=${join(folder, 'work')}`;
  runOnce(mount, ['-t', 'overlay', '-o', layers, 'overlay', place]);
  process.prependOnceListener('exit', () => {
    for (const each of [place, folder]) spawnSync(findProgram('umount'), ['--lazy', each]);
  });
}

export const useOwnEtc = () => useOwn('/etc');
