import { describe, expect, it } from '@jest/globals';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { Cleaner } from '../../../../lib/privacy/cleaning/cleaner.js';
import { CleanedSpan } from '../../../../lib/sdk/processors/cleaned-span.js';
import { finished } from '../../../support/sdk-span.js';

const span = finished({ name: 'GET /?token=a', attributes: { 'url.query': 'token=a' }, error: 'of ann@example.com' });
const outgoing = (cleaner = new Cleaner([]), verdict = {}) => new CleanedSpan(span, cleaner, verdict);
const CLEANED = {
  name: 'GET /?token=[SECRET]',
  attributes: { 'url.query': 'token=[SECRET]' },
  status: { code: 2, message: 'of [EMAIL]' },
};

describe('CleanedSpan', () => {
  it.each<[how: string, read: (span: ReadableSpan) => ReadableSpan]>([
    ['as it is', (one) => one],
    ['when it is spread', (one) => ({ ...one })],
    ['when it is assigned', (one) => Object.assign({}, one)],
    ['when it is inherited from', (one) => Object.create(one)],
    ['through a proxy', (one) => new Proxy(one, {})],
  ])('reads cleaned %s', (_how, read) => {
    const one = read(outgoing());
    expect({ name: one.name, attributes: one.attributes, status: one.status }).toEqual(CLEANED);
    expect(one.spanContext()).toEqual(span.spanContext());
    expect(one.resource).toBe(span.resource);
    expect(one.duration).toEqual(span.duration);
  });

  it('shows the secret to nobody who prints it', () => {
    expect(JSON.stringify(outgoing())).not.toContain('ann@example.com');
  });

  it('can be changed as other spans can, and the span itself stays as it is', () => {
    const one = outgoing();
    one.name = 'renamed';
    one.attributes['more'] = 1;
    one.status = { code: 0 };
    expect(one).toMatchObject({ name: 'renamed', attributes: { more: 1 }, status: { code: 0 } });
    expect(span).toMatchObject({ name: 'GET /?token=a', status: { message: 'of ann@example.com' } });
    expect(span.attributes).toEqual({ 'url.query': 'token=a' });
  });

  it('drops what tells of its sampling, too', () => {
    const verdict = { weight: 4, kept: 'error' } as const;
    expect(outgoing(new Cleaner(['annotel.*']), verdict).attributes).toEqual(CLEANED.attributes);
    expect(outgoing(new Cleaner([]), verdict).attributes).toEqual({
      ...CLEANED.attributes,
      'annotel.sampling.weight': 4,
      'annotel.sampling.kept': 'error',
    });
  });
});
