/*
 * Looks at the RAG sample in the local viewer, through a real browser: `npm run test:viewer`.
 *   --required       fails where there is no Chromium, instead of saying so and passing
 *   --images FOLDER  writes the pictures that the documentation shows
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Browser } from './browser.js';
import { ViewerPage } from './viewer-page.js';

const DEMO = join(import.meta.dirname, '../../samples/rag/dist/demo/ui.js');

// With 1.4 pixels each, which is large enough to read in the README.
const [WIDTH, HEIGHT] = [1000, 640];

const { required, images } = parseArgs({
  options: { required: { type: 'boolean' }, images: { type: 'string' } },
}).values;

const chromium = process.env.CHROMIUM ?? onPath('chromium', 'chromium-browser', 'google-chrome');
if (!chromium) {
  console.log(
    'The viewer was not looked at: that needs a Chromium (Debian: apt-get install chromium), on the PATH or named by CHROMIUM.',
  );
  process.exit(required ? 1 : 0);
}

const demo = await startDemo();
let browser;
let page;
try {
  browser = await Browser.open(chromium);
  page = new ViewerPage(browser);
  await browser.resize(WIDTH, HEIGHT, 1.4);
  await page.open(demo.url);
  const { traceId, chat } = await answeredTrace();
  await theTraceHasAllItsSpans(traceId);
  await itsModelCallTellsModelAndLogs();
  await theGenAiTreeNamesModelTokensAndRetrieval(chat);
  await metricsAndLogsAreThere();
} catch (error) {
  await fail(error);
}
await browser.close();
await demo.end();
await assert.rejects(fetch(demo.url), 'the viewer has outlived its demo');
console.log('The RAG trace is in the viewer: spans, model, tokens, retrieval, metrics and logs.');

/** The last trace in which a model answered, by the viewer's query API. */
async function answeredTrace() {
  const { traces } = await (await fetch(`${demo.url}/v1/traces`)).json();
  const found = traces
    .flatMap(({ traceId, spans }) => spans.map((span) => ({ traceId, chat: span })))
    .filter(({ chat }) => chat.name === 'chat gpt-4o-mini')
    .sort((one, other) => other.chat.startTime - one.chat.startTime);
  assert.equal(found.length, 4, 'four of the five questions are answered by gpt-4o-mini');
  return found[0];
}

async function theTraceHasAllItsSpans(traceId) {
  await page.open(`${demo.url}/#trace=${traceId}`);
  await page.shows(
    ...['POST /ask', 'RagController.ask', 'invoke_workflow rag.answer', 'embeddings text-embedding-3-small'],
    ...['retrieval pgvector', 'pg.query:SELECT postgres', 'chat gpt-4o-mini', '9 spans'],
  );
  await picture('viewer-rag-timeline.png');
}

async function itsModelCallTellsModelAndLogs() {
  await page.click('chat gpt-4o-mini');
  await page.shows(
    'gen_ai.request.model',
    'gpt-4o-mini',
    'gen_ai.usage.input_tokens',
    'ModelClient.generate succeeded',
  );
}

async function theGenAiTreeNamesModelTokensAndRetrieval({ attributes }) {
  const tokens = `${attributes['gen_ai.usage.input_tokens']}→${attributes['gen_ai.usage.output_tokens']}`;
  assert.match(tokens, /^[1-9]\d*→[1-9]\d*$/);
  await page.click('GenAI');
  await page.click(tokens);
  await page.click('Trace');
  await page.shows('invoke_workflow rag.answer', 'retrieval pgvector', 'openai/gpt-4o-mini', tokens, 'Tokens', 'Cost');
  // The tree is short; below it the page is empty.
  await picture('viewer-rag-trace.png', 290);
}

async function metricsAndLogsAreThere() {
  await page.click('Metrics');
  await page.shows('gen_ai.client.token.usage', 'gen_ai.client.operation.duration', 'annotel.cost');
  await page.click('Logs');
  await page.shows('ModelClient.generate succeeded', 'ModelClient.generate failed: model_not_found');
}

async function picture(name, height = HEIGHT) {
  if (!images) return;
  // Colours fade in.
  await sleep(500);
  writeFileSync(join(images, name), await browser.screenshot(WIDTH, height));
}

/** The demo, once the viewer holds everything. The documented command, on ports that nobody else is likely to use. */
async function startDemo() {
  const plain = Object.entries(process.env).filter(
    ([name]) => !/^(OTEL_|ANNOTEL_|AUTOTEL_|OPENAI_|CHAT_MODEL$|CI$)/.test(name),
  );
  const child = spawn(process.execPath, [DEMO, '--port', '24318', '--grpc-port', '24317'], {
    env: Object.fromEntries(plain),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let output = '';
  for await (const text of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    output += text;
    if (output.includes('Ctrl-C ends')) break;
  }
  child.stdout.resume();
  const [, url] = output.match(/^Open (http:\S+)/m) ?? [];
  if (!url) {
    console.error(`The demo ended without an address:\n${output}`);
    process.exit(1);
  }
  return {
    url,
    async end() {
      child.kill('SIGINT');
      assert.deepEqual(await exited, [0, null], 'Ctrl-C is its usual end');
    },
  };
}

async function fail(error) {
  console.error(error);
  const shot = await browser?.screenshot(WIDTH, HEIGHT).catch(() => undefined);
  if (shot) {
    const file = join(tmpdir(), `viewer-failed-${process.pid}.png`);
    writeFileSync(file, shot);
    console.error(`What the page showed: ${file}`);
  }
  await browser?.close();
  await demo.end().catch((after) => console.error(after));
  process.exit(1);
}

function onPath(...names) {
  const files = names.flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)));
  return files.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
