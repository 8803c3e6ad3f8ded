import { logValue } from '../../../../lib/sdk/logs/log-value.js';

describe('logValue', () => {
  const circular: Record<string, unknown> = { name: 'ring' };
  circular.self = circular;
  const revocable = Proxy.revocable({}, {});
  revocable.revoke();
  const shared = { n: 1 };
  class Cat {
    name = 'tom';
    get age(): number {
      throw new Error('a lady does not tell');
    }
  }

  it.each<[what: string, value: unknown, expected: unknown]>([
    ['text', 'meow', 'meow'],
    ['a number', 7, 7],
    ['null', null, null],
    ['nothing', undefined, undefined],
    ['a bigint', 7n, '7'],
    ['a symbol', Symbol('purr'), 'Symbol(purr)'],
    ['a function', function purr() {}, '[Function purr]'],
    ['a list', ['a', { b: 1 }], ['a', { b: 1 }]],
    ['a map', new Map([['a', new Set([1, 2])]]), { a: [1, 2] }],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['bytes', { image: Buffer.alloc(9) }, { image: '[9 bytes]' }],
    ['an array buffer', new ArrayBuffer(3), '[3 bytes]'],
    ['an error', Object.assign(new TypeError('no'), { code: 'E1' }), { code: 'E1', name: 'TypeError', message: 'no' }],
    ['an object of a class', new Cat(), { name: 'tom' }],
    ['what toJSON gives', { toJSON: () => ({ n: 1n }) }, { n: '1' }],
    ['the same object twice', [shared, shared], [{ n: 1 }, { n: 1 }]],
    ['a circular object', circular, { name: 'ring', self: '[Circular]' }],
    ['a deep object', { a: { b: { c: { d: { e: {} } } } } }, { a: { b: { c: { d: { e: '[Nested]' } } } } }],
    [
      'a getter that throws',
      {
        ok: 1,
        get bad() {
          throw new Error('no');
        },
      },
      { ok: 1, bad: '[Unreadable]' },
    ],
    [
      'a toJSON that throws',
      {
        a: {
          toJSON() {
            throw new Error('no');
          },
        },
      },
      { a: '[Unreadable]' },
    ],
    ['a revoked proxy', revocable.proxy, '[Unreadable]'],
  ])('takes %s', (_what, value, expected) => {
    expect(logValue(value)).toEqual(expected);
  });

  it('stops at a bounded number of values', () => {
    const list = logValue(Array.from({ length: 100_000 }, () => 'x')) as unknown[];
    expect(list.length).toBeLessThanOrEqual(501);
    expect(list.at(-1)).toBe('[Truncated]');

    const object = logValue(Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`k${n}`, n]))) as object;
    expect(Object.keys(object).length).toBeLessThanOrEqual(501);
    expect(object).toHaveProperty(['[Truncated]'], true);
  });
});
