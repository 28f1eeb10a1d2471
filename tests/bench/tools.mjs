// SPDX-License-Identifier: MPL-2.0
// How each tool is asked for one sign-in with a password that the server refuses. Every one verifies the certificate, encrypts, and ends with a status that only a refusal gives.
// Belongs here: command lines. Does not belong here: running and counting (round_trips.mjs).

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { program } from '../harness/host.mjs';
import { root } from './measure.mjs';

const password = 'wrong-horse';

/**
 * The six ways to a mail server. `bound`: round trips that no safe probe can do without (a link's handshake, TLS 1.3, the greeting, capabilities where the greeting has none, one
 * AUTH with initial response; nothing guessed; RFC 3501 section 6.2.1 asks for CAPABILITY again after STARTTLS). `share`: the part of curl's time at RTT 100 that is the goal (P2).
 */
export const probes = [
  { name: 'imaps', protocol: 'imap', tls: 'implicit', bound: 4, share: 0.85 },
  { name: 'imap+STARTTLS', protocol: 'imap', tls: 'starttls', bound: 6, share: 0.88 },
  { name: 'pop3s', protocol: 'pop3', tls: 'implicit', bound: 5, share: 0.87 },
  { name: 'pop3+STLS', protocol: 'pop3', tls: 'starttls', bound: 6, share: 0.8 },
  { name: 'smtps', protocol: 'smtp', tls: 'implicit', bound: 5, share: 0.88 },
  { name: 'smtp+STARTTLS', protocol: 'smtp', tls: 'starttls', bound: 7, share: 0.92 },
];

const url = ({ protocol, tls }, port) => `${protocol}${tls === 'implicit' ? 's' : ''}://127.0.0.1:${port}`;

function curl(probe, port, caFile, more) {
  const secure = probe.tls === 'starttls' ? ['--ssl-reqd'] : [];
  return {
    command: ['curl', '-q', '-s', '-o', '/dev/null', '--cacert', caFile, '-K', '-', ...secure, ...more, `${url(probe, port)}/`],
    stdin: (user) => `user = "${user}:${password}"\n`,
    expected: 67,
  };
}

/** Debian's own, because a version switcher's wrapper in front of it would be measured too. */
const python = '/usr/bin/python3';
const swaks = '/usr/bin/swaks';

/** The tools that are installed, ours first. @returns {{name: string, ask: (probe: typeof probes[number], port: number, caFile: string, user: string) => {command: string[], stdin: string, expected: number}|null}[]} */
export function installedTools() {
  const all = [
    {
      name: 'reprompt',
      make: (probe, port, caFile, user) => ({
        command: [program, 'probe', url(probe, port), '--user', user, '--password-stdin', '--ca-file', caFile, '--json'],
        stdin: () => `${password}\n`,
        expected: 1,
      }),
    },
    { name: 'curl', make: (probe, port, caFile) => curl(probe, port, caFile, []) },
    { name: 'curl --sasl-ir', make: (probe, port, caFile) => curl(probe, port, caFile, ['--sasl-ir']) },
    {
      name: 'python3',
      needs: python,
      make: (probe, port, caFile, user) => ({
        command: [python, join(root, 'tests/bench/peers/sign_in.py'), probe.protocol, probe.tls, String(port), caFile, user],
        stdin: () => `${password}\n`,
        expected: 67,
      }),
    },
    {
      name: 'swaks',
      needs: swaks,
      make: (probe, port, caFile, user) =>
        probe.protocol !== 'smtp'
          ? null
          : {
              // prettier-ignore
              command: [
                swaks, '--server', '127.0.0.1', '--port', String(port), '--from', 'a@b.example', '--to', 'a@b.example', '--quit-after', 'AUTH', '--silent', '3',
                probe.tls === 'implicit' ? '--tls-on-connect' : '--tls', '--tls-verify', '--tls-ca-path', caFile,
                '--auth', 'PLAIN', '--auth-user', user, '--auth-password', password,
              ],
              stdin: () => '',
              expected: 28,
            },
    },
  ];
  return all
    .filter(({ needs }) => !needs || existsSync(needs))
    .map(({ name, make }) => ({
      name,
      ask(probe, port, caFile, user) {
        const made = make(probe, port, caFile, user);
        return made && { ...made, stdin: made.stdin(user) };
      },
    }));
}
