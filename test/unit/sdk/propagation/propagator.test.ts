import type { RequestOptions } from 'node:http';
import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  baggageEntryMetadataFromString,
  type Context,
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  type Span,
  trace,
} from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { carrierVia } from '../../../../lib/context/carriers.js';
import { requestContext, withRequestContext } from '../../../../lib/index.js';
import { createPropagator, type PropagatorName } from '../../../../lib/sdk/propagation/propagator.js';
import { noteHttpRequest, noteUndiciRequest } from '../../../../lib/sdk/propagation/request-peers.js';
import { useTelemetry } from '../../../support/telemetry.js';

useTelemetry();

const SPAN_CONTEXT = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const HOSTS = ['*.internal', 'proxy.example:3128', 'localhost'];

let parent: Context;
beforeEach(() => {
  const traced = trace.setSpanContext(ROOT_CONTEXT, SPAN_CONTEXT);
  const app = propagation.createBaggage({ plan: { value: 'gold' } });
  parent = propagation.setBaggage(within({ tenantId: 'acme', userId: 'u 1' }, traced), app);
});
const SENT = 'annotel.tenant.id=acme,user.id=u%201,plan=gold';

const within = (values: object, outer: Context = ROOT_CONTEXT): Context =>
  context.with(outer, () => withRequestContext(values, () => context.active()));

const propagator = (propagators: PropagatorName[] = ['tracecontext', 'baggage'], hosts = HOSTS) =>
  createPropagator({ propagators, hosts });
const injected = (carrier: object, from: Context = parent, by = propagator()): Record<string, unknown> => {
  by.inject(from, carrier, defaultTextMapSetter);
  return carrier as Record<string, unknown>;
};
const extracted = (carrier: object, by = propagator()): Context =>
  by.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
const told = (from: Context) => ({
  context: context.with(from, requestContext),
  baggage: Object.fromEntries(
    propagation
      .getBaggage(from)
      ?.getAllEntries()
      .map(([name, { value }]) => [name, value]) ?? [],
  ),
});
const NOTHING = { context: {}, baggage: {} };

/** What the http instrumentation does with an outgoing request. */
const httpHeaders = (options: RequestOptions): Record<string, unknown> => {
  noteHttpRequest(options);
  options.headers = { ...options.headers };
  return injected(options.headers);
};
/** What the undici instrumentation does with one. */
const undiciHeaders = (request: Parameters<typeof noteUndiciRequest>[1]): Record<string, unknown> => {
  const span = trace.wrapSpanContext(SPAN_CONTEXT);
  noteUndiciRequest(span, request);
  return injected({}, trace.setSpan(parent, span));
};

describe('baggage goes out', () => {
  test.each<[where: string, options: RequestOptions]>([
    ['to a host of the list', { hostname: 'answers.internal' }],
    ['to the hostname, which Node prefers to the host', { hostname: 'answers.internal', host: 'evil.example' }],
    ['to a host without a name, which is this one', {}],
    ['whatever else the request has', { host: 'a.internal.', port: 8080, headers: { Host: 'b.internal', a: 'b' } }],
    [
      'through a proxy that is on the list as well',
      { host: 'proxy.example', port: '3128', path: 'http://a.internal/' },
    ],
  ])('%s', (_where, options) => {
    expect(httpHeaders(options)).toMatchObject({ baggage: SENT, traceparent: TRACEPARENT });
  });

  test.each<[where: string, options: RequestOptions]>([
    ['to another', { hostname: 'api.openai.com' }],
    ['to the host of a hostname that is no text', { hostname: '', host: 'api.openai.com' }],
    ['to a socket in the file system', { socketPath: '/run/proxy.sock', host: 'localhost' }],
    ['to another through a proxy', { host: 'proxy.example', port: 3128, path: 'HTTP://api.openai.com/v1' }],
    ['to no URL through a proxy', { host: 'proxy.example', port: 3128, path: 'http://[/v1' }],
    ['through a proxy that is not on the list', { host: 'proxy.example', port: 80, path: 'http://a.internal/' }],
    [
      'to another through a gateway that goes by the header',
      { host: 'localhost', headers: { HOST: 'api.openai.com' } },
    ],
    ['to a port that is not on the list', { host: 'proxy.example', agent: { defaultPort: 80 } as never }],
  ])('not %s', (_where, options) => {
    const own = options.headers;
    expect(httpHeaders(options)).toEqual({ ...own, traceparent: TRACEPARENT });
  });

  test.each([
    [{ origin: 'http://answers.internal:8080', path: '/' }, SENT],
    [{ origin: 'http://localhost', path: '/', host: 'answers.internal' }, SENT],
    [{ origin: 'http://proxy.example:3128', path: 'http://answers.internal/' }, SENT],
    [{ origin: 'https://api.openai.com', path: '/' }, undefined],
    [{ origin: 'http://localhost', path: '/', host: 'api.openai.com' }, undefined],
    [{ origin: 'http://answers.internal@api.openai.com', path: '/' }, undefined],
    [{ origin: 'http://proxy.example:3128', path: 'http://api.openai.com/' }, undefined],
    [{ origin: '', path: '/' }, undefined],
  ])('by undici: %j', (request, baggage) => {
    expect(undiciHeaders(request)).toEqual({ traceparent: TRACEPARENT, ...(baggage && { baggage }) });
  });

  test('not from what is not traced on purpose', () => {
    expect(injected(carrierVia('localhost', {}), suppressTracing(parent))).toEqual({});
  });

  test('without a trace, too', () => {
    expect(injected(carrierVia('localhost', {}), within({ tenantId: 'acme' }))).toEqual({
      baggage: 'annotel.tenant.id=acme',
    });
  });
});

describe('what a hook has told counts', () => {
  test('for the headers of that request, not for those of a message', () => {
    const options: RequestOptions = { hostname: 'answers.internal', headers: {} };
    noteHttpRequest(options);
    expect(injected({})).toEqual({ traceparent: TRACEPARENT });
    expect(injected(options.headers as object)).toMatchObject({ baggage: SENT });
  });

  test('once', () => {
    const options: RequestOptions = { hostname: 'answers.internal', headers: {} };
    httpHeaders(options);
    expect(injected({})).toEqual({ traceparent: TRACEPARENT });
    options.headers = {};
    expect(injected(options.headers)).toEqual({ traceparent: TRACEPARENT });
  });

  test('for the span of that request, not for another', () => {
    const [its, other]: Span[] = [trace.wrapSpanContext(SPAN_CONTEXT), trace.wrapSpanContext(SPAN_CONTEXT)];
    noteUndiciRequest(its as Span, { origin: 'http://localhost', path: '/' });
    const sent = [other, its, its].map((span) => injected({}, trace.setSpan(parent, span as Span))['baggage']);
    expect(sent).toEqual([undefined, SENT, undefined]);
  });

  test('until the next request tells its own', () => {
    noteHttpRequest({ hostname: 'answers.internal' });
    expect(httpHeaders({ hostname: 'api.openai.com' })).toEqual({ traceparent: TRACEPARENT });
  });
});

describe('the headers of a message', () => {
  const header = { baggage: SENT };
  const believed = {
    context: { tenantId: 'acme', userId: 'u 1' },
    baggage: { 'annotel.tenant.id': 'acme', 'user.id': 'u 1', plan: 'gold' },
  };

  test.each(['rabbitmq.internal', 'RABBITMQ.internal:5672', '[::1]:5672'])(
    'via %s have baggage and are believed',
    (host) => {
      expect(injected(carrierVia(host, {}))).toMatchObject(header);
      expect(told(extracted(carrierVia(host, { ...header })))).toEqual(believed);
    },
  );

  test.each(['rabbitmq.example', '', '*', undefined as never])('via %p have none and are not', (host) => {
    expect(injected(carrierVia(host, {}))).toEqual({ traceparent: TRACEPARENT });
    expect(told(extracted(carrierVia(host, { ...header })))).toEqual(NOTHING);
  });

  test('of which nothing is known have none and are not', () => {
    expect(injected({})).toEqual({ traceparent: TRACEPARENT });
    expect(told(extracted({ ...header }))).toEqual(NOTHING);
  });

  test('that are none are handed back', () => {
    for (const carrier of [undefined, null, 'text']) expect(carrierVia('localhost', carrier as never)).toBe(carrier);
  });

  test('add to what the context has already', () => {
    const outer = within({ featureId: 'worker', tenantId: 'globex' });
    const inner = propagator().extract(outer, carrierVia('localhost', { ...header }), defaultTextMapGetter);
    expect(context.with(inner, requestContext)).toEqual({ ...believed.context, featureId: 'worker' });
  });
});

describe('from a host that is trusted', () => {
  const received = (baggage: unknown) => told(extracted(carrierVia('localhost', { baggage })));
  const many = (count: number) => Array.from({ length: count }, (_, at) => `k${at}=v`);

  test.each<[what: string, header: unknown, context: object, entries: number]>([
    [
      'entries in broken percent-encoding are left out',
      'user.id=%zz,annotel.tenant.id=%E0%A4,session.id=s-1',
      { sessionId: 's-1' },
      1,
    ],
    ['of two of one name the last counts', 'user.id=u-1,user.id=u-2', { userId: 'u-2' }, 1],
    [
      'control characters make no request context',
      'user.id=a%0Ab,session.id=%00,annotel.tenant.id=a%E2%80%A8b',
      { tenantId: 'a\u2028b' },
      3,
    ],
    ['nor do values that are blank or too long', `user.id=%20,session.id=${'s'.repeat(257)},annotel.tenant.id=`, {}, 2],
    [
      'properties are no part of a value',
      'user.id=u-1;ttl=5;x, session.id = s-1 ',
      { userId: 'u-1', sessionId: 's-1' },
      2,
    ],
    ['several headers are one', ['user.id=u-1', 'session.id=s-1'], { userId: 'u-1', sessionId: 's-1' }, 2],
    ['180 entries are read', [...many(179), 'user.id=u-1'].join(), { userId: 'u-1' }, 180],
    ['no more than 180', [...many(180), 'user.id=u-1'].join(), {}, 180],
    [
      '8192 characters are read',
      `user.id=u-1,x=${'x'.repeat(4000)},y=${'y'.repeat(4000)},session.id=${'s'.repeat(163)}`,
      { userId: 'u-1', sessionId: 's'.repeat(163) },
      4,
    ],
    [
      'and of the entry that goes beyond nothing',
      `user.id=u-1,x=${'x'.repeat(4000)},y=${'y'.repeat(4000)},session.id=${'s'.repeat(164)}`,
      { userId: 'u-1' },
      3,
    ],
    ['one long value is nothing', `user.id=${'u'.repeat(9000)}`, {}, 0],
    ['names are names', '__proto__=x,constructor=y,toString=z,user.id=u-1', { userId: 'u-1' }, 3],
    ['what is no header is nothing', '====,;;;,=,,user.id', {}, 0],
    ['what is no text is nothing', [Buffer.from('user.id=u-1'), 7], {}, 0],
    ['no text at all is nothing', { length: 3 }, {}, 0],
  ])('%s', (_what, header, values, entries) => {
    const { context, baggage } = received(header);
    expect(context).toEqual(values);
    expect(Object.keys(baggage)).toHaveLength(entries);
    expect(Object.getPrototypeOf(context)).toBe(Object.prototype);
  });

  test('what was received may be sent on, and the request context by then counts', () => {
    const inner = within(
      { userId: 'u-2' },
      extracted(carrierVia('localhost', { baggage: 'user.id=u-1,plan=%22gold%0A%22' })),
    );
    expect(injected(carrierVia('localhost', {}), inner)).toEqual({ baggage: 'user.id=u-2,plan=%22gold%0A%22' });
  });
});

describe('what cannot stand in a header', () => {
  const sent = (name: string, value: string, metadata?: string) => {
    const entry = { value, ...(metadata !== undefined && { metadata: baggageEntryMetadataFromString(metadata) }) };
    const inner = propagation.setBaggage(within({ tenantId: 'acme' }), propagation.createBaggage({ [name]: entry }));
    return injected(carrierVia('localhost', {}), inner)['baggage'];
  };

  test.each([
    ['is encoded', 'a b', 'é\r\n,;=', undefined, 'annotel.tenant.id=acme,a%20b=%C3%A9%0D%0A%2C%3B%3D'],
    ['in a property costs the properties', 'a', 'b', 'c\r\nd', 'annotel.tenant.id=acme,a=b'],
    ['in a property costs the properties, be it a comma', 'a', 'b', 'c,user.id=x', 'annotel.tenant.id=acme,a=b'],
    ['in a name costs the entry', '\ud800', 'b', undefined, 'annotel.tenant.id=acme'],
    ['in a value costs the entry', 'a', '\udc00', undefined, 'annotel.tenant.id=acme'],
    ['by its length costs the entry', 'a', 'b'.repeat(5000), undefined, 'annotel.tenant.id=acme'],
    ['but plain properties stay', 'a', 'b', 'c=1;d', 'annotel.tenant.id=acme,a=b;c=1;d'],
  ])('%s', (_what, name, value, metadata, header) => {
    expect(sent(name, value, metadata)).toBe(header);
  });

  test('however much there is, the request context is sent', () => {
    const entries = Array.from({ length: 200 }, (_, at) => [`key-${at}`, { value: 'v'.repeat(100) }]);
    const full = propagation.setBaggage(
      within({ tenantId: 'acme' }),
      propagation.createBaggage(Object.fromEntries(entries)),
    );
    const header = String(injected(carrierVia('localhost', {}), full)['baggage']);
    expect(header).toMatch(/^annotel\.tenant\.id=acme,key-0=/);
    expect(header.length).toBeLessThanOrEqual(8192);
  });
});

describe('which formats', () => {
  test.each<[propagators: PropagatorName[], hosts: string[], fields: string[]]>([
    [['tracecontext', 'baggage'], ['localhost'], ['traceparent', 'tracestate', 'baggage']],
    [['tracecontext', 'baggage'], [], ['traceparent', 'tracestate']],
    [['tracecontext'], ['localhost'], ['traceparent', 'tracestate']],
    [['b3', 'baggage'], ['localhost'], ['b3', 'baggage']],
    [['b3multi'], [], ['x-b3-traceid', 'x-b3-spanid', 'x-b3-flags', 'x-b3-sampled', 'x-b3-parentspanid']],
    [[], ['localhost'], []],
  ])('%j to %j', (propagators, hosts, fields) => {
    expect(propagator(propagators, hosts).fields()).toEqual(fields);
  });

  test('without a list no baggage goes out or comes in', () => {
    const by = propagator(['tracecontext', 'baggage'], []);
    expect(injected(carrierVia('localhost', {}), parent, by)).toEqual({ traceparent: TRACEPARENT });
    expect(told(extracted(carrierVia('localhost', { baggage: SENT }), by))).toEqual(NOTHING);
  });

  test('b3 in one header and in many', () => {
    const ids = { 'x-b3-traceid': SPAN_CONTEXT.traceId, 'x-b3-spanid': SPAN_CONTEXT.spanId, 'x-b3-sampled': '1' };
    expect(injected({}, parent, propagator(['b3']))).toEqual({
      b3: '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1',
    });
    expect(injected({}, parent, propagator(['b3multi']))).toEqual(ids);
    expect(trace.getSpanContext(extracted(ids, propagator(['b3multi'])))).toMatchObject(SPAN_CONTEXT);
  });
});
