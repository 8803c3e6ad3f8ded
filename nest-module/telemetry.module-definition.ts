import { ConfigurableModuleBuilder, type ConsoleLoggerOptions } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { TelemetryOptions } from '../lib/sdk/index.js';
import { TelemetryInterceptor } from './telemetry.interceptor.js';

/** What `TelemetryModule.forRoot` takes, and what the factory of `forRootAsync` returns. All of it is optional. */
export interface TelemetryModuleOptions {
  /**
   * Options of `startTelemetry()`; each takes precedence over its variable. Without effect where telemetry runs already, as with
   * `node --import annotel/register`.
   */
  telemetry?: TelemetryOptions;
  /** The console side of `TelemetryLogger`: `json`, `colors`, `logLevels` and what else Nest's console logger takes. */
  logger?: ConsoleLoggerOptions;
}

/** Options that Nest needs before any factory has run: `forRootAsync` takes them beside `useFactory`. */
export interface TelemetryModuleExtras {
  /**
   * Whether `TelemetryInterceptor` observes every handler of the app. Default `true`; with `false` it is
   * there for `@UseInterceptors(TelemetryInterceptor)`.
   */
  interceptor?: boolean;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<TelemetryModuleOptions>({
    optionsInjectionToken: Symbol.for('annotel.nest.options'),
  })
    .setClassMethodName('forRoot')
    .setExtras<TelemetryModuleExtras>({ interceptor: true }, (definition, { interceptor }) => ({
      ...definition,
      providers: [
        ...(definition.providers ?? []),
        ...(interceptor ? [{ provide: APP_INTERCEPTOR, useExisting: TelemetryInterceptor }] : []),
      ],
    }))
    .build();
