import { describe, expect, jest, test } from '@jest/globals';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { AlwaysOnSampler } from '@opentelemetry/sdk-trace';
import { fail, TailService } from './tail-service.js';

const SLOW = { errors: true, slowerThan: 1000, costlierThan: undefined };

describe('limits', () => {
  test('of age: what meets no rule by then is dropped, with all that ends later', () => {
    const service = new TailService({ maxAge: 1000 });
    const root = service.start('root');
    service.start('child', root).end();
    service.time = 999;
    service.tail.flush();
    expect(service.tail.counters().waiting.traces).toBe(1);
    service.time = 1000;
    service.tail.flush();
    fail(root);
    root.end();
    expect(service.names).toEqual([]);
    expect(service.tail.counters()).toMatchObject({
      traces: { too_old: 1, error: 0 },
      spans: { too_old: 2 },
      missed: 1,
      waiting: { traces: 0, spans: 0 },
    });
  });

  test('of age: what errs or is slow by then is kept, and so is all that ends later', () => {
    const service = new TailService({ keep: SLOW, maxAge: 10 });
    const slow = service.start('slow');
    service.time = 1000;
    service.tail.flush();
    expect(service.tail.counters().waiting.traces).toBe(1);
    service.time = 1101;
    // The next one that begins has a look, too.
    const next = service.start('next');
    expect(service.tail.counters()).toMatchObject({ traces: { slow: 1 }, waiting: { traces: 1 } });
    service.start('child', slow).end();
    slow.end();
    expect(service.names).toEqual(['child', 'slow']);
    expect(service.delivered[1]?.verdict.kept).toBe('slow');
    next.end();
  });

  test('of age: they are looked at while nothing happens', () => {
    jest.useFakeTimers();
    try {
      const service = new TailService({ maxAge: 1000, now: () => performance.now() });
      const root = service.start('root');
      const child = service.start('child', root);
      fail(child);
      child.end();
      jest.advanceTimersByTime(1300);
      expect(service.names).toEqual(['child']);
      service.tail.close();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  test('of traces: the oldest is decided as it stands', () => {
    const service = new TailService({ maxTraces: 2 });
    const failing = service.start('failing');
    const child = service.start('child', failing);
    fail(child);
    child.end();
    const fine = service.start('fine');
    const third = service.start('third');
    expect(service.names).toEqual(['child']);
    const fourth = service.start('fourth');
    for (const span of [fine, third, fourth, failing]) {
      fail(span);
      span.end();
    }
    expect(service.names).toEqual(['child', 'third', 'fourth', 'failing']);
    expect(service.tail.counters()).toMatchObject({ traces: { error: 3, no_room: 1 }, missed: 1 });
  });

  test('of spans: the oldest are decided until there is room', () => {
    const service = new TailService({ maxSpans: 4 });
    const roots = [service.start('0'), service.start('1')];
    const children = [service.start('0/0', roots[0]), service.start('1/0', roots[1])];
    service.start('1/1', roots[1]);
    expect(service.tail.counters()).toMatchObject({ traces: { no_room: 1 }, waiting: { traces: 1, spans: 3 } });
    for (const span of [...children, ...roots]) {
      fail(span);
      span.end();
    }
    service.tail.close();
    expect(service.names).toEqual(['1/0', '1']);
  });

  test('of spans, reached by one trace alone: it is decided', () => {
    const service = new TailService({ maxSpans: 3 });
    const root = service.start('root');
    fail(root);
    for (let count = 0; count < 10; count += 1) service.start('child', root).end();
    expect(service.tail.counters().waiting.spans).toBeLessThanOrEqual(3);
    root.end();
    expect(service.names).toEqual([]);
    expect(service.tail.counters()).toMatchObject({ traces: { no_room: 1 }, spans: { no_room: 11 }, missed: 1 });
  });

  test('of spans of one trace: what starts beyond is left out with all below it, and still tells of errors', () => {
    const service = new TailService({ maxSpansPerTrace: 3 });
    const root = service.start('root');
    const a = service.start('a', root);
    const b = service.start('b', root);
    const out = service.start('out', a);
    a.end();
    b.end();
    const below = service.start('below', out);
    out.end();
    root.end();
    fail(below);
    expect(service.names).toEqual([]);
    below.end();
    expect(service.delivered.map(({ span, verdict }) => [span.name, verdict])).toEqual([
      ['a', { threshold: '0' }],
      ['b', { threshold: '0' }],
      ['root', { threshold: '0', kept: 'error', leftOut: 2 }],
    ]);
    service.start('late', out).end();
    service.start('late, of one that is in', a).end();
    expect(service.names.slice(3)).toEqual(['late, of one that is in']);
    expect(service.tail.counters()).toMatchObject({ traces: { error: 1 }, spans: { error: 4, no_room: 3 } });
  });
});

describe('close', () => {
  test('decides everything as it stands, and may come twice', () => {
    const service = new TailService();
    const failing = service.start('failing');
    const failed = service.start('failed', failing);
    fail(failed);
    failed.end();
    service.start('child', service.start('fine')).end();
    service.tail.close();
    service.tail.close();
    expect(service.names).toEqual(['failed']);
    failing.end();
    expect(service.names).toEqual(['failed', 'failing']);
    expect(service.tail.counters()).toMatchObject({
      traces: { error: 1, too_old: 1 },
      waiting: { traces: 0, spans: 0 },
    });
  });

  test('lets what is sampled pass as before', () => {
    const service = new TailService({ custom: new AlwaysOnSampler() });
    service.tail.close();
    service.start('root', ROOT_CONTEXT).end();
    expect(service.names).toEqual(['root']);
  });
});
