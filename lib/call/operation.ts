import type { Attributes, Context, Link, Meter, Span, SpanContext, SpanKind } from '@opentelemetry/api';

/** Which calls get a log record: every call, sampled calls and failures, failures only, none. */
export type LogPolicy = 'all' | 'sampled' | 'errors' | 'none';

/** What a call is named by. */
export interface CallNames {
  /** `Class.method` with the class that declares the method, or the name of a plain function. */
  readonly method: string;
  /** As `method`, with the class of the object that the method is called on. */
  readonly calledAs: string;
}

/** One call of an observed method, as its operation sees it at the start. */
export interface Call extends CallNames {
  readonly args: readonly unknown[];
  /** The context that the method was called in. */
  readonly context: Context;
  /** On the clock of `performance.now()`, where the call began before it is observed. */
  readonly startedAt?: number;
  /** What the operation keeps from `origin` and `onStart` to `describe`. */
  memo?: unknown;
}

/** Where the span of a call stands. */
export interface Origin {
  readonly context: Context;
  readonly links: readonly Link[];
}

/** When the items of a stream came, in seconds since the call began. */
export interface StreamTimes {
  readonly firstItem: number | undefined;
}

/**
 * How a call ended. A stream may be `stopped` by its reader, or `abandoned`: never read to its end. A call that threw may have
 * `answered` by it.
 */
export type Outcome =
  | { readonly kind: 'ok' | 'answered' | 'stopped' | 'abandoned' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Folds the items of a stream into the value that is passed to {@link Operation.onEnd}. */
export interface Fold {
  add(item: unknown): void;
  value(): unknown;
}

/**
 * A call in flight that owns what calls within it do: however many layers see the same thing, it is recorded once, by the
 * owner, and the others add what they know.
 */
export interface Owner {
  /** `false` once the call has ended; then it owns nothing any more. */
  readonly isOpen: boolean;
  readonly spanContext: SpanContext;
  /** Takes what a nested call knows. What the owner's own method adds, or its own answer has, takes precedence. */
  addNested(attributes: Attributes): void;
}

/** A call in flight, as its operation, the calls within it and the code of its method see it. */
export interface InFlight extends Owner {
  readonly operation: Operation;
  /** The observed call that this one was made in. */
  enclosing: InFlight | undefined;
  /** The span that the outermost call was made in. */
  readonly around: Span | undefined;
  /** What operations remember of the call. */
  memo: unknown;
  /** Adds what became known of the call while it runs: to all three signals. */
  add(attributes: Attributes): void;
  /** Adds attributes of the app's own: to span and log record, not to metrics. */
  annotate(attributes: Attributes): void;
  /** Records a timestamped event: as a span event, and as a log record of its own in the call's context. */
  event(name: string, attributes: Attributes | undefined): void;
  rename(name: string): void;
  /** A value that the method passes on, so that an error may repeat it as it may repeat an argument. */
  addArgument(value: unknown): void;
  /** A call within this one has failed: its error may come out of this one, too, and repeat its arguments. */
  nestedFailed(args: readonly unknown[]): void;
}

/** What one kind of decorated method adds to telemetry. Every member is pure unless its comment says otherwise. */
export interface Operation {
  readonly kind: SpanKind;
  readonly log: LogPolicy;
  /** What was decorated, in one low-cardinality word; the dimension `annotel.operation`. */
  readonly type: string;
  /** What the user calls it; the name of a function that has none. */
  readonly label?: string;
  /** What the call is a part of, where that is not just what it was called in; asked before all else. */
  origin?(call: Call): Origin;
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
   * The context that the method runs in, made of the one it was called in. May count the call with the agent's turn around it.
   *
   * @param call may be made the owner of what runs below
   * @param attributes those of `onStart`
   */
  enter?(parent: Context, call: InFlight, attributes: Attributes): Context;
  /** The call in flight that owns this one: it gets no span of its own, and adds what it learns to that one's. */
  ownedBy?(context: Context): Owner | undefined;
  /** As `enter`, for a call that another one owns. */
  enterOwned?(parent: Context, call: Owner): Context;
  /**
   * Attributes read from what the method resolved to, or from the folded items of a stream, be it complete or not.
   *
   * @param detail false where the span does not record: then only what metrics need is wanted
   */
  onEnd?(value: unknown, stream: StreamTimes | undefined, detail: boolean, span: SpanContext): Attributes;
  /** The span's name, where it follows from what nested calls added. `undefined`: as before. */
  nameAtEnd?(bag: Attributes): string | undefined;
  /** Puts together what several nested calls added, the earlier ones first. Default: the later wins. */
  combine?(sum: Attributes, more: Attributes): Attributes;
  /**
   * Of every call, however it ended: what follows from the rest of the bag. May add to the agent's turn around it.
   *
   * @param context the context that the method ran in
   * @param args what is still there of the arguments
   */
  complete?(bag: Attributes, context: Context, args: () => readonly unknown[]): Attributes | undefined;
  /** Metrics of its own, beside the count and the duration that every call has. */
  record?(meter: Meter, bag: Attributes, seconds: number, context: Context): void;
  /** As `record`, of a stream: seconds between items that came after the first. Asked for parts of a long one. */
  recordGaps?(meter: Meter, bag: Attributes, gaps: Float64Array): void;
  /** The name of the call's log record. Default: `annotel.call`, and `exception` for a failed one. */
  eventName?(failed: boolean): string;
  /**
   * @param detail as for `onEnd`
   */
  fold?(detail: boolean): Fold;
  /** Where in a returned object the answer or stream stands, for clients that wrap it. Default: the object itself. */
  payload?(value: object): unknown;
}
