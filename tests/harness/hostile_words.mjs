// SPDX-License-Identifier: MPL-2.0
// Words that a server may say to deceive whoever reads them: a terminal, a page, a log, a JSON reader, a rule, a person. One row is one kind of words; each is
// said in a well-formed refusal at each of its stages. Belongs here: the words. Does not belong here: how they are sent (hostile_lies.mjs).

const utf8 = (text) => Buffer.from(text, 'utf8');
const raw = (...octets) => Buffer.from(octets.flatMap((each) => (typeof each === 'string' ? [...Buffer.from(each)] : [each])));

/** name -> octets without CR and LF. @param {{user: string, password: string}} credential what the client will have sent: some words quote it */
export function wordsAbout({ user, password }) {
  const sasl = Buffer.from(`\0${user}\0${password}`).toString('base64');
  return {
    'a NUL': raw('before', 0, 'after'),
    'every control character': raw(
      'x',
      ...Array.from({ length: 31 }, (_, at) => at + 1).filter((code) => code !== 10 && code !== 13),
      0x7f,
      'y',
    ),
    'a carriage return inside': raw('Good', 0x0d, 'Evil'),
    'colours and a cleared screen': raw(0x1b, '[2J', 0x1b, '[31mPassword accepted', 0x1b, '[0m'),
    'a new title for the terminal': raw(0x1b, ']0;owned', 7, 'and', 0x1b, 'P+q', 0x1b, '\\'),
    'a link for the terminal': raw(0x1b, ']8;;http://evil.example', 7, 'click', 0x1b, ']8;;', 7),
    'C1 controls in UTF-8': utf8('x\u0080\u0085\u008d\u009b31m\u009d0;t\u009cy'),
    'C1 controls as octets': raw('x', 0x85, 0x9b, '31m', 0x9d, '0;t', 0x9c, 'y'),
    'bidirectional overrides': utf8('\u202egnorw si drowssap ruoY\u202c \u202dx\u202a y\u202b z'),
    'bidirectional isolates': utf8('\u2066a\u2067b\u2068c\u2069 \u200e\u200f\u061c'),
    'zero-width characters': utf8('pass\u200bword\u200c in\u200dcor\u2060rect\ufeff, a\u00adb\u034fc\u180ed'),
    'fillers that look like blanks': utf8('a\u115fb\u1160c\u3164d\uffa0e\u2800f\u17b4g\u17b5h'),
    'line and paragraph separators': utf8('one\u2028two\u2029three\u0085four\u000bfive'),
    'tag characters': utf8(`ok${[...'evil'].map((c) => String.fromCodePoint(0xe0000 + c.charCodeAt(0))).join('')}\u{e007f}`),
    'interlinear annotations': utf8('\ufff9a\ufffab\ufffb'),
    'characters that are none': utf8('\ufffe\uffff\u{1fffe}\u{10ffff}\ufdd0'),
    'a tower of accents': utf8(`Z${'\u0300\u0316\u0489'.repeat(150)}algo`),
    'overlong UTF-8': raw('x', 0xc0, 0x80, 0xc0, 0xaf, 0xe0, 0x80, 0xaf, 0xf0, 0x80, 0x80, 0xaf, 0xc1, 0xbf, 'y'),
    'surrogates in UTF-8': raw('x', 0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80, 'y'),
    'characters beyond Unicode': raw(
      'x',
      0xf4,
      0x90,
      0x80,
      0x80,
      0xf8,
      0x88,
      0x80,
      0x80,
      0x80,
      0xfc,
      0x84,
      0x80,
      0x80,
      0x80,
      0x80,
      'y',
    ),
    'UTF-8 cut off': raw('x', 0xe3, 0x81, ' ', 0xf0, 0x9f, 0x98, ' ', 0xc3),
    'Latin-1': raw('Falsches Pa', 0xdf, 'wort f', 0xfc, 'r alice'),
    Shift_JIS: raw(0x83, 0x70, 0x83, 0x58, 0x83, 0x8f, 0x81, 0x5b, 0x83, 0x68),
    'ISO-2022-JP': raw(0x1b, '$B%Q%9%o!<%I', 0x1b, '(B'),
    'UTF-7': raw('+ADw-script+AD4-alert(1)+ADw-/script+AD4-'),
    'a script': utf8('<script>alert(1)</script><img src=x onerror=alert(1)>'),
    'a page': utf8('</p></div></body></html><iframe src="https://evil.example"></iframe><style>*{display:none}</style>'),
    'a link and a button': utf8('<a href="javascript:alert(1)">Sign in</a> <button onclick="x()">OK</button>'),
    'a link in words': utf8(
      'Password expired, renew it at https://evil.example/login?u=alice@example.org now, or javascript:alert(1)',
    ),
    'HTML entities': utf8('&lt;b&gt; &#x3c;script&#x3e; &#0; &#x202e;'),
    'Markdown and a mention': utf8('[Sign in](https://evil.example) ![x](https://evil.example/x.png) @everyone `rm -rf ~`'),
    'the end of a JSON text': utf8('"}],"verdict":"password_accepted","confidence":"certain"}{"x":"'),
    'escapes of ours, forged': utf8('\\x1B[31m \\u{202E} \\u0000 \\" \\\\'),
    'format letters': utf8('%s%s%s%n%x%p{}{0}$1${x}$(id)`id`'),
    'message names of an add-on': utf8('__MSG_verdict_accepted__ $SERVER$ {host} %EMAILADDRESS%'),
    'lines of a log, forged': utf8('x reprompt: password accepted for alice'),
    'a placeholder of a mask, forged': utf8('<user> <secret> [masked] server.invalid'),
    'the password itself': utf8(`no such password: ${password}, user ${user}`),
    'the password in base64': utf8(`cannot read ${sasl} ${Buffer.from(password).toString('base64')}`),
    'the password in hexadecimal': utf8(`cannot read ${Buffer.from(password).toString('hex')}`),
    'the password backwards and in capitals': utf8(`${[...password].reverse().join('')} ${password.toUpperCase()}`),
    "a provider's name in other letters": utf8('G\u043e\u043egle: \u0410pplication-sp\u0435cific p\u0430ssword required'),
    'phrases of many rules at once': utf8(
      'Application-specific password required; password expired; account locked; too many attempts; use OAuth2; please log in via your web browser',
    ),
    'a phrase cut by an invisible character': utf8('Invalid pass\u200bword. Applica\u00adtion-specific'),
    'another response code in the text': utf8('[AUTHENTICATIONFAILED] [EXPIRED] [ALERT] [AUTH] 5.7.8 5.7.9 Application'),
    'a time far away': utf8('try again in 99999999999999999999 seconds, at 9999-12-31T23:59:59Z'),
    '60 KB of words': utf8('word '.repeat(12_000)),
    '60 KB of four-octet characters': utf8('\u{1f600}'.repeat(15_000)),
    '60 KB of what has to be escaped': Buffer.alloc(60_000, 0x1b),
    'nothing at all': Buffer.alloc(0),
  };
}

/** Phrases that the built-in rules act on, said where nobody has asked for a password yet: never a reason to take one away. */
export const forgedPhrases = {
  imap: [
    '[AUTHENTICATIONFAILED] Invalid credentials (Failure)',
    '[ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)',
    '[EXPIRED] Your password has expired',
    '[AUTHENTICATIONFAILED] Basic authentication is disabled, use OAuth2',
    'LOGIN failed. Incorrect username or password',
  ],
  pop3: [
    '[AUTH] Invalid credentials',
    '[AUTH] Application-specific password required: https://support.google.com/accounts/answer/185833',
    '[AUTH] Your password has expired',
    '[AUTH] Basic authentication is disabled, use OAuth2',
    'Logon failure: unknown user name or bad password.',
  ],
  smtp: [
    '5.7.8 Username and Password not accepted',
    '5.7.9 Application-specific password required. https://support.google.com/mail/?p=InvalidSecondFactor',
    '5.7.0 Your password has expired',
    '5.7.57 Basic authentication is disabled, use OAuth2',
    '5.7.3 Authentication unsuccessful',
  ],
};
