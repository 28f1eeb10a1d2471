// SPDX-License-Identifier: MPL-2.0
// A small OpenID provider on loopback, over https: a sign-in page for people, tokens for mail programs, an introspection end for mail servers. What it forgets,
// refuses and withdraws is in the test's hands. Belongs here: the provider. Does not belong here: who trusts it (startDovecot takes dovecotOptions()).
// RFC 6749 (code flow, refresh with rotation), RFC 7636 (PKCE, S256 only), RFC 7662 (introspection), OpenID Connect Discovery section 4.

import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';

import { settledMailboxes } from './account_life.mjs';
import { freePort } from './ports.mjs';

const challengeOf = (verifier) => createHash('sha256').update(verifier).digest('base64url');
const fresh = () => randomBytes(24).toString('base64url');
const escaped = (text) => String(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** The page that asks a person. @param {URLSearchParams} request @param {string} said */
const signInPage = (
  request,
  said,
) => `<!doctype html><meta charset="utf-8"><title>Sign in</title><h1>Sign in</h1><p id="said">${escaped(said)}</p>
<form method="post" action="/authorize?${escaped(request)}">
<label>User <input id="user" name="user" value="${escaped(request.get('login_hint') ?? '')}"></label>
<label>Password <input id="password" name="password" type="password"></label><button id="go">Sign in</button></form>`;

/**
 * @param {{dir: string, authority: object, users: Record<string, string>, clientId?: string, scope?: string}} options
 *   `dir`: a folder that the mail servers may read; `users`: the name that signs in -> its password there
 */
export async function startOpenIdProvider({ dir, authority, users, clientId = 'reprompt-tests', scope = 'mail offline' }) {
  const port = await freePort();
  const base = `https://127.0.0.1:${port}`;
  const introspector = { name: 'mail', secret: fresh() };
  /** @type {Map<string, {user: string, redirect: string, challenge: string|null}>} */
  const codes = new Map();
  /** @type {Map<string, {user: string}>} */
  const refreshTokens = new Map();
  /** @type {Map<string, {user: string, endsAt: number}>} */
  const accessTokens = new Map();
  const counts = { pages: 0, signedIn: 0, wrongPasswords: 0, refreshed: 0, refusedRefresh: 0, introspected: 0 };
  /** Browser sessions: cookie -> user. @type {Map<string, string>} */
  const sessions = new Map();
  const state = { lifeS: 3600, denies: false, remembers: false };

  const issue = (user) => {
    const [access, refresh] = [fresh(), fresh()];
    accessTokens.set(access, { user, endsAt: Date.now() + state.lifeS * 1000 });
    refreshTokens.set(refresh, { user });
    return { access_token: access, refresh_token: refresh, token_type: 'Bearer', expires_in: state.lifeS, scope };
  };

  /** RFC 6749 section 3.1.2.3: only a loopback address is anybody's to give. */
  const isOurs = (asked) =>
    asked.get('client_id') === clientId &&
    asked.get('response_type') === 'code' &&
    /^https?:\/\/(localhost|127\.0\.0\.1)(:\d+)?\/?$/.test(asked.get('redirect_uri') ?? '');

  function authorize(asked, form, cookie) {
    if (!isOurs(asked)) return { status: 400, html: 'unknown client' };
    const back = (answer) => {
      const to = new URL(asked.get('redirect_uri'));
      for (const [name, value] of Object.entries({ ...answer, state: asked.get('state') ?? '' }))
        to.searchParams.set(name, value);
      return { status: 302, to: to.href };
    };
    const giveCode = (user) => {
      const code = fresh();
      codes.set(code, { user, redirect: asked.get('redirect_uri'), challenge: asked.get('code_challenge') });
      return back({ code });
    };
    if (!form) {
      const known = state.remembers && sessions.get(cookie);
      if (known) return giveCode(known);
      counts.pages += 1;
      return { status: 200, html: signInPage(asked, '') };
    }
    const user = form.get('user') ?? '';
    if (!Object.hasOwn(users, user) || users[user] !== form.get('password')) {
      counts.wrongPasswords += 1;
      return { status: 200, html: signInPage(asked, 'Not right.') };
    }
    if (state.denies) return back({ error: 'access_denied' });
    if (asked.get('code_challenge') && asked.get('code_challenge_method') !== 'S256') return back({ error: 'invalid_request' });
    counts.signedIn += 1;
    const session = fresh();
    sessions.set(session, user);
    return { ...giveCode(user), session };
  }

  function token(form) {
    const refuse = (error) => ({ status: 400, json: { error } });
    if (form.get('client_id') !== clientId) return { status: 401, json: { error: 'invalid_client' } };
    if (form.get('grant_type') === 'authorization_code') {
      const code = codes.get(form.get('code'));
      codes.delete(form.get('code'));
      if (!code || code.redirect !== form.get('redirect_uri')) return refuse('invalid_grant');
      if (!code.challenge || challengeOf(form.get('code_verifier') ?? '') !== code.challenge) return refuse('invalid_grant');
      return { status: 200, json: issue(code.user) };
    }
    if (form.get('grant_type') !== 'refresh_token') return refuse('unsupported_grant_type');
    const before = refreshTokens.get(form.get('refresh_token'));
    refreshTokens.delete(form.get('refresh_token')); // used once
    counts[before ? 'refreshed' : 'refusedRefresh'] += 1;
    return before ? { status: 200, json: issue(before.user) } : refuse('invalid_grant');
  }

  function introspect(form, authorization) {
    const expected = `Basic ${Buffer.from(`${introspector.name}:${introspector.secret}`).toString('base64')}`;
    if (authorization !== expected) return { status: 401, json: {} };
    counts.introspected += 1;
    const found = accessTokens.get(form.get('token'));
    if (!found || found.endsAt < Date.now()) return { status: 200, json: { active: false } };
    return { status: 200, json: { active: true, username: found.user, scope, client_id: clientId } };
  }

  function answer(request, url, form) {
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /.well-known/openid-configuration':
        return {
          status: 200,
          json: { issuer: base, authorization_endpoint: `${base}/authorize`, token_endpoint: `${base}/token` },
        };
      case 'GET /authorize':
        return authorize(url.searchParams, null, /(?:^|; )session=([^;]*)/.exec(request.headers.cookie ?? '')?.[1]);
      case 'POST /authorize':
        return authorize(url.searchParams, form, undefined);
      case 'POST /token':
        return token(form);
      case 'POST /introspect':
        return introspect(form, request.headers.authorization);
      default:
        return { status: 404, html: 'not here' };
    }
  }

  const { certFile, keyFile } = authority.issue({ names: ['127.0.0.1', 'localhost'] });
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { status, html, json, to, session } = answer(request, new URL(request.url, base), new URLSearchParams(body));
    response.writeHead(status, {
      ...(to ? { location: to } : {}),
      ...(session ? { 'set-cookie': `session=${session}; Path=/; Secure; HttpOnly` } : {}),
      'content-type': json ? 'application/json' : 'text/html; charset=utf-8',
      'cache-control': 'no-store',
    });
    response.end(json ? JSON.stringify(json) : (html ?? ''));
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

  /** Writes the settings of Dovecot's oauth2 passdb. @returns {string} the file */
  function introspectionFile() {
    const file = join(dir, 'dovecot-oauth2.conf.ext');
    const address = base.replace('//', `//${introspector.name}:${introspector.secret}@`);
    writeFileSync(
      file,
      [
        `introspection_url = ${address}/introspect`,
        'introspection_mode = post',
        'username_attribute = username',
        'active_attribute = active',
        'active_value = true',
        `tls_ca_cert_file = ${authority.caFile}`,
        '',
      ].join('\n'),
    );
    chmodSync(file, 0o644);
    return file;
  }

  const provider = {
    base,
    counts,
    scope,

    /** As an organisation gives it to Reprompt. @param {string[]} hosts */
    issuer: (hosts) => ({
      issuer: base,
      client_id: clientId,
      authorization_endpoint: `${base}/authorize`,
      token_endpoint: `${base}/token`,
      scopes: scope,
      hosts,
    }),

    /**
     * What startDovecot needs to take this provider's tokens; passwords it takes too, and one that is wrong is refused in the words of a provider that takes none
     * any more. @returns {{mechanisms: string, instantFor: string, extra: string}}
     */
    dovecotOptions() {
      process.env.REPROMPT_TEST_REASON = 'Basic authentication is disabled';
      const extra = [
        settledMailboxes,
        'import_environment = TZ REPROMPT_TEST_REASON',
        'passdb {',
        '  driver = static',
        '  mechanisms = plain login',
        '  args = nopassword=y nodelay=y reason=%{env:REPROMPT_TEST_REASON}',
        '  result_success = continue-fail',
        '}',
        `passdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = ${introspectionFile()}\n}`,
      ];
      return { mechanisms: 'plain login xoauth2 oauthbearer', instantFor: 'plain login', extra: extra.join('\n') };
    },

    /** For how long a token lasts from now on. Thunderbird renews one that has less than 30 s left before each use. @param {number} seconds */
    tokensLast(seconds) {
      state.lifeS = seconds;
    },

    /** The mail server refuses every token that was given out; they can be renewed. */
    expireTokens() {
      for (const each of accessTokens.values()) each.endsAt = 0;
    },

    /** Nothing that was given out is worth anything any more: the person must sign in again. */
    revokeAll() {
      accessTokens.clear();
      refreshTokens.clear();
    },

    /** From now on nobody may use this mail program (access_denied, after the password). @param {boolean} denies */
    denyAll(denies) {
      state.denies = denies;
    },

    /** Whether a browser that has signed in before is sent on without a page. @param {boolean} remembers */
    rememberAll(remembers) {
      state.remembers = remembers;
    },

    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
  return provider;
}
