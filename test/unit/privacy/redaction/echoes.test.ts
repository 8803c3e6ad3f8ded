import { describe, expect, test } from '@jest/globals';
import { maskRepeated } from '../../../../lib/privacy/redaction/repeated-arguments.js';
import { growth, LINEAR } from '../../../support/growth.js';

/* What an error message repeats of a prompt in other spellings than its own. */

const GERMAN = 'Herr Müller aus Köln fragt: "Wie hoch ist\nmeine Rente?" Er hat\'s eilig – 50% mehr & bald.';
const CHINESE = '我的妻子安娜有糖尿病，请告诉我她应该吃什么。';
const ascii = (text: string, written: (code: string) => string) =>
  text.replace(/[^ -~]/g, (letter) => written(letter.charCodeAt(0).toString(16).padStart(4, '0')));
const bytes = (text: string, written: (byte: number) => string) =>
  text.replace(/[^ -~]/gu, (letter) => [...Buffer.from(letter)].map(written).join(''));

const SPELLINGS: Record<string, (text: string) => string> = {
  'as it is': (text) => text,
  JSON: (text) => JSON.stringify(text),
  'JSON in ASCII': (text) => ascii(JSON.stringify(text), (code) => `\\u${code}`),
  'JSON in ASCII, upper case': (text) => ascii(JSON.stringify(text), (code) => `\\u${code.toUpperCase()}`),
  'JSON within JSON': (text) => JSON.stringify(JSON.stringify(JSON.stringify(text))),
  'JSON in ASCII within JSON': (text) => JSON.stringify(ascii(JSON.stringify(text), (code) => `\\u${code}`)),
  'a part of a URL': encodeURIComponent,
  'a part of a URL, twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'a form': (text) => new URLSearchParams({ q: text }).toString().slice(2),
  'a string of Python': (text) => `'${text.replace(/'/g, "\\'").replace(/\n/g, '\\n')}'`,
  'a string of Python in ASCII': (text) =>
    ascii(text.replace(/'/g, "\\'").replace(/\n/g, '\\n'), (code) =>
      code.startsWith('00') ? `\\x${code.slice(2)}` : `\\u${code}`,
    ),
  'bytes of Python': (text) => `b'${bytes(text, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`)}'`,
  'bytes of protobuf': (text) => bytes(text, (byte) => `\\${byte.toString(8).padStart(3, '0')}`),
  HTML: (text) => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/'/g, '&#39;').replace(/</g, '&lt;'),
  'HTML in ASCII': (text) => text.replace(/[^ -~]/gu, (letter) => `&#${letter.codePointAt(0)};`),
  'upper case': (text) => text.toUpperCase(),
  'lower case': (text) => text.toLowerCase(),
  'one line': (text) => text.replace(/\s+/g, ' '),
  'broken lines': (text) => text.replace(/(.{9})/gu, '$1\n'),
  'other quotes': (text) => text.replace(/["']/g, '’'),
  'letters in pieces': (text) => text.normalize('NFD'),
};

describe.each(Object.entries(SPELLINGS))('a prompt that is repeated as %s', (_name, spell) => {
  test.each([GERMAN, CHINESE, `${GERMAN} ${CHINESE}`, 'Ich heiße Σίσυφος и живу в Москве 😢'])('%s', (prompt) => {
    const shown = maskRepeated(`Invalid prompt (400): ${spell(prompt)} was rejected`, [
      { messages: [{ content: prompt }] },
    ]);
    expect(shown).toMatch(/^Invalid prompt \(400\): \W{0,12}b?\W{0,12}\[content\][^\p{L}\p{N}]{0,12} was rejected$/u);
  });

  test.each(['Müller', '张伟', "O'Neill", '김철수'])('%s, a short one', (name) => {
    expect(maskRepeated(`no such user: ${spell(name)}, sorry`, [{ user: name }])).toMatch(
      /^no such user: \W{0,8}b?\W{0,8}\[content\]\W{0,8}, sorry$/,
    );
  });
});

test.each<[what: string, message: string, prompt: string, shown: string]>([
  ['what the app escaped itself', 'near "Müller aus Köln"', 'Herr M\\u00fcller aus K\\u00f6ln', 'near "[content]"'],
  [
    'a request as JSON',
    'near "my wife Anna is"',
    JSON.stringify({ a: 'Is\nmy wife Anna is ill?' }),
    'near "[content]"',
  ],
  ['a part of a short one in Chinese', '输入“安娜有糖尿病”无效', '我妻子安娜有糖尿病吗', '输入“[content]”无效'],
  ['a name within a Chinese sentence', '用户张伟不存在', '张伟', '用户[content]不存在'],
  ['an emoji behind a name', 'no user Alice😀!', 'Alice', 'no user [content]😀!'],
  [
    'what looks like an escape',
    'near "50%abroad at %20th street"',
    'it is 50%abroad at %20th street',
    'near "[content]"',
  ],
  [
    'a path of Windows',
    'cannot open "C:\\\\new folder\\\\table.doc"',
    'see C:\\new folder\\table.doc now',
    'cannot open "[content]"',
  ],
])('is masked: %s', (_what, message, prompt, shown) => {
  expect(maskRepeated(message, [prompt])).toBe(shown);
});

test.each<[what: string, message: string, prompt: string]>([
  ['words that both need', 'Unsupported parameters: max_tokens', 'What parameters does a heat pump have?'],
  ['a part of a name', 'Unsupported: max_tokens', 'Tokens'],
  [
    'an escape of the message itself',
    'bad escape \\u00e9 at %20 &amp; \\n',
    'Tell me something nice about Amsterdam, please.',
  ],
])('stays: %s', (_what, message, prompt) => {
  expect(maskRepeated(message, [prompt])).toBe(message);
});

test('of a message of megabytes, beginning and end are shown', () => {
  const prompt = 'the secret of the house '.repeat(50_000);
  const shown = maskRepeated(`bad: ${prompt}\n    at ask (/app/x.js:1:2)`, [prompt]);
  expect(shown).toMatch(/^bad: \[content\]\s+at ask \(\/app\/x\.js:1:2\)$/);
});

test.each<[what: string, text: string]>([
  ['ASCII', 'The quick brown fox jumps over 13 lazy dogs. '],
  ['Cyrillic', 'Съешь ещё этих мягких французских булок. '],
  ['Chinese', CHINESE],
  ['escapes', '\\u4f60\\u597d%E4%BD%A0&#39;\\xe4\\344'],
  ['backslashes', '\\'],
  ['one letter', 'a'],
  ['many alphabets', Array.from({ length: 20_000 }, (_, at) => String.fromCharCode(0x100 + at)).join('')],
])('arguments and a message take time in proportion to their length: %s', (_what, text) => {
  const whole = text.repeat(100_000 / text.length);
  const mask = (length: number) => {
    const message = `rejected: ${whole.slice(length / 2, length / 2 + length / 4)}`;
    return maskRepeated(message, [whole.slice(0, length)]);
  };
  expect(growth(mask, 50_000)).toBeLessThan(LINEAR);
});
