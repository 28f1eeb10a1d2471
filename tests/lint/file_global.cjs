// SPDX-License-Identifier: MPL-2.0
// web-ext wants the global File of Node.js 20; Debian 12 has version 18, where it is in node:buffer only.
globalThis.File ??= require('node:buffer').File;
