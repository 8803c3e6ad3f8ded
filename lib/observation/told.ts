import type { Attributes } from '@opentelemetry/api';
import type { Operation } from './operation.js';

/** What parts of a call told it. */
export class Told {
  private told: Attributes = {};

  constructor(private readonly operation: Pick<Operation, 'combine'>) {}

  add(more: Attributes): this {
    this.told = this.operation.combine?.(this.told, more) ?? { ...this.told, ...more };
    return this;
  }

  /** All of it, as far as the call does not know better itself. */
  besides(known: Attributes): Attributes {
    const news: Attributes = {};
    for (const key in this.told) if (known[key] === undefined) news[key] = this.told[key];
    return news;
  }
}

/** Adds attributes to a bag, but for those without a value: back ends refuse whole batches for a null. */
export function addValues(bag: Attributes, given: Attributes | undefined): Attributes {
  for (const key in given) if (given[key] !== null && given[key] !== undefined) bag[key] = given[key];
  return bag;
}
