// SPDX-License-Identifier: MPL-2.0
// Writes a Thunderbird profile before its first start: preferences, accounts, the trusted CA, the add-on, the native manifest.
// Not here: starting Thunderbird (thunderbird.mjs) and saved logins, which need a running Thunderbird.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const addonId = 'reprompt@reprompt.example';
export const basicId = 'reprompt-basic@reprompt.example';
const socketTypes = { none: 0, starttls: 2, implicit: 3 };
const authMethods = { password: 3, password_encrypted: 4, gssapi: 5, ntlm: 6, oauth2: 10 };

/** Quiet, offline but for the accounts, and as a daily profile otherwise. */
const basePrefs = {
  'remote.prefs.recommended': false,
  'app.update.enabled': false,
  'app.update.disabledForTesting': true,
  'app.donation.eoy.version.viewed': 999,
  'browser.safebrowsing.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'datareporting.healthreport.uploadEnabled': false,
  'toolkit.telemetry.enabled': false,
  'extensions.autoDisableScopes': 0,
  'extensions.getAddons.cache.enabled': false,
  'extensions.update.enabled': false,
  'extensions.systemAddon.update.enabled': false,
  'extensions.experiments.enabled': true,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.manage-offline-status': false,
  'network.proxy.type': 0,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
  'mail.provider.suppress_dialog_on_startup': true,
  'mail.spotlight.firstRunDone': true,
  'mail.winsearch.firstRunDone': true,
  'mail.shell.checkDefaultClient': false,
  'mail.rights.version': 1,
  'mail.inappnotifications.enabled': false,
  'mailnews.start_page.enabled': false,
  'mailnews.start_page_override.mstone': 'ignore',
  'mail.chat.enabled': false,
  'mail.ui-rdf.version': 999,
  'security.dialog_enable_delay': 0,
  'signon.rememberSignons': true,
  'ui.prefersReducedMotion': 1,
  'mailnews.message_warning_size': 20971520,
  'mail.biff.show_alert': false,
  'mail.biff.play_sound': false,
  'mail.compose.warn_public_recipients.aggressive': false,
  'mail.SpellCheckBeforeSend': false,
  'mail.collect_email_address_outgoing': false,
  'offline.autoDetect': false,
  'toolkit.startup.max_resumed_crashes': -1, // no safe mode after a killed run
};

/**
 * @typedef {{type: 'imap'|'pop3'|'nntp', name?: string, host: string, port: number, user: string, tls?: 'implicit'|'starttls'|'none',
 *   authMethod?: keyof typeof authMethods, password?: string, prefs?: Record<string, string|number|boolean>}} Account
 * @typedef {{host: string, port: number, user: string, tls?: 'implicit'|'starttls'|'none', authMethod?: keyof typeof authMethods, password?: string}} Outgoing
 */

/** The preferences of the accounts; account N has the server key `serverN`, the outgoing server is `smtp1`. */
function accountPrefs(accounts, smtp) {
  const prefs = {};
  const keys = [];
  accounts.forEach((account, index) => {
    const n = index + 1;
    const server = `mail.server.server${n}`;
    keys.push(`account${n}`);
    prefs[`mail.account.account${n}.server`] = `server${n}`;
    if (account.type !== 'nntp') prefs[`mail.account.account${n}.identities`] = `id${n}`;
    Object.assign(prefs, {
      [`${server}.type`]: account.type,
      [`${server}.hostname`]: account.host,
      [`${server}.port`]: account.port,
      [`${server}.socketType`]: socketTypes[account.tls ?? 'implicit'],
      [`${server}.userName`]: account.user,
      [`${server}.name`]: account.name ?? `${account.user} (${account.type})`,
      [`${server}.authMethod`]: authMethods[account.authMethod ?? 'password'],
      [`${server}.check_new_mail`]: false,
      [`${server}.login_at_startup`]: false,
      [`${server}.directory-rel`]: `[ProfD]Mail-${n}`,
      [`mail.identity.id${n}.fullName`]: 'Alice Example',
      [`mail.identity.id${n}.useremail`]: account.address ?? `${account.user.split('@')[0]}@mail.example`,
      [`mail.identity.id${n}.valid`]: true,
      [`mail.identity.id${n}.fcc`]: false,
      [`mail.identity.id${n}.compose_html`]: false,
      [`mail.identity.id${n}.smtpServer`]: smtp ? 'smtp1' : '',
    });
    if (account.type === 'imap') {
      prefs[`${server}.use_idle`] = false;
      prefs[`${server}.offline_download`] = false;
    }
    if (account.type === 'pop3') {
      prefs[`${server}.leave_on_server`] = true;
      prefs[`${server}.download_on_biff`] = true;
    }
    for (const [name, value] of Object.entries(account.prefs ?? {})) prefs[`${server}.${name}`] = value;
  });
  Object.assign(prefs, {
    'mail.account.account99.server': 'server99',
    'mail.server.server99.type': 'none',
    'mail.server.server99.hostname': 'Local Folders',
    'mail.server.server99.userName': 'nobody',
    'mail.server.server99.name': 'Local Folders',
    'mail.server.server99.directory-rel': '[ProfD]Mail-local',
    'mail.accountmanager.localfoldersserver': 'server99',
    'mail.accountmanager.defaultaccount': keys[0] ?? 'account99',
    'mail.accountmanager.accounts': [...keys, 'account99'].join(','),
  });
  if (smtp) {
    Object.assign(prefs, {
      'mail.smtpservers': 'smtp1',
      'mail.smtp.defaultserver': 'smtp1',
      'mail.smtpserver.smtp1.type': 'smtp',
      'mail.smtpserver.smtp1.hostname': smtp.host,
      'mail.smtpserver.smtp1.port': smtp.port,
      'mail.smtpserver.smtp1.username': smtp.user,
      'mail.smtpserver.smtp1.authMethod': authMethods[smtp.authMethod ?? 'password'],
      'mail.smtpserver.smtp1.try_ssl': socketTypes[smtp.tls ?? 'implicit'],
      'mail.smtpserver.smtp1.description': smtp.name ?? 'Outgoing',
    });
  }
  return prefs;
}

/**
 * Makes profile and home under `dir`.
 * @param {{dir: string, accounts?: Account[], smtp?: Outgoing|null, locale?: string, xpi?: string|null, basicXpi?: string|null, host?: string|null,
 *   hostManifest?: string|null, caFile?: string|null, prefs?: Record<string, string|number|boolean|null>, again?: boolean, managed?: object|null, marionettePort: number}} wish
 *   `xpi`: the add-on; `basicXpi`: the build without Experiment, beside it or alone. `host` is the program named by a manifest that is written here; `hostManifest` a ready manifest that is copied instead.
 *   A preference that is null stays as Thunderbird has it. `again`: the profile is there already; only the preferences are written. `managed`: managed storage by a file in the user's home, which is no organisation.
 * @returns {Promise<{profile: string, home: string}>}
 */
export async function makeProfile({
  dir,
  accounts = [],
  smtp = null,
  locale = 'en-US',
  xpi = null,
  basicXpi = null,
  host = null,
  hostManifest = null,
  caFile = null,
  prefs = {},
  again = false,
  managed = null,
  marionettePort,
}) {
  const profile = path.join(dir, 'profile');
  const home = path.join(dir, 'home');
  await mkdir(path.join(profile, 'extensions'), { recursive: true, mode: 0o700 });
  await mkdir(home, { recursive: true, mode: 0o700 });
  const all = {
    ...basePrefs,
    ...accountPrefs(accounts, smtp),
    'intl.locale.requested': locale,
    'marionette.port': marionettePort,
    ...prefs,
  };
  const given = Object.entries(all).filter(([, value]) => value !== null);
  const lines = given.map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
  await writeFile(path.join(profile, 'user.js'), lines.join('\n') + '\n');
  if (again) return { profile, home };
  await run('certutil', ['-N', '-d', `sql:${profile}`, '--empty-password']);
  if (caFile) await run('certutil', ['-A', '-d', `sql:${profile}`, '-t', 'C,,', '-n', 'test authority', '-i', caFile]);
  if (xpi) await copyFile(xpi, path.join(profile, 'extensions', `${addonId}.xpi`));
  if (basicXpi) await copyFile(basicXpi, path.join(profile, 'extensions', `${basicId}.xpi`));
  if (managed) {
    const folder = path.join(home, '.mozilla', 'managed-storage');
    await mkdir(folder, { recursive: true });
    const manifest = { name: addonId, description: 'Reprompt under test', type: 'storage', data: managed };
    await writeFile(path.join(folder, `${addonId}.json`), JSON.stringify(manifest, null, 2));
  }
  if (host || hostManifest) {
    const folder = path.join(home, '.mozilla', 'native-messaging-hosts');
    await mkdir(folder, { recursive: true });
    const target = path.join(folder, 'reprompt.json');
    if (hostManifest) await copyFile(hostManifest, target);
    else {
      const manifest = {
        name: 'reprompt',
        description: 'Reprompt under test',
        path: path.resolve(host),
        type: 'stdio',
        allowed_extensions: [addonId, basicId],
      };
      await writeFile(target, JSON.stringify(manifest, null, 2));
    }
  }
  return { profile, home };
}
