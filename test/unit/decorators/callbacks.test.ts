import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { diag } from '@opentelemetry/api';
import { Embedding, LlmCall, Retrieval, Traced, Workflow } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry({ rethrowFaults: false });

beforeAll(() => {
  diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} }, { suppressOverrideMessage: true });
});
afterAll(() => diag.disable());

const fault = new Error('fault of the callback');
const faulty = (): never => {
  throw fault;
};
const request = { model: 'gpt-4o', input: 'why' };
const answer = { object: 'list', documents: ['a'], data: [{ embedding: [1, 2] }], usage: { prompt_tokens: 2 } };
const method = async (_request: object, _query: string) => answer;

/** What each call records without its faulty callback. */
const chat = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o', 'gen_ai.usage.input_tokens': 2 };
const retrieval = {
  'annotel.retrieval.document.count': 1,
  'annotel.retrieval.query.length': 3,
  'gen_ai.request.top_k': 4,
};
const without = (name: string, attributes: Record<string, unknown>) => {
  const { [name]: _lost, ...others } = attributes;
  return others;
};

test.each<[string, (of: typeof method) => typeof method, string, Record<string, unknown>]>([
  ['name of @Traced()', Traced({ name: faulty }), 'method', {}],
  ['attributes of @Traced()', Traced({ name: 'n', attributes: faulty }), 'n', {}],
  ['result of @Traced()', Traced({ attributes: { a: 1 }, result: faulty }), 'method', { a: 1 }],
  ['name of @Workflow()', Workflow({ name: faulty }), 'invoke_workflow method', { 'gen_ai.workflow.name': 'method' }],
  ['name of @LlmCall()', LlmCall({ name: faulty }), 'chat gpt-4o', chat],
  ['attributes of @LlmCall()', LlmCall({ attributes: faulty }), 'chat gpt-4o', chat],
  ['result of @LlmCall()', LlmCall({ result: faulty }), 'chat gpt-4o', chat],
  ['model of @LlmCall()', LlmCall({ model: faulty }), 'chat gpt-4o', chat],
  ['request of @LlmCall()', LlmCall({ request: faulty }), 'chat', without('gen_ai.request.model', chat)],
  ['response of @LlmCall()', LlmCall({ response: faulty }), 'chat gpt-4o', chat],
  ['model of @Embedding()', Embedding({ model: faulty }), 'embeddings gpt-4o', { 'gen_ai.request.model': 'gpt-4o' }],
  [
    'query of @Retrieval()',
    Retrieval({ topK: 4, query: faulty }),
    'retrieval',
    without('annotel.retrieval.query.length', retrieval),
  ],
  ['topK of @Retrieval()', Retrieval({ topK: faulty }), 'retrieval', without('gen_ai.request.top_k', retrieval)],
  [
    'documents of @Retrieval()',
    Retrieval({ topK: 4, documents: faulty }),
    'retrieval',
    without('annotel.retrieval.document.count', retrieval),
  ],
])('a fault in %s costs only what it would have added', async (_what, decorate, name, attributes) => {
  await expect(decorate(method)(request, 'why')).resolves.toBe(answer);
  expect(telemetry.span).toMatchObject({ name, attributes });
  expect(telemetry.span).not.toHaveProperty('error');
  expect(telemetry.logs).toHaveLength(1);
  expect(await telemetry.points('annotel.calls')).toMatchObject([{ value: 1 }]);
});

test('a call that fails still fails with its own error', () => {
  const own = new TypeError('own');
  const fail = Traced({ name: faulty, attributes: faulty, result: faulty })(() => {
    throw own;
  });
  expect(fail).toThrow(own);
  expect(telemetry.span.error).toBe('own');
});

describe('a callback that answers with something else', () => {
  test('a name that is no text leaves the name as it is', () => {
    Traced({ name: (() => 7) as unknown as () => string })(function work() {})();
    expect(telemetry.span.name).toBe('work');
  });

  test('a promise is ignored, and its rejection with it', async () => {
    const unhandled: unknown[] = [];
    const listener = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', listener);
    const late = (async () => {
      throw new Error('late');
    }) as unknown as () => Record<string, string>;
    Traced({ attributes: late, result: late })(function work() {})();
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', listener);
    expect(unhandled).toEqual([]);
    expect(telemetry.span.attributes).toEqual({ 'annotel.operation': 'traced', 'code.function.name': 'work' });
  });

  const opaque = new Proxy(
    {},
    {
      get: faulty,
      ownKeys: faulty,
    },
  );
  test.each<[string, (of: typeof method) => typeof method]>([
    ['attributes', LlmCall({ attributes: () => opaque })],
    ['result', LlmCall({ result: () => opaque })],
    ['model', LlmCall({ model: () => opaque as string })],
  ])('%s that cannot be looked at cost only themselves', async (_what, decorate) => {
    await expect(decorate(method)(request, 'why')).resolves.toBe(answer);
    expect(telemetry.span).toMatchObject({ name: 'chat gpt-4o', attributes: chat });
  });

  test('a request that cannot be looked at costs only itself', async () => {
    await LlmCall({ request: () => opaque })(method)(request, 'why');
    expect(telemetry.span.attributes).toMatchObject(without('gen_ai.request.model', chat));
  });

  test('a response that cannot be looked at costs only itself', async () => {
    await LlmCall({ response: () => opaque, result: () => ({ a: 1 }) })(method)(request, 'why');
    expect(telemetry.span.attributes).toMatchObject({ 'gen_ai.request.model': 'gpt-4o', a: 1 });
  });

  test.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('%p is no count, and spoils no sum', async (count) => {
    await telemetry.restart({ rethrowFaults: false, settings: { semconv: 'both' } });
    let counted = count;
    const usage = () => ({ inputTokens: counted, outputTokens: counted });
    const attributes = () => ({ 'gen_ai.usage.input_tokens': counted });
    const response = () => ({ model: 'gpt-4o', usage: usage(), cost: { amount: counted, currency: 'USD' } });
    const told = LlmCall({ response })(method);
    const said = LlmCall({ result: attributes })(method);
    await told(request, 'why');
    await said(request, 'why');
    counted = 1;
    await told(request, 'why');
    expect(await telemetry.points('annotel.cost')).toMatchObject([{ value: 1 }]);
    expect(await telemetry.points('gen_ai.client.inference.usage.input_tokens')).toMatchObject([{ value: 1 }]);
  });

  test('attributes without a value are left out', () => {
    const given = { 'user.id': null, 'order.id': 3, 'cart.id': undefined };
    Traced({ attributes: () => given, result: () => given })(function work() {})();
    expect(telemetry.span.attributes).toMatchObject({ 'order.id': 3 });
    expect(Object.keys(telemetry.span.attributes)).not.toContain('user.id');
  });
});

test('a function without a name goes by the name that its decorator gives it', () => {
  Traced('ticket.classify')(() => 1)();
  expect(telemetry.span.attributes['code.function.name']).toBe('ticket.classify');
});
