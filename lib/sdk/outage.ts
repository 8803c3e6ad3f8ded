import type { Signal } from './options.js';
import { warn } from './warnings.js';

// A signal that has had nothing to send since its last failure must not keep an outage open for ever.
const FORGOTTEN_AFTER = 180_000;

/**
 * One place that telemetry is sent to, and whether it answers. Says one sentence when an outage begins and one when it
 * ends, whatever the number of signals and failures in between.
 */
export class Destination {
  readonly #failing = new Map<Signal, number>();
  readonly #dropped = new Map<string, number>();
  #isOut = false;

  /**
   * @param name as it stands in the sentences, an origin such as `http://localhost:4318`
   * @param now milliseconds, for tests
   */
  constructor(
    private readonly name: string,
    private readonly now: () => number = Date.now,
  ) {}

  /** @param items what was lost, in words: `{ spans: 12 }` */
  failed(signal: Signal, items: Readonly<Record<string, number>>, reason: string): void {
    this.#failing.set(signal, this.now());
    for (const [kind, count] of Object.entries(items)) this.#dropped.set(kind, (this.#dropped.get(kind) ?? 0) + count);
    if (this.#isOut) return;
    this.#isOut = true;
    warn(
      `cannot export ${signal} to ${this.name} (${reason}): ${this.#losses()} dropped, and so is all telemetry until it answers`,
    );
  }

  delivered(signal: Signal): void {
    if (!this.#isOut) return;
    this.#failing.delete(signal);
    for (const [other, at] of this.#failing) if (this.now() - at > FORGOTTEN_AFTER) this.#failing.delete(other);
    if (this.#failing.size > 0) return;
    this.#isOut = false;
    warn(`${this.name} answers again; dropped in the meantime: ${this.#losses()}`);
    this.#dropped.clear();
  }

  #losses(): string {
    return [...this.#dropped]
      .map(([kind, count]) => `${count} ${count === 1 ? kind.replace(/s$/, '') : kind}`)
      .join(', ');
  }
}
