import { type Reader, readerOf, trapIterate } from './iterator.js';
import { methodOf, type Tap, trap } from './tap.js';
import { follow, followWaiting } from './thenable.js';

/** A WHATWG `ReadableStream`, of whatever implementation. */
export function isReadableStream(value: object): value is ReadableStream {
  return methodOf(value, 'getReader') !== undefined && methodOf(value, 'pipeTo') !== undefined;
}

/** A Response hands out the same body at every time of asking. */
const watched = new WeakMap<ReadableStream, Tap>();

/**
 * Watches a stream by the readers that its consumer takes from it. Nothing is read before or beyond what the consumer
 * reads, and its `cancel` reaches the source.
 */
export function trapReadableStream(stream: ReadableStream, tap: Tap): void {
  if (watched.get(stream) === tap) return;
  watched.set(stream, tap);
  const getReader = stream.getReader;
  let taken = false;
  const trapped = trap(stream, 'getReader', function (this: unknown, ...args: unknown[]): unknown {
    const reader = Reflect.apply(getReader, this, args) as ReadableStreamDefaultReader;
    taken = true;
    trapReader(reader, tap);
    return reader;
  });
  if (!trapped) return tap.ok();

  const cancel = stream.cancel;
  trap(stream, 'cancel', (reason?: unknown) => stopAfter(tap.run(cancel, stream, [reason]), tap));
  // An iterator of the platform reads unseen. One that a framework gave the stream takes a reader of it, at once or at the
  // first step, which reports the items already.
  const iterated: Reader = {
    ...readerOf(tap),
    run: (method, self, args) => {
      taken = false;
      return tap.run(method, self, args);
    },
    item: (chunk) => {
      if (!taken) tap.item(chunk);
    },
  };
  for (const key of [Symbol.asyncIterator, 'values']) trapIterate(stream, key, iterated);
  // These three read through a reader of their own that cannot be seen; a relay makes them read through ours. Where they
  // would be refused, they are asked themselves, so that the refusal is theirs.
  const { tee, pipeThrough, pipeTo } = stream;
  trap(stream, 'tee', () => (stream.locked ? Reflect.apply(tee, stream, []) : relay(stream).readable.tee()));
  trap(stream, 'pipeThrough', (pair: ReadableWritablePair, options?: StreamPipeOptions) => {
    if (stream.locked || pair?.writable?.locked !== false) return Reflect.apply(pipeThrough, stream, [pair, options]);
    const { readable, release } = relay(stream);
    readable.pipeTo(pair.writable, options).then(release, release);
    return pair.readable;
  });
  trap(stream, 'pipeTo', (destination: WritableStream, options?: StreamPipeOptions) => {
    if (stream.locked || destination?.locked !== false) return Reflect.apply(pipeTo, stream, [destination, options]);
    const { readable, release } = relay(stream);
    return readable.pipeTo(destination, options).finally(release);
  });
}

function trapReader(reader: ReadableStreamDefaultReader, tap: Tap): void {
  const { read, cancel } = reader;
  // A read that was pending when the stream was cancelled comes back as if the stream were at its end.
  let cancelling = false;
  trap(reader, 'read', (...args: unknown[]) =>
    followWaiting(
      tap,
      tap.run(read, reader, args) as Promise<unknown>,
      (result) => {
        const { done, value } = result as ReadableStreamReadResult<unknown>;
        if (!done) tap.item(value);
        else if (!cancelling) tap.ok();
      },
      (error) => tap.fail(error),
    ),
  );
  trap(reader, 'cancel', (reason?: unknown) => {
    cancelling = true;
    return stopAfter(tap.run(cancel, reader, [reason]), tap);
  });
}

/** A `cancel` that was refused has cancelled nothing. */
function stopAfter(cancelled: unknown, tap: Tap): Promise<unknown> {
  return follow(
    cancelled as Promise<unknown>,
    () => tap.stop(),
    () => {},
  );
}

/** A stream that pulls from `stream` what is pulled from it, one for one, and hands cancellation on. */
function relay(stream: ReadableStream): { readable: ReadableStream; release: () => void } {
  const bytes = isByteStream(stream);
  const reader = stream.getReader();
  const release = (): void => reader.releaseLock();
  const source = {
    async pull(controller: ReadableStreamDefaultController | ReadableByteStreamController): Promise<void> {
      const { done, value } = await reader.read();
      if (!done) return controller.enqueue(value);
      release();
      controller.close();
      if ('byobRequest' in controller) controller.byobRequest?.respond(0);
    },
    cancel: (reason: unknown) => reader.cancel(reason).finally(release),
  };
  const readable = bytes
    ? new ReadableStream({ ...source, type: 'bytes' }, { highWaterMark: 0 })
    : new ReadableStream(source, { highWaterMark: 0 });
  return { readable, release };
}

function isByteStream(stream: ReadableStream): boolean {
  try {
    const { getReader } = Object.getPrototypeOf(stream) as ReadableStream;
    const reader = Reflect.apply(getReader, stream, [{ mode: 'byob' }]) as ReadableStreamBYOBReader;
    reader.releaseLock();
    return true;
  } catch {
    // The standard's way of asking: a stream that is no byte stream refuses such a reader.
    return false;
  }
}
