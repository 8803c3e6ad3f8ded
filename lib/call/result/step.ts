import { AsyncResource } from 'node:async_hooks';
import type { Context } from '@opentelemetry/api';
import { context } from '../../otel.js';
import type { Tap } from './tap.js';

/**
 * One step of an iterator, taken again and again, each time in the context of the call. To enter a context anew costs more
 * than most steps do; so what was entered once is kept for as long as the reader's own context stays the same.
 */
export class Step {
  private readFrom: Context | undefined;
  private call: Context | undefined;
  private inside: AsyncResource | undefined;

  constructor(
    private readonly method: (...args: unknown[]) => unknown,
    private readonly iterator: object,
    private readonly reader: Pick<Tap, 'innermost'>,
  ) {}

  take(args: readonly unknown[]): unknown {
    const inside = this.entered();
    if (!inside) return Reflect.apply(this.method, this.iterator, args);
    return inside.runInAsyncScope(this.method, this.iterator, ...args);
  }

  /** A step of an async generator, which makes no difference between no argument and `undefined`. */
  takeOwn(value: unknown): Promise<unknown> {
    const inside = this.entered();
    const result = inside
      ? inside.runInAsyncScope(this.method, this.iterator, value)
      : this.method.call(this.iterator, value);
    return result as Promise<unknown>;
  }

  /** The context to take the step in; none where the reader is in there already, or the call is over. */
  private entered(): AsyncResource | undefined {
    const call = this.reader.innermost();
    const active = context.active();
    if (call === undefined || active === call) return undefined;
    if (!this.inside || this.readFrom !== active || this.call !== call) {
      this.inside = context.with(call, () => new AsyncResource('annotel.step', { requireManualDestroy: true }));
      this.readFrom = active;
      this.call = call;
    }
    return this.inside;
  }
}
