import { describe, expect, it } from '@jest/globals';
import { winstonLevel, winstonRecord } from '../../../../lib/sdk/logs/winston-record.js';

const LEVEL = Symbol.for('level');
const SPLAT = Symbol.for('splat');
const ranked = (...names: string[]) => Object.fromEntries(names.map((name, rank) => [name, rank]));
const NPM = ranked('error', 'warn', 'info', 'http', 'verbose', 'debug', 'silly');
const SYSLOG = ranked('emerg', 'alert', 'crit', 'error', 'warning', 'notice', 'info', 'debug');
const CLI = ranked('error', 'warn', 'help', 'data', 'info', 'debug', 'prompt', 'verbose', 'input', 'silly');
const OWN = ranked('fatal', 'shout', 'info', 'murmur', 'trace');

describe('winstonRecord', () => {
  it.each([
    ['npm', NPM, [17, 13, 9, 7, 6, 5, 1]],
    ['syslog', SYSLOG, [23, 22, 21, 17, 13, 10, 9, 5]],
    ['cli', CLI, [17, 13, 11, 10, 9, 5, 4, 3, 2, 1]],
    ['names of the app', OWN, [21, 16, 9, 6, 1]],
    ['one level alone', ranked('only'), [21]],
  ])('knows the severities of %s', (_what, levels, expected) => {
    const severities = Object.keys(levels).map((level) => winstonRecord({}, {}, level, levels).severityNumber);
    expect(severities).toEqual(expected);
  });

  it('takes the level as it was given, whatever a format made of it', () => {
    expect(winstonLevel({ level: '\u001b[31merror\u001b[39m', [LEVEL]: 'error' }, {})).toBe('error');
    expect(winstonLevel({ level: 'ERROR' }, { [LEVEL]: 'error' })).toBe('error');
    expect(winstonLevel({ level: 'error' }, {})).toBe('error');
  });

  class CardError extends Error {}
  const error = new CardError('refused');
  const exception = {
    'exception.type': 'CardError',
    'exception.message': 'refused',
    'exception.stacktrace': error.stack,
  };
  const circular: Record<string, unknown> = { name: 'ring' };
  circular.self = circular;

  it.each<[string, object, object, unknown, object]>([
    ['a message', { message: 'ready' }, {}, 'ready', {}],
    ['colours', { message: '\u001b[32mready\u001b[39m' }, {}, 'ready', {}],
    [
      'what was given beside it',
      { message: 'ready', port: 80, on: { host: 'a' } },
      {},
      'ready',
      { port: 80, on: { host: 'a' } },
    ],
    ['what the record says itself', { message: 'a', level: 'info', timestamp: '2026' }, {}, 'a', {}],
    ['our ids', { message: 'a', trace_id: '1', span_id: '2', trace_flags: '01' }, {}, 'a', {}],
    ['ids of the app', { message: 'a', trace_id: '1' }, {}, 'a', { trace_id: '1' }],
    ['no message', {}, {}, undefined, {}],
    ['an object as message', { message: { order: 7 } }, {}, { order: 7 }, {}],
    ['an error as message', { message: error }, { message: error }, 'refused', exception],
    ['an error as record', { message: 'refused' }, error, 'refused', exception],
    ['an error beside', { message: 'no', err: error }, { message: 'no', err: error }, 'no', exception],
    ['an error that a format used up', { message: 'no refused' }, { [SPLAT]: [error] }, 'no refused', exception],
    [
      'a stack alone',
      { message: 'no', stack: 'TypeError: bad\n    at here' },
      {},
      'no',
      {
        'exception.type': 'TypeError',
        'exception.message': 'bad',
        'exception.stacktrace': 'TypeError: bad\n    at here',
      },
    ],
    [
      'what cannot be read',
      {
        message: 'a',
        circular,
        get bad() {
          return { toJSON: () => error.constructor.call(undefined) };
        },
      },
      {},
      'a',
      { circular: { name: 'ring', self: '[Circular]' }, bad: '[Unreadable]' },
    ],
    [
      'an uncaught exception',
      { message: 'uncaughtException: refused', exception: true, process: {}, os: {}, trace: [], date: 'today' },
      { error },
      'uncaughtException: refused',
      { ...exception, exception: true },
    ],
  ])('takes %s', (_what, formatted, given, body, attributes) => {
    const record = winstonRecord(formatted as never, given as never, 'info', NPM);
    expect(record).toEqual({ severityNumber: 9, severityText: 'info', body, attributes });
  });

  it('bounds the body', () => {
    const { body } = winstonRecord({ message: 'x'.repeat(1e6) }, {}, 'info', NPM);
    expect((body as string).length).toBe(32_769);
  });
});
