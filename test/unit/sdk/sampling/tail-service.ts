import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';
import type { KeepRules } from '../../../../lib/sdk/sampling/keep-rules.js';
import { createSampler, type SamplerOptions } from '../../../../lib/sdk/sampling/sampler.js';
import { type SpanDecision, TailSampler, type TailSamplerOptions } from '../../../../lib/sdk/sampling/tail-sampler.js';

// Looking a global up is slow in a test's own realm.
const { floor, imul } = Math;

export const ERRORS: KeepRules = { errors: true, slowerThan: undefined, costlierThan: undefined };
export const NOTHING: KeepRules = { errors: false, slowerThan: undefined, costlierThan: undefined };

interface Setup extends Partial<SamplerOptions>, Partial<Omit<TailSamplerOptions, 'rules' | 'deliver'>> {
  readonly seed?: number;
}

/** A service with a real tracer provider, whose only processor is the tail sampler. */
export class TailService {
  readonly tail: TailSampler;
  readonly tracer: Tracer;
  /** What was delivered, with what was said of its sampling, in this order. */
  readonly delivered: { readonly span: ReadableSpan; readonly verdict: SpanDecision }[] = [];
  /** Milliseconds; moved by the test. */
  time = 0;

  constructor(setup: Setup = {}) {
    const { keep = ERRORS, sampler = 'parentbased_traceidratio', ratio = 0, tracesPerSecond, custom } = setup;
    this.tail = new TailSampler({
      rules: keep,
      maxTraces: 1000,
      maxSpans: 10_000,
      maxSpansPerTrace: 1000,
      maxAge: 60_000,
      now: () => this.time,
      ...setup,
      deliver: (span, verdict) => this.delivered.push({ span, verdict }),
    });
    const { tail } = this;
    const provider = new TracerProvider({
      sampler: createSampler({ keep, sampler, ratio, tracesPerSecond, custom }),
      spanProcessors: [
        {
          onStart: (span) => tail.onStart(span),
          onEnd: (span) => tail.onEnd(span),
          forceFlush: async () => {},
          shutdown: async () => {},
        },
      ],
      idGenerator: seededIds(setup.seed ?? 1),
    });
    this.tracer = provider.getTracer('test');
  }

  start(name: string, parent?: Span | Context, attributes: Attributes = {}): Span {
    return this.tracer.startSpan(name, { attributes }, parent === undefined ? ROOT_CONTEXT : contextOf(parent));
  }

  /** The names of what was delivered. */
  get names(): string[] {
    return this.delivered.map(({ span }) => span.name);
  }
}

export function fail(span: Span): void {
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** A context as it arrives from another service. */
export function arriving(traceId: string, isSampled: boolean, traceState?: Parameters<typeof remote>[2]): Context {
  return remote(traceId, isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE, traceState);
}

/** Numbers in [0, 1), the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Ids, the same for the same seed. */
export function seededIds(seed: number): { generateTraceId(): string; generateSpanId(): string } {
  const next = random(seed);
  const word = () => (1 + floor(next() * (2 ** 32 - 1))).toString(16).padStart(8, '0');
  return {
    generateTraceId: () => word() + word() + word() + word(),
    generateSpanId: () => word() + word(),
  };
}

function remote(
  traceId: string,
  traceFlags: number,
  traceState?: NonNullable<ReturnType<Span['spanContext']>['traceState']>,
): Context {
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId: 'aaaaaaaaaaaaaaaa',
    traceFlags,
    isRemote: true,
    ...(traceState && { traceState }),
  });
}

function contextOf(parent: Span | Context): Context {
  return 'spanContext' in parent ? trace.setSpan(ROOT_CONTEXT, parent) : parent;
}
