import { SIGNALS } from '../../../sdk/configuration/exporting.js';
import { chosenExporters } from '../chosen-exporters.js';
import { type Check, type Finding, ok, problem, warning } from '../finding.js';

/** What the configuration was warned of, and whether it lets anything out at all. */
export const configured: Check = ({ options, complaints }) => {
  const findings: Finding[] = complaints.map((complaint) => ({ level: 'problem', text: complaint }));
  if (options.disabled) {
    return [...findings, problem('OTEL_SDK_DISABLED=true starts nothing', 'unset it where telemetry is wanted')];
  }
  const isSending =
    SIGNALS.some((signal) => chosenExporters(options, signal).length > 0) ||
    options.azureConnectionString !== undefined;
  if (!isSending) {
    findings.push(
      warning(
        'nothing is configured to export: finished traces are printed on the console and leave in no other way',
        'set OTEL_EXPORTER_OTLP_ENDPOINT=http://your-collector:4318, or APPLICATIONINSIGHTS_CONNECTION_STRING',
      ),
    );
  }
  const { sampler, ratio, tracesPerSecond, keep } = options.sampling;
  const isNothingSampled = sampler.endsWith('always_off') || (sampler.endsWith('ratio') && ratio === 0);
  if (isNothingSampled && tracesPerSecond === undefined) {
    const kept = keep.errors ? ' but those that ANNOTEL_KEEP keeps' : '';
    findings.push(
      problem(`the sampler ${sampler} lets no trace out${kept}`, 'set OTEL_TRACES_SAMPLER=parentbased_always_on'),
    );
  }
  return findings.length > 0 ? findings : [ok('every variable is understood')];
};
