import { GoogleGenAI } from '@google/genai';
import { CohereClientV2 } from 'cohere-ai';
import { Embedding, LlmCall } from '../../../lib/index.js';
import { json, type WireServer } from '../../support/wire-server.js';
import type { Canaries } from './canary.js';
import { type Family, picture, read, said, schema } from './canary-family.js';

/* Clients of Google and Cohere. */

type Stream = AsyncIterable<unknown>;

/** The client looks for undici's dispatcher on its own global object, which in a test is not that of Node's `fetch`. */
const gemini = (server: WireServer) =>
  new GoogleGenAI({
    apiKey: 'key',
    httpOptions: {
      baseUrl: server.url,
      fetch: (url: string | URL | Request, init?: RequestInit) =>
        fetch(url, { ...init, dispatcher: undefined } as RequestInit),
    } as never,
  }).models;
const contentRequest = (c: Canaries, text: string) => ({
  config: {
    systemInstruction: c.word('system'),
    labels: { topic: c.word('label') },
    tools: [
      { functionDeclarations: [{ name: 'weather', description: c.word('tool'), parametersJsonSchema: schema(c) }] },
    ],
  },
  contents: [
    {
      role: 'user',
      parts: [
        { text },
        { inlineData: { mimeType: 'image/png', data: c.base64('image') } },
        { fileData: { mimeType: 'text/plain', fileUri: `https://example.com/${c.word('file')}` } },
      ],
    },
    {
      role: 'model',
      parts: [
        { text: c.word('thought'), thought: true, thoughtSignature: c.base64('signature') },
        { functionCall: { name: 'weather', args: { place: c.word('arguments') } } },
        { executableCode: { language: 'PYTHON', code: c.word('code') } },
      ],
    },
    { role: 'user', parts: [{ functionResponse: { name: 'weather', response: { sky: c.word('tool-result') } } }] },
  ],
});
const generate = LlmCall()((server: WireServer, request: object) => gemini(server).generateContent(request as never));
const generateStream = LlmCall()((server: WireServer, request: object) =>
  gemini(server).generateContentStream(request as never),
);
const googleError = (message: string) => json({ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }, 400);
export const google: Family = {
  name: 'google',
  request: contentRequest,
  ask: (server, request) => generate(server, { model: 'gemini-2.5-flash', ...request }),
  stream: async (server, request) =>
    read((await generateStream(server, { model: 'gemini-2.5-flash', ...request })) as Stream),
  answers: {
    plain: said('gemini/generate-content.json'),
    blocked: said('gemini/generate-content-blocked.json'),
    'that calls tools': said('gemini/generate-content-tools.json'),
    'of Vertex AI': said('gemini/generate-content-vertex.json'),
  },
  streams: {
    plain: said('gemini/generate-content-stream.sse'),
    'that calls tools': said('gemini/generate-content-stream-tools.sse'),
    blocked: said('gemini/generate-content-stream-blocked.sse'),
  },
  broken: {
    'an error': said('gemini/generate-content-stream-error.sse'),
    'a cut': said('gemini/generate-content-stream.sse', { cutAfter: 2 }),
  },
  error: googleError,
};
const embedContent = Embedding()((server: WireServer, request: object) =>
  gemini(server).embedContent(request as never),
);
export const googleEmbeddings: Family = {
  name: 'google-embeddings',
  request: (c, text) => ({
    model: 'gemini-embedding-001',
    contents: [text, c.word('input')],
    config: { title: c.word('title') },
  }),
  ask: (server, request) => embedContent(server, request),
  answers: { plain: said('gemini/embeddings.json') },
  error: googleError,
};

const cohereClient = (server: WireServer) =>
  new CohereClientV2({ token: 'key', environment: server.url, maxRetries: 0 });
const cohereRequest = (c: Canaries, text: string) => ({
  documents: [c.word('document'), { id: 'doc-1', data: { text: c.word('document-data') } }],
  tools: [{ type: 'function', function: { name: 'weather', description: c.word('tool'), parameters: schema(c) } }],
  messages: [
    { role: 'system', content: c.word('system') },
    {
      role: 'user',
      content: [
        { type: 'text', text },
        { type: 'image_url', imageUrl: { url: picture(c) } },
      ],
    },
    {
      role: 'assistant',
      toolPlan: c.word('tool-plan'),
      toolCalls: [
        { id: 'c_1', type: 'function', function: { name: 'weather', arguments: `{"place":"${c.word('arguments')}"}` } },
      ],
    },
    {
      role: 'tool',
      toolCallId: 'c_1',
      content: [{ type: 'document', document: { data: { sky: c.word('tool-result') } } }],
    },
  ],
});
const cohereChat = LlmCall()((server: WireServer, request: object) => cohereClient(server).chat(request as never));
const cohereStream = LlmCall()((server: WireServer, request: object) =>
  cohereClient(server).chatStream(request as never),
);
const idAndMessage = (message: string) => json({ id: 'e_1', message }, 400);
export const cohere: Family = {
  name: 'cohere',
  request: cohereRequest,
  ask: (server, request) => cohereChat(server, { model: 'command-a-03-2025', ...request }),
  stream: async (server, request) =>
    read((await cohereStream(server, { model: 'command-a-03-2025', ...request })) as Stream),
  answers: {
    plain: said('cohere/chat.json'),
    'with thinking': said('cohere/chat-thinking.json'),
    'that calls tools': said('cohere/chat-tools.json'),
  },
  streams: { plain: said('cohere/chat-stream.sse'), 'that calls tools': said('cohere/chat-stream-tools.sse') },
  broken: {
    'a failure': said('cohere/chat-stream-failed.sse'),
    'a cut': said('cohere/chat-stream.sse', { cutAfter: 4 }),
  },
  error: idAndMessage,
};
const cohereEmbed = Embedding()((server: WireServer, request: object) => cohereClient(server).embed(request as never));
export const cohereEmbeddings: Family = {
  name: 'cohere-embeddings',
  request: (c, text) => ({
    model: 'embed-v4.0',
    inputType: 'search_query',
    embeddingTypes: ['float'],
    texts: [text, c.word('input')],
  }),
  ask: (server, request) => cohereEmbed(server, request),
  answers: { plain: said('cohere/embed.json') },
  error: idAndMessage,
};
