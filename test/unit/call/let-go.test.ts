import { expect, test } from '@jest/globals';
import { Traced } from '../../../lib/index.js';
import { collectUntil } from '../../support/garbage.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();
const CALLS = 200;

test.each<[string, () => unknown]>([
  ['has ended by then', () => {}],
  ['ends later', () => new Promise((resolve) => setImmediate(() => setImmediate(resolve, 0)))],
])(
  'a call that sets up the next one again and again, and %s, is let go of with what it was given',
  async (_when, work) => {
    let made = 0;
    let gone = 0;
    const registry = new FinalizationRegistry(() => (gone += 1));
    // What lives on holds the context of the last call.
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((done) => {
      const tick = Traced()(async (told: object) => {
        registry.register(told, undefined);
        made += 1;
        if (made === CALLS) {
          timer = setInterval(() => {}, 60_000);
          return done();
        }
        setImmediate(() => tick({}));
        await work();
      });
      tick({});
    });
    telemetry.captured.reset();
    let rounds = 0;
    await collectUntil(() => CALLS - gone < 5 || ++rounds > 10);
    expect(CALLS - gone).toBeLessThan(5);
    clearInterval(timer);
  },
  20_000,
);
