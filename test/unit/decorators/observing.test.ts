import { describe, expect, test } from '@jest/globals';
import { AlwaysOffSampler, SamplingDecision } from '@opentelemetry/sdk-trace';
import {
  Agent,
  type CommonOptions,
  Embedding,
  LlmCall,
  type LogPolicy,
  type MethodDecorator,
  Retrieval,
  ToolCall,
  Traced,
  Workflow,
} from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

type Decorate = (options: CommonOptions) => MethodDecorator<unknown[], unknown>;

const DECORATORS_WITH_OPTIONS: [name: string, decorate: Decorate, named: string, unnamed: string][] = [
  ['Traced', Traced, 'given', 'ask'],
  ['LlmCall', LlmCall, 'given', 'chat'],
  ['Embedding', Embedding, 'given', 'embeddings'],
  ['Retrieval', Retrieval, 'given', 'retrieval'],
  ['Workflow', Workflow, 'invoke_workflow given', 'invoke_workflow ask'],
];

const ask = async (question: string, times = 1): Promise<{ answer: string }> => ({ answer: question.repeat(times) });

describe.each(DECORATORS_WITH_OPTIONS)('@%s()', (_decorator, decorate, named, unnamed) => {
  const telemetry = useTelemetry();

  test('is named by a string', async () => {
    await decorate({ name: 'given' })(ask)('why');
    expect(telemetry.span.name).toBe(named);
  });

  test('is named by a function of the arguments', async () => {
    await decorate({ name: (word: string) => word })(ask)('given');
    expect(telemetry.span.name).toBe(named);
  });

  test.each(['', undefined])('keeps its own name where the given one is %p', async (nothing) => {
    await decorate({ name: () => nothing as string })(ask)('why');
    expect(telemetry.span.name).toBe(unnamed);
  });

  test('adds attributes, given or made of the arguments, to span and log', async () => {
    await decorate({ attributes: { team: 'search' } })(ask)('why');
    await decorate({ attributes: (question: string, times: number) => ({ question, times }) })(ask)('why', 3);
    for (const signal of [telemetry.spans, telemetry.logs]) {
      expect(signal.map(({ attributes }) => attributes)).toEqual([
        expect.objectContaining({ team: 'search' }),
        expect.objectContaining({ question: 'why', times: 3 }),
      ]);
    }
  });

  test('adds attributes read from what the method resolved to', async () => {
    await decorate({ result: ({ answer }) => ({ length: answer.length }) })(ask)('why', 2);
    expect(telemetry.span.attributes).toMatchObject({ length: 6 });
    expect(telemetry.logs[0]?.attributes).toMatchObject({ length: 6 });
  });

  test('tells a failure by the attributes of its start', async () => {
    const fail = decorate({ attributes: { team: 'search' }, result: () => ({ never: true }) })(async () => {
      throw new TypeError('no');
    });
    await expect(fail()).rejects.toThrow(new TypeError('no'));
    expect(telemetry.span.error).toBe('no');
    expect(telemetry.span.attributes).toMatchObject({ team: 'search', 'error.type': 'TypeError' });
    expect(telemetry.span.attributes).not.toHaveProperty('never');
  });
});

describe('a text in place of the options', () => {
  const telemetry = useTelemetry();

  test.each<[string, MethodDecorator<unknown[], unknown>, object]>([
    ["@LlmCall('openai')", LlmCall('openai'), { 'gen_ai.provider.name': 'openai' }],
    ["@Embedding('openai')", Embedding('openai'), { 'gen_ai.provider.name': 'openai' }],
    ["@Retrieval('pgvector')", Retrieval('pgvector'), { 'gen_ai.data_source.id': 'pgvector' }],
    ["@ToolCall('look_up')", ToolCall('look_up'), { 'gen_ai.tool.name': 'look_up' }],
    ["@Agent('helper')", Agent('helper'), { 'gen_ai.agent.name': 'helper' }],
    ["@Workflow('rag')", Workflow('rag'), { 'gen_ai.workflow.name': 'rag' }],
  ])('%s says what is said most', async (_written, decorate, attributes) => {
    await decorate(ask)('why');
    expect(telemetry.span.attributes).toMatchObject(attributes);
  });
});

describe('a sampler', () => {
  const telemetry = useTelemetry({
    sampler: {
      shouldSample: (_context, _traceId, name, _kind, { team }) => ({
        decision:
          name === 'ask' && team === 'search' ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD,
      }),
    },
  });

  test('may decide by the name and the given attributes', async () => {
    for (const team of ['search', 'other']) {
      await Traced({ name: 'ask', attributes: (_question: string) => ({ team }) })(ask)('why');
    }
    expect(telemetry.span.attributes).toMatchObject({ team: 'search' });
  });
});

describe.each([
  ['sampled', true],
  ['sampled out', false],
])('of a call that is %s', (_sampling, sampled) => {
  const telemetry = useTelemetry({ sampler: sampled ? undefined : new AlwaysOffSampler() });

  test.each<[LogPolicy | undefined, string[]]>([
    [undefined, sampled ? ['annotel.call', 'exception'] : ['exception']],
    ['sampled', sampled ? ['annotel.call', 'exception'] : ['exception']],
    ['all', ['annotel.call', 'exception']],
    ['errors', ['exception']],
    ['none', []],
  ])('the policy %p logs, of a success and a failure, %j', (log, events) => {
    Traced({ log })(() => {})();
    const fail = Traced({ log })(() => {
      throw new Error('no');
    });
    expect(fail).toThrow('no');
    expect(telemetry.logs.map(({ eventName }) => eventName)).toEqual(events);
  });

  test('the result is read only where its attributes go somewhere', () => {
    const read: string[] = [];
    const observe = (log: LogPolicy) =>
      Traced({
        log,
        result: () => {
          read.push(log);
          return {};
        },
      })(() => 1);
    observe('none')();
    observe('all')();
    expect(read).toEqual(sampled ? ['none', 'all'] : ['all']);
  });
});

describe('decorating twice', () => {
  const telemetry = useTelemetry();

  test.each(DECORATORS_WITH_OPTIONS)('with @%s() records once', async (_name, decorate) => {
    class Model {
      @decorate({ attributes: { outer: true } })
      @decorate({ attributes: { inner: true } })
      async ask(question: string): Promise<unknown> {
        return { question };
      }
    }
    await expect(new Model().ask('why')).resolves.toEqual({ question: 'why' });
    expect(telemetry.span.attributes).toMatchObject({ inner: true, 'code.function.name': 'Model.ask' });
    expect(telemetry.span.attributes).not.toHaveProperty('outer');
  });

  class Model {
    @Traced()
    @LlmCall()
    tracedOutside(): string {
      return 'outside';
    }
    @LlmCall()
    @Traced()
    tracedInside(): string {
      return 'inside';
    }
    @Workflow('first')
    @Retrieval()
    twoKinds(): string {
      return 'two';
    }
  }

  test.each(['tracedOutside', 'tracedInside'] as const)(
    'with @Traced() and @LlmCall() the model call is recorded once: %s',
    (method) => {
      new Model()[method]();
      expect(telemetry.span).toMatchObject({
        name: 'chat',
        kind: 'CLIENT',
        attributes: { 'code.function.name': `Model.${method}`, 'gen_ai.operation.name': 'chat' },
      });
    },
  );

  test('of two telling kinds the one nearest to the method stays', () => {
    new Model().twoKinds();
    expect(telemetry.span.name).toBe('retrieval');
  });
});
