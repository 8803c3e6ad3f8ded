import type { Type } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { safely } from '../lib/safely.js';
import { isGateway } from './entry-points/gateways.js';
import { type PipelineOptions, STEPS, type StepKind, watchStep } from './pipeline.js';
import { TelemetryInterceptor } from './telemetry.interceptor.js';
import { traceClass } from './trace-classes.js';

type Provider = ReturnType<DiscoveryService['getProviders']>[number];

/** Under which Nest keeps what `@UseGuards()` and its like were given, on the class and on the handler. */
const ENHANCERS: readonly (readonly [kind: StepKind, metadata: string])[] = [
  ['guard', '__guards__'],
  ['interceptor', '__interceptors__'],
  ['pipe', '__pipes__'],
  ['filter', '__exceptionFilters__'],
];
/** And what `@Body(pipe)`, `@Param('id', pipe)` were given, by parameter: on the class, under the key of the handler. */
const PARAMETERS = '__routeArguments__';

/** Modules that come with packages of Nest's and around it: what they provide is not the app's. Nest does not say where a class is from. */
const NOT_THE_APPS =
  /^(?:(?:Internal|Config|Jwt|Passport|Http|Axios|Schedule|Event|Cqrs|Terminus|Cache|Bull|TypeOrm|Mongoose|Sequelize|MikroOrm|Prisma|GraphQL|Throttler|ServeStatic|Clients|Discovery|Router|Logger|Pino|Winston|Telemetry|LazyModule|Devtools|Swagger)\w*)?Module$/;

/** Finds what Nest calls in an app: once it is put together, and before it registers routes. */
export class Explorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly modules: ModulesContainer,
    private readonly config: ApplicationConfig,
  ) {}

  /** Watches guards, interceptors, pipes and filters, wherever they were registered. Again and again: each is watched once. */
  watchPipeline(options: PipelineOptions): void {
    const watch = (kind: StepKind, owner: object, name = owner.constructor.name): void => {
      const isOwn = owner instanceof TelemetryInterceptor || owner === TelemetryInterceptor.prototype;
      if (!isOwn) watchStep(owner, kind, name, options);
    };
    const watchInstance = (kind: StepKind, step: unknown): void => {
      if (typeof step === 'object' && step !== null) safely('watching a step', () => watch(kind, step));
    };
    const watchProvider = (kind: StepKind, provider: Provider): void => {
      const { metatype, instance } = provider;
      safely('watching a step', () => {
        const prototype = typeof metatype === 'function' ? metatype.prototype : undefined;
        if (prototype && !provider.isDependencyTreeStatic()) watch(kind, prototype, metatype?.name);
        else watchInstance(kind, instance);
      });
    };

    for (const module of this.modules.values()) {
      for (const provider of module.injectables.values()) {
        const step = provider.metatype?.prototype ?? provider.instance;
        for (const [kind] of ENHANCERS) if (typeof step?.[STEPS[kind]] === 'function') watchProvider(kind, provider);
      }
    }
    const { config } = this;
    for (const [kind, instances, providers] of [
      ['guard', config.getGlobalGuards(), config.getGlobalRequestGuards()],
      ['interceptor', config.getGlobalInterceptors(), config.getGlobalRequestInterceptors()],
      ['pipe', config.getGlobalPipes(), config.getGlobalRequestPipes()],
      ['filter', config.getGlobalFilters(), config.getGlobalRequestFilters()],
    ] as const) {
      for (const step of instances) watchInstance(kind, step);
      for (const provider of providers) watchProvider(kind, provider);
    }
    const gateways = this.discovery.getProviders().filter(({ metatype }) => metatype && isGateway(metatype));
    for (const [controller, handlers] of [...this.controllers(), ...this.controllers(gateways)]) {
      for (const [kind, metadata] of ENHANCERS) {
        for (const target of [controller, ...handlers.values()]) {
          for (const step of listOf(Reflect.getMetadata(metadata, target))) watchInstance(kind, step);
        }
      }
      for (const key of handlers.keys()) {
        const parameters: object = Reflect.getMetadata(PARAMETERS, controller, key) ?? {};
        for (const { pipes } of Object.values(parameters))
          for (const pipe of listOf(pipes)) watchInstance('pipe', pipe);
      }
    }
  }

  /** Traces the own methods of every provider that the app has written itself. */
  traceProviders(): void {
    for (const module of this.modules.values()) {
      if (NOT_THE_APPS.test(module.name)) continue;
      for (const { metatype, isNotMetatype } of module.providers.values()) {
        if (typeof metatype === 'function' && !isNotMetatype && metatype !== module.metatype)
          traceClass(metatype as Type);
      }
    }
  }

  /** The logger of `nestjs-pino`, where the app has it. */
  pinoLogger(): object | undefined {
    for (const { metatype } of this.discovery.getProviders()) {
      if (metatype?.name !== 'PinoLogger') continue;
      const { root } = metatype as { root?: unknown };
      if (typeof root === 'object' && root !== null) return root;
    }
    return undefined;
  }

  /** What providers and controllers Nest has made. */
  *instances(): Generator<object> {
    for (const { instance } of [...this.discovery.getProviders(), ...this.discovery.getControllers()])
      if (typeof instance === 'object' && instance !== null) yield instance;
  }

  /** The controllers of the app, or other classes of handlers, each with its methods by their keys. */
  *controllers(
    of: readonly Provider[] = this.discovery.getControllers(),
  ): Generator<[controller: object, handlers: Map<string, object>]> {
    for (const { metatype } of of) {
      const prototype = metatype?.prototype;
      if (!metatype || !prototype) continue;
      const keys = this.scanner.getAllMethodNames(prototype);
      yield [metatype, new Map(keys.map((key) => [key, prototype[key]]))];
    }
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
