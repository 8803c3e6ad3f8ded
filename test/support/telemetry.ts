import { afterEach, beforeEach } from '@jest/globals';
import { type Attributes, SeverityNumber, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { rethrowFaults } from '../../lib/settings.js';
import { type CapturedTelemetry, type CaptureOptions, captureTelemetry } from '../../lib/testing/index.js';

/** A span as a literal. What it does not have is left out. */
export interface SpanFacts {
  name: string;
  kind: string;
  attributes: Attributes;
  /** Name of the parent span. */
  parent?: string;
  /** Message of a span with status ERROR. */
  error?: string;
  events?: { name: string; attributes: Attributes }[];
}

/** A log record as a literal. */
export interface LogFacts {
  eventName: string | undefined;
  severity: string;
  body: unknown;
  attributes: Attributes;
}

/** A metric as a literal: the sum of a counter; count and sum of a histogram, of durations only the count. */
export interface MetricFacts {
  unit: string;
  buckets?: readonly number[];
  points: Point[];
}

export interface Point {
  attributes: Attributes;
  value?: number;
  count?: number;
  sum?: number;
}

export interface Telemetry {
  readonly captured: CapturedTelemetry;
  readonly spans: SpanFacts[];
  /** The only span there is. */
  readonly span: SpanFacts;
  readonly logs: LogFacts[];
  metrics(): Promise<Record<string, MetricFacts>>;
  /** Begins anew, otherwise configured; until the end of the test. */
  restart(options: TestOptions): Promise<void>;
  /** The points of one metric; none where it was not recorded. */
  points(name: string): Promise<Point[]>;
}

/** As of a capture, and whether faults of annotel itself are thrown. Default `true`. */
export interface TestOptions extends CaptureOptions {
  readonly rethrowFaults?: boolean;
}

/**
 * Captures the telemetry of each test of a file. Faults of annotel itself are thrown, so that they fail the test, unless
 * `rethrowFaults` is set to false.
 */
export function useTelemetry(options: TestOptions = {}): Telemetry {
  let captured: CapturedTelemetry;
  const start = ({ rethrowFaults: rethrows = true, ...chosen }: TestOptions): void => {
    captured = captureTelemetry(chosen);
    rethrowFaults(rethrows);
  };
  beforeEach(() => start(options));
  afterEach(() => {
    rethrowFaults(false);
    return captured.stop();
  });

  const telemetry: Telemetry = {
    get captured() {
      return captured;
    },
    get spans() {
      return spanFacts(captured.spans);
    },
    get span() {
      const [span, ...others] = telemetry.spans;
      if (!span || others.length > 0) throw new Error(`Not one span but ${JSON.stringify(telemetry.spans, null, 2)}`);
      return span;
    },
    get logs() {
      return captured.logs.map(logFacts);
    },
    async metrics() {
      return metricFacts(await captured.metrics());
    },
    async restart(otherwise) {
      await captured.stop();
      start(otherwise);
    },
    async points(name) {
      return (await telemetry.metrics())[name]?.points ?? [];
    },
  };
  return telemetry;
}

export function spanFacts(spans: readonly ReadableSpan[]): SpanFacts[] {
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  return spans.map((span) => {
    const facts: SpanFacts = { name: span.name, kind: SpanKind[span.kind], attributes: { ...span.attributes } };
    const parent = span.parentSpanContext && names.get(span.parentSpanContext.spanId);
    if (parent !== undefined) facts.parent = parent;
    if (span.status.code === SpanStatusCode.ERROR) facts.error = span.status.message ?? '';
    if (span.events.length > 0) {
      facts.events = span.events.map(({ name, attributes }) => ({ name, attributes: { ...attributes } }));
    }
    return facts;
  });
}

function logFacts({ eventName, severityNumber, body, attributes }: ReadableLogRecord): LogFacts {
  return { eventName, severity: SeverityNumber[severityNumber ?? 0] ?? '', body, attributes: { ...attributes } };
}

export function metricFacts(metrics: readonly MetricData[]): Record<string, MetricFacts> {
  const facts: Record<string, MetricFacts> = {};
  for (const metric of metrics) {
    const { name, unit } = metric.descriptor;
    if (metric.dataPointType === DataPointType.HISTOGRAM) {
      facts[name] = {
        unit,
        buckets: metric.dataPoints[0]?.value.buckets.boundaries ?? [],
        points: sorted(
          metric.dataPoints.map(({ attributes, value: { count, sum } }) =>
            unit === 's' ? { attributes, count } : { attributes, count, sum },
          ),
        ),
      };
    } else if (metric.dataPointType === DataPointType.SUM) {
      facts[name] = { unit, points: sorted(metric.dataPoints.map(({ attributes, value }) => ({ attributes, value }))) };
    }
  }
  return facts;
}

/** Series have no order; tests compare them in the order of their dimensions. */
export function sorted(points: Point[]): Point[] {
  const key = ({ attributes }: Point) => JSON.stringify(Object.entries(attributes).sort());
  return points.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
