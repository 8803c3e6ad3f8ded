/** The generation of GenAI names that is emitted; see `signals/semconv.ts`. */
export type SemconvGeneration = '1.41' | 'latest' | 'both';

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
  /** Faults of telemetry itself are thrown instead of swallowed. For annotel's own tests. Default `false`. */
  readonly rethrowFaults: boolean;
}

const DEFAULTS: Settings = Object.freeze({
  semconv: '1.41',
  exceptionEvents: true,
  streamIdleTimeout: 600_000,
  rethrowFaults: false,
});

// On globalThis, so that a second copy of the package (ESM beside a bundled one, say) sees the same choices.
const STATE = Symbol.for('annotel.settings');
const holder = globalThis as { [STATE]?: { current: Settings } };
holder[STATE] ??= { current: DEFAULTS };
const state = holder[STATE];

/** The settings in force. Never changes in place: `configure` swaps the object. */
export function settings(): Settings {
  return state.current;
}

/**
 * Changes process-wide settings, for apps that bring their own OpenTelemetry SDK. Fields left out keep their value.
 * Apps that use `annotel/register`, `annotel/sdk` or `annotel/nest` configure by environment instead.
 */
export function configure(changes: Partial<Settings>): void {
  state.current = Object.freeze({ ...state.current, ...changes });
}
