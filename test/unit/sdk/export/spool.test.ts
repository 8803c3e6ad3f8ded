import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Spool, type SpoolOptions, type SpoolQueue } from '../../../../lib/sdk/export/spool.js';

import { accepted, asJson, away, Far, type Line, line, words } from '../../../support/export-parts.js';
import { listen } from '../../../support/sdk-stderr.js';

const LABEL = { signal: 'traces', url: 'http://far/v1/traces', service: 'shop' } as const;
const ROOM = { items: 1000, bytes: 1e6 };
const SELF = { host: 'here', pid: process.pid, started: 0 };
/** No process has this number. */
const DEAD = { host: 'here', pid: 2 ** 30, started: 0 };
const ELSEWHERE = { host: 'elsewhere', pid: 1, started: 0 };
/** Whoever may write everywhere finds no directory read-only. */
const isRoot = process.getuid?.() === 0;

describe('Spool', () => {
  let dir: string;
  let said: string[];
  let now: number;
  let open: { spool: Spool; backlog: SpoolQueue<string[]> }[];
  let queues: Line['queue'][];

  beforeEach(() => {
    dir = join(mkdtempSync(join(tmpdir(), 'annotel-spool-')), 'spool');
    said = [];
    listen();
    now = Date.now();
    open = [];
    queues = [];
  });
  afterEach(() => {
    // Those that count as killed, too: they would try again for as long as the tests run.
    for (const queue of queues) queue.abandon('the test is over');
    for (const { backlog } of open) backlog.release();
    rmSync(join(dir, '..'), { recursive: true, force: true });
    jest.restoreAllMocks();
  });

  const spooled = (options: Partial<SpoolOptions> = {}, label: Parameters<Spool['open']>[0] = LABEL) => {
    const spool = new Spool({ dir, warn: (text) => said.push(text), now: () => now, identity: SELF, ...options });
    const backlog = spool.open(label, ROOM, asJson, words.count);
    open.push({ spool, backlog });
    return { spool, backlog };
  };
  /** A process with a queue on a spool. */
  const start = (options: Partial<SpoolOptions> & { far?: Far; firstPause?: number } = {}) => {
    const { far = new Far(), firstPause, ...rest } = options;
    const { spool, backlog } = spooled(rest);
    const all = line({ backlog, sender: far as never, firstPause });
    queues.push(all.queue);
    return { spool, backlog, ...all };
  };
  /** Leaves batches behind, as a process that was killed while its collector was away. */
  const leave = async (batches: string[][], identity = DEAD) => {
    const far = new Far();
    far.answer = away;
    const killed = start({ identity, far, firstPause: 1e6 });
    for (const batch of batches) killed.queue.take(batch);
    await killed.backlog.written();
    open.pop();
    return killed;
  };
  const gone = async ({ queue }: Line) => {
    while (queue.counters().held > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const files = (ending = '.parcel') =>
    existsSync(dir)
      ? readdirSync(dir, { recursive: true })
          .map(String)
          .filter((name) => name.endsWith(ending))
          .sort()
      : [];

  it('holds each batch on disk until it is taken, and then no more', async () => {
    const { queue, far, backlog } = start();
    const held = far.holds();
    queue.take(['a', 'b']);
    await backlog.written();
    expect(files()).toEqual([
      expect.stringMatching(/^traces-[0-9a-f]{12}\/\d+-\d+-[0-9a-f]{8}\/[\d-]+[0-9a-f]+-2\.parcel$/),
    ]);
    expect(far.sent).toEqual([['a', 'b']]);
    held[0]?.answer(accepted);
    await queue.settled();
    expect(files()).toEqual([]);
  });

  it('keeps what it holds from everybody else', async () => {
    await leave([['a']]);
    const [file = ''] = files();
    expect(statSync(join(dir, file)).mode & 0o777).toBe(0o600);
    for (const folder of [dir, join(dir, file, '..', '..'), join(dir, file, '..')]) {
      expect(statSync(folder).mode & 0o777).toBe(0o700);
    }
    expect(readFileSync(join(dir, file), 'utf8')).not.toContain('secret');
  });

  it('sends what a killed process has left, in order, before its own, and says so', async () => {
    await leave([['a'], ['b', 'c'], ['d']]);
    now += 1;
    const far = new Far();
    const again = start({ far });
    await again.backlog.written();
    again.queue.take(['e']);
    await again.queue.settled();
    await gone(again);
    expect(far.sent).toEqual([['a'], ['b', 'c'], ['d'], ['e']]);
    expect(again.queue.counters()).toMatchObject({ taken: 5, exported: 5, dropped: 0, held: 0 });
    expect(files()).toEqual([]);
  });

  it('sends what several have left in the order in which it was written', async () => {
    const far = new Far();
    far.answer = away;
    const killed = [start({ far, identity: ELSEWHERE }), start({ far, identity: ELSEWHERE })];
    for (const [n, word] of ['a', 'b', 'c', 'd'].entries()) {
      now += 1;
      killed[n % 2]?.queue.take([word]);
      await killed[n % 2]?.backlog.written();
    }
    open = [];
    now += 61_000;
    const again = start();
    await again.backlog.written();
    await gone(again);
    expect(again.far.sent).toEqual([['a'], ['b'], ['c'], ['d']]);
  });

  it.each([
    ['a process of this machine that runs', { host: 'here', pid: process.ppid, started: 0 }, 0, false],
    ['another thread of this process', { ...SELF }, 0, false],
    ['an earlier process with the same number', { ...SELF, started: -60_000 }, 0, true],
    ['a process that stands still', { host: 'here', pid: process.ppid, started: 0 }, 61_000, true],
    ['another machine', ELSEWHERE, 0, false],
    ['another machine that is silent', ELSEWHERE, 61_000, true],
  ])('knows whether it may take what is of %s', async (_who, identity, later, isTaken) => {
    await leave([['a']], identity);
    now += later;
    const { backlog, far, queue } = start();
    await backlog.written();
    await queue.settled();
    expect(far.sent).toEqual(isTaken ? [['a']] : []);
    expect(files()).toHaveLength(isTaken ? 0 : 1);
  });

  it('takes later, too, what others leave', async () => {
    await leave([['a']], ELSEWHERE);
    const late = start();
    await late.backlog.written();
    now += 61_000;
    late.spool.lookAround();
    await late.backlog.written();
    await gone(late);
    expect(late.far.sent).toEqual([['a']]);
  });

  it('takes what a process has released', async () => {
    (await leave([['a']], SELF)).backlog.release();
    const again = start();
    await again.backlog.written();
    await gone(again);
    expect(again.far.sent).toEqual([['a']]);
  });

  it('takes what a process had claimed when it was killed in its turn', async () => {
    await leave([['a'], ['b']]);
    const [file = ''] = files();
    const claimed = join(dir, file, '..', 'in-somewhere');
    mkdirSync(claimed);
    renameSync(join(dir, file), join(claimed, basename(file)));
    const again = start();
    await again.backlog.written();
    await gone(again);
    expect(again.far.sent).toEqual([['a'], ['b']]);
    expect(files()).toEqual([]);
  });

  it('lets only one of several have it', async () => {
    await leave(Array.from({ length: 20 }, (_, n) => [`${n}`]));
    const all = [start(), start(), start()];
    for (const { backlog } of all) await backlog.written();
    for (const one of all) await gone(one);
    const sent = all.flatMap(({ far }) => far.sent.flat());
    expect(sent.map(Number).sort((one, other) => one - other)).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  it('leaves alone what is of another service', async () => {
    await leave([['a']]);
    const { backlog } = spooled({}, { ...LABEL, service: 'another' });
    await line({ backlog }).queue.settled();
    await backlog.written();
    expect(files()).toHaveLength(1);
  });

  it.each([
    ['cut off', (path: string) => truncateSync(path, statSync(path).size - 1), /it is cut off/],
    ['empty', (path: string) => truncateSync(path, 0), /it has no label/],
    [
      'changed',
      (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace('"bad"', '"bed"')),
      /checksum/,
    ],
    [
      'of a later version',
      (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace(':1,', ':2,')),
      /version 2/,
    ],
  ])('sets a file aside that is %s, and sends the others', async (_how, spoil, why) => {
    await leave([['a'], ['bad'], ['b']]);
    spoil(join(dir, files()[1] ?? ''));
    const again = start();
    await again.backlog.written();
    await gone(again);
    expect(again.far.sent).toEqual([['a'], ['b']]);
    expect(again.queue.counters()).toMatchObject({ exported: 2, dropped: 1 });
    expect(files('.corrupt')).toHaveLength(1);
    expect(said).toEqual([expect.stringMatching(why)]);
  });

  it('sets a stranger aside, once, until it is too old', async () => {
    await leave([['a']]);
    const stranger = join(dir, files()[0] ?? '', '..', 'notes.txt');
    writeFileSync(stranger, 'hello');
    const first = start({ identity: { ...DEAD, pid: DEAD.pid + 1 } });
    await first.backlog.written();
    await gone(first);
    open.pop();
    expect(files('.corrupt')).toEqual([expect.stringMatching(/notes\.txt\.corrupt$/)]);
    expect(said).toEqual([expect.stringMatching(/it is none of annotel/)]);
    const second = start();
    await second.backlog.written();
    expect(said).toHaveLength(1);
    second.backlog.release();
    now += 100 * 3_600_000;
    const third = start();
    await third.backlog.written();
    expect(files('.corrupt')).toEqual([]);
  });

  it('sends a file whose writer was killed just before it was done', async () => {
    await leave([['a']]);
    const path = join(dir, files()[0] ?? '');
    renameSync(path, `${path}.tmp`);
    const again = start();
    await again.backlog.written();
    await gone(again);
    expect(again.far.sent).toEqual([['a']]);
  });

  it('sends what was left for an endpoint to the one that has taken its place, and says so', async () => {
    await leave([['a'], ['b']]);
    const { backlog } = spooled({}, { ...LABEL, url: 'http://user:secret@new/v1/traces' });
    const all = line({ backlog });
    queues.push(all.queue);
    await backlog.written();
    await gone(all);
    expect(all.far.sent).toEqual([['a'], ['b']]);
    expect(said).toEqual([
      expect.stringMatching(
        /^what the spool .* holds for http:\/\/far\/v1\/traces is sent to http:\/\/.*new\/v1\/traces$/,
      ),
    ]);
    expect(said.join()).not.toContain('secret');
  });

  it('drops in the end, too, what is of a service that does not run any more', async () => {
    await leave([['a', 'b']]);
    now += 49 * 3_600_000;
    const { spool, backlog } = spooled({ maxAge: 48 * 3_600_000 }, { ...LABEL, service: 'another' });
    spool.lookAround();
    while (files().length > 0 || said.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await backlog.written();
    expect(said).toEqual([expect.stringMatching(/^2 items .* were of other services and are too old/)]);
  });

  it('says what is lost at the end where the disk has refused it', async () => {
    const lines = listen();
    writeFileSync(dir, '');
    const all = start();
    all.far.answer = away;
    all.queue.take(['a', 'b']);
    await all.queue.shutdown();
    expect(all.queue.counters()).toMatchObject({ dropped: 2, held: 0 });
    expect(lines).toEqual([expect.stringMatching(/before the end: 2 spans dropped$/)]);
  });

  it('holds no more bytes than it may: the oldest goes, counted, with one warning', async () => {
    const far = new Far();
    far.answer = away;
    const full = start({ far, maxBytes: 5 * 4096, firstPause: 1e6 });
    for (let n = 0; n < 20; n += 1) full.queue.take([`${n}`]);
    await full.backlog.written();
    expect(files()).toHaveLength(5);
    expect(full.queue.counters()).toMatchObject({ taken: 20, dropped: 15, held: 5 });
    expect(said).toEqual([expect.stringMatching(/has reached 20480 bytes: the oldest in it is dropped/)]);
    far.answer = accepted;
    full.queue.close();
    await gone(full);
    expect(far.sent.at(-1)).toEqual(['19']);
  });

  it('holds nothing longer than it may', async () => {
    await leave([['old'], ['older']]);
    now += 25 * 3_600_000;
    const again = start({ maxAge: 24 * 3_600_000 });
    await again.backlog.written();
    await again.queue.settled();
    expect(again.far.sent).toEqual([]);
    expect(again.queue.counters()).toMatchObject({ taken: 2, dropped: 2, held: 0 });
    expect(files()).toEqual([]);
    expect(said).toEqual([expect.stringMatching(/too old to be sent/)]);
  });

  it.each([
    ['is a file', () => writeFileSync(dir, '')],
    ['is read-only', () => mkdirSync(dir, { mode: 0o500 })],
  ])('goes on in memory where the directory %s, with one warning', async (what, spoil) => {
    if (isRoot && what === 'is read-only') return;
    spoil();
    const all = start();
    for (const word of ['a', 'b']) all.queue.take([word]);
    await all.queue.settled();
    await gone(all);
    expect(all.far.sent).toEqual([['a'], ['b']]);
    expect(said).toEqual([expect.stringMatching(/^cannot write to the spool .* telemetry is held in memory only$/)]);
    if (existsSync(dir)) chmodSync(dir, 0o700);
  });

  it('makes its directory again where somebody has removed it', async () => {
    const all = start();
    rmSync(dir, { recursive: true });
    all.far.answer = away;
    all.queue.take(['a']);
    await all.backlog.written();
    expect(files()).toHaveLength(1);
    expect(said).toEqual([]);
  });

  it('writes at the end of a process what is not written yet, and leaves it for the next', async () => {
    const far = new Far();
    far.answer = away;
    const ending = start({ far });
    ending.queue.take(['a']);
    ending.queue.take(['b']);
    expect(ending.queue.pending()).toEqual([]);
    expect(files()).toHaveLength(2);
    await ending.queue.shutdown();
    expect(files()).toHaveLength(2);
    expect(ending.queue.counters()).toMatchObject({ taken: 2, spooled: 2, dropped: 0, held: 2 });
    const again = start();
    await again.backlog.written();
    await gone(again);
    expect(again.far.sent).toEqual([['a'], ['b']]);
  });

  it('leaves nothing behind where nothing is left', async () => {
    const { queue } = start();
    queue.take(['a']);
    await queue.shutdown();
    expect(readdirSync(join(dir, readdirSync(dir)[0] ?? ''))).toEqual([]);
  });

  it('counts what had to wait on disk, once', async () => {
    const far = new Far();
    far.answer = away;
    const all = start({ far, firstPause: 20 });
    all.queue.take(['a']);
    while (far.sent.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    all.queue.take(['b', 'c']);
    await all.backlog.written();
    far.answer = accepted;
    await gone(all);
    all.queue.take(['d']);
    await gone(all);
    expect(all.queue.counters()).toMatchObject({ taken: 4, exported: 4, spooled: 3, dropped: 0 });
  });

  it('touches its locks, so that others see that it is alive', async () => {
    const { spool, backlog } = spooled();
    const [lock = ''] = files('lock');
    utimesSync(join(dir, lock), 0, 0);
    backlog.touch();
    while (statSync(join(dir, lock)).mtimeMs === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(spool.dir).toBe(dir);
  });
});
