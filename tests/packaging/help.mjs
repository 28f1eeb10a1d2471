// SPDX-License-Identifier: MPL-2.0
// What `reprompt --help` says, as data: the commands and their options. Belongs here: reading it. Not here: comparing it (manual, completion).
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { runOnce } from '../harness/processes.mjs';

const program = process.env.REPROMPT_BIN ?? join(fileURLToPath(new URL('../../', import.meta.url)), 'dist/reprompt');

/**
 * Every command below `words`, itself first. "" is the program without a command.
 * @param {string[]} [words]
 * @returns {{name: string, options: string[], subcommands: string[]}[]}
 */
export function commandsOfHelp(words = []) {
  const help = runOnce(program, [...words, '--help'], { env: { ...process.env, COLUMNS: '1000' } });
  const options = [...help.matchAll(/^ {2}(?:-\w,)?(--[a-z-]+)/gm)].map(([, option]) => option);
  const section = help.split(/^Subcommands:$/m)[1]?.split('\n\n')[0] ?? '';
  const subcommands = [...section.matchAll(/^ {2}(\w+)/gm)].map(([, command]) => command);
  if (!options.includes('--help')) throw new Error(`reprompt ${words.join(' ')} --help reads otherwise:\n${help}`);
  return [
    { name: words.join(' '), options, subcommands },
    ...subcommands.flatMap((command) => commandsOfHelp([...words, command])),
  ];
}
