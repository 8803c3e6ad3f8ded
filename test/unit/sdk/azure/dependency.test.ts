import { describe, expect, it } from '@jest/globals';
import { type Attributes, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { useAzureTelemetry } from '../../../support/azure-telemetry.js';

const { CLIENT, SERVER, CONSUMER, PRODUCER } = SpanKind;

describe('in Azure Monitor', () => {
  const { ingestion, flush } = useAzureTelemetry();

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
    await flush();
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
    await flush();
    expect(ingestion().data('RequestData')).toEqual([expect.objectContaining(data)]);
  });
});
