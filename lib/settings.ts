import { diag } from './otel.js';

/** The generation of GenAI names that is emitted; see `genai/semconv.ts`. */
export type SemconvGeneration = '1.41' | 'latest' | 'both';

/** Where captured content goes. */
export type ContentCapture = 'NO_CONTENT' | 'SPAN_ONLY' | 'EVENT_ONLY' | 'SPAN_AND_EVENT';

/** What can be captured, field by field. */
export type ContentField =
  | 'input'
  | 'output'
  | 'system'
  | 'toolDefinitions'
  | 'toolArguments'
  | 'toolResult'
  | 'query'
  | 'documents'
  | 'feedback';

/** The pattern sets of the redactor; see `privacy/redaction/`. */
export type RedactionSet = 'email' | 'phone' | 'card' | 'iban' | 'ssn' | 'ip' | 'secret' | 'jwt';

/** What of the request context may become a dimension of metrics. */
export type MetricContextKey = 'tenant' | 'feature';

/** One captured field on its way out, as an external store gets it: redacted, not cut. */
export interface CapturedContent {
  readonly field: ContentField;
  /** In the JSON parts schema of the GenAI conventions; a string where the field is plain text. */
  readonly value: unknown;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
}

/** Own price of a model, in units of currency per million tokens. What is left out costs as plain input or output. */
export interface ModelPrice {
  readonly input: number;
  readonly output?: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  readonly reasoning?: number;
}

/** Process-wide choices that the observing side reads. Exporting is configured in `annotel/sdk`. */
export interface Settings {
  /** `ANNOTEL_SEMCONV`. Default `1.41`, the last versioned set of GenAI conventions. */
  readonly semconv: SemconvGeneration;
  /**
   * Whether an exception is also recorded as a span event. The log record of a failed call carries it in any case.
   * `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN=logs` turns it off. Default `true`.
   */
  readonly exceptionEvents: boolean;
  /** Milliseconds without an item after which a stream counts as abandoned and its span ends. Default 600 000. */
  readonly streamIdleTimeout: number;
  /**
   * Whether, and on which signals, prompts, answers, tool arguments and the like are recorded.
   * `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`. Default `NO_CONTENT`.
   */
  readonly content: ContentCapture;
  /** `ANNOTEL_CONTENT_FIELDS`: the fields that are captured once `content` is on. Default all. */
  readonly contentFields: readonly ContentField[] | 'all';
  /** `ANNOTEL_CONTENT`: whole, as a keyed hash, or cut to so many characters a field. Default `truncate:8192`. */
  readonly contentForm: 'full' | 'hash' | `truncate:${number}`;
  /** `ANNOTEL_CONTENT_KEY`: the key of `hash`. Default: one made up at start, so that hashes compare within a process only. */
  readonly contentKey: string | undefined;
  /**
   * `ANNOTEL_HANDLE_KEY`: the key by which `traceHandle()` seals its handles, the same in every process that gets them back.
   * Default: one that stands in the source, so that a broken handle is told apart, but anybody can forge one.
   */
  readonly handleKey: string | undefined;
  /** `ANNOTEL_REDACT`: what is masked in captured content and in error messages. Default all. */
  readonly redact: readonly RedactionSet[];
  /** The app's own redactor, asked after the patterns, text by text. One that throws costs the text, never leaks it. */
  readonly redactor: ((text: string, field: ContentField | 'error' | 'attribute' | 'log') => string) | undefined;
  /** Puts content elsewhere and returns a reference, which is recorded in its place. Synchronous: upload in the background. */
  readonly contentStore: ((content: CapturedContent) => string | undefined) | undefined;
  /**
   * Own prices by model, or by `provider/model`, over the bundled ones, in `currency`. Without `output`, output is free.
   * `ANNOTEL_PRICES` names a JSON file of them.
   */
  readonly prices: Readonly<Record<string, ModelPrice>>;
  /** `ANNOTEL_CURRENCY`, ISO 4217. Default `USD`. */
  readonly currency: string;
  /** `ANNOTEL_CURRENCY_RATE`: units of `currency` for 1 USD. Default 1, which leaves bundled prices in USD. */
  readonly currencyRate: number;
  /**
   * Counts the tokens of a text where an answer tells no usage; what it counts is marked as estimated.
   * `ANNOTEL_ESTIMATE_TOKENS=true` counts by the package `gpt-tokenizer`. Default: none, and nothing is made up.
   */
  readonly countTokens: ((text: string, model: string | undefined) => number) | undefined;
  /**
   * `ANNOTEL_METRIC_CONTEXT`: what of the request context is also a dimension of the GenAI metrics, `annotel.cost` and
   * `annotel.retrieval.document.count`. Not of `annotel.calls` and `annotel.call.duration`, which tell methods apart. Default none.
   */
  readonly metricContext: readonly MetricContextKey[];
  /** Values of each of them that are told apart, the first ones that the process meets; later ones are `_other`. Default 100. */
  readonly metricContextLimit: number;
}

const CAPTURES: readonly ContentCapture[] = ['NO_CONTENT', 'SPAN_ONLY', 'EVENT_ONLY', 'SPAN_AND_EVENT'];

const DEFAULTS = Object.freeze<Settings>({
  semconv: '1.41',
  exceptionEvents: true,
  streamIdleTimeout: 600_000,
  content: 'NO_CONTENT',
  contentFields: 'all',
  contentForm: 'truncate:8192',
  contentKey: undefined,
  handleKey: undefined,
  redact: ['email', 'phone', 'card', 'iban', 'ssn', 'ip', 'secret', 'jwt'],
  redactor: undefined,
  contentStore: undefined,
  prices: {},
  currency: 'USD',
  currencyRate: 1,
  countTokens: undefined,
  metricContext: [],
  metricContextLimit: 100,
});

// On globalThis, so that a second copy of the package (ESM beside a bundled one, say) sees the same choices.
const STATE = Symbol.for('annotel.settings');
const holder = globalThis as { [STATE]?: { current: Settings; rethrowsFaults?: boolean } };
holder[STATE] ??= { current: DEFAULTS };
const state = holder[STATE];

/** The settings in force. Never changes in place: `configure` swaps the object. */
export function settings(): Settings {
  return state.current;
}

/**
 * Changes process-wide settings, for apps that bring their own OpenTelemetry SDK. Fields left out keep their value.
 * Apps that use `annotel/register`, `annotel/sdk` or `annotel/nest` configure by environment instead, or with both.
 *
 * @example
 * ```ts
 * configure({ content: 'SPAN_ONLY', currency: 'EUR', currencyRate: 0.92 });
 * ```
 */
export function configure(changes: Partial<Settings>): void {
  const { content } = changes;
  const isKnown = content === undefined || CAPTURES.includes(content);
  if (!isKnown) {
    // Whoever mistyped it may have meant to turn capture off.
    diag.warn(`annotel: configure({ content: '${content}' }) is not understood (allowed: ${CAPTURES.join(', ')})`);
  }
  state.current = Object.freeze({ ...state.current, ...changes, ...(isKnown ? undefined : { content: 'NO_CONTENT' }) });
}

/** Whether faults of telemetry itself are thrown instead of swallowed. */
export function rethrowsFaults(): boolean {
  return state.rethrowsFaults === true;
}

/** Lets faults of telemetry itself fail a test, or swallows them as outside of tests. No setting: for annotel's own tests. */
export function rethrowFaults(on: boolean): void {
  state.rethrowsFaults = on;
}
