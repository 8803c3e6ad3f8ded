import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_MESSAGE_ID,
  ATTR_MESSAGING_BATCH_SIZE,
  ATTR_MESSAGING_DESTINATION,
  ATTR_MESSAGING_OPERATION_NAME,
  ATTR_MESSAGING_OPERATION_TYPE,
  ATTR_MESSAGING_SYSTEM,
  originOfMessage,
  PROCESS,
  recordProcessed,
  recordSent,
} from '../../lib/call/messaging.js';
import type { Operation, Origin } from '../../lib/call/operation.js';
import { linksTo } from '../../lib/call/options.js';
import { activeSignals } from '../../lib/call/signals.js';
import { type AnyFunction, observedAs } from '../../lib/call/wrap.js';
import { outsideTrace } from '../../lib/context/own-trace.js';
import { injectContext } from '../../lib/index.js';
import { context, SpanKind } from '../../lib/otel.js';
import { safely } from '../../lib/safely.js';
import { type CalledMethod, FrameworkCall, observeAs, observeCall, startCall } from '../observation.js';
import { prototypeWith, substitute } from './substitute.js';

/** Under which `@nestjs/bullmq` keeps `@Processor()`, on the class, and `@nestjs/bull` keeps `@Process()`, on the method. */
const PROCESSOR_OF_BULLMQ = 'bullmq:processor_metadata';
const PROCESS_OF_BULL = 'bull:module_queue_process';

const ATTR_JOB_NAME = 'annotel.job.name';
/** The first is 1. */
const ATTR_JOB_ATTEMPT = 'annotel.job.attempt';

export interface QueueOptions {
  /** Whether each job begins a trace of its own, linked to who added it. */
  readonly root: boolean;
}

/** Where BullMQ keeps the context of who added a job: a text, JSON of headers. Bull takes it as an option that it does not know. */
interface JobOptions {
  readonly telemetry?: { readonly metadata?: unknown; readonly omitContext?: unknown };
  readonly repeat?: unknown;
}
interface Job {
  readonly id?: unknown;
  readonly name?: unknown;
  readonly attemptsMade?: unknown;
  readonly opts?: JobOptions;
  readonly repeatJobKey?: unknown;
  readonly queueName?: unknown;
  /** The queue, or the worker. */
  readonly queue?: { readonly name?: unknown; readonly opts?: { readonly telemetry?: unknown } };
}
/** A job to add: with children in a flow, and without elsewhere. */
interface Flow {
  readonly name: unknown;
  readonly opts?: JobOptions | undefined;
  readonly queueName?: unknown;
  readonly children?: readonly Flow[];
}
interface Queue {
  readonly constructor: { readonly name: string };
  readonly name?: unknown;
  readonly opts?: { readonly telemetry?: unknown };
}

/**
 * Observes the queues and processors of BullMQ and of Bull among what Nest has made; has to come before Nest hands the processors to
 * their workers. An app that has given BullMQ a `telemetry` has spans by that, and gets none from here.
 */
export function watchQueues(instances: Iterable<object>, options: QueueOptions): void {
  for (const instance of instances) {
    safely('finding queues', () => {
      watchQueue(instance);
      watchProcessor(instance, options);
    });
  }
}

// --- who adds jobs ---------------------------------------------------------------------------------------------------

function watchQueue(instance: object): void {
  const add = prototypeWith(instance, 'add');
  const addBulk = prototypeWith(instance, 'addBulk');
  if (!add || !addBulk) return;
  const watch = (system: string, read: Read, readAll: Read): void => {
    substitute(add, 'add', (method) => adding(method, 'add', system, read));
    substitute(addBulk, 'addBulk', (method) => adding(method, 'addBulk', system, readAll));
  };
  if (prototypeWith(instance, 'addNode')) watch('bullmq', (flow: Flow) => [[flow], ([one]) => [one]], severalOf);
  else if (!prototypeWith(instance, 'getJobCounts')) return;
  else if (prototypeWith(instance, 'process')) watch('bull', unnamedOf, severalOf);
  else watch('bullmq', namedOf, severalOf);
}

/** Reads the jobs from the arguments of a call, and tells the arguments with others in their place. */
type Read = (...args: never[]) => ReadJobs;
type ReadJobs = readonly [jobs: readonly Flow[], given: (jobs: readonly Flow[]) => unknown[]];

function namedOf(name: unknown, data: unknown, opts: JobOptions | undefined): ReadJobs {
  return [[{ name, opts }], ([job]) => [name, data, job?.opts]];
}

/** Bull does without a name. */
function unnamedOf(...args: [unknown, unknown, JobOptions | undefined]): ReadJobs {
  if (typeof args[0] === 'string') return namedOf(...args);
  const [data, opts] = args as unknown as [unknown, JobOptions | undefined];
  return [[{ name: '__default__', opts }], ([job]) => [data, job?.opts]];
}

function severalOf(jobs: Flow[]): ReadJobs {
  return [jobs, (given) => [given]];
}

function adding(method: AnyFunction, key: string, system: string, read: Read): AnyFunction {
  return function (this: Queue, ...args: unknown[]): unknown {
    const isHeard = !this.opts?.telemetry && activeSignals() !== undefined;
    const added = isHeard ? safely('reading jobs', () => read(...(args as never[]))) : undefined;
    const what = added && safely('starting to observe a call', () => whatIsAdded(this, key, system, added[0]));
    const call = what && startCall(what, FrameworkCall);
    if (!call) return Reflect.apply(method, this, args);
    const given = safely('writing the context into jobs', () =>
      context.with(call.context, () => added?.[1](carryingAll(added[0]))),
    );
    return observeAs(call, () => Reflect.apply(method, this, given ? [...given, ...args.slice(given.length)] : args));
  };
}

function whatIsAdded(queue: Queue, key: string, system: string, jobs: readonly Flow[]): CalledMethod {
  const [first] = jobs;
  const isBulk = key === 'addBulk';
  const destination = queue.name ?? first?.queueName;
  const attributes: Attributes = {
    [ATTR_MESSAGING_SYSTEM]: system,
    [ATTR_MESSAGING_OPERATION_TYPE]: 'send',
    [ATTR_MESSAGING_OPERATION_NAME]: 'add',
  };
  if (typeof destination === 'string') attributes[ATTR_MESSAGING_DESTINATION] = destination;
  if (isBulk) attributes[ATTR_MESSAGING_BATCH_SIZE] = jobs.length;
  else if (typeof first?.name === 'string') attributes[ATTR_JOB_NAME] = first.name;
  const operation: Operation = {
    kind: SpanKind.PRODUCER,
    type: 'send',
    log: 'none',
    name: () => (typeof destination === 'string' ? `add ${destination}` : 'add'),
    onStart: () => ({ ...attributes }),
    onEnd: (job) => (isBulk ? {} : idOf(job as Job & { job?: Job })),
    record: recordSent,
  };
  return { method: `${queue.constructor.name}.${key}`, operation };
}

function idOf(added: (Job & { readonly job?: Job }) | undefined): Attributes {
  const id = added?.id ?? added?.job?.id;
  return id === undefined ? {} : { [ATTR_MESSAGE_ID]: String(id) };
}

/** The same jobs with the context that is running in their options; their data is not looked at. */
function carryingAll(jobs: readonly Flow[]): readonly Flow[] {
  const metadata = JSON.stringify(injectContext());
  if (metadata === '{}') return jobs;
  const carry = (job: Flow): Flow => {
    const { telemetry } = job.opts ?? {};
    const isOwn = telemetry?.metadata !== undefined || telemetry?.omitContext;
    return {
      ...job,
      ...(isOwn ? {} : { opts: { ...job.opts, telemetry: { ...telemetry, metadata } } }),
      ...(job.children ? { children: job.children.map(carry) } : {}),
    };
  };
  return jobs.map(carry);
}

// --- who processes them ----------------------------------------------------------------------------------------------

/** What each processor is recorded by: of several apps with the same class, as the last one says. */
const optionsOf = new WeakMap<object, QueueOptions>();

function watchProcessor(instance: object, options: QueueOptions): void {
  const { constructor: processor } = instance;
  if (typeof processor === 'function' && Reflect.hasMetadata(PROCESSOR_OF_BULLMQ, processor))
    watchMethod(instance, 'process', 'bullmq', options);
  for (
    let owner = Object.getPrototypeOf(instance);
    owner && owner !== Object.prototype;
    owner = Object.getPrototypeOf(owner)
  ) {
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      if (typeof value === 'function' && Reflect.hasMetadata(PROCESS_OF_BULL, value))
        watchMethod(instance, key, 'bull', options);
    }
  }
}

function watchMethod(instance: object, key: string, system: string, options: QueueOptions): void {
  const owner = prototypeWith(instance, key);
  if (!owner) return;
  optionsOf.set(owner, options);
  const method = `${instance.constructor.name}.${key}`;
  substitute(owner, key, (original) => processing(original, method, system, () => optionsOf.get(owner)?.root === true));
}

function processing(original: AnyFunction, method: string, system: string, isRoot: () => boolean): AnyFunction {
  const own = observedAs(original)?.operation.kind;
  return function (this: unknown, ...args: unknown[]): unknown {
    const work = () => Reflect.apply(original, this, args);
    const job = args[0] as Job | undefined;
    if (!activeSignals() || !job?.opts || job.queue?.opts?.telemetry) return work();
    const origin = safely('reading the context of a job', () => originOf(job, isRoot()));
    if (!origin) return work();
    if (own === SpanKind.CONSUMER) return context.with(origin.context, work);
    const what = { method, operation: operationOf(job, system, origin) };
    const done = args[1];
    if (typeof done !== 'function') return observeCall(what, work, JobCall);
    const call = startCall(what, JobCall);
    return callingBack(call, () =>
      Reflect.apply(original, this, [job, endingBy(call, done as AnyFunction), ...args.slice(2)]),
    );
  };
}

/** Processors of Bull that take a callback are done when they call it. */
function endingBy(call: JobCall | undefined, done: AnyFunction): AnyFunction {
  return (error, ...results) => {
    if (error) call?.fail(error);
    else call?.ok(results[0]);
    return done(error, ...results);
  };
}

function callingBack<T>(call: JobCall | undefined, work: () => T): T {
  if (!call) return work();
  try {
    return context.with(call.context, work);
  } catch (error) {
    call.fail(error);
    throw error;
  }
}

/** A job that is repeated is no part of what once began the repeating. */
function originOf(job: Job, isRoot: boolean): Origin {
  const here = context.active();
  const { metadata } = job.opts?.telemetry ?? {};
  const headers: unknown = safely('reading the context of a job', () => JSON.parse(String(metadata ?? null)));
  const origin = originOfMessage(here, typeof headers === 'object' ? headers : undefined);
  const isRepeated = job.repeatJobKey !== undefined || job.opts?.repeat !== undefined;
  return isRoot || isRepeated
    ? { context: outsideTrace(origin.context), links: linksTo(origin.links, origin.context) }
    : origin;
}

function operationOf(job: Job, system: string, origin: Origin): Operation {
  const { id, name, attemptsMade, queueName = job.queue?.name } = job;
  const destination = String(queueName);
  return {
    kind: SpanKind.CONSUMER,
    type: PROCESS,
    log: 'none',
    origin: () => origin,
    name: () => `${PROCESS} ${destination}`,
    onStart: () => ({
      [ATTR_MESSAGING_SYSTEM]: system,
      [ATTR_MESSAGING_OPERATION_TYPE]: PROCESS,
      [ATTR_MESSAGING_OPERATION_NAME]: PROCESS,
      [ATTR_MESSAGING_DESTINATION]: destination,
      ...(id !== undefined && { [ATTR_MESSAGE_ID]: String(id) }),
      ...(typeof name === 'string' && { [ATTR_JOB_NAME]: name }),
      ...(typeof attemptsMade === 'number' && { [ATTR_JOB_ATTEMPT]: attemptsMade + 1 }),
    }),
    record: recordProcessed,
  };
}

/** By which a processor tells BullMQ to come back to the job later: no failures. */
const PUT_OFF = new Set(['DelayedError', 'WaitingError', 'WaitingChildrenError', 'RateLimitError']);
const RATE_LIMIT = 'bullmq:rateLimitExceeded';

class JobCall extends FrameworkCall {
  override fail(error: unknown): void {
    const { name, message } = (error ?? {}) as Partial<Error>;
    if (PUT_OFF.has(name ?? '') || message === RATE_LIMIT) this.endAt(performance.now());
    else this.failAt(error, performance.now());
  }
}
