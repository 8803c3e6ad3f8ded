import { describe, expect, it, test } from '@jest/globals';
import type { Attributes } from '@opentelemetry/api';
import { duration, facts, failure, folded } from '../../../../lib/sdk/console/span-facts.js';
import { finished } from '../../../support/sdk-span.js';

const estimated = { 'annotel.usage.estimated': true };
const hit = { 'annotel.cache.hit': true };
const cost = (amount: number, currency = 'USD') => ({
  'annotel.cost.amount': amount,
  'annotel.cost.currency': currency,
});
const turn = (inferences: number, tools: number) => ({
  'annotel.agent.inference_calls': inferences,
  'annotel.agent.tool_calls': tools,
});

describe('facts', () => {
  const cases: [what: string, name: string, attributes: Attributes, facts: string[]][] = [
    ['nothing', 'x', {}, []],
    ['the model, where the name lacks it', 'chat', { 'gen_ai.request.model': 'gpt-4o' }, ['gpt-4o']],
    [
      'the model that answered',
      'chat gpt-4o',
      { 'gen_ai.request.model': 'gpt-4o', 'gen_ai.response.model': 'gpt-4o-2024' },
      ['gpt-4o-2024'],
    ],
    ['no model twice', 'chat gpt-4o', { 'gen_ai.request.model': 'gpt-4o' }, []],
    ['tokens', 'x', { 'gen_ai.usage.input_tokens': 3, 'gen_ai.usage.output_tokens': 0 }, ['3→0 tokens']],
    ['tokens of an embedding', 'x', { 'gen_ai.usage.input_tokens': 3 }, ['3 tokens']],
    ['tokens of which half is unknown', 'x', { 'gen_ai.usage.output_tokens': 4 }, ['?→4 tokens']],
    [
      'estimated tokens',
      'x',
      { ...estimated, 'gen_ai.usage.input_tokens': 12, 'gen_ai.usage.output_tokens': 3 },
      ['~12→3 tokens'],
    ],
    ['estimated tokens of an embedding', 'x', { ...estimated, 'gen_ai.usage.input_tokens': 12 }, ['~12 tokens']],
    [
      'estimated tokens of which half is unknown',
      'x',
      { ...estimated, 'gen_ai.usage.output_tokens': 3 },
      ['?→~3 tokens'],
    ],
    ['a cost behind the tokens', 'x', { ...cost(0.25), 'gen_ai.usage.input_tokens': 3 }, ['3 tokens', '0.25 USD']],
    ['a cost that the provider told', 'x', { ...cost(0.0012), 'annotel.cost.source': 'provider' }, ['0.0012 USD']],
    ['a cost in another currency', 'x', cost(1.5, 'EUR'), ['1.5 EUR']],
    ['a cost without its currency', 'x', { 'annotel.cost.amount': 1.5 }, ['1.5']],
    ['no cost that is none', 'x', cost(Number.NaN), []],
    ['no cost below zero', 'x', cost(-1), []],
    ['what cost nothing', 'x', cost(0), ['free']],
    ['an answer from a cache', 'x', { ...hit, 'annotel.cache.type': 'semantic' }, ['semantic cache']],
    ['input from a cache', 'x', { ...hit, 'annotel.cache.type': 'prefix' }, ['prefix cache']],
    ['a cache of no type', 'x', hit, ['cache']],
    ['no cache that missed', 'x', { 'annotel.cache.hit': false, 'annotel.cache.type': 'semantic' }, []],
    ['what an agent called', 'x', turn(2, 2), ['2 model calls, 2 tool calls']],
    ['what an agent called once', 'x', turn(1, 1), ['1 model call, 1 tool call']],
    ['no calls that an agent did not make', 'x', turn(3, 0), ['3 model calls']],
    ['an agent that called nothing', 'x', turn(0, 0), []],
    ['the first chunk', 'x', { 'gen_ai.response.time_to_first_chunk': 0.083 }, ['first chunk 83 ms']],
    ['a slow first chunk', 'x', { 'gen_ai.response.time_to_first_chunk': 2.5 }, ['first chunk 2.5 s']],
    ['no first chunk that is no number', 'x', { 'gen_ai.response.time_to_first_chunk': 'soon' }, []],
    ['an unusual end', 'x', { 'gen_ai.response.finish_reasons': ['stop', 'length', 'length'] }, ['length']],
    ['no usual end', 'x', { 'gen_ai.response.finish_reasons': ['stop'] }, []],
    ['one document', 'x', { 'annotel.retrieval.document.count': 1 }, ['1 document']],
    ['top_k of a retrieval', 'x', { 'gen_ai.operation.name': 'retrieval', 'gen_ai.retrieval.top_k': 5 }, ['top_k 5']],
    [
      'top_k of a retrieval in v1.41',
      'x',
      { 'gen_ai.operation.name': 'retrieval', 'gen_ai.request.top_k': 5 },
      ['top_k 5'],
    ],
    ['no top_k of sampling', 'x', { 'gen_ai.operation.name': 'chat', 'gen_ai.request.top_k': 40 }, []],
    ['SQL on one line', 'x', { 'db.query.text': 'SELECT a\n  FROM b' }, ['SELECT a FROM b']],
    ['SQL by its older name', 'x', { 'db.statement': 'SELECT 1' }, ['SELECT 1']],
    ['long SQL in part', 'x', { 'db.query.text': 'S'.repeat(300) }, [`${'S'.repeat(99)}…`]],
    ['where a request went', 'GET', { 'http.request.method': 'GET', 'url.full': 'http://a/b?key=c' }, ['http://a/b']],
    ['what a request was for', 'GET', { 'http.request.method': 'GET', 'url.path': '/b' }, ['/b']],
    ['no address beside a route', 'GET /b', { 'http.request.method': 'GET', 'url.path': '/b' }, []],
    ['the status', 'x', { 'http.response.status_code': 404 }, ['404']],
    ['no status that is the failure', 'x', { 'http.response.status_code': 500, 'error.type': '500' }, []],
  ];

  it.each(cases)('names %s', (_what, name, attributes, expected) => {
    expect(facts(finished({ name, attributes }))).toEqual(expected);
  });
});

test.each([
  [0.0000131, '0.0000131 USD'],
  [0.000013149, '0.0000131 USD'],
  [0.00000000052, '0.00000000052 USD'],
  [1e-12, '0.000000000001 USD'],
  [0.0009999, '0.001 USD'],
  [0.05, '0.05 USD'],
  [1.234, '1.23 USD'],
  [10, '10 USD'],
  [12.345, '12.3 USD'],
  [99.99, '100 USD'],
  [1234.5, '1235 USD'],
  [1e9, '1000000000 USD'],
])('a cost of %s is told as %s', (amount, expected) => {
  expect(facts(finished({ attributes: cost(amount) }))).toEqual([expected]);
});

describe('failure', () => {
  const exception = (attributes: Attributes) => ({
    name: 'exception',
    time: [0, 0] as [number, number],
    attributes,
    droppedAttributesCount: 0,
  });

  it.each([
    ['none', finished(), undefined],
    ['its type and message', finished({ error: 'boom', attributes: { 'error.type': 'TypeError' } }), 'TypeError: boom'],
    ['its type alone', finished({ error: '', attributes: { 'error.type': '500' } }), '500'],
    ['its message alone', finished({ error: 'boom' }), 'boom'],
    ['neither', finished({ error: '' }), 'error'],
    [
      'what the exception tells',
      finished({
        error: '',
        events: [exception({}), exception({ 'exception.type': 'RangeError', 'exception.message': 'far' })],
      }),
      'RangeError: far',
    ],
  ])('has %s', (_what, span, expected) => {
    expect(failure(span)).toBe(expected);
  });
});

describe('duration', () => {
  it.each([
    [[0, 0], '0 µs'],
    [[0, 850_000], '850 µs'],
    [[0, 1_000_000], '1 ms'],
    [[0, 12_340_000], '12.3 ms'],
    [[0, 999_400_000], '999 ms'],
    [[0, 999_600_000], '1 s'],
    [[1, 240_000_000], '1.24 s'],
    [[59, 990_000_000], '60 s'],
    [[59, 999_000_000], '1 min 0 s'],
    [[125, 0], '2 min 5 s'],
    [[0, 100_000_000], '100 ms'],
  ] as [[number, number], string][])('%j is %s', (time, expected) => {
    expect(duration(time)).toBe(expected);
  });
});

describe('folded', () => {
  it('cuts by letters, not in the middle of one', () => {
    expect(folded('🙂'.repeat(101))).toBe(`${'🙂'.repeat(99)}…`);
    expect(folded('🙂'.repeat(100))).toBe('🙂'.repeat(100));
  });
});
