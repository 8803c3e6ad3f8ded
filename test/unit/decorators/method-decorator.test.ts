import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { Agent, isObserved, LlmCall, type MethodDecorator, ToolCall, Traced, Workflow } from '../../../lib/index.js';
import { standardClass } from '../../support/standard-class.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();
const names = () => telemetry.spans.map(({ attributes }) => attributes['code.function.name']);

const symbol = Symbol('symbol');

class Animal {
  constructor(readonly sound = 'growl') {}

  @Traced()
  speak(): string {
    return this.sound;
  }

  @Traced()
  async listen(): Promise<string> {
    return this.sound;
  }

  @Traced()
  static create(): Animal {
    return new this('created');
  }

  @Traced()
  [symbol](): string {
    return this.sound;
  }
}

class Cat extends Animal {
  @Traced()
  override speak(): string {
    return `${super.speak()} and purr`;
  }
}

describe('the name of a method', () => {
  test('is Class.method, with the class that owns the method', async () => {
    expect(await new Animal().listen()).toBe('growl');
    expect(await new Cat('meow').listen()).toBe('meow');
    expect(names()).toEqual(['Animal.listen', 'Animal.listen']);
  });

  test('tells a method and the one that it overrides apart', () => {
    expect(new Cat('meow').speak()).toBe('meow and purr');
    expect(names()).toEqual(['Animal.speak', 'Cat.speak']);
    expect(telemetry.spans[0]?.parent).toBe('Cat.speak');
  });

  test('holds for static methods and for those of a subclass', () => {
    expect(Animal.create()).toBeInstanceOf(Animal);
    expect(Cat.create()).toBeInstanceOf(Cat);
    expect(names()).toEqual(['Animal.create', 'Animal.create']);
  });

  test('tells a symbol by its description', () => {
    expect(new Animal()[symbol]()).toBe('growl');
    expect(names()).toEqual(['Animal.Symbol(symbol)']);
  });

  test('is known for a private method', () => {
    const Safe = standardClass<{ open(): string }>(
      'class Safe { #code = "1234"; @Traced() #unlock() { return this.#code } open() { return this.#unlock() } }',
      { Traced },
    );
    expect(new Safe().open()).toBe('1234');
    expect(names()).toEqual(['Safe.#unlock']);
  });

  test('is still there for a method that was taken from its instance', () => {
    const { speak } = Animal.prototype;
    expect(Reflect.apply(speak, new Animal('hiss'), [])).toBe('hiss');
    expect(Reflect.apply(speak, { sound: 'borrowed' }, [])).toBe('borrowed');
    expect(names()).toEqual(['Animal.speak', 'Animal.speak']);
  });

  test('is that of a plain function, and says so where it has none', () => {
    function bark(): string {
      return 'woof';
    }
    expect(Traced()(bark)()).toBe('woof');
    expect(Traced()(() => 'anonymous')()).toBe('anonymous');
    expect(names()).toEqual(['bark', '(anonymous)']);
  });
});

describe('the span of a method of a base class', () => {
  const spans = () => telemetry.spans.map(({ name, attributes }) => [name, attributes['code.function.name']]);

  class Base<T> {
    constructor(readonly value?: T) {}

    @Traced()
    find(): T | undefined {
      return this.value;
    }

    @Traced('explicit')
    named(): void {}

    @Traced()
    static create(): string {
      return 'created';
    }

    @Workflow()
    answer(): void {}

    @Agent()
    turn(): void {}

    @ToolCall()
    look(): void {}
  }
  class UserRepo extends Base<string> {}
  class OrderRepo extends Base<number> {
    override find(): number | undefined {
      return super.find();
    }
  }
  class BigOrderRepo extends OrderRepo {}

  test('says which subclass runs; the attribute says which class declares it', () => {
    for (const repo of [new Base(), new UserRepo('u'), new UserRepo(), new OrderRepo(1), new BigOrderRepo()])
      repo.find();
    expect(spans()).toEqual([
      ['Base.find', 'Base.find'],
      ['UserRepo.find', 'Base.find'],
      ['UserRepo.find', 'Base.find'],
      // By super of an override, which is what these are known by.
      ['Base.find', 'Base.find'],
      ['Base.find', 'Base.find'],
    ]);
  });

  test('does so for static methods', () => {
    expect([Base.create(), UserRepo.create(), BigOrderRepo.create()]).toEqual(Array(3).fill('created'));
    expect(spans().map(([name]) => name)).toEqual(['Base.create', 'UserRepo.create', 'BigOrderRepo.create']);
  });

  test('keeps a name that it is given', () => {
    new UserRepo().named();
    expect(spans()).toEqual([['explicit', 'Base.named']]);
  });

  test('names workflows and agents that have no name, and no tools, which models know by their method', () => {
    const repo = new UserRepo();
    for (const call of ['answer', 'turn', 'look'] as const) repo[call]();
    expect(spans()).toEqual([
      ['invoke_workflow UserRepo.answer', 'Base.answer'],
      ['invoke_agent UserRepo.turn', 'Base.turn'],
      ['execute_tool look', 'Base.look'],
    ]);
  });

  test('is one of metrics by its declaring class', async () => {
    new UserRepo().find();
    new Base().find();
    expect(await telemetry.points('annotel.calls')).toMatchObject([
      { attributes: { 'code.function.name': 'Base.find' }, value: 2 },
    ]);
  });

  test('with a class that has no name is that of the declaring one', () => {
    new (class extends Base<string> {})().find();
    expect(spans()).toEqual([['Base.find', 'Base.find']]);
  });

  test('knows the class of an object that was made of another, or has the method bound', () => {
    const repo = new UserRepo('u');
    const bound = Object.assign(new UserRepo('v'), { find: repo.find.bind(repo) });
    expect([Object.create(repo).find(), bound.find()]).toEqual(['u', 'u']);
    expect(spans().map(([name]) => name)).toEqual(['UserRepo.find', 'UserRepo.find']);
  });

  test('runs no code of the object that it is called on', () => {
    const touched: unknown[] = [];
    class Curious extends Base<string> {
      static override get name(): string {
        touched.push('name');
        return 'Other';
      }
    }
    for (const holder of [Curious.prototype, new Curious()]) {
      Object.defineProperty(holder, 'constructor', { get: () => touched.push('constructor') });
    }
    const watching: ProxyHandler<UserRepo> = new Proxy({}, { get: (_target, trap) => void touched.push(trap) });
    const { find } = Base.prototype;
    new Curious('c').find();
    expect(touched).toEqual([]);
    // The method itself reads its value.
    Reflect.apply(
      Traced()(function find() {}),
      new Proxy(new UserRepo(), watching),
      [],
    );
    Reflect.apply(find, new Proxy(new UserRepo(), watching), []);
    expect(touched).toEqual(['get']);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'text'],
    ['an object without a prototype', Object.create(null)],
    ['an object of another class', new Map()],
    ['a function', () => {}],
    [
      'one whose prototype is a Proxy that throws',
      Object.create(
        new Proxy(
          {},
          {
            get: () => {
              throw new Error('touched');
            },
            getPrototypeOf: () => {
              throw new Error('touched');
            },
            getOwnPropertyDescriptor: () => {
              throw new Error('touched');
            },
          },
        ),
      ),
    ],
    ['a revoked Proxy', revoked()],
  ])('takes %s for `this`', (_what, self) => {
    let calls = 0;
    class Plain {
      @Traced()
      method(): void {
        calls += 1;
      }
      @Traced()
      static method(): void {
        calls += 1;
      }
    }
    new Plain().method();
    Plain.method();
    Reflect.apply(Plain.prototype.method, self, []);
    Reflect.apply(Plain.method, self, []);
    expect(calls).toBe(4);
    expect(spans()).toEqual(Array(4).fill(['Plain.method', 'Plain.method']));
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe('a decorated function stays what it was', () => {
  test.each<[string, MethodDecorator<unknown[], unknown>]>([
    ['Traced', Traced()],
    ['LlmCall', LlmCall()],
  ])('under @%s(): name, length, prototype, own properties and metadata', (_name, decorate) => {
    const asyncMethod = {
      async find(_id: number, _deep: boolean): Promise<void> {},
    }.find;
    const own = Symbol('own');
    Object.assign(asyncMethod, { route: '/find', [own]: 1 });
    Object.defineProperty(asyncMethod, 'hidden', { value: 2, enumerable: false });
    Reflect.defineMetadata('guards', ['admin'], asyncMethod);

    const decorated = decorate(asyncMethod);

    expect(decorated).not.toBe(asyncMethod);
    expect(Object.getOwnPropertyDescriptors(decorated)).toEqual(Object.getOwnPropertyDescriptors(asyncMethod));
    expect(Object.getPrototypeOf(decorated)).toBe(Object.getPrototypeOf(asyncMethod));
    expect(Object.prototype.toString.call(decorated)).toBe('[object AsyncFunction]');
    expect(Reflect.getMetadata('guards', decorated)).toEqual(['admin']);
  });

  test('a method stays where and as it is on its class', () => {
    const descriptor = Object.getOwnPropertyDescriptor(Animal.prototype, 'speak');
    expect(descriptor).toMatchObject({ writable: true, enumerable: false, configurable: true });
    expect(Animal.prototype.speak.name).toBe('speak');
    expect(isObserved(Animal.prototype.speak)).toBe(true);
    expect(Reflect.ownKeys(Animal.prototype)).toEqual(['constructor', 'speak', 'listen', symbol]);
  });

  test('a method is no constructor, as before', () => {
    const method = Animal.prototype.speak as unknown as new () => unknown;
    expect(() => new method()).toThrow(TypeError);
  });

  test('arguments, however many, `this` and result pass through as they are', () => {
    const self = {};
    const seen: unknown[] = [];
    const collect = Traced()(function (this: unknown, ...args: unknown[]): unknown[] {
      seen.push(this, ...args);
      return args;
    });
    const args = [1, undefined, self];
    const result = Reflect.apply(collect, self, args);
    expect(seen).toEqual([self, ...args]);
    expect(seen[0]).toBe(self);
    expect(result).toEqual(args);
  });
});
