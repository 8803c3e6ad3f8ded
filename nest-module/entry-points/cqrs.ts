import { Observable } from 'rxjs';
import { isObserved } from '../../lib/call/wrap.js';
import { safely } from '../../lib/safely.js';
import { calledMethod, FrameworkCall, observeCall } from '../observation.js';
import { prototypeWith, substitute } from './substitute.js';

/** Under which `@nestjs/cqrs` keeps its decorators on a class, and which method it calls. */
const HANDLERS = [
  { metadata: '__commandHandler__', type: 'command', key: 'execute' },
  { metadata: '__queryHandler__', type: 'query', key: 'execute' },
  { metadata: '__eventsHandler__', type: 'event', key: 'handle' },
] as const;
/** The keys of a class's sagas. */
const SAGAS = '__saga__';

/**
 * Observes the handlers of commands, queries and events, and what sagas make of events. Each is part of whatever executed or
 * published; an event's handler that fails, and whose failure is only logged, is seen by its span. Comes before the handlers are
 * registered.
 */
export function watchCqrs(instances: Iterable<object>): void {
  for (const instance of instances) {
    if (typeof instance.constructor !== 'function') continue;
    safely('finding handlers of commands', () => {
      for (const { metadata, type, key } of HANDLERS) {
        if (Reflect.hasMetadata(metadata, instance.constructor)) watchHandler(instance, key, type);
      }
      const sagas: unknown = Reflect.getMetadata(SAGAS, instance.constructor);
      if (Array.isArray(sagas)) for (const key of sagas) watchSaga(instance, key);
    });
  }
}

function watchHandler(instance: object, key: string, type: string): void {
  const owner = prototypeWith(instance, key);
  if (!owner) return;
  const what = calledMethod({ method: `${instance.constructor.name}.${key}`, type });
  substitute(owner, key, (original) =>
    isObserved(original)
      ? original
      : function (this: unknown, ...args: unknown[]) {
          return observeCall(what, () => Reflect.apply(original, this, args));
        },
  );
}

/** A saga has no calls: its span is there for each command that it makes, with the command below, and for its failure. */
function watchSaga(instance: object, key: string): void {
  const owner = typeof key === 'string' ? prototypeWith(instance, key) : undefined;
  if (!owner) return;
  const what = calledMethod({ method: `${instance.constructor.name}.${key}`, type: 'saga' });
  substitute(
    owner,
    key,
    (original) =>
      function (this: unknown, ...args: unknown[]) {
        const commands: unknown = Reflect.apply(original, this, args);
        // Of another copy of rxjs, the package would not take it for one.
        if (!(commands instanceof Observable)) return commands;
        return new Observable((subscriber) =>
          commands.subscribe({
            next: (command) => observeCall(what, () => subscriber.next(command)),
            error: (error) => observeCall(what, () => subscriber.error(error), failedBy(error)),
            complete: () => subscriber.complete(),
          }),
        );
      },
  );
}

/** The app is told of it as before, and the span ends as a failure. */
function failedBy(error: unknown): typeof FrameworkCall {
  return class extends FrameworkCall {
    override ok(): void {
      this.failAt(error, performance.now());
    }
  };
}
