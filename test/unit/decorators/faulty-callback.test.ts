import { afterAll, expect, jest, test } from '@jest/globals';
import { diag } from '@opentelemetry/api';
import { Traced } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

// A process reports each fault once, so this is the only test of its file.

useTelemetry({ rethrowFaults: false });
afterAll(() => diag.disable());

test('a fault of a callback is reported once, however often it comes', async () => {
  const reported = jest.fn();
  const logger = { error: reported, warn() {}, info() {}, debug() {}, verbose() {} };
  diag.setLogger(logger, { suppressOverrideMessage: true });
  const fault = new Error('fault of the callback');
  const ask = Traced({
    result: () => {
      throw fault;
    },
  })(async () => 'answer');
  for (const _time of [1, 2, 3]) expect(await ask()).toBe('answer');
  expect(reported.mock.calls).toEqual([
    ['annotel: the result callback failed; the call itself is unaffected (reported once)', fault],
  ]);
});
