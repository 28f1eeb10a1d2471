// SPDX-License-Identifier: MPL-2.0
// The Experiment namespace `loginWatch`: what a WebExtension cannot see or do by itself (login failures, saved logins, server settings).
// Belongs here: the API surface, and starting, joining and stopping the parts. Each part is one file of this folder and says itself what it is.
// Nothing here decides: decisions are made in the extension's background.
'use strict';

/* global ChromeUtils, ExtensionCommon, Services, console */
/* exported loginWatch */

const eventNames = [
  'onLoginFailure',
  'onDialogChoice',
  'onHoldEnded',
  'onSilentFailure',
  'onSignedIn',
  'onPromptClosed',
  'onCredentialChanged',
  'onChecksResumed',
  'onAttended',
  'onNetworkBack',
  'onUnlocked',
  'onSignInEnded',
  'onBarChoice',
];
const partFiles = [
  'servers.js',
  'account_links.js',
  'credential_watch.js',
  'trust.js',
  'window_bars.js',
  'heard_words.js',
  'attendance.js',
  'patches.js',
  'failures.js',
  'network_watch.js',
  'typed_password.js',
  'prompts.js',
  'smtp_hold.js',
  'login_box.js',
  'login_hook.js',
  'failure_watch.js',
  'checks_pause.js',
  'attempt_gate.js',
  'renamed_servers.js',
  'account_settings.js',
  'oauth.js',
  'sandbox.js',
];

/** Each for itself: one that fails must not keep the others from their work. @param {(() => unknown)[]} steps */
const inTurn = (steps) => {
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      console.error(error);
    }
  }
};

this.loginWatch = class extends ExtensionCommon.ExtensionAPIPersistent {
  PERSISTENT_EVENTS = Object.fromEntries(eventNames.map((name) => [name, ({ fire }) => this.listen(name, fire)]));

  constructor(extension) {
    super(extension);
    /** @type {Map<string, Set<{fire: any}>>} event name -> listeners (only the background has any) */
    this.listeners = new Map();
    this.parts = null;
  }

  /** The parts, loaded once. Without the start-up cache: an updated add-on must not meet its old code. */
  load() {
    if (!this.parts) {
      const parts = {};
      for (const file of partFiles) {
        const scope = {}; // each file's names are its own
        Services.scriptloader.loadSubScriptWithOptions(this.extension.rootURI.resolve(`api/LoginWatch/${file}`), {
          target: scope,
          allowUnsafeURL: true,
          ignoreCache: true,
        });
        Object.assign(parts, scope);
      }
      this.parts = this.join(parts);
    }
    return this.parts;
  }

  /** @param {any} scope what the files define */
  join(scope) {
    const servers = scope.Servers;
    const links = new scope.AccountLinks({ servers });
    const patches = new scope.Patches();
    const wrap = (target, name, make) => patches.wrap(target, name, make);
    const heard = new scope.HeardWords();
    const bars = new scope.WindowBars((id, choice) => this.tell('onBarChoice', { id, choice }));
    const attendance = new scope.Attendance({
      arrived: () => this.tell('onAttended', {}),
      unlocked: () => {
        prompts.pump();
        this.tell('onUnlocked', {});
      },
    });
    const network = new scope.NetworkWatch({ back: () => this.tell('onNetworkBack', {}) });
    const typedPassword = new scope.TypedPassword({
      servers,
      digest: (password) => gate.digest(password),
      keptFor: ({ kind, key }) => prompts.keptPassword(kind, key),
      getMessage: (key, words) => this.extension.localizeMessage(key, words),
      openPage: (id) => this.tell('onBarChoice', { id, choice: 'openPage' }),
    });
    const failures = new scope.Failures({
      servers,
      heard,
      attended: () => attendance.isAttended(),
      refused: (kind, server) => typedPassword.failed(kind, server),
    });
    /** A server has another password, or its password was taken: what was known to be refused is not any more. */
    const anew = (event) => (server) => {
      gate.forget(server.kind, server.key);
      if (event) this.tell(event, server);
    };
    const credentials = new scope.CredentialWatch(servers, anew('onCredentialChanged'));
    const prompts = new scope.Prompts({
      servers,
      patches,
      quietly: (...change) => credentials.quietly(...change),
      held: () => hook.busy(),
      typed: anew(null),
      watched: (args, names, ask) => typedPassword.during(args, names, ask),
      closed: (end) => this.tell('onPromptClosed', end),
    });
    const hook = new scope.LoginHook({
      servers,
      heard,
      failures,
      prompts,
      patches,
      box: scope.LoginBox,
      SmtpHold: scope.SmtpHold,
      boxed: (kind, key) => watch.hasBox(kind, key),
      hasListener: () => !!this.listeners.get('onLoginFailure')?.size,
      ask: (event, payload) => this.ask(event, payload),
      tell: (event, payload) => this.tell(event, payload),
    });
    const watch = new scope.FailureWatch({
      servers,
      heard,
      wrap,
      report: (failure) => this.tell('onSilentFailure', failure),
      signedIn: (server) => {
        typedPassword.worked(server);
        anew('onSignedIn')(server);
      },
      makeFailure: (kind, server, how) => failures.make(kind, server, how),
      awaitsAnswer: (kind, key) => prompts.isAskingFor(kind, key) || hook.isHolding(kind, key),
    });
    const pause = new scope.ChecksPause({
      servers,
      resumed: ({ kind, key }) => this.tell('onChecksResumed', { kind, key }),
    });
    const gate = new scope.AttemptGate({ servers, wrap });
    const oauth = new scope.OAuth({ servers, ended: (end) => this.tell('onSignInEnded', end) });
    const renamed = new scope.RenamedServers();
    const settings = new scope.AccountSettings({ servers, renamed, quietly: (...change) => credentials.quietly(...change) });
    return {
      ...{
        servers,
        links,
        trust: scope.Trust,
        sandbox: scope.Sandbox,
        bars,
        attendance,
        network,
        credentials,
        prompts,
        typedPassword,
      },
      ...{ patches, hook, watch, pause, gate, renamed, settings, oauth },
    };
  }

  /** Runs before any account can log in ("events": ["startup"] in the manifest). */
  onStartup() {
    const begun = ChromeUtils.now();
    const { hook, gate, credentials, attendance, network, watch, prompts, oauth, renamed } = this.load();
    inTurn([
      () => oauth.start(this.extension),
      () => hook.patch(),
      () => gate.patch(), // above the hook: a password that is not sent is held like a refused one
      () => prompts.start(),
      () => credentials.start(),
      () => attendance.start(),
      () => network.start(),
      () => watch.start(),
      () => renamed.start(),
    ]);
    hook.counters.startUpMs = ChromeUtils.now() - begun;
  }

  onShutdown(isAppShutdown) {
    if (!this.parts) return;
    const { patches, prompts, typedPassword, hook, gate, watch, pause, credentials, attendance, network, oauth, bars, renamed } =
      this.parts;
    inTurn([
      () => patches.restore(),
      () => prompts.stop(),
      () => typedPassword.stop(),
      () => hook.stop(),
      () => gate.stop(),
      () => watch.stop(),
      () => pause.stop(),
      () => renamed.stop(),
      () => credentials.stop(),
      () => attendance.stop(),
      () => network.stop(),
      () => isAppShutdown || oauth.stop(),
      () => isAppShutdown || bars.removeAll(),
    ]);
    if (isAppShutdown) return;
    this.parts = null;
    Services.obs.notifyObservers(null, 'startupcache-invalidate');
  }

  listen(event, fire) {
    const listener = { fire };
    const all = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, all.add(listener));
    return {
      unregister: () => all.delete(listener),
      convert: (newFire) => {
        listener.fire = newFire;
      },
    };
  }

  /** Asks the background, waking it if it sleeps. Rejects if nobody listens. */
  async ask(event, payload) {
    const listener = [...(this.listeners.get(event) ?? [])][0];
    if (!listener) throw new Error(`nobody listens to ${event}`);
    if (listener.fire.wakeup) await listener.fire.wakeup();
    return listener.fire.async(payload);
  }

  tell(event, payload) {
    this.ask(event, payload).catch(() => {});
  }

  getAPI(context) {
    const {
      servers,
      links,
      trust,
      sandbox,
      bars,
      attendance,
      credentials,
      prompts,
      typedPassword,
      watch,
      pause,
      gate,
      settings,
      oauth,
    } = this.load();
    const event = (name) =>
      new ExtensionCommon.EventManager({ context, module: 'loginWatch', event: name, extensionApi: this }).api();
    return {
      loginWatch: {
        ...Object.fromEntries(eventNames.map((name) => [name, event(name)])),
        getCredential: (kind, key) => servers.credential(kind, servers.find(kind, key)),
        getSealKey: () => servers.sealKey(),
        async getOAuthSupport(kind, key) {
          return servers.oauthSupport(servers.find(kind, key), kind);
        },
        async signInWithOAuth(id, names) {
          oauth.signIn(id, names);
        },
        clearTokens: (kind, key) => servers.clearTokens(servers.find(kind, key), kind),
        async withdrawPrompt(kind, key) {
          prompts.withdraw(kind, key);
        },
        async reprompt(kind, key) {
          prompts.reprompt(kind, key);
        },
        askForPassword: (kind, key) => prompts.ask(kind, key),
        getLinks: (kind, key) => links.of(kind, key),
        async getAccountServer(account) {
          return links.serverOfAccount(account);
        },
        async signIn(kind, key) {
          servers.signIn(servers.find(kind, key), kind);
        },
        async restoreLogin(kind, key, username, password) {
          const server = servers.find(kind, key);
          const restored = await credentials.quietly(server, kind, () => servers.restoreLogin(kind, server, username, password));
          if (restored) gate.forget(kind, key);
          return restored;
        },
        async restart() {
          servers.restart();
        },
        async applySettings(kind, key, values) {
          const before = await settings.apply(kind, key, values);
          if (before) watch.startAnew(kind, key);
          return before;
        },
        async pauseChecks(kind, key, untilMs) {
          pause.pause(kind, key, untilMs);
          watch.expectSignIn(kind, key);
        },
        async resumeChecks(kind, key) {
          pause.resume(kind, key);
        },
        async pausedChecks() {
          return pause.list();
        },
        async markRejected(kind, key, rejected) {
          await gate.mark(kind, key, rejected);
        },
        async expectPassword(kind, key, wanted) {
          typedPassword.expect(kind, key, wanted);
        },
        async checkQuietly(kind, key) {
          servers.checkQuietly(servers.find(kind, key));
        },
        async listServers() {
          return servers.list();
        },
        async getNames(kind, key) {
          return servers.namesOf(kind, servers.find(kind, key));
        },
        async hasPolicy() {
          return !!Services.policies?.getExtensionPolicy(context.extension.id);
        },
        async isAttended() {
          return attendance.isAttended();
        },
        async unlock() {
          return servers.unlock();
        },
        getSandbox: () => sandbox.kind(),
        judgeChain: (hostname, port, certificates) => trust.judgeChain(hostname, port, certificates),
        resolveProxy: (hostname, port, protocol) => trust.resolveProxy(hostname, port, protocol),
        async showBar(id, server, text, buttons) {
          await bars.show(id, server, text, buttons);
        },
        async removeBar(server) {
          bars.remove(server);
        },
        async setStatusText(text) {
          bars.setStatusText(text);
        },
      },
    };
  }
};
