#!/usr/bin/env node
// SPDX-License-Identifier: MPL-2.0
// A host that cannot tell which of two profiles is open; the second one uses a proxy.
import { frame, readFrames } from './frames.mjs';

const server = (hostname) => ({
  ...{ kind: 'incoming', key: 'server1', type: 'imap', hostname, port: 993, socket_type: 3, auth_method: 3 },
  ...{ username: 'alice', mail_domain: '', name: '' },
});
const profile = (name, proxy) => ({ name, proxy, accounts: [{ id: 'account1', servers: [server(`imap.${name}.example`)] }] });

readFrames(process.stdin, ({ id, type }) => {
  const answer =
    type === 'hello'
      ? { v: 1, id, type, protocol: 1, version: '0.1.0' }
      : { v: 1, id, type, certain: false, profiles: [profile('one', 'system'), profile('two', 'own')] };
  process.stdout.write(frame(answer));
});
process.stdin.on('end', () => process.exit(0));
