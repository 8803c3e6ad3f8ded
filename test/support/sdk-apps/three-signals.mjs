// One of each thing that the wire can say, with values of each kind. Prints the ids that it has to arrive under.
import { context, logs, metrics, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, ValueType } from '@opentelemetry/api';

const tracer = trace.getTracer('shop.checkout', '1.2.3');
const checkout = tracer.startSpan('checkout', {
  kind: SpanKind.SERVER,
  startTime: [1790000000, 123456789],
  attributes: {
    'shop.city': 'Zürich 🛒',
    'shop.items': 3,
    'shop.largest': Number.MAX_SAFE_INTEGER,
    'shop.balance': -7,
    'shop.total': 12.75,
    'shop.gift': true,
    'shop.tags': ['new', 'sale'],
    'shop.sizes': [38, 39.5],
  },
  links: [
    {
      context: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 },
      attributes: { 'link.reason': 'retry' },
    },
  ],
});
const within = trace.setSpan(ROOT_CONTEXT, checkout);
const pay = tracer.startSpan('pay', { kind: SpanKind.CLIENT, startTime: [1790000000, 200000000] }, within);
pay.addEvent('declined', { 'card.attempt': 2 }, [1790000000, 300000001]);
pay.setStatus({ code: SpanStatusCode.ERROR, message: 'no money' });
pay.end([1790000000, 400000000]);
checkout.end([1790000001, 987654321]);

const meter = metrics.getMeter('shop.figures', '4.5');
const orders = meter.createCounter('shop.orders', {
  unit: '{order}',
  description: 'Orders.',
  valueType: ValueType.INT,
});
orders.add(3, { region: 'eu' });
orders.add(4, { region: 'eu' });
orders.add(1, { region: 'us' });
meter.createUpDownCounter('shop.carts').add(-2);
const advice = { explicitBucketBoundaries: [0.1, 1, 10] };
const duration = meter.createHistogram('shop.duration', { unit: 's', advice });
for (const seconds of [0.05, 0.5, 0.75, 50]) duration.record(seconds, { step: 'pay' });
meter.createObservableGauge('shop.temperature', { unit: 'Cel' }).addCallback((result) => result.observe(36.6));

logs.getLogger('shop.orders', '0.1').emit({
  eventName: 'order.placed',
  timestamp: [1790000000, 500000002],
  severityNumber: 17,
  severityText: 'ERROR',
  body: { order: 7, price: 12.5, items: ['a', 'b'], gift: true },
  attributes: { 'order.note': 'für morgen', 'order.size': 2 },
  context: within,
});
context.with(ROOT_CONTEXT, () => logs.getLogger('shop.orders', '0.1').emit({ body: 'closing', severityNumber: 9 }));

const { traceId, spanId } = checkout.spanContext();
console.log(JSON.stringify({ traceId, checkout: spanId, pay: pay.spanContext().spanId }));
