import type { IncomingMessage } from 'node:http';
import { ConfigurableModuleBuilder, type ConsoleLoggerOptions, type Type } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { RequestContext } from '../lib/index.js';
import type { TelemetryOptions } from '../lib/sdk/index.js';
import { type FeedbackRoute, feedbackController } from './feedback.controller.js';

/** What `TelemetryModule.forRoot` takes, and what the factory of `forRootAsync` returns. All of it is optional. */
export interface TelemetryModuleOptions {
  /**
   * Options of `startTelemetry()`; each takes precedence over its variable. Without effect where telemetry runs already, as with
   * `node --import annotel/register`.
   */
  telemetry?: TelemetryOptions;
  /** The console side of `TelemetryLogger`: `json`, `colors`, `logLevels` and what else Nest's console logger takes. */
  logger?: ConsoleLoggerOptions;
  /**
   * On whose behalf a request is made: what it returns holds for the handler and all that it calls, and stands on the server span.
   * Asked when the guards have let the request pass, so that it may read the user that they found, and of a request that never
   * came so far when an exception filter has it. Synchronous. One that throws costs what it would have added.
   *
   * ```ts
   * requestContext: (request) => ({ tenantId: request.headers['x-tenant'], userId: request.user?.id })
   * ```
   *
   * @param request of Express or Fastify, whichever the app has
   */
  // biome-ignore lint/suspicious/noExplicitAny: the request of either platform, with what guards and middleware have put on it
  requestContext?: (request: any) => RequestContext | undefined;
  /**
   * Incoming requests that are neither traced nor measured, such as health checks: a path (`'/health'`), a path with what is below
   * (`'/internal/*'`), a pattern for the path, or a function. Where another SDK than annotel's has the HTTP instrumentation, its
   * server span stays; what is below is left out.
   */
  ignore?: readonly (string | RegExp | ((request: IncomingMessage) => boolean))[];
  /**
   * Providers whose methods are traced although nobody decorated them, as by `@Traced()` on the class: those listed, or `'all'`
   * that the app's own modules provide. See also `TelemetryModule.forFeature`.
   */
  trace?: { readonly providers: readonly Type[] | 'all' };
  /**
   * Milliseconds from which on a step of a request gets a span of its own: middleware, guard, interceptor, pipe or exception
   * filter. Of an interceptor it counts what it takes itself. One that fails has a span in any case. Default 5; 0 records all.
   */
  slowerThan?: number;
  /**
   * Of BullMQ and Bull: with `root: true` each job begins a trace of its own that is linked to who added it, instead of being
   * part of that trace. For jobs that wait for long or are many. A job that is repeated begins its own in any case. Default `false`.
   */
  queues?: { readonly root?: boolean };
}

/** Options that Nest needs before any factory has run: `forRootAsync` takes them beside `useFactory`. */
export interface TelemetryModuleExtras {
  /**
   * Whether `TelemetryInterceptor` observes every handler of the app. Default `true`; with `false` it is
   * there for `@UseInterceptors(TelemetryInterceptor)`.
   */
  interceptor?: boolean;
  /**
   * Mounts a controller that takes users' feedback on answers: `{ path: 'feedback', guards: [AuthGuard] }`, or with
   * `unauthenticated: true` in place of guards. Default: none.
   */
  feedback?: FeedbackRoute;
}

const INTERCEPTOR = Symbol.for('annotel.nest.interceptor');

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<TelemetryModuleOptions>({
    optionsInjectionToken: Symbol.for('annotel.nest.options'),
  })
    .setClassMethodName('forRoot')
    .setExtras<TelemetryModuleExtras>({ interceptor: true }, (definition, { interceptor, feedback }) => ({
      ...definition,
      imports: [...(definition.imports ?? []), ...(feedback?.imports ?? [])],
      controllers: feedback ? [feedbackController(feedback)] : [],
      providers: [
        ...(definition.providers ?? []),
        ...(interceptor ? [{ provide: APP_INTERCEPTOR, useExisting: INTERCEPTOR }] : []),
      ],
    }))
    .build();

/** The token under which the module has its interceptor. */
export const INTERCEPTOR_TOKEN = INTERCEPTOR;
