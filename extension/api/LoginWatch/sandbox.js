// SPDX-License-Identifier: MPL-2.0
// Sandbox: whether Thunderbird itself came as a Flatpak or a snap, where it cannot start helper programs as elsewhere. Read in Gecko's sources
// (widget/gtk/WidgetUtilsGtk.cpp), not seen: none of them was run here.
// Belongs here: telling which. Does not belong here: what a user can do about it (helper_check.mjs).
'use strict';

/* global Services, IOUtils */

this.Sandbox = {
  /** @returns {Promise<'flatpak'|'snap'|'none'>} */
  async kind() {
    if (await IOUtils.exists('/.flatpak-info')) return 'flatpak';
    // A Thunderbird that another snap started inherits that one's name.
    return Services.env.get('SNAP_NAME') === 'thunderbird' ? 'snap' : 'none';
  },
};
