import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { ParameterTable, TakeParameter } from './providers/family.js';
import * as semconv from './semconv.js';
import { countOf, numberOf, objectOf, stringOf } from './shape.js';

/*
 * The parameters of a request: how each is read, and the names that several families have for it. Names that only one family
 * has stand in its folder. Fields that hold what is asked are none of them, so they are never looked at.
 */

type Read = (value: unknown) => AttributeValue | undefined;

/** The attributes that are set by fields, and how they are read. */
const READ = {
  [semconv.ATTR_GEN_AI_REQUEST_STREAM]: (value) => (value === true ? true : undefined),
  [semconv.ATTR_GEN_AI_REQUEST_TEMPERATURE]: numberOf,
  [semconv.ATTR_GEN_AI_REQUEST_TOP_P]: numberOf,
  [semconv.ATTR_GEN_AI_REQUEST_TOP_K]: numberOf,
  [semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS]: countOf,
  [semconv.ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY]: numberOf,
  [semconv.ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY]: numberOf,
  [semconv.ATTR_GEN_AI_REQUEST_SEED]: numberOf,
  [semconv.ATTR_GEN_AI_REQUEST_STOP_SEQUENCES]: stringsOf,
  // One choice is the default, and not recorded.
  [semconv.ATTR_GEN_AI_REQUEST_CHOICE_COUNT]: (value) => (value === 1 ? undefined : countOf(value)),
  [semconv.ATTR_GEN_AI_REQUEST_REASONING_LEVEL]: levelOf,
  [semconv.ATTR_GEN_AI_REQUEST_PREVIOUS_RESPONSE_ID]: stringOf,
  [semconv.ATTR_GEN_AI_CONVERSATION_ID]: (value) => stringOf(objectOf(value)?.['id'] ?? value),
  [semconv.ATTR_GEN_AI_OUTPUT_TYPE]: outputTypeOf,
  [semconv.ATTR_GEN_AI_REQUEST_ENCODING_FORMATS]: stringsOf,
  [semconv.ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT]: countOf,
  // `standard_only` is a word of Anthropic's; the attribute is OpenAI's.
  [semconv.ATTR_OPENAI_REQUEST_SERVICE_TIER]: (value) =>
    value === 'auto' || value === 'standard_only' ? undefined : stringOf(value),
  [semconv.ATTR_AWS_BEDROCK_GUARDRAIL_ID]: stringOf,
} satisfies Record<string, Read>;

type ParameterName = keyof typeof READ;

/** A field that sets an attribute, whatever other fields of the request say. */
export function overrides(attribute: ParameterName): TakeParameter {
  return (bag, value) => {
    const known = READ[attribute](value);
    if (known !== undefined) bag[attribute] = known;
  };
}

/** A field that sets an attribute where no other field has; one that {@link overrides} may still come. */
export function sets(attribute: ParameterName): TakeParameter {
  return (bag, value) => setDefault(bag, attribute, READ[attribute](value));
}

/** A field whose object holds parameters. */
export const group: TakeParameter = (_bag, value, takeAll) => takeAll(value);

/** As {@link sets}, for a value that was read already. */
export function setDefault(bag: Attributes, attribute: ParameterName, value: AttributeValue | undefined): void {
  if (value !== undefined && bag[attribute] === undefined) bag[attribute] = value;
}

/** The reasoning level and the output type in one object: of Anthropic, and of Converse. */
export const outputConfig: TakeParameter = (bag, value) => {
  const config = objectOf(value);
  setDefault(bag, semconv.ATTR_GEN_AI_REQUEST_REASONING_LEVEL, levelOf(config?.['effort']));
  setDefault(bag, semconv.ATTR_GEN_AI_OUTPUT_TYPE, outputTypeOf(config?.['format'] ?? config?.['textFormat']));
};

/** Names that several families have. */
export const COMMON_PARAMETERS: ParameterTable = {
  stream: overrides(semconv.ATTR_GEN_AI_REQUEST_STREAM),
  temperature: overrides(semconv.ATTR_GEN_AI_REQUEST_TEMPERATURE),
  top_p: overrides(semconv.ATTR_GEN_AI_REQUEST_TOP_P),
  topP: sets(semconv.ATTR_GEN_AI_REQUEST_TOP_P),
  top_k: overrides(semconv.ATTR_GEN_AI_REQUEST_TOP_K),
  topK: sets(semconv.ATTR_GEN_AI_REQUEST_TOP_K),
  max_tokens: sets(semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS),
  maxTokens: sets(semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS),
  maxOutputTokens: sets(semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS),
  frequency_penalty: overrides(semconv.ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY),
  frequencyPenalty: sets(semconv.ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY),
  presence_penalty: overrides(semconv.ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY),
  presencePenalty: sets(semconv.ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY),
  seed: overrides(semconv.ATTR_GEN_AI_REQUEST_SEED),
  stop: overrides(semconv.ATTR_GEN_AI_REQUEST_STOP_SEQUENCES),
  stop_sequences: sets(semconv.ATTR_GEN_AI_REQUEST_STOP_SEQUENCES),
  stopSequences: sets(semconv.ATTR_GEN_AI_REQUEST_STOP_SEQUENCES),
  n: overrides(semconv.ATTR_GEN_AI_REQUEST_CHOICE_COUNT),
  reasoning: sets(semconv.ATTR_GEN_AI_REQUEST_REASONING_LEVEL),
  reasoningEffort: sets(semconv.ATTR_GEN_AI_REQUEST_REASONING_LEVEL),
  response_format: overrides(semconv.ATTR_GEN_AI_OUTPUT_TYPE),
  responseFormat: sets(semconv.ATTR_GEN_AI_OUTPUT_TYPE),
  encoding_format: overrides(semconv.ATTR_GEN_AI_REQUEST_ENCODING_FORMATS),
  encodingFormat: sets(semconv.ATTR_GEN_AI_REQUEST_ENCODING_FORMATS),
  dimensions: overrides(semconv.ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT),
  outputDimension: sets(semconv.ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT),
};

// --- values ----------------------------------------------------------------------------------------------------------

function stringsOf(value: unknown): string[] | undefined {
  if (typeof value === 'string') return value === '' ? undefined : [value];
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')
    ? value
    : undefined;
}

/** A level as it was sent, or an object with it; the AI SDK's word for none is none. */
export function levelOf(value: unknown): string | undefined {
  const level = stringOf(objectOf(value)?.['effort'] ?? value);
  return level === 'provider-default' ? undefined : level;
}

/** JSON by the words of the providers, of Ollama (a JSON schema, or `json`) and of the AI SDK (`Output`, or its name). */
const JSON_OUTPUT = /^(json.*|object|array|choice|enum|no-schema)$/;

export function outputTypeOf(value: unknown): string | undefined {
  const format = objectOf(value);
  const word = stringOf(format ? (format['type'] ?? format['name']) : value);
  if (word === undefined) return undefined;
  return word === 'text' ? word : JSON_OUTPUT.test(word) ? 'json' : undefined;
}

/** Text comes with nearly all of them, and says nothing of the format. */
export function modalOutput(modalities: unknown): string | undefined {
  const wanted = Array.isArray(modalities) ? modalities.map((each) => String(each).toLowerCase()) : [];
  return wanted.includes('image') ? 'image' : wanted.includes('audio') ? 'speech' : undefined;
}
