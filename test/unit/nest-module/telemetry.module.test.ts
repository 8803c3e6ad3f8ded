import { jest } from '@jest/globals';
import {
  type BeforeApplicationShutdown,
  Controller,
  type DynamicModule,
  Get,
  Global,
  Injectable,
  type LoggerService,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { trace } from '@opentelemetry/api';
import { runningTelemetry, startTelemetry } from '../../../lib/sdk/index.js';
import {
  Telemetry,
  TelemetryLogger,
  TelemetryModule,
  type TelemetryModuleOptions,
} from '../../../nest-module/index.js';
import { nestApp } from '../../support/nest-app.js';
import { Exported } from '../../support/nest-telemetry.js';

const record = (name: string) => trace.getTracer('test').startSpan(name).end();

describe('TelemetryModule', () => {
  let exported: Exported;

  beforeEach(() => {
    exported = new Exported();
  });

  afterEach(async () => {
    await runningTelemetry()?.shutdown();
  });

  const telemetryModule = () => TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options });

  describe('forRoot', () => {
    it('starts telemetry at once, before Nest makes the first provider', async () => {
      const module = telemetryModule();
      record('before any provider');
      await using app = await nestApp().imports(module).listen();
      await app.nest.get(Telemetry).flush();
      expect(exported.tree()).toEqual(['before any provider']);
    });

    it('works without options', async () => {
      const running = startTelemetry(exported.options);
      await using app = await nestApp().imports(TelemetryModule.forRoot()).listen();
      expect(await app.fetch('/nowhere')).toMatchObject({ status: 404 });
      expect(runningTelemetry()).toBe(running);
    });

    it('gives every module what it exports', async () => {
      @Injectable()
      class Deep {
        constructor(
          readonly telemetry: Telemetry,
          readonly logger: TelemetryLogger,
        ) {}
      }
      @Module({ providers: [Deep] })
      class DeepModule {}
      await using app = await nestApp().imports(telemetryModule(), DeepModule).listen();
      expect(app.nest.get(Deep).telemetry).toBeInstanceOf(Telemetry);
      expect(app.nest.get(Deep).logger).toBeInstanceOf(TelemetryLogger);
    });
  });

  describe('forRootAsync', () => {
    const OPTIONS = Symbol('options');
    @Module({})
    class ConfigModule {
      static holding(options: TelemetryModuleOptions): DynamicModule {
        return { module: ConfigModule, providers: [{ provide: OPTIONS, useValue: options }], exports: [OPTIONS] };
      }
    }

    it('starts telemetry with what the factory gives', async () => {
      await using app = await nestApp()
        .imports(
          TelemetryModule.forRootAsync({
            imports: [ConfigModule.holding({ telemetry: exported.options })],
            inject: [OPTIONS],
            useFactory: async (options: TelemetryModuleOptions) => options,
          }),
        )
        .listen();
      await app.fetch('/nowhere');
      expect(await exported.flushedTree()).toEqual(['GET']);
    });

    it('takes what shapes the module beside the factory', async () => {
      @Controller('cats')
      class CatsController {
        @Get()
        all(): string {
          return 'meow';
        }
      }
      const useFactory = () => ({ telemetry: exported.options });
      await using app = await nestApp()
        .imports(TelemetryModule.forRootAsync({ useFactory, interceptor: false }))
        .controllers(CatsController)
        .listen();
      await app.fetch('/cats');
      expect(await exported.flushedTree()).toEqual(['GET /cats']);
    });

    it('takes a class that creates the options', async () => {
      const { options } = exported;
      class Options {
        create(): TelemetryModuleOptions {
          return { telemetry: options };
        }
      }
      await using app = await nestApp()
        .imports(TelemetryModule.forRootAsync({ useClass: Options }))
        .listen();
      await app.fetch('/nowhere');
      expect(await exported.flushedTree()).toEqual(['GET']);
    });
  });

  describe('on shutdown', () => {
    /** Records something in every hook of shutdown, after a wait, as closing a connection would. */
    class LeavesSpans implements OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown {
      onModuleDestroy = () => this.record('destroy');
      beforeApplicationShutdown = () => this.record('before shutdown');
      onApplicationShutdown = () => this.record('shutdown');

      private async record(hook: string): Promise<void> {
        await new Promise((resolve) => setImmediate(resolve));
        record(`${this.constructor.name} ${hook}`);
      }
    }
    class Pool extends LeavesSpans {}
    class Queue extends LeavesSpans {}
    class Root extends LeavesSpans {}

    @Global()
    @Module({ providers: [Pool] })
    class PoolModule extends LeavesSpans {}

    @Module({ providers: [Queue] })
    class QueueModule extends LeavesSpans {}

    const everything = ['Pool', 'PoolModule', 'Queue', 'QueueModule', 'Root']
      .flatMap((owner) => [`${owner} before shutdown`, `${owner} destroy`, `${owner} shutdown`])
      .sort();

    type Imports = (telemetry: DynamicModule) => (Type | DynamicModule)[];
    @Module({ imports: [QueueModule, PoolModule] })
    class Feature {}
    it.each<[order: string, imports: Imports]>([
      ['first', (telemetry) => [telemetry, PoolModule, QueueModule]],
      ['between', (telemetry) => [PoolModule, telemetry, QueueModule]],
      ['last', (telemetry) => [PoolModule, QueueModule, telemetry]],
      ['after a module that imports the others', (telemetry) => [Feature, telemetry]],
      ['from a feature module too', (telemetry) => [PoolModule, { module: Feature, imports: [telemetry] }, telemetry]],
    ])('exports what every hook of every module leaves: imported %s', async (_order, imports) => {
      const app = await nestApp()
        .imports(...imports(telemetryModule()))
        .providers(Root)
        .create();
      await app.init();
      await app.close();

      expect(exported.tree().sort()).toEqual(everything);
      expect(exported.wasShutDown).toBe(true);
      expect(runningTelemetry()).toBeUndefined();
    });

    it('exports it when a signal ends the app', async () => {
      const app = await nestApp()
        .imports(PoolModule, QueueModule, telemetryModule())
        .providers(Root)
        .prepare((nest) => nest.enableShutdownHooks(['SIGUSR2']))
        .listen();
      // Nest ends the process by the signal once it has closed.
      const ended = new Promise<void>((resolve) => {
        jest.spyOn(process, 'kill').mockImplementation((_pid, signal) => {
          if (signal === 'SIGUSR2') resolve();
          return true;
        });
      });
      process.emit('SIGUSR2', 'SIGUSR2');
      await ended;
      jest.restoreAllMocks();

      expect(exported.tree().sort()).toEqual(everything);
      await app.close();
    });

    it('flushes, but does not stop, telemetry that it has not started', async () => {
      const running = startTelemetry(exported.options);
      const app = await nestApp().imports(PoolModule, QueueModule, TelemetryModule.forRoot()).providers(Root).create();
      await app.init();
      await app.close();

      expect(exported.tree().sort()).toEqual(everything);
      expect(exported.wasShutDown).toBe(false);
      expect(runningTelemetry()).toBe(running);
    });

    it('leaves telemetry to other apps of the process until the last has closed', async () => {
      const module = telemetryModule();
      await using first = await nestApp().imports(module).listen();
      await using second = await nestApp().imports(module).listen();

      await first.close();
      await first.close();
      await second.fetch('/nowhere');
      expect(await exported.flushedTree()).toEqual(['GET']);
      expect(exported.wasShutDown).toBe(false);

      await second.close();
      expect(exported.wasShutDown).toBe(true);
    });

    it('counts anew once somebody else has shut telemetry down', async () => {
      await using first = await nestApp().imports(telemetryModule()).listen();
      await runningTelemetry()?.shutdown();
      exported = new Exported();
      await using second = await nestApp().imports(telemetryModule()).listen();

      await first.close();
      await second.fetch('/nowhere');
      await second.close();
      expect(exported.tree()).toEqual(['GET']);
      expect(runningTelemetry()).toBeUndefined();
    });

    it('works in an application without HTTP', async () => {
      @Module({ imports: [telemetryModule(), PoolModule] })
      class WorkerModule {}
      const app = await NestFactory.createApplicationContext(WorkerModule, { logger: false });
      record('work');
      await app.close();
      expect(exported.tree()).toContain('work');
    });
  });

  describe('what it says at start-up', () => {
    const said: string[] = [];
    const listening: LoggerService = {
      log: (message, context) => said.push(`${context}: ${message}`),
      error: () => {},
      warn: () => {},
    };
    const hints = () => said.splice(0).filter((line) => line.startsWith('TelemetryModule:'));
    const boot = async (module: DynamicModule) => {
      const app = await nestApp().loggingTo(listening).imports(module).create();
      await app.init();
      return app;
    };

    beforeEach(() => {
      // Said once in a process; for Jest, once in a file.
      Reflect.set(Reflect.get(globalThis, Symbol.for('annotel.nest.telemetry')), 'announced', false);
    });

    it('tells once what takes annotel/register to be traced', async () => {
      await (await boot(telemetryModule())).close();
      exported = new Exported();
      await (await boot(telemetryModule())).close();
      expect(hints()).toEqual([expect.stringMatching(/incoming HTTP.*databases.*node --import annotel\/register/)]);
    });

    it('tells nothing where telemetry ran already', async () => {
      startTelemetry(exported.options);
      await (await boot(TelemetryModule.forRoot())).close();
      expect(hints()).toEqual([]);
    });
  });

  it('says once that options come too late for telemetry that runs already', async () => {
    const written: string[] = [];
    jest.spyOn(process.stderr, 'write').mockImplementation((line) => written.push(String(line)) > 0);
    startTelemetry(exported.options);
    const module = TelemetryModule.forRoot({ telemetry: { serviceName: 'cats' } });
    await using app = await nestApp().imports(module).listen();
    await using again = await nestApp().imports(module).listen();
    jest.restoreAllMocks();

    expect([app.url, again.url]).toHaveLength(2);
    expect(written.filter((line) => line.includes('options given now are ignored'))).toHaveLength(1);
  });

  it('does nothing, and everything works, where OpenTelemetry is disabled', async () => {
    const before = process.env.OTEL_SDK_DISABLED;
    process.env.OTEL_SDK_DISABLED = 'true';
    try {
      await using app = await nestApp().imports(telemetryModule()).listen();
      expect(await app.fetch('/nowhere')).toMatchObject({ status: 404 });
      await app.nest.get(Telemetry).flush();
      expect(trace.getTracer('test').startSpan('none').isRecording()).toBe(false);
      expect(runningTelemetry()).toBeUndefined();
    } finally {
      if (before === undefined) delete process.env.OTEL_SDK_DISABLED;
      else process.env.OTEL_SDK_DISABLED = before;
    }
    expect(exported.spans).toEqual([]);
  });

  it('leaves nothing behind in testing modules that come and go', async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error) => warnings.push(warning.message);
    const listenersBefore = countListeners();
    process.on('warning', onWarning);
    for (let round = 0; round < 30; round += 1) {
      exported = new Exported();
      const module = await Test.createTestingModule({ imports: [telemetryModule()] }).compile();
      const app = module.createNestApplication();
      await app.init();
      record(`round ${round}`);
      await app.close();
      expect(exported.tree()).toEqual([`round ${round}`]);
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);

    expect(warnings).toEqual([]);
    expect(countListeners()).toEqual(listenersBefore);
  });

  it('can be replaced in tests', async () => {
    const flush = jest.fn(async () => {});
    const module = await Test.createTestingModule({ imports: [telemetryModule()] })
      .overrideProvider(Telemetry)
      .useValue({ flush })
      .compile();
    await module.get(Telemetry).flush();
    expect(flush).toHaveBeenCalledTimes(1);
    await module.close();
  });
});

function countListeners(): Record<string, number> {
  const names = process.eventNames().filter((name): name is string => typeof name === 'string');
  return Object.fromEntries(names.map((name) => [name, process.listenerCount(name)]));
}
