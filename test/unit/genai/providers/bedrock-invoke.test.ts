import { expect, test } from '@jest/globals';
import { readResponse } from '../../../../lib/genai/providers/registry.js';

/* Bodies of InvokeModel beside those in the tests with its client. Shapes: the user guide of Bedrock. */

const invoked = (body: object) => ({ $metadata: {}, body: new TextEncoder().encode(JSON.stringify(body)) });

test.each<[string, object, number | undefined]>([
  ['floats', { embedding: [0.1, 0.2], embeddingsByType: { float: [0.1, 0.2] } }, 2],
  ['bits alone', { embeddingsByType: { binary: [1, 0, 1] } }, 3],
])('tokens of an embedding of Titan as %s are counted', (_what, body, dimensions) => {
  expect(readResponse(invoked({ ...body, inputTextTokenCount: 6 }), { detail: true, content: false })).toMatchObject({
    provider: 'aws.bedrock',
    usage: { inputTokens: 6 },
    dimensions,
  });
});
