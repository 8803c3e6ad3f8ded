/*
 * What a chunk of a recorded stream costs over the bare iteration, and whether memory grows with the length of the stream.
 * Recorded means everything: span, log record, usage, and the time between chunks as a metric.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LlmCall } from 'annotel';
import { registerSdk } from './sdk.js';

const CHUNKS = 1_000;
const ROUNDS = 1_200;
const WARM_UP = 300;

const chunk = (index, last) => ({
  id: 'chatcmpl-123',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'gpt-4o-mini-2024-07-18',
  choices: [{ index: 0, delta: { content: 'word ' }, finish_reason: index === last ? 'stop' : null }],
});
const chunks = Array.from({ length: CHUNKS }, (_, index) => chunk(index, CHUNKS - 1));

async function* generator() {
  for (const piece of chunks) yield piece;
}
/** As provider clients hand streams out: an object that makes its iterator. */
class Stream {
  [Symbol.asyncIterator]() {
    return generator();
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

async function nanosecondsPerChunk(method) {
  const started = performance.now();
  let read = 0;
  for await (const piece of await method()) read += piece.choices.length;
  return ((performance.now() - started) * 1e6) / read;
}

async function compare(label, open) {
  const observed = LlmCall({ provider: 'openai', model: 'gpt-4o-mini' })(open);
  const bare = [];
  const extra = [];
  for (let round = 0; round < ROUNDS; round++) {
    const without = await nanosecondsPerChunk(open);
    const withAnnotel = await nanosecondsPerChunk(observed);
    // Batches go out in between.
    if (round % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (round < WARM_UP) continue;
    bare.push(without);
    extra.push(withAnnotel - without);
  }
  const microseconds = (values) => `${(median(values) / 1000).toFixed(3)} µs`;
  console.log(`  ${label.padEnd(16)} ${microseconds(extra)} a chunk over the bare ${microseconds(bare)}`);
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** Bytes held in the middle of a stream of so many chunks, over those held at its start. */
async function held(length) {
  const observed = LlmCall({ provider: 'openai', model: 'gpt-4o-mini' })(async function* () {
    for (let index = 0; index < length; index++) yield chunk(index, length - 1);
  });
  let read = 0;
  let atStart = 0;
  let atEnd = 0;
  for await (const _piece of await observed()) {
    read += 1;
    if (read !== 1_000 && read !== length - 1) continue;
    collect();
    if (read === 1_000) atStart = process.memoryUsage().heapUsed;
    else atEnd = process.memoryUsage().heapUsed;
  }
  return atEnd - atStart;
}

export async function streams() {
  registerSdk('recording');
  await compare('generator', async () => generator());
  await compare('iterable object', async () => new Stream());
  await held(10_000);
  for (const length of [10_000, 100_000, 1_000_000]) {
    console.log(
      `  ${length.toLocaleString('en')} chunks hold ${((await held(length)) / 1024).toFixed(0)} KiB more than 1,000`,
    );
  }
}
