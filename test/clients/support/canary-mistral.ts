import { Mistral } from '@mistralai/mistralai';
import { Ollama } from 'ollama';
import { Embedding, LlmCall } from '../../../lib/index.js';
import { json, type WireServer } from '../../support/wire-server.js';
import type { Canaries } from './canary.js';
import { type Family, picture, read, said, schema } from './canary-family.js';

/* Clients of Mistral and Ollama. */

type Stream = AsyncIterable<unknown>;

const mistralClient = (server: WireServer) => new Mistral({ apiKey: 'key', serverURL: server.url });
const mistralRequest = (c: Canaries, text: string) => ({
  metadata: { topic: c.word('metadata') },
  prediction: { type: 'content', content: c.word('prediction') },
  tools: [{ type: 'function', function: { name: 'weather', description: c.word('tool'), parameters: schema(c) } }],
  messages: [
    { role: 'system', content: c.word('system') },
    {
      role: 'user',
      content: [
        { type: 'text', text },
        { type: 'image_url', imageUrl: { url: picture(c) } },
        {
          type: 'document_url',
          documentUrl: `https://example.com/${c.word('document')}`,
          documentName: c.word('name'),
        },
      ],
    },
    {
      role: 'assistant',
      content: c.word('assistant'),
      toolCalls: [{ id: 'call_1', function: { name: 'weather', arguments: { place: c.word('arguments') } } }],
    },
    { role: 'tool', toolCallId: 'call_1', content: c.word('tool-result') },
  ],
});
const complete = LlmCall()((server: WireServer, request: object) =>
  mistralClient(server).chat.complete(request as never),
);
const completeStream = LlmCall()((server: WireServer, request: object) =>
  mistralClient(server).chat.stream(request as never),
);
const mistralError = (message: string) =>
  json({ object: 'error', message, type: 'invalid_request_error', code: '1000' }, 400);
export const mistral: Family = {
  name: 'mistral',
  request: mistralRequest,
  ask: (server, request) => complete(server, { model: 'mistral-large-latest', ...request }),
  stream: async (server, request) =>
    read((await completeStream(server, { model: 'mistral-large-latest', ...request })) as Stream),
  answers: {
    plain: said('mistral/chat.json'),
    'with thinking': said('mistral/chat-thinking.json'),
    'that calls tools': said('mistral/chat-tools.json'),
  },
  streams: {
    plain: said('mistral/stream.sse'),
    'with thinking': said('mistral/stream-thinking.sse'),
    'that calls tools': said('mistral/stream-tools.sse'),
  },
  broken: { 'a cut': said('mistral/stream.sse', { cutAfter: 3 }) },
  error: mistralError,
};
const mistralEmbed = Embedding()((server: WireServer, request: object) =>
  mistralClient(server).embeddings.create(request as never),
);
export const mistralEmbeddings: Family = {
  name: 'mistral-embeddings',
  request: (c, text) => ({ model: 'mistral-embed', inputs: [text, c.word('input')] }),
  ask: (server, request) => mistralEmbed(server, request),
  answers: { plain: said('mistral/embeddings.json') },
  error: mistralError,
};

const ollamaRequest = (c: Canaries, text: string) => ({
  tools: [{ type: 'function', function: { name: 'weather', description: c.word('tool'), parameters: schema(c) } }],
  messages: [
    { role: 'system', content: c.word('system') },
    { role: 'user', content: text, images: [c.base64('image')] },
    {
      role: 'assistant',
      content: c.word('assistant'),
      thinking: c.word('thinking'),
      tool_calls: [{ function: { name: 'weather', arguments: { place: c.word('arguments') } } }],
    },
    { role: 'tool', tool_name: 'weather', content: c.word('tool-result') },
  ],
});
const ollamaChat = LlmCall()((server: WireServer, request: object) =>
  new Ollama({ host: server.url }).chat(request as never),
);
const ollamaError = (message: string) => json({ error: message }, 400);
export const ollama: Family = {
  name: 'ollama',
  request: ollamaRequest,
  ask: (server, request) => ollamaChat(server, { model: 'qwen3:8b', ...request }),
  stream: async (server, request) =>
    read((await ollamaChat(server, { model: 'qwen3:8b', ...request, stream: true })) as unknown as Stream),
  answers: { plain: said('ollama/chat.json'), 'that calls tools': said('ollama/chat-tools.json') },
  streams: { plain: said('ollama/chat-stream.ndjson'), 'that calls tools': said('ollama/chat-stream-tools.ndjson') },
  broken: {
    'an error': said('ollama/chat-stream-error.ndjson'),
    'a cut': said('ollama/chat-stream.ndjson', { cutAfter: 2 }),
  },
  error: ollamaError,
};
const ollamaEmbed = Embedding()((server: WireServer, request: object) =>
  new Ollama({ host: server.url }).embed(request as never),
);
export const ollamaEmbeddings: Family = {
  name: 'ollama-embeddings',
  request: (c, text) => ({ model: 'nomic-embed-text', input: [text, c.word('input')] }),
  ask: (server, request) => ollamaEmbed(server, request),
  answers: { plain: said('ollama/embed.json') },
  error: ollamaError,
};
