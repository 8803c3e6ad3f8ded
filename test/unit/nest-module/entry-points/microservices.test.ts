import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type CanActivate, Controller, Get, Inject, Injectable, Module, Scope, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxy,
  ClientsModule,
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  RpcException,
  type TcpContext,
  Transport,
} from '@nestjs/microservices';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { firstValueFrom, lastValueFrom, map, Observable, toArray } from 'rxjs';
import { Consumer, Traced, withRequestContext } from '../../../../lib/index.js';
import { TelemetryModule } from '../../../../nest-module/index.js';
import { type ListeningApp, nestApp } from '../../../support/nest-app.js';
import { Exported } from '../../../support/nest-telemetry.js';

const exported = new Exported();
const telemetry = { ...exported.options, propagateContext: ['127.0.0.1'] };
const silent = { log() {}, error() {}, warn() {} };

class NoEntry implements CanActivate {
  canActivate(): boolean {
    throw new RpcException('no entry');
  }
}

let handled: (event: string) => void = () => {};

@Controller()
class MathController {
  @MessagePattern({ cmd: 'sum' })
  async sum(@Payload() numbers: number[]): Promise<number> {
    await this.work();
    return numbers.reduce((sum, number) => sum + number, 0);
  }

  @MessagePattern('count')
  count(@Payload() to: number): Observable<number> {
    return new Observable((subscriber) => {
      for (let number = 1; number <= to; number++) subscriber.next(number);
      setTimeout(() => subscriber.complete(), 5);
    });
  }

  @MessagePattern('refuse')
  refuse(): never {
    throw new RpcException('Order 4711 is closed');
  }

  @MessagePattern('break')
  break(): never {
    throw new TypeError('order is undefined');
  }

  @MessagePattern('forbidden')
  @UseGuards(NoEntry)
  forbidden(): void {}

  @MessagePattern('decorated')
  @Traced()
  decorated(): string {
    return 'done';
  }

  @EventPattern('order.created')
  created(@Payload() order: { id: number }): void {
    handled(`created ${order.id}`);
  }

  @EventPattern('order.created')
  mailed(@Payload() order: { id: number }): void {
    handled(`mailed ${order.id}`);
  }

  @EventPattern('order.lost')
  async lost(@Payload() _order: unknown): Promise<void> {
    handled('lost');
    throw new Error('nobody has it');
  }

  @EventPattern('order.consumed')
  @Consumer({ system: 'nestjs', destination: 'consumed' })
  consumed(@Payload() _order: unknown): void {
    handled('consumed');
  }

  @MessagePattern('context')
  seen(@Payload() data: unknown, @Ctx() context: TcpContext): unknown {
    return { data, pattern: context.getPattern() };
  }

  @Traced({ name: 'work' })
  private async work(): Promise<void> {}
}

@Controller()
@Injectable({ scope: Scope.REQUEST })
class ScopedController {
  @MessagePattern('scoped')
  scoped(): string {
    return 'scoped';
  }
}

@Controller()
class ShopController {
  constructor(@Inject('MATH') readonly math: ClientProxy) {}

  @Get('sum')
  async sum(): Promise<string> {
    return String(await firstValueFrom(this.math.send({ cmd: 'sum' }, [1, 2, 3])));
  }

  @Get('count')
  count(): Observable<unknown> {
    return this.math.send<number>('count', 3).pipe(toArray());
  }

  @Get('refuse')
  refuse(): Observable<unknown> {
    return this.math.send('refuse', {});
  }
}

@Module({
  imports: [TelemetryModule.forRoot({ telemetry })],
  controllers: [MathController, ScopedController],
})
class MathModule {}

async function startMath(): Promise<{ port: number; close(): Promise<void> }> {
  const math = await NestFactory.createMicroservice(MathModule, {
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port: 0 },
    logger: silent,
    abortOnError: false,
  });
  await math.listen();
  const { port } = math.unwrap<{ address(): AddressInfo }>().address();
  return { port, close: () => math.close() };
}

function shop(port: number) {
  const clients = ClientsModule.register([
    { name: 'MATH', transport: Transport.TCP, options: { host: '127.0.0.1', port } },
  ]);
  return nestApp().imports(TelemetryModule.forRoot({ telemetry }), clients).controllers(ShopController);
}

let math: Awaited<ReturnType<typeof startMath>>;
let app: ListeningApp;
let client: ClientProxy;

beforeAll(async () => {
  math = await startMath();
  app = await shop(math.port).listen();
  client = app.nest.get<ClientProxy>('MATH');
  // What connects is no part of the traces.
  await client.connect();
});

afterAll(async () => {
  await app.close();
  await math.close();
});

beforeEach(async () => {
  await exported.flushedTree();
  exported.clear();
});

const untilHandled = (...events: string[]) =>
  new Promise<void>((resolve) => {
    const waiting = new Set(events);
    handled = (event) => {
      waiting.delete(event);
      if (waiting.size === 0) setTimeout(resolve, 20);
    };
  });

it('a message is part of the trace of who sent it, from the request to the service behind', async () => {
  expect(await app.fetch('/sum')).toMatchObject({ status: 200, body: '6' });
  expect(await exported.flushedTree()).toEqual([
    'GET /sum',
    '  ShopController.sum',
    '    {"cmd":"sum"}',
    '      {"cmd":"sum"}',
    '        work',
  ]);
  const [sent, received] = exported.spans
    .filter(({ name }) => name === '{"cmd":"sum"}')
    .sort((a, b) => b.kind - a.kind);
  expect(sent).toMatchObject({
    kind: SpanKind.CLIENT,
    status: { code: SpanStatusCode.UNSET },
    attributes: {
      'rpc.system.name': 'nestjs',
      'rpc.method': '{"cmd":"sum"}',
      'server.address': '127.0.0.1',
      'server.port': math.port,
      'network.transport': 'tcp',
      'code.function.name': 'ClientTCP.send',
    },
  });
  expect(sent?.attributes).not.toHaveProperty(['annotel.stream.end']);
  expect(received).toMatchObject({
    kind: SpanKind.SERVER,
    links: [],
    attributes: { 'rpc.method': '{"cmd":"sum"}', 'code.function.name': 'MathController.sum' },
  });
});

it('an Observable is followed to its end', async () => {
  expect(await app.fetch('/count')).toMatchObject({ body: '[1,2,3]' });
  await exported.flushedTree();
  const server = exported.spans.find(({ name, kind }) => name === 'count' && kind === SpanKind.SERVER);
  expect(server?.duration[1]).toBeGreaterThan(4_000_000);
  expect(server?.attributes).not.toHaveProperty(['annotel.stream.end']);
});

it('who takes the first of several answers has what it asked for', async () => {
  expect(await firstValueFrom(client.send('count', 3))).toBe(1);
  while ((await exported.flushedTree()).length < 2) await delay(5);
  const sent = exported.spans.find(({ kind }) => kind === SpanKind.CLIENT);
  expect(sent?.attributes).not.toHaveProperty(['annotel.stream.end']);
});

it('the request context goes along to a host that is trusted', async () => {
  await withRequestContext({ tenantId: 'acme' }, () => lastValueFrom(client.send('scoped', {})));
  await exported.flushedTree();
  const received = exported.spans.find(({ kind }) => kind === SpanKind.SERVER);
  expect(received?.attributes).toMatchObject({ 'annotel.tenant.id': 'acme' });
});

it('each subscription sends a message of its own, and none sends nothing', async () => {
  const answer = client.send<number>({ cmd: 'sum' }, [2]);
  expect(await exported.flushedTree()).toEqual([]);
  await lastValueFrom(answer);
  await lastValueFrom(answer);
  expect(await exported.flushedTree()).toEqual([1, 2].flatMap(() => ['{"cmd":"sum"}', '  {"cmd":"sum"}', '    work']));
});

it.each([
  ['refuse', { status: 'error', message: 'Order 4711 is closed' }, 'RpcException', 'Order 4711 is closed'],
  ['break', { status: 'error', message: 'Internal server error' }, 'TypeError', 'order is undefined'],
  ['scoped-unknown', 'There is no matching message handler defined in the remote service.', undefined, undefined],
])(
  '%s: the client gets what it got, and the service records what was thrown',
  async (pattern, answer, type, message) => {
    await expect(lastValueFrom(client.send(pattern, {}))).rejects.toEqual(answer);
    await exported.flushedTree();
    const sent = exported.spans.find(({ kind }) => kind === SpanKind.CLIENT);
    expect(sent?.status.code).toBe(SpanStatusCode.ERROR);
    const received = exported.spans.find(({ kind }) => kind === SpanKind.SERVER);
    expect(received && [received.status, received.attributes['error.type']]).toEqual(
      type && [{ code: SpanStatusCode.ERROR, message }, type],
    );
  },
);

it('what a guard refuses is a failed message', async () => {
  await expect(lastValueFrom(client.send('forbidden', {}))).rejects.toEqual({ status: 'error', message: 'no entry' });
  await exported.flushedTree();
  const received = exported.spans.find(({ kind }) => kind === SpanKind.SERVER);
  expect(received?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'no entry' });
});

it('a decorated handler has its own span below that of the message', async () => {
  await lastValueFrom(client.send('decorated', {}));
  expect(await exported.flushedTree()).toEqual(['decorated', '  decorated', '    MathController.decorated']);
});

it('request-scoped handlers are observed as others', async () => {
  expect(await lastValueFrom(client.send('scoped', {}))).toBe('scoped');
  expect(await exported.flushedTree()).toEqual(['scoped', '  scoped']);
  expect(exported.spans.map(({ attributes }) => attributes['code.function.name'])).toContain('ScopedController.scoped');
});

it('an event is sent whether or not anybody waits for it, and all of its handlers are on the trace', async () => {
  const done = untilHandled('created 7', 'mailed 7');
  client.emit('order.created', { id: 7 });
  await done;
  expect(await exported.flushedTree()).toEqual([
    'emit order.created',
    '  process order.created',
    '    process order.created',
  ]);
  const emitted = exported.span('emit order.created');
  expect(emitted).toMatchObject({
    kind: SpanKind.PRODUCER,
    attributes: {
      'messaging.system': 'nestjs',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'order.created',
    },
  });
  const consumer = exported.spans.find(({ kind }) => kind === SpanKind.CONSUMER);
  expect(consumer?.links.map(({ context }) => context.spanId)).toEqual([emitted.spanContext().spanId]);
  expect(consumer?.attributes).toMatchObject({
    'messaging.operation.type': 'process',
    'code.function.name': 'MathController.created',
  });
});

it('an event whose handler fails is an ERROR with its exception', async () => {
  const done = untilHandled('lost');
  await lastValueFrom(client.emit('order.lost', {}), { defaultValue: undefined });
  await done;
  await exported.flushedTree();
  expect(exported.span('process order.lost')).toMatchObject({
    status: { code: SpanStatusCode.ERROR, message: 'nobody has it' },
    attributes: { 'error.type': 'Error' },
  });
  expect(exported.span('emit order.lost').status.code).toBe(SpanStatusCode.UNSET);
});

it('a handler that is decorated as a consumer makes the span of the message itself, below the producer', async () => {
  const done = untilHandled('consumed');
  client.emit('order.consumed', {});
  await done;
  expect(await exported.flushedTree()).toContain('process consumed');
  const link = exported.span('process consumed').links[0]?.context.spanId;
  expect(link).toBe(exported.span('emit order.consumed').spanContext().spanId);
});

it('a handler gets the data that was sent, and nothing beside it', async () => {
  expect(await lastValueFrom(client.send('context', { a: 1 }))).toEqual({ data: { a: 1 }, pattern: 'context' });
});

it('on the wire, a message has metadata and is otherwise what it was', async () => {
  let received = '';
  const sockets: Socket[] = [];
  const listening = createServer((socket) => {
    sockets.push(socket);
    socket.on('data', (bytes) => {
      received += bytes;
    });
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const other = await shop((listening.address() as AddressInfo).port).listen();
  const data = { id: 7 };
  await lastValueFrom(other.nest.get<ClientProxy>('MATH').emit('order.created', data), { defaultValue: undefined });
  while (!received.endsWith('}}')) await delay(5);
  const { metadata, ...packet } = JSON.parse(received.slice(received.indexOf('#') + 1));
  expect(packet).toEqual({ pattern: 'order.created', data });
  expect(metadata).toEqual({ traceparent: expect.stringMatching(/^00-/) });
  expect(data).toEqual({ id: 7 });
  for (const socket of sockets) socket.destroy();
  await other.close();
  listening.close();
});

it('a message from who has no telemetry begins a trace', async () => {
  await exported.flushedTree();
  const socket = (await import('node:net')).connect(math.port, '127.0.0.1');
  const packet = JSON.stringify({ pattern: 'count', data: 1, id: 'x' });
  socket.write(`${packet.length}#${packet}`);
  await once(socket, 'data');
  socket.destroy();
  await delay(20);
  expect(await exported.flushedTree()).toEqual(['count']);
});

it.each([true, false])(
  'hybrid, with inheritAppConfig %s: one span for each message, with what was thrown',
  async (inheritAppConfig) => {
    let port = 0;
    await using hybrid = await nestApp()
      .imports(TelemetryModule.forRoot({ telemetry }))
      .controllers(MathController)
      .prepare(async (nest) => {
        const service = nest.connectMicroservice(
          { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } },
          { inheritAppConfig },
        );
        await nest.startAllMicroservices();
        port = service.unwrap<{ address(): AddressInfo }>().address().port;
      })
      .listen();
    await using caller = await shop(port).listen();
    const remote = caller.nest.get<ClientProxy>('MATH');
    expect(await lastValueFrom(remote.send<number>({ cmd: 'sum' }, [1, 2]).pipe(map((sum) => sum + 1)))).toBe(4);
    expect(await exported.flushedTree()).toEqual(['{"cmd":"sum"}', '  {"cmd":"sum"}', '    work']);
    exported.clear();
    await lastValueFrom(remote.send('break', {})).catch(() => {});
    await exported.flushedTree();
    const received = exported.spans.filter(({ name }) => name === 'break').find(({ kind }) => kind === SpanKind.SERVER);
    expect(received?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'order is undefined' });
    expect(hybrid.url).toMatch(/^http/);
  },
);

it('a client that nobody can reach fails its span, and rejects as before', async () => {
  await using other = await shop(1).listen();
  await expect(lastValueFrom(other.nest.get<ClientProxy>('MATH').send('count', 1))).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  });
  await exported.flushedTree();
  expect(exported.span('count').attributes['error.type']).toBe('ECONNREFUSED');
});
