import { embed, embedMany, generateImage, generateObject, generateText, Output, stepCountIs, tool } from 'ai';
import { Embedding, LlmCall } from '../../../lib/index.js';
import { json } from '../../support/wire-server.js';
import { location, openai, place } from './vercel.js';

/* Calls of the Vercel AI SDK that answer in one piece, and what the API answers them. */

export const gpt = () => openai().chat('gpt-4o');
const small = () => openai().embedding('text-embedding-3-small');

export class Undecorated {
  text(prompt: string) {
    return generateText({ model: gpt(), prompt, maxRetries: 0 });
  }
  respond(prompt: string) {
    return generateText({ model: openai()('gpt-4.1'), prompt, maxRetries: 0 });
  }
  steps(weather: () => Promise<string> = async () => 'Rain') {
    const tools = { get_current_weather: tool({ inputSchema: location, execute: weather }) };
    return generateText({ model: gpt(), prompt: 'Rain?', tools, stopWhen: stepCountIs(3), maxRetries: 0 });
  }
  typed() {
    return generateText({ model: gpt(), prompt: 'Where?', output: Output.object({ schema: place }), maxRetries: 0 });
  }
  object() {
    return generateObject({ model: gpt(), prompt: 'Where?', schema: place, maxRetries: 0 });
  }
  image() {
    return generateImage({ model: openai().image('gpt-image-1'), prompt: 'A fjord', maxRetries: 0 });
  }
  embed() {
    return embed({ model: small(), value: 'one', maxRetries: 0 });
  }
  embedMany() {
    return embedMany({ model: small(), values: ['one', 'two'], maxRetries: 0 });
  }
}
export class Model extends Undecorated {
  @LlmCall()
  override text(prompt: string) {
    return super.text(prompt);
  }
  @LlmCall()
  override respond(prompt: string) {
    return super.respond(prompt);
  }
  @LlmCall()
  override steps(weather?: () => Promise<string>) {
    return super.steps(weather);
  }
  @LlmCall()
  override typed() {
    return super.typed();
  }
  @LlmCall()
  override object() {
    return super.object();
  }
  @LlmCall()
  override image() {
    return super.image();
  }
  @Embedding()
  override embed() {
    return super.embed();
  }
  @Embedding()
  override embedMany() {
    return super.embedMany();
  }
}

export const embeddings = () =>
  json({
    object: 'list',
    data: [0, 1].map((index) => ({ object: 'embedding', index, embedding: [0.1, 0.2, 0.3] })),
    model: 'text-embedding-3-small',
    usage: { prompt_tokens: 16, total_tokens: 16 },
  });
export const oneEmbedding = () =>
  json({
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding: [0.1, 0.2, 0.3] }],
    model: 'text-embedding-3-small',
    usage: { prompt_tokens: 8, total_tokens: 8 },
  });
export const image = () =>
  json({
    created: 1741570283,
    data: [{ b64_json: 'iVBORw0KGgo=' }],
    usage: { input_tokens: 12, output_tokens: 1056, total_tokens: 1068 },
  });
