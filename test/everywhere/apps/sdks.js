import { recorded } from '../expectations.js';
import { load, nodeSdk, program } from '../program.js';

const API_1_9 = { '@opentelemetry/api': '1.9.1' };
const SDK_2 = { ...API_1_9, '@opentelemetry/sdk-node': '0.223.0' };
const SDK_3 = { '@opentelemetry/api': '1.10.0', '@opentelemetry/sdk-node': '0.301.0' };

/** OpenTelemetry's own SDKs, and those of vendors: whoever registers one, calls are recorded by it. */
export const SDKS = [
  {
    name: 'SDK 1.x (sdk-node 0.57, API 1.9.0)',
    packages: { '@opentelemetry/api': '1.9.0', '@opentelemetry/sdk-node': '0.57.2' },
    cells: startedBy(nodeSdk),
  },
  { name: 'SDK 2.x (sdk-node 0.223, API 1.9.1)', packages: SDK_2, cells: startedBy(nodeSdk) },
  { name: 'SDK 3.x (sdk-node 0.301, API 1.10)', packages: SDK_3, cells: startedBy(nodeSdk) },
  {
    name: '@azure/monitor-opentelemetry 1.20',
    packages: { '@azure/monitor-opentelemetry': '1.20.0' },
    tls: true,
    env: { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' },
    // Azure Monitor's exporter leaves out the names of events.
    cells: startedBy(azureMonitor, { hasEventNames: false }),
  },
  // Sentry has neither metrics nor log records of OpenTelemetry's.
  {
    name: '@sentry/node 10',
    packages: { '@sentry/node': '10.78.0' },
    cells: startedBy(sentry(''), { signals: ['spans'] }),
  },
  {
    name: '@sentry/node 11, enableOpenTelemetrySetup',
    packages: { '@sentry/node': '11.12.0' },
    cells: startedBy(sentry('enableOpenTelemetrySetup: true,'), { signals: ['spans'] }),
  },
  {
    name: '@sentry/node 11, as it is without',
    packages: { '@sentry/node': '11.12.0' },
    cells: [
      {
        name: 'and annotel/register',
        files: { 'sentry.mjs': sentry('')('esm'), 'main.mjs': program('esm') },
        run: ['node --import ./sentry.mjs --import annotel/register main.mjs'],
      },
    ],
  },
  {
    name: 'dd-trace 5',
    packages: { 'dd-trace': '5.132.0' },
    env: {
      DD_TRACE_OTEL_ENABLED: 'true',
      DD_METRICS_OTEL_ENABLED: 'true',
      DD_LOGS_OTEL_ENABLED: 'true',
      DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
      OTEL_METRIC_EXPORT_INTERVAL: '200',
      OTEL_METRIC_EXPORT_TIMEOUT: '200',
    },
    // It leaves out the names of events.
    cells: startedBy(ddTrace, { hasEventNames: false }),
  },
  {
    name: '@langfuse/otel 5',
    packages: { ...SDK_2, '@opentelemetry/exporter-trace-otlp-http': '0.223.0', '@langfuse/otel': '5.11.1' },
    cells: startedBy(langfuse, { signals: ['spans'] }),
  },
];

/** The SDK is loaded before the app, as an ES module and as CommonJS; and annotel's own start beside it. */
function startedBy(sdk, expected = {}) {
  const files = {
    'otel.mjs': sdk('esm'),
    'main.mjs': program('esm'),
    'otel.cjs': sdk('cjs'),
    'main.cjs': program('cjs'),
  };
  const cell = (name, command, told) => ({ name, files, run: [command], expect: recorded({ ...expected, ...told }) });
  return [
    cell('ES module', 'node --import ./otel.mjs main.mjs'),
    cell('CommonJS', 'node -r ./otel.cjs main.cjs'),
    cell('and annotel/register', 'node --import ./otel.mjs --import annotel/register main.mjs', {
      says: /annotel: another OpenTelemetry SDK is registered already/,
    }),
  ];
}

function azureMonitor(format) {
  return `
${load(format, 'shutdownAzureMonitor, useAzureMonitor', '@azure/monitor-opentelemetry')}
useAzureMonitor({
  samplingRatio: 1,
  tracesPerSecond: 0,
  enableLiveMetrics: false,
  azureMonitorExporterOptions: {
    connectionString: 'InstrumentationKey=11111111-2222-3333-4444-555555555555;IngestionEndpoint=' + process.env.RECEIVER,
  },
});
globalThis.stopTelemetry = () => shutdownAzureMonitor();
`;
}

function sentry(options) {
  return (format) => `
${load(format, 'flush, init', '@sentry/node')}
const { host } = new URL(process.env.RECEIVER);
init({ dsn: 'http://key@' + host + '/1', tracesSampleRate: 1, ${options} });
globalThis.stopTelemetry = () => flush(5000);
`;
}

/** It sends OTLP where OpenTelemetry's variables name an endpoint. It sends at intervals, and is not told when it is the last. */
function ddTrace(format) {
  return `
${format === 'esm' ? "import ddTrace from 'dd-trace';" : "const ddTrace = require('dd-trace');"}
const tracer = ddTrace.init({ flushInterval: 0 });
new tracer.TracerProvider().register();
globalThis.stopTelemetry = () => new Promise((resolve) => setTimeout(resolve, 1500));
`;
}

/** Langfuse takes spans only, and of itself only those of model calls, where another SDK takes them as well. */
function langfuse(format) {
  const processor = `new LangfuseSpanProcessor({
    publicKey: 'pk', secretKey: 'sk', baseUrl: process.env.RECEIVER, exportMode: 'immediate', shouldExportSpan: () => true,
  })`;
  return `${load(format, 'LangfuseSpanProcessor', '@langfuse/otel')}
${nodeSdk(format, `{ spanProcessors: [${processor}] }`)}`;
}
