import type { Attributes } from '@opentelemetry/api';
import { takeParameters } from './request-parameters.js';
import { objectOf, stringOf } from './shape.js';

/** A request as it is given to a provider's client. Only what the conventions name is read of it, never its content. */
export type LlmRequest = object;

type Fields = Readonly<Record<string, unknown>>;

/** Whether a value looks like a request to a model: it names one, and has something to ask of it. */
export function isRequest(value: unknown): value is LlmRequest {
  const fields = objectOf(value);
  return fields !== undefined && asks(requestWithin(fields));
}

/** The first argument that looks like a request to a model. */
export function findRequest(args: readonly unknown[]): LlmRequest | undefined {
  for (const argument of args) if (isRequest(argument)) return argument;
  return undefined;
}

/** The model that a request asks. */
export function requestedModel(request: LlmRequest | undefined): string | undefined {
  return request && modelOf(requestWithin(request));
}

/** The request attributes of the conventions beside the model, as far as the request sets them. */
export function requestAttributes(request: LlmRequest): Attributes {
  const bag: Attributes = {};
  takeParameters(bag, requestWithin(request));
  return bag;
}

/** The fields of a request, where a client wants them wrapped: a Command of the AWS SDK, the options of the Azure REST client. */
export function requestWithin(request: LlmRequest): Fields {
  const fields = request as Fields;
  if (modelOf(fields) !== undefined) return fields;
  // Own fields only: the `body` of a fetch `Request` is a getter.
  const input = Object.hasOwn(fields, 'input') ? objectOf(fields['input']) : undefined;
  if (input && stringOf(input['modelId']) !== undefined) return input;
  const body = Object.hasOwn(fields, 'body') ? objectOf(fields['body']) : undefined;
  return body && (modelOf(body) !== undefined || Array.isArray(body['messages'])) ? body : fields;
}

/** What a request alone tells of its provider: `gen_ai.provider.name`. `undefined` where several would take it. */
export function requestedProvider(request: LlmRequest | undefined): string | undefined {
  if (!request) return undefined;
  const fields = requestWithin(request);
  if (stringOf(fields['model']) !== undefined) return undefined;
  if (stringOf(fields['modelId']) !== undefined) return 'aws.bedrock';
  return sdkProvider(stringOf(objectOf(fields['model'])?.['provider']));
}

/** The names of the AI SDK's providers, such as `openai.chat`; the longer beginnings first. */
const SDK_PROVIDERS: readonly (readonly [beginning: string, provider: string])[] = [
  ['amazon-bedrock', 'aws.bedrock'],
  ['bedrock', 'aws.bedrock'],
  ['anthropic', 'anthropic'],
  ['azure', 'azure.ai.openai'],
  ['cohere', 'cohere'],
  ['deepseek', 'deepseek'],
  ['google.vertex', 'gcp.vertex_ai'],
  ['vertex', 'gcp.vertex_ai'],
  ['google-vertex', 'gcp.vertex_ai'],
  ['google', 'gcp.gemini'],
  ['groq', 'groq'],
  ['mistral', 'mistral_ai'],
  ['openai', 'openai'],
  ['perplexity', 'perplexity'],
  ['xai', 'x_ai'],
];

function sdkProvider(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  for (const [beginning, provider] of SDK_PROVIDERS) {
    // A whole word of the name: `openai-compatible` is not OpenAI.
    if (name === beginning || name.startsWith(`${beginning}.`)) return provider;
  }
  return undefined;
}

/** The AI SDK takes a model as an object too; Bedrock calls it otherwise. */
function modelOf(fields: Fields): string | undefined {
  const { model } = fields;
  return stringOf(model) ?? stringOf(objectOf(model)?.['modelId']) ?? stringOf(fields['modelId']);
}

/** What is asked, under its names; each looked at only for its type, as other objects have a `model` and such fields too. */
function asks(fields: Fields): boolean {
  const { model, messages, input, prompt, contents } = fields;
  if (modelOf(fields) === undefined) return false;
  return (
    Array.isArray(messages) ||
    isTextOrList(input) ||
    isTextOrList(prompt) ||
    // OpenAI: a prompt kept there
    stringOf(objectOf(prompt)?.['id']) !== undefined ||
    // Google GenAI; one content, or one part of it, need not be in a list
    isTextOrList(contents) ||
    Array.isArray(objectOf(contents)?.['parts']) ||
    typeof objectOf(contents)?.['text'] === 'string' ||
    // Mistral and Cohere: embeddings
    isTextOrList(fields['inputs']) ||
    Array.isArray(fields['texts']) ||
    (Array.isArray(fields['images']) && stringOf(fields['inputType']) !== undefined) ||
    // AWS Bedrock: InvokeModel, and a prompt kept there
    (fields['modelId'] !== undefined && (fields['body'] ?? fields['promptVariables']) != null) ||
    // Vercel AI SDK: embeddings; words that common need a model that is no mere name
    ((typeof model === 'object' || String(model).includes('/')) &&
      (typeof fields['value'] === 'string' || Array.isArray(fields['values'])))
  );
}

function isTextOrList(value: unknown): boolean {
  return typeof value === 'string' || Array.isArray(value);
}
