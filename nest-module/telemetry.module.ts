import {
  type DynamicModule,
  Global,
  Inject,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import {
  ApplicationConfig,
  DiscoveryModule,
  DiscoveryService,
  HttpAdapterHost,
  MetadataScanner,
  ModulesContainer,
} from '@nestjs/core';
import { setAnswers } from '../lib/call/failure.js';
import { safely } from '../lib/safely.js';
import { ignoreRequests, nameServerSpan } from '../lib/sdk/server-span.js';
import { watchCqrs } from './entry-points/cqrs.js';
import { EntryPoints } from './entry-points/index.js';
import { watchMicroserviceClients } from './entry-points/microservice-clients.js';
import { watchMicroservices } from './entry-points/microservice-servers.js';
import { watchQueues } from './entry-points/queues.js';
import { Explorer } from './explorer.js';
import { isHttpAnswer } from './http-answer.js';
import { watchHttpServer } from './http-server.js';
import { ignoring } from './ignored-requests.js';
import { METER, TRACER } from './inject.js';
import { correlate } from './pino-correlation.js';
import { type PipelineOptions, watchApp } from './pipeline.js';
import { inRequestContext } from './request-context.js';
import { TelemetryHealthIndicator } from './telemetry.health.js';
import { TelemetryInterceptor } from './telemetry.interceptor.js';
import { startOrAdopt, Telemetry } from './telemetry.js';
import { TelemetryLogger } from './telemetry.logger.js';
import {
  ConfigurableModuleClass,
  INTERCEPTOR_TOKEN,
  MODULE_OPTIONS_TOKEN,
  type OPTIONS_TYPE,
  type TelemetryModuleOptions,
} from './telemetry.module-options.js';
import { traceClass } from './trace-classes.js';

/** Milliseconds. */
const SLOWER_THAN = 5;

/**
 * Telemetry of a Nest app: starts it (or uses what `annotel/register` started), records controllers and handlers by
 * {@link TelemetryInterceptor} and what else of a request is slow or fails, and exports what is left after the shutdown hooks of
 * all other modules. Import it in the root module; a second import adds nothing. Never fails for what the environment holds.
 *
 * @example
 * ```ts
 * @Module({ imports: [TelemetryModule.forRoot({ ignore: ['/health'] })] })
 * export class AppModule {}
 * ```
 * With options that depend on another module, by `useFactory`, `useClass` or `useExisting` (of a class with a method `create`):
 * ```ts
 * TelemetryModule.forRootAsync({
 *   inject: [ConfigService],
 *   useFactory: (config: ConfigService) => ({ telemetry: { serviceName: config.get('name') } }),
 * });
 * ```
 */
@Global()
@Module({
  imports: [DiscoveryModule],
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
    { provide: INTERCEPTOR_TOKEN, useExisting: TelemetryInterceptor },
    TelemetryHealthIndicator,
    { provide: TRACER, useFactory: ({ tracer }: Telemetry) => tracer, inject: [Telemetry] },
    { provide: METER, useFactory: ({ meter }: Telemetry) => meter, inject: [Telemetry] },
  ],
  exports: [
    Telemetry,
    TelemetryLogger,
    TelemetryInterceptor,
    TelemetryHealthIndicator,
    TRACER,
    METER,
    MODULE_OPTIONS_TOKEN,
  ],
})
export class TelemetryModule
  extends ConfigurableModuleClass
  implements NestModule, OnModuleInit, OnApplicationShutdown
{
  private readonly explorer: Explorer;
  private readonly pipeline: PipelineOptions;
  private readonly queues: TelemetryModuleOptions['queues'];
  private readonly entryPoints: EntryPoints;
  private readonly undo: (() => void)[] = [];

  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) options: TelemetryModuleOptions,
    private readonly adapterHost: HttpAdapterHost,
    discovery: DiscoveryService,
    scanner: MetadataScanner,
    modules: ModulesContainer,
    config: ApplicationConfig,
  ) {
    super();
    shutDownLast(modules);
    setAnswers(isHttpAnswer);
    this.explorer = new Explorer(discovery, scanner, modules, config);
    this.pipeline = pipelineOf(options);
    this.queues = options.queues;
    const { providers = [] } = options.trace ?? {};
    if (providers === 'all') this.explorer.traceProviders();
    else for (const provider of providers) traceClass(provider);
    watchMicroservices(modules, this.explorer.controllers());
    this.entryPoints = new EntryPoints({ discovery, config, adapterHost, pipeline: this.pipeline });
    this.entryPoints.watchEarly();
    const { httpAdapter } = adapterHost;
    if (!httpAdapter) return;
    watchApp(httpAdapter, this.pipeline);
    if (options.ignore) this.undo.push(ignoreRequests(ignoring(options.ignore, () => httpAdapter.getHttpServer())));
  }

  /**
   * Telemetry starts with this call, before Nest creates the first provider. `forRootAsync` starts it when its factory has
   * returned.
   *
   * @throws TypeError where an option cannot be used
   */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    pipelineOf(options);
    // biome-ignore lint/complexity/noThisInStatic: only so does the definition carry this class, and not its base
    const definition = super.forRoot(options);
    startOrAdopt(options.telemetry);
    return definition;
  }

  /**
   * Traces the methods of classes that nobody decorated, as `@Traced()` on each class does: for the module that provides them.
   *
   * @example
   * ```ts
   * @Module({ imports: [TelemetryModule.forFeature({ trace: [OrdersService] })], providers: [OrdersService] })
   * export class OrdersModule {}
   * ```
   */
  static forFeature({ trace }: { readonly trace: readonly Type[] }): DynamicModule {
    for (const provider of trace) traceClass(provider);
    return { module: TelemetryFeatureModule };
  }

  /** Adds no middleware: Nest calls this when the app is put together and no route is registered. */
  configure(_consumer: MiddlewareConsumer): void {
    this.explorer.watchPipeline(this.pipeline);
    // When a route matches, and so before the guards: a request that one of them rejects has its route on the span as well.
    const { httpAdapter } = this.adapterHost;
    const previous = httpAdapter.getOnRouteTriggered?.();
    httpAdapter.setOnRouteTriggered?.((method, path) => {
      previous?.(method, path);
      nameServerSpan(path);
    });
    watchHttpServer(httpAdapter);
  }

  onModuleInit(): void {
    this.entryPoints.watchLate();
    const logger = this.explorer.pinoLogger();
    if (logger) safely('adding ids to the lines of pino', () => correlate(logger));
    const instances = [...this.explorer.instances()];
    watchMicroserviceClients(instances);
    watchQueues(instances, { root: this.queues?.root ?? false });
    watchCqrs(instances);
  }

  onApplicationShutdown(): void {
    for (const step of this.undo.splice(0)) step();
  }
}

/** What `TelemetryModule.forFeature` returns: it has done its work. */
@Module({})
class TelemetryFeatureModule {}

/** @throws TypeError where `slowerThan` is no time */
function pipelineOf({ slowerThan = SLOWER_THAN, requestContext }: TelemetryModuleOptions): PipelineOptions {
  if (typeof slowerThan !== 'number' || !(slowerThan >= 0)) {
    throw new TypeError(`TelemetryModule: slowerThan takes milliseconds, from 0 on, and not ${String(slowerThan)}`);
  }
  if (!requestContext) return { slowerThan };
  return {
    slowerThan,
    onFiltered(host, exchange) {
      if (!exchange.hasRequestContext)
        inRequestContext(requestContext, host.switchToHttp().getRequest(), exchange, () => {});
    },
  };
}

/**
 * Nest runs the hooks of shutdown by ascending distance from the root. Global modules share the greatest distance, and
 * among them the import order decides; beyond it, spans that any of them makes while closing are still exported.
 */
function shutDownLast(modules: ModulesContainer): void {
  for (const module of modules.values()) {
    const { metatype } = module;
    if (metatype === TelemetryModule || metatype?.prototype instanceof TelemetryModule)
      module.distance = Number.POSITIVE_INFINITY;
  }
}
