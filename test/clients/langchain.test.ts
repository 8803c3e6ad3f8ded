import { describe, expect, test } from '@jest/globals';
import { AIMessageChunk, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { readConversation, readResponse, StreamedResponse } from '../../lib/genai/providers/registry.js';
import { LlmCall } from '../../lib/index.js';
import { useTelemetry } from '../support/telemetry.js';
import { recorded, useWireServer, type WireReply } from '../support/wire-server.js';

const telemetry = useTelemetry();
const wire = useWireServer();
const model = (fields: object = {}) =>
  new ChatOpenAI({ model: 'gpt-5', apiKey: 'x', maxRetries: 0, configuration: { baseURL: wire.url }, ...fields });
const WANTED = { detail: true, content: true };

class Model {
  @LlmCall()
  ask(fields: object = {}) {
    return model(fields).invoke('What do you see?');
  }

  @LlmCall()
  stream(fields: object = {}, options: object = {}) {
    return model(fields).stream('What do you see?', options);
  }

  @LlmCall()
  generate() {
    return model({ n: 2 }).generate([[new HumanMessage('Say hi.')]]);
  }
}

/** What a span tells of an answer. */
function facts(): Record<string, unknown> {
  const told: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(telemetry.span.attributes)) {
    if (/^(gen_ai\.(response|usage|provider)|openai|annotel\.stream)/.test(key) && !key.endsWith('_chunk'))
      told[key] = value;
  }
  return told;
}

function usage(input: number, output: number, cached: number, reasoning: number): Record<string, number> {
  return {
    'gen_ai.usage.input_tokens': input,
    'gen_ai.usage.output_tokens': output,
    'gen_ai.usage.cache_read.input_tokens': cached,
    'gen_ai.usage.reasoning.output_tokens': reasoning,
  };
}

/** LangChain tells the model with the finish reason, on the last chunk. */
const CUT_OFF = {
  'gen_ai.provider.name': 'openai',
  'gen_ai.response.id': 'chatcmpl-123abcStreamed',
  'gen_ai.response.finish_reasons': ['error'],
};

describe('answers', () => {
  test.each<[what: string, reply: string, fields: object, expected: Record<string, unknown>]>([
    [
      'a chat completion',
      'openai/chat-completion.json',
      {},
      {
        'gen_ai.response.id': 'chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG',
        'gen_ai.response.model': 'gpt-4o-2024-08-06',
        'gen_ai.response.finish_reasons': ['stop'],
        ...usage(1117, 46, 0, 0),
        'openai.response.system_fingerprint': 'fp_fc9f1d7035',
      },
    ],
    [
      'with tool calls',
      'openai/chat-completion-tools.json',
      {},
      {
        'gen_ai.response.id': 'chatcmpl-B9MJ2Fk4mnPoGqpKx1vLWOa9V0mZX',
        'gen_ai.response.model': 'gpt-4o-2024-08-06',
        'gen_ai.response.finish_reasons': ['tool_calls'],
        ...usage(82, 17, 0, 0),
        'openai.response.system_fingerprint': 'fp_fc9f1d7035',
      },
    ],
    [
      'with cached and reasoning tokens',
      'openai/chat-completion-cached-reasoning.json',
      {},
      {
        'gen_ai.response.id': 'chatcmpl-BHxJv9Y3kQ7mE1tP5rW0cD2nL8aSf',
        'gen_ai.response.model': 'o4-mini-2025-04-16',
        'gen_ai.response.finish_reasons': ['stop'],
        ...usage(2304, 541, 2048, 512),
      },
    ],
    [
      'of the responses API',
      'openai/response.json',
      { useResponsesApi: true },
      {
        'gen_ai.response.id': 'resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b',
        'gen_ai.response.model': 'gpt-4.1-2025-04-14',
        'gen_ai.response.finish_reasons': ['stop'],
        ...usage(36, 87, 0, 0),
        'openai.api.type': 'responses',
        'openai.response.service_tier': 'default',
      },
    ],
    [
      'of the responses API, with tool calls',
      'openai/response-tools.json',
      { useResponsesApi: true },
      {
        'gen_ai.response.id': 'resp_67ca09c5efe0819096d0511c92b8c890096610f474011cc0',
        'gen_ai.response.model': 'gpt-4.1-2025-04-14',
        'gen_ai.response.finish_reasons': ['tool_calls'],
        ...usage(291, 87, 256, 64),
        'openai.api.type': 'responses',
        'openai.response.service_tier': 'default',
      },
    ],
    [
      'of the responses API, cut short',
      'openai/response-incomplete.json',
      { useResponsesApi: true },
      {
        'gen_ai.response.id': 'resp_68a1incomplete90f',
        'gen_ai.response.model': 'gpt-4.1-2025-04-14',
        'gen_ai.response.finish_reasons': ['length'],
        ...usage(36, 16, 0, 0),
        'openai.api.type': 'responses',
        'openai.response.service_tier': 'default',
      },
    ],
  ])('%s', async (_what, reply, fields, expected) => {
    wire.reply(recorded(reply));
    await new Model().ask(fields);
    expect(facts()).toEqual({ 'gen_ai.provider.name': 'openai', ...expected });
  });

  test('several choices: one usage', async () => {
    wire.reply(recorded('openai/chat-completion-choices.json'));
    await new Model().generate();
    expect(facts()).toEqual({
      'gen_ai.provider.name': 'openai',
      ...{
        'gen_ai.response.id': 'chatcmpl-BCk1u5mT9zQeR3wX7yV2bN6pJ4hGd',
        'gen_ai.response.model': 'gpt-4o-2024-08-06',
        'gen_ai.response.finish_reasons': ['stop', 'length'],
        ...usage(14, 12, 0, 0),
        'openai.response.system_fingerprint': 'fp_fc9f1d7035',
      },
    });
  });
});

describe('streams', () => {
  test.each<[what: string, reply: WireReply, fields: object, expected: Record<string, unknown>]>([
    [
      'chat completion',
      recorded('openai/chat-completion-stream.sse'),
      {},
      {
        'gen_ai.response.id': 'chatcmpl-123abcStreamed',
        'gen_ai.response.model': 'gpt-4o-2024-08-06',
        'gen_ai.response.finish_reasons': ['stop'],
        ...usage(19, 10, 0, 0),
        'openai.response.service_tier': 'default',
        'openai.response.system_fingerprint': 'fp_44709d6fcb',
      },
    ],
    [
      'with tool calls',
      recorded('openai/chat-completion-stream-tools.sse'),
      {},
      {
        'gen_ai.response.id': 'chatcmpl-BFgTools7Qw2',
        'gen_ai.response.model': 'gpt-4o-2024-08-06',
        'gen_ai.response.finish_reasons': ['tool_calls'],
        ...usage(68, 15, 64, 0),
        'openai.response.service_tier': 'default',
        'openai.response.system_fingerprint': 'fp_44709d6fcb',
      },
    ],
    [
      'that tell no usage',
      recorded('openai/chat-completion-stream-without-usage.sse'),
      {},
      {
        'gen_ai.response.id': 'chatcmpl-123abcStreamed',
        'gen_ai.response.model': 'gpt-4o-2024-08-06',
        'gen_ai.response.finish_reasons': ['stop'],
        'openai.response.service_tier': 'default',
        'openai.response.system_fingerprint': 'fp_44709d6fcb',
      },
    ],
    [
      'of the responses API',
      recorded('openai/response-stream.sse'),
      { useResponsesApi: true },
      {
        'gen_ai.response.id': 'resp_67c9fdcecf488190bdd9a0409de3a1ec07b8b0ad4e5eb654',
        'gen_ai.response.model': 'gpt-4.1-2025-04-14',
        'gen_ai.response.finish_reasons': ['stop'],
        ...usage(37, 11, 0, 0),
        'openai.api.type': 'responses',
        'openai.response.service_tier': 'default',
      },
    ],
  ])('%s', async (_what, reply, fields, expected) => {
    wire.reply(reply);
    for await (const _ of await new Model().stream(fields));
    expect(facts()).toEqual({ 'gen_ai.provider.name': 'openai', ...expected });
  });

  test('left early: what came so far', async () => {
    wire.reply(recorded('openai/chat-completion-stream.sse'));
    for await (const _ of await new Model().stream()) break;
    expect(facts()).toEqual({ 'annotel.stream.end': 'stopped', ...CUT_OFF });
  });

  test('broken off', async () => {
    wire.reply(recorded('openai/chat-completion-stream.sse', { cutAfter: 3 }));
    await expect(async () => {
      for await (const _ of await new Model().stream());
    }).rejects.toThrow();
    expect(facts()).toEqual(CUT_OFF);
  });
});

describe('what is said', () => {
  const call = {
    type: 'tool_call',
    name: 'get_current_weather',
    id: 'call_abc123',
    arguments: { location: 'Boston, MA' },
  };

  test('an answer', async () => {
    wire.reply(recorded('openai/chat-completion-tools.json'));
    const answer = readResponse(await model().invoke('x'), WANTED);
    expect(answer?.output).toEqual([{ role: 'assistant', parts: [call], finish_reason: 'tool_calls' }]);
  });

  test('a stream', async () => {
    wire.reply(recorded('openai/chat-completion-stream.sse'), recorded('openai/chat-completion-stream-tools.sse'));
    const output = async (): Promise<unknown> => {
      const streamed = new StreamedResponse(WANTED);
      for await (const chunk of await model().stream('x')) streamed.add(chunk);
      return streamed.value()?.output;
    };
    expect(await output()).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: 'Hello! How can I help?' }], finish_reason: 'stop' },
    ]);
    expect(await output()).toMatchObject([{ parts: [{ type: 'tool_call' }], finish_reason: 'tool_calls' }]);
  });

  test('chunks put together are read as one answer', async () => {
    wire.reply(recorded('openai/chat-completion-stream.sse'));
    let whole: AIMessageChunk | undefined;
    for await (const chunk of await model().stream('x')) whole = whole ? whole.concat(chunk) : chunk;
    expect(readResponse(whole, WANTED)).toMatchObject({ usage: { inputTokens: 19, outputTokens: 10 } });
  });

  test('a conversation', () => {
    const answer = new AIMessageChunk({ content: '', tool_calls: [{ name: 'f', args: { x: 1 }, id: '1' }] });
    const asked = [
      new SystemMessage('Be brief.'),
      new HumanMessage({ content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] }),
      answer,
      new ToolMessage({ content: 'sunny', tool_call_id: '1' }),
    ];
    expect(readConversation(asked)?.input).toEqual([
      { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
      {
        role: 'user',
        parts: [{ type: 'blob', modality: 'image', mime_type: 'image/png', content: '[image/png, 3 bytes]' }],
      },
      { role: 'assistant', parts: [{ type: 'tool_call', name: 'f', id: '1', arguments: { x: 1 } }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', response: 'sunny', id: '1' }] },
    ]);
  });
});
