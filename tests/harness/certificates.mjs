// SPDX-License-Identifier: MPL-2.0
// A throw-away certificate authority for the test servers, made with the openssl command (EC P-256).
// Belongs here: CA and leaf certificates. Does not belong here: who uses them.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';

import { runOnce } from './processes.mjs';

let serial = Date.now();

function newKey(file) {
  runOnce('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file]);
  chmodSync(file, 0o600);
}

/**
 * Makes a CA in `dir`.
 * @param {string} dir created if missing
 * @param {{name?: string}} [options]
 * @returns {{caFile: string, caKeyFile: string, issue: (options?: {names?: string[], days?: number, expired?: boolean, notYetValid?: boolean}) => {certFile: string, keyFile: string}}}
 *   `issue`: names are host names or addresses; the first one is the subject too. `expired` ended yesterday, `notYetValid` begins next year.
 */
export function makeAuthority(dir, { name = 'Reprompt test CA' } = {}) {
  mkdirSync(dir, { recursive: true });
  const caKeyFile = join(dir, 'ca.key');
  const caFile = join(dir, 'ca.pem');
  newKey(caKeyFile);
  runOnce('openssl', [
    'req',
    '-x509',
    '-new',
    '-key',
    caKeyFile,
    '-out',
    caFile,
    '-days',
    '30',
    '-subj',
    `/CN=${name}`,
    '-addext',
    'basicConstraints=critical,CA:TRUE',
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
  ]);

  function issue({ names = ['localhost', '127.0.0.1', '::1'], days = 30, expired = false, notYetValid = false } = {}) {
    serial += 1;
    const base = join(dir, `leaf-${serial}`);
    const [keyFile, requestFile, certFile, extensions] = [`${base}.key`, `${base}.csr`, `${base}.pem`, `${base}.cnf`];
    newKey(keyFile);
    const alternatives = names.map((each) => `${isIP(each) ? 'IP' : 'DNS'}:${each}`).join(',');
    writeFileSync(
      extensions,
      `[leaf]\nsubjectAltName=${alternatives}\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n` +
        'extendedKeyUsage=serverAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' +
        // `openssl ca` is the only command of OpenSSL 3.0 that sets both dates.
        `[ca]\ndefault_ca=here\n[here]\ndatabase=${base}.db\nnew_certs_dir=${dir}\nserial=${base}.serial\ndefault_md=sha256\npolicy=any\nunique_subject=no\n[any]\ncommonName=supplied\n`,
    );
    writeFileSync(`${base}.db`, '');
    writeFileSync(`${base}.serial`, `${BigInt(serial).toString(16).padStart(16, '0')}\n`);
    runOnce('openssl', ['req', '-new', '-key', keyFile, '-out', requestFile, '-subj', `/CN=${names[0]}`]);
    const day = 86_400_000;
    const now = Date.now();
    const begin = expired ? now - 30 * day : notYetValid ? now + 365 * day : now - day;
    const end = expired ? now - day : begin + (days + 1) * day;
    runOnce('openssl', [
      'ca',
      '-batch',
      '-notext',
      '-config',
      extensions,
      '-extensions',
      'leaf',
      '-cert',
      caFile,
      '-keyfile',
      caKeyFile,
      '-in',
      requestFile,
      '-out',
      certFile,
      '-startdate',
      asn1Time(begin),
      '-enddate',
      asn1Time(end),
    ]);
    return { certFile, keyFile };
  }

  return { caFile, caKeyFile, issue };
}

/** 20260131235959Z, as openssl wants it. */
function asn1Time(ms) {
  return `${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
}
