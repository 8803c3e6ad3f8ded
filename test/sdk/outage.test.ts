import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Destination } from '../../lib/sdk/outage.js';
import { listen } from '../support/sdk-stderr.js';

describe('Destination', () => {
  let said: string[];
  let now = 0;

  beforeEach(() => {
    said = listen();
    now = 0;
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const collector = () => new Destination('http://collector:4318', () => now);

  it('says nothing while all is well', () => {
    collector().delivered('traces');
    expect(said).toEqual([]);
  });

  it('says once that it is out, for all signals and failures', () => {
    const destination = collector();
    for (const signal of ['traces', 'metrics', 'logs', 'traces'] as const)
      destination.failed(signal, { things: 2 }, 'ECONNREFUSED');
    expect(said).toEqual([
      'annotel: cannot export traces to http://collector:4318 (ECONNREFUSED): 2 things dropped, and so is all telemetry until it answers',
    ]);
  });

  it('says once that it answers again, and what was lost', () => {
    const destination = collector();
    destination.failed('traces', { spans: 5 }, 'HTTP 503');
    destination.failed('logs', { 'log records': 1 }, 'HTTP 503');
    destination.failed('traces', { spans: 2 }, 'HTTP 503');
    destination.delivered('logs');
    expect(said).toHaveLength(1);
    destination.delivered('traces');
    destination.delivered('traces');
    expect(said.slice(1)).toEqual([
      'annotel: http://collector:4318 answers again; dropped in the meantime: 7 spans, 1 log record',
    ]);
  });

  it('speaks again for the next outage, and counts anew', () => {
    const destination = collector();
    destination.failed('traces', { spans: 5 }, 'HTTP 503');
    destination.delivered('traces');
    destination.failed('traces', { spans: 1 }, 'HTTP 500');
    expect(said[2]).toMatch(/\(HTTP 500\): 1 span dropped/);
  });

  it('keeps one outage while a signal goes on failing beside one that is delivered', () => {
    const destination = collector();
    for (let round = 0; round < 10; round += 1) {
      now += 60_000;
      destination.failed('logs', { 'log records': 1 }, 'HTTP 404');
      destination.delivered('traces');
    }
    expect(said).toHaveLength(1);
  });

  it('does not wait for ever for a signal that has nothing more to send', () => {
    const destination = collector();
    destination.failed('logs', { 'log records': 1 }, 'ECONNREFUSED');
    destination.failed('traces', { spans: 1 }, 'ECONNREFUSED');
    now = 200_000;
    destination.delivered('traces');
    expect(said[1]).toMatch(/answers again/);
  });
});
