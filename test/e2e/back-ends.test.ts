import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { resolveOptions } from '../../lib/sdk/options.js';
import { forgetReported } from '../../lib/sdk/warnings.js';
import { ROOT } from '../support/programs.js';
import { listen } from '../support/sdk-stderr.js';

/* What docs/back-ends.md says to set is understood, and does what the page says. */

const PAGE = readFileSync(join(ROOT, 'docs/back-ends.md'), 'utf8');
const BLOCKS = PAGE.split(/^## /m).flatMap((section) =>
  [...section.matchAll(/^```dotenv\n(.*?)^```/gms)].map(([, lines = ''], index) => {
    const name = section.slice(0, section.indexOf('\n'));
    return { name: index === 0 ? name : `${name} (${index + 1})`, lines };
  }),
);

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

const ALL = { traces: ['otlp'], metrics: ['otlp'], logs: ['otlp'] };
const NONE = { traces: [], metrics: [], logs: [] };
/** By what each of them gets the three signals. */
const EXPECTED: Record<string, { traces: string[]; metrics: string[]; logs: string[] }> = {
  Jaeger: { ...NONE, traces: ['otlp'] },
  Tempo: { ...ALL, metrics: ['prometheus'] },
  Honeycomb: ALL,
  Datadog: ALL,
  SigNoz: ALL,
  'SigNoz (2)': ALL,
  Aspire: ALL,
  'Azure Monitor': NONE,
  Prometheus: { ...NONE, metrics: ['prometheus'] },
  'Prometheus (2)': { ...NONE, metrics: ['otlp'] },
};

test('the page has a block for each back end', () => {
  expect(BLOCKS.map(({ name }) => name)).toEqual(Object.keys(EXPECTED));
});

test.each(BLOCKS)('$name takes at most four lines, which are understood', ({ name, lines }) => {
  process.env = parseEnv(lines) as NodeJS.ProcessEnv;
  const { traceExporters, metricExporters, logExporters, console } = resolveOptions();
  expect(said).toEqual([]);
  expect({ traces: traceExporters, metrics: metricExporters, logs: logExporters }).toEqual(EXPECTED[name]);
  expect(console).toBe('off');
  expect(lines.trim().split('\n').length).toBeLessThanOrEqual(4);
});

test.each([
  ['Jaeger', 'traces', 'http://localhost:4318/v1/traces'],
  ['Tempo', 'traces', 'http://tempo:4318/v1/traces'],
  ['Tempo', 'logs', 'http://loki:3100/otlp/v1/logs'],
  ['Honeycomb', 'traces', 'https://api.honeycomb.io/v1/traces'],
  ['Datadog', 'metrics', 'http://localhost:4318/v1/metrics'],
  ['SigNoz', 'logs', 'https://ingest.eu.signoz.cloud:443/v1/logs'],
  ['Aspire', 'traces', 'http://localhost:4317'],
  ['Prometheus (2)', 'metrics', 'http://localhost:9090/api/v1/otlp/v1/metrics'],
] as const)('%s gets %s at %s', (name, signal, url) => {
  process.env = parseEnv(BLOCKS.find((block) => block.name === name)?.lines ?? '') as NodeJS.ProcessEnv;
  expect(resolveOptions().otlp[signal].url).toBe(url);
});
