import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { type ContentField, settings } from '../settings.js';

/*
 * Every attribute and event name that annotel emits, once; metrics stand in `metric-definitions.ts`. Sources: OpenTelemetry GenAI semantic conventions, core v1.41
 * (the last versioned set) and main of open-telemetry/semantic-conventions-genai ("latest"). A name that differs between
 * the two is a `Renamed`; the npm package @opentelemetry/semantic-conventions is frozen at v1.41 for GenAI and marks all
 * of it deprecated, which is why the names stand here.
 */

export * from '../call/names.js';

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
export const ATTR_GEN_AI_REQUEST_TOP_K = 'gen_ai.request.top_k';
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
  '1.41': ATTR_GEN_AI_REQUEST_TOP_K,
  latest: 'gen_ai.retrieval.top_k',
};
export const ATTR_GEN_AI_WORKFLOW_NAME = 'gen_ai.workflow.name';
export const ATTR_GEN_AI_AGENT_ID = 'gen_ai.agent.id';
export const ATTR_GEN_AI_AGENT_NAME = 'gen_ai.agent.name';
export const ATTR_GEN_AI_AGENT_VERSION = 'gen_ai.agent.version';
export const ATTR_GEN_AI_AGENT_DESCRIPTION = 'gen_ai.agent.description';
export const ATTR_GEN_AI_TOOL_NAME = 'gen_ai.tool.name';
/** `function` (runs here), `extension` (runs at the agent's provider) or `datastore`. */
export const ATTR_GEN_AI_TOOL_TYPE = 'gen_ai.tool.type';
export const ATTR_GEN_AI_TOOL_DESCRIPTION = 'gen_ai.tool.description';
export const ATTR_GEN_AI_TOOL_CALL_ID = 'gen_ai.tool.call.id';
export const ATTR_GEN_AI_EVALUATION_NAME = 'gen_ai.evaluation.name';
export const ATTR_GEN_AI_EVALUATION_SCORE_VALUE = 'gen_ai.evaluation.score.value';
export const ATTR_GEN_AI_EVALUATION_SCORE_LABEL = 'gen_ai.evaluation.score.label';
export const ATTR_GEN_AI_EVALUATION_EXPLANATION = 'gen_ai.evaluation.explanation';
/** Not of the conventions: what Azure AI Foundry reads user feedback from, a number in [-1, 1]. */
export const ATTR_GEN_AI_EVALUATION_SCORE = 'gen_ai.evaluation.score';
/** v1.41 only: `input` or `output`. */
export const ATTR_GEN_AI_TOKEN_TYPE = 'gen_ai.token.type';
/** latest only: `text`, `image`, `audio` or `unknown`. */
export const ATTR_GEN_AI_TOKEN_MODALITY = 'gen_ai.token.modality';

// --- attributes: GenAI content, opt-in (see content.ts) -----------------------------------------------------------------
export const ATTR_GEN_AI_INPUT_MESSAGES = 'gen_ai.input.messages';
export const ATTR_GEN_AI_OUTPUT_MESSAGES = 'gen_ai.output.messages';
export const ATTR_GEN_AI_SYSTEM_INSTRUCTIONS = 'gen_ai.system_instructions';
export const ATTR_GEN_AI_TOOL_DEFINITIONS = 'gen_ai.tool.definitions';
export const ATTR_GEN_AI_TOOL_CALL_ARGUMENTS = 'gen_ai.tool.call.arguments';
export const ATTR_GEN_AI_TOOL_CALL_RESULT = 'gen_ai.tool.call.result';
export const ATTR_GEN_AI_RETRIEVAL_QUERY_TEXT = 'gen_ai.retrieval.query.text';
export const ATTR_GEN_AI_RETRIEVAL_DOCUMENTS = 'gen_ai.retrieval.documents';

/** The attributes of one captured field. */
export interface ContentAttributes {
  readonly content: string;
  /** Where an external store holds the content, in place of the content; spelled as OpenTelemetry's Python utilities do. */
  readonly reference: string;
  /** Characters (UTF-16 code units) of the field as JSON, redacted, before it was cut; absent where it was not. */
  readonly originalLength: string;
  /** How many pieces of the field were masked; absent where none was. */
  readonly redacted: string;
}

const contentNames = (content: string, field: string): ContentAttributes => ({
  content,
  reference: `${content}_ref`,
  originalLength: `annotel.content.${field}.original_length`,
  redacted: `annotel.content.${field}.redacted`,
});
const CONTENT_ATTRIBUTES: Readonly<Record<ContentField, ContentAttributes>> = {
  input: contentNames(ATTR_GEN_AI_INPUT_MESSAGES, 'input'),
  output: contentNames(ATTR_GEN_AI_OUTPUT_MESSAGES, 'output'),
  system: contentNames(ATTR_GEN_AI_SYSTEM_INSTRUCTIONS, 'system'),
  toolDefinitions: contentNames(ATTR_GEN_AI_TOOL_DEFINITIONS, 'tool_definitions'),
  toolArguments: contentNames(ATTR_GEN_AI_TOOL_CALL_ARGUMENTS, 'tool_arguments'),
  toolResult: contentNames(ATTR_GEN_AI_TOOL_CALL_RESULT, 'tool_result'),
  query: contentNames(ATTR_GEN_AI_RETRIEVAL_QUERY_TEXT, 'query'),
  documents: contentNames(ATTR_GEN_AI_RETRIEVAL_DOCUMENTS, 'documents'),
  feedback: contentNames(ATTR_GEN_AI_EVALUATION_EXPLANATION, 'feedback'),
};

/** The attributes that hold a captured field, and what is recorded about it: per field, since a call captures several. */
export function contentAttributes(field: ContentField): ContentAttributes {
  return CONTENT_ATTRIBUTES[field];
}

// --- attributes: OpenAI ----------------------------------------------------------------------------------------------
export const ATTR_OPENAI_API_TYPE = 'openai.api.type';
export const ATTR_OPENAI_REQUEST_SERVICE_TIER = 'openai.request.service_tier';
export const ATTR_OPENAI_RESPONSE_SERVICE_TIER = 'openai.response.service_tier';
export const ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT = 'openai.response.system_fingerprint';

// --- attributes: AWS Bedrock -----------------------------------------------------------------------------------------
export const ATTR_AWS_BEDROCK_GUARDRAIL_ID = 'aws.bedrock.guardrail.id';

// --- attributes: general (stable) ------------------------------------------------------------------------------------
export const ATTR_SERVER_ADDRESS = 'server.address';
export const ATTR_SERVER_PORT = 'server.port';

// --- attributes: general (in development) ----------------------------------------------------------------------------
export const ATTR_SESSION_ID = 'session.id';
export const ATTR_USER_ID = 'user.id';

// --- attributes: annotel ---------------------------------------------------------------------------------------------
export const ATTR_ANNOTEL_RETRIEVAL_DOCUMENT_COUNT = 'annotel.retrieval.document.count';
/** Length of the query in characters (UTF-16 code units). */
export const ATTR_ANNOTEL_RETRIEVAL_QUERY_LENGTH = 'annotel.retrieval.query.length';
/** What the call cost, in {@link ATTR_ANNOTEL_COST_CURRENCY}; absent where the price is not known. */
export const ATTR_ANNOTEL_COST_AMOUNT = 'annotel.cost.amount';
/** ISO 4217. */
export const ATTR_ANNOTEL_COST_CURRENCY = 'annotel.cost.currency';
/** `provider` where the cost stood in the answer, `local` where it was computed here. */
export const ATTR_ANNOTEL_COST_SOURCE = 'annotel.cost.source';
/** `true` where the token counts were estimated here, since the answer had none. */
export const ATTR_ANNOTEL_USAGE_ESTIMATED = 'annotel.usage.estimated';
/** Input tokens written to a cache that keeps them for an hour, which costs more; part of those written to a cache. */
export const ATTR_ANNOTEL_USAGE_CACHE_WRITE_1H_INPUT_TOKENS = 'annotel.usage.cache_write_1h.input_tokens';
/** The tier of service that answered, in the provider's word, where it is not the standard one; bundled prices are not its. */
export const ATTR_ANNOTEL_SERVICE_TIER = 'annotel.service_tier';
export const ATTR_ANNOTEL_CACHE_HIT = 'annotel.cache.hit';
/** `prefix` or `semantic`. */
export const ATTR_ANNOTEL_CACHE_TYPE = 'annotel.cache.type';
export const ATTR_ANNOTEL_FALLBACK_USED = 'annotel.fallback.used';
export const ATTR_ANNOTEL_FALLBACK_FROM = 'annotel.fallback.from';
export const ATTR_ANNOTEL_FALLBACK_ATTEMPT = 'annotel.fallback.attempt';
/** 0 to 1. */
export const ATTR_ANNOTEL_SAFETY_SCORE = 'annotel.safety.score';
export const ATTR_ANNOTEL_SAFETY_FLAGGED = 'annotel.safety.flagged';
/** Model calls and tool calls of an agent's turn, failed ones included; those of agents below it are theirs. */
export const ATTR_ANNOTEL_AGENT_INFERENCE_CALLS = 'annotel.agent.inference_calls';
export const ATTR_ANNOTEL_AGENT_TOOL_CALLS = 'annotel.agent.tool_calls';
/** On whose behalf and for what the call was made, as passed to `withRequestContext`; see `request-context.ts`. */
export const ATTR_ANNOTEL_TENANT_ID = 'annotel.tenant.id';
export const ATTR_ANNOTEL_FEATURE_ID = 'annotel.feature.id';
export const ATTR_ANNOTEL_REQUEST_ID = 'annotel.request.id';
/** `true` where captured content of the call was cut. */
export const ATTR_ANNOTEL_CONTENT_TRUNCATED = 'annotel.content.truncated';
/** How many traces this one stands for, where not 1: one over the probability that it was sampled with. */
export const ATTR_ANNOTEL_SAMPLING_WEIGHT = 'annotel.sampling.weight';
/** On the local root of a trace that was kept although the sampler dropped it: `error`, `slow` or `expensive`. */
export const ATTR_ANNOTEL_SAMPLING_KEPT = 'annotel.sampling.kept';
/** On the local root: spans below it that were left out, since the trace has too many. */
export const ATTR_ANNOTEL_SAMPLING_SPANS_LEFT_OUT = 'annotel.sampling.spans_left_out';
/** What became of a trace or span: the rule that kept it, `sampled`, or why it was dropped. */
export const ATTR_ANNOTEL_SAMPLING_OUTCOME = 'annotel.sampling.outcome';
export const ATTR_ANNOTEL_TELEMETRY_SIGNAL = 'annotel.telemetry.signal';
/** What became of an item of telemetry: `exported`, `spooled` or `dropped`. */
export const ATTR_ANNOTEL_TELEMETRY_OUTCOME = 'annotel.telemetry.outcome';
/** What a back end drops is repeated under this prefix: `error.type` as `annotel.error.type`. */
export const ANNOTEL_PREFIX = 'annotel.';
/** Name and body of a log record that is an event, where the back end has no field for them. */
export const ATTR_ANNOTEL_EVENT_NAME = 'annotel.event.name';
export const ATTR_ANNOTEL_EVENT_BODY = 'annotel.event.body';

// --- well-known values -----------------------------------------------------------------------------------------------
export const OPERATION_CHAT = 'chat';
export const OPERATION_TEXT_COMPLETION = 'text_completion';
export const OPERATION_GENERATE_CONTENT = 'generate_content';
export const OPERATION_EMBEDDINGS = 'embeddings';
export const OPERATION_RETRIEVAL = 'retrieval';
export const OPERATION_EXECUTE_TOOL = 'execute_tool';
export const OPERATION_INVOKE_AGENT = 'invoke_agent';
export const OPERATION_INVOKE_WORKFLOW = 'invoke_workflow';
/** Finish reason of a choice that was cut off before the model finished it. */
export const FINISH_REASON_ERROR = 'error';

/** The operations that are an inference, i.e. that claim to be the model call. */
export function isInference(operation: unknown): boolean {
  return (
    operation === OPERATION_CHAT || operation === OPERATION_TEXT_COMPLETION || operation === OPERATION_GENERATE_CONTENT
  );
}

/** The operations that run in this process; all others ask a service. */
export function isInternal(operation: unknown): boolean {
  return (
    operation === OPERATION_INVOKE_WORKFLOW ||
    operation === OPERATION_INVOKE_AGENT ||
    operation === OPERATION_EXECUTE_TOOL
  );
}

// --- events ----------------------------------------------------------------------------------------------------------
export const EVENT_GEN_AI_INFERENCE_DETAILS = 'gen_ai.client.inference.operation.details';
export const EVENT_GEN_AI_EXCEPTION = 'gen_ai.client.operation.exception';
export const EVENT_GEN_AI_EVALUATION_RESULT = 'gen_ai.evaluation.result';
/** Not of the conventions: where Azure AI Foundry looks for user feedback. */
export const EVENT_GEN_AI_USER_FEEDBACK = 'gen_ai.evaluation.user_feedback';

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
