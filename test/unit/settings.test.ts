import { expect, jest, test } from '@jest/globals';
import { type ContentCapture, configure, Traced } from '../../lib/index.js';
import { diag } from '../../lib/otel.js';
import { settings } from '../../lib/settings.js';
import { useTelemetry } from '../support/telemetry.js';

const telemetry = useTelemetry({ rethrowFaults: false });

const fail = Traced('work')(() => {
  throw new Error('no');
});

test('the defaults: the last versioned conventions, no content, everything masked, dollars, nothing estimated', () => {
  expect(settings()).toMatchObject({
    semconv: '1.41',
    exceptionEvents: true,
    streamIdleTimeout: 600_000,
    content: 'NO_CONTENT',
    contentForm: 'truncate:8192',
    redact: ['email', 'phone', 'card', 'iban', 'ssn', 'ip', 'secret', 'jwt'],
    redactor: undefined,
    contentStore: undefined,
    prices: {},
    currency: 'USD',
    currencyRate: 1,
    countTokens: undefined,
  });
});

test('configure() changes what it is given and keeps the rest', () => {
  const before = settings();
  configure({ semconv: 'both' });
  expect(settings()).toEqual({ ...before, semconv: 'both' });
});

test.each(['yes', 'true', true, null])('configure() takes %p for no capture, and says so', (content) => {
  const warned = jest.spyOn(diag, 'warn').mockReturnValue(undefined);
  configure({ content: 'SPAN_ONLY' });
  configure({ content: content as ContentCapture });
  expect(settings().content).toBe('NO_CONTENT');
  expect(warned).toHaveBeenCalledWith(
    expect.stringContaining('allowed: NO_CONTENT, SPAN_ONLY, EVENT_ONLY, SPAN_AND_EVENT'),
  );
  warned.mockRestore();
});

test('settings never change in place', () => {
  const before = settings();
  configure({ semconv: 'latest' });
  expect(before.semconv).toBe('1.41');
  expect(() => Object.assign(settings(), { semconv: '1.41' })).toThrow(TypeError);
});

test('a second copy of the package sees the same settings', async () => {
  const copy = '../../lib/settings?copy';
  const other: { settings: typeof settings } = await import(copy);
  expect(other.settings).not.toBe(settings);
  configure({ semconv: 'latest' });
  expect(other.settings()).toBe(settings());
});

test('a change holds for the calls after it, and the count of calls goes on', async () => {
  expect(fail).toThrow('no');
  configure({ exceptionEvents: false });
  expect(fail).toThrow('no');
  expect(telemetry.spans.map(({ events }) => events?.length)).toEqual([1, undefined]);
  expect(telemetry.logs.map(({ eventName }) => eventName)).toEqual(['exception', 'exception']);
  expect(await telemetry.points('annotel.calls')).toMatchObject([{ value: 2 }]);
  expect(await telemetry.points('annotel.call.duration')).toMatchObject([{ count: 2 }]);
});
