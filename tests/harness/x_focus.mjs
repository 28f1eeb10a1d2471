// SPDX-License-Identifier: MPL-2.0
// Takes the keyboard focus of a private X display away, as when the user works in another program. Speaks the two X11 requests that this needs
// (X Window System Protocol, GetInputFocus and SetInputFocus), because a bare Xvfb has no window manager to ask.
// Belongs here: focus between programs. Not here: focus inside Thunderbird.
import net from 'node:net';

const setInputFocus = 42;
const getInputFocus = 43;
const none = 0;

/** @param {string} display such as ":5" @param {number|null} [wanted] an X window; null: no window at all @returns {Promise<number>} the window that has the focus now */
export function focusOn(display, wanted = null) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(`/tmp/.X11-unix/X${display.slice(1)}`);
    let received = Buffer.alloc(0);
    let greeted = false;
    socket.once('error', reject);
    socket.on('connect', () => socket.write(Buffer.from([0x6c, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0])));
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
      if (!greeted && received.length >= 8) {
        const length = 8 + received.readUInt16LE(6) * 4;
        if (received.length < length) return;
        if (received[0] !== 1) return reject(new Error(`the X server refused: ${received.toString('latin1')}`));
        greeted = true;
        received = received.subarray(length);
        const request = Buffer.alloc(16);
        request.writeUInt8(setInputFocus, 0);
        request.writeUInt16LE(3, 2);
        request.writeUInt32LE(wanted ?? none, 4);
        request.writeUInt8(getInputFocus, 12);
        request.writeUInt16LE(1, 14);
        socket.write(request);
      }
      if (greeted && received.length >= 32) {
        socket.end();
        if (received[0] !== 1) reject(new Error(`X error ${received[1]}`));
        else resolve(received.readUInt32LE(8));
      }
    });
  });
}

/** The user turns to another program. Returns when Thunderbird has noticed. @param {any} thunderbird */
export async function lookAway(thunderbird) {
  await focusOn(thunderbird.display);
  await thunderbird.waitFor('return !Services.focus.activeWindow;', {}, 10_000);
}

/** The user comes back to Thunderbird's main window. @param {any} thunderbird */
export async function lookAt(thunderbird) {
  await thunderbird.eval(`Services.wm.getMostRecentWindow('mail:3pane').focus();`);
  await thunderbird.waitFor('return !!Services.focus.activeWindow;', {}, 10_000);
}
