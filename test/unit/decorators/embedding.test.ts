import { expect, test } from '@jest/globals';
import { Embedding, llmRequest } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';

const telemetry = useTelemetry();

const answer = {
  object: 'list',
  data: [{ object: 'embedding', index: 0, embedding: [0.1, 0.2, 0.3] }],
  model: 'text-embedding-3-small',
  usage: { prompt_tokens: 8, total_tokens: 8 },
};

class Embedder {
  @Embedding({ provider: 'openai' })
  async embed(_request: { model: string; input: string; encoding_format?: string; dimensions?: number }) {
    return answer;
  }

  @Embedding()
  async embedText(text: string) {
    llmRequest({ model: 'text-embedding-3-large', input: text });
    return answer;
  }
}

test('an embedding tells its model, its tokens and its dimensions', async () => {
  await new Embedder().embed({ model: 'text-embedding-3-small', input: 'secret', encoding_format: 'float' });

  const attributes = {
    'annotel.cost.amount': 1.6e-7,
    'annotel.cost.currency': 'USD',
    'annotel.cost.source': 'local',
    'annotel.operation': 'embeddings',
    'code.function.name': 'Embedder.embed',
    'gen_ai.embeddings.dimension.count': 3,
    'gen_ai.operation.name': 'embeddings',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.encoding_formats': ['float'],
    'gen_ai.request.model': 'text-embedding-3-small',
    'gen_ai.response.model': 'text-embedding-3-small',
    'gen_ai.usage.input_tokens': 8,
  };
  expect(telemetry.spans).toEqual([{ name: 'embeddings text-embedding-3-small', kind: 'CLIENT', attributes }]);
  expect(telemetry.logs).toEqual([
    { eventName: 'annotel.call', severity: 'DEBUG', body: 'Embedder.embed succeeded', attributes },
  ]);
});

test('a request that is built inside the method names the model too', async () => {
  await new Embedder().embedText('secret');
  expect(telemetry.span).toMatchObject({
    name: 'embeddings text-embedding-3-large',
    attributes: { 'gen_ai.request.model': 'text-embedding-3-large', 'gen_ai.provider.name': 'openai' },
  });
});
