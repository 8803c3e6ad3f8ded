// The back end of one gateway, in a process of its own: an OTLP receiver that annotel did not write. Tells its parent
// of each span and log record, and of whose metrics came.
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
    tell({ spans });
  },
  onLogs: ({ resourceLogs }) => {
    const records = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap((scope) => scope.logRecords));
    tell({ logs: records.map((record) => ({ trace: hex(record.traceId), leaks: leaksOf(record) })) });
  },
  onMetrics: ({ resourceMetrics }) => {
    tell({ writers: resourceMetrics.map(({ resource }) => valuesOf(resource.attributes)['service.instance.id']) });
  },
});
await server.start();
process.send('ready');
process.on('message', async () => {
  await server.close();
  setTimeout(() => process.disconnect(), 200);
});
process.on('disconnect', () => process.exit());

function tell(news) {
  if (process.connected) process.send(news);
}

function arrived({ name, traceId, spanId, attributes, events }, resource) {
  const values = valuesOf(attributes);
  return {
    trace: hex(traceId),
    id: hex(spanId),
    name,
    weight: values['annotel.sampling.weight'] ?? 1,
    kept: values['annotel.sampling.kept'],
    leaks: leaksOf([attributes, events, resource]),
    masked: [values['app.note'], values['db.password']].filter((value) => value?.includes('****')).length,
  };
}

function leaksOf(whole) {
  const text = JSON.stringify(whole);
  return LEAKS.filter((secret) => text.includes(secret));
}

const valuesOf = (attributes = []) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
const hex = (id) => Buffer.from(id ?? []).toString('hex');
