import { SpanAttribute, Traced } from 'annotel';

export class Orders {
  @Traced()
  find(@SpanAttribute('order.id') id: string): string {
    return id;
  }

  // @ts-expect-error a key is text
  remove(@SpanAttribute(7) _id: string): void {}

  // @ts-expect-error it marks parameters
  @SpanAttribute('order.id')
  count(): void {}
}
