import { type AttemptResult, type Sender, shortReason } from './attempt-result.js';
import type { Backlog, BacklogListener, Held } from './backlog.js';
import type { Destination } from './destination.js';
import type { Encoded, OtlpTarget } from './otlp.js';
import { outside } from './outside.js';
import type { Batches, Signal } from './signal.js';

/** What sends one signal to one destination, and what holds it until then. */
export interface Route<Batch> {
  readonly signal: Signal;
  readonly destination: Destination;
  readonly batches: Batches<Batch>;
  readonly sender: Sender<unknown>;
  readonly backlog: Backlog<Batch>;
  /** Where the thread sends that exports at the end of a process; absent where it cannot. */
  readonly target?: OtlpTarget | undefined;
  /** Milliseconds of the first pause after a failed attempt. Default 1000. */
  readonly firstPause?: number | undefined;
}

/** A batch that has not been exported, as plain data for the thread that exports at the end of a process. */
export interface PendingExport extends Encoded, OtlpTarget {
  readonly signal: Signal;
  readonly items: number;
}

/** The bodies of pending exports that the thread has sent. */
export type Delivered = Pick<WeakSet<Uint8Array>, 'has'>;

const AT_ONCE = 8;
// One export at a time, so that after a kill the next process repeats one batch at most; more only if batches pile up.
const AT_ONCE_FROM_DISK = 4;
const BEHIND = 8;
// Milliseconds. A first failure with a pause shorter than this is not reported: the second attempt mostly succeeds.
const LONGEST_BLIP = 5000;
const LONGEST_PAUSE = 10_000;
const LONGEST_PAUSE_AS_ASKED = 3_600_000;

/**
 * Exports the batches of one signal to one destination by one of OpenTelemetry's exporters, in order, and drops none of them
 * as long as it has room. While the destination is down it retries the oldest, with growing and jittered pauses, as the OTLP
 * specification asks (https://opentelemetry.io/docs/specs/otlp/#failures); which answers are retried stands in the senders.
 * It never throws, and keeps no process alive.
 */
export class ExportQueue<Batch> implements BacklogListener {
  readonly #waiting = new Map<() => void, ReadonlySet<Held> | undefined>();
  readonly #inFlight = new Set<Held>();
  #taken = 0;
  #exported = 0;
  #spooled = 0;
  #dropped = 0;
  #state: 'up' | 'down' | 'recovering' = 'up';
  #failures = 0;
  #pause: NodeJS.Timeout | undefined;
  #end: 'closing' | 'given up' | 'abandoned' | undefined;
  #ended: Promise<void> | undefined;
  #hasLeft = false;
  #hasAnswered = false;

  constructor(private readonly route: Route<Batch>) {
    route.destination.join();
    route.backlog.listen(this);
  }

  take(batch: Batch): void {
    const items = this.route.batches.count(batch);
    this.#taken += items;
    if (this.#end === 'abandoned') return this.#drop(items);
    this.#put(batch);
    this.ready();
  }

  /** How many items would fit now. */
  room(): number {
    return this.#end === 'abandoned' ? 0 : this.route.backlog.room();
  }

  /** Counts items as dropped that never reached the queue. */
  lost(items: number): void {
    this.#taken += items;
    this.#drop(items);
  }

  gone(items: number): void {
    this.#drop(items);
  }

  found(items: number): void {
    this.#taken += items;
    this.route.destination.inherited();
    if (this.#state === 'up') this.#state = 'recovering';
  }

  ready(): void {
    outside(() => this.#startAttempts());
  }

  /** Resolves when what is held now has been sent, or the destination is known to be down. Under load more comes meanwhile. */
  async settled(): Promise<void> {
    await this.route.backlog.written();
    await this.#until(new Set([...this.route.backlog.all, ...this.#inFlight]));
  }

  /** The process is about to end: one last attempt for everything, now. */
  close(): void {
    this.#end ??= 'closing';
    this.route.destination.ending();
    this.#endPause();
    this.ready();
  }

  shutdown(): Promise<void> {
    this.close();
    this.#ended ??= this.route.backlog
      .written()
      .then(() => this.#until())
      .then(() => this.#leave());
    return this.#ended;
  }

  /**
   * Aborts what is under way, drops whatever still comes, and closes the sockets. What a spool holds stays there, and what is
   * in `delivered` was sent by the thread and is not counted as dropped.
   *
   * @returns how many batches that were
   */
  abandon(reason: string, delivered?: Delivered): number {
    if (this.#end === 'abandoned') return 0;
    this.#end = 'abandoned';
    this.#endPause();
    const held = this.route.backlog.all.length;
    this.route.sender.abandon();
    this.#leave(reason, delivered);
    this.#tellWaiting();
    return held;
  }

  /** What is neither delivered nor on disk, those in flight included; what is not on disk yet is written first. */
  pending(): PendingExport[] {
    const { signal, target, backlog } = this.route;
    const left = backlog.inMemory();
    if (target === undefined) return [];
    return left.flatMap((held) => {
      const encoded = backlog.encoded(held);
      return encoded ? [{ signal, ...target, ...encoded, items: held.items }] : [];
    });
  }

  /** Whether there is nothing to wait for, or the destination has answered the last attempt. */
  get hasAnswered(): boolean {
    return this.#hasAnswered || this.route.backlog.all.length === 0;
  }

  counters(): ExportCounters {
    const { signal, destination } = this.route;
    const [taken, exported, spooled, dropped] = [this.#taken, this.#exported, this.#spooled, this.#dropped];
    return {
      signal,
      destination: destination.name,
      taken,
      exported,
      spooled,
      dropped,
      held: taken - exported - dropped,
    };
  }

  #put(batch: Batch): void {
    const { backlog, batches } = this.route;
    const isLate = this.#state === 'down';
    try {
      const held = backlog.put(batch, isLate);
      if (held === undefined) this.#drop(batches.count(batch));
      else if (isLate && backlog.isDurable) this.#spooled += held.items;
    } catch (error) {
      this.#divide(batch, error as Error);
    }
  }

  /** Splits a batch that is too large, or cannot be serialised: in the end only the item that causes it is dropped. */
  #divide(batch: Batch, error: Error): void {
    const { signal, destination, batches } = this.route;
    const parts = batches.halve(batch);
    if (parts.length > 1) {
      for (const part of parts) this.#put(part);
      return;
    }
    const items = batches.count(batch);
    this.#dropped += items;
    destination.refused(signal, items, shortReason(error));
  }

  #startAttempts(): void {
    while (this.#pause === undefined && this.#inFlight.size < this.#atOnce) {
      const held = this.route.backlog.next();
      if (held === undefined) break;
      held.isInFlight = true;
      this.#inFlight.add(held);
      this.#attempt(held);
    }
    this.#tellWaiting();
  }

  get #atOnce(): number {
    const { all, isDurable } = this.route.backlog;
    if (this.#end === 'abandoned' || this.#end === 'given up') return 0;
    if (this.#end === 'closing' && !isDurable) return AT_ONCE;
    if (this.#state !== 'up') return 1;
    if (!isDurable) return AT_ONCE;
    return all.length > BEHIND ? AT_ONCE_FROM_DISK : 1;
  }

  async #attempt(held: Held): Promise<void> {
    const { sender, backlog } = this.route;
    let answer: AttemptResult | undefined;
    let parts: Batch | undefined;
    try {
      const content = await backlog.content(held);
      if (content !== undefined) answer = await sender.send(content);
    } catch (error) {
      answer = { status: 'refused', error: error as Error };
    }
    if (answer?.status === 'divisible') parts = backlog.batch(held);
    if (answer) this.#hasAnswered = answer.status !== 'retryable' && answer.status !== 'lost';
    // Before the next one is sent: what is sent and still held would be sent again after a kill.
    if (answer?.status !== 'retryable' && !this.#hasLeft) await backlog.done(held);
    held.isInFlight = false;
    this.#inFlight.delete(held);
    if (this.#hasLeft) return;
    if (answer?.status === 'retryable') this.#failed(held, answer.error, answer.retryInMillis);
    else if (answer !== undefined) this.#answered(held, answer, parts);
    this.ready();
  }

  #answered(held: Held, answer: Exclude<AttemptResult, { status: 'retryable' }>, parts: Batch | undefined): void {
    const { signal, destination } = this.route;
    if (answer.status === 'lost') {
      this.#drop(held.items);
      this.#state = 'recovering';
      return destination.failing(signal, shortReason(answer.error));
    }
    if (answer.status === 'accepted') {
      const { items = 0, message = '' } = answer.rejected ?? {};
      const lost = Math.min(items, held.items);
      this.#exported += held.items - lost;
      this.#dropped += lost;
      if (answer.rejected) destination.refused(signal, lost, message || 'partial success');
      if (held.isLate) destination.delivered(signal, held.items - lost);
    } else if (parts !== undefined) {
      this.#divide(parts, answer.error);
    } else {
      this.#dropped += held.items;
      destination.refused(signal, held.items, shortReason(answer.error));
    }
    this.#failures = 0;
    if (this.#state === 'down') this.#state = 'recovering';
    if (this.#state === 'recovering' && !this.route.backlog.all.some(({ isLate }) => isLate)) {
      this.#state = 'up';
      destination.recovered(signal);
    }
  }

  #failed(held: Held, error: Error, retryInMillis: number | undefined): void {
    const { signal, destination, backlog, firstPause = 1000 } = this.route;
    const pause = nextPause(firstPause, this.#failures, retryInMillis);
    const isShort = this.#failures === 0 && pause < LONGEST_BLIP && this.#end === undefined;
    if (!isShort) destination.failing(signal, shortReason(error));
    if (this.#end !== undefined) {
      if (backlog.isDurable) {
        this.#end = 'given up';
      } else {
        this.#drop(held.items);
        backlog.done(held);
      }
      return;
    }
    if (this.#state !== 'down') for (const waiting of backlog.all) this.#isLate(waiting);
    this.#state = 'down';
    // Several that were under way fail together: one pause for all of them.
    if (this.#pause !== undefined) return;
    // A destination that asks for a long pause counts as down after one failure: a flush does not wait that long.
    this.#failures += pause < LONGEST_BLIP ? 1 : 2;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.ready();
    }, pause).unref();
  }

  #isLate(held: Held): void {
    if (!held.isLate && this.route.backlog.isDurable) this.#spooled += held.items;
    held.isLate = true;
  }

  #endPause(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  #drop(items: number): void {
    this.#dropped += items;
    this.route.destination.dropped(this.route.signal, items);
  }

  /** Resolves when `held`, or everything, has gone, or there is no reason to wait for it. */
  async #until(held?: ReadonlySet<Held>): Promise<void> {
    if (!this.#isSettled(held)) await new Promise<void>((resolve) => this.#waiting.set(resolve, held));
  }

  #tellWaiting(): void {
    for (const [resolve, held] of this.#waiting) {
      if (!this.#isSettled(held)) continue;
      this.#waiting.delete(resolve);
      resolve();
    }
  }

  /** @param held what is waited for; everything where it is left out */
  #isSettled(held?: ReadonlySet<Held>): boolean {
    // After one failure a flush waits for the next attempt: the collector may just be restarting.
    const isKnownDown = (this.#pause !== undefined && this.#failures >= 2) || this.#end === 'given up';
    if (this.#end === 'abandoned' || (isKnownDown && this.#inFlight.size === 0)) return true;
    const left = [...this.route.backlog.all, ...this.#inFlight];
    return !left.some((one) => held === undefined || held.has(one));
  }

  #leave(reason?: string, delivered?: Delivered): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    const { signal, destination, backlog, sender } = this.route;
    for (const held of backlog.inMemory()) {
      const encoded = delivered && backlog.encoded(held);
      if (!encoded || !delivered.has(encoded.body)) this.#drop(held.items);
      backlog.done(held);
    }
    for (const held of backlog.all) this.#isLate(held);
    const left = backlog.all.reduce((sum, { items }) => sum + items, 0);
    destination.left(signal, left, reason);
    this.#end = 'abandoned';
    sender.shutdown();
    backlog.release();
  }
}

/**
 * Milliseconds until the next attempt: growing by half with each failure up to ten seconds, or as long as the destination
 * asks for, and never the same for all processes.
 *
 * @param first the shortest, in milliseconds
 * @param failures attempts that have failed before this one
 * @param asked what the destination asks for; kept to, up to an hour
 * @param random from 0 to 1, for tests
 */
export function nextPause(first: number, failures: number, asked?: number, random: number = Math.random()): number {
  if (asked !== undefined) return Math.min(Math.max(asked, first), LONGEST_PAUSE_AS_ASKED) * (1 + random * 0.1);
  return Math.min(first * 1.5 ** failures, Math.max(LONGEST_PAUSE, first)) * (0.8 + random * 0.4);
}

/** What became of the items of one signal on the way to one destination, since telemetry started. */
export interface ExportCounters {
  readonly signal: Signal;
  /** Origin of the destination, such as `http://localhost:4318`. */
  readonly destination: string;
  /** Handed over for export, what an earlier process left in the spool included. */
  readonly taken: number;
  /** Accepted by the destination. */
  readonly exported: number;
  /** Kept on disk because the destination did not take them at once. Exported or dropped later, and counted there too. */
  readonly spooled: number;
  /** Lost: did not fit, refused, too old, or given up at the end. */
  readonly dropped: number;
  /** Neither exported nor dropped yet: `taken - exported - dropped`. */
  readonly held: number;
}
