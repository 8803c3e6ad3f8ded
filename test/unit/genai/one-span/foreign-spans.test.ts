import { describe, expect, test } from '@jest/globals';
import {
  type Attributes,
  context,
  ProxyTracerProvider,
  type Span,
  type SpanOptions,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { asked, chat, layer, OPERATION, tree, usage } from '../../../support/layers.js';
import { spanFacts, useTelemetry } from '../../../support/telemetry.js';

const telemetry = useTelemetry();

describe('inside a decorated call of a model, a span', () => {
  test.each<[string, Attributes]>([
    ['chat', { [OPERATION]: 'chat' }],
    ['text_completion', { [OPERATION]: 'text_completion' }],
    ['generate_content', { [OPERATION]: 'generate_content' }],
    ['invoke_agent', { [OPERATION]: 'invoke_agent' }],
    ['agent_step', { [OPERATION]: 'agent_step' }],
    ['ai.generateText', { 'ai.operationId': 'ai.generateText' }],
    ['ai.streamText.doStream', { 'ai.operationId': 'ai.streamText.doStream' }],
  ])('that says %s is absorbed, and what runs below it is a child of the call', (_name, attributes) => {
    asked(() => layer('foreign', attributes, () => layer('GET', { 'http.request.method': 'GET' })));
    expect(tree(telemetry)).toEqual(['chat gpt-4o > GET', 'chat gpt-4o']);
  });

  test.each<[string, Attributes]>([
    ['execute_tool', { [OPERATION]: 'execute_tool' }],
    ['retrieval', { [OPERATION]: 'retrieval' }],
    ['embeddings', { [OPERATION]: 'embeddings' }],
    ['ai.toolCall', { 'ai.operationId': 'ai.toolCall' }],
    ['ai.embed', { 'ai.operationId': 'ai.embed' }],
    ['nothing about GenAI', { 'http.request.method': 'GET' }],
    ['an operation that is no text', { [OPERATION]: 1 }],
  ])('that says %s stays', (_name, attributes) => {
    asked(() => layer('foreign', attributes, undefined, usage(5, 5)));
    expect(tree(telemetry)).toEqual(['chat gpt-4o > foreign', 'chat gpt-4o']);
    expect(telemetry.spans[1]?.attributes).not.toHaveProperty(['gen_ai.usage.input_tokens']);
  });

  test('that was started after the call has ended stays', () => {
    const within = asked(() => context.active());
    context.with(within, () => chat(5, 5));
    expect(tree(telemetry)).toEqual(['chat gpt-4o', 'chat gpt-4o > foreign chat']);
  });

  test('that ends after the call tells nothing any more, and breaks nothing', () => {
    const span = asked(() => trace.getTracer('foreign').startSpan('late', { attributes: { [OPERATION]: 'chat' } }));
    span.setAttributes(usage(5, 5)).end();
    expect(telemetry.span.attributes).not.toHaveProperty(['gen_ai.usage.input_tokens']);
  });

  test('of a provider that was not registered stays', async () => {
    const exporter = new InMemorySpanExporter();
    const other = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    asked(() =>
      other
        .getTracer('other')
        .startSpan('theirs', { attributes: { [OPERATION]: 'chat' } })
        .end(),
    );
    expect(spanFacts(exporter.getFinishedSpans()).map(({ name }) => name)).toEqual(['theirs']);
    expect(tree(telemetry)).toEqual(['chat gpt-4o']);
    await other.shutdown();
  });

  test('may be asked and told anything', () => {
    asked(() => {
      const span = trace.getTracer('foreign').startSpan('foreign', { attributes: { [OPERATION]: 'chat' } });
      expect(span.isRecording()).toBe(true);
      const same = span
        .setAttribute('a', 1)
        .addEvent('b')
        .addLink({ context: span.spanContext() })
        .addLinks([])
        .setStatus({ code: 2 })
        .updateName('c');
      expect(same).toBe(span);
      span.recordException(new Error('d'));
      span.end();
      span.end();
      expect(span.isRecording()).toBe(false);
      span.setAttributes(usage(1, 1));
    });
    expect(telemetry.span).toEqual({
      name: 'chat gpt-4o',
      kind: 'CLIENT',
      attributes: expect.not.objectContaining({ a: 1, ...usage(1, 1) }),
    });
  });

  test('that cannot be looked at is started as it is', async () => {
    await telemetry.restart({ rethrowFaults: false });
    const hostile = (): SpanOptions => {
      let asks = 0;
      return {
        get attributes(): Attributes {
          asks += 1;
          if (asks === 1) throw new Error('not now');
          return {};
        },
      };
    };
    asked(() => trace.getTracer('foreign').startSpan('foreign', hostile()).end());
    expect(tree(telemetry)).toEqual(['chat gpt-4o > foreign', 'chat gpt-4o']);
  });
});

describe('tracers', () => {
  test('that were taken before anything was decorated or registered are followed, too', async () => {
    await telemetry.captured.stop();
    const early = trace.getTracer('early');
    await telemetry.restart({});
    const soon = trace.getTracer('soon');
    asked(() => {
      for (const tracer of [early, soon]) tracer.startSpan('foreign', { attributes: { [OPERATION]: 'chat' } }).end();
    });
    expect(tree(telemetry).filter((name) => name.includes('foreign'))).toEqual([]);
  });

  test('of other classes than those of the SDK are followed, too', () => {
    const started: string[] = [];
    class OtherTracer implements Tracer {
      startSpan(name: string): Span {
        started.push(name);
        return trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 });
      }
      startActiveSpan(): never {
        throw new Error('not here');
      }
    }
    trace.disable();
    trace.setGlobalTracerProvider({ getTracer: () => new OtherTracer() });
    const start = () => trace.getTracer('foreign').startSpan('foreign', { attributes: { [OPERATION]: 'chat' } });
    expect(asked(start).spanContext().spanId).toBe('2'.repeat(16));
    expect(started).toEqual(['chat gpt-4o']);
    start();
    expect(started).toEqual(['chat gpt-4o', 'foreign']);
  });

  test('that know their provider are followed only where it is the registered one', () => {
    const started: string[] = [];
    class OldTracer implements Tracer {
      constructor(readonly _tracerProvider: string) {}
      startSpan(name: string): Span {
        started.push(name);
        return trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 });
      }
      startActiveSpan(): never {
        throw new Error('not here');
      }
    }
    trace.disable();
    trace.setGlobalTracerProvider({ getTracer: () => new OldTracer('registered') });
    for (const provider of ['registered', 'other']) {
      const other: Tracer = new OldTracer(provider);
      asked(() => other.startSpan(provider, { attributes: { [OPERATION]: 'chat' } }));
    }
    expect(started).toEqual(['chat gpt-4o', 'chat gpt-4o', 'other']);
  });

  test('of the API itself are left alone', () => {
    const proxy = new ProxyTracerProvider().getTracer('proxy');
    const { startSpan } = Object.getPrototypeOf(proxy);
    trace.disable();
    trace.setGlobalTracerProvider({ getTracer: () => proxy });
    asked(() => {});
    expect(Object.getPrototypeOf(proxy).startSpan).toBe(startSpan);
  });
});
