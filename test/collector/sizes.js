/*
 * The figures of the sizing in samples/collector/README.md, measured: bytes of a span as the RAG sample sends it, memory of a span that
 * waits for its verdict at a gateway, and disk of a span that waits in the queue of an agent.
 * Usage, after `npm run build` and `tsc -p samples/tsconfig.json`: node test/collector/sizes.js
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { MockOtlpServer } from '@elastic/mockotlpserver';
import { builtCollector } from './build.js';
import { collector, freePorts } from './collectors.js';

const ROOT = dirname(dirname(import.meta.dirname));
const QUESTIONS = [
  'How does ioredis reconnect after the connection is lost?',
  'How do I configure timeouts in the openai client?',
  'How can I use multiple connections with the PGlite socket server?',
  'How do I suppress pg-pool.connect spans of the OpenTelemetry pg instrumentation?',
  'What does the redact option of pino do?',
];
const ROUNDS = 4;
const WAITING_SPANS = 60_000;

const { bodies, spans } = await answeredQuestions();
const chats = spans.filter(({ name }) => name.startsWith('chat ')).length;
const traces = new Set(spans.map(({ trace }) => trace)).size;
const bytes = sum(bodies.map((body) => body.length));
const zipped = sum(bodies.map((body) => gzipSync(body).length));
console.log(`${spans.length} spans of ${traces} answers with ${chats} model calls, in ${bodies.length} requests`);
console.log(`  spans per answer            ${(spans.length / traces).toFixed(1)}`);
console.log(`  bytes per span              ${Math.round(bytes / spans.length)}`);
console.log(`  bytes per span, gzip        ${Math.round(zipped / spans.length)}`);

const folder = mkdtempSync(join(tmpdir(), 'annotel-sizes-'));
const binary = builtCollector();
await gatewayMemory();
await gatewayWork();
await agentDisk();
rmSync(folder, { recursive: true });

/** What the RAG sample sends for some questions, as it sends it; not what it sends while it builds its index. */
async function answeredQuestions() {
  const { AppProcess } = await import(join(ROOT, 'samples/rag/dist/demo/app-process.js'));
  const recorded = { bodies: [], spans: [] };
  const decoder = new MockOtlpServer({
    logLevel: 'fatal',
    services: ['http'],
    httpHostname: '127.0.0.1',
    httpPort: 0,
    onTrace: ({ resourceSpans }) => {
      for (const { scopeSpans } of resourceSpans) {
        for (const scope of scopeSpans) {
          for (const { name, traceId } of scope.spans) recorded.spans.push({ name, trace: traceId.toString('hex') });
        }
      }
    },
  });
  await decoder.start();
  const recorder = createServer(async (request, response) => {
    const parts = await request.toArray();
    const whole = Buffer.concat(parts);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(whole) : whole;
    if (request.url === '/v1/traces') {
      recorded.bodies.push(body);
      await post(decoder.httpUrl, body);
    }
    response.end();
  });
  const [port] = await freePorts(1);
  recorder.listen(port, '127.0.0.1');
  const app = AppProcess.start(join(ROOT, 'samples/rag/dist/main.js'), ROOT, {
    PORT: '0',
    ANNOTEL_CONSOLE: 'off',
    OTEL_SERVICE_NAME: 'rag',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_BSP_SCHEDULE_DELAY: '2000',
  });
  app.hold();
  const url = await app.printed(/Ready: POST (http:\S+)/, 600_000, 300);
  await sleep(5_000);
  recorded.bodies.length = 0;
  recorded.spans.length = 0;
  for (const question of Array(ROUNDS).fill(QUESTIONS).flat()) {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ question }),
    });
    await answer.text();
  }
  await app.stop();
  recorder.close();
  await decoder.close();
  return recorded;
}

/** Spans that wait for their verdict: they are taken in, and nothing is decided. */
async function gatewayMemory() {
  const gateway = await collector(binary, {
    name: 'gateway',
    file: 'gateway.yaml',
    folder,
    environment: { DECISION_WAIT: '1h', MAX_TRACES: '1000000', MEMORY_LIMIT_MIB: '8000' },
  });
  await gateway.start();
  const figures = async () => ({
    heap: await gateway.figure('otelcol_process_runtime_heap_alloc_bytes'),
    rss: await gateway.figure('otelcol_process_memory_rss'),
    cpu: await gateway.figure('otelcol_process_cpu_seconds'),
  });
  await sleep(3_000);
  const before = await figures();
  const sent = await send(gateway.http, WAITING_SPANS);
  await sleep(3_000);
  const after = await figures();
  console.log(`Gateway with ${sent} spans that wait (before: ${mebibytes(before.rss)} MiB)`);
  console.log(`  resident memory per span    ${Math.round((after.rss - before.rss) / sent)} bytes`);
  console.log(`  heap per span               ${Math.round((after.heap - before.heap) / sent)} bytes`);
  console.log(`  spans taken in a CPU second ${Math.round(sent / (after.cpu - before.cpu))}`);
  await gateway.end('SIGKILL');
}

/** Spans that are judged, of which a tenth is redacted and handed on. */
async function gatewayWork() {
  const gateway = await collector(binary, {
    name: 'judging',
    file: 'gateway.yaml',
    folder,
    environment: {
      DECISION_WAIT: '1s',
      MAX_TRACES: '1000000',
      TRACE_EXPORTERS: '[debug]',
      KEEP_SLOWER_THAN_MS: '600000',
    },
  });
  await gateway.start();
  const sent = await send(gateway.http, WAITING_SPANS);
  await sleep(5_000);
  const used = await gateway.figure('otelcol_process_cpu_seconds');
  console.log(`Gateway that judges ${sent} spans, and hands on 10 %`);
  console.log(`  spans in a CPU second       ${Math.round(sent / used)}`);
  await gateway.end('SIGKILL');
}

/** Spans that wait in the queue, since no gateway answers. */
async function agentDisk() {
  const [nobody] = await freePorts(1);
  const agent = await collector(binary, {
    name: 'agent',
    file: 'agent.yaml',
    folder,
    environment: { GATEWAYS: `['127.0.0.1:${nobody}']` },
  });
  await agent.start();
  const cpu = await agent.figure('otelcol_process_cpu_seconds');
  const sent = await send(agent.http, WAITING_SPANS);
  await sleep(3_000);
  const queue = join(folder, 'agent-queue');
  const disk = sum(readdirSync(queue).map((file) => statSync(join(queue, file)).blocks * 512));
  const used = (await agent.figure('otelcol_process_cpu_seconds')) - cpu;
  console.log(`Agent with ${sent} spans in its queue, no gateway in reach`);
  console.log(`  disk per span               ${Math.round(disk / sent)} bytes`);
  console.log(`  resident memory             ${mebibytes(await agent.figure('otelcol_process_memory_rss'))} MiB`);
  console.log(`  spans taken in a CPU second ${Math.round(sent / used)}`);
  await agent.end('SIGKILL');
}

/** Sends the recorded requests over and over, each time as other traces. Resolves to how many spans that were. */
async function send(http, least) {
  const ids = [...new Set(spans.map(({ trace }) => trace))];
  let sent = 0;
  for (; sent < least; sent += spans.length) {
    const others = ids.map((id) => [Buffer.from(id, 'hex'), randomBytes(16)]);
    for (const body of bodies) await post(new URL('/v1/traces', http), asOtherTraces(body, others));
  }
  return sent;
}

function asOtherTraces(body, others) {
  const copy = Buffer.from(body);
  for (const [id, other] of others) {
    for (let at = copy.indexOf(id); at >= 0; at = copy.indexOf(id, at + 16)) other.copy(copy, at);
  }
  return copy;
}

async function post(url, body) {
  const answer = await fetch(new URL('/v1/traces', url), {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body,
  });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

function mebibytes(size) {
  return Math.round(size / 2 ** 20);
}
