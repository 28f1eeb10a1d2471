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
  /** earlier incidents in a row with the same verdict */
  repeats: number;
  /** automatic checks are off; `until`: wall clock, ms; null: until the user acts */
  pause: { until: number | null } | null;
}
/** signed-in, changed (a password was saved), try-again, pause-over, undone, failed (we could not find out), replaced (by a newer one) */
export type Ending = 'signed-in' | 'changed' | 'try-again' | 'pause-over' | 'undone' | 'failed' | 'nothing-wrong' | 'replaced';
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
  onCredentialChanged: Event<ServerName>;
  /** every server that is ours, as `Failure` describes it */
  listServers(): Promise<Server[]>;
  getCredential(kind: Kind, key: string): Promise<Credential>;
  getSealKey(): Promise<string | null>;
  getOAuthSupport(kind: Kind, key: string): Promise<{ issuer: string } | null>;
  switchToOAuth(kind: Kind, key: string): Promise<void>;
  reprompt(kind: Kind, key: string): Promise<void>;
  /** drops a reprompt of that server that has not begun */
  withdrawPrompt(kind: Kind, key: string): Promise<void>;
  signIn(kind: Kind, key: string): Promise<void>;
  pauseChecks(kind: Kind, key: string, untilMs: number | null): Promise<void>;
  resumeChecks(kind: Kind, key: string): Promise<void>;
  pausedChecks(): Promise<Pause[]>;
  markRejected(kind: Kind, key: string, rejected: boolean): Promise<void>;
  restoreLogin(kind: Kind, key: string, username: string, password: string): Promise<boolean>;
  isAttended(): Promise<boolean>;
  unlock(): Promise<boolean>;
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
