import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { cleanedProse } from '../../../../lib/privacy/cleaning/library-text.js';
import { cleanedUrl } from '../../../../lib/privacy/cleaning/web-address.js';
import { isHarmless } from '../../../../lib/privacy/redaction/characters.js';
import { redact } from '../../../../lib/privacy/redaction/redact.js';
import { settings } from '../../../../lib/settings.js';

const SECRETS: { secret: string[]; text: string }[] = JSON.parse(
  readFileSync(new URL('../../../fixtures/redaction/secrets.json', import.meta.url), 'utf8'),
);

/** Numbers below `most`, always the same ones. */
function numbers(): (most: number) => number {
  let state = 42;
  return (most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

describe('a text that is taken for harmless', () => {
  test.each([
    '/orders/4711',
    '/orders/3f2b8c1e-9d4a-4c7b-8e21-0f6a5b4c3d2e/items',
    'Orders.find',
    'order_created',
    'text/html',
    '',
  ])('%j', (text) => {
    expect(isHarmless(text)).toBe(true);
  });

  test('is none of the corpus', () => {
    for (const { secret, text } of SECRETS) {
      const whole = text.replace('{}', () => secret.join(''));
      expect([whole, isHarmless(whole)]).toEqual([whole, false]);
    }
  });

  test('is one in which the patterns find nothing, whatever it is made of', () => {
    const below = numbers();
    const pieces = [
      ...SECRETS.flatMap(({ secret }) => [...secret, secret.join(''), secret.join('').slice(0, 14)]),
      ...'whsec_ glc_eyJ ops_eyJ fm1_ xoxb- eyJ sk- AKIA phone tel ssn password token services api webhooks T012 B012'.split(
        ' ',
      ),
      ...'discord.com hooks.slack.com 0049 0301 212 555 0132 4111 1111 DE44 10.1.2.3 select from data'.split(' '),
      '3f2b8c1e-9d4a-4c7b-8e21-0f6a5b4c3d2e',
      '12345678-1234-1234-abcd-123456789012',
      ...'/ / / / / - - _ _ . . a b Z 0 7'.split(' '),
    ];
    const { redact: sets } = settings();
    let harmless = 0;
    for (let turn = 0; turn < 100_000; turn += 1) {
      let text = '';
      for (let left = 1 + below(9); left > 0; left -= 1) text += pieces[below(pieces.length)];
      if (!isHarmless(text)) continue;
      harmless += 1;
      const cleaned = [redact(text, 'attribute').text, cleanedProse(text, 'log', true), cleanedUrl(text, sets, 'log')];
      expect(cleaned).toEqual([text, text, text]);
    }
    expect(harmless).toBeGreaterThan(1000);
  });
});
