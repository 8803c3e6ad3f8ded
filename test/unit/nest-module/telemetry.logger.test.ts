import { Console } from 'node:console';
import { jest } from '@jest/globals';
import { ConsoleLogger, Controller, Get, Logger, type LogLevel, UseGuards } from '@nestjs/common';
import { logs, SeverityNumber, type Span, trace } from '@opentelemetry/api';
import { pino } from 'pino';
import { startTelemetry } from '../../../lib/sdk/index.js';
import { bridgeConsole } from '../../../lib/sdk/logs/console.js';
import { TelemetryLogger, TelemetryModule } from '../../../nest-module/index.js';
import { nestApp } from '../../support/nest-app.js';
import { Exported } from '../../support/nest-telemetry.js';

describe('TelemetryLogger', () => {
  let exported: Exported;
  let telemetry: ReturnType<typeof startTelemetry>;
  let written: string[];

  beforeEach(() => {
    exported = new Exported();
    telemetry = startTelemetry(exported.options);
    written = [];
    // What Jest itself writes meanwhile is passed over.
    const keep = (chunk: unknown) => /^(\[Nest\]|\{)/.test(String(chunk)) && written.push(String(chunk)) > 0;
    for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockImplementation(keep);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await telemetry.shutdown();
  });

  const records = async () => {
    await telemetry.flush();
    return exported.logs;
  };
  const plain = { colors: false };
  const inSpan = <T>(work: (span: Span) => T): T =>
    trace.getTracer('test').startActiveSpan('work', (span) => {
      try {
        return work(span);
      } finally {
        span.end();
      }
    });

  it.each<[LogLevel, SeverityNumber, string]>([
    ['verbose', SeverityNumber.TRACE, 'TRACE'],
    ['debug', SeverityNumber.DEBUG, 'DEBUG'],
    ['log', SeverityNumber.INFO, 'INFO'],
    ['warn', SeverityNumber.WARN, 'WARN'],
    ['error', SeverityNumber.ERROR, 'ERROR'],
    ['fatal', SeverityNumber.FATAL, 'FATAL'],
  ])('exports %s under the name of its context', async (level, severityNumber, severityText) => {
    new TelemetryLogger(plain)[level]('purring', 'CatsService');

    const [record, ...others] = await records();
    expect(others).toEqual([]);
    expect(record).toMatchObject({ severityNumber, severityText, body: 'purring', attributes: {} });
    expect(record?.instrumentationScope.name).toBe('CatsService');
    expect(written.join('')).toMatch(new RegExp(`${level.toUpperCase()} \\[CatsService\\] purring\n$`));
  });

  it('makes one record of what it prints through the console', async () => {
    const given = globalThis.console;
    globalThis.console = new Console(process.stdout, process.stderr);
    const stop = bridgeConsole();
    inSpan(() =>
      new TelemetryLogger({ ...plain, forceConsole: true }).error('hiss', 'Error: x\n    at y', 'CatsService'),
    );
    inSpan(() => new TelemetryLogger({ json: true, forceConsole: true }).log('purring', 'CatsService'));
    stop();
    globalThis.console = given;

    expect((await records()).map(({ body, instrumentationScope: { name } }) => [name, body])).toEqual([
      ['CatsService', 'hiss'],
      ['CatsService', 'purring'],
    ]);
  });

  it('calls the logger nest where there is no context', async () => {
    new TelemetryLogger(plain).log('ready');
    expect((await records())[0]?.instrumentationScope.name).toBe('nest');
  });

  it('writes within the trace: on the record in full, on the console in short', async () => {
    const { traceId, spanId } = inSpan((span) => {
      new TelemetryLogger(plain).log('purring', 'CatsService');
      new TelemetryLogger(plain).log('no context');
      return span.spanContext();
    });

    for (const record of await records()) expect(record.spanContext).toMatchObject({ traceId, spanId });
    expect(written[0]).toContain(`[CatsService] (${traceId.slice(0, 8)}) purring`);
    expect(written[1]).toContain(`LOG (${traceId.slice(0, 8)}) no context`);
  });

  it('writes JSON lines with trace and span, and without where there are none', () => {
    const logger = new TelemetryLogger({ json: true });
    const { traceId, spanId } = inSpan((span) => {
      logger.log('purring', 'CatsService');
      return span.spanContext();
    });
    logger.log('still');

    const [first, second] = written.map((line) => JSON.parse(line));
    expect(first).toMatchObject({ message: 'purring', context: 'CatsService', trace_id: traceId, span_id: spanId });
    expect(second).not.toHaveProperty('trace_id');
  });

  it('exports no level that is turned off', async () => {
    const logger = new TelemetryLogger({ ...plain, logLevels: ['warn'] });
    logger.log('unheard');
    logger.warn('heard');
    logger.setLogLevels(['error']);
    logger.warn('unheard');
    expect((await records()).map(({ body }) => body)).toEqual(['heard']);
    expect(written).toHaveLength(1);
  });

  it('takes errors, stacks and objects as Nest apps pass them', async () => {
    Logger.overrideLogger(new TelemetryLogger(plain));
    const logger = new Logger('CatsService');
    const error = new TypeError('no cat');
    logger.error(error);
    logger.error('cannot find', error.stack);
    logger.error('cannot find', error);
    logger.log('found', { id: 7 });
    logger.log({ id: 7 });
    Logger.overrideLogger(false);

    const exception = {
      'exception.type': 'TypeError',
      'exception.message': 'no cat',
      'exception.stacktrace': error.stack,
    };
    const said = (await records()).map(({ body, attributes, instrumentationScope: { name } }) => [
      name,
      body,
      attributes,
    ]);
    expect(said).toEqual([
      ['CatsService', 'no cat', exception],
      ['CatsService', 'cannot find', exception],
      ['CatsService', 'cannot find no cat', exception],
      ['CatsService', 'found', { id: 7 }],
      ['CatsService', { id: 7 }, {}],
    ]);
  });

  it('calls a message that is a function once, for both outputs', async () => {
    const message = jest.fn(() => 'costly');
    const logger = new TelemetryLogger({ ...plain, logLevels: ['log'] });
    logger.log(message);
    logger.debug(message);
    logger.log(class Cat {});

    expect(message).toHaveBeenCalledTimes(1);
    expect((await records()).map(({ body }) => body)).toEqual(['costly', 'Cat']);
    expect(written[0]).toContain('costly');
  });

  it('exports masked what the console masks', async () => {
    new TelemetryLogger({ ...plain, redact: ['password'] }).log('login', { user: 'tom', password: 'meow' });
    // The console masks since Nest 12; a secret by its name is masked on its way out in any case.
    const masks = 'redact' in ConsoleLogger.prototype;
    expect((await records())[0]?.attributes).toEqual({ user: 'tom', password: masks ? '[REDACTED]' : '[SECRET]' });
    expect(written.join('').includes('meow')).toBe(!masks);
  });

  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const throwing = {
    get bad(): never {
      throw new Error('no');
    },
  };
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  it.each<[string, unknown]>([
    ['a circular object', circular],
    ['a getter that throws', throwing],
    ['a revoked proxy', revoked],
    ['a message function that throws', () => throwing.bad],
    ['an object without prototype', Object.create(null)],
  ])('never throws: %s', async (_what, message) => {
    for (const options of [plain, { json: true }]) {
      const logger = new TelemetryLogger(options);
      logger.log(message, 'CatsService');
      logger.error('failed', message, 'CatsService');
    }
    expect(await records()).toHaveLength(4);
    expect(written.length).toBeGreaterThanOrEqual(4);
  });

  it('still prints where exporting fails', () => {
    jest.spyOn(logs, 'getLogger').mockImplementation(() => {
      throw new Error('broken SDK');
    });
    new TelemetryLogger(plain).log('purring');
    expect(written.join('')).toContain('purring');
  });

  it('is ready for app.useLogger, takes over what was buffered, and is set up by the module', async () => {
    @Controller()
    class CatsController {
      private readonly logger = new Logger(CatsController.name);

      @Get('cats')
      cats(): string {
        this.logger.log('asked for cats');
        return 'meow';
      }
    }
    await using app = await nestApp()
      .imports(TelemetryModule.forRoot({ logger: { json: true } }))
      .controllers(CatsController)
      .buffering()
      .prepare((nest) => nest.useLogger(nest.get(TelemetryLogger)))
      .listen();
    await app.fetch('/cats');
    Logger.overrideLogger(false);

    const bodies = (await records()).map(({ body }) => body);
    expect(bodies).toContain('Nest application successfully started');
    const asked = exported.logs.find(({ body }) => body === 'asked for cats');
    expect(asked?.instrumentationScope.name).toBe('CatsController');
    expect(asked?.spanContext).toMatchObject({ spanId: exported.span('CatsController.cats').spanContext().spanId });
    const line = written.find((candidate) => candidate.includes('asked for cats')) ?? '';
    expect(JSON.parse(line)).toMatchObject({ trace_id: asked?.spanContext?.traceId });
  });

  it.each(['/broken', '/guarded'])('does not make two exceptions of one that a span tells of: %s', async (path) => {
    @Controller()
    class CatsController {
      private readonly logger = new Logger(CatsController.name);

      @Get('broken')
      broken(): never {
        throw new TypeError('no cat');
      }

      @Get('guarded')
      @UseGuards({
        canActivate() {
          throw new TypeError('no cat');
        },
      })
      guarded(): void {}

      @Get('handled')
      handled(): void {
        this.logger.error(new RangeError('handled here'));
      }
    }
    await using app = await nestApp()
      .imports(TelemetryModule.forRoot())
      .controllers(CatsController)
      .buffering()
      .prepare((nest) => nest.useLogger(nest.get(TelemetryLogger)))
      .listen();
    await app.fetch(path);
    await app.fetch('/handled');
    Logger.overrideLogger(false);

    const logged = (await records()).filter(({ severityNumber }) => severityNumber === SeverityNumber.ERROR);
    expect(logged.map(({ body, attributes }) => [body, Object.keys(attributes)])).toEqual([
      ['no cat', ['error.type']],
      ['handled here', ['exception.type', 'exception.message', 'exception.stacktrace']],
    ]);
    const events = exported.spans.flatMap(({ events }) => events);
    expect(events.map(({ name, attributes }) => [name, attributes?.['exception.message']])).toEqual([
      ['exception', 'no cat'],
    ]);
  });

  it('gives the lines of nestjs-pino the ids of their span', async () => {
    const lines: Record<string, unknown>[] = [];
    const stream = { write: (line: string) => lines.push(JSON.parse(line)) };
    /** As `nestjs-pino` has it: the logger of the app on the class. */
    class PinoLogger {
      static readonly root = pino({ mixin: () => ({ app: 'cats' }) }, stream);
      readonly logger = PinoLogger.root;
    }
    @Controller()
    class CatsController {
      private readonly logger = PinoLogger.root.child({ context: 'CatsController' });

      @Get('cats')
      cats(): void {
        this.logger.info('asked for cats');
      }
    }
    await using app = await nestApp()
      .imports(TelemetryModule.forRoot())
      .controllers(CatsController)
      .providers(PinoLogger)
      .listen();
    await app.fetch('/cats');
    PinoLogger.root.info('still');
    await telemetry.flush();
    const { traceId, spanId } = exported.span('CatsController.cats').spanContext();
    expect(lines).toMatchObject([
      { msg: 'asked for cats', app: 'cats', trace_id: traceId, span_id: spanId, trace_flags: '01' },
      { msg: 'still', app: 'cats' },
    ]);
    expect(lines[1]).not.toHaveProperty('trace_id');
  });
});
