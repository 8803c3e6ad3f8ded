import { describe, expect, test } from '@jest/globals';
import {
  Agent,
  Consumer,
  Embedding,
  LlmCall,
  Retrieval,
  ToolCall,
  Traced,
  Untraced,
  Workflow,
} from '../../../lib/index.js';
import { standardClass } from '../../support/standard-class.js';

/** A decorator as a compiler calls it, whatever its types forbid. */
// biome-ignore lint/suspicious/noExplicitAny: what is tested is what the types do not allow
type Any = any;

const DECORATORS_OF_METHODS: [name: string, decorator: Any][] = [
  ['LlmCall', LlmCall],
  ['Embedding', Embedding],
  ['Retrieval', Retrieval],
  ['Workflow', Workflow],
  ['ToolCall', ToolCall],
  ['Agent', Agent],
  ['Consumer', (options: Any) => Consumer(options ?? { system: 'kafka', destination: 'orders' })],
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
  ['LlmCall', () => LlmCall(7 as never)],
  ['Embedding', () => Embedding(null as never)],
  ['Retrieval', () => Retrieval(7 as never)],
  ['Workflow', () => Workflow(null as never)],
  ['Consumer', () => Consumer('orders' as never)],
])('@%s() with options of another type shows how to write it', (name, decorate) => {
  expect(decorate).toThrow(TypeError);
  expect(decorate).toThrow(`as in @${name}(`);
});

const COMMON = ['attributes', 'kind', 'links', 'log', 'name', 'result', 'root'];
const MODEL_CALL = [...COMMON, 'model', 'provider', 'request', 'response'];

/** Each with an option that is misspelt, the one that was meant, and all that there are. */
const MISSPELT: [name: string, decorator: Any, given: string, meant: string, all: string[], further?: string][] = [
  ['Traced', Traced, 'atributes', 'attributes', COMMON, ' On a class also static, inherited.'],
  ['LlmCall', LlmCall, 'provder', 'provider', [...MODEL_CALL, 'operation']],
  ['Embedding', Embedding, 'mdoel', 'model', MODEL_CALL],
  ['Retrieval', Retrieval, 'datasource', 'dataSource', [...COMMON, 'dataSource', 'documents', 'query', 'topK']],
  ['ToolCall', ToolCall, 'callID', 'callId', [...COMMON, 'arguments', 'callId', 'description', 'type']],
  ['Agent', Agent, 'descripton', 'description', [...COMMON, 'description', 'model']],
  ['Workflow', Workflow, 'Name', 'name', COMMON],
  [
    'Consumer',
    Consumer,
    'dest',
    'destination',
    [...COMMON, 'carrier', 'consumerGroup', 'destination', 'messageId', 'system'],
  ],
];

describe.each(MISSPELT)('an option that @%s() does not have', (name, decorator, given, meant, all, further = '') => {
  const question = meant === 'destination' ? '.' : `; did you mean '${meant}'?`;
  const message = (place: string) =>
    `@${name}() on ${place}: there is no option '${given}'${question} It takes ${all.sort().join(', ')}.${further}`;

  test('names class, method, option and what was probably meant, where it stands', () => {
    expect(() => {
      class Wrong {
        @decorator({ [given]: 'x' })
        ask(): void {}
      }
      return Wrong;
    }).toThrow(new TypeError(message(where('ask'))));
  });

  test('does so on a static method and on a function', () => {
    expect(() => {
      class Wrong {
        readonly id = 1;
        @decorator({ [given]: undefined })
        static ask(): void {}
      }
      return Wrong;
    }).toThrow(new TypeError(message(where('ask'))));
    expect(() => decorator({ [given]: 'x' })(function ask() {})).toThrow(new TypeError(message('ask')));
  });
});

test('an option that is like none of them is named with all that there are', () => {
  expect(() => (Workflow as Any)({ everything: true })(function ask() {})).toThrow(
    `@Workflow() on ask: there is no option 'everything'. It takes ${COMMON.join(', ')}.`,
  );
});

const traced: Any = Traced;
const consumer: Any = Consumer;

test('on a class @Traced() has two more options, which a method does not', () => {
  expect(() => {
    @traced({ inherit: true })
    class Wrong {}
    return Wrong;
  }).toThrow(
    `@Traced() on class Wrong: there is no option 'inherit'; did you mean 'inherited'? It takes ${[...COMMON, 'inherited', 'static'].sort().join(', ')}.`,
  );
  expect(() => Traced({ static: true })(function ask() {})).toThrow(
    "@Traced() on ask: there is no option 'static'. It takes",
  );
});

test.each<[string, object]>([
  ['destination', { system: 'kafka' }],
  ['destination', { system: 'kafka', destination: '' }],
  ['system', { destination: 'orders' }],
])('@Consumer() without its %s says so', (missing, options) => {
  expect(() => {
    class Wrong {
      @consumer(options)
      handle(): void {}
    }
    return Wrong;
  }).toThrow(
    new TypeError(`@Consumer() on ${where('handle')}: it needs system and destination; '${missing}' is missing.`),
  );
});

test.each(['CONSUMER', 5, null])('a kind that is none, %p, says so', (kind) => {
  expect(() => (Traced as Any)({ kind })(function ask() {})).toThrow(
    new TypeError(`@Traced() on ask: '${kind}' is no kind. Write it as SpanKind.CONSUMER.`),
  );
});
