import type { Context } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import { requestContextAttributes } from '../../context/request-context.js';
import type { Cleaner } from '../../privacy/cleaning/cleaner.js';
import { safely } from '../../safely.js';
import { SpanBatches } from '../export/batch-processors.js';
import { type SpanDecision, TailSampler } from '../sampling/tail-sampler.js';
import { cleanedForExport } from './cleaned-span.js';

type Recording = Parameters<SpanProcessor['onStart']>[0];

/**
 * The one processor of the tracer provider, where every span passes: gives it the request context when it starts, and when
 * its trace is to be kept hands it, cleaned, to whatever exports or prints.
 */
export class OutgoingSpanProcessor implements SpanProcessor {
  /** What decides which traces are kept, and knows what became of them. */
  readonly tail: TailSampler;
  readonly #processors: readonly SpanProcessor[];
  /** Those that have something to do before a span has ended. */
  readonly #starting: readonly SpanProcessor[];
  readonly #cleaner: Cleaner;

  /** @param own those of the processors that are the app's, and see the end of every span whose start they saw */
  constructor(
    processors: readonly SpanProcessor[],
    cleaner: Cleaner,
    tail: Omit<ConstructorParameters<typeof TailSampler>[0], 'deliver' | 'drop'>,
    own: readonly SpanProcessor[] = [],
  ) {
    this.#processors = processors;
    this.#starting = processors.filter((processor) => !(processor instanceof SpanBatches));
    this.#cleaner = cleaner;
    this.tail = new TailSampler({
      ...tail,
      deliver: (span, decision) => this.#handOver(span, decision, processors),
      // Not sampled, so that what exports passes it over.
      drop: (span) => own.length > 0 && this.#handOver(span, { isDropped: true }, own),
    });
  }

  onStart(span: Recording, parent: Context): void {
    safely('starting a span', () => {
      this.tail.onStart(span);
      const attributes = requestContextAttributes(parent);
      // What a call says of itself stands.
      for (const name in attributes) {
        if (span.attributes[name] === undefined) span.setAttribute(name, attributes[name] as string);
      }
    });
    for (const processor of this.#starting) safely('a span processor', () => processor.onStart(span, parent));
  }

  onEnding(span: Recording): void {
    for (const processor of this.#starting) safely('a span processor', () => processor.onEnding?.(span));
  }

  onEnd(span: ReadableSpan): void {
    safely('ending a span', () => this.tail.onEnd(span));
  }

  async forceFlush(): Promise<void> {
    this.tail.flush();
    await Promise.all(this.#processors.map(async (processor) => processor.forceFlush()));
  }

  async shutdown(): Promise<void> {
    this.tail.close();
    await Promise.all(this.#processors.map(async (processor) => processor.shutdown()));
  }

  #handOver(span: ReadableSpan, decision: SpanDecision, processors: readonly SpanProcessor[]): void {
    const leaving = cleanedForExport(span, this.#cleaner, decision);
    for (const processor of processors) safely('a span processor', () => processor.onEnd(leaving));
  }
}
