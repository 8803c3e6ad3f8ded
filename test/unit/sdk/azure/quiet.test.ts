import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Azure, createAzure } from '../../../../lib/sdk/azure/azure.js';
import type { Ingestion } from '../../../support/azure-ingestion.js';
import { trusted } from '../../../support/azure-telemetry.js';
import { finished } from '../../../support/sdk-span.js';

describe('the package of the exporters', () => {
  let ingestion: Ingestion;
  let azure: Azure;
  const asked = new Set<string>();
  const note = (message: unknown) => {
    asked.add((message as { request: ClientRequest }).request.host);
  };

  beforeEach(async () => {
    ingestion = await trusted();
    asked.clear();
    subscribe('http.client.request.created', note);
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  });
  afterEach(async () => {
    jest.useRealTimers();
    unsubscribe('http.client.request.created', note);
    await azure.spanExporter.shutdown();
    await ingestion.close();
  });

  it('talks to the ingestion endpoint and to nobody else, within a day', async () => {
    azure = createAzure({ connectionString: ingestion.connectionString });
    await new Promise((resolve) => azure.spanExporter.export([finished()], resolve));
    for (let hour = 0; hour < 25; hour += 1) {
      jest.advanceTimersByTime(3_600_000);
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    }
    expect([...asked]).toEqual(['localhost']);
    expect(ingestion.batches).toHaveLength(1);
  });
});
