import { describe, expect, test } from '@jest/globals';
import { redactError } from '../../../../lib/privacy/redaction/redact-error.js';
import { maskRepeated } from '../../../../lib/privacy/redaction/repeated-arguments.js';
import { configure } from '../../../../lib/settings.js';
import { useTelemetry } from '../../../support/telemetry.js';

useTelemetry({ rethrowFaults: false });

const PROMPT = 'Tell me about my divorce from Alice\nand what it will cost.';
const request = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: PROMPT }] };

describe('what a message repeats of the arguments', () => {
  test.each<[what: string, message: string, args: unknown[], expected: string]>([
    ['a whole prompt', `Invalid content: '${PROMPT}'`, [request], "Invalid content: '[content]'"],
    ['its beginning', 'Invalid: "Tell me about my div…"', [request], 'Invalid: "[content]…"'],
    ['its middle', 'near "divorce from Alice" (400)', [request], 'near "[content]" (400)'],
    ['as JSON', `400 {"input":${JSON.stringify(PROMPT)}}`, [request], '400 {"input":"[content]"}'],
    ['twice', `${PROMPT} and again ${PROMPT}`, [request], '[content] and again [content]'],
    ['a word', 'no such user: Alice!', ['Alice'], 'no such user: [content]!'],
    ['two words', 'cannot parse my cat here', [{ q: 'my cat' }], 'cannot parse [content] here'],
    ['a code that is content', 'rejected canary-7f3a.', [{ content: 'canary-7f3a' }], 'rejected [content].'],
    ['a name with a hyphen', 'no such user: Anne-Marie!', ['Anne-Marie'], 'no such user: [content]!'],
    ['an address', 'no such user: jane@example.com!', ['jane@example.com'], 'no such user: [content]!'],
    ['a password', 'refused Tr0ub4dor3xKq9Zp', ['Tr0ub4dor3xKq9Zp'], 'refused [content]'],
    ['without blanks', 'rejected canary_7f3a91c2d4e5.', [{ text: 'canary_7f3a91c2d4e5' }], 'rejected [content].'],
  ])('is masked: %s', (_, message, args, expected) => {
    expect(maskRepeated(message, args)).toBe(expected);
  });

  test.each<[what: string, message: string, args: unknown[]]>([
    ['a model', 'The model `gpt-4o-mini` does not exist', [request]],
    ['a model by position', "Model 'claude-sonnet-4-20250514' is overloaded", ['claude-sonnet-4-20250514', 'Hi']],
    ['a deployment', 'deployment my-team-production not found', [{ deployment: 'my-team-production' }]],
    ['a URL', 'POST https://api.example.com/v1/chat: 404', [{ baseURL: 'https://api.example.com/v1' }]],
    ['a model of nobody', 'The model `gpt-nonexistent` does not exist', ['gpt-nonexistent']],
    ['an own model', 'The model `acme-large-v2` does not exist', [{ model: 'acme-large-v2' }, 'acme-large-v2']],
    ['an id', 'Order order-4711 not found', ['order-4711']],
    ['an id in an object', 'Order order-4711 not found', [{ orderId: 'order-4711' }]],
    ['ids', 'no vector for doc_17', [['doc_17', 'doc_18']]],
    ['a UUID', 'no 7d444840-9dc0-11d1-b245-5ffdce74fad2', ['7d444840-9dc0-11d1-b245-5ffdce74fad2']],
    ['a number as text', 'Order 4711 not found', ['4711']],
    ['a host', 'connect ECONNREFUSED db.internal:5432', ['db.internal:5432']],
    ['a name in a program', 'index my-documents is missing', ['my-documents']],
    ['a path', 'ENOENT: no such file, open /data/in/report.pdf', ['/data/in/report.pdf']],
    ['an enum', "Invalid role 'assistant', use json or text", [{ role: 'assistant', format: 'json' }]],
    ['part of a word', 'categories are wrong', ['cate']],
    ['short common pieces', 'it will be too much', [request]],
    ['numbers', 'status 429, retry in 20 s', [{ max_tokens: 429 }]],
    ['nothing', 'fetch failed', []],
  ])('stays: %s', (_, message, args) => {
    expect(maskRepeated(message, args)).toBe(message);
  });

  test('cyclic, throwing and binary arguments do no harm', () => {
    const cyclic: Record<string, unknown> = { bytes: new Uint8Array(1e6), content: 'the secret of the house' };
    cyclic['self'] = cyclic;
    Object.defineProperty(cyclic, 'bad', {
      enumerable: true,
      get() {
        throw new Error('no');
      },
    });
    expect(maskRepeated('said: the secret of the house', [cyclic])).toBe('said: [content]');
  });

  test('what is too long to be looked through is left out', () => {
    const prompt = `${'lorem ipsum '.repeat(10_000)}the secret of the house`;
    expect(maskRepeated(`bad: ${prompt}`, [prompt])).not.toContain('secret');
  });

  test('arguments and messages of megabytes are read in one go', () => {
    const long = 'a'.repeat(2_000_000);
    expect(maskRepeated(`x${long}`, [long, long]).startsWith('x[content]')).toBe(true);
  }, 5000);
});

describe('an error on its way out', () => {
  test('is redacted and repeats nothing while capture is off', () => {
    expect(redactError(`jane@example.com said: ${PROMPT}`, [request])).toBe('[EMAIL] said: [content]');
  });

  test('is redacted, and may repeat, while everything is captured', () => {
    configure({ content: 'SPAN_ONLY' });
    expect(redactError('jane@example.com: Tell me about my divorce', [request])).toBe(
      '[EMAIL]: Tell me about my divorce',
    );
  });

  test.each([
    [
      'Error: no jane@example.com\n    at ask (/app/node_modules/@a/b/x.js:1:2)\n    at run (node:vm:3:4)',
      'Error: no [EMAIL]\n    at ask (/app/node_modules/@a/b/x.js:1:2)\n    at run (node:vm:3:4)',
    ],
    [
      'Error: no\n    at ask (http://jane:hunter2@10.0.0.1/x.js:1:2)',
      'Error: no\n    at ask (http://jane:[SECRET]@[IP]/x.js:1:2)',
    ],
    ['Error: no\n    at jane@example.com', 'Error: no\n    at [EMAIL]'],
  ])('is redacted with its stack: %s', (stack, expected) => {
    expect(redactError(stack, [])).toBe(expected);
  });

  test('repeats nothing where only some fields are captured', () => {
    configure({ content: 'SPAN_ONLY', contentFields: ['output'] });
    expect(redactError('rejected: Tell me about my divorce', [request])).toBe('rejected: [content]');
  });

  test.each([
    [
      'Unexpected token \'S\', "Sure, here"... is not valid JSON',
      'Unexpected token \'S\', "[content]" is not valid JSON',
    ],
    [
      'Unexpected token x in ..."a": "he said" x"... is not valid JSON',
      'Unexpected token x in "[content]" is not valid JSON',
    ],
  ])('does not quote an answer that is no JSON: %s', (message, expected) => {
    expect(redactError(message, [])).toBe(expected);
  });

  test('goes through the redactor of the app; one that throws costs the message', () => {
    const fields: string[] = [];
    configure({
      redactor: (_, field) => {
        fields.push(field);
        throw new Error('no');
      },
    });
    expect(redactError('timeout', [])).toBe('[redaction failed]');
    expect(fields).toEqual(['error']);
  });
});
