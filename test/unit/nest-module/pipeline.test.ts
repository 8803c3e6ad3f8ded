import { setImmediate as turn } from 'node:timers/promises';
import { jest } from '@jest/globals';
import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestInterceptor,
  type NestMiddleware,
  type NestModule,
  Param,
  ParseIntPipe,
  type PipeTransform,
  Scope,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { catchError, mergeMap, type Observable, of } from 'rxjs';
import { Traced } from '../../../lib/index.js';
import { TelemetryModule, type TelemetryModuleOptions } from '../../../nest-module/index.js';
import { nestApp, platforms } from '../../support/nest-app.js';
import { Exported } from '../../support/nest-telemetry.js';

/** How each step behaves in a request: `?guard=slow`, `?pipe=broken`. */
type Behaviour = 'slow' | 'broken' | 'refusing' | undefined;

/** Milliseconds by which the clock is put forward where a step is slow: nothing waits. */
const SLOW = 60_000;
const SLOWER_THAN = 30_000;
let forward = 0;

async function behave(how: Behaviour): Promise<void> {
  await turn();
  if (how === 'slow') forward += SLOW;
  if (how === 'broken') throw new TypeError('out of order');
  if (how === 'refusing') throw new UnauthorizedException();
}

const asked = (url: string, step: string) => new URL(url, 'http://x').searchParams.get(step) as Behaviour;
const askedOf = (host: ArgumentsHost, step: string) => asked(host.switchToHttp().getRequest().url, step);

@Injectable()
class StoreGuard implements CanActivate {
  @Traced()
  async roles(): Promise<void> {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    await this.roles();
    await behave(askedOf(execution, 'guard'));
    return true;
  }
}

@Injectable()
class SyncGuard implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    if (askedOf(execution, 'sync') === 'broken') throw new TypeError('out of order');
    return askedOf(execution, 'sync') !== 'refusing';
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestGuard implements CanActivate {
  async canActivate(execution: ExecutionContext): Promise<boolean> {
    await behave(askedOf(execution, 'request'));
    return true;
  }
}

@Injectable()
class BeforeInterceptor implements NestInterceptor {
  async intercept(execution: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    await behave(askedOf(execution, 'before'));
    return next.handle();
  }
}

class AfterInterceptor implements NestInterceptor {
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      mergeMap(async (value) => {
        await behave(askedOf(execution, 'after'));
        return value;
      }),
    );
  }
}

class RescueInterceptor implements NestInterceptor {
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (askedOf(execution, 'rescue') !== 'slow') return next.handle();
    return next.handle().pipe(catchError(() => of('rescued')));
  }
}

class StepPipe implements PipeTransform {
  async transform(value: unknown): Promise<unknown> {
    if (value === 'slow' || value === 'broken' || value === 'refusing') await behave(value);
    return value;
  }
}

@Catch(RangeError)
class RangeFilter implements ExceptionFilter {
  async catch(_error: RangeError, host: ArgumentsHost): Promise<void> {
    await behave(askedOf(host, 'filter'));
    host.switchToHttp().getResponse().status(416).send('out of range');
  }
}

@Injectable()
class StepMiddleware implements NestMiddleware {
  async use(request: { originalUrl: string }, _response: unknown, next: () => void): Promise<void> {
    await behave(asked(request.originalUrl, 'middleware'));
    next();
  }
}

function plainMiddleware(request: { originalUrl: string }, _response: unknown, next: () => void): void {
  if (asked(request.originalUrl, 'function') === 'broken') throw new TypeError('out of order');
  next();
}

@Controller()
@UseGuards(StoreGuard, RequestGuard)
@UseInterceptors(BeforeInterceptor, new AfterInterceptor())
class StoreController {
  @Get('items/:id')
  @UseGuards(new SyncGuard())
  @UseInterceptors(RescueInterceptor)
  @UsePipes(StepPipe)
  item(@Param('id') id: string): string {
    return id;
  }

  @Get('numbers/:id')
  number(@Param('id', new ParseIntPipe()) id: number): number {
    return id;
  }

  @Get('range')
  @UseFilters(new RangeFilter())
  range(): never {
    throw new RangeError('too far');
  }

  @Get('waiting')
  async waiting(): Promise<string> {
    await behave('slow');
    return 'done';
  }
}

describe.each(platforms)('the pipeline of a request on %s', (_name, adapter) => {
  let exported: Exported;

  beforeEach(() => {
    exported = new Exported();
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + forward);
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  const store = (options: TelemetryModuleOptions = { slowerThan: SLOWER_THAN }) => {
    @Module({ imports: [TelemetryModule.forRoot({ telemetry: exported.options, ...options })] })
    class AppModule implements NestModule {
      configure(consumer: MiddlewareConsumer): void {
        consumer.apply(StepMiddleware, plainMiddleware).forRoutes(StoreController);
      }
    }
    return nestApp().on(adapter).imports(AppModule).controllers(StoreController);
  };
  const server = () => exported.spans.find(({ kind }) => kind === SpanKind.SERVER);
  const handler = () => exported.spans.find(({ name }) => name === 'StoreController.item');

  it('leaves the trace of a request that is quick and does not fail as short as without it', async () => {
    await using app = await store().listen();
    expect(await app.fetch('/items/7')).toMatchObject({ status: 200, body: '7' });
    expect(await exported.flushedTree()).toEqual(['GET /items/:id', '  StoreGuard.roles', '  StoreController.item']);
  });

  it.each([
    ['middleware=slow', 'StepMiddleware', 'middleware', 'StepMiddleware.use'],
    ['guard=slow', 'StoreGuard', 'guard', 'StoreGuard.canActivate'],
    ['request=slow', 'RequestGuard', 'guard', 'RequestGuard.canActivate'],
    ['before=slow', 'BeforeInterceptor', 'interceptor', 'BeforeInterceptor.intercept'],
    ['after=slow', 'AfterInterceptor', 'interceptor', 'AfterInterceptor.intercept'],
  ])('has a span for what is slow: %s', async (query, name, type, method) => {
    await using app = await store().listen();
    expect(await app.fetch(`/items/7?${query}`)).toMatchObject({ status: 200 });
    await exported.flushedTree();
    const span = exported.span(name);
    expect(span.attributes).toEqual({ 'code.function.name': method, 'annotel.operation': type });
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
    expect(span.duration[0] * 1e3 + span.duration[1] / 1e6).toBeGreaterThanOrEqual(SLOW);
    expect(span.spanContext().traceId).toBe(server()?.spanContext().traceId);
    expect(exported.spans).toHaveLength(4);
  });

  it('has a span for a slow pipe, below the handler that it is for', async () => {
    await using app = await store().listen();
    await app.fetch('/items/slow');
    expect(await exported.flushedTree()).toEqual([
      'GET /items/:id',
      '  StoreGuard.roles',
      '  StoreController.item',
      '    StepPipe',
    ]);
  });

  it('does not count what is behind an interceptor as its own', async () => {
    await using app = await store().listen();
    await app.fetch('/waiting');
    expect(await exported.flushedTree()).toEqual(['GET /waiting', '  StoreGuard.roles', '  StoreController.waiting']);
  });

  it('has a span for a slow exception filter', async () => {
    await using app = await store().listen();
    expect(await app.fetch('/range?filter=slow')).toMatchObject({ status: 416 });
    await exported.flushedTree();
    expect(exported.span('RangeFilter').attributes['annotel.operation']).toBe('filter');
    expect(exported.span('StoreController.range').status.code).toBe(SpanStatusCode.UNSET);
  });

  it.each([
    ['/items/7?middleware=broken', 'StepMiddleware'],
    ['/items/7?function=broken', 'plainMiddleware'],
    ['/items/7?guard=broken', 'StoreGuard'],
    ['/items/7?sync=broken', 'SyncGuard'],
    ['/items/7?request=broken', 'RequestGuard'],
    ['/items/7?before=broken', 'BeforeInterceptor'],
    ['/items/broken', 'StepPipe'],
  ])('has the exception on the trace of a 5xx: %s', async (path, name) => {
    await using app = await store().listen();
    expect(await app.fetch(path)).toMatchObject({ status: 500 });
    await exported.flushedTree();
    expect(exported.span(name)).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'out of order' },
      attributes: { 'error.type': 'TypeError' },
      events: [{ name: 'exception', attributes: { 'exception.type': 'TypeError' } }],
    });
    expect(server()).toMatchObject({ status: { code: SpanStatusCode.ERROR }, events: [] });
    expect(exported.span(name).spanContext().traceId).toBe(server()?.spanContext().traceId);
  });

  it.each([
    ['/items/7?middleware=refusing', 401],
    ['/items/7?guard=refusing', 401],
    ['/items/7?sync=refusing', 403],
    ['/items/7?before=refusing', 401],
    ['/items/refusing', 401],
    ['/numbers/seven', 400],
  ])('takes a refusal for an answer: %s', async (path, status) => {
    await using app = await store().listen();
    expect(await app.fetch(path)).toMatchObject({ status });
    await exported.flushedTree();
    for (const span of exported.spans)
      expect(span).toMatchObject({ status: { code: SpanStatusCode.UNSET }, events: [] });
    expect(exported.spans.filter(({ attributes }) => attributes['annotel.operation'] === 'guard')).toEqual([]);
  });

  it('tells what a pipe threw although an interceptor had another answer', async () => {
    await using app = await store().listen();
    expect(await app.fetch('/items/broken?rescue=slow')).toMatchObject({ status: 200, body: 'rescued' });
    await exported.flushedTree();
    expect(exported.span('StepPipe').status.code).toBe(SpanStatusCode.ERROR);
    expect(handler()?.status.code).toBe(SpanStatusCode.UNSET);
  });

  it('tells on the server span what nothing below could tell', async () => {
    await using app = await store()
      .prepare((nest) =>
        nest.use((_request: unknown, _response: unknown, _next: () => void) => {
          throw new TypeError('before everything');
        }),
      )
      .listen();
    expect(await app.fetch('/items/7')).toMatchObject({ status: 500 });
    await exported.flushedTree();
    expect(server()?.events).toMatchObject([
      { name: 'exception', attributes: { 'exception.message': 'before everything' } },
    ]);
  });

  it('watches what is registered for the whole app', async () => {
    class GlobalPipe extends StepPipe {}
    await using app = await store()
      .providers(
        { provide: APP_GUARD, useClass: SyncGuard },
        { provide: APP_PIPE, useClass: GlobalPipe },
        { provide: APP_INTERCEPTOR, useClass: BeforeInterceptor },
      )
      .prepare((nest) => nest.useGlobalInterceptors(new AfterInterceptor()))
      .listen();
    await app.fetch('/numbers/broken');
    await app.fetch('/waiting?sync=broken');
    await app.fetch('/waiting?before=broken');
    await exported.flushedTree();
    const failed = exported.spans.filter(({ attributes, status }) => {
      return (
        status.code === SpanStatusCode.ERROR &&
        attributes['annotel.operation'] !== 'traced' &&
        attributes['code.function.name']
      );
    });
    expect(failed.map(({ name }) => name)).toEqual(['GlobalPipe', 'SyncGuard', 'BeforeInterceptor']);
  });

  it('records every step where slowerThan is 0', async () => {
    await using app = await store({ slowerThan: 0 }).listen();
    await app.fetch('/items/7');
    await exported.flushedTree();
    expect(exported.spans.map(({ name }) => name).sort()).toEqual([
      'AfterInterceptor',
      'BeforeInterceptor',
      'GET /items/:id',
      'RequestGuard',
      'RescueInterceptor',
      'StepMiddleware',
      'StepPipe',
      'StoreController.item',
      'StoreGuard',
      'StoreGuard.roles',
      'SyncGuard',
      'plainMiddleware',
    ]);
  });

  it('counts no step in metrics and answers as without it', async () => {
    await using plain = await nestApp().on(adapter).controllers(StoreController).listen();
    await using app = await store({ slowerThan: 0 }).listen();
    for (const path of [
      '/items/7',
      '/items/broken',
      '/items/7?guard=broken',
      '/items/7?sync=refusing',
      '/range',
      '/numbers/x',
    ]) {
      const [expected, actual] = [await plain.fetch(path), await app.fetch(path)];
      expect([actual.status, actual.body]).toEqual([expected.status, expected.body]);
    }
  });
});

it.each([-1, Number.NaN, '5'])('refuses slowerThan: %p', (slowerThan) => {
  expect(() => TelemetryModule.forRoot({ slowerThan: slowerThan as number })).toThrow('slowerThan takes milliseconds');
});
