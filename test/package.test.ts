import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, jest, test } from '@jest/globals';
import { SCOPE_VERSION } from '../lib/signals/scope.js';
import { ROOT } from './support/source-tree.js';

/* The package as it is built and published: `npm test` builds it first. */

jest.setTimeout(60_000);

const manifest = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
const ENTRIES = Object.entries<string | Record<string, string>>(manifest.exports);
const MODULES = ENTRIES.map(([entry]) => entry.replace(/^\./, 'annotel')).filter((name) => !name.endsWith('.json'));

const run = promisify(execFile);
const node = async (...args: string[]): Promise<string> => {
  const env = { PATH: process.env['PATH'], OTEL_SDK_DISABLED: 'true' };
  const { stdout, stderr } = await run(process.execPath, args, { cwd: fileURLToPath(ROOT), env });
  expect(stderr).toBe('');
  return stdout.trim();
};

test('the scope of what is emitted carries the version of the package', () => {
  expect(SCOPE_VERSION).toBe(manifest.version);
});

test.each(ENTRIES)('the entry %s leads to files that exist', (_entry, target) => {
  for (const file of Object.values(typeof target === 'string' ? { target } : target)) {
    expect([file, existsSync(new URL(file, ROOT))]).toEqual([file, true]);
  }
});

test.each(MODULES)('%s gives the same to import and to require', async (name) => {
  const print = 'console.log(Object.keys(entry).sort().join())';
  const [imported, required] = await Promise.all([
    node('--input-type=module', '-e', `const entry = await import('${name}'); ${print}`),
    node('--input-type=commonjs', '-e', `const entry = require('${name}'); ${print}`),
  ]);
  expect(
    required
      .split(',')
      .filter((key) => key !== '__esModule')
      .join(),
  ).toBe(imported);
});

test('the main entry exports what it promises', async () => {
  const exported = await node('--input-type=module', '-e', "console.log(Object.keys(await import('annotel')).join())");
  expect(exported.split(',')).toEqual(
    expect.arrayContaining(['Embedding', 'LlmCall', 'Retrieval', 'SpanAttribute', 'Traced', 'Untraced', 'Workflow']),
  );
  expect(exported.split(',')).toEqual(expect.arrayContaining(['annotate', 'configure', 'llmRequest', 'recordEvent']));
  expect(exported.split(',')).toEqual(
    expect.arrayContaining(['Agent', 'ToolCall', 'markCache', 'markFallback', 'markSafety', 'recordEvaluation']),
  );
  expect(exported.split(',')).toEqual(
    expect.arrayContaining(['recordFeedback', 'requestContext', 'traceHandle', 'withRequestContext']),
  );
});

describe('what an import loads', () => {
  const filesLoadedBy = async (name: string, environment: Record<string, string> = {}): Promise<string[]> => {
    const program = `
      import { registerHooks } from 'node:module';
      const urls = [];
      registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) });
      Object.assign(process.env, ${JSON.stringify(environment)});
      await import('${name}');
      console.log(JSON.stringify(urls));
    `;
    const urls: string[] = JSON.parse(await node('--input-type=module', '-e', program));
    return urls.filter((url) => url.startsWith('file:'));
  };
  const packageOf = (url: string): string | undefined => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  /** The packages, and the parts of annotel itself, of which a file is loaded. */
  const loadedBy = async (name: string): Promise<string[]> => {
    const parts = (await filesLoadedBy(name)).flatMap((url) => packageOf(url) ?? ownParts(url));
    return [...new Set(parts)].sort();
  };
  /** The folders of the sources that a built file is made of. */
  const ownParts = (url: string): string[] => {
    if (!existsSync(new URL(`${url}.map`))) return [];
    const { sources }: { sources: string[] } = JSON.parse(readFileSync(new URL(`${url}.map`), 'utf8'));
    const paths = sources.map((source) => new URL(source, url).href.slice(ROOT.href.length));
    return paths.map((path) => `annotel: ${path.split('/').slice(0, -1).join('/')}`);
  };

  test('annotel alone loads no SDK, no Nest and none of their parts', async () => {
    expect(await loadedBy('annotel')).toEqual([
      '@opentelemetry/api',
      'annotel: lib',
      'annotel: lib/content',
      'annotel: lib/decorators',
      'annotel: lib/messages',
      'annotel: lib/observation',
      'annotel: lib/observation/results',
      'annotel: lib/pricing',
      'annotel: lib/redaction',
      'annotel: lib/responses',
      'annotel: lib/signals',
      'reflect-metadata',
    ]);
  });

  test.each(['annotel/sdk', 'annotel/testing', 'annotel/register'])('%s loads no Nest', async (name) => {
    expect((await loadedBy(name)).filter((part) => /nest|rxjs/.test(part))).toEqual([]);
  });

  test('annotel/register loads nothing of OpenTelemetry as ES module and as CommonJS', async () => {
    const off = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
    const files = await filesLoadedBy('annotel/register', {
      OTEL_SDK_DISABLED: 'false',
      ANNOTEL_CONSOLE: 'off',
      ...off,
    });
    const ofOpenTelemetry = files.filter((url) => packageOf(url)?.startsWith('@opentelemetry/'));
    expect(ofOpenTelemetry.map(packageOf)).toContain('@opentelemetry/instrumentation-pg');
    expect(ofOpenTelemetry.filter((url) => !url.endsWith('.mjs'))).toEqual([]);
  });
});

describe('what is published', () => {
  test('is the built package, its licence and its documents', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: fileURLToPath(ROOT),
    });
    const packed = JSON.parse(stdout);
    const [{ files }] = Array.isArray(packed) ? packed : Object.values(packed);
    const paths: string[] = files.map(({ path }: { path: string }) => path);
    const others = paths.filter((path) => !/^dist\/(lib|nest-module)\/[\w./-]+\.(js|d\.ts|js\.map|json)$/.test(path));
    expect(others.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
    expect(paths).toContain('dist/lib/index.js');
  });

  test('imports no package that it does not declare', () => {
    const files = readdirSync(new URL('dist', ROOT), { recursive: true, encoding: 'utf8' });
    const texts = files
      .filter((file) => file.endsWith('.js'))
      .map((file) => readFileSync(new URL(`dist/${file}`, ROOT)));
    const imported = texts.flatMap((text) => [
      ...text.toString().matchAll(/^(?:import|export)\b.*?"([^."][^"]*)";$/gm),
    ]);
    const packages = imported.map(([, name = '']) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    expect(packages).toContain('@opentelemetry/api');
    expect(packages.filter((name) => !name.startsWith('node:') && !declared.includes(name))).toEqual([]);
  });

  test('the command can be run', () => {
    const command = new URL(manifest.bin.annotel, ROOT);
    expect(readFileSync(command, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(statSync(command).mode & 0o111).toBe(0o111);
  });
});

test.each(Object.keys(manifest.dependencies))('lib/README.md says what %s is for', (dependency) => {
  const [, table = ''] = readFileSync(new URL('lib/README.md', ROOT), 'utf8').split('## Dependencies');
  const row = table.split('\n').find((line) => line.includes(`\`${dependency}\``));
  expect(row).toMatch(/\| \w.{9,} \|$/);
});
