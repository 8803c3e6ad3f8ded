import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Receiver, receiveOtlp } from '../../support/mock-otlp-server.js';
import { type Ended, run } from '../../support/sdk-child.js';

jest.setTimeout(60_000);

const CUMULATIVE = 2;

describe.each([
  ['http/protobuf', 'application/x-protobuf'],
  ['http/json', 'application/json'],
  ['grpc', 'grpc'],
])('a receiver that is not ours understands, by %s,', (protocol, comesAs) => {
  let receiver: Receiver;
  let ended: Ended;
  let ids: { traceId: string; checkout: string; pay: string };

  beforeAll(async () => {
    receiver = await receiveOtlp(protocol === 'grpc' ? 'grpc' : 'http');
    ended = await run(['--import', 'annotel/register', 'three-signals.mjs'], {
      OTEL_SERVICE_NAME: 'shop',
      // The app also prints a line, which would be a third record.
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'console',
      OTEL_RESOURCE_ATTRIBUTES: 'shop.branch=caf%C3%A9',
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    });
    await receiver.close();
    ids = JSON.parse(ended.stdout);
  });

  const span = (name: string) => receiver.spans.find((found) => found.name === name);
  const metric = (name: string) => receiver.metrics.find((found) => found.name === name);

  it('each signal, once', () => {
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(new Set(receiver.requests)).toEqual(new Set([comesAs]));
    expect(receiver.spans).toHaveLength(2);
    expect(receiver.logs).toHaveLength(2);
    expect([...receiver.metricNames]).toEqual(
      expect.arrayContaining(['shop.carts', 'shop.duration', 'shop.orders', 'shop.temperature']),
    );
  });

  it('who sends, in each of them', () => {
    for (const item of [...receiver.spans, ...receiver.logs, ...receiver.metrics]) {
      expect(item.resource).toMatchObject({ 'service.name': 'shop', 'shop.branch': 'café' });
    }
  });

  it('a span: ids, times, attributes of each type, links', () => {
    expect(span('checkout')).toMatchObject({
      traceId: ids.traceId,
      spanId: ids.checkout,
      parentSpanId: '',
      kind: 2,
      startTimeUnixNano: '1790000000123456789',
      endTimeUnixNano: '1790000001987654321',
      scope: { name: 'shop.checkout', version: '1.2.3' },
      attributes: {
        'shop.city': 'Zürich 🛒',
        'shop.items': 3,
        'shop.largest': 9007199254740991,
        'shop.balance': -7,
        'shop.total': 12.75,
        'shop.gift': true,
        'shop.tags': ['new', 'sale'],
        'shop.sizes': [38, 39.5],
      },
      links: [
        {
          traceId: '0af7651916cd43dd8448eb211c80319c',
          spanId: 'b7ad6b7169203331',
          attributes: { 'link.reason': 'retry' },
        },
      ],
      failed: false,
    });
  });

  it('a span that failed: parent, status, events', () => {
    expect(span('pay')).toMatchObject({
      traceId: ids.traceId,
      spanId: ids.pay,
      parentSpanId: ids.checkout,
      kind: 3,
      status: { code: 2, message: 'no money' },
      events: [{ name: 'declined', timeUnixNano: '1790000000300000001', attributes: { 'card.attempt': 2 } }],
    });
  });

  it('counters', () => {
    expect(metric('shop.orders')).toMatchObject({
      unit: '{order}',
      description: 'Orders.',
      scope: { name: 'shop.figures', version: '4.5' },
      sum: {
        isMonotonic: true,
        aggregationTemporality: CUMULATIVE,
        dataPoints: [
          { attributes: { region: 'eu' }, asInt: 7 },
          { attributes: { region: 'us' }, asInt: 1 },
        ],
      },
    });
    expect(metric('shop.carts')).toMatchObject({ sum: { dataPoints: [{ asDouble: -2 }] } });
    expect(metric('shop.carts')).not.toMatchObject({ sum: { isMonotonic: true } });
  });

  it('histograms', () => {
    expect(metric('shop.duration')).toMatchObject({
      unit: 's',
      histogram: {
        aggregationTemporality: CUMULATIVE,
        dataPoints: [
          {
            attributes: { step: 'pay' },
            count: 4,
            sum: 51.3,
            min: 0.05,
            max: 50,
            explicitBounds: [0.1, 1, 10],
            bucketCounts: [1, 2, 0, 1],
          },
        ],
      },
    });
  });

  it('gauges', () => {
    expect(metric('shop.temperature')).toMatchObject({ unit: 'Cel', gauge: { dataPoints: [{ asDouble: 36.6 }] } });
  });

  it('a log record: trace, name, severity, a body with structure, attributes', () => {
    expect(receiver.logs.find(({ severityText }) => severityText === 'ERROR')).toMatchObject({
      traceId: ids.traceId,
      spanId: ids.checkout,
      timeUnixNano: '1790000000500000002',
      severityNumber: 17,
      severityText: 'ERROR',
      body: { order: 7, price: 12.5, items: ['a', 'b'], gift: true },
      attributes: { 'order.note': 'für morgen', 'order.size': 2 },
      scope: { name: 'shop.orders', version: '0.1' },
      // Its protobuf definitions are older than this field.
      ...(protocol === 'http/json' && { eventName: 'order.placed' }),
    });
  });

  it('a log record outside of any trace', () => {
    expect(receiver.logs.find(({ body }) => body === 'closing')).toMatchObject({
      traceId: '',
      spanId: '',
      severityNumber: 9,
    });
  });
});
