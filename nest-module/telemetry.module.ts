import { type DynamicModule, Global, type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { nameServerSpan } from '../lib/sdk/index.js';
import { TelemetryInterceptor } from './telemetry.interceptor.js';
import { startOrAdopt, Telemetry } from './telemetry.js';
import { TelemetryLogger } from './telemetry.logger.js';
import {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
  type OPTIONS_TYPE,
  type TelemetryModuleOptions,
} from './telemetry.module-definition.js';

/**
 * Telemetry of a Nest app: starts it (or uses what `annotel/register` started), records controllers and handlers by
 * {@link TelemetryInterceptor}, and exports what is left after the shutdown hooks of all other modules. Import it in the root
 * module; a second import adds nothing. Never fails for what the environment holds.
 *
 * @example
 * ```ts
 * @Module({ imports: [TelemetryModule.forRoot()] })
 * export class AppModule {}
 * ```
 * With options that depend on another module:
 * ```ts
 * TelemetryModule.forRootAsync({
 *   inject: [ConfigService],
 *   useFactory: (config: ConfigService) => ({ telemetry: { serviceName: config.get('name') } }),
 * });
 * ```
 */
@Global()
@Module({
  providers: [
    {
      provide: Telemetry,
      useFactory: (options: TelemetryModuleOptions) => new Telemetry(options.telemetry),
      inject: [MODULE_OPTIONS_TOKEN],
    },
    {
      provide: TelemetryLogger,
      useFactory: (options: TelemetryModuleOptions) => new TelemetryLogger(options.logger ?? {}),
      inject: [MODULE_OPTIONS_TOKEN],
    },
    TelemetryInterceptor,
  ],
  exports: [Telemetry, TelemetryLogger, TelemetryInterceptor],
})
export class TelemetryModule extends ConfigurableModuleClass implements NestModule {
  constructor(
    modules: ModulesContainer,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    super();
    shutDownLast(modules);
  }

  /**
   * Telemetry starts with this call, before Nest creates the first provider. `forRootAsync` starts it when its factory has
   * returned.
   *
   * @throws TypeError where an option of `telemetry` cannot be used
   */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    startOrAdopt(options.telemetry);
    // biome-ignore lint/complexity/noThisInStatic: only so does the definition carry this class, and not its base
    return super.forRoot(options);
  }

  /** Adds no middleware: Nest calls this when it has its HTTP adapter and has not yet registered the routes. */
  configure(_consumer: MiddlewareConsumer): void {
    // When a route matches, and so before the guards: a request that one of them rejects has its route on the span as well.
    const { httpAdapter } = this.adapterHost;
    const previous = httpAdapter.getOnRouteTriggered?.();
    httpAdapter.setOnRouteTriggered?.((method, path) => {
      previous?.(method, path);
      nameServerSpan(path);
    });
  }
}

/**
 * Nest runs the hooks of shutdown by ascending distance from the root. Global modules share the greatest distance, and
 * among them the import order decides; beyond it, spans that any of them makes while closing are still exported.
 */
function shutDownLast(modules: ModulesContainer): void {
  for (const module of modules.values()) {
    if (module.metatype === TelemetryModule) module.distance = Number.POSITIVE_INFINITY;
  }
}
