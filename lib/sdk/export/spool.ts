import { createHash, randomBytes } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Room } from './backlog.js';
import type { Encoded } from './otlp.js';
import { sweep } from './spool-adoption.js';
import { fileName } from './spool-file.js';
import { Home, type Identity } from './spool-home.js';
import { type SpoolLabel, SpoolQueue } from './spool-queue.js';

export interface SpoolOptions {
  /** Created where it does not exist, for this user alone. */
  readonly dir: string;
  /** Bytes of all files of this process; where there are more, the oldest goes. Default 100 MB. */
  readonly maxBytes?: number | undefined;
  /** Milliseconds after which a file goes. Default 24 hours. */
  readonly maxAge?: number | undefined;
  /** Says one sentence to the operator. */
  readonly warn: (sentence: string) => void;
  /** For tests. */
  readonly now?: () => number;
  readonly identity?: Identity;
}

const EVERY = 10_000;
/** Of those beats, how many pass between two looks for what others have left and for what is too old. */
const LOOK_EVERY = 6;

/**
 * The directory that holds what could not be delivered, until it can: `{dir}/{signal and service}/{process}/{batch}`.
 * Processes may share it. Each writes in directories of its own and takes over those of the dead.
 */
export class Spool {
  readonly dir: string;
  readonly #queues: SpoolQueue<never>[] = [];
  readonly #warned = new Set<string>();
  readonly #names = new Set<string>();
  readonly #writer = randomBytes(4).toString('hex');
  readonly #identity: Identity;
  readonly #maxBytes: number;
  readonly #maxAge: number;
  #sequence = 0;
  #bytes = 0;
  #beats = 0;
  #timer: NodeJS.Timeout | undefined;
  #disk: Promise<unknown> = Promise.resolve();
  #trash: string[] = [];
  #emptying: Promise<void> | undefined;

  constructor(private readonly options: SpoolOptions) {
    // The app may change its working directory.
    this.dir = resolve(options.dir);
    this.#maxBytes = options.maxBytes ?? 100e6;
    this.#maxAge = options.maxAge ?? 24 * 3_600_000;
    this.#identity = options.identity ?? {
      host: hostname(),
      pid: process.pid,
      started: Math.round(Date.now() - process.uptime() * 1000),
    };
  }

  /**
   * The queue of one signal of one service; what earlier processes have left for it comes in soon after. Never fails:
   * where the directory cannot be used, the queue holds in memory what fits there.
   *
   * @param limit for what is not on disk yet, or cannot be put there
   */
  open<Batch>(
    label: SpoolLabel,
    limit: Room,
    encode: (batch: Batch) => Encoded,
    count: (batch: Batch) => number,
  ): SpoolQueue<Batch> {
    const key = createHash('sha256').update(label.service).digest('hex').slice(0, 12);
    const name = `${label.signal}-${key}`;
    this.#names.add(name);
    const self = `${this.now()}-${this.#identity.pid}-${this.#writer}`;
    const home = new Home(join(this.dir, name, self), this.#identity);
    const queue = new SpoolQueue(this, home, label, limit, encode, count);
    this.#queues.push(queue as unknown as SpoolQueue<never>);
    this.#timer ??= setInterval(() => this.#beat(), EVERY).unref();
    return queue;
  }

  now(): number {
    return (this.options.now ?? Date.now)();
  }

  nextName(items: number): string {
    this.#sequence += 1;
    return fileName(this.now(), this.#sequence, this.#writer, items);
  }

  /** Whether what was written at that time is still worth keeping. */
  isFresh(file: { readonly millis: number } | undefined): boolean {
    return this.now() - (file?.millis ?? 0) <= this.#maxAge;
  }

  /** Disk work one after the other: the thread pool belongs to the app. Never rejects. */
  later(work: () => Promise<void>): Promise<void> {
    const done = this.#disk.then(work);
    this.#disk = done.catch(() => {});
    return done.catch(() => {});
  }

  /** Removes a file, one after the other as well, but beside the rest: there may be very many. Never rejects. */
  remove(path: string): Promise<void> {
    this.#trash.push(path);
    this.#emptying ??= this.#empty();
    return this.#emptying;
  }

  /** Accounts for bytes on disk, negative for those that have gone, and makes room where there are too many. */
  weigh(bytes: number): void {
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes) {
      const oldest = this.#queues
        .flatMap((queue) => queue.oldest() ?? [])
        .reduce<{ name: string; evict(): void } | undefined>(
          (least, one) => (least === undefined || one.name < least.name ? one : least),
          undefined,
        );
      if (oldest === undefined) return;
      this.#warnOfFull();
      oldest.evict();
    }
  }

  /** Of files, the oldest first: how many have to go in any case. */
  surplus(files: readonly { readonly bytes: number }[]): number {
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    let count = 0;
    for (; bytes > this.#maxBytes; count += 1) bytes -= files[count]?.bytes ?? bytes;
    if (count > 0) this.#warnOfFull();
    return count;
  }

  /** Says a sentence once in the life of the process for each kind of trouble. */
  warnOnce(kind: string, sentence: string): void {
    if (this.#warned.has(kind)) return;
    this.#warned.add(kind);
    this.options.warn(sentence);
  }

  /** Tells that the disk does not take what it should. */
  refused(error: unknown): void {
    const { code, message } = error as NodeJS.ErrnoException;
    this.warnOnce(
      'write',
      `cannot write to the spool ${this.dir} (${code ?? message}): telemetry is held in memory only`,
    );
  }

  /** Forgets a queue that has ended. */
  released(queue: SpoolQueue<never>): void {
    const index = this.#queues.indexOf(queue);
    if (index !== -1) this.#queues.splice(index, 1);
    if (this.#queues.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #warnOfFull(): void {
    this.warnOnce('full', `the spool ${this.dir} has reached ${this.#maxBytes} bytes: the oldest in it is dropped`);
  }

  async #empty(): Promise<void> {
    while (this.#trash.length > 0) {
      const paths = this.#trash;
      this.#trash = [];
      for (const path of paths) await unlink(path).catch(() => {});
    }
    this.#emptying = undefined;
  }

  /** One heartbeat. Every sixth also looks around. */
  #beat(): void {
    this.#beats += 1;
    for (const queue of this.#queues) queue.touch();
    if (this.#beats % LOOK_EVERY === 0) this.lookAround();
  }

  /** Takes over what others have left, and drops what is too old. */
  lookAround(): void {
    for (const queue of this.#queues) queue.lookAround();
    const removed = sweep(this.dir, this.#names, this).catch(() => 0);
    removed.then((items) => {
      const what = `${items} items in the spool ${this.dir} were of other services and are too old: they are dropped`;
      if (items > 0) this.warnOnce('foreign', what);
    });
  }
}
