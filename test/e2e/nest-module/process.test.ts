import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../../', import.meta.url));

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number };
}
interface OtlpSpan {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: Attribute[];
}
interface OtlpRecord {
  body: { stringValue?: string };
  traceId?: string;
  spanId?: string;
}
interface OtlpExport {
  resourceSpans?: { scopeSpans: { spans: OtlpSpan[] }[] }[];
  resourceLogs?: { scopeLogs: { logRecords: OtlpRecord[] }[] }[];
}

describe('a Nest app as a process of its own', () => {
  let compiled: string;
  let collector: Server;
  let spans: OtlpSpan[];
  let records: OtlpRecord[];

  beforeAll(async () => {
    // Inside the repository, so that its packages are found from there.
    compiled = await mkdtemp(join(root, 'node_modules', '.annotel-nest-'));
    await writeFile(join(compiled, 'package.json'), '{"type":"module"}');
    await writeFile(
      join(compiled, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../tsconfig.json',
        compilerOptions: { rootDir: '../..', outDir: '.', noCheck: true, declaration: false },
        include: [],
        files: ['../../lib/sdk/preload.ts', '../../test/unit/nest-module/fixtures/cats.ts'],
      }),
    );
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    await promisify(execFile)(process.execPath, [tsc, '-p', compiled]);
    collector = createServer(async (request, response) => {
      const { resourceSpans = [], resourceLogs = [] } = (await json(request)) as OtlpExport;
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      records.push(...resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap((scope) => scope.logRecords)));
      response.setHeader('content-type', 'application/json').end('{}');
    });
    collector.listen(0, '127.0.0.1');
    await once(collector, 'listening');
  }, 60_000);

  afterAll(async () => {
    collector.close();
    await rm(compiled, { recursive: true, force: true });
  });

  /** Runs the app for one request and ends it with SIGTERM. */
  async function run(execArgv: string[]): Promise<{ body: string; output: string; signal: NodeJS.Signals }> {
    const child = fork(join(compiled, 'test/unit/nest-module/fixtures/cats.js'), [], {
      execArgv,
      silent: true,
      env: {
        PATH: process.env.PATH,
        NO_COLOR: '1',
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_METRICS_EXPORTER: 'none',
      },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    const exit = once(child, 'exit');
    const [url] = await Promise.race([
      once(child, 'message'),
      exit.then(() => Promise.reject(new Error(`the app has not started:\n${output}`))),
    ]);
    const body = await (await fetch(`${url}/cats/7`)).text();
    child.kill('SIGTERM');
    const [, signal] = await exit;
    return { body, output, signal };
  }

  const attributesOf = ({ attributes }: OtlpSpan) =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
  const named = (name: string): OtlpSpan => {
    const span = spans.find((candidate) => candidate.name === name);
    if (!span) throw new Error(`no span "${name}" among ${spans.map((candidate) => candidate.name).join(', ')}`);
    return span;
  };

  describe.each([
    ['under annotel/register', () => ['--import', join(compiled, 'lib/sdk/preload.js')], 0],
    ['started by TelemetryModule', () => [], 1],
  ])('%s', (_how, execArgv, hints) => {
    let ended: Awaited<ReturnType<typeof run>>;

    beforeAll(async () => {
      spans = [];
      records = [];
      ended = await run(execArgv());
    }, 30_000);

    it('is traced from the request down to what the handler did', () => {
      expect(ended.body).toBe('{"id":7}');
      const server = named('GET /cats/:id');
      expect(server.kind).toBe(2);
      expect(attributesOf(server)).toMatchObject({ 'http.route': '/cats/:id', 'http.response.status_code': 200 });
      const handler = named('CatsController.get');
      expect(handler).toMatchObject({ kind: 1, traceId: server.traceId, parentSpanId: server.spanId });
      expect(named('Shelter.find')).toMatchObject({ traceId: server.traceId, parentSpanId: handler.spanId });
      expect(spans.filter(({ traceId }) => traceId === server.traceId)).toHaveLength(3);
    });

    it('has its log lines in the trace', () => {
      const { traceId, spanId } = named('Shelter.find');
      const record = records.find(({ body }) => body.stringValue === 'looking for cat 7');
      expect(record).toMatchObject({ traceId, spanId });
      expect(ended.output).toContain(`LOG [Shelter] (${traceId.slice(0, 8)}) looking for cat 7`);
    });

    it('exports what its shutdown hooks leave, and ends by the signal', () => {
      expect(named('closing the shelter')).toBeDefined();
      expect(ended.signal).toBe('SIGTERM');
    });

    it('tells what is not traced, once, where that is so', () => {
      expect(ended.output.match(/node --import annotel\/register/g) ?? []).toHaveLength(hints);
    });
  });
});
