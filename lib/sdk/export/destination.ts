import { warn } from '../warnings.js';
import { inItems, type Signal } from './signal.js';

/** Items by signal. */
class Counts {
  readonly #counts = new Map<Signal, number>();

  add(signal: Signal, items: number): void {
    if (items > 0) this.#counts.set(signal, (this.#counts.get(signal) ?? 0) + items);
  }

  /** `12 spans, 1 log record`; empty where there is nothing. */
  get text(): string {
    return [...this.#counts].map(([signal, items]) => inItems(signal, items)).join(', ');
  }

  clear(): void {
    this.#counts.clear();
  }
}

// Reasons are the destination's own words and may be without end.
const MOST_REASONS = 20;

/**
 * One place that telemetry is sent to, and what the operator is told of it: one sentence when an outage begins, one when
 * it ends, one for each kind of refusal, and one at the end of the process if anything is left or lost by then.
 */
export class Destination {
  readonly #failing = new Set<Signal>();
  readonly #late = new Counts();
  readonly #dropped = new Counts();
  readonly #left = new Counts();
  readonly #refused = new Set<string>();
  #isOut = false;
  #isEnding = false;
  #hasInherited = false;
  #reason = '';
  #queues = 0;

  /**
   * @param name as it stands in the sentences, an origin such as `http://localhost:4318`
   * @param meanwhile what happens to telemetry while it does not answer: `spooled in …`
   */
  constructor(
    readonly name: string,
    private readonly meanwhile: string,
  ) {}

  /** Why it does not take telemetry now; `undefined` where it does, as far as is known. */
  get outage(): string | undefined {
    return this.#isOut ? this.#reason : undefined;
  }

  /** One more queue sends here from now on, until it calls `left`. */
  join(): void {
    this.#queues += 1;
  }

  /** What `signal` sends is not taken for now. */
  failing(signal: Signal, reason: string): void {
    this.#failing.add(signal);
    this.#reason = reason;
    if (this.#isOut || this.#isEnding) return;
    this.#isOut = true;
    warn(`cannot export ${signal} to ${this.name} (${reason}): all telemetry is ${this.meanwhile}, until it answers`);
  }

  /** Items that had to wait were taken after all. */
  delivered(signal: Signal, items: number): void {
    this.#late.add(signal, items);
  }

  /** Items were lost for another reason than a refusal. Told at the end of the outage, or of the process. */
  dropped(signal: Signal, items: number): void {
    this.#dropped.add(signal, items);
  }

  /** Something is to be sent that an earlier process has left. */
  inherited(): void {
    this.#hasInherited = true;
  }

  /** Everything of `signal` that had to wait has been sent. */
  recovered(signal: Signal): void {
    this.#failing.delete(signal);
    if (this.#failing.size > 0) return;
    const late = this.#late.text || 'nothing';
    if (this.#isOut) {
      const from = this.#hasInherited ? ', some of it left by an earlier process' : '';
      const dropped = this.#dropped.text || 'nothing';
      warn(`${this.name} answers again; delivered late: ${late}${from}; dropped: ${dropped}`);
      this.#dropped.clear();
    } else if (this.#hasInherited) {
      warn(`${this.name} was sent what an earlier process had left in the spool: ${late}`);
    }
    this.#isOut = false;
    this.#hasInherited = false;
    this.#late.clear();
  }

  /** The destination answers, but does not want these items. Told once for each reason, later ones at the end. */
  refused(signal: Signal, items: number, reason: string): void {
    if (this.#refused.has(reason) || this.#refused.size >= MOST_REASONS) return this.dropped(signal, items);
    this.#refused.add(reason);
    if (items === 0) warn(`${this.name} says of ${signal}: ${reason}`);
    else
      warn(`${this.name} refuses ${signal} (${reason}): ${inItems(signal, items)} dropped, as will be all it refuses`);
  }

  /** The process is about to end: what goes wrong from now on is told in the last sentence. */
  ending(): void {
    this.#isEnding = true;
  }

  /**
   * A queue has ended. After the last one comes the sentence about what is left or lost.
   *
   * @param spooled its items that stay in the spool
   * @param reason why anything is left or lost, where no outage says it
   */
  left(signal: Signal, spooled: number, reason?: string): void {
    this.#left.add(signal, spooled);
    this.#queues -= 1;
    if (this.#reason === '' && reason !== undefined) this.#reason = reason;
    if (this.#queues > 0) return;
    const parts = [
      this.#left.text && `${this.#left.text} left in the spool for the next start`,
      this.#dropped.text && `${this.#dropped.text} dropped`,
    ].filter((part) => part !== '');
    const reasons = this.#reason === '' ? '' : ` (${this.#reason})`;
    if (parts.length > 0) warn(`cannot export telemetry to ${this.name}${reasons} before the end: ${parts.join('; ')}`);
    this.#dropped.clear();
    this.#left.clear();
  }
}
