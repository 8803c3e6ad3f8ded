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
import { Spool, type SpoolOptions } from '../../../lib/sdk/delivery/spool.js';
import type { SpoolQueue } from '../../../lib/sdk/delivery/spool-queue.js';
import { away, Far, type Line, line, taken } from '../../support/delivery-parts.js';
import { listen } from '../../support/sdk-stderr.js';

const LABEL = { signal: 'traces', url: 'http://far/v1/traces', contentType: 'application/json' } as const;
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
  let open: { spool: Spool; queue: SpoolQueue }[];
  let couriers: Line['courier'][];

  beforeEach(() => {
    dir = join(mkdtempSync(join(tmpdir(), 'annotel-spool-')), 'spool');
    said = [];
    listen();
    now = Date.now();
    open = [];
    couriers = [];
  });
  afterEach(() => {
    // Those that count as killed, too: they would try again for as long as the tests run.
    for (const courier of couriers) courier.abandon('the test is over');
    for (const { queue } of open) queue.release();
    rmSync(join(dir, '..'), { recursive: true, force: true });
    jest.restoreAllMocks();
  });

  const spooled = (options: Partial<SpoolOptions> = {}, label: Parameters<Spool['open']>[0] = LABEL) => {
    const spool = new Spool({ dir, warn: (text) => said.push(text), now: () => now, identity: SELF, ...options });
    const queue = spool.open(label, ROOM);
    open.push({ spool, queue });
    return { spool, queue };
  };
  /** A process with a courier on a spool. */
  const start = (options: Partial<SpoolOptions> & { far?: Far; firstPause?: number } = {}) => {
    const { far = new Far(), firstPause, ...rest } = options;
    const { spool, queue } = spooled(rest);
    const all = line({ backlog: queue, transport: far, firstPause });
    couriers.push(all.courier);
    return { spool, queue, ...all };
  };
  /** Leaves batches behind, as a process that was killed while its collector was away. */
  const leave = async (batches: string[][], identity = DEAD) => {
    const far = new Far();
    far.answer = away;
    const killed = start({ identity, far, firstPause: 1e6 });
    for (const batch of batches) killed.courier.take(batch);
    await killed.queue.written();
    open.pop();
    return killed;
  };
  const gone = async ({ courier }: Line) => {
    while (courier.figures().held > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const files = (ending = '.parcel') =>
    existsSync(dir)
      ? readdirSync(dir, { recursive: true })
          .map(String)
          .filter((name) => name.endsWith(ending))
          .sort()
      : [];

  it('holds each batch on disk until it is taken, and then no more', async () => {
    const { courier, far, queue } = start();
    const held = far.holds();
    courier.take(['a', 'b']);
    await queue.written();
    expect(files()).toEqual([
      expect.stringMatching(/^traces-[0-9a-f]{12}\/\d+-\d+-[0-9a-f]{8}\/[\d-]+[0-9a-f]+-2\.parcel$/),
    ]);
    expect(far.sent).toEqual([['a', 'b']]);
    held[0]?.answer(taken);
    await courier.settled();
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
    await again.queue.written();
    again.courier.take(['e']);
    await again.courier.settled();
    await gone(again);
    expect(far.sent).toEqual([['a'], ['b', 'c'], ['d'], ['e']]);
    expect(again.courier.figures()).toMatchObject({ taken: 5, exported: 5, dropped: 0, held: 0 });
    expect(files()).toEqual([]);
  });

  it('sends what several have left in the order in which it was written', async () => {
    const far = new Far();
    far.answer = away;
    const killed = [start({ far, identity: ELSEWHERE }), start({ far, identity: ELSEWHERE })];
    for (const [n, word] of ['a', 'b', 'c', 'd'].entries()) {
      now += 1;
      killed[n % 2]?.courier.take([word]);
      await killed[n % 2]?.queue.written();
    }
    open = [];
    now += 61_000;
    const again = start();
    await again.queue.written();
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
    const { queue, far, courier } = start();
    await queue.written();
    await courier.settled();
    expect(far.sent).toEqual(isTaken ? [['a']] : []);
    expect(files()).toHaveLength(isTaken ? 0 : 1);
  });

  it('takes later, too, what others leave', async () => {
    await leave([['a']], ELSEWHERE);
    const late = start();
    await late.queue.written();
    now += 61_000;
    late.spool.lookAround();
    await late.queue.written();
    await gone(late);
    expect(late.far.sent).toEqual([['a']]);
  });

  it('takes what a process has released', async () => {
    (await leave([['a']], SELF)).queue.release();
    const again = start();
    await again.queue.written();
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
    await again.queue.written();
    await gone(again);
    expect(again.far.sent).toEqual([['a'], ['b']]);
    expect(files()).toEqual([]);
  });

  it('lets only one of several have it', async () => {
    await leave(Array.from({ length: 20 }, (_, n) => [`${n}`]));
    const all = [start(), start(), start()];
    for (const { queue } of all) await queue.written();
    for (const one of all) await gone(one);
    const sent = all.flatMap(({ far }) => far.sent.flat());
    expect(sent.map(Number).sort((one, other) => one - other)).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  it('leaves alone what is for another destination', async () => {
    await leave([['a']]);
    const { queue } = spooled({}, { ...LABEL, url: 'http://other/v1/traces' });
    await line({ backlog: queue }).courier.settled();
    await queue.written();
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
    await again.queue.written();
    await gone(again);
    expect(again.far.sent).toEqual([['a'], ['b']]);
    expect(again.courier.figures()).toMatchObject({ exported: 2, dropped: 1 });
    expect(files('.corrupt')).toHaveLength(1);
    expect(said).toEqual([expect.stringMatching(why)]);
  });

  it('sets a stranger aside, once, until it is too old', async () => {
    await leave([['a']]);
    const stranger = join(dir, files()[0] ?? '', '..', 'notes.txt');
    writeFileSync(stranger, 'hello');
    const first = start({ identity: { ...DEAD, pid: DEAD.pid + 1 } });
    await first.queue.written();
    await gone(first);
    open.pop();
    expect(files('.corrupt')).toEqual([expect.stringMatching(/notes\.txt\.corrupt$/)]);
    expect(said).toEqual([expect.stringMatching(/it is none of annotel/)]);
    const second = start();
    await second.queue.written();
    expect(said).toHaveLength(1);
    second.queue.release();
    now += 100 * 3_600_000;
    const third = start();
    await third.queue.written();
    expect(files('.corrupt')).toEqual([]);
  });

  it('sends a file whose writer was killed just before it was done', async () => {
    await leave([['a']]);
    const path = join(dir, files()[0] ?? '');
    renameSync(path, `${path}.tmp`);
    const again = start();
    await again.queue.written();
    await gone(again);
    expect(again.far.sent).toEqual([['a']]);
  });

  it('drops in the end, too, what is for a destination that nobody sends to any more', async () => {
    await leave([['a', 'b']]);
    now += 49 * 3_600_000;
    const { spool, queue } = spooled({ maxAge: 48 * 3_600_000 }, { ...LABEL, url: 'http://other/v1/traces' });
    spool.lookAround();
    while (files().length > 0 || said.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await queue.written();
    expect(said).toEqual([expect.stringMatching(/^2 items .* were for other destinations and are too old/)]);
  });

  it('says what is lost at the end where the disk has refused it', async () => {
    const lines = listen();
    writeFileSync(dir, '');
    const all = start();
    all.far.answer = away;
    all.courier.take(['a', 'b']);
    await all.courier.shutdown();
    expect(all.courier.figures()).toMatchObject({ dropped: 2, held: 0 });
    expect(lines).toEqual([expect.stringMatching(/before the end: 2 spans dropped$/)]);
  });

  it('holds no more bytes than it may: the oldest goes, counted, with one warning', async () => {
    const far = new Far();
    far.answer = away;
    const full = start({ far, maxBytes: 5 * 4096, firstPause: 1e6 });
    for (let n = 0; n < 20; n += 1) full.courier.take([`${n}`]);
    await full.queue.written();
    expect(files()).toHaveLength(5);
    expect(full.courier.figures()).toMatchObject({ taken: 20, dropped: 15, held: 5 });
    expect(said).toEqual([expect.stringMatching(/has reached 20480 bytes: the oldest in it is dropped/)]);
    far.answer = taken;
    full.courier.close();
    await gone(full);
    expect(far.sent.at(-1)).toEqual(['19']);
  });

  it('holds nothing longer than it may', async () => {
    await leave([['old'], ['older']]);
    now += 25 * 3_600_000;
    const again = start({ maxAge: 24 * 3_600_000 });
    await again.queue.written();
    await again.courier.settled();
    expect(again.far.sent).toEqual([]);
    expect(again.courier.figures()).toMatchObject({ taken: 2, dropped: 2, held: 0 });
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
    for (const word of ['a', 'b']) all.courier.take([word]);
    await all.courier.settled();
    await gone(all);
    expect(all.far.sent).toEqual([['a'], ['b']]);
    expect(said).toEqual([expect.stringMatching(/^cannot write to the spool .* telemetry is held in memory only$/)]);
    if (existsSync(dir)) chmodSync(dir, 0o700);
  });

  it('makes its directory again where somebody has removed it', async () => {
    const all = start();
    rmSync(dir, { recursive: true });
    all.far.answer = away;
    all.courier.take(['a']);
    await all.queue.written();
    expect(files()).toHaveLength(1);
    expect(said).toEqual([]);
  });

  it('writes at the end of a process what is not written yet, and leaves it for the next', async () => {
    const far = new Far();
    far.answer = away;
    const ending = start({ far });
    ending.courier.take(['a']);
    ending.courier.take(['b']);
    expect(ending.courier.pending()).toEqual([]);
    expect(files()).toHaveLength(2);
    await ending.courier.shutdown();
    expect(files()).toHaveLength(2);
    expect(ending.courier.figures()).toMatchObject({ taken: 2, spooled: 2, dropped: 0, held: 2 });
    const again = start();
    await again.queue.written();
    await gone(again);
    expect(again.far.sent).toEqual([['a'], ['b']]);
  });

  it('leaves nothing behind where nothing is left', async () => {
    const { courier } = start();
    courier.take(['a']);
    await courier.shutdown();
    expect(readdirSync(join(dir, readdirSync(dir)[0] ?? ''))).toEqual([]);
  });

  it('counts what had to wait on disk, once', async () => {
    const far = new Far();
    far.answer = away;
    const all = start({ far, firstPause: 20 });
    all.courier.take(['a']);
    while (far.sent.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    all.courier.take(['b', 'c']);
    await all.queue.written();
    far.answer = taken;
    await gone(all);
    all.courier.take(['d']);
    await gone(all);
    expect(all.courier.figures()).toMatchObject({ taken: 4, exported: 4, spooled: 3, dropped: 0 });
  });

  it('touches its locks, so that others see that it is alive', async () => {
    const { spool, queue } = spooled();
    const [lock = ''] = files('lock');
    utimesSync(join(dir, lock), 0, 0);
    queue.touch();
    while (statSync(join(dir, lock)).mtimeMs === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(spool.dir).toBe(dir);
  });
});
