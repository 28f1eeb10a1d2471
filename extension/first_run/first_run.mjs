// SPDX-License-Identifier: MPL-2.0
// The first page a user sees: whether the helper answers, what Reprompt reads, what it sends and to whom, what it never does.
import { askSandbox, helperCheck } from '../helper_check.mjs';
import { element, fillTexts } from '../page_parts.mjs';

fillTexts();
element('options').addEventListener('click', () => void browser.runtime.openOptionsPage());
const helper = helperCheck({ sandbox: askSandbox });
element('helper-place').append(helper.place);
await helper.check();
