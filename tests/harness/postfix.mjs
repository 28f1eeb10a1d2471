// SPDX-License-Identifier: MPL-2.0
// A private Postfix (3.7): own configuration, queue and data folder, loopback ports only, passwords checked by a private Dovecot
// (dovecot.mjs). Takes mail for @example.org into that Dovecot's Maildirs and refuses everything else; nothing leaves the machine.
// Needs root: Postfix's master refuses to run as anybody else.
// Belongs here: start, log, what was delivered. Does not belong here: scripted answers (scripted_server.mjs).

import { appendFileSync, chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { accepts, freePort } from './ports.mjs';
import { findProgram, runOnce, start, textOf, waitUntil } from './processes.mjs';

/**
 * @param {object} options
 * @param {string} options.dir an empty folder below one that everybody may enter (makeFolder)
 * @param {object} options.authority from makeAuthority
 * @param {object} options.dovecot from startDovecot: checks the passwords, holds the mail
 * @param {string[]} [options.names] names in the certificate
 * @param {boolean} [options.plainAuth] true: AUTH is offered without TLS too
 * @param {string[]} [options.extra] more main.cf lines
 * @param {string} [options.listen] address to listen on
 * @param {Record<string, number>} [options.ports] fixed ports instead of free ones; 0 = none. `smtp`: a port for other
 *   servers, with STARTTLS and without AUTH; there is none if it is not given
 * @param {string[]} [options.wrap] a command to run Postfix under, e.g. another network namespace
 */
export async function startPostfix({
  dir,
  authority,
  dovecot,
  names = ['localhost', '127.0.0.1', '127.0.0.2', '::1'],
  plainAuth = false,
  extra = [],
  listen = '127.0.0.1',
  ports: wanted = {},
  wrap = [],
}) {
  if (process.getuid() !== 0) throw new Error('the real Postfix needs root: run the tests as root or with sudo');
  const config = join(dir, 'etc');
  const queue = join(dir, 'spool');
  const state = join(dir, 'state');
  const log = join(dir, 'postfix.log');
  for (const each of [config, queue, state]) mkdirSync(each, { recursive: true, mode: 0o755 });
  runOnce('chown', ['postfix', state]);
  appendFileSync(log, '');

  const pair = authority.issue({ names });
  const ports = {
    submission: wanted.submission ?? (await freePort()),
    submissions: wanted.submissions ?? (await freePort()),
    smtp: wanted.smtp ?? 0,
  };
  const boxes = join(dir, 'boxes');
  // Every user has the Maildir that Dovecot shows.
  writeFileSync(
    boxes,
    dovecot
      .users()
      .map((user) => `${user}@example.org ${user}/Maildir/\n`)
      .join(''),
  );
  chmodSync(boxes, 0o644);
  writeFileSync(
    join(config, 'main.cf'),
    [
      'compatibility_level = 3.6',
      `config_directory = ${config}`,
      `queue_directory = ${queue}`,
      `data_directory = ${state}`,
      `maillog_file = ${log}`,
      `maillog_file_prefixes = ${dir}`,
      'command_directory = /usr/sbin',
      'daemon_directory = /usr/lib/postfix/sbin',
      'mail_owner = postfix',
      'setgid_group = postdrop',
      'import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME',
      `inet_interfaces = ${listen}`,
      'inet_protocols = ipv4',
      'myhostname = localhost',
      'mydomain = example.org',
      'mydestination =',
      'mynetworks =',
      'alias_maps =\nalias_database =\nlocal_recipient_maps =\nrelay_domains =',
      'disable_dns_lookups = yes',
      'smtp_dns_support_level = disabled',
      'default_transport = error:this test server sends nothing away',
      'relay_transport = error:this test server sends nothing away',
      'virtual_mailbox_domains = example.org',
      `virtual_mailbox_base = ${dovecot.mail}`,
      `virtual_mailbox_maps = texthash:${boxes}`,
      'virtual_minimum_uid = 1',
      'virtual_uid_maps = static:65534\nvirtual_gid_maps = static:65534',
      `smtpd_tls_cert_file = ${pair.certFile}`,
      `smtpd_tls_key_file = ${pair.keyFile}`,
      'smtpd_tls_security_level = may',
      `smtpd_tls_auth_only = ${plainAuth ? 'no' : 'yes'}`,
      'smtpd_tls_session_cache_database =',
      'smtpd_tls_loglevel = 0',
      'smtpd_sasl_auth_enable = yes',
      'smtpd_sasl_type = dovecot',
      `smtpd_sasl_path = ${dovecot.authSocket}`,
      'smtpd_relay_restrictions = permit_sasl_authenticated, reject',
      'smtpd_recipient_restrictions = permit_sasl_authenticated, reject',
      'smtpd_peername_lookup = no',
      // Postfix delays its answers to a client after errors; the tests want its words at once.
      'smtpd_error_sleep_time = 0',
      'smtpd_client_connection_rate_limit = 0',
      'anvil_rate_time_unit = 1s',
      ...extra,
      '',
    ].join('\n'),
  );
  const service = (name, type, chroot, command, wake = '-', limit = '-') =>
    `${name} ${type} ${type === 'inet' ? 'n' : 'y'} - n ${wake} ${limit} ${command}`;
  writeFileSync(
    join(config, 'master.cf'),
    [
      ...(ports.submission ? [service(`${listen}:${ports.submission}`, 'inet', 'n', 'smtpd')] : []),
      ...(ports.submissions
        ? [service(`${listen}:${ports.submissions}`, 'inet', 'n', 'smtpd') + '\n  -o smtpd_tls_wrappermode=yes']
        : []),
      ...(ports.smtp ? [service(`${listen}:${ports.smtp}`, 'inet', 'n', 'smtpd') + '\n  -o smtpd_sasl_auth_enable=no'] : []),
      'pickup unix n - n 60 1 pickup',
      'cleanup unix n - n - 0 cleanup',
      'qmgr unix n - n 300 1 qmgr',
      'tlsmgr unix - - n 1000? 1 tlsmgr',
      'rewrite unix - - n - - trivial-rewrite',
      'bounce unix - - n - 0 bounce',
      'defer unix - - n - 0 bounce',
      'trace unix - - n - 0 bounce',
      'verify unix - - n - 1 verify',
      'flush unix n - n 1000? 0 flush',
      'proxymap unix - - n - - proxymap',
      'error unix - - n - - error',
      'retry unix - - n - - error',
      'discard unix - - n - - discard',
      'virtual unix - n n - - virtual',
      'anvil unix - - n - 1 anvil',
      'scache unix - - n - 1 scache',
      'postlog unix-dgram n - n - 1 postlogd',
      '',
    ].join('\n'),
  );

  // `check` makes the queue's folders. Then the master itself, so that its pid is the one we start and stop (`start-fg` puts a shell between).
  const check = [...wrap, findProgram('postfix'), '-c', config, 'check'];
  runOnce(check[0], check.slice(1));
  const command = [...wrap, '/usr/lib/postfix/sbin/master', '-c', config, '-d'];
  const server = start(command[0], command.slice(1), { env: { ...process.env, MAIL_CONFIG: config } });
  const logText = () => textOf(log);
  const complaint = () => `Postfix in ${dir}\n${server.output()}${logText()}`;
  for (const port of Object.values(ports).filter(Boolean)) {
    await waitUntil(
      async () => {
        if (!server.alive()) throw new Error(`Postfix ended: ${complaint()}`);
        return wrap.length ? logText().includes('daemon started') : accepts(port, listen);
      },
      { timeoutMs: 30_000, what: complaint },
    );
  }

  const postfix = {
    ports,
    dir,
    logText,

    /** Sign-ins refused so far, as Postfix logs them (Dovecot logs them too). */
    badLogins() {
      return logText()
        .split('\n')
        .filter((line) => line.includes('authentication failed')).length;
    },

    /** All messages in the users' inboxes: [{user, subject, text}]. */
    delivered() {
      const found = [];
      for (const user of readdirSync(dovecot.mail)) {
        for (const folder of ['new', 'cur']) {
          const path = join(dovecot.mail, user, 'Maildir', folder);
          for (const name of list(path)) {
            const text = readFileSync(join(path, name), 'utf8');
            found.push({ user, subject: /^subject:[ \t]*(.*?)\r?$/im.exec(text)?.[1] ?? '', text });
          }
        }
      }
      return found;
    },

    /** Waits until a message with this subject is in somebody's inbox. */
    waitForMessage(subject, timeoutMs = 60_000) {
      return waitUntil(() => postfix.delivered().find((each) => each.subject === subject), {
        timeoutMs,
        what: () => `the message "${subject}" in:\n${logText()}`,
      });
    },

    waitForLog(wanted, timeoutMs = 60_000) {
      return waitUntil(
        () =>
          logText()
            .split('\n')
            .find((line) => (wanted instanceof RegExp ? wanted.test(line) : line.includes(wanted))),
        { timeoutMs, what: () => `${wanted} in:\n${logText()}` },
      );
    },

    /** Ends the server; its folder and log stay. Twice is fine. */
    async stop() {
      await server.stop('SIGTERM');
    },
  };
  return postfix;
}

function list(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
