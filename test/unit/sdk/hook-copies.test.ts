import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hookCopies, hooksAreSynchronous, runtimeWithoutHooks } from '../../../lib/sdk/hook-copies.js';

describe('hookCopies', () => {
  let folder: string;

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'annotel-hooks-')));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const install = (path: string, version = '1.0.0') => {
    const at = join(folder, path);
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, 'package.json'), JSON.stringify({ version }));
    // To load it would be noticed.
    writeFileSync(join(at, 'index.js'), 'throw new Error("loaded")');
  };
  const found = (...names: string[]) => hookCopies(names, createRequire(join(folder, 'app.js')));
  const BASE = 'node_modules/@opentelemetry/instrumentation';
  const HOOK = 'node_modules/import-in-the-middle';

  it('is one where all instrumentations share it', () => {
    install(`${BASE}-a`);
    install(`${BASE}-b`);
    install(BASE);
    install(HOOK, '3.6.0');
    expect(found('@opentelemetry/instrumentation-a', '@opentelemetry/instrumentation-b')).toEqual([
      {
        folder: join(folder, HOOK),
        version: '3.6.0',
        instrumentations: ['@opentelemetry/instrumentation-a', '@opentelemetry/instrumentation-b'],
      },
    ]);
  });

  it('is the one that each of them uses, where another version lies above', () => {
    install(BASE, '0.207.0');
    install(HOOK, '2.0.6');
    install(`${BASE}-a`);
    install(`${BASE}-a/${BASE}`);
    install(`${BASE}-a/${HOOK}`, '3.6.0');
    install(`${BASE}-b`);
    install(`${BASE}-b/${BASE}`);
    install(`${BASE}-b/${BASE}/${HOOK}`, '3.5.0');
    const names = ['@opentelemetry/instrumentation-a', '@opentelemetry/instrumentation-b'];
    expect(found(...names, '@opentelemetry/instrumentation')).toEqual([
      { folder: join(folder, `${BASE}-a/${HOOK}`), version: '3.6.0', instrumentations: [names[0]] },
      { folder: join(folder, `${BASE}-b/${BASE}/${HOOK}`), version: '3.5.0', instrumentations: [names[1]] },
      { folder: join(folder, HOOK), version: '2.0.6', instrumentations: ['@opentelemetry/instrumentation'] },
    ]);
  });

  it('leaves out what is not installed', () => {
    expect(found('@opentelemetry/instrumentation-a')).toEqual([]);
    install(`${BASE}-a`);
    expect(found('@opentelemetry/instrumentation-a')).toEqual([]);
    install(`${BASE}-a/${BASE}`);
    expect(found('@opentelemetry/instrumentation-a')).toEqual([]);
  });

  it('finds those of annotel itself', () => {
    const [copy, ...others] = hookCopies([
      '@opentelemetry/instrumentation-express',
      '@opentelemetry/instrumentation-pg',
    ]);
    expect(copy).toMatchObject({ version: expect.stringMatching(/^3\./), instrumentations: { length: 2 } });
    expect(others).toEqual([]);
  });
});

describe('the hooks of a runtime', () => {
  const { versions } = process;
  const like = (changed: Record<string, string>) =>
    Object.defineProperty(process, 'versions', { value: { ...versions, ...changed }, configurable: true });
  afterEach(() => {
    Object.defineProperty(process, 'versions', { value: versions, configurable: true });
  });

  it.each([
    ['20.20.2', false],
    ['22.15.0', false],
    ['22.22.2', false],
    ['22.22.3', true],
    ['22.23.0', true],
    ['23.11.0', false],
    ['24.11.0', false],
    ['24.11.1', true],
    ['24.21.0', true],
    ['25.0.0', false],
    ['25.1.0', true],
    ['26.0.0', true],
  ])('are synchronous in Node %s: %s', (node, expected) => {
    like({ node });
    expect(hooksAreSynchronous()).toBe(expected);
  });

  it('are of no use elsewhere', () => {
    expect(runtimeWithoutHooks()).toBeUndefined();
    like({ bun: '1.4.5' });
    expect(runtimeWithoutHooks()).toBe('Bun');
    like({ deno: '2.9.6' });
    expect(runtimeWithoutHooks()).toBe('Deno');
  });
});
