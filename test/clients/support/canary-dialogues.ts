import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { jsonSchema, tool } from 'ai';

/*
 * One conversation as each family's requests have it: instructions, a question, a model that asks for a tool, the tool's result;
 * and the tool.
 */

const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const SYSTEM = 'Answer briefly.';
const QUESTION = 'Is it raining in Oslo?';
const RAIN = { sky: 'rain' };
const OSLO = { city: 'Oslo' };
const named = { name: 'weather', description: 'Tells the weather.' };
const functions = [{ type: 'function', function: { ...named, parameters } }];
const chat = [
  { role: 'system', content: SYSTEM },
  { role: 'user', content: QUESTION },
];
const result = { role: 'tool', content: JSON.stringify(RAIN) };
const asked = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: JSON.stringify(OSLO) } };

export const openAIDialogue = {
  tools: functions,
  messages: [...chat, { role: 'assistant', content: null, tool_calls: [asked] }, { ...result, tool_call_id: 'call_1' }],
};
export const responsesDialogue = {
  instructions: SYSTEM,
  tools: [{ type: 'function', ...named, parameters }],
  input: [
    { role: 'user', content: QUESTION },
    { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: JSON.stringify(OSLO) },
    { type: 'function_call_output', call_id: 'call_1', output: result.content },
  ],
};
export const anthropicDialogue = {
  max_tokens: 100,
  system: SYSTEM,
  tools: [{ ...named, input_schema: parameters }],
  messages: [
    { role: 'user', content: QUESTION },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'weather', input: OSLO }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: result.content }] },
  ],
};
export const converseDialogue = {
  system: [{ text: SYSTEM }],
  toolConfig: { tools: [{ toolSpec: { ...named, inputSchema: { json: parameters } } }] },
  messages: [
    { role: 'user', content: [{ text: QUESTION }] },
    { role: 'assistant', content: [{ toolUse: { toolUseId: 'call_1', name: 'weather', input: OSLO } }] },
    { role: 'user', content: [{ toolResult: { toolUseId: 'call_1', content: [{ json: RAIN }] } }] },
  ],
};
export const geminiDialogue = {
  config: {
    systemInstruction: SYSTEM,
    tools: [{ functionDeclarations: [{ ...named, parametersJsonSchema: parameters }] }],
  },
  contents: [
    { role: 'user', parts: [{ text: QUESTION }] },
    { role: 'model', parts: [{ functionCall: { id: 'call_1', name: 'weather', args: OSLO } }] },
    { role: 'user', parts: [{ functionResponse: { id: 'call_1', name: 'weather', response: RAIN } }] },
  ],
};
export const cohereDialogue = {
  tools: functions,
  messages: [...chat, { role: 'assistant', toolCalls: [asked] }, { ...result, toolCallId: 'call_1' }],
};
export const mistralDialogue = {
  tools: functions,
  messages: [...chat, { role: 'assistant', toolCalls: [asked] }, { ...result, toolCallId: 'call_1' }],
};
export const ollamaDialogue = {
  tools: functions,
  messages: [
    ...chat,
    { role: 'assistant', content: '', tool_calls: [{ function: { name: 'weather', arguments: OSLO } }] },
    { ...result, tool_name: 'weather' },
  ],
};
export const vercelDialogue = {
  system: SYSTEM,
  tools: { weather: tool({ description: named.description, inputSchema: jsonSchema(parameters as never) }) },
  messages: [
    { role: 'user', content: QUESTION },
    {
      role: 'assistant',
      content: [{ type: 'tool-call', toolCallId: 'call_1', toolName: 'weather', input: OSLO }],
    },
    {
      role: 'tool',
      content: [
        { type: 'tool-result', toolCallId: 'call_1', toolName: 'weather', output: { type: 'json', value: RAIN } },
      ],
    },
  ],
};
export const langChainDialogue = {
  tools: functions,
  messages: [
    new SystemMessage(SYSTEM),
    new HumanMessage(QUESTION),
    new AIMessage({ content: '', tool_calls: [{ id: 'call_1', name: 'weather', args: OSLO }] }),
    new ToolMessage({ tool_call_id: 'call_1', content: result.content }),
  ],
};
