import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import * as semconv from '../../lib/genai/semconv.js';
import { ROOT } from '../support/programs.js';

/*
 * What can be told of the Collector's configurations by reading them. `npm run test:collector` runs them.
 */

type Section = Record<string, Record<string, unknown> | null>;
interface Configuration {
  receivers: Section;
  processors: Section;
  exporters: Section;
  extensions: Section;
  service: {
    extensions: string[];
    pipelines: Record<string, { receivers: string[]; processors: string[]; exporters: string[] | string }>;
  };
}
interface Service {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  volumes?: string[];
}

const FOLDER = join(ROOT, 'samples/collector');
const textOf = (file: string) => readFileSync(join(FOLDER, file), 'utf8');
const yamlOf = (file: string) => parse(textOf(file), { merge: true });

const agent: Configuration = yamlOf('agent.yaml');
const gateway: Configuration = yamlOf('gateway.yaml');
const builder: { dist: { version: string } } & Record<string, { gomod: string }[]> = yamlOf('builder.yaml');
const compose: { services: Record<string, Service> } = yamlOf('compose.yaml');

/** Which component each module of the manifest is. */
const MODULES: Record<string, string> = {
  otlpreceiver: 'receivers otlp',
  memorylimiterprocessor: 'processors memory_limiter',
  batchprocessor: 'processors batch',
  tailsamplingprocessor: 'processors tail_sampling',
  transformprocessor: 'processors transform',
  redactionprocessor: 'processors redaction',
  otlpexporter: 'exporters otlp_grpc',
  otlphttpexporter: 'exporters otlp_http',
  debugexporter: 'exporters debug',
  loadbalancingexporter: 'exporters load_balancing',
  azuremonitorexporter: 'exporters azure_monitor',
  healthcheckextension: 'extensions health_check',
  filestorage: 'extensions file_storage',
};
const SECTIONS = ['receivers', 'processors', 'exporters', 'extensions'] as const;

test('the manifest builds the parts that the configurations use, and no others', () => {
  const built = SECTIONS.flatMap((section) =>
    (builder[section] ?? []).map(({ gomod }) => MODULES[gomod.split(' ')[0]?.split('/').at(-1) ?? ''] ?? gomod),
  );
  const used = SECTIONS.flatMap((section) =>
    [agent, gateway].flatMap((one) => Object.keys(one[section]).map((id) => `${section} ${id.split('/')[0]}`)),
  );
  expect([...new Set(used)].sort()).toEqual(built.sort());
});

test('all parts, and the image, are of one release', () => {
  const versions = [...SECTIONS, 'providers'].flatMap((section) =>
    (builder[section] ?? []).map(({ gomod }) => gomod.split(' ')[1]),
  );
  expect(new Set(versions)).toEqual(new Set([`v${builder.dist.version}`, 'v1.67.0']));
  const images = Object.values(compose.services).map(({ image }) => image);
  expect(new Set(images.filter((image) => image.startsWith('otel/')))).toEqual(
    new Set([`otel/opentelemetry-collector-contrib:${builder.dist.version}`]),
  );
  expect(images.filter((image) => !/:v?\d+\.\d+\.\d+$/.test(image))).toEqual([]);
});

describe.each([
  ['agent.yaml', agent],
  ['gateway.yaml', gateway],
])('%s', (file, configuration) => {
  const pipelines = Object.entries(configuration.service.pipelines);

  test('names only what it defines', () => {
    const missing = pipelines.flatMap(([, pipeline]) => [
      ...pipeline.receivers.filter((id) => !(id in configuration.receivers)),
      ...pipeline.processors.filter((id) => !(id in configuration.processors)),
      ...listed(pipeline.exporters).filter((id) => !(id in configuration.exporters)),
    ]);
    expect(missing).toEqual([]);
    expect(configuration.service.extensions).toEqual(Object.keys(configuration.extensions));
  });

  test('takes all three signals, and refuses before it does anything else', () => {
    expect(pipelines.map(([signal]) => signal).sort()).toEqual(['logs', 'metrics', 'traces']);
    expect(pipelines.map(([, { processors }]) => processors[0])).toEqual(Array(3).fill('memory_limiter'));
  });

  test('keeps on disk what it cannot send', () => {
    const queues = Object.entries(configuration.exporters)
      .filter(([id]) => id !== 'debug')
      .map(([id, exporter]) => [id, (exporter?.['sending_queue'] as { storage?: string } | undefined)?.storage]);
    expect(queues.filter(([, storage]) => storage !== 'file_storage')).toEqual([]);
  });

  test('explains each variable that it reads', () => {
    const readme = textOf('README.md');
    expect(variablesOf(file).filter((name) => !readme.includes(name))).toEqual([]);
  });
});

test('only a whole trace is judged, and what leaves is redacted', () => {
  const { traces, logs } = gateway.service.pipelines;
  expect(traces?.processors.slice(1, 3)).toEqual(['tail_sampling', 'transform/weights']);
  expect([traces, logs].map((pipeline) => pipeline?.processors.slice(-3))).toEqual(
    Array(2).fill(['transform/drop', 'redaction', 'batch']),
  );
  expect(agent.exporters['load_balancing']?.['routing_key']).toBe('traceID');
});

test('the keep rules stand before the rest, whose weight is told', () => {
  const { policies } = gateway.processors['tail_sampling'] as { policies: { name: string }[] };
  expect(policies.map(({ name }) => name)).toEqual(['error', 'slow', 'expensive', 'kept', 'rest']);
  const gates = ['gateway-1', 'gateway-2'].map((name) => compose.services[name]?.command?.at(-1));
  expect(gates).toEqual(Array(2).fill('--feature-gates=processor.tailsamplingprocessor.recordpolicy'));
});

test('attributes have the names that annotel gives them', () => {
  const known = new Set<unknown>(Object.values(semconv));
  const named = [...textOf('gateway.yaml').matchAll(/"(annotel\.[\w.]+)"/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test.each([
  ['Authorization: Bearer abc.def', true],
  ['sk-abcdefghijklmnop1234', true],
  ['eyJhbGciOi.eyJzdWIiOi.c2ln', true],
  ['https://api.example.com/v1?token=abc', true],
  ['token=abc', true],
  ['postgres://user:word@db/app', true],
  ['write to jane.doe@example.com', true],
  ['4111 1111 1111 1111', true],
  ['5500000000000004', true],
  ['gpt-4o-2024-08-06', false],
  ['https://api.example.com/v1?page=2', false],
  ['SELECT * FROM answers WHERE id = $1', false],
  ['order 1234567890', false],
  ['the monkey=animal', false],
])('of %j, something is masked: %p', (value, isMasked) => {
  const { blocked_values: patterns } = gateway.processors['redaction'] as { blocked_values: string[] };
  expect(patterns.some((pattern) => regular(pattern).test(value))).toBe(isMasked);
});

test.each([
  ['http.request.header.authorization', true],
  ['db.password', true],
  ['openai_api_key', true],
  ['x-api-key', true],
  ['gen_ai.usage.input_tokens', false],
  ['annotel.tenant.id', false],
  ['session.id', false],
])('the value of %s is masked: %p', (key, isMasked) => {
  const { blocked_key_patterns: patterns } = gateway.processors['redaction'] as { blocked_key_patterns: string[] };
  expect(patterns.some((pattern) => regular(pattern).test(key))).toBe(isMasked);
});

test('the compose file sets what the configurations read, and mounts what is there', () => {
  const { agent: first, ...others } = compose.services;
  const gateways = Object.entries(others).flatMap(([name, service]) => (name.startsWith('gateway-') ? [service] : []));
  const unread = [
    ...Object.keys(first?.environment ?? {}).filter((name) => !variablesOf('agent.yaml').includes(name)),
    ...gateways.flatMap(({ environment = {} }) =>
      Object.keys(environment).filter((name) => !variablesOf('gateway.yaml').includes(name)),
    ),
  ];
  expect(unread).toEqual([]);
  expect(gateways.length).toBe(listed(first?.environment?.['GATEWAYS'] ?? '').length);
  const mounted = Object.values(compose.services).flatMap(({ volumes = [] }) =>
    volumes.map((one) => one.split(':')[0]),
  );
  const files = mounted.filter((path) => path?.startsWith('.')) as string[];
  expect(files.length).toBeGreaterThan(5);
  expect(files.filter((path) => !existsSync(join(FOLDER, path)))).toEqual([]);
});

function variablesOf(file: string): string[] {
  return [...new Set([...textOf(file).matchAll(/\$\{env:(\w+)/g)].map(([, name]) => name as string))];
}

/** A list, or the list that stands where a variable is not set. */
function listed(value: string[] | string): string[] {
  return Array.isArray(value) ? value : parse(/\[.*\]/.exec(value)?.[0] ?? '[]');
}

/** RE2 as JavaScript has it, for what is used here. */
function regular(pattern: string): RegExp {
  return new RegExp(pattern.replace('(?i)', ''), pattern.startsWith('(?i)') ? 'i' : '');
}
