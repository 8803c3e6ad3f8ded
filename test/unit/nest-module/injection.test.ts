import { type CanActivate, Controller, type ExecutionContext, Get, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { Meter, Tracer } from '@opentelemetry/api';
import { LlmCall, Traced, traceHandle } from '../../../lib/index.js';
import { runningTelemetry } from '../../../lib/sdk/index.js';
import {
  Counter,
  Histogram,
  InjectMeter,
  InjectTracer,
  Telemetry,
  TelemetryHealthIndicator,
  TelemetryModule,
  type TelemetryModuleExtras,
  TelemetryTestingModule,
  TestTelemetry,
} from '../../../nest-module/index.js';
import { nestApp, platforms } from '../../support/nest-app.js';
import { Exported } from '../../support/nest-telemetry.js';

@Injectable()
class Orders {
  constructor(
    readonly telemetry: Telemetry,
    @InjectTracer() readonly tracer: Tracer,
    @InjectMeter() readonly meter: Meter,
  ) {}

  @Traced()
  async place(): Promise<string | undefined> {
    this.telemetry.annotate({ 'order.items': 2 });
    this.tracer.startSpan('packing').end();
    this.telemetry.tracer.startSpan('sending').end();
    this.meter.createCounter('orders.placed').add(1);
    await LlmCall({ provider: 'openai', model: 'gpt-4o' })(async () => ({}))();
    return this.telemetry.traceHandle();
  }
}

@Controller()
class OrdersController {
  constructor(private readonly orders: Orders) {}

  @Get('orders')
  place(
    @Counter('orders.asked', { description: 'Orders' }) asked: Counter,
    @Histogram('orders.size') size: Histogram,
  ): Promise<string | undefined> {
    asked.add(1, { kind: 'web' });
    size.record(2);
    return this.orders.place();
  }

  @Get('again')
  again(@Counter('orders.asked') asked: Counter): void {
    asked.add(2, { kind: 'web' });
  }
}

/** As an app has it: with telemetry that starts when the file is loaded. */
@Module({
  imports: [TelemetryModule.forRoot({ telemetry: new Exported().options })],
  controllers: [OrdersController],
  providers: [Orders],
})
class AppModule {}

/** The capture closes with the app. */
async function testedApp() {
  const module = await Test.createTestingModule({ imports: [TelemetryTestingModule.forRoot(), AppModule] }).compile();
  const app = module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  const get = async (path: string) => (await fetch(`${await app.getUrl()}${path}`)).text();
  return { app, get, telemetry: app.get(TestTelemetry) };
}

describe('TelemetryTestingModule', () => {
  it('captures what an app records, test by test', async () => {
    for (const _test of [1, 2]) {
      const { app, get, telemetry } = await testedApp();
      const handle = await get('/orders');
      await get('/again');
      expect(telemetry.spans.map(({ name }) => name)).toEqual([
        'packing',
        'sending',
        'chat gpt-4o',
        'Orders.place',
        'OrdersController.place',
        'OrdersController.again',
      ]);
      expect(telemetry.span('Orders.place').attributes).toMatchObject({ 'order.items': 2 });
      expect(() => telemetry.span('nobody')).toThrow('0 spans are named "nobody"');
      expect(handle).not.toBe('');
      const metrics = new Map((await telemetry.metrics()).map((metric) => [metric.descriptor.name, metric]));
      expect(metrics.get('orders.asked')?.dataPoints).toMatchObject([{ value: 3, attributes: { kind: 'web' } }]);
      expect(metrics.get('orders.size')?.dataPoints).toMatchObject([{ value: { count: 1, sum: 2 } }]);
      expect(metrics.get('orders.placed')?.dataPoints).toMatchObject([{ value: 1 }]);
      telemetry.reset();
      expect(telemetry.spans).toEqual([]);
      await app.close();
    }
    expect(runningTelemetry()).toBeUndefined();
  });

  it('captures in an app that a test puts together, too', async () => {
    await using app = await nestApp()
      .imports(TelemetryTestingModule.forRoot(), TelemetryModule.forRoot({ slowerThan: 0 }))
      .controllers(OrdersController)
      .providers(Orders)
      .prepare((nest) => nest.useGlobalGuards(new Anybody()))
      .listen();
    await app.fetch('/again');
    expect(app.nest.get(TestTelemetry).spans.map(({ name }) => name)).toEqual(['Anybody', 'OrdersController.again']);
  });
});

class Anybody implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

class Known implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    return execution.switchToHttp().getRequest().headers['x-user'] !== undefined;
  }
}

describe.each(platforms)('a controller for feedback on %s', (_name, adapter) => {
  let exported: Exported;
  let handle: string | undefined;

  beforeEach(() => {
    exported = new Exported();
  });

  const app = async (feedback: TelemetryModuleExtras['feedback']) => {
    const listening = await nestApp()
      .on(adapter)
      .imports(TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options, feedback }))
      .listen();
    await Traced()(async function answer() {
      await LlmCall({ provider: 'openai', model: 'gpt-4o' })(async () => ({}))();
      handle = traceHandle();
    })();
    return listening;
  };
  const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

  it('records what it is given, from those whom the guards let pass', async () => {
    await using listening = await app({ path: 'opinion', guards: [Known] });
    expect(await listening.fetch('/opinion', post({ score: 1, handle }))).toMatchObject({ status: 403 });
    expect(await listening.fetch('/opinion', post({ score: 1, handle }, { 'x-user': '7' }))).toMatchObject({
      status: 204,
      body: '',
    });
    await exported.flushedTree();
    const events = exported.logs.filter(({ eventName }) => eventName === 'gen_ai.evaluation.result');
    expect(events).toHaveLength(1);
  });

  it('refuses what is wrong or too much', async () => {
    await using listening = await app({ unauthenticated: true });
    for (const body of [
      null,
      [],
      {},
      { score: 1 },
      { score: 2, handle },
      { score: '1', handle },
      { score: 1, handle: 'forged' },
      { score: 1, handle: 'x'.repeat(5000) },
      { score: 1, handle, comment: 'x'.repeat(5000) },
      { score: 1, handle, comment: 7 },
      { score: 1, handle, admin: true },
    ]) {
      expect(await listening.fetch('/feedback', post(body))).toMatchObject({ status: 400 });
    }
    await exported.flushedTree();
    expect(exported.logs.filter(({ eventName }) => eventName?.startsWith('gen_ai.evaluation'))).toEqual([]);
  });

  it('is not there unless it is asked for', async () => {
    await using listening = await app(undefined);
    expect(await listening.fetch('/feedback', post({ score: 1, handle }))).toMatchObject({ status: 404 });
  });

  it.each([{}, { unauthenticated: false }, { guards: [] }])('has to be told who may: %p', (route) => {
    expect(() => TelemetryModule.forRoot({ feedback: route as never })).toThrow(
      'feedback takes guards, or unauthenticated',
    );
  });
});

describe('TelemetryHealthIndicator', () => {
  it('is up while telemetry is taken, and down while a destination does not take it', async () => {
    let status = 200;
    const outages = () => (status === 200 ? [] : [{ destination: 'http://collector:4318', reason: '503' }]);
    const running = { flush: async () => {}, shutdown: async () => {}, outages };
    const health = new TelemetryHealthIndicator(new Telemetry(undefined, running));
    expect(await health.isHealthy()).toEqual({ telemetry: { status: 'up' } });
    status = 503;
    expect(await health.isHealthy('otel')).toEqual({ otel: { status: 'down', outages: outages() } });
  });

  it('can be injected', async () => {
    const exported = new Exported();
    await using app = await nestApp()
      .imports(TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options }))
      .listen();
    expect(await app.nest.get(TelemetryHealthIndicator).isHealthy()).toEqual({ telemetry: { status: 'up' } });
  });
});
