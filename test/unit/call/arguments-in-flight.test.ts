import { describe, expect, test } from '@jest/globals';
import { Agent, LlmCall, ToolCall, Traced, Workflow } from '../../../lib/index.js';
import { collectUntil } from '../../support/garbage.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

async function* pieces() {
  yield 'one';
  yield 'two';
}

type Streaming = (request: object) => AsyncIterable<string> | Promise<AsyncIterable<string>>;

function readable(): ReadableStream<string> {
  const source = pieces();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await source.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

/** None of them holds the request that it is called with. */
const STREAMS: Record<string, Streaming> = {
  'an async generator': () => pieces(),
  'a promise of one': async () => pieces(),
  'an async iterable': () => ({ [Symbol.asyncIterator]: () => pieces() }),
  'a ReadableStream': () => readable(),
};

const DECORATORS: Record<string, (method: Streaming) => Streaming> = {
  Traced: (method) => Traced()(method),
  LlmCall: (method) => LlmCall({ provider: 'openai' })(method),
  ToolCall: (method) => ToolCall()(method),
  Agent: (method) => Agent({ name: 'helper' })(method),
  Workflow: (method) => Workflow('triage')(method),
};

/** A call with a request that nobody else holds; `onGone` is told when it is collected. */
async function begin(call: Streaming, onGone: () => void): Promise<AsyncIterator<string>> {
  const request = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'a long story' }] };
  registry.register(request, onGone);
  const stream = await call(request);
  return stream[Symbol.asyncIterator]();
}

// A WeakRef would not do: whoever looks into one keeps its object until the end of the turn.
const registry = new FinalizationRegistry<() => void>((onGone) => onGone());

describe.each(Object.keys(DECORATORS))('what @%s() was given is let go of while its stream is read', (decorator) => {
  test.each(Object.keys(STREAMS))('%s', async (shape) => {
    const decorate = DECORATORS[decorator] as (method: Streaming) => Streaming;
    let isGone = false;
    const iterator = await begin(decorate(STREAMS[shape] as Streaming), () => {
      isGone = true;
    });
    expect(await iterator.next()).toEqual({ done: false, value: 'one' });
    await collectUntil(() => isGone);
    expect(telemetry.spans).toEqual([]);

    // Read on, and to its end.
    expect(await iterator.next()).toEqual({ done: false, value: 'two' });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(telemetry.spans).toHaveLength(1);
  });
});
