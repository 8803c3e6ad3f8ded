import { recorded, type WireReply, type WireServer } from '../../support/wire-server.js';
import type { Canaries } from './canary.js';

/** A recorded answer with canaries in it. */
export type Reply = (canaries: Canaries) => WireReply;

/** One API of one client, called through a decorated function with canaries in every field of the request. */
export interface Family {
  readonly name: string;
  /** With canaries in every field; `text` is what the user says. */
  request(canaries: Canaries, text: string): object;
  ask(server: WireServer, request: object): Promise<unknown>;
  /** Reads to the end. */
  stream?(server: WireServer, request: object): Promise<unknown>;
  /** Recorded answers, by what is special about them. */
  readonly answers: Readonly<Record<string, Reply>>;
  readonly streams?: Readonly<Record<string, Reply>>;
  /** Streams in which an error comes after some chunks; its message quotes what is asked. */
  readonly broken?: Readonly<Record<string, Reply>>;
  /** What the API answers a request that it rejects. */
  error(message: string): WireReply;
}

/** A picture as a `data:` URL, in which somebody planted a word. */
export function picture(canaries: Canaries): string {
  return `data:image/png;base64,${canaries.base64('image')}`;
}

/** JSON Schema of a tool, described with canaries. */
export function schema(canaries: Canaries): { type: 'object'; properties: object } {
  return { type: 'object', properties: { place: { type: 'string', description: canaries.word('parameter') } } };
}

/** Everything that a stream brings. */
export async function read(stream: AsyncIterable<unknown> | undefined): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream ?? []) items.push(item);
  return items;
}

/** The recorded answer of a fixture, with canaries in it. */
export function said(path: string, more?: Partial<WireReply>): Reply {
  return (canaries) => canaries.reply(recorded(path, more));
}
