/*
 * What annotel costs, as ratios against the same signals written by hand, measured in the same run. Each mode runs in a
 * process of its own, since an OpenTelemetry SDK is registered once per process; variants take turns in short rounds, and
 * the median of the rounds' ratios is reported. Usage: node test/bench/run.js [mode]
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LlmCall, Traced } from 'annotel';
import { byHand } from './by-hand.js';
import { registerSdk } from './sdk.js';
import { streams } from './streams.js';

const ROUNDS = 41;
const ASYNC_CALLS = 2_000;
const SYNC_CALLS = 2_000_000;

const request = {
  model: 'gpt-4o-mini',
  temperature: 0.2,
  max_tokens: 256,
  messages: [{ role: 'user', content: 'Why?' }],
};
const answer = {
  id: 'chatcmpl-123',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'gpt-4o-mini-2024-07-18',
  service_tier: 'default',
  system_fingerprint: 'fp_44709d6fcb',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Because.' }, logprobs: null, finish_reason: 'stop' }],
  usage: {
    prompt_tokens: 19,
    completion_tokens: 10,
    total_tokens: 29,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  },
};

const service = {
  method: async (argument) => argument,
  model: async (_request) => answer,
};
const naming = { name: 'Service.method' };

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

async function nanosecondsPerCall(method, argument) {
  const started = process.hrtime.bigint();
  for (let i = 0; i < ASYNC_CALLS; i++) await method(argument);
  return Number(process.hrtime.bigint() - started) / ASYNC_CALLS;
}

/** Lets batches go out between the rounds, so that no variant pays for another's. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

async function compare(label, ours, theirs, argument) {
  const ratios = [];
  const costs = { ours: [], theirs: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const order = round % 2 ? ['ours', 'theirs'] : ['theirs', 'ours'];
    const cost = {};
    for (const who of order) {
      cost[who] = await nanosecondsPerCall(who === 'ours' ? ours : theirs, argument);
      await settle();
    }
    if (round < 5) continue; // warm-up
    ratios.push(cost.ours / cost.theirs);
    costs.ours.push(cost.ours);
    costs.theirs.push(cost.theirs);
  }
  const microseconds = (values) => `${(median(values) / 1000).toFixed(2)} µs`;
  console.log(
    `  ${label.padEnd(12)} annotel ${microseconds(costs.ours)}, by hand ${microseconds(costs.theirs)}, ratio ${median(ratios).toFixed(2)}`,
  );
}

async function compareWithByHand(mode, how) {
  registerSdk(mode);
  const hand = byHand(how);
  await compare('@Traced', Traced(naming)(service.method), hand.traced(service.method), 1);
  await compare('@LlmCall', LlmCall({ provider: 'openai' })(service.model), hand.llmCall(service.model), request);
}

/** The bare call is so short that the loop around it has to be the same code for both. */
function syncLoop(method) {
  return new Function(
    'method',
    'calls',
    'let sum = 0; for (let i = 0; i < calls; i++) sum += method(i); return sum;',
  ).bind(undefined, method, SYNC_CALLS);
}

function withoutSdk() {
  for (const [label, decorate] of [
    ['@Traced', Traced()],
    ['@LlmCall', LlmCall({ provider: 'openai' })],
  ]) {
    const bare = syncLoop((value) => value + 1);
    const observed = syncLoop(decorate((value) => value + 1));
    const extra = [];
    for (let round = 0; round < 15; round++) {
      const cost = [bare, observed].map((loop) => {
        const started = process.hrtime.bigint();
        loop();
        return Number(process.hrtime.bigint() - started) / SYNC_CALLS;
      });
      if (round >= 3) extra.push(cost[1] - cost[0]);
    }
    console.log(`  ${label.padEnd(12)} ${median(extra).toFixed(1)} ns over the bare sync call`);
  }
}

/** The comparison is only fair if both sides emit the same. */
async function verifySameSignals() {
  const { spanExporter, logExporter, reader } = registerSdk('captured');
  const sorted = (attributes) => JSON.stringify(Object.entries(attributes).sort());
  const taken = async (call) => {
    spanExporter.reset();
    logExporter.reset();
    await call();
    return [...spanExporter.getFinishedSpans(), ...logExporter.getFinishedLogRecords()].map(({ attributes }) =>
      sorted({ ...attributes, 'code.function.name': '' }),
    );
  };
  const hand = byHand();
  for (const [ours, theirs, argument] of [
    [Traced(naming)(service.method), hand.traced(service.method), 1],
    [LlmCall({ provider: 'openai' })(service.model), hand.llmCall(service.model), request],
  ]) {
    const [a, b] = [await taken(() => ours(argument)), await taken(() => theirs(argument))];
    if (JSON.stringify(a) !== JSON.stringify(b))
      throw new Error(`different signals:\n${a.join('\n')}\n${b.join('\n')}`);
  }
  const { scopeMetrics } = (await reader.collect()).resourceMetrics;
  const points = scopeMetrics.map(({ metrics: all }) =>
    all
      .map(({ descriptor, dataPoints }) => `${descriptor.name} ${dataPoints.length}`)
      .sort()
      .join(', '),
  );
  if (points.length !== 2 || points[0] !== points[1]) throw new Error(`different metrics:\n${points.join('\n')}`);
  console.log(`  both emit the same spans and log records, and: ${points[0]}`);
}

const MODES = {
  'same signals': verifySameSignals,
  'no SDK': withoutSdk,
  'sampled out': () => compareWithByHand('sampled out'),
  'sampled out, by hand with a check before each signal': () => compareWithByHand('sampled out', { asksFirst: true }),
  recording: () => compareWithByHand('recording'),
  'a stream of 1,000 chunks, recorded': streams,
};

const [mode] = process.argv.slice(2);
if (mode) {
  await MODES[mode]();
  process.exit(0);
}
for (const name of Object.keys(MODES)) {
  console.log(name);
  const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), name], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
