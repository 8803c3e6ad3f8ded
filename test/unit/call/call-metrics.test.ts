import { expect, test } from '@jest/globals';
import { Traced } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

test('where what is called has ever new names, the number of series stays bounded, and every call is counted', async () => {
  const known = Traced()(function known() {});
  for (let index = 0; index < 3000; index++) Traced(`call ${index}`)(() => {})();
  known();
  known();
  const points = await telemetry.points('annotel.calls');
  expect(points.length).toBeLessThan(2000);
  expect(points.reduce((sum, { value = 0 }) => sum + value, 0)).toBe(3002);
  expect(points.find(({ attributes }) => attributes['code.function.name'] === '_other')?.value).toBe(1202);
  expect(points.some(({ attributes }) => 'otel.metric.overflow' in attributes)).toBe(false);
});
