import type { ExecutionContext, HttpServer } from '@nestjs/common';
import type { ApplicationConfig, DiscoveryService } from '@nestjs/core';
import type { Attributes } from '@opentelemetry/api';
import { safely } from '../../lib/safely.js';
import { httpServerSpan, nameServerSpan } from '../../lib/sdk/server-span.js';
import { HttpExchange } from '../http-exchange.js';
import type { FrameworkCall } from '../observation.js';

/** `@nestjs/graphql` keeps under these what resolves a field of a type, or a reference of a federation. */
const FIELDS = ['graphql:resolve_property', 'graphql:resolve_reference'];

/** Clients name their operations as they like. */
const LONGEST_NAME = 256;

/** What is used here of the information that each resolver gets of the operation. */
interface ResolveInfo {
  readonly operation?: { readonly operation?: unknown; readonly name?: { readonly value?: unknown } };
}

/** Whether a handler resolves a field of a type, and not one of an operation. */
export function resolvesField(handler: object): boolean {
  return FIELDS.some((key) => Reflect.getMetadata(key, handler));
}

/** Whether an execution is one of a field's resolver, which is recorded as a step is. */
export function isGraphqlField(execution: ExecutionContext): boolean {
  return execution.getType<string>() === 'graphql' && resolvesField(execution.getHandler());
}

/** `@nestjs/graphql` provides its options under this. */
const OPTIONS = 'GqlModuleOptions';

/** Names requests of GraphQL after their route on Express, which has it as middleware and so knows none. */
export function nameGraphqlRoutes(discovery: DiscoveryService, config: ApplicationConfig, adapter: HttpServer): void {
  if (adapter.getType?.() !== 'express') return;
  for (const { token, instance } of discovery.getProviders()) {
    if (token !== OPTIONS || !instance) continue;
    const { path = '/graphql', useGlobalPrefix } = instance as { path?: string; useGlobalPrefix?: boolean };
    const route = pathOf(`${useGlobalPrefix ? config.getGlobalPrefix() : ''}/${path}`);
    adapter.use(route, (_request: unknown, response: unknown, next: () => void) => {
      safely('naming a request of GraphQL', () => {
        const exchange = HttpExchange.of(response);
        if (exchange) exchange.route = route;
        nameServerSpan(route);
      });
      next();
    });
  }
}

function pathOf(written: string): string {
  return `/${written.split('/').filter(Boolean).join('/')}`;
}

/**
 * Says on the HTTP server span, and on that of the resolver, which operation of GraphQL it is. The server span keeps its name:
 * https://opentelemetry.io/docs/specs/semconv/graphql/graphql-spans/ advises against names that clients choose.
 */
export function tellOfOperation(execution: ExecutionContext, call: FrameworkCall | undefined): void {
  if (execution.getType<string>() !== 'graphql') return;
  safely('reading an operation of GraphQL', () => {
    const { operation } = execution.getArgByIndex<ResolveInfo | undefined>(3) ?? {};
    const attributes: Attributes = {};
    if (typeof operation?.operation === 'string') attributes['graphql.operation.type'] = operation.operation;
    const name = operation?.name?.value;
    if (typeof name === 'string') attributes['graphql.operation.name'] = name.slice(0, LONGEST_NAME);
    httpServerSpan()?.setAttributes(attributes);
    call?.annotate(attributes);
  });
}
