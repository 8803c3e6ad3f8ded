import ModelClient from '@azure-rest/ai-inference';
import OpenAI from 'openai';
import { Embedding, LlmCall } from '../../../lib/index.js';
import { json, recorded, type WireServer } from '../../support/wire-server.js';
import type { Canaries } from './canary.js';
import { type Family, picture, type Reply, read, said, schema } from './canary-family.js';

/* Clients of OpenAI's chat completions, responses and embeddings, and of Azure AI Inference. */

const client = (server: WireServer) => new OpenAI({ apiKey: 'key', baseURL: server.url, maxRetries: 0 });
const error = (message: string) =>
  json({ error: { message, type: 'invalid_request_error', param: 'messages', code: 'invalid_prompt' } }, 400);

export const chatRequest = (c: Canaries, text: string) => ({
  user: c.word('user-id'),
  metadata: { topic: c.word('metadata') },
  safety_identifier: c.word('safety-id'),
  prompt_cache_key: c.word('cache-key'),
  prediction: { type: 'content', content: c.word('prediction') },
  response_format: { type: 'json_schema', json_schema: { name: 'place', schema: schema(c) } },
  tools: [{ type: 'function', function: { name: 'weather', description: c.word('tool'), parameters: schema(c) } }],
  messages: [
    { role: 'system', content: c.word('system'), name: c.word('system-name') },
    { role: 'developer', content: [{ type: 'text', text: c.word('developer') }] },
    {
      role: 'user',
      content: [
        { type: 'text', text },
        { type: 'image_url', image_url: { url: picture(c) } },
        { type: 'input_audio', input_audio: { data: c.base64('audio'), format: 'wav' } },
        { type: 'file', file: { filename: c.word('file-name'), file_data: picture(c) } },
      ],
    },
    {
      role: 'assistant',
      content: c.word('assistant'),
      refusal: c.word('refusal'),
      tool_calls: [
        {
          id: 'call_1',
          type: 'function',
          function: { name: 'weather', arguments: JSON.stringify({ place: c.word('arguments') }) },
        },
      ],
    },
    { role: 'tool', tool_call_id: 'call_1', content: c.word('tool-result') },
  ],
});

/** An answer with everything that a chat completion may say. */
const rich: Reply = (c) =>
  c.reply(
    json({
      ...JSON.parse(recorded('openai/chat-completion-tools.json').body as string),
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          message: {
            role: 'assistant',
            content: 'text',
            refusal: 'refusal',
            reasoning_content: 'thought',
            audio: { id: 'audio_1', data: 'bytes', transcript: 'spoken', expires_at: 1741570283 },
            annotations: [{ type: 'url_citation', url_citation: { url: 'link', title: 'title' } }],
            tool_calls: [
              { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"place":"Oslo"}' } },
            ],
          },
          logprobs: {
            content: [{ token: 'token', bytes: [1], logprob: -1, top_logprobs: [{ token: 'token', logprob: -1 }] }],
            refusal: null,
          },
        },
      ],
    }),
  );

const chat = LlmCall()((server: WireServer, body: object) => client(server).chat.completions.create(body as never));
export const openAIChat: Family = {
  name: 'openai-chat',
  request: chatRequest,
  ask: (server, request) => chat(server, { model: 'gpt-4o', ...request }),
  stream: async (server, request) => read((await chat(server, { model: 'gpt-4o', ...request, stream: true })) as never),
  answers: {
    plain: said('openai/chat-completion.json'),
    'with everything': rich,
    'with choices': said('openai/chat-completion-choices.json'),
    'that calls tools': said('openai/chat-completion-tools.json'),
    'with reasoning (DeepSeek)': said('openai-compatible/deepseek.json'),
  },
  streams: {
    plain: said('openai/chat-completion-stream.sse'),
    'that calls tools': said('openai/chat-completion-stream-tools.sse'),
    'with reasoning (DeepSeek)': said('openai-compatible/deepseek.sse'),
  },
  broken: {
    'an error': said('openai/chat-completion-stream-error.sse'),
    'a cut': said('openai/chat-completion-stream.sse', { cutAfter: 3 }),
  },
  error,
};

const responseRequest = (c: Canaries, text: string) => ({
  instructions: c.word('instructions'),
  user: c.word('user-id'),
  metadata: { topic: c.word('metadata') },
  prompt: { id: 'pmpt_1', variables: { who: c.word('prompt-variable') } },
  tools: [{ type: 'function', name: 'weather', description: c.word('tool'), parameters: schema(c), strict: true }],
  input: [
    { role: 'system', content: c.word('system') },
    {
      role: 'user',
      content: [
        { type: 'input_text', text },
        { type: 'input_image', image_url: picture(c), detail: 'auto' },
        { type: 'input_file', filename: c.word('file-name'), file_data: picture(c) },
      ],
    },
    { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: c.word('reasoning') }] },
    { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: `{"place":"${c.word('arguments')}"}` },
    { type: 'function_call_output', call_id: 'call_1', output: c.word('tool-result') },
  ],
});
const respond = LlmCall()((server: WireServer, body: object) => client(server).responses.create(body as never));
export const openAIResponses: Family = {
  name: 'openai-responses',
  request: responseRequest,
  ask: (server, request) => respond(server, { model: 'gpt-4.1', ...request }),
  stream: async (server, request) =>
    read((await respond(server, { model: 'gpt-4.1', ...request, stream: true })) as never),
  answers: {
    plain: said('openai/response.json'),
    'that calls tools': said('openai/response-tools.json'),
    incomplete: said('openai/response-incomplete.json'),
    'that tells of a failure': said('openai/response-failed.json'),
  },
  streams: {
    plain: said('openai/response-stream.sse'),
    incomplete: said('openai/response-stream-incomplete.sse'),
  },
  broken: {
    'a failure': said('openai/response-stream-failed.sse'),
    'a cut': said('openai/response-stream.sse', { cutAfter: 4 }),
  },
  error,
};

const embed = Embedding()((server: WireServer, body: object) => client(server).embeddings.create(body as never));
export const openAIEmbeddings: Family = {
  name: 'openai-embeddings',
  request: (c, text) => ({
    model: 'text-embedding-3-small',
    user: c.word('user-id'),
    encoding_format: 'float',
    input: [text, c.word('input')],
  }),
  ask: (server, request) => embed(server, request),
  answers: { plain: said('openai/embeddings.json') },
  error,
};

const infer = LlmCall()((server: WireServer, options: { body: object }) =>
  azure(server)
    .path('/chat/completions')
    .post(options as never),
);
const inferStream = LlmCall()((server: WireServer, options: { body: object }) =>
  azure(server)
    .path('/chat/completions')
    .post(options as never)
    .asNodeStream(),
);
const azure = (server: WireServer) =>
  ModelClient(server.url, { key: 'key' }, { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } });
export const azureInference: Family = {
  name: 'azure-inference',
  request: chatRequest,
  ask: async (server, request) => infer(server, { body: { model: 'mistral-large', ...request } }),
  stream: async (server, request) => {
    const { body } = await inferStream(server, { body: { model: 'mistral-large', ...request, stream: true } });
    return read(body as AsyncIterable<unknown>);
  },
  answers: {
    plain: said('azure-inference/chat.json'),
    'that calls tools': said('azure-inference/chat-tools.json'),
  },
  streams: { plain: said('azure-inference/stream.sse') },
  broken: { 'a cut': said('azure-inference/stream.sse', { cutAfter: 2 }) },
  error: (message) => json({ error: { code: 'content_filter', message, innererror: { detail: message } } }, 400),
};
