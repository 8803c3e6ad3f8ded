/*
 * The attributes that are annotel's own. The others import them by `semconv.ts`, as they do all names.
 */

/** What kind of call was decorated: the GenAI operation name, or `traced`. */
export const ATTR_ANNOTEL_OPERATION = 'annotel.operation';
/** How a stream ended where it did not run to its end: `stopped` by its reader, or `abandoned` (never read to the end). */
export const ATTR_ANNOTEL_STREAM_END = 'annotel.stream.end';
export const ATTR_ANNOTEL_RETRIEVAL_DOCUMENT_COUNT = 'annotel.retrieval.document.count';
/** Length of the query in characters (UTF-16 code units). */
export const ATTR_ANNOTEL_RETRIEVAL_QUERY_LENGTH = 'annotel.retrieval.query.length';
/** What the call cost, in {@link ATTR_ANNOTEL_COST_CURRENCY}; absent where the price is not known. */
export const ATTR_ANNOTEL_COST_AMOUNT = 'annotel.cost.amount';
/** ISO 4217. */
export const ATTR_ANNOTEL_COST_CURRENCY = 'annotel.cost.currency';
/** `provider` where the answer told the cost, `local` where it was computed here. */
export const ATTR_ANNOTEL_COST_SOURCE = 'annotel.cost.source';
/** `true` where the token counts were estimated here, since the answer told none. */
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
/** On whose behalf and for what the call was made, as `withRequestContext` was told; see `request-context.ts`. */
export const ATTR_ANNOTEL_TENANT_ID = 'annotel.tenant.id';
export const ATTR_ANNOTEL_FEATURE_ID = 'annotel.feature.id';
export const ATTR_ANNOTEL_REQUEST_ID = 'annotel.request.id';
/** `true` where captured content of the call was cut. */
export const ATTR_ANNOTEL_CONTENT_TRUNCATED = 'annotel.content.truncated';
/** How many traces this one stands for, where not 1: one over the probability that it was sampled with. */
export const ATTR_ANNOTEL_SAMPLING_WEIGHT = 'annotel.sampling.weight';
/** On the local root of a trace that was kept whatever the sampler said: `error`, `slow` or `expensive`. */
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
