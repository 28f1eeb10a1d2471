// SPDX-License-Identifier: MPL-2.0
// CRC-32 as zip wants it (ISO 3309). node:zlib has it only since version 20.15, and the build also runs with 18.
const table = Uint32Array.from({ length: 256 }, (_unused, octet) => {
  let value = octet;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** @param {Buffer} content */
export function crc32(content) {
  let value = 0xffffffff;
  for (const octet of content) value = table[(value ^ octet) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
