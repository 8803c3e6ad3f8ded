import type { Attributes, Context, SpanContext, SpanKind } from '@opentelemetry/api';
import type { Claim } from '../signals/claim.js';
import type { Observation } from './observation.js';

/** Which calls get a log record: every call, sampled calls and failures, failures only, none. */
export type LogPolicy = 'all' | 'sampled' | 'errors' | 'none';

/** One call of an observed method, as its operation sees it at the start. */
export interface Call {
  /** `Class.method`, or the name of a plain function. */
  readonly method: string;
  readonly args: readonly unknown[];
  /** The context that the method was called in. */
  readonly context: Context;
}

/** When the items of a stream came, in seconds since the call began. */
export interface StreamTimes {
  readonly firstItem: number | undefined;
}

/** How a call ended. A stream may be `stopped` by its reader, or `abandoned`: never read to its end. */
export type Outcome =
  | { readonly kind: 'ok' | 'stopped' | 'abandoned' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Folds the items of a stream into the value that is given to {@link Operation.onEnd}. */
export interface Fold {
  add(item: unknown): void;
  value(): unknown;
}

/** What one kind of decorated method adds to telemetry. Pure where not said otherwise: reads, never writes. */
export interface Operation {
  readonly kind: SpanKind;
  readonly log: LogPolicy;
  /** What was decorated, in one low-cardinality word; the dimension `annotel.operation`. */
  readonly type: string;
  /** What the user calls it; the name of a function that has none. */
  readonly label?: string;
  /** The span's name. `attributes` are those of `onStart`. */
  name(call: Call, attributes: Attributes): string;
  /**
   * What a sampler may decide by and what metrics are split by, as far as it is known before the method runs. Returns a new
   * object each time: the observation keeps and fills it.
   */
  onStart(call: Call): Attributes;
  /** What else is known before the method runs. Asked only where the span records. */
  describe?(call: Call, span: SpanContext): Attributes;
  /**
   * The context that the method runs in, made of the one it was called in. May count the call with what stands above it.
   *
   * @param observation a claim for it lets what runs below tell it what it knows, instead of recording the same thing again
   * @param attributes those of `onStart`
   */
  enter?(parent: Context, observation: Observation, attributes: Attributes): Context;
  /** The call in flight that this one is a part of: it gets no span of its own, and what it learns is told to that one. */
  partOf?(context: Context): Claim | undefined;
  /**
   * Attributes read from what the method resolved to, or from the folded items of a stream, be it complete or not.
   *
   * @param detail false where the span does not record: then only what metrics need is wanted
   */
  onEnd?(value: unknown, stream: StreamTimes | undefined, detail: boolean, span: SpanContext): Attributes;
  /** The span's name, where parts of the call told what it is named by. `undefined`: as before. */
  nameAtEnd?(bag: Attributes): string | undefined;
  /** Puts together what several parts of one call told, the earlier ones first. Default: the later wins. */
  combine?(told: Attributes, more: Attributes): Attributes;
  /**
   * The last word on the bag, of every call, however it ended: what follows from the rest of it. May tell what stands above.
   *
   * @param context the context that the method ran in
   * @param given what is still there of the arguments
   */
  complete?(bag: Attributes, context: Context, given: () => readonly unknown[]): Attributes | undefined;
  /**
   * @param detail as for `onEnd`
   */
  fold?(detail: boolean): Fold;
  /** Where in a returned object the answer or stream stands, for clients that wrap it. Default: the object itself. */
  payload?(value: object): unknown;
}
