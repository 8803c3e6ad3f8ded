import { ConfigurableModuleBuilder, type ConsoleLoggerOptions } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { TelemetryOptions } from '../lib/sdk/index.js';
import { TelemetryInterceptor } from './telemetry.interceptor.js';

/** What `TelemetryModule.forRoot` takes, and what the factory of `forRootAsync` returns. All of it is optional. */
export interface TelemetryModuleOptions {
  /**
   * How to start telemetry, over what the environment says. Without effect where telemetry runs already, as it does
   * under `node --import annotel/register`.
   */
  telemetry?: TelemetryOptions;
  /** The console side of `TelemetryLogger`: `json`, `colors`, `logLevels` and what else Nest's console logger takes. */
  logger?: ConsoleLoggerOptions;
}

/** What shapes the module itself. In `forRootAsync` it stands beside the factory, which runs too late for it. */
export interface TelemetryModuleExtras {
  /**
   * Whether `TelemetryInterceptor` observes every handler of the app. Default `true`; with `false` it stands ready for
   * `@UseInterceptors(TelemetryInterceptor)`.
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
