// SPDX-License-Identifier: MPL-2.0
// Preferences: the few wishes that a user tells Reprompt once; kept in browser.storage.local under one name.
// Belongs here: names, defaults, reading, writing. Does not belong here: showing them (options/), acting on them.

const storedName = 'preferences';

/**
 * What each may be; the first is what holds until the user says something else.
 * otherDirection: a new password that works is offered to the other direction ('ask'), given to it without asking, or not at all.
 * hideServer: "Copy report" leaves out the names of the user's own servers.
 */
const allowed = Object.freeze({
  otherDirection: /** @type {const} */ (['ask', 'always', 'never']),
  hideServer: /** @type {const} */ ([false, true]),
});

/** @typedef {{otherDirection: 'ask'|'always'|'never', hideServer: boolean}} PreferenceValues */

/** Unknown or missing values read as their defaults. @returns {Promise<PreferenceValues>} */
export async function readPreferences() {
  const { [storedName]: stored } = await browser.storage.local.get(storedName);
  const entries = Object.entries(allowed).map(([name, values]) => {
    const value = stored?.[name];
    return [name, values.some((each) => each === value) ? value : values[0]];
  });
  return /** @type {PreferenceValues} */ (Object.fromEntries(entries));
}

/** Two pages may write at once: one after the other. */
let writing = Promise.resolve();

/** @param {string} name @param {unknown} value @returns {Promise<void>} rejects what is no preference, or no value of it */
export function writePreference(name, value) {
  /** @type {readonly unknown[]} */
  const values = Object.hasOwn(allowed, name) ? allowed[/** @type {keyof typeof allowed} */ (name)] : [];
  if (!values.includes(value)) return Promise.reject(new TypeError(`no such preference: ${name}`));
  const written = writing.then(async () => {
    const now = await readPreferences();
    await browser.storage.local.set({ [storedName]: { ...now, [name]: value } });
  });
  writing = written.catch(() => {});
  return written;
}
