import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type OpenAI from 'openai';
import { settings } from '../settings.js';
import { announce } from './parent.js';
import { countTokens, embed, extractAnswer } from './stand-in-text.js';

/**
 * Takes the place of the model provider when there is no API key. It speaks the provider's protocol, streaming, token
 * counts and errors included, so that the app's client and its telemetry work as they do with the real one. It has no
 * language model: its vectors are hashed words, and its answers are sentences of the passages that it was given.
 */

const MODELS = new Set([settings.chatModel, settings.embeddingModel]);
const FINGERPRINT = 'fp_stand_in';

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error('stand-in provider:', error);
    response.headersSent ? response.destroy() : sendError(response, 500, String(error), null);
  });
});
server.listen(0, '127.0.0.1', () => announce(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const route = `${request.method} ${request.url}`;
  if (route !== 'POST /v1/embeddings' && route !== 'POST /v1/chat/completions') {
    return sendError(response, 404, `Invalid URL (${route})`, null);
  }
  const body = (await json(request)) as { model: string };
  if (!MODELS.has(body.model)) {
    const message = `The model \`${body.model}\` does not exist or you do not have access to it.`;
    return sendError(response, 404, message, 'model_not_found');
  }
  if (route === 'POST /v1/embeddings') createEmbeddings(body as OpenAI.EmbeddingCreateParams, response);
  else await completeChat(body as OpenAI.ChatCompletionCreateParams, response);
}

function createEmbeddings(request: OpenAI.EmbeddingCreateParams, response: ServerResponse): void {
  const texts = [request.input].flat().map(String);
  const dimensions = request.dimensions ?? 1536;
  const data = texts.map((text, index) => {
    const vector = embed(text, dimensions);
    const embedding =
      request.encoding_format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
    return { object: 'embedding', index, embedding };
  });
  const tokens = texts.reduce((sum, text) => sum + countTokens(text), 0);
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  send(response, 200, { object: 'list', data, model: request.model, usage });
}

async function completeChat(request: OpenAI.ChatCompletionCreateParams, response: ServerResponse): Promise<void> {
  const prompt = request.messages.map(({ content }) => String(content)).join('\n');
  const text = extractAnswer(String(request.messages.at(-1)?.content));
  const words = text.match(/\S+\s*/g) ?? [];
  const usage = {
    prompt_tokens: countTokens(prompt),
    completion_tokens: words.length,
    total_tokens: countTokens(prompt) + words.length,
  };
  const common = {
    id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
    created: Math.floor(Date.now() / 1000),
    model: request.model,
    service_tier: 'default',
    system_fingerprint: FINGERPRINT,
  };

  await thinkBeforeTheFirstWord();
  if (!request.stream) {
    const message = { role: 'assistant', content: text, refusal: null };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
    return send(response, 200, { ...common, object: 'chat.completion', choices, usage });
  }

  response.writeHead(200, { 'content-type': 'text/event-stream' });
  // With `include_usage` the real provider says `usage: null` on every chunk but the last.
  const withUsage = request.stream_options?.include_usage ? { usage: null } : {};
  const chunk = (delta: object, finish_reason: string | null = null) => {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason }];
    return event({ ...common, object: 'chat.completion.chunk', choices, ...withUsage });
  };
  response.write(chunk({ role: 'assistant', content: '', refusal: null }));
  for (const word of words) {
    if (response.destroyed) return;
    response.write(chunk({ content: word }));
    await sleep(2 + 3 * Math.random());
  }
  response.write(chunk({}, 'stop'));
  if (request.stream_options?.include_usage) {
    response.write(event({ ...common, object: 'chat.completion.chunk', choices: [], usage }));
  }
  response.end('data: [DONE]\n\n');
}

function thinkBeforeTheFirstWord(): Promise<void> {
  return sleep(60 + 60 * Math.random());
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

function sendError(response: ServerResponse, status: number, message: string, code: string | null): void {
  send(response, status, { error: { message, type: 'invalid_request_error', param: null, code } });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': `req_${randomUUID()}` });
  response.end(JSON.stringify(body));
}
