import { describe, expect, test } from '@jest/globals';
import { readRequest, requestAttributes } from '../../../../lib/genai/request.js';

/** As the AWS SDK's commands are: the request in a field of their own. */
class Command {
  constructor(readonly input: object) {}
}
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe('the attributes of a request', () => {
  const sampling = { 'gen_ai.request.temperature': 0.5, 'gen_ai.request.top_p': 0.9 };
  const limits = { 'gen_ai.request.max_tokens': 100, 'gen_ai.request.stop_sequences': ['END'] };

  test.each<[string, object, object]>([
    [
      'Bedrock: Converse',
      new Command({
        modelId: 'amazon.nova',
        messages: [],
        inferenceConfig: { maxTokens: 100, temperature: 0.5, topP: 0.9, stopSequences: ['END'] },
        guardrailConfig: { guardrailIdentifier: 'gr-1', guardrailVersion: '1' },
        additionalModelRequestFields: { top_k: 40 },
        outputConfig: { effort: 'high', textFormat: { type: 'json_schema' } },
      }),
      {
        ...{ ...sampling, ...limits },
        'aws.bedrock.guardrail.id': 'gr-1',
        'gen_ai.request.top_k': 40,
        'gen_ai.request.reasoning.level': 'high',
        'gen_ai.output.type': 'json',
      },
    ],
    [
      'Bedrock: InvokeModel of Anthropic, in bytes',
      {
        modelId: 'anthropic.claude',
        guardrailIdentifier: 'gr-1',
        body: bytes({
          max_tokens: 100,
          stop_sequences: ['END'],
          temperature: 0.5,
          top_p: 0.9,
          top_k: 40,
          messages: [],
        }),
      },
      { ...{ ...sampling, ...limits }, 'gen_ai.request.top_k': 40, 'aws.bedrock.guardrail.id': 'gr-1' },
    ],
    [
      'Bedrock: InvokeModel of Titan',
      {
        modelId: 'amazon.titan-text',
        body: JSON.stringify({
          inputText: 'text',
          textGenerationConfig: { maxTokenCount: 100, temperature: 0.5, topP: 0.9, stopSequences: ['END'] },
        }),
      },
      { ...sampling, ...limits },
    ],
    [
      'Bedrock: InvokeModel of Llama',
      {
        modelId: 'meta.llama',
        body: JSON.stringify({ prompt: 'text', max_gen_len: 100, temperature: 0.5, top_p: 0.9 }),
      },
      { ...sampling, 'gen_ai.request.max_tokens': 100 },
    ],
  ])('tell those of %s', (_what, request, expected) => {
    expect(requestAttributes(readRequest(request).fields)).toEqual(expected);
  });

  test.each<[string, unknown]>([
    ['no JSON', 'text'],
    ['no object', '[1]'],
    ['empty', new Uint8Array(0)],
    ['longer than 1 MB', JSON.stringify({ temperature: 1, prompt: 'x'.repeat(1024 * 1024) })],
    ['longer than 1 MB, in bytes', bytes({ temperature: 1, prompt: 'x'.repeat(1024 * 1024) })],
    ['a stream', new ReadableStream()],
  ])('of a body that is %s are none', (_what, body) => {
    expect(requestAttributes(readRequest({ modelId: 'm', body }).fields)).toEqual({});
  });

  test('that refers to itself come to an end', () => {
    const config: Record<string, unknown> = { temperature: 0.5 };
    config['config'] = config;
    expect(requestAttributes(readRequest({ model: 'm', config }).fields)).toEqual({
      'gen_ai.request.temperature': 0.5,
    });
  });

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
    [
      'max_completion_tokens, after the older name',
      { max_tokens: 1, max_completion_tokens: 3 },
      { 'gen_ai.request.max_tokens': 3 },
    ],
    ['a temperature of zero', { temperature: 0 }, { 'gen_ai.request.temperature': 0 }],
    ['JSON mode', { response_format: { type: 'json_object' } }, { 'gen_ai.output.type': 'json' }],
    ['a JSON schema', { text: { format: { type: 'json_schema' } } }, { 'gen_ai.output.type': 'json' }],
    ['the effort of reasoning', { reasoning: { effort: 'low' } }, { 'gen_ai.request.reasoning.level': 'low' }],
    ['a seed', { seed: -7 }, { 'gen_ai.request.seed': -7 }],
  ])('tell %s', (_what, request, expected) => {
    expect(requestAttributes(readRequest(request).fields)).toEqual(expected);
  });

  test('are none where everything is null or of another type', () => {
    const names = [
      ...['stream', 'temperature', 'top_p', 'topP', 'p', 'top_k', 'topK', 'k', 'max_tokens', 'maxTokens'],
      ...['max_completion_tokens', 'max_output_tokens', 'maxOutputTokens', 'num_predict', 'seed', 'randomSeed'],
      ...['frequency_penalty', 'frequencyPenalty', 'presence_penalty', 'presencePenalty', 'stop', 'stop_sequences'],
      ...['stopSequences', 'n', 'candidateCount', 'reasoning_effort', 'reasoningEffort', 'reasoning', 'think'],
      ...['thinking', 'previous_response_id', 'conversation', 'encoding_format', 'encodingFormat', 'embeddingTypes'],
      ...['dimensions', 'outputDimension', 'service_tier', 'response_format', 'responseFormat', 'format', 'text'],
      ...['config', 'options', 'inferenceConfig', 'guardrailConfig', 'generationConfig', 'output', 'output_config'],
      ...['outputConfig', 'thinkingConfig', 'responseMimeType', 'responseModalities', 'modalities', 'body', 'input'],
      ...['additionalModelRequestFields', 'textGenerationConfig', 'guardrailIdentifier'],
    ];
    for (const odd of [null, {}, [], [1], Number.NaN, '', Symbol('odd'), () => 1]) {
      const odds = Object.fromEntries(names.map((name) => [name, odd]));
      expect(requestAttributes(readRequest(odds).fields)).toEqual({});
      expect(requestAttributes(readRequest({ config: odds, options: odds, body: odds }).fields)).toEqual({});
    }
  });

  test('tell nothing of its content', () => {
    const secret = 'secret';
    const asked = {
      ...{ messages: [secret], input: secret, inputs: [secret], prompt: secret, contents: secret, texts: [secret] },
      ...{ instructions: secret, system: secret, value: secret, values: [secret], user: secret, tools: [{ secret }] },
      ...{ metadata: { secret }, text: secret, thinking: secret },
    };
    for (const request of [
      { model: 'm', ...asked },
      { modelId: 'm', body: JSON.stringify(asked) },
      { body: { model: 'm', ...asked } },
      { model: 'm', config: { systemInstruction: secret, ...asked }, options: asked },
      new Command({ modelId: 'm', ...asked }),
    ]) {
      expect(JSON.stringify(requestAttributes(readRequest(request).fields))).not.toContain(secret);
    }
  });
});
