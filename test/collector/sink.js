// The back end of one gateway, in a process of its own: an OTLP receiver that annotel did not write. Tells its parent of each span.
// Usage: sink.js <port>. Ends when told so, or when its parent is gone.
import { MockOtlpServer } from '@elastic/mockotlpserver';
import { LEAKS } from './traffic.js';

const server = new MockOtlpServer({
  logLevel: 'fatal',
  services: ['grpc'],
  grpcHostname: '127.0.0.1',
  grpcPort: Number(process.argv[2]),
  onTrace: ({ resourceSpans }) => {
    const spans = resourceSpans.flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap((scope) => scope.spans.map((span) => arrived(span, resource))),
    );
    if (process.connected) process.send(spans);
  },
});
await server.start();
process.send('ready');
process.on('message', async () => {
  await server.close();
  setTimeout(() => process.disconnect(), 200);
});
process.on('disconnect', () => process.exit());

function arrived({ name, traceId, spanId, attributes = [], events = [] }, resource) {
  const values = Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
  const text = JSON.stringify([values, events, resource]);
  return {
    trace: traceId.toString('hex'),
    id: spanId.toString('hex'),
    name,
    weight: values['annotel.sampling.weight'] ?? 1,
    kept: values['annotel.sampling.kept'],
    leaks: LEAKS.filter((secret) => text.includes(secret)),
    masked: [values['app.note'], values['db.password']].filter((value) => value?.includes('****')).length,
  };
}
