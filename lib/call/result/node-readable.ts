import { methodOf, type Tap, trap } from './tap.js';

interface NodeReadable {
  emit(event: string | symbol, ...args: unknown[]): boolean;
  readonly readableEnded?: boolean;
  readonly destroyed?: boolean;
  readonly errored?: Error | null;
  /** Of the response of an HTTP request. */
  readonly req?: { readonly aborted?: boolean };
}

/** A Node `Readable`, the userland copies of it included. */
export function isNodeReadable(value: object): value is NodeReadable & object {
  return ['pipe', 'read', 'on', 'emit'].every((key) => methodOf(value, key) !== undefined);
}

/**
 * Watches what the stream emits. Every chunk that anybody reads, in whatever manner, is emitted as `data`; a listener would
 * make the stream flow, and an `error` listener would make an unhandled error a handled one.
 */
export function trapNodeReadable(stream: NodeReadable & object, tap: Tap): void {
  if (stream.errored) return tap.fail(stream.errored);
  if (stream.readableEnded || stream.destroyed) return tap.ok();
  const { emit } = stream;
  const trapped = trap(stream, 'emit', function (this: unknown, event: string | symbol, ...args: unknown[]): unknown {
    if (event === 'data') tap.item(args[0]);
    else if (event === 'end') tap.ok();
    else if (event === 'error') endBy(args[0], stream, tap);
    else if (event === 'close') tap.stop();
    return Reflect.apply(emit, this, [event, ...args]);
  });
  if (!trapped) tap.ok();
}

/**
 * Who leaves a `for await` early or aborts by a signal destroys the stream with an error of Node's; the response of an HTTP
 * request says that its connection was reset, and the request that it was on this side.
 */
function endBy(error: unknown, stream: NodeReadable, tap: Tap): void {
  const { code } = (error ?? {}) as { code?: unknown };
  if (code === 'ABORT_ERR' || (code === 'ECONNRESET' && stream.req?.aborted === true)) tap.stop();
  else tap.fail(error);
}
