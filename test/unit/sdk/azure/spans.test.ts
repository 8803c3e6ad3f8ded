import { describe, expect, it } from '@jest/globals';
import { type Attributes, SpanKind, trace } from '@opentelemetry/api';
import { itemCount } from '../../../../lib/sdk/azure/spans.js';
import { useAzureTelemetry } from '../../../support/azure-telemetry.js';

const { CLIENT, INTERNAL } = SpanKind;

describe('a span in Azure Monitor', () => {
  const { ingestion, flush } = useAzureTelemetry({
    clean: ({ 'gen_ai.agent.version': _secret, ...attributes }) => attributes,
  });

  const span = (name: string, kind: SpanKind, attributes: Attributes = {}) => {
    trace.getTracer('test').startSpan(name, { kind, attributes }).end();
  };

  it('has the ids of its trace, and the user and session it was made for', async () => {
    trace.getTracer('test').startActiveSpan('outer', (outer) => {
      span('inner', INTERNAL, { 'user.id': 'ann', 'session.id': 's-1' });
      outer.end();
    });
    await flush();
    const [inner, outer] = ingestion().of('RemoteDependencyData');
    expect(inner?.data.baseData).toMatchObject({
      name: 'inner',
      type: 'InProc',
      properties: { 'user.id': 'ann', 'session.id': 's-1' },
    });
    expect(inner?.tags).toMatchObject({
      'ai.cloud.role': 'shop',
      'ai.cloud.roleInstance': 'one',
      'ai.operation.id': outer?.tags['ai.operation.id'],
      'ai.operation.parentId': outer?.data.baseData['id'],
      'ai.user.authUserId': 'ann',
      'ai.session.id': 's-1',
    });
  });

  it.each([
    [undefined, 100],
    [1, 100],
    [10, 10],
    [4, 25],
    ['many', 100],
    [-3, 100],
    [Number.POSITIVE_INFINITY, 100],
  ])('of weight %s is one of %s percent', async (weight, sampleRate) => {
    const started = trace.getTracer('test').startSpan('one', {
      attributes: weight === undefined ? {} : { 'annotel.sampling.weight': weight },
    });
    started.addEvent('seen');
    started.end();
    await flush();
    expect(ingestion().envelopes.map((envelope) => envelope.sampleRate)).toEqual([sampleRate, sampleRate]);
  });

  it('counts as a whole number, the same for a whole trace and right on average', () => {
    const ids = Array.from({ length: 1000 }, (_, index) =>
      (index * 4_294_967).toString(16).padStart(8, '0').padStart(18, '0').padEnd(32, 'f'),
    );
    const counts = ids.map((id) => itemCount(2.25, id));
    expect(new Set(counts)).toEqual(new Set([2, 3]));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(2240);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThan(2260);
  });

  it('names the outermost agent above it', async () => {
    const tracer = trace.getTracer('test');
    const agent = (name: string, id: string): Attributes => ({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': name,
      'gen_ai.agent.id': id,
      'gen_ai.agent.version': 'secret',
      'gen_ai.conversation.id': `talk with ${name}`,
    });
    tracer.startActiveSpan('main', { attributes: agent('travel', 'a1') }, (main) => {
      tracer.startActiveSpan('sub', { attributes: agent('hotels', 'a2') }, (sub) => {
        span('chat', CLIENT);
        sub.end();
      });
      main.end();
    });
    span('elsewhere', CLIENT, { 'gen_ai.agent.name': 'travel' });
    await flush();
    const of = (name: string) => {
      const found = ingestion()
        .of('RemoteDependencyData')
        .find(({ data }) => data.baseData['name'] === name);
      return Object.entries(found?.data.baseData.properties ?? {}).filter(([key]) => key.startsWith('microsoft.'));
    };
    const travel = [
      ['microsoft.gen_ai.main_agent.name', 'travel'],
      ['microsoft.gen_ai.main_agent.id', 'a1'],
      ['microsoft.gen_ai.main_agent.conversation_id', 'talk with travel'],
    ];
    expect(of('main')).toEqual(expect.arrayContaining(travel));
    // What is taken from a live span is cleaned here; the span itself was before it came.
    expect([of('sub'), of('chat'), of('elsewhere')]).toEqual([travel, travel, []]);
  });

  it('tells its exceptions, also those without stack or type', async () => {
    const started = trace.getTracer('test').startSpan('one');
    started.addEvent('exception', { 'exception.message': 'bad' });
    started.end();
    await flush();
    expect(ingestion().data('ExceptionData')).toEqual([
      { exceptions: [{ typeName: '_OTHER', message: 'bad', hasFullStack: false, stack: '' }], properties: {} },
    ]);
  });

  it('is left as it was for other exporters', async () => {
    const attributes = Object.freeze({ 'gen_ai.operation.name': 'chat', 'error.type': 'x' });
    const seen: unknown[] = [];
    const started = trace.getTracer('test').startSpan('one', { kind: CLIENT, attributes });
    started.end();
    seen.push(JSON.stringify((started as unknown as { attributes: Attributes }).attributes));
    await flush();
    seen.push(JSON.stringify((started as unknown as { attributes: Attributes }).attributes));
    expect(seen[0]).toBe(seen[1]);
  });

  it('keeps long texts as far as Azure takes them', async () => {
    span('long', INTERNAL, {
      'gen_ai.input.messages': 'm'.repeat(300_000),
      other: 'o'.repeat(10_000),
      many: ['a', 'b'],
    });
    await flush();
    const [{ properties }] = ingestion().data('RemoteDependencyData') as [{ properties: Record<string, string> }];
    expect([properties['gen_ai.input.messages']?.length, properties['other']?.length, properties['many']]).toEqual([
      262_144,
      8192,
      '["a","b"]',
    ]);
  });
});
