// SPDX-License-Identifier: MPL-2.0
// Organisation: rules that an organisation gives its users through Thunderbird's enterprise policy (policies.json, "3rdparty"; key "rules", a
// document as manifests/rules.schema.json describes it). The host judges them, within the same limits as /etc/reprompt/rules.d.
// Belongs here: fetching them, and the organisation's words about a verdict. Does not belong here: what a rule means (the host).

/* global TextEncoder */

/** @typedef {import('./types/loginwatch').Verdict} Verdict */
/** @typedef {{text: string|null, problem: string|null}} OrganisationRules `text`: JSON for the host's hello; `problem`: English, why there is none */

const LONGEST = 56 * 1024; // octets inside a message, of which the host takes 64 KiB
const nothing = Object.freeze({ text: null, problem: null });

/**
 * Only from a policy: managed storage can also be filled by a file in the user's home, which any program of the user could have written.
 * @param {{watch: Pick<import('./types/loginwatch').LoginWatch, 'hasPolicy'>, managed: {get: (key: string) => Promise<Record<string, unknown>>}}} parts
 * @returns {Promise<OrganisationRules>}
 */
export async function organisationRules({ watch, managed }) {
  try {
    if (!(await watch.hasPolicy())) return nothing;
    const { rules } = await managed.get('rules');
    if (rules === undefined || rules === null) return nothing;
    const text = JSON.stringify(rules);
    if (new TextEncoder().encode(JSON.stringify(text)).length > LONGEST) {
      return { text: null, problem: `managed storage: the rules are longer than ${LONGEST / 1024} KiB; they are not used` };
    }
    return { text, problem: null };
  } catch {
    return nothing; // no managed storage
  }
}

/**
 * What the organisation says, in the language that fits best: the user's, the same without its region, English, any.
 * @param {Pick<Verdict, 'organisation'>|null} verdict @param {string} language of the user interface ("ja", "en-US", "pt_BR")
 * @returns {{name: string, words: string}|null}
 */
export function organisationWords(verdict, language) {
  const { text, name = '' } = verdict?.organisation ?? {};
  if (!text || typeof text !== 'object') return null;
  const wanted = language.toLowerCase().replaceAll('_', '-');
  const found = [wanted, wanted.split('-')[0], 'en', ...Object.keys(text)].find(
    (each) => Object.hasOwn(text, each) && typeof text[each] === 'string',
  );
  return found === undefined ? null : { name: String(name), words: text[found] };
}
