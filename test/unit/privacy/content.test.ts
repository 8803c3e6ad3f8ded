import { describe, expect, test } from '@jest/globals';
import { trace } from '@opentelemetry/api';
import { capture, isCaptured } from '../../../lib/privacy/content.js';
import { type CapturedContent, type ContentField, configure, type Settings } from '../../../lib/settings.js';
import { useTelemetry } from '../../support/telemetry.js';

useTelemetry({ rethrowFaults: false, settings: { content: 'SPAN_AND_EVENT' } });

const said = (content: string, role = 'user') => ({ role, parts: [{ type: 'text', content }] });
const INPUT = 'gen_ai.input.messages';

/** What is captured of `value` as tool arguments, which follow no schema. */
const argumentsOf = (value: unknown) => capture('toolArguments', value)['gen_ai.tool.call.arguments'];

describe('opt-in', () => {
  test('nothing is captured, nor even looked at, while it is off', () => {
    configure({ content: 'NO_CONTENT' });
    const untouchable = new Proxy({}, { ownKeys: () => expect(true).toBe(false) as never });
    expect(capture('input', untouchable)).toEqual({});
    expect(isCaptured('input')).toBe(false);
  });

  test.each<[ContentField, string]>([
    ['input', 'gen_ai.input.messages'],
    ['output', 'gen_ai.output.messages'],
    ['system', 'gen_ai.system_instructions'],
    ['toolDefinitions', 'gen_ai.tool.definitions'],
    ['toolArguments', 'gen_ai.tool.call.arguments'],
    ['toolResult', 'gen_ai.tool.call.result'],
    ['query', 'gen_ai.retrieval.query.text'],
    ['documents', 'gen_ai.retrieval.documents'],
    ['feedback', 'gen_ai.evaluation.explanation'],
  ])('%s is %s, where it is chosen', (field, attribute) => {
    configure({ contentFields: [field] });
    expect(capture(field, 'hello')).toEqual({ [attribute]: 'hello' });
    configure({ contentFields: [] });
    expect(capture(field, 'hello')).toEqual({});
  });

  test.each([undefined, null])('%s is no content', (nothing) => {
    expect(capture('toolResult', nothing)).toEqual({});
  });
});

describe('redaction', () => {
  test('reaches every text, and is counted', () => {
    const messages = [said('I am jane@example.com'), { role: 'assistant', parts: [call({ to: ['+1 415 555 2671'] })] }];
    expect(capture('input', messages)).toEqual({
      [INPUT]: [said('I am [EMAIL]'), { role: 'assistant', parts: [call({ to: ['[PHONE]'] })] }],
      'annotel.content.input.redacted': 2,
    });
  });

  test('knows secrets by the names of members, and numbers that are more than that', () => {
    expect(argumentsOf({ user: 'jane', password: 'hunter2', card: 4111111111111111, max_tokens: 4096 })).toEqual({
      user: 'jane',
      password: '[SECRET]',
      card: '[CARD]',
      max_tokens: 4096,
    });
  });

  test("asks the app's redactor about content, not about the words of the schema", () => {
    const asked: string[] = [];
    const redactor = (text: string) => {
      asked.push(text);
      return '[mine]';
    };
    configure({ redactor });
    expect(capture('input', [said('hello')])[INPUT]).toEqual([said('[mine]')]);
    expect(asked).toEqual(['hello']);
  });

  test('that fails leaves nothing', () => {
    configure({
      redactor: () => {
        throw new Error('no');
      },
    });
    expect(capture('input', [said('hello')])[INPUT]).toEqual([said('[redaction failed]')]);
  });
});

const call = (args: unknown) => ({ type: 'tool_call', name: 'send', arguments: args });

describe('any value becomes JSON', () => {
  const cyclic: Record<string, unknown> = { a: 1 };
  cyclic['self'] = cyclic;
  const base64 = Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 37) % 256)).toString('base64');

  test.each<[string, unknown, unknown]>([
    ['a date', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
    ['a bigint', 10n, '10'],
    [
      'bytes',
      { audio: new Uint8Array(5), raw: new ArrayBuffer(7) },
      { audio: '[Uint8Array, 5 bytes]', raw: '[ArrayBuffer, 7 bytes]' },
    ],
    ['a cycle', cyclic, { a: 1, self: '[circular]' }],
    [
      'what JSON leaves out',
      { f() {}, u: undefined, s: Symbol('s'), list: [undefined, Number.NaN] },
      { list: [null, null] },
    ],
    ['a map and a set', { m: new Map([['k', 1]]), s: new Set([1]) }, { m: { k: 1 }, s: [1] }],
    ['an error', new TypeError('bad'), 'TypeError: bad'],
    ['base64', { image: base64 }, { image: '[base64, 600 bytes]' }],
    ['a data URL in a text', `![](data:image/png;base64,${base64}) end`, '![]([base64, 600 bytes]) end'],
    ['a name of Object.prototype', JSON.parse('{"__proto__":{"a":"b"}}'), JSON.parse('{"__proto__":{"a":"b"}}')],
    [
      'a throwing getter',
      {
        ok: 1,
        get bad() {
          throw new Error('no');
        },
      },
      { ok: 1, bad: '[unreadable]' },
    ],
  ])('%s', (_, value, expected) => {
    expect(argumentsOf(value)).toEqual(expected);
  });

  test('what is very deep or has very many members is cut and says so', () => {
    let deep: unknown = 'bottom';
    for (let i = 0; i < 10_000; i++) deep = [deep];
    for (const value of [deep, Array.from({ length: 1_000_000 }, (_, i) => i)]) {
      const bag = capture('toolResult', value);
      expect(bag['annotel.content.truncated']).toBe(true);
      expect(JSON.stringify(bag['gen_ai.tool.call.result']).length).toBeLessThanOrEqual(8192);
    }
  });

  test('nothing is changed in the value itself', () => {
    const value = [said(`jane@example.com ${'x'.repeat(20_000)}`)];
    const before = structuredClone(value);
    capture('input', value);
    expect(value).toEqual(before);
  });
});

describe('truncate:N', () => {
  const captured = (most: number, value: unknown, field: ContentField = 'input') => {
    configure({ contentForm: `truncate:${most}` });
    return capture(field, value);
  };

  test('cuts the longest text, keeps the rest, and says what is missing', () => {
    const messages = [said('Be brief.', 'system'), said('x'.repeat(1000))];
    expect(captured(300, messages)).toEqual({
      [INPUT]: [said('Be brief.', 'system'), said(`${'x'.repeat(155)}…[cut, 845 characters]`)],
      'annotel.content.truncated': true,
      'annotel.content.input.original_length': 1122,
    });
  });

  test('leaves alone what fits to the character', () => {
    const messages = [said('x'.repeat(1000))];
    const { length } = JSON.stringify(messages);
    expect(captured(length, messages)).toEqual({ [INPUT]: messages });
    expect(captured(length - 1, messages)['annotel.content.truncated']).toBe(true);
  });

  test('drops the oldest messages when texts are short already', () => {
    const messages = Array.from({ length: 50 }, (_, i) => said(`message ${i}`));
    expect(captured(131, messages)).toEqual({
      [INPUT]: [said('message 48'), said('message 49')],
      'annotel.content.truncated': true,
      'annotel.content.input.original_length': JSON.stringify(messages).length,
    });
  });

  test.each([2, 10, 40, 64, 100, 150, 1000, 8192])('%i characters of JSON are never exceeded', (most) => {
    const values: unknown[] = [
      [said('x'.repeat(100_000))],
      [said('"\\\n\u0001'.repeat(5000))],
      [said('😀'.repeat(3000)), said('ü'.repeat(3000))],
      Array.from({ length: 300 }, (_, i) => said('y'.repeat(i * 20))),
      [{ role: 'assistant', parts: [call(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i])))] }],
    ];
    for (const value of values) {
      const json = JSON.stringify(captured(most, value)[INPUT]);
      expect(json.length).toBeLessThanOrEqual(most);
      expect(Array.isArray(JSON.parse(json))).toBe(true);
      expect(json).not.toMatch(/\\ud[89a-f]/i);
    }
  });

  test('a credential across the place of the cut does not show its first half', () => {
    const secret = `hunter2${'Q7x'.repeat(20)}`;
    for (let before = 1550; before < 1650; before += 7) {
      const text = `${'x '.repeat(before / 2)}postgres://app:${secret}@db/main ${'y '.repeat(100_000)}`;
      expect(JSON.stringify(captured(100, text, 'query'))).not.toContain('hunter2');
    }
  });
});

describe('hash', () => {
  const hash = (value: unknown, changes: Partial<Settings> = {}) => {
    configure({ contentForm: 'hash', contentKey: 'key', ...changes });
    return capture('input', value)[INPUT];
  };

  test('is the HMAC-SHA-256 of each text; structure stays', () => {
    // printf hello | openssl dgst -sha256 -hmac key
    const digest = 'hmac-sha256:9307b3b915efb5171ff14d8cb55fbcc798c6c0ef1456d66ded1a6aa723a58b7b';
    expect(hash([said('hello')])).toEqual([said(digest)]);
  });

  test('compares by key', () => {
    const [first, second] = [hash([said('a')]), hash([said('b')])];
    expect(first).not.toEqual(second);
    expect(hash([said('a')])).toEqual(first);
    expect(hash([said('a')], { contentKey: 'other' })).not.toEqual(first);
    expect(hash([said('a')], { contentKey: undefined })).toEqual(hash([said('a')], { contentKey: undefined }));
  });
});

describe('an external store', () => {
  test('gets redacted content, uncut, with the ids of the call; its reference is recorded instead', () => {
    const kept: CapturedContent[] = [];
    configure({ contentForm: 'truncate:10', contentStore: (content) => `s3://b/${kept.push(content)}` });
    const span = trace.getTracer('t').startSpan('s');
    const text = `jane@example.com ${'x'.repeat(5000)}`;
    expect(capture('input', [said(text)], span.spanContext())).toEqual({
      'gen_ai.input.messages_ref': 's3://b/1',
      'annotel.content.input.redacted': 1,
    });
    const { traceId, spanId } = span.spanContext();
    expect(kept).toEqual([{ field: 'input', value: [said(text.replace(/\S+@\S+/, '[EMAIL]'))], traceId, spanId }]);
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['returns a promise', () => Promise.reject(new Error('no'))],
    ['takes nothing', () => undefined],
  ])('that %s leaves nothing', (_, contentStore) => {
    configure({ contentStore: contentStore as never });
    expect(capture('input', [said('hello')])).toEqual({});
  });
});
