// SPDX-License-Identifier: MPL-2.0
// The background of Reprompt Basic: its one page opens by the toolbar button, and once after the installation. Everything else is in that page, so
// that a password which is typed there never leaves it but to the helper.

browser.action.onClicked.addListener(() => void browser.runtime.openOptionsPage());

browser.runtime.onInstalled.addListener(({ reason }) => {
  // In the background: the first start is the user's, not ours.
  if (reason === 'install') browser.tabs.create({ url: 'basic/check.html', active: false }).catch(() => {});
});
