import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Attributes, DiagLogLevel, diag } from '@opentelemetry/api';
import { AlwaysOnSampler, type Sampler } from '@opentelemetry/sdk-trace';
import {
  annotate,
  LlmCall,
  type RequestContext,
  requestContext,
  Traced,
  withRequestContext,
} from '../../../lib/index.js';
import { rethrowFaults } from '../../../lib/settings.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();
const work = Traced('work')(() => 'done');
const ask = LlmCall({ provider: 'openai', model: 'gpt-4o-mini' })(async (_request?: unknown) => ({
  object: 'chat.completion',
  id: 'c-1',
  model: 'gpt-4o-mini',
  choices: [{ index: 0, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1000, completion_tokens: 100 },
}));

const ALL: Required<RequestContext> = {
  tenantId: 'acme',
  userId: 'u-1',
  sessionId: 's-1',
  conversationId: 't-1',
  featureId: 'search',
  requestId: 'r-1',
};
const ALL_ATTRIBUTES = {
  'annotel.tenant.id': 'acme',
  'user.id': 'u-1',
  'session.id': 's-1',
  'gen_ai.conversation.id': 't-1',
  'annotel.feature.id': 'search',
  'annotel.request.id': 'r-1',
};

/** Of the attributes, those that a request context can be. */
const contextOf = (attributes: Attributes | undefined) =>
  Object.fromEntries(Object.entries(attributes ?? {}).filter(([name]) => name in ALL_ATTRIBUTES));

describe('spans and log records', () => {
  test('of calls in it carry all of it, and those of calls outside nothing', () => {
    withRequestContext(ALL, work);
    work();
    expect(telemetry.spans.map(({ attributes }) => contextOf(attributes))).toEqual([ALL_ATTRIBUTES, {}]);
    expect(telemetry.logs.map(({ attributes }) => contextOf(attributes))).toEqual([ALL_ATTRIBUTES, {}]);
  });

  test('of calls that are made later in it, too, and in each of two that run at once its own', async () => {
    const both = ['acme', 'globex'].map((tenantId) =>
      withRequestContext({ tenantId }, async () => {
        await new Promise(setImmediate);
        work();
        return requestContext();
      }),
    );
    expect(await Promise.all(both)).toEqual([{ tenantId: 'acme' }, { tenantId: 'globex' }]);
    expect(telemetry.spans.map(({ attributes }) => attributes['annotel.tenant.id'])).toEqual(['acme', 'globex']);
  });

  test('of a call that fails', () => {
    const fail = Traced('fail')(() => {
      throw new Error('no');
    });
    expect(() => withRequestContext({ tenantId: 'acme' }, fail)).toThrow('no');
    expect(telemetry.logs).toMatchObject([{ severity: 'WARN', attributes: { 'annotel.tenant.id': 'acme' } }]);
  });

  test('a sampler sees it', async () => {
    const seen: Attributes[] = [];
    const sampler: Sampler = {
      shouldSample(_parent, _traceId, _name, _kind, attributes) {
        seen.push(attributes);
        return new AlwaysOnSampler().shouldSample();
      },
    };
    await telemetry.restart({ sampler });
    withRequestContext(ALL, work);
    expect(seen).toMatchObject([ALL_ATTRIBUTES]);
  });

  test('what the call says of itself stands', async () => {
    const own = Traced({ attributes: { 'annotel.tenant.id': 'own' } })(() => annotate({ 'annotel.feature.id': 'own' }));
    withRequestContext(ALL, own);
    expect(telemetry.span.attributes).toMatchObject({
      ...ALL_ATTRIBUTES,
      'annotel.tenant.id': 'own',
      'annotel.feature.id': 'own',
    });
    telemetry.captured.reset();
    await withRequestContext(ALL, () => ask({ model: 'gpt-4o-mini', input: 'Hi', conversation: 'conv_1' }));
    expect(telemetry.span.attributes['gen_ai.conversation.id']).toBe('conv_1');
  });

  test('a call within a decorated method may have more of it than the method', () => {
    const outer = Traced('outer')(() => withRequestContext({ tenantId: 'acme' }, work));
    withRequestContext({ featureId: 'search' }, outer);
    expect(telemetry.spans.map(({ name, attributes }) => [name, contextOf(attributes)])).toEqual([
      ['work', { 'annotel.tenant.id': 'acme', 'annotel.feature.id': 'search' }],
      ['outer', { 'annotel.feature.id': 'search' }],
    ]);
    expect(telemetry.spans[0]?.parent).toBe('outer');
  });
});

describe('nested', () => {
  test('they add up, the inner one wins, and the outer one is as before', () => {
    const seen: RequestContext[] = [];
    const look = () => void seen.push(requestContext());
    withRequestContext({ tenantId: 'acme', userId: 'u-1' }, () => {
      withRequestContext({ tenantId: 'globex', featureId: 'search' }, look);
      withRequestContext({ tenantId: undefined, userId: undefined }, look);
      look();
    });
    look();
    expect(seen).toEqual([
      { tenantId: 'globex', userId: 'u-1', featureId: 'search' },
      { tenantId: 'acme', userId: 'u-1' },
      { tenantId: 'acme', userId: 'u-1' },
      {},
    ]);
  });

  test('what was given may be changed afterwards, what is read may not', () => {
    const given = { tenantId: 'acme' };
    withRequestContext(given, () => {
      given.tenantId = 'globex';
      expect(requestContext()).toEqual({ tenantId: 'acme' });
      expect(() => Object.assign(requestContext(), given)).toThrow(TypeError);
    });
    expect(() => Object.assign(requestContext(), given)).toThrow(TypeError);
  });
});

describe('the function', () => {
  const OUTCOMES: [what: string, fn: () => unknown][] = [
    ['a value', () => 1],
    ['a promise', () => promise],
    ['nothing', () => undefined],
  ];
  const promise = Promise.resolve(1);

  test.each(OUTCOMES)('returns %s as it is', (_what, fn) => {
    expect(withRequestContext(ALL, fn)).toBe(fn());
  });

  test('throws what it throws', async () => {
    const error = new Error('no');
    const fail = () => {
      throw error;
    };
    expect(() => withRequestContext(ALL, fail)).toThrow(error);
    await expect(withRequestContext(ALL, async () => fail())).rejects.toBe(error);
  });

  test.each([{ tracing: true }, { tracing: false }])(
    'reads its values with $tracing telemetry',
    async ({ tracing }) => {
      if (!tracing) await telemetry.captured.stop();
      const read = await withRequestContext({ tenantId: 'acme' }, async () => {
        await null;
        return withRequestContext({ userId: 'u-1' }, () => [work(), requestContext()]);
      });
      expect(read).toEqual(['done', { tenantId: 'acme', userId: 'u-1' }]);
      expect(requestContext()).toEqual({});
    },
  );
});

describe('values that cannot be used', () => {
  let warned: string[];

  beforeEach(() => {
    warned = [];
    const logger = {
      error() {},
      warn: (message: string) => void warned.push(message),
      info() {},
      debug() {},
      verbose() {},
    };
    diag.setLogger(logger, DiagLogLevel.WARN);
  });
  afterEach(() => diag.disable());

  const given = (values: unknown) => withRequestContext(values as RequestContext, requestContext);
  const must = (key: string) =>
    `annotel: withRequestContext(): ${key} must be a text of 1 to 256 characters; it is left out`;

  // Each case has a key of its own: what was warned of once in this process is not warned of again.
  const CASES: [values: object, left: object, warnings: string[]][] = [
    [{ tenantId: 42, featureId: 'search' }, { featureId: 'search' }, [must('tenantId')]],
    [{ userId: null }, {}, [must('userId')]],
    [{ sessionId: ' ' }, {}, [must('sessionId')]],
    [{ requestId: 'r'.repeat(257), featureId: 'f'.repeat(256) }, { featureId: 'f'.repeat(256) }, [must('requestId')]],
    [{ conversationId: undefined }, {}, []],
    [
      { tenant: 'acme' },
      {},
      [
        'annotel: withRequestContext() knows tenantId, userId, sessionId, conversationId, featureId, requestId; ' +
          'other keys are left out',
      ],
    ],
  ];

  test.each(CASES)('%j: are left out with one warning', (values, left, warnings) => {
    expect(given(values)).toEqual(left);
    expect(given(values)).toEqual(left);
    expect(warned).toEqual(warnings);
  });

  test.each([undefined, null, 7])('no object but %p: nothing is set, and the function runs', (values) => {
    expect(given(values)).toEqual({});
  });

  test('a getter that throws costs the values, not the call', () => {
    rethrowFaults(false);
    const values = {
      get tenantId(): string {
        throw new Error('no');
      },
    };
    expect(withRequestContext(values, () => 'done')).toBe('done');
  });
});
