// SPDX-License-Identifier: MPL-2.0
// A server that refuses with markup, links, bidirectional and control characters in its words: dialog, bar, card, health list, history, popup and report show them as
// text. No element and no link comes of them, and what would deceive a reader is spelled out. Belongs here: words on their way to the user's eyes.
// Not here: what the host makes of them (tests/servers/hostile.test.mjs).
import assert from 'node:assert/strict';
import { watchBars } from '../harness/bars.mjs';
import { notePages } from '../harness/browser.mjs';
import { refusingImap } from '../harness/line_server.mjs';
import { openPage, openPopup } from '../harness/pages.mjs';
import { story } from './world.mjs';

const markup = '<b id=evil>bold</b><img src=x onerror="document.title=1"><a href=https://evil.example/in>Sign in</a>';
const deceit = '\u202edrowssap\u202c zero\u200bwidth \u2066x\u2069 \u001b[31m\u0007\u009b';
const words = `${markup} https://evil.example/login ${deceit} __MSG_button_retry__ $SERVER$`;
/** What a reader must see of them, and what nobody may. */
const spelledOut = ['<b id=evil>bold</b>', '\\u{202E}drowssap\\u{202C}', 'zero\\u{200B}width'];
// eslint-disable-next-line no-control-regex, no-misleading-character-class
const deceiving = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;

function expectHarmless(text, where) {
  assert.doesNotMatch(text, deceiving, `${where}: ${JSON.stringify(text)}`);
}
function expectWords(text, where, parts = spelledOut) {
  expectHarmless(text, where);
  for (const part of parts) assert.ok(text.includes(part), `${where} shows no ${part}: ${JSON.stringify(text)}`);
}

/** Opens a page and looks at it: what it shows, and whether anything in it was made by the words. */
async function look(world, page, { where, said = null }) {
  await page.run(`for (const one of document.querySelectorAll('details')) one.open = true;`);
  if (said) await page.waitFor(`return document.body.textContent.includes('<b id=evil>');`);
  const seen = await page.run(`return {
    text: document.body.innerText + document.title,
    made: [...document.querySelectorAll('#evil, b, img[src=x], script:not([src]), [onerror], [href*=evil], [src*=evil]')].map((one) => one.outerHTML),
    links: [...document.links].map((one) => one.href),
  };`);
  assert.deepEqual(seen.made, [], where);
  assert.ok(!seen.links.some((each) => each.includes('evil')), where);
  expectWords(seen.text, where, said ?? []);
  await world.picture(where);
}

/** What went wrong in the add-on; Thunderbird itself complains of pages that are closed while they listen. */
const errorsOf = async (thunderbird) => (await thunderbird.addonErrors()).filter((line) => !line.includes('on closed conduit'));

const filled = {
  options: `return document.querySelector('#health-summary')?.textContent && document.querySelector('#history').children.length > 0;`,
  popup: `return !!document.querySelector('#summary')?.textContent;`,
};

/** Looks at everything that the add-on shows of an incident. @param {string} id */
async function lookEverywhere(world, thunderbird, id, said = spelledOut) {
  const card = await openPage(thunderbird, `card/card.html?incident=${id}`);
  await look(world, card, { where: 'card', said });
  const report = await card.run(`return (await browser.runtime.sendMessage({ ask: 'report', id: arg })).value;`, id);
  assert.match(report, /^# Reprompt report\n/);
  expectHarmless(report, 'report');
  await card.close();
  const options = await openPage(thunderbird, 'options/options.html', { ready: filled.options });
  await look(world, options, { where: 'health and history' });
  await options.close();
  const popup = await openPopup(thunderbird, filled.popup);
  await look(world, popup, { where: 'popup' });
  return report;
}

const phrases = {
  'an app password': { phrase: 'Application-specific password required', verdict: 'app_password_required' },
  // A guess, because of the words that no rule knows: the stock box, and nothing is cleared.
  'a wrong password': { phrase: '[AUTHENTICATIONFAILED] Invalid credentials', verdict: 'stale_password' },
};
for (const [what, { phrase, verdict }] of Object.entries(phrases)) {
  story(`hostile words of an IMAP server about ${what} stay words in everything that is shown`, async (world) => {
    const server = await world.lineServer({ greeting: '* OK ready', answer: refusingImap(`NO ${phrase} ${words}`) });
    const thunderbird = await world.thunderbird({
      accounts: [{ type: 'imap', name: 'Work', host: 'localhost', port: server.port, user: 'alice', password: 'account-pw' }],
    });
    const opened = await notePages(thunderbird);
    await thunderbird.getNewMessages('server1');
    const dialog = await thunderbird.waitForDialog('choice');
    await world.picture('dialog');
    expectWords(dialog.text, 'dialog');
    for (const { label } of dialog.buttons) assert.doesNotMatch(label, /evil|<|MSG/);
    const [incident] = await thunderbird.incidents();
    assert.equal(incident.verdict.verdict, verdict, JSON.stringify(incident.verdict));
    for (const bar of await watchBars(thunderbird).list()) expectHarmless(bar.text, 'bar');
    await thunderbird.clickButton(dialog, 'cancel');

    const report = await lookEverywhere(world, thunderbird, incident.id);
    assert.ok(report.includes('\\\\u{202E}'), report); // JSON of what the host spelled out
    for (const bar of await watchBars(thunderbird).list()) {
      expectHarmless(bar.text, 'bar');
      world.say(`bar: ${bar.text}`);
    }
    const made = await thunderbird.eval(
      `return [...Services.wm.getMostRecentWindow('mail:3pane').document.querySelectorAll('#evil, notification-message img[src=x], notification-message a[href*=evil]')].length;`,
    );
    assert.equal(made, 0);
    assert.deepEqual(await opened(), []);
    assert.equal((await thunderbird.counters()).errors, 0);
    assert.deepEqual(await errorsOf(thunderbird), []);
    assert.deepEqual(
      (await thunderbird.logins()).map(({ password }) => password),
      ['account-pw'],
      'nothing was cleared',
    );
  });
}

/** A POP3 server that refuses every password with these words. */
const refusingPop3 = (refusal) => (line, state) => {
  const verb = line.split(' ')[0].toUpperCase();
  if (state.sasl) return ((state.sasl = false), `-ERR ${refusal}`);
  if (verb === 'CAPA') return '+OK\r\nUSER\r\nSASL PLAIN\r\n.';
  if (verb === 'AUTH') return line.split(' ').length > 2 ? `-ERR ${refusal}` : ((state.sasl = true), '+ ');
  if (verb === 'USER') return '+OK';
  if (verb === 'PASS') return `-ERR ${refusal}`;
  return verb === 'QUIT' ? '+OK' : '-ERR what?';
};

story('hostile words of a POP3 server stay words where the host is missing and Thunderbird heard them itself', async (world) => {
  const server = await world.lineServer({ greeting: '+OK ready', answer: refusingPop3(`[AUTH] ${words}`) });
  const thunderbird = await world.thunderbird({
    host: null,
    accounts: [{ type: 'pop3', name: 'Club', host: 'localhost', port: server.port, user: 'bob', password: 'account-pw' }],
  });
  await thunderbird.getNewMessages('server1');
  // Thunderbird's own boxes, with the words as Thunderbird shows them.
  for (;;) {
    const dialog = await thunderbird.waitForDialog(['alert', 'choice']);
    await world.picture('dialog');
    await thunderbird.clickButton(dialog, dialog.kind === 'alert' ? 'accept' : 'cancel');
    if (dialog.kind === 'choice') break;
  }
  const [incident] = await thunderbird.incidents();
  assert.ok(incident?.heard?.length > 0, JSON.stringify(incident));
  const report = await lookEverywhere(world, thunderbird, incident.id, ['<b id=evil>bold</b>']); // POP3's octets are letters of Latin-1 to Thunderbird
  assert.ok(!report.includes('evil'), report);
  assert.equal((await thunderbird.counters()).errors, 0);
  const others = (await errorsOf(thunderbird)).filter((line) => !line.includes('No such native application'));
  assert.deepEqual(others, []);
});
