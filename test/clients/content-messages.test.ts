import { describe, expect, test } from '@jest/globals';
import { json, recorded, useWireServer, type WireReply } from '../support/wire-server.js';
import { framed } from './bedrock-wire.js';
import { anthropic, bedrockConverse, bedrockInvoke } from './support/canary-anthropic.js';
import * as dialogues from './support/canary-dialogues.js';
import type { Family } from './support/canary-family.js';
import { langChain, langChainHandler, vercel } from './support/canary-frameworks.js';
import { cohere, google } from './support/canary-google.js';
import { mistral, ollama } from './support/canary-mistral.js';
import { azureInference, openAIChat, openAIResponses } from './support/canary-openai.js';
import { logAttributes, spanAttributes } from './support/canary-otlp.js';
import { useOutlet } from './support/canary-pipeline.js';

/*
 * One conversation, told alike whichever client it was sent with: on the span as JSON, on the log record structured. Answers are
 * those of the fixtures.
 */

const outlet = useOutlet('http/json', { content: 'SPAN_AND_EVENT' });
const server = useWireServer();

const text = (content: string) => ({ type: 'text', content });
const thought = (content: string) => ({ type: 'reasoning', content });
const call = (name: string, given: object, id?: string) => ({
  type: 'tool_call',
  name,
  ...(id && { id }),
  arguments: given,
});
const assistant = (finish_reason: string, ...parts: object[]) => [{ role: 'assistant', parts, finish_reason }];
const found = (response: unknown, more: object = { id: 'call_1' }) => ({
  type: 'tool_call_response',
  response,
  ...more,
});

const SYSTEM = text('Answer briefly.');
const QUESTION = { role: 'user', parts: [text('Is it raining in Oslo?')] };
const ASKS = { role: 'assistant', parts: [call('weather', { city: 'Oslo' }, 'call_1')] };
const TOOLS = [
  {
    type: 'function',
    name: 'weather',
    description: 'Tells the weather.',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
];
/** Instructions among the messages, and a tool that answers in a role of its own. */
const WITHIN = {
  'gen_ai.input.messages': [
    { role: 'system', parts: [SYSTEM] },
    QUESTION,
    ASKS,
    { role: 'tool', parts: [found('{"sky":"rain"}')] },
  ],
  'gen_ai.tool.definitions': TOOLS,
};
/** Instructions apart. */
const apart = (role: string, response: object) => ({
  'gen_ai.system_instructions': [SYSTEM],
  'gen_ai.input.messages': [QUESTION, ASKS, { role, parts: [response] }],
  'gen_ai.tool.definitions': TOOLS,
});
const OF_OLLAMA = {
  'gen_ai.input.messages': [
    { role: 'system', parts: [SYSTEM] },
    QUESTION,
    { role: 'assistant', parts: [call('weather', { city: 'Oslo' })] },
    { role: 'tool', parts: [found('{"sky":"rain"}', {})], name: 'weather' },
  ],
  'gen_ai.tool.definitions': TOOLS,
};

const GREETING = json({
  ...JSON.parse(recorded('openai/chat-completion.json').body as string),
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello! How can I help?' } }],
});
const GREETS = assistant('stop', text('Hello! How can I help?'));
const OPENAI = recorded('openai/chat-completion-tools.json');
const OPENAI_STREAM = recorded('openai/chat-completion-stream-tools.sse');
const BOSTON = assistant('tool_calls', call('get_current_weather', { location: 'Boston, MA' }, 'call_abc123'));
const PARIS = assistant(
  'tool_calls',
  call('get_current_weather', { location: 'Paris' }, 'call_DdmO9pD3xa9XTPNJ32zg2hcA'),
);
const chunk = (event: object) => ({ chunk: { bytes: Buffer.from(JSON.stringify(event)).toString('base64') } });
const TWO = assistant('stop', thought('Three from five.'), text('Two.'));
const instrument = (...more: string[]) => call('find_instrument', { name: 'xylophone' }, ...more);

type Row = [Family, request: object, asked: object, answer: [WireReply, object[]], stream: [WireReply, object[]]];
const ROWS: Row[] = [
  [openAIChat, dialogues.openAIDialogue, WITHIN, [OPENAI, BOSTON], [OPENAI_STREAM, PARIS]],
  [
    openAIResponses,
    dialogues.responsesDialogue,
    apart('tool', found('{"sky":"rain"}')),
    [
      recorded('openai/response-tools.json'),
      assistant('tool_calls', call('get_current_weather', { location: 'Boston, MA' }, 'call_unLAR8MvFNptuiZK6K6HCy5k')),
    ],
    [recorded('openai/response-stream.sse'), assistant('stop', text('Hi there!'))],
  ],
  [
    azureInference,
    dialogues.openAIDialogue,
    WITHIN,
    [recorded('azure-inference/chat.json'), assistant('stop', text('A percussion instrument.'))],
    [recorded('azure-inference/stream.sse'), assistant('stop', text('Å xylophone.'))],
  ],
  [
    anthropic,
    dialogues.anthropicDialogue,
    apart('user', found('{"sky":"rain"}')),
    [
      recorded('anthropic/message-cached-thinking.json'),
      assistant(
        'end_turn',
        thought('The xylophone again.'),
        { type: 'redacted_thinking' },
        text('Wooden bars, struck by mallets.'),
      ),
    ],
    [recorded('anthropic/message-stream.sse'), assistant('end_turn', thought('The xylophone.'), text('Wooden bars.'))],
  ],
  [
    bedrockConverse,
    dialogues.converseDialogue,
    apart('user', found({ sky: 'rain' })),
    [
      recorded('bedrock/converse-reasoning.json'),
      assistant('end_turn', thought('A xylophone has bars.'), text('Wooden bars, struck by mallets.')),
    ],
    [framed('converse-stream-tools'), assistant('tool_use', thought('I should look.'), instrument('tooluse_1'))],
  ],
  [
    bedrockInvoke,
    dialogues.anthropicDialogue,
    apart('user', found('{"sky":"rain"}')),
    [recorded('bedrock/invoke-anthropic.json'), assistant('end_turn', text('Wooden bars, struck by mallets.'))],
    [framed('invoke-stream-anthropic', chunk), assistant('end_turn', text('Wooden bars.'))],
  ],
  [
    google,
    dialogues.geminiDialogue,
    apart('tool', found({ sky: 'rain' }, { id: 'call_1', name: 'weather' })),
    [
      recorded('gemini/generate-content-tools.json'),
      assistant(
        'STOP',
        thought('Weighing which xylophone to look up.'),
        call('find_instrument', { name: 'xylophone', limit: 2 }, 'call_7f2'),
        call('get_price', { name: 'xylophone' }),
      ),
    ],
    [
      recorded('gemini/generate-content-stream-tools.sse'),
      assistant('STOP', text('Looking up the xylophone.'), instrument()),
    ],
  ],
  [
    cohere,
    dialogues.cohereDialogue,
    WITHIN,
    [
      recorded('cohere/chat-thinking.json'),
      assistant('MAX_TOKENS', thought('The user asks for a xylophone.'), text('A xylo')),
    ],
    [
      recorded('cohere/chat-stream.sse'),
      assistant('COMPLETE', thought('What is a xylophone?'), text('Wooden bars: a xylophone.')),
    ],
  ],
  [
    mistral,
    dialogues.mistralDialogue,
    WITHIN,
    [recorded('mistral/chat-thinking.json'), TWO],
    [recorded('mistral/stream-thinking.sse'), TWO],
  ],
  [
    ollama,
    dialogues.ollamaDialogue,
    OF_OLLAMA,
    [recorded('ollama/chat-tools.json'), assistant('stop', thought('The xylophone must be looked up.'), instrument())],
    [
      recorded('ollama/chat-stream.ndjson'),
      assistant('stop', thought('What is a xylophone?'), text('Wooden bars: a xylophone.')),
    ],
  ],
  [
    vercel,
    dialogues.vercelDialogue,
    apart('tool', found({ sky: 'rain' })),
    [GREETING, GREETS],
    [recorded('openai/chat-completion-stream.sse'), GREETS],
  ],
  [langChain, dialogues.langChainDialogue, WITHIN, [OPENAI, BOSTON], [OPENAI_STREAM, PARIS]],
  [langChainHandler, dialogues.langChainDialogue, WITHIN, [OPENAI, BOSTON], [OPENAI_STREAM, PARIS]],
];

describe.each(ROWS.map((row) => [row[0].name, ...row] as const))(
  '%s',
  (_name, family, request, asked, answer, stream) => {
    test.each([
      ['ask', ...answer],
      ['stream', ...stream],
    ] as const)('%s', async (how, reply, said) => {
      server.reply(reply);
      await family[how]?.(server, request);
      const { traces, logs } = await outlet.exported();
      const expected = { ...asked, 'gen_ai.output.messages': said };
      expect(content(logAttributes(logs, 'gen_ai.client.inference.operation.details'))).toEqual(expected);
      const parsed = Object.entries(content(spanAttributes(traces, 'chat'))).map(([name, value]) => [
        name,
        JSON.parse(value as string),
      ]);
      expect(Object.fromEntries(parsed)).toEqual(expected);
    });
  },
);

const CONTENT = /^gen_ai\.(input\.messages|output\.messages|system_instructions|tool\.definitions)$/;
function content(attributes: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => CONTENT.test(name)));
}
