import { describe, expect, test } from '@jest/globals';
import { responseAttributes } from '../../../../lib/genai/answer.js';
import { readResponse, StreamedResponse } from '../../../../lib/genai/providers/registry.js';

/*
 * The tier of service that answered, and what was written to a cache for an hour. Both tell what a call cost, so they are read
 * where no span is kept, too. Shapes: the API references of OpenAI, Anthropic, Bedrock, the Gemini API and Vertex AI, what
 * Vercel's AI SDK makes of them as `raw` and `providerMetadata`, and what LangChain does as `response_metadata`.
 */

const SPARSE = { detail: false, content: false };

function told(answer: object) {
  return readResponse(answer, SPARSE);
}

function streamed(chunks: readonly object[]) {
  const fold = new StreamedResponse(SPARSE);
  for (const chunk of chunks) fold.add(chunk);
  return fold.value();
}

const completion = (service_tier: unknown) => ({
  ...{ id: 'chatcmpl-1', object: 'chat.completion', model: 'gpt-5', service_tier },
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
});
const response = (service_tier: unknown) => ({ object: 'response', status: 'completed', output: [], service_tier });
const message = (usage: object, id = 'msg_1') => ({
  ...{ id, type: 'message', role: 'assistant', model: 'claude-opus-4-7', content: [], stop_reason: 'end_turn' },
  usage: { input_tokens: 10, output_tokens: 5, ...usage },
});
const messageEvents = (usage: object) => [
  { type: 'message_start', message: { ...message(usage), stop_reason: null } },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } },
];
const converse = (more: object, usage: object = {}) => ({
  output: { message: { role: 'assistant', content: [{ text: 'Hi' }] } },
  ...{ stopReason: 'end_turn', usage: { inputTokens: 10, outputTokens: 5, ...usage }, ...more },
});
const converseEvents = (more: object, usage: object = {}) => [
  { messageStart: { role: 'assistant' } },
  { messageStop: { stopReason: 'end_turn' } },
  { metadata: { usage: { inputTokens: 10, outputTokens: 5, ...usage }, metrics: { latencyMs: 7 }, ...more } },
];
const invoked = (body: object, more: object = {}) => ({
  ...{ $metadata: {}, ...more },
  body: new TextEncoder().encode(JSON.stringify(body)),
});
const invokedChunks = (...bodies: object[]) =>
  bodies.map((body) => ({ chunk: { bytes: new TextEncoder().encode(JSON.stringify(body)) } }));
const content = (usageMetadata: object) => ({
  candidates: [{ content: { role: 'model', parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, ...usageMetadata },
});
const step = (raw: object, providerMetadata: object = {}) => ({
  ...{ finishReason: 'stop', content: [], providerMetadata },
  usage: { inputTokens: 10, outputTokens: 5, raw },
});
const parts = (...steps: object[]) => [
  { type: 'start' },
  ...steps.map((ended) => ({ type: 'finish-step', ...ended })),
  { type: 'finish', finishReason: 'stop', totalUsage: { inputTokens: 10, outputTokens: 5 } },
];
const langChain = (response_metadata: object, fields: object = {}) => ({
  ...{ lc_namespace: ['langchain_core', 'messages'], type: 'ai', content: '', response_metadata },
  ...fields,
});

describe('the tier that answered', () => {
  test.each<[string, object, string | undefined]>([
    ['OpenAI, chat', completion('flex'), 'flex'],
    ['OpenAI, chat, capacity that was bought', completion('scale'), 'scale'],
    ['OpenAI, chat, standard', completion('default'), undefined],
    ['OpenAI, chat, not told', completion(null), undefined],
    ['Groq, standard', completion('on_demand'), undefined],
    ['OpenAI, responses', response('priority'), 'priority'],
    ['OpenAI, responses, standard', response('auto'), undefined],
    ['Anthropic', message({ service_tier: 'batch' }), 'batch'],
    ['Anthropic, faster', message({ service_tier: 'standard', speed: 'fast' }), 'fast'],
    ['Anthropic, standard', message({ service_tier: 'standard', speed: 'standard' }), undefined],
    ['Anthropic on Vertex AI', message({ service_tier: 'priority' }, 'msg_vrtx_1'), 'priority'],
    ['Bedrock', converse({ serviceTier: { type: 'flex' } }), 'flex'],
    ['Bedrock, faster', converse({ performanceConfig: { latency: 'optimized' } }), 'optimized'],
    [
      'Bedrock, standard',
      converse({ serviceTier: { type: 'default' }, performanceConfig: { latency: 'standard' } }),
      undefined,
    ],
    ['InvokeModel', invoked(message({}), { serviceTier: 'reserved' }), 'reserved'],
    ['InvokeModel, of a model of its own shape', invoked({ outputText: 'Hi' }, { serviceTier: 'flex' }), 'flex'],
    ['InvokeModel, faster', invoked(message({}), { performanceConfigLatency: 'optimized' }), 'optimized'],
    ['InvokeModel, standard', invoked(message({}), { serviceTier: 'default' }), undefined],
    ['the Gemini API', content({ serviceTier: 'flex' }), 'flex'],
    ['Vertex AI', content({ trafficType: 'PROVISIONED_THROUGHPUT' }), 'PROVISIONED_THROUGHPUT'],
    ['Vertex AI, standard', content({ trafficType: 'ON_DEMAND' }), undefined],
    ['AI SDK, OpenAI', { steps: [step({}, { openai: { serviceTier: 'flex' } })] }, 'flex'],
    ['AI SDK, over the wire', { steps: [{ ...step({}), response: { body: completion('flex') } }] }, 'flex'],
    ['AI SDK, in an earlier step', { steps: [step({ service_tier: 'batch' }), step({})] }, 'batch'],
    ['AI SDK, Anthropic', { steps: [step({}, { anthropic: { usage: { speed: 'fast' } } })] }, 'fast'],
    ['AI SDK, Bedrock', { steps: [step({}, { bedrock: { serviceTier: { type: 'flex' } } })] }, 'flex'],
    ['AI SDK, Vertex AI', { steps: [step({ trafficType: 'ON_DEMAND_FLEX' })] }, 'ON_DEMAND_FLEX'],
    ['AI SDK, standard', { steps: [step({ service_tier: 'standard' })] }, undefined],
    ['LangChain, OpenAI', langChain({ model_provider: 'openai', service_tier: 'flex' }), 'flex'],
    ['LangChain, Anthropic', langChain({ usage: { service_tier: 'priority' } }), 'priority'],
    ['of no known type', completion({ type: 'flex' }), undefined],
  ])('%s', (_what, answer, tier) => {
    expect(told(answer)).toBeDefined();
    expect(told(answer)?.tier).toBe(tier);
  });

  test.each<[string, object[], string | undefined]>([
    ['OpenAI, chat', [{ ...completion('flex'), object: 'chat.completion.chunk' }], 'flex'],
    ['OpenAI, responses', [{ type: 'response.completed', response: response('priority') }], 'priority'],
    ['Anthropic', messageEvents({ service_tier: 'batch' }), 'batch'],
    ['Bedrock', converseEvents({ serviceTier: { type: 'priority' } }), 'priority'],
    ['Bedrock, faster', converseEvents({ performanceConfig: { latency: 'optimized' } }), 'optimized'],
    ['InvokeModel', invokedChunks(...messageEvents({ speed: 'fast' })), 'fast'],
    ['Vertex AI', [content({}), content({ trafficType: 'ON_DEMAND_PRIORITY' })], 'ON_DEMAND_PRIORITY'],
    ['AI SDK, in an earlier step', parts(step({ service_tier: 'batch' }), step({})), 'batch'],
    ['LangChain', [langChain({ model_provider: 'openai', service_tier: 'flex' })], 'flex'],
    ['standard', messageEvents({ service_tier: 'standard' }), undefined],
  ])('of a stream: %s', (_what, chunks, tier) => {
    expect(streamed(chunks)).toBeDefined();
    expect(streamed(chunks)?.tier).toBe(tier);
  });

  test.each([true, false])('is an attribute, whatever else is wanted (detail: %s)', (detail) => {
    expect(responseAttributes({ tier: 'flex' }, detail)).toEqual({ 'annotel.service_tier': 'flex' });
    expect(responseAttributes({ tier: 'default' }, detail)).toEqual({});
  });
});

describe('tokens that a cache keeps for an hour', () => {
  const kept = { cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 300 } };
  const written = { cache_creation_input_tokens: 320, ...kept };
  const cacheDetails = [
    { ttl: '1h', inputTokens: 300 },
    { ttl: '5m', inputTokens: 20 },
  ];
  const details = { cacheWriteInputTokens: 320, cacheDetails };
  const compaction = { type: 'compaction', input_tokens: 1, output_tokens: 1, ...written };
  const usage_metadata = {
    ...{ input_tokens: 330, output_tokens: 5 },
    input_token_details: { cache_creation: 320, ephemeral_1h_input_tokens: 300 },
  };

  test.each<[string, object, number | undefined]>([
    ['Anthropic', message(written), 300],
    ['Anthropic, with those of a compaction', message({ ...written, iterations: [compaction] }), 600],
    ['Anthropic, none', message({ cache_creation: { ephemeral_1h_input_tokens: 0 } }), 0],
    ['Anthropic, not told', message({ cache_creation_input_tokens: 320 }), undefined],
    ['Anthropic on Vertex AI', message(written, 'msg_vrtx_1'), 300],
    ['Bedrock', converse({}, details), 300],
    ['Bedrock, for minutes only', converse({}, { cacheDetails: [{ ttl: '5m', inputTokens: 20 }] }), undefined],
    ['InvokeModel', invoked(message(written, 'msg_bdrk_1')), 300],
    ['AI SDK, of all steps', { steps: [step(written), step(details)] }, 600],
    ['AI SDK, Anthropic', { steps: [step({}, { anthropic: { usage: written } })] }, 300],
    ['LangChain', langChain({}, { usage_metadata }), 300],
    ['of no known type', converse({}, { cacheDetails: [null, { ttl: '1h', inputTokens: '300' }] }), undefined],
  ])('%s', (_what, answer, tokens) => {
    expect(told(answer)?.usage?.cacheWriteHourTokens).toBe(tokens);
  });

  test.each<[string, object[]]>([
    ['Anthropic', messageEvents(written)],
    ['Bedrock', converseEvents({}, details)],
    ['InvokeModel', invokedChunks(...messageEvents(written))],
    ['AI SDK, whose total does not tell them', parts(step(written))],
    ['LangChain', [langChain({}, { usage_metadata })]],
  ])('of a stream: %s', (_what, chunks) => {
    expect(streamed(chunks)?.usage?.cacheWriteHourTokens).toBe(300);
  });
});
