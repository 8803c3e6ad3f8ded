import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Attributes } from '@opentelemetry/api';
import { Agent, configure, LlmCall, Retrieval, ToolCall, Workflow, withRequestContext } from '../../../lib/index.js';
import { Environment } from '../../../lib/sdk/configuration/environment.js';
import { environmentSettings } from '../../../lib/sdk/configuration/environment-settings.js';
import { forgetReported } from '../../../lib/sdk/warnings.js';
import { settings } from '../../../lib/settings.js';
import { listen } from '../../support/sdk-stderr.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();
const ask = LlmCall({ provider: 'openai', model: 'gpt-4o-mini' })(async () => ({
  object: 'chat.completion',
  id: 'c-1',
  model: 'gpt-4o-mini',
  choices: [{ index: 0, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1000, completion_tokens: 100 },
}));

const ALL = {
  tenantId: 'acme',
  userId: 'u-1',
  sessionId: 's-1',
  conversationId: 't-1',
  featureId: 'search',
  requestId: 'r-1',
};
const NAMES = [
  'annotel.tenant.id',
  'annotel.feature.id',
  'annotel.request.id',
  'user.id',
  'session.id',
  'gen_ai.conversation.id',
];

/** Of the dimensions, those that are of the request context. */
const contextOf = (attributes: Attributes) =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => NAMES.includes(name)));

describe('the request context as dimensions', () => {
  const CALLS = ['annotel.calls', 'annotel.call.duration'];
  const TENANT_AND_FEATURE = { 'annotel.tenant.id': 'acme', 'annotel.feature.id': 'search' };

  /** One call of each kind that has metrics. */
  const everything = async () => {
    const find = Retrieval({ dataSource: 'docs' })((_query: string) => ['a', 'b']);
    const look = ToolCall('look')(() => 'seen');
    const agent = Agent('helper')(async () => [look(), await ask()]);
    const stream = LlmCall({ provider: 'openai', model: 'gpt-4o-mini' })(async function* () {
      for (const content of ['a', 'b', 'c'])
        yield { object: 'chat.completion.chunk', choices: [{ delta: { content } }] };
    });
    const answer = Workflow('answer')(async () => {
      find('what?');
      await agent();
      for await (const _chunk of stream());
    });
    await withRequestContext(ALL, answer);
  };
  /** What of the request context stands in the points of each metric. */
  const dimensions = async () =>
    Object.entries(await telemetry.metrics()).flatMap(([name, { points }]) =>
      points.map(({ attributes }) => [name, contextOf(attributes)] as const),
    );

  test('have none of it by default', async () => {
    await everything();
    const found = await dimensions();
    expect(found.length).toBeGreaterThan(10);
    expect(found.filter(([, context]) => Object.keys(context).length > 0)).toEqual([]);
  });

  test.each(['1.41', 'latest', 'both'] as const)(
    '%s: have what was opted into, all but the counts by method',
    async (semconv) => {
      configure({ semconv, metricContext: ['tenant', 'feature'] });
      await everything();
      const found = await dimensions();
      expect(found.length).toBeGreaterThan(10);
      expect(found.filter(([, context]) => Object.keys(context).length === 0).map(([name]) => name)).toEqual(
        expect.arrayContaining(CALLS),
      );
      for (const [name, context] of found)
        expect([name, context]).toEqual([name, CALLS.includes(name) ? {} : TENANT_AND_FEATURE]);
    },
  );

  test('cost and tokens are told apart by tenant, and what nobody claims has none', async () => {
    configure({ metricContext: ['tenant'] });
    for (const tenantId of ['acme', 'acme', 'globex']) await withRequestContext({ ...ALL, tenantId }, () => ask());
    await ask();
    const costs = await telemetry.points('annotel.cost');
    expect(costs.map(({ attributes }) => contextOf(attributes))).toEqual([
      { 'annotel.tenant.id': 'acme' },
      { 'annotel.tenant.id': 'globex' },
      {},
    ]);
    // 1,000 tokens at 0.15 USD and 100 at 0.60 USD per million.
    expect(costs.map(({ value }) => value)).toEqual(
      [0.00042, 0.00021, 0.00021].map((value) => expect.closeTo(value, 9)),
    );
    const input = (await telemetry.points('gen_ai.client.token.usage')).filter(
      ({ attributes }) => attributes['gen_ai.token.type'] === 'input',
    );
    expect(input.map(({ sum }) => sum)).toEqual([2000, 1000, 1000]);
  });

  test('beyond the bound values are `_other`, key by key, and known ones stay what they are', async () => {
    configure({ metricContext: ['tenant', 'feature'], metricContextLimit: 2 });
    for (const tenantId of ['a', 'b', 'c', 'd', 'a']) {
      await withRequestContext({ tenantId, featureId: 'search' }, () => ask());
    }
    // Makes new instruments.
    configure({ exceptionEvents: false });
    await withRequestContext({ tenantId: 'e', featureId: 'search' }, () => ask());
    const points = await telemetry.points('annotel.cost');
    const calls = Object.fromEntries(
      points.map(({ attributes, value = 0 }) => [
        `${attributes['annotel.tenant.id']} ${attributes['annotel.feature.id']}`,
        Math.round(value / 0.00021),
      ]),
    );
    expect(calls).toEqual({ 'a search': 2, 'b search': 1, '_other search': 3 });
  });

  test('by default 100 values are told apart', async () => {
    configure({ metricContext: ['tenant'] });
    for (let index = 0; index < 150; index++) await withRequestContext({ tenantId: `t-${index}` }, () => ask());
    const points = await telemetry.points('annotel.cost');
    expect(points).toHaveLength(101);
    const other = points.find(({ attributes }) => attributes['annotel.tenant.id'] === '_other');
    expect(other?.value).toBeCloseTo(50 * 0.00021, 9);
    expect(points.some(({ attributes }) => attributes['annotel.tenant.id'] === 't-99')).toBe(true);
    // Spans and log records tell all of them.
    expect(new Set(telemetry.spans.map(({ attributes }) => attributes['annotel.tenant.id'])).size).toBe(150);
  });

  test('calls that are not sampled are counted alike', async () => {
    await telemetry.restart({
      sampler: { shouldSample: () => ({ decision: 0 }) },
      settings: { metricContext: ['tenant'] },
    });
    await withRequestContext(ALL, () => ask());
    expect(telemetry.spans).toEqual([]);
    expect(await telemetry.points('annotel.cost')).toMatchObject([{ attributes: { 'annotel.tenant.id': 'acme' } }]);
  });

  test.each(['user', 'session', 'request', 'conversation'])('never tell the %s', async (key) => {
    configure({ metricContext: [key as 'tenant'] });
    await withRequestContext(ALL, () => ask());
    expect((await dimensions()).filter(([, context]) => Object.keys(context).length > 0)).toEqual([]);
  });
});

describe('ANNOTEL_METRIC_CONTEXT', () => {
  beforeEach(() => forgetReported());
  afterEach(() => void jest.restoreAllMocks());

  const understood = (value: string, rest: string) =>
    `ANNOTEL_METRIC_CONTEXT="${value}" is not understood (allowed: tenant, feature); using ${rest}`;
  const CASES: [value: string, expected: unknown, said: string[]][] = [
    ['', undefined, []],
    ['tenant', ['tenant'], []],
    [' Feature , tenant,', ['feature', 'tenant'], []],
    ['tenant,plan', ['tenant'], [understood('plan', 'the rest (tenant)')]],
    ['user,session', undefined, [understood('user,session', 'none')]],
  ];

  test.each(CASES)('%j', (value, expected, said) => {
    const heard = listen();
    expect(environmentSettings(new Environment({ ANNOTEL_METRIC_CONTEXT: value })).metricContext).toEqual(expected);
    expect(heard.map((line) => line.replace(/^annotel: /, '').trim())).toEqual(said);
  });

  test('nothing is opted into by default', () => {
    expect(settings()).toMatchObject({ metricContext: [], metricContextLimit: 100 });
  });
});
