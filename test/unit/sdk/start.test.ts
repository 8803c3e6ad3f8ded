import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { context, DiagLogLevel, diag, logs, metrics, propagation, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  BatchSpanProcessor,
  InMemorySpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { runningTelemetry, startTelemetry } from '../../../lib/sdk/index.js';
import { configure, settings } from '../../../lib/settings.js';
import { ALL_BUT_TIMEOUTS, waitedFor } from '../../support/fake-time.js';
import { accepts, attributesOf, Collector, hangs, refusingUrl, unavailable } from '../../support/sdk-collector.js';
import { listen } from '../../support/sdk-stderr.js';

/** Milliseconds on the clock of the test; less than `flush` and `shutdown` wait where nobody tells them to be quicker. */
const BELOW_DEFAULT = 1000;
const JSON_ONLY = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' };

describe('startTelemetry', () => {
  const before = process.env;
  let said: string[];
  let printed: string[];
  let collector: Collector;

  beforeEach(async () => {
    said = listen();
    printed = [];
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
    collector = await Collector.start();
  });

  afterEach(async () => {
    jest.useRealTimers();
    await runningTelemetry()?.shutdown();
    process.env = before;
    jest.restoreAllMocks();
    await collector.close();
  });

  const start = (environment: Record<string, string> = {}, options?: Parameters<typeof startTelemetry>[0]) => {
    process.env = { PATH: before['PATH'] ?? '', ...environment };
    return startTelemetry(options);
  };
  const sending = () => ({ ...JSON_ONLY, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  const work = () => {
    trace.getTracer('app').startActiveSpan('work', (span) => {
      metrics.getMeter('app').createCounter('app.count').add(1);
      logs.getLogger('app').emit({ body: 'worked' });
      span.end();
    });
  };

  it('sends all three signals where an endpoint is set', async () => {
    const telemetry = start({ ...sending(), OTEL_SERVICE_NAME: 'shop' });
    work();
    await telemetry.flush();
    expect(collector.spanNames).toEqual(['work']);
    expect(collector.metricNames).toEqual(expect.arrayContaining(['app.count', 'annotel.telemetry.items']));
    expect(collector.logBodies).toEqual(['worked']);
    expect(collector.resource).toMatchObject({ 'service.name': 'shop', 'telemetry.sdk.language': 'nodejs' });
    expect(said).toEqual([]);
    expect(printed).toEqual([]);
  });

  it('prints a tree on stderr where nothing is configured, says so, and sends nothing', async () => {
    const telemetry = start();
    work();
    await telemetry.flush();
    expect(said).toEqual([
      expect.stringMatching(/^annotel: nothing is configured to export.*OTEL_EXPORTER_OTLP_ENDPOINT/),
      expect.stringMatching(/^trace [0-9a-f]{32}$/),
      expect.stringMatching(/^work {2}\d[\d.]* (µs|ms)$/),
    ]);
    expect(printed).toEqual([]);
    expect(collector.requests).toEqual([]);
  });

  it('prints a tree beside sending where both are asked for', async () => {
    const telemetry = start({ ...sending(), ANNOTEL_CONSOLE: 'tree' });
    work();
    await telemetry.flush();
    expect(collector.spanNames).toEqual(['work']);
    expect(printed.join('')).toContain('work  ');
    expect(said).toEqual([]);
  });

  it('lets options beat the environment', async () => {
    const { url } = collector;
    const telemetry = start(
      { ...JSON_ONLY, OTEL_SERVICE_NAME: 'env', OTEL_EXPORTER_OTLP_ENDPOINT: await refusingUrl() },
      { endpoint: url, serviceName: 'code' },
    );
    work();
    await telemetry.flush();
    expect(collector.resource['service.name']).toBe('code');
  });

  it('adds what is passed in to what the environment configures', async () => {
    const exporter = new InMemorySpanExporter();
    const telemetry = start(sending(), { spanProcessors: [new BatchSpanProcessor({ exporter })] });
    work();
    await telemetry.flush();
    expect(exporter.getFinishedSpans()).toHaveLength(1);
    expect(collector.spanNames).toEqual(['work']);
  });

  it('takes a sampler and views', async () => {
    const telemetry = start(sending(), {
      sampler: new AlwaysOffSampler(),
      views: [{ instrumentName: 'app.count', name: 'renamed' }],
    });
    work();
    await telemetry.flush();
    expect(collector.spanNames).toEqual([]);
    expect(collector.metricNames).toContain('renamed');
    expect(collector.metricNames).not.toContain('app.count');
  });

  it('honours the sampler, the limits and the propagators of the environment', async () => {
    const telemetry = start({
      ...sending(),
      OTEL_TRACES_SAMPLER: 'always_on',
      OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3',
      OTEL_PROPAGATORS: 'b3',
    });
    const carrier = {};
    trace.getTracer('app').startActiveSpan('work', { attributes: { key: 'abcdef' } }, (span) => {
      propagation.inject(context.active(), carrier);
      span.end();
    });
    await telemetry.flush();
    expect(attributesOf(collector.spans[0])).toEqual({ key: 'abc' });
    expect(carrier).toEqual({ b3: expect.any(String) });
  });

  it('propagates as by default where the environment names nothing that is known', () => {
    start({ ...sending(), OTEL_PROPAGATORS: 'pigeon' });
    expect(propagation.fields()).toEqual(['traceparent', 'tracestate']);
    expect(said).toEqual([expect.stringContaining('OTEL_PROPAGATORS="pigeon"')]);
  });

  it.each([
    ['OTEL_SDK_DISABLED', 'yes'],
    ['OTEL_NODE_RESOURCE_DETECTORS', 'moon'],
    ['OTEL_TRACES_SAMPLER', 'sometimes'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '-1'],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zip'],
    ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/no/such/file'],
    ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'sometimes'],
    ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'many'],
    ['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'long'],
    ['OTEL_LOG_LEVEL', 'loud'],
  ])('starts with %s=%s at the cost of one warning', async (name, value) => {
    const telemetry = start({
      ...sending(),
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces`,
      [name]: value,
    });
    work();
    expect(said).toHaveLength(1);
    await telemetry.flush();
    expect(collector.spanNames).toEqual(['work']);
  });

  it('starts with an endpoint that is no URL at the cost of one warning', async () => {
    const telemetry = start({
      ...JSON_ONLY,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces`,
      OTEL_METRICS_EXPORTER: 'none',
    });
    work();
    expect(said).toEqual([
      expect.stringMatching(/OTEL_EXPORTER_OTLP_ENDPOINT="collector:4318" .*http:\/\/localhost:4318/),
    ]);
    await telemetry.shutdown();
    expect(collector.spanNames).toEqual(['work']);
  });

  it('starts nothing at all with OTEL_SDK_DISABLED=true', async () => {
    const listeners = process.listenerCount('SIGTERM');
    const telemetry = start({ ...sending(), OTEL_SDK_DISABLED: 'true', OTEL_METRICS_EXPORTER: 'prometheus' });
    work();
    await telemetry.flush();
    await telemetry.shutdown();
    expect(runningTelemetry()).toBeUndefined();
    expect(process.listenerCount('SIGTERM')).toBe(listeners);
    expect(collector.requests).toEqual([]);
    expect(said).toEqual([]);
    expect(propagation.fields()).toEqual([]);
  });

  it('hands settings on', () => {
    const unchanged = settings();
    start({ ANNOTEL_SEMCONV: 'both', OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: 'logs' });
    expect(settings()).toMatchObject({ semconv: 'both', exceptionEvents: false });
    configure(unchanged);
  });

  it('says what is wrong with a connection string of Azure Monitor, and not what it holds', () => {
    start({ APPLICATIONINSIGHTS_CONNECTION_STRING: 'InstrumentationKey=secret' });
    expect(said).toEqual([
      expect.stringMatching(/APPLICATIONINSIGHTS_CONNECTION_STRING .*nothing is exported to Azure Monitor/),
      expect.stringMatching(/nothing is configured/),
    ]);
    expect(said.join()).not.toContain('secret');
  });

  it('throws for an option that cannot be used, and starts nothing', () => {
    expect(() => start({}, { endpoint: 'nowhere' })).toThrow(TypeError);
    expect(runningTelemetry()).toBeUndefined();
  });

  it('goes without telemetry where the SDK cannot be started', async () => {
    const telemetry = start(sending(), { instrumentations: [{} as never] });
    expect(said.at(-1)).toMatch(/^annotel: cannot start telemetry, and the app runs without: /);
    await telemetry.shutdown();
    expect(runningTelemetry()).toBeUndefined();
    said.length = 0;
    diag.warn('nobody listens');
    await start(sending()).shutdown();
    expect(said).toEqual([]);
  });

  describe('a second time', () => {
    it('hands back what is running', () => {
      const telemetry = start(sending());
      expect(startTelemetry()).toBe(telemetry);
      expect(runningTelemetry()).toBe(telemetry);
      expect(said).toEqual([]);
    });

    it('says that options come too late', () => {
      start(sending());
      startTelemetry({ serviceName: 'late' });
      startTelemetry({ serviceName: undefined });
      expect(said).toEqual(['annotel: telemetry is running already; options given now are ignored']);
    });

    it('starts anew after a shutdown', async () => {
      await start(sending(), { serviceName: 'first' }).shutdown();
      work();
      expect(collector.requests).toEqual([]);
      const telemetry = start(sending(), { serviceName: 'second' });
      work();
      await telemetry.flush();
      expect(collector.spanNames).toEqual(['work']);
      expect(collector.metricNames).toContain('app.count');
      expect(collector.logBodies).toEqual(['worked']);
      expect(said).toEqual([]);
    });
  });

  describe('diag', () => {
    it('shows warnings of OpenTelemetry on stderr, once', async () => {
      const telemetry = start(sending());
      diag.warn('something', 'odd');
      diag.warn('something', 'odd');
      diag.info('nothing special');
      expect(said).toEqual(['annotel: something odd']);
      await telemetry.shutdown();
      diag.warn('later');
      expect(said).toHaveLength(1);
    });

    it('shows as much as OTEL_LOG_LEVEL says, all on stderr', () => {
      start({ ...sending(), OTEL_LOG_LEVEL: 'INFO' });
      diag.info('detail');
      expect(said).toContain('annotel: detail');
      expect(said.join()).not.toContain('overwrit');
      expect(printed).toEqual([]);
    });

    it('leaves a logger of the app in place', async () => {
      const warn = jest.fn();
      diag.setLogger({ error() {}, warn, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);
      const telemetry = start(sending());
      diag.warn('for the app');
      await telemetry.shutdown();
      diag.warn('still for the app');
      diag.disable();
      expect(warn.mock.calls).toEqual([['for the app'], ['still for the app']]);
    });
  });

  describe('shutdown', () => {
    it('sends what is left, once', async () => {
      const telemetry = start(sending());
      work();
      await Promise.all([telemetry.shutdown(), telemetry.shutdown(), telemetry.flush()]);
      await telemetry.shutdown();
      await telemetry.flush();
      expect(collector.spanNames).toEqual(['work']);
      expect(runningTelemetry()).toBeUndefined();
    });

    it('takes its listeners away', async () => {
      const count = () => ['SIGTERM', 'SIGINT', 'beforeExit'].map((event) => process.listenerCount(event));
      const initially = count();
      const telemetry = start(sending());
      expect(count()).toEqual(initially.map((listeners) => listeners + 1));
      await telemetry.shutdown();
      expect(count()).toEqual(initially);
    });

    it('is left to the app with manualShutdown', () => {
      const listeners = process.listenerCount('SIGTERM');
      start(sending(), { manualShutdown: true });
      expect(process.listenerCount('SIGTERM')).toBe(listeners);
    });

    it('does not wait longer than it may for a collector that hangs, and warns once', async () => {
      collector.answer = hangs;
      const telemetry = start(sending(), { shutdownTimeout: 200 });
      work();
      jest.useFakeTimers({ doNotFake: ALL_BUT_TIMEOUTS });
      const { passed } = await waitedFor(telemetry.shutdown());
      expect(passed).toBeLessThan(BELOW_DEFAULT);
      expect(said).toEqual([expect.stringContaining('(no answer within 200 ms of shutdown) before the end: 1 span, ')]);
    });

    it.each([
      ['refuses', async () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: await refusingUrl() }), 'ECONNREFUSED'],
      ['answers 503', async () => ({}), 'HTTP 503'],
    ])('does not wait at all for a collector that %s, and warns once', async (_how, environment, reason) => {
      collector.answer = unavailable;
      const telemetry = start({ ...sending(), ...(await environment()) });
      work();
      // On a clock that stands still nothing can be waited for.
      jest.useFakeTimers({ doNotFake: ALL_BUT_TIMEOUTS });
      await telemetry.shutdown();
      expect(said).toEqual([expect.stringContaining(`(${reason})`)]);
    });

    it('does not wait for ever for a processor of the app, and says so', async () => {
      const stuck: SpanProcessor = {
        onStart() {},
        onEnd() {},
        forceFlush: async () => {},
        shutdown: () => new Promise(() => {}),
      };
      await start(sending(), { spanProcessors: [stuck], shutdownTimeout: 50 }).shutdown();
      expect(said).toEqual(['annotel: shutdown was not done within 50 ms']);
    });

    it('never rejects', async () => {
      const broken: SpanProcessor = {
        onStart() {},
        onEnd() {},
        forceFlush: () => Promise.reject(new Error('broken flush')),
        shutdown: () => {
          throw new Error('broken shutdown');
        },
      };
      const telemetry = start(sending(), { spanProcessors: [broken] });
      await telemetry.flush();
      await telemetry.shutdown();
      expect(said).toEqual(['annotel: shutdown: broken shutdown']);
    });
  });

  describe('flush', () => {
    it('does not wait longer than it may', async () => {
      collector.answer = hangs;
      const telemetry = start(sending(), { flushTimeout: 50, shutdownTimeout: 50 });
      work();
      jest.useFakeTimers({ doNotFake: ALL_BUT_TIMEOUTS });
      const { passed } = await waitedFor(telemetry.flush());
      expect(passed).toBeLessThan(BELOW_DEFAULT);
      expect(said).toEqual([]);
    });

    it('waits for what is under way already', async () => {
      collector.answer = (request, response) => setTimeout(accepts, 100, request, response);
      const telemetry = start({
        ...sending(),
        OTEL_BSP_SCHEDULE_DELAY: '1',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
      });
      work();
      while (collector.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      let isAnswered = false;
      setTimeout(() => {
        isAnswered = true;
      }, 50);
      await telemetry.flush();
      expect(isAnswered).toBe(true);
    });
  });

  it('says once that a collector refuses, and goes on', async () => {
    collector.answer = (_request, response) => {
      response.writeHead(400).end();
    };
    const telemetry = start({ ...sending(), OTEL_METRICS_EXPORTER: 'none' });
    work();
    await telemetry.flush();
    work();
    await telemetry.flush();
    expect(said).toEqual([expect.stringMatching(/refuses \w+ \(HTTP 400\): 1 [a-z ]+ dropped/)]);
    collector.answer = accepts;
    work();
    await telemetry.flush();
    expect(collector.spanNames).toContain('work');
  });
});
