import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { ContentType, Encoded } from './otlp.js';
import type { Signal } from './signal.js';

/** What stands in the first line of a file in the spool, besides the length and the checksum of the rest. */
export interface Label {
  readonly signal: Signal;
  readonly contentType: ContentType;
  /** Where it is to be sent. No credentials: those are of the process that sends. */
  readonly url: string;
  readonly items: number;
}

// Files of earlier versions begin and end like this, too: what they hold is sent after an update.
const MAGIC = 'annotel-parcel ';
const VERSION = 1;
const LONGEST_LABEL = 8192;
const NAME = /^(\d{15})-\d{9}-[0-9a-f]{8}-(\d+)\.parcel(\.tmp|\.end)?$/;

/** The name of a file: names in order are batches in order. */
export function fileName(millis: number, sequence: number, writer: string, items: number): string {
  return `${String(millis).padStart(15, '0')}-${String(sequence).padStart(9, '0')}-${writer}-${items}.parcel`;
}

/** What a name says, and the name of the file once it is finished; `undefined` for a file that annotel has not written. */
export function readName(name: string): { millis: number; items: number; finished: string } | undefined {
  const [, millis, items, ending = ''] = NAME.exec(name) ?? [];
  if (millis === undefined) return undefined;
  return { millis: Number(millis), items: Number(items), finished: name.slice(0, name.length - ending.length) };
}

/**
 * Appears under its name once it is complete and on the disk.
 *
 * @throws the error of the file system
 */
export async function writeBatchFile(path: string, label: Label, body: Uint8Array): Promise<void> {
  await writeFile(`${path}.tmp`, contents(label, body), { flag: 'wx', mode: 0o600, flush: true });
  await rename(`${path}.tmp`, path);
}

/**
 * As {@link writeBatchFile}, synchronously, for a process that is ending.
 *
 * @throws the error of the file system
 */
export function writeBatchFileNow(path: string, label: Label, body: Uint8Array): void {
  try {
    writeFileSync(`${path}.end`, contents(label, body), { mode: 0o600 });
    renameSync(`${path}.end`, path);
  } catch (error) {
    // Half a file would be found by the next process.
    rmSync(`${path}.end`, { force: true });
    throw error;
  }
}

/**
 * What is in a file, and where it was to be sent.
 *
 * @throws Error where the file is not as it was written
 */
export function readBatchFile(file: Buffer): Encoded & Pick<Label, 'url'> {
  const end = file.subarray(0, LONGEST_LABEL).indexOf('\n');
  const line = file.subarray(0, Math.max(end, 0)).toString();
  if (!line.startsWith(MAGIC)) throw new Error('it has no label');
  const { version, length, crc32: sum, contentType, url } = JSON.parse(line.slice(MAGIC.length));
  if (version !== VERSION) throw new Error(`it is of version ${version}`);
  const body = file.subarray(end + 1);
  if (body.byteLength !== length) throw new Error('it is cut off');
  if (crc32(body) !== sum) throw new Error('its checksum is wrong');
  return { body, contentType, url };
}

function contents(label: Label, body: Uint8Array): Buffer {
  const firstLine = { version: VERSION, ...label, length: body.byteLength, crc32: crc32(body) };
  return Buffer.concat([Buffer.from(`${MAGIC}${JSON.stringify(firstLine)}\n`), body]);
}
