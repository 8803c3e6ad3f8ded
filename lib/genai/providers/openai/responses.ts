import type { Attributes } from '@opentelemetry/api';
import { type ModelResponse, type ResponseFold, specialTier, type Wanted } from '../../answer.js';
import {
  ATTR_OPENAI_API_TYPE,
  ATTR_OPENAI_RESPONSE_SERVICE_TIER,
  ERROR_TYPE_OTHER,
  FINISH_REASON_ERROR,
} from '../../semconv.js';
import { objectOf, stringOf } from '../../shape.js';
import { isOpenAI, markOf, providerOf, reportedCost, tokenUsage } from './dialects.js';
import { outputMessages, StreamedOutput } from './responses-messages.js';

/* The responses API: answers and the events of streams. */

type Fields = Record<string, unknown>;

export function isResponse(fields: Fields): boolean {
  return fields['object'] === 'response' && Array.isArray(fields['output']);
}

/** An answer, of whose fields `output` is known to be a list. */
export function responsesAnswer(fields: Fields, { detail, content }: Wanted): ModelResponse {
  const { usage } = fields;
  const response: ModelResponse = {
    ...identity(fields),
    error:
      fields['status'] === 'failed' ? (stringOf(objectOf(fields['error'])?.['code']) ?? ERROR_TYPE_OTHER) : undefined,
    usage: tokenUsage(usage),
    cost: reportedCost(usage),
    tier: specialTier(fields['service_tier']),
  };
  if (!detail) return response;
  const finishReason = finishReasonOf(fields);
  return {
    ...response,
    finishReasons: finishReason === undefined ? undefined : [finishReason],
    attributes: responsesAttributes(response.provider, fields['service_tier']),
    output: content ? outputMessages(fields['output'] as unknown[], finishReason) : undefined,
  };
}

function identity(fields: Fields): { provider: string; id: string | undefined; model: string | undefined } {
  const model = stringOf(fields['model']);
  return { provider: providerOf(markOf(fields), model, fields['usage']), id: stringOf(fields['id']), model };
}

function responsesAttributes(provider: string | undefined, tier: unknown): Attributes {
  if (provider === undefined || !isOpenAI(provider)) return {};
  const attributes: Attributes = { [ATTR_OPENAI_API_TYPE]: 'responses' };
  if (stringOf(tier) !== undefined) attributes[ATTR_OPENAI_RESPONSE_SERVICE_TIER] = tier as string;
  return attributes;
}

/** Calls that the caller has to answer; OpenAI itself runs the others. */
const CALLS = new Set<unknown>([
  ...['function_call', 'custom_tool_call', 'computer_call', 'local_shell_call', 'apply_patch_call'],
]);

function finishReasonOf(fields: Fields): string | undefined {
  const output = fields['output'] as unknown[];
  const isCall = (item: unknown): boolean => CALLS.has(objectOf(item)?.['type']);
  return reasonOfStatus(fields, fields['status'] === 'completed' && output.some(isCall));
}

/**
 * The responses API has a status instead of finish reasons; these are their counterparts in the chat API.
 *
 * @param called whether the answer calls a tool that the caller has to run
 */
export function reasonOfStatus(fields: Fields, called: boolean): string | undefined {
  switch (fields['status']) {
    case 'completed':
      return called ? 'tool_calls' : 'stop';
    case 'incomplete': {
      const reason = stringOf(objectOf(fields['incomplete_details'])?.['reason']);
      return reason === 'max_output_tokens' ? 'length' : reason;
    }
    case 'failed':
    case 'cancelled':
      return FINISH_REASON_ERROR;
    default:
      // `queued` and `in_progress`: a background response has not finished.
      return undefined;
  }
}

const TERMINAL_EVENTS = new Set(['response.completed', 'response.incomplete', 'response.failed']);

/** Folds the events of a streamed response: the first ones name it, the last one has the complete response. */
export class ResponsesFold implements ResponseFold {
  private named: ModelResponse | undefined;
  private final: ModelResponse | undefined;
  private failure: string | undefined;
  private readonly output: StreamedOutput | undefined;

  constructor(private readonly wanted: Wanted) {
    this.output = wanted.content ? new StreamedOutput() : undefined;
  }

  add(chunk: object): void {
    const event = chunk as Fields;
    const { type } = event;
    const fields = objectOf(event['response']);
    if (!fields) {
      if (type === 'error') this.failure = stringOf(event['code']) ?? ERROR_TYPE_OTHER;
      else this.output?.add(event);
    } else if (TERMINAL_EVENTS.has(type as string) && isResponse(fields)) {
      this.final = responsesAnswer(fields, this.wanted);
    } else this.named ??= this.begin(fields);
  }

  private begin(fields: Fields): ModelResponse {
    const named = identity(fields);
    return { ...named, attributes: responsesAttributes(named.provider, undefined) };
  }

  response(): ModelResponse {
    const { final, output } = this;
    // Some servers leave the output out of the event that should carry it.
    if (final)
      return final.output?.length === 0 ? { ...final, output: output?.messages(final.finishReasons?.[0]) } : final;
    return {
      ...this.named,
      error: this.failure,
      finishReasons: [FINISH_REASON_ERROR],
      output: output?.messages(FINISH_REASON_ERROR),
    };
  }
}
