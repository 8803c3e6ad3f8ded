import type { Attributes } from '@opentelemetry/api';
import type { Operation } from './operation.js';

/** What parts of a call told it. */
export class Told {
  private told: Attributes = {};

  constructor(private readonly operation: Pick<Operation, 'combine'>) {}

  add(more: Attributes): void {
    this.told = this.operation.combine?.(this.told, more) ?? { ...this.told, ...more };
  }

  /** All of it, as far as the call does not know better itself. */
  besides(known: Attributes): Attributes {
    const news: Attributes = {};
    for (const key in this.told) if (known[key] === undefined) news[key] = this.told[key];
    return news;
  }
}
