import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Attributes, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { itemCount } from '../../../lib/sdk/azure/spans.js';
import { AzureTelemetry } from '../../support/azure-telemetry.js';

const { CLIENT, SERVER, INTERNAL, CONSUMER, PRODUCER } = SpanKind;

describe('a span in Azure Monitor', () => {
  let telemetry: AzureTelemetry;
  const ingestion = () => telemetry.ingestion;

  beforeAll(async () => {
    telemetry = await AzureTelemetry.start({
      clean: ({ 'gen_ai.agent.version': _secret, ...attributes }) => attributes,
    });
  });
  afterEach(() => {
    ingestion().reset();
  });
  afterAll(async () => {
    await telemetry.stop();
  });

  const span = (name: string, kind: SpanKind, attributes: Attributes = {}, failed = false) => {
    const started = trace.getTracer('test').startSpan(name, { kind, attributes });
    if (failed) started.setStatus({ code: SpanStatusCode.ERROR, message: 'no' });
    started.end();
  };

  it.each<[string, SpanKind, Attributes, boolean, Record<string, unknown>, Record<string, string>]>([
    [
      'a model call',
      CLIENT,
      {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.usage.input_tokens': 12,
        'gen_ai.response.finish_reasons': ['stop'],
        'server.address': 'api.openai.com',
        'server.port': 443,
      },
      false,
      { type: 'GenAI | openai', target: 'api.openai.com', data: 'gpt-4o', success: true, resultCode: '0' },
      {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.usage.input_tokens': '12',
        'gen_ai.response.finish_reasons': '["stop"]',
        'annotel.server.address': 'api.openai.com',
        'annotel.server.port': '443',
      },
    ],
    [
      'a model call that failed, at a host that is not known',
      CLIENT,
      { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'error.type': 'rate_limit' },
      true,
      { type: 'GenAI | openai', target: 'openai', data: 'chat', success: false, resultCode: 'rate_limit' },
      { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'annotel.error.type': 'rate_limit' },
    ],
    [
      'a retrieval',
      CLIENT,
      { 'gen_ai.operation.name': 'retrieval', 'gen_ai.data_source.id': 'faq' },
      false,
      { type: 'GenAI', target: 'faq', data: 'retrieval' },
      { 'gen_ai.operation.name': 'retrieval', 'gen_ai.data_source.id': 'faq' },
    ],
    [
      'a query, by the stable names',
      CLIENT,
      {
        'db.system.name': 'postgresql',
        'db.namespace': 'shop',
        'db.query.text': 'SELECT 1',
        'server.address': 'db.local',
      },
      false,
      { type: 'postgresql', target: 'db.local|shop', data: 'SELECT 1' },
      {
        'db.system.name': 'postgresql',
        'db.namespace': 'shop',
        'db.query.text': 'SELECT 1',
        'annotel.server.address': 'db.local',
      },
    ],
    [
      'a query without its text',
      CLIENT,
      { 'db.system.name': 'microsoft.sql_server', 'db.operation.name': 'SELECT', 'db.collection.name': 'users' },
      false,
      { type: 'SQL', target: 'mssql', data: 'SELECT users' },
      { 'db.system.name': 'microsoft.sql_server', 'db.operation.name': 'SELECT', 'db.collection.name': 'users' },
    ],
    [
      'a query, by the old names',
      CLIENT,
      { 'db.system': 'mysql', 'db.statement': 'SELECT 2', 'db.name': 'shop' },
      false,
      { type: 'mysql', target: 'shop', data: 'SELECT 2' },
      {},
    ],
    [
      'an outgoing request',
      CLIENT,
      {
        'http.request.method': 'POST',
        'url.full': 'https://api.local/v1/chat?key=x',
        'http.response.status_code': 429,
        'error.type': '429',
        'server.address': 'api.local',
      },
      true,
      { type: 'Http', target: 'api.local', data: 'https://api.local/v1/chat?key=x', resultCode: '429', success: false },
      { 'annotel.error.type': '429', 'annotel.server.address': 'api.local' },
    ],
    [
      'what uses HTTP without saying so',
      CLIENT,
      { 'url.full': 'wss://x/y', 'enduser.id': 'ann', 'exception.type': 'E' },
      false,
      { type: 'Dependency' },
      { 'annotel.url.full': 'wss://x/y', 'annotel.enduser.id': 'ann', 'annotel.exception.type': 'E' },
    ],
    ['a message sent', PRODUCER, {}, false, { type: 'Queue Message' }, {}],
  ])('%s is a dependency', async (name, kind, attributes, failed, data, properties) => {
    span(name, kind, attributes, failed);
    await telemetry.flush();
    expect(ingestion().data('RemoteDependencyData')).toEqual([
      expect.objectContaining({ name: expect.any(String), ...data, properties }),
    ]);
  });

  it.each<[string, SpanKind, Attributes, boolean, Record<string, unknown>]>([
    [
      'GET /users/{id}',
      SERVER,
      {
        'http.request.method': 'GET',
        'http.route': '/users/{id}',
        'http.response.status_code': 200,
        'url.scheme': 'http',
        'url.path': '/users/7',
        'url.query': 'deep=1',
        'server.address': 'shop.local',
        'server.port': 3000,
      },
      false,
      {
        name: 'GET /users/{id}',
        url: 'http://shop.local:3000/users/7?deep=1',
        responseCode: '200',
        success: true,
        properties: {
          'annotel.http.route': '/users/{id}',
          'annotel.server.address': 'shop.local',
          'annotel.server.port': '3000',
        },
      },
    ],
    [
      'GET',
      SERVER,
      {
        'http.request.method': 'GET',
        'http.response.status_code': 500,
        'url.scheme': 'https',
        'url.path': '/',
        'server.address': 'shop.local',
        'server.port': 443,
        'error.type': '500',
      },
      true,
      {
        name: 'GET /',
        url: 'https://shop.local/',
        responseCode: '500',
        success: false,
        properties: {
          'annotel.error.type': '500',
          'annotel.server.address': 'shop.local',
          'annotel.server.port': '443',
        },
      },
    ],
    [
      'process order',
      CONSUMER,
      { 'error.type': 'TypeError' },
      true,
      {
        name: 'process order',
        responseCode: 'TypeError',
        success: false,
        properties: { 'annotel.error.type': 'TypeError' },
      },
    ],
  ])('%s is a request', async (name, kind, attributes, failed, data) => {
    span(name, kind, attributes, failed);
    await telemetry.flush();
    expect(ingestion().data('RequestData')).toEqual([expect.objectContaining(data)]);
  });

  it('has the ids of its trace, and the user and session it was made for', async () => {
    trace.getTracer('test').startActiveSpan('outer', (outer) => {
      span('inner', INTERNAL, { 'user.id': 'ann', 'session.id': 's-1' });
      outer.end();
    });
    await telemetry.flush();
    const [inner, outer] = ingestion().of('RemoteDependencyData');
    expect(inner?.data.baseData).toMatchObject({
      name: 'inner',
      type: 'InProc',
      properties: { 'user.id': 'ann', 'session.id': 's-1' },
    });
    expect(inner?.tags).toMatchObject({
      'ai.cloud.role': 'shop',
      'ai.cloud.roleInstance': 'one',
      'ai.operation.id': outer?.tags['ai.operation.id'],
      'ai.operation.parentId': outer?.data.baseData['id'],
      'ai.user.authUserId': 'ann',
      'ai.session.id': 's-1',
    });
  });

  it.each([
    [undefined, 100],
    [1, 100],
    [10, 10],
    [4, 25],
    ['many', 100],
    [-3, 100],
    [Number.POSITIVE_INFINITY, 100],
  ])('of weight %s is one of %s percent', async (weight, sampleRate) => {
    const started = trace.getTracer('test').startSpan('one', {
      attributes: weight === undefined ? {} : { 'annotel.sampling.weight': weight },
    });
    started.addEvent('seen');
    started.end();
    await telemetry.flush();
    expect(ingestion().envelopes.map((envelope) => envelope.sampleRate)).toEqual([sampleRate, sampleRate]);
  });

  it('counts as a whole number, the same for a whole trace and right on average', () => {
    const ids = Array.from({ length: 1000 }, (_, index) =>
      (index * 4_294_967).toString(16).padStart(8, '0').padStart(18, '0').padEnd(32, 'f'),
    );
    const counts = ids.map((id) => itemCount(2.25, id));
    expect(new Set(counts)).toEqual(new Set([2, 3]));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(2240);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThan(2260);
  });

  it('names the outermost agent above it', async () => {
    const tracer = trace.getTracer('test');
    const agent = (name: string, id: string): Attributes => ({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': name,
      'gen_ai.agent.id': id,
      'gen_ai.agent.version': 'secret',
      'gen_ai.conversation.id': `talk with ${name}`,
    });
    tracer.startActiveSpan('main', { attributes: agent('travel', 'a1') }, (main) => {
      tracer.startActiveSpan('sub', { attributes: agent('hotels', 'a2') }, (sub) => {
        span('chat', CLIENT);
        sub.end();
      });
      main.end();
    });
    span('elsewhere', CLIENT, { 'gen_ai.agent.name': 'travel' });
    await telemetry.flush();
    const of = (name: string) => {
      const found = ingestion()
        .of('RemoteDependencyData')
        .find(({ data }) => data.baseData['name'] === name);
      return Object.entries(found?.data.baseData.properties ?? {}).filter(([key]) => key.startsWith('microsoft.'));
    };
    const travel = [
      ['microsoft.gen_ai.main_agent.name', 'travel'],
      ['microsoft.gen_ai.main_agent.id', 'a1'],
      ['microsoft.gen_ai.main_agent.conversation_id', 'talk with travel'],
    ];
    expect(of('main')).toEqual(expect.arrayContaining(travel));
    // What is taken from a live span is cleaned here; the span itself was before it came.
    expect([of('sub'), of('chat'), of('elsewhere')]).toEqual([travel, travel, []]);
  });

  it('tells its exceptions, also those without stack or type', async () => {
    const started = trace.getTracer('test').startSpan('one');
    started.addEvent('exception', { 'exception.message': 'bad' });
    started.end();
    await telemetry.flush();
    expect(ingestion().data('ExceptionData')).toEqual([
      { exceptions: [{ typeName: '_OTHER', message: 'bad', hasFullStack: false, stack: '' }], properties: {} },
    ]);
  });

  it('is left as it was for other exporters', async () => {
    const attributes = Object.freeze({ 'gen_ai.operation.name': 'chat', 'error.type': 'x' });
    const seen: unknown[] = [];
    const started = trace.getTracer('test').startSpan('one', { kind: CLIENT, attributes });
    started.end();
    seen.push(JSON.stringify((started as unknown as { attributes: Attributes }).attributes));
    await telemetry.flush();
    seen.push(JSON.stringify((started as unknown as { attributes: Attributes }).attributes));
    expect(seen[0]).toBe(seen[1]);
  });

  it('keeps long texts as far as Azure takes them', async () => {
    span('long', INTERNAL, {
      'gen_ai.input.messages': 'm'.repeat(300_000),
      other: 'o'.repeat(10_000),
      many: ['a', 'b'],
    });
    await telemetry.flush();
    const [{ properties }] = ingestion().data('RemoteDependencyData') as [{ properties: Record<string, string> }];
    expect([properties['gen_ai.input.messages']?.length, properties['other']?.length, properties['many']]).toEqual([
      262_144,
      8192,
      '["a","b"]',
    ]);
  });
});
