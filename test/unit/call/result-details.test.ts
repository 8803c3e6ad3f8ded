import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { config, Observable } from 'rxjs';
import { Traced } from '../../../lib/index.js';
import { rethrowFaults } from '../../../lib/settings.js';
import { type CapturedTelemetry, captureTelemetry } from '../../../lib/testing/index.js';

let telemetry: CapturedTelemetry;
beforeEach(() => {
  telemetry = captureTelemetry();
  rethrowFaults(true);
});
afterEach(() => telemetry.stop());

const endOf = () => telemetry.spans.map(({ attributes }) => attributes['annotel.stream.end'] ?? 'ok');
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a promise', () => {
  test('whose methods call one another is watched where its caller called it', async () => {
    let answer = (_value: string): void => {};
    const parsed = new Promise<string>((resolve) => {
      answer = resolve;
    });
    class ApiPromise extends Promise<string> {
      // biome-ignore lint/suspicious/noThenProperty: a promise that parses when it is asked is what is tested
      override then<A = string, B = never>(
        onFulfilled?: ((value: string) => A | PromiseLike<A>) | null,
        onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
      ): Promise<A | B> {
        return parsed.then(onFulfilled, onRejected);
      }
      asResponse() {
        return Promise.resolve({ status: 200 });
      }
      async withResponse() {
        const [data, response] = await Promise.all([parsed, this.asResponse()]);
        return { data, response };
      }
    }
    const both = Traced('ask')(() => new ApiPromise(() => {}))().withResponse();
    await turn();
    expect(telemetry.spans).toEqual([]);
    answer('text');
    expect(await both).toEqual({ data: 'text', response: { status: 200 } });
    expect(endOf()).toEqual(['ok']);
  });

  test('with a constructor of its own keeps it', async () => {
    class Own {}
    const promise = Object.assign(Promise.resolve(1), { constructor: Own });
    const returned = Traced()(() => promise)();
    expect(returned.constructor).toBe(Own);
    await turn();
    expect(endOf()).toEqual(['ok']);
  });
});

describe('an Observable', () => {
  afterEach(() => {
    config.onUnhandledError = null;
  });

  test('whose error nobody handles is reported as unhandled, with the very error', async () => {
    const unhandled: unknown[] = [];
    config.onUnhandledError = (error) => unhandled.push(error);
    const error = new Error('nobody');
    const fail = Traced()(() => new Observable((subscriber) => subscriber.error(error)));
    fail().subscribe();
    fail().subscribe({ next() {} });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(unhandled).toEqual([error, error]);
    expect(telemetry.spans.map(({ status }) => status.message)).toEqual(['nobody', 'nobody']);
  });
});

describe('a ReadableStream', () => {
  const streamOf = (cancelled: unknown[], error?: Error) =>
    new ReadableStream<number>(
      {
        pull(controller) {
          if (error) controller.error(error);
          else controller.enqueue(1);
        },
        cancel(reason) {
          cancelled.push(reason);
        },
      },
      { highWaterMark: 0 },
    );

  test('is cancelled at its source when both halves of a tee are', async () => {
    const cancelled: unknown[] = [];
    const [left, right] = Traced()(() => streamOf(cancelled))().tee();
    const one = left.cancel('left');
    expect([cancelled, endOf()]).toEqual([[], []]);
    await Promise.all([one, right.cancel('right')]);
    expect(cancelled).toEqual([['left', 'right']]);
    expect(endOf()).toEqual(['stopped']);
  });

  test('is cancelled at its source when what it is piped to fails', async () => {
    const cancelled: unknown[] = [];
    const full = new Error('disk full');
    const broken = new WritableStream({
      write() {
        throw full;
      },
    });
    await expect(Traced()(() => streamOf(cancelled))().pipeTo(broken)).rejects.toBe(full);
    expect(cancelled).toEqual([full]);
    expect(endOf()).toEqual(['stopped']);
  });

  test('is not cancelled where its pipe says so, and can be read on', async () => {
    const cancelled: unknown[] = [];
    const stream = Traced()(() => streamOf(cancelled))();
    const abort = AbortSignal.abort(new Error('enough'));
    await expect(stream.pipeTo(new WritableStream(), { preventCancel: true, signal: abort })).rejects.toThrow('enough');
    expect([cancelled, stream.locked]).toEqual([[], false]);
    expect(await stream.getReader().read()).toEqual({ done: false, value: 1 });
  });

  test('is unlocked again when its pipe has failed', async () => {
    const stream = Traced()(() => streamOf([], new Error('source')))();
    await expect(stream.pipeTo(new WritableStream())).rejects.toThrow('source');
    expect(stream.locked).toBe(false);
    expect(telemetry.spans.map(({ status }) => status.message)).toEqual(['source']);
  });
});

test('the body of a Response is watched once, however often it is asked for', async () => {
  const response = Traced()(() => new Response('text'))();
  const { body } = response;
  const watched = body?.getReader;
  expect(response.body).toBe(body);
  expect(response.body?.getReader).toBe(watched);
  await response.body?.cancel();
  expect(endOf()).toEqual(['stopped']);
});
