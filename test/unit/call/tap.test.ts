import { describe, expect, jest, test } from '@jest/globals';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import type { Activity } from '../../../lib/call/abandoned.js';
import type { CallInFlight } from '../../../lib/call/call.js';
import { methodOf, Tap, trap } from '../../../lib/call/result/tap.js';

function call() {
  const told = { abandon: jest.fn(), ok: jest.fn(), pendingOn: jest.fn<(tap: Tap, activity: Activity) => void>() };
  return Object.assign({ context: ROOT_CONTEXT } as CallInFlight, told);
}

describe('a result', () => {
  test('gets its traps from the first call that returns it, and from no other', () => {
    const result = {};
    expect(Tap.attach(result, call())).toBeInstanceOf(Tap);
    expect(Tap.attach(result, call())).toBeUndefined();
    expect(Tap.attach({}, call())).toBeInstanceOf(Tap);
  });

  test('is open until it has ended', () => {
    const tap = Tap.attach({}, call());
    expect(tap?.isOpen).toBe(true);
    tap?.ok();
    expect(tap?.isOpen).toBe(false);
  });

  test('that has ended ends each call that returns it again', () => {
    const result = {};
    Tap.attach(result, call())?.ok('answer');
    const again = call();
    expect(Tap.attach(result, again)).toBeUndefined();
    expect(again.ok.mock.calls).toEqual([['answer']]);
    expect(again.pendingOn).not.toHaveBeenCalled();
  });

  test('carries sixteen calls, and lets go of the oldest for one more', () => {
    const result = {};
    const calls = Array.from({ length: 17 }, call);
    for (const one of calls.slice(0, 16)) Tap.attach(result, one);
    expect(calls.filter(({ abandon }) => abandon.mock.calls.length > 0)).toEqual([]);
    Tap.attach(result, calls[16] as CallInFlight);
    expect(calls.map(({ abandon }) => abandon.mock.calls.length)).toEqual([1, ...Array(16).fill(0)]);
  });

  test('tells its calls how many wait for it', () => {
    const one = call();
    const tap = Tap.attach({}, one);
    const activity = one.pendingOn.mock.calls[0]?.[1];
    tap?.awaited(1);
    const done = tap?.wait();
    expect(activity).toEqual({ waiting: 2 });
    tap?.awaited(-1);
    done?.();
    expect(activity).toEqual({ waiting: 0 });
  });
});

describe('a trapped member', () => {
  test('can be replaced by the app, and shows where it showed before', () => {
    const target = { own: 1 };
    for (const key of ['own', 'toString']) expect(trap(target, key, () => 2)).toBe(true);
    expect(Object.keys(target)).toEqual(['own']);
    const others = () => 'theirs';
    target.toString = others;
    expect(target.toString).toBe(others);
  });

  test('is none where the object is frozen', () => {
    expect(trap(Object.freeze({ own: 1 }), 'own', 2)).toBe(false);
  });
});

test('what is no function is no method', () => {
  expect(methodOf({ subscribe: true }, 'subscribe')).toBeUndefined();
  expect(methodOf({}, 'subscribe')).toBeUndefined();
  expect(methodOf({ subscribe: parseInt }, 'subscribe')).toBe(parseInt);
});
