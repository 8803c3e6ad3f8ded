import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Aedes } from 'aedes';
import { App } from '../local/app.js';
import { provider } from '../local/provider.js';
import { overhear } from './overheard-provider.js';
import { printTraces } from './print-traces.js';
import { receiveSpans } from './span-receiver.js';

/** Starts broker, answer service, worker and gateway, asks one question, and prints the one trace that all of them made. */
const settings = await provider();
const overheard = await overhear(settings);
const receiver = await receiveSpans();
const aedes = await Aedes.createBroker();
const broker = createServer(aedes.handle).listen(0, '127.0.0.1');
await once(broker, 'listening');
const BROKER_URL = `mqtt://127.0.0.1:${(broker.address() as AddressInfo).port}`;

// What runs at 127.0.0.1 is trusted with tenant and user. The provider goes by the name of localhost, and is not.
const shared = {
  ANNOTEL_PROPAGATE_CONTEXT: '127.0.0.1',
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: receiver.endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OPENAI_API_KEY: settings.apiKey,
  OPENAI_BASE_URL: overheard.url,
  BROKER_URL,
};
const start = (name: string, environment = {}) =>
  App.start(new URL(`./${name}.js`, import.meta.url), { ...shared, OTEL_SERVICE_NAME: name, ...environment });

const answers = await start('answers');
const worker = await start('worker');
const gateway = await start('gateway', { ANSWERS_URL: new URL(answers.url).origin });
try {
  const response = await fetch(gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-tenant': 'acme', 'x-user': 'u-7' },
    body: JSON.stringify({ question: 'How long do refunds take?' }),
  });
  console.log(`POST /questions → ${response.status} ${await response.text()}\n`);
  // One for the answer, one for the job: from here on the worker, asked to end, ends with its job.
  await overheard.requests(2);
} finally {
  await Promise.all([gateway, answers, worker].map(({ app }) => app.stop()));
  for (const server of [overheard, receiver, broker, aedes]) server.close();
}

printTraces(receiver.spans);
console.log('\nWhat the model provider was told beside its request:');
for (const { traceparent, baggage } of overheard.headers)
  console.log(`traceparent ${traceparent}, baggage ${baggage ?? 'none'}`);
