import { setTimeout as delay } from 'node:timers/promises';
import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  GoneException,
  Header,
  HttpCode,
  Injectable,
  type NestInterceptor,
  NotFoundException,
  Param,
  ParseIntPipe,
  Redirect,
  Res,
  Scope,
  ServiceUnavailableException,
  Sse,
  StreamableFile,
  UseFilters,
  UseGuards,
  UseInterceptors,
  Version,
  VersioningType,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, ExternalContextCreator } from '@nestjs/core';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { concat, defer, from, interval, map, Observable, of, retry, take, tap, throwError } from 'rxjs';
import { Traced } from '../../../lib/index.js';
import { startTelemetry } from '../../../lib/sdk/index.js';
import { TelemetryInterceptor, TelemetryModule } from '../../../nest-module/index.js';
import { nestApp, platforms } from '../../support/nest-app.js';
import { Exported } from '../../support/nest-telemetry.js';

@Injectable()
class Shelter {
  @Traced()
  async find(id: number): Promise<{ id: number }> {
    await delay(1);
    if (id === 404) throw new NotFoundException();
    return { id };
  }
}

class Nobody implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Catch(RangeError)
class TeapotFilter implements ExceptionFilter {
  catch(_error: RangeError, host: ArgumentsHost): void {
    trace.getActiveSpan()?.addEvent('filtered');
    host.switchToHttp().getResponse().status(418).send({ filtered: true });
  }
}

const GONE = new GoneException('it ran away');

@Controller('cats')
class CatsController {
  constructor(private readonly shelter: Shelter) {}

  @Get('gone')
  gone(): Observable<string> {
    return concat(
      of('tom'),
      throwError(() => GONE),
    );
  }

  @Get('unavailable')
  unavailable(): never {
    throw new ServiceUnavailableException();
  }

  @Get('sync')
  sync(): string {
    return 'sync';
  }

  @Get('created')
  @HttpCode(201)
  @Header('x-cat', 'tom')
  created(): { id: number } {
    return { id: 1 };
  }

  @Get('moved')
  @Redirect('/cats/sync', 302)
  moved(): void {}

  @Get('emitted')
  emitted(): Observable<string> {
    return of('first', 'last');
  }

  @Get('lazy')
  lazy(): Observable<{ id: number }> {
    return defer(() => from(this.shelter.find(3)));
  }

  @Get('library')
  library(@Res() response: { send(body: unknown): void }): void {
    response.send({ by: 'library' });
  }

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(Buffer.from('meow'), { type: 'text/plain' });
  }

  @Sse('purrs')
  purrs(): Observable<{ data: string }> {
    return interval(1).pipe(
      take(3),
      map((n) => ({ data: `purr ${n}` })),
    );
  }

  @Sse('forever')
  forever(): Observable<{ data: string }> {
    return interval(1).pipe(map((n) => ({ data: `purr ${n}` })));
  }

  @Get('broken')
  broken(): never {
    throw new TypeError('no such cat');
  }

  @Get('broken-stream')
  brokenStream(): Observable<string> {
    return concat(
      of('one'),
      throwError(() => new TypeError('half a cat')),
    );
  }

  @Get('teapot')
  @UseFilters(TeapotFilter)
  teapot(): never {
    throw new RangeError('short and stout');
  }

  @Get('closed')
  @UseGuards(Nobody)
  closed(): string {
    return 'never';
  }

  @Get(':id')
  get(@Param('id', ParseIntPipe) id: number): Promise<{ id: number }> {
    return this.shelter.find(id);
  }
}

describe.each(platforms)('TelemetryInterceptor on %s', (_name, adapter) => {
  let exported: Exported;

  beforeEach(() => {
    exported = new Exported();
  });

  const cats = () => nestApp().on(adapter).controllers(CatsController).providers(Shelter);
  const tracedCats = () => cats().imports(TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options }));

  it('names route, controller and handler, with what the handler did below', async () => {
    await using app = await tracedCats().listen();

    expect(await app.fetch('/cats/7')).toMatchObject({ status: 200, body: '{"id":7}' });

    expect(await exported.flushedTree()).toEqual(['GET /cats/:id', '  CatsController.get', '    Shelter.find']);
    expect(exported.span('GET /cats/:id')).toMatchObject({
      kind: SpanKind.SERVER,
      attributes: { 'http.route': '/cats/:id', 'http.response.status_code': 200 },
    });
    expect(exported.span('CatsController.get')).toMatchObject({
      kind: SpanKind.INTERNAL,
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'code.function.name': 'CatsController.get' },
    });
  });

  it.each([
    'sync',
    'created',
    'moved',
    'emitted',
    'lazy',
    'library',
    'file',
    'purrs',
    'broken',
    'broken-stream',
    'teapot',
    'closed',
    'nan',
    '7',
    '404',
    'none/such',
  ])('answers /cats/%s as an app without telemetry does', async (path) => {
    await using plain = await cats().listen();
    await using traced = await tracedCats().listen();

    const expected = await plain.fetch(`/cats/${path}`, { redirect: 'manual' });
    const actual = await traced.fetch(`/cats/${path}`, { redirect: 'manual' });

    expect(actual.status).toBe(expected.status);
    expect(actual.body).toBe(expected.body);
    expect(namesOf(actual.headers)).toEqual(namesOf(expected.headers));
  });

  const INSIDE: [path: string, tree: string[]][] = [
    ['sync', ['GET /cats/sync', '  CatsController.sync']],
    ['emitted', ['GET /cats/emitted', '  CatsController.emitted']],
    ['lazy', ['GET /cats/lazy', '  CatsController.lazy', '    Shelter.find']],
    ['library', ['GET /cats/library', '  CatsController.library']],
    ['file', ['GET /cats/file', '  CatsController.file']],
    ['purrs', ['GET /cats/purrs', '  CatsController.purrs']],
    ['teapot', ['GET /cats/teapot', '  CatsController.teapot']],
    ['404', ['GET /cats/:id', '  CatsController.get', '    Shelter.find']],
  ];
  it.each(INSIDE)('traces /cats/%s', async (path, tree) => {
    await using app = await tracedCats().listen();
    await app.fetch(`/cats/${path}`);
    expect(await exported.flushedTree()).toEqual(tree);
  });

  it('tells of a request that a guard turned away which route it was for', async () => {
    await using app = await tracedCats().listen();
    expect(await app.fetch('/cats/closed')).toMatchObject({ status: 403 });
    expect(await exported.flushedTree()).toEqual(['GET /cats/closed']);
    expect(exported.spans[0]?.attributes).toMatchObject({ 'http.route': '/cats/closed' });
  });

  it('tells so of a guard of the root module, which stands before everything of TelemetryModule', async () => {
    await using app = await tracedCats().providers({ provide: APP_GUARD, useClass: Nobody }).listen();
    expect(await app.fetch('/cats/7')).toMatchObject({ status: 403 });
    expect(await exported.flushedTree()).toEqual(['GET /cats/:id']);
  });

  it('leaves a request that no route matches without a route', async () => {
    await using app = await tracedCats().listen();
    expect(await app.fetch('/dogs/7')).toMatchObject({ status: 404 });
    expect(await exported.flushedTree()).toEqual(['GET']);
    expect(exported.spans[0]?.attributes).not.toHaveProperty(['http.route']);
  });

  it.each([
    ['broken', 500, 'TypeError'],
    ['broken-stream', 500, 'TypeError'],
    ['unavailable', 503, 'ServiceUnavailableException'],
  ])('records that /cats/%s failed: %i, %s', async (path, status, errorType) => {
    await using app = await tracedCats().listen();
    expect(await app.fetch(`/cats/${path}`)).toMatchObject({ status });

    await exported.flushedTree();
    const handler = exported.spans.find(({ name }) => name.startsWith('CatsController.'));
    expect(handler).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': errorType } });
    const server = exported.spans.find(({ kind }) => kind === SpanKind.SERVER);
    expect(server).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'http.response.status_code': status },
    });
  });

  it.each([
    ['404', 404, 'Not Found'],
    ['nan', 400, 'Validation failed (numeric string is expected)'],
    ['gone', 410, 'it ran away'],
  ])('takes an HttpException below 500 for an answer: /cats/%s, %i', async (path, status, message) => {
    await using app = await tracedCats().listen();
    const response = await app.fetch(`/cats/${path}`);
    expect([response.status, JSON.parse(response.body).message]).toEqual([status, message]);

    await exported.flushedTree();
    const spans = exported.spans.filter(({ name }) => !name.startsWith('Shelter.'));
    expect(spans.map((span) => span.kind)).toEqual([SpanKind.INTERNAL, SpanKind.SERVER]);
    for (const span of spans) expect(span).toMatchObject({ status: { code: SpanStatusCode.UNSET }, events: [] });
    expect(Object.keys(spans[0]?.attributes ?? {})).toEqual(['code.function.name', 'annotel.operation']);
    expect(exported.logs.filter(({ eventName }) => eventName === 'exception')).toEqual([]);
  });

  it('hands interceptors and filters the very exception that was thrown', async () => {
    const seen: unknown[] = [];
    class Watcher implements NestInterceptor {
      intercept(_execution: ExecutionContext, next: CallHandler): Observable<unknown> {
        return next.handle().pipe(tap({ next: (value) => seen.push(value), error: (error) => seen.push(error) }));
      }
    }
    await using app = await tracedCats()
      .prepare((nest) => nest.useGlobalInterceptors(new Watcher()))
      .listen();
    await app.fetch('/cats/gone');
    expect(seen).toEqual(['tom', GONE]);
    expect(seen[1]).toBe(GONE);
  });

  it('runs an exception filter in the context of the request', async () => {
    await using app = await tracedCats().listen();
    expect(await app.fetch('/cats/teapot')).toMatchObject({ status: 418, body: '{"filtered":true}' });

    await exported.flushedTree();
    expect(exported.span('GET /cats/teapot').events.map(({ name }) => name)).toEqual(['filtered']);
  });

  it('ends the span of an event stream when its reader goes away', async () => {
    await using app = await tracedCats().listen();
    const response = await fetch(`${app.url}/cats/forever`);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await app.settled();

    expect(await exported.flushedTree()).toEqual(['GET /cats/forever', '  CatsController.forever']);
    expect(exported.span('CatsController.forever').status.code).toBe(SpanStatusCode.UNSET);
  });

  it('writes no log record of its own', async () => {
    await using app = await tracedCats().listen();
    for (const path of ['sync', 'broken', 'nan']) await app.fetch(`/cats/${path}`);
    await exported.flushedTree();
    expect(exported.logs).toEqual([]);
  });

  it('gives prefix and version of a route', async () => {
    @Controller({ path: 'dogs', version: '2' })
    class DogsController {
      @Get(':name')
      get(@Param('name') name: string): string {
        return name;
      }

      @Get(':name')
      @Version('3')
      next(@Param('name') name: string): string {
        return `3 ${name}`;
      }
    }
    await using app = await nestApp()
      .on(adapter)
      .imports(TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options }))
      .controllers(DogsController)
      .prepare((nest) => nest.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI }))
      .listen();

    expect(await app.fetch('/api/v2/dogs/rex')).toMatchObject({ body: 'rex' });
    expect(await app.fetch('/api/v3/dogs/rex')).toMatchObject({ body: '3 rex' });
    expect(await exported.flushedTree()).toEqual([
      'GET /api/v2/dogs/:name',
      '  DogsController.get',
      'GET /api/v3/dogs/:name',
      '  DogsController.next',
    ]);
  });

  it('serves controllers that are made for each request', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Visit {}

    @Controller()
    class VisitsController {
      constructor(readonly visit: Visit) {}

      @Get('visits')
      visits(): boolean {
        return this.visit instanceof Visit;
      }
    }
    await using app = await nestApp()
      .on(adapter)
      .imports(TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options }))
      .controllers(VisitsController)
      .providers(Visit)
      .listen();

    expect(await app.fetch('/visits')).toMatchObject({ body: 'true' });
    expect(await exported.flushedTree()).toEqual(['GET /visits', '  VisitsController.visits']);
  });

  it('names an inherited handler after the controller that serves it', async () => {
    abstract class Resource {
      @Get()
      all(): string {
        return this.constructor.name;
      }
    }
    @Controller('cats')
    class Cats extends Resource {}
    @Controller('dogs')
    class Dogs extends Resource {}
    await using app = await nestApp()
      .on(adapter)
      .imports(TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options }))
      .controllers(Cats, Dogs)
      .listen();

    expect(await app.fetch('/cats')).toMatchObject({ body: 'Cats' });
    expect(await app.fetch('/dogs')).toMatchObject({ body: 'Dogs' });
    expect(await exported.flushedTree()).toEqual(['GET /cats', '  Cats.all', 'GET /dogs', '  Dogs.all']);
  });

  it('names a handler by its key, whatever another decorator made of it', async () => {
    const anonymous: MethodDecorator = (_target, _key, descriptor) => {
      const method = descriptor.value as unknown as (...args: unknown[]) => unknown;
      const replacement = function (this: unknown, ...args: unknown[]): unknown {
        return method.apply(this, args);
      };
      Object.defineProperty(replacement, 'name', { value: '' });
      return { ...descriptor, value: replacement as never };
    };
    @Controller()
    class WrappedController {
      @Get('wrapped')
      @anonymous
      wrapped(): string {
        return 'meow';
      }
    }
    await using app = await nestApp()
      .on(adapter)
      .imports(TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options }))
      .controllers(WrappedController)
      .listen();

    expect(await app.fetch('/wrapped')).toMatchObject({ body: 'meow' });
    expect(await exported.flushedTree()).toEqual(['GET /wrapped', '  WrappedController.wrapped']);
  });

  it('opens no second span where the handler is decorated', async () => {
    @Controller()
    class AskController {
      @Get('ask')
      @Traced('ask the cat')
      ask(): string {
        return 'meow';
      }
    }
    await using app = await nestApp()
      .on(adapter)
      .imports(TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options }))
      .controllers(AskController)
      .listen();

    expect(await app.fetch('/ask')).toMatchObject({ body: 'meow' });
    expect(await exported.flushedTree()).toEqual(['GET /ask', '  ask the cat']);
  });

  it('opens one span where it stands in the chain twice', async () => {
    await using app = await tracedCats()
      .imports(TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options }))
      .prepare((nest) => nest.useGlobalInterceptors(new TelemetryInterceptor()))
      .listen();

    await app.fetch('/cats/7');
    expect(await exported.flushedTree()).toEqual(['GET /cats/:id', '  CatsController.get', '    Shelter.find']);
  });

  it('shows each attempt of an interceptor that retries', async () => {
    let attempts = 0;
    @Controller()
    class FlakyController {
      @Get('flaky')
      flaky(): number {
        attempts += 1;
        if (attempts < 3) throw new Error('again');
        return attempts;
      }
    }
    class Retry implements NestInterceptor {
      intercept(_execution: ExecutionContext, next: CallHandler): Observable<unknown> {
        return next.handle().pipe(retry(2));
      }
    }
    // An interceptor of the root module stands before that of TelemetryModule.
    await using app = await nestApp()
      .on(adapter)
      .imports(TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options }))
      .controllers(FlakyController)
      .providers({ provide: APP_INTERCEPTOR, useClass: Retry })
      .listen();

    expect(await app.fetch('/flaky')).toMatchObject({ status: 200, body: '3' });
    const flaky = '  FlakyController.flaky';
    expect(await exported.flushedTree()).toEqual(['GET /flaky', flaky, flaky, flaky]);
  });

  it('records nothing for a handler that another interceptor never calls', async () => {
    class Cache implements NestInterceptor {
      intercept(): Observable<unknown> {
        return of('cached');
      }
    }
    await using app = await tracedCats().providers({ provide: APP_INTERCEPTOR, useClass: Cache }).listen();
    expect(await app.fetch('/cats/7')).toMatchObject({ body: 'cached' });
    expect(await exported.flushedTree()).toEqual(['GET /cats/:id']);
  });

  it('names the route without the module as well', async () => {
    const telemetry = startTelemetry(exported.options);
    await using app = await cats()
      .prepare((nest) => nest.setGlobalPrefix('api').useGlobalInterceptors(new TelemetryInterceptor()))
      .listen();
    await app.fetch('/api/cats/7');
    expect(await exported.flushedTree()).toEqual(['GET /api/cats/:id', '  CatsController.get', '    Shelter.find']);
    await telemetry.shutdown();
  });

  it('can be put on single controllers instead', async () => {
    @Controller('inside')
    @UseInterceptors(TelemetryInterceptor)
    class Inside {
      @Get()
      get(): string {
        return 'in';
      }
    }
    @Controller('outside')
    class Outside {
      @Get()
      get(): string {
        return 'out';
      }
    }
    await using app = await nestApp()
      .on(adapter)
      .imports(TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options, interceptor: false }))
      .controllers(Inside, Outside)
      .listen();

    await app.fetch('/inside');
    await app.fetch('/outside');
    expect(await exported.flushedTree()).toEqual(['GET /inside', '  Inside.get', 'GET /outside']);
  });

  it.each(['rpc', 'ws', 'http'])('observes handlers that are called through Nest, as %s', async (type) => {
    class CountGateway {
      count(...messages: unknown[]): number {
        return messages.length;
      }
    }
    const gateway = new CountGateway();
    await using app = await tracedCats().listen();
    // What the microservice and WebSocket packages do for each of their handlers.
    const creator = app.nest.get(ExternalContextCreator);
    const options = { interceptors: true, guards: true, filters: false };
    const count = creator.create(
      gateway,
      gateway.count,
      'count',
      undefined,
      undefined,
      undefined,
      undefined,
      options,
      type,
    );

    expect(await count(undefined, 2, 3)).toBe(3);
    expect(await exported.flushedTree()).toEqual(['CountGateway.count']);
  });

  it.each([
    ['rpc', 'GoneException'],
    ['ws', 'GoneException'],
    ['http', undefined],
    ['graphql', undefined],
  ])('takes an HttpException for an answer where it is one: %s, %s', async (type, errorType) => {
    class CountGateway {
      count(): never {
        throw GONE;
      }
    }
    const gateway = new CountGateway();
    await using app = await tracedCats().listen();
    const creator = app.nest.get(ExternalContextCreator);
    const none = [undefined, undefined, undefined, undefined] as const;
    const count = creator.create(gateway, gateway.count, 'count', ...none, undefined, type);

    await expect(count()).rejects.toBe(GONE);
    await exported.flushedTree();
    expect(exported.span('CountGateway.count').attributes['error.type']).toBe(errorType);
  });

  it('names a handler that is no method by the function', async () => {
    class PingGateway {
      ping = () => 'pong';
    }
    const gateway = new PingGateway();
    await using app = await tracedCats().listen();
    const ping = app.nest.get(ExternalContextCreator).create(gateway, gateway.ping, 'ping');

    expect(await ping()).toBe('pong');
    expect(await exported.flushedTree()).toEqual(['PingGateway.ping']);
  });
});

function namesOf(headers: Headers): string[] {
  return [...headers.keys()].sort();
}
