// SPDX-License-Identifier: MPL-2.0
// A ban list for Dovecot (its auth policy protocol, Dovecot 2.3): an address with too many refused passwords within a while is refused whatever
// it sends, the right password included. What fail2ban does on many mail servers. Belongs here: counting and banning. Not here: Dovecot itself.
import { createServer } from 'node:http';

/**
 * @param {{most?: number, withinMs?: number}} [rule] banned at the `most`-th refused password within `withinMs`
 * @returns {Promise<{extra: string, failures: (address?: string) => number, banned: (address?: string) => boolean, refused: () => number, stop: () => Promise<void>}>}
 *   `extra` is configuration for startDovecot; `refused` counts the sign-ins that the ban itself turned away
 */
export async function startBanList({ most = 5, withinMs = 600_000 } = {}) {
  /** @type {Map<string, number[]>} address -> times of refused passwords */
  const times = new Map();
  let refused = 0;
  const failures = (address = '127.0.0.1') => (times.get(address) ?? []).filter((time) => Date.now() - time < withinMs).length;
  const banned = (address) => failures(address) >= most;

  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const said = JSON.parse(Buffer.concat(chunks).toString());
    let status = 0;
    if (request.url.endsWith('command=report')) {
      if (!said.success && !said.policy_reject) times.set(said.remote, [...(times.get(said.remote) ?? []), Date.now()]);
    } else if (banned(said.remote)) {
      status = -1;
      refused += 1;
    }
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ status, msg: '' })); // no words: a ban looks like a wrong password
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return {
    extra: [
      `auth_policy_server_url = http://127.0.0.1:${port}/`,
      'auth_policy_hash_nonce = not-a-secret',
      'auth_policy_request_attributes = login=%{requested_username} remote=%{rip} protocol=%s',
      'auth_policy_check_before_auth = yes\nauth_policy_check_after_auth = no\nauth_policy_report_after_auth = yes',
    ].join('\n'),
    failures,
    banned,
    refused: () => refused,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
