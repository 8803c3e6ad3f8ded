import { createRequire, syncBuiltinESMExports } from 'node:module';
import { context } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation';
import type { ExpressInstrumentationConfig, ExpressLayerType } from '@opentelemetry/instrumentation-express';
import type { HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http';
import type { IORedisInstrumentationConfig } from '@opentelemetry/instrumentation-ioredis';
import type { PgInstrumentationConfig } from '@opentelemetry/instrumentation-pg';
import type { PinoInstrumentationConfig } from '@opentelemetry/instrumentation-pino';
import type { RedisInstrumentationConfig } from '@opentelemetry/instrumentation-redis';
import type { UndiciInstrumentationConfig } from '@opentelemetry/instrumentation-undici';
import { appResolvers, loadOwn, resolverOf } from './app-packages.js';
import { pinoInstrumentation } from './logs/pino.js';
import { type WinstonConfig, winstonInstrumentation } from './logs/winston.js';
import { guardPatches } from './patch-guard.js';
import { noteHttpRequest, noteIncomingRequest, noteUndiciRequest } from './propagation/request-peers.js';
import { isIgnoredRequest } from './server-span.js';
import { messageOf, warn } from './warnings.js';

/** What `OTEL_NODE_ENABLED_INSTRUMENTATIONS` and `…DISABLED…` take; the names of auto-instrumentations-node. */
export const INSTRUMENTATION_NAMES = [
  'http',
  'undici',
  'express',
  'fastify',
  'pg',
  'redis',
  'ioredis',
  'pino',
  'winston',
  'console',
] as const;
export type InstrumentationName = (typeof INSTRUMENTATION_NAMES)[number];

type InstrumentationClass = new (config: InstrumentationConfig) => Instrumentation;

interface Recipe {
  readonly name: InstrumentationName;
  /** Packages of which one must be installed in the app; none where the target is part of Node. */
  readonly targets: readonly string[];
  /** The ES modules among them that have to pass through the load hook to be patched. */
  readonly hooked: readonly string[];
  /** Loads it. Each package is named where it is required, for bundlers to see it. */
  readonly load: () => InstrumentationClass;
  readonly config: InstrumentationConfig;
}

const require = createRequire(import.meta.url);

// One instance per process and name: a module that is patched once is not handed to a second instance.
const instances = new Map<InstrumentationName, Instrumentation>();

/**
 * Patches Node's HTTP and whichever of the named libraries the app has installed. One that cannot be loaded costs a
 * warning. Call `takeHold` once they are registered.
 *
 * @param exportsLogs whether records of pino and winston go anywhere; their own output gets ids in any case
 */
export function instrument(names: ReadonlySet<InstrumentationName>, exportsLogs = true): Instrumentation[] {
  // All are loaded before the first one is made: from then on each `require` passes through what looks for modules to patch.
  const makers = installed(names, recipes(exportsLogs)).flatMap((recipe) =>
    attempt(recipe, () => ({ recipe, make: makerOf(recipe) })),
  );
  return makers.flatMap(({ recipe, make }) => attempt(recipe, make));
}

/** The ES modules to pass through a load hook so that what `instrument` made can patch them, by the package that does. */
export function hookedModules(): Map<string, readonly string[]> {
  const wanted = recipes().filter(({ name, hooked }) => instances.has(name) && hooked.length > 0);
  return new Map(wanted.map(({ name, hooked }) => [packageOf(name), hooked]));
}

/** Patches what was loaded before the instrumentations: `node:http` mostly is, and its named ES exports are copies. */
export function takeHold(): void {
  // In this order: servers of HTTPS inherit from those of HTTP in Bun, and what is patched twice loses the first patch.
  require('node:https');
  require('node:http');
  syncBuiltinESMExports();
}

function makerOf(recipe: Recipe): () => Instrumentation {
  const { name, load, config } = recipe;
  const known = instances.get(name);
  if (known) {
    return () => {
      known.setConfig(config);
      known.enable();
      return known;
    };
  }
  const Class = loadOwn(packageOf(name), load);
  return () => {
    const made = new Class(config);
    guardPatches(made);
    instances.set(name, made);
    return made;
  };
}

function packageOf(name: InstrumentationName): string {
  return `@opentelemetry/instrumentation-${name}`;
}

function attempt<T>({ name }: Recipe, work: () => T): T[] {
  try {
    return [work()];
  } catch (error) {
    warn(`cannot instrument ${name}: ${messageOf(error)}`);
    return [];
  }
}

function installed(names: ReadonlySet<InstrumentationName>, all: readonly Recipe[]): Recipe[] {
  const resolvers = appResolvers();
  const isInstalled = (target: string) => resolverOf(target, resolvers) !== undefined;
  return all.filter(({ name, targets }) => names.has(name) && (targets.length === 0 || targets.some(isInstalled)));
}

// A client span needs a parent: background work (polling, health checks, pools) would fill the backend with traces of
// one span each. Express layers are left out: they say nothing that the server span does not, and the route comes anyway.
function recipes(exportsLogs = true): readonly Recipe[] {
  const http: HttpInstrumentationConfig = {
    requireParentforOutgoingSpans: true,
    ignoreOutgoingRequestHook: isOwnTraffic,
    ignoreIncomingRequestHook: isIgnoredRequest,
    startOutgoingSpanHook: noteHttpRequest,
    startIncomingSpanHook: noteIncomingRequest,
  };
  const undici: UndiciInstrumentationConfig = {
    requireParentforSpans: true,
    ignoreRequestHook: isOwnTraffic,
    requestHook: noteUndiciRequest,
  };
  const express: ExpressInstrumentationConfig = {
    ignoreLayersType: ['router', 'middleware', 'request_handler'] as ExpressLayerType[],
  };
  const pg: PgInstrumentationConfig = { requireParentSpan: true, ignoreConnectSpans: true };
  const redis: RedisInstrumentationConfig = { requireParentSpan: true };
  const ioredis: IORedisInstrumentationConfig = { requireParentSpan: true };
  const logging: WinstonConfig & PinoInstrumentationConfig = { disableLogSending: !exportsLogs };
  return [
    {
      name: 'http',
      targets: [],
      hooked: [],
      load: () => require('@opentelemetry/instrumentation-http').HttpInstrumentation,
      config: http,
    },
    {
      name: 'undici',
      targets: [],
      hooked: [],
      load: () => require('@opentelemetry/instrumentation-undici').UndiciInstrumentation,
      config: undici,
    },
    {
      name: 'express',
      targets: ['express'],
      hooked: ['express'],
      load: () => require('@opentelemetry/instrumentation-express').ExpressInstrumentation,
      config: express,
    },
    {
      name: 'pg',
      targets: ['pg'],
      hooked: ['pg', 'pg-pool'],
      load: () => require('@opentelemetry/instrumentation-pg').PgInstrumentation,
      config: pg,
    },
    {
      name: 'redis',
      targets: ['redis', '@redis/client'],
      hooked: ['redis', '@redis/client'],
      load: () => require('@opentelemetry/instrumentation-redis').RedisInstrumentation,
      config: redis,
    },
    {
      name: 'ioredis',
      targets: ['ioredis'],
      hooked: ['ioredis'],
      load: () => require('@opentelemetry/instrumentation-ioredis').IORedisInstrumentation,
      config: ioredis,
    },
    { name: 'pino', targets: ['pino'], hooked: ['pino'], load: pinoInstrumentation, config: logging },
    { name: 'winston', targets: ['winston'], hooked: [], load: winstonInstrumentation, config: logging },
  ];
}

/** What exporters send is sent under suppressed tracing, wherever it goes. */
function isOwnTraffic(): boolean {
  return isTracingSuppressed(context.active());
}
