/*
 * How far the walk of one decorated model call is: which functions of annotel run from the call until its span stands in the
 * batch, and which while the batch is sent: when its delay is over, and when somebody flushes. Counted is what V8's precise
 * coverage says of one call, mapped to the sources.
 *
 * Usage: node test/bench/walk.js [traces|all] [list]. `traces` exports traces only, `all` metrics and logs as well; `list`
 * names the functions.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Session } from 'node:inspector/promises';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { LlmCall } from 'annotel';
import { startTelemetry } from 'annotel/sdk';

const DIST = new URL('../../dist/', import.meta.url);
const modes = process.argv.slice(2);
const known = new Map();

const server = createServer((request, response) => request.resume().on('end', () => response.end()));
const DELAY = 500;
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
process.env.OTEL_BSP_SCHEDULE_DELAY = String(DELAY);
// The receiver stands in this process, and its own spans are no part of the walk.
process.env.OTEL_NODE_DISABLED_INSTRUMENTATIONS = 'http';
process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${server.address().port}`;
if (!modes.includes('all')) Object.assign(process.env, { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' });
const telemetry = startTelemetry();

const request = { model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }], temperature: 0.1 };
const answer = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hello', refusal: null } }],
  usage: {
    prompt_tokens: 10,
    completion_tokens: 5,
    total_tokens: 15,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  },
};
const ask = LlmCall({ provider: 'openai' })(async function ask(_request) {
  return { ...answer };
});

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });

// What is made or found once, such as instruments and prices, is no part of the walk.
for (let call = 0; call < 5; call++) await ask(request);
await telemetry.flush();
await functionsRun();

await ask(request);
report('call', await functionsRun());
await setTimeout(2 * DELAY);
report('wire', await functionsRun());
await ask(request);
await functionsRun();
await telemetry.flush();
report('wire by flush', await functionsRun());
await telemetry.shutdown?.();
process.exit();

/** The functions of annotel that ran since it was last asked, by the source that they stand in. */
async function functionsRun() {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const bySource = new Map();
  for (const { url, functions } of result) {
    if (!url.startsWith(DIST.href)) continue;
    const places = placesIn(fileURLToPath(url));
    for (const { functionName, ranges } of functions) {
      const [{ count, startOffset }] = ranges;
      // What begins with its file is the module itself.
      if (count === 0 || startOffset === 0) continue;
      const source = places(startOffset);
      if (source === undefined) continue;
      bySource.set(source, [...(bySource.get(source) ?? []), `${functionName || '(anonymous)'}×${count}`]);
    }
  }
  return bySource;
}

/** Tells the source of a place in a built file; `undefined` of what the bundler added. */
function placesIn(file) {
  const places = known.get(file) ?? read(file);
  known.set(file, places);
  return places;
}

function read(file) {
  const text = readFileSync(file, 'utf8');
  const map = new TraceMap(readFileSync(`${file}.map`, 'utf8'));
  const lines = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.push(at + 1);
  return (offset) => {
    const line = lines.findLastIndex((start) => start <= offset);
    const { source } = originalPositionFor(map, { line: line + 1, column: offset - lines[line], bias: 1 });
    return source?.replace(/^(\.\.\/)+/, '');
  };
}

function report(name, bySource) {
  const functions = [...bySource.values()].flat().length;
  console.log(`${name}: ${functions} functions in ${bySource.size} files`);
  if (!modes.includes('list')) return;
  for (const [source, names] of [...bySource].sort(([left], [right]) => (left < right ? -1 : 1))) {
    console.log(`  ${source} (${names.length}): ${names.join(' ')}`);
  }
}
