import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  type INestApplication,
  NotFoundException,
  Param,
  Res,
  StreamableFile,
  UseFilters,
} from '@nestjs/common';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { LlmCall, Traced } from '../../../lib/index.js';
import { TelemetryModule } from '../../../nest-module/index.js';
import { nestApp, platforms } from '../../support/nest-app.js';
import { Exported } from '../../support/nest-telemetry.js';

/** What becomes of a request after its handler: errors, streams that break, clients that leave. */

const MESSAGES: Record<string, string> = {
  a: 'connection refused by inventory',
  b: 'Order 4711 not found in warehouse',
  c: 'socket closed',
  d: 'Cannot read properties of undefined (reading "headers")',
  e: 'unexpected token in keep-alive',
  f: 'listener timeout',
  g: 'no route for host 127.0.0.1',
  h: 'Controller not ready',
};

@Catch(RangeError)
class AnsweringFilter implements ExceptionFilter {
  async catch(error: RangeError, host: ArgumentsHost): Promise<void> {
    await delay(1);
    host.switchToHttp().getResponse().status(Number(error.message)).send('filtered');
  }
}

@Catch(NotFoundException)
class StrictFilter implements ExceptionFilter {
  catch(_error: NotFoundException, host: ArgumentsHost): void {
    host.switchToHttp().getResponse().status(500).send('must exist');
  }
}

const nothing = () => {};

@Controller()
class OrdersController {
  @Get('broken/:what')
  broken(@Param('what') what: string): never {
    throw new Error(MESSAGES[what]);
  }

  @Get('asked')
  asked(): unknown {
    return LlmCall({ provider: 'openai', model: 'gpt-4o' })((prompt: string) => {
      throw new Error(`rejected: ${prompt}`);
    })('Tell me about my divorce from Alice');
  }

  @Get('filtered/:status')
  @UseFilters(AnsweringFilter)
  filtered(@Param('status') status: string): never {
    throw new RangeError(status);
  }

  @Get('strict')
  @UseFilters(StrictFilter)
  strict(): never {
    throw new NotFoundException('no such order');
  }

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(
      Readable.from(
        (async function* () {
          yield 'first';
          await delay(20);
          yield 'last';
        })(),
      ),
    );
  }

  @Get('broken-file')
  brokenFile(): StreamableFile {
    return new StreamableFile(
      Readable.from(
        (async function* () {
          yield 'first';
          await delay(5);
          throw new TypeError('disk gone');
        })(),
      ),
    ).setErrorLogger(nothing);
  }

  @Get('never-file')
  neverFile(): StreamableFile {
    return new StreamableFile(
      new Readable({
        read() {
          this.destroy(new TypeError('no disk'));
        },
      }),
    ).setErrorLogger(nothing);
  }

  @Get('endless-file')
  endlessFile(): StreamableFile {
    return new StreamableFile(
      Readable.from(
        (async function* () {
          for (;;) {
            yield 'more';
            await delay(5);
          }
        })(),
      ),
    ).setErrorLogger(nothing);
  }

  @Get('slow')
  async slow(): Promise<string> {
    working();
    await release;
    return 'done';
  }
}

let working: () => void;
let release: Promise<void>;

describe.each(platforms)('on %s', (_name, adapter) => {
  let exported: Exported;

  beforeEach(() => {
    exported = new Exported();
  });

  const orders = () =>
    nestApp()
      .on(adapter)
      .imports(TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options }))
      .controllers(OrdersController);
  const handler = () => exported.spans.find(({ name }) => name.startsWith('OrdersController.'));
  const server = () => exported.spans.find(({ kind }) => kind === SpanKind.SERVER);

  /** Members of each request that count who reads them. */
  const trapped = (nest: INestApplication): (() => number) => {
    let read = 0;
    nest.getHttpServer().on('request', (request: object) => {
      const get = () => (read += 1);
      Object.defineProperty(request, 'lazy', { enumerable: true, get });
      Object.defineProperty((request as { socket: object }).socket, 'lazy', {
        enumerable: true,
        configurable: true,
        get,
      });
    });
    return () => read;
  };

  it('tells of what a handler threw as it is: a request is no argument that it could repeat', async () => {
    await using app = await orders().listen();
    const read = trapped(app.nest);
    for (const what of Object.keys(MESSAGES)) {
      const { status } = await app.fetch(`/broken/${what}?order=4711`, { headers: { 'x-note': 'inventory socket' } });
      expect(status).toBe(500);
    }
    await exported.flushedTree();
    const told = exported.spans.filter(({ name }) => name === 'OrdersController.broken');
    expect(told.map(({ status }) => status.message)).toEqual(Object.values(MESSAGES));
    expect(told[1]?.events).toMatchObject([
      { name: 'exception', attributes: { 'exception.message': MESSAGES.b, 'exception.type': 'Error' } },
    ]);
    expect(read()).toBe(0);
  });

  it('still masks what a model was asked', async () => {
    await using app = await orders().listen();
    await app.fetch('/asked');
    await exported.flushedTree();
    expect(handler()?.status.message).toBe('rejected: [content]');
  });

  it.each([
    ['filtered/418', 418, SpanStatusCode.UNSET, undefined],
    ['filtered/503', 503, SpanStatusCode.ERROR, 'RangeError'],
    ['strict', 500, SpanStatusCode.ERROR, 'NotFoundException'],
  ])(
    'lets the answer that a filter gives decide, for handler and server alike: /%s',
    async (path, status, code, type) => {
      await using app = await orders().listen();
      expect(await app.fetch(`/${path}`)).toMatchObject({ status });
      await exported.flushedTree();
      expect([handler()?.status.code, server()?.status.code]).toEqual([code, code]);
      expect(handler()?.attributes['error.type']).toBe(type);
      expect(handler()?.events).toHaveLength(type ? 1 : 0);
    },
  );

  it('ends the span of a handler when the stream has been sent', async () => {
    await using app = await orders().listen();
    expect(await app.fetch('/file')).toMatchObject({ status: 200, body: 'firstlast' });
    await exported.flushedTree();
    const { duration, status } = exported.span('OrdersController.file');
    expect(duration[1]).toBeGreaterThan(15e6);
    expect(status.code).toBe(SpanStatusCode.UNSET);
    expect(server()?.attributes).not.toHaveProperty(['annotel.client.disconnected']);
  });

  it.each([
    ['broken-file', 'TypeError', 'disk gone'],
    ['never-file', 'TypeError', 'no disk'],
  ])('records that a stream broke: /%s', async (path, type, message) => {
    await using app = await orders().listen();
    await app.fetch(`/${path}`).catch(nothing);
    await app.settled();
    await exported.flushedTree();
    expect(handler()).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message },
      attributes: { 'error.type': type },
      events: [{ name: 'exception', attributes: { 'exception.message': message } }],
    });
    for (const span of exported.spans) expect(span.attributes).not.toHaveProperty(['annotel.client.disconnected']);
  });

  it('marks a request whose client leaves while a stream is sent', async () => {
    await using app = await orders().listen();
    const response = await fetch(`${app.url}/endless-file`);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await app.settled();
    // The source of the stream ends when it comes to its next step.
    await delay(20);
    await exported.flushedTree();
    expect(server()?.attributes['annotel.client.disconnected']).toBe(true);
    expect(handler()?.status.code).toBe(SpanStatusCode.UNSET);
    expect(handler()?.attributes['annotel.stream.end']).toBe('stopped');
  });

  it('marks a request whose client leaves while the handler works', async () => {
    let finish: () => void = nothing;
    release = new Promise((resolve) => {
      finish = resolve;
    });
    const begun = new Promise<void>((resolve) => {
      working = resolve;
    });
    await using app = await orders().listen();
    const leaving = new AbortController();
    const answer = fetch(`${app.url}/slow`, { signal: leaving.signal }).catch(nothing);
    await begun;
    leaving.abort();
    await answer;
    await app.settled();
    finish();
    await delay(5);
    expect(await exported.flushedTree()).toEqual(['GET /slow', '  OrdersController.slow']);
    for (const span of exported.spans) expect(span.attributes['annotel.client.disconnected']).toBe(true);
  });
});

class Store {
  @Traced()
  async load(): Promise<void> {
    throw new NotFoundException('no such order');
  }

  @Traced()
  async loadOrFail(): Promise<void> {
    throw new RangeError('no such shelf');
  }
}

it('takes an HttpException below 500 that a service throws for an answer', async () => {
  const exported = new Exported();
  await using app = await nestApp()
    .imports(TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options }))
    .providers(Store)
    .listen();
  await expect(app.nest.get(Store).load()).rejects.toThrow('no such order');
  await expect(app.nest.get(Store).loadOrFail()).rejects.toThrow('no such shelf');
  await exported.flushedTree();
  expect(exported.span('Store.load')).toMatchObject({ status: { code: SpanStatusCode.UNSET }, events: [] });
  expect(exported.span('Store.loadOrFail').status.code).toBe(SpanStatusCode.ERROR);
});

it('takes no answer that had begun for one to the exception', async () => {
  @Controller()
  class BegunController {
    @Get('begun')
    begun(@Res({ passthrough: true }) response: ServerResponse): never {
      response.write('first');
      throw new TypeError('half an order');
    }
  }
  const exported = new Exported();
  await using app = await nestApp()
    .imports(TelemetryModule.forRoot({ slowerThan: 60_000, telemetry: exported.options }))
    .controllers(BegunController)
    .listen();
  await app.fetch('/begun').catch(nothing);
  await app.settled();
  await exported.flushedTree();
  expect(exported.span('BegunController.begun')).toMatchObject({
    status: { code: SpanStatusCode.ERROR, message: 'half an order' },
  });
});
