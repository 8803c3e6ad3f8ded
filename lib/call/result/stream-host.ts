import { isReadableStream } from './readable-stream.js';
import { Step } from './step.js';
import { methodOf, type Tap, trap } from './tap.js';

/**
 * A result that is no stream itself but hands one out, as often as it is asked: its getters and methods split what they need
 * off `baseStream`, and put the rest back. Reading any of them may start the stream, so only this one is ever looked at.
 */
export interface StreamHost {
  baseStream: ReadableStream;
}

export function isStreamHost(value: object): value is StreamHost {
  if (!Object.hasOwn(value, 'baseStream')) return false;
  const { baseStream } = value as Partial<StreamHost>;
  return typeof baseStream === 'object' && baseStream !== null && isReadableStream(baseStream);
}

/**
 * Watches the stream where it is split: every part that is pulled from it passes once, however the result is read. What
 * reads it unsplit reads a relay, which pulls one part for each that is pulled from it.
 */
export function trapStreamHost(host: StreamHost, tap: Tap): void {
  const { baseStream } = host;
  if (baseStream.locked) return tap.ok();
  const parts = new Parts(tap);
  // One pair for all parts: a stream has thousands of them.
  const resolved = (result: ReadableStreamReadResult<unknown>): ReadableStreamReadResult<unknown> => {
    tap.awaited(-1);
    parts.add(result);
    return result;
  };
  const rejected = (error: unknown): never => {
    tap.awaited(-1);
    tap.fail(error);
    throw error;
  };
  const watcher: Watcher = {
    reading(reader) {
      const step = new Step(reader.read, reader, tap);
      return () => {
        const read = step.take([]) as Promise<ReadableStreamReadResult<unknown>>;
        tap.awaited(1);
        return read.then(resolved, rejected);
      };
    },
    failed: (error) => tap.fail(error),
    cancelled: () => tap.stop(),
  };
  const relay = relayOf(baseStream, watcher);
  trapTee(relay, baseStream, watcher, new Branches(tap));
  if (!trap(host, 'baseStream', relay)) tap.ok();
}

type Read = () => Promise<ReadableStreamReadResult<unknown>>;

/** Who sees what is read from a stream, that it broke, and that nobody wants more of it. */
interface Watcher {
  /** What reads from a stream that `reader` was taken of. */
  reading(reader: ReadableStreamDefaultReader): Read;
  failed?(error: unknown): void;
  cancelled?(): void;
}

/** A stream that pulls from another what is pulled from it, one for one, and hands cancellation on. */
function relayOf(stream: ReadableStream, watcher: Watcher): ReadableStream {
  // Taken when somebody reads: until then the stream is as it was.
  let reader: ReadableStreamDefaultReader | undefined;
  let read: Read | undefined;
  const source: UnderlyingDefaultSource = {
    async pull(controller) {
      reader ??= stream.getReader();
      read ??= watcher.reading(reader);
      const { done, value } = await read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel(reason) {
      watcher.cancelled?.();
      return (reader ?? stream).cancel(reason);
    },
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}

/** The members of a part by which its kind is known. */
interface Part {
  readonly type?: unknown;
  readonly error?: unknown;
  readonly finishReason?: unknown;
}

/** What the host adds before anything has come. */
const FRAMING = new Set<unknown>(['start', 'start-step']);

/** Such streams do not throw: that they failed or were aborted is one of their parts, after which they end. */
class Parts {
  private failure: { readonly error: unknown } | undefined;
  private aborted = false;

  constructor(private readonly tap: Tap) {}

  add({ done, value }: ReadableStreamReadResult<unknown>): void {
    if (done) return this.end();
    const part = partOf(value);
    if (FRAMING.has(part.type)) return;
    if (part.type === 'error') this.failure = { error: part.error };
    else if (part.type === 'abort') this.aborted = true;
    else {
      // It went on after the error, and came to an end of its own.
      if (part.finishReason !== undefined && part.finishReason !== 'error') this.failure = undefined;
      this.tap.item(part);
      // Promises of the host are kept before its stream is closed; whoever waits for one, finds the call ended.
      if (part.type === 'finish') this.end();
    }
  }

  private end(): void {
    if (this.failure) this.tap.fail(this.failure.error);
    else if (this.aborted) this.tap.stop();
    else this.tap.ok();
  }
}

/** A host may keep something of its own beside each part. */
function partOf(chunk: unknown): Part {
  if (typeof chunk !== 'object' || chunk === null) return {};
  const { part } = chunk as { part?: unknown };
  return typeof part === 'object' && part !== null ? part : chunk;
}

/** The branches that were split off and are not cancelled. */
class Branches {
  private open = 0;

  constructor(private readonly tap: Tap) {}

  opened(): void {
    this.open += 1;
  }

  /**
   * One was cancelled. That does not cancel the stream, as the rest could still be read: whoever wants it, asks at once. If
   * nobody does, the call was stopped.
   */
  closed(): void {
    this.open -= 1;
    if (this.open > 0 || !this.tap.isOpen) return;
    setImmediate(() => {
      if (this.open === 0) this.tap.stop();
    });
  }
}

/** Splits `source` where `stream`, which stands for it, would be split; and in the same way what is left of it. */
function trapTee(stream: ReadableStream, source: ReadableStream, watcher: Watcher, branches: Branches): void {
  const tee = methodOf(stream, 'tee');
  trap(stream, 'tee', () => {
    if (tee && stream.locked) return Reflect.apply(tee, stream, []);
    const [branch, rest] = split(source, watcher, branches);
    trapTee(rest, rest, { reading: (reader) => () => reader.read() }, branches);
    return [branch, rest];
  });
}

/**
 * What `tee` of the standard does. Its own reader and the cancelling of its branches cannot be seen; to see them from outside
 * would take two more streams, each of which costs as much as this.
 */
function split(stream: ReadableStream, watcher: Watcher, branches: Branches): [ReadableStream, ReadableStream] {
  const reader = stream.getReader();
  const read = watcher.reading(reader);
  const open = new Set<ReadableStreamDefaultController>();
  const reasons: unknown[] = [];
  let setCancelled: (result?: Promise<void>) => void = () => {};
  const cancelled = new Promise<void>((resolve) => {
    setCancelled = resolve as typeof setCancelled;
  });
  let reading = false;
  let again = false;
  const end = (last: (controller: ReadableStreamDefaultController) => void): void => {
    for (const controller of open) last(controller);
    open.clear();
    setCancelled();
  };
  reader.closed.catch((error) => {
    watcher.failed?.(error);
    end((controller) => controller.error(error));
  });

  // Whoever asks while a part is on its way gets that one; who asks when it comes, wants the next.
  const pull = (): void => {
    again = reading;
    if (reading) return;
    reading = true;
    read().then(
      ({ done, value }) => {
        again = false;
        if (done) return end((controller) => controller.close());
        for (const controller of open) controller.enqueue(value);
        reading = false;
        if (again) pull();
      },
      () => {},
    );
  };
  const branch = (left?: () => void): ReadableStream => {
    let own: ReadableStreamDefaultController;
    return new ReadableStream({
      start(controller) {
        own = controller;
        open.add(own);
      },
      pull,
      cancel(reason) {
        open.delete(own);
        reasons.push(reason);
        left?.();
        if (reasons.length === 2) {
          watcher.cancelled?.();
          setCancelled(reader.cancel(reasons));
        }
        return cancelled;
      },
    });
  };
  branches.opened();
  return [branch(() => branches.closed()), branch()];
}
