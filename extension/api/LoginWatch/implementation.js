// SPDX-License-Identifier: MPL-2.0
// The Experiment namespace `loginWatch`: what a WebExtension cannot see or do by itself (login failures, saved logins, server settings).
// Belongs here: the API surface, and starting and stopping the parts. The parts are in servers.js (accounts and saved logins),
// credential_watch.js (logins that are saved), heard_words.js (refusals in the server's words), login_hook.js (the patched functions and the held box), trust.js (certificates, proxies) and window_bars.js (bars, status text).
// Nothing here decides: decisions are made in the extension's background.
'use strict';

/* global ExtensionCommon, Services */
/* exported loginWatch */

this.loginWatch = class extends ExtensionCommon.ExtensionAPIPersistent {
  PERSISTENT_EVENTS = {
    onLoginFailure: ({ fire }) => this.listen('onLoginFailure', fire),
    onDialogChoice: ({ fire }) => this.listen('onDialogChoice', fire),
    onHoldEnded: ({ fire }) => this.listen('onHoldEnded', fire),
    onBarChoice: ({ fire }) => this.listen('onBarChoice', fire),
    onCredentialChanged: ({ fire }) => this.listen('onCredentialChanged', fire),
  };

  constructor(extension) {
    super(extension);
    /** @type {Map<string, Set<{fire: any}>>} event name -> listeners (only the background has any) */
    this.listeners = new Map();
    this.parts = null;
  }

  /** The parts, loaded once. Without the start-up cache: an updated add-on must not meet its old code. */
  load() {
    if (!this.parts) {
      const scope = {};
      for (const file of ['servers.js', 'credential_watch.js', 'trust.js', 'window_bars.js', 'heard_words.js', 'login_hook.js']) {
        Services.scriptloader.loadSubScriptWithOptions(this.extension.rootURI.resolve(`api/LoginWatch/${file}`), {
          target: scope,
          allowUnsafeURL: true,
          ignoreCache: true,
        });
      }
      const bars = new scope.WindowBars((id, choice) => this.tell('onBarChoice', { id, choice }));
      const hook = new scope.LoginHook({
        servers: scope.Servers,
        heard: new scope.HeardWords(),
        hasListener: () => !!this.listeners.get('onLoginFailure')?.size,
        ask: (event, payload) => this.ask(event, payload),
        tell: (event, payload) => this.tell(event, payload),
      });
      const credentials = new scope.CredentialWatch(scope.Servers, (server) => this.tell('onCredentialChanged', server));
      this.parts = { servers: scope.Servers, credentials, trust: scope.Trust, bars, hook };
    }
    return this.parts;
  }

  /** Runs before any account can log in ("events": ["startup"] in the manifest). */
  onStartup() {
    const { hook, credentials } = this.load();
    hook.patch();
    credentials.start();
  }

  onShutdown(isAppShutdown) {
    this.parts?.hook.stop();
    this.parts?.credentials.stop();
    if (isAppShutdown) return;
    this.parts?.bars.removeAll();
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
    const { servers, trust, bars } = this.load();
    const event = (name) =>
      new ExtensionCommon.EventManager({ context, module: 'loginWatch', event: name, extensionApi: this }).api();
    return {
      loginWatch: {
        onLoginFailure: event('onLoginFailure'),
        onDialogChoice: event('onDialogChoice'),
        onHoldEnded: event('onHoldEnded'),
        onBarChoice: event('onBarChoice'),
        onCredentialChanged: event('onCredentialChanged'),
        getCredential: (kind, key) => servers.credential(kind, servers.find(kind, key)),
        getSealKey: () => servers.sealKey(),
        async getOAuthSupport(kind, key) {
          return servers.oauthSupport(servers.find(kind, key), kind);
        },
        async switchToOAuth(kind, key) {
          servers.switchToOAuth(servers.find(kind, key), kind);
        },
        clearTokens: (kind, key) => servers.clearTokens(servers.find(kind, key), kind),
        async reprompt(kind, key) {
          servers.reprompt(servers.find(kind, key), kind);
        },
        async signIn(kind, key) {
          servers.signIn(servers.find(kind, key), kind);
        },
        judgeChain: (hostname, port, certificates) => trust.judgeChain(hostname, port, certificates),
        resolveProxy: (hostname, port) => trust.resolveProxy(hostname, port),
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
