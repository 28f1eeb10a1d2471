// SPDX-License-Identifier: MPL-2.0
// Servers that are not what an account expects: TLS of old, web servers, captive portals, a mute, a doorman who throws everybody out.
// Belongs here: servers without mail. Does not belong here: mail servers (dovecot.mjs, scripted_server.mjs), other networks (faulty_network.mjs).

import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';

import { accepts, freePort } from './ports.mjs';
import { findProgram, makeFolder, runOnce, start, waitUntil } from './processes.mjs';

const pairOf = ({ certFile, keyFile }) => ({ cert: readFileSync(certFile), key: readFileSync(keyFile) });

async function listening(server) {
  const port = await freePort();
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const open = new Set();
  const keep = (socket) => open.add(socket.on('error', () => {}).on('close', () => open.delete(socket)));
  server.on('connection', keep);
  return {
    port,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A server that does `welcome` with each connection. @param {(socket: net.Socket) => void} welcome */
export const startDoorman = (welcome) =>
  listening(
    net.createServer((socket) => {
      socket.on('error', () => {}).resume();
      welcome(socket);
    }),
  );

/**
 * A web server that answers every request alike, over TLS if it has a certificate.
 * @param {{status?: number, headers?: Record<string, string>, certificate?: {certFile: string, keyFile: string}}} [options]
 */
export function startWeb({ status = 200, headers = {}, certificate = undefined } = {}) {
  const requests = [];
  const answer = (request, response) => {
    requests.push({ method: request.method, url: request.url, headers: request.headers });
    response.writeHead(status, headers);
    response.end('<html></html>');
  };
  const server = certificate ? https.createServer(pairOf(certificate), answer) : http.createServer(answer);
  return listening(server).then((running) => ({ ...running, requests }));
}

/**
 * OpenSSL's own server, for versions and ciphers that no mail server has any more. It says nothing.
 * @param {{certificate: {certFile: string, keyFile: string}, options: string[]}} what `options`: of openssl-s_server(1)
 */
export async function startOldTls({ certificate, options }) {
  const port = await freePort();
  const files = ['-cert', certificate.certFile, '-key', certificate.keyFile];
  const server = start(findProgram('openssl'), ['s_server', '-accept', `127.0.0.1:${port}`, ...files, ...options], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  await waitUntil(() => {
    if (!server.alive()) throw new Error(`openssl s_server ended: ${server.output()}`);
    return accepts(port);
  });
  return { port, stop: () => server.stop('SIGKILL') };
}

/** A certificate that its own key signed. @param {string[]} names */
export function selfSigned(names = ['localhost']) {
  const folder = makeFolder('self-signed');
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const alternatives = names.map((name) => `DNS:${name}`).join(',');
  runOnce('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
    ...['-keyout', keyFile, '-out', certFile, '-subj', `/CN=${names[0]}`, '-addext', `subjectAltName=${alternatives}`],
  ]);
  return { certFile, keyFile };
}

/** Environment under which a program's clock is `seconds` ahead (negative: behind). */
export function shiftedClock(seconds) {
  const library = join(makeFolder('clock'), 'shifted_clock.so');
  const source = new URL('shifted_clock.c', import.meta.url).pathname;
  runOnce(findProgram('cc'), ['-shared', '-fPIC', '-O1', '-o', library, source]);
  return { LD_PRELOAD: library, CLOCK_SHIFT: String(seconds) };
}
