import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { context, diag, logs, metrics, propagation, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { registered } from '../../../lib/otel.js';
import { apiConflict, wakeEarlyTracers } from '../../../lib/sdk/api-copies.js';
import { runningTelemetry, startTelemetry } from '../../../lib/sdk/index.js';
import { listen } from '../../support/sdk-stderr.js';

const SLOT = Symbol.for('opentelemetry.js.api.1');
const slots = globalThis as { [SLOT]?: object };

describe('the API of OpenTelemetry', () => {
  let said: string[];

  beforeEach(() => {
    said = listen();
  });
  afterEach(() => {
    for (const api of [trace, metrics, logs, propagation, context, diag]) api.disable();
    delete slots[SLOT];
    jest.restoreAllMocks();
  });

  it('is free at first', () => {
    expect(registered()).toEqual({});
    expect(apiConflict()).toBeUndefined();
  });

  it('is free where only a logger for diag is registered', () => {
    diag.setLogger({ error() {}, warn() {}, info() {}, debug() {}, verbose() {} });
    expect(registered()).toMatchObject({ version: expect.stringMatching(/^1\.10\./) });
    expect(apiConflict()).toBeUndefined();
  });

  it('is in use by a newer version: says which, and what to do', () => {
    slots[SLOT] = { version: '1.11.1' };
    expect(apiConflict()).toMatch(/api 1\.11\.1 was used .* annotel's 1\.10\.\d+.* nothing is recorded\. Let `npm ls/);
  });

  it('is in use by the SDK of an older version: says for what', () => {
    slots[SLOT] = { version: '1.9.1', trace: new TracerProvider() };
    expect(apiConflict()).toMatch(/another OpenTelemetry SDK is registered already \(trace; API 1\.9\.1\)/);
  });

  it('is free where an older version has registered a logger for diag, which stays', async () => {
    const logger = { error: jest.fn(), warn() {}, info() {}, debug() {}, verbose() {} };
    slots[SLOT] = { version: '1.9.1', diag: logger };
    const exporter = new InMemorySpanExporter();
    const telemetry = startTelemetry({ spanProcessors: [new SimpleSpanProcessor({ exporter })], console: 'off' });
    trace.getTracer('app').startSpan('work').end();
    expect(exporter.getFinishedSpans()).toHaveLength(1);
    diag.error('heard');
    expect(logger.error).toHaveBeenCalledWith('heard');
    await telemetry.shutdown();
    expect(said).toEqual([]);
  });

  it('is in use by another SDK: says for what, and what to do', () => {
    trace.setGlobalTracerProvider(new TracerProvider());
    expect(apiConflict()).toMatch(/another OpenTelemetry SDK is registered already \(trace; API 1\.10\.\d+\)/);
  });

  it('is in use by another SDK of another version: calls are recorded, by that one', () => {
    slots[SLOT] = { version: '1.9.1', trace: new TracerProvider() };
    expect(apiConflict()).toMatch(/another OpenTelemetry SDK is registered already \(trace; API 1\.9\.1\)/);
  });

  it('keeps annotel from starting, loudly, where it is not free', async () => {
    const exporter = new InMemorySpanExporter();
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
    const telemetry = startTelemetry();
    startTelemetry();
    expect(said).toEqual([expect.stringMatching(/^annotel: another OpenTelemetry SDK is registered already/)]);
    expect(runningTelemetry()).toBeUndefined();
    await telemetry.flush();
    await telemetry.shutdown();
    trace.getTracer('app').startSpan('work').end();
    expect(exporter.getFinishedSpans()).toHaveLength(1);
  });

  it('is loaded twice in a mixed app: tracers of either copy work', () => {
    const other = createRequire(import.meta.url)('@opentelemetry/api') as typeof import('@opentelemetry/api');
    const early = other.trace.getTracer('early');
    const wake = wakeEarlyTracers();
    const exporter = new InMemorySpanExporter();
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
    wake();
    early.startSpan('early').end();
    trace.getTracer('late').startSpan('late').end();
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['early', 'late']);
  });
});
