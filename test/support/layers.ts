import { type Attributes, trace } from '@opentelemetry/api';
import { Embedding, LlmCall } from '../../lib/index.js';
import type { Telemetry } from './telemetry.js';

/** Says what a span is. */
export const OPERATION = 'gen_ai.operation.name';

/** Runs something as a decorated call of a model. */
export const asked = <T>(work: () => T): T =>
  LlmCall({ provider: 'openai', model: 'gpt-4o' })(function ask() {
    return work();
  })();

/** Runs something as a decorated call for embeddings. */
export const embedded = <T>(work: () => T): T =>
  Embedding({ provider: 'openai' })(function embed() {
    return work();
  })();

export const usage = (input: number, output: number): Attributes => ({
  'gen_ai.usage.input_tokens': input,
  'gen_ai.usage.output_tokens': output,
});

/** A layer that records a span of its own for what it does. `late` is what it says of it at the end. */
export function layer(
  name: string,
  attributes: Attributes,
  inside: () => unknown = () => {},
  late: Attributes = {},
): void {
  trace.getTracer('foreign').startActiveSpan(name, { attributes }, (span) => {
    inside();
    span.setAttributes(late).end();
  });
}

/** A client that traces itself. */
export const chat = (input: number, output: number, inside?: () => unknown): void =>
  layer('foreign chat', { [OPERATION]: 'chat' }, inside, usage(input, output));

/** A tool that a framework traces. */
export const tool = (inside: () => unknown): void => layer('foreign tool', { [OPERATION]: 'execute_tool' }, inside);

/** The finished spans, in the order in which they ended, each with its parent. */
export const tree = (telemetry: Telemetry): string[] =>
  telemetry.spans.map(({ name, parent }) => (parent ? `${parent} > ${name}` : name));
