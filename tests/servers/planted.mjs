// SPDX-License-Identifier: MPL-2.0
// Looks for planted secrets in files. Belongs here: the forms in which a secret may lie on a disk. Does not belong here: who planted them.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** All ordinary files below a folder; none if there is no such folder. */
export function filesBelow(place) {
  if (!existsSync(place)) return [];
  return readdirSync(place, { withFileTypes: true }).flatMap((each) => {
    const path = join(place, each.name);
    return each.isDirectory() ? filesBelow(path) : each.isFile() ? [path] : [];
  });
}

/** The files below these folders in which one of the secrets stands: as it is, in base64, hexadecimal or UTF-16. */
export function filesWithSecrets(places, secrets) {
  const forms = secrets.flatMap((secret) => [
    secret,
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    Buffer.from(secret).toString('hex'),
    Buffer.from(secret, 'utf16le').toString('latin1'),
  ]);
  return places.flatMap(filesBelow).filter((file) => {
    const text = readFileSync(file).toString('latin1');
    return forms.some((form) => text.includes(form));
  });
}
