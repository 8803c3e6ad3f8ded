/*
 * A service that does, again and again, one of everything that a dashboard shows: model calls that work, fail, stream and
 * come out of caches, retrievals with and without a result, and an agent with its tools. Two tenants use two features of it.
 * Configured by environment alone; prints `ready` after the first round, whose telemetry it has sent. Needs the built package.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Agent,
  Embedding,
  LlmCall,
  markCache,
  markFallback,
  Retrieval,
  ToolCall,
  Traced,
  Workflow,
  withRequestContext,
} from 'annotel';
import { startTelemetry } from 'annotel/sdk';

const REST_MS = 100;

const telemetry = startTelemetry();

const answer = (model) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_700_000_000,
  model,
  choices: [{ index: 0, message: { role: 'assistant', content: 'Because.' }, finish_reason: 'stop' }],
  usage: {
    prompt_tokens: 190,
    completion_tokens: 40,
    total_tokens: 230,
    prompt_tokens_details: { cached_tokens: 128 },
  },
});

async function* pieces(model) {
  for (const content of ['Be', 'cause', '.']) {
    await sleep(2);
    const choices = [{ index: 0, delta: { content }, finish_reason: content === '.' ? 'stop' : null }];
    yield { id: 'chatcmpl-2', object: 'chat.completion.chunk', created: 1_700_000_000, model, choices };
  }
}

const ask = LlmCall({ name: 'Answers.ask', provider: 'openai' })(async ({ model }) => answer(model));
const stream = LlmCall({ name: 'Answers.stream', provider: 'openai' })(async ({ model }) => pieces(model));
const overloaded = LlmCall({ name: 'Answers.ask', provider: 'openai' })(async () => {
  throw Object.assign(new Error('429 Too many requests'), { name: 'RateLimitError', status: 429 });
});
const fromCache = LlmCall({ name: 'Answers.ask', provider: 'openai' })(async ({ model }) => {
  markCache({ type: 'semantic' });
  return answer(model);
});
const embed = Embedding({ name: 'Documents.embed', provider: 'openai' })(async ({ model }) => ({
  object: 'list',
  model,
  data: [{ index: 0, embedding: [0.1, 0.2] }],
  usage: { prompt_tokens: 12, total_tokens: 12 },
}));
const find = Retrieval({ name: 'Documents.find', dataSource: 'handbook' })(async (query) =>
  query === 'unknown' ? [] : [{ id: 'a', score: 0.9 }],
);
const weather = ToolCall({ name: 'get_weather' })(async () => 'sunny');
const flight = ToolCall({ name: 'book_flight' })(async () => {
  throw new RangeError('No seats');
});
const travel = Agent({ name: 'travel-agent' })(async () => {
  await ask({ model: 'gpt-4o', messages: [] });
  await weather();
  await flight().catch(() => {});
});
const rank = Traced({ name: 'Documents.rank' })(() => 1);

const answerQuestion = Workflow({ name: 'answer-question' })(async (query) => {
  await embed({ model: 'text-embedding-3-small', input: query });
  await find(query);
  rank();
  await overloaded({ model: 'gpt-4o', messages: [] }).catch(() => markFallback({ from: 'gpt-4o', attempt: 1 }));
  await ask({ model: 'gpt-4o-mini', messages: [] });
  for await (const _ of await stream({ model: 'gpt-4o', stream: true, messages: [] }));
  await fromCache({ model: 'gpt-4o', messages: [] });
  await travel();
});

for (let round = 0; ; round += 1) {
  await withRequestContext({ tenantId: 'acme', featureId: 'help' }, () => answerQuestion('unknown'));
  await withRequestContext({ tenantId: 'globex', featureId: 'search' }, () => answerQuestion('holidays'));
  if (round === 0) await telemetry.flush();
  if (round === 0) console.log('ready');
  await sleep(REST_MS);
}
