import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Destination } from '../../../../lib/sdk/export/destination.js';
import { listen } from '../../../support/sdk-stderr.js';

describe('Destination', () => {
  let said: string[];
  let there: Destination;

  beforeEach(() => {
    said = listen();
    there = new Destination('http://collector:4318', 'spooled in /spool');
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('says nothing while all is well', () => {
    there.recovered('traces');
    expect(said).toEqual([]);
  });

  it('says once that it is out, for all signals and failures, and once that it answers again', () => {
    for (const signal of ['traces', 'metrics', 'logs', 'traces'] as const) there.failing(signal, 'ECONNREFUSED');
    there.dropped('metrics', 1);
    there.delivered('traces', 5);
    there.recovered('traces');
    there.recovered('metrics');
    there.delivered('logs', 1);
    expect(said).toEqual([
      'annotel: cannot export traces to http://collector:4318 (ECONNREFUSED): all telemetry is spooled in /spool, until it answers',
    ]);
    there.recovered('logs');
    there.recovered('logs');
    expect(said.slice(1)).toEqual([
      'annotel: http://collector:4318 answers again; delivered late: 5 spans, 1 log record; dropped: 1 data point',
    ]);
  });

  it('speaks again for the next outage, and counts anew', () => {
    there.failing('traces', 'HTTP 503');
    there.delivered('traces', 5);
    there.recovered('traces');
    there.failing('traces', 'HTTP 502');
    there.recovered('traces');
    expect(said.slice(2)).toEqual([
      expect.stringMatching(/\(HTTP 502\)/),
      expect.stringMatching(/delivered late: nothing; dropped: nothing/),
    ]);
  });

  it('tells what an earlier process had left', () => {
    there.inherited();
    there.delivered('traces', 7);
    there.recovered('traces');
    expect(said).toEqual([
      'annotel: http://collector:4318 was sent what an earlier process had left in the spool: 7 spans',
    ]);
  });

  it('tells each refusal once, and no more of them than a reader can bear', () => {
    for (let n = 0; n < 100; n += 1) there.refused('logs', 1, `HTTP 400 ${n}`);
    there.refused('traces', 1, 'HTTP 400 0');
    expect(said).toHaveLength(20);
    expect(said[0]).toBe(
      'annotel: http://collector:4318 refuses logs (HTTP 400 0): 1 log record dropped, as will be all it refuses',
    );
  });

  it('says one sentence at the end, when its last courier has ended', () => {
    there.join();
    there.join();
    there.ending();
    there.failing('traces', 'ECONNREFUSED');
    there.left('traces', 12, 'no time');
    expect(said).toEqual([]);
    there.dropped('logs', 3);
    there.left('logs', 0);
    expect(said).toEqual([
      'annotel: cannot export telemetry to http://collector:4318 (ECONNREFUSED) before the end: 12 spans left in the spool for the next start; 3 log records dropped',
    ]);
  });

  it('says nothing at the end where nothing is left', () => {
    there.join();
    there.ending();
    there.left('traces', 0);
    expect(said).toEqual([]);
  });
});
