import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Attributes, context, ROOT_CONTEXT } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { type RPCMetadata, RPCType, setRPCMetadata } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { nameServerSpan } from '../../../lib/sdk/index.js';

describe('nameServerSpan', () => {
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });
  afterAll(() => {
    context.disable();
  });

  const named = (attributes: Attributes, route: string) => {
    const exporter = new InMemorySpanExporter();
    const tracer = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer('test');
    const metadata: RPCMetadata = { type: RPCType.HTTP, span: tracer.startSpan('GET', { attributes }) };
    context.with(setRPCMetadata(ROOT_CONTEXT, metadata), () => nameServerSpan(route));
    metadata.span.end();
    return { span: exporter.getFinishedSpans()[0], metadata };
  };

  it('sets the route and the name, and tells the HTTP instrumentation', () => {
    const { span, metadata } = named({ 'http.request.method': 'POST' }, '/cats/:id');
    expect(span).toMatchObject({ name: 'POST /cats/:id', attributes: { 'http.route': '/cats/:id' } });
    expect(metadata.route).toBe('/cats/:id');
  });

  it('has a name for methods that nobody knows', () => {
    expect(named({ 'http.request.method': '_OTHER' }, '/cats').span?.name).toBe('HTTP /cats');
    expect(named({}, '/cats').span?.name).toBe('HTTP /cats');
  });

  it('does nothing outside a traced request', () => {
    expect(() => nameServerSpan('/cats')).not.toThrow();
  });
});
