import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { redact } from '../../../../lib/privacy/redaction/redact.js';
import { configure, type RedactionSet } from '../../../../lib/settings.js';
import { useTelemetry } from '../../../support/telemetry.js';

interface Planted {
  set: RedactionSet;
  kind: string;
  /** In pieces, so that scanners do not take this repository's fixtures for leaks. All of them are made up. */
  secret: string[];
  /** `{}` is where the secret stands. */
  text: string;
}

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/redaction/${name}.json`, import.meta.url), 'utf8'));
const SECRETS: Planted[] = fixture('secrets');
const LOOKALIKES: { kind: string; text: string }[] = fixture('lookalikes');

useTelemetry({ rethrowFaults: false });

/** The pieces of 8 characters of `secret` that are in `text`. */
function leaksOf(secret: string, text: string): string[] {
  const length = Math.min(8, secret.length);
  const pieces = Array.from({ length: secret.length - length + 1 }, (_, at) => secret.slice(at, at + length));
  return pieces.filter((piece) => text.includes(piece));
}

describe('the corpus', () => {
  test('holds at least 200 secrets, each once, and 200 look-alikes', () => {
    expect(new Set(SECRETS.map(({ secret }) => secret.join(''))).size).toBeGreaterThanOrEqual(200);
    expect(new Set(LOOKALIKES.map(({ text }) => text)).size).toBeGreaterThanOrEqual(200);
    expect(new Set(SECRETS.map(({ set }) => set)).size).toBe(8);
  });

  test.each(SECRETS)('no piece of $kind survives ($set)', ({ set, secret, text }) => {
    const whole = secret.join('');
    const redacted = redact(
      text.replace('{}', () => whole),
      'input',
    );
    expect(leaksOf(whole, redacted.text)).toEqual([]);
    expect(redacted).toEqual({ text: text.replace('{}', `[${set.toUpperCase()}]`), masked: 1 });
  });

  test.each(LOOKALIKES)('$kind is left alone: $text', ({ text }) => {
    expect(redact(text, 'input')).toEqual({ text, masked: 0 });
  });

  test('all secrets in one text are found, and all that is harmless between them stays', () => {
    const secrets = SECRETS.map(({ secret, text }) => text.replace('{}', () => secret.join('')));
    const { text } = redact(secrets.join('\n\n'), 'input');
    expect(SECRETS.flatMap(({ secret }) => leaksOf(secret.join(''), text))).toEqual([]);
    const harmless = LOOKALIKES.map((one) => one.text).join('\n\n');
    expect(redact(harmless, 'input')).toEqual({ text: harmless, masked: 0 });
  });
});

test.each([
  ['AssemblyVersion(\\"2.10.0.0\\")', 'AssemblyVersion(\\"2.10.0.0\\")'],
  ['{\\"host\\": \\"1.2.3.4\\"}', '{\\"host\\": \\"[IP]\\"}'],
])('what leads to an address is read in JSON within JSON, too: %s', (text, expected) => {
  expect(redact(text, 'input').text).toBe(expected);
});

describe('the sets', () => {
  const TEXT = 'mail jane@example.com, phone (415) 555-2671, card 4111 1111 1111 1111, from 203.0.113.77';

  test.each<[RedactionSet[], string]>([
    [[], TEXT],
    [['email'], 'mail [EMAIL], phone (415) 555-2671, card 4111 1111 1111 1111, from 203.0.113.77'],
    [['card', 'ip'], 'mail jane@example.com, phone (415) 555-2671, card [CARD], from [IP]'],
    [['phone'], 'mail jane@example.com, phone [PHONE], card 4111 1111 1111 1111, from 203.0.113.77'],
  ])('only %j', (sets, expected) => {
    configure({ redact: sets });
    expect(redact(TEXT, 'input').text).toBe(expected);
  });

  test('count what they mask', () => {
    expect(redact(TEXT, 'input').masked).toBe(4);
  });
});

describe("the app's own redactor", () => {
  test('gets what the patterns left, and the field', () => {
    const asked: unknown[] = [];
    configure({
      redactor: (text, field) => {
        asked.push([text, field]);
        return text.replace('Jane', '[NAME]');
      },
    });
    expect(redact('Jane, jane@example.com', 'toolResult')).toEqual({ text: '[NAME], [EMAIL]', masked: 2 });
    expect(asked).toEqual([['Jane, [EMAIL]', 'toolResult']]);
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['returns nothing', () => undefined],
    ['returns a promise', () => Promise.resolve('x')],
  ])('that %s costs the text', (_, redactor) => {
    configure({ redactor: redactor as never });
    expect(redact('the text', 'input').text).toBe('[redaction failed]');
  });

  test('that changes nothing is not counted', () => {
    configure({ redactor: (text) => text });
    expect(redact('the text', 'input')).toEqual({ text: 'the text', masked: 0 });
  });
});

/** Each made to let one pattern look again and again; a pattern that backtracks would take minutes. */
test.each([
  ...[
    'a',
    '0',
    '4',
    '1234 ',
    'a@',
    '@',
    'a.',
    '%40',
    'sk-',
    'eyJ',
    'eyJaaaaaaaa.',
    '+1 ',
    '1.1.1.',
    '::',
    'a:',
    'fe80::',
  ],
  ...[
    'password=',
    'password="',
    'password is ',
    'token: ',
    '--password ',
    '://a:',
    '://a:b@',
    'Bearer ',
    'authorization: ',
  ],
  ...[
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN ',
    'DE89',
    '123-45-',
    'call 1 ',
    'xox',
    're_a',
    'M.',
    '\\n',
    '"',
    'sig=',
  ],
])(
  '100 KB of %j is read in one go',
  (piece) => {
    const { text } = redact(piece.repeat(100_000 / piece.length), 'input');
    expect(typeof text).toBe('string');
  },
  5000,
);
