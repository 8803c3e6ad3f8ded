import { type DynamicModule, Injectable, Module, Scope, SetMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { Consumer, Traced } from '../../../../lib/index.js';
import { runningTelemetry } from '../../../../lib/sdk/index.js';
import { TelemetryModule } from '../../../../nest-module/index.js';
import { Exported } from '../../../support/nest-telemetry.js';

// Queues of the shape of BullMQ's and Bull's: theirs need a Redis, and are tested with one in test/redis.

interface Options {
  readonly attempts?: number;
  readonly repeat?: object;
  readonly telemetry?: { readonly metadata?: string; readonly omitContext?: boolean };
}
interface Job {
  readonly id: string;
  readonly name: string;
  readonly data: unknown;
  readonly opts: Options;
  readonly attemptsMade: number;
  readonly queueName: string;
  readonly queue: { readonly name: string; readonly opts: { telemetry?: object } };
  readonly repeatJobKey?: string;
}
interface Flow {
  readonly name: string;
  readonly queueName: string;
  readonly data: unknown;
  readonly opts?: Options;
  readonly children?: readonly Flow[];
}

class QueueGetters {
  readonly jobs: Job[] = [];
  readonly opts: { telemetry?: object } = {};
  constructor(readonly name: string) {}

  getJobCounts(): void {}

  protected put(name: string, data: unknown, opts: Options = {}): Job {
    const stored = JSON.parse(JSON.stringify({ data, opts }));
    const job: Job = {
      id: String(this.jobs.length + 1),
      name,
      ...stored,
      attemptsMade: 0,
      queueName: this.name,
      queue: this,
    };
    this.jobs.push(job);
    return job;
  }
}

class Queue extends QueueGetters {
  async add(name: string, data: unknown, opts?: Options): Promise<Job> {
    if (name === 'refused') throw new RangeError('no place');
    return this.put(name, data, opts);
  }
  async addBulk(jobs: readonly { name: string; data: unknown; opts?: Options }[]): Promise<Job[]> {
    return jobs.map(({ name, data, opts }) => this.put(name, data, opts));
  }
}

class BullQueue extends QueueGetters {
  process(): void {}
  async add(...args: unknown[]): Promise<Job> {
    const [name, data, opts] = typeof args[0] === 'string' ? args : ['__default__', ...args];
    return this.put(name as string, data, opts as Options);
  }
  async addBulk(jobs: readonly { name: string; data: unknown; opts?: Options }[]): Promise<Job[]> {
    return jobs.map(({ name, data, opts }) => this.put(name, data, opts));
  }
}

class FlowProducer {
  readonly flows: Flow[] = [];
  addNode(): void {}
  async add(flow: Flow): Promise<{ job: { id: string } }> {
    this.flows.push(flow);
    return { job: { id: 'flow-1' } };
  }
  async addBulk(flows: readonly Flow[]): Promise<void> {
    this.flows.push(...flows);
  }
}

class DelayedError extends Error {
  override name = 'DelayedError';
}

@Injectable()
@SetMetadata('bullmq:processor_metadata', { name: 'print' })
class Printer {
  async process({ name, data }: Job): Promise<unknown> {
    await this.work();
    if (name === 'jam') throw new TypeError('paper jam');
    if (name === 'later') throw new DelayedError('bullmq:movedToDelayed');
    return data;
  }
  @Traced({ name: 'work' })
  private async work(): Promise<void> {}
}

@Injectable({ scope: Scope.REQUEST })
@SetMetadata('bullmq:processor_metadata', { name: 'bind' })
class Binder {
  @Consumer({ system: 'bullmq', destination: 'binding' })
  async process(_job: Job): Promise<void> {}
}

@Injectable()
class OldPrinter {
  @SetMetadata('bull:module_queue_process', {})
  all(job: Job): string {
    return job.name;
  }
  @SetMetadata('bull:module_queue_process', { name: 'callback' })
  callback(job: Job, done: (error: unknown, value?: string) => void): void {
    if (job.name === 'throws') throw new RangeError('no paper');
    setTimeout(() => (job.name === 'jam' ? done(new TypeError('paper jam')) : done(null, job.name)), 5);
  }
}

const exported = new Exported();
const closing: (() => Promise<void>)[] = [];

async function app(options: { root?: boolean } = {}) {
  const [queue, bull, flows] = [new Queue('print'), new BullQueue('print'), new FlowProducer()];
  const telemetry: DynamicModule = TelemetryModule.forRoot({ telemetry: exported.options, queues: options });
  class QueuesModule {}
  Module({
    imports: [telemetry],
    providers: [
      { provide: 'queue', useValue: queue },
      { provide: 'bull', useValue: bull },
      { provide: 'flows', useValue: flows },
      Printer,
      Binder,
      OldPrinter,
    ],
  })(QueuesModule);
  const nest = await NestFactory.createApplicationContext(QueuesModule, { logger: false, abortOnError: false });
  closing.push(() => nest.close());
  return { queue, bull, flows, printer: nest.get(Printer), old: nest.get(OldPrinter), binder: Binder.prototype };
}

let running: Awaited<ReturnType<typeof app>>;
beforeEach(async () => {
  running = await app();
  await runningTelemetry()?.flush();
  exported.clear();
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

const only = <T>([first]: readonly T[]): T => first as T;
const TELEMETRY = { metadata: expect.stringMatching(/^\{"traceparent":"00-[^"]+"\}$/) };

it('a job is part of the trace of who added it', async () => {
  const { queue, printer } = running;
  const data = { page: 1 };
  await queue.add('page', data, { attempts: 2 });
  expect(only(queue.jobs)).toMatchObject({ data: { page: 1 }, opts: { attempts: 2, telemetry: TELEMETRY } });
  expect(data).toEqual({ page: 1 });
  expect(await printer.process(only(queue.jobs))).toEqual({ page: 1 });
  expect(await exported.flushedTree()).toEqual(['add print', '  process print', '    work']);
  const added = exported.span('add print');
  expect(added).toMatchObject({
    kind: SpanKind.PRODUCER,
    attributes: {
      'messaging.system': 'bullmq',
      'messaging.operation.type': 'send',
      'messaging.operation.name': 'add',
      'messaging.destination.name': 'print',
      'messaging.message.id': '1',
      'annotel.job.name': 'page',
      'code.function.name': 'Queue.add',
    },
  });
  const processed = exported.span('process print');
  expect(processed).toMatchObject({
    kind: SpanKind.CONSUMER,
    attributes: {
      'messaging.system': 'bullmq',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'print',
      'messaging.message.id': '1',
      'annotel.job.name': 'page',
      'annotel.job.attempt': 1,
      'code.function.name': 'Printer.process',
    },
  });
  expect(processed.links.map(({ context }) => context.spanId)).toEqual([added.spanContext().spanId]);
});

it('each attempt has a span with its number; what fails is an ERROR, what is put off is none', async () => {
  const { queue, printer } = running;
  await queue.add('jam', {});
  const job = only(queue.jobs);
  await expect(printer.process(job)).rejects.toThrow(TypeError);
  await expect(printer.process({ ...job, name: 'later', attemptsMade: 1 })).rejects.toThrow(DelayedError);
  await exported.flushedTree();
  const [failed, later] = exported.spans.filter(({ name }) => name === 'process print');
  expect(failed).toMatchObject({
    status: { code: SpanStatusCode.ERROR, message: 'paper jam' },
    attributes: { 'annotel.job.attempt': 1, 'error.type': 'TypeError' },
  });
  expect(later).toMatchObject({ status: { code: SpanStatusCode.UNSET }, attributes: { 'annotel.job.attempt': 2 } });
});

it('a job that could not be added fails the call, and rejects as before', async () => {
  await expect(running.queue.add('refused', {})).rejects.toThrow(new RangeError('no place'));
  await exported.flushedTree();
  expect(exported.span('add print').status.message).toBe('no place');
});

it('several jobs are one message with as many parts, and each carries the context', async () => {
  const { queue } = running;
  await queue.addBulk([
    { name: 'page', data: { page: 1 } },
    { name: 'page', data: { page: 2 }, opts: { attempts: 3 } },
  ]);
  expect(queue.jobs.map(({ opts }) => opts)).toEqual([{ telemetry: TELEMETRY }, { attempts: 3, telemetry: TELEMETRY }]);
  await exported.flushedTree();
  expect(exported.span('add print').attributes).toMatchObject({ 'messaging.batch.message_count': 2 });
});

it('a flow carries the context in every job of its tree', async () => {
  const { flows } = running;
  const flow = {
    name: 'book',
    queueName: 'bind',
    data: {},
    children: [{ name: 'page', queueName: 'print', data: { page: 1 }, opts: { attempts: 2 } }],
  };
  await flows.add(flow);
  expect(flows.flows).toEqual([
    {
      ...flow,
      opts: { telemetry: TELEMETRY },
      children: [{ ...only(flow.children), opts: { attempts: 2, telemetry: TELEMETRY } }],
    },
  ]);
  expect(flow).not.toHaveProperty('opts');
  await flows.addBulk([flow, flow]);
  await exported.flushedTree();
  expect(exported.spans.map(({ name }) => name)).toEqual(['add bind', 'add bind']);
  expect(exported.spans.map(({ attributes }) => attributes['messaging.message.id'])).toEqual(['flow-1', undefined]);
});

it('what the app has put into the place of the context stays', async () => {
  const { queue } = running;
  const own = [{ telemetry: { metadata: '{}' } }, { telemetry: { omitContext: true } }];
  for (const opts of own) await queue.add('page', {}, opts);
  expect(queue.jobs.map(({ opts }) => opts)).toEqual(own);
});

it('an app with a telemetry of BullMQ has its spans by that', async () => {
  const { queue, printer } = running;
  queue.opts.telemetry = { tracer: {} };
  await queue.add('page', {});
  await printer.process(only(queue.jobs));
  expect(only(queue.jobs).opts).toEqual({});
  expect(await exported.flushedTree()).toEqual(['work']);
});

it('a job that is repeated begins its own trace, linked to who began the repeating', async () => {
  const { queue, printer } = running;
  await queue.add('page', {}, { repeat: { every: 1000 } });
  await printer.process(only(queue.jobs));
  expect(await exported.flushedTree()).toEqual(['add print', 'process print', '  work']);
  expect(only(exported.span('process print').links).context.spanId).toBe(
    exported.span('add print').spanContext().spanId,
  );
});

it('with root: true, each job begins its own trace, linked to who added it', async () => {
  const { queue, printer } = await app({ root: true });
  await queue.add('page', {});
  await printer.process(only(queue.jobs));
  expect(await exported.flushedTree()).toEqual(['add print', 'process print', '  work']);
  expect(exported.span('process print').links).toHaveLength(1);
});

it('a job of who has no telemetry, or with a context that cannot be read, begins a trace', async () => {
  const { printer, queue } = running;
  const job = { id: '1', name: 'page', data: {}, attemptsMade: 0, queueName: 'print', queue };
  await printer.process({ ...job, opts: {} });
  await printer.process({ ...job, opts: { telemetry: { metadata: 'no JSON' } } });
  expect(await exported.flushedTree()).toEqual(['process print', '  work', 'process print', '  work']);
});

it('a processor that is decorated as a consumer makes the span of the job itself', async () => {
  const { queue, binder } = running;
  await queue.add('book', {});
  await binder.process(only(queue.jobs));
  expect(await exported.flushedTree()).toEqual(['add print', 'process binding']);
  expect(only(exported.span('process binding').links).context.spanId).toBe(
    exported.span('add print').spanContext().spanId,
  );
});

it('Bull: jobs with and without a name, and processors that are called back', async () => {
  const { bull, old } = running;
  await bull.add({ page: 1 });
  await bull.add('callback', { page: 2 }, { attempts: 2 });
  await bull.addBulk([{ name: 'page', data: {} }]);
  expect(bull.jobs.map(({ name, data, opts }) => [name, data, opts])).toEqual([
    ['__default__', { page: 1 }, { telemetry: TELEMETRY }],
    ['callback', { page: 2 }, { attempts: 2, telemetry: TELEMETRY }],
    ['page', {}, { telemetry: TELEMETRY }],
  ]);
  expect(old.all(only(bull.jobs))).toBe('__default__');
  const answered = new Promise((resolve) => old.callback(bull.jobs[1] as Job, (_error, value) => resolve(value)));
  expect(await answered).toBe('callback');
  expect(old.callback).toHaveLength(2);
  await exported.flushedTree();
  expect(exported.spans.at(-1)?.duration[1]).toBeGreaterThan(4_000_000);
  expect(await exported.flushedTree()).toEqual([
    'add print',
    '  process print',
    'add print',
    '  process print',
    'add print',
  ]);
  expect(exported.spans.map(({ attributes }) => attributes['messaging.system'])).toEqual(Array(5).fill('bull'));
});

it('Bull: what a processor calls back with an error, or throws, fails the job', async () => {
  const { old, bull } = running;
  const job = { id: '1', name: 'jam', data: {}, opts: {}, attemptsMade: 0, queueName: 'print', queue: bull };
  expect(await new Promise((resolve) => old.callback(job, resolve))).toBeInstanceOf(TypeError);
  expect(() => old.callback({ ...job, name: 'throws' }, () => {})).toThrow(RangeError);
  await exported.flushedTree();
  expect(exported.spans.map(({ status: { message } }) => message)).toEqual(['paper jam', 'no paper']);
});
