// SPDX-License-Identifier: MPL-2.0
// Whether a page can be used by everybody: axe-core run inside it, and whether its texts fit. Belongs here: measuring. Not here: which pages.
import { readFileSync } from 'node:fs';

const axe = readFileSync(new URL('../../extension/node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

/**
 * Everything that axe-core finds wrong, by all of its rules.
 * @param {any} page of harness/pages.mjs
 * @returns {Promise<{violations: string[], passes: string[], undecided: string[]}>} `undecided`: what axe cannot judge by itself
 */
export const violationsOf = (page) =>
  page.run(`${axe};
    const { violations, passes, incomplete } = await window.axe.run(document);
    const told = (rule) => rule.nodes.map((node) => rule.id + ': ' + node.target.join(' ') + ' ' + (node.failureSummary ?? ''));
    return { violations: violations.flatMap(told), passes: passes.map(({ id }) => id), undecided: incomplete.flatMap(told) };`);

/** Makes every text 40 % longer, and its words too, as a translation into German may be. @param {any} page */
export const lengthen = (page) =>
  page.run(`const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { currentNode } = walker;
      currentNode.data = currentNode.data.replace(/[\\p{L}\\p{N}.@-]+/gu, (word) => word + 'ßäöü'.repeat(9).slice(0, Math.ceil(word.length * 0.4)));
    }`);

/** What does not fit: elements beyond the edge of the window, and controls whose text is cut off. @param {any} page @returns {Promise<string[]>} */
export const misfitsOf = (page) =>
  page.run(`const name = (one) => one.tagName.toLowerCase() + '#' + one.id + '.' + one.className + ' "' + one.textContent.trim().slice(0, 40) + '"';
    const shown = [...document.body.querySelectorAll('*')].filter((one) => one.checkVisibility());
    const beyond = shown.filter((one) => { const { left, right, width } = one.getBoundingClientRect(); return width && (left < -1 || right > window.innerWidth + 1); });
    const cut = shown.filter((one) => one.matches('button, a, label, summary, h1, h2, h3, p, dd, dt, code') && one.clientWidth && one.scrollWidth > one.clientWidth + 1);
    const scrolls = document.documentElement.scrollWidth > window.innerWidth ? ['the page scrolls sideways'] : [];
    return [...scrolls, ...beyond.map((one) => 'beyond: ' + name(one)), ...cut.map((one) => 'cut: ' + name(one))];`);
