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
  at: number;
  limitMs: number;
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
  state: 'deciding' | 'open' | 'answered' | 'closed';
  verdict: Verdict | null;
  problem: string | null;
  answer: Answer | null;
  answeredBy: string | null;
  answeredAt: number | null;
  joined: number;
  /** the vault holds the password that was saved */
  kept: boolean;
  retried: boolean;
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
export interface LoginWatch {
  onLoginFailure: Event<Failure, Decision>;
  onDialogChoice: Event<{ id: string; choice: string }, Decision>;
  onHoldEnded: Event<{ id: string; answer: Answer; by: string }>;
  onBarChoice: Event<{ id: string; choice: string }>;
  onCredentialChanged: Event<{ kind: string; key: string }>;
  getCredential(kind: Kind, key: string): Promise<Credential>;
  getSealKey(): Promise<string | null>;
  getOAuthSupport(kind: Kind, key: string): Promise<{ issuer: string } | null>;
  switchToOAuth(kind: Kind, key: string): Promise<void>;
  reprompt(kind: Kind, key: string): Promise<void>;
  signIn(kind: Kind, key: string): Promise<void>;
  clearTokens(kind: Kind, key: string): Promise<void>;
  judgeChain(hostname: string, port: number, certificates: string[]): Promise<{ trusted: boolean; by: string }>;
  resolveProxy(hostname: string, port: number): Promise<{ direct: boolean; type: string | null }>;
  showBar(id: string, server: string, text: string, buttons: Button[]): Promise<void>;
  removeBar(server: string): Promise<void>;
  setStatusText(text: string): Promise<void>;
}
declare global {
  namespace browser {
    const loginWatch: LoginWatch;
  }
}
