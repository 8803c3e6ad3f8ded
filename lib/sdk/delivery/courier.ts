import type { BacklogListener, Held } from './backlog.js';
import { outside } from './outside.js';
import { packed } from './packing.js';
import type { Delivered, PendingParcel } from './parcel.js';
import { nextPause } from './pause.js';
import type { Delivery } from './processors.js';
import type { Route } from './route.js';
import type { Figures } from './tally.js';
import { type Answer, inWords } from './transport.js';
import { Waiters } from './waiters.js';

const AT_ONCE = 8;
// One at a time, so that a kill doubles one parcel at most, unless the destination is slower than what comes in.
const AT_ONCE_FROM_DISK = 4;
const BEHIND = 8;
// What a second attempt mends so soon is no outage, and not worth a word.
const LONGEST_BLIP = 5000;

/**
 * Delivers the batches of one signal to one destination, in order, and gives up none of them as long as it has room. While
 * the destination is down it tries the oldest again and again, with growing and jittered pauses.
 */
export class Courier<Batch> implements Delivery<Batch>, BacklogListener {
  readonly #waiters = new Waiters((held) => this.#isSettled(held));
  readonly #flying = new Set<Held>();
  #state: 'well' | 'down' | 'recovering' = 'well';
  #failures = 0;
  #pause: NodeJS.Timeout | undefined;
  #end: 'closing' | 'given up' | 'abandoned' | undefined;
  #ended: Promise<void> | undefined;
  #hasLeft = false;

  constructor(private readonly route: Route<Batch>) {
    route.destination.join();
    route.backlog.listen(this);
  }

  take(batch: Batch): void {
    const { signal, destination, encoding, tally, backlog } = this.route;
    const items = encoding.count(batch);
    tally.taken += items;
    if (this.#end === 'abandoned') return this.#drop(items);
    const isLate = this.#state === 'down';
    const { parcels, broken, error } = packed(encoding, batch);
    for (const parcel of parcels) {
      if (backlog.put(parcel, isLate) === undefined) this.#drop(parcel.items);
      else if (isLate && backlog.isDurable) tally.spooled += parcel.items;
    }
    tally.dropped += broken;
    if (broken > 0) destination.refused(signal, broken, `they cannot be written, ${inWords(error)}`);
    this.ready();
  }

  hasRoom(): boolean {
    return this.#end !== 'abandoned' && this.route.backlog.hasRoom();
  }

  /** Items that never got as far as this. */
  lost(items: number): void {
    this.route.tally.taken += items;
    this.gone(items);
  }

  gone(items: number): void {
    this.#drop(items);
  }

  found(items: number): void {
    this.route.tally.taken += items;
    this.route.destination.inherited();
    if (this.#state === 'well') this.#state = 'recovering';
  }

  ready(): void {
    outside(() => this.#pump());
  }

  /** Resolves when what is held now has been sent, or the destination is known to be down. Under load more comes meanwhile. */
  async settled(): Promise<void> {
    await this.route.backlog.written();
    await this.#waiters.until(new Set([...this.route.backlog.all, ...this.#flying]));
  }

  /** The process is about to end: one last attempt for everything, now. */
  close(): void {
    this.#end ??= 'closing';
    this.route.destination.ending();
    this.#resume();
    this.ready();
  }

  shutdown(): Promise<void> {
    this.close();
    const ended = () => this.#waiters.until().then(() => this.#leave());
    this.#ended ??= this.route.backlog.written().then(ended);
    return this.#ended;
  }

  /**
   * Gives up what is under way and whatever still comes, and lets go of the sockets. What a spool holds stays there,
   * and what `delivered` knows, sent by other means, is no loss.
   * @returns how many parcels that were
   */
  abandon(reason: string, delivered?: Delivered): number {
    if (this.#end === 'abandoned') return 0;
    this.#end = 'abandoned';
    this.#resume();
    const held = this.route.backlog.all.length;
    this.route.transport.abandon();
    this.#leave(reason, delivered);
    this.#waiters.tell();
    return held;
  }

  /** What is neither delivered nor on disk, those in flight included; what is not on disk yet is written first. */
  pending(): PendingParcel[] {
    const { signal, transport, backlog } = this.route;
    const there = { signal, ...transport.address(), contentEncoding: undefined };
    return backlog.inMemory().map(({ held, body }) => ({ ...there, body, items: held.items }));
  }

  figures(): Figures {
    return this.route.tally.figures();
  }

  #pump(): void {
    while (this.#pause === undefined && this.#flying.size < this.#atOnce) {
      const held = this.route.backlog.next();
      if (held === undefined) break;
      held.isFlying = true;
      this.#flying.add(held);
      this.#fly(held);
    }
    this.#waiters.tell();
  }

  get #atOnce(): number {
    const { all, isDurable } = this.route.backlog;
    if (this.#end === 'abandoned' || this.#end === 'given up') return 0;
    if (this.#end === 'closing' && !isDurable) return AT_ONCE;
    if (this.#state !== 'well') return 1;
    if (!isDurable) return AT_ONCE;
    return all.length > BEHIND ? AT_ONCE_FROM_DISK : 1;
  }

  async #fly(held: Held): Promise<void> {
    const { transport, backlog, timeout } = this.route;
    let answer: Answer | undefined;
    try {
      const body = await backlog.body(held);
      if (body !== undefined) answer = await transport.send(body, timeout);
    } catch (error) {
      answer = { status: 'failure', error: error as Error };
    }
    // Before the next one is sent: of what is both sent and held, a kill makes doubles.
    if (answer?.status !== 'retryable' && !this.#hasLeft) await backlog.done(held);
    held.isFlying = false;
    this.#flying.delete(held);
    if (this.#hasLeft) return;
    if (answer !== undefined) this.#landed(held, answer);
    this.ready();
  }

  #landed(held: Held, answer: Answer): void {
    const { signal, destination, encoding, tally } = this.route;
    if (answer.status === 'retryable') return this.#failed(held, answer.error, answer.retryInMillis);
    const rejected =
      answer.status === 'success'
        ? encoding.rejected(answer.data)
        : { items: held.items, message: inWords(answer.error) };
    const lost = Math.min(rejected?.items ?? 0, held.items);
    tally.exported += held.items - lost;
    tally.dropped += lost;
    if (rejected) destination.refused(signal, lost, rejected.message || 'partial success');
    this.#failures = 0;
    if (held.isLate) destination.delivered(signal, held.items - lost);
    if (this.#state === 'down') this.#state = 'recovering';
    if (this.#state === 'recovering' && !this.route.backlog.all.some(({ isLate }) => isLate)) {
      this.#state = 'well';
      destination.recovered(signal);
    }
  }

  #failed(held: Held, error: Error, retryInMillis: number | undefined): void {
    const { signal, destination, backlog, firstPause = 1000 } = this.route;
    const pause = nextPause(firstPause, this.#failures, retryInMillis);
    const isShort = this.#failures === 0 && pause < LONGEST_BLIP && this.#end === undefined;
    if (!isShort) destination.failing(signal, inWords(error));
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
    // One that is asked to stay away for long knows enough after one attempt: nobody waits for the next.
    this.#failures += pause < LONGEST_BLIP ? 1 : 2;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.ready();
    }, pause).unref();
  }

  #isLate(held: Held): void {
    if (!held.isLate && this.route.backlog.isDurable) this.route.tally.spooled += held.items;
    held.isLate = true;
  }

  #resume(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  #drop(items: number): void {
    this.route.tally.dropped += items;
    this.route.destination.dropped(this.route.signal, items);
  }

  /** @param held what is waited for; everything where it is left out */
  #isSettled(held?: ReadonlySet<Held>): boolean {
    // A first failure may be no more than a restart of the collector: worth waiting for.
    const isKnownDown = (this.#pause !== undefined && this.#failures >= 2) || this.#end === 'given up';
    if (this.#end === 'abandoned' || (isKnownDown && this.#flying.size === 0)) return true;
    const left = [...this.route.backlog.all, ...this.#flying];
    return !left.some((parcel) => held === undefined || held.has(parcel));
  }

  #leave(reason?: string, delivered?: Delivered): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    const { signal, destination, backlog, transport } = this.route;
    for (const { held, body } of backlog.inMemory()) {
      if (!delivered?.has(body)) this.#drop(held.items);
      backlog.done(held);
    }
    for (const held of backlog.all) this.#isLate(held);
    const left = backlog.all.reduce((sum, { items }) => sum + items, 0);
    destination.left(signal, left, reason);
    this.#end = 'abandoned';
    transport.shutdown();
    backlog.release();
  }
}
