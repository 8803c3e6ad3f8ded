import { EventEmitter } from 'node:events';
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

  test('a method that is overridden keeps the name of its class where it is called by super', () => {
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

  test('those that the language calls by itself are left alone', async () => {
    @Traced()
    class Money {
      constructor(readonly amount: number) {}
      toJSON(): unknown {
        return { amount: this.amount };
      }
      toString(): string {
        return `${this.amount} EUR`;
      }
      valueOf(): number {
        return this.amount;
      }
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
      then(resolve: (amount: number) => void): void {
        resolve(this.amount);
      }
    }
    const money = new Money(7);
    expect([JSON.stringify(money), `${money}`, +money, await money]).toEqual(['{"amount":7}', '7 EUR', 7, 7]);
    expect(telemetry.spans).toEqual([]);
  });

  test('one of those that is decorated itself is traced', () => {
    @Traced()
    class Money {
      @Traced()
      toJSON(): string {
        return 'json';
      }
    }
    expect(JSON.stringify(new Money())).toBe('"json"');
    expect(telemetry.span.name).toBe('Money.toJSON');
  });

  test('static methods are traced where that is asked for, and what is in static fields is not', () => {
    class Base {
      readonly id = 1;
      static inherited(): string {
        return 'inherited';
      }
    }
    @Traced({ static: true })
    class Factory extends Base {
      static readonly field = () => 'field';
      static readonly Inner = class {};
      static make(): Factory {
        return new Factory();
      }
      @Untraced()
      static quiet(): string {
        return 'quiet';
      }
      static get size(): string {
        return 'size';
      }
      count(): number {
        return 1;
      }
    }
    expect([Factory.make().count(), Factory.quiet(), Factory.size, Factory.field(), Factory.inherited()]).toEqual([
      1,
      'quiet',
      'size',
      'field',
      'inherited',
    ]);
    expect(new Factory.Inner()).toBeInstanceOf(Factory.Inner);
    expect(telemetry.spans.map(({ name }) => name)).toEqual(['Factory.make', 'Factory.count']);
  });

  describe('with inherited methods', () => {
    class Root {
      save(): string {
        return 'saved';
      }
      find(): string {
        return 'root';
      }
      get hidden(): string {
        return 'getter';
      }
      static open(): string {
        return 'opened';
      }
    }
    class Base<T> extends Root {
      constructor(readonly entity: T) {
        super();
      }
      override find(): string {
        return `base of ${this.entity}`;
      }
      @Traced('decorated')
      other(): string {
        return 'other';
      }
    }
    @Traced({ inherited: true, static: true })
    class Repo extends Base<string> {
      list(): string {
        return super.find();
      }
    }

    test('they are traced by the class that runs, and say which one declares them', () => {
      const repo = new Repo('users');
      expect([repo.save(), repo.find(), repo.other(), repo.list(), repo.hidden, Repo.open()]).toEqual([
        'saved',
        'base of users',
        'other',
        'base of users',
        'getter',
        'opened',
      ]);
      expect(telemetry.spans.map(({ name, attributes }) => [name, attributes['code.function.name']])).toEqual([
        ['Repo.save', 'Root.save'],
        ['Repo.find', 'Base.find'],
        ['decorated', 'Base.other'],
        ['Repo.list', 'Repo.list'],
        ['Repo.open', 'Root.open'],
      ]);
    });

    test('the base classes, and others that extend them, stay as they were', () => {
      class Other extends Base<number> {}
      expect([new Other(1).find(), new Base(2).save(), Root.open()]).toEqual(['base of 1', 'saved', 'opened']);
      expect(telemetry.spans).toEqual([]);
    });

    test('those of classes that the runtime brings are left alone', () => {
      @Traced({ inherited: true })
      class Queue extends Array<number> {
        next(): number | undefined {
          return this.shift();
        }
      }
      @Traced({ inherited: true })
      class Bus extends EventEmitter {
        tell(): boolean {
          return this.emit('told');
        }
      }
      expect([Queue.from([4]).at(0), new Queue().next(), new Bus().tell()]).toEqual([4, undefined, false]);
      expect(telemetry.spans.map(({ name }) => name)).toEqual(['Queue.next', 'Bus.tell']);
    });
  });

  test('a class with a private or protected constructor, or an abstract one, is one as well', () => {
    @Traced({ static: true })
    class Single {
      private constructor() {}
      static get(): Single {
        return new Single();
      }
      ask(): number {
        return 1;
      }
    }
    @Traced()
    abstract class Shape {
      protected constructor(readonly colour: string) {}
      abstract sides(): number;
      angles(): number {
        return this.sides();
      }
    }
    class Square extends Shape {
      constructor() {
        super('red');
      }
      sides(): number {
        return 4;
      }
    }
    expect([Single.get().ask(), new Square().angles()]).toEqual([1, 4]);
    expect(telemetry.spans.map(({ name }) => name)).toEqual(['Single.get', 'Single.ask', 'Square.angles']);
  });

  test('a class expression is handed back', () => {
    class Plain {
      ask(): number {
        return 1;
      }
    }
    expect(Traced()(Plain)).toBe(Plain);
    expect(new Plain().ask()).toBe(1);
    expect(telemetry.span.name).toBe('Plain.ask');
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
