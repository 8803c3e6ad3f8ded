import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Ingestion, saysNothing, takesNone } from '../../../support/azure-ingestion.js';
import { type Ended, run } from '../../../support/sdk-child.js';

const APP = join(import.meta.dirname, '../../../support/azure-app.mjs');
/** A host that swallows packets, by the block of addresses that is kept for documentation. */
const NOWHERE = 'InstrumentationKey=11111111-2222-3333-4444-555555555555;IngestionEndpoint=https://192.0.2.1';

describe('a process that exports to Azure Monitor', () => {
  let ingestion: Ingestion;

  beforeEach(async () => {
    ingestion = await Ingestion.start();
  });
  afterEach(async () => {
    await ingestion.close();
  });

  const app = (environment: Record<string, string> = {}): Promise<Ended> =>
    run(['--experimental-transform-types', '--disable-warning=ExperimentalWarning', APP], {
      CONNECTION: ingestion.connectionString,
      NODE_EXTRA_CA_CERTS: ingestion.certificateFile,
      ...environment,
    });

  it.each([
    ['says nothing', {}, saysNothing],
    ['swallows packets', { CONNECTION: NOWHERE }, saysNothing],
  ])('ends when its work is done, where the endpoint %s', async (_what, environment, answer) => {
    ingestion.answer = answer;
    const { code, stdout, stderr } = await app(environment);
    // Had it been held until the export gave up, there would be a result.
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'done\n', stderr: '' });
  });

  it('does not wait for as long as the endpoint asks it to', async () => {
    ingestion.answer = takesNone(429, { 'retry-after': '3600' });
    const { code, stdout, stderr } = await app({ WAIT: '1' });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'done\nresult 1\n', stderr: '' });
  });

  it('gets everything through where it waits for it', async () => {
    const { code, stdout, stderr } = await app({ WAIT: '1' });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'done\nresult 0\n', stderr: '' });
    expect(ingestion.data('RemoteDependencyData')).toMatchObject([{ name: 'work' }]);
  });
});
