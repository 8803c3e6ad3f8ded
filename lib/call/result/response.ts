import { isReadableStream, trapReadableStream } from './readable-stream.js';
import { methodOf, type Tap, trap } from './tap.js';
import { followWaiting } from './thenable.js';

const BODY_READERS = ['json', 'text', 'arrayBuffer', 'blob', 'bytes', 'formData'];

/** An HTTP response in the manner of `fetch`. */
export function isResponse(value: object): value is Response {
  return (
    methodOf(value, 'json') !== undefined &&
    methodOf(value, 'text') !== undefined &&
    'body' in value &&
    'headers' in value &&
    'status' in value
  );
}

/** The call behind a response ends when its body has been read. What was parsed of it is the call's value. */
export function trapResponse(response: Response, tap: Tap): void {
  if (response.body === null || response.bodyUsed) return tap.ok(response);
  for (const key of BODY_READERS) {
    const read = methodOf(response, key);
    if (!read) continue;
    const trapped = trap(response, key, (...args: unknown[]) =>
      followWaiting(
        tap,
        tap.run(read, response, args) as Promise<unknown>,
        (body) => tap.ok(body),
        (error) => tap.fail(error),
      ),
    );
    if (!trapped) return tap.ok(response);
  }
  const { body, clone } = response;
  // Trapped when it is asked for: the readers above read the same stream, and would end the call before they have parsed it.
  Reflect.defineProperty(response, 'body', {
    configurable: true,
    enumerable: false,
    get() {
      if (isReadableStream(body)) trapReadableStream(body, tap);
      return body;
    },
  });
  trap(response, 'clone', () => {
    const copy: Response = Reflect.apply(clone, response, []);
    trapResponse(copy, tap);
    return copy;
  });
}
