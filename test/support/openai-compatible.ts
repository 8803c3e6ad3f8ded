import type { Attributes } from '@opentelemetry/api';

/** What a server that speaks OpenAI's wire format answered, under `test/fixtures/openai-compatible`, and how it is told. */
export interface CompatibleAnswer {
  fixture: string;
  provider: string;
  attributes: Attributes;
}

/** Where the answer itself tells what it cost. */
const cost = (amount: number): Attributes => ({
  'annotel.cost.amount': amount,
  'annotel.cost.currency': 'USD',
  'annotel.cost.source': 'provider',
});

const azure = {
  'gen_ai.response.id': 'chatcmpl-Azure1',
  'gen_ai.response.model': 'gpt-4o-2024-11-20',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 18,
  'gen_ai.usage.output_tokens': 4,
  'gen_ai.usage.cache_read.input_tokens': 0,
  'gen_ai.usage.reasoning.output_tokens': 0,
  'openai.api.type': 'chat_completions',
  'openai.response.system_fingerprint': 'fp_ee1d74bde0',
};
const groq = {
  'gen_ai.response.id': 'chatcmpl-9d0b5f1c-groq',
  'gen_ai.response.model': 'qwen/qwen3-32b',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 17,
  'gen_ai.usage.output_tokens': 649,
  'gen_ai.usage.reasoning.output_tokens': 570,
};
const deepseek = {
  'gen_ai.response.id': '21d2ddcb-4947-4e28-a783-deepseek',
  'gen_ai.response.model': 'deepseek-v4-flash',
  'gen_ai.response.finish_reasons': ['tool_calls'],
  'gen_ai.usage.input_tokens': 374,
  'gen_ai.usage.output_tokens': 60,
  'gen_ai.usage.cache_read.input_tokens': 320,
  'gen_ai.usage.reasoning.output_tokens': 16,
};
/** 26 tokens of text, 189 of reasoning beside them. */
const xai = {
  ...cost(0.0001399),
  'gen_ai.response.id': '61c0468b-2a98-413e-f654-xai',
  'gen_ai.response.model': 'grok-3-mini',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 291,
  'gen_ai.usage.output_tokens': 215,
  'gen_ai.usage.cache_read.input_tokens': 244,
  'gen_ai.usage.reasoning.output_tokens': 189,
};
const together = {
  'gen_ai.response.id': 'nz8Rkx2-3NKUce-together',
  'gen_ai.response.model': 'meta-llama/Llama-3.3-70B-Instruct-Turbo',
  'gen_ai.response.finish_reasons': ['eos'],
  'gen_ai.usage.input_tokens': 42,
  'gen_ai.usage.output_tokens': 5,
  'gen_ai.usage.cache_read.input_tokens': 32,
};
const openRouter = {
  ...cost(0.000605),
  'gen_ai.response.id': 'gen-1764031697-vqvW0uz7ouT4gsp3FYqp',
  'gen_ai.response.model': 'openai/gpt-4o',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 194,
  'gen_ai.usage.output_tokens': 12,
  'gen_ai.usage.cache_read.input_tokens': 64,
  'gen_ai.usage.cache_creation.input_tokens': 0,
  'gen_ai.usage.reasoning.output_tokens': 8,
};
const vllm = {
  'gen_ai.response.id': 'chatcmpl-8e0d5a86d87f4e3c',
  'gen_ai.response.model': 'Qwen/Qwen3-8B',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 17,
  'gen_ai.usage.output_tokens': 40,
};
/** 7,163 tokens of text, 73,997 of reasoning, which Perplexity bills beside them. */
const perplexity = {
  ...cost(0.414),
  'gen_ai.response.id': 'a1d3e2f4-sonar',
  'gen_ai.response.model': 'sonar-deep-research',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 33,
  'gen_ai.usage.output_tokens': 81160,
  'gen_ai.usage.reasoning.output_tokens': 73997,
};
const fireworks = {
  'gen_ai.response.id': '8b5f2c1e-fireworks',
  'gen_ai.response.model': 'accounts/fireworks/models/deepseek-v3p1',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 30,
  'gen_ai.usage.output_tokens': 8,
  'gen_ai.usage.cache_read.input_tokens': 16,
};
const liteLLM = {
  'gen_ai.response.id': 'chatcmpl-4f2c-litellm',
  'gen_ai.response.model': 'claude-sonnet-4-5',
  'gen_ai.response.finish_reasons': ['stop'],
  'gen_ai.usage.input_tokens': 2060,
  'gen_ai.usage.output_tokens': 12,
  'gen_ai.usage.cache_read.input_tokens': 1800,
  'gen_ai.usage.cache_creation.input_tokens': 240,
  'openai.api.type': 'chat_completions',
};

export const COMPATIBLE_ANSWERS: CompatibleAnswer[] = [
  { fixture: 'azure.json', provider: 'azure.ai.openai', attributes: azure },
  { fixture: 'azure.sse', provider: 'azure.ai.openai', attributes: azure },
  { fixture: 'groq.json', provider: 'groq', attributes: groq },
  { fixture: 'groq.sse', provider: 'groq', attributes: groq },
  { fixture: 'deepseek.json', provider: 'deepseek', attributes: deepseek },
  { fixture: 'deepseek.sse', provider: 'deepseek', attributes: deepseek },
  { fixture: 'xai.json', provider: 'x_ai', attributes: xai },
  { fixture: 'xai.sse', provider: 'x_ai', attributes: xai },
  { fixture: 'together.json', provider: 'together', attributes: together },
  { fixture: 'together.sse', provider: 'together', attributes: together },
  { fixture: 'openrouter.json', provider: 'openrouter', attributes: openRouter },
  { fixture: 'openrouter.sse', provider: 'openrouter', attributes: openRouter },
  {
    fixture: 'openrouter-free.json',
    provider: 'openrouter',
    attributes: {
      ...cost(0),
      'gen_ai.response.id': 'gen-1764031697-vqvW0uz7ouT4gsp3FYqp',
      'gen_ai.response.model': 'z-ai/glm-4.5-air:free',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 194,
      'gen_ai.usage.output_tokens': 12,
    },
  },
  { fixture: 'openrouter-own-key.json', provider: 'openrouter', attributes: { ...openRouter, ...cost(1.05) } },
  {
    fixture: 'openrouter-failed.json',
    provider: 'openrouter',
    attributes: {
      ...openRouter,
      'error.type': '502',
      'gen_ai.response.finish_reasons': ['error'],
      'gen_ai.usage.output_tokens': 1,
      'gen_ai.usage.reasoning.output_tokens': 0,
    },
  },
  { fixture: 'vllm.json', provider: 'vllm', attributes: vllm },
  { fixture: 'vllm.sse', provider: 'vllm', attributes: vllm },
  { fixture: 'perplexity.json', provider: 'perplexity', attributes: perplexity },
  { fixture: 'perplexity.sse', provider: 'perplexity', attributes: perplexity },
  { fixture: 'fireworks.json', provider: 'fireworks', attributes: fireworks },
  { fixture: 'fireworks.sse', provider: 'fireworks', attributes: fireworks },
  // Nothing in them tells the gateway, nor which provider is behind it.
  { fixture: 'litellm.json', provider: 'openai', attributes: liteLLM },
  { fixture: 'litellm.sse', provider: 'openai', attributes: { ...liteLLM, ...cost(0.00162) } },
];

export const COMPATIBLE_RESPONSES: CompatibleAnswer[] = [
  {
    fixture: 'xai-response.json',
    provider: 'x_ai',
    attributes: {
      ...cost(0.0037756),
      'gen_ai.response.id': 'resp_xai1',
      'gen_ai.response.model': 'grok-4-fast',
      'gen_ai.response.finish_reasons': ['stop'],
      // More cached tokens than input tokens: they are counted beside each other.
      'gen_ai.usage.input_tokens': 8470,
      'gen_ai.usage.output_tokens': 254,
      'gen_ai.usage.cache_read.input_tokens': 4328,
      'gen_ai.usage.reasoning.output_tokens': 201,
    },
  },
  {
    fixture: 'perplexity-agent.json',
    provider: 'perplexity',
    attributes: {
      ...cost(0.00119),
      'annotel.service_tier': 'fast',
      'gen_ai.response.id': 'resp_8762b9bb-agent',
      'gen_ai.response.model': 'openai/gpt-6-luna',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 3007,
      'gen_ai.usage.output_tokens': 36,
      'gen_ai.usage.cache_read.input_tokens': 1780,
      'gen_ai.usage.cache_creation.input_tokens': 1224,
      'gen_ai.usage.reasoning.output_tokens': 0,
    },
  },
];

/** Without a cost that was computed from the bundled prices, which change. */
export function withoutLocalCost(attributes: Attributes): Attributes {
  if (attributes['annotel.cost.source'] !== 'local') return attributes;
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !name.startsWith('annotel.cost.')));
}
