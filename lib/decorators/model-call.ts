import { type Attributes, SpanKind } from '@opentelemetry/api';
import { capture, isCaptured } from '../content.js';
import { readConversation } from '../messages/read.js';
import { currentObservation } from '../observation/observation.js';
import type { Call, Operation } from '../observation/operation.js';
import { combine } from '../responses/combine.js';
import { readResponse, StreamedResponse } from '../responses/read.js';
import { findRequest, type LlmRequest, requestAttributes, requestedModel } from '../responses/request.js';
import { type ModelResponse, responseAttributes } from '../responses/response.js';
import { objectOf } from '../responses/shape.js';
import { safely } from '../safely.js';
import { claimOf, withClaim } from '../signals/claim.js';
import * as semconv from '../signals/semconv.js';
import { agentTurn, countTokens, namesAgent } from './agent-turn.js';
import { ask, type CommonOptions, DEFAULT_LOG_POLICY, withOptions } from './observing.js';

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
  /** What the callback said, so that it is asked once a call. */
  const told = new WeakMap<Call, LlmRequest>();
  const requestOf = (call: Call): LlmRequest | undefined => {
    if (!request) return safely('finding the request', () => findRequest(call.args));
    const known = told.get(call) ?? objectOf(ask('the request callback', () => request(...call.args)));
    if (known) told.set(call, known);
    return known;
  };
  const isSame = semconv.isInference(name) ? semconv.isInference : (operation: string) => operation === name;
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
      if (provider !== undefined) bag[semconv.ATTR_GEN_AI_PROVIDER_NAME] = provider;
      const given = typeof model === 'function' ? ask('the model callback', () => model(...call.args)) : model;
      const requested = given || requestedModel(requestOf(call));
      if (typeof requested === 'string') bag[semconv.ATTR_GEN_AI_REQUEST_MODEL] = requested;
      return namesAgent(bag, call.context);
    },
    describe(call) {
      const known = requestOf(call);
      return (known && safely('reading the request', () => describeRequest(known))) ?? {};
    },
    partOf: (context) => claimOf(context, isSame),
    enter(parent, claim) {
      const turn = agentTurn(parent);
      if (turn && semconv.isInference(name)) turn.inferenceCalls += 1;
      return withClaim(parent, name, claim);
    },
    onEnd(value, stream, detail) {
      const own = response && !stream ? ask('the response callback', () => response(value)) : undefined;
      const wanted = { detail, content: detail && isCaptured('output') };
      const read = () => (stream ? (value as ModelResponse | undefined) : readResponse(value, wanted));
      const answer = own ?? safely('reading an answer', read);
      const bag: Attributes = answer ? responseAttributes(answer, detail) : {};
      if (answer?.output && wanted.content) Object.assign(bag, capture('output', answer.output));
      if (provider === undefined && answer?.provider !== undefined) {
        bag[semconv.ATTR_GEN_AI_PROVIDER_NAME] = answer.provider;
      }
      if (stream?.firstItem !== undefined) {
        bag[semconv.ATTR_GEN_AI_REQUEST_STREAM] = true;
        bag[semconv.ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK] = stream.firstItem;
      }
      return bag;
    },
    combine,
    complete(bag, context) {
      if (semconv.isInference(name)) countTokens(bag, context);
      return undefined;
    },
    fold: (detail) => new StreamedResponse({ detail, content: detail && isCaptured('output') }),
    payload: answerWithin,
  };
  return withOptions(operation, options) as ModelOperation;
}

/** What is known of a request beside its model; with what it says, where that is captured. */
function describeRequest(request: LlmRequest): Attributes {
  const bag = requestAttributes(request);
  if (!isCaptured('input') && !isCaptured('system') && !isCaptured('toolDefinitions')) return bag;
  const { system, input, tools } = readConversation(request) ?? {};
  if (system) Object.assign(bag, capture('system', system));
  if (input) Object.assign(bag, capture('input', input));
  if (tools) Object.assign(bag, capture('toolDefinitions', tools));
  return bag;
}

/**
 * Records a provider request that is built inside a method decorated with `@LlmCall` or `@Embedding`, and hands it back:
 * `return client.chat.completions.create(llmRequest({ model, messages }))`. Elsewhere it only hands it back.
 */
export function llmRequest<R extends LlmRequest>(request: R): R {
  safely('reading a request', () => {
    const observation = currentObservation();
    const operation = observation?.operation as ModelOperation | undefined;
    const type = operation?.type;
    if (!observation || !objectOf(request) || !(semconv.isInference(type) || type === semconv.OPERATION_EMBEDDINGS))
      return;
    const attributes = describeRequest(request);
    const model = requestedModel(request);
    if (model !== undefined) {
      attributes[semconv.ATTR_GEN_AI_REQUEST_MODEL] = model;
      if (!operation?.named) observation.rename(`${type} ${model}`);
    }
    observation.learn(attributes);
  });
  return request;
}

interface ModelOperation extends Operation {
  /** Whether the user named the span, which then keeps that name. */
  readonly named: boolean;
}

/** Clients that hand out the HTTP response too put the answer under `data`: `{ data, response }` of `.withResponse()`. */
function answerWithin(value: object): unknown {
  const fields = value as Record<string, unknown>;
  return objectOf(fields['response']) && objectOf(fields['data']) ? fields['data'] : value;
}
