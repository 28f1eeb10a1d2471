// SPDX-License-Identifier: MPL-2.0
// FailureWatch and HeardWords, with Thunderbird played by the test: which events become a failure, which become a sign-in, and which are about neither.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const sourceOf = (file) => readFileSync(new URL(`../api/LoginWatch/${file}`, import.meta.url), 'utf8');
const noMail = 1;
const unknown = 2;
const oauth2 = 10;

/** @param {{startingUp?: boolean}} [how] */
function stage({ startingUp = false } = {}) {
  const clock = { now: 1_000_000 };
  const reported = [];
  const signedIn = [];
  const observers = [];
  const server = (key, type, more = {}) => ({
    key,
    type,
    authMethod: 3,
    socketType: 3,
    biffState: unknown,
    hostname: 'mail.example',
    prettyName: `Account ${key}`,
    ...more,
  });
  const servers = { work: server('work', 'imap'), home: server('home', 'pop3'), news: server('news', 'nntp') };
  class Pop3Client {
    constructor(one, runningUri) {
      this._server = one;
      this.runningUri = runningUri;
      this._msgWindow = null;
      this.done = [];
      this._actionAuthResponse = (reply) => this.done.push(reply);
      this._actionDone = (status) => this.done.push(status);
    }
    connect() {
      return 'connecting';
    }
    _actionError(name) {
      return `shown ${name}`;
    }
  }
  class SmtpClient {
    constructor(one = null) {
      this._server = one;
      this._onError = (event) => `told ${event.errorCode}`;
    }
    connect() {}
    _actionIdle() {}
    _onNsError() {}
    _actionAUTHComplete() {}
    _onAuthFailed() {}
    _parse() {}
  }
  const modules = {
    Pop3Client,
    SmtpClient,
    MailServices: {
      mailSession: {
        AddFolderListener() {},
        RemoveFolderListener() {},
        addUserFeedbackListener() {},
        removeUserFeedbackListener() {},
      },
      accounts: {
        addIncomingServerListener() {},
        removeIncomingServerListener() {},
        get allServers() {
          return Object.values(servers);
        },
      },
    },
  };
  const scope = {
    Services: {
      startup: { startingUp },
      obs: { addObserver: (one) => observers.push(one), removeObserver() {} },
      strings: {
        createBundle: () => ({
          formatStringFromName: (name, words) =>
            name === 'imapServerAlert' ? `Alert from ${words[0]}: ${words[1]}` : `${name} of ${words[0]}`,
        }),
      },
    },
    Cr: Object.fromEntries(Object.keys(smtpErrors).map((name) => [name, name])),
    Ci: {
      nsIMsgFolder: { nsMsgBiffState_Unknown: unknown, nsMsgBiffState_NoMail: noMail },
      nsIFolderListener: { intPropertyChanged: 1 },
      nsMsgAuthMethod: { OAuth2: oauth2 },
    },
    ChromeUtils: { importESModule: () => modules, generateQI: () => () => {}, now: () => clock.now },
    Date: { now: () => clock.now },
  };
  const load = (file) => {
    const own = vm.createContext({ ...scope });
    vm.runInContext(sourceOf(file), own);
    return own;
  };
  const heard = new (load('heard_words.js').HeardWords)();
  const { FailureWatch } = load('failure_watch.js');
  const hushed = [];
  const spared = [];
  const asked = new Set();
  const watch = new FailureWatch({
    servers: {
      enters: (_kind, one) => one.type !== 'nntp' && one.authMethod !== 5,
      hush: (kind, key) => hushed.push(`${kind}:${key}`),
      spare: (key) => spared.push(key),
      find(_kind, key) {
        if (!servers[key]) throw new Error(`no server ${key}`);
        return servers[key];
      },
    },
    heard,
    wrap: (target, name, make) => void (target[name] = make(target[name])),
    report: (failure) => reported.push(failure),
    signedIn: ({ kind, key }) => signedIn.push(`${kind}:${key}`),
    makeFailure: (kind, one, how) => ({ kind, key: one.key, ...how, heard: heard.take(kind, one.key) }),
    awaitsAnswer: (kind, key) => asked.has(`${kind}:${key}`),
  });
  watch.start();
  const root = (one) => ({ isServer: true, server: one });
  return {
    asked,
    clock,
    heard,
    hushed,
    observers,
    reported,
    server,
    servers,
    signedIn,
    spared,
    watch,
    Pop3Client,
    SmtpClient,
    /** What Thunderbird does to the root folder of an IMAP server whose login was refused. */
    refused: (one) => {
      const before = one.biffState;
      one.biffState = unknown;
      if (before !== unknown) watch.onFolderIntPropertyChanged(root(one), 'BiffState', before, unknown);
    },
    read: (one) => watch.onFolderIntPropertyChanged({ isServer: false, server: one }, 'FolderSize', 10, 10),
    /** @param {object} about the address of what failed */
    alert: (message, about, silent = false) =>
      watch.onAlert(message, { QueryInterface: () => ({ errorCode: '', ...about }), msgWindow: silent ? null : {} }, silent),
    pop3(one, uri = {}) {
      const client = new Pop3Client(one, uri);
      client.connect();
      return client;
    },
  };
}

const codes = (reported) => reported.map(({ kind, key, code, silent }) => [kind, key, code, silent]);

test('every IMAP server is armed, those that come later too, and no other', () => {
  const { server, servers, watch } = stage();
  assert.equal(servers.work.biffState, noMail);
  assert.equal(servers.home.biffState, unknown);
  const late = server('late', 'imap');
  watch.onServerLoaded(late);
  assert.equal(late.biffState, noMail);
});

test('a server that has mail keeps what it has', () => {
  const { server, watch } = stage();
  const busy = server('busy', 'imap', { biffState: 0 });
  watch.onServerLoaded(busy);
  assert.equal(busy.biffState, 0);
});

test('while Thunderbird starts, its accounts are left alone until it has started', () => {
  const { observers, servers } = stage({ startingUp: true });
  assert.equal(servers.work.biffState, unknown);
  observers[0].observe();
  assert.equal(servers.work.biffState, noMail);
});

test('an automatic IMAP check that is refused is told once, its other connections are hushed, and the next refusal is seen again', () => {
  const { clock, hushed, refused, reported, servers } = stage();
  refused(servers.work);
  clock.now += 50;
  refused(servers.work); // the second connection
  assert.deepEqual(codes(reported), [['incoming', 'work', 'login', true]]);
  assert.deepEqual(hushed, ['incoming:work']);
  clock.now += 600_000;
  refused(servers.work);
  assert.equal(reported.length, 2);
});

test('what Thunderbird asked about in its box is not told a second time', () => {
  const { clock, hushed, refused, reported, servers, watch } = stage();
  watch.hasBox('incoming', 'work'); // retry
  refused(servers.work);
  watch.hasBox('incoming', 'work'); // cancel
  clock.now += 120_000; // the box was open for long
  refused(servers.work);
  clock.now += 20;
  refused(servers.work); // the connection that was closed
  assert.deepEqual(reported, []);
  assert.deepEqual(hushed, []);
  clock.now += 600_000;
  refused(servers.work);
  assert.equal(reported.length, 1);
});

test('a server that is not ours is not told about', () => {
  const { hushed, refused, reported, servers } = stage();
  servers.work.authMethod = 5; // Kerberos
  refused(servers.work);
  assert.deepEqual(reported, []);
  assert.deepEqual(hushed, []);
});

test('alerts about signing in and connecting are told under their own names, others are not, and Thunderbird always shows its own', () => {
  const { alert, clock, reported, servers } = stage();
  for (const [errorCode, silent] of [
    ['imapOAuth2Error', true],
    ['imapAuthChangePlainToEncrypt', false],
    ['imapConnectionRefusedError', false],
    ['imapFolderCommandFailed', false],
    ['', false],
  ]) {
    clock.now += 10_000;
    assert.equal(alert('some words', { errorCode, server: servers.work }, silent), false);
  }
  assert.deepEqual(codes(reported), [
    ['incoming', 'work', 'imapOAuth2Error', true],
    ['incoming', 'work', 'imapAuthChangePlainToEncrypt', false],
    ['incoming', 'work', 'imapConnectionRefusedError', false],
  ]);
});

test('the event that follows an alert is not told as a refused password', () => {
  const { alert, refused, reported, servers } = stage();
  alert('x', { errorCode: 'imapAuthMechNotSupported', server: servers.work }, true);
  refused(servers.work);
  assert.deepEqual(codes(reported), [['incoming', 'work', 'imapAuthMechNotSupported', true]]);
});

test('a refused login right after a connection error is told too, and the connection that ends behind it is not', () => {
  const { alert, clock, refused, reported, servers } = stage();
  alert('x', { errorCode: 'imapConnectionRefusedError', server: servers.work }, true);
  clock.now += 1000;
  refused(servers.work);
  clock.now += 4500; // long after the first, shortly after the second
  alert('x', { errorCode: 'imapServerDroppedConnection', server: servers.work }, true);
  assert.deepEqual(codes(reported), [
    ['incoming', 'work', 'imapConnectionRefusedError', true],
    ['incoming', 'work', 'login', true],
  ]);
});

test('the connections of a server that speaks of too many of them, or of a log-in service that rests, are spared, those of a working one are not', () => {
  const { alert, read, servers, spared } = stage();
  const says = (text) => alert(text, { errorCode: 'imap-server-alert', server: servers.work });
  says('Alert from Account work: Application password required');
  says('Alert from Account work: Too many failed attempts');
  read(servers.work);
  assert.deepEqual(spared, []);
  says('Alert from Account work: Too many simultaneous connections. (Failure)');
  says('Alert from Account work: [UNAVAILABLE] Temporary authentication failure.');
  assert.deepEqual(spared, ['work', 'work']);
});

test('an IMAP alert of the server is kept as its words, once, and told with the failure that follows', () => {
  const { alert, refused, reported, servers } = stage();
  const about = { errorCode: 'imap-server-alert', server: servers.work };
  for (let method = 0; method < 3; method++) alert('Alert from Account work: Application password required\r\n', about, true);
  assert.deepEqual(reported, []);
  refused(servers.work);
  assert.deepEqual(
    [...reported[0].heard].map(({ protocol, lines }) => ({ protocol, lines: [...lines] })),
    [{ protocol: 'imap', lines: ['NO [ALERT] Application password required'] }],
  );
});

test('an alert from half a minute ago says nothing about a refused login', () => {
  const { alert, clock, refused, reported, servers } = stage();
  alert('Alert from Account work: Mailbox is 95 % full', { errorCode: 'imap-server-alert', server: servers.work });
  clock.now += 31_000;
  refused(servers.work);
  assert.deepEqual([...reported[0].heard], []);
});

test('a connection that runs out of time while its account is being asked for a password covers the prompt with no box, and is no failure', () => {
  const { alert, asked, reported, servers, watch } = stage();
  asked.add('incoming:work');
  const about = { server: servers.work, errorCode: 'imapNetTimeoutError' };
  assert.equal(alert('Connection to server timed out.', about), true);
  assert.equal(alert('The server has disconnected.', { server: servers.work, errorCode: 'imapServerDroppedConnection' }), true);
  assert.deepEqual(reported, []);
  // Another account, another kind of failure, nobody asked, or the add-on stopped: Thunderbird's box.
  assert.equal(alert('netTimeoutError of mail.example', { server: servers.home }), false);
  assert.equal(alert('unknown host', { server: servers.work, errorCode: 'imapUnknownHostError' }), false);
  asked.clear();
  assert.equal(alert('Connection to server timed out.', about), false);
  asked.add('incoming:work');
  watch.stop();
  assert.equal(alert('Connection to server timed out.', about), false);
});

test('a refused certificate is told with its reason', () => {
  const { reported, servers, watch } = stage();
  const url = { QueryInterface: () => ({ server: servers.work, errorCode: '' }), msgWindow: {} };
  assert.equal(watch.onCertError({ errorCodeString: 'SSL_ERROR_BAD_CERT_DOMAIN' }, url), false);
  assert.deepEqual(codes(reported), [['incoming', 'work', 'cert:SSL_ERROR_BAD_CERT_DOMAIN', false]]);
});

test('a certificate that stops an automatic POP3 check, about which Thunderbird says nothing, is told', () => {
  const { pop3, reported, servers } = stage();
  const client = pop3(servers.home);
  client.runningUri.failedSecInfo = { errorCodeString: 'SEC_ERROR_UNKNOWN_ISSUER' };
  client._actionDone(0x805a1ff3);
  assert.deepEqual(codes(reported), [['incoming', 'home', 'cert:SEC_ERROR_UNKNOWN_ISSUER', true]]);
  assert.deepEqual(client.done, [0x805a1ff3]);
});

test('a POP3 alert is known by its text, and its account by the connection', () => {
  const { pop3, reported, server, servers, watch } = stage();
  const second = server('second', 'pop3');
  const uri = { msgWindow: {}, QueryInterface: () => ({ server: servers.home, errorCode: '' }) }; // by host alone: the wrong account
  pop3(second, uri);
  watch.onAlert('netTimeoutError of mail.example', uri, false);
  assert.deepEqual(codes(reported), [['incoming', 'second', 'netTimeoutError', false]]);
});

test('a token that POP3 refuses is told for what it is, with the reason that came before', () => {
  const { pop3, reported, servers } = stage();
  servers.home.authMethod = oauth2;
  const client = pop3(servers.home);
  client._currentAuthMethod = 'XOAUTH2';
  client._actionAuthResponse({ success: true, status: '+', statusText: 'eyJzdGF0dXMiOiI0MDAifQ==' });
  assert.equal(client._actionError('pop3StatFail', [], '[AUTH] Authentication failed.'), 'shown pop3StatFail');
  assert.deepEqual(codes(reported), [['incoming', 'home', 'pop3OAuthRefused', true]]);
  assert.deepEqual([...reported[0].heard[0].lines], ['+ eyJzdGF0dXMiOiI0MDAifQ==', '-ERR [AUTH] Authentication failed.']);
});

for (const [why, method, words] of [
  ['a password account', 3, '[AUTH] Authentication failed.'],
  ['a reply without the code', oauth2, 'mailbox is locked'],
]) {
  test(`STAT that fails for ${why} is not a refused token`, () => {
    const { pop3, reported, servers } = stage();
    servers.home.authMethod = method;
    pop3(servers.home)._actionError('pop3StatFail', [], words);
    assert.deepEqual(reported, []);
  });
}

test('what the box is about is not told by the error before it', () => {
  const { pop3, reported, servers } = stage();
  pop3(servers.home)._actionError('pop3PasswordFailed', [], '[AUTH] no');
  assert.deepEqual(reported, []);
});

test('a sign-in is told once after a failure, and never without one', () => {
  const { pop3, read, refused, servers, signedIn, SmtpClient } = stage();
  read(servers.work);
  pop3(servers.home)._actionAuthResponse({ success: true, status: '+OK' });
  assert.deepEqual(signedIn, []);
  refused(servers.work);
  const client = pop3(servers.home);
  client._actionAuthResponse({ success: false, status: '-ERR' });
  client._actionAuthResponse({ success: true, status: '+' }); // asks for more
  assert.deepEqual(signedIn, []);
  read(servers.work);
  read(servers.work);
  client._actionAuthResponse({ success: true, status: '+OK' });
  const smtp = Object.assign(new SmtpClient(), { _server: { key: 'out' } });
  smtp._actionAUTHComplete({ success: false });
  smtp._actionAUTHComplete({ success: true });
  smtp._actionAUTHComplete({ success: true });
  assert.deepEqual(signedIn, ['incoming:work', 'incoming:home', 'outgoing:out']);
});

const smtpErrors = {
  NS_ERROR_UNKNOWN_HOST: 'unknownHostError',
  NS_ERROR_CONNECTION_REFUSED: 'connectionRefusedError',
  NS_ERROR_NET_TIMEOUT: 'netTimeoutError',
  NS_ERROR_NET_RESET: 'netResetError',
  NS_ERROR_NET_INTERRUPT: 'netInterruptError',
};
/** A connection to an outgoing server that Thunderbird has, begun. */
const sending = ({ servers, server, SmtpClient }) => {
  servers.out ??= server('out', 'smtp');
  const client = new SmtpClient(servers.out);
  client.connect();
  return client;
};

test('an outgoing server that is not reached is told, once, and Thunderbird goes on', () => {
  for (const [errorCode, name] of Object.entries(smtpErrors)) {
    const scene = stage();
    const client = sending(scene);
    client.connect(); // connects anew
    assert.equal(client._onError({ errorCode }), `told ${errorCode}`);
    assert.deepEqual(codes(scene.reported), [['outgoing', 'out', name, false]]);
  }
});

test('a bad certificate of an outgoing server is told by its name', async () => {
  const scene = stage();
  const asyncGetSecurityInfo = async () => ({ errorCodeString: 'SSL_ERROR_BAD_CERT_DOMAIN' });
  sending(scene)._onError({ errorCode: 'sec', target: { transport: { tlsSocketControl: { asyncGetSecurityInfo } } } });
  await new Promise((done) => setTimeout(done, 0));
  assert.deepEqual(codes(scene.reported), [['outgoing', 'out', 'cert:SSL_ERROR_BAD_CERT_DOMAIN', false]]);
});

test('an outgoing connection that nobody uses any more, or of an account that is being set up, tells nothing', () => {
  const scene = stage();
  const event = { errorCode: 'NS_ERROR_NET_RESET' };
  Object.assign(sending(scene), { _freed: true })._onError(event);
  const idle = sending(scene);
  Object.assign(idle, { _currentAction: idle._actionIdle })._onError(event);
  const settingUp = new scene.SmtpClient(scene.server('new', 'smtp'));
  settingUp.connect();
  settingUp._onError(event);
  assert.deepEqual(scene.reported, []);
});

test('a server that is reached in another way: the same failure is told again at once, and so is the sign-in', () => {
  const { alert, reported, watch, servers, signedIn, read } = stage();
  const about = { server: servers.work, errorCode: 'imapConnectionRefusedError' };
  alert('refused', about);
  alert('refused', about);
  assert.equal(reported.length, 1);
  watch.startAnew('incoming', 'work');
  alert('refused', about);
  assert.equal(reported.length, 2);
  read(servers.work);
  assert.deepEqual(signedIn, ['incoming:work']);
});

test('a sign-in is told if it is waited for', () => {
  const { read, servers, signedIn, watch } = stage();
  read(servers.work);
  assert.deepEqual(signedIn, []);
  watch.expectSignIn('incoming', 'work');
  read(servers.work);
  assert.deepEqual(signedIn, ['incoming:work']);
});

test('an outgoing server without a common method is told, and the alert after Cancel is not', () => {
  const { reported, SmtpClient } = stage();
  const smtp = Object.assign(new SmtpClient(), { _server: { key: 'out', type: 'smtp' } });
  smtp._onNsError('smtpAuthFailure');
  smtp._onNsError('smtpAuthMechNotSupported');
  assert.deepEqual(codes(reported), [['outgoing', 'out', 'smtpAuthMechNotSupported', false]]);
});

test('whatever fails in us, Thunderbird goes on, and after the end nothing is told', () => {
  const { alert, clock, pop3, refused, reported, servers, watch } = stage();
  const { report } = watch;
  watch.report = () => {
    throw new Error('ours');
  };
  refused(servers.work);
  assert.equal(alert('x', { errorCode: 'imapOAuth2Error', server: servers.work }), false);
  assert.equal(pop3(servers.home)._actionError('pop3UsernameFailure', [], 'no'), 'shown pop3UsernameFailure');
  watch.report = report;
  watch.stop();
  clock.now += 600_000;
  refused(servers.work);
  assert.deepEqual(reported, []);
});

test('an OAuth2 sign-in that failed: the other connections end, and what Dovecot says of Thunderbird’s own answer is not why', () => {
  const { alert, hushed, reported, servers } = stage();
  servers.work.authMethod = oauth2;
  alert('Alert from Account work: Invalid base64 in response', { errorCode: 'imap-server-alert', server: servers.work });
  alert('failed', { errorCode: 'imapOAuth2Error', server: servers.work });
  assert.deepEqual(hushed, ['incoming:work']);
  assert.deepEqual(codes(reported), [['incoming', 'work', 'imapOAuth2Error', false]]);
  assert.deepEqual([...reported[0].heard], []);
});
