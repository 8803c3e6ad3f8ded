import { describe, expect, test } from '@jest/globals';
import { toolRequest } from '../../../../lib/genai/providers/registry.js';

const NAME = 'get_weather';
const JSON_ARGUMENTS = '{"city":"Bern"}';
const ARGUMENTS = { city: 'Bern' };

/** Written after the providers' API references and the clients' types. */
const REQUESTS: [client: string, call: unknown, id: string | undefined, given: unknown][] = [
  [
    'OpenAI chat',
    { id: 'call_1', type: 'function', function: { name: NAME, arguments: JSON_ARGUMENTS } },
    'call_1',
    JSON_ARGUMENTS,
  ],
  [
    'OpenAI chat, custom tool',
    { id: 'call_2', type: 'custom', custom: { name: NAME, input: 'Bern, now' } },
    'call_2',
    'Bern, now',
  ],
  [
    'OpenAI responses',
    {
      type: 'function_call',
      id: 'fc_1',
      call_id: 'call_3',
      name: NAME,
      arguments: JSON_ARGUMENTS,
      status: 'completed',
    },
    'call_3',
    JSON_ARGUMENTS,
  ],
  [
    'OpenAI responses, custom tool',
    { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_4', name: NAME, input: 'Bern, now' },
    'call_4',
    'Bern, now',
  ],
  [
    'OpenAI agents',
    { type: 'function_call', callId: 'call_5', name: NAME, arguments: JSON_ARGUMENTS },
    'call_5',
    JSON_ARGUMENTS,
  ],
  ['Anthropic', { type: 'tool_use', id: 'toolu_1', name: NAME, input: ARGUMENTS }, 'toolu_1', ARGUMENTS],
  ['AI SDK', { type: 'tool-call', toolCallId: 'call_6', toolName: NAME, input: ARGUMENTS }, 'call_6', ARGUMENTS],
  ['AI SDK 4', { toolCallId: 'call_7', toolName: NAME, args: ARGUMENTS }, 'call_7', ARGUMENTS],
  ['LangChain', { name: NAME, args: ARGUMENTS, id: 'call_8', type: 'tool_call' }, 'call_8', ARGUMENTS],
  ['Gemini', { name: NAME, args: ARGUMENTS }, undefined, ARGUMENTS],
  ['Gemini with an id', { id: 'fc_9', name: NAME, args: ARGUMENTS }, 'fc_9', ARGUMENTS],
  ['a part of Gemini', { functionCall: { name: NAME, args: ARGUMENTS } }, undefined, ARGUMENTS],
  ['Bedrock', { toolUseId: 'tooluse_1', name: NAME, input: ARGUMENTS }, 'tooluse_1', ARGUMENTS],
  [
    'a content block of Bedrock',
    { toolUse: { toolUseId: 'tooluse_2', name: NAME, input: ARGUMENTS } },
    'tooluse_2',
    ARGUMENTS,
  ],
  [
    'Cohere',
    { id: 'get_weather_1', type: 'function', function: { name: NAME, arguments: JSON_ARGUMENTS } },
    'get_weather_1',
    JSON_ARGUMENTS,
  ],
  ['Mistral', { id: 'D681PevKs', function: { name: NAME, arguments: JSON_ARGUMENTS } }, 'D681PevKs', JSON_ARGUMENTS],
  [
    'Mistral, without an id',
    { id: 'null', function: { name: NAME, arguments: JSON_ARGUMENTS } },
    undefined,
    JSON_ARGUMENTS,
  ],
  ['Ollama', { function: { name: NAME, arguments: ARGUMENTS } }, undefined, ARGUMENTS],
];

test.each(REQUESTS)('the tool call object of %s is read', (_client, call, id, given) => {
  expect(toolRequest(call)).toEqual({ name: NAME, id, arguments: given });
});

describe('no tool call object is', () => {
  test.each<[what: string, value: unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'get_weather'],
    ['an array', [REQUESTS[0]?.[1]]],
    ['what has a name and an id of its own', { id: 'order-1', name: 'Ada', type: 'person' }],
    ['what has a name and `args` that are no object', { name: 'tsc', args: '--noEmit' }],
    ['what has `args` and no name', { args: ARGUMENTS }],
    ['what has a name that is no text', { type: 'tool_use', id: 'toolu_1', name: 7, input: ARGUMENTS }],
    ['what has an empty name', { id: 'call_1', type: 'function', function: { name: '', arguments: '{}' } }],
    ['what has a `function` that is one', { id: 'job-1', function: () => 'done' }],
    ['the definition of a tool', { type: 'function', function: { name: NAME, parameters: { type: 'object' } } }],
    ['a type of the prototype', { type: 'constructor', name: NAME }],
    ['the name of a tool alone', { toolName: NAME }],
    ['a result of the AI SDK without its name', { toolCallId: 'call_6', output: 'sunny' }],
    ['a result of Bedrock', { toolResult: { toolUseId: 'tooluse_1', content: [] } }],
  ])('%s', (_what, value) => {
    expect(toolRequest(value)).toBeUndefined();
  });
});
