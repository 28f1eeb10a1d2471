// SPDX-License-Identifier: MPL-2.0
// api/LoginWatch/oauth.js: an organisation's issuers, and Thunderbird's sign-in, with Thunderbird played.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';
import { settled } from './stage.mjs';

const source = readFileSync(new URL('../api/LoginWatch/oauth.js', import.meta.url), 'utf8');
const suffixes = ['com', 'org', 'co.uk'];
const folders = { XRESysNativeManifests: '/usr/lib/mozilla', XREUserNativeManifests: '/home/alice/.mozilla' };

/** `policy`: Thunderbird's; `files`: path -> JSON; `known`: what Thunderbird has built in, host -> issuer */
function stage({ policy = null, files = {}, known = { 'gmail.com': 'accounts.google.com' } } = {}) {
  const providers = new Map(Object.entries(known));
  const issuers = new Map(Object.values(known).map((name) => [name, { builtIn: true }]));
  const modules = [];
  const OAuth2Providers = {
    getIssuerDetails: (name) => issuers.get(name),
    getHostnameDetails(host) {
      for (let at = host; at.includes('.'); at = at.replace(/^[^.]*\./, ''))
        if (providers.has(at)) return { issuer: providers.get(at) };
      return undefined;
    },
    registerProvider(details, hosts) {
      issuers.set(details.name, details);
      for (const host of hosts) providers.set(host, details.name);
    },
    unregisterProvider(name) {
      issuers.delete(name);
      for (const [host, issuer] of providers) if (issuer === name) providers.delete(host);
    },
  };
  class OAuth2Module {
    constructor() {
      modules.push(this);
    }
    initFromMail(server) {
      this.server = server;
      return server.known !== false;
    }
    initFromOutgoing(server) {
      return this.initFromMail(server);
    }
    getAccessToken(listener) {
      this.listener = listener;
    }
    cancelPrompt() {
      this.cancelled = true;
      this.listener?.onFailure();
    }
  }
  const windows = [];
  const scope = {
    Cu: { importGlobalProperties() {} },
    Ci: {},
    PathUtils: { join: (...parts) => parts.join('/') },
    IOUtils: {
      async readJSON(path) {
        if (!Object.hasOwn(files, path)) throw new Error(`no ${path}`);
        return files[path];
      },
    },
    URL: Object.assign(URL, { parse: (text) => (URL.canParse(text) ? new URL(text) : null) }),
    console: { warn() {} },
    Services: {
      policies: policy && { getExtensionPolicy: () => policy },
      dirsvc: { get: (name) => ({ path: folders[name] }) },
      wm: { getEnumerator: () => windows },
      eTLD: {
        getBaseDomainFromHost(host) {
          if (suffixes.includes(host)) throw new Error('insufficient levels');
          return host;
        },
      },
    },
    ChromeUtils: {
      importESModule: () => ({ OAuth2Module, OAuth2Providers }),
    },
  };
  vm.runInContext(source, vm.createContext(scope));
  const ends = [];
  const servers = { find: (kind, key) => ({ kind, key }) };
  const oauth = new scope.OAuth({ servers, ended: (end) => ends.push({ ...end }) });
  oauth.start({ id: 'x' });
  return {
    oauth,
    OAuth2Providers,
    issuers,
    modules,
    ends,
    windows,
    issuerOf: (host) => OAuth2Providers.getHostnameDetails(host)?.issuer,
  };
}

const entry = (more = {}) => ({
  issuer: 'https://id.example.org/realm',
  client_id: 'mail',
  authorization_endpoint: 'https://id.example.org/authorize',
  token_endpoint: 'https://id.example.org/token',
  scopes: 'mail offline',
  hosts: ['mail.example.org', '127.0.0.1'],
  ...more,
});

test('an issuer of the policy is registered at the start, and goes at the end', () => {
  const { oauth, issuers, issuerOf } = stage({ policy: { oauth2: [entry()] } });
  assert.equal(issuerOf('imap.mail.example.org'), 'id.example.org');
  const { clientId, usePKCE, redirectionEndpoint, clientSecret } = issuers.get('id.example.org');
  assert.deepEqual([clientId, usePKCE, redirectionEndpoint, clientSecret], ['mail', true, 'https://localhost', undefined]);
  oauth.stop();
  assert.equal(issuerOf('mail.example.org'), undefined);
});

const manifest = (more = {}) => ({ name: 'x', description: '', type: 'storage', data: { oauth2: [entry()] }, ...more });

test("without a policy the system's manifest speaks, and a file in the home of the user never", async () => {
  const inSystem = stage({ files: { '/usr/lib/mozilla/managed-storage/x.json': manifest() } });
  const inHome = stage({ files: { '/home/alice/.mozilla/managed-storage/x.json': manifest() } });
  const ofAnother = stage({ files: { '/usr/lib/mozilla/managed-storage/x.json': manifest({ name: 'y' }) } });
  const besidePolicy = stage({ policy: {}, files: { '/usr/lib/mozilla/managed-storage/x.json': manifest() } });
  await settled();
  assert.equal(inSystem.issuerOf('mail.example.org'), 'id.example.org');
  for (const none of [inHome, ofAnother, besidePolicy]) assert.equal(none.issuerOf('mail.example.org'), undefined);
});

test('nothing that Thunderbird knows is replaced: no issuer, no host, no host below one', () => {
  const { oauth, issuerOf, issuers } = stage();
  oauth.registerIssuers([
    entry({ issuer: 'accounts.google.com' }),
    entry({ issuer: 'https://accounts.google.com/' }),
    entry({ hosts: ['gmail.com', 'imap.gmail.com', 'deep.imap.gmail.com'] }),
  ]);
  assert.equal(issuerOf('imap.gmail.com'), 'accounts.google.com');
  assert.deepEqual(issuers.get('accounts.google.com'), { builtIn: true });
  assert.deepEqual([...issuers.keys()], ['accounts.google.com']);
  oauth.stop();
  assert.deepEqual([...issuers.keys()], ['accounts.google.com']);
});

test('what is wrong is left out, and the rest is taken', () => {
  const { oauth } = stage();
  const wrong = [
    null,
    'text',
    {},
    entry({ token_endpoint: 'http://id.example.org/token' }),
    entry({ authorization_endpoint: 'javascript:alert(1)' }),
    entry({ authorization_endpoint: 'https://user:pw@id.example.org/' }),
    entry({ client_id: '' }),
    entry({ scopes: [] }),
    entry({ hosts: [] }),
    entry({ hosts: ['com', 'co.uk', 'localhost', '*.example.org', 'a b.example.org', ''] }),
    entry({ redirect_uri: 'https://elsewhere.example/' }),
    entry({ issuer: '' }),
  ];
  for (const one of wrong) assert.deepEqual([...oauth.registerIssuers([one])], [], JSON.stringify(one));
  assert.deepEqual([...oauth.registerIssuers([...wrong, entry()])], ['id.example.org']);
  assert.deepEqual([...oauth.registerIssuers([entry()])], [], 'once');
  assert.deepEqual([...oauth.registerIssuers('nonsense')], []);
});

const both = [
  { kind: 'incoming', key: 'server1' },
  { kind: 'outgoing', key: 'smtp1' },
];

test('a sign-in for each server in turn, and one end', async () => {
  const { oauth, modules, ends } = stage();
  oauth.signIn('i1', both);
  await settled();
  assert.equal(modules.length, 1);
  modules[0].listener.onSuccess('token');
  await settled();
  modules[1].listener.onSuccess('token');
  await settled();
  assert.deepEqual(ends, [{ id: 'i1', worked: true }]);
});

test('whoever gives up one of them has given up', async () => {
  const { oauth, modules, ends } = stage();
  oauth.signIn('i1', both);
  await settled();
  modules[0].listener.onFailure();
  await settled();
  assert.deepEqual([modules.length, ends], [1, [{ id: 'i1', worked: false }]]);
});

test('asked again, the window that is open comes to the front; without one the sign-in begins anew and ends once', async () => {
  const { oauth, modules, ends, windows } = stage();
  oauth.signIn('i1', both.slice(0, 1));
  await settled();
  let focused = 0;
  windows.push({ document: { documentURI: 'chrome://messenger/content/browserRequest.xhtml' }, focus: () => focused++ });
  oauth.signIn('i1', both.slice(0, 1));
  assert.deepEqual([focused, modules.length], [1, 1]);
  windows.length = 0;
  oauth.signIn('i1', both.slice(0, 1));
  await settled();
  assert.deepEqual([modules.length, modules[0].cancelled, ends], [2, true, []]);
  modules[1].listener.onSuccess('token');
  await settled();
  assert.deepEqual(ends, [{ id: 'i1', worked: true }]);
});

test('stopped while its window is open, it ends the sign-in and tells nobody', async () => {
  const { oauth, modules, ends } = stage();
  oauth.signIn('i1', both);
  await settled();
  oauth.stop();
  await settled();
  assert.deepEqual([modules[0].cancelled, ends], [true, []]);
});
