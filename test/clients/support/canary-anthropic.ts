import Anthropic from '@anthropic-ai/sdk';
import {
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { LlmCall } from '../../../lib/index.js';
import { json, type WireReply, type WireServer } from '../../support/wire-server.js';
import { bedrock, framed } from '../bedrock-wire.js';
import type { Canaries } from './canary.js';
import { type Family, type Reply, read, said, schema } from './canary-family.js';

/* Clients of Anthropic and of AWS Bedrock. */

const messageRequest = (c: Canaries, text: string) => ({
  max_tokens: 1024,
  system: [{ type: 'text', text: c.word('system'), cache_control: { type: 'ephemeral' } }],
  metadata: { user_id: c.word('user-id') },
  tools: [{ name: 'weather', description: c.word('tool'), input_schema: schema(c) }],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: c.base64('image') } },
        {
          type: 'document',
          title: c.word('document-title'),
          context: c.word('document-context'),
          source: { type: 'text', media_type: 'text/plain', data: c.word('document') },
        },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: c.word('thinking'), signature: c.base64('signature') },
        { type: 'text', text: c.word('assistant') },
        { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { place: c.word('arguments') } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: c.word('tool-result') }] },
      ],
    },
  ],
});
const create = LlmCall()((server: WireServer, body: object) =>
  new Anthropic({ apiKey: 'key', baseURL: server.url, maxRetries: 0 }).messages.create(body as never),
);
const SONNET = 'claude-sonnet-5';
export const anthropic: Family = {
  name: 'anthropic',
  request: messageRequest,
  ask: (server, request) => create(server, { model: SONNET, ...request }),
  stream: async (server, request) => read((await create(server, { model: SONNET, ...request, stream: true })) as never),
  answers: {
    plain: said('anthropic/message.json'),
    'with thinking': said('anthropic/message-cached-thinking.json'),
    'that refuses': said('anthropic/message-refusal.json'),
    'with tools of the server': said('anthropic/message-server-tools.json'),
    'that calls tools': said('anthropic/message-tools.json'),
  },
  streams: {
    plain: said('anthropic/message-stream.sse'),
    'that calls tools': said('anthropic/message-stream-tools.sse'),
  },
  broken: {
    'an error': said('anthropic/message-stream-error.sse'),
    'a cut': said('anthropic/message-stream.sse', { cutAfter: 3 }),
  },
  error: (message) => json({ type: 'error', error: { type: 'invalid_request_error', message } }, 400),
};

/** Recorded events with canaries in them, as they go over the wire. */
const frames =
  (path: string, wrap = plain, more?: Partial<WireReply>): Reply =>
  (c) =>
    framed(path, (event) => wrap(c.plant(event)), more);
const plain = (event: object) => event;
const chunk = (event: object) => ({ chunk: { bytes: Buffer.from(JSON.stringify(event)).toString('base64') } });
const MODEL = 'us.anthropic.claude-3-5-sonnet-20241022-v2:0';
const bytes = (c: Canaries, field: string) => new TextEncoder().encode(c.word(field));
const converseRequest = (c: Canaries, text: string) => ({
  requestMetadata: { topic: c.word('metadata').slice(0, 256) },
  system: [{ text: c.word('system') }],
  promptVariables: { who: { text: c.word('prompt-variable') } },
  toolConfig: {
    tools: [{ toolSpec: { name: 'weather', description: c.word('tool'), inputSchema: { json: schema(c) } } }],
  },
  messages: [
    {
      role: 'user',
      content: [
        { text },
        { image: { format: 'png', source: { bytes: bytes(c, 'image') } } },
        { document: { format: 'txt', name: c.word('document-name'), source: { bytes: bytes(c, 'document') } } },
        { guardContent: { text: { text: c.word('guarded') } } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { reasoningContent: { reasoningText: { text: c.word('reasoning') } } },
        { text: c.word('assistant') },
        { toolUse: { toolUseId: 'tooluse_1', name: 'weather', input: { place: c.word('arguments') } } },
      ],
    },
    {
      role: 'user',
      content: [
        {
          toolResult: {
            toolUseId: 'tooluse_1',
            content: [{ json: { sky: c.word('tool-result') } }, { text: c.word('tool-result-text') }],
          },
        },
      ],
    },
  ],
});
const converse = LlmCall()((server: WireServer, request: object) =>
  bedrock(server.url).send(new ConverseCommand(request as never)),
);
const converseStream = LlmCall()((server: WireServer, request: object) =>
  bedrock(server.url).send(new ConverseStreamCommand(request as never)),
);
const rejected = (message: string) => {
  const reply = json({ message }, 400);
  return { ...reply, headers: { ...reply.headers, 'x-amzn-errortype': 'ValidationException' } };
};
export const bedrockConverse: Family = {
  name: 'bedrock-converse',
  request: converseRequest,
  ask: (server, request) => converse(server, { modelId: MODEL, ...request }),
  stream: async (server, request) => read((await converseStream(server, { modelId: MODEL, ...request })).stream),
  answers: {
    plain: said('bedrock/converse.json'),
    'with reasoning': said('bedrock/converse-reasoning.json'),
    'of a guardrail': said('bedrock/converse-guardrail.json'),
    'that calls tools': said('bedrock/converse-tools.json'),
  },
  streams: {
    plain: frames('converse-stream'),
    'that calls tools': frames('converse-stream-tools'),
    'of a guardrail': frames('converse-stream-guardrail'),
  },
  broken: {
    'an exception': frames('converse-stream-exception'),
    'a cut': frames('converse-stream', plain, { cutAfter: 3 }),
  },
  error: rejected,
};

const invoke = LlmCall()((server: WireServer, request: { modelId: string; body: string }) =>
  bedrock(server.url).send(new InvokeModelCommand(request)),
);
const invokeStream = LlmCall()((server: WireServer, request: { modelId: string; body: string }) =>
  bedrock(server.url).send(new InvokeModelWithResponseStreamCommand(request)),
);
const invocation = (request: object) => ({
  modelId: MODEL,
  body: JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', ...request }),
});
export const bedrockInvoke: Family = {
  name: 'bedrock-invoke',
  request: messageRequest,
  ask: (server, request) => invoke(server, invocation(request)),
  stream: async (server, request) => read((await invokeStream(server, invocation(request))).body),
  answers: Object.fromEntries(
    ['anthropic', 'nova', 'titan', 'llama', 'mistral', 'jamba', 'cohere', 'openai'].map((name) => [
      `of ${name}`,
      said(`bedrock/invoke-${name}.json`),
    ]),
  ),
  streams: Object.fromEntries(
    ['anthropic', 'nova', 'titan', 'llama', 'mistral', 'cohere'].map((name) => [
      `of ${name}`,
      frames(`invoke-stream-${name}`, chunk),
    ]),
  ),
  broken: { 'a cut': frames('invoke-stream-anthropic', chunk, { cutAfter: 4 }) },
  error: rejected,
};
