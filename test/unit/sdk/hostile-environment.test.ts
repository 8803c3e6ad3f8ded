import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { trace } from '@opentelemetry/api';
import { Environment } from '../../../lib/sdk/configuration/environment.js';
import { VARIABLES } from '../../../lib/sdk/configuration/variables.js';
import { runningTelemetry, startTelemetry } from '../../../lib/sdk/index.js';
import { resolveOptions } from '../../../lib/sdk/options.js';
import { configure, settings } from '../../../lib/settings.js';
import { Collector } from '../../support/sdk-collector.js';
import { listen } from '../../support/sdk-stderr.js';

/*
 * Every variable that annotel reads, with values that somebody might set by mistake. Each costs one warning that names
 * the variable and what is allowed, and telemetry starts.
 */

const folder = mkdtempSync(join(tmpdir(), 'annotel-hostile-'));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

interface Hostile {
  readonly values: readonly string[];
  /** What the warning tells of what is allowed. */
  readonly allowed: RegExp;
  /** Variables that have to be set for this one to count. */
  readonly beside?: Readonly<Record<string, string>>;
  /** The warning does not repeat the value, which may be a secret. */
  readonly isSecret?: boolean;
}

const words = (allowed: RegExp, ...values: string[]): Hostile => ({
  values: ['nonsense', '\u0000\u001b[31m', 'x'.repeat(100_000), ...values],
  allowed,
});
const number = (...values: string[]): Hostile => ({
  values: ['many', '0', '-5', '1e99', 'NaN', 'Infinity', '0x', ...values],
  allowed: /number from [\d.e-]+ to [\d.e+]+/,
});
const count = (): Hostile => ({ values: ['many', '-1', '1.5', '1e99', 'NaN'], allowed: /whole number from 0 to \d+/ });
const url: Hostile = {
  values: ['localhost:4318', 'not a url', 'ftp://x.example.com', '//x', 'http://'],
  allowed: /URL such as http:\/\/localhost:4318/,
};
const unreadable: Hostile = { values: ['/no/such/file', 'nonsense'], allowed: /file that can be read/ };
const headers: Hostile = {
  values: ['api-key s3cr3t', 's3cr3t', '=s3cr3t', 'a b=s3cr3t'],
  allowed: /name=value/,
  isSecret: true,
};
const flag = words(/true, false/, 'yes', '1');

const OTLP = ['', 'TRACES_', 'METRICS_', 'LOGS_'].map((part) => `OTEL_EXPORTER_OTLP_${part}`);
const TABLE: Readonly<Record<string, Hostile>> = {
  OTEL_SDK_DISABLED: flag,
  OTEL_LOG_LEVEL: words(/none, error, warn, info, debug, verbose, all/),
  OTEL_TRACES_EXPORTER: words(/otlp, console, zipkin, none/, 'jaeger'),
  OTEL_METRICS_EXPORTER: words(/otlp, console, prometheus, none/, 'statsd'),
  OTEL_LOGS_EXPORTER: words(/otlp, console, none/, 'syslog'),
  OTEL_EXPORTER_ZIPKIN_ENDPOINT: url,
  OTEL_EXPORTER_ZIPKIN_TIMEOUT: number(),
  OTEL_EXPORTER_PROMETHEUS_PORT: number('65536'),
  OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: words(/explicit_bucket_histogram, base2_exponential/),
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: words(/cumulative, delta, lowmemory/),
  ...Object.fromEntries(
    OTLP.flatMap((prefix) => [
      [`${prefix}PROTOCOL`, words(/http\/protobuf, http\/json, grpc/, 'thrift')],
      [`${prefix}ENDPOINT`, url],
      [`${prefix}HEADERS`, headers],
      [`${prefix}TIMEOUT`, number()],
      [`${prefix}COMPRESSION`, words(/gzip, none/, 'zip')],
      [`${prefix}INSECURE`, flag],
      [`${prefix}CERTIFICATE`, unreadable],
      [`${prefix}CLIENT_CERTIFICATE`, unreadable],
      [`${prefix}CLIENT_KEY`, unreadable],
    ]),
  ),
  ...Object.fromEntries(
    ['OTEL_BSP', 'OTEL_BLRP'].flatMap((prefix) =>
      ['MAX_QUEUE_SIZE', 'SCHEDULE_DELAY', 'EXPORT_TIMEOUT', 'MAX_EXPORT_BATCH_SIZE'].map((name) => [
        `${prefix}_${name}`,
        number(),
      ]),
    ),
  ),
  OTEL_METRIC_EXPORT_INTERVAL: number(),
  OTEL_METRIC_EXPORT_TIMEOUT: number('90000'),
  OTEL_NODE_RESOURCE_DETECTORS: words(/env, host, os, process, serviceinstance/, 'moon'),
  OTEL_RESOURCE_ATTRIBUTES: { values: ['nonsense', '=x', 'a=b=c', 'a=%E0%A4'], allowed: /name=value/ },
  OTEL_TRACES_SAMPLER: words(/always_on, always_off, traceidratio/, 'jaeger_remote'),
  OTEL_TRACES_SAMPLER_ARG: {
    values: ['half', '-0.1', '1.5', 'NaN'],
    allowed: /number from 0 to 1/,
    beside: { OTEL_TRACES_SAMPLER: 'traceidratio' },
  },
  ANNOTEL_TRACES_PER_SECOND: number(),
  ANNOTEL_KEEP: words(/errors, slower-than=5s, costlier-than=0.10/, 'slower-than=5', 'costlier-than=-1', 'errors=1'),
  ...Object.fromEntries(
    [
      'OTEL_ATTRIBUTE_COUNT_LIMIT',
      'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
      'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT',
      'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
      'OTEL_SPAN_EVENT_COUNT_LIMIT',
      'OTEL_SPAN_LINK_COUNT_LIMIT',
      'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT',
      'OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT',
      'OTEL_LINK_ATTRIBUTE_COUNT_LIMIT',
      'OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT',
      'OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT',
      'OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    ].map((name) => [name, count()]),
  ),
  ANNOTEL_LOG_LEVELS: words(/trace, debug, info, warn, error, fatal or off/, 'a=loud', '=debug', 'debug='),
  ANNOTEL_DROP_ATTRIBUTES: { values: ['a b', '[', '^$', '(a+)+'], allowed: /names of attributes/ },
  ANNOTEL_PROPAGATE_CONTEXT: { values: ['http://x.example.com/a', 'a b', ':80'], allowed: /hosts such as/ },
  OTEL_PROPAGATORS: words(/tracecontext, baggage, b3, b3multi, none/, 'jaeger'),
  ANNOTEL_SPOOL_DIR: {
    values: [join(file('no-folder', ''), 'spool')],
    allowed: /folder that can be made and written to/,
  },
  OTEL_NODE_ENABLED_INSTRUMENTATIONS: words(/http, undici, express/, 'mongodb'),
  OTEL_NODE_DISABLED_INSTRUMENTATIONS: words(/http, undici, express/, 'dns'),
  OTEL_NODE_EXPERIMENTAL_SDK_METRICS: flag,
  OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: words(/logs, logs\/dup/, 'events'),
  OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: words(/no_content, span_only/i, 'yes'),
  AZURE_TRACING_GEN_AI_CONTENT_RECORDING_ENABLED: flag,
  APPLICATIONINSIGHTS_CONNECTION_STRING: {
    values: [
      's3cr3t',
      'InstrumentationKey=s3cr3t',
      'InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=s3cr3t',
    ],
    allowed: /nothing is exported to Azure Monitor/,
    isSecret: true,
  },
  ANNOTEL_ENV_FILE: { values: ['/no/such/file', 'nonsense', '\u0000'], allowed: /cannot be loaded/ },
  ANNOTEL_CONSOLE: words(/tree, off/, 'forest'),
  ANNOTEL_SEMCONV: words(/1.41, latest, both/, '1.30'),
  ANNOTEL_CONTENT_FIELDS: words(/input, output, system/, 'prompt'),
  ANNOTEL_CONTENT: words(/full, hash, truncate:N/, 'truncate:0', 'truncate:-1', 'truncate:'),
  ANNOTEL_REDACT: words(/email, phone, card/, 'names'),
  ANNOTEL_CURRENCY: words(/ISO 4217/, 'E', 'EURO'),
  ANNOTEL_CURRENCY_RATE: { ...number(), beside: { ANNOTEL_CURRENCY: 'EUR' } },
  ANNOTEL_PRICES: {
    values: [
      '/no/such/file',
      file('no.json', 'nonsense'),
      file('list.json', '[]'),
      file('bad.json', '{"m":{"input":-1}}'),
    ],
    allowed: /JSON file of prices/,
  },
  ANNOTEL_ESTIMATE_TOKENS: flag,
  ANNOTEL_METRIC_CONTEXT: words(/tenant, feature/, 'user'),
};

/** Any text will do, so that there is nothing to complain of. */
const FREE = {
  OTEL_SERVICE_NAME: undefined,
  APP_ENV: undefined,
  NODE_ENV: undefined,
  NO_COLOR: undefined,
  FORCE_COLOR: undefined,
  ANNOTEL_CONTENT_KEY: undefined,
  ANNOTEL_HANDLE_KEY: undefined,
  NODE_APP_INSTANCE: undefined,
  pm_id: undefined,
  // Told where the server cannot listen there.
  OTEL_EXPORTER_PROMETHEUS_HOST: undefined,
};

describe('with a hostile environment', () => {
  const before = process.env;
  const unchanged = settings();
  let said: string[];
  let collector: Collector;

  beforeEach(async () => {
    said = listen();
    jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    collector = await Collector.start();
  });

  afterEach(async () => {
    await runningTelemetry()?.shutdown();
    process.env = before;
    configure(unchanged);
    jest.restoreAllMocks();
    await collector.close();
  });

  it('knows every variable that is read', () => {
    const asked = jest.spyOn(Environment.prototype, 'text');
    process.env = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    resolveOptions();
    const names = [...new Set(asked.mock.calls.map(([name]) => name))];
    expect(names.filter((name) => !(name in TABLE) && !(name in FREE))).toEqual([]);
    expect([...Object.keys(TABLE), ...Object.keys(FREE)].filter((name) => !names.includes(name))).toEqual([]);
    expect(names.filter((name) => /^(ANN)?OTEL_/.test(name)).sort()).toEqual([...VARIABLES].sort());
  });

  it.each([
    ['ANNOTEL_KEEP_MAX_TRACES', /at most 5000 traces/],
    ['ANNOTEL_KEEP_MAX_SPANS', /at most 20000 spans/],
    ['ANNOTEL_KEEP_MAX_AGE', /at most 5 minutes/],
    ['ANNOTEL_SPOOL_MAX_SIZE', /at most 256 MB/],
    ['ANNOTEL_SPOOL_MAX_AGE', /older than 48 hours/],
  ])('says what holds in place of %s, which is gone', (name, instead) => {
    process.env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, [name]: '1' };
    resolveOptions();
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(`annotel: ${name} has no effect: `);
    expect(said[0]).toMatch(instead);
  });

  it('the README lists every variable of annotel, and no page another one', () => {
    const known = [...Object.keys(TABLE), ...Object.keys(FREE)];
    const root = join(import.meta.dirname, '../../..');
    const read = (page: string) => readFileSync(join(root, page), 'utf8');
    const named = (page: string) => read(page).match(/\b(ANNOTEL|OTEL_NODE)(_[A-Z\d]+)+\b/g) ?? [];
    const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.md'),
    );
    const pages = [
      'README.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      'lib/README.md',
      ...docs.map((name) => join('docs', name)),
    ];
    expect(pages.flatMap(named).filter((name) => !known.includes(name))).toEqual([]);
    const [, table = ''] = read('README.md').split(/^### 4\. .*|^### 5\. .*/m);
    const listed = new Set(table.match(/(?<=`)ANNOTEL_[A-Z_]+(?=`)/g));
    expect(known.filter((name) => name.startsWith('ANNOTEL_') && !listed.has(name))).toEqual([]);
  });

  const cases = Object.entries(TABLE).flatMap(([name, hostile]) =>
    hostile.values.map((value) => [name, value.slice(0, 60), value, hostile] as const),
  );
  it.each(cases)('%s=%j costs one warning, and telemetry starts', async (name, _shown, value, hostile) => {
    process.env = {
      PATH: before['PATH'] ?? '',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      ...hostile.beside,
      [name]: value,
    };
    expect(() => startTelemetry()).not.toThrow();
    expect(runningTelemetry()).toBeDefined();
    // A folder is looked at only when something is written to it.
    await runningTelemetry()?.flush();
    const told = said.filter((line) => line.includes(name));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(hostile.allowed);
    expect(told[0]?.length).toBeLessThan(1000);
    if (hostile.isSecret) expect(said.join('\n')).not.toContain('s3cr3t');
    else
      expect(told[0]).toContain(
        JSON.stringify(value.length > 100 ? value.slice(0, 100) : value)
          .slice(0, 80)
          .replace(/"$/, ''),
      );
  });

  it.each(Object.keys(FREE))('%s takes any text', (name) => {
    process.env = {
      PATH: before['PATH'] ?? '',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      [name]: '\u0000\u001b[31m=,;"\'{}',
    };
    startTelemetry();
    expect(runningTelemetry()).toBeDefined();
    expect(said).toEqual([]);
  });

  it('with everything wrong at once tells of each once, and telemetry starts', () => {
    const all = Object.entries(TABLE).filter(([name]) => name !== 'OTEL_LOG_LEVEL' && name !== 'OTEL_SDK_DISABLED');
    process.env = Object.fromEntries(all.map(([name, { values }]) => [name, values[0] as string]));
    expect(() => startTelemetry()).not.toThrow();
    expect(runningTelemetry()).toBeDefined();
    expect(said.length).toBeGreaterThan(all.length / 2);
    expect(new Set(said).size).toBe(said.length);
  });

  it('tells once of each variable that has no effect', () => {
    process.env = { ANNOTEL_KEP: 'errors', OTEL_CONFIG_FILE: 'x.yaml', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    startTelemetry();
    expect(said).toEqual([
      expect.stringMatching(/^annotel: ANNOTEL_KEP is no known variable .* ANNOTEL_KEEP\?$/),
      expect.stringMatching(/^annotel: OTEL_CONFIG_FILE has no effect: annotel reads variables and no such file$/),
    ]);
  });

  it('repeats no query of an endpoint, which may hold a key', async () => {
    process.env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/v1/traces?k=s3cr3t`,
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'localhost:4318/?k=s3cr3t',
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://localhost:4317/?k=s3cr3t',
      OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'grpc',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    };
    startTelemetry();
    collector.answer = (_request, response) => response.writeHead(503).end();
    trace.getTracer('t').startSpan('s').end();
    await runningTelemetry()?.flush();
    expect(said).toEqual([
      expect.stringMatching(/OTEL_EXPORTER_OTLP_ENDPOINT="[^"]*\?\[SECRET\]" .* using http:\S+\d$/),
      expect.stringMatching(/OTEL_EXPORTER_OTLP_METRICS_ENDPOINT="localhost:4318\/\?\[SECRET\]"/),
      expect.stringMatching(
        /OTEL_EXPORTER_OTLP_LOGS_ENDPOINT="[^"]*\?\[SECRET\]" .* gRPC has no query\); using http:\S+:4317$/,
      ),
      expect.stringMatching(/cannot export traces/),
    ]);
    expect(said.join()).not.toContain('s3cr3t');
  });

  it.each([
    [{ ANNOTEL_PROPAGATE_CONTEXT: 'a.example.com', OTEL_PROPAGATORS: 'tracecontext' }, /leaves out baggage/],
    [{ ANNOTEL_PROPAGATE_CONTEXT: '*' }, /to every host, model providers included/],
  ])('tells what %j comes to', (environment, sentence) => {
    process.env = { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    resolveOptions();
    expect(said).toEqual([expect.stringMatching(sentence)]);
  });

  it('understands an endpoint that has the path of a signal already', () => {
    process.env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c.example.com:4318/v1/traces' };
    const { otlp } = resolveOptions();
    expect(otlp.metrics.url).toBe('http://c.example.com:4318/v1/metrics');
    expect(said).toEqual([expect.stringMatching(/OTEL_EXPORTER_OTLP_ENDPOINT=.*using http:\/\/c.example.com:4318$/)]);
  });

  it.each([
    ['http/protobuf', 4317, /4317 is the port of gRPC/],
    ['grpc', 4318, /4318 is the port of HTTP/],
  ])('tells that %s and port %i do not go together', (protocol, port, sentence) => {
    process.env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://c.example.com:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    };
    resolveOptions();
    expect(said).toEqual([expect.stringMatching(sentence)]);
  });
});
