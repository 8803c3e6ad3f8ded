import type { Attributes } from '@opentelemetry/api';
import { specialTier } from '../../answer.js';
import {
  ATTR_OPENAI_API_TYPE,
  ATTR_OPENAI_RESPONSE_SERVICE_TIER,
  ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT,
} from '../../semconv.js';
import { objectOf, stringOf } from '../../shape.js';
import { tierOfMessage } from '../anthropic/anthropic.js';
import { tierOfContent } from '../gemini/gemini.js';
import { reasonOfStatus } from '../openai/responses.js';
import type { LangChainMessage } from './messages.js';

/*
 * What LangChain has of an answer beside its content and usage: `response_metadata` of the message, `generationInfo` and
 * `llmOutput` of the result. Their fields are the providers' own.
 */

type Fields = Record<string, unknown>;

/** LangChain's names of providers that the conventions call otherwise. */
const PROVIDERS: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  azure_openai: 'azure.ai.openai',
  google: 'gcp.gemini',
  google_genai: 'gcp.gemini',
  google_vertexai: 'gcp.vertex_ai',
  vertexai: 'gcp.vertex_ai',
  mistral: 'mistral_ai',
  mistralai: 'mistral_ai',
  bedrock: 'aws.bedrock',
  bedrock_converse: 'aws.bedrock',
  amazon_bedrock: 'aws.bedrock',
  xai: 'x_ai',
  watsonx: 'ibm.watsonx.ai',
  moonshot: 'moonshot_ai',
};

/** `gen_ai.provider.name` of what LangChain calls a provider. */
export function langChainProvider(name: unknown): string | undefined {
  const known = stringOf(name);
  return known === undefined ? undefined : (PROVIDERS[known.replaceAll('-', '_')] ?? known);
}

/** `response_metadata` of a message. */
export const metadataOf = (message: LangChainMessage | undefined): Fields | undefined =>
  objectOf(message?.fields['response_metadata']);

/** The model that answered. */
export function modelOf(metadata: Fields): string | undefined {
  return stringOf(metadata['model_name']) ?? stringOf(metadata['model']) ?? stringOf(metadata['model_id']);
}

/** The provider's id of the answer. LangChain makes up ids that begin with `run-` where the provider has none. */
export function idOf(id: unknown, metadata: Fields): string | undefined {
  const own = stringOf(metadata['id']) ?? stringOf(id);
  return own?.startsWith('run-') ? undefined : own;
}

const FINISH_FIELDS = ['finish_reason', 'stop_reason', 'done_reason', 'finishReason', 'stopReason'];

/**
 * Why the model finished, in the provider's word for it.
 *
 * @param called whether the message, or a chunk before it, asks for a tool
 */
export function finishReason(
  message: LangChainMessage | undefined,
  info: Fields | undefined,
  called: boolean,
): string | undefined {
  const metadata = metadataOf(message);
  // Anthropic's streams have it under `additional_kwargs`.
  for (const fields of [metadata, info, objectOf(message?.fields['additional_kwargs'])]) {
    for (const field of FINISH_FIELDS) {
      const reason = stringOf(fields?.[field]);
      if (reason !== undefined) return reason;
    }
  }
  return metadata && reasonOfStatus(metadata, called);
}

/** The tier that answered, as OpenAI has it beside the usage, Anthropic and Google within it. */
export function tierOf(metadata: Fields): string | undefined {
  return specialTier(metadata['service_tier'], tierOfMessage(metadata['usage']), tierOfContent(metadata['usage']));
}

/** What only OpenAI has. */
export function openAIAttributes(metadata: Fields): Attributes {
  const attributes: Attributes = {};
  if (metadata['model_provider'] !== 'openai') return attributes;
  if (metadata['object'] === 'response') attributes[ATTR_OPENAI_API_TYPE] = 'responses';
  const tier = stringOf(metadata['service_tier']);
  if (tier !== undefined) attributes[ATTR_OPENAI_RESPONSE_SERVICE_TIER] = tier;
  const fingerprint = stringOf(metadata['system_fingerprint']);
  if (fingerprint !== undefined) attributes[ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT] = fingerprint;
  return attributes;
}
