import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Spool } from '../../../../lib/sdk/export/spool.js';
import { fileName, writeBatchFileNow } from '../../../../lib/sdk/export/spool-file.js';
import { asJson, Far, type Line, line, words } from '../../../support/export-parts.js';
import { listen } from '../../../support/sdk-stderr.js';

const LABEL = { signal: 'traces', url: 'http://far/v1/traces', service: 'shop' } as const;
/** Only root can give a file to somebody else. */
const asRoot = process.getuid?.() === 0 ? it : it.skip;

/* What lies in the folder of a spool when a process starts, and was perhaps not put there by one of ours. */
describe('Spool', () => {
  let root: string;
  let dir: string;
  let said: string[];
  let queues: Line['queue'][];

  beforeEach(() => {
    listen();
    root = mkdtempSync(join(tmpdir(), 'annotel-strangers-'));
    dir = join(root, 'spool');
    said = [];
    queues = [];
  });
  afterEach(() => {
    for (const queue of queues) queue.abandon('the test is over');
    rmSync(root, { recursive: true });
    jest.restoreAllMocks();
  });

  const start = async (maxBytes?: number) => {
    const spool = new Spool({ dir, maxBytes, warn: (text) => said.push(text) });
    const backlog = spool.open(LABEL, { items: 1000, bytes: 1e6 }, asJson, words.count);
    const far = new Far();
    const { queue } = line({ backlog, sender: far as never });
    queues.push(queue);
    await backlog.written();
    await queue.settled();
    return { queue, far, backlog };
  };
  /** The folder of a destination, found out by starting on it once. */
  const folder = async () => {
    const { queue } = await start();
    await queue.shutdown();
    return join(dir, readdirSync(dir)[0] ?? '');
  };
  /** A folder as a process leaves it that was killed, with a parcel for each word. */
  const leave = (home: string, words: string[]) => {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    words.forEach((word, index) => {
      const name = fileName(Date.now() - 1000, index, 'deadbeef', 1);
      writeBatchFileNow(
        join(home, name),
        { signal: 'traces', url: LABEL.url, contentType: 'application/json', items: 1 },
        Buffer.from(JSON.stringify([word])),
      );
    });
  };

  it('leaves alone what a link in place of its folder leads to', async () => {
    const there = await folder();
    const home = join(root, 'home');
    mkdirSync(join(home, 'documents'), { recursive: true });
    writeFileSync(join(home, 'documents', 'letter'), 'dear');
    rmSync(there, { recursive: true, force: true });
    symlinkSync(home, there);
    const { queue, far } = await start();
    queue.take(['a']);
    await queue.shutdown();
    expect(far.sent).toEqual([['a']]);
    expect(readdirSync(home, { recursive: true }).sort()).toEqual(['documents', 'documents/letter']);
    expect(said).toEqual([
      expect.stringMatching(/cannot write to the spool .* \(traces-\w+ in it is a link, or belongs to another user\)/),
    ]);
  });

  it('takes over no link to a folder', async () => {
    const there = await folder();
    const elsewhere = join(root, 'elsewhere');
    leave(elsewhere, ['planted']);
    mkdirSync(there, { recursive: true });
    symlinkSync(elsewhere, join(there, '1-1-dead'));
    const { far } = await start();
    expect(far.sent).toEqual([]);
    expect(readdirSync(elsewhere)).toHaveLength(1);
    expect(lstatSync(join(there, '1-1-dead')).isSymbolicLink()).toBe(true);
  });

  it('sends no file that is a link', async () => {
    const there = await folder();
    leave(join(root, 'elsewhere'), ['planted']);
    const [name = ''] = readdirSync(join(root, 'elsewhere'));
    leave(join(there, '1-1-dead'), ['own']);
    symlinkSync(join(root, 'elsewhere', name), join(there, '1-1-dead', fileName(1, 1, 'deadbeef', 1)));
    const { far } = await start();
    expect(far.sent).toEqual([['own']]);
  });

  asRoot('sends nothing that another user has put there', async () => {
    const there = await folder();
    leave(join(there, '1-1-dead'), ['planted']);
    leave(join(there, '2-2-dead'), ['own']);
    chownSync(join(there, '1-1-dead'), 12_345, 12_345);
    const { far } = await start();
    expect(far.sent).toEqual([['own']]);
    expect(existsSync(join(there, '1-1-dead'))).toBe(true);
  });

  asRoot('writes nothing into a folder of another user', async () => {
    const there = await folder();
    mkdirSync(there, { recursive: true });
    chownSync(there, 12_345, 12_345);
    const { queue, far } = await start();
    queue.take(['a']);
    await queue.shutdown();
    expect(far.sent).toEqual([['a']]);
    expect(readdirSync(there)).toEqual([]);
    expect(said).toHaveLength(1);
  });

  it('is made anew where its folder is removed or moved away meanwhile', async () => {
    const { queue, far, backlog } = await start();
    renameSync(dir, join(root, 'away'));
    const held = far.holds();
    queue.take(['a']);
    await backlog.written();
    expect(readdirSync(dir, { recursive: true }).filter((name) => String(name).endsWith('.parcel'))).toHaveLength(1);
    held[0]?.answer({ status: 'accepted' });
    await queue.settled();
    expect(queue.counters()).toMatchObject({ exported: 1, dropped: 0 });
    expect(said).toEqual([]);
  });

  it('sends each batch even where none fits', async () => {
    const { queue, far, backlog } = await start(1);
    for (const word of ['a', 'b', 'c']) {
      queue.take([word]);
      await backlog.written();
      await queue.settled();
    }
    expect(far.sent).toEqual([['a'], ['b'], ['c']]);
    expect(queue.counters()).toMatchObject({ exported: 3, dropped: 0 });
  });

  it('stays where it is when the app changes its working directory', async () => {
    const before = process.cwd();
    mkdirSync(join(root, 'other'));
    process.chdir(root);
    try {
      const spool = new Spool({ dir: 'spool', warn: (text) => said.push(text) });
      const backlog = spool.open(LABEL, { items: 9, bytes: 1e6 }, asJson, words.count);
      const { queue, far } = line({ backlog });
      queues.push(queue);
      far.holds();
      process.chdir(join(root, 'other'));
      queue.take(['a']);
      await backlog.written();
      expect(readdirSync(join(root, 'other'))).toEqual([]);
      expect(readdirSync(dir)).toHaveLength(1);
    } finally {
      process.chdir(before);
    }
  });

  it('drops the oldest of what is left where there is more than may be kept, and counts it', async () => {
    const there = await folder();
    const words = Array.from({ length: 300 }, (_, index) => `${index}`);
    leave(join(there, '1-1-dead'), words);
    const { queue, far, backlog } = await start(250 * 4096);
    await backlog.written();
    expect(far.sent.flat()).toEqual(words.slice(50));
    expect(queue.counters()).toMatchObject({ taken: 300, exported: 250, dropped: 50, held: 0 });
    expect(readdirSync(dir, { recursive: true }).filter((name) => String(name).endsWith('.parcel'))).toEqual([]);
    expect(said).toEqual([expect.stringContaining('has reached 1024000 bytes: the oldest in it is dropped')]);
  });
});
