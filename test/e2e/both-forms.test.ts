import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { run } from '../support/sdk-child.js';
import { attributesOf, Collector } from '../support/sdk-collector.js';
import { ROOT } from '../support/source-tree.js';

/* annotel is CommonJS, and an ES module that hands it on. Apps may be either, and so may the copy of the API that they use. */

jest.setTimeout(60_000);

const PACKAGES = fileURLToPath(new URL('node_modules/', ROOT));
const OFF = {
  OTEL_TRACES_EXPORTER: 'none',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  ANNOTEL_CONSOLE: 'off',
};

describe('an app with both copies of the API', () => {
  it.each(['import', 'require'])(
    'has one telemetry, of whatever it takes and whenever, with annotel by %s',
    async (how) => {
      const ended = await run(['both-forms.mjs', how], OFF);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.parse(ended.stdout)).toEqual({
        seen: { key: 'kept', baggage: 'kept as well' },
        isOne: true,
        spans: { imported: { annotel: { required: { 'imported, again': {} } } } },
        traces: 1,
        records: { imported: 'imported, again', required: 'imported, again', 'annotel succeeded': 'annotel' },
        metrics: ['imported.count', 'required.count'],
        between: ['between', 'between, required'],
      });
    },
  );

  it.each([
    [
      'ES module',
      '--input-type=module',
      "import { trace } from '@opentelemetry/api'; import { Traced } from 'annotel';",
    ],
    [
      'CommonJS',
      '--input-type=commonjs',
      "const { trace } = require('@opentelemetry/api'), { Traced } = require('annotel');",
    ],
  ])('records one trace under annotel/register: %s', async (_form, type, imports) => {
    const collector = await Collector.start();
    const program = `${imports}
      const tracer = trace.getTracer('app');
      const inner = Traced({ name: 'inner' })(() => tracer.startSpan('innermost').end());
      tracer.startActiveSpan('outer', (span) => {
        inner();
        trace.getActiveSpan().setAttribute('app.active', true);
        span.end();
      });`;
    try {
      const ended = await run(['--import', 'annotel/register', type, '-e', program], {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      });
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      const span = (name: string) => collector.spans.find((candidate) => candidate.name === name);
      expect(collector.spans).toHaveLength(3);
      expect(span('innermost')?.parentSpanId).toBe(span('inner')?.spanId);
      expect(span('inner')?.parentSpanId).toBe(span('outer')?.spanId);
      expect(attributesOf(span('outer') as NonNullable<ReturnType<typeof span>>)).toMatchObject({ 'app.active': true });
    } finally {
      await collector.close();
    }
  });

  it('wakes what is taken between two starts under annotel/register', async () => {
    const program = `
      import { trace } from '@opentelemetry/api';
      import { runningTelemetry, startTelemetry } from 'annotel/sdk';
      await runningTelemetry().shutdown();
      const between = trace.getTracer('app');
      const onEnd = (span) => console.log(span.name);
      const done = async () => {};
      startTelemetry({ spanProcessors: [{ onStart() {}, onEnd, forceFlush: done, shutdown: done }] });
      between.startSpan('between').end();`;
    const ended = await run(['--import', 'annotel/register', '--input-type=module', '-e', program], OFF);
    expect(ended).toMatchObject({ code: 0, stderr: '', stdout: 'between\n' });
  });

  it('may import annotel/nest before Nest', async () => {
    const program = `
      import { TelemetryModule } from 'annotel/nest';
      import { Module } from '@nestjs/common';
      import { NestFactory } from '@nestjs/core';
      class App {}
      Module({ imports: [TelemetryModule.forRoot()] })(App);
      const app = await NestFactory.createApplicationContext(App, { logger: false });
      await app.close();
      console.log('closed');`;
    const ended = await run(['--input-type=module', '-e', program], OFF);
    expect(ended).toMatchObject({ code: 0, stderr: '', stdout: 'closed\n' });
  });
});

/* As bundlers do: the text of each file in a function. In an ES module there is no `require` then for what comes with Node. */
describe.each(['lib/index.cjs', 'lib/langchain/index.cjs'])('in a bundle, %s', (entry) => {
  const packages = createRequire(new URL('package.json', ROOT));
  const files = new Map<string, { exports: Record<string, unknown> }>();
  const load = (file: URL) => {
    const module = files.get(file.href) ?? { exports: {} };
    if (files.has(file.href)) return module.exports;
    files.set(file.href, module);
    const text = readFileSync(file, 'utf8');
    new Function('module', 'exports', 'require', text)(module, module.exports, (name: string) => {
      if (isBuiltin(name)) throw new Error(`Dynamic require of "${name}" is not supported`);
      return name.startsWith('.') ? load(new URL(name, file)) : packages(name);
    });
    return module.exports;
  };

  it('is loaded all the same', () => {
    expect(Object.values(load(new URL(`dist/${entry}`, ROOT)))).toContainEqual(expect.any(Function));
  });
});

describe('a project beside the package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'annotel-'));
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
  const start = promisify(execFile);

  beforeAll(() => {
    mkdirSync(join(folder, 'node_modules'));
    for (const name of ['@opentelemetry', '@nestjs', '@types', 'rxjs']) {
      symlinkSync(join(PACKAGES, name), join(folder, 'node_modules', name));
    }
    symlinkSync(fileURLToPath(ROOT), join(folder, 'node_modules', 'annotel'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  // What stands in classes with private members has two types, one of each form of a package.
  const program = `
    import { metrics, trace } from '@opentelemetry/api';
    import { ConsoleMetricExporter, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
    import { AlwaysOnSampler, BatchSpanProcessor, ConsoleSpanExporter } from '@opentelemetry/sdk-trace';
    import { LlmCall, requestContext } from 'annotel';
    import { TelemetryCallbackHandler } from 'annotel/langchain';
    import { startTelemetry, type TelemetryOptions } from 'annotel/sdk';
    import { captureTelemetry } from 'annotel/testing';
    import 'annotel/register';

    class Service {
      @LlmCall({ model: 'gpt-5' })
      async ask(question: string) {
        return { answer: question };
      }
    }
    const options: TelemetryOptions = {
      sampler: new AlwaysOnSampler(),
      spanProcessors: [new BatchSpanProcessor({ exporter: new ConsoleSpanExporter() })],
      metricReaders: [new PeriodicExportingMetricReader({ exporter: new ConsoleMetricExporter() })],
    };
    startTelemetry(options);
    const handler: TelemetryCallbackHandler = new TelemetryCallbackHandler();
    const spans: number = captureTelemetry({ sampler: new AlwaysOnSampler() }).spans.length;
    // @ts-expect-error: it is known what that is
    const wrong: number = requestContext();
    export { handler, metrics, Service, spans, trace, wrong };
  `;
  const nest = `
    import { TelemetryModule } from 'annotel/nest';
    export const telemetry = TelemetryModule.forRoot();
  `;

  it.each([
    ['CommonJS', 'nodenext', 'cts', program + nest],
    ['an ES module', 'nodenext', 'mts', program + nest],
    // Nest 12 consists of ES modules, which are not required under node16.
    ['CommonJS', 'node16', 'cts', program],
    ['an ES module', 'node16', 'mts', program + nest],
  ])('is checked by the compiler as %s under %s', async (_form, module, ending, text) => {
    write(`app.${ending}`, text);
    const tsc = join(PACKAGES, 'typescript/bin/tsc');
    const options = ['--noEmit', '--strict', '--experimentalDecorators', '--types', 'node', '--module', module];
    const { stdout } = await start(process.execPath, [tsc, ...options, `app.${ending}`], { cwd: folder }).catch(
      (error) => error,
    );
    expect(stdout).toBe('');
  });
});
