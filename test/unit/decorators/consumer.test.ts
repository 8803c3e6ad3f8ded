import { describe, expect, test } from '@jest/globals';
import { context, type Link, propagation, SpanKind, trace } from '@opentelemetry/api';
import {
  Agent,
  Consumer,
  carrierVia,
  injectContext,
  LlmCall,
  requestContext,
  Traced,
  withRequestContext,
} from '../../../lib/index.js';
import { createPropagator } from '../../../lib/sdk/propagation/propagator.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

interface Message {
  id?: string;
  headers?: object;
}

const named = (name: string) => {
  const span = telemetry.captured.spans.find((candidate) => candidate.name === name);
  if (!span) throw new Error(`no span ${name} among ${telemetry.captured.spans.map((each) => each.name)}`);
  return span;
};
const linkedTo = (links: readonly Link[] = []) => links.map((link) => link.context.spanId);

/** What a producer span of this name puts into the headers of its message. */
const produced = (name: string) => Traced({ name, kind: SpanKind.PRODUCER })(() => injectContext())();
const producer = (name: string) => named(name).spanContext();

class Orders {
  @Consumer({
    system: 'kafka',
    destination: 'orders',
    consumerGroup: 'billing',
    carrier: (message: Message) => message.headers,
    messageId: (message: Message) => message.id,
  })
  async handle(_message: Message): Promise<string> {
    return 'done';
  }

  @Consumer({ system: 'kafka', destination: 'orders', carrier: (message: Message) => message.headers, root: true })
  linked(_message: Message): void {}

  @Consumer({
    system: 'kafka',
    destination: 'orders',
    carrier: (messages: Message[]) => messages.map(({ headers }) => headers),
  })
  batch(_messages: Message[]): void {}

  @Consumer({ system: 'cron', destination: 'nightly' })
  nightly(): void {}

  @Consumer({ system: 'kafka', destination: 'orders' })
  fails(): void {
    throw new RangeError('no stock');
  }
}

test('a message is processed in a span and with metrics as the messaging conventions name them', async () => {
  await expect(new Orders().handle({ id: 'm-1' })).resolves.toBe('done');
  const dimensions = {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'process',
    'messaging.destination.name': 'orders',
    'messaging.consumer.group.name': 'billing',
  };
  const attributes = {
    ...dimensions,
    'annotel.operation': 'process',
    'code.function.name': 'Orders.handle',
    'messaging.message.id': 'm-1',
    'messaging.operation.type': 'process',
  };
  expect(telemetry.spans).toEqual([{ name: 'process orders', kind: 'CONSUMER', attributes }]);
  expect(telemetry.logs).toEqual([
    { eventName: 'annotel.call', severity: 'DEBUG', body: 'Orders.handle succeeded', attributes },
  ]);
  expect(await telemetry.metrics()).toMatchObject({
    'messaging.process.duration': {
      unit: 's',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
      points: [{ attributes: dimensions, count: 1 }],
    },
    'messaging.client.consumed.messages': { unit: '{message}', points: [{ attributes: dimensions, value: 1 }] },
  });
});

test('a failure is told as everywhere', async () => {
  expect(() => new Orders().fails()).toThrow(new RangeError('no stock'));
  expect(telemetry.span).toMatchObject({ error: 'no stock', attributes: { 'error.type': 'RangeError' } });
  expect(telemetry.logs).toMatchObject([{ eventName: 'exception', severity: 'WARN' }]);
  for (const metric of ['messaging.process.duration', 'messaging.client.consumed.messages', 'annotel.calls']) {
    expect(await telemetry.points(metric)).toMatchObject([{ attributes: { 'error.type': 'RangeError' } }]);
  }
});

describe('the span', () => {
  test('is a child of the producer’s, and linked to it and to what it was called in', async () => {
    const headers = produced('send');
    await Traced('loop')(() => new Orders().handle({ headers }))();
    const span = named('process orders');
    expect(span.parentSpanContext).toMatchObject({ spanId: producer('send').spanId, isRemote: true });
    expect(span.spanContext().traceId).toBe(producer('send').traceId);
    expect(linkedTo(span.links)).toEqual([producer('send').spanId, producer('loop').spanId]);
  });

  test('is with root: true a trace of its own, linked to both', () => {
    const headers = produced('send');
    Traced('loop')(() => new Orders().linked({ headers }))();
    const span = named('process orders');
    expect(span.parentSpanContext).toBeUndefined();
    expect([producer('send'), producer('loop')].map(({ traceId }) => traceId)).not.toContain(
      span.spanContext().traceId,
    );
    expect(linkedTo(span.links)).toEqual([producer('send').spanId, producer('loop').spanId]);
  });

  test('of a batch is a trace of its own, linked to each producer, and counts the messages', async () => {
    const messages = [{ headers: produced('one') }, {}, { headers: produced('two') }];
    Traced('loop')(() => new Orders().batch(messages))();
    const span = named('process orders');
    expect(span.parentSpanContext).toBeUndefined();
    expect(linkedTo(span.links)).toEqual(['one', 'two', 'loop'].map((name) => producer(name).spanId));
    expect(span.attributes).toMatchObject({ 'messaging.batch.message_count': 3 });
    expect(await telemetry.points('messaging.client.consumed.messages')).toMatchObject([{ value: 3 }]);
  });

  test.each<[string, (orders: Orders) => unknown]>([
    ['without a carrier', (orders) => orders.nightly()],
    ['of a message without headers', (orders) => orders.linked({})],
    ['of a message whose headers say nothing', (orders) => orders.linked({ headers: { traceparent: 'x' } })],
  ])('%s is a trace of its own, linked to what it was called in', (_what, call) => {
    Traced('loop')(() => call(new Orders()))();
    const [span] = telemetry.captured.spans;
    expect(span?.kind).toBe(SpanKind.CONSUMER);
    expect(span?.parentSpanContext).toBeUndefined();
    expect(span?.spanContext().traceId).not.toBe(producer('loop').traceId);
    expect(linkedTo(span?.links)).toEqual([producer('loop').spanId]);
  });

  test('is parent of what the handler does', async () => {
    const handle = Consumer({ system: 'bullmq', destination: 'jobs', carrier: (job: Message) => job.headers })(
      async (_job: Message) => Traced('inner')(() => 1)(),
    );
    await handle({ headers: produced('send') });
    expect(telemetry.spans.find(({ name }) => name === 'inner')?.parent).toBe('process jobs');
  });

  test('may be named otherwise, by arguments too, and so may its destination', () => {
    const options = { system: 'kafka', destination: ({ topic }: { topic: string }) => topic };
    Consumer(options)((_message: { topic: string }) => {})({ topic: 'refunds' });
    Consumer({ ...options, name: 'refund' })((_message: { topic: string }) => {})({ topic: 'refunds' });
    Consumer({ ...options, destination: () => '' })(() => {})();
    expect(telemetry.spans.map(({ name, attributes }) => [name, attributes['messaging.destination.name']])).toEqual([
      ['process refunds', 'refunds'],
      ['refund', 'refunds'],
      ['process', undefined],
    ]);
  });

  test('is no part of an agent’s turn or of a model call that it is called in', async () => {
    const answer = { object: 'chat.completion', model: 'm', choices: [], usage: { prompt_tokens: 5 } };
    const ask = LlmCall({ model: 'm' })(async () => answer);
    const job = Consumer({ system: 'cron', destination: 'nightly' })(() => ask());
    await Agent('helper')(() => LlmCall({ model: 'o' })(() => job())())();
    expect(telemetry.spans.map(({ name, parent }) => [name, parent])).toEqual([
      ['chat m', 'process nightly'],
      ['process nightly', undefined],
      ['chat o', 'invoke_agent helper'],
      ['invoke_agent helper', undefined],
    ]);
    expect(named('invoke_agent helper').attributes).toMatchObject({ 'annotel.agent.inference_calls': 1 });
  });
});

describe('headers are read as the clients hand them out:', () => {
  test.each<[string, (text: string) => unknown]>([
    ['a text', (text) => text],
    ['a Buffer', (text) => Buffer.from(text)],
    ['a part of a larger buffer', (text) => new Uint8Array(Buffer.from(`xx${text}yy`)).subarray(2, 2 + text.length)],
    ['a list of texts', (text) => [text]],
    ['a list of Buffers', (text) => [Buffer.from(text)]],
  ])('%s', async (_form, as) => {
    const headers = produced('send');
    await new Orders().handle({ headers: { other: 7, traceparent: as(headers['traceparent'] as string) } });
    expect(named('process orders').parentSpanContext?.spanId).toBe(producer('send').spanId);
  });

  test.each<[string, unknown]>([
    ['a number', 7],
    ['nothing', null],
    ['a list of nothing', [undefined, 7]],
  ])('%s is none', async (_form, traceparent) => {
    await new Orders().handle({ headers: { traceparent } });
    expect(named('process orders').parentSpanContext).toBeUndefined();
  });

  test('headers that cannot be looked at, or had, cost only themselves', async () => {
    await telemetry.restart({ rethrowFaults: false });
    const fault = () => {
      throw new Error('fault');
    };
    const opaque = new Proxy({}, { get: fault, ownKeys: fault });
    await new Orders().handle({ headers: opaque });
    const options = { system: 'kafka', destination: fault, messageId: fault, carrier: fault };
    expect(Consumer(options)(() => 'done')()).toBe('done');
    expect(Consumer({ ...options, carrier: (async () => ({})) as never })(() => 'done')()).toBe('done');
    expect(telemetry.spans.map(({ name }) => name)).toEqual(['process orders', 'process', 'process']);
  });
});

describe('the request context', () => {
  const believe = (...hosts: string[]) => {
    propagation.disable();
    propagation.setGlobalPropagator(createPropagator({ propagators: ['tracecontext', 'baggage'], hosts }));
  };
  const seenBy = (headers: object | undefined) => {
    let seen: unknown;
    const read = Consumer({ system: 'q', destination: 'd', carrier: () => headers })(() => {
      seen = { ...requestContext(), plan: propagation.getBaggage(context.active())?.getEntry('plan')?.value };
    });
    return { read, seen: () => seen };
  };
  const sentBy = (values: object, host: string) =>
    withRequestContext(values, () => injectContext(carrierVia(host, {} as Record<string, string>)));

  test('comes with the message from a trusted host, as a whole and in place of the one around', () => {
    believe('queue.internal');
    const headers = sentBy({ tenantId: 'acme', userId: 'u-1' }, 'queue.internal');
    expect(headers['baggage']).toBe('annotel.tenant.id=acme,user.id=u-1');
    const { read, seen } = seenBy(carrierVia('queue.internal', headers));
    withRequestContext({ tenantId: 'other', sessionId: 's' }, () => Traced('loop')(() => read())());
    expect(seen()).toEqual({ tenantId: 'acme', userId: 'u-1' });
    expect(named('process d').attributes).toMatchObject({ 'annotel.tenant.id': 'acme', 'user.id': 'u-1' });
    expect(named('process d').attributes).not.toHaveProperty(['session.id']);
  });

  test.each<[string, (headers: Record<string, string>) => object]>([
    ['that nobody vouches for', (headers) => headers],
    ['from a host that is not trusted', (headers) => carrierVia('elsewhere', headers)],
  ])('in a message %s is not believed; that around the call stays', (_what, received) => {
    believe('queue.internal');
    const headers = sentBy({ tenantId: 'acme' }, 'queue.internal');
    const { read, seen } = seenBy(received({ ...headers }));
    withRequestContext({ tenantId: 'own' }, read);
    expect(seen()).toEqual({ tenantId: 'own' });
  });

  test('of a batch is that around the call: its messages may be of many', () => {
    believe('queue.internal');
    const message = () => ({ headers: carrierVia('queue.internal', sentBy({ tenantId: 'acme' }, 'queue.internal')) });
    withRequestContext({ featureId: 'jobs' }, () => new Orders().batch([message(), message()]));
    expect(named('process orders').attributes).toMatchObject({ 'annotel.feature.id': 'jobs' });
    expect(named('process orders').attributes).not.toHaveProperty(['annotel.tenant.id']);
  });

  test('stays, with root: true, the one of the message', () => {
    believe('queue.internal');
    const headers = carrierVia('queue.internal', sentBy({ tenantId: 'acme' }, 'queue.internal'));
    new Orders().linked({ headers });
    expect(named('process orders').attributes).toMatchObject({ 'annotel.tenant.id': 'acme' });
  });
});

describe('injectContext', () => {
  test('writes the trace that is running into the very object, or a new one', () => {
    const headers = { existing: '1' };
    const [same, fresh] = Traced('send')(() => [injectContext(headers), injectContext()])();
    const { traceId, spanId } = producer('send');
    const traceparent = `00-${traceId}-${spanId}-01`;
    expect(same).toBe(headers);
    expect([same, fresh]).toEqual([{ existing: '1', traceparent }, { traceparent }]);
  });

  test('writes nothing where nothing runs, and never throws', async () => {
    expect(injectContext()).toEqual({});
    await telemetry.restart({ rethrowFaults: false });
    expect(trace.getActiveSpan()).toBeUndefined();
    expect(() => Traced()(() => injectContext(Object.freeze({})))()).not.toThrow();
  });
});
