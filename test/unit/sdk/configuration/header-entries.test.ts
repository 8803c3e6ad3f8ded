import { validateHeaderName, validateHeaderValue } from 'node:http';
import { Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import {
  type HeaderCarrier,
  headerSentence,
  readHeaderEntries,
} from '../../../../lib/sdk/configuration/header-entries.js';

const isTaken = (attempt: () => void): boolean => {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
};
const sends: Readonly<Record<HeaderCarrier, (name: string, value: string) => boolean>> = {
  http: (name, value) =>
    isTaken(() => validateHeaderName(name)) && isTaken(() => validateHeaderValue(name === '' ? 'x' : name, value)),
  grpc: (name, value) => isTaken(() => new Metadata().set(name, value)),
};

describe('the variables of headers', () => {
  it.each<[what: string, text: string, headers: Record<string, string>]>([
    ['several', 'api-key=a, x-team = b ,', { 'api-key': 'a', 'x-team': 'b' }],
    ['encoded', 'Authorization=Basic%20YTpi,x%2Dteam=a%2Cb', { Authorization: 'Basic YTpi', 'x-team': 'a,b' }],
    ['= in a value', 'Authorization=Basic YTo=', { Authorization: 'Basic YTo=' }],
    ['Latin letters', 'x-name=Zoë', { 'x-name': 'Zoë' }],
    ['quotes within', 'x-tag=W/"1"', { 'x-tag': 'W/"1"' }],
    ['line ends around it', '\r\napi-key=a\r\n', { 'api-key': 'a' }],
    ['lines', 'api-key=a,\n  x-team=b', { 'api-key': 'a', 'x-team': 'b' }],
    ['nothing', ' , ', {}],
  ])('say without a word: %s', (_what, text, headers) => {
    expect(readHeaderEntries(text, 'http')).toEqual({ headers, problems: [] });
  });

  it.each<[text: string, headers: Record<string, string>, problem: RegExp]>([
    ['"api-key=k,x=1"', { 'api-key': 'k', x: '1' }, /^the quotes around it are not sent$/],
    ["'api-key=k'", { 'api-key': 'k' }, /^the quotes around it are not sent$/],
    ['"api-key=k","x=1"', { 'api-key': 'k', x: '1' }, /^api-key is sent without the quotes around it$/],
    ['x=1,api-key="k"', { x: '1', 'api-key': 'k' }, /^api-key is sent without the quotes around it$/],
    ['api-key=k%0A', { 'api-key': 'k' }, /^api-key is sent without the blanks or line breaks around it$/],
    ['api-key=k;x=1', { 'api-key': 'k' }, /^api-key is sent without what follows its ; /],
  ])('are mended where that can be done: %j', (text, headers, problem) => {
    const read = readHeaderEntries(text, 'http');
    expect(read.headers).toEqual(headers);
    expect(read.problems[0]).toMatch(problem);
  });

  it.each<[entry: string, problem: RegExp]>([
    ['api-key=k\rk', /^api-key .* a line break in its value$/],
    ['api-key=k%0Ak', /^api-key .* a line break in its value$/],
    ['api-key=ключ', /^api-key .* a value with a character that HTTP does not allow$/],
    ['api-key=50%zz', /^api-key .* a % that encodes nothing/],
    ['api-key=%E0%A4', /^api-key .* a % that encodes nothing/],
    ['api-key: k', /^api-key .* a colon in place of =$/],
    ['Authorization: Basic azprPQ==', /^Authorization .* a colon in place of =$/],
    ['api-key=', /^api-key .* no value$/],
    ['api-key=""', /^api-key .* no value$/],
    ['k', /^entry 2 of 3 .* no =$/],
    ['=k', /^entry 2 of 3 .* no name$/],
    ['api key=k', /^entry 2 of 3 .* a name with a character that HTTP does not allow$/],
    ['a;b=k', /^entry 2 of 3 .* no =$/],
  ])('are left out alone, and named: %j', (entry, problem) => {
    const { headers, problems } = readHeaderEntries(`x=1,${entry},y=2`, 'http');
    expect(headers).toEqual({ x: '1', y: '2' });
    expect(problems).toEqual([expect.stringMatching(problem)]);
  });

  it.each([
    's3cr3t',
    's3cr3t=',
    'c2VjcmV0=',
    'x y=s3cr3t',
    'api-key=s3cr3t\u2713',
    'api-key: s3cr3t',
    'a=s3cr3t%',
    '"s3cr3t',
  ])('repeat no key: %j', (text) => {
    const sentence = headerSentence('OTEL_EXPORTER_OTLP_HEADERS', readHeaderEntries(text, 'http').problems);
    expect(sentence).toMatch(/^OTEL_EXPORTER_OTLP_HEADERS: /);
    expect(sentence).not.toMatch(/s3cr3t|c2VjcmV0/);
  });

  it('are told in one sentence of bounded length', () => {
    const { problems } = readHeaderEntries('x,'.repeat(1000), 'http');
    expect(headerSentence('V', problems)).toMatch(/^V: entry 1 of 1000 .*; and 995 more \(allowed: name=value/);
    expect(headerSentence('V', [])).toBeUndefined();
  });

  // What OpenTelemetry's exporters do not send for a reason of their own.
  const blank = /^\s*$/;

  it.each<HeaderCarrier>(['http', 'grpc'])('are judged as %s does, character by character', (carrier) => {
    for (let code = 0; code <= 0x2ff; code += 1) {
      const character = String.fromCharCode(code);
      const encoded = encodeURIComponent(character);
      const value = readHeaderEntries(`x=a${encoded}b`, carrier).headers;
      expect([code, Object.values(value)]).toEqual([
        code,
        sends[carrier]('x', `a${character}b`) ? [`a${character}b`] : [],
      ]);
      if (blank.test(character)) continue;
      const name = readHeaderEntries(`${encoded}x=1`, carrier).headers;
      expect([code, Object.keys(name)]).toEqual([code, sends[carrier](`${character}x`, '1') ? [`${character}x`] : []]);
    }
  });

  it('know what gRPC keeps for bytes', () => {
    expect(readHeaderEntries('Trace-Bin=x', 'grpc')).toEqual({
      headers: {},
      problems: ['Trace-Bin is left out, as it has a name that ends with -bin, which gRPC allows for bytes only'],
    });
    expect(readHeaderEntries('trace-bin=x', 'http').problems).toEqual([]);
  });
});
