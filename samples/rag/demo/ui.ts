import { once } from 'node:events';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { AppProcess } from './app-process.js';
import { QUESTIONS } from './questions.js';
import { type Received, Viewer } from './ui-viewer.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const PACKAGE_FOLDER = fileURLToPath(new URL('../../../..', import.meta.url));

const { port, grpcPort, onlyCheck } = options();
let viewer: Viewer | undefined;
let app: AppProcess | undefined;
let interrupted: NodeJS.Signals | undefined;

try {
  const interruption = interrupt();
  const address = await Promise.race([interruption, run()]);
  if (address && !onlyCheck) {
    console.log(`\nAsk more: curl ${address} -H 'content-type: application/json' -d '{ "question": "…" }'`);
    console.log('Ctrl-C ends the app and the viewer.');
    await interruption;
    // That is how it is meant to end.
    interrupted = undefined;
  }
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  // The app first: the viewer takes its last export.
  await app?.stop().catch((error) => console.error(error));
  await viewer?.stop();
}
// Where it was interrupted, a question may still be waiting for its answer.
process.exit(interrupted ? 128 + constants.signals[interrupted] : process.exitCode);

/** Starts both, asks the questions, and resolves to the app's address once the viewer holds everything. */
async function run(): Promise<string> {
  console.log("Starting the viewer with npx; the first time, this fetches it into npm's cache");
  viewer = Viewer.start(port, grpcPort);
  await viewer.ready();
  console.log(`It takes OTLP at ${viewer.url} (HTTP) and ${viewer.grpcUrl} (gRPC)\n`);

  console.log('Starting the app: node --import annotel/register samples/rag/dist/main.js\n');
  app = AppProcess.start(MAIN, PACKAGE_FOLDER, {
    PORT: '0',
    ANNOTEL_CONSOLE: 'off',
    OTEL_SERVICE_NAME: 'rag',
    OTEL_EXPORTER_OTLP_ENDPOINT: viewer.url,
    // The one that it answers in kind.
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    // Every minute is the default, too seldom for somebody who is watching.
    OTEL_METRIC_EXPORT_INTERVAL: '2000',
    OTEL_METRIC_EXPORT_TIMEOUT: '2000',
    ...(process.stdout.hasColors?.() ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }),
  });
  const address = await app.printed(/Ready: POST (http:\S+)/, 120_000);
  app.hold();
  console.log();
  for (const question of QUESTIONS) await ask(address, question);

  const { traces, logs, metrics } = await complete(viewer);
  console.log(`\nThe viewer holds ${traces.length} traces, ${logs} log records and ${metrics.length} metrics.`);
  if (!onlyCheck) console.log(`Open ${viewer.url} and look at Traces, GenAI (its view "Trace"), Metrics and Logs.`);
  return address;
}

async function ask(address: string, body: { question: string; model?: string }): Promise<void> {
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  await response.text();
  console.log(`${response.status}  ${body.question}${body.model ? ` (asking ${body.model})` : ''}`);
  if (response.ok !== !body.model) throw new Error(`unexpected status ${response.status}`);
}

/** What the viewer holds, once that is all there has to be; it asks its query API until then. */
async function complete(viewer: Viewer): Promise<Received> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const received = await viewer.received();
    const missing = missingIn(received);
    if (missing.length === 0) return received;
    if (performance.now() > deadline) throw new Error(`the viewer has not received ${missing.join(', ')}`);
    await sleep(250);
  }
}

function missingIn({ traces, logs, metrics }: Received): string[] {
  const answers = traces.filter(({ spans }) => spans.some(({ name }) => name === 'invoke_workflow rag.answer'));
  const steps = ['POST /ask', 'embeddings ', 'retrieval pgvector', 'chat '];
  const whole = answers.filter(({ spans }) => steps.every((step) => spans.some(({ name }) => name.startsWith(step))));
  const withTokens = answers.filter(({ spans }) =>
    spans.some(({ attributes }) => Number(attributes['gen_ai.usage.output_tokens']) > 0),
  );
  const asked = QUESTIONS.length;
  const answered = QUESTIONS.filter(({ model }) => !model).length;
  return [
    whole.length < asked && `${asked} traces with all their steps (only ${whole.length})`,
    withTokens.length < answered && `${answered} traces with token counts (only ${withTokens.length})`,
    logs < 4 * asked && `${4 * asked} log records (only ${logs})`,
    !metrics.includes('gen_ai.client.token.usage') && 'the metric gen_ai.client.token.usage',
  ].filter((line) => line !== false);
}

/** Resolves at the first signal that asks to end. */
async function interrupt(): Promise<undefined> {
  interrupted = await Promise.race(
    (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => once(process, signal).then(() => signal)),
  );
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '4318' },
        'grpc-port': { type: 'string', default: '4317' },
        once: { type: 'boolean', default: Boolean(process.env.CI) },
      },
    });
    return { port: values.port, grpcPort: values['grpc-port'], onlyCheck: values.once };
  } catch (error) {
    console.error(`${(error as Error).message}\nUsage: npm run demo:ui -- [--port 4318] [--grpc-port 4317] [--once]`);
    process.exit(2);
  }
}
