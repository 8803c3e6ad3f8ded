import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { context, type Span } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { type RPCMetadata, RPCType, setRPCMetadata } from '@opentelemetry/core';
import fastify from 'fastify';
import { nameFastifyRoutes } from '../../../lib/sdk/server-span.js';

describe('nameFastifyRoutes', () => {
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });
  afterAll(() => {
    context.disable();
  });

  const app = () => {
    const instance = fastify();
    instance.register(async (api) => api.get('/cats/:id', async () => ({})), { prefix: '/api' });
    return instance;
  };
  const routeOf = async (instance: ReturnType<typeof app>, url: string) => {
    const metadata: RPCMetadata = {
      type: RPCType.HTTP,
      span: { setAttribute() {}, updateName() {} } as unknown as Span,
    };
    await instance.ready();
    const { statusCode } = await context.with(
      setRPCMetadata(context.active(), metadata),
      async () => await instance.inject(url),
    );
    return { route: metadata.route, statusCode };
  };

  it('names the route of each request, with the prefix of its plugin', async () => {
    const stop = nameFastifyRoutes();
    const instance = app();
    expect(await routeOf(instance, '/api/cats/7')).toEqual({ route: '/api/cats/:id', statusCode: 200 });
    expect(await routeOf(instance, '/nowhere')).toEqual({ route: undefined, statusCode: 404 });
    stop();
    await instance.close();
  });

  it('leaves apps alone that are created after it was stopped', async () => {
    nameFastifyRoutes()();
    const instance = app();
    expect(await routeOf(instance, '/api/cats/7')).toEqual({ route: undefined, statusCode: 200 });
    await instance.close();
  });
});
