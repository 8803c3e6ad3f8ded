import type { ApplicationConfig, DiscoveryService, HttpAdapterHost } from '@nestjs/core';
import { safely } from '../../lib/safely.js';
import type { PipelineOptions } from '../pipeline.js';
import { eventListener } from './event-listeners.js';
import { type EntryPoint, type FoundMethod, foundMethods, observeMethod } from './found-methods.js';
import { connectionHook, watchGateways, watchMessageHandler } from './gateways.js';
import { nameGraphqlRoutes } from './graphql.js';
import { watchField } from './graphql-fields.js';
import { scheduledJob, watchAddedJobs } from './scheduled-jobs.js';

/** What a decorator of one of Nest's packages has made of a method, told by the metadata that it left. */
const RECOGNISED: readonly ((found: FoundMethod) => EntryPoint | undefined)[] = [
  scheduledJob,
  eventListener,
  connectionHook,
];

/** What entry points of an app are found by. */
interface Finding {
  readonly discovery: DiscoveryService;
  readonly config: ApplicationConfig;
  readonly pipeline: PipelineOptions;
  readonly adapterHost: HttpAdapterHost;
}

/** Sees to it that what Nest calls in an app beside the handlers of requests is recorded. */
export class EntryPoints {
  constructor(private readonly app: Finding) {}

  /** Before Nest's packages look for what they call, and the first gateway has a client. */
  watchEarly(): void {
    this.watchMethods();
    safely('watching gateways', () => watchGateways(this.app.config));
  }

  /** When everything is instantiated: what factories make is not known before. */
  watchLate(): void {
    const { discovery, config, adapterHost } = this.app;
    this.watchMethods();
    safely('watching added jobs', () => watchAddedJobs(discovery));
    const { httpAdapter } = adapterHost;
    if (httpAdapter) safely('naming routes of GraphQL', () => nameGraphqlRoutes(discovery, config, httpAdapter));
  }

  private watchMethods(): void {
    const { discovery, pipeline } = this.app;
    for (const found of foundMethods(discovery)) {
      safely('observing an entry point', () => {
        for (const recognise of RECOGNISED) {
          const entry = recognise(found);
          if (entry) observeMethod(found, entry);
        }
        watchMessageHandler(found);
        watchField(found, pipeline);
      });
    }
  }
}
