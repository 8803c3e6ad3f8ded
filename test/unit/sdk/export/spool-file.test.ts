import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readBatchFile, writeBatchFile, writeBatchFileNow } from '../../../../lib/sdk/export/spool-file.js';

const LABEL = { signal: 'traces', url: 'http://far/v1/traces', contentType: 'application/json', items: 1 } as const;
const BODY = Buffer.from('{"spans":["a","b","c"]}');

describe('a file of the spool', () => {
  let dir: string;
  let path: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'annotel-file-'));
    path = join(dir, 'one.parcel');
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(dir, { recursive: true });
  });

  /** A disk that takes only a part of what is first written, as one does that is nearly full. */
  const takeOnly = async (bytes: number) => {
    const other = await open(join(dir, 'other'), 'w');
    await other.close();
    rmSync(join(dir, 'other'));
    jest.spyOn(Object.getPrototypeOf(other) as FileHandle, 'writev').mockImplementation(async function (
      this: FileHandle,
      ...[parts]: Parameters<FileHandle['writev']>
    ) {
      const whole = Buffer.concat(parts as Uint8Array[]);
      const { bytesWritten } = await this.write(whole.subarray(0, bytes));
      return { bytesWritten, buffers: [...parts] } as Awaited<ReturnType<FileHandle['writev']>>;
    });
  };

  it.each([0, 3, 60, 150])('is whole where the disk took %i bytes at first', async (bytes) => {
    await takeOnly(bytes);
    await writeBatchFile(path, LABEL, BODY);
    const { body, ...label } = readBatchFile(readFileSync(path));
    expect(Buffer.from(body)).toEqual(BODY);
    expect(label).toEqual({ url: LABEL.url, contentType: LABEL.contentType });
  });

  it('is nowhere where it could not be written at the last moment', () => {
    mkdirSync(path);
    expect(() => writeBatchFileNow(path, LABEL, BODY)).toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/);
    expect(readdirSync(dir)).toEqual(['one.parcel']);
  });
});
