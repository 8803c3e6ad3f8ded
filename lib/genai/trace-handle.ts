import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SpanContext } from '@opentelemetry/api';
import { isSpanContextValid } from '../otel.js';
import { safely } from '../safely.js';
import { settings } from '../settings.js';
import { currentSubject } from './last-answer.js';

/*
 * A handle is base64url of: version (1 byte), trace flags (1), trace id (16), span id (8), the response id where there is one
 * (up to 72, ASCII), and an HMAC-SHA-256 of all that, cut to 16 bytes.
 */
const VERSION = 1;
const HEAD = 26;
const TAG = 16;
const LONGEST_ID = 72;
/** So that nothing but an id can travel in a handle. */
const ID = new RegExp(`^[\\x21-\\x7e]{1,${LONGEST_ID}}$`);
const HANDLE = /^[A-Za-z0-9_-]{56,152}$/;
/** Anybody can read it here: without a key of the app's, the tag shows that a handle is intact, not who made it. */
const BUILT_IN_KEY = 'annotel.trace-handle';

/** What a handle points to. */
export interface HandleTarget {
  readonly spanContext: SpanContext;
  readonly responseId: string | undefined;
}

/**
 * A handle on the model call that an answer came from, to be given to the client with the answer and handed to
 * `recordFeedback` when it comes back, in this process or another, hours later. Inside a model call it points to that one;
 * elsewhere to the last model call that was made in the innermost decorated call, such as a workflow or a Nest handler; where
 * none was made, to that call; outside of decorated calls to the active span. `undefined` where there is none: also where no
 * SDK runs. Never throws.
 *
 * For an answer that is streamed, ask for it after the last chunk, still inside a decorated method or a Nest handler: not
 * before is the model call over, and its response id in the handle.
 *
 * It is a URL-safe text of less than 160 characters. It names trace, span and the provider's response id, and holds nothing of
 * content. Set `ANNOTEL_HANDLE_KEY` (or `configure({ handleKey })`), the same in every process, wherever clients are not
 * trusted: without it anybody who reads annotel's source can make a valid handle to a trace of their choice.
 *
 * @example
 * ```ts
 * return { answer, feedback: traceHandle() };
 * ```
 */
export function traceHandle(): string | undefined {
  return safely('making a trace handle', () => {
    const subject = currentSubject();
    return subject && isSpanContextValid(subject.spanContext) ? seal(subject) : undefined;
  });
}

function seal({ spanContext, responseId }: HandleTarget): string {
  const { traceId, spanId, traceFlags } = spanContext;
  const payload = Buffer.concat([
    Buffer.of(VERSION, traceFlags),
    Buffer.from(traceId + spanId, 'hex'),
    Buffer.from(responseId !== undefined && ID.test(responseId) ? responseId : '', 'latin1'),
  ]);
  return Buffer.concat([payload, tagOf(payload)]).toString('base64url');
}

/**
 * What a handle points to.
 *
 * @throws TypeError where it is none that `traceHandle()` made under the key in force; the message does not repeat it
 */
export function openHandle(handle: unknown): HandleTarget {
  if (typeof handle !== 'string') {
    throw new TypeError(`handle is no string but ${handle === null ? 'null' : `of type ${typeof handle}`}`);
  }
  const bytes = HANDLE.test(handle) ? Buffer.from(handle, 'base64url') : undefined;
  // Not every text of the right letters is the base64url of something.
  if (bytes?.toString('base64url') !== handle) throw new TypeError('handle is none that traceHandle() makes');
  if (bytes[0] !== VERSION) throw new TypeError('handle is none of this version of annotel');
  const payload = bytes.subarray(0, -TAG);
  if (!timingSafeEqual(bytes.subarray(-TAG), tagOf(payload))) {
    throw new TypeError('handle is broken, forged, or was made under another ANNOTEL_HANDLE_KEY');
  }
  const responseId = payload.toString('latin1', HEAD);
  return {
    spanContext: {
      traceId: payload.toString('hex', 2, 18),
      spanId: payload.toString('hex', 18, HEAD),
      traceFlags: payload[1] as number,
      isRemote: true,
    },
    responseId: responseId === '' ? undefined : responseId,
  };
}

function tagOf(payload: Uint8Array): Buffer {
  return createHmac('sha256', settings().handleKey || BUILT_IN_KEY)
    .update(payload)
    .digest()
    .subarray(0, TAG);
}
