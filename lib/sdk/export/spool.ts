import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { withoutCredentials } from '../../privacy/cleaning/web-address.js';
import type { Backlog, BacklogListener, Held, Room } from './backlog.js';
import type { Encoded } from './otlp.js';
import type { Signal } from './signal.js';
import { type Age, type BatchFile, BLOCK, byName, type Identity, SpoolDirectory, sweep } from './spool-directory.js';
import { fileName, type Label, readBatchFile, writeBatchFile, writeBatchFileNow } from './spool-file.js';

export interface SpoolOptions {
  /** Created where it does not exist, for this user alone. */
  readonly dir: string;
  /** Says one sentence to the operator. */
  readonly warn: (sentence: string) => void;
  /** Bytes of all files of this process; where there are more, the oldest goes. Default 256 MB. */
  readonly maxBytes?: number | undefined;
  /** Milliseconds after which a file goes. Default 48 hours. */
  readonly maxAge?: number | undefined;
  /** Milliseconds of the epoch, for tests. */
  readonly now?: () => number;
  /** For tests. */
  readonly identity?: Identity;
}

/** What a queue in the spool is for. */
export interface SpoolLabel {
  readonly signal: Signal;
  /** Where it is to be sent. */
  readonly url: string;
  /** Whose telemetry it is: what one service has left is not sent by another, which may have another destination. */
  readonly service: string;
}

const HEARTBEAT = 10_000;
/** So many heartbeats pass between two looks for what others have left and for what is too old. */
const LOOK_EVERY = 6;
// What has just been written is most often sent at once, and need not be read again.
const KEPT_IN_MEMORY = 1024 * 1024;

/**
 * The directory that holds what could not be exported, until it can: `{dir}/{signal and service}/{process}/{batch}`.
 * Processes may share it. Each writes in directories of its own and takes over those of the dead.
 */
export class Spool implements Age {
  readonly dir: string;
  readonly #queues = new Set<SpoolQueue<never>>();
  readonly #warned = new Set<string>();
  /** Of the directories that this process looks after. */
  readonly #names = new Set<string>();
  readonly #writer = randomBytes(4).toString('hex');
  readonly #identity: Identity;
  readonly #maxBytes: number;
  readonly #maxAge: number;
  #sequence = 0;
  #bytes = 0;
  #heartbeats = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #removing: Promise<void> = Promise.resolve();

  constructor(private readonly options: SpoolOptions) {
    // The app may change its working directory.
    this.dir = resolve(options.dir);
    this.#maxBytes = options.maxBytes ?? 256e6;
    this.#maxAge = options.maxAge ?? 48 * 3_600_000;
    const started = Math.round(Date.now() - process.uptime() * 1000);
    this.#identity = options.identity ?? { host: hostname(), pid: process.pid, started };
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
    const name = `${label.signal}-${createHash('sha256').update(label.service).digest('hex').slice(0, 12)}`;
    this.#names.add(name);
    const path = join(this.dir, name, `${this.now()}-${this.#identity.pid}-${this.#writer}`);
    const queue = new SpoolQueue(this, new SpoolDirectory(path, this.#identity), label, limit, encode, count);
    this.#queues.add(queue as unknown as SpoolQueue<never>);
    this.#timer ??= setInterval(() => this.#heartbeat(), HEARTBEAT).unref();
    return queue;
  }

  /** Forgets a queue that has ended. */
  closed(queue: object): void {
    this.#queues.delete(queue as SpoolQueue<never>);
    if (this.#queues.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Takes over what other processes have left, and drops what is too old. */
  lookAround(): void {
    for (const queue of this.#queues) queue.lookAround();
    sweep(this.dir, this.#names, this).then(
      (items) => {
        const what = `${items} items in the spool ${this.dir} were of other services and are too old: they are dropped`;
        if (items > 0) this.warnOnce('other services', what);
      },
      () => {},
    );
  }

  now(): number {
    return (this.options.now ?? Date.now)();
  }

  isFresh(millis: number): boolean {
    return this.now() - millis <= this.#maxAge;
  }

  newFile(items: number): Pick<BatchFile, 'name' | 'millis'> {
    this.#sequence += 1;
    const millis = this.now();
    return { name: fileName(millis, this.#sequence, this.#writer, items), millis };
  }

  /** Writes one after the other: the thread pool belongs to the app. Never rejects. */
  write(work: () => Promise<void>): Promise<void> {
    this.#writing = this.#writing.then(work).catch(() => {});
    return this.#writing;
  }

  /** Removes one after the other as well, but beside the writing: there may be very many. Never rejects. */
  remove(path: string): Promise<void> {
    this.#removing = this.#removing.then(() => unlink(path)).catch(() => {});
    return this.#removing;
  }

  /** Counts bytes on disk, negative for those that have gone, and makes room where there are too many. */
  weigh(bytes: number): void {
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes) {
      const oldest = [...this.#queues].flatMap((queue) => queue.evictable() ?? []).sort(byName)[0];
      if (oldest === undefined) return;
      this.#warnOfFull();
      oldest.evict();
    }
  }

  /** Of files, the oldest first: how many have to go in any case. */
  surplus(files: readonly BatchFile[]): number {
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

  /** Reports that the disk does not take what it should. */
  cannotWrite(error: unknown): void {
    const { code, message } = error as NodeJS.ErrnoException;
    this.warnOnce(
      'write',
      `cannot write to the spool ${this.dir} (${code ?? message}): telemetry is held in memory only`,
    );
  }

  #warnOfFull(): void {
    this.warnOnce('full', `the spool ${this.dir} has reached ${this.#maxBytes} bytes: the oldest in it is dropped`);
  }

  #heartbeat(): void {
    this.#heartbeats += 1;
    for (const queue of this.#queues) queue.touch();
    if (this.#heartbeats % LOOK_EVERY === 0) this.lookAround();
  }
}

interface Spooled<Batch> extends Held, BatchFile {
  encoded: Encoded | undefined;
  batch: Batch | undefined;
  /** `writing`: not to be sent yet. `memory`: the disk has refused it. */
  state: 'writing' | 'disk' | 'memory';
}

/** A backlog on disk: each batch is written before it is sent, and removed once it has been taken. */
export class SpoolQueue<Batch> implements Backlog<Batch> {
  readonly isDurable = true;
  /** The oldest first. */
  readonly #held: Spooled<Batch>[] = [];
  /** Work on the disk that is under way. */
  readonly #work = new Set<Promise<void>>();
  #listener: BacklogListener | undefined;
  /** What is not on disk. */
  #memory = { items: 0, bytes: 0 };
  #adopting: Promise<void> | undefined;

  constructor(
    private readonly spool: Spool,
    private readonly directory: SpoolDirectory,
    private readonly label: SpoolLabel,
    private readonly limit: Room,
    private readonly encode: (batch: Batch) => Encoded,
    private readonly count: (batch: Batch) => number,
  ) {
    try {
      directory.make();
    } catch (error) {
      spool.cannotWrite(error);
    }
  }

  get all(): readonly Held[] {
    return this.#held;
  }

  listen(listener: BacklogListener): void {
    this.#listener = listener;
    this.lookAround();
  }

  put(batch: Batch, isLate: boolean): Held | undefined {
    const items = this.count(batch);
    const encoded = this.encode(batch);
    const bytes = Math.max(BLOCK, encoded.body.byteLength + 256);
    const isFull = this.#memory.items + items > this.limit.items || this.#memory.bytes + bytes > this.limit.bytes;
    if (isFull && this.#memory.items > 0) return undefined;
    const file = { ...this.spool.newFile(items), items, bytes };
    const held: Spooled<Batch> = { ...file, encoded, batch, isLate, isInFlight: false, state: 'writing' };
    this.#held.push(held);
    this.#countMemory(held, 1);
    this.#track(this.spool.write(() => this.#write(held, encoded)));
    return held;
  }

  room(): number {
    return this.#memory.bytes >= this.limit.bytes ? 0 : Math.max(0, this.limit.items - this.#memory.items);
  }

  next(): Held | undefined {
    return this.#held.find(({ isInFlight, state }) => !isInFlight && state !== 'writing');
  }

  async content(held: Spooled<Batch>): Promise<Encoded | undefined> {
    if (held.encoded !== undefined) return held.encoded;
    try {
      const { url, ...encoded } = readBatchFile(await readFile(this.#path(held.name)));
      if (url !== this.label.url) this.#warnOfMoved(url);
      return encoded;
    } catch (error) {
      this.#forget(held);
      // Where it is gone, another process took it, believing this one dead: that one sends it.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      const aside = `${held.name}.corrupt`;
      await rename(this.#path(held.name), this.#path(aside)).catch(() => {});
      this.#warnOfAside(aside, (error as Error).message);
      this.#listener?.gone(held.items);
      return undefined;
    }
  }

  batch(held: Spooled<Batch>): Batch | undefined {
    return held.batch;
  }

  async done(held: Spooled<Batch>): Promise<void> {
    if (this.#forget(held) && held.state === 'disk') await unlink(this.#path(held.name)).catch(() => {});
  }

  inMemory(): Held[] {
    for (const held of this.#held) if (held.state !== 'disk') this.#writeNow(held);
    return this.#held.filter(({ state }) => state !== 'disk');
  }

  encoded(held: Spooled<Batch>): Encoded | undefined {
    return held.encoded;
  }

  async written(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  release(): void {
    this.spool.closed(this);
    this.directory.release();
  }

  touch(): void {
    this.directory.touch();
  }

  /** The oldest that may go, and how. Never an only one: it would be gone before it was sent. */
  evictable(): { readonly name: string; evict(): void } | undefined {
    if (this.#held.length < 2) return undefined;
    const held = this.#held.find(({ isInFlight, state }) => !isInFlight && state === 'disk');
    return held && { name: held.name, evict: () => this.#evict(held) };
  }

  /** Takes over what other processes have left, and drops what is too old. */
  lookAround(): void {
    // Beside the writing: what is new must not wait for what is old.
    this.#adopting ??= this.#adopt()
      .catch(() => {})
      .finally(() => {
        this.#adopting = undefined;
      });
    this.#track(this.#adopting);
    this.#dropOld(this.#held);
  }

  async #write(held: Spooled<Batch>, { contentType, body }: Encoded): Promise<void> {
    // Written at the end of the process, or given up, in the meantime.
    if (held.state !== 'writing') return;
    const path = this.#path(held.name);
    const write = () => writeBatchFile(path, this.#labelOf(held, contentType), body);
    try {
      await write().catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        // Somebody has removed the directory.
        this.directory.make();
        return write();
      });
      this.#onDisk(held);
    } catch (error) {
      await unlink(`${path}.tmp`).catch(() => {});
      if (held.state === 'writing') held.state = 'memory';
      this.spool.cannotWrite(error);
    }
    this.#listener?.ready();
  }

  #writeNow(held: Spooled<Batch>): void {
    if (held.encoded === undefined) return;
    const { contentType, body } = held.encoded;
    try {
      if (!existsSync(this.directory.path)) this.directory.make();
      writeBatchFileNow(this.#path(held.name), this.#labelOf(held, contentType), body);
      this.#onDisk(held);
    } catch (error) {
      this.spool.cannotWrite(error);
    }
  }

  #onDisk(held: Spooled<Batch>): void {
    if (held.state === 'disk') return;
    held.state = 'disk';
    this.#countMemory(held, -1);
    const kept = this.#held.filter(({ state }) => state === 'disk');
    if (kept.reduce((sum, { encoded }) => sum + (encoded?.body.byteLength ?? 0), 0) > KEPT_IN_MEMORY) {
      held.encoded = undefined;
      held.batch = undefined;
    }
    this.spool.weigh(held.bytes);
  }

  async #adopt(): Promise<void> {
    const { files, setAside } = await this.directory.adopt(this.spool);
    if (setAside[0] !== undefined) this.#warnOfAside(setAside[0], 'it is none of annotel');
    if (files.length === 0) return;
    const rest = { encoded: undefined, batch: undefined, isLate: true, isInFlight: false, state: 'disk' } as const;
    const found = files.map((file): Spooled<Batch> => ({ ...file, ...rest }));
    this.#listener?.found(found.reduce((sum, { items }) => sum + items, 0));
    // There may be very many: what cannot stay goes before it is held.
    const fresh = this.#dropOld(found);
    for (const held of fresh.splice(0, this.spool.surplus(fresh))) this.#evict(held);
    for (const held of fresh) this.#held.push(held);
    this.#held.sort(byName);
    this.spool.weigh(fresh.reduce((sum, { bytes }) => sum + bytes, 0));
    this.#listener?.ready();
  }

  /** @returns what stays */
  #dropOld(all: readonly Spooled<Batch>[]): Spooled<Batch>[] {
    const isOld = ({ millis, state, isInFlight }: Spooled<Batch>) =>
      state === 'disk' && !isInFlight && !this.spool.isFresh(millis);
    const old = all.filter(isOld);
    if (old.length === 0) return [...all];
    this.spool.warnOnce('old', `the spool ${this.spool.dir} holds what is too old to be sent: it is dropped`);
    for (const held of old) this.#evict(held);
    return all.filter((held) => !isOld(held));
  }

  #evict(held: Spooled<Batch>): void {
    this.#forget(held);
    this.#track(this.spool.remove(this.#path(held.name)));
    this.#listener?.gone(held.items);
  }

  /** @returns whether it was held until now */
  #forget(held: Spooled<Batch>): boolean {
    const index = this.#held.indexOf(held);
    if (index === -1) return false;
    this.#held.splice(index, 1);
    if (held.state === 'disk') this.spool.weigh(-held.bytes);
    else this.#countMemory(held, -1);
    return true;
  }

  #countMemory({ items, bytes }: Spooled<Batch>, sign: 1 | -1): void {
    this.#memory.items += sign * items;
    this.#memory.bytes += sign * bytes;
  }

  #track(work: Promise<void>): void {
    this.#work.add(work);
    work.then(() => this.#work.delete(work));
  }

  /** The endpoint has changed since: who has left it unsent wants it to arrive where telemetry goes now. */
  #warnOfMoved(url: string): void {
    const [from, to] = [withoutCredentials(url), withoutCredentials(this.label.url)];
    this.spool.warnOnce(`moved ${url}`, `what the spool ${this.spool.dir} holds for ${from} is sent to ${to}`);
  }

  #warnOfAside(name: string, why: string): void {
    const path = this.#path(name);
    this.spool.warnOnce('corrupt', `a file in the spool cannot be used (${why}) and is set aside as ${path}`);
  }

  #labelOf({ items }: Spooled<Batch>, contentType: Label['contentType']): Label {
    const { signal, url } = this.label;
    return { signal, url, contentType, items };
  }

  #path(name: string): string {
    return join(this.directory.path, name);
  }
}
