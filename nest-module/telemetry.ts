import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
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
}

// On globalThis, so that a second copy of the package counts the same apps.
const STATE = Symbol.for('annotel.nest.telemetry');
const holder = globalThis as { [STATE]?: State };
const state: State = holder[STATE] ?? {};
holder[STATE] = state;

/** The telemetry of this process: what runs already, else it is started now. */
export function startOrAdopt(options: TelemetryOptions | undefined): RunningTelemetry {
  const running = runningTelemetry();
  // Every app made of one `forRoot()` asks for the same; asking for something else is answered with a warning.
  if (running && options === state.asked) return running;
  state.asked = options;
  const telemetry = startTelemetry(options);
  // Where telemetry is disabled or cannot start, what comes back is inert and does not count as running.
  if (!running && telemetry === runningTelemetry()) state.own = { running: telemetry, apps: 0 };
  return telemetry;
}

/**
 * The telemetry of the process, for injection. Only apps whose process is frozen between requests, as cloud functions are, need
 * it: they flush before they answer.
 *
 * @example
 * ```ts
 * @Controller()
 * export class FunctionController {
 *   constructor(private readonly telemetry: Telemetry) {}
 *
 *   @Post()
 *   async run(@Body() event: Event) {
 *     const answer = await handle(event);
 *     await this.telemetry.flush();
 *     return answer;
 *   }
 * }
 * ```
 */
export class Telemetry implements OnModuleInit, OnApplicationShutdown {
  private readonly running: RunningTelemetry;
  /** Set while this app counts among those that hold it. */
  private held: OwnTelemetry | undefined;

  constructor(options?: TelemetryOptions) {
    this.running = startOrAdopt(options);
    if (state.own?.running !== this.running) return;
    this.held = state.own;
    this.held.apps += 1;
  }

  /**
   * Exports what has been recorded so far, for at most `flushTimeout` milliseconds (default 5000). Never rejects: what cannot be
   * exported is reported on stderr.
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
