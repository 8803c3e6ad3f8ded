import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ExportResult } from '@opentelemetry/core';
import { type Azure, createAzure } from '../../../../lib/sdk/azure/azure.js';
import {
  type Answer,
  type Ingestion,
  refuses,
  saysNothing,
  takesAll,
  takesNone,
} from '../../../support/azure-ingestion.js';
import { trusted } from '../../../support/azure-telemetry.js';
import { finished } from '../../../support/sdk-span.js';
import { listen } from '../../../support/sdk-stderr.js';

const CLOSED = 'InstrumentationKey=11111111-2222-3333-4444-555555555555;IngestionEndpoint=https://localhost:1';
const now = { 'retry-after': '0' };

describe('an export to Azure Monitor that', () => {
  let ingestion: Ingestion;
  let folder: string;
  let holding: NodeJS.Timeout;
  let said: string[];
  let azures: Azure[];

  beforeAll(async () => {
    ingestion = await trusted();
    // Nothing of the transport holds the process, so the test has to.
    holding = setInterval(() => {}, 1000);
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'annotel-spool-'));
    said = listen();
    azures = [];
  });
  afterEach(async () => {
    for (const azure of azures) azure.abandon();
    await Promise.all(azures.map(({ spanExporter }) => spanExporter.shutdown()));
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true });
    ingestion.reset();
  });
  afterAll(async () => {
    clearInterval(holding);
    await ingestion.close();
  });

  const azure = (options: { storageDirectory?: string; timeout?: number; connectionString?: string } = {}): Azure => {
    const made = createAzure({ connectionString: ingestion.connectionString, ...options });
    azures.push(made);
    return made;
  };
  /** Exports two spans; how often it was called back, and with what. */
  const exported = async ({
    spanExporter,
  }: Azure): Promise<{ calls: number; ok: boolean; why?: string; rejected?: number }> => {
    const results: ExportResult[] = [];
    await new Promise<void>((resolve) => {
      spanExporter.export([finished({ name: 'a' }), finished({ name: 'b', id: '2' })], (result) => {
        results.push(result);
        resolve();
      });
    });
    await new Promise(setImmediate);
    const [{ code, error }] = results as [ExportResult & { error?: Error & { rejected?: number } }];
    return {
      calls: results.length,
      ok: code === 0,
      ...(error && { why: error.message }),
      ...(error?.rejected !== undefined && { rejected: error.rejected }),
    };
  };
  const names = () => ingestion.batches.map((batch) => batch.map(({ data }) => data.baseData['name']).filter(Boolean));
  const inTurn = (...answers: Answer[]) => {
    ingestion.answer = (...args) => (answers.shift() ?? takesAll)(...args);
  };
  const stored = () =>
    readdirSync(folder, { recursive: true }).filter((file) => String(file).endsWith('.ai.json')).length;

  it.each([
    [400, 'HTTP 400'],
    [402, 'HTTP 402, the quota is used up'],
    [404, 'HTTP 404'],
    [439, 'HTTP 439, the quota is used up'],
  ])('is answered by %s fails once, at once', async (status, why) => {
    ingestion.answer = takesNone(status);
    expect(await exported(azure())).toEqual({ calls: 1, ok: false, why });
    expect(ingestion.requests).toHaveLength(1);
    expect(said).toEqual([]);
  });

  it.each([408, 429, 500, 502, 503, 504])('is answered by %s is made again', async (status) => {
    inTurn(takesNone(status, now), takesNone(status, now));
    expect(await exported(azure())).toEqual({ calls: 1, ok: true });
    expect(names()).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(said).toEqual([]);
  });

  it('is never taken fails after six attempts', async () => {
    ingestion.answer = takesNone(503, now);
    expect(await exported(azure())).toEqual({ calls: 1, ok: false, why: 'HTTP 503' });
    expect(ingestion.requests).toHaveLength(6);
    expect(said).toEqual([]);
  });

  it('is to wait for longer than it may take fails at once', async () => {
    ingestion.answer = takesNone(429, { 'retry-after': '3600' });
    expect(await exported(azure())).toEqual({ calls: 1, ok: false, why: 'HTTP 429' });
    expect(ingestion.requests).toHaveLength(1);
  });

  it('gets no answer fails in time', async () => {
    ingestion.answer = saysNothing;
    expect(await exported(azure({ timeout: 100 }))).toEqual({ calls: 1, ok: false, why: 'no answer within 100 ms' });
    expect(said).toEqual([]);
  });

  it('finds nobody listening fails, and says why', async () => {
    const made = azure({ connectionString: CLOSED });
    const result = exported(made);
    made.close();
    expect(await result).toEqual({ calls: 1, ok: false, why: 'ECONNREFUSED' });
    expect(said).toEqual([]);
  });

  it('waits for its next attempt makes it at the end of the process', async () => {
    inTurn(takesNone(503, { 'retry-after': '8' }));
    const made = azure();
    const result = exported(made);
    while (ingestion.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await made.spanExporter.shutdown();
    expect(await result).toEqual({ calls: 1, ok: true });
  });

  it('is under way when it is given up fails', async () => {
    ingestion.answer = saysNothing;
    const made = azure();
    const result = exported(made);
    while (ingestion.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    made.abandon();
    expect(await result).toEqual({ calls: 1, ok: false, why: 'telemetry is shutting down' });
  });

  it('is taken in part sends the rest again', async () => {
    inTurn(refuses({ index: 1, statusCode: 500, message: 'busy' }));
    expect(await exported(azure())).toEqual({ calls: 1, ok: true });
    expect(names()).toEqual([['a', 'b'], ['b']]);
  });

  it('is taken in part tells what was refused for good', async () => {
    inTurn(refuses({ index: 0, statusCode: 400, message: 'too long' }, { index: 1, statusCode: 429, message: 'busy' }));
    expect(await exported(azure())).toEqual({
      calls: 1,
      ok: false,
      why: '2 of 2 items refused, the first with 400: too long',
      rejected: 1,
    });
    expect(names()).toEqual([['a', 'b'], ['b']]);
  });

  it('comes after the end fails', async () => {
    const made = azure();
    await made.spanExporter.shutdown();
    expect(await exported(made)).toMatchObject({ calls: 1, ok: false });
    expect(ingestion.requests).toEqual([]);
  });

  it('cannot be read fails without taking the process with it', async () => {
    const broken = { ...finished(), kind: 99 as never };
    const result = await new Promise<ExportResult>((resolve) => azure().spanExporter.export([broken], resolve));
    expect(result).toMatchObject({ code: 1, error: { message: 'Unsupported span kind 99' } });
  });

  it('cannot be sent is stored where there is a place for it, and only there', async () => {
    ingestion.answer = takesNone(503);
    expect(await exported(azure({ storageDirectory: folder }))).toEqual({ calls: 1, ok: true });
    expect([ingestion.requests.length, stored()]).toEqual([1, 1]);
    ingestion.answer = saysNothing;
    expect(await exported(azure({ storageDirectory: folder, timeout: 100 }))).toEqual({ calls: 1, ok: true });
    ingestion.answer = takesNone(439);
    expect(await exported(azure({ storageDirectory: folder }))).toEqual({ calls: 1, ok: true });
    expect(stored()).toBe(3);
    ingestion.answer = takesNone(400);
    expect(await exported(azure({ storageDirectory: folder }))).toMatchObject({ ok: false, why: 'HTTP 400' });
    expect([stored(), said]).toEqual([3, []]);
  });

  it('is taken in part stores the rest, and tells what was refused for good', async () => {
    inTurn(refuses({ index: 0, statusCode: 400, message: 'too long' }, { index: 1, statusCode: 500, message: 'busy' }));
    expect(await exported(azure({ storageDirectory: folder }))).toMatchObject({ calls: 1, ok: false, rejected: 1 });
    expect(stored()).toBe(1);
  });
});
