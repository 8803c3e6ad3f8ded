import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import { type CapturedTelemetry, captureTelemetry } from '../../../lib/testing/index.js';

describe('Calls that nobody listens to', () => {
  const environment = process.env;
  let printed: unknown[];
  let work: () => unknown;
  let captured: CapturedTelemetry | undefined;

  beforeEach(() => {
    printed = [];
    captured = undefined;
    jest.useFakeTimers();
    jest.spyOn(console, 'error').mockImplementation((...args) => {
      printed.push(...args);
    });
  });
  afterEach(async () => {
    jest.runAllTimers();
    jest.useRealTimers();
    jest.restoreAllMocks();
    process.env = environment;
    diag.disable();
    await captured?.stop();
  });

  /** As at the start of a process, where no call has been made. */
  const started = async (variables: Record<string, string>) => {
    process.env = { ...environment, ...variables };
    jest.resetModules();
    const { Traced } = await import('../../../lib/index.js');
    work = Traced()(() => 42);
  };

  it('are told of once where OTEL_LOG_LEVEL asks for it', async () => {
    await started({ OTEL_LOG_LEVEL: 'Debug' });
    expect([work(), work()]).toEqual([42, 42]);
    expect(printed).toEqual([]);
    jest.runAllTimers();
    work();
    jest.runAllTimers();
    expect(printed).toEqual([
      expect.stringMatching(/^annotel: nothing listens: .*--import annotel\/register.*startTelemetry/),
    ]);
  });

  it('are told of at the end of a process that is done before', async () => {
    const once = jest.spyOn(process, 'once');
    await started({ OTEL_LOG_LEVEL: 'all' });
    work();
    const [, onExit] = once.mock.calls.find(([event]) => event === 'exit') as unknown as [string, () => void];
    onExit();
    jest.runAllTimers();
    expect(printed).toHaveLength(1);
    expect(process.listeners('exit')).not.toContain(onExit);
  });

  it('are told to a logger of diag', async () => {
    const told: string[] = [];
    diag.setLogger({ debug: (text: string) => told.push(text) } as unknown as DiagLogger, DiagLogLevel.DEBUG);
    await started({ OTEL_LOG_LEVEL: 'debug' });
    work();
    told.length = 0;
    jest.runAllTimers();
    expect(told).toEqual([expect.stringMatching(/^annotel: nothing listens/)]);
    expect(printed).toEqual([]);
  });

  it.each([
    ['nobody asks', {}],
    ['less is asked for', { OTEL_LOG_LEVEL: 'info' }],
    ['telemetry is switched off', { OTEL_LOG_LEVEL: 'debug', OTEL_SDK_DISABLED: 'true' }],
  ])('are not told of, and wait for nothing, where %s', async (_what, variables) => {
    await started(variables);
    const listening = process.listenerCount('exit');
    work();
    expect([jest.getTimerCount(), process.listenerCount('exit')]).toEqual([0, listening]);
  });

  it('are not told of where an SDK starts a moment later', async () => {
    await started({ OTEL_LOG_LEVEL: 'debug' });
    work();
    captured = captureTelemetry();
    jest.runAllTimers();
    expect(printed).toEqual([]);
  });

  it('are not told of where an SDK has been shut down', async () => {
    await started({ OTEL_LOG_LEVEL: 'debug' });
    work();
    const shortly = captureTelemetry();
    work();
    await shortly.stop();
    jest.runAllTimers();
    expect(printed).toEqual([]);
  });
});
