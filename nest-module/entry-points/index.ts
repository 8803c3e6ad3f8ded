import type { DiscoveryService } from '@nestjs/core';
import { safely } from '../../lib/safely.js';
import { eventListener } from './event-listeners.js';
import { type EntryPoint, type FoundMethod, foundMethods, observeMethod } from './found-methods.js';
import { connectionHook } from './gateways.js';
import { scheduledJob } from './scheduled-jobs.js';

/** What a decorator of one of Nest's packages has made of a method, told by the metadata that it left. */
const RECOGNISED: readonly ((found: FoundMethod) => EntryPoint | undefined)[] = [
  scheduledJob,
  eventListener,
  connectionHook,
];

/**
 * Sees to it that what Nest calls in an app beside the handlers of requests is recorded: when all is instantiated, and before Nest's
 * packages look for it.
 */
export function watchEntryPoints(discovery: DiscoveryService): void {
  for (const found of foundMethods(discovery)) {
    safely('observing an entry point', () => {
      for (const recognise of RECOGNISED) {
        const entry = recognise(found);
        if (entry) observeMethod(found, entry);
      }
    });
  }
}
