import { describe, expect, test } from '@jest/globals';
import { useWireServer } from '../support/wire-server.js';
import { Canaries } from './support/canary.js';
import { anthropic, bedrockConverse, bedrockInvoke } from './support/canary-anthropic.js';
import type { Family, Reply } from './support/canary-family.js';
import { langChain, langChainHandler, vercel } from './support/canary-frameworks.js';
import { cohere, google } from './support/canary-google.js';
import { mistral, ollama } from './support/canary-mistral.js';
import { azureInference, openAIChat, openAIResponses } from './support/canary-openai.js';
import { useOutlet } from './support/canary-pipeline.js';

/*
 * While content is captured, every field that says something is in the exported span and in the exported log record, but for
 * those named here. It also shows that `canary.test.ts` would see a leak: requests, answers and pipeline are the same.
 */

/** Bytes, and what only the provider can read; of a part of a text, the whole is told. */
const NO_TEXT = new Set(['image', 'audio', 'data', 'delta', 'signature', 'thoughtSignature', 'encrypted_content']);
/** What is told of the caller or the request, none of which is a message. */
const HOUSEKEEPING = new Set(['cache-key', 'label', 'metadata', 'safety-id', 'tag', 'user-id']);

/** What is not captured of requests and of answers. */
const LEFT_OUT: [Family, asked: string[], answers?: Record<string, string[]>][] = [
  [openAIChat, ['file-name', 'prediction'], { 'with everything': ['title', 'token', 'url'] }],
  [openAIResponses, ['file-name', 'prompt-variable'], { 'that tells of a failure': ['message'] }],
  [azureInference, ['file-name', 'prediction']],
  [anthropic, ['document-context', 'document-title']],
  [bedrockConverse, ['document', 'document-name', 'prompt-variable']],
  // The message is the prompt, repeated.
  [bedrockInvoke, ['document-context', 'document-title'], { 'of cohere': ['message'] }],
  [google, [], { 'that calls tools': ['finishMessage'] }],
  [cohere, ['document', 'document-data']],
  [mistral, ['name', 'prediction']],
  [ollama, []],
  // The client itself does not tell it.
  [vercel, [], { 'with reasoning (DeepSeek)': ['reasoning_content'] }],
  [langChain, []],
  [langChainHandler, []],
];

const outlet = useOutlet('http/json', { content: 'SPAN_AND_EVENT', contentForm: 'full' });
const server = useWireServer();

describe.each(LEFT_OUT.map(([family, ...leftOut]) => [family.name, family, ...leftOut] as const))(
  '%s',
  (_name, family, ofRequests, ofAnswers = {}) => {
    test.each(casesOf(family))('%s: %s', async (how, what, reply) => {
      const asked = new Canaries(family.name);
      const answered = new Canaries(family.name);
      server.reply(reply(answered));
      await family[how]?.(server, family.request(asked, asked.text('user')));
      const { traces, logs } = await outlet.exported();
      for (const exported of [traces.toString(), logs.toString()]) {
        expect(asked.missing(exported).filter((field) => !NO_TEXT.has(field) && !HOUSEKEEPING.has(field))).toEqual(
          ofRequests,
        );
        expect(answered.missing(exported).filter((field) => !NO_TEXT.has(field))).toEqual(
          how === 'stream' && family !== vercel ? [] : (ofAnswers[what] ?? []),
        );
      }
    });
  },
);

test('bytes are told by their type and size', async () => {
  const asked = new Canaries('openai-chat');
  server.reply((openAIChat.answers['plain'] as Reply)(asked));
  await openAIChat.ask(server, openAIChat.request(asked, 'Hi'));
  const { traces, metrics } = await outlet.exported();
  expect(traces.toString()).toContain('[image/png, 49 bytes]');
  expect(metrics.toString()).not.toContain('CANARY');
});

function casesOf({ answers, streams = {} }: Family): ['ask' | 'stream', string, Reply][] {
  return [
    ...Object.entries(answers).map(([what, reply]): ['ask', string, Reply] => ['ask', what, reply]),
    ...Object.entries(streams).map(([what, reply]): ['stream', string, Reply] => ['stream', what, reply]),
  ];
}
