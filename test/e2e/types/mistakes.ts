import { Consumer, Embedding, LlmCall, Retrieval, Traced, Workflow } from 'annotel';

/* What the compiler says of each stands in types.test.ts, in this order. */

export class Mistakes {
  @LlmCall({ provder: 'openai' })
  misspelt(): void {}

  @Retrieval({ index: 'docs' })
  unknown(): void {}

  @LlmCall({ operation: 'sing' })
  wrongValue(): void {}

  @Embedding({ root: 'yes' })
  wrongType(): void {}

  @Traced({ attributes: (id: string) => ({ id }) })
  otherParameter(_id: number): void {}

  @Consumer({ system: 'kafka', destination: 'orders', carrier: (message: { headers: object }) => message.headers })
  otherMessage(_headers: string): void {}

  @Workflow({ result: (count: number) => ({ count }) })
  async otherResult(): Promise<string> {
    return '';
  }

  @LlmCall()
  field = 1;

  @Traced()
  get accessor(): string {
    return '';
  }
}

@LlmCall('openai')
export class NoMethod {}

Traced()(7);
