import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as semconv from '../../lib/genai/semconv.js';
import { asByOtlp, seriesOn } from '../prometheus/exposition.js';
import { namesIn } from '../prometheus/promql.js';
import { dashboardQueries, pageQueries, type Query, ruleQueries } from '../prometheus/queries.js';
import { type Program, ROOT, start } from '../support/programs.js';
import { Collector } from '../support/sdk-collector.js';

/*
 * Every metric and label that the dashboard, the alert rules and the page of queries name is compared with what a service
 * shows to Prometheus that does one of everything. `npm run test:prometheus` puts them before a real Prometheus.
 */

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const DASHBOARD = dashboardQueries(read('samples/dashboards/grafana.json'));
const RULES = ruleQueries(read('samples/dashboards/alerts.yaml'));
const PAGE = pageQueries(read('docs/queries.md'));
const PAGE_BOTH = pageQueries(read('docs/queries.md'), 'both');

/** Labels that Prometheus gives to whatever it scrapes or receives. */
const OF_PROMETHEUS = ['job', 'instance'];

const services: Program[] = [];
let collector: Collector;
let scraped: string;
let scrapedBoth: string;

beforeAll(async () => {
  collector = await Collector.start();
  [scraped, scrapedBoth] = await Promise.all([pageOf({}), pageOf({ ANNOTEL_SEMCONV: 'both' })]);
}, 60_000);

afterAll(async () => {
  await Promise.all(services.map((service) => service.end()));
  await collector.close();
});

async function pageOf(environment: Record<string, string>): Promise<string> {
  const port = await freePort();
  const service = start(['test/prometheus/service.js'], {
    ANNOTEL_METRIC_CONTEXT: 'tenant,feature',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
    OTEL_METRICS_EXPORTER: 'prometheus',
    ...environment,
  });
  services.push(service);
  await service.prints(/ready/);
  const page = await fetch(`http://127.0.0.1:${port}/metrics`);
  return page.text();
}

describe('as scraped', () => {
  test.each([...DASHBOARD, ...RULES, ...PAGE])('$where names what is emitted', (query) => {
    expect(unknownOf(query, scraped)).toEqual([]);
  });
});

describe('with the names of both generations', () => {
  test.each([...DASHBOARD, ...RULES, ...PAGE, ...PAGE_BOTH])('$where names what is emitted', (query) => {
    expect(unknownOf(query, scrapedBoth)).toEqual([]);
  });

  test('there are questions that only they answer', () => {
    expect(PAGE_BOTH).toHaveLength(1);
  });
});

describe('by OTLP, with units in the names', () => {
  test.each([...DASHBOARD, ...RULES])('$where names what is emitted', (query) => {
    expect(unknownOf(query, asByOtlp(scraped))).toEqual([]);
  });

  test.each([
    ['gen_ai_client_operation_duration_seconds_bucket'],
    ['gen_ai_client_token_usage_sum'],
    ['annotel_cost_USD_total'],
    ['annotel_calls_total'],
  ])('%s is one of them', (name) => {
    expect([...seriesOn(asByOtlp(scraped)).keys()]).toContain(name);
  });
});

test.each([...DASHBOARD, ...RULES])('$where shows only labels that it groups by', ({ expression, shown }) => {
  const { groupings } = namesIn(expression);
  expect(shown.filter((label) => !groupings.includes(label))).toEqual([]);
});

test('the dashboard shows what was asked of it', () => {
  const titles = DASHBOARD.map(({ where }) => where);
  for (const title of [
    'Model calls: p50 and p95 by model',
    'Steps: p95 by method',
    'Tokens per second by type',
    'Cost by tenant and feature',
    'First chunk: p50 and p95 by model',
    'Error rate by model',
    'Retrievals with no result',
    'Cache hits',
    'Telemetry dropped',
  ]) {
    expect(titles).toContain(`panel "${title}"`);
  }
});

test('the page of queries names attributes that there are', () => {
  const page = read('docs/queries.md');
  const known = Object.values(semconv).flatMap((name) => (typeof name === 'object' ? Object.values(name) : [name]));
  // What Azure Monitor would drop comes there under this prefix.
  const onAzure = [...known, ...known.map((name) => `${semconv.ANNOTEL_PREFIX}${name}`)];
  const inKql = [...page.matchAll(/Properties\["(.+?)"\]/g)].map(([, name = '']) => name);
  const inTraceQl = [...page.matchAll(/\bspan\.([\w.]+)/g)].map(([, name = '']) => name);
  expect(inKql.length).toBeGreaterThan(40);
  expect(inTraceQl.length).toBeGreaterThan(25);
  expect(inKql.filter((name) => !onAzure.includes(name))).toEqual([]);
  expect(inTraceQl.filter((name) => !known.includes(name))).toEqual([]);
});

/** What a query names and the page does not show. */
function unknownOf({ expression }: Query, page: string): string[] {
  const series = seriesOn(page);
  const { selectors, groupings } = namesIn(expression);
  const unknown: string[] = [];
  const met = new Set(OF_PROMETHEUS);
  for (const { metrics, labels } of selectors) {
    const named = [...series].filter(([name]) => metrics.test(name));
    if (named.length === 0) unknown.push(`metric ${metrics.source}`);
    const known = new Set([...OF_PROMETHEUS, ...named.flatMap(([, labels]) => [...labels])]);
    unknown.push(...labels.filter((label) => !known.has(label)).map((label) => `label ${label} of ${metrics.source}`));
    for (const label of known) met.add(label);
  }
  unknown.push(...groupings.filter((label) => !met.has(label)).map((label) => `label ${label}`));
  return selectors.length === 0 ? ['no metric at all'] : unknown;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
