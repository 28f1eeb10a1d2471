// SPDX-License-Identifier: MPL-2.0
// What can be taken back, on the options page: passwords in the vault, and settings that Reprompt changed.
import { askBackground, button, element, make, momentText, statusLine } from '../page_parts.mjs';
import { settingsList } from '../settings_view.mjs';
import { problemText } from '../verdict_text.mjs';

/** @typedef {import('../types/loginwatch').VaultEntry} VaultEntry */

const { getMessage } = browser.i18n;

/** @param {string} problem @param {string[]} names */
const undoProblem = (problem, names) =>
  problem === 'account_gone'
    ? getMessage('undo_account_gone', names)
    : getMessage('undo_failed', [problemText(problem, getMessage)]);

/** One kept password: "Undo" asks once more, on the page, and says what came of it. @param {VaultEntry} kept @param {() => Promise<unknown>} showAll */
function vaultItem({ entry, account, expires_at }, showAll) {
  const names = [account.user, account.host];
  const said = statusLine();
  const buttons = make('div', { of: 'buttons' });
  /** @param {string} text @param {HTMLElement[]} offered */
  const turn = (text, offered) => {
    said.textContent = text;
    buttons.replaceChildren(...offered);
    offered.at(-1)?.focus();
  };
  const putBack = async () => {
    turn('', []);
    const { value, problem } = await askBackground('undo', { entry });
    const failed = value ?? problem;
    turn(failed ? undoProblem(failed, names) : getMessage('undo_done', names), []);
    await showAll();
  };
  const undo = button(
    getMessage('button_undo'),
    () =>
      turn(getMessage('undo_question', names), [
        button(getMessage('button_putBack'), () => void putBack()),
        button(getMessage('button_leave'), () => turn('', [undo])),
      ]),
    { about: names.join(', ') },
  );
  buttons.append(undo);
  const text = getMessage('options_vault_entry', [...names, momentText(expires_at)]);
  return make('li', { of: 'account' }, [make('p', { text }), said, buttons]);
}

/** @param {() => Promise<unknown>} showAll what else a password that is back changes */
export async function showVault(showAll) {
  /** @type {{value?: VaultEntry[], problem?: string}} */
  const { value: entries = [], problem } = await askBackground('vault');
  const text = problem ? getMessage('options_vault_failed', [problemText(problem, getMessage)]) : getMessage('options_no_vault');
  const none = make('li', { text, of: 'quiet' });
  element('vault').replaceChildren(...(entries.length ? entries.map((kept) => vaultItem(kept, showAll)) : [none]));
}

/** @typedef {import('../types/loginwatch').SettingChange} SettingChange */

/** @param {SettingChange} change @param {() => Promise<unknown>} showAll */
function changeItem({ id, name, before, after, at }, showAll) {
  const said = statusLine();
  const undo = button(
    getMessage('button_undo'),
    async () => {
      undo.disabled = true;
      const { value, problem } = await askBackground('undoSettings', { id });
      const failed = value ?? problem;
      said.textContent = failed ? getMessage('undo_failed', [problemText(failed, getMessage)]) : getMessage('changes_undone');
      undo.disabled = !failed;
      if (!failed) await showAll();
    },
    { about: name },
  );
  return make('li', { of: 'account' }, [
    make('h4', { text: name, of: 'account-name' }),
    make('p', { text: momentText(at), of: 'quiet' }),
    settingsList(before, after),
    make('div', { of: 'buttons' }, [undo]),
    said,
  ]);
}

/** @param {() => Promise<unknown>} showAll */
export async function showChanges(showAll) {
  /** @type {{value?: SettingChange[]}} */
  const { value: changes = [] } = await askBackground('settingChanges');
  const none = make('li', { text: getMessage('options_no_changes'), of: 'quiet' });
  element('changes').replaceChildren(...(changes.length ? changes.map((change) => changeItem(change, showAll)) : [none]));
}
