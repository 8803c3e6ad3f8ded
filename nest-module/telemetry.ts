import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Attributes, Meter, Tracer } from '@opentelemetry/api';
import { annotate, traceHandle } from '../lib/index.js';
import { metrics, trace } from '../lib/otel.js';
import {
  type Telemetry as RunningTelemetry,
  runningTelemetry,
  startTelemetry,
  type TelemetryOptions,
} from '../lib/sdk/index.js';

/** Telemetry that a Nest app of this process started itself. */
interface OwnTelemetry {
  readonly running: RunningTelemetry;
  /** How many apps hold it. The last one to close shuts it down. */
  apps: number;
}

interface State {
  own?: OwnTelemetry;
  /** What was asked for last. */
  asked?: TelemetryOptions;
  announced?: boolean;
  /** A test captures what is recorded: nothing is started meanwhile. */
  isCaptured?: boolean;
}

// On globalThis, so that a second copy of the package counts the same apps.
const STATE = Symbol.for('annotel.nest.telemetry');
const holder = globalThis as { [STATE]?: State };
const state: State = holder[STATE] ?? {};
holder[STATE] = state;

const CAPTURED: RunningTelemetry = { flush: async () => {}, shutdown: async () => {}, outages: () => [] };

/** From now on, apps record into what a test has registered; until it is called with `false`. */
export function leaveToCapture(isCaptured: boolean): void {
  state.isCaptured = isCaptured;
}

/** The telemetry of this process: what runs already, else it is started now. */
export function startOrAdopt(options: TelemetryOptions | undefined): RunningTelemetry {
  if (state.isCaptured) return CAPTURED;
  const running = runningTelemetry();
  // Every app made of one `forRoot()` asks for the same; asking for something else is answered with a warning.
  if (running && options === state.asked) return running;
  state.asked = options;
  const telemetry = startTelemetry(options);
  // Where telemetry is disabled or cannot start, what comes back is inert and does not count as running.
  if (!running && telemetry === runningTelemetry()) state.own = { running: telemetry, apps: 0 };
  return telemetry;
}

/** Instrumentation scope of what the app records by its own tracer and meter. */
export const APP_SCOPE = 'app';

/**
 * The telemetry of the process, for injection: what an app needs that records more than its decorators do.
 *
 * @example
 * ```ts
 * @Injectable()
 * export class Orders {
 *   private readonly placed = this.telemetry.meter.createCounter('orders.placed');
 *
 *   constructor(private readonly telemetry: Telemetry) {}
 *
 *   place(order: Order) {
 *     this.telemetry.annotate({ 'order.items': order.items.length });
 *     this.placed.add(1);
 *   }
 * }
 * ```
 */
export class Telemetry implements OnModuleInit, OnApplicationShutdown {
  /** Set while this app counts among those that hold it. */
  private held: OwnTelemetry | undefined;

  /** @param running what it stands for; by default what runs already, else it is started */
  constructor(
    options?: TelemetryOptions,
    private readonly running: RunningTelemetry = startOrAdopt(options),
  ) {
    if (state.own?.running !== this.running) return;
    this.held = state.own;
    this.held.apps += 1;
  }

  /** A tracer for spans of the app's own. */
  get tracer(): Tracer {
    return trace.getTracer(APP_SCOPE);
  }

  /** A meter for metrics of the app's own. */
  get meter(): Meter {
    return metrics.getMeter(APP_SCOPE);
  }

  /** As `annotate()` of `annotel`: adds attributes to the decorated call in flight, else to the active span. Never throws. */
  annotate(attributes: Attributes): void {
    annotate(attributes);
  }

  /** As `traceHandle()` of `annotel`: what a client hands back with its feedback on the answer that it gets. */
  traceHandle(): string | undefined {
    return traceHandle();
  }

  /** The destinations that do not take telemetry at the moment, and why. */
  outages(): ReturnType<RunningTelemetry['outages']> {
    return this.running.outages();
  }

  /**
   * Exports what has been recorded so far, for at most `flushTimeout` milliseconds (default 5000). Never rejects: what cannot be
   * exported is reported on stderr. Apps whose process is frozen between requests, as cloud functions are, flush before they
   * answer; no other app has to.
   */
  flush(): Promise<void> {
    return this.running.flush();
  }

  onModuleInit(): void {
    if (!this.held || state.announced) return;
    state.announced = true;
    new Logger('TelemetryModule').log(
      'Tracing incoming HTTP, fetch and decorated methods. ' +
        'To trace databases, caches and other libraries too, start the app with: node --import annotel/register',
    );
  }

  /** Called after the shutdown hooks of all other modules. Telemetry that another app of the process uses is only flushed. */
  onApplicationShutdown(): Promise<void> {
    const { held } = this;
    if (!held) return this.flush();
    this.held = undefined;
    held.apps -= 1;
    return held.apps === 0 ? this.running.shutdown() : this.flush();
  }
}
