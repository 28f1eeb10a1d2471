// SPDX-License-Identifier: MPL-2.0
// ESLint: the recommended rules, and what the add-on's reviewers refuse (markup from strings, eval).
import js from '@eslint/js';

const pageGlobals = Object.fromEntries(
  [
    'browser',
    'document',
    'window',
    'CSS',
    'location',
    'navigator',
    'setTimeout',
    'clearTimeout',
    'URL',
    'URLSearchParams',
    'HTMLElement',
    'console',
    'performance',
  ].map((name) => [name, 'readonly']),
);
const nodeGlobals = { process: 'readonly', Buffer: 'readonly', structuredClone: 'readonly', setImmediate: 'readonly' };
const strict = {
  eqeqeq: 'error',
  'no-var': 'error',
  'prefer-const': 'error',
  'no-eval': 'error',
  'no-implied-eval': 'error',
  'no-restricted-properties': ['error', { property: 'innerHTML' }, { property: 'outerHTML' }, { property: 'insertAdjacentHTML' }],
};

export default [
  { ignores: ['node_modules/'] },
  js.configs.recommended,
  { files: ['**/*.mjs'], languageOptions: { ecmaVersion: 2024, sourceType: 'module', globals: pageGlobals }, rules: strict },
  { files: ['test/**', '*.config.mjs'], languageOptions: { globals: { ...pageGlobals, ...nodeGlobals } } },
  { files: ['api/**/*.js'], languageOptions: { ecmaVersion: 2024, sourceType: 'script' }, rules: strict },
];
