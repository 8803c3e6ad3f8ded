import { describe, expect, test } from '@jest/globals';
import { context, metrics, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { asked, OPERATION, tool } from '../../../support/layers.js';
import { useTelemetry } from '../../../support/telemetry.js';

const telemetry = useTelemetry({ settings: { semconv: 'both' } });

describe('metrics', () => {
  const record = (operation: string | undefined, name = 'gen_ai.client.token.usage', within = context.active()) =>
    metrics
      .getMeter('foreign')
      .createHistogram(name)
      .record(7, operation === undefined ? {} : { [OPERATION]: operation, 'gen_ai.token.type': 'input' }, within);
  const count = (operation: string) =>
    metrics
      .getMeter('foreign')
      .createCounter('gen_ai.client.inference.usage.input_tokens')
      .add(7, { [OPERATION]: operation });
  const foreign = async (): Promise<string[]> => {
    const ours = new Set([
      'annotel.call.duration',
      'annotel.calls',
      'gen_ai.client.inference.duration',
      'gen_ai.client.operation.duration',
    ]);
    return (await telemetry.captured.metrics())
      .map(({ descriptor }) => descriptor.name)
      .filter((name) => !ours.has(name));
  };

  test.each<[string, () => void]>([
    ['of the same operation', () => record('chat')],
    ['by counters', () => count('chat')],
    [
      'in a context that they name',
      () => {
        const within = context.active();
        context.with(ROOT_CONTEXT, () => record('chat', undefined, within));
      },
    ],
  ])('of other layers %s are not measured again', async (_what, work) => {
    asked(work);
    expect(await foreign()).toEqual([]);
  });

  test('of other layers that come when the call has ended are not measured, if their span was absorbed', async () => {
    const within = asked(() => {
      const span = trace.getTracer('foreign').startSpan('foreign', { attributes: { [OPERATION]: 'chat' } });
      return trace.setSpan(context.active(), span);
    });
    record('chat', undefined, within);
    expect(await foreign()).toEqual([]);
  });

  test.each<[string, () => void]>([
    ['of another operation', () => asked(() => record('embeddings'))],
    ['of no operation', () => asked(() => record(undefined))],
    ['of another name', () => asked(() => record('chat', 'foreign.tokens'))],
    ['outside of the call', () => asked(() => record('chat', undefined, ROOT_CONTEXT))],
    ['below a tool', () => asked(() => tool(() => record('chat')))],
    ['of a call that nobody decorated', () => [asked(() => {}), record('chat')]],
    ['by counters of a call that nobody decorated', () => [asked(() => {}), count('chat')]],
  ])('of other layers %s are left alone', async (_what, work) => {
    work();
    expect(await foreign()).toHaveLength(1);
  });

  test('of another provider than the registered one are left alone', async () => {
    class Reader extends MetricReader {
      protected override async onForceFlush() {}
      protected override async onShutdown() {}
    }
    const reader = new Reader();
    const provider = new MeterProvider({ readers: [reader] });
    const histogram = provider.getMeter('isolated').createHistogram('gen_ai.client.token.usage');
    asked(() => histogram.record(7, { [OPERATION]: 'chat' }));
    const { resourceMetrics } = await reader.collect();
    expect(resourceMetrics.scopeMetrics).toHaveLength(1);
    await provider.shutdown();
  });

  test('of annotel itself are measured, even where another call is in flight', async () => {
    const stream = asked(async function* () {
      for (let index = 0; index < 600; index++) yield { object: 'chat.completion.chunk', model: 'gpt', choices: [] };
    });
    await asked(async () => {
      for await (const _chunk of stream);
    });
    expect(await telemetry.points('gen_ai.client.operation.time_per_output_chunk')).toMatchObject([{ count: 599 }]);
  });
});
