import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Answer } from '../rag.service.js';
import { AppProcess } from './app-process.js';
import { metricsSummary } from './metrics-summary.js';
import { OtlpReceiver } from './otlp-receiver.js';
import { QUESTIONS } from './questions.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const PACKAGE_FOLDER = fileURLToPath(new URL('../../../..', import.meta.url));

const receiver = await OtlpReceiver.start();
console.log(`The demo's own little receiver takes OTLP at ${receiver.endpoint}`);
console.log('Starting the app: node --import annotel/register samples/rag/dist/main.js\n');
const app = AppProcess.start(MAIN, PACKAGE_FOLDER, {
  PORT: '0',
  ANNOTEL_CONSOLE: 'tree',
  OTEL_SERVICE_NAME: 'rag',
  OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  // The app writes into a pipe, and so cannot see whether this ends on a terminal.
  ...(process.stdout.hasColors?.() ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }),
});

let interrupted: NodeJS.Signals | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted = signal;
    void app.stop();
  });
}

try {
  const url = await app.printed(/Ready: POST (http:\S+)/, 120_000, 300);
  for (const question of QUESTIONS) await ask(url, question);
  // Its last export carries what had not been due before, so the totals below are complete.
  await app.stop();
  summarise();
} catch (error) {
  if (!interrupted) console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await app.stop().catch(() => {});
  receiver.close();
}
if (interrupted) process.exitCode = 128 + constants.signals[interrupted];

async function ask(url: string, body: { question: string; model?: string }): Promise<void> {
  app.hold();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const answer = (await response.json()) as Answer & { message?: string };
  await app.printed(/invoke_workflow rag\.answer/, 10_000, 300);

  heading(body.model ? `${body.question} (asking ${body.model})` : body.question);
  if (response.ok !== !body.model) throw new Error(`unexpected status ${response.status}: ${answer.message}`);
  if (response.ok) {
    if (!answer.answer) throw new Error('the answer is empty');
    console.log(`${answer.answer}\n`);
    answer.sources.forEach((source, index) => {
      console.log(`  [${index + 1}] ${source.file} › ${source.heading} (distance ${source.distance.toFixed(2)})`);
    });
  } else {
    console.log(`${response.status}: ${answer.message}`);
  }
  console.log();
  app.release();
}

function summarise(): void {
  const { traces, spans, logs, correlatedLogs } = receiver;
  heading('What the app exported over OTLP');
  console.log(`${traces.size} traces, ${spans} spans, ${logs} log records (${correlatedLogs} of them on a trace)\n`);
  if (traces.size < QUESTIONS.length) throw new Error(`only ${traces.size} traces arrived over OTLP`);
  if (receiver.metric('gen_ai.client.operation.duration').length === 0) throw new Error('no metrics arrived over OTLP');
  console.log(metricsSummary(receiver));
}

function heading(text: string): void {
  console.log(`\n━━ ${text}\n`);
}
