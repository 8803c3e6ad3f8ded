import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { run, warnings } from '../../support/sdk-child.js';
import { Collector } from '../../support/sdk-collector.js';
import { appWithCopies } from '../../support/several-copies.js';

jest.setTimeout(60_000);

describe('ES modules under annotel/register', () => {
  let collector: Collector;
  let sending: Record<string, string>;

  beforeEach(async () => {
    collector = await Collector.start();
    sending = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' };
  });
  afterEach(async () => {
    await collector.close();
  });

  const OLD_NODE = join(import.meta.dirname, '../../support/sdk-apps/old-node.cjs');

  it.each([
    ['their own thread', ['--import', 'annotel/register']],
    ['a thread of hooks, as in an older Node', ['-r', OLD_NODE, '--import', 'annotel/register']],
  ])('are patched whichever copy of import-in-the-middle patches them, in %s', async (_where, args) => {
    await using app = appWithCopies('several-copies.mjs', ['express', 'pino']);
    const ended = await run([...args, 'several-copies.mjs'], sending, app.folder);
    expect(ended).toMatchObject({ code: 0, stdout: 'pino true, pg true\n', stderr: '' });
    expect(collector.spanNames.sort()).toEqual(['GET /cats/:id', 'work']);
    expect(collector.logBodies).toContain('worked');
  });

  it('are not patched by -r in an older Node, with a sentence where the app is one', async () => {
    const { stderr, ...ended } = await run(['-r', OLD_NODE, '-r', 'annotel/register', 'express.mjs'], sending);
    expect(ended).toMatchObject({ code: 0, stdout: '{"id":"7"}\n' });
    expect(stderr).toMatch(/^annotel: cannot trace express, .*: start with --import annotel\/register .*\n$/);
    expect(collector.spanNames).not.toContain('GET /cats/:id');
    const required = await run(['-r', OLD_NODE, '-r', 'annotel/register', 'express.cjs'], sending);
    expect(required).toMatchObject({ code: 0, stderr: '' });
    expect(collector.spanNames).toContain('GET /cats/:id');
  });

  it('are left alone where there are no hooks, with a sentence', async () => {
    const ended = await run(['-r', './like-bun.cjs', '--import', 'annotel/register', 'express.mjs'], sending);
    expect(ended).toMatchObject({ code: 0, stdout: '{"id":"7"}\n' });
    expect(warnings(ended)).toEqual([
      expect.stringMatching(/^annotel: in Bun, .* fetch is not traced, and libraries may not be .*\(express, /),
    ]);
    expect(collector.spanNames).toContain('GET');
  });
});
