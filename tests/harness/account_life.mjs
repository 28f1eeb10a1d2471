// SPDX-License-Identifier: MPL-2.0
// What an account that has been used for a while looks like on the server. Belongs here: settings that make a fresh private server look lived in.

/**
 * Dovecot's `extra` configuration: inbox and trash exist and are subscribed. Thunderbird asks a new account's server for its folders
 * and for the inbox at the same time, and on an empty server it may lose the inbox it has just found when it makes the trash folder.
 */
export const settledMailboxes = `namespace inbox {
  inbox = yes
  mailbox INBOX {
    auto = subscribe
  }
  mailbox Trash {
    auto = subscribe
    special_use = \\Trash
  }
}`;
