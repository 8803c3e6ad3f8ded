import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { SCOPE_VERSION } from '../../lib/call/names.js';
import { type Page, readPage } from '../support/markdown.js';
import { ROOT } from '../support/source-tree.js';

/* The package as it is built and published: `npm test` builds it first. */

jest.setTimeout(60_000);

const manifest = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
type Target = string | { readonly [condition: string]: Target };
const ENTRIES = Object.entries<Target>(manifest.exports);
const MODULES = ENTRIES.map(([entry]) => entry.replace(/^\./, 'annotel')).filter((name) => !name.endsWith('.json'));

/** Without ports; what pages name by http or https, and why. */
const HOSTS = new Set([
  // Of the reader.
  ...['localhost', '127.0.0.1', '<host>', 'example.com', 'example.org'],
  // Of services beside the reader's, as examples of an address.
  ...['tempo', 'loki', 'prometheus'],
  // Of back ends, for export.
  ...['api.honeycomb.io', 'api.eu1.honeycomb.io', 'ingest.eu.signoz.cloud'],
  'westeurope-5.in.applicationinsights.azure.com',
  // Of specifications, and of packages that are used.
  ...['opentelemetry.io', 'github.com', 'www.npmjs.com', 'pglite.dev'],
]);

const run = promisify(execFile);
const node = async (args: string[], environment: Record<string, string> = {}): Promise<string> => {
  const env = { PATH: process.env['PATH'], OTEL_SDK_DISABLED: 'true', ...environment };
  const { stdout, stderr } = await run(process.execPath, args, { cwd: fileURLToPath(ROOT), env });
  expect(stderr).toBe('');
  return stdout.trim();
};

test('the scope of what is emitted carries the version of the package', () => {
  expect(SCOPE_VERSION).toBe(manifest.version);
});

test.each(ENTRIES)('the entry %s leads to files that exist', (_entry, target) => {
  for (const file of filesOf(target)) expect([file, existsSync(new URL(file, ROOT))]).toEqual([file, true]);
});

function filesOf(target: Target): string[] {
  return typeof target === 'string' ? [target] : Object.values(target).flatMap(filesOf);
}

test.each(MODULES)('%s gives the same to import and to require', async (name) => {
  const print = 'console.log(Object.keys(entry).sort().join())';
  const [imported, required] = await Promise.all([
    node(['--input-type=module', '-e', `const entry = await import('${name}'); ${print}`]),
    node(['--input-type=commonjs', '-e', `const entry = require('${name}'); ${print}`]),
  ]);
  expect(
    required
      .split(',')
      .filter((key) => key !== '__esModule')
      .join(),
  ).toBe(imported);
});

test.each(MODULES)('%s is one to import and to require: each export is the same object', async (name) => {
  const program = `
    import { createRequire } from 'node:module';
    const required = createRequire(import.meta.url)('${name}');
    const imported = await import('${name}');
    console.log(Object.keys(imported).filter((key) => imported[key] !== required[key]).join());
  `;
  expect(await node(['--input-type=module', '-e', program])).toBe('');
});

test('the main entry exports what it promises', async () => {
  const exported = await node([
    '--input-type=module',
    '-e',
    "console.log(Object.keys(await import('annotel')).join())",
  ]);
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
  const filesLoadedBy = async (name: string): Promise<string[]> => {
    const program = `
      import { registerHooks } from 'node:module';
      const urls = [];
      registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) });
      await import('${name}');
      console.log(JSON.stringify(urls));
    `;
    const urls: string[] = JSON.parse(await node(['--input-type=module', '-e', program]));
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
    const parts = (await loadedBy('annotel')).filter((part) => !part.startsWith('annotel: lib/genai/'));
    expect(parts).toEqual([
      '@opentelemetry/api',
      'annotel: lib',
      'annotel: lib/call',
      'annotel: lib/call/result',
      'annotel: lib/context',
      'annotel: lib/decorators',
      'annotel: lib/genai',
      'annotel: lib/privacy',
      'annotel: lib/privacy/redaction',
      'reflect-metadata',
    ]);
  });

  test.each(['annotel/sdk', 'annotel/testing', 'annotel/register'])('%s loads no Nest', async (name) => {
    expect((await loadedBy(name)).filter((part) => /nest|rxjs/.test(part))).toEqual([]);
  });

  test('annotel/register loads OpenTelemetry as CommonJS, and nothing of it as ES module', async () => {
    const program = `
      import { Session } from 'node:inspector';
      const urls = [];
      const session = new Session();
      session.connect();
      session.on('Debugger.scriptParsed', ({ params }) => urls.push(params.url));
      session.post('Debugger.enable');
      console.log(JSON.stringify(urls));
      process.exit(0);
    `;
    const started = { OTEL_SDK_DISABLED: 'false', ANNOTEL_CONSOLE: 'off' };
    const off = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
    const args = ['--import', 'annotel/register', '--input-type=module', '-e', program];
    const urls: string[] = JSON.parse(await node(args, { ...started, ...off }));
    const ofOpenTelemetry = urls.filter((url) => packageOf(url)?.startsWith('@opentelemetry/'));
    expect(ofOpenTelemetry.map(packageOf)).toContain('@opentelemetry/instrumentation-pg');
    expect(ofOpenTelemetry.filter((url) => url.endsWith('.mjs'))).toEqual([]);
  });
});

describe('what is published', () => {
  let paths: string[];
  let pages: [path: string, page: Page][];

  beforeAll(async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: fileURLToPath(ROOT),
    });
    const packed = JSON.parse(stdout);
    const [{ files }] = Array.isArray(packed) ? packed : Object.values(packed);
    paths = files.map(({ path }: { path: string }) => path);
    pages = paths
      .filter((path) => path.endsWith('.md'))
      .map((path) => [path, readPage(readFileSync(new URL(path, ROOT), 'utf8'))]);
  });

  test('is the built package, its licence, its documents and its samples', () => {
    const others = paths.filter((path) => !/^dist\/(lib|nest-module)\/[\w./-]+\.(c?js|cjs\.map|d\.c?ts)$/.test(path));
    const documents = others.filter((path) => !/^(docs|samples)\//.test(path));
    expect(documents.sort()).toEqual([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'lib/README.md',
      'package.json',
    ]);
    expect(others.filter((path) => /\/(dist|node_modules|\.\w+)\//.test(path))).toEqual([]);
    expect(paths).toEqual(expect.arrayContaining(['dist/lib/index.js', 'dist/lib/index.cjs']));
  });

  test('imports no package that it does not declare', () => {
    const files = readdirSync(new URL('dist', ROOT), { recursive: true, encoding: 'utf8' });
    const texts = files
      .filter((file) => /\.c?js$/.test(file))
      .map((file) => readFileSync(new URL(`dist/${file}`, ROOT)));
    const imported = texts.flatMap((text) => [
      ...text.toString().matchAll(/(?:\brequire\(|\bfrom |^import )["']([^."'][^"']*)["']/gm),
    ]);
    const packages = imported.map(([, name = '']) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    expect(packages).toContain('@opentelemetry/api');
    expect(packages.filter((name) => !/^(node:|url$)/.test(name) && !declared.includes(name))).toEqual([]);
  });

  test('the command can be run', () => {
    const command = new URL(manifest.bin.annotel, ROOT);
    expect(readFileSync(command, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(statSync(command).mode & 0o111).toBe(0o111);
  });

  test('has every file, and every heading, that its pages link to', () => {
    const byPath = new Map(pages);
    const broken = pages.flatMap(([path, { links }]) =>
      links
        .filter((link) => !/^(https?|mailto):/.test(link))
        .filter((link) => {
          const [file = '', anchor] = decodeURIComponent(link).split('#');
          const target = file === '' ? path : posix.join(posix.dirname(path), file);
          return !paths.includes(target) || (anchor !== undefined && !byPath.get(target)?.anchors.has(anchor));
        })
        .map((link) => `${path}: ${link}`),
    );
    expect(broken).toEqual([]);
    expect(byPath.get('README.md')?.links.length).toBeGreaterThan(20);
  });

  test('names no host that is not known to be there for a reason', () => {
    const unknown = pages.flatMap(([path, { hosts }]) =>
      hosts.filter((host) => !HOSTS.has(host.replace(/:\d+$/, ''))).map((host) => `${path}: ${host}`),
    );
    expect(unknown).toEqual([]);
  });

  test('a link, an anchor and a host are found where they are, and not in code', () => {
    const page = readPage(
      [
        '# A `title`, twice',
        '[one](a.md#b) ![two](c.png "C") `[no](d.md)` [`three`](e.md), <https://example.org/f>.',
        '```md',
        '[no](g.md) http://localhost:4318/v1',
        '# no',
        '```',
        '# A title twice',
        '<img src="h.png">',
        '[four]: i.md',
      ].join('\n'),
    );
    expect([...page.links].sort()).toEqual(['a.md#b', 'c.png', 'e.md', 'h.png', 'i.md']);
    expect([...page.anchors]).toEqual(['a-title-twice', 'a-title-twice-1']);
    expect(page.hosts).toEqual(['example.org', 'localhost:4318']);
  });
});

describe('docs/decisions', () => {
  const folder = new URL('docs/decisions/', ROOT);
  const names = readdirSync(folder).filter((name) => name !== 'README.md');
  const textOf = (name: string) => readFileSync(new URL(name, folder), 'utf8');

  test('is numbered without a gap, by date', () => {
    expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, index) => index + 1));
    const dates = names.map((name) => /^- Date: (\d{4}-\d\d-\d\d)$/m.exec(textOf(name))?.[1]);
    expect(dates).toEqual([...dates].sort());
  });

  test.each(names)('%s has all parts, and its row in the table', (name) => {
    const [, number, title, date, status, parts] =
      /^# (\d{4})\. ([^\n]+)\n\n- Date: (\S+)\n- Status: (accepted|superseded by [^\n]+)\n\n(.*)$/s.exec(
        textOf(name),
      ) ?? [];
    expect(parts).toMatch(/^## Context\n\n[^#]+\n## Decision\n\n[^#]+\n## Consequence\n\n[^#]+$/);
    expect(textOf('README.md')).toContain(`\n| [${number}](${name}) | ${title} | ${date} | ${status} |\n`);
  });
});

test.each(Object.keys(manifest.dependencies))('lib/README.md says what %s is for', (dependency) => {
  const [, table = ''] = readFileSync(new URL('lib/README.md', ROOT), 'utf8').split('## Dependencies');
  const row = table.split('\n').find((line) => line.includes(`\`${dependency}\``));
  expect(row).toMatch(/\| \w.{9,} \|$/);
});
