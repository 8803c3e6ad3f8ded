import { describe, expect, test } from '@jest/globals';
import { METRIC_CALL_DURATION, METRIC_CALLS } from '../../../lib/call/call-metrics.js';
import * as definitions from '../../../lib/genai/metric-definitions.js';
import * as semconv from '../../../lib/genai/semconv.js';
import { configure, type SemconvGeneration } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

useTelemetry();

const of = (prefix: string): (string | semconv.Renamed)[] =>
  Object.entries(semconv)
    .filter(([name]) => name.startsWith(prefix))
    .map(([, value]) => value as string | semconv.Renamed);
const spellings = (names: (string | semconv.Renamed)[]): string[] =>
  names.flatMap((name) => (typeof name === 'string' ? [name] : [name['1.41'], name.latest]));

/** As the GenAI conventions spell them: core v1.41, and main where it differs. */
const GEN_AI_ATTRIBUTES = `
  agent.description agent.id agent.name agent.version conversation.id data_source.id embeddings.dimension.count evaluation.explanation
  evaluation.name evaluation.score.label evaluation.score.value input.messages operation.name output.messages output.type
  provider.name
  request.choice.count request.encoding_formats request.frequency_penalty request.max_tokens request.model
  request.presence_penalty request.previous_response.id request.reasoning.level request.seed request.stop_sequences
  request.stream request.temperature request.top_k request.top_p response.finish_reasons response.id response.model
  response.time_to_first_chunk retrieval.documents retrieval.query.text retrieval.top_k system_instructions
  token.modality token.type tool.call.arguments tool.call.id tool.call.result tool.definitions tool.description tool.name
  tool.type usage.cache_creation.input_tokens
  usage.cache_read.input_tokens usage.cache_write.input_tokens usage.input_tokens usage.output_tokens
  usage.reasoning.output_tokens workflow.name
`;

describe('names', () => {
  test('of GenAI attributes are those of the conventions', () => {
    const known = new Set(
      GEN_AI_ATTRIBUTES.trim()
        .split(/\s+/)
        .map((name) => `gen_ai.${name}`),
    );
    const unknown = spellings(of('ATTR_GEN_AI_')).filter((name) => !known.has(name));
    expect(unknown).toEqual([semconv.ATTR_GEN_AI_EVALUATION_SCORE]); // Azure AI Foundry's
  });

  test.each([
    ['ATTR_', /^(gen_ai|openai|aws|annotel|user|session|error|event|exception|server|code)(\.[a-z0-9_]+)+$/],
    ['EVENT_', /^(gen_ai|annotel|exception)(\.[a-z_]+)*$/],
  ])('of %s constants stand once and are spelled as such names are', (prefix, pattern) => {
    // In v1.41 a retrieval's `top_k` was that of the request.
    const names = spellings(of(prefix)).filter(
      (name, index, all) => name !== 'gen_ai.request.top_k' || all.indexOf(name) === index,
    );
    expect(names.length).toBeGreaterThan(3);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(pattern);
  });

  test('of metrics are unique within a generation', () => {
    const { METRIC_COST, METRICS, METRICS_1_41, METRICS_LATEST } = definitions;
    const all = [
      METRIC_CALLS,
      METRIC_CALL_DURATION,
      METRIC_COST,
      ...[METRICS, METRICS_1_41, METRICS_LATEST].flatMap((part) => Object.values(part)),
    ];
    const names = all.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { description } of all) expect(description).toMatch(/^[A-Z].*\.$/);
  });
});

describe('a name that was changed', () => {
  const name: semconv.Renamed = { '1.41': 'old.name', latest: 'new.name' };

  test.each<[SemconvGeneration, object]>([
    ['1.41', { 'old.name': 1 }],
    ['latest', { 'new.name': 1 }],
    ['both', { 'old.name': 1, 'new.name': 1 }],
  ])('is written as generation %s spells it, and read back', (generation, expected) => {
    configure({ semconv: generation });
    const bag = {};
    semconv.setRenamed(bag, name, 1);
    expect(bag).toEqual(expected);
    expect(semconv.getRenamed(bag, name)).toBe(1);
    expect(semconv.getRenamed({}, name)).toBeUndefined();
  });
});
