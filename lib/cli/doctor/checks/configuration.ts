import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { exportersOf, SIGNALS } from '../../../sdk/configuration/exporting.js';
import { type Check, type Finding, ok, problem, warning } from '../finding.js';

/** The warnings of reading the configuration, and whether anything is exported at all. */
export const configured: Check = ({ options, warnings }) => {
  const findings: Finding[] = warnings.map((text) => ({ level: 'problem', text }));
  if (options.disabled) {
    return [...findings, problem('OTEL_SDK_DISABLED=true starts nothing', 'unset it where telemetry is wanted')];
  }
  const isSending =
    SIGNALS.some((signal) => exportersOf(options, signal).length > 0) || options.azureConnectionString !== undefined;
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

/** Whether the spool can be written to, and whether corrupt files are in it. */
export const spool: Check = ({ options, env }) => {
  const asked = env.text('ANNOTEL_SPOOL_DIR');
  const { spoolDir: dir } = options;
  if (dir === undefined) {
    if (asked === undefined) return [ok('none: what cannot be exported is held in memory, and lost with the process')];
    return [problem(`ANNOTEL_SPOOL_DIR=${asked} cannot be written to`, 'give the app a folder that it may write to')];
  }
  const files = existsSync(dir) ? readdirSync(dir, { recursive: true, encoding: 'utf8' }) : [];
  const corrupt = files.filter((file) => file.endsWith('.corrupt'));
  if (corrupt.length > 0) {
    const where = corrupt.map((file) => join(dir, file)).slice(0, 3);
    return [warning(`corrupt files were set aside (${corrupt.length}), such as ${where.join(', ')}`, 'remove them')];
  }
  return [ok(`${dir} can be written to`)];
};
