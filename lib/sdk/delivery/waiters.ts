import type { Held } from './backlog.js';

/** Those who wait until some parcels have gone. */
export class Waiters {
  readonly #waiting = new Map<() => void, ReadonlySet<Held> | undefined>();

  /** @param areGone whether there is no reason to wait for these any more; of all where `held` is left out */
  constructor(private readonly areGone: (held?: ReadonlySet<Held>) => boolean) {}

  /** Resolves when `held`, or everything, has gone. */
  async until(held?: ReadonlySet<Held>): Promise<void> {
    if (!this.areGone(held)) await new Promise<void>((resolve) => this.#waiting.set(resolve, held));
  }

  /** Something has changed. */
  tell(): void {
    for (const [resolve, held] of this.#waiting) {
      if (!this.areGone(held)) continue;
      this.#waiting.delete(resolve);
      resolve();
    }
  }
}
