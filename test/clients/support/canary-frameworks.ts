import { createOpenAI } from '@ai-sdk/openai';
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { embedMany, generateText, jsonSchema, streamText, tool } from 'ai';
import { Embedding, LlmCall } from '../../../lib/index.js';
import { TelemetryCallbackHandler } from '../../../lib/integrations/langchain.js';
import { json, type WireServer } from '../../support/wire-server.js';
import type { Canaries } from './canary.js';
import { type Family, picture, read, schema } from './canary-family.js';
import { openAIChat } from './canary-openai.js';

/* The Vercel AI SDK and LangChain, over OpenAI's chat completions. */

const { streams, error } = openAIChat;
const { plain, 'that calls tools': tools } = openAIChat.answers as Required<typeof openAIChat.answers>;
const answers = { plain, 'that calls tools': tools } as Family['answers'];
const broken = {
  'a cut': openAIChat.broken?.['a cut'],
  'an error': openAIChat.broken?.['an error'],
} as Family['broken'];

const sdk = (server: WireServer) => createOpenAI({ apiKey: 'key', baseURL: server.url });
const prompt = (server: WireServer, c: Canaries, text: string) => ({
  model: sdk(server).chat('gpt-4o'),
  maxRetries: 0,
  system: c.word('system'),
  tools: { get_current_weather: tool({ description: c.word('tool'), inputSchema: jsonSchema(schema(c) as never) }) },
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text },
        { type: 'image', image: picture(c) },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: c.word('assistant') },
        {
          type: 'tool-call',
          toolCallId: 'call_1',
          toolName: 'get_current_weather',
          input: { place: c.word('arguments') },
        },
      ],
    },
    {
      role: 'tool',
      content: [
        {
          type: 'tool-result',
          toolCallId: 'call_1',
          toolName: 'get_current_weather',
          output: { type: 'json', value: { sky: c.word('tool-result') } },
        },
      ],
    },
  ],
});
const generate = LlmCall()((request: object) => generateText(request as never));
const stream = LlmCall()((request: object) => streamText({ ...request, onError() {} } as never));
export const vercel: Family = {
  name: 'vercel',
  ask: (server, c, text) => generate(prompt(server, c, text)),
  stream: (server, c, text) => read(stream(prompt(server, c, text)).fullStream),
  answers,
  ...(streams && { streams }),
  ...(broken && { broken }),
  error,
};
const embed = Embedding()((server: WireServer, values: string[]) =>
  embedMany({ model: sdk(server).embedding('text-embedding-3-small'), values, maxRetries: 0 }),
);
export const vercelEmbeddings: Family = {
  name: 'vercel-embeddings',
  ask: (server, c, text) => embed(server, [text, c.word('input')]),
  answers: {
    plain: () =>
      json({
        object: 'list',
        data: [0, 1].map((index) => ({ object: 'embedding', index, embedding: [0.1, 0.2] })),
        model: 'text-embedding-3-small',
        usage: { prompt_tokens: 16, total_tokens: 16 },
      }),
  },
  error,
};

const messages = (c: Canaries, text: string) => [
  new SystemMessage(c.word('system')),
  new HumanMessage({
    content: [
      { type: 'text', text },
      { type: 'image_url', image_url: { url: picture(c) } },
    ],
  }),
  new AIMessage({
    content: c.word('assistant'),
    tool_calls: [{ id: 'call_1', name: 'weather', args: { place: c.word('arguments') } }],
  }),
  new ToolMessage({ tool_call_id: 'call_1', content: c.word('tool-result') }),
];
const model = (server: WireServer, c: Canaries) =>
  new ChatOpenAI({
    model: 'gpt-4o',
    apiKey: 'key',
    maxRetries: 0,
    configuration: { baseURL: server.url },
    user: c.word('user-id'),
  }).bindTools([
    { type: 'function', function: { name: 'weather', description: c.word('tool'), parameters: schema(c) } },
  ]);
const options = (c: Canaries, handled: boolean) => ({
  metadata: { topic: c.word('metadata') },
  tags: [c.word('tag')],
  callbacks: handled ? [Object.assign(new TelemetryCallbackHandler(), { raiseError: true })] : [],
});
/** A list of messages is no request by itself. */
const request = (_bound: unknown, input: unknown) => ({ messages: input });
const invoke = LlmCall({ request })(
  (bound: ReturnType<typeof model>, input: ReturnType<typeof messages>, config: object) => bound.invoke(input, config),
);
const streamed = LlmCall({ request })(
  (bound: ReturnType<typeof model>, input: ReturnType<typeof messages>, config: object) => bound.stream(input, config),
);
export const langChain: Family = {
  name: 'langchain',
  ask: (server, c, text) => invoke(model(server, c), messages(c, text), options(c, false)),
  stream: async (server, c, text) => read(await streamed(model(server, c), messages(c, text), options(c, false))),
  answers,
  ...(streams && { streams }),
  ...(broken && { broken }),
  error,
};
/** Not decorated: the handler alone tells of the calls. */
export const langChainHandler: Family = {
  ...langChain,
  name: 'langchain-handler',
  ask: (server, c, text) => model(server, c).invoke(messages(c, text), options(c, true)),
  stream: async (server, c, text) => read(await model(server, c).stream(messages(c, text), options(c, true))),
};
