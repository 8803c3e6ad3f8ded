import { lstatSync, mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { lstat, readdir, readFile, rename, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Who writes in a directory. */
export interface Identity {
  readonly host: string;
  readonly pid: number;
  /** Milliseconds of the epoch at which the process was started; the same in all of its threads. */
  readonly started: number;
}

const LOCK = 'lock';
// The owner touches its lock every ten seconds.
const STALE_AFTER = 60_000;
const SAME_START = 2000;

/** The directory in which one process keeps the batches of one signal, beside those of others. */
export class Home {
  /** @param path `{spool}/{signal and service}/{this process}` */
  constructor(
    readonly path: string,
    private readonly identity: Identity,
  ) {}

  /**
   * Appears complete with its lock, so that nobody takes it for one that is left behind.
   *
   * @throws the error of the file system, and one where what is around it is a link or belongs to another user: what lies
   * there would be taken for ours
   */
  make(): void {
    const around = dirname(this.path);
    const fresh = join(around, `.new-${basename(this.path)}`);
    mkdirSync(fresh, { recursive: true, mode: 0o700 });
    const { uid } = lstatSync(fresh);
    const found = lstatSync(around);
    // Compared with what was just made, and not with the user: some network drives give all files to one owner.
    if (!found.isDirectory() || found.uid !== uid) {
      rmdirSync(fresh);
      throw new Error(`${basename(around)} in it is a link, or belongs to another user`);
    }
    writeFileSync(join(fresh, LOCK), JSON.stringify(this.identity), { mode: 0o600 });
    renameSync(fresh, this.path);
  }

  /** Says that its owner is alive. */
  async touch(): Promise<void> {
    const now = new Date();
    await utimes(join(this.path, LOCK), now, now).catch(() => {});
  }

  /** Leaves it to whoever comes next, and removes it if nothing is in it. */
  release(): void {
    try {
      rmSync(join(this.path, LOCK), { force: true });
      rmdirSync(this.path);
    } catch {
      // Not empty, or gone already.
    }
  }

  /**
   * Takes over what dead processes have left beside it. Each directory is claimed by one rename, so that of two processes
   * only one gets it.
   *
   * @returns the directories, now within this one, that hold files to move up; those of a claim that was cut off included
   */
  async claim(now: number): Promise<string[]> {
    const around = dirname(this.path);
    const { uid } = await lstat(this.path);
    for (const name of await readdir(around)) {
      const theirs = join(around, name);
      if (name === basename(this.path) || !(await isAbandoned(theirs, uid, this.identity, now))) continue;
      // Whoever is faster has it.
      await rename(theirs, join(this.path, `in-${name}`)).catch(() => {});
    }
    return nested(this.path);
  }
}

/** All directories below `path`, deepest first: a claimer may have died with what it had claimed. */
async function nested(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory()).map((entry) => join(path, entry.name));
  return (await Promise.all(below.map(async (inner) => [...(await nested(inner)), inner]))).flat();
}

/** @param uid whose it has to be: what somebody else has placed here is not sent under our name */
async function isAbandoned(path: string, uid: number, self: Identity, now: number): Promise<boolean> {
  const isNew = basename(path).startsWith('.new-');
  try {
    const found = await lstat(path);
    if (!found.isDirectory() || found.uid !== uid) return false;
    if (isNew) return now - found.mtimeMs > STALE_AFTER;
  } catch {
    return false;
  }
  try {
    const lock = join(path, LOCK);
    const touched = (await stat(lock)).mtimeMs;
    if (now - touched > STALE_AFTER) return true;
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
