import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Arrived, type Receiver, receiveOtlp } from '../support/mock-otlp-server.js';
import { compile, type Program, start } from '../support/programs.js';

let receiver: Receiver;
let app: Program;
let answers: { status: number; body: Record<string, unknown> }[];

beforeAll(async () => {
  compile('samples/tsconfig.json');
  receiver = await receiveOtlp();
  app = start(['--import', 'annotel/register', 'samples/rag/dist/main.js'], {
    PORT: '0',
    MARKDOWN_FOLDER: 'node_modules/pg-pool',
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    OTEL_SERVICE_NAME: 'rag',
  });
  const [, url = ''] = await app.prints(/Ready: POST (\S+)/);
  const ask = async (question: unknown) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(question),
    });
    return { status: response.status, body: await response.json() };
  };
  answers = [
    await ask({ question: 'What does the acquire event of the pool tell?' }),
    await ask({ question: 'What does the pool do?', model: 'gpt-nonexistent' }),
    await ask({ question: '' }),
  ];
  expect(await app.end()).toBe('SIGTERM');
}, 60_000);

afterAll(() => receiver.close());

const traceOf = (leaf: string) => {
  const { traceId } = receiver.spans.find(({ name }) => name === leaf) as Arrived;
  return receiver.spans.filter((span) => span.traceId === traceId);
};

/** The names from the root down to a span. */
const pathTo = (leaf: string): string[] => {
  const trace = traceOf(leaf);
  const path: string[] = [];
  let span = trace.find(({ name }) => name === leaf);
  while (span) {
    path.unshift(span.name);
    span = trace.find(({ spanId }) => spanId === span?.parentSpanId);
  }
  return path;
};

const WAY = ['POST /ask', 'RagController.ask', 'invoke_workflow rag.answer'];

test('a question is answered with its sources', () => {
  expect(answers[0]).toMatchObject({ status: 200, body: { answer: expect.stringContaining('acquire') } });
  expect(answers[0]?.body['sources']).not.toHaveLength(0);
});

test('its trace leads from the request through the workflow to each step, and on to HTTP and SQL', () => {
  expect(pathTo('chat gpt-4o-mini')).toEqual([...WAY, 'chat gpt-4o-mini']);
  expect(pathTo('retrieval pgvector')).toEqual([...WAY, 'retrieval pgvector']);
  const trace = traceOf('chat gpt-4o-mini');
  const childrenOf = (name: string) => {
    const parent = trace.find((span) => span.name === name);
    return trace.filter(({ parentSpanId }) => parentSpanId === parent?.spanId).map((span) => span.name);
  };
  expect(childrenOf('invoke_workflow rag.answer')).toEqual([
    'embeddings text-embedding-3-small',
    'retrieval pgvector',
    'chat gpt-4o-mini',
  ]);
  expect(childrenOf('retrieval pgvector')).toEqual(['pg.query:SELECT postgres']);
  expect(childrenOf('chat gpt-4o-mini')).toEqual(['POST']);
  expect(trace.some(({ failed }) => failed)).toBe(false);
});

test('the model call says what was asked, what answered and what it took', () => {
  const chat = traceOf('chat gpt-4o-mini').find(({ name }) => name.startsWith('chat'));
  expect(chat?.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o-mini',
    'gen_ai.request.stream': true,
    'gen_ai.response.id': expect.stringMatching(/^chatcmpl-/),
    'gen_ai.response.time_to_first_chunk': expect.any(Number),
    'code.function.name': 'ModelClient.generate',
  });
  expect(String(chat?.attributes['gen_ai.usage.input_tokens'])).toMatch(/^[1-9]\d*$/);
  expect(JSON.stringify(chat)).not.toContain('acquire');
});

test('each of its steps has a log record with the same trace id and its own span id', () => {
  const trace = traceOf('chat gpt-4o-mini').filter(({ attributes }) => attributes['gen_ai.operation.name']);
  for (const span of trace) {
    const records = receiver.logs.filter(({ spanId }) => spanId === span.spanId);
    expect(records.map(({ traceId }) => traceId)).toEqual([span.traceId]);
  }
  expect(trace).toHaveLength(4);
});

test('a model that fails fails the request, and every span on the way says so', () => {
  expect(answers[1]?.status).toBe(502);
  const failed = traceOf('chat gpt-nonexistent').filter((span) => span.failed);
  expect(failed.map(({ name }) => name).sort()).toEqual(
    ['POST', 'POST /ask', 'RagController.ask', 'chat gpt-nonexistent', 'invoke_workflow rag.answer'].sort(),
  );
  const chat = failed.find(({ name }) => name === 'chat gpt-nonexistent');
  expect(chat?.attributes['error.type']).toBe('model_not_found');
});

test('an empty question is refused, and traced', () => {
  expect(answers[2]?.status).toBe(400);
});

test('the metrics of all of it arrive', () => {
  expect([...receiver.metricNames]).toEqual(
    expect.arrayContaining([
      'annotel.call.duration',
      'annotel.calls',
      'annotel.retrieval.document.count',
      'gen_ai.client.operation.duration',
      'gen_ai.client.operation.time_per_output_chunk',
      'gen_ai.client.operation.time_to_first_chunk',
      'gen_ai.client.token.usage',
      'http.server.request.duration',
    ]),
  );
});
