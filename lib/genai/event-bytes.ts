import { objectOf } from './shape.js';

/*
 * Server-sent events that the caller parses himself: the bytes of an HTTP body, or the `{ event, data }` of a parser in which
 * the data is still text. Only data that may hold something of interest is parsed a second time.
 */

/** A line longer than this, in characters, is left out. */
const LONGEST_LINE = 1024 * 1024;

/** Gets the lines out of the bytes of a body, whatever the chunks that they come in. */
export class EventLines {
  private readonly decoder: TextDecoder | undefined;
  private rest = '';

  /** @param exact whether letters beyond ASCII matter; much faster where they do not */
  constructor(exact: boolean) {
    if (exact) this.decoder = new TextDecoder();
  }

  /** The lines that are complete now, as one text. */
  add(bytes: Uint8Array): string {
    const text = this.decoder ? this.decoder.decode(bytes, { stream: true }) : latin1(bytes);
    const end = text.lastIndexOf('\n');
    const lines = end < 0 ? '' : this.rest + text.slice(0, end);
    this.rest = end < 0 ? this.rest + text : text.slice(end + 1);
    if (this.rest.length > LONGEST_LINE) this.rest = '';
    return lines;
  }
}

function latin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}

/** The data of the events in complete lines. */
export function dataIn(lines: string): string[] {
  return lines.split('\n').flatMap((line) => (line.startsWith('data:') ? [line.slice(5).trim()] : []));
}

/** Whether the bytes are the beginning of a stream of events. */
export function beginsEvents(bytes: Uint8Array): boolean {
  return /^\s*(data:|event:|id:|:)/.test(latin1(bytes.subarray(0, 16)));
}

/** The data of one event of a parser; of `EventMessage` in `@azure/core-sse`, among others. */
export function eventData(chunk: object): string | undefined {
  const { data, event } = chunk as Record<string, unknown>;
  return typeof data === 'string' && typeof event === 'string' && data.startsWith('{') ? data : undefined;
}

/** The object that the data of an event is; `undefined` of `[DONE]`. */
export function parseData(data: string): object | undefined {
  if (!data.startsWith('{')) return undefined;
  try {
    return objectOf(JSON.parse(data));
  } catch {
    return undefined;
  }
}
