import { readdir, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { readName } from './spool-file.js';
import type { Home } from './spool-home.js';

/** What a file takes on disk at the least, however small it is. */
export const BLOCK = 4096;

/** A file that has come in. */
export interface Adopted {
  readonly name: string;
  readonly items: number;
  readonly bytes: number;
}

/** Whether what was written at a time is still worth keeping. */
interface Age {
  now(): number;
  isFresh(file: { readonly millis: number }): boolean;
}

/**
 * Moves what dead processes have left into the home of this one. What is none of ours is set aside as `*.corrupt`, and
 * goes like everything else when it is too old.
 *
 * @returns the files, the oldest first, and the names of the strangers
 */
export async function adopt(home: Home, age: Age): Promise<{ files: Adopted[]; strangers: string[] }> {
  const files: Adopted[] = [];
  const strangers: string[] = [];
  for (const directory of await home.claim(age.now())) {
    const entries = await readdir(directory, { withFileTypes: true });
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const from = join(directory, entry.name);
      if (entry.name === 'lock') await unlink(from).catch(() => {});
      else if (readName(entry.name)) files.push(...(await moved(home, from, entry.name)));
      else strangers.push(...(await setAside(home, from, entry.name, age)));
    }
    await rmdir(directory).catch(() => {});
  }
  files.sort((one, other) => (one.name < other.name ? -1 : 1));
  return { files, strangers };
}

/** An unfinished file may be whole: its checksum tells when it is read. */
async function moved(home: Home, from: string, entry: string): Promise<Adopted[]> {
  const { final: name, items } = readName(entry) ?? { final: entry, items: 0 };
  const to = join(home.path, name);
  try {
    await rename(from, to);
    return [{ name, items, bytes: Math.max(BLOCK, (await stat(to)).size) }];
  } catch {
    return [];
  }
}

async function setAside(home: Home, from: string, entry: string, age: Age): Promise<string[]> {
  try {
    if (!age.isFresh({ millis: (await stat(from)).mtimeMs })) {
      await unlink(from);
      return [];
    }
    const isKnown = entry.endsWith('.corrupt');
    const name = isKnown ? entry : `${entry}.corrupt`;
    await rename(from, join(home.path, name));
    return isKnown ? [] : [name];
  } catch {
    return [];
  }
}

/**
 * Removes what is too old from the directories of services that this process is none of, and that perhaps no process is
 * one of any more.
 *
 * @param own names of the directories that are looked after otherwise
 * @returns how many items that were
 */
export async function sweep(dir: string, own: ReadonlySet<string>, age: Age): Promise<number> {
  let items = 0;
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const about = readName(entry.name);
    if (!entry.isFile() || about === undefined || age.isFresh(about)) continue;
    if (own.has(relative(dir, path).split(sep)[0] ?? '')) continue;
    await unlink(path).then(
      () => {
        items += about.items;
      },
      () => {},
    );
  }
  return items;
}
