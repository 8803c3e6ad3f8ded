import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
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
    rmSync(dir, { recursive: true });
  });

  it('is read as it was written, and has no other name by then', async () => {
    await writeBatchFile(path, LABEL, BODY);
    const { body, ...label } = readBatchFile(readFileSync(path));
    expect(Buffer.from(body)).toEqual(BODY);
    expect(label).toEqual({ url: LABEL.url, contentType: LABEL.contentType });
    expect(readdirSync(dir)).toEqual(['one.parcel']);
  });

  it('is nowhere where it could not be written at the last moment', () => {
    mkdirSync(path);
    expect(() => writeBatchFileNow(path, LABEL, BODY)).toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/);
    expect(readdirSync(dir)).toEqual(['one.parcel']);
  });
});
