/* The app of run.js, in two roles: `shop` makes requests of itself, each of which sends or adds something; `worker` handles it. */
require('reflect-metadata');
const { Controller, Get, Inject, Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const {
  ClientsModule,
  EventPattern,
  MessagePattern,
  Payload,
  RpcException,
  Transport,
} = require('@nestjs/microservices');
const mq = require('@nestjs/bullmq');
const bull = require('@nestjs/bull');
const { firstValueFrom, lastValueFrom } = require('rxjs');

const [, , role] = process.argv;
const port = Number(process.env.REDIS_PORT);
const host = '127.0.0.1';
const telemetry = process.env.OBSERVED === 'true' ? [require('annotel/nest').TelemetryModule.forRoot()] : [];
const redis = { transport: Transport.REDIS, options: { host, port } };
/** Telemetry last: it has to see processors before they are registered all the same. */
const imports = [
  mq.BullModule.forRoot({ connection: { host, port } }),
  mq.BullModule.registerQueue({ name: 'print' }, { name: 'bind' }),
  bull.BullModule.forRoot({ redis: { host, port } }),
  bull.BullModule.registerQueue({ name: 'old' }),
  ...telemetry,
];

/** Decorates a method, which JavaScript has no syntax for. */
function decorate(target, key, decorators, parameters = []) {
  for (const [index, decorator] of parameters.entries()) decorator(target.prototype, key, index);
  const descriptor = Object.getOwnPropertyDescriptor(target.prototype, key);
  Object.defineProperty(target.prototype, key, Reflect.decorate(decorators, target.prototype, key, descriptor));
}

async function handle({ name, data, attemptsMade, opts }) {
  console.log(`job ${name} ${JSON.stringify(data)} attempt ${attemptsMade} of ${opts.attempts}`);
  if (data.jams > attemptsMade) throw new TypeError('paper jam');
  return { done: name };
}

class Printer extends mq.WorkerHost {
  process(job) {
    return handle(job);
  }
}
mq.Processor('print')(Printer);

class Binder extends mq.WorkerHost {
  process(job) {
    return handle(job);
  }
}
mq.Processor('bind')(Binder);

class OldPrinter {
  any(job) {
    return handle(job);
  }
}
decorate(OldPrinter, 'any', [bull.Process('page')]);
bull.Processor('old')(OldPrinter);

class Orders {
  sum(numbers) {
    return numbers.reduce((sum, number) => sum + number, 0);
  }
  refuse() {
    throw new RpcException('closed');
  }
  created(order) {
    console.log(`created ${JSON.stringify(order)}`);
  }
}
decorate(Orders, 'sum', [MessagePattern({ cmd: 'sum' })], [Payload()]);
decorate(Orders, 'refuse', [MessagePattern('refuse')]);
decorate(Orders, 'created', [EventPattern('order.created')], [Payload()]);
Controller()(Orders);

const page = (number) => ({ name: 'page', data: { number } });

class Shop {
  constructor(orders, print, flows, old) {
    Object.assign(this, { orders, print, flows, old });
  }
  send() {
    return this.orders.send({ cmd: 'sum' }, [1, 2]);
  }
  refuse() {
    return firstValueFrom(this.orders.send('refuse', {})).catch((error) => error);
  }
  emit() {
    return lastValueFrom(this.orders.emit('order.created', { id: 7 })).then(() => 'emitted');
  }
  async add() {
    return only(await this.print.add('page', { number: 1 }));
  }
  async retry() {
    return only(await this.print.add('page', { number: 2, jams: 1 }, { attempts: 2, backoff: 10 }));
  }
  async bulk() {
    return (await this.print.addBulk([page(3), page(4)])).map(only);
  }
  async flow() {
    const children = [{ ...page(5), queueName: 'print' }];
    const { job } = await this.flows.add({ name: 'book', queueName: 'bind', data: {}, children });
    return only(job);
  }
  async bull() {
    return only(await this.old.add('page', { number: 6 }));
  }
  async bullBulk() {
    return (await this.old.addBulk([page(7), page(8)])).map(only);
  }
}
const tokens = ['ORDERS', mq.getQueueToken('print'), mq.getFlowProducerToken('flows'), bull.getQueueToken('old')];
for (const [index, token] of tokens.entries()) Inject(token)(Shop, undefined, index);
const routes = ['send', 'refuse', 'emit', 'add', 'retry', 'bulk', 'flow', 'bull', 'bullBulk'];
for (const route of routes) decorate(Shop, route, [Get(route)]);
Controller()(Shop);

function only({ name, data }) {
  return { name, data };
}

async function work() {
  class WorkerModule {}
  Module({ imports, controllers: [Orders], providers: [Printer, Binder, OldPrinter] })(WorkerModule);
  const app = await NestFactory.createMicroservice(WorkerModule, { ...redis, logger: false });
  await app.listen();
  process.once('SIGTERM', () => app.close().then(() => process.exit()));
  console.log('listens');
}

async function sell() {
  class ShopModule {}
  const client = ClientsModule.register([{ name: 'ORDERS', ...redis }]);
  const producer = mq.BullModule.registerFlowProducer({ name: 'flows' });
  Module({ imports: [...imports, client, producer], controllers: [Shop] })(ShopModule);
  const app = await NestFactory.create(ShopModule, { logger: false });
  await app.listen(0, host);
  for (const route of routes) {
    const response = await fetch(`${await app.getUrl()}/${route}`);
    console.log(`${route}: ${response.status} ${await response.text()}`);
  }
  // Until the worker has done it all.
  const queues = [tokens[1], mq.getQueueToken('bind'), tokens[3]].map((token) => app.get(token, { strict: false }));
  for (;;) {
    const counts = await Promise.all(queues.map((queue) => queue.getJobCounts()));
    const open = counts.flatMap(({ waiting, active, delayed, 'waiting-children': parents = 0 }) => [
      waiting,
      active,
      delayed,
      parents,
    ]);
    if (open.every((count) => !count)) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await app.close();
  process.exit();
}

(role === 'worker' ? work : sell)();
