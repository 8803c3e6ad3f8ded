import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type INestApplication,
  type LoggerService,
  Module,
  type ModuleMetadata,
  type NestApplicationOptions,
  type Type,
} from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';

/** The HTTP platforms that tests of the Nest module are run on, for `describe.each`. */
export const platforms: [name: string, adapter: () => AbstractHttpAdapter][] = [
  ['express', express],
  ['fastify', () => new FastifyAdapter()],
];

function express(): AbstractHttpAdapter {
  return new ExpressAdapter();
}

/** What Nest says about itself is no part of these tests. */
const silent: LoggerService = { log() {}, error() {}, warn() {} };

/**
 * A Nest app under test: put together by chaining, reached by real HTTP on a port of its own, closed with the block.
 *
 *     await using app = await nestApp().imports(TelemetryModule.forRoot()).controllers(Cats).listen();
 *     expect(await app.fetch('/cats/7')).toMatchObject({ status: 200 });
 */
export function nestApp(): NestApp {
  return new NestApp();
}

class NestApp {
  private readonly metadata = { imports: [], controllers: [], providers: [] } as Required<
    Omit<ModuleMetadata, 'exports'>
  >;
  private readonly preparations: ((app: INestApplication) => unknown)[] = [];
  private adapter: () => AbstractHttpAdapter = express;
  private options: NestApplicationOptions = { logger: silent, abortOnError: false };

  imports(...imports: Required<ModuleMetadata>['imports']): this {
    this.metadata.imports.push(...imports);
    return this;
  }

  controllers(...controllers: Type[]): this {
    this.metadata.controllers.push(...controllers);
    return this;
  }

  providers(...providers: Required<ModuleMetadata>['providers']): this {
    this.metadata.providers.push(...providers);
    return this;
  }

  on(adapter: () => AbstractHttpAdapter): this {
    this.adapter = adapter;
    return this;
  }

  loggingTo(logger: LoggerService): this {
    this.options.logger = logger;
    return this;
  }

  /** Holds log lines back until `prepare` has chosen a logger. */
  buffering(): this {
    this.options = { bufferLogs: true, abortOnError: false };
    return this;
  }

  /** Runs before the app is initialised: prefixes, versioning, global pipes, shutdown hooks. */
  prepare(preparation: (app: INestApplication) => unknown): this {
    this.preparations.push(preparation);
    return this;
  }

  async create(): Promise<INestApplication> {
    class AppModule {}
    Module(this.metadata)(AppModule);
    const app = await NestFactory.create(AppModule, this.adapter(), this.options);
    for (const prepare of this.preparations) await prepare(app);
    return app;
  }

  async listen(): Promise<ListeningApp> {
    const app = await this.create();
    await app.listen(0, '127.0.0.1');
    return new ListeningApp(app);
  }
}

export class ListeningApp {
  readonly url: string;
  private readonly unfinished = new Set<Promise<unknown>>();
  private closing: Promise<void> | undefined;

  constructor(readonly nest: INestApplication) {
    const server = nest.getHttpServer();
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
      const closed = once(response, 'close').finally(() => this.unfinished.delete(closed));
      this.unfinished.add(closed);
    });
  }

  /** One request, made by nobody who is traced; answered once the server is done with it as well. */
  async fetch(path: string, init?: RequestInit): Promise<{ status: number; headers: Headers; body: string }> {
    const response = await context.with(suppressTracing(ROOT_CONTEXT), fetch, undefined, `${this.url}${path}`, init);
    const body = await response.text();
    await this.settled();
    return { status: response.status, headers: response.headers, body };
  }

  /** Until the server has finished every request that it has received. */
  async settled(): Promise<void> {
    await Promise.all(this.unfinished);
  }

  /** Once, however often it is asked for. */
  close(): Promise<void> {
    this.closing ??= this.nest.close();
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
