import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metadata } from '@grpc/grpc-js';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ClientGrpc,
  ClientProxy,
  ClientProxyFactory,
  EventPattern,
  GrpcMethod,
  KafkaContext,
  MessagePattern,
  type MicroserviceOptions,
  MqttContext,
  NatsContext,
  Payload,
  RmqContext,
  RpcException,
  Server,
  Transport,
} from '@nestjs/microservices';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { Aedes } from 'aedes';
import { lastValueFrom, type Observable, Subject } from 'rxjs';
import { TelemetryModule } from '../../../../nest-module/index.js';
import { Exported } from '../../../support/nest-telemetry.js';

const exported = new Exported();
const silent = { log() {}, error() {}, warn() {} };
const telemetry = TelemetryModule.forRoot({ telemetry: exported.options });

let handled: () => void = () => {};

@Controller()
class OrdersController {
  @EventPattern('order.created')
  created(@Payload() _order: unknown): void {
    handled();
  }

  @MessagePattern('find')
  find(@Payload() order: { id: number }): number {
    return order.id;
  }

  @GrpcMethod('Orders', 'Find')
  findByGrpc({ id }: { id: number }): { id: number } {
    if (id === 404) throw new RpcException({ code: 5, message: 'no such order' });
    if (id === 500) throw new TypeError('order is undefined');
    return { id };
  }
}

async function startService(options: MicroserviceOptions): Promise<void> {
  class ServiceModule {}
  Module({ imports: [telemetry], controllers: [OrdersController] })(ServiceModule);
  const service = await NestFactory.createMicroservice<MicroserviceOptions>(ServiceModule, {
    ...options,
    logger: silent,
    abortOnError: false,
  });
  await service.listen();
  closing.push(() => service.close());
}

/** An app that has this client and nothing else. */
async function startClient(client: object): Promise<void> {
  class ClientModule {}
  Module({ imports: [telemetry], providers: [{ provide: 'CLIENT', useValue: client }] })(ClientModule);
  const app = await NestFactory.createApplicationContext(ClientModule, { logger: silent, abortOnError: false });
  closing.push(() => app.close());
}

/** Telemetry ends with the app that has it: all are closed together. */
const closing: (() => unknown)[] = [];

afterAll(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

beforeEach(async () => {
  await exported.flushedTree();
  exported.clear();
});

const spanOf = (kind: SpanKind) => exported.spans.find((span) => span.kind === kind);

describe('gRPC', () => {
  const proto = join(mkdtempSync(join(tmpdir(), 'annotel-grpc-')), 'orders.proto');
  writeFileSync(
    proto,
    `syntax = "proto3"; package shop; message Order { int32 id = 1; }
     service Orders { rpc Find (Order) returns (Order); }`,
  );
  interface Orders {
    find(order: { id: number }, metadata?: Metadata): Observable<{ id: number }>;
  }
  let orders: Orders;

  beforeAll(async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const url = `127.0.0.1:${(probe.address() as AddressInfo).port}`;
    await new Promise((resolve) => probe.close(resolve));
    const options = { transport: Transport.GRPC as const, options: { package: 'shop', protoPath: proto, url } };
    await startService(options);
    const client = ClientProxyFactory.create(options);
    await startClient(client);
    orders = (client as unknown as ClientGrpc).getService<Orders>('Orders');
  });

  it('carries the context in the metadata, and leaves the metadata of the app as it was', async () => {
    const metadata = new Metadata();
    metadata.set('own', 'value');
    expect(await lastValueFrom(orders.find({ id: 7 }, metadata))).toEqual({ id: 7 });
    expect(metadata.getMap()).toEqual({ own: 'value' });
    expect(await exported.flushedTree()).toEqual(['shop.Orders/Find', '  shop.Orders/Find']);
    expect(spanOf(SpanKind.SERVER)?.attributes).toMatchObject({
      'rpc.system.name': 'grpc',
      'rpc.method': 'shop.Orders/Find',
      'rpc.response.status_code': 'OK',
      'code.function.name': 'OrdersController.findByGrpc',
    });
    expect(spanOf(SpanKind.CLIENT)?.attributes).toMatchObject({ 'rpc.response.status_code': 'OK' });
  });

  it.each([
    [404, 'NOT_FOUND', SpanStatusCode.UNSET],
    [500, 'UNKNOWN', SpanStatusCode.ERROR],
  ])('%i: what is a fault of the client is no failure of the service', async (id, status, ofService) => {
    await expect(lastValueFrom(orders.find({ id }))).rejects.toHaveProperty('code');
    await exported.flushedTree();
    expect(spanOf(SpanKind.SERVER)).toMatchObject({
      status: { code: ofService },
      attributes: { 'rpc.response.status_code': status },
    });
    expect(spanOf(SpanKind.CLIENT)).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'rpc.response.status_code': status, 'error.type': status },
    });
  });
});

it('MQTT before version 5 has no headers: the context goes where it goes by TCP', async () => {
  const broker = await Aedes.createBroker();
  const listening: TcpServer = createServer(broker.handle).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const options = {
    transport: Transport.MQTT as const,
    options: { url: `mqtt://127.0.0.1:${(listening.address() as AddressInfo).port}` },
  };
  await startService(options);
  closing.unshift(() => new Promise<void>((resolve) => broker.close(() => listening.close(() => resolve()))));
  const client = ClientProxyFactory.create(options);
  closing.push(() => client.close());
  await startClient(client);
  expect(await lastValueFrom(client.send('find', { id: 7 }))).toBe(7);
  expect(await exported.flushedTree()).toEqual(['find', '  find']);
});

/** As the clients of Nest are for brokers that are not there: what they hand to the package of the broker is kept. */
class Sending extends ClientProxy {
  readonly sent = new Subject<unknown>();

  async connect(): Promise<void> {}
  async close(): Promise<void> {}

  protected publish(): () => void {
    return () => {};
  }

  // biome-ignore lint/suspicious/noExplicitAny: as Nest declares it
  protected async dispatchEvent(_packet: { data: unknown }): Promise<any> {}

  unwrap<T>(): T {
    return undefined as T;
  }
}

const TRACEPARENT = expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);

describe('the context is written where each transport has headers', () => {
  class ClientRMQ extends Sending {
    mergeHeaders(own?: object): object | undefined {
      return own;
    }
    protected override async dispatchEvent() {
      this.sent.next(this.mergeHeaders({ own: 'header' }));
    }
  }

  class ClientNats extends Sending {
    readonly options: { headers?: Record<string, string> } = {};
    mergeHeaders(own?: Map<string, string>): Map<string, string> | undefined {
      if (!own && !this.options.headers) return undefined;
      return own ?? new Map(Object.entries(this.options.headers ?? {}));
    }
    protected override async dispatchEvent() {
      this.sent.next(Object.fromEntries(this.mergeHeaders() ?? []));
    }
  }

  class ClientMqtt extends Sending {
    readonly mqttClient = { options: { protocolVersion: 5 } };
    mergePacketOptions(own?: object): object | undefined {
      return own;
    }
    protected override async dispatchEvent() {
      this.sent.next(this.mergePacketOptions({ qos: 1, properties: { userProperties: { own: 'header' } } }));
    }
  }

  class ClientKafka extends Sending {
    override readonly serializer = { serialize: async (value: unknown) => ({ value, headers: { own: 'header' } }) };
    protected override async dispatchEvent(packet: { data: unknown }) {
      this.sent.next(await this.serializer.serialize(packet.data));
    }
    emitBatch(pattern: string, data: { messages: unknown[] }): Observable<unknown> {
      return this.emit(pattern, data);
    }
  }

  it.each([
    ['RabbitMQ', new ClientRMQ(), 'rabbitmq', { own: 'header', traceparent: TRACEPARENT }],
    ['NATS', new ClientNats(), 'nats', { traceparent: TRACEPARENT }],
    [
      'MQTT 5',
      new ClientMqtt(),
      'mqtt',
      { qos: 1, properties: { userProperties: { own: 'header', traceparent: TRACEPARENT } } },
    ],
    ['Kafka', new ClientKafka(), 'kafka', { value: { id: 7 }, headers: { own: 'header', traceparent: TRACEPARENT } }],
  ])('%s', async (_name, client, system, written) => {
    const sent: unknown[] = [];
    client.sent.subscribe((one) => sent.push(one));
    await startClient(client);
    await lastValueFrom(client.emit('order.created', { id: 7 }), { defaultValue: undefined });
    expect(sent).toEqual([written]);
    await exported.flushedTree();
    expect(exported.span('emit order.created').attributes['messaging.system']).toBe(system);
  });

  it('a client of the app gets nothing but what it was given', async () => {
    const packets: unknown[] = [];
    class OwnClient extends Sending {
      protected override async dispatchEvent(packet: { data: unknown }) {
        packets.push(packet);
      }
    }
    const client = new OwnClient();
    await startClient(client);
    await lastValueFrom(client.emit('order.created', { id: 7 }), { defaultValue: undefined });
    expect(packets).toEqual([{ pattern: 'order.created', data: { id: 7 } }]);
  });

  it('a batch is one message of as many as it has', async () => {
    const client = new ClientKafka();
    await startClient(client);
    await lastValueFrom(client.emitBatch('order.created', { messages: [1, 2, 3] }), { defaultValue: undefined });
    await exported.flushedTree();
    expect(exported.spans.map(({ attributes }) => attributes['messaging.batch.message_count'])).toContain(3);
  });
});

describe('the context is read where each transport has headers', () => {
  class Receiving extends Server {
    constructor(override readonly transportId: Transport) {
      super();
    }
    listen(callback: () => void): void {
      callback();
    }
    close(): void {}
    on(): void {}
    unwrap<T>(): T {
      return undefined as T;
    }
  }

  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const headers = { traceparent: Buffer.from(traceparent) };

  it.each([
    ['RabbitMQ', Transport.RMQ, new RmqContext([{ properties: { headers: { traceparent } } }, {}, ''])],
    ['NATS', Transport.NATS, new NatsContext(['', new Map([['Traceparent', [traceparent]]])])],
    ['MQTT 5', Transport.MQTT, new MqttContext(['', { properties: { userProperties: { traceparent } } }])],
    ['Kafka', Transport.KAFKA, new KafkaContext([{ headers }, 0, '', {}, async () => {}, {}] as never)],
  ])('%s', async (_name, transport, context) => {
    const strategy = new Receiving(transport);
    await startService({ strategy });
    const done = new Promise<void>((resolve) => {
      handled = resolve;
    });
    await strategy.handleEvent('order.created', { pattern: 'order.created', data: {} }, context);
    await done;
    await new Promise((resolve) => setTimeout(resolve, 5));
    await exported.flushedTree();
    const { parentSpanContext, links } = exported.span('process order.created');
    expect(parentSpanContext).toMatchObject({ spanId: 'b7ad6b7169203331', isRemote: true });
    expect(links.map(({ context: { spanId } }) => spanId)).toEqual(['b7ad6b7169203331']);
  });
});
