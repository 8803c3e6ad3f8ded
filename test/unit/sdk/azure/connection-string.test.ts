import { describe, expect, it } from '@jest/globals';
import { createAzure } from '../../../../lib/sdk/azure/azure.js';
import { ingestionEndpoint, normalized } from '../../../../lib/sdk/azure/connection-string.js';

const KEY = '11111111-2222-3333-4444-555555555555';

describe('a connection string', () => {
  it.each([
    [`InstrumentationKey=${KEY}`, 'https://dc.services.visualstudio.com'],
    [
      `InstrumentationKey=${KEY};IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/;`,
      'https://westeurope-5.in.applicationinsights.azure.com',
    ],
    [` instrumentationkey = ${KEY} ; INGESTIONENDPOINT = https://localhost:8443 `, 'https://localhost:8443'],
    [
      `InstrumentationKey=${KEY};EndpointSuffix=applicationinsights.us;Location=east`,
      'https://east.dc.applicationinsights.us',
    ],
    [`InstrumentationKey=${KEY};EndpointSuffix=applicationinsights.us`, 'https://dc.applicationinsights.us'],
  ])('%s leads to %s', (text, endpoint) => {
    expect(ingestionEndpoint(text)).toBe(endpoint);
  });

  it.each([
    ['', 'APPLICATIONINSIGHTS_CONNECTION_STRING holds no InstrumentationKey'],
    [KEY, 'APPLICATIONINSIGHTS_CONNECTION_STRING is no list of Key=Value pairs separated by semicolons'],
    [
      `InstrumentationKey=${KEY}=x`,
      'APPLICATIONINSIGHTS_CONNECTION_STRING is no list of Key=Value pairs separated by semicolons',
    ],
    [`=${KEY}`, 'APPLICATIONINSIGHTS_CONNECTION_STRING is no list of Key=Value pairs separated by semicolons'],
    ['IngestionEndpoint=https://x', 'APPLICATIONINSIGHTS_CONNECTION_STRING holds no InstrumentationKey'],
    ['InstrumentationKey=', 'APPLICATIONINSIGHTS_CONNECTION_STRING holds no InstrumentationKey'],
    [
      'InstrumentationKey=secret',
      'the InstrumentationKey in APPLICATIONINSIGHTS_CONNECTION_STRING is no UUID in lower case',
    ],
    [
      `InstrumentationKey=${KEY.toUpperCase().replace(/1/g, 'A')}`,
      'the InstrumentationKey in APPLICATIONINSIGHTS_CONNECTION_STRING is no UUID in lower case',
    ],
    [
      `InstrumentationKey=${KEY};IngestionEndpoint=nowhere`,
      'the endpoint in APPLICATIONINSIGHTS_CONNECTION_STRING is no URL',
    ],
    [
      `InstrumentationKey=${KEY};IngestionEndpoint=http://localhost`,
      'the endpoint in APPLICATIONINSIGHTS_CONNECTION_STRING does not begin with https://',
    ],
    [`InstrumentationKey=${KEY};EndpointSuffix=a b`, 'the endpoint in APPLICATIONINSIGHTS_CONNECTION_STRING is no URL'],
  ])('%j is refused, without its key in the sentence', (connectionString, sentence) => {
    expect(() => createAzure({ connectionString })).toThrow(new Error(sentence));
  });

  it('is handed on as the exporter understands it', () => {
    expect(normalized(` InstrumentationKey = ${KEY} ;; IngestionEndpoint=https://x/ ;`)).toBe(
      `InstrumentationKey=${KEY};IngestionEndpoint=https://x/`,
    );
  });
});
