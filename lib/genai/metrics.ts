import type { Attributes, Context, Counter, Histogram, Meter } from '@opentelemetry/api';
import type { MetricDefinition } from '../call/names.js';
import type { Operation } from '../call/operation.js';
import { ValueType } from '../otel.js';
import { type SemconvGeneration, settings } from '../settings.js';
import { MetricContext } from './metric-context.js';
import * as definitions from './metric-definitions.js';
import * as semconv from './semconv.js';

type Definitions = Record<string, MetricDefinition>;
type InstrumentsOf<D extends Definitions> = {
  readonly [K in keyof D]: D[K] extends { buckets: readonly number[] } ? Histogram : Counter;
};

/**
 * Renders the attribute bag of a finished GenAI call as metrics. Its dimensions are picked one by one; nothing else in the
 * bag can become one. Attribute objects are handed to the SDK, which keeps them: each is built once and never
 * changed afterwards.
 */
export class GenAiMetrics {
  private static readonly ofMeter = new WeakMap<Meter, Map<SemconvGeneration, GenAiMetrics>>();
  private readonly requestContext: MetricContext;
  private readonly all: InstrumentsOf<typeof definitions.METRICS>;
  private readonly v1_41: InstrumentsOf<typeof definitions.METRICS_1_41> | undefined;
  private readonly latest: InstrumentsOf<typeof definitions.METRICS_LATEST> | undefined;

  /** By currency, which is the unit. */
  private readonly costs = new Map<string, Counter>();

  /** A meter's one for each generation: two of a kind would be one instrument made twice. */
  static of(meter: Meter, generation: SemconvGeneration = settings().semconv): GenAiMetrics {
    const known = GenAiMetrics.ofMeter.get(meter) ?? new Map<SemconvGeneration, GenAiMetrics>();
    GenAiMetrics.ofMeter.set(meter, known);
    const metrics = known.get(generation) ?? new GenAiMetrics(meter, generation);
    known.set(generation, metrics);
    return metrics;
  }

  private constructor(
    private readonly meter: Meter,
    generation: SemconvGeneration,
  ) {
    this.requestContext = MetricContext.of(meter);
    this.all = createAll(meter, definitions.METRICS);
    this.v1_41 = generation === 'latest' ? undefined : createAll(meter, definitions.METRICS_1_41);
    this.latest = generation === '1.41' ? undefined : createAll(meter, definitions.METRICS_LATEST);
  }

  /**
   * @param bag attributes of the finished call
   * @param seconds its duration
   * @param context the call's context, for exemplars
   */
  record(bag: Attributes, seconds: number, context: Context): void {
    const error = bag[semconv.ATTR_ERROR_TYPE];
    const operation = bag[semconv.ATTR_GEN_AI_OPERATION_NAME];
    if (operation === undefined) return;
    if (this.recordInternal(operation, bag, seconds, context)) return;

    const dimensions = this.requestContext.addTo(dimensionsOf(bag), bag);
    const durationDimensions = error === undefined ? dimensions : withError({ ...dimensions }, error);
    const inference = semconv.isInference(operation);
    if (!inference || this.v1_41) this.all.operationDuration.record(seconds, durationDimensions, context);
    if (this.v1_41) this.recordTokenUsage(this.v1_41.tokenUsage, bag, dimensions, context);
    if (operation === semconv.OPERATION_RETRIEVAL) this.recordDocuments(bag, dimensions, context);
    this.recordCost(bag, dimensions, context);
    if (!inference) return;

    this.latest?.inferenceDuration.record(seconds, durationDimensions, context);
    if (this.latest) this.recordInferenceTokens(this.latest, bag, dimensions, context);
    const firstChunk = bag[semconv.ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK];
    if (typeof firstChunk !== 'number') return;
    this.v1_41?.timeToFirstChunk.record(firstChunk, dimensions, context);
    this.latest?.timeToFirstChunk.record(firstChunk, dimensions, context);
  }

  /** What runs in this process has metrics of its own, and none of a client. Returns whether it was one of these. */
  private recordInternal(operation: unknown, bag: Attributes, seconds: number, context: Context): boolean {
    const { all } = this;
    switch (operation) {
      case semconv.OPERATION_INVOKE_WORKFLOW:
        all.workflowDuration.record(seconds, this.pick(bag, WORKFLOW_DIMENSIONS), context);
        return true;
      case semconv.OPERATION_EXECUTE_TOOL:
        all.toolDuration.record(seconds, this.pick(bag, TOOL_DIMENSIONS), context);
        return true;
      case semconv.OPERATION_INVOKE_AGENT: {
        all.agentDuration.record(seconds, this.pick(bag, AGENT_DIMENSIONS), context);
        const byAgent = this.pick(bag, [semconv.ATTR_GEN_AI_AGENT_NAME]);
        const inferences = bag[semconv.ATTR_ANNOTEL_AGENT_INFERENCE_CALLS];
        const tools = bag[semconv.ATTR_ANNOTEL_AGENT_TOOL_CALLS];
        if (typeof inferences === 'number') all.agentInferenceCalls.record(inferences, byAgent, context);
        if (typeof tools === 'number') all.agentToolCalls.record(tools, byAgent, context);
        return true;
      }
      default:
        return false;
    }
  }

  private pick(bag: Attributes, names: readonly string[]): Attributes {
    const dimensions: Attributes = {};
    for (const name of names) if (bag[name] !== undefined) dimensions[name] = bag[name];
    return this.requestContext.addTo(dimensions, bag);
  }

  /**
   * @param bag attributes of a streamed call, as far as they are known
   * @param gaps seconds between its chunks, after the first
   */
  recordGaps(bag: Attributes, gaps: Float64Array): void {
    if (gaps.length === 0 || !semconv.isInference(bag[semconv.ATTR_GEN_AI_OPERATION_NAME])) return;
    const dimensions = this.requestContext.addTo(dimensionsOf(bag), bag);
    for (const gap of gaps) {
      this.v1_41?.timePerOutputChunk.record(gap, dimensions);
      this.latest?.timePerOutputChunk.record(gap, dimensions);
    }
  }

  private recordTokenUsage(usage: Histogram, bag: Attributes, dimensions: Attributes, context: Context): void {
    const input = bag[semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS];
    const output = bag[semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS];
    if (isAmount(input)) {
      usage.record(input, { ...dimensions, [semconv.ATTR_GEN_AI_TOKEN_TYPE]: 'input' }, context);
    }
    if (isAmount(output)) {
      usage.record(output, { ...dimensions, [semconv.ATTR_GEN_AI_TOKEN_TYPE]: 'output' }, context);
    }
  }

  private recordInferenceTokens(
    latest: InstrumentsOf<typeof definitions.METRICS_LATEST>,
    bag: Attributes,
    dimensions: Attributes,
    context: Context,
  ): void {
    // The answers read so far do not split their counts by modality.
    const byModality = { ...dimensions, [semconv.ATTR_GEN_AI_TOKEN_MODALITY]: 'unknown' };
    const input = bag[semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS];
    const output = bag[semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS];
    add(latest.inputTokens, input, byModality, context);
    add(latest.outputTokens, output, byModality, context);
    add(latest.cacheReadTokens, bag[semconv.ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS], byModality, context);
    add(
      latest.cacheWriteTokens,
      semconv.getRenamed(bag, semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS),
      byModality,
      context,
    );
    add(latest.reasoningTokens, bag[semconv.ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS], byModality, context);
    if (isAmount(input)) latest.callInputTokens.record(input, dimensions, context);
    if (isAmount(output)) latest.callOutputTokens.record(output, dimensions, context);
  }

  private recordCost(bag: Attributes, dimensions: Attributes, context: Context): void {
    const amount = bag[semconv.ATTR_ANNOTEL_COST_AMOUNT];
    const currency = bag[semconv.ATTR_ANNOTEL_COST_CURRENCY];
    // A gateway may report a refund, a negative cost, which a counter cannot hold.
    if (!isAmount(amount) || typeof currency !== 'string') return;
    let counter = this.costs.get(currency);
    if (!counter) {
      const { name, description } = definitions.METRIC_COST;
      counter = this.meter.createCounter(name, { unit: currency, description, valueType: ValueType.DOUBLE });
      this.costs.set(currency, counter);
    }
    const source = bag[semconv.ATTR_ANNOTEL_COST_SOURCE];
    counter.add(amount, { ...dimensions, [semconv.ATTR_ANNOTEL_COST_SOURCE]: source }, context);
  }

  private recordDocuments(bag: Attributes, dimensions: Attributes, context: Context): void {
    const count = bag[semconv.ATTR_ANNOTEL_RETRIEVAL_DOCUMENT_COUNT];
    if (typeof count !== 'number') return;
    const source = bag[semconv.ATTR_GEN_AI_DATA_SOURCE_ID];
    const bySource =
      typeof source === 'string' ? { ...dimensions, [semconv.ATTR_GEN_AI_DATA_SOURCE_ID]: source } : dimensions;
    this.all.documentCount.record(count, bySource, context);
  }
}

const WORKFLOW_DIMENSIONS = [semconv.ATTR_GEN_AI_WORKFLOW_NAME, semconv.ATTR_ERROR_TYPE];
const AGENT_DIMENSIONS = [semconv.ATTR_GEN_AI_AGENT_NAME, semconv.ATTR_GEN_AI_REQUEST_MODEL, semconv.ATTR_ERROR_TYPE];
const TOOL_DIMENSIONS = [
  semconv.ATTR_GEN_AI_TOOL_NAME,
  semconv.ATTR_GEN_AI_TOOL_TYPE,
  semconv.ATTR_GEN_AI_AGENT_NAME,
  semconv.ATTR_ERROR_TYPE,
];

function createAll<D extends Definitions>(meter: Meter, definitions: D): InstrumentsOf<D> {
  const instruments: Record<string, Histogram | Counter> = {};
  for (const [key, { name, unit, description, buckets }] of Object.entries(definitions)) {
    const valueType = unit === 's' ? ValueType.DOUBLE : ValueType.INT;
    instruments[key] = buckets
      ? meter.createHistogram(name, {
          unit,
          description,
          valueType,
          advice: { explicitBucketBoundaries: [...buckets] },
        })
      : meter.createCounter(name, { unit, description, valueType });
  }
  return instruments as InstrumentsOf<D>;
}

/** The only attributes that become dimensions of the GenAI metrics; written out, since every call passes here. */
function dimensionsOf(bag: Attributes): Attributes {
  const dimensions: Attributes = { [semconv.ATTR_GEN_AI_OPERATION_NAME]: bag[semconv.ATTR_GEN_AI_OPERATION_NAME] };
  const provider = bag[semconv.ATTR_GEN_AI_PROVIDER_NAME];
  const requestModel = bag[semconv.ATTR_GEN_AI_REQUEST_MODEL];
  const responseModel = bag[semconv.ATTR_GEN_AI_RESPONSE_MODEL];
  const address = bag[semconv.ATTR_SERVER_ADDRESS];
  const port = bag[semconv.ATTR_SERVER_PORT];
  if (provider !== undefined) dimensions[semconv.ATTR_GEN_AI_PROVIDER_NAME] = provider;
  if (requestModel !== undefined) dimensions[semconv.ATTR_GEN_AI_REQUEST_MODEL] = requestModel;
  if (responseModel !== undefined) dimensions[semconv.ATTR_GEN_AI_RESPONSE_MODEL] = responseModel;
  if (address !== undefined) dimensions[semconv.ATTR_SERVER_ADDRESS] = address;
  if (port !== undefined) dimensions[semconv.ATTR_SERVER_PORT] = port;
  const cacheHit = bag[semconv.ATTR_ANNOTEL_CACHE_HIT];
  if (cacheHit !== undefined) {
    dimensions[semconv.ATTR_ANNOTEL_CACHE_HIT] = cacheHit;
    dimensions[semconv.ATTR_ANNOTEL_CACHE_TYPE] = bag[semconv.ATTR_ANNOTEL_CACHE_TYPE];
  }
  return dimensions;
}

function withError(dimensions: Attributes, error: Attributes[string]): Attributes {
  if (error !== undefined) dimensions[semconv.ATTR_ERROR_TYPE] = error;
  return dimensions;
}

function add(counter: Counter, value: Attributes[string], dimensions: Attributes, context: Context): void {
  if (isAmount(value)) counter.add(value, dimensions, context);
}

/** What a counter can hold: one NaN would spoil its sum for good. */
function isAmount(value: Attributes[string]): value is number {
  return typeof value === 'number' && value >= 0 && value < Infinity;
}

/** The part of an operation that every GenAI operation has in common. */
export const GENAI_METRICS: Pick<Operation, 'record' | 'recordGaps'> = {
  record: (meter, bag, seconds, context) => GenAiMetrics.of(meter).record(bag, seconds, context),
  recordGaps: (meter, bag, gaps) => GenAiMetrics.of(meter).recordGaps(bag, gaps),
};
