import { describe, expect, test } from '@jest/globals';
import { Embedding, LlmCall, Retrieval, Traced, Untraced, Workflow } from '../../../lib/index.js';
import { standardClass } from '../../support/standard-class.js';

/** A decorator as a compiler calls it, whatever its types forbid. */
// biome-ignore lint/suspicious/noExplicitAny: what is tested is what the types do not allow
type Any = any;

const DECORATORS_OF_METHODS: [name: string, decorator: Any][] = [
  ['LlmCall', LlmCall],
  ['Embedding', Embedding],
  ['Retrieval', Retrieval],
  ['Workflow', Workflow],
  ['Untraced', Untraced],
];
const ALL: [name: string, decorator: Any][] = [['Traced', Traced], ...DECORATORS_OF_METHODS];

/** Standard decorators are not told their class. */
const where = (member: string): string => (DECORATORS === 'legacy' ? `Wrong.${member}` : `'${member}'`);

describe.each(ALL)('@%s()', (name, decorator) => {
  const message = (member: string, what: string) =>
    `@${name}() on ${where(member)}: it cannot observe ${what}. Put it on`;

  test('on a getter names the place and the mend', () => {
    const what = DECORATORS === 'legacy' ? 'an accessor' : 'a getter';
    expect(() => {
      class Wrong {
        @decorator()
        get size(): number {
          return 1;
        }
      }
      return Wrong;
    }).toThrow(message('size', what));
  });

  test('on a field names the place and the mend', () => {
    const what = DECORATORS === 'legacy' ? 'a property' : 'a field';
    expect(() => {
      class Wrong {
        @decorator()
        handler = () => 1;
      }
      return Wrong;
    }).toThrow(message('handler', what));
  });

  test('on an auto-accessor names the place and the mend', () => {
    const define = () => standardClass('class Wrong { @decorator() accessor size = 1; }', { decorator });
    expect(define).toThrow(`@${name}() on 'size': it cannot observe an accessor. Put it on`);
  });

  test.each([
    ['a value', 7],
    ['nothing', undefined],
  ])('on %s is a TypeError', (_what, value) => {
    expect(() => decorator()(value)).toThrow(TypeError);
  });

  describe('without its parentheses', () => {
    const forgotten = (place: string) =>
      new RegExp(`^@${name} on ${place}: .* Write it with parentheses, as in @${name}\\(`);

    test('on a method', () => {
      expect(() => {
        class Wrong {
          @decorator
          ask(): void {}
        }
        return Wrong;
      }).toThrow(forgotten(DECORATORS === 'legacy' ? 'Wrong' : 'ask'));
    });

    test('on a static method', () => {
      expect(() => {
        class Wrong {
          readonly id = 1;
          @decorator
          static ask(): void {}
        }
        return Wrong;
      }).toThrow(forgotten(DECORATORS === 'legacy' ? 'Wrong' : 'ask'));
    });

    test('on a class', () => {
      expect(() => {
        @decorator
        class Wrong {}
        return Wrong;
      }).toThrow(forgotten('Wrong'));
    });
  });
});

test.each(DECORATORS_OF_METHODS)('@%s() on a class names it and the decorator that fits', (name, decorator) => {
  expect(() => {
    @decorator()
    class Wrong {}
    return Wrong;
  }).toThrow(
    new TypeError(
      `@${name}() on class Wrong: it cannot observe a class. Put it on a method; for a whole class use @Traced().`,
    ),
  );
});

test.each<[string, () => unknown]>([
  ['Traced', () => Traced(7 as never)],
  ['LlmCall', () => LlmCall('gpt-4o' as never)],
  ['Embedding', () => Embedding('openai' as never)],
  ['Retrieval', () => Retrieval('docs' as never)],
  ['Workflow', () => Workflow(null as never)],
])('@%s() with options of another type shows how to write it', (name, decorate) => {
  expect(decorate).toThrow(TypeError);
  expect(decorate).toThrow(`as in @${name}(`);
});
