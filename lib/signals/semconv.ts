import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { settings } from '../settings.js';

/*
 * Every attribute, metric and event name that annotel emits, once. Sources: OpenTelemetry GenAI semantic conventions,
 * core v1.41 (the last versioned set) and main of open-telemetry/semantic-conventions-genai ("latest"). A name that
 * differs between the two is a `Renamed`; the npm package @opentelemetry/semantic-conventions is frozen at v1.41 for
 * GenAI and marks all of it deprecated, which is why the names stand here.
 */

/** A name with one spelling per generation of the conventions; `ANNOTEL_SEMCONV` selects which are written. */
export interface Renamed {
  readonly '1.41': string;
  readonly latest: string;
}

// --- attributes: GenAI -----------------------------------------------------------------------------------------------
export const ATTR_GEN_AI_OPERATION_NAME = 'gen_ai.operation.name';
export const ATTR_GEN_AI_PROVIDER_NAME = 'gen_ai.provider.name';
export const ATTR_GEN_AI_CONVERSATION_ID = 'gen_ai.conversation.id';
export const ATTR_GEN_AI_OUTPUT_TYPE = 'gen_ai.output.type';
export const ATTR_GEN_AI_REQUEST_MODEL = 'gen_ai.request.model';
export const ATTR_GEN_AI_REQUEST_CHOICE_COUNT = 'gen_ai.request.choice.count';
export const ATTR_GEN_AI_REQUEST_ENCODING_FORMATS = 'gen_ai.request.encoding_formats';
export const ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY = 'gen_ai.request.frequency_penalty';
export const ATTR_GEN_AI_REQUEST_MAX_TOKENS = 'gen_ai.request.max_tokens';
export const ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY = 'gen_ai.request.presence_penalty';
export const ATTR_GEN_AI_REQUEST_PREVIOUS_RESPONSE_ID = 'gen_ai.request.previous_response.id';
export const ATTR_GEN_AI_REQUEST_REASONING_LEVEL = 'gen_ai.request.reasoning.level';
export const ATTR_GEN_AI_REQUEST_SEED = 'gen_ai.request.seed';
export const ATTR_GEN_AI_REQUEST_STOP_SEQUENCES = 'gen_ai.request.stop_sequences';
export const ATTR_GEN_AI_REQUEST_STREAM = 'gen_ai.request.stream';
export const ATTR_GEN_AI_REQUEST_TEMPERATURE = 'gen_ai.request.temperature';
export const ATTR_GEN_AI_REQUEST_TOP_P = 'gen_ai.request.top_p';
export const ATTR_GEN_AI_RESPONSE_FINISH_REASONS = 'gen_ai.response.finish_reasons';
export const ATTR_GEN_AI_RESPONSE_ID = 'gen_ai.response.id';
export const ATTR_GEN_AI_RESPONSE_MODEL = 'gen_ai.response.model';
/** Seconds from the start of the call to the first chunk of a streamed answer. */
export const ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK = 'gen_ai.response.time_to_first_chunk';
export const ATTR_GEN_AI_USAGE_INPUT_TOKENS = 'gen_ai.usage.input_tokens';
export const ATTR_GEN_AI_USAGE_OUTPUT_TOKENS = 'gen_ai.usage.output_tokens';
export const ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS = 'gen_ai.usage.cache_read.input_tokens';
export const ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS: Renamed = {
  '1.41': 'gen_ai.usage.cache_creation.input_tokens',
  latest: 'gen_ai.usage.cache_write.input_tokens',
};
export const ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS = 'gen_ai.usage.reasoning.output_tokens';
export const ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT = 'gen_ai.embeddings.dimension.count';
export const ATTR_GEN_AI_DATA_SOURCE_ID = 'gen_ai.data_source.id';
export const ATTR_GEN_AI_RETRIEVAL_TOP_K: Renamed = {
  '1.41': 'gen_ai.request.top_k',
  latest: 'gen_ai.retrieval.top_k',
};
export const ATTR_GEN_AI_WORKFLOW_NAME = 'gen_ai.workflow.name';
/** v1.41 only: `input` or `output`. */
export const ATTR_GEN_AI_TOKEN_TYPE = 'gen_ai.token.type';
/** latest only: `text`, `image`, `audio` or `unknown`. */
export const ATTR_GEN_AI_TOKEN_MODALITY = 'gen_ai.token.modality';

// --- attributes: OpenAI ----------------------------------------------------------------------------------------------
export const ATTR_OPENAI_API_TYPE = 'openai.api.type';
export const ATTR_OPENAI_REQUEST_SERVICE_TIER = 'openai.request.service_tier';
export const ATTR_OPENAI_RESPONSE_SERVICE_TIER = 'openai.response.service_tier';
export const ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT = 'openai.response.system_fingerprint';

// --- attributes: general (stable) ------------------------------------------------------------------------------------
export const ATTR_CODE_FUNCTION_NAME = 'code.function.name';
export const ATTR_ERROR_TYPE = 'error.type';
export const ATTR_EXCEPTION_MESSAGE = 'exception.message';
export const ATTR_EXCEPTION_STACKTRACE = 'exception.stacktrace';
export const ATTR_EXCEPTION_TYPE = 'exception.type';
export const ATTR_SERVER_ADDRESS = 'server.address';
export const ATTR_SERVER_PORT = 'server.port';

// --- attributes: annotel's own ---------------------------------------------------------------------------------------
/** What kind of call was decorated: the GenAI operation name, or `traced`. */
export const ATTR_ANNOTEL_OPERATION = 'annotel.operation';
/** How a stream ended where it did not run to its end: `stopped` by its reader, or `abandoned` (never read to the end). */
export const ATTR_ANNOTEL_STREAM_END = 'annotel.stream.end';
export const ATTR_ANNOTEL_RETRIEVAL_DOCUMENT_COUNT = 'annotel.retrieval.document.count';
/** Length of the query in characters (UTF-16 code units). */
export const ATTR_ANNOTEL_RETRIEVAL_QUERY_LENGTH = 'annotel.retrieval.query.length';

// --- well-known values -----------------------------------------------------------------------------------------------
export const OPERATION_CHAT = 'chat';
export const OPERATION_TEXT_COMPLETION = 'text_completion';
export const OPERATION_GENERATE_CONTENT = 'generate_content';
export const OPERATION_EMBEDDINGS = 'embeddings';
export const OPERATION_RETRIEVAL = 'retrieval';
export const OPERATION_INVOKE_WORKFLOW = 'invoke_workflow';
/** Value of {@link ATTR_ANNOTEL_OPERATION} for a method that is no GenAI operation. */
export const OPERATION_TRACED = 'traced';
/** Value of `error.type` where the thrown value has no name of its own. */
export const ERROR_TYPE_OTHER = '_OTHER';
/** Finish reason of a choice that was cut off before the model finished it. */
export const FINISH_REASON_ERROR = 'error';

/** The operations that are an inference, i.e. that claim to be the model call. */
export function isInference(operation: unknown): boolean {
  return (
    operation === OPERATION_CHAT || operation === OPERATION_TEXT_COMPLETION || operation === OPERATION_GENERATE_CONTENT
  );
}

// --- events ----------------------------------------------------------------------------------------------------------
export const EVENT_GEN_AI_INFERENCE_DETAILS = 'gen_ai.client.inference.operation.details';
export const EVENT_GEN_AI_EXCEPTION = 'gen_ai.client.operation.exception';
export const EVENT_EXCEPTION = 'exception';
/** The log record of a decorated call that is no inference. */
export const EVENT_ANNOTEL_CALL = 'annotel.call';

// --- metrics ---------------------------------------------------------------------------------------------------------
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];
const WORKFLOW_SECONDS = [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200];
const DOCUMENTS = [0, 1, 2, 5, 10, 20, 50, 100];

/** One instrument: a histogram where it has `buckets`, else a counter. */
export interface MetricDefinition {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly buckets?: readonly number[];
}

/** Counter of every decorated call. */
export const METRIC_CALLS = {
  name: 'annotel.calls',
  unit: '{call}',
  description: 'Decorated calls.',
} as const satisfies MetricDefinition;

/** Metrics that do not depend on the generation. */
export const METRICS = {
  callDuration: {
    name: 'annotel.call.duration',
    unit: 's',
    description: 'Duration of decorated calls.',
    buckets: SECONDS,
  },
  documentCount: {
    name: 'annotel.retrieval.document.count',
    unit: '{document}',
    description: 'Documents that a retrieval returned.',
    buckets: DOCUMENTS,
  },
  operationDuration: {
    name: 'gen_ai.client.operation.duration',
    unit: 's',
    description: 'Duration of GenAI client operations.',
    buckets: SECONDS,
  },
} as const satisfies Record<string, MetricDefinition>;

/** Metrics of core v1.41, beside {@link METRICS}; `operationDuration` there covers inference too. */
export const METRICS_1_41 = {
  tokenUsage: {
    name: 'gen_ai.client.token.usage',
    unit: '{token}',
    description: 'Input and output tokens of a call.',
    buckets: TOKENS,
  },
  timeToFirstChunk: {
    name: 'gen_ai.client.operation.time_to_first_chunk',
    unit: 's',
    description: 'Time to the first chunk of a streamed answer.',
    buckets: SECONDS,
  },
  timePerOutputChunk: {
    name: 'gen_ai.client.operation.time_per_output_chunk',
    unit: 's',
    description: 'Time between the chunks of a streamed answer, after the first.',
    buckets: SECONDS,
  },
} as const satisfies Record<string, MetricDefinition>;

/** Metrics of the latest conventions, beside {@link METRICS}. */
export const METRICS_LATEST = {
  inferenceDuration: {
    name: 'gen_ai.client.inference.duration',
    unit: 's',
    description: 'Duration of model calls.',
    buckets: SECONDS,
  },
  timeToFirstChunk: {
    name: 'gen_ai.client.inference.time_to_first_chunk',
    unit: 's',
    description: 'Time to the first chunk of a streamed answer.',
    buckets: SECONDS,
  },
  timePerOutputChunk: {
    name: 'gen_ai.client.inference.time_per_output_chunk',
    unit: 's',
    description: 'Time between the chunks of a streamed answer, after the first.',
    buckets: SECONDS,
  },
  inputTokens: { name: 'gen_ai.client.inference.usage.input_tokens', unit: '{token}', description: 'Input tokens.' },
  outputTokens: { name: 'gen_ai.client.inference.usage.output_tokens', unit: '{token}', description: 'Output tokens.' },
  cacheReadTokens: {
    name: 'gen_ai.client.inference.usage.cache_read.input_tokens',
    unit: '{token}',
    description: 'Input tokens read from the provider cache.',
  },
  cacheWriteTokens: {
    name: 'gen_ai.client.inference.usage.cache_write.input_tokens',
    unit: '{token}',
    description: 'Input tokens written to the provider cache.',
  },
  reasoningTokens: {
    name: 'gen_ai.client.inference.usage.reasoning.output_tokens',
    unit: '{token}',
    description: 'Output tokens spent on reasoning.',
  },
  callInputTokens: {
    name: 'gen_ai.client.inference.operation.input_tokens',
    unit: '{token}',
    description: 'Input tokens per model call.',
    buckets: TOKENS,
  },
  callOutputTokens: {
    name: 'gen_ai.client.inference.operation.output_tokens',
    unit: '{token}',
    description: 'Output tokens per model call.',
    buckets: TOKENS,
  },
  workflowDuration: {
    name: 'gen_ai.invoke_workflow.duration',
    unit: 's',
    description: 'Duration of workflows.',
    buckets: WORKFLOW_SECONDS,
  },
} as const satisfies Record<string, MetricDefinition>;

/** Writes an attribute under the spelling or spellings that are selected. */
export function setRenamed(bag: Attributes, name: Renamed, value: AttributeValue): void {
  const generation = settings().semconv;
  if (generation !== 'latest') bag[name['1.41']] = value;
  if (generation !== '1.41') bag[name.latest] = value;
}

/** Reads an attribute back, whichever spelling it was written under. */
export function getRenamed(bag: Attributes, name: Renamed): AttributeValue | undefined {
  return bag[name['1.41']] ?? bag[name.latest];
}
