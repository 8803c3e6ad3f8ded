import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  context,
  propagation,
  ROOT_CONTEXT,
  SeverityNumber,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  AlwaysOnSampler,
  InMemorySpanExporter,
  type Sampler,
  SimpleSpanProcessor,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { withRequestContext } from '../../../../lib/index.js';
import { Cleaner } from '../../../../lib/privacy/cleaning/cleaner.js';
import { OutgoingLogProcessor } from '../../../../lib/sdk/processors/log-processor.js';
import { OutgoingSpanProcessor } from '../../../../lib/sdk/processors/span-processor.js';
import { parseKeep } from '../../../../lib/sdk/sampling/keep-rules.js';
import { createSampler } from '../../../../lib/sdk/sampling/sampler.js';
import { configure, rethrowFaults, settings } from '../../../../lib/settings.js';

const before = settings();

beforeEach(() => {
  rethrowFaults(true);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});

afterEach(() => {
  configure(before);
  context.disable();
  propagation.disable();
});

interface Setup {
  dropped?: string[];
  keep?: string;
  sampler?: Sampler;
  more?: SpanProcessor[];
}

function tracing({ dropped = [], keep = 'errors', sampler = new AlwaysOnSampler(), more = [] }: Setup = {}) {
  const exporter = new InMemorySpanExporter();
  const limits = { maxTraces: 10, maxSpans: 100, maxSpansPerTrace: 50, maxAge: 60_000 };
  const { rules } = parseKeep(keep);
  const processors = [new SimpleSpanProcessor({ exporter }), ...more];
  const outlet = new OutgoingSpanProcessor(processors, new Cleaner(dropped), { rules, ...limits });
  const spanProcessors = [outlet];
  return { provider: new TracerProvider({ sampler, spanProcessors }), exporter, outlet };
}

describe('OutgoingSpanProcessor', () => {
  it('cleans what a library recorded: name, attributes, events, status', () => {
    const { provider, exporter } = tracing({ dropped: ['net.*'] });
    const span = provider.getTracer('@opentelemetry/instrumentation-http').startSpan('GET', {
      kind: SpanKind.CLIENT,
      attributes: { 'url.full': 'https://h.example.com/?token=abc', 'net.peer.port': 443 },
    });
    span.updateName('GET /of/ann@example.com');
    span.recordException(new Error('no such user: ann@example.com'));
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'key sk-proj-a8Fk2mZq9Xw3Lr7Tn5Vb1Yc4Hd6Gj0PsQeUi refused' });
    span.end();
    const [exported] = exporter.getFinishedSpans();
    expect(exported?.name).toBe('GET /of/[EMAIL]');
    expect(exported?.attributes).toEqual({ 'url.full': 'https://h.example.com/?token=[SECRET]' });
    expect(exported?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'key [SECRET] refused' });
    expect(exported?.events[0]?.attributes?.['exception.message']).toBe('no such user: [EMAIL]');
    expect(exported?.events[0]?.attributes?.['exception.stacktrace']).not.toContain('ann@example.com');
  });

  it('hands on the very span where nothing has to be changed', () => {
    const ended: unknown[] = [];
    const watching = {
      onStart() {},
      onEnd: (span: unknown) => ended.push(span),
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const { provider } = tracing({ more: [watching as unknown as SpanProcessor] });
    const span = provider.getTracer('annotel').startSpan('work');
    span.end();
    expect(ended).toEqual([span]);
    expect(ended[0]).toBe(span);
  });

  it('hands on the very span of a library whose texts can all leave, and a copy of one that may change later', () => {
    const ended: unknown[] = [];
    const watching = {
      onStart() {},
      onEnd: (span: unknown) => ended.push(span),
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const { provider, exporter } = tracing({ more: [watching as unknown as SpanProcessor] });
    const tracer = provider.getTracer('@opentelemetry/instrumentation-http');
    const attributes = {
      'url.path': '/orders/4711',
      'http.response.status_code': 200,
      'network.peer.address': '127.0.0.1',
    };
    const plain = tracer.startSpan('GET /orders/:id', { kind: SpanKind.SERVER, attributes });
    plain.end();
    const names = ['ann', 'bob'];
    const listing = tracer.startSpan('list', { attributes: { names } });
    listing.end();
    names[0] = 'ann@example.com';
    expect(ended[0]).toBe(plain);
    expect(ended[1]).not.toBe(listing);
    expect(exporter.getFinishedSpans().map((span) => span.attributes)).toEqual([attributes, { names: ['ann', 'bob'] }]);
  });

  it('puts the request context on every span below, and leaves what a span says of itself', () => {
    const { provider, exporter } = tracing();
    const tracer = provider.getTracer('pg');
    withRequestContext({ tenantId: 'acme', userId: 'u-1' }, () => {
      tracer.startSpan('plain').end();
      tracer.startSpan('own', { attributes: { 'user.id': 'u-2' } }).end();
    });
    tracer.startSpan('outside').end();
    const attributes = Object.fromEntries(exporter.getFinishedSpans().map((span) => [span.name, span.attributes]));
    expect(attributes).toEqual({
      plain: { 'annotel.tenant.id': 'acme', 'user.id': 'u-1' },
      own: { 'annotel.tenant.id': 'acme', 'user.id': 'u-2' },
      outside: {},
    });
  });

  it('exports a trace that a rule keeps as sampled and certain, though it went on its way as not sampled', () => {
    const sampler = createSampler({
      sampler: 'always_off',
      ratio: 1,
      tracesPerSecond: undefined,
      keep: parseKeep('errors').rules,
    });
    const { provider, exporter } = tracing({ sampler });
    const root = provider.getTracer('annotel').startSpan('root');
    const child = provider.getTracer('http').startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, root));
    child.setStatus({ code: SpanStatusCode.ERROR });
    child.end();
    expect(exporter.getFinishedSpans()).toEqual([]);
    root.end();
    expect(root.spanContext().traceFlags).toBe(0);
    const spans = exporter.getFinishedSpans();
    expect(spans.map(({ name }) => name).sort()).toEqual(['child', 'root']);
    for (const span of spans) {
      expect(span.spanContext().traceFlags).toBe(1);
      expect(span.spanContext().traceState?.get('ot')).toBe('th:0');
    }
    expect(spans.find(({ name }) => name === 'root')?.attributes).toEqual({ 'annotel.sampling.kept': 'error' });
  });

  it('tells the weight of what was sampled at a ratio', () => {
    const sampler = createSampler({
      sampler: 'traceidratio',
      ratio: 0.25,
      tracesPerSecond: undefined,
      keep: parseKeep('errors').rules,
    });
    const { provider, exporter } = tracing({ sampler });
    for (let index = 0; index < 100; index += 1) provider.getTracer('annotel').startSpan('work').end();
    const spans = exporter.getFinishedSpans();
    expect(spans.length).toBeGreaterThan(2);
    expect(spans.length).toBeLessThan(75);
    for (const span of spans) expect(span.attributes).toEqual({ 'annotel.sampling.weight': 4 });
  });

  it("lets the app's processors see the end of each span whose start they saw, sampled or not", () => {
    const open = new Map<string, number>();
    const ended: [string, number][] = [];
    const watching = {
      onStart: (span: { spanContext(): { spanId: string } }) => open.set(span.spanContext().spanId, 1),
      onEnd: (span: { name: string; spanContext(): { spanId: string; traceFlags: number } }) => {
        open.delete(span.spanContext().spanId);
        ended.push([span.name, span.spanContext().traceFlags]);
      },
      forceFlush: async () => {},
      shutdown: async () => {},
    } as unknown as SpanProcessor;
    const keep = parseKeep('errors').rules;
    const sampler = createSampler({ sampler: 'always_off', ratio: 1, tracesPerSecond: undefined, keep });
    const limits = { rules: keep, maxTraces: 10, maxSpans: 100, maxSpansPerTrace: 2, maxAge: 60_000 };
    const exporter = new InMemorySpanExporter();
    const processors = [new SimpleSpanProcessor({ exporter }), watching];
    const outlet = new OutgoingSpanProcessor(processors, new Cleaner([]), limits, [watching]);
    const tracer = new TracerProvider({ sampler, spanProcessors: [outlet] }).getTracer('http');
    tracer.startSpan('dropped').end();
    const root = tracer.startSpan('kept');
    const below = trace.setSpan(ROOT_CONTEXT, root);
    const children = ['first', 'left out'].map((name) => tracer.startSpan(name, {}, below));
    for (const child of children) child.end();
    root.setStatus({ code: SpanStatusCode.ERROR });
    root.end();
    expect(open.size).toBe(0);
    expect(ended.sort()).toEqual([
      ['dropped', 0],
      ['first', 1],
      ['kept', 1],
      ['left out', 0],
    ]);
    expect(
      exporter
        .getFinishedSpans()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['first', 'kept']);
  });

  it('goes on where a processor of the app throws', () => {
    rethrowFaults(false);
    const broken = {
      onStart() {
        throw new Error('broken');
      },
      onEnd() {
        throw new Error('broken');
      },
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const exporter = new InMemorySpanExporter();
    const limits = { rules: parseKeep('errors').rules, maxTraces: 1, maxSpans: 1, maxSpansPerTrace: 1, maxAge: 1 };
    const outlet = new OutgoingSpanProcessor([broken, new SimpleSpanProcessor({ exporter })], new Cleaner([]), limits);
    new TracerProvider({ spanProcessors: [outlet] }).getTracer('annotel').startSpan('work').end();
    expect(exporter.getFinishedSpans()).toHaveLength(1);
  });
});

describe('OutgoingLogProcessor', () => {
  const logging = (dropped: string[] = [], isWanted = () => true) => {
    const exporter = new InMemoryLogRecordExporter();
    const outlet = new OutgoingLogProcessor(
      [new SimpleLogRecordProcessor({ exporter })],
      new Cleaner(dropped),
      isWanted,
    );
    return { provider: new LoggerProvider({ processors: [outlet] }), exporter };
  };

  it('cleans what others log, and adds the request context', () => {
    const { provider, exporter } = logging(['secret.*']);
    withRequestContext({ tenantId: 'acme' }, () => {
      provider.getLogger('OrderService').emit({
        severityNumber: SeverityNumber.INFO,
        body: 'order of ann@example.com',
        attributes: { mail: 'ann@example.com', 'secret.word': 'x', 'http.request.header.cookie': 'a=b' },
      });
    });
    const [record] = exporter.getFinishedLogRecords();
    expect(record?.body).toBe('order of [EMAIL]');
    expect(record?.attributes).toEqual({
      mail: '[EMAIL]',
      'http.request.header.cookie': '[SECRET]',
      'annotel.tenant.id': 'acme',
    });
    expect(record?.instrumentationScope.name).toBe('OrderService');
  });

  it("leaves annotel's own records as they are", () => {
    const { provider, exporter } = logging();
    provider.getLogger('annotel').emit({ body: 'said ann@example.com', attributes: { a: 'ann@example.com' } });
    expect(exporter.getFinishedLogRecords()[0]).toMatchObject({
      body: 'said ann@example.com',
      attributes: { a: 'ann@example.com' },
    });
  });

  it('keeps the order of what is logged within one millisecond', () => {
    const { provider, exporter } = logging();
    for (let index = 0; index < 50; index += 1)
      provider.getLogger('a').emit({ body: index, timestamp: [1_700_000_000, 5e6] });
    const times = exporter.getFinishedLogRecords().map(({ hrTime }) => hrTime[1]);
    expect(times).toEqual(times.map((_, index) => 5e6 + index * 1000));
  });

  it("keeps it of annotel's own records, too, and leaves the record of the SDK as it is", () => {
    const seen: { hrTime: readonly number[] }[] = [];
    const exporter = new InMemoryLogRecordExporter();
    const watching = {
      onEmit: (record: { hrTime: readonly number[] }) => void seen.push(record),
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const outlet = new OutgoingLogProcessor([new SimpleLogRecordProcessor({ exporter })], new Cleaner([]), () => true);
    const logger = new LoggerProvider({ processors: [watching, outlet] }).getLogger('annotel');
    for (const body of ['a', 'b']) logger.emit({ body, timestamp: [1_700_000_000, 5e6] });
    expect(exporter.getFinishedLogRecords().map(({ hrTime }) => hrTime)).toEqual([
      [1_700_000_000, 5e6],
      [1_700_000_000, 5e6 + 1000],
    ]);
    expect(seen.map(({ hrTime }) => hrTime[1])).toEqual([5e6, 5e6]);
  });

  it('leaves out what is not wanted', () => {
    const { provider, exporter } = logging([], () => false);
    provider.getLogger('a').emit({ body: 'x' });
    expect(exporter.getFinishedLogRecords()).toEqual([]);
  });

  it('lets a processor of the app add to a record, cleaned like the rest', () => {
    const exporter = new InMemoryLogRecordExporter();
    const enricher = {
      onEmit(record: { setAttribute(key: string, value: string): unknown; setBody(body: string): unknown }) {
        record.setAttribute('mail', 'ann@example.com');
        record.setBody('by ann@example.com');
      },
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const outlet = new OutgoingLogProcessor(
      [enricher, new SimpleLogRecordProcessor({ exporter })],
      new Cleaner([]),
      () => true,
    );
    new LoggerProvider({ processors: [outlet] }).getLogger('a').emit({ body: 'x' });
    expect(exporter.getFinishedLogRecords()[0]).toMatchObject({ body: 'by [EMAIL]', attributes: { mail: '[EMAIL]' } });
  });
});
