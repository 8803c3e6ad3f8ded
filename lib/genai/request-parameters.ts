import type { Attributes, AttributeValue } from '@opentelemetry/api';
import * as semconv from './semconv.js';
import { countOf, numberOf, objectOf, stringOf } from './shape.js';

/*
 * The parameters of a request under the names that the providers' clients give them, one table for all: OpenAI, Azure AI
 * Inference, Anthropic, Google GenAI, AWS Bedrock (Converse, and the bodies of InvokeModel), Cohere v2, Mistral, Ollama, Vercel
 * AI SDK. Fields that hold what is asked are not in it, so they are never looked at.
 */

type Read = (value: unknown) => AttributeValue | undefined;
/** Puts what one field of a request says into the bag. `depth` counts the objects that it lies in. */
type Take = (bag: Attributes, value: unknown, depth: number) => void;

/** An attribute, how it is read, and the fields that set it, of which the first one wins over the others. */
const PARAMETERS: readonly (readonly [attribute: string, read: Read, ...fields: string[]])[] = [
  [semconv.ATTR_GEN_AI_REQUEST_STREAM, (value) => (value === true ? true : undefined), 'stream'],
  [semconv.ATTR_GEN_AI_REQUEST_TEMPERATURE, numberOf, 'temperature'],
  [semconv.ATTR_GEN_AI_REQUEST_TOP_P, numberOf, 'top_p', 'topP', 'p'],
  [semconv.ATTR_GEN_AI_REQUEST_TOP_K, numberOf, 'top_k', 'topK', 'k'],
  [
    semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS,
    countOf,
    ...['max_completion_tokens', 'max_output_tokens', 'maxOutputTokens', 'max_tokens', 'maxTokens', 'num_predict'],
    ...['maxTokenCount', 'max_gen_len', 'max_tokens_to_sample'],
  ],
  [semconv.ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY, numberOf, 'frequency_penalty', 'frequencyPenalty'],
  [semconv.ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY, numberOf, 'presence_penalty', 'presencePenalty'],
  [semconv.ATTR_GEN_AI_REQUEST_SEED, numberOf, 'seed', 'random_seed', 'randomSeed'],
  [semconv.ATTR_GEN_AI_REQUEST_STOP_SEQUENCES, stringsOf, 'stop', 'stop_sequences', 'stopSequences'],
  [semconv.ATTR_GEN_AI_REQUEST_CHOICE_COUNT, severalOf, 'n', 'candidateCount', 'num_generations'],
  [semconv.ATTR_GEN_AI_REQUEST_REASONING_LEVEL, levelOf, 'reasoning_effort', 'reasoningEffort', 'reasoning', 'think'],
  [semconv.ATTR_GEN_AI_REQUEST_PREVIOUS_RESPONSE_ID, stringOf, 'previous_response_id'],
  [semconv.ATTR_GEN_AI_CONVERSATION_ID, (value) => stringOf(objectOf(value)?.['id'] ?? value), 'conversation'],
  [
    semconv.ATTR_GEN_AI_OUTPUT_TYPE,
    outputTypeOf,
    ...['response_format', 'responseFormat', 'format', 'output', 'output_format'],
  ],
  [
    semconv.ATTR_GEN_AI_REQUEST_ENCODING_FORMATS,
    stringsOf,
    ...['encoding_format', 'encodingFormat', 'embedding_types', 'embeddingTypes'],
  ],
  [
    semconv.ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT,
    countOf,
    ...['dimensions', 'output_dimension', 'outputDimension', 'outputDimensionality'],
  ],
  [semconv.ATTR_OPENAI_REQUEST_SERVICE_TIER, tierOf, 'service_tier'],
  [semconv.ATTR_AWS_BEDROCK_GUARDRAIL_ID, stringOf, 'guardrailIdentifier'],
];

/** Fields whose objects hold parameters under the names above. */
const GROUPS = [
  // Google GenAI, and the API under it
  ...['config', 'generationConfig', 'generation_config'],
  // Ollama
  'options',
  // AWS Bedrock: Converse, and bodies of InvokeModel
  ...['inferenceConfig', 'guardrailConfig', 'additionalModelRequestFields', 'textGenerationConfig'],
];

/** Fields that say something in a way of their own. */
const SPECIAL: Readonly<Record<string, Take>> = {
  // Google GenAI. A budget of tokens is no level.
  thinkingConfig: (bag, value) => putLevel(bag, objectOf(value)?.['thinkingLevel']),
  responseMimeType: (bag, value) => putOutputType(bag, mimeOutput(stringOf(value))),
  responseModalities: (bag, value) => putOutputType(bag, modalOutput(value)),
  // OpenAI: audio beside the text
  modalities: (bag, value) => putOutputType(bag, modalOutput(value)),
  // OpenAI: responses
  text: (bag, value) => putOutputType(bag, outputTypeOf(objectOf(value)?.['format'])),
  // Anthropic, and Converse
  output_config: takeOutputConfig,
  outputConfig: takeOutputConfig,
  // Azure AI Inference: an object; InvokeModel: JSON
  body: (bag, value, depth) => takeParameters(bag, bodyOf(value), depth + 1),
};

const TABLE: ReadonlyMap<string, Take> = tableOf();

/** Deeper than any client nests them; ends circles. */
const DEEPEST = 4;

/** Puts the attributes that a request's parameters set into the bag. */
export function takeParameters(bag: Attributes, fields: unknown, depth = 0): void {
  if (typeof fields !== 'object' || fields === null || depth > DEEPEST) return;
  // Requests have few fields, and the table has many names: so it is the request that is gone through.
  for (const field in fields) {
    const take = TABLE.get(field);
    if (take) take(bag, (fields as Record<string, unknown>)[field], depth);
  }
}

function tableOf(): Map<string, Take> {
  const table = new Map(Object.entries(SPECIAL));
  for (const group of GROUPS) table.set(group, (bag, value, depth) => takeParameters(bag, value, depth + 1));
  for (const [attribute, read, first, ...others] of PARAMETERS) {
    table.set(first as string, (bag, value) => {
      const told = read(value);
      if (told !== undefined) bag[attribute] = told;
    });
    for (const field of others) table.set(field, (bag, value) => putUnlessTold(bag, attribute, read(value)));
  }
  return table;
}

function putUnlessTold(bag: Attributes, attribute: string, value: AttributeValue | undefined): void {
  if (value !== undefined && bag[attribute] === undefined) bag[attribute] = value;
}

function putLevel(bag: Attributes, value: unknown): void {
  putUnlessTold(bag, semconv.ATTR_GEN_AI_REQUEST_REASONING_LEVEL, levelOf(value));
}

function putOutputType(bag: Attributes, type: string | undefined): void {
  putUnlessTold(bag, semconv.ATTR_GEN_AI_OUTPUT_TYPE, type);
}

function takeOutputConfig(bag: Attributes, value: unknown): void {
  const config = objectOf(value);
  putLevel(bag, config?.['effort']);
  putOutputType(bag, outputTypeOf(config?.['format'] ?? config?.['textFormat']));
}

// --- values ----------------------------------------------------------------------------------------------------------

function stringsOf(value: unknown): string[] | undefined {
  if (typeof value === 'string') return value === '' ? undefined : [value];
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')
    ? value
    : undefined;
}

/** One choice is the default, and not told. */
function severalOf(value: unknown): number | undefined {
  return value === 1 ? undefined : countOf(value);
}

/** A level as it was sent, or an object with it; the AI SDK's word for none is none. */
function levelOf(value: unknown): string | undefined {
  const level = stringOf(objectOf(value)?.['effort'] ?? value);
  return level === 'provider-default' ? undefined : level;
}

/** `standard_only` is a word of Anthropic's; the attribute is OpenAI's. */
function tierOf(value: unknown): string | undefined {
  return value === 'auto' || value === 'standard_only' ? undefined : stringOf(value);
}

/** JSON by the words of the providers, of Ollama (a JSON schema, or `json`) and of the AI SDK (`Output`, or its name). */
const JSON_OUTPUT = /^(json.*|object|array|choice|enum|no-schema)$/;

function outputTypeOf(value: unknown): string | undefined {
  const format = objectOf(value);
  const word = stringOf(format ? (format['type'] ?? format['name']) : value);
  if (word === undefined) return undefined;
  return word === 'text' ? word : JSON_OUTPUT.test(word) ? 'json' : undefined;
}

function mimeOutput(type: string | undefined): string | undefined {
  if (type === 'application/json') return 'json';
  const [, kind] = /^(text|image|audio)\//.exec(type ?? '') ?? [];
  return kind === 'audio' ? 'speech' : kind;
}

/** Text comes with nearly all of them, and says nothing of the format. */
function modalOutput(modalities: unknown): string | undefined {
  const asked = Array.isArray(modalities) ? modalities.map((each) => String(each).toLowerCase()) : [];
  return asked.includes('image') ? 'image' : asked.includes('audio') ? 'speech' : undefined;
}

/** A longer body is not worth the time that it takes to parse. In bytes, or characters. */
const LONGEST_BODY = 1024 * 1024;

function bodyOf(value: unknown): object | undefined {
  const bytes = value instanceof Uint8Array;
  if (!bytes && typeof value !== 'string') return objectOf(value);
  if (value.length > LONGEST_BODY) return undefined;
  try {
    return objectOf(JSON.parse(bytes ? new TextDecoder().decode(value) : value));
  } catch {
    return undefined;
  }
}
