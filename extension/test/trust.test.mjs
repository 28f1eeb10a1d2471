// SPDX-License-Identifier: MPL-2.0
// The way to a server, with Thunderbird's proxy service played by the test. What mail connections do with each answer was seen with Thunderbird 153.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const source = readFileSync(new URL('../api/LoginWatch/trust.js', import.meta.url), 'utf8');
const plain = (value) => JSON.parse(JSON.stringify(value));
const RESOLVE_PREFER_SOCKS_PROXY = 3;

const entry = (type, more = {}) => ({
  type,
  host: 'proxy.example',
  port: 1080,
  flags: 0,
  username: '',
  failoverProxy: null,
  ...more,
});
const inOrder = (...entries) => entries.reduceRight((failoverProxy, each) => ({ ...each, failoverProxy }), null);

async function wayFor(proxy, protocol = 'imap', hostname = 'mail.example') {
  const asked = [];
  const service = {
    asyncResolve(uri, flags, callback) {
      asked.push([uri, flags]);
      callback.onProxyAvailable(null, uri, proxy, 0);
    },
  };
  const scope = {
    Cc: { '@mozilla.org/network/protocol-proxy-service;1': { getService: () => service } },
    Ci: { nsIProtocolProxyService: { RESOLVE_PREFER_SOCKS_PROXY }, nsIProxyInfo: { TRANSPARENT_PROXY_RESOLVES_HOST: 1 } },
    Services: { io: { newURI: (spec) => spec } },
    ChromeUtils: { generateQI: () => () => {} },
  };
  vm.runInContext(source, vm.createContext(scope));
  const way = plain(await scope.Trust.resolveProxy(hostname, 993, protocol));
  return { way, asked };
}

test('no proxy, or DIRECT: the way is direct, and SOCKS was asked for first', async () => {
  const { way, asked } = await wayFor(null, 'imap', '::1');
  assert.deepEqual(way, { direct: true, type: null });
  assert.deepEqual(asked, [['https://[::1]:993', RESOLVE_PREFER_SOCKS_PROXY]]);
  assert.equal((await wayFor(entry('direct'))).way.direct, true);
});

test('a SOCKS proxy is described: where it is, and who resolves names', async () => {
  for (const protocol of ['imap', 'pop3', 'smtp']) {
    const { way } = await wayFor(entry('socks', { flags: 1 }), protocol);
    const where = { type: 'socks', host: 'proxy.example', port: 1080 };
    assert.deepEqual(way, { direct: false, ...where, resolvesNames: true, login: false, others: false });
  }
  assert.equal((await wayFor(entry('socks'))).way.resolvesNames, false);
  assert.equal((await wayFor(entry('socks', { username: 'me' }))).way.login, true);
  assert.equal((await wayFor(entry('socks4'))).way.type, 'socks4');
});

test('an HTTP proxy alone: Thunderbird connects directly, and so do we', async () => {
  for (const protocol of ['imap', 'pop3', 'smtp'])
    for (const type of ['http', 'https'])
      assert.deepEqual((await wayFor(entry(type), protocol)).way, { direct: true, type: null });
});

test('a list that begins with an HTTP proxy: IMAP takes the SOCKS proxy behind it, POP3 and SMTP go directly', async () => {
  const list = inOrder(entry('http'), entry('https'), entry('socks', { port: 1081 }));
  assert.equal((await wayFor(list, 'imap')).way.port, 1081);
  for (const protocol of ['pop3', 'smtp']) assert.equal((await wayFor(list, protocol)).way.direct, true);
});

test('of several SOCKS proxies Thunderbird takes one that lives, and that is said', async () => {
  assert.equal((await wayFor(inOrder(entry('socks'), entry('socks', { port: 1081 })))).way.others, true);
  assert.equal((await wayFor(inOrder(entry('socks'), entry('direct')))).way.others, true);
});
