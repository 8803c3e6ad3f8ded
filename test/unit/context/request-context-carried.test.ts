import { describe, expect, test } from '@jest/globals';
import { type Context, context, propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { baggageOf, requestContextAttributes, withTrustedBaggage } from '../../../lib/context/request-context.js';
import { requestContext, withRequestContext } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

useTelemetry();

const within = (values: object, outer: Context = ROOT_CONTEXT): Context =>
  context.with(outer, () => withRequestContext(values, () => context.active()));
const carrying = (entries: Record<string, string>, outer: Context = ROOT_CONTEXT): Context => {
  const baggage = Object.entries(entries).map(([name, value]) => [name, { value }]);
  return propagation.setBaggage(outer, propagation.createBaggage(Object.fromEntries(baggage)));
};
const entriesOf = (outer: Context) =>
  baggageOf(outer)
    ?.getAllEntries()
    .map(([name, { value }]) => [name, value]);

const ALL = { tenantId: 'acme', userId: 'u', sessionId: 's', conversationId: 'c', featureId: 'f', requestId: 'r' };
const ALL_ENTRIES = {
  'annotel.tenant.id': 'acme',
  'user.id': 'u',
  'session.id': 's',
  'gen_ai.conversation.id': 'c',
  'annotel.feature.id': 'f',
  'annotel.request.id': 'r',
};

describe('as attributes', () => {
  test('it is found in a context, and nobody changes it', () => {
    const attributes = requestContextAttributes(within(ALL));
    expect(attributes).toEqual(ALL_ENTRIES);
    expect(() => Object.assign(attributes as object, { 'user.id': 'x' })).toThrow(TypeError);
  });

  test('a context without it has none', () => {
    expect(requestContextAttributes(ROOT_CONTEXT)).toBeUndefined();
  });
});

describe('as baggage', () => {
  test('it goes before the entries of the app, and wins over those of its names', () => {
    const both = carrying({ plan: 'gold', 'user.id': 'other', 'session.id': 'own' }, within({ userId: 'u' }));
    expect(entriesOf(both)).toEqual([
      ['user.id', 'u'],
      ['plan', 'gold'],
      ['session.id', 'own'],
    ]);
  });

  test('one of the two is enough, and neither is none', () => {
    expect(Object.fromEntries(entriesOf(within(ALL)) ?? [])).toEqual(ALL_ENTRIES);
    expect(entriesOf(carrying({ plan: 'gold' }))).toEqual([['plan', 'gold']]);
    expect(entriesOf(ROOT_CONTEXT)).toBeUndefined();
  });
});

describe('from baggage', () => {
  const believed = (outer: Context) => context.with(withTrustedBaggage(outer), requestContext);

  test.each<[entries: Record<string, string>, values: object]>([
    [ALL_ENTRIES, ALL],
    [{ plan: 'gold', 'user.id': 'u' }, { userId: 'u' }],
    [{ 'user.id': '', 'session.id': ' ', 'annotel.tenant.id': 't'.repeat(257) }, {}],
    [{ 'user.id': 'u\n', 'session.id': '\u0085', 'annotel.tenant.id': 't'.repeat(256) }, { tenantId: 't'.repeat(256) }],
  ])('%j', (entries, values) => {
    expect(believed(carrying(entries))).toEqual(values);
  });

  test('it adds to what is there, and wins', () => {
    const outer = within({ userId: 'here', featureId: 'f' });
    expect(believed(carrying({ 'user.id': 'there' }, outer))).toEqual({ userId: 'there', featureId: 'f' });
  });

  test('where there is none, the context is the same', () => {
    for (const outer of [ROOT_CONTEXT, carrying({ plan: 'gold' })]) expect(withTrustedBaggage(outer)).toBe(outer);
  });
});
