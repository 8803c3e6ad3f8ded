import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { isObserved, LlmCall, type MethodDecorator, Traced } from '../../../lib/index.js';
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
