import http from 'node:http';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { hookedModules, type InstrumentationName, instrument, takeHold } from '../../../lib/sdk/instrumentations.js';
import { listen } from '../../support/sdk-stderr.js';

describe('instrument', () => {
  const cwd = process.cwd;
  const { argv } = process;
  let said: string[];

  beforeEach(() => {
    said = listen();
  });
  afterEach(() => {
    process.cwd = cwd;
    process.argv = argv;
    jest.restoreAllMocks();
  });

  const instrumented = (...names: InstrumentationName[]) => {
    const instrumentations = instrument(new Set(names));
    for (const instrumentation of instrumentations) instrumentation.disable();
    return instrumentations.map(({ instrumentationName }) =>
      instrumentationName.replace('@opentelemetry/instrumentation-', ''),
    );
  };

  it('patches nothing that is not installed in the app, but Node itself', () => {
    process.cwd = () => '/';
    process.argv = ['node', '/app.js'];
    expect(instrumented('http', 'undici', 'express', 'pg', 'redis', 'ioredis', 'pino', 'winston')).toEqual([
      'http',
      'undici',
    ]);
  });

  it('finds what is installed beside the main script', () => {
    process.cwd = () => '/';
    process.argv = ['node', `${cwd()}/dist/main.js`];
    expect(instrumented('express')).toEqual(['express']);
  });

  it('patches what is named and installed, and says what has to pass through the hook', () => {
    const packages = ['express', 'pg', 'redis', 'ioredis', 'pino', 'winston'] as const;
    expect(instrumented(...packages, 'fastify', 'console')).toEqual(packages);
    expect(Object.fromEntries(hookedModules())).toEqual({
      '@opentelemetry/instrumentation-express': ['express'],
      '@opentelemetry/instrumentation-pg': ['pg', 'pg-pool'],
      '@opentelemetry/instrumentation-redis': ['redis', '@redis/client'],
      '@opentelemetry/instrumentation-ioredis': ['ioredis'],
      '@opentelemetry/instrumentation-pino': ['pino'],
    });
    expect(said).toEqual([]);
  });

  it('has one instance per process', () => {
    const [first] = instrument(new Set<InstrumentationName>(['http']));
    first?.disable();
    const [second] = instrument(new Set<InstrumentationName>(['http']));
    expect(second).toBe(first);
    second?.disable();
  });

  it('exports what pino and winston log only where that goes anywhere', () => {
    const names = new Set<InstrumentationName>(['pino', 'winston']);
    for (const exportsLogs of [false, true]) {
      const made = instrument(names, exportsLogs);
      expect(made.map((one) => one.getConfig())).toMatchObject([
        { disableLogSending: !exportsLogs },
        { disableLogSending: !exportsLogs },
      ]);
      for (const one of made) one.disable();
    }
  });

  it('goes without one that cannot be used', () => {
    const [http] = instrument(new Set<InstrumentationName>(['http']));
    if (http) {
      jest.spyOn(http, 'enable').mockImplementation(() => {
        throw new Error('broken');
      });
    }
    expect(instrumented('http', 'undici')).toEqual(['undici']);
    expect(said).toEqual(['annotel: cannot instrument http: broken']);
  });

  it('takes hold of modules without harm', () => {
    const { request } = http;
    takeHold();
    expect(http.request).toBe(request);
  });
});
