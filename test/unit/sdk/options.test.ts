import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { resolveOptions, type TelemetryOptions } from '../../../lib/sdk/options.js';
import { forgetReported } from '../../../lib/sdk/warnings.js';
import { listen } from '../../support/sdk-stderr.js';

describe('resolveOptions', () => {
  const before = process.env;
  let said: string[];

  beforeEach(() => {
    forgetReported();
    said = listen();
  });

  afterEach(() => {
    process.env = before;
    jest.restoreAllMocks();
  });

  const resolve = (environment: Record<string, string> = {}, options?: TelemetryOptions) => {
    process.env = environment;
    return resolveOptions(options);
  };

  it('prints trees and exports nothing where nothing is configured', () => {
    expect(resolve()).toMatchObject({
      disabled: false,
      console: 'tree',
      consoleByDefault: true,
      traceExporters: [],
      metricExporters: [],
      logExporters: [],
      flushTimeout: 5000,
      shutdownTimeout: 5000,
      settings: {},
    });
    expect(said).toEqual([]);
  });

  it('is frozen', () => {
    expect(Object.isFrozen(resolve())).toBe(true);
  });

  it.each<Record<string, string>>([
    { OTEL_TRACES_EXPORTER: 'otlp' },
    { OTEL_METRICS_EXPORTER: 'otlp' },
    { OTEL_LOGS_EXPORTER: 'otlp' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' },
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' },
    { OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://collector:4318/v1/logs' },
  ])('sends all three signals by OTLP, and prints none, once %j is set', (environment) => {
    expect(resolve(environment)).toMatchObject({
      console: 'off',
      consoleByDefault: false,
      traceExporters: ['otlp'],
      metricExporters: ['otlp'],
      logExporters: ['otlp'],
    });
  });

  it('does not take processors in code for a wish to export by OTLP as well', () => {
    expect(resolve({}, { spanProcessors: [{} as never] })).toMatchObject({ console: 'off', traceExporters: [] });
  });

  it('lets ANNOTEL_CONSOLE decide, and the option above it', () => {
    const environment = { OTEL_TRACES_EXPORTER: 'otlp', ANNOTEL_CONSOLE: ' TREE ' };
    expect(resolve(environment).console).toBe('tree');
    expect(resolve(environment, { console: 'off' }).console).toBe('off');
    expect(resolve({ ANNOTEL_CONSOLE: 'off' })).toMatchObject({ console: 'off', consoleByDefault: false });
  });

  it('reads lists of exporters', () => {
    const exporters = {
      OTEL_TRACES_EXPORTER: 'console, OTLP,,console',
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_LOGS_EXPORTER: 'otlp,none',
    };
    expect(resolve(exporters)).toMatchObject({
      traceExporters: ['console', 'otlp'],
      metricExporters: ['prometheus'],
      logExporters: [],
    });
  });

  it('says so where a list of exporters says none beside others', () => {
    expect(resolve({ OTEL_TRACES_EXPORTER: 'otlp,none', OTEL_LOGS_EXPORTER: 'none,none' })).toMatchObject({
      traceExporters: [],
      logExporters: [],
    });
    expect(said).toEqual([expect.stringMatching(/OTEL_TRACES_EXPORTER="otlp,none" .*none alone.* using none$/)]);
  });

  it.each([
    ['collector:4317', {}, 'collector:4317'],
    ['collector:4317', { OTEL_EXPORTER_OTLP_INSECURE: ' TRUE ' }, 'http://collector:4317'],
    ['collector:4317', { OTEL_EXPORTER_OTLP_TRACES_INSECURE: 'true' }, 'http://collector:4317'],
    [
      'collector:4317',
      { OTEL_EXPORTER_OTLP_INSECURE: 'true', OTEL_EXPORTER_OTLP_TRACES_INSECURE: 'false' },
      'collector:4317',
    ],
    ['https://collector:4317', { OTEL_EXPORTER_OTLP_INSECURE: 'true' }, 'https://collector:4317'],
    ['unix:/run/otel', { OTEL_EXPORTER_OTLP_INSECURE: 'true' }, 'unix:/run/otel'],
    ['dns:///collector:4317', {}, 'collector:4317'],
    ['dns:collector:4317', { OTEL_EXPORTER_OTLP_INSECURE: 'true' }, 'http://collector:4317'],
  ])('takes %s with %j for the gRPC target %s', (endpoint, variables, url) => {
    const { otlp } = resolve({
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
      ...(variables as Record<string, string>),
    });
    expect(otlp.traces).toMatchObject({ protocol: 'grpc', url });
    expect(said).toEqual([]);
  });

  it('keeps the exporters that it knows and complains of the others', () => {
    expect(resolve({ OTEL_TRACES_EXPORTER: 'otlp,jaeger,kafka' }).traceExporters).toEqual(['otlp']);
    expect(said).toEqual([
      expect.stringMatching(/^annotel: OTEL_TRACES_EXPORTER="jaeger,kafka" .*otlp, console, zipkin, none/),
    ]);
  });

  it('builds the URL of each signal as the specification says', () => {
    const { otlp } = resolve({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector/base/',
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://logs:1234/as/it/is',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'grpc',
    });
    expect(otlp).toMatchObject({
      traces: { protocol: 'http/json', url: 'https://collector/base/v1/traces' },
      metrics: { protocol: 'grpc', url: 'https://collector' },
      logs: { protocol: 'http/json', url: 'http://logs:1234/as/it/is' },
    });
    expect(resolve().otlp.traces).toMatchObject({ protocol: 'http/protobuf', url: 'http://localhost:4318/v1/traces' });
    expect(resolve({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }).otlp.logs.url).toBe('http://localhost:4317');
  });

  it.each([
    ['https://collector/x?api-key=1', 'https://collector/x/v1/metrics?api-key=1', 0],
    ['https://collector?api-key=a/b', 'https://collector/v1/metrics?api-key=a/b', 0],
    ['https://collector/x/?api-key=1#top', 'https://collector/x/v1/metrics?api-key=1', 0],
    ['https://collector/v1/traces/x', 'https://collector/v1/traces/x/v1/metrics', 0],
    ['https://collector/v1/traces/?api-key=1', 'https://collector/v1/metrics?api-key=1', 1],
  ])('adds the path of a signal to %s', (endpoint, url, sentences) => {
    expect(resolve({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }).otlp.metrics.url).toBe(url);
    expect(said).toHaveLength(sentences);
  });

  it('leaves the query of a signal its own', () => {
    const environment = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector/in?api-key=1' };
    expect(resolve(environment).otlp.traces.url).toBe('https://collector/in?api-key=1');
    expect(resolve({}, { endpoint: 'https://collector?api-key=1' }).otlp.traces.url).toBe(
      'https://collector/v1/traces?api-key=1',
    );
  });

  it('sends each signal the headers that can be sent, and says once of each variable what cannot', () => {
    const { otlp, exporterEnvironment } = resolve({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:8080',
      OTEL_EXPORTER_OTLP_HEADERS: '"api-key=k,x-name=Zo%C3%AB,x-broken=50%zz"',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'api-key=a%2Cb,y',
      OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'grpc',
    });
    expect([otlp.traces.headers, otlp.metrics.headers, otlp.logs.headers]).toEqual([
      { 'api-key': 'a,b', 'x-name': 'Zoë' },
      { 'api-key': 'k', 'x-name': 'Zoë' },
      { 'api-key': 'k' },
    ]);
    // What runs in a thread reads variables.
    expect(exporterEnvironment).toMatchObject({
      OTEL_EXPORTER_OTLP_HEADERS: '',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'api-key=a%2Cb,x-name=Zo%C3%AB',
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'api-key=k,x-name=Zo%C3%AB',
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'api-key=k',
    });
    expect(said).toEqual([
      expect.stringMatching(
        /^annotel: OTEL_EXPORTER_OTLP_HEADERS: the quotes .*x-broken is left out.*x-name is left out.* gRPC/,
      ),
      expect.stringMatching(/^annotel: OTEL_EXPORTER_OTLP_TRACES_HEADERS: entry 2 of 2 is left out, as it has no =/),
    ]);
  });

  it('puts the endpoint given in code above every variable', () => {
    const environment = {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://a:1/v1/traces',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://b:2',
    };
    expect(resolve(environment, { endpoint: 'http://c:3' }).otlp.traces.url).toBe('http://c:3/v1/traces');
  });

  it('throws for an endpoint in code that is no URL, naming the mend', () => {
    expect(() => resolve({}, { endpoint: 'collector:4318' })).toThrow(
      new TypeError('startTelemetry: endpoint "collector:4318" must be a URL such as http://localhost:4318'),
    );
  });

  it('reads the numbers of the batches', () => {
    const resolved = resolve({
      OTEL_BSP_MAX_QUEUE_SIZE: '10',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '5',
      OTEL_BSP_SCHEDULE_DELAY: '100.5',
      OTEL_BLRP_EXPORT_TIMEOUT: '7',
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
    });
    expect(resolved.spanBatch).toEqual({
      maxQueueSize: 10,
      maxExportBatchSize: 5,
      scheduledDelayMillis: 100.5,
      exportTimeoutMillis: 30_000,
    });
    expect(resolved.logBatch).toMatchObject({ maxQueueSize: 2048, exportTimeoutMillis: 7 });
    expect(resolved).toMatchObject({ metricInterval: 1000, metricTimeout: 1000 });
    expect(said).toEqual([]);
  });

  it('picks instrumentations by name', () => {
    const names = (environment: Record<string, string>) => [...resolve(environment).enabledInstrumentations];
    expect(names({})).toEqual([
      'http',
      'undici',
      'express',
      'fastify',
      'pg',
      'redis',
      'ioredis',
      'pino',
      'winston',
      'console',
    ]);
    expect(names({ OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,pg' })).toEqual(['http', 'pg']);
    expect(names({ OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http,pg' })).toEqual([
      'undici',
      'express',
      'fastify',
      'redis',
      'ioredis',
      'pino',
      'winston',
      'console',
    ]);
    expect(names({ OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,pg', OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'pg' })).toEqual(
      ['http'],
    );
  });

  it('hands on what concerns the conventions', () => {
    expect(resolve({ ANNOTEL_SEMCONV: 'latest', OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: 'logs' }).settings).toEqual({
      semconv: 'latest',
      exceptionEvents: false,
    });
    expect(resolve({ OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: 'logs/dup' }).settings).toEqual({ exceptionEvents: true });
  });

  it('colours as the environment says', () => {
    expect(resolve({ FORCE_COLOR: '1', NO_COLOR: '1' }).color).toBe(true);
    expect(resolve({ FORCE_COLOR: '0' }).color).toBe(false);
    expect(resolve({ NO_COLOR: '1' }).color).toBe(false);
  });

  it('takes a blank variable for an unset one', () => {
    const blank = Object.fromEntries(
      ['OTEL_TRACES_EXPORTER', 'OTEL_BSP_MAX_QUEUE_SIZE', 'OTEL_SDK_DISABLED'].map((name) => [name, '  ']),
    );
    expect(resolve(blank)).toMatchObject({ disabled: false, consoleByDefault: true });
    expect(said).toEqual([]);
  });

  describe('a value that cannot be understood', () => {
    const words: Record<string, [value: string, allowed: RegExp]> = {
      OTEL_SDK_DISABLED: ['yes', /true, false/],
      OTEL_LOG_LEVEL: ['loud', /none, error, warn, info, debug, verbose, all/],
      OTEL_TRACES_EXPORTER: ['jaeger', /otlp, console, zipkin, none/],
      OTEL_METRICS_EXPORTER: ['statsd', /otlp, console, prometheus, none/],
      OTEL_LOGS_EXPORTER: ['syslog', /otlp, console, none/],
      OTEL_EXPORTER_OTLP_PROTOCOL: ['carrier-pigeon', /http\/protobuf, http\/json, grpc/],
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: ['thrift', /http\/protobuf, http\/json, grpc/],
      OTEL_EXPORTER_OTLP_ENDPOINT: ['localhost:4318', /http:\/\/localhost:4318/],
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: ['not a url', /http:\/\/localhost:4318/],
      OTEL_TRACES_SAMPLER: ['sometimes', /always_on, always_off, traceidratio/],
      OTEL_PROPAGATORS: ['pigeon', /tracecontext, baggage, b3, b3multi, none/],
      OTEL_NODE_RESOURCE_DETECTORS: ['moon', /env, host, os, process, serviceinstance, container, .*, all, none/],
      OTEL_NODE_ENABLED_INSTRUMENTATIONS: ['mongodb', /http, undici, express/],
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: ['dns', /http, undici, express/],
      OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: ['events', /logs, logs\/dup/],
      ANNOTEL_CONSOLE: ['forest', /tree, off/],
      ANNOTEL_SEMCONV: ['1.30', /1.41, latest, both/],
    };
    const numbers = [
      'OTEL_BSP_MAX_QUEUE_SIZE',
      'OTEL_BSP_SCHEDULE_DELAY',
      'OTEL_BSP_EXPORT_TIMEOUT',
      'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
      'OTEL_BLRP_MAX_QUEUE_SIZE',
      'OTEL_BLRP_SCHEDULE_DELAY',
      'OTEL_BLRP_EXPORT_TIMEOUT',
      'OTEL_BLRP_MAX_EXPORT_BATCH_SIZE',
      'OTEL_METRIC_EXPORT_INTERVAL',
      'OTEL_METRIC_EXPORT_TIMEOUT',
      'OTEL_EXPORTER_PROMETHEUS_PORT',
    ].flatMap((name) =>
      ['many', '0', '-5', '1e99', 'NaN', 'Infinity'].map((value) => [name, value, /number from 1 to \d+/] as const),
    );

    it.each([...Object.entries(words).map(([name, [value, allowed]]) => [name, value, allowed] as const), ...numbers])(
      '%s=%s costs one warning that names it, the value and what is allowed',
      (name, value, allowed) => {
        resolve({ [name]: value });
        expect(said).toHaveLength(1);
        expect(said[0]).toMatch(new RegExp(`^annotel: ${name}="${value}" `));
        expect(said[0]).toMatch(allowed);
      },
    );

    it('of the sampler counts its argument only where it is used', () => {
      resolve({ OTEL_TRACES_SAMPLER: 'always_on', OTEL_TRACES_SAMPLER_ARG: 'half' });
      expect(said).toEqual([]);
      resolve({ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '1.5' });
      expect(said).toEqual([expect.stringMatching(/OTEL_TRACES_SAMPLER_ARG="1.5" .*from 0 to 1/)]);
    });

    it('falls back to the default', () => {
      const resolved = resolve({
        OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318',
        OTEL_METRIC_EXPORT_TIMEOUT: '90000',
        OTEL_PROPAGATORS: 'pigeon',
      });
      expect(resolved.otlp.traces.url).toBe('http://localhost:4318/v1/traces');
      expect(resolved).toMatchObject({ metricTimeout: 30_000, propagators: ['tracecontext', 'baggage'] });
      expect(resolve({ OTEL_PROPAGATORS: 'pigeon,b3' }).propagators).toEqual(['b3']);
    });

    it('is shown on one line and bounded', () => {
      resolve({ ANNOTEL_CONSOLE: `a\n\x1b[31m${'x'.repeat(5000)}` });
      expect(said).toHaveLength(1);
      expect(said[0]?.length).toBeLessThan(300);
      expect(said[0]).not.toContain('\x1b');
    });

    it('is passed over in silence with OTEL_LOG_LEVEL=none', () => {
      resolve({ OTEL_LOG_LEVEL: 'none', ANNOTEL_CONSOLE: 'forest' });
      expect(said).toEqual([]);
      resolve({});
    });
  });
});
