// SPDX-License-Identifier: MPL-2.0
// One account on the page of Reprompt Basic: its servers, the form for a check, and what came of it. Belongs here: elements.
// Does not belong here: the check (account_check.mjs), its words (words.mjs).

import { factRows } from '../card/facts.mjs';
import { makeReport } from '../card/report.mjs';
import { pageOf } from '../decisions.mjs';
import { changesOf } from '../found_settings.mjs';
import { button, copyText, locale, make, statusLine } from '../page_parts.mjs';
import { settingsList } from '../settings_view.mjs';
import { problemText, unknownText } from '../verdict_text.mjs';
import { checkAccount, checkKind } from './account_check.mjs';
import { tellingOf } from './words.mjs';

/** @typedef {import('../types/loginwatch').Server} Server */
/** @typedef {import('../types/loginwatch').Incident} Incident */
/** @typedef {import('./accounts.mjs').FoundAccount} FoundAccount */
/** @typedef {import('../host_client.mjs').HostClient} HostClient */
/** @typedef {(server: Server) => Promise<{server?: Server, problem?: string}>} Current the server as it is set up now; neither: no check any more */
/** @typedef {{host: HostClient, note: string, current: Current}} Asking `note`: what is to be known before a check, or '' */
/** @typedef {Asking & {names: string[]}} Around `names`: what a report leaves out */

const { getMessage } = browser.i18n;
let serial = 0;

/** @param {Server} server */
const wayText = ({ kind, type, hostname }) =>
  getMessage(kind === 'outgoing' ? 'health_sending' : 'health_receiving', [type.toUpperCase(), hostname]);

/** @param {FoundAccount} account @param {Asking} asking */
export const accountItem = ({ name, names, servers }, asking) =>
  make('li', { of: 'account' }, [
    make('h2', { text: name, of: 'account-name' }),
    ...servers.map((server) => serverPart(server, { ...asking, names })),
  ]);

/** @param {Server} server @param {Around} around */
function serverPart(server, around) {
  const way = make('p', { text: wayText(server), of: 'quiet' });
  if (!checkKind(server)) return make('div', {}, [way, make('p', { text: getMessage('basic_other_way') })]);
  const rest = make('div');
  const opener = button(
    getMessage('basic_check'),
    () => {
      const isOpen = rest.childElementCount > 0;
      rest.replaceChildren(...(isOpen ? [] : [checkForm(server, around)]));
      opener.textContent = getMessage(isOpen ? 'basic_check' : 'basic_close');
      opener.setAttribute('aria-expanded', String(!isOpen));
      rest.querySelector('input')?.focus();
    },
    {},
  );
  opener.setAttribute('aria-expanded', 'false');
  const label = make('span', { text: wayText(server), of: 'quiet' });
  label.id = `way-${++serial}`;
  opener.setAttribute('aria-describedby', label.id);
  return make('div', { of: 'server' }, [make('div', { of: 'server-head' }, [label, opener]), rest]);
}

/** @param {Server} server @param {Around} around */
function checkForm(server, around) {
  const form = /** @type {HTMLFormElement} */ (make('form'));
  const field = checkKind(server) === 'password' ? passwordField(server) : null;
  const said = statusLine();
  const result = make('div');
  const submit = button(getMessage('basic_check_now'), () => {}, { of: 'primary' });
  submit.type = 'submit';
  form.autocomplete = 'off';
  form.append(
    ...(field?.parts ?? [make('p', { text: getMessage('basic_oauth_hint') })]),
    ...(around.note ? [make('p', { text: around.note, of: 'quiet' })] : []),
    make('div', { of: 'buttons' }, [submit]),
    said,
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    submit.disabled = true;
    result.replaceChildren();
    said.textContent = getMessage('basic_checking', [server.hostname]);
    const typed = field?.take() ?? '';
    const { server: current, problem } = await around.current(server);
    const incident = current && (await checkAccount(current, typed, around));
    said.textContent = problem ? problemText(problem, getMessage) : '';
    submit.disabled = false;
    if (incident && form.isConnected) showResult(result, incident, around);
  });
  return make('div', {}, [form, result]);
}

/** @param {Server} server */
function passwordField({ username, hostname }) {
  const input = /** @type {HTMLInputElement} */ (make('input'));
  const hint = make('p', { text: getMessage('basic_password_hint', [hostname]), of: 'quiet' });
  const label = make('label', { of: 'stacked' }, [make('span', { text: getMessage('basic_password', [username]) }), input]);
  input.type = 'password';
  input.autocomplete = 'off';
  input.spellcheck = false;
  hint.id = `hint-${++serial}`;
  input.setAttribute('aria-describedby', hint.id);
  return {
    parts: [label, hint],
    /** What was typed; the field forgets it. */
    take() {
      const typed = input.value;
      input.value = '';
      return typed;
    },
  };
}

/** @param {HTMLElement} place @param {Incident} incident @param {Around} around */
function showResult(place, incident, around) {
  const heading = make('h3');
  heading.tabIndex = -1; // what came of it is read first
  place.replaceChildren(make('section', { of: 'result' }, [heading, ...telling(incident, heading), details(incident, around)]));
  heading.focus();
}

/** @param {Incident} incident @param {HTMLElement} heading @returns {(HTMLElement|null)[]} */
function telling(incident, heading) {
  const { verdict, problem } = incident;
  if (!verdict) {
    heading.textContent = getMessage('card_unknown');
    return [make('p', { text: problem ? problemText(problem, getMessage) : unknownText(null, getMessage) })];
  }
  const { title, sentence, advice, next } = tellingOf(verdict, incident, getMessage, locale);
  const page = pageOf(verdict);
  heading.textContent = title;
  return [
    make('p', { text: sentence }),
    advice ? make('p', { text: advice }) : null,
    ...(verdict.settings
      ? [make('p', { text: getMessage('card_settings') }), settingsList(incident, changesOf(verdict.settings, incident))]
      : []),
    next ? make('p', { text: next }) : null,
    page === null
      ? null
      : make('div', { of: 'buttons' }, [
          button(getMessage('button_openPage'), () => void browser.windows.openDefaultBrowser(page), { of: 'primary' }),
        ]),
  ];
}

/** The server's words, what was seen, and the report. @param {Incident} incident @param {Around} around */
function details(incident, { host, names }) {
  const said = statusLine();
  const hide = /** @type {HTMLInputElement} */ (make('input'));
  hide.type = 'checkbox';
  const copy = button(getMessage('card_copy'), async () => {
    const report = await makeReport(incident, {
      host,
      watch: { getNames: async () => names },
      hideServer: hide.checked,
      versions,
    });
    await copyText(report, said, getMessage('card_copied'));
  });
  return make('details', {}, [
    make('summary', { text: getMessage('card_details') }),
    make('dl', { of: 'facts' }, factRows(incident)),
    make('label', {}, [hide, make('span', { text: getMessage('settings_hide_server') })]),
    make('div', { of: 'buttons' }, [copy]),
    said,
  ]);
}

async function versions() {
  const [{ version: thunderbird }, { os }] = await Promise.all([
    browser.runtime.getBrowserInfo(),
    browser.runtime.getPlatformInfo(),
  ]);
  return { addOn: browser.runtime.getManifest().version, thunderbird, system: os };
}
