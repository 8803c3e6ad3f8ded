/*
 * Builds a Collector from its Go modules, runs the configurations of samples/collector for real with services that use annotel, takes
 * its parts away in turn, and counts what arrives. Usage: node test/collector/run.js [--require] [part …]
 * Without Go it says so and ends with 0; with --require, with 1.
 */
import { builtCollector, whatIsMissing } from './build.js';
import { validate } from './collectors.js';
import { crash, outage, sampling, update } from './parts.js';

const PARTS = {
  sampling: ['Sampling: 100 traces a second, nothing fails', sampling],
  outage: ['Outage: gateways ended, agent killed, a gateway updated, a back end gone', outage],
  update: ['Update: the gateways ended and started again in turn, sampling', update],
  crash: ['Crash: one gateway killed', crash],
};
const EVERY_EXPORTER = '[otlp_grpc/tempo, otlp_grpc/jaeger, azure_monitor]';

const missing = whatIsMissing();
if (missing) {
  console.log(
    `The Collector was not tested: ${missing}. It is built from Go modules (samples/collector/builder.yaml).`,
  );
  process.exit(process.argv.includes('--require') ? 1 : 0);
}
const binary = built();
validate(binary, 'agent.yaml');
validate(binary, 'gateway.yaml', { TRACE_EXPORTERS: EVERY_EXPORTER, LOG_EXPORTERS: '[otlp_http/logs, azure_monitor]' });
console.log('agent.yaml and gateway.yaml are valid.');

const chosen = process.argv.slice(2).filter((argument) => argument in PARTS);
let holds = true;
for (const part of chosen.length > 0 ? chosen : Object.keys(PARTS)) {
  const [title, run] = PARTS[part];
  console.log(`\n${title}`);
  const rows = await run(binary);
  console.log(`  ${'counted'.padStart(50)}  expected`);
  for (const { what, expected, counted, holds: isSo } of rows) {
    console.log(`  ${what.padEnd(43)}${String(counted).padStart(7)}  ${expected}${isSo ? '' : '  WRONG'}`);
    holds &&= isSo;
  }
}
process.exitCode = holds ? 0 : 1;

function built() {
  try {
    return builtCollector();
  } catch (error) {
    console.error(
      `The Collector could not be built; its Go modules must be in reach (go env GOPROXY). ${error.message}`,
    );
    process.exit(1);
  }
}
