import { Assembly } from '../../messages/assembly.js';
import { blob, type Message, type Part, parsed, reasoning } from '../../messages/message.js';
import { countOf, objectOf, stringOf } from '../../shape.js';
import { toolResponse } from './chat-messages.js';
import { contentParts, withoutData } from './content-parts.js';

/* Items of the responses API: its input, its output, and the events that bring the output piece by piece. */

type Fields = Readonly<Record<string, unknown>>;

/** The input of a request: a text of the user's, or items, each of which becomes a message. */
export function inputMessages(input: unknown): Message[] {
  if (typeof input === 'string') return [{ role: 'user', parts: contentParts(input) }];
  if (!Array.isArray(input)) return [];
  return input.flatMap((value) => {
    const item = objectOf(value);
    if (!item) return [];
    const parts = itemParts(item);
    return parts.length > 0 ? [{ role: roleOf(item), parts }] : [];
  });
}

function roleOf(item: Fields): string {
  const role = stringOf(item['role']);
  if (role !== undefined) return role;
  return String(item['type']).endsWith('_output') ? 'tool' : 'assistant';
}

/** The output of an answer: one message, in which text, reasoning and calls stand in their order. */
export function outputMessages(output: readonly unknown[], finishReason: string | undefined): Message[] {
  const parts = output.flatMap((value) => {
    const item = objectOf(value);
    // Some servers repeat the user's message in the output.
    return item && item['role'] !== 'user' ? itemParts(item) : [];
  });
  if (parts.length === 0) return [];
  return [{ role: 'assistant', parts, ...(finishReason === undefined ? undefined : { finish_reason: finishReason }) }];
}

function itemParts(item: Fields): Part[] {
  switch (item['type']) {
    case undefined:
    case 'message':
      return contentParts(item['content']);
    case 'reasoning': {
      const summary = reasonings(item['summary']);
      return summary.length > 0 ? summary : reasonings(item['content']);
    }
    case 'function_call':
    case 'custom_tool_call':
      return [callPart(item)];
    case 'function_call_output':
    case 'custom_tool_call_output':
      return [toolResponse(stringOf(item['call_id']), item['output'])];
    case 'item_reference':
      return [];
    default:
      return providerToolParts(item);
  }
}

function reasonings(parts: unknown): Part[] {
  return Array.isArray(parts) ? parts.flatMap((part) => reasoning(objectOf(part)?.['text'])) : [];
}

function callPart(item: Fields): Part {
  const id = stringOf(item['call_id']) ?? stringOf(item['id']);
  const args = item['arguments'] ?? item['input'];
  return {
    type: 'tool_call',
    name: stringOf(item['name']) ?? '',
    ...(id === undefined ? undefined : { id }),
    ...(args === undefined ? undefined : { arguments: parsed(args) }),
  };
}

/** What such an item says of itself rather than of the call. */
const HOUSEKEEPING = new Set(['id', 'call_id', 'type', 'status', 'encrypted_content', 'fingerprint']);

/** Calls of tools that run at the provider (`web_search_call`, `mcp_call`, …), and their results. */
function providerToolParts(item: Fields): Part[] {
  const type = stringOf(item['type']);
  if (type === undefined) return [];
  const fields = Object.fromEntries(Object.entries(withoutData(item)).filter(([key]) => !HOUSEKEEPING.has(key)));
  const id = stringOf(item['call_id']) ?? stringOf(item['id']);
  const named = id === undefined ? undefined : { id };
  if (type.endsWith('_output')) {
    return [{ type: 'server_tool_call_response', server_tool_call_response: { ...fields, type }, ...named }];
  }
  if (!type.endsWith('_call')) return [{ ...fields, type }];
  const name = stringOf(item['name']) ?? type.replace(/_call$/, '');
  const picture = type === 'image_generation_call' && stringOf(fields['result']);
  if (picture) delete fields['result'];
  const call = { type: 'server_tool_call', name, server_tool_call: { ...fields, type }, ...named };
  const format = stringOf(item['output_format']);
  return picture ? [call, blob(item['result'], format && `image/${format}`, 'image')] : [call];
}

/** Puts a streamed output together, for when the stream ends before the event that carries all of it. */
export class StreamedOutput {
  private readonly assembly = new Assembly();

  add(event: Fields): void {
    const { assembly } = this;
    const { type, delta } = event;
    const item = countOf(event['output_index']) ?? 0;
    switch (type) {
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        assembly.add(0, `${item} ${event['content_index']}`, 'text', delta);
        break;
      case 'response.reasoning_summary_text.delta':
        assembly.add(0, `${item} ${event['summary_index']}`, 'reasoning', delta);
        break;
      case 'response.reasoning_text.delta':
        assembly.add(0, `${item} ${event['content_index']}`, 'reasoning', delta);
        break;
      case 'response.output_item.added':
        this.begin(item, objectOf(event['item']));
        break;
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        assembly.addToolCall(0, item, { piece: delta });
        break;
      case 'response.output_item.done':
        this.finish(objectOf(event['item']));
    }
  }

  private begin(at: number, item: Fields | undefined): void {
    if (item?.['type'] !== 'function_call' && item?.['type'] !== 'custom_tool_call') return;
    this.assembly.addToolCall(0, at, { id: item['call_id'] ?? item['id'], name: item['name'] });
  }

  /** Calls of the provider's own tools come at once; of all else the pieces were received. */
  private finish(item: Fields | undefined): void {
    if (!item || /^(message|reasoning|function_call|custom_tool_call)$/.test(String(item['type']))) return;
    for (const part of itemParts(item)) this.assembly.addPart(0, part);
  }

  messages(finishReason: string | undefined): Message[] {
    return this.assembly.messages([finishReason]);
  }
}
