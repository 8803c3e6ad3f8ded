import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Environment } from '../../../../lib/sdk/configuration/environment.js';
import { environmentSettings } from '../../../../lib/sdk/configuration/environment-settings.js';
import { resolveOptions } from '../../../../lib/sdk/options.js';
import { forgetReported } from '../../../../lib/sdk/warnings.js';
import type { Settings } from '../../../../lib/settings.js';
import { listen } from '../../../support/sdk-stderr.js';

const CAPTURE = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';
const AZURE = 'AZURE_TRACING_GEN_AI_CONTENT_RECORDING_ENABLED';

describe('environmentSettings', () => {
  let said: string[];

  beforeEach(() => {
    forgetReported();
    said = listen();
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  const read = (variables: Record<string, string>) => environmentSettings(new Environment(variables));

  it.each<[Record<string, string>, Partial<Settings>]>([
    [{}, {}],
    [{ ANNOTEL_SEMCONV: 'both' }, { semconv: 'both' }],
    [{ OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: 'logs' }, { exceptionEvents: false }],
    [{ OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: 'logs/dup' }, { exceptionEvents: true }],
    [{ [CAPTURE]: 'NO_CONTENT' }, { content: 'NO_CONTENT' }],
    [{ [CAPTURE]: 'span_only' }, { content: 'SPAN_ONLY' }],
    [{ [CAPTURE]: ' Event_Only ' }, { content: 'EVENT_ONLY' }],
    [{ [CAPTURE]: 'SPAN_AND_EVENT' }, { content: 'SPAN_AND_EVENT' }],
    [{ [CAPTURE]: 'true' }, { content: 'SPAN_AND_EVENT' }],
    [{ [CAPTURE]: 'False' }, { content: 'NO_CONTENT' }],
    [{ [AZURE]: 'TRUE' }, { content: 'SPAN_AND_EVENT' }],
    [{ [AZURE]: 'false' }, {}],
    [{ [AZURE]: 'true', [CAPTURE]: 'false' }, { content: 'NO_CONTENT' }],
    [{ ANNOTEL_CONTENT_FIELDS: 'input, toolArguments' }, { contentFields: ['input', 'toolArguments'] }],
    [{ ANNOTEL_CONTENT_FIELDS: 'all' }, { contentFields: 'all' }],
    [{ ANNOTEL_CONTENT: 'full' }, { contentForm: 'full' }],
    [
      { ANNOTEL_CONTENT: 'Hash', ANNOTEL_CONTENT_KEY: 'k' },
      { contentForm: 'hash', contentKey: 'k' },
    ],
    [{ ANNOTEL_CONTENT: 'truncate:0500' }, { contentForm: 'truncate:500' }],
    [{ ANNOTEL_REDACT: 'email,JWT' }, { redact: ['email', 'jwt'] }],
    [{ ANNOTEL_REDACT: 'off' }, { redact: [] }],
    [
      { ANNOTEL_CURRENCY: 'gbp', ANNOTEL_CURRENCY_RATE: '0.79' },
      { currency: 'GBP', currencyRate: 0.79 },
    ],
  ])('%j', (variables, expected) => {
    expect(read(variables)).toEqual(expected);
    expect(said).toEqual([]);
  });

  it.each([
    [
      { ANNOTEL_CURRENCY: 'EUR' },
      'ANNOTEL_CURRENCY=EUR has no ANNOTEL_CURRENCY_RATE beside it; bundled prices stay in USD',
    ],
    [
      { ANNOTEL_CURRENCY_RATE: '0.9' },
      'ANNOTEL_CURRENCY_RATE has no ANNOTEL_CURRENCY other than USD beside it, and is ignored',
    ],
    [
      { ANNOTEL_CONTENT: 'hash' },
      'ANNOTEL_CONTENT=hash has no ANNOTEL_CONTENT_KEY beside it; the hashes of one text differ from process to process',
    ],
  ])('%j says only half', (variables, complaint) => {
    read(variables);
    expect(said).toEqual([`annotel: ${complaint}`]);
  });

  it.each<[string, string, Partial<Settings>, string]>([
    [CAPTURE, 'yes', {}, 'no_content, span_only, event_only, span_and_event, true, false); using NO_CONTENT'],
    [AZURE, '1', {}, 'true, false); using false'],
    [
      'ANNOTEL_CONTENT',
      'truncate:lots',
      {},
      'full, hash, truncate:N with N characters of at least 1); using truncate:8192',
    ],
    [
      'ANNOTEL_CONTENT',
      'truncate:0',
      {},
      'full, hash, truncate:N with N characters of at least 1); using truncate:8192',
    ],
    [
      'ANNOTEL_CONTENT_FIELDS',
      'prompts',
      { contentFields: [] },
      'input, output, system, tooldefinitions, toolarguments, toolresult, query, documents, feedback, all); using no fields',
    ],
    ['ANNOTEL_REDACT', 'names', {}, 'email, phone, card, iban, ssn, ip, secret, jwt, off); using all of them'],
    ['ANNOTEL_REDACT', 'off,email', { redact: ['email'] }, 'a list of sets, or off alone); using the sets'],
    ['ANNOTEL_CURRENCY', 'euro', {}, 'an ISO 4217 code such as EUR); using USD'],
    ['ANNOTEL_CURRENCY_RATE', '-1', {}, 'a number from 1e-9 to 1000000000); using 1'],
  ])('%s=%s costs one warning', (variable, value, expected, rest) => {
    expect(read({ [variable]: value })).toEqual(expected);
    expect(said).toEqual([`annotel: ${variable}="${value}" is not understood (allowed: ${rest}`]);
  });

  it('does not fall back on the variable of Azure where its own cannot be understood', () => {
    expect(read({ [CAPTURE]: 'nope', [AZURE]: 'true' })).toEqual({});
  });

  describe('ANNOTEL_PRICES', () => {
    let folder: string;

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'annotel-'));
    });

    afterEach(() => rmSync(folder, { recursive: true }));

    it('names a file of prices', () => {
      const file = join(folder, 'prices.json');
      writeFileSync(file, '{ "my-model": { "input": 1.5, "output": 6 } }');
      expect(read({ ANNOTEL_PRICES: file })).toEqual({ prices: { 'my-model': { input: 1.5, output: 6 } } });
      expect(said).toEqual([]);
    });

    it('keeps the prices that are right', () => {
      const file = join(folder, 'prices.json');
      writeFileSync(file, '{ "a": { "input": 1 }, "b": { "input": -1 } }');
      expect(read({ ANNOTEL_PRICES: file })).toEqual({ prices: { a: { input: 1 } } });
      expect(said).toEqual([expect.stringMatching(/ANNOTEL_PRICES=.*"b": input must be .*using the others/)]);
    });

    it.each([
      ['is missing', undefined, 'ENOENT'],
      ['is no JSON', 'my-model: 1', 'JSON'],
      ['holds no prices', '[1]', 'object'],
    ])('that %s costs one warning', (_, text, reason) => {
      const file = join(folder, 'prices.json');
      if (text !== undefined) writeFileSync(file, text);
      expect(read({ ANNOTEL_PRICES: file })).toEqual({});
      expect(said).toEqual([expect.stringMatching(new RegExp(`ANNOTEL_PRICES=.*${reason}.*using the bundled prices`))]);
    });
  });

  it('gives way to what code says, field by field', () => {
    const before = process.env;
    process.env = { [CAPTURE]: 'true', ANNOTEL_CONTENT: 'full' };
    const redactor = (text: string) => text;
    const { settings } = resolveOptions({ settings: { contentForm: 'hash', redactor, content: undefined } });
    process.env = before;
    expect(settings).toEqual({ content: 'SPAN_AND_EVENT', contentForm: 'hash', redactor });
  });
});
