import { Injectable } from '@nestjs/common';
import { Telemetry } from './telemetry.js';

/** As Terminus takes it; `@nestjs/terminus` need not be installed. */
export type TelemetryHealth = Record<
  string,
  { status: 'up' | 'down'; outages?: readonly { destination: string; reason: string }[] }
>;

/**
 * A health indicator for `@nestjs/terminus`: `down` while a destination of telemetry does not take it, with its name and the
 * reason. An app works without its telemetry: ask for it where somebody looks, and not where an orchestrator restarts the app.
 *
 * @example
 * ```ts
 * @Get('status')
 * @HealthCheck()
 * status() {
 *   return this.health.check([() => this.telemetry.isHealthy('telemetry')]);
 * }
 * ```
 */
@Injectable()
export class TelemetryHealthIndicator {
  constructor(private readonly telemetry: Telemetry) {}

  /** @param key under which the answer of the health check has it */
  async isHealthy(key = 'telemetry'): Promise<TelemetryHealth> {
    const outages = this.telemetry.outages();
    return { [key]: outages.length === 0 ? { status: 'up' } : { status: 'down', outages } };
  }
}
