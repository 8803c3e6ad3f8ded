import type { Attributes } from '@opentelemetry/api';

/** Token counts of a call, as its attributes tell them. */
export interface Usage {
  input?: number;
  cacheRead?: number;
  cacheWrite?: number;
  cacheWriteHour?: number;
  output?: number;
  reasoning?: number;
}

/** The attributes of a call that its price depends on. */
export const bagOf = (
  provider: string | undefined,
  model: string | undefined,
  usage: Usage,
  more: Attributes = {},
): Attributes => ({
  'gen_ai.provider.name': provider,
  'gen_ai.request.model': model,
  'gen_ai.usage.input_tokens': usage.input,
  'gen_ai.usage.cache_read.input_tokens': usage.cacheRead,
  'gen_ai.usage.cache_creation.input_tokens': usage.cacheWrite,
  'annotel.usage.cache_write_1h.input_tokens': usage.cacheWriteHour,
  'gen_ai.usage.output_tokens': usage.output,
  'gen_ai.usage.reasoning.output_tokens': usage.reasoning,
  ...more,
});
