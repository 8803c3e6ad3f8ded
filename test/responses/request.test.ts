import { describe, expect, test } from '@jest/globals';
import { findRequest, requestAttributes, requestedModel } from '../../lib/responses/request.js';

describe('what looks like a request', () => {
  const request = { model: 'gpt-4o', messages: [] };

  test.each<[string, unknown]>([
    ['messages', request],
    ['input', { model: 'm', input: 'text' }],
    ['a prompt', { model: 'm', prompt: '' }],
  ])('has a model and %s', (_what, given) => {
    expect(findRequest(['question', 7, null, undefined, [], given, request])).toBe(given);
  });

  test.each<[string, unknown]>([
    ['text', 'gpt-4o'],
    ['null', null],
    ['an object without a model', { messages: [] }],
    ['an object with a model of another type', { model: 7, messages: [] }],
    ['an object with an empty model', { model: '', messages: [] }],
    ['an object with nothing to ask', { model: 'm' }],
  ])('is not %s', (_what, given) => {
    expect(findRequest([given])).toBeUndefined();
  });
});

test.each<[unknown, string | undefined]>([
  [{ model: 'm' }, 'm'],
  [{ model: 7 }, undefined],
  [{}, undefined],
  [undefined, undefined],
])('the model of %j is %p', (request, model) => {
  expect(requestedModel(request as object)).toBe(model);
});

describe('the attributes of a request', () => {
  test.each<[string, object, object]>([
    ['a stream', { stream: true }, { 'gen_ai.request.stream': true }],
    ['no stream', { stream: false }, {}],
    ['one stop sequence', { stop: 'END' }, { 'gen_ai.request.stop_sequences': ['END'] }],
    ['several stop sequences', { stop: ['a', 'b'] }, { 'gen_ai.request.stop_sequences': ['a', 'b'] }],
    ['one choice, which is the default', { n: 1 }, {}],
    ['several choices', { n: 3 }, { 'gen_ai.request.choice.count': 3 }],
    ['the default service tier', { service_tier: 'auto' }, {}],
    ['another service tier', { service_tier: 'flex' }, { 'openai.request.service_tier': 'flex' }],
    ['max_tokens', { max_tokens: 1 }, { 'gen_ai.request.max_tokens': 1 }],
    ['max_output_tokens', { max_output_tokens: 2 }, { 'gen_ai.request.max_tokens': 2 }],
    [
      'max_completion_tokens, before the older name',
      { max_completion_tokens: 3, max_tokens: 1 },
      { 'gen_ai.request.max_tokens': 3 },
    ],
    ['a temperature of zero', { temperature: 0 }, { 'gen_ai.request.temperature': 0 }],
    ['JSON mode', { response_format: { type: 'json_object' } }, { 'gen_ai.output.type': 'json' }],
    ['a JSON schema', { text: { format: { type: 'json_schema' } } }, { 'gen_ai.output.type': 'json' }],
    ['the effort of reasoning', { reasoning: { effort: 'low' } }, { 'gen_ai.request.reasoning.level': 'low' }],
    ['a seed', { seed: -7 }, { 'gen_ai.request.seed': -7 }],
  ])('tell %s', (_what, request, expected) => {
    expect(requestAttributes(request)).toEqual(expected);
  });

  test('are none where everything is null or of another type', () => {
    const names = [
      'stream',
      'temperature',
      'top_p',
      'max_tokens',
      'frequency_penalty',
      'presence_penalty',
      'seed',
      'stop',
      'n',
    ];
    const others = [
      'reasoning_effort',
      'previous_response_id',
      'conversation',
      'encoding_format',
      'dimensions',
      'service_tier',
    ];
    for (const odd of [null, {}, [], [1], Number.NaN, '']) {
      const request = Object.fromEntries(
        [...names, ...others, 'reasoning', 'response_format', 'text'].map((name) => [name, odd]),
      );
      expect(requestAttributes(request)).toEqual({});
    }
  });

  test('tell nothing of its content', () => {
    const secret = 'secret';
    const request = {
      model: 'm',
      messages: [secret],
      input: secret,
      prompt: secret,
      instructions: secret,
      user: secret,
      metadata: { secret },
    };
    expect(JSON.stringify(requestAttributes(request))).not.toContain(secret);
  });
});
