import type { Attributes, SpanContext } from '@opentelemetry/api';
import { currentCall } from '../call/current.js';
import type { Call, Operation } from '../call/operation.js';
import {
  ask,
  COMMON_OPTIONS,
  type CommonOptions,
  DEFAULT_LOG_POLICY,
  type OptionNames,
  withOptions,
} from '../call/options.js';
import { wrapSignals } from '../call/signals.js';
import { context, SpanKind } from '../otel.js';
import { capture, isCaptured } from '../privacy/content.js';
import { debugOnce, safely } from '../safely.js';
import { settings } from '../settings.js';
import { agentTurn, countTokens, namesAgent } from './agent-turn.js';
import { type ModelResponse, responseAttributes, type Wanted } from './answer.js';
import { combinePriced, isPricedByParts, NO_COST } from './combine.js';
import { estimateInput, estimateOutput } from './estimate.js';
import { endAnswer, rememberAnswer } from './last-answer.js';
import { GENAI_METRICS } from './metrics.js';
import { absorbForeignMetrics } from './one-span/foreign-metrics.js';
import { absorbForeignSpans } from './one-span/foreign-spans.js';
import { openOwner, ownerOf, withOwner } from './one-span/owner.js';
import { isAnsweredBySemanticCache, preparePrices, priceOf } from './pricing/price.js';
import { type LastKnown, readConversation, readResponse, StreamedResponse } from './providers/registry.js';
import { findRequest, type LlmRequest, type RequestRead, readRequest, requestAttributes } from './request.js';
import * as semconv from './semconv.js';
import { objectOf, stringOf } from './shape.js';
import { answerWithin } from './wrapped-answer.js';

// Here, where model calls are defined: an app that decorates none of them has its tracers and meters as they are.
wrapSignals({ tracer: absorbForeignSpans, meter: absorbForeignMetrics });

/** What decorators of calls to a model have in common. */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export interface ModelCallOptions<A extends unknown[] = any[], V = any> extends CommonOptions<A, V> {
  /** `gen_ai.provider.name`, such as `openai`. Inferred from the answer where it can be. */
  provider?: string;
  /** The model that is asked. Default: what the request says. */
  model?: string | ((...args: A) => string);
  /** The request to the provider. Default: the first argument that looks like one. */
  request?: (...args: A) => LlmRequest;
  /** Only for answers that annotel does not know. Not called for streams. */
  response?: (value: V) => ModelResponse;
}

export const MODEL_CALL_OPTIONS: OptionNames<ModelCallOptions> = {
  ...COMMON_OPTIONS,
  provider: true,
  model: true,
  request: true,
  response: true,
};

/** The operation of a call to a model: `chat` and its likes, and `embeddings`. */
export function modelCall(name: string, options: ModelCallOptions): ModelOperation {
  const { provider, model, request, response } = options;
  preparePrices();
  const last: LastKnown = {};
  /** Finds and reads the request of a call. */
  const requestOf = (call: Call): RequestRead | undefined =>
    safely('reading the request', () => {
      const found = request
        ? objectOf(ask('the request callback', () => request(...call.args)))
        : findRequest(call.args);
      return found && readRequest(found);
    });
  const isModelCall = semconv.isInference(name);
  const isSame = isModelCall ? semconv.isInference : (operation: string) => operation === name;
  const operation: ModelOperation = {
    kind: SpanKind.CLIENT,
    log: DEFAULT_LOG_POLICY,
    type: name,
    named: options.name !== undefined,
    name(_call, bag) {
      const model = bag[semconv.ATTR_GEN_AI_REQUEST_MODEL];
      return model === undefined ? name : `${name} ${model}`;
    },
    onStart(call) {
      const bag: Attributes = { [semconv.ATTR_GEN_AI_OPERATION_NAME]: name };
      const read = requestOf(call);
      call.memo = read;
      const knownProvider = provider ?? read?.provider;
      if (knownProvider !== undefined) bag[semconv.ATTR_GEN_AI_PROVIDER_NAME] = knownProvider;
      const option = typeof model === 'function' ? ask('the model callback', () => model(...call.args)) : model;
      const knownModel = stringOf(option) ?? read?.model;
      if (knownModel !== undefined) bag[semconv.ATTR_GEN_AI_REQUEST_MODEL] = knownModel;
      return namesAgent(bag, call.context);
    },
    describe(call, span) {
      const read = call.memo as RequestRead | undefined;
      return (read && safely('reading the request', () => describeRequest(read, isModelCall, span))) ?? {};
    },
    ...GENAI_METRICS,
    eventName: (failed) =>
      failed
        ? semconv.EVENT_GEN_AI_EXCEPTION
        : isModelCall
          ? semconv.EVENT_GEN_AI_INFERENCE_DETAILS
          : semconv.EVENT_ANNOTEL_CALL,
    ownedBy: (context) => ownerOf(context, isSame),
    enterOwned: (parent, call) => withOwner(parent, name, call),
    enter(parent, call) {
      if (isModelCall) {
        const turn = agentTurn(parent);
        if (turn) turn.inferenceCalls += 1;
        rememberAnswer(parent, call);
      }
      return withOwner(parent, name, call);
    },
    onEnd(value, stream, detail, span) {
      const stated = response && !stream ? objectOf(ask('the response callback', () => response(value))) : undefined;
      const own = stated && safely('the response callback', (): ModelResponse => ({ ...stated }));
      const answer =
        own ??
        safely('reading an answer', () =>
          stream ? (value as ModelResponse | undefined) : readResponse(answerWithin(value), wantedOf(detail), last),
        );
      if (!answer && (stream || objectOf(value))) {
        debugOnce('an answer of a model is of no known shape; its call has no usage, unless `response` tells it');
      }
      const bag: Attributes = answer ? safely('reading an answer', () => responseAttributes(answer, detail), {}) : {};
      if (answer?.usage && !answer.cost) Object.assign(bag, NO_COST);
      if (answer?.output && detail && isCaptured('output')) Object.assign(bag, capture('output', answer.output, span));
      const readable = answer ?? (typeof value === 'string' ? value : undefined);
      if (readable !== undefined && answer?.usage === undefined)
        Object.assign(bag, estimateOutput(readable, answer?.model));
      if (provider === undefined && answer?.provider !== undefined) {
        bag[semconv.ATTR_GEN_AI_PROVIDER_NAME] = answer.provider;
      }
      if (stream?.firstItem !== undefined) {
        bag[semconv.ATTR_GEN_AI_REQUEST_STREAM] = true;
        bag[semconv.ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK] = stream.firstItem;
      }
      return bag;
    },
    nameAtEnd(bag) {
      const model = bag[semconv.ATTR_GEN_AI_REQUEST_MODEL];
      return model === undefined || options.name !== undefined ? undefined : `${name} ${model}`;
    },
    combine: combinePriced,
    complete(bag, context, args) {
      if (isModelCall) endAnswer(context, bag[semconv.ATTR_GEN_AI_RESPONSE_ID]);
      const estimated = bag[semconv.ATTR_ANNOTEL_USAGE_ESTIMATED] ? estimateInput(bag, args()) : undefined;
      Object.assign(bag, estimated);
      const unused = isAnsweredBySemanticCache(bag);
      if (!unused && isModelCall) countTokens(bag, context);
      if (!unused && provider === undefined && model === undefined && isPricedByParts(bag)) return estimated;
      // What nested calls added in its place was not theirs to say, or not known.
      const unknown = bag[semconv.ATTR_ANNOTEL_COST_SOURCE] === 'local' ? NO_COST : undefined;
      const following: Attributes = { ...estimated, ...unknown };
      const price = priceOf({ ...bag, ...unknown });
      if (!price) return following;
      following[semconv.ATTR_ANNOTEL_COST_AMOUNT] = price.amount;
      following[semconv.ATTR_ANNOTEL_COST_CURRENCY] = price.currency;
      following[semconv.ATTR_ANNOTEL_COST_SOURCE] = price.source;
      return unused ? Object.assign(following, NO_TOKENS) : following;
    },
    fold: (detail) => new StreamedResponse(wantedOf(detail)),
    payload: answerWithin,
  };
  return withOptions(operation, options) as ModelOperation;
}

/** Where tokens are counted here, the text is wanted too. */
function wantedOf(detail: boolean): Wanted {
  return { detail, content: (detail && isCaptured('output')) || settings().countTokens !== undefined };
}

/** Removes the counts of an earlier call, whose answer a cache gave again. */
const NO_TOKENS: Attributes = {
  [semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS]: undefined,
  [semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: undefined,
  [semconv.ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS]: undefined,
  [semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS['1.41']]: undefined,
  [semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS.latest]: undefined,
  [semconv.ATTR_ANNOTEL_USAGE_CACHE_WRITE_1H_INPUT_TOKENS]: undefined,
  [semconv.ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS]: undefined,
};

/** What is known of a request beside its model; with what it says, where that is captured. */
function describeRequest({ fields }: RequestRead, isModelCall: boolean, span: SpanContext): Attributes {
  const bag = requestAttributes(fields);
  // The texts of an embedding have no attribute.
  if (!isModelCall) return bag;
  if (!isCaptured('input') && !isCaptured('system') && !isCaptured('toolDefinitions')) return bag;
  const { system, input, tools } = readConversation(fields) ?? {};
  if (system) Object.assign(bag, capture('system', system, span));
  if (input) Object.assign(bag, capture('input', input, span));
  if (tools) Object.assign(bag, capture('toolDefinitions', tools, span));
  return bag;
}

/**
 * Records a provider request that is built inside a method decorated with `@LlmCall` or `@Embedding`, and hands it back:
 * `return client.chat.completions.create(llmRequest({ model, messages }))`. Elsewhere it only hands it back.
 *
 * @example
 * ```ts
 * const request = llmRequest({ model: 'gpt-4o', messages });
 * return client.chat.completions.create(request);
 * ```
 */
export function llmRequest<R extends LlmRequest>(request: R): R {
  safely('reading a request', () => {
    const call = currentCall();
    const active = context.active();
    const type = openOwner(active)?.operation;
    const owner = ownerOf(active, () => true);
    if (!call || !owner || type === undefined || !objectOf(request)) return;
    call.addArgument(request);
    const read = readRequest(request);
    const { model } = read;
    const attributes = describeRequest(read, semconv.isInference(type), owner.spanContext);
    if (model !== undefined) attributes[semconv.ATTR_GEN_AI_REQUEST_MODEL] = model;
    // A method on the way to the client, such as one that is traced, is part of the call.
    const { named, type: own } = call.operation as ModelOperation;
    if (own !== type) return owner.addNested(attributes);
    if (model !== undefined && !named) call.rename(`${type} ${model}`);
    call.add(attributes);
  });
  return request;
}

interface ModelOperation extends Operation {
  /** Whether the user named the span, which then keeps that name. */
  readonly named: boolean;
}
