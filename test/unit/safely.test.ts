import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { diag } from '@opentelemetry/api';
import { safely, warnOnce } from '../../lib/safely.js';
import { rethrowFaults } from '../../lib/settings.js';

const logger = { error: jest.fn(), warn: jest.fn(), info() {}, debug() {}, verbose() {} };
const fault = new Error('fault');
const faulty = (): never => {
  throw fault;
};

beforeEach(() => void diag.setLogger(logger));
afterEach(() => {
  jest.clearAllMocks();
  diag.disable();
  rethrowFaults(false);
});

test('work that succeeds gives its value', () => {
  expect(safely('working', () => 1, 2)).toBe(1);
});

test('a fault gives the fallback, and is reported once for each place', () => {
  expect(safely('one thing', faulty, 'fallback')).toBe('fallback');
  expect(safely('one thing', faulty)).toBeUndefined();
  expect(safely('another', faulty)).toBeUndefined();
  expect(logger.error.mock.calls).toEqual([
    ['annotel: one thing failed; the call itself is unaffected (reported once)', fault],
    ['annotel: another failed; the call itself is unaffected (reported once)', fault],
  ]);
});

test('a logger that throws changes nothing', () => {
  logger.error.mockImplementationOnce(faulty);
  logger.warn.mockImplementationOnce(faulty);
  expect(safely('logging the fault', faulty, 'fallback')).toBe('fallback');
  expect(() => warnOnce('the logger is broken')).not.toThrow();
});

test('under test a fault is thrown on', () => {
  rethrowFaults(true);
  expect(() => safely('working', faulty, 'fallback')).toThrow(fault);
});

test('a warning is given once', () => {
  warnOnce('look out');
  warnOnce('look out');
  expect(logger.warn.mock.calls).toEqual([['annotel: look out']]);
});
