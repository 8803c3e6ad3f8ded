import type { EntryPoint, FoundMethod } from './found-methods.js';

/** `@nestjs/event-emitter` keeps under this what a method listens to. */
const EVENT_LISTENER_METADATA = 'EVENT_LISTENER_METADATA';

/** A method with `@OnEvent()`: it runs in the context of whoever emits. */
export function eventListener({ method }: FoundMethod): EntryPoint | undefined {
  return Reflect.hasMetadata(EVENT_LISTENER_METADATA, method) ? { type: 'event' } : undefined;
}
