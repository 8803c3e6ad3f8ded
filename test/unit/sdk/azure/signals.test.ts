import { describe, expect, it } from '@jest/globals';
import { metrics, type ObservableResult } from '@opentelemetry/api';
import { LlmCall, recordEvaluation, recordEvent, recordFeedback, Traced } from '../../../../lib/index.js';
import { useAzureTelemetry } from '../../../support/azure-telemetry.js';

describe('what the decorators tell, in Azure Monitor', () => {
  const { ingestion, flush } = useAzureTelemetry();

  /** The points of metrics. */
  const measured = () =>
    ingestion()
      .data('MetricData')
      .flatMap(({ metrics: points, properties }) =>
        (points as { name: string }[]).map((point) => ({ ...point, properties: properties as Record<string, string> })),
      );

  const answer = {
    model: 'gpt-4o-2024',
    choices: [{ finish_reason: 'stop', message: { role: 'assistant', content: 'hi' } }],
    usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
    id: 'c1',
    object: 'chat.completion',
  };
  const request = { model: 'gpt-4o', messages: [{ role: 'user', content: 'hello' }] };

  it('a model call: dependency, custom event and metrics, all of one operation', async () => {
    const ask = LlmCall({ provider: 'openai' })(async function ask(_request: object) {
      return answer;
    });
    await ask(request);
    await flush();

    const [dependency] = ingestion().of('RemoteDependencyData');
    expect(dependency?.data.baseData).toMatchObject({
      name: 'chat gpt-4o',
      type: 'GenAI | openai',
      target: 'openai',
      data: 'gpt-4o-2024',
      success: true,
      properties: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.response.model': 'gpt-4o-2024',
        'gen_ai.response.id': 'c1',
        'gen_ai.response.finish_reasons': '["stop"]',
        'gen_ai.usage.input_tokens': '12',
        'gen_ai.usage.output_tokens': '3',
        'annotel.cost.currency': 'USD',
      },
    });
    const [event] = ingestion().of('EventData');
    expect(event?.data.baseData).toMatchObject({
      name: 'gen_ai.client.inference.operation.details',
      properties: { 'gen_ai.request.model': 'gpt-4o', 'annotel.event.body': 'ask succeeded' },
    });
    expect(event?.tags).toMatchObject({
      'ai.operation.id': dependency?.tags['ai.operation.id'],
      'ai.operation.parentId': dependency?.data.baseData['id'],
    });
    const points = measured().map(({ properties, ...metric }) => ({
      ...metric,
      type: properties['gen_ai.token.type'],
    }));
    expect(points).toEqual(
      expect.arrayContaining([
        {
          name: 'gen_ai.client.token.usage',
          kind: 'Aggregation',
          value: 12,
          count: 1,
          min: 12,
          max: 12,
          type: 'input',
        },
        { name: 'gen_ai.client.token.usage', kind: 'Aggregation', value: 3, count: 1, min: 3, max: 3, type: 'output' },
      ]),
    );
    expect(ingestion().of('MessageData')).toEqual([]);
  });

  it('a call that is no inference: a trace with its severity', async () => {
    await Traced('price')(async () => 3)();
    await flush();
    expect(ingestion().data('MessageData')).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('succeeded'),
        severityLevel: 'Verbose',
        properties: expect.objectContaining({ 'annotel.event.name': 'annotel.call' }),
      }),
    ]);
    expect(ingestion().of('EventData')).toEqual([]);
  });

  it('a failure that passes through two calls: one exception, two failed dependencies, a trace for the outer call', async () => {
    const inner = Traced('inner')(async () => {
      throw new TypeError('no such user');
    });
    const outer = Traced('outer')(() => inner());
    await expect(outer()).rejects.toThrow('no such user');
    await flush();

    expect(ingestion().data('ExceptionData')).toEqual([
      expect.objectContaining({
        exceptions: [expect.objectContaining({ typeName: 'TypeError', message: 'no such user', hasFullStack: true })],
        severityLevel: 'Warning',
        properties: expect.objectContaining({ 'annotel.event.name': 'exception', 'annotel.error.type': 'TypeError' }),
      }),
    ]);
    expect(
      ingestion()
        .data('RemoteDependencyData')
        .map(({ name, success, resultCode }) => ({ name, success, resultCode })),
    ).toEqual([
      { name: 'inner', success: false, resultCode: 'TypeError' },
      { name: 'outer', success: false, resultCode: 'TypeError' },
    ]);
    expect(ingestion().data('MessageData')).toEqual([
      expect.objectContaining({
        severityLevel: 'Warning',
        properties: expect.objectContaining({
          'annotel.exception.type': 'TypeError',
          'annotel.exception.message': 'no such user',
        }),
      }),
    ]);
  });

  it('a failure that is not logged: the exception of its span', async () => {
    const quiet = Traced({ name: 'quiet', log: 'none' })(async () => {
      throw new RangeError('too far');
    });
    await expect(quiet()).rejects.toThrow('too far');
    await flush();
    expect(ingestion().data('ExceptionData')).toEqual([
      expect.objectContaining({
        exceptions: [expect.objectContaining({ typeName: 'RangeError', message: 'too far', hasFullStack: true })],
      }),
    ]);
    expect(ingestion().of('MessageData')).toEqual([]);
  });

  it('events, feedback and evaluations: one custom event each', async () => {
    await Traced({ name: 'work', log: 'none' })(async () => {
      recordEvent('cart.emptied', { items: 3 });
    })();
    recordFeedback({ score: 1, responseId: 'c1' });
    recordEvaluation({ name: 'relevance', score: 0.5, label: 'fair', responseId: 'c1' });
    await flush();
    const events = ingestion()
      .of('EventData')
      .map(({ data: { baseData } }) => [baseData['name'], baseData.properties]);
    expect(events).toEqual(
      expect.arrayContaining([
        ['cart.emptied', expect.objectContaining({ items: '3' })],
        ['gen_ai.evaluation.user_feedback', expect.objectContaining({ 'gen_ai.evaluation.score': '1' })],
        [
          'gen_ai.evaluation.result',
          expect.objectContaining({
            'gen_ai.evaluation.name': 'relevance',
            'gen_ai.evaluation.score.value': '0.5',
            'gen_ai.evaluation.score.label': 'fair',
            'gen_ai.response.id': 'c1',
          }),
        ],
      ]),
    );
    expect(events.filter(([name]) => name === 'cart.emptied')).toHaveLength(1);
    expect(ingestion().of('MessageData')).toEqual([]);
  });

  it('an observed counter only where it counted', async () => {
    let total = 5;
    const counter = metrics.getMeter('test').createObservableCounter('seen');
    const observe = (result: ObservableResult) => result.observe(total);
    counter.addCallback(observe);
    await flush();
    await flush();
    total = 7;
    await flush();
    counter.removeCallback(observe);
    expect(measured().map(({ properties, ...metric }) => metric)).toEqual([
      { name: 'seen', kind: 'Aggregation', value: 5, count: 1 },
      { name: 'seen', kind: 'Aggregation', value: 2, count: 1 },
    ]);
  });

  it('counters as differences, with their dimensions', async () => {
    const counter = metrics.getMeter('test').createCounter('orders');
    counter.add(2, { shop: 'a' });
    await flush();
    counter.add(3, { shop: 'a' });
    await flush();
    expect(measured()).toEqual([
      { name: 'orders', kind: 'Aggregation', value: 2, count: 1, properties: { shop: 'a' } },
      { name: 'orders', kind: 'Aggregation', value: 3, count: 1, properties: { shop: 'a' } },
    ]);
  });
});
