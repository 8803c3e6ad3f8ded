import { type Attributes, SpanKind } from '@opentelemetry/api';
import { currentObservation } from '../observation/observation.js';
import type { Call, Operation } from '../observation/operation.js';
import { readResponse, StreamedResponse } from '../responses/read.js';
import { findRequest, type LlmRequest, requestAttributes, requestedModel } from '../responses/request.js';
import { type ModelResponse, responseAttributes } from '../responses/response.js';
import { objectOf } from '../responses/shape.js';
import { safely } from '../safely.js';
import {
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_REQUEST_STREAM,
  ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK,
  isInference,
  OPERATION_CHAT,
  OPERATION_EMBEDDINGS,
} from '../signals/semconv.js';
import { type MethodDecorator, methodDecorator } from './method-decorator.js';
import { ask, type CommonOptions, DEFAULT_LOG_POLICY, observeSite, withOptions } from './observing.js';
import { isOptions, wrongOptions } from './usage.js';

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

/** Options of {@link LlmCall}. */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export interface LlmCallOptions<A extends unknown[] = any[], V = any> extends ModelCallOptions<A, V> {
  /** `gen_ai.operation.name`. Default `chat`. */
  operation?: 'chat' | 'text_completion' | 'generate_content';
}

/**
 * One call to a language model, streaming or not. Model, ids, finish reasons, tokens and timings are read from the request
 * and from what the provider's client returns; a stream is read as its consumer reads it.
 *
 * Span: `chat {model}`, kind CLIENT (GenAI conventions, inference span).
 *
 * @throws TypeError at decoration, where it stands on anything but a method or function
 */
// biome-ignore lint/suspicious/noExplicitAny: without annotations in the callbacks, every method fits
export function LlmCall<A extends unknown[] = any[], V = any>(
  options: LlmCallOptions<A, V> = {},
): MethodDecorator<A, V> {
  if (!isOptions(options)) throw wrongOptions('LlmCall', "@LlmCall({ provider: 'openai' })", options);
  const operation = modelCall(options.operation ?? OPERATION_CHAT, options);
  return methodDecorator('LlmCall', (site) => observeSite('LlmCall', site, operation));
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
    if (!observation || !objectOf(request) || !(isInference(type) || type === OPERATION_EMBEDDINGS)) return;
    const attributes = requestAttributes(request);
    const model = requestedModel(request);
    if (model !== undefined) {
      attributes[ATTR_GEN_AI_REQUEST_MODEL] = model;
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

/** The operation of a call to a model: `chat` and its likes, and `embeddings`. */
export function modelCall(name: string, options: ModelCallOptions): Operation {
  const { provider, model, request, response } = options;
  /** What the callback said, so that it is asked once a call. */
  const told = new WeakMap<Call, LlmRequest>();
  const requestOf = (call: Call): LlmRequest | undefined => {
    if (!request) return safely('finding the request', () => findRequest(call.args));
    const known = told.get(call) ?? objectOf(ask('the request callback', () => request(...call.args)));
    if (known) told.set(call, known);
    return known;
  };
  const operation: ModelOperation = {
    kind: SpanKind.CLIENT,
    log: DEFAULT_LOG_POLICY,
    type: name,
    named: options.name !== undefined,
    name(_call, bag) {
      const asked = bag[ATTR_GEN_AI_REQUEST_MODEL];
      return asked === undefined ? name : `${name} ${asked}`;
    },
    onStart(call) {
      const bag: Attributes = { [ATTR_GEN_AI_OPERATION_NAME]: name };
      if (provider !== undefined) bag[ATTR_GEN_AI_PROVIDER_NAME] = provider;
      const given = typeof model === 'function' ? ask('the model callback', () => model(...call.args)) : model;
      const requested = given || requestedModel(requestOf(call));
      if (typeof requested === 'string') bag[ATTR_GEN_AI_REQUEST_MODEL] = requested;
      return bag;
    },
    describe(call) {
      const known = requestOf(call);
      return (known && safely('reading the request', () => requestAttributes(known))) ?? {};
    },
    onEnd(value, stream, detail) {
      const own = response && !stream ? ask('the response callback', () => response(value)) : undefined;
      const read = () => (stream ? (value as ModelResponse | undefined) : readResponse(value, detail));
      const answer = own ?? safely('reading an answer', read);
      const bag: Attributes = answer ? responseAttributes(answer, detail) : {};
      if (provider === undefined && answer?.provider !== undefined) bag[ATTR_GEN_AI_PROVIDER_NAME] = answer.provider;
      if (stream?.firstItem !== undefined) {
        bag[ATTR_GEN_AI_REQUEST_STREAM] = true;
        bag[ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK] = stream.firstItem;
      }
      return bag;
    },
    fold: () => new StreamedResponse(),
    payload: answerWithin,
  };
  return withOptions(operation, options);
}

/** Clients that hand out the HTTP response too put the answer under `data`: `{ data, response }` of `.withResponse()`. */
function answerWithin(value: object): unknown {
  const fields = value as Record<string, unknown>;
  return objectOf(fields['response']) && objectOf(fields['data']) ? fields['data'] : value;
}
