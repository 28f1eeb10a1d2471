// SPDX-License-Identifier: MPL-2.0
// The pages can be used by everybody, and say what is true. Belongs here: card, popup, options page, first page in a running Thunderbird.
// Not here: their pictures (shots.test.mjs), putting passwords back (undo.test.mjs).
import assert from 'node:assert/strict';
import { lengthen, misfitsOf, violationsOf } from '../harness/accessibility.mjs';
import { openPage, openPopup, useScheme } from '../harness/pages.mjs';
import { accountsOf, allIncidents, incidentOf, seed, signInsOf, verdicts } from './recorded.mjs';
import { story } from './world.mjs';

const filled = {
  card: `return !!document.querySelector('#heading')?.textContent;`,
  popup: `return !!document.querySelector('#summary')?.textContent;`,
  options: `return !!document.querySelector('#helper')?.textContent && !!document.querySelector('#health-summary').textContent
    && document.querySelector('#history').children.length > 0;`,
  first: `return !!document.querySelector('#helper')?.textContent;`,
};
const openAll = `for (const one of document.querySelectorAll('details')) one.open = true;`;
/** Every page, and every state of it that shows other elements. */
const pages = [
  ...verdicts.map((code) => [`card/card.html?incident=recorded-${code}`, filled.card]),
  ['card/card.html?incident=recorded-over', filled.card],
  ['card/card.html?incident=gone', filled.card],
  ['popup/popup.html', filled.popup],
  ['options/options.html', filled.options],
  ['first_run/first_run.html', filled.first],
];

async function seeded(thunderbird) {
  const over = incidentOf('username_format', { id: 'recorded-over', state: 'closed', ended: 'try-again', endedAt: Date.now() });
  const change = { id: 'c', kind: 'outgoing', key: 'smtp1', name: 'Family', why: 'tls_required', at: Date.now() };
  const settingChanges = [{ ...change, before: { port: 25, socketType: 0 }, after: { port: 465, socketType: 3 } }];
  const page = await openPage(thunderbird, 'first_run/first_run.html', { ready: filled.first });
  const local = { history: { incidents: [over], marks: [] }, signIns: signInsOf(), settingChanges };
  await seed(thunderbird, page, { incidents: allIncidents(), local });
  await page.close();
}

for (const locale of ['en-US', 'ja']) {
  story(
    `axe-core finds nothing wrong on any page, light or dark, and at 320 px every text fits, also a longer one (${locale})`,
    async (world) => {
      const thunderbird = await world.thunderbird({ locale, ...accountsOf() });
      await seeded(thunderbird);
      const wrong = [];
      const undecided = new Set();
      for (const [url, ready] of pages) {
        const page = await openPage(thunderbird, url, { ready });
        await page.run(openAll);
        for (const scheme of ['light', 'dark']) {
          await useScheme(thunderbird, scheme);
          await page.waitFor(`return matchMedia('(prefers-color-scheme: dark)').matches === arg;`, scheme === 'dark');
          const found = await violationsOf(page);
          wrong.push(...found.violations.map((one) => `${url} ${scheme}: ${one}`));
          for (const one of found.undecided) undecided.add(one.replace(/\s+/g, ' '));
          assert.ok(found.passes.includes('color-contrast'), 'axe judged the colours');
        }
        assert.equal(await page.run('return document.documentElement.lang;'), locale === 'ja' ? 'ja' : 'en-US');
        for (const width of [320, 1000]) {
          await page.width(width);
          wrong.push(...(await misfitsOf(page)).map((one) => `${url} ${width} px: ${one}`));
        }
        await lengthen(page);
        for (const width of [320, 1000]) {
          await page.width(width);
          wrong.push(...(await misfitsOf(page)).map((one) => `${url} ${width} px, longer: ${one}`));
        }
        await page.close();
      }
      assert.deepEqual(wrong, []);
      world.say(`${pages.length} pages, light and dark; axe-core leaves to people: ${[...undecided].join(' | ') || 'nothing'}`);
    },
  );
}

/** The element that has the focus, as a screen reader would name it. */
const focused = `const one = document.activeElement;
  const name = one.getAttribute('aria-label') ?? one.labels?.[0]?.textContent ?? one.textContent;
  return { name: name.trim(), ring: parseFloat(getComputedStyle(one).outlineWidth) > 0 && getComputedStyle(one).outlineStyle !== 'none' };`;

/** Presses Tab until the focus leaves the page or comes round. */
async function tabOrder(page, most = 120) {
  const seen = [];
  for (let count = 0; count < most; count++) {
    await page.key('Tab');
    const now = await page.run(`if (document.activeElement === document.body) return null; ${focused}`);
    if (!now) break;
    seen.push(now);
    if (
      await page.run(
        `const again = document.activeElement.dataset.seen; document.activeElement.dataset.seen = 'yes'; return !!again;`,
      )
    ) {
      seen.pop();
      break;
    }
  }
  return seen;
}

story('what is wrong would be found: a picture without words, grey on grey, a text that does not fit', async (world) => {
  const thunderbird = await world.thunderbird();
  const page = await openPage(thunderbird, 'first_run/first_run.html', { ready: filled.first });
  await page.run(`const image = document.createElement('img');
    const line = document.createElement('p');
    Object.assign(line.style, { color: '#bbb', background: '#ccc', width: '900px' });
    line.textContent = 'grey';
    document.querySelector('main').append(image, line);`);
  await page.width(320);
  const { violations } = await violationsOf(page);
  for (const rule of ['image-alt', 'color-contrast'])
    assert.ok(
      violations.some((one) => one.startsWith(rule)),
      rule,
    );
  assert.match((await misfitsOf(page)).join('\n'), /scrolls sideways[^]*beyond: p/);
});

story('every page works with the keyboard alone: the focus goes through all of it in order, and is seen', async (world) => {
  const thunderbird = await world.thunderbird(accountsOf());
  await seeded(thunderbird);
  for (const [url, ready] of [pages[0], ...pages.slice(-3)]) {
    const page = await openPage(thunderbird, url, { ready });
    await page.run(openAll);
    await page.focus();
    const order = await tabOrder(page);
    const expected = await page.run(`const radios = new Set();
      return [...document.querySelectorAll('a[href], button, input, summary, [tabindex="0"]')].filter((one) => one.checkVisibility() && !one.disabled)
        .filter((one) => one.type !== 'radio' || one.checked)
        .map((one) => (one.getAttribute('aria-label') ?? one.labels?.[0]?.textContent ?? one.textContent).trim());`);
    assert.deepEqual(
      order.map(({ name }) => name),
      expected,
      url,
    );
    assert.deepEqual(
      order.filter(({ ring }) => !ring),
      [],
      `${url}: the focus is seen`,
    );
    await page.close();
  }

  // "This was not the cause", with keys only.
  const page = await openPage(thunderbird, 'card/card.html?incident=recorded-stale_password', { ready: filled.card });
  await page.focus();
  const tabTo = async (name) => {
    for (let count = 0; count < 30; count++) {
      await page.key('Tab');
      if ((await page.run(focused)).name === name) return;
    }
    assert.fail(`Tab does not reach "${name}"`);
  };
  await tabTo('Details');
  await page.key('Enter');
  await page.waitFor(`return document.querySelector('details').open;`);
  await tabTo('This was not the cause');
  await page.key('Enter');
  await page.waitFor(`return document.querySelector('#said').textContent.startsWith('You said that this was not the cause.');`);
  assert.equal((await page.run(focused)).name, 'It was the cause after all', 'the focus stays where the user is');
  await page.key('Space');
  await page.waitFor(`return document.querySelector('#said').textContent === 'Taken back.';`);
  await page.close();

  const options = await openPage(thunderbird, 'options/options.html', { ready: filled.options });
  await options.run(`document.querySelector('input[value=ask]').focus();`);
  await options.focus();
  await options.key('ArrowDown');
  await options.waitFor(`return document.querySelector('#settings-said').textContent === 'Saved.';`);
  assert.equal(
    await options.run(`return (await browser.storage.local.get('preferences')).preferences.otherDirection;`),
    'always',
  );
});

/** State words of the health list, by account. */
const healthRows = `return [...document.querySelectorAll('#health li')].map((one) =>
  [one.querySelector('.account-name').textContent, one.querySelector('.state').textContent]);`;
const badgeText = `return browser.action.getBadgeText({});`;

story('health claims nothing that was not seen, the badge counts, and the history remembers', async (world) => {
  const dovecot = await world.dovecot({ users: { alice: 'first', bob: 'pw' } });
  dovecot.deliver('alice', 'One');
  const thunderbird = await world.thunderbird({
    accounts: [
      { type: 'imap', name: 'Work', host: 'localhost', port: dovecot.ports.imaps, user: 'alice', password: 'first' },
      { type: 'pop3', name: 'Club', host: 'localhost', port: dovecot.ports.pop3s, user: 'bob', password: 'pw' },
    ],
  });
  const page = await openPage(thunderbird, 'options/options.html', { ready: filled.options });
  const health = async (expected) => {
    const wanted = JSON.stringify(Object.entries(expected));
    await page
      .waitFor(
        `await new Promise((done) => setTimeout(done, 50)); ${healthRows.replace('return', 'const rows =')}
      return JSON.stringify(rows) === arg;`,
        wanted,
      )
      .catch(async () => assert.deepEqual(await page.run(healthRows), Object.entries(expected)));
  };
  await health({ Club: 'Not checked yet', Work: 'Not checked yet' });

  await thunderbird.getNewMessages('server1');
  await thunderbird.waitForSubject('server1', 'One');
  await page.reload();
  await health({ Club: 'Not checked yet', Work: 'Working' });

  await dovecot.setPassword('bob', 'other');
  await thunderbird.getNewMessages('server2');
  const prompt = await thunderbird.waitForDialog('password');
  await health({ Club: 'Needs you', Work: 'Working' });
  assert.equal(await page.run(badgeText), '1');
  await thunderbird.typePassword(prompt, 'other');
  await page.waitFor(`return document.querySelector('#health-summary').textContent !== 'Needs you: 1';`);
  await page.reload();
  await health({ Club: 'Working', Work: 'Working' });
  assert.equal(await page.run(badgeText), '');
  assert.match(await page.run(`return document.querySelector('#history').textContent;`), /The password for “Club” was refused/);

  // "This was not the cause": the same refusal clears nothing by itself any more.
  await page.press('This was not the cause');
  await page.waitFor(`return document.querySelector('#history').textContent.includes('You said that this was not the cause');`);
  await dovecot.setPassword('bob', 'third');
  await thunderbird.getNewMessages('server2');
  const dialog = await thunderbird.waitForDialog(['choice', 'password']);
  assert.equal(dialog.kind, 'choice', 'our dialog asks first');
  assert.match(dialog.title, /The password for “Club” was refused/);
  assert.equal((await thunderbird.logins('mailbox://localhost')).length, 1, 'the saved password is still there');
  await thunderbird.clickButton(dialog, 'cancel');
  await page.press('Clear history…');
  assert.equal(await page.run('return document.activeElement.textContent;'), 'Leave it as it is');
  await page.press('Clear history');
  await page.waitFor(`return document.querySelector('#history-said').textContent === 'The history is empty.';`);
  assert.deepEqual(await page.run(`return (await browser.storage.local.get('history')).history;`), { incidents: [], marks: [] });
});

story('the toolbar button says how much is open, and its popup what to do about it', async (world) => {
  const thunderbird = await world.thunderbird(accountsOf());
  const page = await openPage(thunderbird, 'first_run/first_run.html', { ready: filled.first });
  await seed(thunderbird, page, { incidents: [incidentOf('rate_limited'), incidentOf('app_password_required')] });
  await page.close();
  const popup = await openPopup(thunderbird, filled.popup);
  assert.equal(await popup.run(`return document.querySelector('#summary').textContent;`), 'Needs you: 1');
  const names = `return [...document.querySelectorAll('#open li .account-name')].map((one) => one.textContent);`;
  assert.deepEqual(await popup.run(names), ['Gmail', 'Uni'], 'the most important first');
  assert.deepEqual(
    await popup.run(`return [...document.querySelectorAll('#open li:first-child button')].map((one) => one.textContent);`),
    [...['Open the page', 'Enter app password', 'Details']],
  );
  const changes = `return [...document.querySelectorAll('#accounts button')].filter((one) => one.textContent === 'Change password…').length;`;
  const withPassword = accountsOf().accounts.filter(({ authMethod }) => authMethod !== 'oauth2').length + 4;
  assert.equal(await popup.run(changes), withPassword, 'one for every account that has a password');
  await popup.press('Health, history and settings');
  await thunderbird.waitFor(`return Services.wm.getMostRecentWindow('mail:3pane').gTabmail.tabInfo.some(tab =>
    tab.browser?.currentURI?.spec.endsWith('options/options.html'));`);
});

story('the first page comes by itself once, and without the helper it names the command that installs it', async (world) => {
  const thunderbird = await world.thunderbird({
    host: null,
    accounts: [{ type: 'imap', name: 'Work', host: 'localhost', port: 1, user: 'alice' }],
  });
  const firstPages = `const { tabInfo } = Services.wm.getMostRecentWindow('mail:3pane').gTabmail;
    return tabInfo.filter(tab => tab.browser?.currentURI?.spec.endsWith('first_run/first_run.html')).length;`;
  await thunderbird.waitFor(firstPages);
  assert.equal(await thunderbird.eval(firstPages), 1);
  const page = await openPage(thunderbird, 'first_run/first_run.html', { ready: filled.first });
  assert.match(await page.run(`return document.querySelector('#helper').textContent;`), /not installed/);
  assert.equal(await page.run(`return document.querySelector('code').textContent;`), 'packaging/install');
  assert.deepEqual((await violationsOf(page)).violations, []);
  await page.width(320);
  assert.deepEqual(await misfitsOf(page), []);
  await page.focus();
  await page.run(`[...document.querySelectorAll('button')].find((one) => one.textContent === 'Copy').focus();`);
  await page.key('Enter');
  await page.waitFor(`return document.querySelector('.command + .said').textContent === 'Copied.';`);
  await page.close();
});
