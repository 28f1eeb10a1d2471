// SPDX-License-Identifier: MPL-2.0
// Native-messaging frames for the broken hosts. Belongs here: length and JSON, in and out. Not here: what is broken.

/** @param {string|object} body @returns {Buffer} */
export function frame(body) {
  const text = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(text.length);
  return Buffer.concat([head, text]);
}

/** Calls `each` with every whole frame of a stream: the message, and its octets with the length. */
export function readFrames(stream, each) {
  let pending = Buffer.alloc(0);
  stream.on('data', (more) => {
    pending = Buffer.concat([pending, more]);
    while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32LE(0)) {
      const end = 4 + pending.readUInt32LE(0);
      const octets = pending.subarray(0, end);
      pending = pending.subarray(end);
      each(JSON.parse(octets.subarray(4).toString('utf8')), octets);
    }
  });
}
