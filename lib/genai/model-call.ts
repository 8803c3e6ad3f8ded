import { type Attributes, context, type SpanContext, SpanKind } from '@opentelemetry/api';
import { currentCall } from '../call/current.js';
import type { Call, Operation } from '../call/operation.js';
import { ask, type CommonOptions, DEFAULT_LOG_POLICY, withOptions } from '../call/options.js';
import { wrapSignals } from '../call/signals.js';
import { capture, isCaptured } from '../privacy/content.js';
import { debugOnce, safely } from '../safely.js';
import { settings } from '../settings.js';
import { agentTurn, countTokens, namesAgent } from './agent-turn.js';
import { type ModelResponse, responseAttributes, type Wanted } from './answer.js';
import { endAnswer, rememberAnswer } from './last-answer.js';
import { readConversation } from './messages/read.js';
import { GENAI_METRICS } from './metrics.js';
import { absorbForeignMetrics } from './one-span/foreign-metrics.js';
import { absorbForeignSpans } from './one-span/foreign-spans.js';
import { openOwner, ownerOf, withOwner } from './one-span/owner.js';
import { isAnsweredBySemanticCache, type Price, priceOf } from './pricing/price.js';
import { type LastKnown, readResponse, StreamedResponse } from './providers/registry.js';
import {
  findRequest,
  type LlmRequest,
  requestAttributes,
  requestedModel,
  requestedProvider,
  requestWithin,
} from './request.js';
import * as semconv from './semconv.js';
import { objectOf, stringOf } from './shape.js';
import { combinePriced, isPricedByParts, NO_COST } from './summed-cost.js';
import { estimateInput, estimateOutput } from './usage-estimate.js';
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

/** The operation of a call to a model: `chat` and its likes, and `embeddings`. */
export function modelCall(name: string, options: ModelCallOptions): ModelOperation {
  const { provider, model, request, response } = options;
  /** What the callback answered, so that it is asked once a call. */
  const requests = new WeakMap<Call, LlmRequest>();
  const last: LastKnown = {};
  const requestOf = (call: Call): LlmRequest | undefined => {
    if (!request) return safely('finding the request', () => findRequest(call.args));
    const known = requests.get(call) ?? objectOf(ask('the request callback', () => request(...call.args)));
    if (known) requests.set(call, known);
    return known;
  };
  const isModelCall = semconv.isInference(name);
  const isSame = isModelCall ? semconv.isInference : (operation: string) => operation === name;
  const operation: ModelOperation = {
    kind: SpanKind.CLIENT,
    log: DEFAULT_LOG_POLICY,
    type: name,
    named: options.name !== undefined,
    name(_call, bag) {
      const asked = bag[semconv.ATTR_GEN_AI_REQUEST_MODEL];
      return asked === undefined ? name : `${name} ${asked}`;
    },
    onStart(call) {
      const bag: Attributes = { [semconv.ATTR_GEN_AI_OPERATION_NAME]: name };
      const asked = requestOf(call);
      const named = provider ?? (asked && safely('reading the request', () => requestedProvider(asked)));
      if (named !== undefined) bag[semconv.ATTR_GEN_AI_PROVIDER_NAME] = named;
      const given = typeof model === 'function' ? ask('the model callback', () => model(...call.args)) : model;
      const requested = stringOf(given) ?? safely('reading the request', () => requestedModel(asked));
      if (requested !== undefined) bag[semconv.ATTR_GEN_AI_REQUEST_MODEL] = requested;
      return namesAgent(bag, call.context);
    },
    describe(call, span) {
      const known = requestOf(call);
      return (known && safely('reading the request', () => describeRequest(known, name, span))) ?? {};
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
      const read = () =>
        stream ? (value as ModelResponse | undefined) : readResponse(within(value), wantedOf(detail), last);
      const answer = own ?? safely('reading an answer', read);
      if (!answer && (stream || objectOf(value))) {
        debugOnce('an answer of a model is of no known shape; its call has no usage, unless `response` tells it');
      }
      const bag: Attributes = answer ? safely('reading an answer', () => responseAttributes(answer, detail), {}) : {};
      if (answer?.usage && !answer.cost) Object.assign(bag, NO_COST);
      if (answer?.output && detail && isCaptured('output')) Object.assign(bag, capture('output', answer.output, span));
      const said = answer ?? (typeof value === 'string' ? value : undefined);
      if (said !== undefined && answer?.usage === undefined) Object.assign(bag, estimateOutput(said, answer?.model));
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
      const asked = bag[semconv.ATTR_GEN_AI_REQUEST_MODEL];
      return asked === undefined || options.name !== undefined ? undefined : `${name} ${asked}`;
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
      return { ...estimated, ...unknown, ...completion(priceOf({ ...bag, ...unknown }), unused) };
    },
    fold: (detail) => new StreamedResponse(wantedOf(detail)),
    payload: answerWithin,
  };
  return withOptions(operation, options) as ModelOperation;
}

function within(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? answerWithin(value) : value;
}

/** Where tokens are counted here, the text is wanted too. */
function wantedOf(detail: boolean): Wanted {
  return { detail, content: (detail && isCaptured('output')) || settings().countTokens !== undefined };
}

/** What a model used while no model was asked. */
const NO_TOKENS: Attributes = {
  [semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS]: undefined,
  [semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: undefined,
  [semconv.ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS]: undefined,
  [semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS['1.41']]: undefined,
  [semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS.latest]: undefined,
  [semconv.ATTR_ANNOTEL_USAGE_CACHE_WRITE_1H_INPUT_TOKENS]: undefined,
  [semconv.ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS]: undefined,
};

/** @param unused whether the counts are those of an earlier call, whose answer a cache gave again */
function completion(price: Price | undefined, unused: boolean): Attributes | undefined {
  if (!price) return undefined;
  const bag: Attributes = {
    [semconv.ATTR_ANNOTEL_COST_AMOUNT]: price.amount,
    [semconv.ATTR_ANNOTEL_COST_CURRENCY]: price.currency,
    [semconv.ATTR_ANNOTEL_COST_SOURCE]: price.source,
  };
  return unused ? Object.assign(bag, NO_TOKENS) : bag;
}

/** What is known of a request beside its model; with what it says, where that is captured. */
function describeRequest(request: LlmRequest, operation: string, span: SpanContext): Attributes {
  const bag = requestAttributes(request);
  // The texts of an embedding have no attribute.
  if (!semconv.isInference(operation)) return bag;
  if (!isCaptured('input') && !isCaptured('system') && !isCaptured('toolDefinitions')) return bag;
  const { system, input, tools } = readConversation(requestWithin(request)) ?? {};
  if (system) Object.assign(bag, capture('system', system, span));
  if (input) Object.assign(bag, capture('input', input, span));
  if (tools) Object.assign(bag, capture('toolDefinitions', tools, span));
  return bag;
}

/**
 * Records a provider request that is built inside a method decorated with `@LlmCall` or `@Embedding`, and hands it back:
 * `return client.chat.completions.create(llmRequest({ model, messages }))`. Elsewhere it only hands it back.
 */
export function llmRequest<R extends LlmRequest>(request: R): R {
  safely('reading a request', () => {
    const call = currentCall();
    const active = context.active();
    const type = openOwner(active)?.operation;
    const owner = ownerOf(active, () => true);
    if (!call || !owner || type === undefined || !objectOf(request)) return;
    call.args.add(request);
    const attributes = describeRequest(request, type, owner.spanContext);
    const model = requestedModel(request);
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
