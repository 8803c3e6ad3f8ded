import { type EmbedContentParameters, type GenerateContentParameters, GoogleGenAI } from '@google/genai';
import { afterEach, beforeEach, expect, jest } from '@jest/globals';
import type { Attributes } from '@opentelemetry/api';
import { Embedding, LlmCall } from '../../../lib/index.js';
import { useTelemetry } from '../../support/telemetry.js';
import { useWireServer } from '../../support/wire-server.js';

export const telemetry = useTelemetry();
export const server = useWireServer();

/** The client's answers have getters that warn when there is more to an answer than what they hand out. */
export let warn: jest.SpiedFunction<typeof console.warn>;
beforeEach(() => {
  warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => warn.mockRestore());

/** The client looks for undici's dispatcher on its own global object, which in a test is not that of Node's `fetch`. */
const http = () => ({
  baseUrl: server.url,
  fetch: (url: string | URL | Request, init?: RequestInit) =>
    fetch(url, { ...init, dispatcher: undefined } as RequestInit),
});
export const gemini = () => new GoogleGenAI({ apiKey: 'key', httpOptions: http() });
export const vertex = () => new GoogleGenAI({ vertexai: true, apiKey: 'key', httpOptions: http() });

export class Undecorated {
  constructor(private readonly client = gemini()) {}
  ask(request: GenerateContentParameters) {
    return this.client.models.generateContent(request);
  }
  stream(request: GenerateContentParameters) {
    return this.client.models.generateContentStream(request);
  }
  embed(request: EmbedContentParameters) {
    return this.client.models.embedContent(request);
  }
}
export class Model extends Undecorated {
  @LlmCall()
  override ask(request: GenerateContentParameters) {
    return super.ask(request);
  }
  @LlmCall()
  override stream(request: GenerateContentParameters) {
    return super.stream(request);
  }
  @Embedding()
  override embed(request: EmbedContentParameters) {
    return super.embed(request);
  }
}

export const request: GenerateContentParameters = { model: 'gemini-2.5-flash', contents: 'What is a xylophone?' };
export const chat = (method: string): Attributes => ({
  'annotel.operation': 'chat',
  'code.function.name': `Model.${method}`,
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'gcp.gen_ai',
  'gen_ai.request.model': 'gemini-2.5-flash',
  'gen_ai.response.model': 'gemini-2.5-flash',
});
export const streamed = {
  ...chat('stream'),
  'gen_ai.request.stream': true,
  'gen_ai.response.time_to_first_chunk': expect.any(Number) as unknown as number,
};
/** In US dollars, by the prices of gemini-2.5-flash: 0.30 for a million input tokens, 0.03 cached, 2.50 output. */
export const cost = (amount: number): Attributes => ({
  'annotel.cost.amount': expect.closeTo(amount, 12) as unknown as number,
  'annotel.cost.currency': 'USD',
  'annotel.cost.source': 'local',
});
/** Nothing that anybody said is told while content is not captured. */
export const expectNoContent = (): void => {
  expect(JSON.stringify([telemetry.spans, telemetry.logs])).not.toMatch(/xylo/i);
};
export const read = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
};
