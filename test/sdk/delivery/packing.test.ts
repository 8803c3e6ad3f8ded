import { describe, expect, it } from '@jest/globals';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';
import { type Encoding, encodingOf } from '../../../lib/sdk/delivery/encoding.js';
import { packed } from '../../../lib/sdk/delivery/packing.js';
import { words } from '../../support/delivery-parts.js';

/** What a gRPC server takes by default. */
const FOUR_MIB = 4 * 1024 * 1024;

const sent = (batch: string[], encoding: Encoding<string[]> = words) => {
  const { parcels, broken } = packed(encoding, batch);
  const batches: string[][] = parcels.map(({ body }) => JSON.parse(Buffer.from(body).toString()));
  expect(parcels.map(({ items }) => items)).toEqual(batches.map(({ length }) => length));
  return { batches, broken };
};

describe('packed', () => {
  it.each<[string[], string[][], number]>([
    [['a', 'b', 'c'], [['a', 'b', 'c']], 0],
    [['broken'], [], 1],
    [['a', 'broken', 'b', 'c', 'd'], [['a'], ['b', 'c', 'd']], 1],
    [['broken', 'a', 'broken', 'broken'], [['a']], 3],
  ])('makes of %j the parcels %j', (batch, batches, broken) => {
    expect(sent(batch)).toEqual({ batches, broken });
  });

  it('says why something cannot be written', () => {
    expect(packed(words, ['a', 'broken'])).toMatchObject({ error: new Error('cannot be written') });
  });

  it('splits what is too large for a destination, in its order', () => {
    const batch = Array.from({ length: 20 }, (_, index) => `${index}`.padEnd(1e6, '.'));
    const { batches, broken } = sent(batch);
    expect(broken).toBe(0);
    expect(batches.flat()).toEqual(batch);
    for (const one of batches) expect(JSON.stringify(one).length).toBeLessThan(FOUR_MIB);
  });

  it('hands on a single item that is too large', () => {
    const batch = ['x'.repeat(5e6)];
    expect(sent(batch)).toEqual({ batches: [batch], broken: 0 });
  });

  it('hands on what cannot be split', () => {
    const batch = ['x'.repeat(5e6), 'y'];
    expect(sent(batch, { ...words, split: (whole) => [whole] })).toEqual({ batches: [batch], broken: 0 });
  });

  it.each(['protobuf', 'json'] as const)('splits spans as %s', (form) => {
    const spans: ReadableSpan[] = [];
    const collect = { onStart() {}, onEnd: (span: ReadableSpan) => spans.push(span) };
    const processor = { ...collect, forceFlush: async () => {}, shutdown: async () => {} };
    const provider = new TracerProvider({ resource: resourceFromAttributes({}), spanProcessors: [processor] });
    for (let index = 0; index < 30; index += 1) {
      provider
        .getTracer('test')
        .startSpan('chat', { attributes: { text: 'x'.repeat(4e5) } }, ROOT_CONTEXT)
        .end();
    }
    const { parcels } = packed(encodingOf('traces', form), spans);
    expect(parcels.reduce((sum, { items }) => sum + items, 0)).toBe(30);
    for (const { body } of parcels) expect(body.byteLength).toBeLessThan(FOUR_MIB);
  });
});
