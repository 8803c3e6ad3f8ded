import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { SCOPE_VERSION } from '../lib/call/names.js';
import { type Page, readPage } from './support/markdown.js';
import { ROOT } from './support/source-tree.js';

/* The package as it is built and published: `npm test` builds it first. */

jest.setTimeout(60_000);

const manifest = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
const ENTRIES = Object.entries<string | Record<string, string>>(manifest.exports);
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
  /** The packages, and the parts of annotel itself, of which a file is loaded. */
  const loadedBy = async (name: string): Promise<string[]> => {
    const program = `
      import { registerHooks } from 'node:module';
      const urls = [];
      registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) });
      await import('${name}');
      console.log(JSON.stringify(urls));
    `;
    const urls: string[] = JSON.parse(await node('--input-type=module', '-e', program));
    const parts = urls
      .filter((url) => url.startsWith('file:'))
      .map((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? `annotel: ${ownPart(url)}`);
    return [...new Set(parts)].sort();
  };
  const ownPart = (url: string): string => url.slice(ROOT.href.length).split('/').slice(1, -1).join('/');

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
    const others = paths.filter((path) => !/^dist\/(lib|nest-module)\/[\w./-]+\.(js|d\.ts|js\.map|json)$/.test(path));
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
    expect(paths).toContain('dist/lib/index.js');
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
