import { describe, expect, test } from '@jest/globals';
import { Retrieval, ToolCall, Traced } from '../../../../lib/index.js';
import { asked, chat, embedded, layer, OPERATION, tool, tree, usage } from '../../../support/layers.js';
import { useTelemetry } from '../../../support/telemetry.js';

const telemetry = useTelemetry();

describe('what stands between a call and a span of the same operation', () => {
  test.each<[string, (inside: () => void) => unknown, string]>([
    ['a tool of another layer', tool, 'foreign tool'],
    ['a retrieval', (inside) => Retrieval({ dataSource: 'docs' })(inside)(), 'retrieval docs'],
    ['a tool', (inside) => ToolCall('weather')(inside)(), 'execute_tool weather'],
  ])('lifts the claim, where it is %s', (_what, between, parent) => {
    asked(() => between(() => layer('GET', {}, () => chat(5, 5))));
    expect(tree(telemetry)).toEqual([
      'GET > foreign chat',
      `${parent} > GET`,
      `chat gpt-4o > ${parent}`,
      'chat gpt-4o',
    ]);
    expect(telemetry.spans.at(-1)?.attributes).not.toHaveProperty(['gen_ai.usage.input_tokens']);
  });

  test('lifts the claim for decorated calls, too', () => {
    asked(() => tool(() => asked(() => chat(5, 5))));
    expect(tree(telemetry)).toEqual(['foreign tool > chat gpt-4o', 'chat gpt-4o > foreign tool', 'chat gpt-4o']);
    expect(telemetry.spans.map(({ attributes }) => attributes['gen_ai.usage.input_tokens'])).toEqual([
      5,
      undefined,
      undefined,
    ]);
  });

  test.each<[string, (inside: () => void) => unknown, string]>([
    ['a span of another kind', (inside) => layer('GET', {}, inside), 'GET'],
    ['a traced method', (inside) => Traced('work')(inside)(), 'work'],
  ])('does not, where it is %s', (_what, between, name) => {
    asked(() => between(() => chat(5, 6)));
    expect(tree(telemetry)).toEqual([`chat gpt-4o > ${name}`, 'chat gpt-4o']);
    expect(telemetry.spans[1]?.attributes).toMatchObject(usage(5, 6));
  });

  test('a call for embeddings absorbs embeddings, and no chat', () => {
    embedded(() => {
      layer('foreign embeddings', { [OPERATION]: 'embeddings' }, undefined, { 'gen_ai.usage.input_tokens': 7 });
      layer('foreign older', { 'ai.operationId': 'ai.embed.doEmbed' });
      chat(5, 5);
    });
    expect(tree(telemetry)).toEqual(['embeddings > foreign chat', 'embeddings']);
    expect(telemetry.spans[1]?.attributes).toMatchObject({ 'gen_ai.usage.input_tokens': 7 });
  });
});
