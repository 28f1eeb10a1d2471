// SPDX-License-Identifier: MPL-2.0
// Types that both sides of the extension share, and the Experiment namespace for the type checker. No code.

export type Kind = 'incoming' | 'outgoing';
export interface Server {
  kind: Kind;
  key: string;
  type: string;
  hostname: string;
  port: number;
  socketType: number;
  authMethod: number;
  username: string;
  /** of the account's mail address, where `username` does not tell it; missing or '' if not known */
  mailDomain?: string;
  name: string;
}
export interface Heard {
  protocol: string;
  mechanism?: string;
  lines: string[];
  tls: boolean;
}
export interface Failure extends Server {
  id: string;
  heard: Heard[];
  /** wall clock, ms */
  at: number;
  limitMs: number;
  /** nobody asked for this check (IMAP's and POP3's automatic ones) */
  silent: boolean;
  /** a window of Thunderbird was in front */
  attended: boolean;
  /** 'login', or what Thunderbird called it ('imapOAuth2Error', 'cert:…') */
  code: string;
}
export interface ServerName {
  kind: Kind;
  key: string;
}
/** Another server that may share a password. */
export interface Link extends ServerName {
  sameIdentity: boolean;
  /** same user at the same provider */
  sameLogin: boolean;
  /** the saved passwords are the same */
  samePassword: boolean;
}
/** A server that a new password is offered to, and what came of it; all but 'taken' leave it as it is. */
export interface OtherServer extends ServerName {
  name: string;
  outcome: 'asks' | 'checking' | 'taken' | 'refused' | 'unclear' | 'no_keyring' | 'keyring_locked';
  server_words?: string[];
}
export interface Pause extends ServerName {
  /** wall clock, ms; null: until it is resumed */
  until: number | null;
}
export interface Credential {
  locked: boolean;
  stored: string | null;
  savedAt: number | null;
  session: string | null;
}
export interface Button {
  choice: string;
  label: string;
}
export interface Decision {
  action: 'retry' | 'cancel' | 'newPassword' | 'ask' | 'custom';
  words?: string;
  title?: string;
  text?: string;
  buttons?: Button[];
  /** which button Enter means; the first unless said */
  defaultButton?: number;
}
/** How a server is reached, in Thunderbird's numbers (nsMsgSocketType, nsMsgAuthMethod). */
export interface SettingValues {
  hostname?: string;
  port?: number;
  socketType?: number;
  authMethod?: number;
  username?: string;
}
/** A change that Reprompt made on the user's click, and that can be taken back. */
export interface SettingChange extends ServerName {
  id: string;
  name: string;
  before: SettingValues;
  after: SettingValues;
  /** a verdict */
  why: string;
  /** wall clock, ms */
  at: number;
}
/** `settings` of a verdict (manifests/protocol/v1). */
export interface FoundSettings {
  host: string;
  port: number;
  tls: 'implicit' | 'starttls';
  auth?: 'password' | 'password_encrypted' | 'oauth2';
  user?: string;
  source: 'port' | 'rule' | 'srv' | 'autoconfig';
  changes: string[];
  confirm_host: boolean;
}
/** What came of found settings: the second question about the host; changed, with the id of the change; changed, and signed in since. */
export type Repair =
  { step: 'confirm' } | ({ step: 'changed' | 'works'; change: string } & Pick<SettingChange, 'before' | 'after'>);
export interface Verdict {
  verdict: string;
  confidence: string;
  rule: string;
  stage: string;
  server_words: string[];
  advice: string[];
  links: Record<string, string>;
  provider: string;
  retry_is_safe: boolean;
  because: string[];
  retry_after_s?: number;
  /** working settings that the host found without any password; only what settings_repair.mjs allows */
  settings?: FoundSettings;
  /** who wrote the rule that decided, where it is not Reprompt */
  rule_origin?: 'organisation' | 'policy' | 'user';
  /** what the user's organisation says, plain text by language; only if a rule of its own decided */
  organisation?: { text: Record<string, string>; name?: string };
  may_clear: 'at_once' | 'on_click' | 'never';
  attempts: number;
  evidence?: object;
  timings_ms?: Record<string, number>;
  notes?: string[];
}
export type Answer = 'retry' | 'cancel' | 'newPassword';
export interface Incident extends Failure {
  state: 'deciding' | 'waiting' | 'open' | 'closed';
  /** why it is closed */
  ended: Ending | null;
  /** wall clock, ms */
  endedAt: number | null;
  verdict: Verdict | null;
  problem: string | null;
  answer: Answer | null;
  answeredBy: string | null;
  /** wall clock, ms */
  answeredAt: number | null;
  /** the newest failed check, wall clock, ms */
  lastAt: number;
  joined: number;
  /** other failures that showed this incident to the user: their boxes speak for it */
  boxes: string[];
  /** the vault holds the password that was saved */
  kept: boolean;
  retried: boolean;
  /** Thunderbird's prompt for the new password waits its turn */
  queued: boolean;
  /** the user closed that prompt, and the old password is back */
  restored: boolean;
  /** it was decided while nobody was there */
  unseen: boolean;
  /** only where a page asks: the user said that the rule of this verdict was not the cause at this server */
  notTheCause?: boolean;
  /** the servers that shared the password when it was refused or changed (names only) */
  links?: Link[];
  /** the new password works: the servers that it is offered to */
  others?: OtherServer[];
  /** of "Change password…"; no-vault: nothing was changed yet */
  change?: 'no-vault' | 'checking' | 'refused' | 'unclear' | 'done';
  /** the vault's entry with the password from before the change */
  entry?: string | null;
  /** the provider's page for a forgotten password was opened */
  forgot?: boolean;
  /** the settings that were found for it, once the user has chosen them */
  repair?: Repair | null;
  /** the switch to OAuth2, from the click on */
  oauth?: OAuthState | null;
  /** passwords are not taken any more, and Thunderbird has no OAuth2 for this provider */
  noOAuth?: boolean;
  /** earlier incidents in a row with the same verdict */
  repeats: number;
  /** automatic checks are off; `until`: wall clock, ms; null: until the user acts */
  pause: { until: number | null } | null;
}
/** signed-in, changed (a password was saved), try-again, pause-over, undone, failed (we could not find out), replaced (by a newer one) */
export type Ending = 'signed-in' | 'changed' | 'try-again' | 'pause-over' | 'undone' | 'failed' | 'nothing-wrong' | 'replaced';
/** A server of a switch; `change`: in SettingChanges; `worked`: it has signed in since. */
export interface OAuthServer extends ServerName {
  name: string;
  change?: string;
  worked?: boolean;
}
export interface OAuthState {
  step: 'signing-in' | 'switched' | 'taken-back';
  /** the one whose button was pressed first */
  servers: OAuthServer[];
  /** wall clock, ms */
  at: number;
  /** only the token is new */
  renews: boolean;
  /** another account of the same provider that still uses a password */
  next: (ServerName & { name: string }) | null;
}
export interface VaultEntry {
  entry: string;
  account: { protocol: string; host: string; port: number; user: string };
  stored_at: number;
  expires_at: number;
}

interface Event<Arg, Result = void> {
  addListener(listener: (arg: Arg) => Result | Promise<Result>): void;
}
/** How Thunderbird reaches a server; the proxy as nsIProxyInfo names it ("socks" is version 5). */
export interface ProxyWay {
  direct: boolean;
  type: string | null;
  host?: string;
  port?: number;
  resolvesNames?: boolean;
  login?: boolean;
  others?: boolean;
}

/** For the checks of a typed password: the incident, whether an app password is wanted, and whether a page of the provider is known. */
export interface WantedPassword {
  id: string;
  appPassword: boolean;
  page: boolean;
}

export interface LoginWatch {
  onLoginFailure: Event<Failure, Decision>;
  onDialogChoice: Event<{ id: string; choice: string }, Decision>;
  onHoldEnded: Event<{ id: string; answer: Answer; by: string }>;
  onBarChoice: Event<{ id: string; choice: string }>;
  onSilentFailure: Event<Failure>;
  onSignedIn: Event<ServerName>;
  onPromptClosed: Event<ServerName & { restored: boolean }>;
  onChecksResumed: Event<ServerName>;
  onAttended: Event<object>;
  onUnlocked: Event<object>;
  onSignInEnded: Event<{ id: string; worked: boolean }>;
  onNetworkBack: Event<object>;
  onCredentialChanged: Event<ServerName>;
  /** every server that is ours, as `Failure` describes it */
  listServers(): Promise<Server[]>;
  /** what names the person and the account, so that a report can leave it out; some may be empty or the same */
  getNames(kind: Kind, key: string): Promise<string[]>;
  /** whether an enterprise policy (3rdparty) fills our managed storage */
  hasPolicy(): Promise<boolean>;
  getCredential(kind: Kind, key: string): Promise<Credential>;
  getSealKey(): Promise<string | null>;
  getOAuthSupport(kind: Kind, key: string): Promise<{ issuer: string } | null>;
  /** Thunderbird's own sign-in for these servers; onSignInEnded tells the end, with the same id */
  signInWithOAuth(id: string, servers: ServerName[]): Promise<void>;
  reprompt(kind: Kind, key: string): Promise<void>;
  /** drops a reprompt of that server that has not begun */
  withdrawPrompt(kind: Kind, key: string): Promise<void>;
  signIn(kind: Kind, key: string): Promise<void>;
  restart(): Promise<void>;
  /** null: the login store is locked, and nothing was changed */
  applySettings(kind: Kind, key: string, values: SettingValues): Promise<SettingValues | null>;
  pauseChecks(kind: Kind, key: string, untilMs: number | null): Promise<void>;
  resumeChecks(kind: Kind, key: string): Promise<void>;
  pausedChecks(): Promise<Pause[]>;
  markRejected(kind: Kind, key: string, rejected: boolean): Promise<void>;
  /** the password of this server is refused; what its open incident wants instead, null: it is over */
  expectPassword(kind: Kind, key: string, wanted: WantedPassword | null): Promise<void>;
  checkQuietly(kind: Kind, key: string): Promise<void>;
  restoreLogin(kind: Kind, key: string, username: string, password: string): Promise<boolean>;
  /** in its turn: Thunderbird's prompt for a new password; false: none was given, and the old one is back */
  askForPassword(kind: Kind, key: string): Promise<boolean>;
  getLinks(kind: Kind, key: string): Promise<Link[]>;
  /** the incoming server of an account (MailAccount.id), if it uses a password */
  getAccountServer(account: string): Promise<ServerName | null>;
  isAttended(): Promise<boolean>;
  unlock(): Promise<boolean>;
  /** what Thunderbird itself runs in, where helper programs are not started as usual */
  getSandbox(): Promise<'flatpak' | 'snap' | 'none'>;
  clearTokens(kind: Kind, key: string): Promise<void>;
  judgeChain(hostname: string, port: number, certificates: string[]): Promise<{ trusted: boolean; by: string }>;
  resolveProxy(hostname: string, port: number, protocol: string): Promise<ProxyWay>;
  showBar(id: string, server: string, text: string, buttons: Button[]): Promise<void>;
  removeBar(server: string): Promise<void>;
  setStatusText(text: string): Promise<void>;
}
declare global {
  namespace browser {
    const loginWatch: LoginWatch;
  }
}
