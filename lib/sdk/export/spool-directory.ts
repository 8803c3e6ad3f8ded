import { lstatSync, mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { lstat, readdir, readFile, rename, rmdir, stat, unlink, utimes } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { readName } from './spool-file.js';

/** Who writes in a directory. */
export interface Identity {
  readonly host: string;
  readonly pid: number;
  /** Milliseconds of the epoch at which the process was started; the same in all of its threads. */
  readonly started: number;
}

/** A file of a batch in a directory. */
export interface BatchFile {
  readonly name: string;
  /** When it was written, in milliseconds of the epoch. */
  readonly millis: number;
  readonly items: number;
  /** What it takes on disk. */
  readonly bytes: number;
}

/** Of the spool: what time it is, and whether what was written at a time is still worth keeping. */
export interface Age {
  now(): number;
  isFresh(millis: number): boolean;
}

/** What a file takes on disk at the least, however small it is. */
export const BLOCK = 4096;
const LOCK = 'lock';
// The owner touches its lock every ten seconds.
const STALE_AFTER = 60_000;
const SAME_START = 2000;

/** The directory in which one process keeps the batches of one signal, beside those of other processes. */
export class SpoolDirectory {
  /** @param path `{spool}/{signal and service}/{this process}` */
  constructor(
    readonly path: string,
    private readonly identity: Identity,
  ) {}

  /**
   * Appears complete with its lock, so that no other process takes it for one that is left behind.
   *
   * @throws the error of the file system, and one where its parent is a link or belongs to another user: whoever owns it could
   * read what is written there, or have this process send what it has placed there
   */
  make(): void {
    const parent = dirname(this.path);
    const fresh = join(parent, `.new-${basename(this.path)}`);
    mkdirSync(fresh, { recursive: true, mode: 0o700 });
    const { uid } = lstatSync(fresh);
    const found = lstatSync(parent);
    // Compared with what was just made, and not with the user: some network drives give all files to one owner.
    if (!found.isDirectory() || found.uid !== uid) {
      rmdirSync(fresh);
      throw new Error(`${basename(parent)} in it is a link, or belongs to another user`);
    }
    writeFileSync(join(fresh, LOCK), JSON.stringify(this.identity), { mode: 0o600 });
    renameSync(fresh, this.path);
  }

  /** Shows that its owner is alive. */
  async touch(): Promise<void> {
    const now = new Date();
    await utimes(join(this.path, LOCK), now, now).catch(() => {});
  }

  /** Leaves what is in it to the next process, and removes it where nothing is. */
  release(): void {
    try {
      rmSync(join(this.path, LOCK), { force: true });
      rmdirSync(this.path);
    } catch {
      // Not empty, or gone already.
    }
  }

  /**
   * Takes over what dead processes have left beside it: each directory by one rename, so that of two processes only one gets
   * it, and then file by file. What annotel has not written is set aside as `*.corrupt`, and is removed when it is too old.
   *
   * @returns the batches, the oldest first, and the names of what was set aside
   */
  async adopt(age: Age): Promise<{ files: BatchFile[]; setAside: string[] }> {
    const parent = dirname(this.path);
    const { uid } = await lstat(this.path);
    for (const name of await readdir(parent)) {
      const other = join(parent, name);
      if (other === this.path || !(await isAbandoned(other, uid, this.identity, age.now()))) continue;
      // Fails where another process was faster.
      await rename(other, join(this.path, `in-${name}`)).catch(() => {});
    }
    // Also finds what a process had claimed that died before it had moved everything up.
    const entries = await readdir(this.path, { withFileTypes: true, recursive: true });
    const files: BatchFile[] = [];
    const setAside: string[] = [];
    for (const entry of entries) {
      if (!entry.isFile() || entry.parentPath === this.path) continue;
      const moved = await this.#moveUp(entry.parentPath, entry.name, age).catch(() => undefined);
      if (typeof moved === 'string') setAside.push(moved);
      else if (moved !== undefined) files.push(moved);
    }
    // The innermost first.
    for (const entry of entries.reverse()) {
      if (entry.isDirectory()) await rmdir(join(entry.parentPath, entry.name)).catch(() => {});
    }
    return { files: files.sort(byName), setAside };
  }

  /** @returns what the file is now, or the name under which it was set aside just now */
  async #moveUp(from: string, name: string, age: Age): Promise<BatchFile | string | undefined> {
    const path = join(from, name);
    // One that is unfinished by its name may be complete: its checksum tells when it is read.
    const { finished, ...about } = readName(name) ?? {};
    if (finished !== undefined) {
      const to = join(this.path, finished);
      await rename(path, to);
      return {
        ...(about as Pick<BatchFile, 'millis' | 'items'>),
        name: finished,
        bytes: Math.max(BLOCK, (await stat(to)).size),
      };
    }
    if (name === LOCK || !age.isFresh((await stat(path)).mtimeMs)) {
      await unlink(path);
      return undefined;
    }
    const isKnown = name.endsWith('.corrupt');
    const aside = isKnown ? name : `${name}.corrupt`;
    await rename(path, join(this.path, aside));
    return isKnown ? undefined : aside;
  }
}

/** The order in which batches were written. */
export function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1;
}

/**
 * Removes what is too old of services that this process does not have, and that perhaps no process has any more.
 *
 * @param own names of the directories that this process looks after otherwise
 * @returns how many items that were
 */
export async function sweep(dir: string, own: ReadonlySet<string>, age: Age): Promise<number> {
  let items = 0;
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    const about = entry.isFile() ? readName(entry.name) : undefined;
    const path = join(entry.parentPath, entry.name);
    if (!about || age.isFresh(about.millis) || own.has(relative(dir, path).split(sep)[0] ?? '')) continue;
    const isRemoved = await unlink(path).then(
      () => true,
      () => false,
    );
    if (isRemoved) items += about.items;
  }
  return items;
}

/** @param uid whose it has to be: what another user has placed here is not sent under our name */
async function isAbandoned(path: string, uid: number, self: Identity, now: number): Promise<boolean> {
  try {
    const found = await lstat(path);
    if (!found.isDirectory() || found.uid !== uid) return false;
    // It is being made: its lock comes next.
    if (basename(path).startsWith('.new-')) return now - found.mtimeMs > STALE_AFTER;
  } catch {
    return false;
  }
  try {
    const lock = join(path, LOCK);
    if (now - (await stat(lock)).mtimeMs > STALE_AFTER) return true;
    return isDead(JSON.parse(await readFile(lock, 'utf8')), self);
  } catch (error) {
    // Released by its owner. A lock that cannot be read counts until it is stale.
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function isDead({ host, pid, started }: Partial<Identity>, self: Identity): boolean {
  if (host !== self.host || typeof pid !== 'number') return false;
  // In a container each process has the same number; another thread of this one also has the same start.
  if (pid === self.pid) return !(Math.abs((started ?? 0) - self.started) < SAME_START);
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EPERM';
  }
}
