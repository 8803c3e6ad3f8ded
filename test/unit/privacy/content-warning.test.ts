import { afterEach, expect, test } from '@jest/globals';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { capture, warnOfCapture } from '../../../lib/privacy/content.js';
import { configure } from '../../../lib/settings.js';
import { useTelemetry } from '../../support/telemetry.js';

useTelemetry();

afterEach(() => diag.disable());

test('an app that turns capture on is told so, once', () => {
  const said: string[] = [];
  const logger = { error() {}, info() {}, debug() {}, verbose() {}, warn: (message: string) => said.push(message) };
  diag.setLogger(logger, DiagLogLevel.WARN);
  warnOfCapture();
  capture('input', 'hello');
  expect(said).toEqual([]);

  configure({ content: 'SPAN_ONLY' });
  capture('input', 'hello');
  capture('output', 'hello');
  warnOfCapture();
  expect(said).toEqual([
    'annotel: prompts, answers and tool data are recorded in telemetry (content capture is on); they may hold personal data and secrets that redaction does not know',
  ]);
});
