import {
  type CommonOptions,
  Consumer,
  carrierVia,
  Embedding,
  injectContext,
  LlmCall,
  llmRequest,
  type MethodDecorator as MethodDecoratorOfAnnotel,
  type ModelResponse,
  Retrieval,
  SpanKind,
  Traced,
  Untraced,
  Workflow,
} from 'annotel';

/* Compiled with legacy and with standard decorators. */

interface Request {
  model: string;
  input: string;
}
interface Answer {
  text: string;
  tokens: number;
}

@Traced()
export class Rag {
  @Traced()
  sync(id: number): string {
    return `${id}`;
  }

  @Traced('name')
  async named(): Promise<void> {}

  @Traced({
    name: (id: number, _deep: boolean) => `order ${id}`,
    attributes: (id: number, deep: boolean) => ({ id, deep }),
    result: (order: { total: number }) => ({ total: order.total }),
    log: 'all',
  })
  async annotated(id: number, deep: boolean, _rest?: string): Promise<{ id: number; total: number }> {
    return { id, total: deep ? 1 : 2 };
  }

  @LlmCall({
    provider: 'openai',
    operation: 'chat',
    model: (request: Request) => request.model,
    request: (request: Request) => request,
    response: (answer: Answer): ModelResponse => ({ usage: { outputTokens: answer.tokens } }),
  })
  async ask(request: Request): Promise<Answer> {
    const { model }: Request = llmRequest(request);
    return { text: model, tokens: 1 };
  }

  @LlmCall()
  async *stream(_request: Request): AsyncGenerator<string> {
    yield 'a';
  }

  @Embedding({ model: 'e', result: (vectors: number[][]) => ({ first: vectors.length }) })
  async embed(texts: string[]): Promise<number[][]> {
    return texts.map(() => []);
  }

  @Retrieval({
    dataSource: 'docs',
    query: (_tenant: string, text: string, _k: number) => text,
    topK: (_tenant: string, _text: string, k: number) => k,
    documents: (found: { points: string[] }) => found.points,
  })
  async search(tenant: string, text: string, k: number): Promise<{ points: string[] }> {
    return { points: [tenant, text, `${k}`] };
  }

  @Workflow('rag.answer')
  async answer(): Promise<string> {
    return '';
  }

  @Workflow({ name: (topic: string) => topic })
  static explain(topic: string): string {
    return topic;
  }

  @Untraced()
  ping(): void {}

  @Traced()
  generic<T>(value: T): T {
    return value;
  }
}

interface Message {
  id?: string;
  headers?: { [name: string]: Buffer | string | (Buffer | string)[] | undefined };
}

export class Worker {
  @Consumer({
    system: 'kafka',
    destination: (message: Message, topic: string) => `${topic}.${message.id}`,
    carrier: ({ headers }: Message) => carrierVia('kafka.internal', headers),
    messageId: ({ id }: Message) => id,
    consumerGroup: 'billing',
    root: true,
  })
  async one(_message: Message, _topic: string): Promise<void> {}

  @Consumer({
    system: 'kafka',
    destination: 'orders',
    carrier: (batch: Message[]) => batch.map((each) => each.headers),
  })
  many(_batch: Message[]): void {}

  @Traced({ root: true, kind: SpanKind.PRODUCER, links: (id: string) => (id ? [] : []) })
  poll(_id: string): Record<string, string> {
    return injectContext();
  }

  @LlmCall('openai')
  ask(): void {}

  @Embedding('openai')
  embed(): void {}

  @Retrieval('pgvector')
  protected find(): void {}

  // @ts-expect-error it needs a destination
  @Consumer({ system: 'kafka' })
  nowhere(): void {}
}

@Traced({ static: true, inherited: true, attributes: { team: 'search' } })
export class Single extends Rag {
  private constructor() {
    super();
  }
  static get(): Single {
    return new Single();
  }
}

@Traced()
export abstract class Shape {
  protected constructor(readonly sides: number) {}
  abstract area(): number;
}

/** A class and a generic function that are handed in come out as they are. */
export const SameClass: typeof Rag = Traced()(Rag);
export function tracing<F extends (...args: never[]) => unknown>(fn: F): F {
  return Traced('generic')(fn);
}

/** As libraries that put decorators together name them. */
export const ofMethods: MethodDecorator[] = [LlmCall(), Traced(), Consumer({ system: 'q', destination: 'd' })];
export const ofClasses: ClassDecorator = Traced();
export const withOptions: (options: CommonOptions) => MethodDecoratorOfAnnotel<unknown[], unknown> = Traced;

/** Parameters without annotations have those of the callbacks. */
export const length: (id: string) => number = Traced({ attributes: (id: string) => ({ id }) })((id) => id.length);

/** A decorated function keeps its own type. */
export const ask: (request: Request) => Promise<Answer> = LlmCall({ model: 'm' })(
  async (_request: Request): Promise<Answer> => ({ text: '', tokens: 0 }),
);
export const text: string = new Rag().generic('text');
export const total: Promise<{ id: number; total: number }> = new Rag().annotated(1, true);
// @ts-expect-error the function takes a request, decorated or not
ask('text');

export const options: CommonOptions<[id: number], string>[] = [
  { name: (id) => id.toFixed(), result: (value) => ({ length: value.length }), log: 'sampled' },
  // @ts-expect-error there is no such policy
  { log: 'sometimes' },
  // @ts-expect-error a name is text
  { name: (id) => id },
];

export class Wrong {
  // @ts-expect-error the argument is a number
  @Traced({ attributes: (id: string) => ({ id }) })
  argument(_id: number): void {}

  // @ts-expect-error the method resolves to an answer
  @LlmCall({ response: (answer: number): ModelResponse => ({ id: `${answer}` }) })
  async answer(): Promise<Answer> {
    return { text: '', tokens: 0 };
  }

  // @ts-expect-error a field is no method
  @LlmCall()
  field = 1;

  // @ts-expect-error an accessor is no method
  @Traced()
  get accessor(): string {
    return '';
  }

  // @ts-expect-error its parentheses are missing
  @LlmCall
  bare(): void {}

  // @ts-expect-error its parentheses are missing
  @Untraced
  untraced(): void {}

  // @ts-expect-error there is no such option
  @Retrieval({ index: 'docs' })
  option(): void {}

  // @ts-expect-error there is no such operation
  @LlmCall({ operation: 'sing' })
  operation(): void {}
}

// @ts-expect-error a class is no method
@LlmCall()
export class WrongClass {}
