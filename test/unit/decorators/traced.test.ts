import { describe, expect, test } from '@jest/globals';
import { LlmCall, Traced, Untraced } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

class Orders {
  @Traced()
  async find(id: number): Promise<{ id: number }> {
    return { id };
  }

  @Traced('orders.cancel')
  cancel(id: number): void {
    throw Object.assign(new RangeError(`no order ${id}`), { code: 'ORDER_UNKNOWN' });
  }
}

test('a call becomes a span, a log record and metrics under the name of its method', async () => {
  await expect(new Orders().find(7)).resolves.toEqual({ id: 7 });

  const attributes = { 'code.function.name': 'Orders.find', 'annotel.operation': 'traced' };
  expect(telemetry.spans).toEqual([{ name: 'Orders.find', kind: 'INTERNAL', attributes }]);
  expect(telemetry.logs).toEqual([
    { eventName: 'annotel.call', severity: 'DEBUG', body: 'Orders.find succeeded', attributes },
  ]);
  expect(await telemetry.metrics()).toEqual({
    'annotel.calls': { unit: '{call}', points: [{ attributes, value: 1 }] },
    'annotel.call.duration': { unit: 's', buckets: expect.any(Array), points: [{ attributes, count: 1 }] },
  });
});

test('a failure is thrown on and tells its type and its message on all three signals', async () => {
  expect(() => new Orders().cancel(7)).toThrow(new RangeError('no order 7'));

  const attributes = {
    'code.function.name': 'Orders.cancel',
    'annotel.operation': 'traced',
    'error.type': 'ORDER_UNKNOWN',
  };
  const exception = {
    'exception.type': 'RangeError',
    'exception.message': 'no order 7',
    'exception.stacktrace': expect.stringContaining('RangeError: no order 7\n'),
  };
  expect(telemetry.spans).toEqual([
    {
      name: 'orders.cancel',
      kind: 'INTERNAL',
      attributes,
      error: 'no order 7',
      events: [{ name: 'exception', attributes: exception }],
    },
  ]);
  expect(telemetry.logs).toEqual([
    {
      eventName: 'exception',
      severity: 'WARN',
      body: 'Orders.cancel failed: ORDER_UNKNOWN',
      attributes: { ...attributes, ...exception },
    },
  ]);
  expect(await telemetry.points('annotel.calls')).toEqual([{ attributes, value: 1 }]);
  expect(await telemetry.points('annotel.call.duration')).toEqual([{ attributes, count: 1 }]);
});

test('the log record carries the ids of the span', async () => {
  await new Orders().find(7);

  const span = telemetry.captured.spans[0]?.spanContext();
  expect(telemetry.captured.logs[0]?.spanContext).toEqual(span);
});

test('calls nest as the methods call one another', async () => {
  class Checkout {
    @Traced()
    async pay(): Promise<unknown> {
      return new Orders().find(1);
    }
  }
  await new Checkout().pay();

  expect(telemetry.spans.map(({ name, parent }) => ({ name, parent }))).toEqual([
    { name: 'Orders.find', parent: 'Checkout.pay' },
    { name: 'Checkout.pay', parent: undefined },
  ]);
});

describe('on a class', () => {
  const key = Symbol('key');

  @Traced()
  class Stock {
    readonly field = () => 'field';
    count(): string {
      return 'count';
    }
    async reserve(): Promise<string> {
      return this.audit();
    }
    @Untraced()
    audit(): string {
      return 'audit';
    }
    @LlmCall({ provider: 'openai' })
    describe(): string {
      return 'describe';
    }
    get size(): string {
      return 'size';
    }
    static open(): Stock {
      return new Stock();
    }
    [key](): string {
      return 'symbol';
    }
  }

  test('every own method of its instances is traced', async () => {
    expect(new Stock().count()).toBe('count');
    await expect(new Stock().reserve()).resolves.toBe('audit');
    expect(telemetry.spans.map(({ name }) => name)).toEqual(['Stock.count', 'Stock.reserve']);
  });

  test('a method that is decorated already keeps its own decorator', () => {
    expect(new Stock().describe()).toBe('describe');
    expect(telemetry.span.name).toBe('chat');
  });

  test('accessors, fields, static and symbol-named methods are left alone', () => {
    const stock = Stock.open();
    expect([stock.size, stock.field(), stock[key]()]).toEqual(['size', 'field', 'symbol']);
    expect(telemetry.spans).toEqual([]);
  });

  test('inherited methods keep the name of the class that owns them', () => {
    class Warehouse extends Stock {
      override count(): string {
        return `${super.count()} of warehouse`;
      }
    }
    expect(new Warehouse().count()).toBe('count of warehouse');
    expect(telemetry.spans.map(({ name }) => name)).toEqual(['Stock.count']);
  });

  test('its name and the identity of its instances stay', () => {
    expect(Stock.name).toBe('Stock');
    expect(new Stock()).toBeInstanceOf(Stock);
    expect(new Stock().constructor).toBe(Stock);
    expect(Object.keys(Stock.prototype)).toEqual([]);
  });

  test('options apply to each of its methods', () => {
    @Traced({ attributes: { team: 'search' }, log: 'none' })
    class Index {
      add(): void {}
      remove(): void {}
    }
    const index = new Index();
    index.add();
    index.remove();
    expect(telemetry.spans.map(({ name, attributes }) => [name, attributes['team']])).toEqual([
      ['Index.add', 'search'],
      ['Index.remove', 'search'],
    ]);
    expect(telemetry.logs).toEqual([]);
  });
});
