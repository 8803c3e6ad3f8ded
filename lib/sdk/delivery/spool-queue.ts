import { existsSync } from 'node:fs';
import { readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backlog, BacklogListener, Held, Room } from './backlog.js';
import type { Parcel, Signal } from './parcel.js';
import type { Spool } from './spool.js';
import { adopt, BLOCK } from './spool-adoption.js';
import { readName, readParcel, writeParcel, writeParcelNow } from './spool-file.js';
import type { Home } from './spool-home.js';

interface Spooled extends Held {
  readonly name: string;
  /** Bytes on disk, or to be there. */
  readonly bytes: number;
  body: Uint8Array | undefined;
  /** `writing`: not to be sent yet. `memory`: the disk has refused it. */
  state: 'writing' | 'disk' | 'memory';
}

// What has just been written is most often sent at once, and need not be read again.
const KEPT_WARM = 1024 * 1024;

/** A backlog on disk: each parcel is written before it is sent, and removed once it has been taken. */
export class SpoolQueue implements Backlog {
  readonly isDurable = true;
  readonly #held: Spooled[] = [];
  readonly #waiting = new Set<Promise<void>>();
  #listener: BacklogListener | undefined;
  #memory = { items: 0, bytes: 0 };
  #adopting: Promise<void> | undefined;

  constructor(
    private readonly spool: Spool,
    private readonly home: Home,
    private readonly label: { signal: Signal; url: string; contentType: string },
    private readonly room: Room,
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

  put(parcel: Parcel, isLate: boolean): Held | undefined {
    const { items, body } = parcel;
    const bytes = Math.max(BLOCK, body.byteLength + 256);
    const isFull = this.#memory.items + items > this.room.items || this.#memory.bytes + bytes > this.room.bytes;
    if (isFull && this.#memory.items > 0) return undefined;
    const name = this.spool.nextName(items);
    const held: Spooled = { name, items, bytes, body, isLate, isFlying: false, state: 'writing' };
    this.#held.push(held);
    this.#remember(held, 1);
    this.#track(this.spool.later(() => this.#write(held)));
    return held;
  }

  hasRoom(): boolean {
    return this.#memory.items < this.room.items && this.#memory.bytes < this.room.bytes;
  }

  next(): Held | undefined {
    return this.#held.find(({ isFlying, state }) => !isFlying && state !== 'writing');
  }

  async body(held: Held): Promise<Uint8Array | undefined> {
    const spooled = held as Spooled;
    if (spooled.body !== undefined) return spooled.body;
    try {
      return readParcel(await readFile(this.#path(spooled.name)));
    } catch (error) {
      this.#forget(spooled);
      // Another process took it, believing this one dead: it will send it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') await this.#setAside(spooled, error);
      return undefined;
    }
  }

  async done(held: Held): Promise<void> {
    const spooled = held as Spooled;
    if (!this.#forget(spooled) || spooled.state !== 'disk') return;
    await unlink(this.#path(spooled.name)).catch(() => {});
  }

  inMemory() {
    for (const held of this.#held) if (held.state !== 'disk') this.#writeNow(held);
    return this.#held.flatMap((held) =>
      held.state !== 'disk' && held.body !== undefined ? [{ held, body: held.body }] : [],
    );
  }

  async written(): Promise<void> {
    while (this.#waiting.size > 0) await Promise.all(this.#waiting);
  }

  release(): void {
    this.spool.released(this);
    this.home.release();
  }

  touch(): void {
    this.home.touch();
  }

  /** The oldest that may go, and how. Never an only one: it would be gone before it was sent. */
  oldest(): { readonly name: string; evict(): void } | undefined {
    if (this.#held.length < 2) return undefined;
    const held = this.#held.find(({ isFlying, state }) => !isFlying && state === 'disk');
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
    const { state, body } = held;
    if (state !== 'writing' || body === undefined) return;
    const path = this.#path(held.name);
    const write = () => writeParcel(path, { ...this.label, items: held.items }, body);
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
    if (held.body === undefined) return;
    try {
      if (!existsSync(this.home.path)) this.home.make();
      writeParcelNow(this.#path(held.name), { ...this.label, items: held.items }, held.body);
      this.#stored(held);
    } catch (error) {
      this.spool.refused(error);
    }
  }

  #stored(held: Spooled): void {
    if (held.state === 'disk') return;
    held.state = 'disk';
    this.#remember(held, -1);
    const warm = this.#held.reduce((sum, { state, body }) => sum + (state === 'disk' ? (body?.byteLength ?? 0) : 0), 0);
    if (warm > KEPT_WARM) held.body = undefined;
    this.spool.weigh(held.bytes);
  }

  async #adopt(): Promise<void> {
    const { files, strangers } = await adopt(this.home, this.spool);
    if (strangers[0] !== undefined) this.#warnOfAside(strangers[0], 'it is none of annotel');
    if (files.length === 0) return;
    const found = files.map(
      (file): Spooled => ({ ...file, body: undefined, isLate: true, isFlying: false, state: 'disk' }),
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
    for (const held of this.#tooOld(this.#held)) if (!held.isFlying) this.#evict(held);
  }

  #tooOld(all: readonly Spooled[]): Spooled[] {
    const old = all.filter(({ name, state }) => state === 'disk' && !this.spool.isFresh(readName(name)));
    if (old.some(({ isFlying }) => !isFlying)) {
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

  #path(name: string): string {
    return join(this.home.path, name);
  }
}
