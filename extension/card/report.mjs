// SPDX-License-Identifier: MPL-2.0
// The report a user copies for a help desk: the verdict, and one line that `reprompt explain` reads. No password, address, user or account name.
// Belongs here: choosing what goes in. The host has masked and escaped what the evidence holds.

/** @param {import('../types/loginwatch').Incident} incident @param {string} version of the add-on */
export function reportOf(incident, version) {
  const { verdict, type, authMethod, socketType, port, at, problem } = incident;
  const head = [
    `Reprompt ${version}`,
    `time: ${new Date(at).toISOString()}`,
    `server: ${type} port ${port} socketType ${socketType} authMethod ${authMethod}`,
  ];
  if (!verdict) return [...head, `problem: ${problem ?? 'none'}`].join('\n');
  const facts = [
    `verdict: ${verdict.verdict} (${verdict.confidence})`,
    `rule: ${verdict.rule}`,
    `stage: ${verdict.stage}`,
    `attempts: ${verdict.attempts}`,
    ...verdict.because.map((fact) => `because: ${fact}`),
  ];
  const evidence = verdict.evidence ? [JSON.stringify({ id: 'report', evidence: verdict.evidence })] : [];
  return [...head, ...facts, ...evidence].join('\n');
}
