// SPDX-License-Identifier: MPL-2.0
// "Check the helper": whether the host program answers, which versions there are, and, if it is missing, the one command that installs it, or why
// this Thunderbird cannot start it (Flatpak, snap) and the way out.
// Belongs here: the same check for every page that shows it. Does not belong here: talking to the host (host_client.mjs).

import { askBackground, button, copyText, make, statusLine } from './page_parts.mjs';

const { getMessage } = browser.i18n;
/** Builds the package, installs it and registers it with Thunderbird; run in the folder of Reprompt's source. */
const installCommand = 'packaging/install';
/** Problems that installing mends. */
const mendedByInstalling = ['host_missing', 'version_mismatch'];
/** What a Thunderbird in a sandbox says: a Flatpak knows no native application, and a snap gets none that the user did not allow. */
const seenInSandboxes = ['host_missing', 'host_gone'];

/** @typedef {{value?: any, problem?: string, reason?: string}} HelloAnswer */
/** @typedef {'flatpak'|'snap'|'none'} Sandbox */

/**
 * What to do about a helper that does not answer: which words, and whether the command that installs it is of use.
 * @param {string|undefined} problem @param {Sandbox|null} sandbox null: not known, so both are named
 * @returns {{words: string|null, install: boolean}} `words`: a key of _locales
 */
export function wayOut(problem, sandbox) {
  const install = mendedByInstalling.includes(problem ?? '') && sandbox !== 'flatpak';
  if (!seenInSandboxes.includes(problem ?? '') || sandbox === 'none') return { words: null, install };
  return { words: sandbox ? `helper_${sandbox}` : 'helper_sandboxes', install };
}

/** Of the full version, whose part inside Thunderbird can look. @returns {Promise<Sandbox|null>} */
export const askSandbox = () => askBackground('sandbox').then(({ value = null }) => value);

/** @param {string} problem @param {string} [reason] */
function problemSaid(problem, reason) {
  if (problem === 'host_missing') return getMessage('helper_missing');
  if (problem === 'version_mismatch') return getMessage('helper_version');
  return getMessage('helper_silent', [reason ?? problem]);
}

/** @param {string} name @param {string} version */
const versionRow = (name, version) => make('div', {}, [make('dt', { text: getMessage(name) }), make('dd', { text: version })]);

/** A command, to be selected or copied. @param {string} text @param {HTMLElement} said */
function commandLine(text, said) {
  const command = make('code', { text });
  command.tabIndex = 0; // so that the keyboard can select it
  const copy = button(getMessage('helper_copy'), () => void copyText(text, said, getMessage('helper_copied')));
  return make('div', { of: 'command' }, [command, copy]);
}

/**
 * @param {{ask?: () => Promise<HelloAnswer>, sandbox?: () => Promise<Sandbox|null>, command?: string}} [how] `sandbox`: what Thunderbird runs in, if it can be told; `command`: what installs the helper
 * @returns {{place: HTMLElement, check: () => Promise<boolean>}} an element, and what fills it and says whether the helper answers
 */
export function helperCheck({ ask = () => askBackground('hello'), sandbox = async () => null, command = installCommand } = {}) {
  const state = statusLine();
  state.id = 'helper';
  const rest = make('div');
  const place = make('div', { of: 'helper' }, [state, rest]);
  async function check() {
    const { value, problem, reason } = await ask();
    const { words, install } = wayOut(problem, problem ? await sandbox() : 'none');
    const { version: thunderbird } = await browser.runtime.getBrowserInfo();
    const { version } = browser.runtime.getManifest();
    state.textContent = problem ? problemSaid(problem, reason) : getMessage('helper_ok');
    place.dataset.state = problem ? 'bad' : 'good';
    const said = statusLine();
    /** @type {string[]} */
    const complaints = value?.rule_complaints ?? [];
    rest.replaceChildren(
      ...(install ? [make('p', { text: getMessage('helper_command') }), commandLine(command, said), said] : []),
      ...(words ? [make('p', { text: getMessage(words) })] : []),
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
    return !problem;
  }
  return { place, check };
}
