/*
 * The metrics of GenAI operations, by generation of the conventions; sources as in `semconv.ts`.
 */

import type { MetricDefinition } from '../call/names.js';

const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];
const AGENT_SECONDS = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6];
const AGENT_CALLS = [1, 2, 4, 8, 16, 32, 64, 128];
const WORKFLOW_SECONDS = [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200];
const DOCUMENTS = [0, 1, 2, 5, 10, 20, 50, 100];

/** Counter of what calls cost. Its unit is the currency, known with the first cost. */
export const METRIC_COST = {
  name: 'annotel.cost',
  description: 'What model calls cost.',
} as const satisfies Omit<MetricDefinition, 'unit'>;

/** Metrics that do not depend on the generation. */
export const METRICS = {
  documentCount: {
    name: 'annotel.retrieval.document.count',
    unit: '{document}',
    description: 'Documents that a retrieval returned.',
    buckets: DOCUMENTS,
  },
  operationDuration: {
    name: 'gen_ai.client.operation.duration',
    unit: 's',
    description: 'Duration of GenAI client operations.',
    buckets: SECONDS,
  },
  // Of the latest conventions; v1.41 has no name for them that these could clash with.
  agentDuration: {
    name: 'gen_ai.invoke_agent.duration',
    unit: 's',
    description: 'Duration of agent turns.',
    buckets: AGENT_SECONDS,
  },
  agentInferenceCalls: {
    name: 'gen_ai.invoke_agent.inference_calls',
    unit: '{inference_call}',
    description: 'Model calls of an agent turn.',
    buckets: AGENT_CALLS,
  },
  agentToolCalls: {
    name: 'gen_ai.invoke_agent.tool_calls',
    unit: '{tool_call}',
    description: 'Tool calls of an agent turn.',
    buckets: AGENT_CALLS,
  },
  toolDuration: {
    name: 'gen_ai.execute_tool.duration',
    unit: 's',
    description: 'Duration of tool calls.',
    buckets: SECONDS,
  },
  workflowDuration: {
    name: 'gen_ai.invoke_workflow.duration',
    unit: 's',
    description: 'Duration of workflows.',
    buckets: WORKFLOW_SECONDS,
  },
} as const satisfies Record<string, MetricDefinition>;

/** Metrics of core v1.41, beside {@link METRICS}; `operationDuration` there covers inference too. */
export const METRICS_1_41 = {
  tokenUsage: {
    name: 'gen_ai.client.token.usage',
    unit: '{token}',
    description: 'Input and output tokens of a call.',
    buckets: TOKENS,
  },
  timeToFirstChunk: {
    name: 'gen_ai.client.operation.time_to_first_chunk',
    unit: 's',
    description: 'Time to the first chunk of a streamed answer.',
    buckets: SECONDS,
  },
  timePerOutputChunk: {
    name: 'gen_ai.client.operation.time_per_output_chunk',
    unit: 's',
    description: 'Time between the chunks of a streamed answer, after the first.',
    buckets: SECONDS,
  },
} as const satisfies Record<string, MetricDefinition>;

/** Metrics of the latest conventions, beside {@link METRICS}. */
export const METRICS_LATEST = {
  inferenceDuration: {
    name: 'gen_ai.client.inference.duration',
    unit: 's',
    description: 'Duration of model calls.',
    buckets: SECONDS,
  },
  timeToFirstChunk: {
    name: 'gen_ai.client.inference.time_to_first_chunk',
    unit: 's',
    description: 'Time to the first chunk of a streamed answer.',
    buckets: SECONDS,
  },
  timePerOutputChunk: {
    name: 'gen_ai.client.inference.time_per_output_chunk',
    unit: 's',
    description: 'Time between the chunks of a streamed answer, after the first.',
    buckets: SECONDS,
  },
  inputTokens: { name: 'gen_ai.client.inference.usage.input_tokens', unit: '{token}', description: 'Input tokens.' },
  outputTokens: { name: 'gen_ai.client.inference.usage.output_tokens', unit: '{token}', description: 'Output tokens.' },
  cacheReadTokens: {
    name: 'gen_ai.client.inference.usage.cache_read.input_tokens',
    unit: '{token}',
    description: 'Input tokens read from the provider cache.',
  },
  cacheWriteTokens: {
    name: 'gen_ai.client.inference.usage.cache_write.input_tokens',
    unit: '{token}',
    description: 'Input tokens written to the provider cache.',
  },
  reasoningTokens: {
    name: 'gen_ai.client.inference.usage.reasoning.output_tokens',
    unit: '{token}',
    description: 'Output tokens spent on reasoning.',
  },
  callInputTokens: {
    name: 'gen_ai.client.inference.operation.input_tokens',
    unit: '{token}',
    description: 'Input tokens per model call.',
    buckets: TOKENS,
  },
  callOutputTokens: {
    name: 'gen_ai.client.inference.operation.output_tokens',
    unit: '{token}',
    description: 'Output tokens per model call.',
    buckets: TOKENS,
  },
} as const satisfies Record<string, MetricDefinition>;
