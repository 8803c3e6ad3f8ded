import { existsSync } from 'node:fs';
import { readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { withoutCredentials } from '../../privacy/cleaning/web-address.js';
import type { Backlog, BacklogListener, Held, Room } from './backlog.js';
import type { ContentType, Encoded } from './otlp.js';
import type { Signal } from './signal.js';
import type { Spool } from './spool.js';
import { adopt, BLOCK } from './spool-adoption.js';
import { type Label, readBatchFile, readName, writeBatchFile, writeBatchFileNow } from './spool-file.js';
import type { Home } from './spool-home.js';

interface Spooled extends Held {
  readonly name: string;
  /** Bytes on disk, or to be there. */
  readonly bytes: number;
  encoded: Encoded | undefined;
  batch: unknown;
  /** `writing`: not to be sent yet. `memory`: the disk has refused it. */
  state: 'writing' | 'disk' | 'memory';
}

// What has just been written is most often sent at once, and need not be read again.
const KEPT_IN_MEMORY = 1024 * 1024;

/** What a queue in the spool is for. */
export interface SpoolLabel {
  readonly signal: Signal;
  /** Where it is to be sent. */
  readonly url: string;
  /** Whose telemetry it is: what one service has left is not sent by another, which may have another destination. */
  readonly service: string;
}

/** A backlog on disk: each batch is written before it is sent, and removed once it has been taken. */
export class SpoolQueue<Batch> implements Backlog<Batch> {
  readonly isDurable = true;
  readonly #held: Spooled[] = [];
  readonly #waiting = new Set<Promise<void>>();
  #listener: BacklogListener | undefined;
  #memory = { items: 0, bytes: 0 };
  #adopting: Promise<void> | undefined;

  constructor(
    private readonly spool: Spool,
    private readonly home: Home,
    private readonly label: SpoolLabel,
    private readonly limit: Room,
    private readonly encode: (batch: Batch) => Encoded,
    private readonly count: (batch: Batch) => number,
  ) {
    try {
      home.make();
    } catch (error) {
      this.spool.refused(error);
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
    const name = this.spool.nextName(items);
    const held: Spooled = { name, items, bytes, encoded, batch, isLate, isInFlight: false, state: 'writing' };
    this.#held.push(held);
    this.#remember(held, 1);
    this.#track(this.spool.later(() => this.#write(held)));
    return held;
  }

  room(): number {
    return this.#memory.bytes >= this.limit.bytes ? 0 : Math.max(0, this.limit.items - this.#memory.items);
  }

  next(): Held | undefined {
    return this.#held.find(({ isInFlight, state }) => !isInFlight && state !== 'writing');
  }

  async content(held: Held): Promise<Encoded | undefined> {
    const spooled = held as Spooled;
    if (spooled.encoded !== undefined) return spooled.encoded;
    try {
      const { url, ...encoded } = readBatchFile(await readFile(this.#path(spooled.name)));
      this.#tellMoved(url);
      return encoded;
    } catch (error) {
      this.#forget(spooled);
      // Another process took it, believing this one dead: it will send it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') await this.#setAside(spooled, error);
      return undefined;
    }
  }

  batch(held: Held): Batch | undefined {
    return (held as Spooled).batch as Batch | undefined;
  }

  async done(held: Held): Promise<void> {
    const spooled = held as Spooled;
    if (!this.#forget(spooled) || spooled.state !== 'disk') return;
    await unlink(this.#path(spooled.name)).catch(() => {});
  }

  inMemory(): Held[] {
    for (const held of this.#held) if (held.state !== 'disk') this.#writeNow(held);
    return this.#held.filter(({ state }) => state !== 'disk');
  }

  encoded(held: Held): Encoded | undefined {
    return (held as Spooled).encoded;
  }

  async written(): Promise<void> {
    while (this.#waiting.size > 0) await Promise.all(this.#waiting);
  }

  release(): void {
    this.spool.released(this as unknown as SpoolQueue<never>);
    this.home.release();
  }

  touch(): void {
    this.home.touch();
  }

  /** The oldest that may go, and how. Never an only one: it would be gone before it was sent. */
  oldest(): { readonly name: string; evict(): void } | undefined {
    if (this.#held.length < 2) return undefined;
    const held = this.#held.find(({ isInFlight, state }) => !isInFlight && state === 'disk');
    return held && { name: held.name, evict: () => this.#evict(held) };
  }

  /** Takes over what others have left, and drops what is too old. */
  lookAround(): void {
    // Beside the writing: what is new must not wait for what is old.
    this.#adopting ??= this.#adopt()
      .catch(() => {})
      .finally(() => {
        this.#adopting = undefined;
      });
    this.#track(this.#adopting);
    this.#dropOld();
  }

  async #write(held: Spooled): Promise<void> {
    // Written at the end of the process, or given up, in the meantime.
    const { state, encoded } = held;
    if (state !== 'writing' || encoded === undefined) return;
    const path = this.#path(held.name);
    const write = () => writeBatchFile(path, this.#fileLabel(held, encoded.contentType), encoded.body);
    try {
      await write().catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        this.home.make();
        return write();
      });
      this.#stored(held);
    } catch (error) {
      await unlink(`${path}.tmp`).catch(() => {});
      if (held.state === 'writing') held.state = 'memory';
      this.spool.refused(error);
    }
    this.#listener?.ready();
  }

  /** The last resort of a process that is ending. */
  #writeNow(held: Spooled): void {
    const { encoded } = held;
    if (encoded === undefined) return;
    try {
      if (!existsSync(this.home.path)) this.home.make();
      writeBatchFileNow(this.#path(held.name), this.#fileLabel(held, encoded.contentType), encoded.body);
      this.#stored(held);
    } catch (error) {
      this.spool.refused(error);
    }
  }

  #stored(held: Spooled): void {
    if (held.state === 'disk') return;
    held.state = 'disk';
    this.#remember(held, -1);
    const inMemory = this.#held.reduce(
      (sum, { state, encoded }) => sum + (state === 'disk' && encoded ? encoded.body.byteLength : 0),
      0,
    );
    if (inMemory > KEPT_IN_MEMORY) {
      held.encoded = undefined;
      held.batch = undefined;
    }
    this.spool.weigh(held.bytes);
  }

  async #adopt(): Promise<void> {
    const { files, strangers } = await adopt(this.home, this.spool);
    if (strangers[0] !== undefined) this.#warnOfAside(strangers[0], 'it is none of annotel');
    if (files.length === 0) return;
    const found = files.map(
      (file): Spooled => ({
        ...file,
        encoded: undefined,
        batch: undefined,
        isLate: true,
        isInFlight: false,
        state: 'disk',
      }),
    );
    this.#listener?.found(found.reduce((sum, { items }) => sum + items, 0));
    // There may be very many: what cannot stay goes before it is held, and the event loop has its turn.
    for (const held of found.splice(0, this.#tooOld(found).length)) this.#evict(held);
    for (const held of found.splice(0, this.spool.surplus(found))) this.#evict(held);
    for (const held of found) this.#held.push(held);
    this.#held.sort((one, other) => (one.name < other.name ? -1 : 1));
    for (const [index, held] of found.entries()) {
      this.spool.weigh(held.bytes);
      if (index % 100 === 99) await new Promise((resolve) => setImmediate(resolve).unref());
    }
    this.#dropOld();
    this.#listener?.ready();
  }

  #evict(held: Spooled): void {
    this.#forget(held);
    this.#track(this.spool.remove(this.#path(held.name)));
    this.#listener?.gone(held.items);
  }

  #dropOld(): void {
    for (const held of this.#tooOld(this.#held)) if (!held.isInFlight) this.#evict(held);
  }

  #tooOld(all: readonly Spooled[]): Spooled[] {
    const old = all.filter(({ name, state }) => state === 'disk' && !this.spool.isFresh(readName(name)));
    if (old.some(({ isInFlight }) => !isInFlight)) {
      this.spool.warnOnce('old', `the spool ${this.spool.dir} holds what is too old to be sent: it is dropped`);
    }
    return old;
  }

  async #setAside({ name, items }: Spooled, error: unknown): Promise<void> {
    await rename(this.#path(name), this.#path(`${name}.corrupt`)).catch(() => {});
    this.#warnOfAside(`${name}.corrupt`, (error as Error).message);
    this.#listener?.gone(items);
  }

  #warnOfAside(name: string, why: string): void {
    this.spool.warnOnce(
      'corrupt',
      `a file in the spool cannot be used (${why}) and is set aside as ${this.#path(name)}`,
    );
  }

  #forget(held: Spooled): boolean {
    const index = this.#held.indexOf(held);
    if (index === -1) return false;
    this.#held.splice(index, 1);
    if (held.state === 'disk') this.spool.weigh(-held.bytes);
    else this.#remember(held, -1);
    return true;
  }

  #remember({ items, bytes }: Spooled, sign: 1 | -1): void {
    this.#memory.items += sign * items;
    this.#memory.bytes += sign * bytes;
  }

  #track(work: Promise<void>): void {
    this.#waiting.add(work);
    work.then(() => this.#waiting.delete(work));
  }

  #fileLabel({ items }: Spooled, contentType: ContentType): Label {
    const { signal, url } = this.label;
    return { signal, url, contentType, items };
  }

  /** The endpoint has changed since: who has left it unsent wants it to arrive where telemetry goes now. */
  #tellMoved(url: string): void {
    if (url === this.label.url) return;
    const [from, to] = [withoutCredentials(url), withoutCredentials(this.label.url)];
    this.spool.warnOnce(`moved ${url}`, `what the spool ${this.spool.dir} holds for ${from} is sent to ${to}`);
  }

  #path(name: string): string {
    return join(this.home.path, name);
  }
}
