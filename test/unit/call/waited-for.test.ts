import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Observable } from 'rxjs';
import { Traced } from '../../../lib/index.js';
import { rethrowFaults } from '../../../lib/settings.js';
import { type CapturedTelemetry, captureTelemetry } from '../../../lib/testing/index.js';

/* In a file of its own, where every test ends its calls: one clock looks at all that are open, the one of the first. */

let telemetry: CapturedTelemetry;
beforeEach(() => {
  telemetry = captureTelemetry();
  rethrowFaults(true);
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
});
afterEach(() => {
  jest.useRealTimers();
  return telemetry.stop();
});

const ended = () =>
  telemetry.spans.map(({ name, attributes }) => `${name}: ${attributes['annotel.stream.end'] ?? 'ok'}`);
const pass = (minutes: number) => jest.advanceTimersByTime(minutes * 60_000);

/** Something that comes when it is told to. */
function later<T>() {
  let come = (_value: T): void => {};
  const promise = new Promise<T>((resolve) => {
    come = resolve;
  });
  return { promise, come };
}

/** A result, how its caller waits for it, and what lets it come. */
interface Waited {
  readonly result: object;
  wait(result: never): unknown;
  come(): void;
}

const item = { done: false, value: 1 };
function stream(): ReadableStream & { readonly come: () => void } {
  const { promise, come } = later<void>();
  const source = { pull: (controller: ReadableStreamDefaultController) => promise.then(() => controller.enqueue(1)) };
  return Object.assign(new ReadableStream(source, { highWaterMark: 0 }), { come });
}

const ONCE: [what: string, open: () => Waited][] = [
  [
    'a promise of a class of its own',
    () => {
      class Own extends Promise<number> {}
      const { promise, come } = later<number>();
      return { result: Own.resolve(promise), wait: (own: Own) => own, come: () => come(1) };
    },
  ],
  [
    'a lazy thenable',
    () => {
      const { promise, come } = later<number>();
      const result = {
        // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
        then: (...handlers: Parameters<Promise<number>['then']>) => promise.then(...handlers),
      };
      return { result, wait: (thenable: PromiseLike<number>) => thenable.then(() => {}), come: () => come(1) };
    },
  ],
  [
    'a lazy thenable that is waited for by another way',
    () => {
      const { promise, come } = later<number>();
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
      const result = { then() {}, withResponse: () => promise };
      return { result, wait: ({ withResponse }: typeof result) => withResponse(), come: () => come(1) };
    },
  ],
  [
    'the body of a response',
    () => {
      const { promise, come } = later<void>();
      const source = {
        pull: (controller: ReadableStreamDefaultController) => promise.then(() => controller.close()),
      };
      return { result: new Response(new ReadableStream(source)), wait: (response: Response) => response.text(), come };
    },
  ],
  [
    'a stream that runs by itself',
    () => {
      const emitter = new EventEmitter();
      const result = Object.assign(emitter, { _emit: emitter.emit, done() {}, [Symbol.asyncIterator]() {} });
      return { result, wait() {}, come: () => result._emit('end') };
    },
  ],
];

const EACH: [what: string, open: () => Waited][] = [
  [
    'the next item of an iterable',
    () => {
      const { promise, come } = later<void>();
      const iterator = { next: () => promise.then(() => item) };
      const result = { [Symbol.asyncIterator]: () => iterator };
      return { result, wait: (iterable: typeof result) => iterable[Symbol.asyncIterator]().next(), come };
    },
  ],
  [
    'the next item of a generator',
    () => {
      const { promise, come } = later<void>();
      async function* numbers() {
        await promise;
        yield 1;
      }
      return { result: numbers(), wait: (generator: AsyncGenerator) => generator.next(), come };
    },
  ],
  [
    'a chunk of a ReadableStream',
    () => {
      const result = stream();
      return { result, wait: (readable: ReadableStream) => readable.getReader().read(), come: result.come };
    },
  ],
  [
    'a part of a stream that a result hands out',
    () => {
      const baseStream = stream();
      const wait = (host: { baseStream: ReadableStream }) => host.baseStream.getReader().read();
      return { result: { baseStream }, wait, come: baseStream.come };
    },
  ],
];

/** An hour is spent waiting. Beside it stands a call that nobody waits for: its end shows that somebody looked. */
async function waitAnHour(how: () => Waited): Promise<object> {
  const idle = Traced('idle')(() => new Observable<number>(() => {}))();
  const { result, wait, come } = how();
  const handed = Traced('waited for')(() => result)();
  const waiting = wait(handed as never);
  // Some streams pull in a later turn.
  await new Promise((resolve) => setImmediate(resolve));
  pass(60);
  expect(ended()).toEqual(['idle: abandoned']);
  come();
  await waiting;
  return [idle, handed];
}

describe('a call that somebody waits for is not idle, however long it takes:', () => {
  test.each(ONCE)('%s, which ends it', async (_what, how) => {
    await waitAnHour(how);
    expect(ended()).toEqual(['idle: abandoned', 'waited for: ok']);
  });

  test.each(EACH)('%s, after which it may become idle', async (_what, how) => {
    const held = await waitAnHour(how);
    pass(9);
    expect(ended()).toEqual(['idle: abandoned']);
    pass(2);
    expect(ended()).toEqual(['idle: abandoned', 'waited for: abandoned']);
    expect(held).toBeDefined();
  });
});
