import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Child, run } from '../../support/sdk-child.js';
import { Collector } from '../../support/sdk-collector.js';

jest.setTimeout(60_000);

const REGISTER = ['--import', 'annotel/register'];

describe('the end of a process', () => {
  let collector: Collector;

  beforeEach(async () => {
    collector = await Collector.start();
  });
  afterEach(async () => {
    await collector.close();
  });

  const environment = () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' });
  const killed = async (signal: NodeJS.Signals, ...args: string[]) => {
    await using child = new Child(args, environment());
    await child.says('ready');
    child.kill(signal);
    const { code, signal: endedBy, took: _took, ...rest } = await child.ended();
    return { code, endedBy, ...rest };
  };

  it.each(['SIGTERM', 'SIGINT'] as const)('by %s is the same as without annotel, and loses nothing', async (signal) => {
    const bare = await killed(signal, 'server.mjs');
    expect(bare).toMatchObject({ code: null, endedBy: signal });
    expect(await killed(signal, ...REGISTER, 'server.mjs')).toEqual(bare);
    expect(collector.spanNames).toEqual(['work']);
  });

  it.each(['own', 'close'])('is the app’s own decision where it listens to the signal: %s', async (how) => {
    const bare = await killed('SIGTERM', 'server.mjs', how);
    expect(bare).toMatchObject({ code: how === 'own' ? 7 : 0, endedBy: null });
    expect(await killed('SIGTERM', ...REGISTER, 'server.mjs', how)).toEqual(bare);
    expect(collector.spanNames).toEqual(['work']);
  });

  it('of its own accord keeps the exit code, and loses nothing', async () => {
    expect(await run([...REGISTER, 'throws.mjs'], environment())).toMatchObject({ code: 5, signal: null, stderr: '' });
    expect(collector.spanNames).toEqual(['work']);
  });

  it('by an error that nobody catches is the same as without annotel', async () => {
    const { code, stderr } = await run(['throws.mjs', 'throw']);
    expect(await run([...REGISTER, 'throws.mjs', 'throw'], environment())).toMatchObject({ code, stderr });
  });

  // All variants, and a hundred runs: `node test/bench/sigterm.js`.
  it('by SIGTERM under load loses no finished span', async () => {
    const { stdout, stderr, code } = await run(['../../bench/sigterm.js', '5', 'plain']);
    expect(stdout).toContain('"runs":5');
    expect(stdout).toContain('"lost":0');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  });

  it('of a Nest app with shutdown hooks runs them, and loses nothing', async () => {
    const ended = await killed('SIGTERM', ...REGISTER, 'nest.mjs');
    expect(ended).toMatchObject({ code: null, endedBy: 'SIGTERM', stdout: 'ready\nhook SIGTERM\n' });
    expect(collector.spanNames).toContain('work');
    expect(collector.spanNames).toContain('in hook');
  });
});
