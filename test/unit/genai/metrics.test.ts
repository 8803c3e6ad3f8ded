import { describe, expect, test } from '@jest/globals';
import { metrics } from '@opentelemetry/api';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace';
import { GenAiMetrics } from '../../../lib/genai/metrics.js';
import {
  annotate,
  Embedding,
  LlmCall,
  Retrieval,
  type SemconvGeneration,
  Traced,
  Workflow,
} from '../../../lib/index.js';
import { type MetricFacts, type Point, sorted, useTelemetry } from '../../support/telemetry.js';

const usage = {
  prompt_tokens: 20,
  completion_tokens: 5,
  prompt_tokens_details: { cached_tokens: 8, cache_write_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 },
};
const chunk = { object: 'chat.completion.chunk', model: 'm-1' };

class Rag {
  @LlmCall({ provider: 'openai', model: 'm', attributes: { 'user.id': 'u-1' } })
  async ask(fails = false) {
    annotate({ 'session.id': 's-1' });
    if (fails) throw Object.assign(new Error('slow down'), { code: 'rate_limit_exceeded' });
    return { object: 'chat.completion', model: 'm-1', choices: [], usage };
  }
  @LlmCall({ provider: 'openai', model: 'm' })
  async *stream() {
    yield { ...chunk, choices: [{ index: 0, finish_reason: null }] };
    yield { ...chunk, choices: [{ index: 0, finish_reason: 'stop' }] };
    yield { ...chunk, choices: [], usage };
  }
  @Embedding({ provider: 'openai', model: 'e' })
  async embed() {
    return { model: 'e-1', data: [{ embedding: [1] }], usage: { prompt_tokens: 7 } };
  }
  @Retrieval({ dataSource: 'docs' })
  async search() {
    return ['a', 'b'];
  }
  @Traced()
  async plan() {}
  @Workflow('rag.answer')
  async answer() {
    await this.plan();
    await this.embed();
    await this.search();
    await this.ask();
    for await (const _chunk of this.stream());
    await this.ask(true);
  }
}

const telemetry = useTelemetry();
const answerIn = async (semconv: SemconvGeneration): Promise<Record<string, MetricFacts>> => {
  await telemetry.restart({ settings: { semconv } });
  await expect(new Rag().answer()).rejects.toThrow('slow down');
  return telemetry.metrics();
};

const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];

const asked = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'm' };
const chat = { ...asked, 'gen_ai.response.model': 'm-1' };
const embeddings = {
  'gen_ai.operation.name': 'embeddings',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'e',
  'gen_ai.response.model': 'e-1',
};
const retrieval = { 'gen_ai.operation.name': 'retrieval' };
const failed = { 'error.type': 'rate_limit_exceeded' };
const seconds = (...points: Point[]): MetricFacts => ({ unit: 's', buckets: SECONDS, points: sorted(points) });
const inferences = seconds({ attributes: chat, count: 2 }, { attributes: { ...asked, ...failed }, count: 1 });

/** Every decorated call: how often it was called, and as what. */
const CALLS: [method: string, operation: string, calls: number, error?: object][] = [
  ['Rag.plan', 'traced', 1],
  ['Rag.embed', 'embeddings', 1],
  ['Rag.search', 'retrieval', 1],
  ['Rag.ask', 'chat', 1],
  ['Rag.ask', 'chat', 1, failed],
  ['Rag.stream', 'chat', 1],
  ['Rag.answer', 'invoke_workflow', 1, failed],
];
const calls = (counted: 'value' | 'count'): Point[] =>
  sorted(
    CALLS.map(([method, operation, count, error]) => ({
      attributes: { 'code.function.name': method, 'annotel.operation': operation, ...error },
      [counted]: count,
    })),
  );

const IN_ANY: Record<string, MetricFacts> = {
  'annotel.calls': { unit: '{call}', points: calls('value') },
  'annotel.call.duration': seconds(...calls('count')),
  'annotel.retrieval.document.count': {
    unit: '{document}',
    buckets: [0, 1, 2, 5, 10, 20, 50, 100],
    points: [{ attributes: { ...retrieval, 'gen_ai.data_source.id': 'docs' }, count: 1, sum: 2 }],
  },
  'gen_ai.invoke_workflow.duration': {
    unit: 's',
    buckets: [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200],
    points: [{ attributes: { 'gen_ai.workflow.name': 'rag.answer', ...failed }, count: 1 }],
  },
};

const IN_1_41: Record<string, MetricFacts> = {
  'gen_ai.client.operation.duration': seconds(
    { attributes: embeddings, count: 1 },
    { attributes: retrieval, count: 1 },
    ...inferences.points,
  ),
  'gen_ai.client.operation.time_to_first_chunk': seconds({ attributes: chat, count: 1 }),
  'gen_ai.client.operation.time_per_output_chunk': seconds({ attributes: chat, count: 2 }),
  'gen_ai.client.token.usage': {
    unit: '{token}',
    buckets: TOKENS,
    points: sorted([
      { attributes: { ...embeddings, 'gen_ai.token.type': 'input' }, count: 1, sum: 7 },
      { attributes: { ...chat, 'gen_ai.token.type': 'input' }, count: 2, sum: 40 },
      { attributes: { ...chat, 'gen_ai.token.type': 'output' }, count: 2, sum: 10 },
    ]),
  },
};

const tokens = (value: number): MetricFacts => ({
  unit: '{token}',
  points: [{ attributes: { ...chat, 'gen_ai.token.modality': 'unknown' }, value }],
});
const tokensPerCall = (sum: number): MetricFacts => ({
  unit: '{token}',
  buckets: TOKENS,
  points: [{ attributes: chat, count: 2, sum }],
});

const IN_LATEST: Record<string, MetricFacts> = {
  'gen_ai.client.operation.duration': seconds(
    { attributes: embeddings, count: 1 },
    { attributes: retrieval, count: 1 },
  ),
  'gen_ai.client.inference.duration': inferences,
  'gen_ai.client.inference.time_to_first_chunk': seconds({ attributes: chat, count: 1 }),
  'gen_ai.client.inference.time_per_output_chunk': seconds({ attributes: chat, count: 2 }),
  'gen_ai.client.inference.usage.input_tokens': tokens(40),
  'gen_ai.client.inference.usage.output_tokens': tokens(10),
  'gen_ai.client.inference.usage.cache_read.input_tokens': tokens(16),
  'gen_ai.client.inference.usage.cache_write.input_tokens': tokens(8),
  'gen_ai.client.inference.usage.reasoning.output_tokens': tokens(4),
  'gen_ai.client.inference.operation.input_tokens': tokensPerCall(40),
  'gen_ai.client.inference.operation.output_tokens': tokensPerCall(10),
};

test.each<[SemconvGeneration, Record<string, MetricFacts>]>([
  ['1.41', { ...IN_ANY, ...IN_1_41 }],
  ['latest', { ...IN_ANY, ...IN_LATEST }],
  ['both', { ...IN_ANY, ...IN_LATEST, ...IN_1_41 }],
])('generation %s: names, units, buckets, dimensions and counts', async (generation, expected) => {
  expect(await answerIn(generation)).toEqual(expected);
});

test('users and sessions never become dimensions', async () => {
  expect(JSON.stringify(await answerIn('both'))).not.toMatch(/user\.id|session\.id/);
});

test('calls that are sampled out are counted as the others are', async () => {
  const expected = await answerIn('both');
  await telemetry.restart({ sampler: new AlwaysOffSampler(), settings: { semconv: 'both' } });
  await expect(new Rag().answer()).rejects.toThrow('slow down');
  expect(telemetry.spans).toEqual([]);
  expect(await telemetry.metrics()).toEqual(expected);
});

test('tokens of a stream that fails are counted, and not split by its error', async () => {
  const ask = LlmCall({ provider: 'openai', model: 'm' })(async function* () {
    yield { ...chunk, choices: [], usage };
    throw Object.assign(new Error('slow down'), { code: 'rate_limit_exceeded' });
  });
  const stream = ask();
  await stream.next();
  await expect(stream.next()).rejects.toThrow('slow down');
  expect(await telemetry.points('gen_ai.client.token.usage')).toEqual([
    { attributes: { ...chat, 'gen_ai.token.type': 'input' }, count: 1, sum: 20 },
    { attributes: { ...chat, 'gen_ai.token.type': 'output' }, count: 1, sum: 5 },
  ]);
});

describe('gaps between chunks', () => {
  const stream = async (chunks: number, stopAfter = chunks) => {
    const ask = LlmCall({ model: 'm' })(async function* () {
      for (let sent = 0; sent < chunks; sent++) yield { ...chunk, choices: [] };
    });
    let read = 0;
    for await (const _chunk of ask()) if (++read === stopAfter) break;
  };
  const gaps = async () => {
    const points = await telemetry.points('gen_ai.client.operation.time_per_output_chunk');
    return points.reduce((sum, { count = 0 }) => sum + count, 0);
  };

  test.each([
    [0, 0],
    [1, 0],
    [2, 1],
    [513, 512],
    [1500, 1499],
  ])('of %d chunks are %d', async (chunks, expected) => {
    await stream(chunks);
    expect(await gaps()).toBe(expected);
  });

  test('are counted as far as the stream was read', async () => {
    await stream(10, 4);
    expect(await gaps()).toBe(3);
  });

  test.each<[SemconvGeneration, string[]]>([
    ['1.41', ['gen_ai.client.operation.time_per_output_chunk']],
    ['latest', ['gen_ai.client.inference.time_per_output_chunk']],
    ['both', ['gen_ai.client.operation.time_per_output_chunk', 'gen_ai.client.inference.time_per_output_chunk']],
  ])('are each a value of the histogram, in generation %s', async (semconv, names) => {
    await telemetry.restart({ settings: { semconv } });
    const genAi = GenAiMetrics.of(metrics.getMeter('test'), semconv);
    for (const gaps of [[0.5, 0.015, 12, 0.0001, 7, 7, 300], [0.5], []]) {
      genAi.recordGaps(chat, Float64Array.from(gaps));
    }
    genAi.recordGaps(retrieval, Float64Array.of(1));
    const recorded = (await telemetry.captured.metrics()).filter(({ dataPoints }) => dataPoints.length > 0);
    expect(recorded.map(({ descriptor }) => descriptor.name)).toEqual(names);
    const counts = [1, 1, 0, 0, 0, 0, 2, 0, 0, 0, 2, 1, 0, 0, 1];
    const value = { count: 8, sum: expect.closeTo(327.0151, 9), buckets: { boundaries: SECONDS, counts } };
    for (const { dataPoints } of recorded) expect(dataPoints).toMatchObject([{ attributes: chat, value }]);
  });
});

test('where a method fails in ever new ways, the number of series stays bounded', async () => {
  const fail = Traced('work')((code: string) => {
    throw Object.assign(new Error(code), { code });
  });
  for (let n = 0; n < 2100; n++) expect(() => fail(`E${n}`)).toThrow();
  const points = await telemetry.points('annotel.calls');
  const total = points.reduce((sum, { value = 0 }) => sum + value, 0);
  expect(points.length).toBeLessThan(1100);
  expect(total).toBe(2100);
});
