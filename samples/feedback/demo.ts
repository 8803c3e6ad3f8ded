import { App } from '../local/app.js';
import { receiveEvents } from '../local/event-receiver.js';

/** Plays a client of the server: it asks, thinks, gives feedback, and then tries a handle that is broken. */
const receiver = await receiveEvents();
const { app, url } = await App.start(new URL('./server.js', import.meta.url), {
  ANNOTEL_CONSOLE: 'tree',
  OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: receiver.endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  OTEL_TRACES_EXPORTER: 'none',
  OTEL_METRICS_EXPORTER: 'none',
});
try {
  const { body } = await post('/ask', { question: 'Why is the sky blue?' });
  const { handle } = JSON.parse(body) as { handle: string };
  await app.traces(1);
  await post('/feedback', { handle, score: -1, comment: 'I asked for one sentence.' });
  await app.traces(2);
  await post('/feedback', { handle: `${handle.slice(0, -1)}~`, score: 1 });
  await app.traces(3);
} finally {
  await app.stop();
  receiver.close();
}

console.log('\nThe events that left the server, in the trace of the model call:');
for (const { name, traceId, attributes } of receiver.events.filter((event) => event.name.includes('evaluation'))) {
  console.log(`${name}  trace ${traceId}\n ${JSON.stringify(attributes)}`);
}

async function post(path: string, message: object): Promise<{ body: string }> {
  const response = await fetch(new URL(path, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(message),
  });
  const body = await response.text();
  console.log(`\nPOST ${path} → ${response.status} ${body}\n`);
  return { body };
}
