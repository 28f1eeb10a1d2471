// SPDX-License-Identifier: MPL-2.0
// Prints debian/changelog, made from packaging/CHANGELOG.md: "## Unreleased" is the version being built (packaging/VERSION, at SOURCE_DATE_EPOCH), "## 0.1.0 - 2026-11-22"
// one that is out. Format: deb-changelog(5). Does not belong here: what changed.
import { readFileSync } from 'node:fs';

const read = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');
const width = 74; // without the indent of 4
const maintainer = 'The Reprompt authors <reprompt@reprompt.example>';

/** As `date -R` in UTC. @param {Date} date */
const rfc2822 = (date) => date.toUTCString().replace('GMT', '+0000');

/** An item of the list. @param {string} text */
function item(text) {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const longer = `${lines.at(-1)} ${word}`.trimStart();
    if (longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line, index) => (index === 0 ? '  * ' : '    ') + line);
}

/** @param {string} heading what follows "## " */
function release(heading) {
  if (heading === 'Unreleased') {
    return { version: read('VERSION').trim(), date: new Date(Number(process.env.SOURCE_DATE_EPOCH ?? 0) * 1000) };
  }
  const found = /^(\d[\w.+~]*) - (\d{4}-\d{2}-\d{2})$/.exec(heading);
  if (!found) throw new Error(`CHANGELOG.md: "## ${heading}" is neither "Unreleased" nor "VERSION - YYYY-MM-DD"`);
  return { version: found[1], date: new Date(`${found[2]}T12:00:00Z`) };
}

/** One section of CHANGELOG.md, its heading first. @param {string} section */
function entry(section) {
  const [heading, ...rest] = section.trim().split('\n');
  const { version, date } = release(heading.trim());
  const blocks = rest
    .join('\n')
    .replace(/`/g, '')
    .split(/\n(?=- |### )|\n\n/)
    .map((block) => block.trim())
    .filter(Boolean);
  const lines = blocks.flatMap((block) => {
    if (block.startsWith('### ')) return ['', `  [ ${block.slice(4)} ]`];
    if (block.startsWith('- ')) return item(block.slice(2));
    throw new Error(`CHANGELOG.md: neither a heading nor an item: ${block}`);
  });
  const head = `reprompt (${version}) unstable; urgency=medium`;
  return [head, ...(lines[0] === '' ? [] : ['']), ...lines, '', ` -- ${maintainer}  ${rfc2822(date)}`, ''].join('\n');
}

const sections = read('CHANGELOG.md').split(/^## /m).slice(1);
console.log(sections.map(entry).join('\n').trimEnd());
