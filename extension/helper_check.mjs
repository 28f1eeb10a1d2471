// SPDX-License-Identifier: MPL-2.0
// "Check the helper": whether the host program answers, which versions there are, and, if it is missing, the one command that installs it.
// Belongs here: the same check for the first page and the options page. Does not belong here: talking to the host (host_client.mjs).

import { askBackground, button, make, statusLine } from './page_parts.mjs';

const { getMessage } = browser.i18n;
/** Builds the package, installs it and registers it with Thunderbird; run in the folder of Reprompt. */
const installCommand = 'packaging/install';
/** Problems that installing mends. */
const mendedByInstalling = ['host_missing', 'version_mismatch'];

/** @param {string} problem @param {string} [reason] */
function problemSaid(problem, reason) {
  if (problem === 'host_missing') return getMessage('helper_missing');
  if (problem === 'version_mismatch') return getMessage('helper_version');
  return getMessage('helper_silent', [reason ?? problem]);
}

/** @param {string} name @param {string} version */
const versionRow = (name, version) => make('div', {}, [make('dt', { text: getMessage(name) }), make('dd', { text: version })]);

/** The command, to be selected or copied. @param {HTMLElement} said */
function commandLine(said) {
  const command = make('code', { text: installCommand });
  command.tabIndex = 0; // so that the keyboard can select it
  const copy = button(getMessage('helper_copy'), async () => {
    await navigator.clipboard.writeText(installCommand);
    said.textContent = getMessage('helper_copied');
  });
  return make('div', { of: 'command' }, [command, copy]);
}

/** @returns {{place: HTMLElement, check: () => Promise<void>}} an element, and what fills it */
export function helperCheck() {
  const state = statusLine();
  state.id = 'helper';
  const rest = make('div');
  const place = make('div', { of: 'helper' }, [state, rest]);
  async function check() {
    const { value, problem, reason } = await askBackground('hello');
    const { version: thunderbird } = await browser.runtime.getBrowserInfo();
    const { version } = browser.runtime.getManifest();
    state.textContent = problem ? problemSaid(problem, reason) : getMessage('helper_ok');
    place.dataset.state = problem ? 'bad' : 'good';
    const said = statusLine();
    /** @type {string[]} */
    const complaints = value?.rule_complaints ?? [];
    rest.replaceChildren(
      ...(mendedByInstalling.includes(problem ?? '')
        ? [make('p', { text: getMessage('helper_command') }), commandLine(said), said]
        : []),
      make('dl', { of: 'versions' }, [
        versionRow('helper_version_addon', version),
        problem ? null : versionRow('helper_version_helper', String(value.version)),
        versionRow('helper_version_thunderbird', thunderbird),
      ]),
      ...(complaints.length ? [make('p', { text: getMessage('helper_rules') })] : []),
      ...(complaints.length
        ? [
            make(
              'ul',
              { of: 'complaints' },
              complaints.map((text) => make('li', { text })),
            ),
          ]
        : []),
    );
  }
  return { place, check };
}
