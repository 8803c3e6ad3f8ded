import { expect, test } from '@jest/globals';
import { Traced, Untraced } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();
const names = () => telemetry.spans.map(({ name }) => name);

@Traced()
class Health {
  @Untraced()
  ping(): string {
    return 'pong';
  }
  check(): string {
    return this.ping();
  }
}

test('a method of a traced class is left out', () => {
  expect(new Health().check()).toBe('pong');
  expect(names()).toEqual(['Health.check']);
});

test('the method itself stays the very same function', () => {
  const ping = () => 'pong';
  expect(Untraced()(ping)).toBe(ping);
});

test('a method that says it is traced, is', () => {
  class Both {
    @Traced()
    @Untraced()
    inside(): void {}
  }
  new Both().inside();
  expect(names()).toEqual(['Both.inside']);
});
