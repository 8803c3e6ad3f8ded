import { describe, expect, test } from '@jest/globals';
import { LlmCall, Retrieval, SpanAttribute, Traced, Workflow } from '../../../../lib/index.js';
import { useTelemetry } from '../../../support/telemetry.js';

/* The standard has no parameter decorators, so these tests are compiled with legacy ones only. */

const telemetry = useTelemetry();

class Orders {
  @Traced()
  async find(@SpanAttribute('order.id') id: unknown, _deep: boolean, @SpanAttribute('user.id') user?: string) {
    return { id, user };
  }

  @Traced()
  static count(@SpanAttribute('order.state') state: string): string {
    return state;
  }
}

class UrgentOrders extends Orders {
  @Traced()
  override async find(id: unknown, _deep: boolean, @SpanAttribute('user.name') user?: string) {
    return { id, user };
  }
}

const given = () => {
  const { 'code.function.name': _method, 'annotel.operation': _operation, ...attributes } = telemetry.span.attributes;
  return attributes;
};

test('a marked argument becomes an attribute of span and log record', async () => {
  await expect(new Orders().find('o-1', true, 'u-1')).resolves.toEqual({ id: 'o-1', user: 'u-1' });
  expect(given()).toEqual({ 'order.id': 'o-1', 'user.id': 'u-1' });
  expect(telemetry.logs[0]?.attributes).toMatchObject({ 'order.id': 'o-1', 'user.id': 'u-1' });
});

test.each<[string, unknown]>([
  ['a number', 7],
  ['a boolean', false],
  ['an empty string', ''],
  ['an array of strings', ['a', 'b']],
])('%s is recorded as it is', async (_what, value) => {
  await new Orders().find(value, true);
  expect(given()).toEqual({ 'order.id': value });
});

test.each<[string, unknown]>([
  ['an object', { secret: 1 }],
  ['an array of objects', [{ secret: 1 }]],
  ['null', null],
  ['undefined', undefined],
  ['a function', () => 'secret'],
  ['a bigint', 7n],
  ['a symbol', Symbol('secret')],
])('%s is left out', async (_what, value) => {
  await new Orders().find(value, true);
  expect(given()).toEqual({});
});

test('the arguments of a static method are recorded too', () => {
  expect(Orders.count('open')).toBe('open');
  expect(given()).toEqual({ 'order.state': 'open' });
});

test('a method that overrides another has its own marks only', async () => {
  await new UrgentOrders().find('o-1', true, 'u-1');
  expect(given()).toEqual({ 'user.name': 'u-1' });
});

test('a class decorated as a whole records the marked arguments of its methods', () => {
  @Traced()
  class Payments {
    pay(@SpanAttribute('payment.amount') amount: number): number {
      return amount;
    }
  }
  expect(new Payments().pay(12.5)).toBe(12.5);
  expect(given()).toEqual({ 'payment.amount': 12.5 });
});

test('every kind of decorated method records them', () => {
  class Rag {
    @LlmCall()
    ask(@SpanAttribute('tenant') _tenant: string): void {}
    @Retrieval()
    search(@SpanAttribute('tenant') _tenant: string): void {}
    @Workflow()
    answer(@SpanAttribute('tenant') _tenant: string): void {}
  }
  const rag = new Rag();
  rag.ask('acme');
  rag.search('acme');
  rag.answer('acme');
  expect(telemetry.spans.map(({ attributes }) => attributes['tenant'])).toEqual(['acme', 'acme', 'acme']);
});

describe('wrong use is a TypeError that names the place and the mend:', () => {
  test('a constructor parameter', () => {
    expect(() => {
      class Wrong {
        constructor(@SpanAttribute('id') readonly id: string) {}
      }
      return Wrong;
    }).toThrow(new TypeError("@SpanAttribute() on the constructor of Wrong: put it on a method's parameter."));
  });

  test.each([undefined, ''])('no key but %p', (key) => {
    expect(() => {
      class Wrong {
        ask(@SpanAttribute(key as string) _id: string): void {}
      }
      return Wrong;
    }).toThrow(new TypeError("@SpanAttribute() on Wrong.ask: name the attribute, as in @SpanAttribute('order.id')."));
  });

  test('no parentheses', () => {
    const decorator = SpanAttribute as unknown as ParameterDecorator;
    expect(() => {
      class Wrong {
        ask(@decorator _id: string): void {}
      }
      return Wrong;
    }).toThrow("Write it with parentheses, as in @SpanAttribute('order.id').");
  });

  // biome-ignore lint/suspicious/noExplicitAny: the types do not allow it
  test.each<[string, any]>([
    ['Traced', Traced],
    ['LlmCall', LlmCall],
  ])('@%s() on a parameter', (name, decorator) => {
    expect(() => {
      class Wrong {
        ask(@decorator() _id: string): void {}
      }
      return Wrong;
    }).toThrow(`@${name}() on Wrong.ask: it cannot observe a parameter. Put it on a method`);
    expect(() => {
      class Wrong {
        constructor(@decorator() readonly id: string) {}
      }
      return Wrong;
    }).toThrow(`@${name}() on the constructor of Wrong: it cannot observe a parameter. Put it on a method`);
  });
});
