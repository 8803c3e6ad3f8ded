import type { DiscoveryService } from '@nestjs/core';
import { withOptions } from '../../lib/call/options.js';
import { safely } from '../../lib/safely.js';
import { calledMethod } from '../observation.js';
import { type EntryPoint, type FoundMethod, observed } from './found-methods.js';

/** `@nestjs/schedule` keeps under this whether a method is a cron job (1), a timeout (2) or an interval (3). */
const SCHEDULER_TYPE = 'SCHEDULER_TYPE';
const JOBS = [undefined, 'cron', 'timeout', 'interval'] as const;

/** A method with `@Cron()`, `@Timeout()` or `@Interval()`. */
export function scheduledJob({ method }: FoundMethod): EntryPoint | undefined {
  const type = JOBS[Reflect.getMetadata(SCHEDULER_TYPE, method)];
  return type && { type, root: true };
}

/** A job of the package `cron` keeps here what it runs, and gives nobody another way to it; it sees to errors itself. */
const CALLBACKS = '_callbacks';

/** What is used here of the `SchedulerRegistry` of `@nestjs/schedule`, and of what adds decorated jobs to it. */
interface SchedulerRegistry {
  addCronJob(name: string, job: object): unknown;
}
interface SchedulerOrchestrator {
  readonly cronJobs: object;
}

/** Records cron jobs that the app makes itself and adds to the `SchedulerRegistry`. What it schedules by itself, nobody sees. */
export function watchAddedJobs(discovery: DiscoveryService): void {
  const instances = discovery.getProviders().map(({ instance }) => instance);
  const named = (name: string) => instances.find((instance) => instance?.constructor?.name === name);
  const registry: SchedulerRegistry | undefined = named('SchedulerRegistry');
  const orchestrator: SchedulerOrchestrator | undefined = named('SchedulerOrchestrator');
  if (typeof registry?.addCronJob !== 'function') return;
  const { addCronJob } = registry;
  registry.addCronJob = (name, job) => {
    safely('watching a cron job', () => {
      if (!Object.hasOwn(orchestrator?.cronJobs ?? {}, name)) watchJob(name, job);
    });
    return Reflect.apply(addCronJob, registry, [name, job]);
  };
}

function watchJob(name: string, job: { [CALLBACKS]?: unknown }): void {
  const callbacks = job[CALLBACKS];
  if (!Array.isArray(callbacks)) return;
  const what = calledMethod({ method: name, type: 'cron' });
  const entry = { ...what, operation: withOptions(what.operation, { root: true }) };
  job[CALLBACKS] = callbacks.map((callback) => observed(callback, entry));
}
