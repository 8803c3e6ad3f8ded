import { createOpenAI } from '@ai-sdk/openai';
import { AIMessage, type BaseMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { embedMany, generateText, jsonSchema, streamText, tool } from 'ai';
import { Embedding, LlmCall } from '../../../lib/index.js';
import { TelemetryCallbackHandler } from '../../../lib/langchain/index.js';
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
const gpt = (server: WireServer) => ({ model: sdk(server).chat('gpt-4o'), maxRetries: 0 });
const prompt = (c: Canaries, text: string) => ({
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
  request: prompt,
  ask: (server, request) => generate({ ...gpt(server), ...request }),
  stream: (server, request) => read(stream({ ...gpt(server), ...request }).fullStream),
  answers,
  ...(streams && { streams }),
  ...(broken && { broken }),
  error,
};
const embed = Embedding()((server: WireServer, request: object) =>
  embedMany({ model: sdk(server).embedding('text-embedding-3-small'), maxRetries: 0, ...request } as never),
);
export const vercelEmbeddings: Family = {
  name: 'vercel-embeddings',
  request: (c, text) => ({ values: [text, c.word('input')] }),
  ask: (server, request) => embed(server, request),
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

interface Chain {
  readonly messages: BaseMessage[];
  readonly tools: object[];
  readonly user?: string;
  readonly config?: object;
}
const chain = (c: Canaries, text: string): Chain => ({
  messages: [
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
  ],
  tools: [{ type: 'function', function: { name: 'weather', description: c.word('tool'), parameters: schema(c) } }],
  user: c.word('user-id'),
  config: { metadata: { topic: c.word('metadata') }, tags: [c.word('tag')] },
});
const model = (server: WireServer, { tools, user }: Chain) =>
  new ChatOpenAI({
    model: 'gpt-4o',
    apiKey: 'key',
    maxRetries: 0,
    configuration: { baseURL: server.url },
    ...(user && { user }),
  }).bindTools(tools as never);
/** A list of messages is no request by itself. */
const request = (_server: WireServer, asked: Chain) => asked;
const invoke = LlmCall({ request: request as never })((server: WireServer, asked: Chain) =>
  model(server, asked).invoke(asked.messages, asked.config),
);
const streamed = LlmCall({ request: request as never })((server: WireServer, asked: Chain) =>
  model(server, asked).stream(asked.messages, asked.config),
);
export const langChain: Family = {
  name: 'langchain',
  request: chain,
  ask: (server, asked) => invoke(server, asked as Chain),
  stream: async (server, asked) => read(await streamed(server, asked as Chain)),
  answers,
  ...(streams && { streams }),
  ...(broken && { broken }),
  error,
};

const handled = ({ config }: Chain) => ({
  ...config,
  callbacks: [Object.assign(new TelemetryCallbackHandler(), { raiseError: true })],
});
/** Not decorated: the handler alone tells of the calls. */
export const langChainHandler: Family = {
  ...langChain,
  name: 'langchain-handler',
  ask: (server, asked) => model(server, asked as Chain).invoke((asked as Chain).messages, handled(asked as Chain)),
  stream: async (server, asked) =>
    read(await model(server, asked as Chain).stream((asked as Chain).messages, handled(asked as Chain))),
};
