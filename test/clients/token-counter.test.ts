import { expect, test } from '@jest/globals';
import { LlmCall } from '../../lib/index.js';
import { tokenCounter } from '../../lib/sdk/configuration/environment-settings.js';
import { useTelemetry } from '../support/telemetry.js';

const telemetry = useTelemetry();
const HERE = import.meta.url;

test('where gpt-tokenizer is installed, a stream without usage is estimated by it', async () => {
  await telemetry.restart({ settings: { countTokens: tokenCounter(HERE) } });
  const piece = {
    object: 'chat.completion.chunk',
    model: 'gpt-4o',
    choices: [{ index: 0, delta: { content: 'hello world' } }],
  };
  const stream = LlmCall({ provider: 'openai' })(async function* (_request: object) {
    yield piece;
  });
  const request = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Say hello to the world, please.' }] };
  for await (const _piece of stream(request));
  expect(telemetry.span.attributes).toMatchObject({
    'annotel.usage.estimated': true,
    'gen_ai.usage.input_tokens': 8,
    'gen_ai.usage.output_tokens': 2,
  });
});
