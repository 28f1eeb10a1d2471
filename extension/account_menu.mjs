// SPDX-License-Identifier: MPL-2.0
// AccountMenu: "Change password…" in the context menu of an account in the folder pane. Belongs here: the menu item. Does not belong here: what follows
// from it (password_change.mjs).

import { NO_KEYRING } from './safekeeping.mjs';

const id = 'changePassword';

export class AccountMenu {
  /**
   * @param {{
   *   menus: typeof browser.menus,
   *   watch: import('./types/loginwatch').LoginWatch,
   *   getMessage: (key: string) => string,
   *   chosen: (server: import('./types/loginwatch').ServerName) => Promise<string|null>,
   *   failed: (problem: string) => unknown,
   * }} parts `chosen`: gives a problem, or null; `failed`: nothing else tells that it did not begin
   */
  constructor({ menus, watch, getMessage, chosen, failed }) {
    this.menus = menus;
    this.watch = watch;
    this.getMessage = getMessage;
    this.chosen = chosen;
    this.failed = failed;
  }

  /** At once when the page starts, so that the listeners wake it. */
  start() {
    this.menus.onShown.addListener((info) => void this.shown(info).catch(() => {}));
    this.menus.onHidden.addListener(() => void this.menus.update(id, { visible: false }).catch(() => {}));
    this.menus.onClicked.addListener(async (info) => {
      const server = info.menuItemId === id && (await this.serverOf(info));
      const problem = server && (await this.chosen(server).catch(() => 'internal'));
      // A vault that cannot be used has its bar, and the prompt for the primary password was closed by the user.
      if (problem && problem !== 'locked' && !NO_KEYRING.includes(problem)) this.failed(problem);
    });
    const title = this.getMessage('button_changePassword');
    // Thunderbird keeps it while the page sleeps; then this one is one too many.
    this.menus.create({ id, title, contexts: ['folder_pane'], visible: false }, () => void browser.runtime.lastError);
  }

  /** The item belongs to accounts that sign in with a password, not to their folders. @param {any} info */
  async shown(info) {
    const visible = !!(await this.serverOf(info));
    if (!visible) return;
    await this.menus.update(id, { visible, title: this.getMessage('button_changePassword') });
    await this.menus.refresh();
  }

  /** @param {any} info of a menu event @returns {Promise<import('./types/loginwatch').ServerName|null>} */
  async serverOf({ selectedFolders = [] }) {
    const [folder, another] = selectedFolders;
    if (!folder || another || !(folder.isRoot || folder.path === '/')) return null;
    return this.watch.getAccountServer(folder.accountId);
  }
}
