// SPDX-License-Identifier: MPL-2.0
// A private Dovecot (2.3): own configuration, base_dir, log and mail below one folder, loopback ports only. Runs as root or as
// an ordinary user. Its log names every rejected password (throw-away ones only), which is what the tests count.
// Belongs here: start, passwords, mail, log. Does not belong here: SMTP (postfix.mjs), scripted answers (scripted_server.mjs).

import { appendFileSync, chmodSync, chownSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

import { accepts, freePort } from './ports.mjs';
import { findProgram, runOnce, start, textOf, waitUntil } from './processes.mjs';

const NOBODY = 65534;

/**
 * @param {object} options
 * @param {string} options.dir an empty folder below one that everybody may enter (makeFolder)
 * @param {object} options.authority from makeAuthority
 * @param {Record<string, string>} [options.users] name -> password; `alice` logs in as alice or alice@anything
 * @param {string} [options.mechanisms] as auth_mechanisms
 * @param {boolean} [options.disablePlaintextAuth] Dovecot calls a peer with its own address secure: seen from 127.0.0.1 this acts on 127.0.0.2 only
 * @param {boolean} [options.instant] refusals without Dovecot's own delays; false = as installed (2 s, and a growing penalty per address)
 * @param {string} [options.instantFor] only for these mechanisms: the others need what a passdb without passwords does not have
 * @param {boolean} [options.tls] false = no TLS at all, no imaps and pop3s
 * @param {string} [options.listen] address to listen on
 * @param {string[]} [options.names] names in the certificate
 * @param {{certFile: string, keyFile: string}} [options.certificate] instead of one issued for `names`
 * @param {string[]} [options.wrap] a command to run Dovecot under, e.g. another network namespace
 * @param {Record<string, number>} [options.ports] fixed ports instead of free ones
 * @param {string} [options.extra] more configuration
 */
export async function startDovecot({
  dir,
  authority,
  users = { alice: 'right-1' },
  mechanisms = 'plain login',
  disablePlaintextAuth = true,
  instant = true,
  instantFor = '',
  tls = true,
  listen = '127.0.0.1',
  names = ['localhost', '127.0.0.1', '127.0.0.2', '::1'],
  certificate = undefined,
  wrap = [],
  ports: wanted = {},
  extra = '',
}) {
  const root = process.getuid() === 0;
  const me = userInfo();
  const group = root ? 'dovecot' : runOnce('id', ['-gn']).trim();
  mkdirSync(dir, { recursive: true });
  const mail = join(dir, 'mail');
  const config = join(dir, 'dovecot.conf');
  const log = join(dir, 'dovecot.log');
  const passwords = join(dir, 'passwords');
  for (const each of [mail, join(dir, 'run'), join(dir, 'state')]) mkdirSync(each, { recursive: true, mode: 0o755 });
  if (root) chownSync(mail, NOBODY, NOBODY);
  appendFileSync(log, '');

  const current = { ...users };
  let generation = 0;
  function writePasswords() {
    // Dovecot notices a new size within the same second, but not new content alone: the comment grows with each change.
    generation += 1;
    const text = `${Object.entries(current)
      .map(([user, password]) => `${user}:{PLAIN}${password}`)
      .join('\n')}\n#${'.'.repeat(generation)}\n`;
    writeFileSync(`${passwords}.new`, text, { mode: 0o644 });
    chmodSync(`${passwords}.new`, 0o644);
    renameSync(`${passwords}.new`, passwords);
  }
  writePasswords();

  const ports = { imap: wanted.imap ?? (await freePort()), pop3: wanted.pop3 ?? (await freePort()) };
  if (tls) Object.assign(ports, { imaps: wanted.imaps ?? (await freePort()), pop3s: wanted.pop3s ?? (await freePort()) });
  const pair = tls ? (certificate ?? authority.issue({ names })) : undefined;

  const listener = (name, port, ssl) =>
    `  inet_listener ${name} {\n    address = ${listen}\n    port = ${port ?? 0}\n${ssl ? '    ssl = yes\n' : ''}  }\n`;
  writeFileSync(
    config,
    [
      `base_dir = ${join(dir, 'run')}`,
      `state_dir = ${join(dir, 'state')}`,
      `log_path = ${log}`,
      'protocols = imap pop3',
      `listen = ${listen}`,
      tls ? `ssl = yes\nssl_cert = <${pair.certFile}\nssl_key = <${pair.keyFile}\nssl_min_protocol = TLSv1.2` : 'ssl = no',
      `auth_mechanisms = ${mechanisms}`,
      `disable_plaintext_auth = ${disablePlaintextAuth ? 'yes' : 'no'}`,
      'auth_verbose = yes\nauth_verbose_passwords = plain',
      'mail_location = maildir:~/Maildir',
      'mail_fsync = never',
      'first_valid_uid = 1\nmaildir_stat_dirs = yes',
      root
        ? 'default_internal_user = dovecot\ndefault_internal_group = dovecot\ndefault_login_user = dovenull'
        : `default_internal_user = ${me.username}\ndefault_internal_group = ${group}\ndefault_login_user = ${me.username}`,
      `userdb {\n  driver = static\n  args = uid=${root ? NOBODY : me.uid} gid=${root ? NOBODY : me.gid} home=${mail}/%n\n}`,
      // Dovecot holds back a refusal until two seconds are over unless a passdb says nodelay; this first one says only that.
      instant
        ? `auth_failure_delay = 0\npassdb {\n  driver = static\n  args = nopassword=y nodelay=y\n${instantFor ? `  mechanisms = ${instantFor}\n` : ''}  result_success = continue-fail\n}`
        : '',
      `passdb {\n  driver = passwd-file\n  args = scheme=PLAIN username_format=%Ln ${passwords}\n}`,
      `service anvil {\n${root ? '' : '  chroot =\n'}${instant ? '  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n' : ''}}`,
      `service imap-login {\n${root ? '' : '  chroot =\n'}${listener('imap', ports.imap)}${listener('imaps', ports.imaps, true)}}`,
      `service pop3-login {\n${root ? '' : '  chroot =\n'}${listener('pop3', ports.pop3)}${listener('pop3s', ports.pop3s, true)}}`,
      // Postfix asks here (postfix.mjs).
      `service auth {\n  unix_listener ${join(dir, 'auth-postfix')} {\n    mode = 0666\n  }\n}`,
      'protocol imap {\n  mail_max_userip_connections = 100\n}',
      extra,
      '',
    ].join('\n'),
  );

  const command = [...wrap, findProgram('dovecot'), '-F', '-c', config];
  const server = start(command[0], command.slice(1));
  const logText = () => textOf(log);
  const complaint = () => `Dovecot in ${dir}\n${server.output()}${logText()}`;
  if (wrap.length === 0) {
    for (const port of Object.values(ports)) {
      await waitUntil(
        async () => {
          if (!server.alive()) throw new Error(`Dovecot ended: ${complaint()}`);
          return accepts(port, listen === '*' ? '127.0.0.1' : listen);
        },
        { what: complaint },
      );
    }
  } else {
    await waitUntil(
      () => {
        if (!server.alive()) throw new Error(`Dovecot ended: ${complaint()}`);
        return logText().includes('starting up');
      },
      { what: complaint },
    );
  }

  let markers = 0;
  const dovecot = {
    ports,
    dir,
    mail,
    config,
    authSocket: join(dir, 'auth-postfix'),
    certificate: pair,
    logText,
    users: () => Object.keys(current),

    /** Sets a user's password (a new user is made); from the returned moment on, only this one is accepted. */
    async setPassword(user, password) {
      current[user] = password;
      writePasswords();
      // Dovecot looks at the file's time at most once in a second of the clock.
      const second = Math.floor(Date.now() / 1000);
      await waitUntil(() => Math.floor(Date.now() / 1000) > second, { what: 'the next second' });
    },

    /** Passwords refused so far. Log lines may follow the reply: call settle() before counting, or waitForBadLogins(). */
    badLogins({ user, password } = {}) {
      return logText()
        .split('\n')
        .filter((line) => line.includes('Password mismatch') && (!user || line.includes(`(${user}`)))
        .filter((line) => !password || line.includes(`given password: ${password})`)).length;
    },

    /** Sign-ins accepted so far. */
    goodLogins({ user } = {}) {
      return logText()
        .split('\n')
        .filter((line) => line.includes('-login: Info: Login: ') && (!user || line.includes(`user=<${user}`))).length;
    },

    /** Waits until at least `count` passwords were refused. */
    waitForBadLogins(count, timeoutMs = 60_000) {
      return waitUntil(() => dovecot.badLogins() >= count, { timeoutMs, what: () => `${count} bad logins in:\n${logText()}` });
    },

    /** Waits until everything the server did so far is in its log: a look-up of a nobody is logged after it. */
    async settle() {
      markers += 1;
      const marker = `settle-${process.pid}-${markers}`;
      const test = start(wrap[0] ?? findProgram('doveadm'), [
        ...wrap.slice(1),
        ...(wrap.length ? [findProgram('doveadm')] : []),
        '-c',
        config,
        'auth',
        'test',
        marker,
        'x',
      ]);
      await test.ended;
      await dovecot.waitForLog(marker);
      return logText();
    },

    /** Waits for a line of the log: a text, a RegExp or a predicate over the line. Gives the line. */
    waitForLog(wantedLine, timeoutMs = 60_000) {
      const matches =
        typeof wantedLine === 'function'
          ? wantedLine
          : wantedLine instanceof RegExp
            ? (line) => wantedLine.test(line)
            : (line) => line.includes(wantedLine);
      return waitUntil(
        () =>
          logText()
            .split('\n')
            .find((line) => line && matches(line)),
        { timeoutMs, what: () => `${wantedLine} in:\n${logText()}` },
      );
    },

    /** Puts a message into the user's inbox. */
    deliver(user, subject, body = 'Hello.') {
      const own = (path) => {
        if (root) chownSync(path, NOBODY, NOBODY);
        return path;
      };
      let path = own(mkdirSync(join(mail, user), { recursive: true }) ?? join(mail, user));
      for (const each of ['Maildir', 'Maildir/tmp', 'Maildir/new', 'Maildir/cur']) {
        mkdirSync((path = join(mail, user, each)), { recursive: true });
        own(path);
      }
      markers += 1;
      const name = `${Date.now()}.M${markers}P${process.pid}.localhost`;
      const text = `From: sender@example.org\nTo: ${user}@example.org\nSubject: ${subject}\nDate: ${new Date().toUTCString()}\nMessage-ID: <${name}@example.org>\n\n${body}\n`;
      writeFileSync(join(mail, user, 'Maildir/tmp', name), text.replaceAll('\n', '\r\n'));
      own(join(mail, user, 'Maildir/tmp', name));
      renameSync(join(mail, user, 'Maildir/tmp', name), join(mail, user, 'Maildir/new', name));
    },

    /** Ends a user's sessions, as servers do after a change of the password; the next command needs a new sign-in. */
    async kick(user) {
      if (dovecot.sessions(user)) runOnce(findProgram('doveadm'), ['-c', config, 'kick', user]);
      await waitUntil(() => dovecot.sessions(user) === 0, { what: `the end of the sessions of ${user}` });
    },

    /** Sessions of a user that are open now. @returns {number} */
    sessions(user) {
      const [, ...rows] = runOnce(findProgram('doveadm'), ['-c', config, 'who', '-1', user]).split('\n').filter(Boolean);
      return rows.length;
    },

    /** Ends the server; its folder and log stay. Twice is fine. */
    async stop() {
      await server.stop('SIGTERM');
    },
  };
  return dovecot;
}
