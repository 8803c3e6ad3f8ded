import { EventEmitter, once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { context, trace } from '@opentelemetry/api';
import { openHandle } from '../../../lib/genai/trace-handle.js';
import { Agent, Embedding, LlmCall, Retrieval, ToolCall, Traced, traceHandle, Workflow } from '../../../lib/index.js';
import { TelemetryCallbackHandler } from '../../../lib/langchain/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();
const ANSWER = { object: 'chat.completion', id: 'chatcmpl-1', model: 'gpt-4o', choices: [{ index: 0 }] };

const call = (model: string, work: () => unknown = () => {}, answer: object = ANSWER) =>
  LlmCall({ provider: 'openai', model })(async function ask() {
    await work();
    return answer;
  })();

/** The name of the span that a handle points to, which has to have ended. */
function pointsTo(handle: string | undefined): string | undefined {
  const { spanId, traceId } = openHandle(handle).spanContext;
  const isIt = (of: { spanId: string; traceId: string }) => of.spanId === spanId && of.traceId === traceId;
  return telemetry.captured.spans.find((span) => isIt(span.spanContext()))?.name;
}

/** Gives the handle that is made at some place. */
type Place = (take: () => void) => unknown;

async function handleFrom(place: Place): Promise<string | undefined> {
  let handle: string | undefined;
  await place(() => {
    handle = traceHandle();
  });
  return handle;
}

async function* words() {
  yield { object: 'chat.completion.chunk', id: 'chatcmpl-2', choices: [{ index: 0, delta: { content: 'a' } }] };
  yield { object: 'chat.completion.chunk', id: 'chatcmpl-2', choices: [{ index: 0, finish_reason: 'stop' }] };
}

test('a handle made in a span of the app, after a workflow in it, points to the model call', async () => {
  const place: Place = (take) =>
    inSpan('request', async () => {
      await Workflow('w')(() => Traced('t')(() => call('a'))())();
      take();
    });
  expect(pointsTo(await handleFrom(place))).toBe('chat a');
});

describe('a handle points to the model call:', () => {
  const within =
    (decorate: (work: () => unknown) => () => unknown, work: Place): Place =>
    (take) =>
      decorate(() => work(take))();
  const calling: Place = async (take) => {
    await call('a');
    take();
  };
  test.each<[string, Place, string]>([
    ['inside it', (take) => call('a', take), 'chat a'],
    [
      'inside it, after another',
      within(Workflow('w'), async (take) => [await call('b'), await call('a', take)]),
      'chat a',
    ],
    ['in a plain method below it', (take) => call('a', () => Traced('helper')(take)()), 'chat a'],
    ['after it, in a workflow', within(Workflow('w'), calling), 'chat a'],
    ['after it, in an agent', within(Agent({ name: 'x' }), calling), 'chat a'],
    ['after it, in a tool', within(ToolCall({ name: 'x' }), calling), 'chat a'],
    ['after it, in a traced method', within(Traced('t'), calling), 'chat a'],
    ['after it, in a span of the app’s own', (take) => inSpan('request', () => calling(take)), 'chat a'],
    [
      'after it, in a span within a traced method',
      within(Traced('t'), (take) => inSpan('own', () => calling(take))),
      'chat a',
    ],
    [
      'after the workflow that made it',
      within(Traced('handler'), async (take) => {
        await Workflow('w')(() => Traced('t')(() => call('a'))())();
        take();
      }),
      'chat a',
    ],
    [
      'after a chain of LangChain that made it',
      within(Traced('handler'), (take) => {
        const handler = new TelemetryCallbackHandler();
        handler.handleChainStart({ id: ['RunnableSequence'] }, {}, 'chain');
        handler.handleChatModelStart({ id: ['ChatX'] }, [[]], 'call', 'chain', {}, [], { ls_model_name: 'a' });
        handler.handleLLMEnd({ generations: [] }, 'call');
        handler.handleChainEnd({}, 'chain');
        take();
      }),
      'chat a',
    ],
    [
      'after several, the last one',
      within(Workflow('w'), async (take) => {
        await call('a');
        await call('b');
        take();
      }),
      'chat b',
    ],
    [
      'after one that failed and its fallback, the fallback',
      within(Workflow('w'), async (take) => {
        const fail = () => Promise.reject(new Error('overloaded'));
        await call('a', fail).catch(() => call('b'));
        take();
      }),
      'chat b',
    ],
    [
      'after it and what is no model call',
      within(Workflow('w'), async (take) => {
        await call('a');
        Retrieval()(() => [])();
        Embedding({ model: 'e' })(() => {})();
        take();
      }),
      'chat a',
    ],
    [
      'after one that was made for it, the one whose answer is seen',
      within(Workflow('w'), async (take) => {
        await call('a', () => ToolCall({ name: 'x' })(() => call('b'))());
        take();
      }),
      'chat a',
    ],
    [
      'while another workflow runs beside it',
      async (take) => {
        const beside = new EventEmitter();
        const other = Workflow('other')(() => call('b', () => once(beside, 'end')))();
        await within(Workflow('w'), calling)(take);
        beside.emit('end');
        await other;
      },
      'chat a',
    ],
    [
      'that streams still',
      within(Workflow('w'), async (take) => {
        const stream = LlmCall({ model: 'a' })(words)();
        await stream.next();
        take();
        await stream.return(undefined);
      }),
      'chat a',
    ],
  ])('%s', async (_where, place, name) => {
    expect(pointsTo(await handleFrom(place))).toBe(name);
  });
});

describe('without a model call, it points to', () => {
  test.each<[string, Place, string]>([
    ['the innermost decorated call', (take) => Workflow('w')(() => Traced('t')(take)())(), 't'],
    [
      'the tool, not the model call before it',
      (take) => Workflow('w')(async () => [await call('a'), ToolCall({ name: 'x' })(take)()])(),
      'execute_tool x',
    ],
    ['the active span', (take) => inSpan('request', take), 'request'],
  ])('%s', async (_what, place, name) => {
    expect(pointsTo(await handleFrom(place))).toBe(name);
  });

  test.each<[string, () => string | undefined]>([
    ['nothing, where there is no span', () => traceHandle()],
    [
      'nothing, where the span is none',
      () =>
        context.with(trace.setSpanContext(context.active(), { traceId: '0', spanId: '0', traceFlags: 0 }), traceHandle),
    ],
  ])('%s', (_what, handle) => {
    expect(handle()).toBeUndefined();
  });

  test('nothing, where no SDK runs', async () => {
    await telemetry.captured.stop();
    expect(await handleFrom((take) => Workflow('w')(() => call('a', take))())).toBeUndefined();
  });
});

describe('the response id', () => {
  const idAfter = async (answer: object) => {
    const handle = await handleFrom((take) => Workflow('w')(async () => [await call('a', () => {}, answer), take()])());
    return { id: openHandle(handle).responseId, length: handle?.length };
  };
  test.each<[string, string, string | undefined, number]>([
    ['goes along', 'chatcmpl-1', 'chatcmpl-1', 70],
    ['goes along up to 72 characters', 'x'.repeat(72), 'x'.repeat(72), 152],
    ['is left out where it is longer', 'x'.repeat(73), undefined, 56],
    ['is left out where it may be a text', 'Dear Mr Smith', undefined, 56],
    ['is left out where it is not ASCII', 'réponse', undefined, 56],
  ])('%s', async (_what, id, kept, length) => {
    expect(await idAfter({ ...ANSWER, id })).toEqual({ id: kept, length });
  });

  test('of a streamed answer is known once the stream has ended', async () => {
    const handle = await handleFrom((take) =>
      Workflow('w')(async () => {
        for await (const _word of LlmCall({ model: 'a' })(words)());
        take();
      })(),
    );
    expect(openHandle(handle).responseId).toBe('chatcmpl-2');
  });
});

test('a handle of a call that is not sampled says so', async () => {
  await telemetry.restart({ sampler: { shouldSample: () => ({ decision: 0 }) } });
  const handle = await handleFrom((take) => call('a', take));
  expect(openHandle(handle).spanContext).toEqual({
    traceId: id(1, 32),
    spanId: id(1, 16),
    traceFlags: 0,
    isRemote: true,
  });
});

const id = (number: number, length: number): string => number.toString(16).padStart(length, '0');

function inSpan<T>(name: string, work: () => T): T {
  return trace.getTracer('app').startActiveSpan(name, (span) => {
    const value = work();
    Promise.resolve(value).finally(() => span.end());
    return value;
  });
}
