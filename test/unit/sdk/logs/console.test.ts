import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { context, type LogRecord, logs, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { bridgeConsole } from '../../../../lib/sdk/logs/console.js';
import { printing } from '../../../../lib/sdk/logs/own-output.js';
import { type CapturedTelemetry, captureTelemetry } from '../../../../lib/testing/index.js';

const METHODS = ['log', 'info', 'debug', 'warn', 'error'] as const;

class CardError extends Error {}

function counting(): () => string {
  let calls = 0;
  return () => `call ${++calls}`;
}

describe('bridgeConsole', () => {
  const given = globalThis.console;
  let captured: CapturedTelemetry;
  let printed: string;
  let plain: Console;
  let stop: () => void;

  beforeEach(() => {
    captured = captureTelemetry();
    printed = '';
    const stream = new Writable({
      write(chunk, _encoding, done) {
        printed += chunk;
        done();
      },
    });
    plain = new Console(stream);
    globalThis.console = plain;
    stop = bridgeConsole();
  });
  afterEach(async () => {
    stop();
    globalThis.console = given;
    await captured.stop();
  });

  const inSpan = (work: () => void) =>
    trace.getTracer('test').startActiveSpan('work', (span) => {
      try {
        work();
      } finally {
        span.end();
      }
    });
  const bodies = () => captured.logs.map(({ body }) => body);

  it.each([
    ['log', 9, 'INFO'],
    ['info', 9, 'INFO'],
    ['debug', 5, 'DEBUG'],
    ['warn', 13, 'WARN'],
    ['error', 17, 'ERROR'],
    ['trace', 1, 'TRACE'],
  ] as const)('exports what is written by %s, once', (method, severityNumber, severityText) => {
    inSpan(() => console[method]('%s of %d', 'one', 3));
    expect(captured.logs).toMatchObject([{ severityNumber, severityText, body: 'one of 3', attributes: {} }]);
    expect(captured.logs[0]?.instrumentationScope.name).toBe('console');
    expect(captured.logs[0]?.spanContext).toEqual(captured.spans[0]?.spanContext());
  });

  it('exports a trace without a message, and an error that only looks like one', () => {
    console.trace();
    console.error('Trace: lost');
    expect(captured.logs.map(({ severityText, body }) => [severityText, body])).toEqual([
      ['TRACE', 'Trace'],
      ['ERROR', 'Trace: lost'],
    ]);
  });

  it.each<[string, unknown[]]>([
    ['a line', ['ready']],
    ['a line of CSV', ['1,apple,0.30']],
    ['a text and values', ['on', 80, { a: 1 }]],
    ['placeholders', ['%s\t%d%%', 'seven', 7]],
    ['a placeholder without value', ['50%', 'of %s']],
    ['JSON', ['{"level":"info"}']],
    ['an object', [{ order: 7 }]],
    ['several lines', ['one\ntwo']],
    ['colours', ['\u001b[31mred\u001b[39m']],
    ['an error', ['failed', new Error('no')]],
    ['a value that differs each time', ['%s', { toString: counting() }]],
    ['nothing', []],
  ])('prints %s as it is', (_what, args) => {
    inSpan(() => console.log(...args));
    const bridged = printed;
    expect(captured.logs).toHaveLength(args.length === 0 ? 0 : 1);
    stop();
    printed = '';
    console.log(...args.map((arg) => (Object.hasOwn(Object(arg), 'toString') ? { toString: counting() } : arg)));
    expect(bridged).toBe(printed);
  });

  it('exports what is written outside of a span', () => {
    console.log('ready');
    expect(captured.logs).toMatchObject([{ body: 'ready', spanContext: undefined }]);
  });

  it('makes no record of an empty line', () => {
    console.log();
    expect(captured.logs).toEqual([]);
  });

  it('takes the first error for an exception', () => {
    const error = new CardError('refused');
    console.error('failed:', error, new Error('other'));
    expect(captured.logs[0]?.attributes).toEqual({
      'exception.type': 'CardError',
      'exception.message': 'refused',
      'exception.stacktrace': error.stack,
    });
    expect(captured.logs[0]?.body).toMatch(/^failed: (CardError|Error): refused\n/);
  });

  it('takes the lines that the console makes itself', () => {
    console.assert(false, 'odd');
    console.count('cats');
    expect(captured.logs.map(({ severityText, body }) => [severityText, body])).toEqual([
      ['WARN', 'Assertion failed: odd'],
      ['INFO', 'cats: 1'],
    ]);
  });

  it('passes by what is printed by a logger or while telemetry is sent', () => {
    inSpan(() => {
      printing(() => console.log('by a logger'));
      context.with(suppressTracing(context.active()), () => console.log('sending'));
    });
    expect(captured.logs).toEqual([]);
    expect(printed).toBe('by a logger\nsending\n');
  });

  it('makes one record of a call whose values write to the console themselves', () => {
    const talkative = {
      toString() {
        console.log('inside');
        return 'outside';
      },
    };
    console.log('%s', talkative);
    expect(bodies()).toEqual(['outside']);
  });

  it('makes no record of what exporting a record prints', () => {
    stop();
    const emitted: unknown[] = [];
    const emit = ({ body }: LogRecord) => {
      emitted.push(body);
      console.log(`emitting ${body}`);
    };
    logs.disable();
    logs.setGlobalLoggerProvider({ getLogger: () => ({ emit, enabled: () => true }) });
    stop = bridgeConsole();
    console.log('ready');
    expect(emitted).toEqual(['ready']);
    expect(printed).toBe('ready\nemitting ready\n');
  });

  it('throws and returns as the console does', () => {
    const { log } = console;
    expect(log('free')).toBeUndefined();
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const shown = (value: unknown) => {
      try {
        console.log('%s', value);
        return 'shown';
      } catch (error) {
        return (error as Error).message;
      }
    };
    const values = [
      circular,
      revoked.proxy,
      Symbol('s'),
      Object.create(null),
      {
        [Symbol.for('nodejs.util.inspect.custom')]() {
          throw new Error('no look');
        },
      },
      {
        toString() {
          throw new Error('no text');
        },
      },
    ];
    const bridged = values.map(shown);
    stop();
    expect(bridged).toEqual(values.map(shown));
    expect(bodies()).toContain('[Unreadable]');
  });

  it.each(METHODS)('leaves no trace on %s', (method) => {
    stop();
    const before = Object.getOwnPropertyDescriptor(console, method);
    const undo = bridgeConsole();
    const patched = Object.getOwnPropertyDescriptor(console, method);
    expect(patched).toEqual({ ...before, value: expect.any(Function) });
    expect(patched?.value).not.toBe(before?.value);
    expect([patched?.value.name, patched?.value.length]).toEqual([before?.value.name, before?.value.length]);
    undo();
    expect(Object.getOwnPropertyDescriptor(console, method)).toEqual(before);
    expect(console[method]).toBe(before?.value);
  });

  it('lets a patch above it stand, and stays silent below it', () => {
    const ours = console.log;
    const theirs = (...args: unknown[]) => ours('theirs:', ...args);
    console.log = theirs;
    console.log('one');
    stop();
    console.log('two');
    expect(console.log).toBe(theirs);
    expect(printed).toBe('theirs: one\ntheirs: two\n');
    expect(bodies()).toEqual(['theirs: one']);
    stop = bridgeConsole();
    console.log('three');
    expect(bodies()).toEqual(['theirs: one', 'three']);
  });

  it('lets a frozen console be', () => {
    globalThis.console = Object.freeze(new Console(process.stdout));
    expect(() => bridgeConsole()()).not.toThrow();
  });

  it('patches methods that the console inherits', () => {
    const inheriting = Object.create(plain) as Console;
    globalThis.console = inheriting;
    const undo = bridgeConsole();
    expect(Object.hasOwn(inheriting, 'log')).toBe(true);
    undo();
    expect(Object.hasOwn(inheriting, 'log')).toBe(false);
  });
});
