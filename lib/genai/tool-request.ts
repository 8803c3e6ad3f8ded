import { toolCallId } from './providers/mistral/messages.js';
import { objectOf, stringOf } from './shape.js';

/** A model's request to call a tool. */
export interface ToolRequest {
  readonly name: string;
  /** The id that the tool's result refers to. */
  readonly id?: string | undefined;
  /** As the provider hands them out: an object, JSON, or the free text of a custom tool. */
  readonly arguments?: unknown;
}

type Fields = Readonly<Record<string, unknown>>;
type Reader = (call: Fields) => ToolRequest | undefined;

/**
 * A provider's tool call object, read by its shape: OpenAI (chat, responses, custom tools), Anthropic, Bedrock, Gemini, Cohere,
 * Mistral, Ollama, LangChain, Vercel AI SDK. `undefined` for anything else. Strict, since a tool's own arguments may well have
 * a `name` or an `id` of their own.
 */
export function toolRequest(value: unknown): ToolRequest | undefined {
  const call = objectOf(value);
  if (!call) return undefined;
  // Bedrock and Gemini hand it out as the only field of a content block.
  const inner = objectOf(call['toolUse']) ?? objectOf(call['functionCall']) ?? call;
  for (const read of READERS) {
    const request = read(inner);
    if (request) return request;
  }
  return undefined;
}

/** By their `type`: OpenAI responses, Anthropic, LangChain, and custom tools of OpenAI chat. */
const BY_TYPE: Readonly<Record<string, Reader>> = {
  function_call: (call) => requested(call['name'], call['call_id'] ?? call['callId'], call['arguments']),
  custom_tool_call: (call) => requested(call['name'], call['call_id'] ?? call['callId'], call['input']),
  custom(call) {
    const custom = objectOf(call['custom']);
    return requested(custom?.['name'], call['id'], custom?.['input']);
  },
  tool_use: (call) => requested(call['name'], call['id'], call['input']),
  tool_call: (call) => requested(call['name'], call['id'], call['args']),
};

const READERS: readonly Reader[] = [
  function typed(call) {
    const { type } = call;
    return typeof type === 'string' && Object.hasOwn(BY_TYPE, type) ? BY_TYPE[type]?.(call) : undefined;
  },
  /** OpenAI chat and who resembles it. Without arguments it is the definition of a tool. */
  function chat(call) {
    const asked = objectOf(call['function']);
    const given = asked?.['arguments'];
    if (typeof given !== 'string' && !objectOf(given)) return undefined;
    return requested(asked?.['name'], toolCallId(call), given);
  },
  function vercel(call) {
    const id = stringOf(call['toolCallId']);
    return id === undefined ? undefined : requested(call['toolName'], id, call['input'] ?? call['args']);
  },
  function bedrock(call) {
    const id = stringOf(call['toolUseId']);
    return id === undefined ? undefined : requested(call['name'], id, call['input']);
  },
  function gemini(call) {
    return objectOf(call['args']) ? requested(call['name'], call['id'], call['args']) : undefined;
  },
];

function requested(name: unknown, id: unknown, given: unknown): ToolRequest | undefined {
  const tool = stringOf(name);
  return tool === undefined ? undefined : { name: tool, id: stringOf(id), arguments: given };
}
