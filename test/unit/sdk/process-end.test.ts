import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { shutDownWithProcess } from '../../../lib/sdk/process-end.js';

// Not `process.emit`: a package that the test runner loads may have put its own in that place.
const emit = (event: string, ...args: unknown[]) => EventEmitter.prototype.emit.call(process, event, ...args);

describe('shutDownWithProcess', () => {
  let kill: jest.SpiedFunction<typeof process.kill>;
  let remove: () => void;
  let finish: () => void;
  const calls: string[] = [];

  beforeEach(() => {
    calls.length = 0;
    // The listeners of the test runner itself would count as the app's.
    for (const event of ['SIGTERM', 'SIGINT', 'beforeExit']) process.removeAllListeners(event);
    kill = jest.spyOn(process, 'kill').mockReturnValue(true);
    remove = shutDownWithProcess({
      flushAtExit: (timeout) => {
        calls.push(timeout === undefined ? 'flush at exit' : `flush at the exit in ${timeout}`);
      },
      flush: (isLast = false) => {
        calls.push(isLast ? 'last flush' : 'flush');
        return new Promise((resolve) => {
          finish = resolve;
        });
      },
      finished: () => {
        calls.push('finished');
      },
    });
  });
  afterEach(() => {
    remove();
    jest.restoreAllMocks();
  });

  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s sends what there is, then lets the signal have its way',
    async (signal) => {
      emit(signal, signal);
      expect(calls).toEqual(['last flush']);
      expect(kill).not.toHaveBeenCalled();
      finish();
      await turn();
      expect(calls).toEqual(['last flush', 'flush at exit']);
      expect(process.listenerCount(signal)).toBe(0);
      expect(kill.mock.calls).toEqual([[process.pid, signal]]);
    },
  );

  it('does not wait for long when asked a second time', () => {
    emit('SIGINT', 'SIGINT');
    emit('SIGINT', 'SIGINT');
    expect(calls).toEqual(['last flush', 'flush at the exit in 1000']);
    expect(kill.mock.calls).toEqual([[process.pid, 'SIGINT']]);
  });

  it('only flushes where the app listens to the signal', async () => {
    const own = jest.fn();
    process.on('SIGTERM', own);
    emit('SIGTERM', 'SIGTERM');
    await turn();
    expect(calls).toEqual(['flush']);
    expect(own).toHaveBeenCalledTimes(1);
    expect(kill).not.toHaveBeenCalled();
    // As Nest does: it takes its listener away and raises the signal again.
    process.off('SIGTERM', own);
    emit('SIGTERM', 'SIGTERM');
    finish();
    await turn();
    expect(calls).toEqual(['flush', 'last flush', 'flush at exit']);
    expect(kill).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['3', process, '__signal_exit_emitter__'],
    ['4', globalThis, Symbol.for('signal-exit emitter')],
  ])('does not wait for signal-exit %s, which would wait for it', (_version, holder, key) => {
    Object.assign(holder, { [key]: { count: 1 } });
    process.on('SIGTERM', () => {});
    emit('SIGTERM', 'SIGTERM');
    Reflect.deleteProperty(holder, key);
    expect(calls).toEqual(['last flush']);
  });

  it('shuts down once when the process has nothing more to do', async () => {
    emit('beforeExit', 0);
    emit('beforeExit', 0);
    await turn();
    expect(calls).toEqual(['finished']);
    expect(kill).not.toHaveBeenCalled();
  });

  it('can be taken away', async () => {
    process.on('exit', turn);
    await turn();
    remove();
    process.off('exit', turn);
    emit('beforeExit', 0);
    await turn();
    expect(emit('SIGTERM', 'SIGTERM')).toBe(false);
    expect(calls).toEqual([]);
  });

  it('leaves no listener behind', async () => {
    const events = ['SIGTERM', 'SIGINT', 'beforeExit', 'exit', 'newListener'];
    const counts = () => events.map((event) => process.listenerCount(event));
    remove();
    const before = counts();
    for (let turns = 0; turns < 20; turns += 1) {
      const removeAgain = shutDownWithProcess({
        flushAtExit: () => {},
        flush: async () => {},
        finished: async () => {},
      });
      removeAgain();
      await turn();
    }
    expect(counts()).toEqual(before);
  });
});
