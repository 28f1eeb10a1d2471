// SPDX-License-Identifier: MPL-2.0
// A mail server that behaves until a certain stage and lies there: every octet is its own to choose, also below TLS. Until then it speaks as much IMAP, POP3
// and SMTP submission as a login needs, and it records what it was sent, and over what.
// Belongs here: the conversation, and the means of a liar. Does not belong here: the lies (hostile_lies.mjs, hostile_words.mjs, hostile_tls.mjs).

import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

/**
 * Where a conversation can be, in its order. `connect`: the octets below, before TLS. `capabilities`: asked in clear, before STARTTLS. `after-tls`: asked again
 * behind it. `challenge`: a mechanism was named, the credential was not sent. `auth`: the credential was sent. `logout`: the answer to it was given.
 */
export const stages = ['connect', 'greeting', 'capabilities', 'starttls', 'after-tls', 'challenge', 'auth', 'logout'];

/** The stages that a server with STARTTLS reaches in clear. */
const needsStarttls = new Set(['capabilities', 'starttls', 'after-tls']);
/** How an account has to be set for a lie at this stage. */
export const encryptionFor = (stage) => (needsStarttls.has(stage) ? 'starttls' : 'implicit');

const offers = {
  imap: { plain: ['IMAP4rev1', 'SASL-IR', 'AUTH=PLAIN'], challenge: ['IMAP4rev1', 'LOGINDISABLED', 'AUTH=PLAIN'] },
  pop3: { plain: ['USER', 'SASL PLAIN'], challenge: ['SASL LOGIN'] },
  smtp: { plain: ['AUTH PLAIN'], challenge: ['AUTH LOGIN'] },
};
const upgradeWord = { imap: 'STARTTLS', pop3: 'STLS', smtp: 'STARTTLS' };

/** What the server says where it does not lie. What it answers to a credential decides nothing about it, so that whatever decides is the lie's work. */
const honest = {
  imap: {
    greeting: () => '* OK ready',
    capabilities: ({ tag, offered }) => `* CAPABILITY ${offered.join(' ')}\r\n${tag} OK done`,
    starttls: ({ tag }) => `${tag} OK begin`,
    challenge: () => '+ ',
    auth: ({ tag }) => `${tag} NO [UNAVAILABLE] Temporary authentication failure.`,
  },
  pop3: {
    greeting: () => '+OK ready',
    capabilities: ({ offered }) => ['+OK', ...offered, '.'].join('\r\n'),
    starttls: () => '+OK begin',
    challenge: () => '+ VXNlcm5hbWU6',
    auth: () => '-ERR [SYS/TEMP] Temporary authentication failure.',
  },
  smtp: {
    greeting: () => '220 mail.hostile.test ESMTP',
    capabilities: ({ offered }) =>
      ['hello', ...offered].map((word, at, all) => `250${at === all.length - 1 ? ' ' : '-'}${word}`).join('\r\n'),
    starttls: () => '220 begin',
    challenge: () => '334 VXNlcm5hbWU6',
    auth: () => '454 4.7.0 Temporary authentication failure',
  },
};

/** A refusal of this stage's command, in the protocol's form. */
const refusals = {
  imap: ({ stage, tag }, words) => (stage === 'greeting' ? `* BYE ${words}` : `${tag} NO ${words}`),
  pop3: (peer, words) => `-ERR ${words}`,
  smtp: ({ stage }, words) =>
    `${{ greeting: 554, starttls: 454, challenge: 535, auth: 535, logout: 535 }[stage] ?? 550} ${words}`,
};
/** A line that the reply at this stage goes on behind, as many times as one likes. */
const continuations = {
  imap: (peer, words) => `* ${words}`,
  pop3: (peer, words) => words,
  smtp: ({ stage }, words) =>
    `${{ greeting: 220, starttls: 220, challenge: 334, auth: 535, logout: 535 }[stage] ?? 250}-${words}`,
};

/** Octets of a text with characters up to 255 only, or of a Buffer. */
const octets = (text) => (Buffer.isBuffer(text) ? text : Buffer.from(text, 'latin1'));
const mostWritten = 64 * 1024 * 1024;

/** One client, as a lie sees it. */
class Peer {
  constructor({ protocol, socket, channel, stage, tag = '', offered = [], upgrade = () => {} }) {
    Object.assign(this, { protocol, socket, channel, stage, tag, offered, upgrade });
  }
  /** Over the channel as it is now: TLS where it is up. */
  write(text) {
    if (!this.channel.destroyed && this.channel.writable) this.channel.write(octets(text));
  }
  /** Below TLS. */
  writeRaw(text) {
    if (!this.socket.destroyed) this.socket.write(octets(text));
  }
  honest = () => honest[this.protocol][this.stage === 'after-tls' ? 'capabilities' : this.stage](this);
  refusal = (words) => refusals[this.protocol](this, words);
  more = (words) => continuations[this.protocol](this, words);
  fin() {
    this.channel.end();
  }
  rst() {
    this.socket.resetAndDestroy();
  }
  /** The same again and again, as fast as it is taken; far more than any limit, but not for ever. @param {(at: number) => string|Buffer} piece */
  async flood(piece, through = this.channel) {
    let written = 0;
    for (let at = 0; written < mostWritten && !through.destroyed && through.writable; at += 1) {
      const bytes = octets(piece(at));
      written += bytes.length;
      if (!through.write(bytes)) {
        await new Promise((go) => {
          through.once('drain', go).once('close', go).once('error', go);
          if (through.destroyed) go();
        });
      } else if (at % 16 === 15) {
        await new Promise((go) => setImmediate(go));
      }
    }
  }
  /** A piece every `ms`. @param {(at: number) => string} piece */
  drip(piece, ms, through = this.channel) {
    let at = 0;
    const timer = setInterval(() => {
      if (through.destroyed || !through.writable) return clearInterval(timer);
      return through.write(octets(piece(at++)));
    }, ms);
    through.once('close', () => clearInterval(timer));
  }
}

/**
 * @param {object} options
 * @param {'imap'|'pop3'|'smtp'} options.protocol
 * @param {'implicit'|'starttls'|'none'} options.tls
 * @param {{certFile: string, keyFile: string, tlsOptions?: object}} options.certificate
 * @param {Record<string, (peer: Peer) => unknown>} options.lies by stage; a text or Buffer that one gives is sent, with a line end behind a text
 * @param {boolean} [options.challenges] offers only what waits for a challenge before the credential
 * @param {string[]} [options.offered] instead
 * @param {string} options.listen an address
 * @param {number} [options.port]
 */
export async function startHostileServer({
  protocol,
  tls,
  certificate,
  lies,
  challenges = false,
  offered: wanted,
  listen,
  port: wantedPort = 0,
}) {
  const pair = { cert: readFileSync(certificate.certFile), key: readFileSync(certificate.keyFile), ...certificate.tlsOptions };
  let context; // made when it is needed: a lie may have no use for TLS
  const sockets = new Set();
  const heard = { clear: [], protected: [] };
  const offered = wanted ?? offers[protocol][challenges ? 'challenge' : 'plain'];
  let connections = 0;
  let credentials = 0;
  let told = 0;

  const secured = (socket) => {
    context ??= createSecureContext(pair);
    const channel = new TLSSocket(socket, {
      isServer: true,
      secureContext: context,
      requestCert: Boolean(certificate.asksClient),
      rejectUnauthorized: false,
    });
    return channel.on('error', () => {});
  };

  /** Lies at this stage if there is a lie for it, else says the honest thing. @returns {boolean} whether it lied */
  function speak(peer) {
    const lie = lies[peer.stage];
    if (lie) told += 1;
    const said = lie ? lie(peer) : peer.honest();
    if (typeof said === 'string') peer.write(`${said}\r\n`);
    if (Buffer.isBuffer(said)) peer.write(said);
    return Boolean(lie);
  }

  function converse(socket, channel, secure, upgraded) {
    let rest = '';
    let awaiting = null;
    const at = (stage, tag = '') => {
      const now = secure || tls === 'none' ? offered : [...offered, upgradeWord[protocol]];
      const upgrade = () => {
        channel.removeAllListeners('data');
        converse(socket, secured(socket), true, true);
      };
      return new Peer({ protocol, socket, channel, stage, tag, offered: now, upgrade });
    };
    if (!upgraded) speak(at('greeting'));

    function judge(tag) {
      credentials += 1;
      if (!lies.auth && lies.logout) {
        const peer = at('auth', tag);
        peer.write(`${peer.refusal(plainRefusal[protocol])}\r\n`);
        speak(at('logout', tag));
      } else speak(at('auth', tag));
    }
    function authenticate(tag, mechanism, initial) {
      if (initial) return judge(tag);
      const steps = mechanism === 'LOGIN' ? 2 : 1;
      let taken = 0;
      const next = () => {
        awaiting = () => {
          taken += 1;
          if (taken === steps) return judge(tag);
          next();
          return at('challenge', tag).write(`${protocol === 'smtp' ? '334' : '+'} UGFzc3dvcmQ6\r\n`);
        };
      };
      next();
      return speak(at('challenge', tag));
    }
    function starttls(tag) {
      // POP3 asks for capabilities in clear only behind a refusal.
      if (protocol === 'pop3' && lies.capabilities) return at('starttls').write('-ERR not now\r\n');
      const peer = at('starttls', tag);
      if (!speak(peer)) peer.upgrade();
    }
    function command(line) {
      const words = line.split(' ');
      const tag = protocol === 'imap' ? words.shift() : '';
      const verb = (words[0] ?? '').toUpperCase();
      if (verb === upgradeWord[protocol] && !secure) return starttls(tag);
      if (['CAPABILITY', 'CAPA', 'EHLO'].includes(verb)) return speak(at(upgraded ? 'after-tls' : 'capabilities', tag));
      if (verb === 'AUTHENTICATE' || verb === 'AUTH') return authenticate(tag, (words[1] ?? '').toUpperCase(), words[2]);
      if (verb === 'USER') return at('auth').write('+OK\r\n');
      if (verb === 'PASS' || verb === 'LOGIN') return judge(tag);
      return at('auth', tag).write(`${at('auth', tag).refusal('unknown')}\r\n`);
    }

    channel.on('data', (bytes) => {
      (secure ? heard.protected : heard.clear).push(bytes.toString('latin1'));
      rest += bytes.toString('latin1');
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
        const line = rest.slice(0, end).replace(/\r$/, '');
        rest = rest.slice(end + 1);
        const next = awaiting;
        awaiting = null;
        if (next) next(line);
        else command(line);
      }
    });
  }

  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    socket.on('end', () => socket.end());
    if (lies.connect) {
      socket.on('data', (bytes) => heard.clear.push(bytes.toString('latin1')));
      speak(new Peer({ protocol, socket, channel: socket, stage: 'connect' }));
    } else if (tls === 'implicit') converse(socket, secured(socket), true, false);
    else converse(socket, socket, false, false);
  });
  const port = await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(wantedPort, listen, () => resolve(server.address().port));
  });

  const holds = (wire, words) =>
    wire.includes(words) || wire.split(/\s+/).some((word) => Buffer.from(word, 'base64').toString('latin1').includes(words));
  return {
    port,
    connections: () => connections,
    credentials: () => credentials,
    /** How often it lied. */
    told: () => told,
    /** Whether these words arrived in clear, as they are or in base64. */
    heardInClear: (words) => holds(heard.clear.join(''), words),
    heardProtected: (words) => holds(heard.protected.join(''), words),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A refusal that is one: nothing else about it is odd. */
export const plainRefusal = {
  imap: '[AUTHENTICATIONFAILED] Authentication failed.',
  pop3: '[AUTH] Authentication failed.',
  smtp: '5.7.8 Error: authentication failed',
};
