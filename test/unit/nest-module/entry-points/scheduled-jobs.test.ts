import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, NotFoundException, Scope } from '@nestjs/common';
import { Cron, Interval, ScheduleModule, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { CronJob } from 'cron';
import { Traced } from '../../../../lib/index.js';
import { TelemetryModule } from '../../../../nest-module/index.js';
import { nestApp } from '../../../support/nest-app.js';
import { Exported } from '../../../support/nest-telemetry.js';

let exported: Exported;
const EVERY_SECOND = '* * * * * *';
const NEVER = '0 0 1 1 *';

@Injectable()
class Stock {
  @Traced()
  async count(): Promise<number> {
    return 7;
  }
}

class Inherited {
  ran = 0;

  @Timeout(1)
  inherited(): void {
    this.ran += 1;
  }
}

@Injectable()
class Jobs extends Inherited {
  readonly errors: unknown[] = [];

  constructor(private readonly stock: Stock) {
    super();
  }

  @Timeout(1)
  async once(): Promise<void> {
    await this.stock.count();
  }

  @Timeout('broken', 1)
  async broken(): Promise<void> {
    throw new TypeError('out of stock');
  }

  @Timeout(1)
  missing(): never {
    throw new NotFoundException();
  }

  @Interval(1)
  async tick(): Promise<void> {}

  @Cron(EVERY_SECOND, { name: 'restock' })
  restock(): void {}

  @Cron(NEVER, { name: 'yearly' })
  @Traced({ name: 'year end', attributes: { 'shop.books': 1 } })
  yearEnd(value: number): number {
    return value + 1;
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  @Cron(EVERY_SECOND)
  never(): void {}
}

const asWritten = Jobs.prototype.once;

const shop = () =>
  nestApp()
    .imports(TelemetryModule.forRoot({ telemetry: exported.options }), ScheduleModule.forRoot())
    .providers(Stock, Jobs, PerRequest, { provide: 'made', useFactory: () => new Made() });

class Made {
  @Timeout(1)
  ofFactory(): void {}
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(5);
}

beforeEach(() => {
  exported = new Exported();
});

describe('a scheduled job', () => {
  it('is a trace of its own each time, with what it calls', async () => {
    await using app = await shop().listen();
    await until(async () => {
      const tree = await exported.flushedTree();
      return ['Jobs.once', 'Jobs.restock', 'Made.ofFactory'].every((name) => tree.includes(name));
    });
    await app.close();

    const roots = exported.spans.filter(({ parentSpanContext }) => parentSpanContext === undefined);
    const traces = new Set(roots.map((span) => span.spanContext().traceId));
    expect(traces.size).toBe(roots.length);
    expect(roots.filter(({ name }) => name === 'Jobs.tick').length).toBeGreaterThan(1);
    expect(exported.span('Stock.count').parentSpanContext?.spanId).toBe(
      exported.span('Jobs.once').spanContext().spanId,
    );
    expect(exported.span('Jobs.once')).toMatchObject({
      kind: SpanKind.INTERNAL,
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'code.function.name': 'Jobs.once', 'annotel.operation': 'timeout' },
    });
    expect(exported.span('Inherited.inherited').attributes).toMatchObject({ 'annotel.operation': 'timeout' });
    expect(exported.spans.filter(({ name }) => name.startsWith('PerRequest'))).toEqual([]);
  });

  it('is a failure with its exception, whatever it throws', async () => {
    await using app = await shop().listen();
    await until(async () => (await exported.flushedTree()).includes('Jobs.missing'));
    await app.close();

    expect(exported.span('Jobs.broken')).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'out of stock' },
      attributes: { 'error.type': 'TypeError' },
      events: [{ name: 'exception', attributes: { 'exception.type': 'TypeError' } }],
    });
    expect(exported.span('Jobs.missing')).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      events: [{ name: 'exception', attributes: { 'exception.type': 'NotFoundException' } }],
    });
  });

  it('is recorded as its decorator says where it has one', async () => {
    await using app = await shop().listen();
    const tracer = trace.getTracer('test');
    const answer = tracer.startActiveSpan('by hand', (span) => {
      const value = app.nest.get(Jobs).yearEnd(2025);
      span.end();
      return value;
    });
    await app.close();

    expect(answer).toBe(2026);
    const byHand = exported.span('by hand').spanContext();
    const job = exported.span('year end');
    expect(job.attributes).toMatchObject({ 'shop.books': 1, 'code.function.name': 'Jobs.yearEnd' });
    expect(job.parentSpanContext).toBeUndefined();
    expect(job.links).toMatchObject([{ context: { spanId: byHand.spanId, traceId: byHand.traceId } }]);
  });

  it('is recorded where the app has added it to the registry', async () => {
    await using app = await shop().listen();
    const failures: unknown[] = [];
    const job = CronJob.from({
      cronTime: NEVER,
      onTick(this: { place: string }) {
        expect(this.place).toBe('cellar');
        throw new RangeError('none left');
      },
      context: { place: 'cellar' },
      errorHandler: (error: unknown) => failures.push(error),
    });
    app.nest.get(SchedulerRegistry).addCronJob('nightly', job as never);
    await job.fireOnTick();
    await app.close();

    expect(failures).toEqual([new RangeError('none left')]);
    expect(exported.span('nightly')).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'none left' },
      attributes: { 'annotel.operation': 'cron' },
    });
  });

  it('is the same method as before to who looks at it', async () => {
    await using app = await shop().listen();
    await app.close();
    const { once } = Jobs.prototype;
    expect(once).not.toBe(asWritten);
    expect([once.name, once.length, Object.keys(Jobs.prototype)]).toEqual([asWritten.name, asWritten.length, []]);
    expect(Reflect.getMetadataKeys(once)).toEqual(Reflect.getMetadataKeys(asWritten));
  });
});
