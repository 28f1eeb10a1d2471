// SPDX-License-Identifier: MPL-2.0
// The report a user copies for a help desk: what was found in lines that begin with "# ", and the evidence as the one line that
// `reprompt explain` reads, so that the pasted text gives the same verdict. No password, token, address, user or account name, and no server's
// name if the user wishes so. Belongs here: choosing what goes in. Does not belong here: masking; the host does it, with all that it knows of
// encodings, providers and certificates, and what is said here about a verdict is what the host says of the masked evidence.

/* global TextEncoder */

/** @typedef {import('../types/loginwatch').Incident} Incident */
/** @typedef {import('../types/loginwatch').Verdict} Verdict */
/** @typedef {{addOn: string, host: string|null, thunderbird: string, system: string}} Versions */

const HOST_MS = 5000;
/** Octets of evidence in a message to the host, which takes 64 KiB; and how many lines of each list are kept to get there. */
const LONGEST = 56 * 1024;
const linesKept = [Infinity, 60, 20, 5];

/** @param {unknown} value @returns {number} octets of its JSON */
const sizeOf = (value) => new TextEncoder().encode(JSON.stringify(value)).length;

/** @param {any} value @param {number} most @returns {any} the same with shorter lists */
function cut(value, most) {
  if (Array.isArray(value)) return value.slice(0, most).map((each) => cut(each, most));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, cut(each, most)]));
}

/** Evidence that fits into a message, or null. @param {object} evidence @returns {object|null} */
export function fitting(evidence) {
  for (const most of linesKept) {
    const shorter = cut(evidence, most);
    if (sizeOf(shorter) <= LONGEST) return shorter;
  }
  return null;
}

/**
 * What names a person or an account: each as it is, and the parts by which a server may know it.
 * @param {(string|null|undefined)[]} names
 */
export function namesToMask(names) {
  const parts = names.flatMap((name) => {
    const text = (name ?? '').trim();
    const local = text.includes('@') ? text.slice(0, text.lastIndexOf('@')) : '';
    return [text, local, text.split('\\').at(-1) ?? '']; // DOMAIN\user
  });
  return [...new Set(parts.filter((part) => part.length > 1))].slice(0, 64);
}

/** The words of a closed set, so that nothing else ever gets through here. @param {unknown} word */
const wordOf = (word) => (/^[a-z0-9_]{1,40}$/.test(String(word)) ? String(word) : '?');
/** @param {unknown} version */
const versionOf = (version) => (/^[0-9A-Za-z.+~-]{1,40}$/.test(String(version ?? '')) ? String(version) : '?');

/**
 * The text.
 * @param {Incident} incident @param {{versions: Versions, explained: Verdict|null, unexplained: string|null}} found
 *   `explained`: the host's verdict on the masked evidence; `unexplained`: why there is none, a code
 */
export function reportText(incident, { versions, explained, unexplained }) {
  const { verdict, type, port, socketType, authMethod, at, problem, code, silent } = incident;
  const { addOn, host, thunderbird, system } = versions;
  const head = [
    'Reprompt report',
    `versions: add-on ${versionOf(addOn)}, host ${versionOf(host)}, Thunderbird ${versionOf(thunderbird)}, ${wordOf(system)}`,
    `time: ${new Date(at).toISOString()}`,
    `server: ${wordOf(type)}, port ${Number(port)}, socketType ${Number(socketType)}, authMethod ${Number(authMethod)}`,
    ...(code && code !== 'login' ? [`event: ${wordOf(code.replaceAll(/[^a-z0-9]+/gi, '_').toLowerCase())}`] : []),
    ...(silent ? ['check: automatic'] : []),
    ...(problem ? [`problem: ${wordOf(problem)}`] : []),
  ];
  const found = verdict
    ? [
        `verdict: ${wordOf(verdict.verdict)} (${wordOf(verdict.confidence)})`,
        `stage: ${wordOf(verdict.stage)}`,
        `attempts: ${Number(verdict.attempts)}`,
        ...(incident.notTheCause ? ['the user says: this was not the cause'] : []),
      ]
    : [];
  const reasons = explained
    ? [`rule: ${explained.rule}`, ...explained.because.map((fact) => `because: ${fact}`), ...differences(verdict, explained)]
    : [];
  const missing = verdict && !explained ? [`no evidence: ${wordOf(unexplained ?? 'none')}`] : [];
  const lines = [...head, ...found, ...reasons, ...missing].map((line) => `# ${line.replaceAll(/[\r\n\u2028\u2029]+/g, ' ')}`);
  const evidence = explained?.evidence ? [JSON.stringify({ id: 'report', evidence: explained.evidence })] : [];
  return [...lines, ...evidence, ''].join('\n');
}

/**
 * A verdict that rests on more than the evidence: on the record of refused passwords, or on a rule for a host whose name is hidden.
 * @param {Verdict|null} verdict @param {Verdict} explained
 */
function differences(verdict, explained) {
  if (!verdict || (verdict.verdict === explained.verdict && verdict.confidence === explained.confidence)) return [];
  const why =
    verdict.rule === 'ledger'
      ? 'this computer remembers that the server refused this login before'
      : verdict.rule_origin
        ? "the rule is not Reprompt's own and reads the server's name"
        : 'it rests on more than the evidence below';
  return [`note: reprompt explain says ${wordOf(explained.verdict)} (${wordOf(explained.confidence)}): ${why}`];
}

/**
 * Asks the host to mask the evidence, and writes the report. Never rejects for want of a host: the rest of the report is the more needed then.
 * @param {Incident} incident
 * @param {{
 *   host: {hello: () => Promise<any>, request: (fields: any, listening: any) => Promise<any>},
 *   watch: Pick<import('../types/loginwatch').LoginWatch, 'getNames'>,
 *   hideServer: boolean,
 *   versions: () => Promise<Omit<Versions, 'host'>>,
 * }} parts
 * @returns {Promise<string>}
 */
export async function makeReport(incident, { host, watch, hideServer, versions }) {
  const { kind, key, username, name, verdict } = incident;
  const hello = await host.hello().catch(() => null);
  const made = { ...(await versions()), host: hello?.version ?? null };
  if (!verdict) return reportText(incident, { versions: made, explained: null, unexplained: null });
  const evidence = verdict.evidence ? fitting(verdict.evidence) : null;
  if (!evidence) return reportText(incident, { versions: made, explained: null, unexplained: 'too_long' });
  try {
    const names = namesToMask([username, name, ...(await watch.getNames(kind, key).catch(() => []))]);
    const explained = await host.request(
      { type: 'explain', line: { id: 'report', evidence }, names, hide_server: hideServer },
      { timeoutMs: HOST_MS },
    );
    return reportText(incident, { versions: made, explained, unexplained: null });
  } catch (/** @type {any} */ error) {
    return reportText(incident, { versions: made, explained: null, unexplained: error?.code ?? 'internal' });
  }
}
