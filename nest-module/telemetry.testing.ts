import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { runningTelemetry } from '../lib/sdk/index.js';
import type { CapturedTelemetry } from '../lib/testing/index.js';
import { leaveToCapture } from './telemetry.js';

type Span = CapturedTelemetry['spans'][number];

/** What an app under test has recorded, in memory. From {@link TelemetryTestingModule}. */
export class TestTelemetry implements CapturedTelemetry, OnApplicationShutdown {
  /** @param captured what `captureTelemetry()` of `annotel/testing` returned */
  constructor(private readonly captured: CapturedTelemetry) {}

  get spans(): CapturedTelemetry['spans'] {
    return this.captured.spans;
  }

  get logs(): CapturedTelemetry['logs'] {
    return this.captured.logs;
  }

  /**
   * The one span of this name.
   *
   * @throws Error where there is none, or more than one: with the tree of what there is
   */
  span(name: string): Span {
    const [span, ...others] = this.spans.filter((candidate) => candidate.name === name);
    if (span && others.length === 0) return span;
    throw new Error(`${span ? others.length + 1 : 0} spans are named "${name}":\n${this.tree()}`);
  }

  metrics(): ReturnType<CapturedTelemetry['metrics']> {
    return this.captured.metrics();
  }

  tree(): string {
    return this.captured.tree();
  }

  reset(): void {
    this.captured.reset();
  }

  stop(): Promise<void> {
    leaveToCapture(false);
    return this.captured.stop();
  }

  onApplicationShutdown(): Promise<void> {
    return this.stop();
  }
}

/**
 * Keeps what an app under test records in memory, for the test to look at: with `TelemetryModule` as the app has it, but for where
 * its telemetry goes. Spans and traces have ids that count up. What instrumentations record, such as HTTP requests, is not there.
 * Close the app at the end of each test: there is one capture at a time.
 *
 * @example
 * ```ts
 * const module = await Test.createTestingModule({ imports: [TelemetryTestingModule.forRoot(), AppModule] }).compile();
 * const app = await module.createNestApplication().init();
 * await request(app.getHttpServer()).get('/orders/7');
 * expect(app.get(TestTelemetry).tree()).toContain('OrdersController.get');
 * await app.close();
 * ```
 */
@Module({})
export class TelemetryTestingModule {
  constructor(modules: ModulesContainer) {
    // As TelemetryModule: what others record while they close is captured, too.
    for (const module of modules.values()) {
      if (module.metatype === TelemetryTestingModule) module.distance = Number.POSITIVE_INFINITY;
    }
  }

  /** Captures from now on. What the app's own module started when it was imported is shut down. */
  static async forRoot(): Promise<DynamicModule> {
    leaveToCapture(true);
    await runningTelemetry()?.shutdown();
    const { captureTelemetry } = await import('../lib/testing/index.js');
    const telemetry = new TestTelemetry(captureTelemetry());
    return {
      module: TelemetryTestingModule,
      global: true,
      providers: [{ provide: TestTelemetry, useValue: telemetry }],
      exports: [TestTelemetry],
    };
  }
}
