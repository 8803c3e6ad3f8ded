import { expect, test } from '@jest/globals';
import { recorded, useWireServer } from '../support/wire-server.js';
import { framed } from './bedrock-wire.js';
import { Canaries } from './support/canary.js';
import { anthropic, bedrockConverse, bedrockInvoke } from './support/canary-anthropic.js';
import * as dialogues from './support/canary-dialogues.js';
import type { Family } from './support/canary-family.js';
import { langChain, langChainHandler, vercel } from './support/canary-frameworks.js';
import { azureInference, openAIChat, openAIResponses } from './support/canary-openai.js';
import { cohere, google, mistral, ollama } from './support/canary-others.js';
import { logAttributes, spanAttributes } from './support/canary-otlp.js';
import { useOutlet } from './support/canary-pipeline.js';

const outlet = useOutlet('http/json', { content: 'SPAN_AND_EVENT' });
const server = useWireServer();
const MESSAGES = /^gen_ai\.(input\.messages|output\.messages|system_instructions|tool\.definitions)$/;
const chunk = (event: object) => ({ chunk: { bytes: Buffer.from(JSON.stringify(event)).toString('base64') } });
const CASES: [Family, object, any, any][] = [
  [
    openAIChat,
    dialogues.openAIDialogue,
    recorded('openai/chat-completion-tools.json'),
    recorded('openai/chat-completion-stream-tools.sse'),
  ],
  [
    openAIResponses,
    dialogues.responsesDialogue,
    recorded('openai/response-tools.json'),
    recorded('openai/response-stream.sse'),
  ],
  [
    azureInference,
    dialogues.openAIDialogue,
    recorded('azure-inference/chat.json'),
    recorded('azure-inference/stream.sse'),
  ],
  [
    anthropic,
    dialogues.anthropicDialogue,
    recorded('anthropic/message-cached-thinking.json'),
    recorded('anthropic/message-stream.sse'),
  ],
  [
    bedrockConverse,
    dialogues.converseDialogue,
    recorded('bedrock/converse-reasoning.json'),
    framed('converse-stream-tools'),
  ],
  [
    bedrockInvoke,
    dialogues.anthropicDialogue,
    recorded('bedrock/invoke-anthropic.json'),
    framed('invoke-stream-anthropic', chunk),
  ],
  [
    google,
    dialogues.geminiDialogue,
    recorded('gemini/generate-content-tools.json'),
    recorded('gemini/generate-content-stream-tools.sse'),
  ],
  [cohere, dialogues.cohereDialogue, recorded('cohere/chat-thinking.json'), recorded('cohere/chat-stream.sse')],
  [mistral, dialogues.mistralDialogue, recorded('mistral/chat-thinking.json'), recorded('mistral/stream-thinking.sse')],
  [ollama, dialogues.ollamaDialogue, recorded('ollama/chat-tools.json'), recorded('ollama/chat-stream.ndjson')],
  [
    vercel,
    dialogues.vercelDialogue,
    recorded('openai/chat-completion-tools.json'),
    recorded('openai/chat-completion-stream-tools.sse'),
  ],
  [
    langChain,
    dialogues.langChainDialogue,
    recorded('openai/chat-completion-tools.json'),
    recorded('openai/chat-completion-stream-tools.sse'),
  ],
  [
    langChainHandler,
    dialogues.langChainDialogue,
    recorded('openai/chat-completion-tools.json'),
    recorded('openai/chat-completion-stream-tools.sse'),
  ],
];
test.each(
  CASES.flatMap(
    ([f, d, a, b]) =>
      [
        ['ask', f, d, a],
        ['stream', f, d, b],
      ] as any[],
  ),
)('%s', async (how: 'ask', family: Family, request: object, reply: any) => {
  server.reply(reply);
  await family[how]?.(server, request);
  const { traces, logs } = await outlet.exported();
  const span = Object.fromEntries(
    Object.entries(spanAttributes(traces, 'chat'))
      .filter(([k]) => MESSAGES.test(k))
      .map(([k, v]) => [k, JSON.parse(v as string)]),
  );
  const log = Object.fromEntries(
    Object.entries(logAttributes(logs, 'gen_ai.client.inference.operation.details')).filter(([k]) => MESSAGES.test(k)),
  );
  (await import('node:fs')).appendFileSync(
    '/tmp/messages',
    `${family.name} ${how}\n${Object.entries(span)
      .map(([k, v]) => `  ${k}: ${JSON.stringify(v)}`)
      .join('\n')}\n`,
  );
  expect(log).toEqual(span);
});
