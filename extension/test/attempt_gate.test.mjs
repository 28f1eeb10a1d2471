// SPDX-License-Identifier: MPL-2.0
// AttemptGate, with POP3 and SMTP clients that walk through their methods as Thunderbird's do: how often a password is sent, and when it is not.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { TextEncoder } from 'node:util';
import vm from 'node:vm';

const source = readFileSync(new URL('../api/LoginWatch/attempt_gate.js', import.meta.url), 'utf8');
const [retry, cancel, newPassword] = [0, 1, 2];
const never = async () => {
  throw new Error('the login store must not be searched');
};

class Hash {
  SHA256 = 4;
  init(algorithm) {
    assert.equal(algorithm, this.SHA256);
    this.hash = createHash('sha256');
  }
  update(octets, length) {
    assert.equal(octets.length, length);
    this.hash.update(Uint8Array.from(octets));
  }
  finish() {
    return this.hash.digest('base64');
  }
}

/**
 * @param {{password?: string|null, stored?: string|null, methods?: string[], reply?: object, answers?: number[], worked?: string|null, takes?: string[]}} how
 *   `worked`: the method that is remembered; `takes`: the methods by which the server takes the good password
 */
function stage({
  password = 'old',
  stored = null,
  methods = ['PLAIN', 'LOGIN', 'USERPASS'],
  reply = {},
  answers = [],
  worked = 'PLAIN',
  takes = methods,
} = {}) {
  const preferences = new Map();
  const sent = [];
  const boxes = [];
  const server = { key: 'work', password, socketType: 3, hostname: 'mail.example' };
  class Authenticator {
    promptAuthFailed() {
      boxes.push(sent.length);
      return answers.shift() ?? cancel;
    }
  }
  class Pop3Authenticator extends Authenticator {}
  Pop3Authenticator.prototype.promptAuthFailed = function () {
    return Authenticator.prototype.promptAuthFailed.call(this);
  };
  class SmtpAuthenticator extends Authenticator {}
  SmtpAuthenticator.prototype.promptAuthFailed = function () {
    return Authenticator.prototype.promptAuthFailed.call(this);
  };
  const next = (client) => {
    client._currentAuthMethod = client._nextAuthMethod;
    client._nextAuthMethod = methods[methods.indexOf(client._currentAuthMethod) + 1];
    sent.push(`${client._currentAuthMethod} ${server.password}`);
    const right = server.password === 'good' && takes.includes(client._currentAuthMethod);
    return right ? { success: true } : { success: false, ...reply };
  };
  const ask = (client, again) => {
    const answer = client._authenticator.promptAuthFailed();
    if (answer === cancel) return undefined;
    if (answer === newPassword) server.password = 'good';
    client._nextAuthMethod = methods[0];
    return again();
  };
  class Pop3Client {
    constructor() {
      this._server = server;
      this._authenticator = new Pop3Authenticator();
      this._nextAuthMethod = methods[0];
      this._actionAuth = async () => this._actionAuthResponse(next(this));
      this._actionAuthResponse = (result) => {
        if (result.success) return 'in';
        return this._nextAuthMethod ? this._actionAuth() : ask(this, () => this._actionAuth());
      };
    }
    connect() {
      return this._actionAuth();
    }
  }
  class SmtpClient {
    constructor() {
      this._server = server;
      this._authenticator = new SmtpAuthenticator();
      this._nextAuthMethod = methods[0];
    }
    async _authenticateUser() {
      return this._actionAUTHComplete(next(this));
    }
    _actionAUTHComplete(result) {
      return result.success ? 'in' : this._onAuthFailed(result);
    }
    _onAuthFailed() {
      return this._nextAuthMethod ? this._authenticateUser() : ask(this, () => this._authenticateUser());
    }
  }
  const modules = { Pop3Client, SmtpClient, Pop3Authenticator, SmtpAuthenticator };
  const scope = {
    Cc: {
      '@mozilla.org/security/random-generator;1': {
        getService: () => ({ generateRandomBytes: (count) => [...randomBytes(count)] }),
      },
      '@mozilla.org/security/hash;1': { createInstance: () => new Hash() },
    },
    Ci: { nsICryptoHash: {} },
    Services: {
      prefs: {
        getStringPref: (name, otherwise) => preferences.get(name) ?? otherwise,
        setStringPref: (name, value) => preferences.set(name, value),
      },
    },
    ChromeUtils: { importESModule: () => modules },
    // As in Thunderbird: what is not imported is not there.
    Cu: { importGlobalProperties: (names) => names.forEach((name) => (scope[name] = { TextEncoder }[name])) },
  };
  vm.runInContext(source, vm.createContext(scope));
  const servers = {
    enters: () => true,
    find(_kind, key) {
      if (key !== server.key) throw new Error(`no server ${key}`);
      return server;
    },
    describe: (_kind, { hostname }) => ({ hostname }),
    credential: async () => ({ locked: false, stored, session: server.password }),
  };
  const gate = new scope.AttemptGate({ servers, wrap: (target, name, make) => void (target[name] = make(target[name])) });
  gate.patch();
  const pop3 = async (more = {}) => await Object.assign(new Pop3Client(), more).connect();
  const smtp = async (more = {}) => await Object.assign(new SmtpClient(), more)._authenticateUser();
  if (worked)
    for (const kind of ['incoming', 'outgoing'])
      preferences.set(`extensions.reprompt.methods.${kind}.work`, `${worked} mail.example`);
  return { boxes, gate, pop3, preferences, sent, server, servers, smtp, SmtpClient };
}

const byCredentials = { incoming: { statusText: '[AUTH] Authentication failed.' }, outgoing: { statusCode: 535 } };

test('POP3: after a reply that is about the credentials, Thunderbird asks after one attempt', async () => {
  const { boxes, pop3, sent } = stage({ reply: byCredentials.incoming });
  await pop3();
  assert.deepEqual(sent, ['PLAIN old']);
  assert.deepEqual(boxes, [1]);
});

for (const statusText of [
  '[SYS/TEMP] try later',
  '[IN-USE] locked',
  '[LOGIN-DELAY] wait',
  'authentication failed',
  '',
  undefined,
]) {
  test(`POP3: after "${statusText}" all methods are tried, as without us`, async () => {
    const { pop3, sent } = stage({ reply: { statusText } });
    await pop3();
    assert.equal(sent.length, 3);
  });
}

test('SMTP: after 535 Thunderbird asks after one attempt', async () => {
  const { boxes, sent, smtp } = stage({ methods: ['PLAIN', 'LOGIN'], reply: byCredentials.outgoing });
  await smtp();
  assert.deepEqual(sent, ['PLAIN old']);
  assert.deepEqual(boxes, [1]);
});

for (const statusCode of [454, 421, 534, 504, undefined]) {
  test(`SMTP: after ${statusCode} all methods are tried, as without us`, async () => {
    const { sent, smtp } = stage({ methods: ['PLAIN', 'LOGIN'], reply: { statusCode } });
    await smtp();
    assert.equal(sent.length, 2);
  });
}

test('a password that each method sends in its own way is tried by all', async () => {
  const { pop3, sent } = stage({ password: 'pässword', reply: byCredentials.incoming });
  await pop3();
  assert.equal(sent.length, 3);
});

for (const [kind, run] of [
  ['incoming', 'pop3'],
  ['outgoing', 'smtp'],
]) {
  test(`${run}: a password that is known to be refused is not sent, and Thunderbird asks`, async () => {
    const world = stage({ reply: byCredentials[kind] });
    await world.gate.mark(kind, 'work', true);
    await world[run]();
    await world[run]();
    assert.deepEqual(world.sent, []);
    assert.deepEqual(world.boxes, [0, 0]);
  });

  test(`${run}: a saved password that is known to be refused is not sent either`, async () => {
    const world = stage({ password: null, stored: 'old' });
    await world.gate.mark(kind, 'work', true);
    await world[run]();
    assert.deepEqual(world.sent, []);
  });

  test(`${run}: another password passes`, async () => {
    const world = stage();
    await world.gate.mark(kind, 'work', true);
    world.server.password = 'good';
    assert.equal(await world[run](), 'in');
    assert.deepEqual(world.boxes, []);
  });

  test(`${run}: what Thunderbird asks for in that box is sent`, async () => {
    const world = stage({ answers: [newPassword] });
    await world.gate.mark(kind, 'work', true);
    assert.equal(await world[run](), 'in');
    assert.deepEqual(world.sent, ['PLAIN good']);
  });

  test(`${run}: Retry sends it by every method, in this connection only`, async () => {
    const world = stage({ reply: byCredentials[kind], answers: [retry, cancel] });
    await world.gate.mark(kind, 'work', true);
    await world[run]();
    assert.deepEqual(world.boxes, [0, 3]);
    await world[run]();
    assert.deepEqual(world.boxes, [0, 3, 3]);
  });

  test(`${run}: forgotten or unmarked, it is sent again`, async () => {
    const world = stage({ reply: byCredentials[kind] });
    await world.gate.mark(kind, 'work', true);
    world.gate.forget(kind, 'work');
    await world[run]();
    await world.gate.mark(kind, 'work', true);
    await world.gate.mark(kind, 'work', false);
    await world[run]();
    assert.equal(world.sent.length, 2);
  });

  test(`${run}: without a mark the login store is not searched`, async () => {
    const world = stage({ reply: byCredentials[kind] });
    world.servers.credential = never;
    await world[run]();
    assert.equal(world.sent.length, 1);
  });

  test(`${run}: if we cannot read the password, Thunderbird goes on as without us`, async () => {
    const world = stage();
    await world.gate.mark(kind, 'work', true);
    world.servers.credential = never;
    await world[run]();
    assert.equal(world.sent.length, 3);
  });

  test(`${run}: before any login has worked, every method is tried, as without us`, async () => {
    const world = stage({ reply: byCredentials[kind], worked: null });
    await world[run]();
    assert.equal(world.sent.length, 3);
    assert.deepEqual([...world.preferences], []);
  });

  test(`${run}: a server that offers a method which it always refuses is signed in to by the next one, now and after the password was changed`, async () => {
    const world = stage({ password: 'good', reply: byCredentials[kind], worked: null, takes: ['LOGIN'] });
    assert.equal(await world[run](), 'in');
    assert.deepEqual([...world.preferences], [[`extensions.reprompt.methods.${kind}.work`, 'LOGIN mail.example']]);
    assert.equal(await world[run](), 'in');
    world.server.password = 'old';
    world.sent.length = 0;
    await world[run]();
    assert.deepEqual(world.sent, ['PLAIN old', 'LOGIN old']);
  });

  test(`${run}: what worked at another host is not known to work here`, async () => {
    const world = stage({ reply: byCredentials[kind] });
    world.server.hostname = 'mail.elsewhere';
    await world[run]();
    assert.equal(world.sent.length, 3);
  });

  test(`${run}: a password that is known as refused while its methods are being tried is tried by no more of them`, async () => {
    const world = stage({ reply: byCredentials[kind], worked: null });
    await world.gate.mark(kind, 'work', true);
    world.servers.credential = never; // so that it is sent at all
    await world[run]();
    assert.equal(world.sent.length, 1);
  });

  test(`${run}: what is marked is the password that was refused, not the one that was typed meanwhile`, async () => {
    const world = stage({ reply: byCredentials[kind] });
    await world[run]();
    world.server.password = 'good'; // typed before the background has heard
    await world.gate.mark(kind, 'work', true);
    assert.equal(await world[run](), 'in');
    world.server.password = 'old';
    world.sent.length = 0;
    await world.gate.mark(kind, 'work', true);
    await world[run]();
    assert.deepEqual(world.sent, []);
  });

  test(`${run}: a mark that is repeated after a new password was typed does not take that one for refused`, async () => {
    const world = stage();
    await world.gate.mark(kind, 'work', true); // Thunderbird has just started
    world.gate.forget(kind, 'work');
    world.server.password = 'good';
    await world.gate.mark(kind, 'work', true);
    assert.equal(await world[run](), 'in');
  });

  test(`${run}: after a second wrong password the first one, which comes back with a closed prompt, is not sent either`, async () => {
    const world = stage({ reply: byCredentials[kind] });
    await world[run]();
    await world.gate.mark(kind, 'work', true);
    world.gate.forget(kind, 'work'); // typed
    world.server.password = 'wrong too';
    await world[run]();
    await world.gate.mark(kind, 'work', true);
    for (const known of ['old', 'wrong too']) {
      world.server.password = known;
      world.sent.length = 0;
      await world[run]();
      assert.deepEqual(world.sent, [], known);
    }
  });

  test(`${run}: a password that works after all is refused no more, others stay, and only the last four are kept`, async () => {
    const world = stage({ reply: byCredentials[kind] });
    for (const wrong of ['1', '2', '3', '4', '5']) {
      world.server.password = wrong;
      world.gate.forget(kind, 'work');
      await world[run]();
      await world.gate.mark(kind, 'work', true);
    }
    const sends = async (password) => {
      world.server.password = password;
      world.sent.length = 0;
      await world[run]();
      return world.sent.length > 0;
    };
    assert.deepEqual([await sends('5'), await sends('2')], [false, false]);
    assert.ok(await sends('1'), 'the oldest');
    const [digests] = world.gate.refused.values();
    assert.equal(digests.size, 4);
    digests.add(world.gate.digest('good')); // it was refused once
    world.gate.forget(kind, 'work');
    assert.ok(await sends('good'));
    assert.equal(digests.size, 4);
    assert.ok(!digests.has(world.gate.digest('good')));
  });

  test(`${run}: a server that is in no list, because its account is being set up, is left alone`, async () => {
    const world = stage({ reply: byCredentials[kind] });
    await world[run]({ _server: { key: 'new', password: 'old', hostname: 'mail.example' } });
    assert.equal(world.sent.length, 3);
    assert.equal(world.gate.latest.size, 0);
  });

  test(`${run}: a token is never held back`, async () => {
    const world = stage({ methods: ['XOAUTH2'] });
    await world.gate.mark(kind, 'work', true);
    await world[run]();
    assert.equal(world.sent.length, 1);
  });

  test(`${run}: a connection that ended while we looked stays ended`, async () => {
    const world = stage();
    await world.gate.mark(kind, 'work', true);
    await world[run]({ _done: true, _freed: true });
    assert.deepEqual(world.sent, []);
    assert.deepEqual(world.boxes, []);
  });

  test(`${run}: after the end everything is as without us`, async () => {
    const world = stage({ reply: byCredentials[kind] });
    await world.gate.mark(kind, 'work', true);
    world.gate.stop();
    await world[run]();
    assert.equal(world.sent.length, 3);
  });
}

test('SMTP: a connection object that is used again after Retry and Cancel does not send it', async () => {
  const { boxes, gate, SmtpClient } = stage({ reply: byCredentials.outgoing, answers: [retry, cancel, cancel] });
  await gate.mark('outgoing', 'work', true);
  const client = new SmtpClient();
  await client._authenticateUser();
  assert.deepEqual(boxes, [0, 3]);
  client._nextAuthMethod = 'PLAIN'; // the server's greeting was read again
  await client._authenticateUser();
  assert.deepEqual(boxes, [0, 3, 3]);
});

test('POP3: setting up an account is left alone', async () => {
  const { gate, pop3, sent } = stage({ reply: byCredentials.incoming });
  await gate.mark('incoming', 'work', true);
  await pop3({ _verifyLogon: true });
  assert.equal(sent.length, 3);
});

test('the password itself is not kept', async () => {
  const { gate, pop3, preferences } = stage({ password: 'planted-secret' });
  await gate.mark('incoming', 'work', true);
  await pop3();
  gate.forget('incoming', 'work');
  await pop3();
  const kept = [
    ...[...gate.refused.values()].flatMap((digests) => [...digests]),
    ...gate.latest.values(),
    ...preferences.values(),
  ];
  assert.equal(gate.refused.size + gate.latest.size, 2);
  assert.ok(!kept.join().includes('planted-secret'));
});
