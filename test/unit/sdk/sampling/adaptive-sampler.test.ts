import { describe, expect, test } from '@jest/globals';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import { AdaptiveSampler } from '../../../../lib/sdk/sampling/adaptive-sampler.js';
import { probabilityOf, thresholdIn } from '../../../../lib/sdk/sampling/threshold.js';
import { random, seededIds } from './tail-service.js';

const { log } = Math;

/** A sampler under a simulated load. */
function underLoad(tracesPerSecond: number, seed = 1) {
  let seconds = 1000;
  const sampler = new AdaptiveSampler(tracesPerSecond, () => seconds * 1000);
  const ids = seededIds(seed);
  const next = random(seed + 1);
  return {
    /** So many traces a second at random moments, for so long. */
    run(rate: number, duration: number): { sampled: number; weights: number; asked: number } {
      const end = seconds + duration;
      let [sampled, weights, asked] = [0, 0, 0];
      for (;;) {
        seconds += -log(1 - next()) / rate;
        if (seconds > end) break;
        asked += 1;
        const { decision, traceState } = sampler.shouldSample(ROOT_CONTEXT, ids.generateTraceId());
        if (decision !== SamplingDecision.RECORD_AND_SAMPLED) continue;
        sampled += 1;
        weights += 1 / probabilityOf(thresholdIn(traceState) as string);
      }
      seconds = end;
      return { sampled, weights, asked };
    },
    wait(duration: number) {
      seconds += duration;
    },
    sampler,
  };
}

describe('AdaptiveSampler', () => {
  test.each([
    { target: 10, rate: 300, duration: 100 },
    { target: 10, rate: 50, duration: 100 },
    { target: 0.1, rate: 5, duration: 8000 },
    { target: 0.1, rate: 1, duration: 10_000 },
    { target: 1000, rate: 3000, duration: 6 },
    { target: 1, rate: 60, duration: 700 },
  ])('samples $target a second of a steady $rate a second', ({ target, rate, duration }) => {
    const load = underLoad(target);
    load.run(rate, Math.max(8, 16 / target));
    const { sampled, weights, asked } = load.run(rate, duration);
    expect(sampled / duration).toBeGreaterThan(target * 0.9);
    expect(sampled / duration).toBeLessThan(target * 1.1);
    // The weights stand for all: within four standard deviations.
    expect(Math.abs(weights / asked - 1)).toBeLessThan(4 / Math.sqrt(sampled));
  });

  test.each([
    { target: 10, rate: 3 },
    { target: 0.1, rate: 0.03 },
    { target: 1e6, rate: 2000 },
  ])('samples (nearly) all of $rate a second where $target are wanted', ({ target, rate }) => {
    const load = underLoad(target);
    load.run(rate, 100 / rate);
    const { sampled, asked, weights } = load.run(rate, 1500 / rate);
    expect(sampled / asked).toBeGreaterThan(0.95);
    expect(Math.abs(weights / asked - 1)).toBeLessThan(0.05);
  });

  test.each([
    // Traces that get through while the ratio follows, besides the target.
    { target: 10, before: 10, rate: 5000, most: 30 },
    { target: 10, before: 100, rate: 5000, most: 30 },
    { target: 0.1, before: 0.05, rate: 5000, most: 30 },
    { target: 100, before: 10, rate: 8000, most: 150 },
    { target: 1, before: 1, rate: 100, most: 30 },
  ])(
    'a jump from $before to $rate a second lets no more than $most through beside $target',
    ({ target, before, rate, most }) => {
      for (let seed = 1; seed <= 3; seed += 1) {
        const load = underLoad(target, seed);
        load.run(before, 200 / before);
        const first = load.run(rate, 1);
        expect(first.sampled).toBeLessThan(target + most);
        expect(load.run(rate, 1).sampled).toBeLessThan(target * 1.35 + 20);
      }
    },
  );

  test('a burst at the very start is bounded too, and still represented', () => {
    let weights = 0;
    for (let seed = 1; seed <= 20; seed += 1) {
      const burst = underLoad(10, seed).run(2000, 1);
      expect(burst.sampled).toBeLessThan(120);
      weights += burst.weights / burst.asked / 20;
    }
    expect(weights).toBeGreaterThan(0.8);
    expect(weights).toBeLessThan(1.2);
  });

  test('after a fall the ratio rises within seconds, and to all of it within a minute', () => {
    const load = underLoad(10);
    load.run(1000, 30);
    load.run(8, 4);
    const soon = load.run(8, 5);
    expect(soon.sampled / soon.asked).toBeGreaterThan(0.15);
    load.run(5, 30);
    const later = load.run(5, 100);
    expect(later.sampled / later.asked).toBeGreaterThan(0.95);
  });

  test('after idling the first trace is sampled for certain', () => {
    const load = underLoad(0.1);
    load.run(500, 20);
    load.wait(24 * 3600);
    const { decision, traceState } = load.sampler.shouldSample(ROOT_CONTEXT, `${'0'.repeat(31)}1`);
    expect(decision).toBe(SamplingDecision.RECORD_AND_SAMPLED);
    expect(traceState?.serialize()).toBe('ot=th:0');
  });

  test('a clock that is set back does no harm', () => {
    let now = 1e9;
    const sampler = new AdaptiveSampler(10, () => now);
    const ids = seededIds(3);
    let sampled = 0;
    for (let count = 0; count < 5000; count += 1) {
      now += count % 2 ? 10 : -9;
      if (sampler.shouldSample(ROOT_CONTEXT, ids.generateTraceId()).decision === SamplingDecision.RECORD_AND_SAMPLED)
        sampled += 1;
    }
    expect(sampled).toBeGreaterThan(20);
    expect(sampled).toBeLessThan(200);
  });

  test('its ratio does not depend on the trace that it decides', () => {
    const probabilities = (lastDigits: string) => {
      let now = 0;
      const sampler = new AdaptiveSampler(5, () => now);
      return Array.from({ length: 400 }, (_, count) => {
        now += 3;
        const { traceState } = sampler.shouldSample(ROOT_CONTEXT, `${count % 7}`.repeat(18) + lastDigits);
        return thresholdIn(traceState);
      });
    };
    const decided = probabilities('ffffffffffffff');
    expect(decided).not.toContain(undefined);
    expect(new Set(decided).size).toBeGreaterThan(50);
  });
});
