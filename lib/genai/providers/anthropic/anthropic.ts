import { type ModelResponse, type ResponseFold, specialTier, type TokenUsage, type Wanted } from '../../answer.js';
import { Assembly } from '../../messages/assembly.js';
import { outputConfig, sets } from '../../parameters.js';
import { ATTR_GEN_AI_OUTPUT_TYPE, ERROR_TYPE_OTHER, FINISH_REASON_ERROR } from '../../semconv.js';
import { countOf, objectOf, objectsOf, stringOf } from '../../shape.js';
import { type Family, requestedTool } from '../family.js';
import { anthropicConversation, anthropicMessage, anthropicPart } from './messages.js';

/*
 * Anthropic: messages, by its own API and by those of Amazon Bedrock (InvokeModel) and Vertex AI, which answer the same.
 * Shapes: the API reference of Anthropic, as typed by the `@anthropic-ai/sdk` package 1.12.
 */

type Fields = Record<string, unknown>;

export const anthropic: Family = {
  read(answer, { detail, content }) {
    const fields = answer as Fields;
    if (!isMessage(fields)) return undefined;
    const counts = objectOf(fields['usage']);
    const response = { ...identity(fields), usage: messageUsage(counts), tier: tierOfMessage(counts) };
    if (!detail) return { ...response, id: undefined };
    const reason = stringOf(fields['stop_reason']);
    return {
      ...response,
      finishReasons: reason === undefined ? undefined : [reason],
      output: content ? [anthropicMessage(fields, reason)] : undefined,
    };
  },
  startFold(chunk, wanted) {
    const { type, message } = chunk as Fields;
    const started = type === 'message_start' ? objectOf(message) : undefined;
    return started && isMessage(started) ? new MessageFold(wanted) : undefined;
  },
  conversation: anthropicConversation,
  parameters: { output_config: outputConfig, output_format: sets(ATTR_GEN_AI_OUTPUT_TYPE) },
  toolRequest: (call) =>
    call['type'] === 'tool_use' ? requestedTool(call['name'], call['id'], call['input']) : undefined,
};

function isMessage(fields: Fields): boolean {
  return fields['type'] === 'message' && Array.isArray(fields['content']) && 'stop_reason' in fields;
}

function identity(fields: Fields): Pick<ModelResponse, 'provider' | 'id' | 'model'> {
  return { provider: providerOf(fields), id: stringOf(fields['id']), model: stringOf(fields['model']) };
}

/** The clouds that serve Anthropic's models mark the ids of their answers. */
function providerOf({ id }: Fields): string {
  if (stringOf(id)?.startsWith('msg_bdrk_')) return 'aws.bedrock';
  return stringOf(id)?.startsWith('msg_vrtx_') ? 'gcp.vertex_ai' : 'anthropic';
}

/** `input_tokens` does not include the cached ones; what a compaction used stands beside the rest. */
function messageUsage(usage: Fields | undefined): TokenUsage | undefined {
  if (!usage) return undefined;
  const cacheReadTokens = countOf(usage['cache_read_input_tokens']);
  const cacheWriteTokens = cacheWrites(usage);
  const plain = countOf(usage['input_tokens']);
  const counted: TokenUsage = {
    inputTokens: plain === undefined ? undefined : plain + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0),
    outputTokens: countOf(usage['output_tokens']),
    cacheReadTokens,
    cacheWriteTokens,
    cacheWriteHourTokens: hourWritesOfMessage(usage),
    reasoningTokens: countOf(objectOf(usage['output_tokens_details'])?.['thinking_tokens']),
  };
  return compactions(usage).map(messageUsage).reduce(withCompaction, counted);
}

/** A count that the message itself does not have stays absent, but for the cache, which a compaction may use alone. */
function withCompaction(usage: TokenUsage | undefined, more: TokenUsage | undefined): TokenUsage | undefined {
  if (!usage || !more) return usage;
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, cacheWriteHourTokens } = usage;
  return {
    ...usage,
    inputTokens: inputTokens === undefined ? undefined : inputTokens + (more.inputTokens ?? 0),
    outputTokens: outputTokens === undefined ? undefined : outputTokens + (more.outputTokens ?? 0),
    cacheReadTokens: added(cacheReadTokens, more.cacheReadTokens),
    cacheWriteTokens: added(cacheWriteTokens, more.cacheWriteTokens),
    cacheWriteHourTokens: added(cacheWriteHourTokens, more.cacheWriteHourTokens),
  };
}

function added(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined ? right : left + (right ?? 0);
}

/** Tokens that were written to a cache which keeps them for an hour. */
export function hourWritesOfMessage(usage: unknown): number | undefined {
  return countOf(objectOf(objectOf(usage)?.['cache_creation'])?.['ephemeral_1h_input_tokens']);
}

/** The tier of service, and the speed, which is sold apart from it. */
export function tierOfMessage(value: unknown): string | undefined {
  const usage = objectOf(value);
  return specialTier(usage?.['service_tier'], usage?.['speed']);
}

/** In all, or by how long they are kept. */
function cacheWrites(usage: Fields): number | undefined {
  const written = objectOf(usage['cache_creation']);
  const short = countOf(written?.['ephemeral_5m_input_tokens']);
  const long = hourWritesOfMessage(usage);
  const parts = (short ?? long) === undefined ? undefined : (short ?? 0) + (long ?? 0);
  return countOf(usage['cache_creation_input_tokens']) ?? parts;
}

function compactions(usage: Fields): Fields[] {
  return objectsOf(usage['iterations']).filter(({ type }) => type === 'compaction');
}

/** Folds the events of a streamed message. `message_start` names it; what `message_delta` counts are totals so far. */
class MessageFold implements ResponseFold {
  private message: Fields = {};
  private readonly usage: Fields = {};
  private stopReason: string | undefined;
  private error: string | undefined;
  private readonly assembly: Assembly | undefined;

  constructor(wanted: Wanted) {
    if (wanted.content) this.assembly = new Assembly();
  }

  add(chunk: object): void {
    const event = chunk as Fields;
    switch (event['type']) {
      case 'content_block_delta':
        if (this.assembly) addDelta(this.assembly, event);
        break;
      case 'content_block_start':
        this.startBlock(event);
        break;
      case 'message_start': {
        const { id, model, usage } = objectOf(event['message']) ?? {};
        this.message = { id, model };
        this.count(usage);
        // How many tokens come out is not known yet; what stands there is a placeholder.
        delete this.usage['output_tokens'];
        delete this.usage['output_tokens_details'];
        break;
      }
      case 'message_delta':
        this.stopReason = stringOf(objectOf(event['delta'])?.['stop_reason']) ?? this.stopReason;
        this.count(event['usage']);
        break;
      case 'error':
        this.error = stringOf(objectOf(event['error'])?.['type']) ?? ERROR_TYPE_OTHER;
    }
  }

  private count(value: unknown): void {
    const counts = objectOf(value);
    for (const key in counts) {
      if (counts[key] !== null && counts[key] !== undefined) this.usage[key] = counts[key];
    }
  }

  private startBlock(event: Fields): void {
    const block = objectOf(event['content_block']);
    // Another model takes over.
    const successor = block?.['type'] === 'fallback' ? stringOf(objectOf(block['to'])?.['model']) : undefined;
    if (successor !== undefined) this.message['model'] = successor;
    if (block && this.assembly) addBlock(this.assembly, event['index'], block);
  }

  response(): ModelResponse {
    const reason = this.stopReason ?? FINISH_REASON_ERROR;
    return {
      ...identity(this.message),
      finishReasons: [reason],
      usage: messageUsage(this.usage),
      tier: tierOfMessage(this.usage),
      error: this.error,
      output: this.assembly?.messages([reason]),
    };
  }
}

/** Blocks that come in pieces; any other comes at once. */
const PIECEMEAL = new Set(['text', 'thinking', 'tool_use', 'server_tool_use', 'mcp_tool_use']);

function addBlock(assembly: Assembly, index: unknown, block: Fields): void {
  const { type, name, id } = block;
  const at = countOf(index) ?? 0;
  if (!PIECEMEAL.has(type as string)) for (const part of anthropicPart(block)) assembly.addPart(0, part);
  else if (type === 'text') assembly.add(0, at, 'text', block['text']);
  else if (type === 'thinking') assembly.add(0, at, 'reasoning', block['thinking']);
  else assembly.addToolCall(0, at, { name, id });
}

function addDelta(assembly: Assembly, event: Fields): void {
  const delta = objectOf(event['delta']);
  const at = countOf(event['index']) ?? 0;
  switch (delta?.['type']) {
    case 'text_delta':
      return assembly.add(0, at, 'text', delta['text']);
    case 'thinking_delta':
      return assembly.add(0, at, 'reasoning', delta['thinking']);
    case 'input_json_delta':
      return assembly.addToolCall(0, at, { piece: delta['partial_json'] });
  }
}
