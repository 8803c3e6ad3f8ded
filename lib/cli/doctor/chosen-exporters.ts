import type { Signal } from '../../sdk/export/signal.js';
import type { ResolvedOptions } from '../../sdk/options.js';

/** Names of the exporters of a signal; Azure Monitor, which takes all three, is not among them. */
export function chosenExporters(options: ResolvedOptions, signal: Signal): readonly string[] {
  return { traces: options.traceExporters, metrics: options.metricExporters, logs: options.logExporters }[signal];
}
