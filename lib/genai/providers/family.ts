import type { Attributes } from '@opentelemetry/api';
import type { ModelResponse, ResponseFold, Wanted } from '../answer.js';
import type { Conversation } from '../messages/message.js';
import { stringOf } from '../shape.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * What annotel knows of the providers whose clients ask and answer alike. Everything is recognised by its shape alone, never by
 * a class or a package. A family says only what is its own: what many have in common is read by those who ask it.
 */
export interface Family {
  // --- answers ---
  /** Reads an answer; `undefined` where it is of another family. */
  read(answer: object, wanted: Wanted): ModelResponse | undefined;
  /** Starts to read a stream by one of its chunks; `undefined` where it is of another family, or has nothing to read yet. */
  startFold(chunk: object, wanted: Wanted): ResponseFold | undefined;
  /** Whether a value is an HTTP response that `read` has to see itself: its body alone is not enough. */
  isHttpResponse?(value: object): boolean;

  // --- requests ---
  /** What a request says; `undefined` where it is of another family. */
  conversation?(request: Fields): Conversation | undefined;
  /** Whether a request that names its model has something to ask of it, under names that only this family has. */
  isRequest?(request: Fields): boolean;
  /** The model of a request that names it in a way of the family's own. */
  modelOf?(request: Fields): string | undefined;
  /** The object that may be the request, where the client wants it within another. */
  wrappedRequest?(value: Fields): Fields | undefined;
  /** `gen_ai.provider.name` of a request that does not name its model by `model: 'name'`. */
  requestedProvider?(request: Fields): string | undefined;
  /** Parameters of requests under names that only this family has. */
  readonly parameters?: ParameterTable;
  /** Reads what a model hands out to have a tool called; `undefined` where it is of another family. */
  toolRequest?(call: Fields): ToolRequest | undefined;
}

/** By the name of a field: how it sets attributes. */
export type ParameterTable = Readonly<Record<string, TakeParameter>>;

/**
 * Puts what one field of a request says into the bag.
 *
 * @param takeAll does so for all fields of an object within the request
 */
export type TakeParameter = (bag: Attributes, value: unknown, takeAll: (fields: unknown) => void) => void;

/** A model's request to call a tool. */
export interface ToolRequest {
  readonly name: string;
  /** The id that the tool's result refers to. */
  readonly id?: string | undefined;
  /** As the provider hands them out: an object, JSON, or the free text of a custom tool. */
  readonly arguments?: unknown;
}

/** A request to call a tool; `undefined` where it has no name. */
export function requestedTool(name: unknown, id: unknown, args: unknown): ToolRequest | undefined {
  const tool = stringOf(name);
  return tool === undefined ? undefined : { name: tool, id: stringOf(id), arguments: args };
}
