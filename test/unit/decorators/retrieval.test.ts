import { describe, expect, test } from '@jest/globals';
import { Retrieval, type RetrievalOptions } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

class Store {
  @Retrieval({ dataSource: 'pgvector', topK: (_query: string, limit: number) => limit })
  async search(query: string, limit: number): Promise<string[]> {
    if (limit > 2) throw Object.assign(new Error('relation missing'), { code: '42P01' });
    return [query, 'found'].slice(0, limit);
  }
}

test('a retrieval tells its source, the length of the query, and how much was asked for and found', async () => {
  await expect(new Store().search('why?', 2)).resolves.toEqual(['why?', 'found']);

  const attributes = {
    'annotel.operation': 'retrieval',
    'annotel.retrieval.document.count': 2,
    'annotel.retrieval.query.length': 4,
    'code.function.name': 'Store.search',
    'gen_ai.data_source.id': 'pgvector',
    'gen_ai.operation.name': 'retrieval',
    'gen_ai.request.top_k': 2,
  };
  expect(telemetry.spans).toEqual([{ name: 'retrieval pgvector', kind: 'CLIENT', attributes }]);
  expect(telemetry.logs).toEqual([
    { eventName: 'annotel.call', severity: 'DEBUG', body: 'Store.search succeeded', attributes },
  ]);
});

test('a failure is told as one of a GenAI client', async () => {
  await expect(new Store().search('why?', 3)).rejects.toThrow('relation missing');

  expect(telemetry.span).toMatchObject({ error: 'relation missing', attributes: { 'error.type': '42P01' } });
  expect(telemetry.span.attributes).not.toHaveProperty(['annotel.retrieval.document.count']);
  expect(telemetry.logs).toMatchObject([
    {
      eventName: 'gen_ai.client.operation.exception',
      severity: 'WARN',
      body: 'Store.search failed: 42P01',
      attributes: { 'exception.type': 'Error', 'exception.message': 'relation missing' },
    },
  ]);
});

test.each<[string, unknown, number | undefined]>([
  ['an array', ['a', 'b'], 2],
  ['an empty array', [], 0],
  ['documents', { documents: ['a'] }, 1],
  ['matches (Pinecone)', { matches: ['a', 'b'], namespace: '' }, 2],
  ['results', { results: [] }, 0],
  ['hits (Typesense)', { found: 9, hits: ['a', 'b', 'c'] }, 3],
  ['hits.hits (Elasticsearch)', { took: 1, hits: { total: { value: 9 }, hits: ['a', 'b'] } }, 2],
  ['rows (node-postgres)', { rowCount: 1, rows: [{ id: 1 }] }, 1],
  ['a count, which is no list', { documents: 3 }, undefined],
  ['text', 'documents', undefined],
  ['null', null, undefined],
  ['nothing', undefined, undefined],
])('documents are found in %s', async (_what, value, count) => {
  await expect(Retrieval()(async () => value)()).resolves.toBe(value);
  expect(telemetry.span.attributes['annotel.retrieval.document.count']).toBe(count);
});

describe('what the defaults do not find, a callback tells:', () => {
  const search = async (_index: string, { text }: { text: string; k: number }) => ({ points: [text, text, text] });
  const attributesWith = async (options: RetrievalOptions) => {
    await Retrieval(options)(search)('docs', { text: 'how?', k: 5 });
    return telemetry.span.attributes;
  };

  test.each<[string, RetrievalOptions, string, unknown]>([
    ['the query', { query: (_index, { text }) => text }, 'annotel.retrieval.query.length', 4],
    ['topK', { topK: (_index, { k }) => k }, 'gen_ai.request.top_k', 5],
    ['the documents', { documents: ({ points }) => points }, 'annotel.retrieval.document.count', 3],
  ])('%s', async (_what, options, attribute, value) => {
    expect((await attributesWith(options))[attribute]).toBe(value);
  });

  test('topK may also be a number', async () => {
    expect(await attributesWith({ topK: 8 })).toMatchObject({ 'gen_ai.request.top_k': 8 });
  });

  test('by default the first string is the query', async () => {
    expect(await attributesWith({})).toMatchObject({ 'annotel.retrieval.query.length': 'docs'.length });
  });

  test.each<[keyof RetrievalOptions, unknown, string]>([
    ['query', 7, 'annotel.retrieval.query.length'],
    ['query', undefined, 'annotel.retrieval.query.length'],
    ['topK', 'five', 'gen_ai.request.top_k'],
    ['topK', null, 'gen_ai.request.top_k'],
    ['documents', 3, 'annotel.retrieval.document.count'],
    ['documents', 'three', 'annotel.retrieval.document.count'],
    ['documents', null, 'annotel.retrieval.document.count'],
  ])('%s adds nothing where it tells %j', async (option, odd, attribute) => {
    expect(await attributesWith({ [option]: () => odd })).not.toHaveProperty([attribute]);
    expect(telemetry.logs[0]?.attributes).not.toHaveProperty([attribute]);
  });
});

test('the text of query and documents stays out of telemetry', async () => {
  await new Store().search('secret question', 2);
  expect(JSON.stringify([telemetry.spans, telemetry.logs, await telemetry.metrics()])).not.toMatch(/secret|found/);
});
