import { safely } from '../../safely.js';
import type { ModelResponse, ResponseFold, Wanted } from '../answer.js';
import type { Conversation } from '../messages/message.js';
import { objectOf } from '../shape.js';
import { anthropic } from './anthropic/anthropic.js';
import { azureInference } from './azure-inference/azure-inference.js';
import { bedrock } from './bedrock/bedrock.js';
import { cohere } from './cohere/cohere.js';
import type { Family, ToolRequest } from './family.js';
import { gemini } from './gemini/gemini.js';
import { langChain } from './langchain/langchain.js';
import { mistral } from './mistral/mistral.js';
import { ollama } from './ollama/ollama.js';
import { openAI } from './openai/openai.js';
import { vercel } from './vercel/vercel.js';

/**
 * Every family, in the order in which they are asked whether an answer is theirs; no answer is known to two. The number gives the
 * order in which they are asked about a request: families that claim only what is their own come before those that also read
 * what many have.
 */
const REGISTERED: readonly (readonly [family: Family, forRequests: number])[] = [
  // The first: answers of its client warn on the console when their `data` or `text` is read, as others do.
  [gemini, 5],
  // Before the others: to ask its streamed results for a member may start them.
  [vercel, 2],
  [bedrock, 3],
  [anthropic, 4],
  // The answers of its client look like OpenAI's, too.
  [mistral, 7],
  [openAI, 9],
  [azureInference, 10],
  [ollama, 6],
  [cohere, 8],
  [langChain, 1],
];

/** In the order in which they are asked about an answer. */
export const FAMILIES: readonly Family[] = REGISTERED.map(([family]) => family);

/** In the order in which they are asked about a request, and about a tool call. */
export const FAMILIES_FOR_REQUESTS: readonly Family[] = [...REGISTERED]
  .sort(([, left], [, right]) => left - right)
  .map(([family]) => family);

/** What a request of any known family says; `undefined` where its shape is unknown. */
export function readConversation(request: object): Conversation | undefined {
  return safely('reading the messages of a request', () => {
    for (const family of FAMILIES_FOR_REQUESTS) {
      const conversation = family.conversation?.(request as Record<string, unknown>);
      if (conversation) return conversation;
    }
    return undefined;
  });
}

/**
 * A provider's tool call object, read by its shape. `undefined` for anything else. Strict, since a tool's own arguments may well
 * have a `name` or an `id` of their own.
 */
export function toolRequest(value: unknown): ToolRequest | undefined {
  const call = objectOf(value);
  if (!call) return undefined;
  for (const family of FAMILIES_FOR_REQUESTS) {
    const request = family.toolRequest?.(call);
    if (request) return request;
  }
  return undefined;
}

/** The last answer of a method that was known: to whom, and of which class it was. */
export interface LastKnown {
  reader?: Family;
  prototype?: unknown;
}

/**
 * Reads an answer of any known family; `undefined` where its shape is unknown.
 *
 * @param last what is remembered of the method: whoever knew its last answer is asked first for the next of the same class.
 * For another class the order stands, since the getters of one may do more than return a value.
 */
export function readResponse(answer: unknown, wanted: Wanted, last: LastKnown = {}): ModelResponse | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const prototype: unknown = Object.getPrototypeOf(answer);
  const likely = prototype === last.prototype ? last.reader : undefined;
  const expected = likely?.read(answer, wanted);
  if (expected) return expected;
  for (const family of FAMILIES) {
    const response = family === likely ? undefined : family.read(answer, wanted);
    if (!response) continue;
    last.reader = family;
    last.prototype = prototype;
    return response;
  }
  return undefined;
}

/** So many chunks may have nothing to read yet; a stream that goes on is of no known family. */
const MOST_UNKNOWN = 64;

/** Folds a stream of any known family: the first chunk that one recognises decides which. */
export class StreamedResponse {
  private fold: ResponseFold | undefined;
  private unknown = 0;

  constructor(private readonly wanted: Wanted) {}

  add(chunk: unknown): void {
    if (typeof chunk !== 'object' || chunk === null) return;
    this.fold ??= this.start(chunk);
    this.fold?.add(chunk);
  }

  private start(chunk: object): ResponseFold | undefined {
    if (this.unknown === MOST_UNKNOWN) return undefined;
    this.unknown += 1;
    for (const family of FAMILIES) {
      const fold = family.startFold(chunk, this.wanted);
      if (fold) return fold;
    }
    return undefined;
  }

  value(): ModelResponse | undefined {
    return this.fold?.response();
  }
}
