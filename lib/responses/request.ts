import type { Attributes } from '@opentelemetry/api';
import * as semconv from '../signals/semconv.js';
import { countOf, numberOf, objectOf, stringOf } from './shape.js';

/** A request as it is given to a provider's client. Only what the conventions name is read of it, never its content. */
export type LlmRequest = object;

/** Whether a value looks like a request to a model: it names one, and has something to ask of it. */
export function isRequest(value: unknown): value is LlmRequest {
  const fields = objectOf(value);
  if (!fields || stringOf(fields['model']) === undefined) return false;
  return fields['messages'] !== undefined || fields['input'] !== undefined || fields['prompt'] !== undefined;
}

/** The first argument that looks like a request to a model. */
export function findRequest(args: readonly unknown[]): LlmRequest | undefined {
  for (const argument of args) if (isRequest(argument)) return argument;
  return undefined;
}

/** The model that a request asks. */
export function requestedModel(request: LlmRequest | undefined): string | undefined {
  return stringOf((request as Record<string, unknown> | undefined)?.['model']);
}

/** The request attributes of the conventions beside the model, as far as the request sets them. */
export function requestAttributes(request: LlmRequest): Attributes {
  const fields = request as Record<string, unknown>;
  const bag: Attributes = {};
  const put = (name: string, value: Attributes[string]): void => {
    if (value !== undefined) bag[name] = value;
  };
  put(semconv.ATTR_GEN_AI_REQUEST_STREAM, fields['stream'] === true ? true : undefined);
  put(semconv.ATTR_GEN_AI_REQUEST_TEMPERATURE, numberOf(fields['temperature']));
  put(semconv.ATTR_GEN_AI_REQUEST_TOP_P, numberOf(fields['top_p']));
  put(
    semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS,
    countOf(fields['max_completion_tokens'] ?? fields['max_output_tokens'] ?? fields['max_tokens']),
  );
  put(semconv.ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY, numberOf(fields['frequency_penalty']));
  put(semconv.ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY, numberOf(fields['presence_penalty']));
  put(semconv.ATTR_GEN_AI_REQUEST_SEED, numberOf(fields['seed']));
  put(semconv.ATTR_GEN_AI_REQUEST_STOP_SEQUENCES, stringsOf(fields['stop']));
  const choices = countOf(fields['n']);
  put(semconv.ATTR_GEN_AI_REQUEST_CHOICE_COUNT, choices === 1 ? undefined : choices);
  put(
    semconv.ATTR_GEN_AI_REQUEST_REASONING_LEVEL,
    stringOf(fields['reasoning_effort'] ?? objectOf(fields['reasoning'])?.['effort']),
  );
  put(semconv.ATTR_GEN_AI_REQUEST_PREVIOUS_RESPONSE_ID, stringOf(fields['previous_response_id']));
  put(
    semconv.ATTR_GEN_AI_CONVERSATION_ID,
    stringOf(objectOf(fields['conversation'])?.['id'] ?? fields['conversation']),
  );
  put(semconv.ATTR_GEN_AI_OUTPUT_TYPE, outputType(fields));
  put(semconv.ATTR_GEN_AI_REQUEST_ENCODING_FORMATS, stringsOf(fields['encoding_format']));
  put(semconv.ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT, countOf(fields['dimensions']));
  const tier = stringOf(fields['service_tier']);
  put(semconv.ATTR_OPENAI_REQUEST_SERVICE_TIER, tier === 'auto' ? undefined : tier);
  return bag;
}

/** `response_format` of the chat API, `text.format` of the responses API. */
function outputType(fields: Record<string, unknown>): string | undefined {
  const format = objectOf(fields['response_format']) ?? objectOf(objectOf(fields['text'])?.['format']);
  const type = stringOf(format?.['type']);
  return type?.startsWith('json') ? 'json' : type;
}

function stringsOf(value: unknown): string[] | undefined {
  if (typeof value === 'string') return value === '' ? undefined : [value];
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')
    ? value
    : undefined;
}
